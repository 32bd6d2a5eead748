"""Pictures of the lasso: balls that meet ellipses, thresholds, the path, and a race of solvers."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, CYCLE, GREEN, INK, MUTED, ORANGE, SKY, canvas, name_curves
from lib.regularization.demos.ridge import SHORT
from lib.regularization.lasso import coordinate_descent, lambda_max, lasso_path, proximal_gradient, soft_threshold
from lib.regularization.overfitting import cross_validation_errors, folds, standardize

__all__ = ["balls_and_ellipses", "lasso_path_line", "solver_race", "thresholds_picture", "touching"]


# ------------------------------------------------------------------------------------------------ balls and ellipses
BEST = np.array([1.6, 1.1])  # where the loss is least
NORMS = ("ℓ1, the lasso", "ℓ2, ridge")


def _curvature(tilt: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the rotation by `tilt` degrees, and the loss's matrix of second derivatives, six times as steep across."""
    a = np.deg2rad(tilt)
    R = np.array([[np.cos(a), -np.sin(a)], [np.sin(a), np.cos(a)]])
    return R, R @ np.diag([1.0, 6.0]) @ R.T


def touching(norm: str, size: float, tilt: float) -> np.ndarray:
    """Return the point (2,) of the ball of this size with the least loss, whose ellipses are tilted by `tilt` degrees."""
    if np.abs(BEST).sum() <= size if norm == NORMS[0] else np.linalg.norm(BEST) <= size:
        return BEST
    t = np.linspace(0, 2 * np.pi, 14401)
    ring = np.array([np.cos(t), np.sin(t)])
    ring = size * ring / (np.abs(ring).sum(axis=0) if norm == NORMS[0] else 1.0)
    away = ring - BEST[:, None]
    found = ring[:, np.argmin(np.einsum("in,ij,jn->n", away, _curvature(tilt)[1], away))]
    return np.where(np.abs(found) < 1e-3 * size, 0.0, found)


@demo(
    norm=choice(*NORMS, label="ball"),
    size=slider(0.3, 2.7, steps=13, start=1.1, label="size of the ball"),
    angle=slider(-60, 60, steps=7, start=-20, label="tilt", unit="°"),
)
def balls_and_ellipses(norm: str, size: float, angle: float) -> Picture:
    """Grow an ellipse of equal loss until it meets the ball of allowed coefficients: at a corner, or beside it.

    norm : which ball;  size : its radius;  angle : the direction of the ellipses' long axis, in degrees
    """
    R, H = _curvature(angle)
    w = touching(norm, size, angle)
    t = np.linspace(0, 2 * np.pi, 181)
    circle = np.array([np.cos(t), np.sin(t)])
    fig, ax = canvas(width=5.4, height=4.9, layout=None)
    fig.subplots_adjust(left=0.1, right=0.98, top=0.92, bottom=0.12)
    if norm == NORMS[0]:
        ball = size * np.array([[1, 0, -1, 0, 1], [0, 1, 0, -1, 0]])
    else:
        ball = size * circle
    ax.fill(*ball, color=SKY, alpha=0.3, linewidth=0)
    ax.plot(*ball, color=BLUE)
    level = (w - BEST) @ H @ (w - BEST)
    for share in (0.2, 0.6, 1.0):
        ring = BEST[:, None] + R @ (np.sqrt(share * level / np.array([1.0, 6.0]))[:, None] * circle)
        ax.plot(*ring, color=ORANGE, linewidth=2.2 if share == 1 else 1.0)
    ax.plot(*BEST, "+", color=ORANGE, markersize=11, markeredgewidth=2)
    ax.plot(*w, "o", color=INK, markersize=8, zorder=5)
    ax.axhline(0, color=MUTED, linewidth=0.8)
    ax.axvline(0, color=MUTED, linewidth=0.8)
    ax.set(xlim=(-2.1, 3.3), ylim=(-2.1, 2.9), aspect="equal", xlabel="w₁", ylabel="w₂")
    ax.set_title(f"w = ({say(w[0])}, {say(w[1])})")
    ax.text(0.7, 1.03, "the budget", color=BLUE, ha="right", transform=ax.transAxes)
    ax.text(1.0, 1.03, "equal error", color=ORANGE, ha="right", transform=ax.transAxes)
    zeros = [name for name, value in zip(("w₁", "w₂"), w, strict=True) if value == 0]
    told = f"{zeros[0]} is exactly 0: they meet at a corner" if zeros else "neither coefficient is 0"
    if (w == BEST).all():
        told = "the ball is large enough to hold the least-squares answer itself"
    return Picture(
        fig,
        f"Within the {norm.split(',')[0]} ball of size {say(size)}, the best is w = ({say(w[0])}, {say(w[1])}); {told}.",
    )


def thresholds_picture() -> Picture:
    """Show what becomes of a least-squares coefficient z: kept or dropped, ridge, and the lasso, for orthonormal columns."""
    z = np.linspace(-3, 3, 601)
    fig, panels = canvas(1, 3, width=6.4, height=2.5, sharey=True)
    rows = (
        ("best subset", np.where(np.abs(z) > np.sqrt(2), z, np.nan), ORANGE),
        ("ridge, λ = 1", z / 2, GREEN),
        ("lasso, λ = 1", soft_threshold(z, 1.0), BLUE),
    )
    for ax, (name, w, colour) in zip(panels, rows, strict=True):
        ax.plot(z, z, color=MUTED, linewidth=1, linestyle="--")
        ax.plot(z, w, color=colour)
        if name == "best subset":
            ax.plot([-np.sqrt(2), np.sqrt(2)], [0, 0], color=colour)
        ax.set(title=name, xlabel="z", xlim=(-3, 3), ylim=(-3, 3), aspect="equal", xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    panels[0].set_ylabel("coefficient w")
    return Picture(
        fig,
        "Best subset drops a z below √2 in size and keeps the rest as it is; ridge halves every z; the lasso takes 1 off "
        "each and stops at 0.",
    )


# ------------------------------------------------------------------------------------------------------- the path
@cache
def _patients():
    data = datasets.diabetes()
    Z, _, _ = standardize(data.X)
    y = data.y - data.y.mean()
    lams = lambda_max(Z, y) * np.logspace(0, -3, 41)
    parts = folds(len(y), 10)
    scores = [_left_out(Z, y, float(lam), parts) for lam in lams]
    return Z, y, lams, lasso_path(Z, y, lams), np.array(scores)


def _left_out(Z, y, lam: float, parts) -> float:
    """Root mean square error of 10-fold cross-validation; λ scales with the number of samples that are left."""
    share = 1 - 1 / len(parts)
    errors = cross_validation_errors(lambda A, b: lasso_path(A, b, [share * lam])[0], Z, y, parts)
    return float(np.sqrt(np.mean(errors**2)))


@demo(step=slider(0, 40, steps=41, start=14, label="place of the line"))
def lasso_path_line(step: int) -> Picture:
    """Drag a line along the lasso's path on 442 patients, from λ_max, where all coefficients are 0, to a thousandth of it.

    step : place on a logarithmic grid of 41 λ
    """
    step = int(step)
    _, _, lams, W, scores = _patients()
    names, x = SHORT["diabetes"], np.log10(lams / lams[0])
    fig, (top, low) = canvas(2, 1, width=6.2, height=5.8, layout=None, gridspec_kw={"height_ratios": (1.9, 1)})
    fig.subplots_adjust(left=0.12, right=0.83, top=0.98, bottom=0.1, hspace=0.3)
    for j, name in enumerate(names):
        colour = CYCLE[j % 6]
        top.plot(x, W[:, j], color=colour, linewidth=1.8, linestyle="-" if j < 6 else "--", label=name)
        if W[step, j]:
            top.plot(x[step], W[step, j], "o", color=colour, markersize=5)
    top.axvline(x[step], color=MUTED, linewidth=1)
    top.set(xlim=(0, -3), ylim=(-42, 40), ylabel="coefficient (standardised)", xlabel="λ / λ_max")
    name_curves(top)
    low.plot(x, scores, color=BLUE)
    low.plot(x[step], scores[step], "o", color=BLUE, markersize=7)
    low.axvline(x[step], color=MUTED, linewidth=1)
    low.set(xlim=(0, -3), ylim=(52, 80), yticks=[55, 65, 75], ylabel="error left out", xlabel="λ / λ_max")
    for ax in (top, low):
        ax.set_xticks([0, -1, -2, -3], ["1", "0.1", "0.01", "0.001"])
    used = [names[j] for j in np.argsort(-np.abs(W[step])) if W[step, j]]
    told = (
        f"{len(used)} of 10 coefficients are not 0, the largest {', '.join(used[:3])}"
        if used
        else "every coefficient is 0"
    )
    return Picture(fig, f"At λ = {say(lams[step] / lams[0])} λ_max {told}; error left out {scores[step]:.1f} points.")


# ------------------------------------------------------------------------------------------------- a race of solvers
@cache
def _race(correlation: float, share: float) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(1)
    N, D = 100, 60
    common = rng.normal(size=(N, 1))
    A = np.sqrt(1 - correlation) * rng.normal(size=(N, D)) + np.sqrt(correlation) * common
    w = np.zeros(D)
    w[rng.choice(D, 8, replace=False)] = 2 * rng.normal(size=8)
    y = A @ w + rng.normal(size=N)
    lam = share * lambda_max(A, y)
    run = {
        "coordinate descent": coordinate_descent(A, y, lam, passes=200),
        "FISTA": proximal_gradient(A, y, lam, passes=200),
        "ISTA": proximal_gradient(A, y, lam, passes=200, momentum=False),
    }
    return {name: found.gaps / (0.5 * (y @ y)) for name, found in run.items()}


@demo(
    correlation=choice(0.0, 0.5, 0.9, 0.99, start=0.5, label="correlation of the columns"),
    share=choice(0.3, 0.1, 0.01, start=0.1, label="λ / λ_max"),
)
def solver_race(correlation: float, share: float) -> Picture:
    """Watch the duality gap close, pass by pass, for three solvers on 100 samples and 60 columns.

    correlation : between any two columns;  share : λ as a share of the λ at which everything is 0
    """
    gaps = _race(correlation, share)
    fig, ax = canvas(width=6.2, height=3.8, layout=None)
    fig.subplots_adjust(left=0.125, right=0.97, top=0.85, bottom=0.15)
    for row, ((name, gap), colour) in enumerate(zip(gaps.items(), (BLUE, GREEN, ORANGE), strict=True)):
        ax.plot(np.log10(np.maximum(gap, 1e-11)), color=colour)
        at = min(len(gap) - 1, 200)
        ax.plot(at, np.log10(max(gap[at], 1e-11)), "o", color=colour, markersize=6, clip_on=False)
        ax.text((0, 95, 150)[row], 1.0, name, color=colour, va="bottom")
    ax.axhline(-10, color=MUTED, linewidth=1, linestyle="--")
    ax.set(xlim=(0, 200), ylim=(-11.2, 0.8), xlabel="passes over the data", ylabel="duality gap (relative)")
    ax.set_yticks([-10, -8, -6, -4, -2, 0], ["10⁻¹⁰", "10⁻⁸", "10⁻⁶", "10⁻⁴", "0.01", "1"])
    told = ", ".join(
        f"{name} {len(gap) - 1}" if gap[-1] <= 1e-10 else f"{name} more than 200" for name, gap in gaps.items()
    )
    return Picture(fig, f"Correlation {say(correlation)}, λ = {say(share)} λ_max. Passes to a gap of 10⁻¹⁰: {told}.")
