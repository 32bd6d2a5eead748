"""Pictures of conditioning: closing columns, powers that look alike, the four condition numbers."""

from __future__ import annotations

import math
from functools import cache

import numpy as np
from matplotlib.patches import Ellipse

from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say, superscript
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, SKY, canvas, name_curves
from lib.least_squares.conditioning import condition_number, least_squares_conditioning
from lib.least_squares.squeeze import squeeze_condition, squeeze_matrix, squeeze_singular_values, squeeze_solve

__all__ = ["basis_condition", "closing_columns", "four_conditions_picture", "squeeze_picture", "tilted_target"]

W = np.array([1.0, 1.0]) / np.sqrt(2)  # the coefficients every state of the signature demo starts from


# ------------------------------------------------------------------------------------------------ closing columns
@demo(
    eps=log_slider(1e-8, 1.0, steps=17, start=0.1, label="ε"),
    direction=slider(0, 90, steps=4, start=90, label="direction of δb", unit="°"),
    size=log_slider(1e-3, 1e-1, steps=3, start=1e-2, label="size of δb / b"),
)
def closing_columns(eps: float, direction: float, size: float) -> Picture:
    """Squeeze the plane: the unit circle and its image, a disturbed target, and the solution's jump.

    eps : the gap between the columns (1, 1) and (1, 1 + ε);  direction : the angle in degrees between δb and the image's
    long axis;  size : ‖δb‖/‖b‖
    """
    smallest = squeeze_singular_values(eps)[1]
    (a11, a12), (a21, a22) = squeeze_matrix(eps)
    b = ((a11 + a12) / math.sqrt(2), (a21 + a22) / math.sqrt(2))  # A w, with w = (1, 1)/√2
    angle, length = math.radians(direction), size * math.hypot(*b)
    (along_x, along_y), (across_x, across_y) = _axes(eps)
    step = (
        length * (math.cos(angle) * along_x + math.sin(angle) * across_x),
        length * (math.cos(angle) * along_y + math.sin(angle) * across_y),
    )
    jump = squeeze_solve(eps, step)  # A is linear: δw solves A δw = δb
    moved = math.hypot(*jump)  # ‖w‖ = 1, so this is the relative jump
    kappa, bound = squeeze_condition(eps), math.hypot(*b) / smallest * size  # eq-rhs-condition: ‖A⁺‖ ‖b‖/‖w‖

    def draw():
        fig, (before, after, ladder) = _squeeze_canvas()
        _draw_coefficients(before, np.array(jump), moved)
        _draw_targets(after, eps, np.array(squeeze_matrix(eps)), np.array(b), np.array(step))
        _draw_ladder(ladder, size, moved, bound)
        ladder.set_xlabel(f"relative changes, κ = {say(kappa)}")
        return fig

    return Picture(
        draw,
        f"With ε = {say(eps)}, κ = {say(kappa)}. A change of b by {say(100 * size)} % at {direction:.0f}° moves w by "
        f"{say(moved)} of its length: magnified {say(moved / size)} times, where the bound allows {say(bound / size)}.",
    )


def squeeze_picture() -> Picture:
    """Show the image of the unit circle for three gaps between the columns, side by side."""
    fig, panels = canvas(1, 3, width=6.4, height=2.8, sharey=True)
    for ax, eps in zip(panels, (1.0, 0.3, 0.03), strict=True):
        _draw_image(ax, eps, np.array(squeeze_matrix(eps)))
        ax.set_title(f"ε = {eps:g}, κ = {squeeze_condition(eps):.3g}")
        ax.set(xlim=(-2.1, 2.1), ylim=(-2.3, 2.6), aspect="equal", xticks=[-2, 0, 2], yticks=[-2, 0, 2], xlabel="b₁")
    panels[0].set_ylabel("b₂")
    kappas = ", ".join(f"{squeeze_condition(eps):.3g}" for eps in (1.0, 0.3, 0.03))
    return Picture(fig, f"As ε falls from 1 to 0.3 and 0.03, the circle's image thins to a needle: κ = {kappas}.")


def _axes(eps: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the unit vectors of the image ellipse's long and short axis (A is symmetric: its eigenvectors)."""
    slope = squeeze_singular_values(eps)[0] - 1.0  # from the first row of (A − σ₁I)v = 0
    length = math.hypot(1.0, slope)
    return (1.0 / length, slope / length), (-slope / length, 1.0 / length)


def _squeeze_canvas():
    fig, (before, after) = canvas(1, 2, width=6.4, height=5.6, layout=None)
    before.set_position((0.085, 0.44, 0.405, 0.405 * 6.4 / 5.6))
    after.set_position((0.585, 0.44, 0.405, 0.405 * 6.4 / 5.6))
    ladder = fig.add_axes((0.16, 0.11, 0.815, 0.17))
    for ax, title, letter in ((before, "coefficients w", "w"), (after, "targets b = Aw", "b")):
        ax.set_title(title)
        ax.set_xlabel(f"{letter}₁", labelpad=0)
        ax.set_ylabel(f"{letter}₂", labelpad=-6)
        ax.set(xlim=(-2.4, 2.4), ylim=(-2.4, 2.4), xticks=[-2, 0, 2], yticks=[-2, 0, 2])
    return fig, (before, after, ladder)


def _draw_coefficients(ax, jump: np.ndarray, moved: float) -> None:
    """The unit circle, w, and the jump to w + δw, cut at the frame where it leaves the picture."""
    ax.add_patch(Ellipse((0, 0), 2, 2, fill=False, edgecolor=BLUE, linewidth=2))
    reach = min(1.0, _room(W, jump))
    ax.annotate("", W + reach * jump, W, arrowprops={"arrowstyle": "-|>", "color": PINK, "linewidth": 2})
    ax.plot(*W, "o", color=INK, markersize=6)
    ax.annotate("w", W, xytext=(8, 4), textcoords="offset points", color=INK)
    text = f"jump {say(moved)} × ‖w‖" + ("" if reach == 1.0 else ", outside")
    ax.text(-2.3, -2.25, text, fontsize=11.7)


def _room(start: np.ndarray, step: np.ndarray, half: float = 2.4) -> float:
    """Return the share of `step` that fits from `start` to the frame at ±`half`."""
    with np.errstate(divide="ignore"):
        shares = (half * np.sign(step) - start) / np.where(step == 0, np.inf, step)
    return float(min(np.where(step == 0, np.inf, shares)))


def _draw_image(ax, eps: float, A: np.ndarray) -> None:
    """The image of the unit circle and the two columns of A."""
    long_axis, _ = _axes(eps)
    largest, smallest = squeeze_singular_values(eps)
    tilt = np.rad2deg(np.arctan2(long_axis[1], long_axis[0]))
    ax.add_patch(Ellipse((0, 0), 2 * largest, 2 * smallest, angle=tilt, facecolor=BLUE, alpha=0.15))
    ax.add_patch(Ellipse((0, 0), 2 * largest, 2 * smallest, angle=tilt, fill=False, edgecolor=BLUE, linewidth=2))
    for column, colour in zip(A.T, (ORANGE, GREEN), strict=True):
        ax.annotate("", column, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.2})


def _name_columns(ax, A: np.ndarray) -> None:
    for column, name, place in zip(A.T, ("a₁", "a₂"), ((6, -12), (-16, 4)), strict=True):
        ax.annotate(name, column, xytext=place, textcoords="offset points", color=INK)


def _draw_targets(ax, eps: float, A: np.ndarray, b: np.ndarray, step: np.ndarray) -> None:
    """The squeezed image, the columns, b and the disturbance, drawn as long as can be seen."""
    _draw_image(ax, eps, A)
    _name_columns(ax, A)
    drawn = 0.7 * step / np.linalg.norm(step)
    ax.annotate("", b + drawn, b, arrowprops={"arrowstyle": "-|>", "color": PINK, "linewidth": 2})
    ax.plot(*b, "o", color=INK, markersize=6)
    ax.annotate("b", b, xytext=(6, -14), textcoords="offset points", color=INK)
    ax.text(2.3, -2.25, "δb, drawn larger", color=PINK, ha="right")


def _draw_ladder(ax, size: float, moved: float, bound: float) -> None:
    """The three relative changes on one logarithmic line: put in, came out, could have come out."""
    for row, (value, colour, name) in enumerate(((bound, SKY, "bound"), (moved, PINK, "of w"), (size, INK, "of b"))):
        ax.barh(row, np.log10(value) + 4, left=-4, color=colour, height=0.62)
        ax.text(np.log10(value) + 0.15, row, say(value), va="center", color=INK)
        ax.text(-4.2, row, name, ha="right", va="center", color=INK)
    ax.set(xlim=(-4, 10.2), ylim=(-0.6, 2.6), yticks=[])
    ax.set_xticks(range(-4, 9, 2), [f"10{superscript(k)}" for k in range(-4, 9, 2)])
    ax.spines["left"].set_visible(False)
    ax.grid(axis="y", visible=False)


# ------------------------------------------------------------------------------------------ powers that look alike
BASES = ("powers of x in [0, 10]", "powers of x in [−1, 1]", "Chebyshev polynomials")
SHORT = dict(zip(BASES, ("x in [0, 10]", "x in [−1, 1]", "Chebyshev"), strict=True))


@demo(
    degree=slider(1, 15, steps=15, start=6, label="degree"),
    basis=choice(*BASES, label="columns"),
)
def basis_condition(degree: int, basis: str) -> Picture:
    """Show the columns of a polynomial fit on 60 points and κ of the matrix, for three ways to write the same space."""
    degree = int(degree)
    t = np.linspace(-1, 1, 60)
    A = _basis(basis, degree)
    kappas = {name: [condition_number(_basis(name, d)) for d in range(1, 16)] for name in BASES}
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.4, layout=None)
    left.set_position((0.12, 0.16, 0.27, 0.74))
    right.set_position((0.5, 0.16, 0.29, 0.74))
    for k, column in enumerate(A.T):
        shade = 0.35 + 0.65 * (k + 1) / (degree + 1)
        left.plot(t, column / np.abs(column).max(), color=BLUE, alpha=shade, linewidth=1.4)
    left.set(xlim=(-1, 1), ylim=(-1.08, 1.08), yticks=[-1, 0, 1], xlabel="place of x in its range")
    left.set_ylabel("columns, scaled to 1", labelpad=-4)
    for name, colour in zip(BASES, (ORANGE, GREEN, BLUE), strict=True):
        right.plot(range(1, 16), np.log10(kappas[name]), color=colour, linewidth=2.4 if name == basis else 1.2,
                   label=SHORT[name])  # fmt: skip
    right.plot(degree, np.log10(kappas[basis][degree - 1]), "o", color=INK, markersize=7)
    right.axhline(-np.log10(np.finfo(float).eps), color=MUTED, linewidth=1, linestyle="--")
    right.text(0.8, 16.2, "no digit left")
    right.set(xlim=(0.5, 15.5), ylim=(0, 20), yticks=[0, 5, 10, 15, 20], xticks=[1, 5, 10, 15], xlabel="degree")
    right.set_ylabel("log₁₀ κ(A)")
    name_curves(right)
    kappa = kappas[basis][degree - 1]
    words = f"Degree {degree} with {basis}: κ(A) = {say(kappa)}, so about {np.log10(kappa):.1f} digits are lost."
    return Picture(fig, words)


@cache
def _basis(basis: str, degree: int) -> np.ndarray:
    t = np.linspace(-1, 1, 60)
    if basis == BASES[2]:
        return np.polynomial.chebyshev.chebvander(t, degree)
    return np.vander(t if basis == BASES[1] else 5 * (t + 1), degree + 1, increasing=True)


# ------------------------------------------------------------------------------------- the four condition numbers
@demo(
    theta=slider(0.0, 80.0, steps=9, start=30.0, label="θ, from b to range(A)", unit="°"),
    kappa=log_slider(1.0, 1e4, steps=5, start=1e2, label="κ(A)"),
)
def tilted_target(theta: float, kappa: float) -> Picture:
    """Tilt b away from the columns: how the coefficients answer to b, and how to A, as the residual grows."""
    angles = np.concatenate([[0], np.geomspace(1e-3, 1, 25), np.arange(2, 81, 2)])
    found = [_tilted(angle, kappa) for angle in angles]
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.12, right=0.8, top=0.96, bottom=0.16)
    ax.plot(angles, [np.log10(one.w_b) for one in found], color=BLUE, label="to b")
    ax.plot(angles, [np.log10(one.w_A) for one in found], color=ORANGE, label="to A, at most")
    here = _tilted(theta, kappa)
    for value, colour in ((here.w_b, BLUE), (here.w_A, ORANGE)):
        ax.plot(theta, np.log10(value), "o", color=colour, markersize=8, clip_on=False, zorder=5)
    for power, name in ((1, "κ"), (2, "κ²")) if kappa > 1 else ((1, "κ = κ² = 1"),):
        ax.axhline(power * np.log10(kappa), color=MUTED, linewidth=1, linestyle="--")
        ax.text(60, power * np.log10(kappa) - 0.15, name, ha="right", va="top")
    ax.set(xlim=(0, 80), ylim=(-0.9, 9.5), xlabel="angle θ between b and range(A), in degrees")
    ax.set_ylabel("log₁₀ condition number of w")
    name_curves(ax)
    words = (
        f"At θ = {theta:.0f}° and κ = {say(kappa)}, the coefficients' condition number is {say(here.w_b)} for changes of b "
        f"and at most {say(here.w_A)} for changes of A."
    )
    return Picture(fig, words)


def four_conditions_picture(A, b) -> Picture:
    """Show the four condition numbers of one problem as bars on a logarithmic scale."""
    found = least_squares_conditioning(A, b)
    bars = (
        ("fit ← b", found.y_b),
        ("fit ← A", found.y_A),
        ("coefficients ← b", found.w_b),
        ("coefficients ← A", found.w_A),
    )
    fig, ax = canvas(height=2.6)
    for row, (name, value) in enumerate(reversed(bars)):
        ax.barh(row, np.log10(value), color=BLUE if "fit" in name else ORANGE, height=0.6)
        ax.text(np.log10(value) + 0.1, row, say(value), va="center", color=INK)
    ax.set_yticks(range(4), [name for name, _ in reversed(bars)])
    ax.set(xlabel="log₁₀ of the condition number", xlim=(0, np.log10(max(v for _, v in bars)) * 1.2 + 0.5))
    told = "; ".join(f"{name.replace('←', 'from')}: {say(value)}" for name, value in bars)
    return Picture(fig, f"The condition numbers of this problem: {told}.")


@cache
def _tilted(theta: float, kappa: float):
    """Return the conditioning of a 3 × 2 problem with the given κ, η = 1 (the fit lies along the strongest direction), and b tilted by θ."""
    A = np.array([[kappa, 0.0], [0.0, 1.0], [0.0, 0.0]])
    fit = np.array([1.0, 0.0, 0.0])
    angle = np.deg2rad(theta)
    return least_squares_conditioning(A, np.cos(angle) * fit + np.sin(angle) * np.array([0.0, 0.0, 1.0]))
