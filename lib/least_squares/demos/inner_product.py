"""Pictures of another inner product: its circle, its right angle, and what weights do to a line."""

from __future__ import annotations

import numpy as np

from lib.book.demos import Picture, demo, log_slider, slider
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas
from lib.least_squares.inner_product import change_of_basis, inner, weighted_least_squares

__all__ = ["aitken_picture", "another_circle", "basis_picture", "weigh_a_point"]

TURN = np.linspace(0, 2 * np.pi, 121)
CIRCLE = np.array([np.cos(TURN), np.sin(TURN)])
LINE = np.array([2.0, 0.7]) / np.hypot(2.0, 0.7)
TARGET = np.array([0.7, 1.5])


def _metric(stretch: float, angle: float) -> np.ndarray:
    """Return G with the unit circle stretched by `stretch` in the direction `angle` (degrees)."""
    c, s = np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))
    turn = np.array([[c, -s], [s, c]])
    return turn @ np.diag([1 / stretch**2, 1.0]) @ turn.T


@demo(
    stretch=log_slider(0.4, 2.5, steps=9, start=2.0, label="stretch"),
    angle=slider(0, 165, steps=12, start=120, label="in the direction", unit="°"),
)
def another_circle(stretch: float, angle: float) -> Picture:
    """Change the inner product: its unit circle is an ellipse, and "at a right angle" gets another meaning.

    stretch : how far the unit circle reaches in the direction `angle`;  angle : in degrees
    """
    G = _metric(stretch, angle)
    fig, ax = canvas(width=5.6, height=4.2, layout=None)
    fig.subplots_adjust(left=0.1, right=0.98, top=0.98, bottom=0.13)
    ax.plot(*CIRCLE, color=MUTED, linewidth=1, linestyle="--")
    ax.plot(*np.linalg.solve(change_of_basis(G), CIRCLE), color=BLUE)
    ax.plot(*np.transpose([-4 * LINE, 4 * LINE]), color=INK, linewidth=1.4)
    fit = LINE * inner(LINE, TARGET, G) / inner(LINE, LINE, G)
    for end, start, colour, name in ((TARGET, (0, 0), INK, "b"), (fit, (0, 0), BLUE, "fit"), (TARGET, fit, PINK, "r")):
        ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2})
        place = (np.array(start) + end) / 2 if name == "r" else end
        ax.annotate(name, place, xytext=(6, -14 if name == "fit" else 5), textcoords="offset points", color=colour)
    plain = LINE * (LINE @ TARGET)
    ax.plot(*plain, "o", color=MUTED, markersize=5)
    ax.set(xlim=(-3.2, 3.2), ylim=(-2.3, 2.5), aspect="equal", xlabel="first coordinate", ylabel="second coordinate")
    cosine = (TARGET - fit) @ LINE / np.linalg.norm(TARGET - fit)
    seen = np.rad2deg(np.arccos(np.clip(cosine, -1, 1)))
    words = (
        f"The residual is orthogonal to the line in the new inner product ({abs(inner(TARGET - fit, LINE, G)):.1f}); to the "
        f"eye it makes {seen:.0f}° with it, and its new length is {np.sqrt(inner(TARGET - fit, TARGET - fit, G)):.2f}."
    )
    return Picture(fig, words)


def basis_picture(G) -> Picture:
    """Show the unit circle of G and two G-orthogonal vectors, before and after the change of basis by P."""
    P = change_of_basis(G)
    u = np.array([1.0, 0.4])
    v = np.array([-(G @ u)[1], (G @ u)[0]])  # uᵀGv = 0
    v *= np.linalg.norm(u) / np.linalg.norm(v)
    fig, panels = canvas(1, 2, width=6.4, height=3.5)
    for ax, T, title in zip(panels, (np.eye(2), P), ("as given", "in the new coordinates"), strict=True):
        ax.plot(*(T @ np.linalg.solve(P, CIRCLE)), color=BLUE)
        for vector, colour, name in ((u, ORANGE, "u"), (v, GREEN, "v")):
            ax.annotate("", T @ vector, (0, 0), arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.2})
            place = (-16, 2) if name == "v" else (5, 4)
            ax.annotate(name, T @ vector, xytext=place, textcoords="offset points", color=colour)
        ax.set(xlim=(-2.2, 2.2), ylim=(-2.2, 2.2), aspect="equal", title=title, xticks=[-2, 0, 2], yticks=[-2, 0, 2])
        letter = "k" if title == "as given" else "k′"
        ax.set(xlabel=f"{letter}₁", ylabel=f"{letter}₂")
    angles = [
        np.rad2deg(np.arccos((T @ u) @ (T @ v) / np.linalg.norm(T @ u) / np.linalg.norm(T @ v))) for T in (np.eye(2), P)
    ]
    return Picture(
        fig, f"The angle between u and v is {angles[0]:.0f}° to the eye and {angles[1]:.0f}° in the new coordinates."
    )


# -------------------------------------------------------------------------------------------------------- weights
POINTS = np.array([[0.0, 0.9], [1.0, 1.6], [2.0, 2.1], [3.0, 2.8], [4.0, 3.2], [5.0, 1.2]])


@demo(
    weight=log_slider(1e-3, 1e3, steps=13, start=1.0, label="weight of the last point"),
    height=slider(0.0, 6.0, steps=7, start=1.0, label="height of the last point"),
)
def weigh_a_point(weight: float, height: float) -> Picture:
    """Weigh one point up or down, and watch the line come or go.

    weight : of the last point, all others weigh 1;  height : its y value
    """
    x, y = POINTS.T.copy()
    y[-1] = height
    weights = np.ones(6)
    weights[-1] = weight
    A = np.column_stack([np.ones(6), x])
    w, plain = weighted_least_squares(A, y, weights), weighted_least_squares(A, y, np.ones(6))
    fig, ax = canvas(width=5.6, height=3.6, layout=None)
    fig.subplots_adjust(left=0.09, right=0.98, top=0.97, bottom=0.13)
    ends = np.array([-0.4, 5.6])
    ax.plot(ends, plain[0] + plain[1] * ends, color=MUTED, linestyle="--", linewidth=1.4)
    ax.plot(ends, w[0] + w[1] * ends, color=BLUE)
    ax.plot(x[:-1], y[:-1], "o", color=INK, markersize=6)
    ax.plot(x[-1], y[-1], "o", color=ORANGE, markersize=float(np.clip(9 + 2 * np.log10(weight), 4, 15)))
    ax.set(xlim=(-0.4, 5.6), ylim=(-0.6, 6.6), xlabel="x", ylabel="y")
    miss = abs(y[-1] - w[0] - w[1] * x[-1])
    words = f"The line has the slope {w[1]:.2f} (unweighted {plain[1]:.2f}) and misses the weighed point by {miss:.3f}."
    return Picture(fig, words)


def aitken_picture(ordinary: np.ndarray, weighted: np.ndarray, truth: float) -> Picture:
    """Show the slopes that ordinary and weighted least squares found in many repetitions, as two histograms."""
    fig, ax = canvas(height=3.0)
    edges = np.linspace(min(ordinary.min(), weighted.min()), max(ordinary.max(), weighted.max()), 45)
    for slopes, colour, name in ((ordinary, ORANGE, "ordinary"), (weighted, BLUE, "weighted")):
        counts, _ = np.histogram(slopes, edges)
        ax.stairs(counts, edges, color=colour, linewidth=2)
        bin = counts.argmax() if name == "weighted" else np.searchsorted(edges, truth - 1.2 * slopes.std())
        place, side = ((16, -4), "left") if name == "weighted" else ((-6, 4), "right")
        ax.annotate(name, (edges[bin], counts[bin]), xytext=place, textcoords="offset points", color=colour, ha=side)
    ax.axvline(truth, color=INK, linestyle="--", linewidth=1.2)
    ax.set(xlabel="slope found", ylabel="repetitions")
    ratio = ordinary.std() / weighted.std()
    return Picture(
        fig, f"Both are centred on the true slope {truth:g}; the ordinary slopes scatter {ratio:.1f} times as widely."
    )
