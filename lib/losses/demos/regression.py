"""Pictures of regression losses: their shapes and slopes, what they make of outliers, the constants they like best."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key, name_curves
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
    error=slider(-2.0, 2.0, steps=17, start=1.5, label="error ŷ − y"),
    loss=choice(*SHAPES, label="loss"),
)
def bent_losses(error: float, loss: str) -> Picture:
    """One sample's loss against its error, with the slope at this error: what the gradient is told.

    error : ŷ − y, in y's unit;  loss : which of four
    """
    value, slope = (f(error) for f in SHAPES[loss])
    grid = np.linspace(-2.2, 2.2, 89)
    fig, ax = canvas(width=5.6, height=3.6, layout=None)
    fig.subplots_adjust(left=0.11, right=0.97, top=0.9, bottom=0.16)
    tangent_picture(ax, grid, [SHAPES[loss][0](e) for e in grid], error, value, slope, 0.6)
    ax.set(xlim=(-2.3, 2.3), ylim=(-0.8, 5.0), xlabel="error ŷ − y", ylabel="loss")
    kink = (
        " At the kink any slope between the two sides would do; sign(0) = 0 picks the level one."
        if _kink(error, loss)
        else ""
    )
    words = f"An error of {say(error, 3)} has the {loss.split(',')[0]} loss {say(value, 3)} and the slope {say(slope, 3)}.{kink}"
    return Picture(fig, words)


def _kink(error: float, loss: str) -> bool:
    return error == 0 and loss.startswith(("absolute", "pinball"))


def tangent_picture(ax, x, values, at: float, value: float, slope: float, reach: float) -> None:
    """Draw a loss (blue), and at one place its tangent (orange), `reach` to either side; both are named above the axes."""
    ax.plot(x, values, color=BLUE)
    ends = np.array([-reach, reach])
    ax.plot(at + ends, value + slope * ends, color=ORANGE, linewidth=2.6)
    ax.plot(at, value, "o", color=INK, markersize=7)
    ax.text(0.0, 1.03, f"loss {say(value, 3)}", color=BLUE, fontsize=12.5, transform=ax.transAxes)
    ax.text(1.0, 1.03, f"slope {say(slope, 3)}", color=ORANGE, fontsize=12.5, ha="right", transform=ax.transAxes)


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
    fig, ax = canvas(width=5.8, height=4.0, layout=None)
    fig.subplots_adjust(left=0.11, right=0.86, top=0.97, bottom=0.14)
    ax.set(xlim=(-0.4, 5.2), ylim=(-4.4, 8.4), xlabel="x", ylabel="y")
    slopes = _three_lines(ax, A, y, delta, -0.3, 5.1)
    ax.plot(LINE_X[:-1], y[:-1], "o", color=INK, markersize=5)
    ax.plot(LINE_X[-1], height, "o", color=PINK, markersize=9)
    told = ", ".join(f"{name} {say(slope)}" for name, slope in slopes.items())
    return Picture(
        fig, f"With the last point at {say(height)} the slopes are: {told}. Ten points lie near a line of slope 0.5."
    )


def _three_lines(ax, A: np.ndarray, y: np.ndarray, delta: float, left: float, right: float) -> dict[str, float]:
    """Fit by three losses, draw the lines from `left` to `right` with their names, and return their slopes."""
    ends, slopes = np.array([left, right]), {}
    fits = {
        "MSE": regression.fit_mse(A, y),
        "MAE": regression.fit_mae(A, y),
        "Huber": regression.fit_huber(A, y, delta),
    }
    for name, w in fits.items():
        ax.plot(ends, w[0] + w[1] * ends, color=FITS[name], label=name)
        slopes[name] = w[1]
    name_curves(ax)
    return slopes


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
    fig, ax = canvas(width=6.0, height=4.2, layout=None)
    fig.subplots_adjust(left=0.135, right=0.865, top=0.97, bottom=0.23)
    ax.set(xlim=(17, 43), ylim=(-30, 740), xlabel="body mass index (kg/m²)", ylabel="progression after one year")
    slopes = _three_lines(ax, A, y, 40.0, 17.0, 43.0)
    ax.plot(*_patients(), "o", color=MUTED, markersize=2.6, alpha=0.5, markeredgewidth=0)
    ax.plot(extra, np.full(int(count), recorded), "o", color=PINK, markersize=5)
    key(fig, ((0.13, MUTED, "a patient"), (0.45, PINK, "a false record")), 0.03)
    told = ", ".join(f"{name} {slope:.1f}" for name, slope in slopes.items())
    added = f"{int(count)} false records of {recorded}" if count else "No false records"
    return Picture(fig, f"{added}: the slopes, in points per kg/m², are {told}.")


# ------------------------------------------------------------------------------------------------------- statics
def constants_picture(y) -> Picture:
    """Show three losses of a constant prediction c for five numbers y, each with its lowest point."""
    grid = np.linspace(min(y) - 1, max(y) + 1, 400)
    rows = (
        ("squared", [regression.mse(np.full(len(y), c), y) for c in grid], np.mean(y), BLUE),
        ("absolute", [regression.mae(np.full(len(y), c), y) for c in grid], np.median(y), ORANGE),
        ("pinball, τ = 0.7", [regression.pinball(np.full(len(y), c), y, 0.7) for c in grid], np.sort(y)[3], GREEN),
    )
    fig, panels = canvas(1, 3, width=6.6, height=2.8)
    for ax, (name, values, best, colour) in zip(panels, rows, strict=True):
        ax.plot(grid, values, color=colour)
        ax.plot(y, np.zeros(len(y)), "|", color=INK, markersize=11)
        ax.plot(best, np.interp(best, grid, values), "o", color=INK, markersize=6)
        ax.set(xticks=[0, 5, 10], ylim=(-0.05 * max(values), 1.05 * max(values)))
        ax.set_title(name, color=colour)
    fig.supxlabel("constant c", fontsize=12.5)
    fig.supylabel("loss", fontsize=12.5)
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
        ax.plot(ends, w[0] + w[1] * ends, color=colour, label=f"τ = {tau:g}")
    ax.set(xlim=(17, 43), ylim=(0, 450), xlabel="body mass index (kg/m²)", ylabel="progression after one year")
    name_curves(ax)
    return Picture(
        fig,
        f"Of the patients {', '.join(below)} lie below the lines for τ = 0.1, 0.5 and 0.9; the lines fan out to the right.",
    )
