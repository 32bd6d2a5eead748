"""Pictures of the iterations: a race, a basin, digits against κ, and the clock."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, name_curves
from lib.least_squares import iterative
from lib.least_squares.accuracy import digits_of, problem
from lib.least_squares.cost import cg_bound, fit_exponent
from lib.least_squares.solvers import ITERATIVE_SOLVERS

__all__ = ["exponents_picture", "iterative_digits_picture", "krylov_race", "schulz_basin", "schulz_picture"]

RACERS = {"CGLS": BLUE, "LSQR": ORANGE, "MINRES": GREEN, "SYMMLQ": PINK}
STEPS = 60


# ------------------------------------------------------------------------------------------------------- the race
@demo(
    step=slider(0, STEPS, steps=13, start=20, label="step"),
    kappa=log_slider(1.0, 1e3, steps=7, start=10, label="κ(A)"),
)
def krylov_race(step: int, kappa: float) -> Picture:
    """Four Krylov methods on one least-squares problem (60 × 20): the relative error of w up to this step.

    step : how far the race has gone;  kappa : κ(A)
    """
    step = int(step)
    paths = _race(kappa)
    fig, ax = canvas(width=6.0, height=3.9, layout=None)
    fig.subplots_adjust(left=0.13, right=0.84, top=0.97, bottom=0.14)
    steps = np.arange(STEPS + 1)
    bound = [np.log10(max(cg_bound(kappa**2, int(k)), 1e-17)) for k in steps]
    ax.plot(steps, bound, color=MUTED, linestyle="--", linewidth=1.2)
    for (name, colour), wide in zip(RACERS.items(), (3.6, 1.8, 3.6, 1.8), strict=True):  # pairs that run together
        ax.plot(steps[: step + 1], np.log10(paths[name][: step + 1]), color=colour, linewidth=wide)
        ax.plot(step, np.log10(paths[name][step]), "o", color=colour, markersize=6)
    ax.set(xlim=(0, STEPS), ylim=(-16.5, 1.2), yticks=[0, -4, -8, -12, -16], xlabel="step")
    ax.set_ylabel("log₁₀ of the relative error of w")
    for row, (name, colour) in enumerate(RACERS.items()):
        ax.text(1.02, 0.95 - 0.09 * row, name, transform=ax.transAxes, color=colour)
    ax.text(1.02, 0.5, "dashed:\nbound for\nCGLS", transform=ax.transAxes, color=MUTED, va="top")
    allowed = say(cg_bound(kappa**2, step), 1)
    words = (
        f"After {step} steps at κ = {kappa:.3g} {_arrived(paths, step)}. The bound allows CGLS an error of {allowed}."
    )
    return Picture(fig, words)


def _arrived(paths: dict[str, list[float]], step: int) -> str:
    """Say who has an error below 10⁻¹⁰: words that do not turn on a digit, which processors round differently."""
    there = [name for name in RACERS if paths[name][step] < 1e-10]
    if len(there) == len(RACERS):
        return "all four have arrived"
    if there:
        return f"{' and '.join(there)} {'has' if len(there) == 1 else 'have'} arrived"
    return "none has arrived" + (", and CGLS and LSQR are ahead" if step else "")


@cache
def _race(kappa: float) -> dict[str, list[float]]:
    """Return method → relative error of w after each step, at least 10⁻¹⁶, the last one repeated to the end."""
    p = problem(60, 20, kappa, residual=0.1, seed=3)
    K, right = iterative.augmented_system(p.A, p.b)
    out = {}
    for name in RACERS:
        path = [1.0]
        if name in ("CGLS", "LSQR"):
            solver, args, part = (iterative.cgls, iterative.lsqr)[name == "LSQR"], (p.A, p.b), slice(None)
        else:
            solver, args, part = (iterative.minres, iterative.symmlq)[name == "SYMMLQ"], (K, right), slice(60, None)
        solver(
            *args, 1e-15, STEPS, lambda x, path=path, part=part: path.append(max(np.linalg.norm(x[part] - p.w), 1e-16))
        )
        out[name] = (path + [path[-1]] * STEPS)[: STEPS + 1]
    return out


# ---------------------------------------------------------------------------------------------- Schulz's iteration
@demo(
    step=slider(0, 12, steps=13, start=4, label="step"),
    scale=choice("safe start", "A transposed / ‖A‖²", "2.2 · A transposed / ‖A‖²", label="start"),
)
def schulz_basin(step: int, scale: str) -> Picture:
    """Follow the eigenvalues of E = I − XA: each step squares them, so those inside (−1, 1) go to 0, the others away.

    step : how many steps;  scale : which X₀
    """
    step = int(step)
    A = problem(12, 6, 20.0, 0.1, seed=2).A
    sigma = np.linalg.svd(A, compute_uv=False)
    factor = {
        "safe start": 1 / (np.linalg.norm(A, 1) * np.linalg.norm(A, np.inf)),
        "A transposed / ‖A‖²": 1 / sigma[0] ** 2,
    }
    start = 1 - factor.get(scale, 2.2 / sigma[0] ** 2) * sigma**2
    with np.errstate(over="ignore"):
        path = np.array([np.sign(start) ** (1 if k == 0 else 2) * np.abs(start) ** (2.0**k) for k in range(13)])
    fig, ax = canvas(width=5.8, height=3.5, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.97, bottom=0.15)
    ax.axhspan(-1, 1, color=GREEN, alpha=0.05, linewidth=0)
    for k in range(len(sigma)):
        values = np.clip(path[: step + 1, k], -3, 3)
        ax.plot(range(step + 1), values, color=BLUE if abs(start[k]) < 1 else ORANGE, marker="o", markersize=4)
    ax.set(xlim=(-0.3, 12.3), ylim=(-1.9, 3.1), xlabel="step", ylabel="eigenvalues of I − XA")
    ax.text(12.1, -0.9, "the basin", color=GREEN, ha="right")
    ax.text(12.1, 1.4, "inside at the start", color=BLUE, ha="right")
    if (np.abs(start) >= 1).any():
        ax.text(12.1, 2.1, "outside", color=ORANGE, ha="right")
    largest = np.abs(path[step]).max()
    size = f"{largest:.2g}" if largest < 1e6 else "beyond a million"
    words = f"After {step} steps from the {scale}, the largest eigenvalue of I − XA is {size} in size."
    return Picture(fig, words)


def schulz_picture() -> Picture:
    """Show ‖I − XA‖ against the step for three condition numbers: a long wait, then digits double."""
    fig, ax = canvas(height=3.2)
    for kappa, colour in zip((10.0, 100.0, 1000.0), (BLUE, GREEN, ORANGE), strict=True):
        found = iterative.schulz_inverse(problem(60, 8, kappa, 0.1).A, tol=1e-12)
        steps, sizes = range(len(found.residuals)), np.log10(found.residuals)
        ax.plot(steps, sizes, "o-", color=colour, markersize=4, label=f"κ = {kappa:.0f}")
    ax.set(xlabel="step", ylabel="log₁₀ ‖I − XA‖", xlim=(0, 32), ylim=(-17, 1.5))
    name_curves(ax)
    return Picture(fig, "For each κ the defect stays near 1 for a while, longer for a larger κ, and then is squared.")


# --------------------------------------------------------------------------------------------- digits and seconds
def iterative_digits_picture() -> Picture:
    """Show the digits each iterative solver keeps against κ, for a residual of 0.1 %."""
    powers = np.arange(0, 8.5, 1.0)
    fig, ax = canvas(height=3.8)
    for (name, solver), colour in zip(ITERATIVE_SOLVERS.items(), (INK, BLUE, ORANGE, GREEN, PINK), strict=True):
        kept = []
        for power in powers:
            p = problem(120, 10, 10.0**power, 1e-3, seed=1)
            kept.append(digits_of(solver, p.A, p.b, p.w) or 0.0)
        ax.plot(powers, kept, color=colour, marker="o", markersize=4, label=name)
    ax.set(xlabel="log₁₀ κ(A)", ylabel="correct digits", xlim=(-0.2, 8.2), ylim=(-1.2, 16.5))
    name_curves(ax)
    words = "All five start with nearly all digits. MINRES and SYMMLQ, on the augmented system, lose them fastest."
    return Picture(fig, words)


def exponents_picture(sizes, seconds: dict[str, list[float]], variable: str) -> Picture:
    """Show measured seconds against a size on logarithmic axes, each method's fitted slope beside its name."""
    fig, ax = canvas(height=3.5)
    for (name, times), colour in zip(seconds.items(), (ORANGE, BLUE, GREEN, PINK), strict=False):
        label = f"{name}, {fit_exponent(sizes, times):.1f}"
        ax.plot(np.log10(sizes), np.log10(times), "o-", color=colour, label=label)
    lowest, highest = np.log10([min(map(min, seconds.values())), max(map(max, seconds.values()))])
    ax.set(xlabel=f"log₁₀ {variable}", ylabel="log₁₀ of the seconds", ylim=(lowest - 0.2, highest + 0.2))
    ax.set_xlim(np.log10(sizes[0]) - 0.05, np.log10(sizes[-1]) + 0.05)
    name_curves(ax)
    words = (
        f"Seconds against {variable} for {', '.join(seconds)}, measured on this machine; the numbers are the slopes."
    )
    return Picture(fig, words)
