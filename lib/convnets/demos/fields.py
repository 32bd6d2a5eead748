"""Pictures of pooling and of receptive fields: a pattern that is shifted, a calculator of fields, and where gradients come from."""

from __future__ import annotations

import numpy as np

from lib.book import validate
from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, INK, MUTED, ORANGE, canvas, key
from lib.convnets import fields
from lib.convnets.fields import Window

__all__ = ["a_pattern_shifted", "field_calculator", "gradient_maps_picture"]

# ---------------------------------------------------------------------------------------------- a pattern that is shifted
PATTERNS = {
    "stripes": np.tile([0.0, 0.0, 1.0, 1.0], 4),
    "one stroke": np.where(np.isin(np.arange(16), (6, 7, 8)), 1.0, 0.0),
    "one pixel": np.where(np.arange(16) == 6, 1.0, 0.0),
}


def _pairs(x: np.ndarray) -> np.ndarray:
    """The larger of each place and the next, the last and the first being neighbours."""
    return np.maximum(x, np.roll(x, -1))


def _blurred(x: np.ndarray) -> np.ndarray:
    return (np.roll(x, 1) + 2 * x + np.roll(x, -1)) / 4


POOLINGS = {
    "every second": lambda x: x[::2],
    "maximum": lambda x: _pairs(x)[::2],
    "mean": lambda x: ((x + np.roll(x, -1)) / 2)[::2],
    "maximum, blurred": lambda x: _blurred(_pairs(x))[::2],
}


@demo(
    pattern=choice(*PATTERNS, start="stripes", label="pattern"),
    way=choice(*POOLINGS, start="maximum", label="one of two"),
    shift=slider(0, 3, steps=4, start=0, label="shifted by", unit="pixels"),
)
def a_pattern_shifted(pattern: str, way: str, shift: int) -> Picture:
    """A row of 16 pixels that goes round, moved to the right, and the 8 numbers that one of four ways of pooling makes of it."""
    x = np.roll(PATTERNS[pattern], shift)
    y, still = POOLINGS[way](x), POOLINGS[way](PATTERNS[pattern])
    fig, axes = canvas(2, 1, width=6.2, height=3.9, layout=None, sharex=True, sharey=True)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.92, bottom=0.15, hspace=0.75)
    axes[0].bar(np.arange(16), x, color=MUTED, width=0.8)
    axes[1].bar(2 * np.arange(8) + 0.5, y, color=BLUE, width=1.6)
    for ax, title in zip(axes, ("the pixels", "what is kept"), strict=True):
        ax.set(xlim=(-0.6, 15.6), ylim=(0, 1.08), ylabel="value", title=title)
        ax.set_xticks(range(0, 16, 2))
    axes[1].set_xlabel("pixel")
    return Picture(
        fig,
        f"Shifted by {shift}, “{way}” makes {', '.join(say(v, 2) for v in y)}: their sum is {say(y.sum(), 3)}, unshifted {say(still.sum(), 3)}.",
    )


# ------------------------------------------------------------------------------------------------- a calculator of fields
STRIDES = {"nowhere": (), "first layer": (0,), "layers 1, 3 and 5": (0, 2, 4)}
SIDE = 150  # pixels to each side that are shown


def chain(layers: int, size: int, stride: str, dilation: int) -> list[Window]:
    """Return the calculator's layers: alike but for the stride of 2 in some."""
    return [Window(size, 2 if i in STRIDES[stride] else 1, 0, dilation) for i in range(layers)]


@demo(
    layers=slider(1, 6, steps=6, start=4, label="layers"),
    size=slider(2, 5, steps=4, start=3, label="kernel"),
    stride=choice(*STRIDES, start="nowhere", label="stride 2 in"),
    dilation=choice("1", "2", start="1", label="dilation"),
)
def field_calculator(layers: int, size: int, stride: str, dilation: str) -> Picture:
    """The receptive field of a unit by recurrence, and the gradient by each pixel where all weights are equal.

    layers : how many;  size : of each one's kernel;  stride : which layers have stride 2;  dilation : of all
    """
    net = chain(layers, size, stride, int(dilation))
    field, sigma = fields.receptive_field(net), fields.spread(net)
    n = field.size  # one unit, and all that it sees
    gradient = fields.influence(net, n)
    x = np.arange(n) - (n - 1) / 2
    fig, ax = canvas(width=6.2, height=3.9, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.96, bottom=0.34)
    ax.axvspan(-n / 2, n / 2, color=MUTED, alpha=0.25, linewidth=0)
    ax.bar(x, gradient / gradient.max(), width=1.0, color=BLUE)
    ax.hlines(-0.07, -2 * sigma, 2 * sigma, color=ORANGE, linewidth=5)
    half = 16 if n <= 31 else 60 if n <= 119 else SIDE
    ax.set(xlim=(-half, half), ylim=(-0.14, 1.05), xlabel="pixel, from the middle", ylabel="gradient (largest: 1)")
    key(fig, [(0.06, MUTED, "field by recurrence", "■"), (0.52, BLUE, "gradient by pixel", "■")], y=0.12)
    key(fig, [(0.06, ORANGE, "two standard deviations to each side", "■")], y=0.03)
    first, last = fields.extent(gradient)
    seen = int(np.count_nonzero(gradient))
    return Picture(
        fig,
        f"By recurrence the field is {field.size} pixels, and units are {field.jump} apart; the gradient reaches over {last - first + 1}, "
        f"of which {seen} count; two standard deviations to each side are {say(4 * sigma, 3)} pixels.",
    )


# ------------------------------------------------------------------------------------------------- where gradients come from
def gradient_maps_picture(maps: dict[str, np.ndarray], field: int) -> Picture:
    """Draw how strongly a middle unit hangs on each pixel, one map beside the other, with a frame around its receptive field.

    maps : name → (H, H), at least 0, all of one size;  field : pixels along one side
    """
    if not isinstance(maps, dict) or not maps:
        raise ValueError("maps must be a dict name → array with at least one entry")
    field = validate.whole(field, "field", low=1)
    arrays = {name: validate.array(value, name, 2) for name, value in maps.items()}
    fig, axes = canvas(1, len(arrays), width=6.4, height=6.4 / len(arrays) + 0.3, squeeze=False)
    for ax, (name, values) in zip(axes[0], arrays.items(), strict=True):
        H = len(values)
        ax.imshow(values / values.max(), cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
        low, high = max(H // 2 - field // 2, 0) - 0.5, min(H // 2 + field // 2, H - 1) + 0.5
        ax.plot([low, high, high, low, low], [low, low, high, high, low], color=ORANGE)
        ax.set(title=name, xticks=[], yticks=[])
        ax.title.set_color(INK)
        ax.grid(False)
    return Picture(
        fig, f"{' and '.join(arrays)}: the gradient of a middle unit by each pixel, bright where it is large."
    )
