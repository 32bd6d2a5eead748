"""Maps that say which pixels an answer came from, and controls that a map should pass. Maps and pictures are (N, 28, 28)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib.book import validate
from lib.convnets.digits import CLASSES, SIDE
from lib.convnets.networks import SHAPES, LeNet

PART = 32  # pictures that are read at a time
LAYERS = tuple(reversed(SHAPES))  # from the last to the first, as they are shuffled


# -------------------------------------------------------------------------------------------------------- maps of slopes
def slopes(net: LeNet, images, labels, guided: bool = False) -> np.ndarray:
    """Return the slopes of each picture's score for its class, by its pixels.

    labels : (N,), which class;  guided : see `LeNet.slopes`. Equation: eq-saliency. Source: Simonyan et al. (2014)
    """
    X, labels = checked_pictures(net, images, labels)
    toward = np.eye(CLASSES)[labels]
    parts = [slice(i, i + PART) for i in range(0, len(X), PART)]
    return np.concatenate([net.slopes(X[part], toward[part], guided=guided) for part in parts])


def slopes_times_input(net: LeNet, images, labels, baseline=0.0) -> np.ndarray:
    """Return the slopes times how far each pixel is from the baseline's: a number, a picture, or one for each."""
    X, labels = checked_pictures(net, images, labels)
    return (X - _baseline(baseline, X)) * slopes(net, X, labels)


def integrated_gradients(net: LeNet, images, labels, baseline=0.0, steps: int = 16) -> np.ndarray:
    """Return how far each pixel is from the baseline's, times its mean slope on the straight way from there.

    baseline : a number, a picture, or one for each;  steps : midpoints at which the slope is read
    Equation: eq-integrated-gradients. Source: Sundararajan, Taly and Yan (2017)
    """
    X, labels = checked_pictures(net, images, labels)
    start, steps = _baseline(baseline, X), validate.whole(steps, "steps", low=1)
    total = np.zeros_like(X)
    for k in range(steps):
        total += slopes(net, start + (k + 0.5) / steps * (X - start), labels)
    return (X - start) * total / steps


# ------------------------------------------------------------------------------------------------------ maps of patches
def occlusion(net: LeNet, image, label: int, size: int = 4, stride: int = 1, filler: float = 0.0) -> np.ndarray:
    """Return by how much the score of a class falls when a patch is covered, shared among the pixels: for each the mean over patches on it.

    image : (28, 28);  size : of the patch, which moves by `stride` and never leaves the picture;  filler : what covers it. A pixel that no
    patch meets has 0. Equation: eq-occlusion. Source: Zeiler and Fergus (2014)
    """
    image = validate.array(image, "image", 2)
    filler = validate.number(filler, "filler")
    X, labels = checked_pictures(net, image[None], [label])
    covers = patches(size, stride)
    whole = net.read(X).scores[0, labels[0]]
    falls = np.empty(len(covers))
    for i in range(0, len(covers), PART):
        part = covers[i : i + PART]
        falls[i : i + PART] = whole - net.read(np.where(part, filler, X)).scores[:, labels[0]]
    counts = covers.sum(axis=0)
    return np.tensordot(falls, covers, axes=1) / np.maximum(counts, 1)


def patches(size: int, stride: int = 1) -> np.ndarray:
    """Return which pixels each patch covers, (patches, 28, 28), row by row."""
    size, stride = validate.whole(size, "size", low=1, high=SIDE), validate.whole(stride, "stride", low=1, high=SIDE)
    first = np.arange(0, SIDE - size + 1, stride)
    rows = (np.arange(SIDE) >= first[:, None]) & (np.arange(SIDE) < first[:, None] + size)  # (places, 28)
    return (rows[:, None, :, None] & rows[None, :, None, :]).reshape(-1, SIDE, SIDE)


# -------------------------------------------------------------------------------------------------------------- controls
def shuffled(net: LeNet, layers: Sequence[str], rng: np.random.Generator) -> LeNet:
    """Return a network whose weights in the named layers, of 'conv1', 'conv2', 'dense1' and 'dense2', are dealt out anew among themselves.

    Source: Adebayo et al. (2018), who draw new ones
    """
    net, rng = validate.instance(net, LeNet, "net"), validate.generator(rng)
    weights = dict(net.weights)
    for layer in layers:
        if layer not in SHAPES:
            raise ValueError(f"a layer must be one of {', '.join(SHAPES)}, but is {layer!r}")
        for name in (f"{layer}.W", f"{layer}.b"):
            weights[name] = rng.permutation(weights[name].ravel()).reshape(weights[name].shape)
    return LeNet(weights, net.blurred)


def ranks(values) -> np.ndarray:
    """Return the ranks of values (P,) from 0, equal ones with the mean of theirs."""
    values = validate.vector(values, "values")
    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts + 1) / 2)[which]


def rank_correlation(a, b) -> float:
    """Return the correlation of two maps' ranks, from −1 to 1 (Spearman's). Raises ValueError where one map is the same everywhere."""
    a, b = validate.array(a, "a"), validate.array(b, "b")
    if a.shape != b.shape:
        raise ValueError(f"a and b must have one shape, but have {a.shape} and {b.shape}")
    a, b = ranks(a.ravel()), ranks(b.ravel())
    a, b = a - a.mean(), b - b.mean()
    size = np.sqrt((a @ a) * (b @ b))
    if size == 0:
        raise ValueError("a map that is the same everywhere has no ranks to compare")
    return float(a @ b / size)


def replaced(images, maps, count: int, filler=0.0) -> np.ndarray:
    """Return pictures (N, 28, 28) whose `count` pixels that a map puts first have been replaced.

    maps : (N, 28, 28), the largest first, of equals the earlier row by row;  filler : what replaces them, a number, a picture, or one for each
    Source: Samek et al. (2017)
    """
    X, maps = validate.array(images, "images", 3), validate.array(maps, "maps", 3)
    if maps.shape != X.shape:
        raise ValueError(f"maps must have the pictures' shape {X.shape}, but have {maps.shape}")
    count, filler = validate.whole(count, "count", low=0, high=X[0].size), _baseline(filler, X)
    first = np.argsort(-maps.reshape(len(X), -1), axis=1, kind="stable")[:, :count]
    chosen = np.zeros((len(X), X[0].size), dtype=bool)
    np.put_along_axis(chosen, first, True, axis=1)
    return np.where(chosen.reshape(X.shape), filler, X)


def scores_of(net: LeNet, images, labels) -> np.ndarray:
    """Return each picture's score for its class, (N,)."""
    X, labels = checked_pictures(net, images, labels)
    parts = [net.read(X[i : i + PART]).scores for i in range(0, len(X), PART)]
    return np.take_along_axis(np.concatenate(parts), labels[:, None], axis=1)[:, 0]


def checked_pictures(net, images, labels) -> tuple[np.ndarray, np.ndarray]:
    """Return pictures (N, H, W) and as many labels as arrays that are checked."""
    validate.instance(net, LeNet, "net")
    X, labels = validate.array(images, "images", 3), validate.indices(labels, "labels", size=CLASSES, of="digits")
    if len(labels) != len(X):
        raise ValueError(f"there are {len(X)} images but {len(labels)} labels")
    return X, labels


def _baseline(baseline, X: np.ndarray) -> np.ndarray:
    baseline = validate.array(baseline, "baseline")
    if baseline.shape not in ((), X.shape[1:], X.shape):
        raise ValueError(
            f"a baseline or filler must be a number, a picture or pictures as those of {X.shape}, but has shape {baseline.shape}"
        )
    return baseline
