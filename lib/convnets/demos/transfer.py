"""Pictures of augmentation and transfer: a photo and its box, a digit that is changed until it is misread, mixtures, and curves by labels."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.patches import Rectangle

from lib.book.demos import Picture, choice, demo, slider
from lib.book.figures import BLUE, GREEN, INK, ORANGE, PINK, SKY, canvas, key, name_curves
from lib.book.parameters import drawing, given
from lib.convnets import augmentation as au
from lib.convnets.demos.architectures import random_lenet
from lib.convnets.digits import CLASSES, SIDE, other_scanner, train_and_test
from lib.convnets.networks import LeNet
from lib.convnets.photos import photo

__all__ = [
    "box_on_a_photo",
    "changed_digit",
    "curves_by_labels",
    "label_maps_picture",
    "mixtures",
    "two_scanners_picture",
]

BELOW = 0.04  # where a key stands


def _bare(ax) -> None:
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(False)


# --------------------------------------------------------------------------------------------------- a photo with a box
@cache
def _flower() -> tuple[np.ndarray, np.ndarray]:
    """Return the photo of a flower, every 3 × 3 pixels averaged, (3, 70, 104), and its mask, (70, 104): a disc, marked by hand."""
    small = photo("flower")[:210, :312].reshape(70, 3, 104, 3, 3).mean(axis=(1, 3))
    y, x = np.mgrid[:70, :104] + 0.5
    mask = (x - 51) ** 2 + (y - 37) ** 2 <= 23**2
    return np.moveaxis(small, 2, 0), mask.astype(float)


EYE, STILL = np.eye(2), (0.0, 0.0)
MOVES = {  # how places go, with five strengths: in words, the map, the shift
    "turn": ((-30, -15, 15, 30, 40), lambda s: (f"turned by {s}°", au.turn(s), STILL)),
    "flip, then turn": (
        (0, 15, 30, 40, 90),
        lambda s: ("flipped" + f", then turned by {s}°" * (s > 0), au.turn(s) @ au.stretch(-1, 1), STILL),
    ),
    "enlarge": ((0.5, 0.75, 1.25, 1.5, 2.0), lambda s: (f"{s:g} times as large", au.stretch(s), STILL)),
    "slant": ((-0.4, -0.2, 0.2, 0.4, 0.6), lambda s: (f"slanted by {s:g}", au.slant(s), STILL)),
    "move": ((-24, -12, 12, 24, 36), lambda s: (f"moved by {s} pixels", EYE, (float(s), 0.0))),
}
COLOURS = {
    "brightness": ((0.4, 0.7, 1.3, 1.6, 2.0), au.brightness),
    "contrast": ((0.2, 0.5, 1.5, 2.0, 3.0), au.contrast),
    "saturation": ((0.0, 0.5, 1.5, 2.0, 3.0), au.saturation),
    "erase": ((8, 14, 20, 26, 32), lambda image, side: au.erase(image, 51 - side // 2, 37 - side // 2, side, 0.5)),
}


def _outline(ax, box, colour, dashes="-") -> None:
    x0, y0, x1, y1 = box
    ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, linewidth=2.5, linestyle=dashes))


@demo(
    kind=choice(*MOVES, *COLOURS, start="turn", label="augmentation"),
    strength=slider(1, 5, steps=5, start=5, label="strength", digits=1),
)
def box_on_a_photo(kind: str, strength: float) -> Picture:
    """A photo of a flower under one augmentation, with the upright box around its moved box, and the box around its moved mask.

    kind : which augmentation;  strength : 1 to 5
    """
    image, mask = _flower()
    box, at = au.box_of(mask), round(strength) - 1
    if kind in MOVES:
        values, of = MOVES[kind]
        words, A, t = of(values[at])
        image = au.warp(image, A, t)
        hull, tight = au.warp_boxes([box], A, t, mask.shape)[0], au.box_of(au.warp(mask, A, t, "nearest"))
    else:
        values, change = COLOURS[kind]
        image, hull, tight = change(image, values[at]), box, box
        words = (
            f"with a square of {values[at]} pixels erased" if kind == "erase" else f"with {kind} times {values[at]:g}"
        )
    fig, ax = canvas(width=6.4, height=4.7, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.1)
    ax.imshow(np.round(np.moveaxis(image, 0, 2) * 15) / 15, extent=(0, 104, 70, 0), interpolation="nearest")
    _outline(ax, hull, ORANGE)
    _outline(ax, tight, BLUE, "--")
    ax.set(xlim=(0, 104), ylim=(70, 0), aspect="equal")
    _bare(ax)
    key(fig, [(0.06, ORANGE, "around the moved box", "■"), (0.54, BLUE, "around the moved mask", "■")], BELOW)
    (w, h), (v, g) = ((b[2] - b[0], b[3] - b[1]) for b in (hull, tight))
    return Picture(
        fig,
        f"The flower {words}: the box around its moved box has {w:.1f} × {h:.1f} pixels, the one around its moved mask {v:.0f} × {g:.0f}.",
    )


# --------------------------------------------------------------------------------------------------------- label maps
def label_maps_picture(classes: np.ndarray, linear: np.ndarray, nearest: np.ndarray) -> Picture:
    """A label map (H, W), and what two ways of turning it give; classes that it does not have stand out."""
    own = [k for k in np.unique(classes) if k]
    fig, axes = canvas(1, 3, width=6.6, height=2.75, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.88, bottom=0.13, wspace=0.06)
    for ax, labels, title in zip(
        axes, (classes, linear, nearest), ("label map", "turned, linear", "turned, nearest"), strict=True
    ):
        out = np.full((*labels.shape, 3), 0.97)
        out[~np.isin(labels, classes)] = to_rgb(ORANGE)
        for k, colour in zip(own, (BLUE, GREEN, SKY, PINK), strict=False):
            out[labels == k] = to_rgb(colour)
        ax.imshow(out, interpolation="nearest")
        ax.set_title(title, fontsize=12)
        _bare(ax)
    names = [(f"the digit {k - 1}", colour) for k, colour in zip(own, (BLUE, GREEN, SKY, PINK), strict=False)]
    places = np.linspace(0.02, 0.62, len(names) + 1)
    key(
        fig,
        [(x, c, name, "■") for x, (name, c) in zip(places, [*names, ("no class of the map", ORANGE)], strict=True)],
        BELOW,
    )
    return Picture(
        fig, "A label map of digits, turned in two ways. Mixed labels line the digits with classes that no digit has."
    )


# ---------------------------------------------------------------------------------------------------------- a digit
CHANGES = {
    "turn": ((10, 20, 40, 60, 90, 180), lambda s: (f"turned by {s}°", au.turn(s), STILL)),
    "flip, then turn": (
        (0, 10, 20, 40, 90, 180),
        lambda s: ("flipped" + f", then turned by {s}°" * (s > 0), au.turn(s) @ au.stretch(-1, 1), STILL),
    ),
    "move": ((1, 2, 3, 4, 6, 8), lambda s: (f"moved by {s} pixels", EYE, (float(s), 0.0))),
    "slant": ((0.2, 0.4, 0.6, 0.8, 1.0, 1.2), lambda s: (f"slanted by {s:g}", au.slant(s), STILL)),
    "enlarge": ((0.4, 0.55, 0.7, 0.85, 1.2, 1.4), lambda s: (f"{s:g} times as large", au.stretch(s), STILL)),
}


def _example(k: int, number: int = 0):
    return lambda: train_and_test()[1].only([k]).images[number] / 255


def _sample_of_nets() -> dict[str, np.ndarray]:
    return dict(random_lenet().weights)


@demo(
    found=given("augmented_digits", sample=_sample_of_nets),
    digit=drawing(
        examples={
            f"a {word}": _example(k) for word, k in (("two", 2), ("three", 3), ("six", 6), ("seven", 7), ("nine", 9))
        },
        start="a six",
        shape=(SIDE, SIDE),
        label="digit",
    ),
    kind=choice(*CHANGES, start="turn", label="change"),
    strength=slider(1, 6, steps=6, start=6, label="strength", digits=1),
)
def changed_digit(found, digit: np.ndarray, kind: str, strength: float) -> Picture:
    """A digit under a change, and what a LeNet reads in it that has learned from digits moved by up to two pixels.

    found : its weights by name;  digit : (28, 28), from 0 (paper) to 1 (ink);  kind : which change;  strength : 1 to 6
    """
    model = LeNet(found)
    values, of = CHANGES[kind]
    words, A, t = of(values[round(strength) - 1])
    changed = au.warp(digit, A, t)
    before, after = (model.read(image[None]).probabilities[0] for image in (digit, changed))
    fig, axes = canvas(1, 4, width=6.6, height=2.9, layout=None, gridspec_kw={"width_ratios": [1, 1, 0.5, 1.5]})
    fig.subplots_adjust(left=0.02, right=0.98, top=0.88, bottom=0.21, wspace=0.05)
    for ax, image, title in zip(axes, (digit, changed), ("before", "after"), strict=False):
        ax.imshow(np.round(image * 15) / 15, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
        ax.set_title(title, fontsize=12)
        _bare(ax)
    axes[2].set_visible(False)  # room for the name of the next axis
    best = int(after.argmax())
    axes[3].bar(range(CLASSES), after, color=[ORANGE if k == best else BLUE for k in range(CLASSES)], width=0.75)
    axes[3].set(ylim=(0, 1.02), ylabel="probability", xlabel="read after", xticks=range(CLASSES))
    first = int(before.argmax())
    return Picture(
        fig,
        f"Read as {first} before, with probability {before[first]:.2f}. The digit {words}: read as {best}, with probability {after[best]:.2f}.",
    )


# ----------------------------------------------------------------------------------------------------------- mixtures
PAIRS = {"3 and 8": (3, 8), "0 and 7": (0, 7), "4 and 1": (4, 1)}


@demo(
    pair=choice(*PAIRS, label="digits"),
    way=choice("mixup", "cutmix", label="mixed by"),
    share=slider(0, 1, steps=9, start=0.75, label="share of the first", digits=3),
)
def mixtures(pair: str, way: str, share: float) -> Picture:
    """Two digits mixed by mixup or cutmix, and the label that the mixture is taught with.

    pair : which digits;  way : how;  share : of the first one. A window has whole pixels, so that its share is the nearest there is
    """
    a, b = PAIRS[pair]
    X = np.stack([_example(a, 1)(), _example(b, 1)()])
    Y = np.eye(CLASSES)[[a, b]]
    if way == "mixup":
        images, labels = au.mixup(X, Y, [1, 0], [share, share])
        first = share * X[0].sum()
    else:
        side = round(SIDE * np.sqrt(1 - share))
        low = (SIDE - side) // 2
        images, labels = au.cutmix(X, Y, [1, 0], [[low, low, low + side, low + side]] * 2)
        first = X[0].sum() - X[0, low : low + side, low : low + side].sum()
    fig, axes = canvas(1, 2, width=6.4, height=3.1, layout=None, gridspec_kw={"width_ratios": [1, 1.5]})
    fig.subplots_adjust(left=0.02, right=0.98, top=0.96, bottom=0.2, wspace=0.25)
    axes[0].imshow(np.round(images[0] * 15) / 15, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
    _bare(axes[0])
    axes[1].bar(range(CLASSES), labels[0], color=GREEN, width=0.75)
    axes[1].set(ylim=(0, 1.02), ylabel="probability in the label", xlabel="digit", xticks=range(CLASSES))
    ink = 100 * first / images[0].sum()
    return Picture(
        fig,
        f"{a} and {b} by {way}: the label gives the {a} a probability of {labels[0, a]:.3f}, the {b} one of {labels[0, b]:.3f}. Of the ink {ink:.0f} % is "
        f"from the {a}.",
    )


# -------------------------------------------------------------------------------------------------------- two scanners
def two_scanners_picture(count: int = 8) -> Picture:
    """The digits of MNIST above, those of the other scanner below."""
    fig, axes = canvas(2, count, width=6.6, height=2.0)
    sources = train_and_test()[0], other_scanner()[0]
    for row, source in zip(axes, sources, strict=True):
        for k, ax in enumerate(row):
            ax.imshow(source.only([k]).images[0] / 255, cmap="cividis", vmin=0, vmax=1, interpolation="nearest")
            _bare(ax)
    return Picture(
        fig, f"The digits 0 to {count - 1}, above from MNIST and below from the other source: coarser, and upright."
    )


# ------------------------------------------------------------------------------------------------------ curves by labels
LABELS = (1, 5, 20)
METHODS = {
    "frozen": (BLUE, "frozen"),
    "tuned": (ORANGE, "fine-tuned"),
    "new_end": (GREEN, "new end"),
    "scratch": (INK, "from scratch"),
}
TASKS = {"another scanner": "scanner", "5 to 9, after 0 to 4": "rest"}


def _sample_of_curves() -> dict[str, np.ndarray]:
    rise = np.array([0.5, 0.8, 0.9])[:, None] + np.linspace(0, 0.06, 4)
    return {
        f"{task}_{method}": rise - 0.05 * k
        for task in TASKS.values()
        for k, method in enumerate(METHODS)
        if (task, method) != ("rest", "tuned")
    }


@demo(found=given("by_labels", sample=_sample_of_curves), task=choice(*TASKS, label="new digits"))
def curves_by_labels(found, task: str) -> Picture:
    """Accuracy on new digits by the number of labels, each way of learning, each draw as a dot and their means as a line.

    found : "scanner_frozen" …, "rest_scratch", each (labels, draws);  task : which new digits
    """
    fig, ax = canvas(width=6.4, height=4.0, layout=None)
    fig.subplots_adjust(left=0.12, right=0.77, top=0.97, bottom=0.16)
    means = {}
    shown = {m: v for m, v in METHODS.items() if f"{TASKS[task]}_{m}" in found}
    for k, (method, (colour, name)) in enumerate(shown.items()):
        right = 100 * found[f"{TASKS[task]}_{method}"]
        places = np.arange(len(LABELS)) + 0.09 * (k - (len(shown) - 1) / 2)
        for draw in right.T:
            ax.plot(places, draw, "o", color=colour, markersize=4, alpha=0.6)
        means[name] = right.mean(axis=1)
        ax.plot(places, means[name], "-", color=colour)
        ax.plot(
            [2.2], means[name][-1:], "", color=colour, label=name
        )  # nothing but a place for the name, right of all dots
    ax.set(xlim=(-0.3, 2.25), ylim=(35, 101), xlabel="labels a class", ylabel="read rightly, %")
    ax.set_xticks(range(len(LABELS)), LABELS)
    name_curves(ax)
    one, many = ({n: m[at] for n, m in means.items()} for at in (0, -1))
    best = max(one, key=one.get)
    return Picture(
        fig,
        f"{task[0].upper()}{task[1:]}: with one label a class, {best} reads {one[best]:.0f} %, from scratch {one['from scratch']:.0f} %; with {LABELS[-1]} it is "
        f"{many[best]:.0f} and {many['from scratch']:.0f} %.",
    )
