"""Pictures of neurons: activations and their slopes, two lines that make XOR, a hidden layer that grows."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, PINK, canvas, key, name_curves
from lib.losses import neurons

__all__ = ["TARGETS", "bending_score", "growing_layer", "two_lines", "width_picture"]


# ---------------------------------------------------------------------------------------- activations and their slopes
@demo(
    z=slider(-6.0, 6.0, steps=17, start=1.5, label="score z"),
    name=choice(*neurons.ACTIVATIONS, label="activation"),
)
def bending_score(z: float, name: str) -> Picture:
    """An activation and its derivative at one score: where the slope is nearly 0, nothing can be learned through it.

    z : the score;  name : which activation
    """
    grid, phi = np.linspace(-6, 6, 241), neurons.activation(name)
    value, slope = (float(f(np.array([z]))[0]) for f in (phi.value, phi.slope))
    tall = name not in ("sigmoid", "tanh")
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.2, layout=None)
    fig.subplots_adjust(left=0.12, right=0.98, top=0.89, bottom=0.17, wspace=0.36)
    for ax, values, here, colour in ((left, phi.value(grid), value, BLUE), (right, phi.slope(grid), slope, ORANGE)):
        ax.plot(grid, values, color=colour)
        ax.plot(z, here, "o", color=INK, markersize=7)
        ax.set(xlim=(-6.3, 6.3), xlabel="score z")
    left.set(ylim=(-0.8, 6.3) if tall else (-1.15, 1.15))
    right.set(ylim=(-0.2, 1.25))
    left.set_title(f"φ(z) = {say(value)}")
    left.set_ylabel("value φ(z)")
    right.set_title(f"φ′(z) = {say(slope)}")
    right.set_ylabel("slope φ′(z)")
    asleep = " It is saturated: almost nothing passes back through it." if abs(slope) < 0.02 else ""
    return Picture(fig, f"At the score {say(z)} the {name} is {say(value)} and its derivative is {say(slope)}.{asleep}")


# ------------------------------------------------------------------------------------------------------ XOR by two lines
DIRECTIONS = {"45°": 45.0, "20°": 20.0, "0°": 0.0}


@demo(
    first=slider(-0.2, 1.6, steps=7, start=-0.2, label="line 1 at"),
    second=slider(-0.2, 1.6, steps=7, start=0.4, label="line 2 at"),
    direction=choice(*DIRECTIONS, label="direction of both"),
)
def two_lines(first: float, second: float, direction: str) -> Picture:
    """Move the lines of two hidden units; the output fires where the first is past its line and the second is not.

    first, second : distance of each line from the origin along the direction;  direction : angle of the weights
    """
    angle = np.deg2rad(DIRECTIONS[direction])
    w = np.array([np.cos(angle), np.sin(angle)])
    H = np.column_stack([neurons.threshold_unit(neurons.CORNERS, w, -c) for c in (first, second)])
    output = neurons.threshold_unit(H, [1.0, -1.0], -0.5)
    target = np.array(neurons.GATES["XOR"], dtype=float)
    right = int((output == target).sum())

    fig, (left, hidden) = canvas(1, 2, width=6.4, height=3.9, layout=None)
    fig.subplots_adjust(left=0.08, right=0.98, top=0.93, bottom=0.21, wspace=0.26)
    along, far = np.array([-w[1], w[0]]), 4.0
    if first < second:
        band = [first * w - far * along, first * w + far * along, second * w + far * along, second * w - far * along]
        left.fill(*np.transpose(band), color=GREEN, alpha=0.22, linewidth=0)
    for at, colour, name, side in ((first, BLUE, "1", 1), (second, ORANGE, "2", -1)):
        left.plot(*np.transpose([at * w - far * along, at * w + far * along]), color=colour)
        spots = at * w + side * np.linspace(0.62, -0.62, 32)[:, None] * along
        spot = next((p for p in spots if (np.abs(p - 0.5) < 0.85).all()), None)
        if spot is not None:  # the line is in the picture
            box = {"boxstyle": "circle,pad=0.2", "facecolor": PAPER, "edgecolor": colour}
            left.text(*spot, name, color=INK, ha="center", va="center", fontsize=11.8, bbox=box)
    for place, truth, said in zip(neurons.CORNERS, target, output, strict=True):
        left.plot(*place, "o" if truth else "s", color=PINK if truth else MUTED, markersize=11)
        if said != truth:
            left.plot(*place, "x", color=INK, markersize=13, markeredgewidth=2)
    hidden.fill([-0.5, 2, 2], [-1, 1.5, -1], color=GREEN, alpha=0.22, linewidth=0)
    hidden.plot([-0.5, 2], [-1, 1.5], color=INK)
    for spot in np.unique(H, axis=0):
        here = (H == spot).all(axis=1)
        for shift, i in zip((-0.075, 0.075, 0.0, 0.15), np.flatnonzero(here), strict=False):
            truth = target[i]
            hidden.plot(spot[0] + shift, spot[1], "o" if truth else "s", color=PINK if truth else MUTED, markersize=10)
    for ax, title, names in (
        (left, f"inputs: {right} of 4 right", ("x₁", "x₂")),
        (hidden, "what the output unit sees", ("unit 1", "unit 2")),
    ):
        ax.set(xlim=(-0.45, 1.45), ylim=(-0.45, 1.45), xticks=[0, 1], yticks=[0, 1], aspect="equal")
        ax.set_title(title)
        ax.set_xlabel(names[0], labelpad=1)
        ax.set_ylabel(names[1], labelpad=1)
    marks = ((0.03, PINK, "XOR is 1"), (0.23, MUTED, "XOR is 0", "■"), (0.43, GREEN, "the output is 1", "▬"))
    key(fig, (*marks, (0.72, INK, "a wrong answer", "✕")), 0.03, 11.8)
    said = " ".join(f"{int(v)}" for v in output)
    verdict = "That is XOR." if right == 4 else f"XOR is 0 1 1 0, so {right} of 4 are right."
    return Picture(
        fig,
        f"With lines at {say(first)} and {say(second)}, {direction}, the inputs 00, 01, 10, 11 give {said}. {verdict}",
    )


# --------------------------------------------------------------------------------------------------- width against error
TARGETS = {
    "two waves": lambda x: np.sin(2 * np.pi * x) + 0.4 * np.sin(6 * np.pi * x),
    "a kink": lambda x: 2 * np.abs(x - 0.4) - 0.5,
    "a jump": lambda x: np.where(x > 0.5, 0.8, -0.8),
}
UNITS = {"staircase": None, "random, draw 1": 1, "random, draw 2": 2, "random, draw 3": 3}


@demo(
    width=log_slider(1, 128, steps=8, start=8, label="hidden units", digits=3),
    target=choice(*TARGETS, label="target"),
    units=choice(*UNITS, start="random, draw 1", label="hidden layer"),
)
def growing_layer(width: float, target: str, units: str) -> Picture:
    """One hidden layer of sigmoids follows a target on [0, 1]: widen it, and draw its hidden weights anew.

    width : number of hidden units;  target : the function;  units : the staircase, or random hidden weights
    """
    f, m = TARGETS[target], round(width)
    network = neurons.staircase(f, m) if UNITS[units] is None else neurons.random_layer(f, m, UNITS[units])
    worst = neurons.largest_error(network, f)
    x = np.linspace(0, 1, 401)
    fig, ax = canvas(width=6.0, height=3.5, layout=None)
    fig.subplots_adjust(left=0.155, right=0.84, top=0.91, bottom=0.15)
    ax.plot(x, f(x), color=MUTED, linewidth=5, alpha=0.45, solid_capstyle="butt", label="target")
    ax.plot(x, np.clip(network(x[:, None]), -3, 3), color=BLUE, label="network")
    ax.set(xlim=(0, 1), ylim=(-1.6, 1.6), xlabel="x", ylabel="f(x) and G(x)")
    ax.set_title(f"largest error {say(worst)}")
    name_curves(ax)
    return Picture(
        fig, f"{m} hidden unit{'s' if m > 1 else ''} ({units}) follow {target} with a largest error of {say(worst)}."
    )


WIDTHS = (1, 2, 4, 8, 16, 32, 64)
SEEDS = 20


@cache
def _errors_by_width() -> tuple[np.ndarray, np.ndarray]:
    """Return largest errors for two waves: of random layers (widths, seeds), and of the staircase (widths,)."""
    f = TARGETS["two waves"]
    drawn = [[neurons.largest_error(neurons.random_layer(f, m, s), f) for s in range(SEEDS)] for m in WIDTHS]
    return np.array(drawn), np.array([neurons.largest_error(neurons.staircase(f, m), f) for m in WIDTHS])


def width_picture() -> Picture:
    """Show the largest error for two waves against the width, for the staircase and for twenty random hidden layers."""
    drawn, stairs = _errors_by_width()
    fig, ax = canvas(height=3.8)
    for column in drawn.T:
        ax.loglog(WIDTHS, column, "o", color=BLUE, markersize=3.2, alpha=0.6)
    ax.loglog(WIDTHS, np.median(drawn, axis=1), color=BLUE, label="random units,\n20 draws and\ntheir median")
    ax.loglog(WIDTHS, stairs, "s-", color=ORANGE, markersize=5, label="staircase")
    ax.set(xlabel="hidden units", xticks=WIDTHS, xticklabels=WIDTHS, ylim=(1e-10, 6), xlim=(0.9, 72))
    ax.set_ylabel("largest error on [0, 1]")
    ax.minorticks_off()
    name_curves(ax)
    clear = next(m for m, now, before in zip(WIDTHS[1:], drawn[1:], drawn, strict=False) if now.max() < before.min())
    return Picture(
        fig,
        f"The staircase's largest error falls from {say(stairs[0])} at width 1 to {say(stairs[-1])} at {WIDTHS[-1]}. With random hidden "
        f"units it falls much faster: the worst of {SEEDS} draws of {clear} units is better than the best of half as many.",
    )
