"""Small trained networks in numpy alone, for what a page does with them: reading digits, and showing what each layer makes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from lib.book import validate
from lib.book.trained import steps
from lib.convnets.architectures import Branches, Conv, Dense, GlobalAverage, steps_of
from lib.convnets.convolution import conv2d, conv2d_gradients, conv_transpose2d
from lib.convnets.digits import SIDE
from lib.convnets.pooling import (
    average_pool,
    average_pool_gradient,
    blur_pool,
    blur_pool_gradient,
    halved,
    max_pool,
    max_pool_gradient,
)
from lib.losses.classification import softmax
from lib.losses.optimisers import Adam, cosine


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
        self.weights, self.blurred = validate.layers(weights, SHAPES), validate.instance(blurred, bool, "blurred")

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


# ------------------------------------------------------------------------------------------------------------- any chain
class Chain:
    """A trained list of layers, forward and backward: convolutions, poolings, a global average, dense layers.

    layers : of `architectures.Conv` (no links), Pool (not trained), GlobalAverage and Dense; a batch normalization must be folded into the
    convolution before it.  shape : (C, H, W) of a picture;  weights : conv1.W (O, C / groups, k, k), conv1.b (O,), …, dense1.W (before, after),
    dense1.b, …, numbered in order. Raises TypeError for other layers and ValueError where weights do not fit.
    """

    def __init__(self, layers: Sequence, shape: Sequence[int], weights: Mapping[str, np.ndarray]):
        self.layers, self.shape, self.weights = tuple(layers), tuple(shape), {}
        wanted = shapes_of(layers, shape)
        if not isinstance(weights, Mapping):
            raise TypeError(f"weights must be a mapping name → array, but is {type(weights).__name__}")
        if set(weights) != set(wanted):
            raise ValueError(f"weights must be {', '.join(wanted)}, but are {', '.join(sorted(map(str, weights)))}")
        for name, size in wanted.items():
            if np.shape(weights[name]) != size:
                raise ValueError(f"{name} must have shape {size}, but has {np.shape(weights[name])}")
            self.weights[name] = validate.array(weights[name], name)

    @property
    def parameters(self) -> int:
        """How many numbers the weights have."""
        return sum(W.size for W in self.weights.values())

    def scores(self, images) -> np.ndarray:
        """Return the scores (N, K) of pictures (N, C, H, W), or (N, H, W) for one channel, 250 at a time."""
        X = self._pictures(images)
        return np.concatenate([self._forward(X[i : i + 250])[0] for i in range(0, len(X), 250)])

    def classify(self, images) -> np.ndarray:
        """Return the class with the highest score of each picture, (N,)."""
        return self.scores(images).argmax(axis=1)

    def slopes(self, images, labels) -> tuple[float, dict[str, np.ndarray]]:
        """Return the mean cross-entropy of pictures with these labels (N,), and its slopes by the weights, under their names."""
        X = self._pictures(images)
        scores, passed = self._forward(X)
        labels = validate.indices(labels, "labels", size=scores.shape[1], of="classes")
        if len(labels) != len(X):
            raise ValueError(f"there are {len(X)} images but {len(labels)} labels")
        P = softmax(scores)
        loss = float(-np.log(np.maximum(P[np.arange(len(X)), labels], 1e-300)).mean())
        P[np.arange(len(X)), labels] -= 1
        G, found = P / len(X), {}
        for layer, name, before, after, extra in reversed(passed):
            if isinstance(layer, Dense | Conv) and layer.relu:
                G = G.reshape(after.shape) * (after > 0)
            if isinstance(layer, Dense):
                rows = before.reshape(len(X), -1)
                found |= {f"{name}.W": rows.T @ G, f"{name}.b": G.sum(axis=0)}
                G = (G @ self.weights[f"{name}.W"].T).reshape(before.shape)
            elif isinstance(layer, Conv):
                settings = dict(stride=layer.stride, padding=layer.padding, groups=layer.groups)
                G, found[f"{name}.W"], found[f"{name}.b"] = conv2d_gradients(
                    G.reshape(after.shape), before, self.weights[f"{name}.W"], **settings
                )
            elif isinstance(layer, GlobalAverage):
                G = np.broadcast_to(G.reshape(after.shape), before.shape) / before[0, 0].size
            elif layer.kind == "max":
                G = max_pool_gradient(G.reshape(after.shape), extra, before.shape)
            else:
                G = average_pool_gradient(
                    G.reshape(after.shape), before.shape, layer.size, layer.stride, layer.padding, layer.ceil
                )
        return loss, {name: found[name] for name in self.weights}

    def _pictures(self, images) -> np.ndarray:
        X = np.asarray(images)
        X = validate.array(X[:, None] if X.ndim == 3 else X, "images", 4)
        if X.shape[1:] != self.shape:
            raise ValueError(f"images must have shape (N, {', '.join(map(str, self.shape))}), but have {X.shape}")
        return X

    def _forward(self, x: np.ndarray) -> tuple[np.ndarray, list]:
        """Return the scores, and of each layer (layer, its weights' name, what it read, what it gave, winners of a maximum)."""
        passed = []
        for layer, name in zip(self.layers, _names(self.layers), strict=True):
            before, extra = x, None
            if isinstance(layer, Conv):
                W, b = self.weights[f"{name}.W"], self.weights[f"{name}.b"]
                x = conv2d(x, W, b, stride=layer.stride, padding=layer.padding, groups=layer.groups)
            elif isinstance(layer, Dense):
                x = x.reshape(len(x), -1) @ self.weights[f"{name}.W"] + self.weights[f"{name}.b"]
            elif isinstance(layer, GlobalAverage):
                x = x.mean(axis=(2, 3), keepdims=True)
            elif layer.kind == "max":
                x, extra = max_pool(x, layer.size, layer.stride, layer.padding, layer.ceil)
            else:
                x = average_pool(x, layer.size, layer.stride, layer.padding, layer.ceil)
            if isinstance(layer, Dense | Conv) and layer.relu:
                x = np.maximum(x, 0)
            passed.append((layer, name, before, x, extra))
        return x.reshape(len(x), -1), passed


def _names(layers: Sequence) -> list[str]:
    counts, names = {"conv": 0, "dense": 0}, []
    for layer in layers:
        kind = {Conv: "conv", Dense: "dense"}.get(type(layer), "")
        if kind:
            counts[kind] += 1
        names.append(f"{kind}{counts[kind]}" if kind else "")
    return names


def shapes_of(layers: Sequence, shape: Sequence[int]) -> dict[str, tuple[int, ...]]:
    """Return the shapes of the weights of a `Chain`, by name."""
    out = {}
    before = tuple(shape)
    for layer, name, after in zip(layers, _names(layers), steps_of(layers, shape), strict=True):
        if isinstance(layer, Branches) or getattr(layer, "links", None) or getattr(layer, "trained", False):
            raise TypeError(f"a chain has no {layer}")
        if isinstance(layer, Conv):
            if layer.norm:
                raise TypeError("a chain has no batch normalization: fold it into the convolution before it")
            out |= {
                f"{name}.W": (layer.channels, before[0] // layer.groups, layer.size, layer.size),
                f"{name}.b": (layer.channels,),
            }
        elif isinstance(layer, Dense):
            out |= {f"{name}.W": (int(np.prod(before)), layer.units), f"{name}.b": (layer.units,)}
        before = after.shape
    return out


def fit_chain(
    layers: Sequence,
    images,
    labels,
    count: int,
    *,
    seed: int = 0,
    rate: float = 1e-2,
    batch: int = 64,
    moved: Callable[[np.ndarray, np.random.Generator], np.ndarray] | None = None,
) -> Chain:
    """Return a chain that has learned to tell classes apart, in numpy: `count` steps of Adam, whose rate falls from `rate` to 0 by half a cosine.

    layers : of a `Chain`;  images : (N, H, W);  labels : (N,) from 0;  moved : called with a batch (n, H, W) and a random generator, returns
    what is learned from in its place. Weights start from Kaiming's: normal, with the variance 2 over what comes in; free terms from 0.
    """
    X = validate.array(images, "images", 3)
    labels = validate.indices(labels, "labels")
    if len(labels) != len(X):
        raise ValueError(f"there are {len(X)} images but {len(labels)} labels")
    count, batch = validate.whole(count, "count", low=1), validate.whole(batch, "batch", low=1)
    rate = validate.number(rate, "rate", low=0, open_low=True)
    rng, shape = np.random.default_rng(validate.whole(seed, "seed", low=0)), (1, *X.shape[1:])
    start = {}
    for name, size in shapes_of(layers, shape).items():
        fan = int(np.prod(size[1:])) if name.startswith("conv") else size[0]
        start[name] = rng.normal(0, np.sqrt(2 / fan), size) if name.endswith("W") else np.zeros(size)
    chain, order = Chain(layers, shape, start), np.empty(0, int)
    adam = {name: Adam(rate) for name in chain.weights}
    for step in steps(count):
        if not len(order):
            order = rng.permutation(len(X))
        rows, order = order[:batch], order[batch:]
        seen = X[rows] if moved is None else moved(X[rows], rng)
        _, slopes = chain.slopes(seen, labels[rows])
        for name, G in slopes.items():
            chain.weights[name] = adam[name].step(chain.weights[name], G, rate * cosine(step, count))
    return chain
