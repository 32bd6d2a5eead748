"""Crowded sheets to find digits on: some digits at any place and size, scraps of others that are none, noise, and exact truth.

Digits are enlarged in whole numbers, so that boxes and masks are the same on every machine.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.convnets.digits import SIDE, Digits, enlarging

SIZE = 64  # pixels of a canvas' side
SMALLEST, LARGEST = 22, 32  # sides to which a digit's 28 × 28 pixels are brought
INK = 0.3  # what is darker than this share of black is ink
SCRAP = 7  # pixels of a scrap's side
TRIES = 20  # places that are tried for a digit


@dataclass(frozen=True, eq=False)
class Canvases:
    """Canvases with what is on them.

    images : (N, 1, S, S) float32, ink near 1 on paper near 0, with noise;  boxes : for each canvas (n, 4), x₀, y₀, x₁, y₁ in pixels, around
    the ink of its digits: from the left edge of the first pixel to the right edge of the last;  labels : for each (n,), 0 … 9;  instances : (N, S, S)
    uint8, 0 where no digit's ink is, else which digit's: k + 1 for box k (the last pasted where two meet)
    """

    images: np.ndarray
    boxes: tuple[np.ndarray, ...]
    labels: tuple[np.ndarray, ...]
    instances: np.ndarray

    def __len__(self) -> int:
        return len(self.images)

    def classes(self) -> np.ndarray:
        """Return each pixel's class: (N, S, S) int64, 0 where no digit is, else its digit + 1."""
        out = np.zeros(self.instances.shape, dtype=np.int64)
        for one, labels, instances in zip(out, self.labels, self.instances, strict=True):
            one[:] = np.concatenate([[0], labels + 1])[instances]
        return out


def draw_canvases(
    source: Digits,
    count: int,
    rng: np.random.Generator,
    *,
    most: int = 4,
    scraps: int = 8,
    overlap: float = 0.1,
    noise: float = 0.1,
) -> Canvases:
    """Return `count` canvases of 64 × 64 pixels with 1 to `most` digits of `source` each.

    scraps : pieces of 7 × 7 pixels of other digits, on every canvas;  overlap : the largest intersection over union of two digits' boxes
    (a digit for which no place is found in 20 tries is left out);  noise : its standard deviation. Raises ValueError where `source` is empty.
    """
    source = validate.instance(source, Digits, "source")
    count, most = validate.whole(count, "count", low=1), validate.whole(most, "most", low=1, high=20)
    scraps, rng = validate.whole(scraps, "scraps", low=0, high=100), validate.generator(rng)
    overlap, noise = validate.number(overlap, "overlap", low=0, high=1), validate.number(noise, "noise", low=0)
    if not len(source):
        raise ValueError("source has no digits")
    images = np.zeros((count, SIZE, SIZE), dtype=np.float32)
    instances = np.zeros((count, SIZE, SIZE), dtype=np.uint8)
    _paste_scraps(images, source.images, scraps, rng)
    many = rng.integers(1, most + 1, size=count)
    which = rng.integers(len(source), size=many.sum())
    pictures, corners = _enlarged(source.images[which], rng.integers(SMALLEST, LARGEST + 1, size=len(which)))
    places = rng.random((len(which), TRIES, 2))
    boxes, labels, at = [], [], 0
    for n in range(count):
        mine, kinds = [], []
        for j in range(at, at + many[n]):
            x0, y0, x1, y1 = corners[j]
            width, height = x1 - x0, y1 - y0
            for u, v in places[j].tolist():
                x, y = int(u * (SIZE - width + 1)), int(v * (SIZE - height + 1))
                box = (x, y, x + width, y + height)
                if all(_share(box, other) <= overlap for other in mine):
                    break
            else:
                continue
            ink = pictures[j, y0:y1, x0:x1]
            spot = np.s_[n, y : y + height, x : x + width]
            images[spot] = np.maximum(images[spot], ink)
            mine.append(box)
            kinds.append(source.labels[which[j]])
            instances[spot][ink > INK] = len(mine)
        at += many[n]
        boxes.append(np.array(mine, dtype=np.float64))
        labels.append(np.array(kinds, dtype=np.int64))
    images += np.float32(noise) * rng.standard_normal(images.shape, dtype=np.float32)
    return Canvases(images[:, None], tuple(boxes), tuple(labels), instances)


def _paste_scraps(images: np.ndarray, pictures: np.ndarray, each: int, rng: np.random.Generator) -> None:
    shape = (len(images), each)
    which = rng.integers(len(pictures), size=shape)
    cut = rng.integers(4, SIDE - SCRAP - 3, size=(*shape, 2))
    at = rng.integers(SIZE - SCRAP, size=(*shape, 2))
    step = np.arange(SCRAP)
    rows, columns = cut[..., 0, None, None] + step[:, None], cut[..., 1, None, None] + step
    pieces = pictures[which[..., None, None], rows, columns] / np.float32(255)
    for image, mine, spots in zip(images, pieces, at.tolist(), strict=True):
        for piece, (y, x) in zip(mine, spots, strict=True):
            spot = image[y : y + SCRAP, x : x + SCRAP]
            np.maximum(spot, piece, out=spot)


def _enlarged(pictures: np.ndarray, sides: np.ndarray) -> tuple[np.ndarray, list]:
    """Return pictures (n, 28, 28) brought to their sides, in the corner of (n, 32, 32) from 0 to 1, and the boxes of their ink (x₀, y₀, x₁, y₁)."""
    out = np.zeros((len(pictures), LARGEST, LARGEST), dtype=np.float32)
    for side in np.unique(sides):
        mine = np.flatnonzero(sides == side)
        M = enlarging(SIDE, int(side))
        whole = M @ pictures[mine].astype(np.float32) @ M.T  # whole numbers below 2²⁴: exact
        out[mine, :side, :side] = whole / np.float32(255 * (2 * side) ** 2)
    ink = out > INK
    corners = np.empty((len(pictures), 4), dtype=int)
    for axis, low in ((1, 0), (2, 1)):  # columns that hold ink, then rows
        there = ink.any(axis=axis)
        corners[:, low] = there.argmax(axis=1)
        corners[:, low + 2] = LARGEST - there[:, ::-1].argmax(axis=1)
    return out, corners.tolist()


def _share(a: tuple, b: tuple) -> float:
    """Return the intersection over union of two boxes (x₀, y₀, x₁, y₁)."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)
