"""Pictures of regression losses: their shapes and slopes, what they make of outliers, the constants they like best."""

from __future__ import annotations

from functools import cache
from itertools import pairwise

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas
from lib.losses import regression

__all__ = ["bent_losses", "constants_picture", "moving_outlier", "quantiles_picture", "spoiled_patients"]

FITS = {"MSE": BLUE, "MAE": ORANGE, "Huber": GREEN}


# ------------------------------------------------------------------------------------------------ shapes and slopes
SHAPES = {  # name: (loss of one error, its slope there)
    "squared": (lambda e: e * e, lambda e: 2 * e),
    "absolute": (lambda e: abs(e), lambda e: float(np.sign(e))),
    "Huber, δ = 1": (lambda e: regression.huber([e], [0.0]), lambda e: float(np.clip(e, -1, 1))),
    "pinball, τ = 0.8": (
        lambda e: regression.pinball([e], [0.0], 0.8),
        lambda e: 0.0 if e == 0 else (0.2 if e > 0 else -0.8),
    ),
}


@demo(
    error=slider(-3.0, 3.0, steps=25, start=2.0, label="error ŷ − y"),
    loss=choice(*SHAPES, label="loss"),
)
def bent_losses(error: float, loss: str) -> Picture:
    """One sample's loss against its error, with the slope at this error: what the gradient is told.

    error : ŷ − y, in y's unit;  loss : which of four
    """
    value, slope = (f(error) for f in SHAPES[loss])
    grid = np.linspace(-3, 3, 61)
    fig, ax = canvas(width=5.6, height=3.6, layout=None)
    fig.subplots_adjust(left=0.1, right=0.97, top=0.9, bottom=0.15)
    ax.plot(grid, [SHAPES[loss][0](e) for e in grid], color=BLUE)
    ends = np.array([-0.8, 0.8])
    ax.plot(error + ends, value + slope * ends, color=ORANGE, linewidth=2.6)
    ax.plot(error, value, "o", color=INK, markersize=7)
    ax.set(xlim=(-3.2, 3.2), ylim=(-0.8, 5.0), xlabel="error ŷ − y")
    ax.set_title(f"loss {say(value, 3)}, slope {say(slope, 3)}")
    kink = (
        " At the kink any slope between the two sides would do; sign(0) = 0 picks the level one."
        if _kink(error, loss)
        else ""
    )
    words = f"An error of {say(error, 3)} has the {loss.split(',')[0]} loss {say(value, 3)} and the slope {say(slope, 3)}.{kink}"
    return Picture(fig, words)


def _kink(error: float, loss: str) -> bool:
    return error == 0 and loss.startswith(("absolute", "pinball"))


# ---------------------------------------------------------------------------------------------- one outlier, moved
LINE_X = np.linspace(0, 5, 11)
LINE_Y = 1 + 0.5 * LINE_X + np.array([0.2, -0.3, 0.1, 0.3, -0.2, -0.1, 0.3, -0.3, 0.1, -0.2, 0.0])


@demo(
    height=slider(-4.0, 8.0, steps=25, start=-2.0, label="height of the last point"),
    delta=choice(0.1, 0.5, 2.0, start=0.5, label="Huber's δ"),
)
def moving_outlier(height: float, delta: float) -> Picture:
    """Move the last of eleven points: the lines that minimise MSE, MAE and the Huber loss follow, or do not.

    height : the last target;  delta : where Huber's loss turns from a parabola into a line
    """
    y = np.append(LINE_Y[:-1], height)
    A = np.column_stack([np.ones(len(y)), LINE_X])
    lines = {
        "MSE": regression.fit_mse(A, y),
        "MAE": regression.fit_mae(A, y),
        "Huber": regression.fit_huber(A, y, delta),
    }
    fig, ax = canvas(width=5.8, height=4.0, layout=None)
    fig.subplots_adjust(left=0.08, right=0.84, top=0.97, bottom=0.13)
    for (name, w), place in zip(lines.items(), _apart([w[0] + 5.15 * w[1] for w in lines.values()]), strict=True):
        ax.plot([-0.3, 5.1], w[0] + w[1] * np.array([-0.3, 5.1]), color=FITS[name])
        ax.annotate(name, (5.1, place), xytext=(4, -4), textcoords="offset points", color=INK, annotation_clip=False)
    ax.plot(LINE_X[:-1], y[:-1], "o", color=INK, markersize=5)
    ax.plot(LINE_X[-1], height, "o", color=PINK, markersize=9)
    ax.set(xlim=(-0.4, 5.2), ylim=(-4.4, 8.4), xlabel="x", ylabel="y")
    slopes = ", ".join(f"{name} {say(w[1])}" for name, w in lines.items())
    return Picture(
        fig, f"With the last point at {say(height)} the slopes are: {slopes}. Ten points lie near a line of slope 0.5."
    )


def _apart(heights: list[float], gap: float = 0.75) -> list[float]:
    """Return heights for labels, moved apart to at least `gap`, in the same order."""
    order = np.argsort(heights)
    placed = np.array(heights, dtype=float)
    for below, above in pairwise(order):
        placed[above] = max(placed[above], placed[below] + gap)
    return list(placed)


# --------------------------------------------------------------------------------------- patients, and false records
@cache
def _patients() -> tuple[np.ndarray, np.ndarray]:
    data = datasets.diabetes()
    return data.X[:, 2], data.y


@demo(
    count=slider(0, 30, steps=16, start=0, label="false records"),
    recorded=choice(0, 700, start=700, label="progression recorded as"),
)
def spoiled_patients(count: int, recorded: int) -> Picture:
    """Add false records to 442 patients, at high body mass indices, and fit again by three losses.

    count : how many;  recorded : the progression that they all claim
    """
    x, y = _patients()
    extra = np.linspace(36, 42, max(int(count), 1))[: int(count)]
    x, y = np.append(x, extra), np.append(y, np.full(int(count), float(recorded)))
    A = np.column_stack([np.ones(len(x)), x])
    lines = {
        "MSE": regression.fit_mse(A, y),
        "MAE": regression.fit_mae(A, y),
        "Huber": regression.fit_huber(A, y, 40.0),
    }
    fig, ax = canvas(width=6.0, height=4.0, layout=None)
    fig.subplots_adjust(left=0.1, right=0.86, top=0.9, bottom=0.13)
    ax.plot(*_patients(), "o", color=MUTED, markersize=2.6, alpha=0.5, markeredgewidth=0)
    ax.plot(extra, np.full(int(count), recorded), "o", color=PINK, markersize=5)
    ends = np.array([17.0, 43.0])
    for (name, w), place in zip(lines.items(), _apart([w[0] + 43 * w[1] for w in lines.values()], 45), strict=True):
        ax.plot(ends, w[0] + w[1] * ends, color=FITS[name])
        ax.annotate(name, (43, place), xytext=(4, -4), textcoords="offset points", color=INK, annotation_clip=False)
    ax.set(xlim=(17, 43), ylim=(-30, 740), xlabel="body mass index (kg/m²)")
    ax.set_title("disease progression after one year")
    slopes = ", ".join(f"{name} {w[1]:.1f}" for name, w in lines.items())
    told = f"{int(count)} false records of {recorded}" if count else "No false records"
    return Picture(fig, f"{told}: the slopes, in points per kg/m², are {slopes}.")


# ------------------------------------------------------------------------------------------------------- statics
def constants_picture(y) -> Picture:
    """Show three losses of a constant prediction c for five numbers y, each with its lowest point."""
    grid = np.linspace(min(y) - 1, max(y) + 1, 400)
    rows = (
        ("squared", [regression.mse(np.full(len(y), c), y) for c in grid], np.mean(y), BLUE),
        ("absolute", [regression.mae(np.full(len(y), c), y) for c in grid], np.median(y), ORANGE),
        ("pinball, τ = 0.7", [regression.pinball(np.full(len(y), c), y, 0.7) for c in grid], np.sort(y)[3], GREEN),
    )
    fig, panels = canvas(1, 3, width=6.6, height=2.7)
    for ax, (name, values, best, colour) in zip(panels, rows, strict=True):
        ax.plot(grid, values, color=colour)
        ax.plot(y, np.zeros(len(y)), "|", color=INK, markersize=11)
        ax.plot(best, np.interp(best, grid, values), "o", color=INK, markersize=6)
        ax.set(title=name, xlabel="constant c", ylim=(-0.05 * max(values), 1.05 * max(values)))
    return Picture(
        fig,
        f"For the numbers {', '.join(say(v) for v in y)} the best constant is {say(np.mean(y))}, the mean, for the squared "
        f"loss, {say(np.median(y))}, the median, for the absolute loss, and {say(np.sort(y)[3])} for the pinball loss.",
    )


def quantiles_picture() -> Picture:
    """Show the patients with the lines that minimise the pinball loss for τ = 0.1, 0.5 and 0.9."""
    x, y = _patients()
    A = np.column_stack([np.ones(len(x)), x])
    fig, ax = canvas(height=3.9)
    ax.plot(x, y, "o", color=MUTED, markersize=2.6, alpha=0.5, markeredgewidth=0)
    ends, below = np.array([17.0, 43.0]), []
    for tau, colour in ((0.1, BLUE), (0.5, ORANGE), (0.9, GREEN)):
        w = regression.fit_pinball(A, y, tau)
        below.append(f"{100 * np.mean(y < A @ w - 1e-9):.0f} %")
        ax.plot(ends, w[0] + w[1] * ends, color=colour)
        ax.annotate(f"τ = {tau:g}", (43, w[0] + 43 * w[1]), xytext=(4, -4), textcoords="offset points", color=INK)
    ax.set(xlim=(17, 46.5), ylim=(0, 450), xlabel="body mass index (kg/m²)")
    ax.set_title("disease progression after one year")
    return Picture(
        fig,
        f"Of the patients {', '.join(below)} lie below the lines for τ = 0.1, 0.5 and 0.9; the lines fan out to the right.",
    )
