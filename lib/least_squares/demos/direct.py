"""Pictures of the direct solvers: a mirror, digits against κ, the certified sets."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib import colormaps

from lib.book import datasets
from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import superscript
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, name_curves, text_on
from lib.least_squares.accuracy import DIRECT_SOLVERS, MOST_DIGITS, digits_of, expected_digits, problem

__all__ = ["certified_picture", "digits_against_kappa", "householder_mirror", "refinement_picture"]

SIGNS = ("to −‖x‖e₁ (sum)", "to +‖x‖e₁ (difference)")
RHOS = {"no residual": 0.0, "ρ = 0.1 %": 1e-3, "ρ = 100 %": 1.0}


# -------------------------------------------------------------------------------------------------- the mirror
@demo(
    angle=slider(2, 88, steps=22, start=50, label="angle of x", unit="°"),
    sign=choice(*SIGNS, label="reflect"),
)
def householder_mirror(angle: float, sign: str) -> Picture:
    """Reflect x onto the first axis: the mirror stands at a right angle to v, and v is a sum or a difference.

    angle : between x and the first axis, in degrees;  sign : onto which side of the axis to reflect
    """
    x = 2 * np.array([np.cos(np.deg2rad(angle)), np.sin(np.deg2rad(angle))])
    target = np.array([-2.0 if sign == SIGNS[0] else 2.0, 0.0])
    v = x - target
    fig, ax = canvas(width=5.6, height=3.9, layout=None)
    fig.subplots_adjust(left=0.09, right=0.98, top=0.97, bottom=0.14)
    mirror = np.array([-v[1], v[0]]) / np.linalg.norm(v)
    ax.plot(*np.transpose([-2.6 * mirror, 2.6 * mirror]), color=MUTED, linestyle="--", linewidth=1.6)
    arrows = ((x, (0, 0), INK, "x"), (target, (0, 0), BLUE, "Hx"), (x, target, PINK, "v"))
    for end, start, colour, name in arrows:
        ax.annotate("", end, start, arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.2})
        middle = (np.array(start) + end) / 2
        place = {"x": (5, 5), "Hx": (-26, -17), "v": (8, -12)}[name]
        ax.annotate(name, middle if name == "v" else end, xytext=place, textcoords="offset points", color=colour)
    top = mirror * np.sign(mirror[1]) * min(2.5, 2.3 / abs(mirror[1]))
    ax.annotate("mirror", top, xytext=(6, 0), textcoords="offset points", color=MUTED)
    ax.set(xlim=(-3.2, 3.2), ylim=(-0.6, 2.75), aspect="equal", yticks=[0, 1, 2])
    ax.set(xlabel="first axis", ylabel="second axis")
    length = np.linalg.norm(v)
    words = (
        f"x points {angle:.0f}° above the axis and the mirror vector v is {length:.2f} long, "
        f"{length / 2:.2f} times as long as x: its first entry is a {'sum' if sign == SIGNS[0] else 'difference'}."
    )
    return Picture(fig, words)


# --------------------------------------------------------------------------------------------- digits against κ
@demo(
    kappa=log_slider(1.0, 1e14, steps=15, start=1e6, label="κ(A)"),
    residual=choice(*RHOS, start="ρ = 0.1 %", label="residual"),
)
def digits_against_kappa(kappa: float, residual: str) -> Picture:
    """Show the digits that each solver keeps on a 300 × 10 problem with this κ and residual, beside the theory.

    kappa : κ(A);  residual : ρ = ‖r‖/‖Aw‖
    """
    rho = RHOS[residual]
    kept = _digits(kappa, rho)
    fig, ax = canvas(width=6.4, height=3.4, layout=None)
    fig.subplots_adjust(left=0.28, right=0.97, top=0.97, bottom=0.16)
    for row, (name, digits) in enumerate(reversed(kept.items())):
        colour = ORANGE if name == "normal equations" else GREEN if name.startswith("…") else BLUE
        ax.barh(row, digits or 0.0, color=colour, height=0.64)
        ax.text((digits or 0.0) + 0.15, row, "refuses" if digits is None else f"{digits:.1f}", va="center")
    theory = expected_digits(kappa, rho)
    ax.axvline(theory, color=INK, linestyle="--", linewidth=1.2)
    ax.set_yticks(range(len(kept)), list(reversed(kept)))
    ax.set(xlim=(0, 18), xticks=[0, 4, 8, 12, 16], xlabel="correct digits (dashed: guaranteed)")
    ax.grid(axis="y", visible=False)
    promised = f"{theory:.1f} digits" if theory >= 0.05 else "no digit"
    plain, refined = (_beside(kept[name], kept["LAPACK QR"]) for name in ("normal equations", "… refined twice"))
    words = (
        f"At κ = 10{superscript(round(np.log10(kappa)))} with {residual} a stable solver is promised {promised}. "
        f"The normal equations {plain}, and refined twice they {refined}."
    )
    return Picture(fig, words)


def _beside(mine: float | None, qr: float) -> str:
    """Say how a solver's digits compare with QR's: not how many they are, for a processor may round to another number."""
    if mine is None:
        return "refuse"
    return "keep fewer than QR" if mine < qr - 1.5 else "do about as well as QR"


@cache
def _digits(kappa: float, rho: float) -> dict[str, float | None]:
    """Return solver → digits kept, the median over five random problems (None where a solver refuses most)."""
    out: dict[str, float | None] = {}
    problems = [problem(300, 10, kappa, rho, seed) for seed in range(5)]
    for name, solver in DIRECT_SOLVERS.items():
        kept = [digits_of(solver, p.A, p.b, p.w) for p in problems]
        good = sorted(d for d in kept if d is not None)
        out[name] = good[len(good) // 2] if len(good) > 2 else None
    return out


def refinement_picture() -> Picture:
    """Show the error of the normal equations after 0, 1, 2, … refinement steps, for four condition numbers."""
    from lib.least_squares.direct import refined_normal_equations

    fig, ax = canvas(height=3.4)
    for kappa, colour in zip((1e3, 1e5, 1e7, 1e8), (BLUE, GREEN, ORANGE, PINK), strict=True):
        p = problem(300, 10, kappa, 1e-6)
        errors = [np.linalg.norm(refined_normal_equations(p.A, p.b, steps) - p.w) for steps in range(7)]
        ax.plot(range(7), np.log10(errors), "o-", color=colour, label=f"κ = 10{superscript(round(np.log10(kappa)))}")
    ax.set(xlim=(-0.2, 6.2), xlabel="refinement steps", ylabel="log₁₀ of the relative error")
    name_curves(ax)
    words = (
        "Each refinement step divides the error by a fixed factor: a large one for κ = 10³, a small one for κ = 10⁸."
    )
    return Picture(fig, words)


# ------------------------------------------------------------------------------------------- the certified sets
def certified_picture(table: dict[str, dict[str, float | None]]) -> Picture:
    """Show a table set → solver → digits as coloured cells, a dash where the solver refuses."""
    sets, solvers = list(table), list(next(iter(table.values())))
    values = np.array([[table[s][k] if table[s][k] is not None else np.nan for k in solvers] for s in sets])
    fig, ax = canvas(height=4.9)
    shades = colormaps["cividis"]
    ax.imshow(values, aspect="auto", vmin=0, vmax=MOST_DIGITS, cmap=shades)
    for i, j in np.ndindex(*values.shape):
        known = np.isfinite(values[i, j])
        colour = text_on(shades(values[i, j] / MOST_DIGITS)) if known else INK
        ax.text(j, i, f"{values[i, j]:.1f}" if known else "–", ha="center", va="center", color=colour)
    ax.set_xticks(range(len(solvers)), solvers, rotation=30, ha="right", rotation_mode="anchor")
    ax.set_yticks(range(len(sets)), sets)
    ax.grid(visible=False)
    best = max(datasets.strd(), key=lambda s: np.nanmin(values[sets.index(s)]) if s in sets else -1)
    words = f"Digits kept on {len(sets)} certified sets by {len(solvers)} solvers; the kindest set is {best}."
    return Picture(fig, words)
