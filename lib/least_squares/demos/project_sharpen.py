"""The picture of the project "Sharpen a number plate"."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lib.book.demos import Picture
from lib.book.figures import canvas

__all__ = ["plates_picture"]


def plates_picture(plates: Mapping[str, np.ndarray], sentence: str) -> Picture:
    """Show pictures (m, n) of ink, 0 to 1, one below the other, each under its name; `sentence` says what is seen."""
    fig, axes = canvas(len(plates), 1, width=6.2, height=2.05 * len(plates), squeeze=False)
    for ax, (name, X) in zip(axes[:, 0], plates.items(), strict=True):
        ax.imshow(np.clip(X, 0, 1), cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
        ax.set(xticks=[], yticks=[], title=name)
        ax.grid(False)
        for side in ax.spines.values():
            side.set_visible(False)
    return Picture(fig, sentence)
