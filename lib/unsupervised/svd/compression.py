"""Pictures in few bytes: factors of a low rank, or the largest cosines; every number that is kept is a float16."""

from __future__ import annotations

import numpy as np
from scipy.fft import dctn, idctn

from lib.book import validate

NUMBER = 2  # bytes of a float16
PLACE = 2  # bytes that say which cosine a number belongs to: of at most 65,536


def parameters(m: int, n: int, k: int) -> int:
    """Return how many numbers A_k is made of, for an m × n matrix: k(m + n + 1). Equation: eq-storage"""
    m, n = validate.whole(m, "m", low=1), validate.whole(n, "n", low=1)
    return validate.whole(k, "k", low=0, high=min(m, n)) * (m + n + 1)


def rank_within(m: int, n: int, size: int) -> int:
    """Return the largest rank whose factors, in float16, take at most `size` bytes; at most min(m, n)."""
    size = validate.whole(size, "size", low=0)
    return min(size // (NUMBER * parameters(m, n, 1)), m, n)


def svd_picture(image, size: int) -> np.ndarray:
    """Return the image (m, n) of the largest rank whose factors, in float16, fit into `size` bytes.

    Equation: eq-storage
    """
    image = validate.matrix(image, "image")
    k = rank_within(*image.shape, size)
    scale = _scale(image)
    U, sigma, Vt = np.linalg.svd(image / scale, full_matrices=False)
    U, sigma, Vt = (_stored(x) for x in (U[:, :k], sigma[:k], Vt[:k]))
    return scale * (U * sigma) @ Vt


def dct_picture(image, size: int, block: int | None = None) -> np.ndarray:
    """Return the image (m, n) from its cosines of largest size, as many as fit into `size` bytes: each takes a float16 and its place.

    block : sides of the squares that have their own cosines, a divisor of m and n; None for cosines over the whole picture.
    Raises ValueError where the picture has more than 65,536 pixels, for whose places 2 bytes are too few.
    """
    image = validate.matrix(image, "image")
    m, n = image.shape
    if image.size > 2 ** (8 * PLACE):
        raise ValueError(f"image must have at most {2 ** (8 * PLACE):,} pixels, but has {image.size:,}")
    kept = min(validate.whole(size, "size", low=0) // (NUMBER + PLACE), image.size)
    if block is not None:
        block = validate.whole(block, "block", low=1)
        if m % block or n % block:
            raise ValueError(f"block must divide {m} and {n}, but is {block}")
    rows, columns = (m, n) if block is None else (block, block)
    scale = _scale(image)
    blocks = (image / scale).reshape(m // rows, rows, n // columns, columns)
    cosines = dctn(blocks, axes=(1, 3), norm="ortho").ravel()
    strongest = np.argsort(-np.abs(cosines), kind="stable")[:kept]
    few = np.zeros(image.size)
    few[strongest] = _stored(cosines[strongest])
    return scale * idctn(few.reshape(blocks.shape), axes=(1, 3), norm="ortho").reshape(m, n)


def relative_error(image, close) -> float:
    """Return ‖image − close‖_F / ‖image‖_F of two pictures (m, n); 0 where both are 0, else of an image of 0 infinity is refused."""
    image, close = validate.matrix(image, "image"), validate.matrix(close, "close", within=validate.BELOW)
    if image.shape != close.shape:
        raise ValueError(f"image has shape {image.shape} but close has {close.shape}")
    size, gap = np.linalg.norm(image), np.linalg.norm(image - close)
    if not size and gap:
        raise ValueError("image is 0, so that an error cannot be compared with its size")
    return float(gap / size) if size else 0.0


def turned_stripes(angle: float, side: int = 128, wide: float = 16.0) -> np.ndarray:
    """Return black and white stripes (side, side), 0 and 1, each `wide` pixels; 0° is upright, 90° lying.

    angle : degrees from 0 to 90
    """
    angle = np.radians(validate.number(angle, "angle", low=0.0, high=90.0))
    side = validate.whole(side, "side", low=1, high=2000)
    wide = validate.number(wide, "wide", low=1.0)
    i, j = np.indices((side, side)) + 0.5
    along = np.round(i * np.sin(angle) + j * np.cos(angle), 9)  # so that rounding chooses no side
    return (np.floor(along / wide) % 2).astype(float)


def edge_values(n: int) -> np.ndarray:
    """Return the singular values (n,) of the n × n matrix with ones on and below the diagonal, from their formula.

    Equation: eq-edge-values
    """
    n = validate.whole(n, "n", low=1, high=10**6)
    return 1 / (2 * np.sin((2 * np.arange(1, n + 1) - 1) * np.pi / (4 * n + 2)))


def _stored(x: np.ndarray) -> np.ndarray:
    return x.astype(np.float16).astype(float)


def _scale(image: np.ndarray) -> float:
    """Return what the picture is divided by, so that all its numbers lie in float16's range; its few bytes are not counted."""
    return float(np.abs(image).max()) or 1.0
