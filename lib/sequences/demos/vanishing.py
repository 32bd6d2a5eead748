"""Pictures of slopes on a long way: spectral radius and length, how far a slope reaches, and a cliff."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, INK, MUTED, ORANGE, canvas, key, name_curves
from lib.sequences import through_time

__all__ = ["over_the_cliff", "radius_and_length", "random_cell"]

LENGTH, UNITS = 60, 32
SIZES = {"none": 0.0, "weak": 0.25, "strong": 1.0}


@cache
def _drawn(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(4, UNITS)) / 2, rng.normal(size=(UNITS, UNITS)), rng.normal(size=(LENGTH, 4))


def random_cell(rho: float, size: float, seed: int = 0) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Return random weights of a plain cell of 32 units with spectral radius rho, and 60 random inputs (60, 4) of this size."""
    Wx, Wh, X = _drawn(seed)
    zero = np.zeros(UNITS)
    return {"Wx": Wx, "Wh": through_time.with_spectral_radius(Wh, rho), "bx": zero, "bh": zero}, size * X


@demo(
    rho=slider(0.5, 2.0, steps=16, start=0.9, label="spectral radius ρ"),
    inputs=choice(*SIZES, start="none", label="inputs"),
)
def radius_and_length(rho: float, inputs: str) -> Picture:
    """How much of a change of h₀ can be left after t steps, in a random cell of 32 units.

    rho : the largest |eigenvalue| of W_h;  inputs : how strong the inputs are, and so how far units are from 0
    """
    weights, X = random_cell(rho, SIZES[inputs])
    norms = through_time.jacobian_norms("RNN", weights, X)
    bound = through_time.norm_bound(weights, X)
    t = np.arange(1, LENGTH + 1)
    fig, ax = canvas(width=6.4, height=3.8, layout=None)
    fig.subplots_adjust(left=0.14, right=0.8, top=0.96, bottom=0.16)
    ax.axhline(1, color=MUTED, linewidth=1)
    for values, colour, name in ((bound, MUTED, "bound"), (rho**t, ORANGE, "ρᵗ"), (norms, BLUE, "measured")):
        ax.semilogy(t, np.where((values > 1e-18) & (values < 1e18), values, np.nan), color=colour, label=name)
    ax.set(
        xlim=(1, LENGTH), ylim=(1e-20, 1e20), xlabel="steps t", ylabel="‖∂hₜ/∂h₀‖", yticks=[1e-20, 1e-10, 1, 1e10, 1e20]
    )
    ax.minorticks_off()
    name_curves(ax)
    last = norms[-1]
    how = "it vanishes" if last < 1e-2 else "it explodes" if last > 1e2 else "it neither vanishes nor explodes"
    if inputs == "none":
        why = "The units stay at 0, where the tanh is steepest, so the spectral radius decides."
    else:
        why = "The inputs drive the units away from 0, where the tanh is flatter."
    return Picture(
        fig,
        f"With ρ = {say(rho, 3)} the norm is {say(norms[9], 1)} after 10 steps and {say(last, 1)} after {LENGTH}: {how}. {why}",
    )


# --------------------------------------------------------------------------------------------------------- the cliff
STEPS, TARGET, BIAS, FIRST = 12, -0.8, -0.25, 0.6
GRID = np.linspace(-0.5, 2.1, 521)
RATE, MOST = 0.05, 4.0


def _loss_and_slope(w) -> tuple[np.ndarray, np.ndarray]:
    """Return (h_12 + 0.8)² of the unit h ← tanh(w h − 0.25) from 0.6 on, and its slope by w."""
    h, by_w = np.full(np.shape(w), FIRST), np.zeros(np.shape(w))
    for _ in range(STEPS):
        new = np.tanh(w * h + BIAS)
        by_w = (1 - new**2) * (h + w * by_w)
        h = new
    return (h - TARGET) ** 2, 2 * (h - TARGET) * by_w


@demo(
    w=slider(1.3, 1.7, steps=21, start=1.6, label="w"),
    clipped=choice("no", "at norm 4", start="no", label="clipping"),
)
def over_the_cliff(w: float, clipped: str) -> Picture:
    """A unit that should let go of 0.6 within 12 steps and end at −0.8: its loss by its weight to itself, and one step downhill.

    w : the weight to start from;  clipped : whether the slope is shortened to at most 4 before the step
    """
    losses, _ = _loss_and_slope(GRID)
    loss, slope = (float(v) for v in _loss_and_slope(np.array(w)))
    used = slope if clipped == "no" else float(np.clip(slope, -MOST, MOST))
    after = w - RATE * used
    there = float(_loss_and_slope(np.array(after))[0])
    fig, ax = canvas(width=6.2, height=3.6, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.96, bottom=0.27)
    ax.plot(GRID, losses, color=BLUE)
    ax.plot(w, loss, "o", color=INK, markersize=8)
    inside = GRID[0] <= after <= GRID[-1]
    ax.plot(
        np.clip(after, GRID[0], GRID[-1]),
        there if inside else 1.6,
        "o" if inside else ">",
        color=ORANGE,
        markersize=9,
        clip_on=False,
    )
    ax.set(xlim=(GRID[0], GRID[-1]), ylim=(-0.1, 3.2), xlabel="weight w", ylabel="loss after 12 steps")
    key(fig, [(0.13, INK, "before the step"), (0.5, ORANGE, "after it")], 0.02)
    where = f"to w = {say(after, 3)}" if inside else f"far out of the picture, to w = {say(after, 2)}"
    cut = f", cut to {say(used, 2)}" if used != slope else ""
    return Picture(
        fig,
        f"At w = {say(w, 3)} the loss is {say(loss, 2)} and its slope {say(slope, 2)}{cut}. A step leads {where}, where the loss is {say(there, 2)}.",
    )
