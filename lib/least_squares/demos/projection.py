"""Pictures of projection: a shadow and its right angle, a line of solutions, a threshold that jumps."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas
from lib.least_squares.pseudoinverse import least_norm, projection, pseudoinverse

__all__ = ["jumping_inverse_picture", "minimum_norm", "moving_target", "projection_picture"]

PLANE = np.array([[1.0, 0.0], [0.0, 1.0], [0.25, 0.15]])  # two columns in space: a slightly tilted plane
VIEW = np.array([[0.92, -0.55, 0.0], [0.18, 0.32, 0.98]])  # (2, 3): how space is drawn on paper


# ------------------------------------------------------------------------------------------- a plane and a shadow
@demo(
    turn=slider(0, 330, steps=12, start=30, label="direction of b", unit="°"),
    height=slider(0.0, 1.6, steps=9, start=1.0, label="height of b above the plane"),
)
def moving_target(turn: float, height: float) -> Picture:
    """Move b over the plane that the columns span: the fit is its shadow, the residual stands upright.

    turn : the direction in which b leans, in degrees;  height : ‖r‖, the length of the residual
    """
    fit = PLANE @ (1.3 * np.array([np.cos(np.deg2rad(turn)), np.sin(np.deg2rad(turn))]))
    b = fit + height * _normal()
    fig, ax = canvas(width=5.6, height=4.0, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    _draw_plane(ax)
    _draw_target(ax, b, fit)
    share = float(fit @ fit / (b @ b))
    words = (
        f"The fit is {np.linalg.norm(fit):.2f} long, the residual {height:.2f}: squared they add up to ‖b‖² = {b @ b:.2f}, "
        f"of which the columns explain {100 * share:.0f} %."
    )
    return Picture(fig, words)


def projection_picture() -> Picture:
    """Show b, its projection Aw on the plane of the columns, and two other points of the plane, which are farther."""
    b = np.array([0.9, 0.9, 1.5])
    fit = projection(PLANE) @ b
    fig, ax = canvas(width=5.6, height=4.0, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    _draw_plane(ax)
    others = [PLANE @ np.array(w) for w in ((-0.4, 1.6), (1.5, -0.9))]
    for other in others:
        ax.plot(*np.transpose([VIEW @ b, VIEW @ other]), color=MUTED, linewidth=1.2, linestyle="--")
        ax.plot(*(VIEW @ other), "o", color=MUTED, markersize=5)
    _draw_target(ax, b, fit)
    distances = [np.linalg.norm(b - point) for point in (fit, *others)]
    words = f"The foot of the perpendicular is {distances[0]:.2f} from b; the two other points {distances[1]:.2f} and {distances[2]:.2f}."
    return Picture(fig, words)


@cache
def _normal() -> np.ndarray:
    """Return the unit vector at right angles to the plane, pointing up."""
    n = np.cross(PLANE[:, 0], PLANE[:, 1])
    return n / np.linalg.norm(n)


def _draw_plane(ax) -> None:
    corners = np.array([[-1.8, -1.8], [1.8, -1.8], [1.8, 1.8], [-1.8, 1.8]])
    ax.fill(*(VIEW @ PLANE @ corners.T), color=BLUE, alpha=0.13, linewidth=0)
    for column, colour, name, place in zip(PLANE.T, (ORANGE, GREEN), ("a₁", "a₂"), ((4, -13), (-16, 5)), strict=True):
        ax.annotate("", VIEW @ column, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})
        ax.annotate(name, VIEW @ column, xytext=place, textcoords="offset points", color=INK)
    ax.set(xlim=(-3.0, 3.0), ylim=(-1.75, 2.55))
    ax.set_axis_off()


def _draw_target(ax, b: np.ndarray, fit: np.ndarray) -> None:
    """b, its fit, the residual between them, and the mark of a right angle."""
    for point, colour in ((b, INK), (fit, BLUE)):
        ax.annotate("", VIEW @ point, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.2})
    ax.plot(*np.transpose([VIEW @ fit, VIEW @ b]), color=PINK, linewidth=2.2)
    if np.linalg.norm(b - fit) > 0.25:
        up, back = 0.14 * _normal(), -0.14 * fit / np.linalg.norm(fit)
        ax.plot(
            *np.transpose([VIEW @ (fit + up), VIEW @ (fit + up + back), VIEW @ (fit + back)]), color=PINK, linewidth=1.2
        )
    away = (VIEW @ fit)[0] < 0  # names stand on the side that the arrows do not come from
    ax.annotate("b", VIEW @ b, xytext=(-14 if away else 6, 4), textcoords="offset points", color=INK)
    ax.annotate("Aw", VIEW @ fit, xytext=(-26 if away else 7, -11), textcoords="offset points", color=BLUE)
    middle = VIEW @ (fit + (b - fit) / 2)
    ax.annotate("r", middle, xytext=(-11 if away else 5, -2), textcoords="offset points", color=INK)


# ----------------------------------------------------------------------------------------------- many solutions
@demo(
    along=slider(-2.0, 2.0, steps=17, start=1.0, label="step along the null space"),
    slope=slider(0.5, 2.0, steps=4, start=0.5, label="ratio of the two features"),
)
def minimum_norm(along: float, slope: float) -> Picture:
    """One equation, two unknowns: every point of a line solves it; walk the line and watch the length of w.

    along : how far to walk from the shortest solution;  slope : the second feature over the first
    """
    A = np.array([[1.0, slope]])
    shortest = least_norm(A, [1.5])
    null = np.array([-slope, 1.0]) / np.hypot(1.0, slope)
    w = shortest + along * null
    fig, ax = canvas(width=5.6, height=4.2, layout=None)
    fig.subplots_adjust(left=0.1, right=0.97, top=0.92, bottom=0.13)
    ax.plot(*np.transpose([shortest - 5 * null, shortest + 5 * null]), color=BLUE)
    turn = np.linspace(0, 2 * np.pi, 90)
    for point, colour in ((w, PINK), (shortest, GREEN)) if along else ((shortest, GREEN),):
        ax.plot(*(np.linalg.norm(point) * np.array([np.cos(turn), np.sin(turn)])), color=colour, linewidth=1, alpha=0.7)
        ax.annotate("", point, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.2})
    name = "A⁺b" if along else "w = A⁺b"
    ax.annotate(name, shortest, xytext=(9, -2), textcoords="offset points", color=GREEN)
    if along:
        ax.annotate("w", w, xytext=(4, 9) if along > 0 else (6, -15), textcoords="offset points", color=PINK)
    ax.set(xlim=(-2.9, 3.4), ylim=(-2.2, 2.6), xlabel="w₁", ylabel="w₂", aspect="equal")
    ax.set_title("the line of all solutions")
    words = (
        f"This solution is {np.linalg.norm(w):.2f} long and the shortest {np.linalg.norm(shortest):.2f}; "
        f"both give the residual {abs((A @ w)[0] - 1.5):.1f}."
    )
    return Picture(fig, words)


# ------------------------------------------------------------------------------------------- a threshold that jumps
def jumping_inverse_picture() -> Picture:
    """Show ‖A⁺‖ of diag(1, s) as s shrinks through the threshold rcond = 10⁻⁶: it grows like 1/s, then drops to 1."""
    powers = np.linspace(-9, 0, 181)
    norms = [np.linalg.norm(pseudoinverse(np.diag([1.0, 10.0**p]), rcond=1e-6), 2) for p in powers]
    jump = int(np.argmax(norms))
    fig, ax = canvas(height=3.2)
    ax.plot(powers[:jump], np.log10(norms[:jump]), color=BLUE)
    ax.plot(powers[jump:], np.log10(norms[jump:]), color=BLUE)
    ax.axvline(-6, color=MUTED, linestyle="--", linewidth=1)
    ax.text(-5.85, 0.6, "rcond", color=INK)
    ax.set(xlabel="log₁₀ s", ylabel="log₁₀ ‖A⁺‖", ylim=(-0.3, 6.6))
    words = f"As s falls to the threshold, ‖A⁺‖ grows to {say(max(norms), 1)}; just below it, ‖A⁺‖ is {norms[0]:.0f}."
    return Picture(fig, words)
