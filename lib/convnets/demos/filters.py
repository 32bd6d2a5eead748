"""Pictures of what a network looks at: its filters and maps, explanations of an answer, pictures it likes, and digits that are moved."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Rectangle

from lib.book.demos import Picture, choice, demo, refusal, slider
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, canvas, key, name_curves, show_ink
from lib.book.parameters import drawing, given
from lib.convnets.digits import CLASSES, SIDE, train_and_test
from lib.convnets.networks import LeNet, centred
from lib.convnets.seeing import attribution
from lib.convnets.seeing.ascent import ascend
from lib.convnets.seeing.shifts import KINDS, Lenets, moved, random_lenets

__all__ = [
    "adversaries_picture",
    "covered",
    "filters_picture",
    "grown",
    "looks_at",
    "maps_picture",
    "moved_by",
    "moves_picture",
]

SIGNED = LinearSegmentedColormap.from_list("signed", [ORANGE, "#f6f6f6", BLUE], N=31)
NAMES = {"plain": "plain", "blurred": "with blur", "plain_moved": "with moves", "blurred_moved": "with both"}
COLOURS = dict(zip(NAMES, (MUTED, ORANGE, BLUE, GREEN), strict=True))
MODEL = given("looking", sample=random_lenets, of=Lenets)


def _show(ax, image, top: float = 1.0) -> None:
    """Draw ink dark on light paper, in either mode."""
    show_ink(ax, image / top)
    ax.set_axis_off()


def _show_signed(ax, values, top: float | None = None) -> None:
    """Draw numbers above 0 blue and below 0 orange."""
    top = top or max(float(np.abs(values).max()), 1e-12)
    ax.imshow(values, cmap=SIGNED, vmin=-top, vmax=top)
    ax.set_axis_off()


def _signs(fig, above: str, below: str, y: float = 0.03) -> None:
    key(fig, [(0.05, BLUE, above, "■"), (0.53, ORANGE, below, "■")], y)


def _digit(k: int, number: int = 0) -> np.ndarray:
    """Return the test's `number`-th picture of digit k."""
    return train_and_test()[1].only([k]).images[number] / 255


# ------------------------------------------------------------------------------------------------- pictures of the page
def filters_picture(lenets: Lenets) -> Picture:
    """The six first filters of two networks, before training and after it."""
    fig, axes = canvas(4, 6, width=6.4, height=4.7, layout=None)
    fig.subplots_adjust(left=0.27, right=0.98, top=0.99, bottom=0.1, wspace=0.1, hspace=0.12)
    for s in range(2):
        after = lenets["plain_moved"][s].weights["conv1.W"][:, 0]
        for row, (filters, name) in enumerate(((lenets.start[s][:, 0], "at first"), (after, "trained"))):
            for ax, values in zip(axes[2 * s + row], filters, strict=True):
                _show_signed(ax, values)
            fig.text(0.01, axes[2 * s + row, 0].get_position().y0 + 0.09, f"seed {s}, {name}", fontsize=12)
    _signs(fig, "weight above 0", "below 0")
    return Picture(fig, "Six filters of 5 × 5 weights of two networks, each before training and after it.")


def maps_picture(net: LeNet, image) -> Picture:
    """A digit, the six first filters, and what each makes of the digit."""
    maps = net.read(np.asarray(image)[None]).maps1[0]
    fig, axes = canvas(2, 7, width=6.6, height=2.3, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01, wspace=0.06, hspace=0.06)
    _show(axes[0, 0], image)
    axes[1, 0].set_axis_off()
    for i, values in enumerate(maps, 1):
        _show_signed(axes[0, i], net.weights["conv1.W"][i - 1, 0])
        _show(axes[1, i], values, maps.max())
    return Picture(fig, "A digit; the six filters of the first layer, and below each the map of where it answers.")


def adversaries_picture(net: LeNet, images, label: int, sizes) -> Picture:
    """One digit after steps of several sizes, each with what the network says.

    images : one for each of `sizes`, (sizes, 28, 28)
    """
    said = net.read(images).probabilities
    fig, axes = canvas(1, len(images), width=6.6, height=2.1, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.8, bottom=0.02, wspace=0.06)
    for ax, image, eps, p in zip(axes, images, sizes, said, strict=True):
        _show(ax, image)
        ax.set_title(f"ε = {eps:g}: {p.argmax()}", fontsize=12, color=ORANGE if p.argmax() != label else INK)
    return Picture(fig, f"A {label} after steps of {len(sizes)} sizes, and what the network says of each.")


def moves_picture(lenets: Lenets) -> Picture:
    """How many digits four kinds of networks read rightly when they are moved; a line a seed."""
    fig, ax = canvas(width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.13, right=0.7, top=0.96, bottom=0.17)
    for kind, name in NAMES.items():
        for s, line in enumerate(lenets.right[kind]):
            ax.plot(100 * line, "o-", color=COLOURS[kind], markersize=3, label=name if s == 0 else None)
    ax.set(xlim=(-0.1, 4.1), ylim=(0, 100), xlabel="moved by (pixels)", ylabel="read rightly (%)", xticks=range(5))
    name_curves(ax)
    return Picture(fig, "Digits read rightly after moves of 0 to 4 pixels, by networks of four kinds, a line a seed.")


# ------------------------------------------------------------------------------------------------------ what it looks at
METHODS = {
    "slopes": attribution.slopes,
    "guided slopes": lambda net, X, y: attribution.slopes(net, X, y, guided=True),
    "slopes × ink": attribution.slopes_times_input,
    "integrated": lambda net, X, y: attribution.integrated_gradients(net, X, y, steps=8),
    "covering 4 × 4": lambda net, X, y: attribution.occlusion(net, X[0], int(y[0]), 4, 2)[None],
}


@lru_cache(maxsize=2)
def _nets(model: Lenets) -> dict[str, LeNet]:
    trained = model["plain_moved"][0]
    return {
        "trained": trained,
        "shuffled": attribution.shuffled(trained, attribution.LAYERS, np.random.default_rng(0)),
    }


@demo(
    model=MODEL,
    digit=drawing(
        examples={
            "a seven": lambda: _digit(7),
            "a four": lambda: _digit(4),
            "a three": lambda: _digit(3),
            "nothing": np.zeros((SIDE, SIDE)),
        },
        shape=(SIDE, SIDE),
        label="digit",
    ),
    method=choice(*METHODS, label="map"),
    weights=choice("trained", "shuffled", label="weights"),
)
def looks_at(model: Lenets, digit: np.ndarray, method: str, weights: str) -> Picture:
    """A map of which pixels speak for the class that the trained network gives, made with its weights, or with them shuffled.

    digit : (28, 28), from 0 (paper) to 1 (ink); it is scaled and centred as MNIST's digits are before it is read
    """
    ink = centred(digit)
    if not ink.any():
        return refusal("There is no ink. Draw a digit, large, with one stroke after the other.")
    nets, X = _nets(model), ink[None]
    p = nets["trained"].read(X).probabilities[0]
    best = int(p.argmax())
    values = METHODS[method](nets[weights], X, [best])[0]
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.12, wspace=0.05)
    _show(left, ink)
    _show_signed(right, values)
    _signs(fig, f"for {best}", f"against {best}")
    size = np.abs(values)
    share = size[ink > 0].sum() / max(float(size.sum()), 1e-12)
    return Picture(
        fig,
        f"The network says {best}, with probability {p[best]:.2f}. Of this map, {weights} weights, {100 * share:.0f} % lies on ink.",
    )


# ------------------------------------------------------------------------------------------------------------- covering
FILLERS = {"paper": 0.0, "grey": 0.5, "ink": 1.0}


@demo(
    model=MODEL,
    digit=choice(7, 4, label="digit"),
    size=choice(1, 2, 4, 8, start=4, label="patch (pixels a side)"),
    filler=choice(*FILLERS, label="covered with"),
)
def covered(model: Lenets, digit: int, size: int, filler: str) -> Picture:
    """By how much the score of a digit falls where a patch covers it.

    size : of the patch;  filler : what covers it
    """
    net, image = model["plain_moved"][0], _digit(digit)
    falls = attribution.occlusion(net, image, digit, size, max(1, size // 2), FILLERS[filler])
    shown = image.copy()
    shown[12 : 12 + size, 12 : 12 + size] = FILLERS[filler]
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.12, wspace=0.05)
    _show(left, shown)
    left.add_patch(Rectangle((11.5, 11.5), size, size, fill=False, edgecolor=ORANGE, linewidth=1.5))
    _show_signed(right, falls)
    _signs(fig, "score falls", "score rises")
    row, column = np.unravel_index(falls.argmax(), falls.shape)
    share = (falls > 0)[image == 0].sum() / max(int((falls > 0).sum()), 1)
    return Picture(
        fig,
        f"Patches of {size} × {size}, {filler}: the score of {digit} falls most around row {row}, column {column}. Of the pixels with a fall, "
        f"{100 * share:.0f} % have no ink.",
    )


# -------------------------------------------------------------------------------------------------------------- growing
WAYS = {
    "free": {},
    "between 0 and 1": {"bounds": (0.0, 1.0)},
    "and blurred": {"bounds": (0.0, 1.0), "blur": True},
}
STEPS = (0, 3, 10, 40)


@lru_cache(maxsize=64)
def _ascents(net: LeNet, digit: int, way: str) -> np.ndarray:
    return ascend(net, np.eye(CLASSES)[digit], np.zeros((SIDE, SIDE)), STEPS[-1], **WAYS[way])


@demo(
    model=MODEL,
    digit=choice(2, 3, 4, 9, start=3, label="score of"),
    way=choice(*WAYS, label="pixels"),
    steps=choice(*STEPS, start=40, label="steps"),
)
def grown(model: Lenets, digit: int, way: str, steps: int) -> Picture:
    """A picture that grows from nothing along the slope of one digit's score.

    way : whether pixels may be anything, stay between paper and ink, or are blurred besides;  steps : each 1 long
    """
    net = model["plain_moved"][0]
    image = _ascents(net, digit, way)[steps]
    seen = net.read(image[None])
    p, best = seen.probabilities[0], int(seen.scores[0].argmax())
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.4, layout=None)
    fig.subplots_adjust(left=0.01, right=0.98, top=0.97, bottom=0.18, wspace=0.3)
    _show_signed(left, image)
    fig.text(0.02, 0.05, "■", color=BLUE, fontsize=13)
    fig.text(0.05, 0.05, "ink", fontsize=12)
    fig.text(0.17, 0.05, "■", color=ORANGE, fontsize=13)
    fig.text(0.2, 0.05, "less than paper", fontsize=12)
    right.bar(range(CLASSES), p, color=[ORANGE if k == best else BLUE for k in range(CLASSES)], width=0.75)
    right.set(ylim=(0, 1.02), ylabel="probability", xlabel="digit", xticks=range(CLASSES))
    return Picture(
        fig,
        f"After {steps} steps, {way}: the score of {digit} is {seen.scores[0, digit]:.1f}, its probability {p[digit]:.4f}; pixels go from "
        f"{image.min():.1f} to {image.max():.1f}.",
    )


# --------------------------------------------------------------------------------------------------------------- moving
@demo(
    model=MODEL, digit=choice(7, 4, 0, label="digit"), right=slider(-4, 4, steps=9, start=0, label="moved right (px)")
)
def moved_by(model: Lenets, digit: int, right: float) -> Picture:
    """A digit that is moved, and the probability that four kinds of networks give it.

    right : by how many pixels
    """
    image = moved(_digit(digit)[None], 0, round(right))
    fig, (left, ax) = canvas(1, 2, width=6.4, height=3.3, layout=None, width_ratios=(1, 1.05))
    fig.subplots_adjust(left=0.01, right=0.97, top=0.97, bottom=0.2, wspace=0.62)
    _show(left, image[0])
    names = list(KINDS)
    p = [model[kind][0].read(image).probabilities[0, digit] for kind in names]
    ax.barh(range(4), p, color=[COLOURS[kind] for kind in names], height=0.7)
    ax.set(xlim=(0, 1.02), ylim=(3.6, -0.6), xlabel=f"probability of {digit}")
    ax.set_yticks(range(4), [NAMES[kind] for kind in names])
    ax.set_xticks([0, 0.5, 1])
    told = ", ".join(f"{NAMES[kind]} {value:.2f}" for kind, value in zip(names, p, strict=True))
    return Picture(fig, f"A {digit} moved by {round(right)} pixels to the right; the probability of {digit}: {told}.")
