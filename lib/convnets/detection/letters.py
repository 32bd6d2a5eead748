"""A grid detector that has learned letters, and carries some that it has not seen."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.book import validate
from lib.convnets.detection.grid import GridDetector
from lib.convnets.digits import SIDE, Digits


class LetterDetector(GridDetector):
    """A `GridDetector` with letters to try it on.

    weights : those of `GridDetector`, and letters (N, 28, 28) uint8 with their numbers `labels` (N,). Raises ValueError where shapes do not fit.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        own = {name: weights[name] for name in weights if name not in ("letters", "labels")}
        super().__init__(own)
        if "letters" not in weights or "labels" not in weights:
            raise ValueError("weights must have letters and their labels")
        images = validate.array(weights["letters"], "letters", 3)
        labels = validate.indices(np.asarray(weights["labels"]).astype(int), "labels", size=10, of="letters")
        if images.shape != (len(labels), SIDE, SIDE):
            raise ValueError(f"letters must have shape ({len(labels)}, {SIDE}, {SIDE}), but has {images.shape}")
        self.unseen = Digits(images.astype(np.uint8), labels)
