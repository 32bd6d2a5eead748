"""Pictures of the recurrent cell: what one unit remembers, and the terms of a slope through time."""

from __future__ import annotations

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, INK, MUTED, ORANGE, canvas, key, name_curves

__all__ = ["one_unit", "tagger_picture", "terms_of_a_slope"]

SIGNALS = {
    "one pulse": {2: 1.5},
    "a pulse, then its opposite": {2: 1.5, 10: -1.5},
    "two weak pulses": {2: 0.6, 6: 0.6},
}
STEPS = 20


def _one_unit(w: float, signal: str) -> tuple[np.ndarray, np.ndarray]:
    x = np.zeros(STEPS)
    for at, value in SIGNALS[signal].items():
        x[at] = value
    h, states = 0.0, []
    for value in x:
        h = np.tanh(w * h + value)
        states.append(h)
    return x, np.array(states)


@demo(
    w=slider(-1.6, 1.6, steps=17, start=0.8, label="w"),
    signal=choice(*SIGNALS, start="one pulse", label="input"),
)
def one_unit(w: float, signal: str) -> Picture:
    """One unit, h ← tanh(w h + x): what it keeps of a pulse is a matter of its weight to itself.

    w : the weight;  signal : what comes in
    """
    x, h = _one_unit(w, signal)
    fig, ax = canvas(width=6.2, height=3.4, layout=None)
    fig.subplots_adjust(left=0.12, right=0.84, top=0.96, bottom=0.18)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.plot(range(STEPS), x, drawstyle="steps-mid", color=ORANGE, linewidth=1.4, label="input x")
    ax.plot(range(STEPS), h, "o-", color=BLUE, markersize=4, label="state h")
    ax.set(xlim=(0, STEPS - 1), ylim=(-1.7, 1.7), xlabel="step", ylabel="value", xticks=range(0, STEPS, 5))
    name_curves(ax)
    last = max(SIGNALS[signal])
    gone = np.flatnonzero(np.abs(h[last:]) < 0.05)
    if abs(h[-1]) > 0.3:
        how = (
            "it swings for good, to and fro"
            if w < 0
            else f"it still stands at {say(h[-1])} at the end: it holds what it was told"
        )
    elif len(gone):
        steps = int(gone[0])
        how = f"{steps} step{'s' * (steps != 1)} later less than 0.05 is left"
    else:
        how = f"at the end {say(h[-1])} is left, and it fades on"
    return Picture(fig, f"With w = {say(w, 3)} the unit is at {say(h[last])} when the last pulse comes, and {how}.")


# ------------------------------------------------------------------------------------------- the terms of a slope
T = 12
INPUTS = np.array([0.3] + [0.0] * (T - 1))


def _terms(w: float) -> np.ndarray:
    """Return the terms (T,) of dh_T/dw for a unit that is given 0.3 at the first step: the k-th is what the use of w at step k contributes."""
    h, states = 0.0, [0.0]
    for x in INPUTS:
        h = np.tanh(w * h + x)
        states.append(h)
    states = np.array(states)
    slopes = 1 - states[1:] ** 2
    return np.array([states[k] * slopes[k] * np.prod(w * slopes[k + 1 :]) for k in range(T)])


@demo(
    window=slider(1, T, steps=T, start=3, label="window", unit=" steps"),
    w=choice(0.5, 0.9, 1.1, 1.5, start=0.9, label="w"),
)
def terms_of_a_slope(window: float, w: float) -> Picture:
    """The slope of the twelfth state by the weight is a sum, one term for each use of the weight; a window sees the last of them.

    window : how many steps one walks back;  w : the unit's weight to itself
    """
    window, terms = int(window), _terms(w)
    seen = np.arange(T) >= T - window
    fig, ax = canvas(width=6.2, height=3.5, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.96, bottom=0.27)
    shares = 100 * terms / terms.sum()
    ax.bar(np.arange(1, T + 1), shares, color=[BLUE if s else MUTED for s in seen], width=0.7)
    ax.set(
        xlim=(0.4, T + 0.6),
        ylim=(0, 65),
        xlabel="step k at which w was used",
        ylabel="share of dh₁₂/dw, %",
        xticks=range(1, T + 1),
    )
    key(fig, [(0.14, BLUE, "inside the window", "■"), (0.55, MUTED, "cut off", "■")], 0.02)
    alone = " That is the immediate derivative alone." if window == 1 else ""
    return Picture(
        fig,
        f"For w = {say(w, 3)} the slope is {say(terms.sum(), 3)}. A window of {window} step{'s' * (window != 1)} sees "
        f"{shares[seen].sum():.0f} % of it.{alone}",
    )


def tagger_picture(losses: dict[str, np.ndarray]) -> Picture:
    """Show the falling losses (steps,) of taggers by what they read, each the mean over ten steps."""
    fig, ax = canvas(height=3.4)
    for (name, values), colour in zip(losses.items(), (ORANGE, BLUE, INK), strict=False):
        smooth = np.asarray(values).reshape(-1, 10).mean(axis=1)
        ax.semilogy(10 * np.arange(len(smooth)) + 5, smooth, color=colour, label=name)
    ax.set(xlabel="step", ylabel="loss, nats a word", ylim=(3e-3, 3))
    name_curves(ax)
    end = {name: float(np.mean(values[-50:])) for name, values in losses.items()}
    worst = max(end, key=end.get)
    others = max(value for name, value in end.items() if name != worst)
    if not end[worst] > 5 * others:
        raise ValueError(f"no loss stands out at the end: {end}")
    return Picture(fig, f"At the end the tagger that reads {worst} has more than five times the loss of either other.")
