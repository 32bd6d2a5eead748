"""Pictures of over-fitting: a polynomial that follows the noise, bias against variance, coefficients that rounding moves."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, SKY, canvas, name_curves
from lib.regularization.overfitting import interpolation_risk, linear_bias_variance, prediction_matrix

__all__ = [
    "bias_and_variance",
    "peak_at_interpolation",
    "powers",
    "rounded_longley",
    "rounded_longley_picture",
    "samples",
    "truth",
    "wiggling_polynomial",
]

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
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.09, right=0.915, top=0.9, bottom=0.16, wspace=0.38)
    left.plot(GRID, truth(GRID), color=MUTED, linewidth=1.4, linestyle="--")
    left.plot(GRID, np.clip(curve, -9, 9), color=BLUE)
    left.plot(x, y, "o", color=INK, markersize=5)
    left.set(xlim=(-1.03, 1.03), ylim=(-2.4, 2.4), xticks=[-1, 0, 1], yticks=[-2, -1, 0, 1, 2], xlabel="x")
    left.set_ylabel("y", labelpad=-3)
    left.set_title(f"degree {degree}, λ = {say(lam)}")
    left.text(-0.95, 2.05, "truth (dashes)", color=MUTED, va="center")
    left.text(-0.95, 1.6, "fit", color=BLUE, va="center")
    for row, colour, name in ((1, ORANGE, "seen"), (2, GREEN, "fresh")):
        errors = np.log10([max(e[row], 1e-4) for e in every])
        right.plot(range(1, 14), np.minimum(errors, 2.15), "o-", color=colour, markersize=3.5, label=name)
        right.plot(degree, min(errors[degree - 1], 2.15), "o", color=colour, markersize=9)
    right.set(xlim=(0.5, 13.5), ylim=(-2.3, 2.2), xticks=[1, 5, 9, 13], xlabel="degree")
    right.set_yticks([-2, -1, 0, 1, 2], ["0.01", "0.1", "1", "10", "100"])
    right.set_ylabel("mean squared error", labelpad=-1)
    name_curves(right)
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
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.09, right=0.865, top=0.9, bottom=0.16, wspace=0.42)
    left.fill_between(
        GRID, np.clip(mean - spread, -9, 9), np.clip(mean + spread, -9, 9), color=SKY, alpha=0.35, linewidth=0
    )
    left.plot(GRID, truth(GRID), color=INK, linewidth=1.4, linestyle="--")
    left.plot(GRID, mean, color=BLUE)
    left.set(xlim=(-1, 1), ylim=(-2.4, 2.4), xticks=[-1, 0, 1], yticks=[-2, -1, 0, 1, 2], xlabel="x")
    left.set_ylabel("y", labelpad=-3)
    left.set_title("mean fit ± 2 spreads")
    left.text(-0.95, 2.05, "truth (dashes)", color=INK, va="center")
    left.text(-0.95, 1.6, "mean fit", color=BLUE, va="center")
    for values, colour, name in (
        (curves[:, 0], ORANGE, "bias²"),
        (curves[:, 1], PINK, "variance"),
        (curves.sum(axis=1), INK, "sum"),
    ):
        right.plot(np.log10(LAMS), np.log10(values), color=colour, linewidth=2.6 if colour == INK else 1.8, label=name)
    total = bias.mean() + variance.mean()
    right.plot(np.log10(lam), np.log10(total), "o", color=INK, markersize=8)
    right.axvline(np.log10(lam), color=MUTED, linewidth=1)
    right.set(xlim=(-6, 3), ylim=(-4.9, 2.0), xlabel="λ")
    right.set_xticks([-6, -3, 0, 3], ["10⁻⁶", "10⁻³", "1", "10³"])
    right.set_yticks([-4, -2, 0, 2], ["10⁻⁴", "10⁻²", "1", "10²"])
    right.set_ylabel("mean squared error", labelpad=1)
    name_curves(right)
    best = LAMS[np.argmin(curves.sum(axis=1))]
    return Picture(
        fig,
        f"At λ = {say(lam)} the squared bias is {say(bias.mean())} and the variance {say(variance.mean())}, together "
        f"{say(total)}. The sum is least near λ = {say(best)}, where it is {say(curves.sum(axis=1).min())}.",
    )


# ----------------------------------------------------------------------------------------- the peak at interpolation
ROWS, FEATURES, NOISE = 40, 100, 0.2  # samples, features that the targets are made of, and the targets' own noise
USED = np.array([1, 2, 4, 6, *range(8, 37, 2), 37, 38, 39, 40, 41, 42, 43, *range(44, 101, 4)])
SIGNALS = ("in all features alike", "in the first few")


def shares(signal: str) -> np.ndarray:
    """Return the squared coefficients (100,) of the features, whose sum is 1."""
    squares = np.ones(FEATURES) if signal == SIGNALS[0] else 1 / np.arange(1, FEATURES + 1) ** 2
    return squares / squares.sum()


@cache
def _squares(draws: int = 50) -> tuple[np.ndarray, ...]:
    """Return for each p of `USED` the squared singular values (draws, min(40, p)) of random tables of 40 rows."""
    rng = np.random.default_rng(0)
    return tuple(np.linalg.svd(rng.normal(size=(draws, ROWS, p)), compute_uv=False) ** 2 for p in USED)


def _ridge_risk(lam, signal: str) -> np.ndarray:
    """Return ridge's mean squared error on fresh samples for each p of `USED`; lam one number, or one for each p.

    All directions are alike to normal features, so that only the singular values of the tables matter.
    """
    out = []
    for p, one, squares in zip(USED, np.broadcast_to(lam, USED.shape), _squares(), strict=True):
        used = shares(signal)[:p].sum()
        left = 1 - used + NOISE**2  # features that are not used are noise to the others
        lost = np.sum((one / (squares + one)) ** 2, axis=1) + max(p - ROWS, 0)
        out.append(left + used * lost.mean() / p + left * np.sum(squares / (squares + one) ** 2, axis=1).mean())
    return np.array(out)


@cache
def _best_risk(signal: str) -> np.ndarray:
    """The risk of ridge with the best λ for each p: noise over signal, as the prior opinion says."""
    used = np.cumsum(shares(signal))[USED - 1]
    return _ridge_risk(USED * (1 - used + NOISE**2) / used, signal)


@demo(
    lam=choice(0.1, 1.0, 10.0, 30.0, 100.0, start=0.1, label="λ of ridge"),
    signal=choice(*SIGNALS, label="what matters is"),
)
def peak_at_interpolation(lam: float, signal: str) -> Picture:
    """Fit p of 100 features to 40 samples: the error on fresh samples peaks at p = 40, and falls again beyond.

    lam : ridge's λ, beside the shortest least-squares fit;  signal : how the coefficients are spread over the features
    """
    p = np.array([*range(1, 39), *range(42, 101)], dtype=float)
    used = np.cumsum(shares(signal))[p.astype(int) - 1]
    plain = np.array(
        [interpolation_risk(ROWS, int(n), u, max(1 - u, 0.0), NOISE) for n, u in zip(p, used, strict=True)]
    )
    priced, best = _ridge_risk(lam, signal), _best_risk(signal)
    fig, ax = canvas(width=6.2, height=3.8, layout=None)
    fig.subplots_adjust(left=0.1, right=0.8, top=0.91, bottom=0.16)
    # between 38 and 42 features the mean is infinite, and the curve leaves the picture
    ax.plot(np.insert(p, 38, 40), np.insert(np.minimum(plain, 9), 38, 9), color=ORANGE, label="shortest fit")
    ax.plot(USED, best, "--", color=GREEN, linewidth=1.6, label="best λ")
    ax.plot(USED, priced, "o-", color=BLUE, markersize=3.5, label=f"λ = {say(lam)}")
    ax.axvline(ROWS, color=MUTED, linewidth=1, linestyle="--")
    ax.set(xlim=(0, 100), ylim=(0, 4), xticks=[0, 20, 40, 60, 80, 100], yticks=[0, 1, 2, 3, 4])
    ax.set(xlabel="features used, p (of 100, for 40 samples)", ylabel="mean squared error", title="on fresh samples")
    name_curves(ax)
    left, right = plain[p < ROWS], plain[p > ROWS]
    few, many = int(p[p < ROWS][left.argmin()]), int(p[p > ROWS][right.argmin()])
    return Picture(
        fig,
        f"The error of the shortest fit is {say(left.min())} with {few} of 100 features, {say(plain[p == 38][0])} with 38 and "
        f"{say(right.min())} with {many}; ridge with λ = {say(lam)} has at most {say(priced.max())}, and with the best λ for each "
        f"number of features {say(best.max())}.",
    )


# ------------------------------------------------------------------------------------------------- Longley, as printed
# half a unit of each series' last printed digit; years are exact
HALF_DIGITS = np.array([0.05, 0.5, 0.5, 0.5, 0.5, 0.0])


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
