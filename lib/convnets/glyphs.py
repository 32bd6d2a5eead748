"""Letters drawn from the outlines of matplotlib's own typefaces, small as the digits are: what a detector of digits has never seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib.book import validate
from lib.convnets.digits import SIDE, Digits

LETTERS = "БВГДЖЗИЙШЩ"  # their numbers are their places here
FACES = tuple(
    (family, weight, style)
    for family in ("DejaVu Sans", "DejaVu Sans Mono", "DejaVu Serif")
    for weight in ("normal", "bold")
    for style in ("normal", "italic")
)
FINE = 4  # parts of a pixel's side
TALL = 20  # pixels of a letter's longer side, before it is stretched
CLOSED = 79  # the code of an outline's last point, which has no place of its own


def draw_letters(faces: Sequence[int], each: int, rng: np.random.Generator) -> Digits:
    """Return every letter in each of these typefaces, `each` times, turned by up to 10° and stretched by up to 12 % both ways.

    faces : numbers of FACES;  returns pictures (N, 28, 28) as of `digits`, with the letters' numbers as labels. Needs matplotlib's fonts.
    """
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    faces = validate.indices(faces, "faces", size=len(FACES), of="typefaces")
    each, rng = validate.whole(each, "each", low=1), validate.generator(rng)
    images, labels = [], []
    for label, letter in enumerate(LETTERS):
        for family, weight, style in (FACES[face] for face in faces):
            font = FontProperties(family=family, weight=weight, style=style)
            outline = TextPath((0, 0), letter, size=TALL, prop=font)
            images += [_drawn(outline, rng) for _ in range(each)]
            labels += [label] * each
    return Digits(np.array(images), np.array(labels, dtype=np.int64))


def _drawn(outline, rng: np.random.Generator) -> np.ndarray:
    """Return an outline as ink (28, 28) uint8, turned and stretched at random, its middle in the picture's: the share of each pixel that it covers."""
    from matplotlib.path import Path

    points, codes = outline.vertices, outline.codes
    low, high = points[codes != CLOSED].min(axis=0), points[codes != CLOSED].max(axis=0)
    angle, stretch = np.deg2rad(rng.uniform(-10, 10)), np.exp(rng.uniform(-0.12, 0.12, 2))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    size = TALL / (high - low).max()
    placed = (points - (low + high) / 2) @ (turn * size * stretch).T * [1, -1] + SIDE / 2
    spots = (np.mgrid[: SIDE * FINE, : SIDE * FINE] + 0.5)[::-1].reshape(2, -1).T / FINE
    inside = np.zeros(len(spots), dtype=bool)
    for ring in Path(placed, codes).to_polygons():
        inside ^= Path(ring).contains_points(spots)  # a hole within a letter is outside
    share = inside.reshape(SIDE, FINE, SIDE, FINE).mean(axis=(1, 3))
    return np.round(255 * share).astype(np.uint8)
