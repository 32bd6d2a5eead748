"""Small trained networks in numpy alone, for what a page does with them: reading digits, and showing what each layer makes of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lib.book import validate
from lib.convnets.convolution import conv2d, conv_transpose2d
from lib.convnets.digits import SIDE
from lib.convnets.pooling import blur_pool, blur_pool_gradient, halved, max_pool, max_pool_gradient
from lib.losses.classification import softmax


@dataclass(frozen=True, eq=False)
class Read:
    """What a LeNet makes of N pictures.

    maps1 : (N, 6, 24, 24) behind the first convolution;  pooled1 : (N, 6, 12, 12);  maps2 : (N, 16, 8, 8);  pooled2 : (N, 16, 4, 4)
    hidden : (N, 24);  scores : (N, 10);  all but the scores are at least 0
    """

    maps1: np.ndarray
    pooled1: np.ndarray
    maps2: np.ndarray
    pooled2: np.ndarray
    hidden: np.ndarray
    scores: np.ndarray

    @property
    def probabilities(self) -> np.ndarray:
        """The softmax of the scores, (N, 10)."""
        return softmax(self.scores)


LAYERS = ("maps1", "pooled1", "maps2", "pooled2", "hidden", "scores")
SHAPES = {"conv1": (6, 1, 5, 5), "conv2": (16, 6, 5, 5), "dense1": (256, 24), "dense2": (24, 10)}


class LeNet:
    """`architectures.SMALL_LENET` with its weights: two convolutions with pooling, two dense layers, 8,990 numbers.

    With `blurred` a blur stands behind each of its maxima (`pooling.blur_pool`); the weights have the same shapes.

    weights : conv1.W (6, 1, 5, 5), conv2.W (16, 6, 5, 5), dense1.W (256, 24), dense2.W (24, 10), and .b for each. Raises ValueError for others.
    """

    def __init__(self, weights: Mapping[str, np.ndarray], blurred: bool = False):
        if not isinstance(weights, Mapping):
            raise TypeError(f"weights must be a mapping name → array, but is {type(weights).__name__}")
        self.blurred, self.weights = validate.instance(blurred, bool, "blurred"), {}
        for name, shape in SHAPES.items():
            free = shape[0] if name.startswith("conv") else shape[1]
            for part, wanted in ((f"{name}.W", shape), (f"{name}.b", (free,))):
                if np.shape(weights.get(part)) != wanted:
                    raise ValueError(f"{part} must have shape {wanted}, but has {np.shape(weights.get(part))}")
                self.weights[part] = validate.array(weights[part], part)

    def read(self, images) -> Read:
        """Return what each layer makes of pictures (N, 28, 28), ink from 0 to 1."""
        X = validate.array(images, "images", 3)
        if X.shape[1:] != (SIDE, SIDE):
            raise ValueError(f"images must be {SIDE} × {SIDE}, but are {' × '.join(map(str, X.shape[1:]))}")
        w = self.weights
        maps1 = np.maximum(conv2d(X[:, None], w["conv1.W"], w["conv1.b"]), 0)
        pooled1 = self._pooled(maps1)
        maps2 = np.maximum(conv2d(pooled1, w["conv2.W"], w["conv2.b"]), 0)
        pooled2 = self._pooled(maps2)
        hidden = np.maximum(pooled2.reshape(len(X), -1) @ w["dense1.W"] + w["dense1.b"], 0)
        return Read(maps1, pooled1, maps2, pooled2, hidden, hidden @ w["dense2.W"] + w["dense2.b"])

    def slopes(self, images, toward, layer: str = "scores", guided: bool = False) -> np.ndarray:
        """Return the slopes by the pixels of Σ toward · (what a layer makes of them), one picture each: (N, 28, 28).

        images : (N, 28, 28);  toward : as the layer's field of `Read`, (N, 10) for the scores;  layer : the name of such a field
        guided : let no slope below 0 down through a ReLU ("guided backpropagation", no slope of anything)
        Source: Springenberg et al. (2015) for the guided way. Equation: eq-slopes-down
        """
        seen = self.read(images)
        if layer not in LAYERS:
            raise ValueError(f"layer must be one of {', '.join(LAYERS)}, but is {layer!r}")
        there = getattr(seen, layer)
        d = validate.array(toward, "toward", there.ndim)
        if d.shape != there.shape:
            raise ValueError(f"toward must have the shape of {layer}, {there.shape}, but has {d.shape}")
        w, at = self.weights, LAYERS.index(layer)

        def bent(d, out):
            return d * (out > 0) * ((d > 0) if guided else 1)

        if at >= 5:
            d = d @ w["dense2.W"].T
        if at >= 4:
            d = (bent(d, seen.hidden) @ w["dense1.W"].T).reshape(seen.pooled2.shape)
        if at >= 3:
            d = self._unpooled(d, seen.maps2)
        if at >= 2:
            d = conv_transpose2d(bent(d, seen.maps2), w["conv2.W"])
        if at >= 1:
            d = self._unpooled(d, seen.maps1)
        return conv_transpose2d(bent(d, seen.maps1), w["conv1.W"])[:, 0]

    def _pooled(self, maps: np.ndarray) -> np.ndarray:
        return blur_pool(max_pool(maps, 2, stride=1)[0]) if self.blurred else halved(maps)

    def _unpooled(self, d: np.ndarray, maps: np.ndarray) -> np.ndarray:
        """Return the slopes by maps, given those by what was pooled of them."""
        largest, winners = max_pool(maps, 2, stride=1 if self.blurred else 2)
        if self.blurred:
            d = blur_pool_gradient(d, largest.shape)
        return max_pool_gradient(d, winners, maps.shape)

    def classify(self, images) -> np.ndarray:
        """Return the most probable digit of each picture, (N,), reading 250 at a time."""
        images = validate.array(images, "images", 3)
        parts = (images[i : i + 250] for i in range(0, len(images), 250))
        return np.concatenate([self.read(part).scores.argmax(axis=1) for part in parts])


# --------------------------------------------------------------------------------------------- how MNIST is laid out
def centred(drawing, box: int = 20) -> np.ndarray:
    """Return a drawing as MNIST lays its digits out: scaled to fit `box` × `box` pixels, its centre of mass nearest to pixel (14, 14) of 28 × 28.

    drawing : (H, W), ink from 0 to 1;  returns (28, 28). What has no ink stays blank. Each new pixel is the mean of what it covers.
    """
    ink = validate.array(drawing, "drawing", 2)
    if ink.min() < 0 or ink.max() > 1:
        raise ValueError(f"ink must be from 0 to 1, but is from {ink.min():.3g} to {ink.max():.3g}")
    box = validate.whole(box, "box", low=4, high=SIDE)
    rows, columns = (np.flatnonzero((ink > 0.02).any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return np.zeros((SIDE, SIDE))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = box / max(ink.shape)
    small = [max(1, round(scale * n)) for n in ink.shape]
    ink = _covering(ink.shape[0], small[0]) @ ink @ _covering(ink.shape[1], small[1]).T
    mass = ink.sum()
    out, corner = np.zeros((SIDE, SIDE)), []
    for axis, n in enumerate(small):
        centre = (ink.sum(axis=1 - axis) @ np.arange(n)) / mass
        corner.append(int(np.clip(round(SIDE / 2 - centre), 0, SIDE - n)))
    out[corner[0] : corner[0] + small[0], corner[1] : corner[1] + small[1]] = ink
    return np.clip(out, 0, 1)


def _covering(n: int, m: int) -> np.ndarray:
    """Return (m, n): which share of each of m equal parts of a line is covered by each of its n equal parts."""
    low = np.maximum(np.arange(m)[:, None] / m, np.arange(n) / n)
    high = np.minimum((np.arange(m)[:, None] + 1) / m, (np.arange(n) + 1) / n)
    return m * np.maximum(high - low, 0)


# ------------------------------------------------------------------------------------------- features made by hand
def hog(images, cell: int = 7, bins: int = 9) -> np.ndarray:
    """Return histograms of oriented gradients, one row a picture: 324 numbers for 28 × 28.

    images : (N, H, W), H and W multiples of `cell`;  bins : directions from 0° to 180°, of which a pixel votes for the one it lies in, with
    the length of its gradient. Every 2 × 2 cells are a block, which is scaled to length 1, cut off at 0.2, and scaled again.
    Source: Dalal and Triggs (2005)
    """
    X = validate.array(images, "images", 3)
    cell, bins = validate.whole(cell, "cell", low=1), validate.whole(bins, "bins", low=1, high=180)
    N, H, W = X.shape
    if H % cell or W % cell or min(H, W) < 2 * cell:
        raise ValueError(f"{H} × {W} pixels cannot be divided into cells of {cell}, two at least each way")
    down, right = np.zeros_like(X), np.zeros_like(X)
    down[:, 1:-1] = X[:, 2:] - X[:, :-2]
    right[:, :, 1:-1] = X[:, :, 2:] - X[:, :, :-2]
    length = np.hypot(down, right)
    which = np.floor(np.degrees(np.arctan2(down, right)) % 180 / 180 * bins).astype(int) % bins
    votes = np.zeros((N, H // cell, W // cell, bins))
    for k in range(bins):
        of_bin = np.where(which == k, length, 0).reshape(N, H // cell, cell, W // cell, cell)
        votes[..., k] = of_bin.mean(axis=(2, 4))
    blocks = sliding_window_view(votes, (2, 2), axis=(1, 2))  # (N, h − 1, w − 1, bins, 2, 2)
    blocks = np.moveaxis(blocks, 3, 5).reshape(N, -1, 4 * bins)
    blocks = np.minimum(_to_length_one(blocks), 0.2)
    return _to_length_one(blocks).reshape(N, -1)


def _to_length_one(v: np.ndarray) -> np.ndarray:
    return v / np.sqrt((v * v).sum(axis=-1, keepdims=True) + 1e-10)
