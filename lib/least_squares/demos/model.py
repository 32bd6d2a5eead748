"""Pictures of the linear model: a line and its squares, codes for classes, a curve that is linear, shaky coefficients."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, demo, slider
from lib.book.figures import BLUE, INK, MUTED, ORANGE, PINK, canvas
from lib.least_squares.model import (
    design_matrix,
    drop_category,
    mean_squared_error,
    one_hot,
    polynomial_features,
    predict,
    variance_inflation,
)

__all__ = [
    "BMI_CLASSES",
    "bmi_classes",
    "bmi_picture",
    "inflation_picture",
    "leaving_out_a_year",
    "one_hot_picture",
    "parabola_picture",
    "tilting_line",
]

POINTS_X = np.array([0.6, 1.5, 2.4, 3.6, 4.4, 5.5])
POINTS_B = np.array([1.7, 1.1, 2.7, 2.3, 3.9, 3.6])
BMI_CLASSES = ("normal", "overweight", "obese")  # below 25 kg/m², from 25, from 30


def _fit(A, b) -> np.ndarray:
    return np.linalg.lstsq(A, b, rcond=None)[0]


# ------------------------------------------------------------------------------------------- a line and its squares
@demo(
    slope=slider(-0.5, 1.5, steps=11, start=0.1, label="slope w₁"),
    intercept=slider(-1.0, 3.0, steps=9, start=2.5, label="intercept w₀"),
)
def tilting_line(slope: float, intercept: float) -> Picture:
    """Tilt and lift a line over six points; each residual is drawn as a square, and the loss is the mean of the areas.

    slope : w₁;  intercept : w₀, where the line meets x = 0
    """
    best, w = _best_line(), np.array([intercept, slope])
    A = design_matrix(POINTS_X)
    loss, least = mean_squared_error(A, w, POINTS_B), mean_squared_error(A, best, POINTS_B)
    fig, ax = canvas(width=5.6, height=4.2, layout=None)
    fig.subplots_adjust(left=0.08, right=0.985, top=0.91, bottom=0.12)
    for x, b, fit in zip(POINTS_X, POINTS_B, predict(A, w), strict=True):
        side = abs(b - fit)
        corners = np.array([[x, b], [x, fit], [x + side, fit], [x + side, b]])
        ax.fill(*corners.T, facecolor=ORANGE, alpha=0.18, edgecolor=ORANGE, linewidth=1.2)
    ends = np.array([-0.5, 8.5])
    ax.plot(ends, best[0] + best[1] * ends, color=MUTED, linewidth=1.2, linestyle="--")
    ax.plot(ends, intercept + slope * ends, color=BLUE)
    ax.plot(POINTS_X, POINTS_B, "o", color=INK, markersize=6)
    ax.set(xlim=(-0.2, 8.0), ylim=(-1.2, 5.0), xlabel="x", ylabel="b", aspect="equal")
    ax.set_title(f"loss {loss:.2f}, the least possible {least:.2f}")
    words = (
        f"With slope {slope:.1f} and intercept {intercept:.1f} the squares have a mean area of {loss:.2f}; the best line, "
        f"dashed, with slope {best[1]:.2f} and intercept {best[0]:.2f}, has {least:.2f}."
    )
    return Picture(fig, words)


@cache
def _best_line() -> np.ndarray:
    """Return (w₀, w₁) of the least-squares line through the six points."""
    return _fit(design_matrix(POINTS_X), POINTS_B)


# ---------------------------------------------------------------------------------------------------- diabetes data
def bmi_picture() -> Picture:
    """Show 442 patients, their body mass index against the disease's progression, and the least-squares line."""
    data = datasets.diabetes()
    x, b = data.X[:, 2], data.y
    A = design_matrix(x)
    w = _fit(A, b)
    fig, ax = canvas(height=3.9)
    ax.plot(x, b, "o", color=BLUE, markersize=3.2, alpha=0.45, markeredgewidth=0)
    ends = np.array([17.0, 43.0])
    ax.plot(ends, w[0] + w[1] * ends, color=ORANGE)
    ax.set(xlabel="body mass index (kg/m²)", ylabel="progression after one year", xlim=(17, 43), ylim=(0, 365))
    words = (
        f"The line rises by {w[1]:.1f} points of progression for each kg/m²; half of the patients are within "
        f"{np.median(np.abs(b - predict(A, w))):.0f} points of it."
    )
    return Picture(fig, words)


def bmi_classes(bmi) -> list[str]:
    """Return the class of each body mass index: normal below 25 kg/m², overweight from 25, obese from 30."""
    return [BMI_CLASSES[int(i)] for i in np.digitize(np.asarray(bmi, dtype=float), (25.0, 30.0))]


def one_hot_picture() -> Picture:
    """Show the three classes' predictions written twice: as steps from c, and as steps from the dropped class."""
    data = datasets.diabetes()
    code, names = one_hot(bmi_classes(data.X[:, 2]), BMI_CLASSES)
    means = _fit(code, data.y)
    c = float(data.y.mean())
    rest, base = drop_category(means - c, c)
    fig, axes = canvas(2, 1, width=5.6, height=5.8, sharex=True)
    for ax, weights, start, colour, title in (
        (axes[0], means - c, c, BLUE, "three columns: steps from c"),
        (axes[1], np.append(rest, 0.0), base, ORANGE, "two columns: steps from the last class"),
    ):
        ax.axhline(start, color=MUTED, linewidth=1.2, linestyle="--")
        for i, weight in enumerate(weights):
            ax.plot([i - 0.3, i + 0.3], [start + weight] * 2, color=INK, linewidth=3)
            if weight:
                ax.annotate(
                    "",
                    (i, start + weight),
                    (i, start),
                    arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2},
                )
                ax.text(i + 0.08, start + weight / 2 - 3, f"{weight:+.0f}".replace("-", "−"))
        ax.set_xticks(range(3), names)
        ax.set(xlim=(-0.5, 2.6), ylim=(95, 230), ylabel="predicted progression")
        ax.grid(False)
        ax.set_title(title)
    levels = ", ".join(f"{name} {mean:.0f}" for name, mean in zip(names, means, strict=True))
    return Picture(
        fig, f"Both codes predict the same levels: {levels}. The dashed line is at {c:.0f}, then at {base:.0f}."
    )


# ------------------------------------------------------------------------------------------- features of a feature
def parabola_picture() -> Picture:
    """Show what a line, and a line with an x² feature, leave of the deflections of Pontius' load cell."""
    data = datasets.pontius()
    x = data.x[:, 0] / data.x.max()
    fig, axes = canvas(1, 2, width=6.4, height=3.3, sharey=True)
    sizes = []
    for ax, degree, colour in zip(axes, (1, 2), (ORANGE, BLUE), strict=True):
        A = design_matrix(polynomial_features(x, degree))
        left = 1e4 * (data.b - predict(A, _fit(A, data.b)))
        sizes.append(np.abs(left).max())
        ax.axhline(0, color=MUTED, linewidth=1)
        ax.plot(3 * x, left, "o", color=colour, markersize=4)
        ax.set(xlabel="load (millions)", ylim=(-44, 44))
        ax.set_title("after 1, x" if degree == 1 else "after 1, x, x²")
    axes[0].set_ylabel("residual × 10⁴")
    words = (
        f"The line's residuals lie on a parabola and reach {sizes[0]:.0f} × 10⁻⁴; with the feature x² they reach "
        f"{sizes[1]:.0f} × 10⁻⁴ and show no shape."
    )
    return Picture(fig, words)


# ----------------------------------------------------------------------------------------------- shaky coefficients
SHORT = ("price deflator", "national product", "unemployed", "armed forces", "population", "year")


@demo(year=slider(1947, 1962, steps=16, start=1951, label="year left out"))
def leaving_out_a_year(year: int) -> Picture:
    """Fit Longley's data without one year: some coefficients change their sign, the predictions hardly move.

    year : which of the 16 rows to leave out
    """
    data = datasets.longley()
    spread = data.x.std(axis=0)
    full, keep = _fit(data.A, data.b), data.x[:, 5] != year
    w = _fit(data.A[keep], data.b[keep])
    before, after = full[1:] * spread / 1000, w[1:] * spread / 1000  # millions of jobs for one standard deviation
    flipped = np.sign(before) != np.sign(after)
    fig, (left, right) = canvas(2, 1, width=5.6, height=6.0, layout=None)
    fig.subplots_adjust(left=0.27, right=0.97, top=0.94, bottom=0.09, hspace=0.46)
    rows = np.arange(6)[::-1]
    left.axvline(0, color=INK, linewidth=1)
    left.plot(before, rows, "o", color=MUTED, markersize=6)
    for row, x0, x1, flip in zip(rows, before, after, flipped, strict=True):
        colour = ORANGE if flip else BLUE
        left.plot([x0, x1], [row, row], color=colour)
        left.plot(x1, row, "D", color=colour, markersize=6)
    left.set_yticks(rows, SHORT)
    left.set(xlim=(-10, 13), ylim=(-0.6, 5.6), xlabel="millions of jobs per standard deviation")
    left.set_title("coefficients, from 16 years (grey) and from 15", x=-0.33)
    years = data.x[:, 5]
    right.plot(years, data.b / 1000, "o", color=MUTED, markersize=5)
    right.plot(years, data.A @ w / 1000, color=BLUE)
    right.plot(year, float(data.b[~keep][0]) / 1000, "o", color=PINK, markersize=8)
    right.set(xlim=(1946, 1963), ylim=(59, 72), xlabel="year", ylabel="millions of jobs")
    right.set_xticks((1947, 1952, 1957, 1962))
    right.set_title("employed (dots), predicted (line)")
    right.text(1947.2, 70.9, "● left out", color=PINK, fontsize=12)
    moved = np.abs(data.A @ (w - full)).max() / 1000
    names = " and ".join(name for name, flip in zip(SHORT, flipped, strict=True) if flip)
    verdict = f"the sign of {names} changes" if names else "no coefficient changes its sign"
    words = f"Without {year}, {verdict}; no prediction moves by more than {moved:.1f} million jobs of about 65."
    return Picture(fig, words)


def inflation_picture() -> Picture:
    """Show the variance inflation factors of Longley's six series beside those of ten diabetes measurements."""
    fig, axes = canvas(2, 1, width=6.0, height=6.2, sharex=True, height_ratios=(6, 10))
    largest = []
    for ax, X, names, title, colour in (
        (axes[0], datasets.longley().x, SHORT, "Longley", ORANGE),
        (axes[1], datasets.diabetes().X, datasets.diabetes().names, "diabetes", BLUE),
    ):
        factors = variance_inflation(X)
        rows = np.arange(len(names))[::-1]
        ax.barh(rows, np.log10(factors), color=colour, height=0.62)
        ax.axvline(1, color=MUTED, linestyle="--", linewidth=1)
        ax.set_yticks(rows, names)
        ax.set_xticks(range(4), ("1", "10", "100", "1000"))
        ax.set(xlim=(0, 3.4))
        ax.grid(axis="y", visible=False)
        ax.set_title(title)
        largest.append(factors.max())
    axes[1].set_xlabel("variance inflation factor")
    return Picture(
        fig, f"The largest factor is {largest[0]:.0f} in Longley's data and {largest[1]:.0f} in the diabetes data."
    )
