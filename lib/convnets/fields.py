"""The receptive field: which pixels a unit of a network can see, by recurrence and by gradient, and how much each counts.

All along one axis: windows are square, and what holds for columns holds for rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.convnets.convolution import output_size


@dataclass(frozen=True)
class Window:
    """What a layer of convolution or pooling looks at: `size` places, `dilation` apart, one window every `stride` places.

    padding : places added before the first
    """

    size: int
    stride: int = 1
    padding: int = 0
    dilation: int = 1

    def __post_init__(self):
        for name in ("size", "stride", "dilation"):
            validate.whole(getattr(self, name), name, low=1, high=10**6)
        validate.whole(self.padding, "padding", low=0, high=10**6)

    @property
    def reach(self) -> int:
        """How many places lie from its first to its last: (size − 1) · dilation + 1."""
        return (self.size - 1) * self.dilation + 1


@dataclass(frozen=True)
class Field:
    """Unit i of a layer sees the pixels from start + i · jump on, `size` of them (some in the padding)."""

    size: int
    jump: int
    start: int

    def of(self, i: int) -> tuple[int, int]:
        """Return the first pixel that unit `i` sees, and the last."""
        i = validate.whole(i, "i", low=0, high=10**9)
        return self.start + i * self.jump, self.start + i * self.jump + self.size - 1


PIXELS = Field(1, 1, 0)  # a pixel sees itself


def after(field: Field, window: Window) -> Field:
    """Return the field behind one more layer. Equation: eq-field-recurrence"""
    validate.instance(field, Field, "field")
    validate.instance(window, Window, "window")
    size = field.size + (window.reach - 1) * field.jump
    start = field.start - window.padding * field.jump
    return Field(size, field.jump * window.stride, start)


def receptive_field(layers: Sequence, before: Field = PIXELS) -> Field:
    """Return the field of a unit behind the layers.

    layers : each a `Window`, or a list of branches that meet again, each of them a sequence of layers (an empty one passes on what comes);
    before : the field of what the first layer reads. Raises ValueError where branches that meet have different jumps.
    Equation: eq-field-recurrence, eq-field-of-branches
    """
    field = before
    for layer in _layers(layers):
        field = after(field, layer) if isinstance(layer, Window) else merged([receptive_field(b, field) for b in layer])
    return field


def merged(fields: Sequence[Field]) -> Field:
    """Return the field of a unit that reads the same place of several branches: from the first pixel of any to the last."""
    if not isinstance(fields, (list, tuple)) or not fields:
        raise ValueError(f"fields must be a list with at least one field, but is {fields!r}")
    for field in fields:
        validate.instance(field, Field, "field")
    jumps = sorted({field.jump for field in fields})
    if len(jumps) > 1:
        raise ValueError(f"branches that meet must have one jump, but these have {jumps}")
    start = min(field.start for field in fields)
    return Field(max(field.start + field.size for field in fields) - start, jumps[0], start)


def sizes(layers: Sequence, n: int) -> list[int]:
    """Return how many places there are before the first layer and behind each: n, …"""
    out = [validate.whole(n, "n", low=1, high=10**6)]
    for layer in _layers(layers):
        if isinstance(layer, Window):
            out.append(output_size(out[-1], layer.size, layer.stride, layer.padding, layer.dilation))
        else:
            ends = {sizes(branch, out[-1])[-1] for branch in layer}
            if len(ends) > 1:
                raise ValueError(f"branches that meet must have one length, but these have {sorted(ends)}")
            out.append(ends.pop())
    return out


def influence(layers: Sequence, n: int, unit: int | None = None) -> np.ndarray:
    """Return the gradient of one unit behind the layers by each of n pixels, (n,), where all weights are 1 over their window's size.

    unit : which one, the middle unless given. What enters through the padding is lost. An entry counts the paths from the pixel to the unit.
    Of several branches, each counts the same. Equation: eq-path-counts
    """
    lengths = sizes(layers, n)
    unit = lengths[-1] // 2 if unit is None else validate.whole(unit, "unit", low=0, high=lengths[-1] - 1)
    gradient = np.zeros(lengths[-1])
    gradient[unit] = 1.0
    return _back(layers, n, gradient)


def spread(layers: Sequence[Window]) -> float:
    """Return the standard deviation, in pixels, of where a unit's influence comes from, all weights being equal.

    layers : a chain of windows. Equation: eq-spread. Source: Luo et al. (2016)
    """
    total, jump = 0.0, 1
    for window in _layers(layers):
        if not isinstance(window, Window):
            raise ValueError("spread is of a chain: branches have several")
        total += (window.size**2 - 1) / 12 * (window.dilation * jump) ** 2
        jump *= window.stride
    return float(np.sqrt(total))


def extent(gradient, share: float = 0.0) -> tuple[int, int]:
    """Return (first, last) of the entries (n,) that are larger in size than `share` of the largest. Raises ValueError where all are 0."""
    gradient = np.abs(validate.vector(gradient, "gradient"))
    share = validate.number(share, "share", low=0, high=1)
    seen = np.flatnonzero(gradient > share * gradient.max())
    if not len(seen):
        raise ValueError("no entry of the gradient is larger than that")
    return int(seen[0]), int(seen[-1])


def _layers(layers) -> Sequence:
    if not isinstance(layers, (list, tuple)):
        raise TypeError(f"layers must be a list of windows and of branches, but is {type(layers).__name__}")
    for layer in layers:
        if not isinstance(layer, (Window, list, tuple)):
            raise TypeError(f"a layer must be a Window, or a list of branches, but is {type(layer).__name__}")
        if not isinstance(layer, Window) and not len(layer):
            raise ValueError("there must be at least one branch")
    return layers


def _back(layers: Sequence, n: int, gradient: np.ndarray) -> np.ndarray:
    lengths = sizes(layers, n)
    for layer, length in zip(reversed(layers), reversed(lengths[:-1]), strict=True):
        if isinstance(layer, Window):
            room = np.zeros(length + 2 * layer.padding)
            for tap in range(layer.size):
                begin = tap * layer.dilation
                room[begin : begin + len(gradient) * layer.stride : layer.stride][: len(gradient)] += gradient
            gradient = room[layer.padding : layer.padding + length] / layer.size
        else:
            gradient = sum(_back(branch, length, gradient) for branch in layer) / len(layer)
    return gradient


def random_gradient(layers: Sequence[Window], n: int, channels: int, rng: np.random.Generator, relu: bool = True):
    """Return the squared gradient (n,) of a middle unit by each of n pixels, in a network of random weights that reads random numbers.

    layers : a chain of windows, along one axis;  channels : of every layer, the input too, over which squares are added. The weights are
    normal with mean 0 and variance 1 / (channels · size), twice that with `relu`, so that gradients keep their size.
    """
    lengths, rng = sizes(layers, n), validate.generator(rng)
    channels = validate.whole(channels, "channels", low=1, high=1024)
    validate.instance(relu, bool, "relu")
    x, kept = rng.normal(size=(channels, n)), []
    for window, length in zip(layers, lengths[1:], strict=True):
        if not isinstance(window, Window):
            raise ValueError("random_gradient is of a chain: there must be no branches")
        W = rng.normal(size=(channels, channels, window.size)) * np.sqrt((1 + relu) / (channels * window.size))
        at = np.arange(length) * window.stride + np.arange(window.size)[:, None] * window.dilation  # (size, length)
        padded = np.pad(x, ((0, 0), (window.padding, window.padding)))
        x = np.einsum("oct,ctn->on", W, padded[:, at])
        kept.append((W, at, padded.shape[1], window.padding, x > 0))
        x = np.maximum(x, 0) if relu else x
    g = np.zeros_like(x)
    g[:, lengths[-1] // 2] = rng.choice([-1.0, 1.0], size=channels) / np.sqrt(channels)
    for W, at, room, padding, positive in reversed(kept):
        g = g * positive if relu else g
        wide = np.zeros((channels, room))
        for tap, places in enumerate(at):
            wide[:, places] += W[:, :, tap].T @ g
        g = wide[:, padding : room - padding]
    return (g * g).sum(axis=0)
