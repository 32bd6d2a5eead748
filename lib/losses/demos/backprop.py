"""Pictures of backpropagation: a neuron with its values and slopes, the right step for differences, digits."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, canvas, name_curves
from lib.losses import backprop

__all__ = ["best_step", "digits_learned", "digits_picture", "forward_and_back", "split_digits"]


# ----------------------------------------------------------------------------------------------------- one neuron
X1, X2, W0, TARGET = 0.5, 0.2, -1.1, 1.0
PLACES = {  # name of a value: where it stands
    "w₁": (0.0, 2.0),
    "w₂": (0.0, 0.0),
    "0.5 w₁": (1.9, 2.0),
    "0.2 w₂": (1.9, 0.0),
    "h": (3.4, 1.0),
    "s = σ(h)": (4.95, 1.0),
    "loss": (6.3, 1.0),
}
EDGES = (
    ("w₁", "0.5 w₁"),
    ("w₂", "0.2 w₂"),
    ("0.5 w₁", "h"),
    ("0.2 w₂", "h"),
    ("h", "s = σ(h)"),
    ("s = σ(h)", "loss"),
)


@demo(
    w1=slider(-5.0, 15.0, steps=11, start=1.0, label="w₁"),
    w2=slider(-6.0, 10.0, steps=9, start=2.0, label="w₂"),
)
def forward_and_back(w1: float, w2: float) -> Picture:
    """One neuron on one sample: values go forward (blue), slopes of the loss come back (orange).

    w1, w2 : the weights of the inputs 0.5 and 0.2; the free term is −1.1 and the target 1
    """
    found = backprop.neuron([w1, w2], [X1, X2], W0, TARGET)
    values = (w1, w2, X1 * w1, X2 * w2, found.h, found.s, found.loss)
    slopes = (*found.by_w, found.by_h, found.by_h, found.by_h, found.by_s, 1.0)
    fig, ax = canvas(width=6.6, height=3.6, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    for start, end in EDGES:
        (x0, y0), (x1, y1) = PLACES[start], PLACES[end]
        ax.annotate(
            "", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "-|>", "color": MUTED, "shrinkA": 15, "shrinkB": 15}
        )
    for (name, (x, y)), value, slope in zip(PLACES.items(), values, slopes, strict=True):
        ax.plot(x, y, "o", markersize=24, color=PAPER, markeredgecolor=INK, markeredgewidth=1.4)
        ax.text(
            x,
            y,
            {"0.5 w₁": "×", "0.2 w₂": "×", "h": "+", "s = σ(h)": "σ", "loss": "L"}.get(name, name),
            ha="center",
            va="center",
            color=INK,
        )
        ax.text(x, y + 0.42, _short(value), ha="center", va="bottom", color=BLUE)
        aside = 0.22 if name == "0.5 w₁" else 0.0  # off the arrow
        ax.text(x - aside, y - 0.42, _short(slope), ha="center", va="top", color=ORANGE)
    ax.text(0.95, 2.12, "0.5", ha="center", color=INK)
    ax.text(0.95, 0.12, "0.2", ha="center", color=INK)
    ax.text(3.4, 1.86, "− 1.1", ha="center", color=INK)
    ax.text(6.55, 2.72, "value", ha="right", color=BLUE)
    ax.text(6.55, 2.36, "slope of the loss", ha="right", color=ORANGE)
    ax.set(xlim=(-0.55, 6.85), ylim=(-0.95, 3.05))
    ax.axis("off")
    asleep = " The sigmoid is saturated, so hardly any slope passes through it." if found.s_by_h < 0.02 else ""
    return Picture(
        fig,
        f"With w₁ = {say(w1, 3)} and w₂ = {say(w2, 3)}: h = {say(found.h, 3)}, s = {say(found.s, 3)}, loss {say(found.loss, 3)}. "
        f"Back: slope {say(found.by_s, 3)} by s, {say(found.by_h, 3)} by h, {say(found.by_w[0], 3)} by w₁, {say(found.by_w[1], 3)} by w₂.{asleep}",
    )


def _short(value: float) -> str:
    """Write three digits, or two before a power of ten: room beside a neighbour."""
    return say(value, 3) if value == 0 or abs(value) >= 1e-3 else say(value)


# ------------------------------------------------------------------------------------------- the step of a difference
STEPS = np.logspace(-13, 0, 53)


@cache
def _difference_errors() -> tuple[np.ndarray, np.ndarray]:
    """Return the errors (steps,) of one-sided and central differences of sin at 1."""
    one = np.abs((np.sin(1 + STEPS) - np.sin(1)) / STEPS - np.cos(1))
    both = np.abs((np.sin(1 + STEPS) - np.sin(1 - STEPS)) / (2 * STEPS) - np.cos(1))
    return one, both


@demo(step=log_slider(1e-13, 1.0, steps=27, start=1e-3, label="step"))
def best_step(step: float) -> Picture:
    """The error of a difference quotient of sin at 1: a large step sees the bend, a small one sees the rounding.

    step : how far apart the two values are
    """
    one, both = _difference_errors()
    at = int(np.argmin(np.abs(np.log(STEPS / step))))
    fig, ax = canvas(width=6.0, height=3.6, layout=None)
    fig.subplots_adjust(left=0.155, right=0.82, top=0.97, bottom=0.16)
    for errors, colour, name in ((one, BLUE, "one-sided"), (both, ORANGE, "central")):
        ax.loglog(STEPS, np.maximum(errors, 1e-13), color=colour, label=name)
        ax.plot(STEPS[at], max(errors[at], 1e-13), "o", color=INK, markersize=6)
    ax.axvline(STEPS[at], color=MUTED, linewidth=1)
    ax.set(xlim=(5e-14, 1.5), ylim=(3e-14, 3), xlabel="step", ylabel="error of the slope")
    ax.set(xticks=[1e-12, 1e-9, 1e-6, 1e-3, 1], yticks=[1e-12, 1e-9, 1e-6, 1e-3, 1])
    ax.minorticks_off()
    name_curves(ax)
    side = "rounding" if step < 1e-6 else "the bend of the function"
    return Picture(
        fig,
        f"With a step of {say(step)} the one-sided difference errs by {say(one[at], 1)}, the central one by {say(both[at], 1)}; "
        f"most of the latter is {side}.",
    )


# ----------------------------------------------------------------------------------------------------------- digits
def split_digits() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return pixels scaled to [−1, 1] and labels: the first 1200 digits, then the other 597, mostly by other writers."""
    data = datasets.digit_images()
    X, labels = (data.X - 8) / 8, data.y.astype(int)
    return X[:1200], labels[:1200], X[1200:], labels[1200:]


def digits_picture() -> Picture:
    """Show twenty of the digits as images."""
    data = datasets.digit_images()
    fig, ax = canvas(width=6.2, height=1.5)
    rows = [np.hstack([np.pad(data.X[10 * r + c].reshape(8, 8), 1) for c in range(10)]) for r in range(2)]
    ax.imshow(np.vstack(rows), cmap="cividis", interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(False)
    return Picture(fig, "Twenty handwritten digits, 0 to 9 twice, each of 8 by 8 pixels.")


def digits_learned(losses) -> Picture:
    """Show the falling training loss (steps,) of a network on the digits."""
    fig, ax = canvas(height=3.2)
    ax.semilogy(np.arange(len(losses)), losses, color=GREEN)
    ax.set(xlabel="step", ylim=(0.01, 4), ylabel="cross-entropy")
    falls = "at every step" if (np.diff(losses) < 0).all() else "though not at every step"
    told = f"In {len(losses)} steps the training loss falls from {losses[0]:.1f} to {losses[-1]:.3f}, {falls}."
    return Picture(fig, told)
