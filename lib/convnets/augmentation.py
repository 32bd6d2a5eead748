"""New pictures from old ones: moved, recoloured, cut, mixed, and their boxes and masks with them.

A picture is (H, W), (C, H, W), or a stack of either, with values from 0 to 1. Places are x to the right and y downwards, in pixels from
the upper left corner: pixel (i, j) covers x from j to j + 1 and y from i to i + 1, so that its middle is at (j + ½, i + ½). Boxes are
x₀, y₀, x₁, y₁ in these.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib.book import validate
from lib.convnets.photos import LUMA


# ------------------------------------------------------------------------------------------------------- linear maps
def turn(degrees: float) -> np.ndarray:
    """Return the matrix (2, 2) that turns places by an angle, counter-clockwise as one sees it."""
    angle = np.radians(validate.number(degrees, "degrees"))
    return np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])


def stretch(x: float, y: float | None = None) -> np.ndarray:
    """Return the matrix (2, 2) that makes things x times as wide and y times as high (as x, if y is not given)."""
    x = validate.number(x, "x")
    y = x if y is None else validate.number(y, "y")
    return np.diag([x, y])


def slant(share: float) -> np.ndarray:
    """Return the matrix (2, 2) that moves each row to the right by `share` of how far it is above the middle."""
    return np.array([[1.0, -validate.number(share, "share")], [0.0, 1.0]])


# ---------------------------------------------------------------------------------------------------------- geometry
def warp(images, A, t=(0.0, 0.0), how: str = "linear") -> np.ndarray:
    """Return pictures whose place p has gone to m + A(p − m) + t, where m is the picture's middle; 0 where nothing was.

    images : (…, H, W);  A : (2, 2), or (N, 2, 2) with another map for each of N pictures (N, …, H, W);  t : (2,) or (N, 2), pixels
    how : 'linear' mixes the four nearest pixels, 'nearest' takes one, as label maps need it. Raises ValueError for a map without inverse.
    Equations: eq-pull-back, eq-bilinear
    """
    images = _pictures(images)
    if not isinstance(how, str) or how not in ("linear", "nearest"):
        raise ValueError(f"how must be 'linear' or 'nearest', but is {how!r}")
    A, t = _maps(A, t)
    N, H, W = len(A), *images.shape[-2:]
    if N > 1 and (images.ndim < 3 or len(images) != N):
        raise ValueError(f"there are {N} maps, but images have shape {images.shape}")
    flat = images.reshape(N, -1, H * W)
    x, y = _places_before(A, t, H, W)  # (N, H·W) each
    if how == "nearest":
        taps = [(np.floor(x), np.floor(y), 1.0)]
    else:
        x, y = x - 0.5, y - 0.5
        left, top = np.floor(x), np.floor(y)
        a, b = x - left, y - top
        taps = [
            (left, top, (1 - a) * (1 - b)),
            (left + 1, top, a * (1 - b)),
            (left, top + 1, (1 - a) * b),
            (left + 1, top + 1, a * b),
        ]
    out = np.zeros_like(flat)
    for column, row, weight in taps:
        inside = (column >= 0) & (column < W) & (row >= 0) & (row < H)
        at = np.where(inside, row * W + column, 0).astype(np.intp)
        out += (weight * inside)[:, None] * np.take_along_axis(flat, at[:, None], axis=2)
    return out.reshape(images.shape)


def warp_boxes(boxes, A, t, shape) -> np.ndarray:
    """Return the smallest upright boxes around the warped boxes, cut at the picture's edge.

    boxes : (n, 4);  A : (2, 2);  t : (2,);  shape : (H, W);  returns (n, 4). A box that has left the picture has an area of 0.
    """
    boxes, (H, W) = _boxes(boxes), _shape(shape)
    A, t = _maps(A, t)
    if len(A) > 1:
        raise ValueError("boxes are warped by one map, of shape (2, 2)")
    middle = np.array([W, H]) / 2
    corners = boxes[:, [[0, 1], [2, 1], [0, 3], [2, 3]]]  # (n, 4, 2)
    gone = (corners - middle) @ A[0].T + middle + t[0]
    return np.clip(np.concatenate([gone.min(axis=1), gone.max(axis=1)], axis=1), 0, [W, H, W, H])


def flip(images) -> np.ndarray:
    """Return pictures (…, H, W) with left and right exchanged."""
    return _pictures(images)[..., ::-1].copy()


def flip_boxes(boxes, width: int) -> np.ndarray:
    """Return boxes (n, 4) in a picture of this width whose left and right are exchanged. Equation: eq-flip-box"""
    boxes, width = _boxes(boxes), validate.whole(width, "width", low=1)
    return np.stack([width - boxes[:, 2], boxes[:, 1], width - boxes[:, 0], boxes[:, 3]], axis=1)


def crop(images, left: int, top: int, width: int, height: int) -> np.ndarray:
    """Return a window of pictures (…, H, W) whose upper left corner is at (left, top). Raises ValueError where it does not fit."""
    images = _pictures(images)
    left, top, width, height = _window(left, top, width, height, images.shape[-2:])
    return images[..., top : top + height, left : left + width].copy()


def crop_boxes(
    boxes, left: int, top: int, width: int, height: int, least: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    """Return what a window sees of boxes, in its own places, and which boxes these are.

    boxes : (n, 4);  least : the share of a box's area that must be inside;  returns (k, 4) and their row numbers (k,)
    """
    boxes, least = _boxes(boxes), validate.number(least, "least", low=0, high=1)
    left, top, width, height = _window(left, top, width, height, None)
    inside = np.clip(boxes - [left, top, left, top], 0, [width, height, width, height])
    areas, seen = ((b[:, 2] - b[:, 0]) * (b[:, 3] - b[:, 1]) for b in (boxes, inside))
    kept = np.flatnonzero((seen > 0) & (seen >= least * areas))
    return inside[kept], kept


def box_of(mask) -> np.ndarray:
    """Return the box (4,) around a mask's pixels, (H, W), those that are not 0. Raises ValueError where there are none."""
    mask = validate.array(mask, "mask", 2) != 0
    if not mask.any():
        raise ValueError("the mask has no pixel")
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], dtype=float)


# ------------------------------------------------------------------------------------------------------------ colour
def brightness(images, factor: float) -> np.ndarray:
    """Return pictures `factor` times as bright, cut off at 1."""
    return np.clip(_light(images) * validate.number(factor, "factor", low=0), 0, 1)


def contrast(image, factor: float) -> np.ndarray:
    """Return a picture whose distance from its own mean grey is `factor` times as large, cut off at 0 and 1.

    image : (H, W), or (3, H, W) red, green, blue
    """
    image, factor = _coloured(image), validate.number(factor, "factor", low=0)
    mean = (image if image.ndim == 2 else _grey(image)).mean()
    return np.clip(mean + factor * (image - mean), 0, 1)


def saturation(image, factor: float) -> np.ndarray:
    """Return a picture (3, H, W) whose distance from its own grey, pixel by pixel, is `factor` times as large, cut off at 0 and 1."""
    image, factor = _coloured(image), validate.number(factor, "factor", low=0)
    if image.ndim == 2:
        raise ValueError("a grey picture has no colours: image must have shape (3, H, W)")
    grey = _grey(image)
    return np.clip(grey + factor * (image - grey), 0, 1)


# --------------------------------------------------------------------------------------------------- erasing and mixing
def erase(images, left: int, top: int, side: int, value: float = 0.0) -> np.ndarray:
    """Return pictures (…, H, W) with a square of `side` pixels set to one value; what of it lies outside is left out.

    left, top : its upper left corner, also below 0. Source: DeVries and Taylor (2017)
    """
    out = _light(images).copy()
    left, top, side = validate.whole(left, "left"), validate.whole(top, "top"), validate.whole(side, "side", low=1)
    value = validate.number(value, "value", low=0, high=1)
    out[..., max(top, 0) : max(top + side, 0), max(left, 0) : max(left + side, 0)] = value
    return out


def mixup(X, Y, partner, lam) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures and labels, each a mean of two.

    X : (N, …);  Y : (N, K), a probability for each class;  partner : (N,), whom each is mixed with;  lam : (N,), the share that each keeps
    Equation: eq-mixup. Source: Zhang et al. (2018)
    """
    X, Y, partner = _pairs(X, Y, partner)
    lam = validate.vector(lam, "lam", len(X), "pictures")
    if (lam < 0).any() or (lam > 1).any():
        raise ValueError("each share must be from 0 to 1")
    return _blend(X, X[partner], lam), _blend(Y, Y[partner], lam)


def cutmix(X, Y, partner, windows) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures with a window of another one pasted in, and their labels, mixed by area.

    X : (N, …, H, W);  Y : (N, K);  partner : (N,);  windows : (N, 4), whole pixels x₀, y₀, x₁, y₁ inside the picture
    Equation: eq-cutmix. Source: Yun et al. (2019)
    """
    X, Y, partner = _pairs(X, Y, partner)
    H, W = _pictures(X).shape[-2:]
    windows = validate.indices(windows, "windows", 2)
    if windows.shape != (len(X), 4):
        raise ValueError(f"windows must have shape ({len(X)}, 4), but have {windows.shape}")
    x0, y0, x1, y1 = windows.T
    if (x1 < x0).any() or (y1 < y0).any() or (x1 > W).any() or (y1 > H).any():
        raise ValueError(f"each window must lie inside the {H} × {W} pixels, with x₀ ≤ x₁ and y₀ ≤ y₁")
    out = X.copy()
    for n, (a, b, c, d) in enumerate(windows.tolist()):
        out[n, ..., b:d, a:c] = X[partner[n], ..., b:d, a:c]
    lam = 1 - (x1 - x0) * (y1 - y0) / (H * W)
    return out, _blend(Y, Y[partner], lam)


# ------------------------------------------------------------------------------------------------------------- checks
def _pictures(images) -> np.ndarray:
    images = validate.array(images, "images", None)
    if images.ndim < 2 or not images.size:
        raise ValueError(f"images must have rows and columns, but have shape {images.shape}")
    return images


def _light(images) -> np.ndarray:
    images = _pictures(images)
    if images.min() < 0 or images.max() > 1:
        raise ValueError(f"values must be from 0 to 1, but are from {images.min():.3g} to {images.max():.3g}")
    return images


def _coloured(image) -> np.ndarray:
    image = _light(image)
    if not (image.ndim == 2 or (image.ndim == 3 and len(image) == 3)):
        raise ValueError(f"image must have shape (H, W) or (3, H, W), but has {image.shape}")
    return image


def _grey(image: np.ndarray) -> np.ndarray:
    return np.tensordot(LUMA, image, axes=1)


def _maps(A, t) -> tuple[np.ndarray, np.ndarray]:
    """Return maps as (N, 2, 2) and (N, 2), where N = 1 is one for all."""
    A, t = validate.array(A, "A", None), validate.array(t, "t", None)
    if A.ndim not in (2, 3) or A.shape[-2:] != (2, 2) or not len(A):
        raise ValueError(f"A must have shape (2, 2) or (N, 2, 2), but has {A.shape}")
    if t.ndim not in (1, 2) or t.shape[-1:] != (2,) or not len(t):
        raise ValueError(f"t must have shape (2,) or (N, 2), but has {t.shape}")
    A, t = A.reshape(-1, 2, 2), t.reshape(-1, 2)
    if 1 not in (len(A), len(t)) and len(A) != len(t):
        raise ValueError(f"there are {len(A)} matrices but {len(t)} shifts")
    N = max(len(A), len(t))
    A, t = np.broadcast_to(A, (N, 2, 2)), np.broadcast_to(t, (N, 2))
    size = np.abs(A).max(axis=(1, 2))
    if (np.abs(_determinants(A)) <= 1e-9 * size * size).any():
        raise ValueError("A has no inverse: it presses the picture onto a line")
    return A, t


def _determinants(A: np.ndarray) -> np.ndarray:
    return A[:, 0, 0] * A[:, 1, 1] - A[:, 0, 1] * A[:, 1, 0]


def _places_before(A: np.ndarray, t: np.ndarray, H: int, W: int) -> tuple[np.ndarray, np.ndarray]:
    """Return where each pixel's middle was before the map, x and y: (N, H·W) each."""
    x = np.tile(np.arange(W) + 0.5 - W / 2, H) - t[:, :1]
    y = np.repeat(np.arange(H) + 0.5 - H / 2, W) - t[:, 1:]
    a, b, c, d = A.reshape(-1, 4, 1).transpose(1, 0, 2)
    det = a * d - b * c
    return (d * x - b * y) / det + W / 2, (a * y - c * x) / det + H / 2


def _boxes(boxes) -> np.ndarray:
    boxes = validate.array(boxes, "boxes", 2)
    if boxes.shape[1] != 4:
        raise ValueError(f"boxes must have shape (n, 4), but have {boxes.shape}")
    if (boxes[:, 2:] < boxes[:, :2]).any():
        raise ValueError("each box must have x₀ ≤ x₁ and y₀ ≤ y₁")
    return boxes


def _shape(shape) -> tuple[int, int]:
    shape = tuple(shape) if isinstance(shape, Sequence | np.ndarray) else shape
    if not isinstance(shape, tuple) or len(shape) != 2:
        raise ValueError(f"shape must be (H, W), but is {shape!r}")
    return validate.whole(shape[0], "H", low=1), validate.whole(shape[1], "W", low=1)


def _window(left, top, width, height, shape) -> tuple[int, int, int, int]:
    left, top = validate.whole(left, "left", low=0), validate.whole(top, "top", low=0)
    width, height = validate.whole(width, "width", low=1), validate.whole(height, "height", low=1)
    if shape is not None and (left + width > shape[1] or top + height > shape[0]):
        raise ValueError(f"a window of {height} × {width} at ({left}, {top}) does not fit into {shape[0]} × {shape[1]}")
    return left, top, width, height


def _pairs(X, Y, partner) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    X, Y = validate.array(X, "X", None), validate.matrix(Y, "Y", within=validate.ANY)
    if X.ndim < 2 or len(X) != len(Y):
        raise ValueError(f"X and Y must have a row for each of N pictures, but have shapes {X.shape} and {Y.shape}")
    partner = validate.indices(partner, "partner", size=len(X), of="pictures")
    if len(partner) != len(X):
        raise ValueError(f"there are {len(X)} pictures, but {len(partner)} partners")
    return X, Y, partner


def _blend(a: np.ndarray, b: np.ndarray, lam: np.ndarray) -> np.ndarray:
    lam = lam.reshape(-1, *[1] * (a.ndim - 1))
    return lam * a + (1 - lam) * b
