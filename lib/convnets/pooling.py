"""Pooling: one number for each window of a map. The largest, the mean, or a blur before every second place is taken.

Maps are (N, C, H, W): samples, channels, rows, columns. Windows are square.
"""

from __future__ import annotations

from math import comb

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lib.book import validate
from lib.convnets.convolution import output_size


def pooled_size(n: int, size: int, stride: int | None = None, padding: int = 0, ceil: bool = False) -> int:
    """Return how many windows of `size` fit along `n` pixels with `padding` on both sides, one every `stride` pixels.

    stride : `size` unless given;  padding : at most half of `size`;  ceil : whether a last window may stick out beyond the padding, as long
    as it begins before it. Equation: eq-pooled-size. Raises ValueError where not one window fits.
    """
    n = validate.whole(n, "n", low=1, high=2**31)
    size, stride, padding = _settings(size, stride, padding)
    validate.instance(ceil, bool, "ceil")
    count = output_size(n, size, stride, padding)
    left_over = (n + 2 * padding - size) % stride  # pixels behind the last whole window
    return count + 1 if ceil and left_over and count * stride < n + padding else count


def max_pool(
    X, size: int, stride: int | None = None, padding: int = 0, ceil: bool = False
) -> tuple[np.ndarray, np.ndarray]:
    """Return (Y, winners): the largest entry of each window (N, C, H′, W′), and where it stands.

    X : (N, C, H, W);  size, stride, padding, ceil : as in `pooled_size`. What is padded is −∞ and never wins.
    winners : (N, C, H′, W′), the number of the winner in its map, read row by row; of equal entries the first.
    Equation: eq-max-pool
    """
    X = validate.array(X, "X", 4)
    size, stride, padding = _settings(size, stride, padding)
    seen = _windows(X, size, stride, padding, ceil, -np.inf)  # (N, C, H', W', size, size)
    seen = seen.reshape(*seen.shape[:4], size * size)
    best = seen.argmax(axis=-1)  # the first of equals
    Y = np.take_along_axis(seen, best[..., None], axis=-1)[..., 0]
    down, right = (np.arange(m) * stride - padding for m in Y.shape[2:])
    return Y, (down[:, None] + best // size) * X.shape[3] + right + best % size


def halved(X: np.ndarray) -> np.ndarray:
    """Return the largest of each 2 × 2 pixels of checked maps (N, C, H, W) with even sides: `max_pool` of 2 without its winners."""
    N, C, H, W = X.shape
    return X.reshape(N, C, H // 2, 2, W // 2, 2).max(axis=(3, 5))


def max_pool_gradient(G, winners, shape) -> np.ndarray:
    """Return the gradient by what was pooled: each entry of G goes to the winner of its window, and meets there what comes from others.

    G, winners : (N, C, H′, W′);  shape : (N, C, H, W) of what was pooled. Equation: eq-max-pool-gradient
    """
    G, shape = validate.array(G, "G", 4), _shape(shape)
    winners = validate.indices(winners, "winners", 4, size=shape[2] * shape[3], of="pixels of a map")
    if winners.shape != G.shape or G.shape[:2] != shape[:2]:
        raise ValueError(f"G {G.shape} and winners {winners.shape} must be alike, of maps {shape[:2]}")
    out = np.zeros((shape[0] * shape[1], shape[2] * shape[3]))
    maps = np.arange(len(out))[:, None]
    np.add.at(out, (maps, winners.reshape(len(out), -1)), G.reshape(len(out), -1))
    return out.reshape(shape)


def average_pool(
    X, size: int, stride: int | None = None, padding: int = 0, ceil: bool = False, count_padding: bool = True
) -> np.ndarray:
    """Return the mean of each window, (N, C, H′, W′).

    X : (N, C, H, W);  size, stride, padding, ceil : as in `pooled_size`
    count_padding : whether zeros of the padding count as entries (as PyTorch does unless told), or the mean is over pixels alone
    Equation: eq-average-pool
    """
    X = validate.array(X, "X", 4)
    size, stride, padding = _settings(size, stride, padding)
    counts = _counts(X.shape[2:], size, stride, padding, ceil, count_padding)
    return _windows(X, size, stride, padding, ceil, 0.0).sum(axis=(-2, -1)) / counts


def average_pool_gradient(
    G, shape, size: int, stride: int | None = None, padding: int = 0, ceil: bool = False, count_padding: bool = True
) -> np.ndarray:
    """Return the gradient by what was averaged, (N, C, H, W): each window shares its entry of G equally among its entries.

    G : (N, C, H′, W′);  shape : (N, C, H, W) of what was averaged;  the others as in `average_pool`
    """
    G, shape = validate.array(G, "G", 4), _shape(shape)
    size, stride, padding = _settings(size, stride, padding)
    counts = _counts(shape[2:], size, stride, padding, ceil, count_padding)
    if G.shape != (*shape[:2], *counts.shape):
        raise ValueError(f"G must have shape {(*shape[:2], *counts.shape)}, but has {G.shape}")
    share = G / counts
    beyond = [(m - 1) * stride + size for m in counts.shape]
    out = np.zeros((*shape[:2], *(max(b, n + 2 * padding) for b, n in zip(beyond, shape[2:], strict=True))))
    for i in range(size):
        for j in range(size):
            out[:, :, i : i + counts.shape[0] * stride : stride, j : j + counts.shape[1] * stride : stride][
                :, :, : counts.shape[0], : counts.shape[1]
            ] += share
    return out[:, :, padding : padding + shape[2], padding : padding + shape[3]]


def global_average(X) -> np.ndarray:
    """Return the mean of each map, (N, C), of X (N, C, H, W): of maps of any size one number a channel."""
    return validate.array(X, "X", 4).mean(axis=(2, 3))


def blur_matrix(n: int, stride: int = 2, taps: int = 3) -> np.ndarray:
    """Return the matrix (m, n) that blurs n numbers with binomial weights and takes every `stride`-th.

    taps : odd; 3 has the weights 1, 2, 1 over 4. Beyond the ends the numbers are mirrored, the last one not repeated. Equation: eq-blur
    """
    n, stride = validate.whole(n, "n", low=1, high=4096), validate.whole(stride, "stride", low=1)
    taps = validate.whole(taps, "taps", low=1, high=31)
    if taps % 2 == 0 or taps // 2 >= n:
        raise ValueError(f"taps must be odd and reach less than {n} numbers to each side, but is {taps}")
    weights = np.array([comb(taps - 1, i) for i in range(taps)]) / 2.0 ** (taps - 1)
    B = np.zeros((-(-n // stride), n))
    for row, centre in enumerate(range(0, n, stride)):
        for i, weight in enumerate(weights):
            at = abs(centre + i - taps // 2)  # mirrored at the first
            B[row, at if at < n else 2 * (n - 1) - at] += weight  # and at the last
    return B


def blur_pool(X, stride: int = 2, taps: int = 3) -> np.ndarray:
    """Return maps that are blurred and then thinned out by `stride`, (N, C, H′, W′), H′ = ⌈H / stride⌉.

    X : (N, C, H, W);  taps : see `blur_matrix`. Equation: eq-blur. Source: Zhang (2019)
    """
    X = validate.array(X, "X", 4)
    return blur_matrix(X.shape[2], stride, taps) @ X @ blur_matrix(X.shape[3], stride, taps).T


def blur_pool_gradient(G, shape, stride: int = 2, taps: int = 3) -> np.ndarray:
    """Return the gradient by what was blurred, of `shape` (N, C, H, W): the transposed matrices take G (N, C, H′, W′) back."""
    G, shape = validate.array(G, "G", 4), _shape(shape)
    rows, columns = (blur_matrix(n, stride, taps) for n in shape[2:])
    if G.shape != (*shape[:2], len(rows), len(columns)):
        raise ValueError(f"G must have shape {(*shape[:2], len(rows), len(columns))}, but has {G.shape}")
    return rows.T @ G @ columns


def _settings(size, stride, padding) -> tuple[int, int, int]:
    size = validate.whole(size, "size", low=1)
    stride = size if stride is None else validate.whole(stride, "stride", low=1)
    return size, stride, validate.whole(padding, "padding", low=0, high=size // 2)


def _shape(shape) -> tuple[int, ...]:
    shape = tuple(validate.indices(shape, "shape").tolist())
    if len(shape) != 4 or min(shape) < 1:
        raise ValueError(f"shape must be four sizes of at least 1, but is {shape}")
    return shape


def _windows(X: np.ndarray, size: int, stride: int, padding: int, ceil: bool, value: float) -> np.ndarray:
    """Return the windows of each map as a view (N, C, H′, W′, size, size) of the padded maps."""
    counts = [pooled_size(n, size, stride, padding, ceil) for n in X.shape[2:]]
    after = [(m - 1) * stride + size - padding - n for m, n in zip(counts, X.shape[2:], strict=True)]
    edges = [(0, 0), (0, 0), *((padding, max(a, 0)) for a in after)]
    padded = np.pad(X, edges, constant_values=value)
    every = sliding_window_view(padded, (size, size), axis=(2, 3))[:, :, ::stride, ::stride]
    return every[:, :, : counts[0], : counts[1]]


def _counts(sides, size: int, stride: int, padding: int, ceil: bool, count_padding: bool) -> np.ndarray:
    """Return how many entries each window's mean is over, (H′, W′)."""
    validate.instance(count_padding, bool, "count_padding")
    each = []
    for n in sides:
        begin = np.arange(pooled_size(n, size, stride, padding, ceil)) * stride - padding
        end = np.minimum(begin + size, n + padding)  # what sticks out beyond the padding never counts
        each.append(end - begin if count_padding else np.minimum(end, n) - np.maximum(begin, 0))
    return np.outer(*each)
