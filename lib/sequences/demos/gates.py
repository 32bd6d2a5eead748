"""Pictures of gates: a memory cell with gates set by hand, and what a forget gate leaves."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, MUTED, ORANGE, canvas, name_curves
from lib.sequences import layers, through_time

__all__ = ["forget_bias", "one_memory_cell"]

STEPS, UNITS, LENGTH = 20, 16, 60
EVENTS = {  # step: (input gate, candidate); a step without one writes nothing
    "one word": {2: (1.0, 0.9)},
    "two words": {2: (1.0, 0.9), 10: (1.0, -0.6)},
    "a word, then erase": {2: (1.0, 0.9)},
}


@demo(
    f=slider(0.5, 1.0, steps=11, start=0.9, label="forget gate f"),
    events=choice(*EVENTS, start="one word", label="what comes"),
    read=choice("always", "at the end", start="at the end", label="output gate open"),
)
def one_memory_cell(f: float, events: str, read: str) -> Picture:
    """One unit of an LSTM whose gates are set by hand: what is written, what is kept, what is shown.

    f : the forget gate at every step;  events : what is written, and when;  read : when the output gate is open
    """
    c, memory, shown = 0.0, [], []
    for t in range(STEPS):
        i, g = EVENTS[events].get(t, (0.0, 0.0))
        kept = 0.0 if events == "a word, then erase" and t == 10 else f
        c = kept * c + i * g
        memory.append(c)
        shown.append((1.0 if read == "always" or t == STEPS - 1 else 0.0) * np.tanh(c))
    fig, ax = canvas(width=6.2, height=3.5, layout=None)
    fig.subplots_adjust(left=0.12, right=0.82, top=0.96, bottom=0.18)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.plot(range(STEPS), memory, "o-", color=BLUE, markersize=4, label="memory c")
    ax.plot(range(STEPS), shown, "s-", color=ORANGE, markersize=4, label="state h")
    ax.set(xlim=(0, STEPS - 1), ylim=(-1.05, 1.05), xlabel="step", ylabel="value", xticks=range(0, STEPS, 5))
    name_curves(ax)
    return Picture(
        fig,
        f"With f = {say(f, 3)} the memory is {say(memory[2])} when the first word is written and {say(memory[-1])} at the end; "
        f"the state shows {say(shown[-1])} there, and {say(shown[9])} at step 9.",
    )


@cache
def _random_lstm() -> tuple[dict[str, np.ndarray], np.ndarray]:
    ((W,),) = layers.random_stack("LSTM", 4, UNITS, seed=4)
    return W, 0.5 * np.random.default_rng(4).normal(size=(LENGTH, 4))


@demo(bias=slider(-1.0, 5.0, steps=13, start=0.0, label="forget bias"))
def forget_bias(bias: float) -> Picture:
    """What is left of a change of the first memory in a random LSTM of 16 units, by the free term of its forget gates.

    bias : what is added to the forget gates' scores
    """
    W, X = _random_lstm()
    weights = {name: value.copy() for name, value in W.items()}
    weights["bx"][UNITS : 2 * UNITS] += bias
    norms = through_time.jacobian_norms("LSTM", weights, X)
    t = np.arange(1, LENGTH + 1)
    gate = 1 / (1 + np.exp(-bias))
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.15, right=0.8, top=0.96, bottom=0.17)
    ax.axhline(1, color=MUTED, linewidth=1)
    for values, colour, name in ((gate**t, ORANGE, "σ(bias)ᵗ"), (norms, BLUE, "measured")):
        ax.semilogy(t, np.where(values > 1e-11, values, np.nan), color=colour, label=name)
    ax.set(
        xlim=(1, LENGTH),
        ylim=(1e-12, 1e3),
        xlabel="steps t",
        ylabel="left of a change",
        yticks=[1e-12, 1e-9, 1e-6, 1e-3, 1],
    )
    ax.minorticks_off()
    name_curves(ax)
    return Picture(
        fig,
        f"With a forget bias of {say(bias, 2)} a gate says about {say(gate, 2)}; after {LENGTH} steps {say(gate**LENGTH, 1)} would be left by "
        f"that alone, and {say(norms[-1], 1)} is measured.",
    )
