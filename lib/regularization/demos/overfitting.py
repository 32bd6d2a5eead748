"""Pictures of over-fitting: a polynomial that follows the noise, bias against variance, coefficients that rounding moves."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, SKY, canvas
from lib.regularization.overfitting import linear_bias_variance, prediction_matrix

__all__ = ["bias_and_variance", "powers", "rounded_longley_picture", "samples", "truth", "wiggling_polynomial"]

SIGMA = 0.25
GRID = np.linspace(-1, 1, 81)


def truth(x):
    """The curve that the polynomials look for."""
    return np.sin(3 * x) * np.exp(-0.5 * x)


@cache
def samples() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return x (15,), y (15,) and fresh targets (200,) at fresh x (200,) packed as rows."""
    rng = np.random.default_rng(4)
    x = np.sort(np.concatenate([[-0.98, 0.97], rng.uniform(-1, 1, 13)]))
    fresh = rng.uniform(-0.98, 0.97, 200)
    return x, truth(x) + SIGMA * rng.normal(size=15), np.array([fresh, truth(fresh) + SIGMA * rng.normal(size=200)])


def powers(x, degree: int) -> np.ndarray:
    """Return the columns 1, x, …, x^degree (N, degree + 1)."""
    return np.vander(x, degree + 1, increasing=True)


# ------------------------------------------------------------------------------------------- a polynomial and a penalty
@cache
def _fit(degree: int, lam: float):
    x, y, (fresh, fresh_y) = samples()
    A = powers(x, degree)
    curve, seen, unseen = (prediction_matrix(A, powers(at, degree), lam) @ y for at in (GRID, x, fresh))
    return curve, float(np.mean((seen - y) ** 2)), float(np.mean((unseen - fresh_y) ** 2))


@demo(
    degree=slider(1, 13, steps=13, start=11, label="degree"),
    lam=choice(0.0, 1e-6, 1e-4, 1e-2, 1.0, start=0.0, label="λ"),
)
def wiggling_polynomial(degree: int, lam: float) -> Picture:
    """Fit a polynomial to 15 noisy points, with a penalty λ on its coefficients: error on them, and on fresh points.

    degree : of the polynomial;  lam : λ, the price of a squared coefficient
    """
    degree = int(degree)
    x, y, _ = samples()
    curve, seen, unseen = _fit(degree, lam)
    every = [_fit(d, lam) for d in range(1, 14)]
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.5, layout=None)
    fig.subplots_adjust(left=0.07, right=0.985, top=0.9, bottom=0.15, wspace=0.2)
    left.plot(GRID, truth(GRID), color=MUTED, linewidth=1.4, linestyle="--")
    left.plot(GRID, np.clip(curve, -9, 9), color=BLUE)
    left.plot(x, y, "o", color=INK, markersize=5)
    left.set(xlim=(-1.03, 1.03), ylim=(-2.4, 2.4), xlabel="x")
    left.set_title(f"degree {degree}, λ = {say(lam)}")
    for row, colour in ((1, ORANGE), (2, GREEN)):
        right.plot(range(1, 14), [np.log10(max(e[row], 1e-4)) for e in every], color=colour)
        right.plot(degree, np.log10(max((curve, seen, unseen)[row], 1e-4)), "o", color=colour, markersize=8)
    right.text(1.2, -3.1, "orange: the 15 points\ngreen: fresh points", color=INK, fontsize=9.5)
    right.set(xlim=(0.5, 13.5), ylim=(-3.5, 2.2), xticks=[1, 5, 9, 13], yticks=[-3, -2, -1, 0, 1, 2], xlabel="degree")
    right.set_title("log₁₀ of the mean squared error")
    return Picture(
        fig,
        f"Degree {degree} with λ = {say(lam)}: mean squared error {say(seen)} on the fifteen points and {say(unseen)} on "
        f"fresh ones, where the noise alone costs {say(SIGMA**2)}.",
    )


# ---------------------------------------------------------------------------------------------------- bias and variance
LAMS = np.logspace(-6, 3, 37)


@cache
def _risk(lam: float, sigma: float, degree: int = 9) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return bias², variance and the mean prediction on the grid."""
    x = samples()[0]
    M = prediction_matrix(powers(x, degree), powers(GRID, degree), lam)
    return *linear_bias_variance(M, truth(x), truth(GRID), sigma), M @ truth(x)


@demo(
    lam=log_slider(1e-6, 1e3, steps=37, start=1e-6, label="λ"),
    sigma=choice(0.1, 0.25, 0.6, start=0.25, label="noise σ"),
)
def bias_and_variance(lam: float, sigma: float) -> Picture:
    """Move λ under a polynomial of degree 9: the mean of all possible fits, their spread, and the two errors they make.

    lam : λ;  sigma : the standard deviation of the noise in the targets
    """
    bias, variance, mean = _risk(lam, sigma)
    curves = np.array([[np.mean(part) for part in _risk(one, sigma)[:2]] for one in LAMS])
    spread = 2 * np.sqrt(variance)
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.5, layout=None)
    fig.subplots_adjust(left=0.07, right=0.985, top=0.9, bottom=0.15, wspace=0.2)
    left.fill_between(
        GRID, np.clip(mean - spread, -9, 9), np.clip(mean + spread, -9, 9), color=SKY, alpha=0.35, linewidth=0
    )
    left.plot(GRID, truth(GRID), color=INK, linewidth=1.4, linestyle="--")
    left.plot(GRID, mean, color=BLUE)
    left.set(xlim=(-1, 1), ylim=(-2.4, 2.4), xlabel="x", title="mean fit, ± 2 spreads")
    for values, colour in ((curves[:, 0], ORANGE), (curves[:, 1], PINK), (curves.sum(axis=1), INK)):
        right.plot(np.log10(LAMS), np.log10(values), color=colour, linewidth=2.6 if colour == INK else 1.8)
    total = bias.mean() + variance.mean()
    right.plot(np.log10(lam), np.log10(total), "o", color=INK, markersize=8)
    right.axvline(np.log10(lam), ymax=0.78, color=MUTED, linewidth=1)  # below the key
    right.text(-5.8, 1.85, "orange: bias²\npink: variance\nblack: sum", color=INK, fontsize=9.5, va="top")
    right.set(xlim=(-6, 3), ylim=(-4.9, 2.0), xticks=[-6, -3, 0, 3], xlabel="log₁₀ λ", title="log₁₀ of the mean error")
    best = LAMS[np.argmin(curves.sum(axis=1))]
    return Picture(
        fig,
        f"At λ = {say(lam)} the squared bias is {say(bias.mean())} and the variance {say(variance.mean())}, together "
        f"{say(total)}. The sum is least near λ = {say(best)}, where it is {say(curves.sum(axis=1).min())}.",
    )


# ------------------------------------------------------------------------------------------------- Longley, as printed
HALF_DIGITS = np.array(
    [0.05, 0.5, 0.5, 0.5, 0.5, 0.0]
)  # half a unit of each series' last printed digit; years are exact


@cache
def rounded_longley(draws: int = 100) -> np.ndarray:
    """Return the coefficients (draws, 7) of Longley's fit when every series is moved within its own rounding."""
    data, rng = datasets.longley(), np.random.default_rng(0)
    out = []
    for _ in range(draws):
        A = data.A.copy()
        A[:, 1:] += rng.uniform(-1, 1, size=data.x.shape) * HALF_DIGITS
        scale = np.linalg.norm(A, axis=0)
        out.append(np.linalg.lstsq(A / scale, data.b, rcond=None)[0] / scale)
    return np.array(out)


def rounded_longley_picture() -> Picture:
    """Show Longley's six slopes, as multiples of their certified values, when the table moves within its rounding."""
    data, found = datasets.longley(), rounded_longley()
    names = ("prices", "GNP", "unemployed", "forces", "population", "year")
    fig, ax = canvas(height=2.9)
    for row, ratios in enumerate((found / data.certified)[:, 1:].T[::-1]):
        ax.plot(ratios, np.full(len(ratios), row), "|", color=BLUE, markersize=12, alpha=0.4)
        ax.plot(1, row, "o", color=ORANGE, markersize=6)
    ax.set_yticks(range(6), names[::-1])
    ax.set(xlabel="coefficient / certified coefficient", ylim=(-0.6, 5.6))
    ratios = (found / data.certified)[:, 1]
    return Picture(
        fig,
        f"Moved within its rounding, the table gives a coefficient of prices between {ratios.min():.1f} and {ratios.max():.1f} times "
        f"the certified one.",
    )
