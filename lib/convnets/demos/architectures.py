"""Pictures of whole networks: what each layer costs and sees, and what a LeNet makes of a drawn digit."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, refusal, slider
from lib.book.figures import BLUE, MUTED, ORANGE, canvas
from lib.book.parameters import drawing, given
from lib.convnets import architectures
from lib.convnets.digits import CLASSES, SIDE, train_and_test
from lib.convnets.networks import SHAPES, LeNet, centred

__all__ = ["block_by_block", "reads_a_digit"]

# ---------------------------------------------------------------------------------------------------- block by block
CHOSEN = ("LeNet-5", "AlexNet", "VGG-16", "GoogLeNet", "ResNet-18", "ResNet-50")
MOST = max(len(architectures.NETWORKS[name][0]) for name in CHOSEN)


@cache
def _counted(name: str) -> list:
    return architectures.steps_of(*architectures.NETWORKS[name])


def _shape_in_words(shape) -> str:
    return " × ".join(f"{n:,}" for n in shape) if shape[1:] != (1, 1) else f"{shape[0]:,} numbers"


@demo(
    name=choice(*CHOSEN, start="AlexNet", label="network"),
    step=slider(1, MOST, steps=MOST, start=3, label="block"),
)
def block_by_block(name: str, step: int) -> Picture:
    """The parameters and multiplications of each block of a network, and one of them in words.

    step : which block is marked; of a shorter network the last
    """
    net, shape = architectures.NETWORKS[name]
    counts = _counted(name)
    at = min(step, len(net)) - 1
    fig, axes = canvas(3, 1, width=6.2, height=5.2, layout=None, sharex=True)
    fig.subplots_adjust(left=0.16, right=0.97, top=0.94, bottom=0.12, hspace=0.5)
    places = np.arange(1, len(net) + 1)
    side = shape[1]
    rows = (
        ("parameters (% of all)", [c.parameters for c in counts], True),
        ("multiplications (% of all)", [c.multiplications for c in counts], True),
        (f"field (pixels; the picture has {side})", [side if c.field is None else c.field.size for c in counts], False),
    )
    for ax, (title, numbers, shared) in zip(axes, rows, strict=True):
        heights = 100 * np.array(numbers) / sum(numbers) if shared else np.minimum(numbers, side)
        colours = [ORANGE if i == at else BLUE for i in range(len(net))]
        ax.bar(places, heights, color=colours, width=0.75)
        ax.set(title=title, xlim=(0.4, MOST + 0.6), ylim=(0, 105 if shared else 1.05 * side))
        ax.set_ylabel("%" if shared else "pixels")
    axes[2].axhline(side, color=MUTED, linewidth=1)
    axes[2].set_xlabel("block")
    axes[2].set_xticks([1, 5, 10, 15, 20])
    before, now = (counts[at - 1].shape if at else shape), counts[at]
    sees = "it sees the whole picture" if now.field is None else f"a unit sees {now.field.size} pixels"
    return Picture(
        fig,
        f"{name}, block {at + 1} of {len(net)}, {net[at]}: {_shape_in_words(before)} → {_shape_in_words(now.shape)}; "
        f"{now.parameters:,} parameters, {now.multiplications:,} multiplications; {sees}.",
    )


# ------------------------------------------------------------------------------------------------------ reads a digit
@cache
def random_lenet() -> LeNet:
    """Return a LeNet that has learned nothing."""
    rng = np.random.default_rng(0)
    weights = {}
    for name, shape in SHAPES.items():
        weights[f"{name}.W"] = rng.normal(size=shape) / np.sqrt(np.prod(shape[1:]) if len(shape) == 4 else shape[0])
        weights[f"{name}.b"] = np.zeros(shape[0] if len(shape) == 4 else shape[1])
    return LeNet(weights)


def _example(k: int, number: int = 0):
    """Return a function that gives the test's `number`-th picture of digit k."""
    return lambda: train_and_test()[1].only([k]).images[number] / 255


def _line() -> np.ndarray:
    ink = np.zeros((SIDE, SIDE))
    ink[3:25, 22:24] = 1  # upright, far to the right
    return ink


def _cross() -> np.ndarray:
    ink = np.zeros((SIDE, SIDE))
    ink[np.arange(5, 23), np.arange(5, 23)] = ink[np.arange(5, 23), np.arange(22, 4, -1)] = 1
    ink[np.arange(5, 22) + 1, np.arange(5, 22)] = ink[np.arange(5, 22) + 1, np.arange(22, 5, -1)] = 1
    return ink


@demo(
    model=given("lenet", sample=random_lenet, of=LeNet),
    digit=drawing(
        examples={
            "a two": _example(2),
            "a three": _example(3),
            "a four": _example(4),
            "a seven": _example(7),
            "an eight": _example(8),
            "a nine": _example(9, 3),
            "a line at the edge": _line(),
            "a cross": _cross(),
            "nothing": np.zeros((SIDE, SIDE)),
        },
        start="a three",
        shape=(SIDE, SIDE),
        label="digit",
    ),
)
def reads_a_digit(model: LeNet, digit: np.ndarray) -> Picture:
    """What a LeNet makes of a drawing: the maps of both convolutions, and the probability of each digit.

    digit : (28, 28), from 0 (paper) to 1 (ink); it is scaled and centred as MNIST's digits are before it is read
    """
    ink = centred(digit)
    if not ink.any():
        return refusal("There is no ink. Draw a digit, large, with one stroke after the other.")
    seen = model.read(ink[None])
    p = seen.probabilities[0]
    fig, _ = canvas(width=6.4, height=6.0, layout=None)
    fig.clear()

    def show(values, left, bottom, size, top):
        ax = fig.add_axes((left, bottom, size, size * 6.4 / 6.0))
        ax.imshow(values, cmap="cividis", vmin=0, vmax=top or 1.0, interpolation="nearest")
        ax.axis("off")

    show(ink, 0.03, 0.69, 0.24, 1)
    for i, values in enumerate(seen.maps1[0]):
        show(values, 0.03 + 0.16 * i, 0.45, 0.145, seen.maps1.max())
    for i, values in enumerate(seen.maps2[0]):
        show(values, 0.03 + 0.119 * (i % 8), 0.23 - 0.135 * (i // 8), 0.107, seen.maps2.max())
    for x, y, words in (
        (0.03, 0.955, "what it reads"),
        (0.03, 0.62, "first convolution: 6 maps of 24 × 24"),
        (0.03, 0.36, "second convolution: 16 maps of 8 × 8"),
    ):
        fig.text(x, y, words, fontsize=12)
    ax = fig.add_axes((0.45, 0.76, 0.52, 0.19))
    best = int(p.argmax())
    ax.bar(range(CLASSES), p, color=[ORANGE if k == best else BLUE for k in range(CLASSES)], width=0.75)
    ax.set(ylim=(0, 1.02), ylabel="probability", xlabel="digit")
    ax.set_xticks(range(CLASSES))
    second = int(np.argsort(p)[-2])
    return Picture(
        fig,
        f"The network says {best}, with probability {p[best]:.2f}; next comes {second}, with {p[second]:.2f}.",
    )
