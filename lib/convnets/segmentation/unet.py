"""The U-Net: its sizes and counts as published, and a small trained one in numpy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.convnets.convolution import conv2d
from lib.convnets.pooling import halved
from lib.losses.classification import sigmoid

MOST_LEVELS = 10
LAYERS = 13  # of the small network: 7 on the way down, 5 on the way up, one of 1 × 1
AT_A_TIME = 4  # canvases, so that a page's memory suffices


# ---------------------------------------------------------------------------------------------------------- as published
@dataclass(frozen=True)
class Sizes:
    """Sides in pixels along a U-Net with valid convolutions.

    skips : at each level, what is kept for the way up, full resolution first;  joined : what meets it there, enlarged from below;  crops : pixels
    cut from each side of a skip;  bottom : the smallest map;  out : the answer's side
    """

    skips: tuple[int, ...]
    bottom: int
    joined: tuple[int, ...]
    crops: tuple[int, ...]
    out: int


def valid_sizes(n: int, levels: int = 4) -> Sizes:
    """Return the sides along a U-Net whose 3 × 3 convolutions, two a level, have no padding, for a picture of n × n pixels.

    Raises ValueError where a map with an odd side would be pooled, or where nothing is left. Equation: eq-unet-size
    """
    n = validate.whole(n, "n", low=1, high=10**6)
    levels = validate.whole(levels, "levels", low=1, high=MOST_LEVELS)
    skips, side = [], n
    for _ in range(levels):
        skips.append(side - 4)
        if side <= 4 or (side - 4) % 2:
            raise ValueError(f"n = {n}: a map of {side - 4} pixels cannot be halved")
        side = (side - 4) // 2
    bottom = side - 4
    joined, side = [], bottom
    for _ in range(levels):
        joined.append(2 * side)
        side = 2 * side - 4
        if side < 1:
            raise ValueError(f"n = {n}: nothing is left after {levels} levels of convolutions")
    joined.reverse()
    crops = tuple((a - b) // 2 for a, b in zip(skips, joined, strict=True))
    return Sizes(tuple(skips), bottom, tuple(joined), crops, side)


def parameters(width: int = 64, levels: int = 4, inputs: int = 1, classes: int = 2) -> int:
    """Return how many numbers the published U-Net learns: 3 × 3 convolutions, 2 × 2 transposed ones, one of 1 × 1, each with free terms."""
    width, levels = (
        validate.whole(width, "width", low=1, high=10**4),
        validate.whole(levels, "levels", low=1, high=MOST_LEVELS),
    )
    inputs, classes = (
        validate.whole(v, name, low=1, high=10**4) for v, name in ((inputs, "inputs"), (classes, "classes"))
    )
    layer = lambda a, b, k: k * k * a * b + b
    total, before = 0, inputs
    for level in range(levels + 1):
        after = width << level
        total += layer(before, after, 3) + layer(after, after, 3)
        before = after
    for level in reversed(range(levels)):
        after = width << level
        total += (
            layer(2 * after, after, 2) + layer(2 * after, after, 3) + layer(after, after, 3)
        )  # up; joined; once more
    return total + layer(width, classes, 1)


# ------------------------------------------------------------------------------------------------- transposed convolution
def taps_at(n: int, k: int, stride: int) -> np.ndarray:
    """Return by how many taps each place of a transposed convolution is reached, in one dimension: ((n − 1) · stride + k,).

    n : places before;  k : taps of the kernel. Equation: eq-taps-at-a-place
    """
    n, k, stride = (validate.whole(v, name, low=1, high=10**4) for v, name in ((n, "n"), (k, "k"), (stride, "stride")))
    out = np.zeros((n - 1) * stride + k, dtype=int)
    for v in range(n):
        out[v * stride : v * stride + k] += 1
    return out


def enlarge(x: np.ndarray, times: int = 2) -> np.ndarray:
    """Return maps (…, H, W) with each pixel repeated `times` times along both sides."""
    x, times = validate.array(x, "x"), validate.whole(times, "times", low=1, high=64)
    if x.ndim < 2:
        raise ValueError(f"x must be maps (…, H, W), but has shape {x.shape}")
    return x.repeat(times, axis=-2).repeat(times, axis=-1)


# ------------------------------------------------------------------------------------------------------ the small network
class SmallUNet:
    """The trained network, in numpy: three levels, batch normalization folded in, maps enlarged by repeating pixels.

    weights : conv0.W (k, 1, 3, 3), conv0.b (k,) … conv11, then conv12.W (1, c, 1, 1), conv12.b (1,); with or without skips, as conv7's channels
    say. Raises ValueError where shapes do not fit.
    """

    def __init__(self, weights: Mapping[str, np.ndarray]):
        names = [f"conv{i}.{kind}" for i in range(LAYERS) for kind in "Wb"]
        if sorted(weights) != sorted(names):
            raise ValueError(f"weights must be {', '.join(names)}, but are {', '.join(sorted(weights))}")
        self.weights = {name: validate.array(weights[name], name) for name in names}
        outs = [len(self.weights[f"conv{i}.W"]) for i in range(LAYERS)]
        if self.weights["conv7.W"].ndim != 4:
            raise ValueError("conv7.W must have four axes")
        self.skips = self.weights["conv7.W"].shape[1] != outs[6]
        kept = {7: outs[4], 9: outs[2], 11: outs[0]} if self.skips else {}
        before = 1
        for i in range(LAYERS):
            W, b = self.weights[f"conv{i}.W"], self.weights[f"conv{i}.b"]
            k = 3 if i < LAYERS - 1 else 1
            if W.shape[1:] != (before + kept.get(i, 0), k, k) or b.shape != W.shape[:1]:
                raise ValueError(f"conv{i}.W has shape {W.shape} and conv{i}.b {b.shape}: they do not fit")
            before = outs[i]
        if before != 1:
            raise ValueError(f"the last convolution must have one channel, but has {before}")

    def __call__(self, images) -> np.ndarray:
        """Return each pixel's logit of "ink of a digit", (N, H, W), for images (N, 1, H, W) whose sides are multiples of 8."""
        x = validate.array(images, "images", 4)
        if x.shape[1] != 1 or not x.size or x.shape[2] % 8 or x.shape[3] % 8:
            raise ValueError(
                f"images must be (N, 1, H, W), with sides that are multiples of 8, but have shape {x.shape}"
            )
        return np.concatenate([self._pass(part) for part in np.array_split(x, -(-len(x) // AT_A_TIME))])

    def probabilities(self, images) -> np.ndarray:
        """Return each pixel's probability of being a digit's ink, (N, H, W)."""
        return sigmoid(self(images))

    def _layer(self, x: np.ndarray, i: int) -> np.ndarray:
        return np.maximum(conv2d(x, self.weights[f"conv{i}.W"], self.weights[f"conv{i}.b"], padding=1), 0)

    def _pass(self, x: np.ndarray) -> np.ndarray:
        kept = [self._layer(x, 0)]
        for first in (1, 3, 5):
            kept.append(self._layer(self._layer(halved(kept[-1]), first), first + 1))
        x = kept.pop()
        for layers in ((7, 8), (9, 10), (11,)):
            x, skip = enlarge(x), kept.pop()
            x = np.concatenate([x, skip], axis=1) if self.skips else x
            for i in layers:
                x = self._layer(x, i)
        return conv2d(x, self.weights["conv12.W"], self.weights["conv12.b"])[:, 0]
