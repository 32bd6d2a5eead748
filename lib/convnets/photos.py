"""Two real photos in colour, for everything a picture can be put through.

They come with scikit-learn as JPEG files. In the page, which cannot read JPEG, they are published with the book, as its build has
read them.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np

LUMA = np.array([0.299, 0.587, 0.114])  # shares of red, green and blue in brightness (ITU-R BT.601)
PUBLISHED = Path(__file__).with_name("photos.npz")  # in the page, and only there
NAMES = ("china", "flower")  # a temple's roofs in the Summer Palace in Beijing, and a dahlia


def photo(name: str = "china") -> np.ndarray:
    """Return a photo, half as large as its file: (213, 320, 3) float64 from 0 (black) to 1, red, green and blue; read-only.

    name : 'china' (photo by ralphscheer) or 'flower' (dahlia, photo by dan l. perry), both CC BY 2.0, from scikit-learn.
    Raises ValueError for another name.
    """
    if not isinstance(name, str) or name not in NAMES:
        raise ValueError(f"name must be one of {', '.join(map(repr, NAMES))}, but is {name!r}")
    return _photo(name)


@cache
def _photo(name: str) -> np.ndarray:
    if PUBLISHED.is_file():
        with np.load(PUBLISHED) as stored:
            small = stored[name]
    else:
        small = read_photo(name)
    out = small / 255.0
    out.setflags(write=False)
    return out


def grey(name: str = "china") -> np.ndarray:
    """Return a photo's brightness, (213, 320) from 0 to 1: 0.299 red + 0.587 green + 0.114 blue (ITU-R BT.601)."""
    out = photo(name) @ LUMA
    out.setflags(write=False)
    return out


def read_photo(name: str) -> np.ndarray:
    """Return a photo as scikit-learn's file holds it, every 2 × 2 pixels averaged: (213, 320, 3) uint8."""
    from sklearn.datasets import load_sample_image

    whole = load_sample_image(f"{name}.jpg")[:426].astype(np.uint16)
    four = whole.reshape(213, 2, 320, 2, 3).sum(axis=(1, 3))
    return ((four + 2) // 4).astype(np.uint8)
