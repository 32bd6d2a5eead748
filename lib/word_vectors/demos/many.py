"""Pictures of many processes: the ring, three ways to combine changes, what a meeting takes, and what it leaves of the gain."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, MUTED, ORANGE, PINK, canvas, key, name_curves
from lib.word_vectors import parallel

__all__ = ["all_reduce_picture", "combined_picture", "predicted_picture", "ring", "speed_up"]


# ----------------------------------------------------------------------------------------------------- the ring
@demo(
    step=slider(0, 10, steps=11, start=0, label="steps"),
    processes=choice(3, 4, 6, start=4, label="processes P"),
)
def ring(step: int, processes: int) -> Picture:
    """Who holds what in a ring all-reduce: every row is a process, every column a piece; letters say whose parts are summed.

    step : how many steps are done;  processes : P
    """
    P, last = int(processes), 2 * (int(processes) - 1)
    t = min(round(float(step)), last)
    held = _ring_states(P)[t]
    complete = int((held == 2**P - 1).sum())
    fig, ax = canvas(width=5.4, height=4.3, layout=None)
    fig.subplots_adjust(left=0.19, right=0.98, top=0.91, bottom=0.2)
    for p in range(P):
        for c in range(P):
            whose = [i for i in range(P) if int(held[p, c]) >> i & 1]
            done = len(whose) == P
            fresh = t > 0 and c == (p - 1 - (t - 1)) % P
            ax.add_patch(
                Rectangle(
                    (c - 0.46, -p - 0.42),
                    0.92,
                    0.84,
                    facecolor=GREEN if done else BLUE,
                    alpha=0.45 if done else 0.08 + 0.3 * len(whose) / P,
                    edgecolor="none",
                )
            )
            if fresh:
                ax.add_patch(Rectangle((c - 0.46, -p - 0.42), 0.92, 0.84, fill=False, edgecolor=ORANGE, linewidth=2.2))
            ax.text(c, -p, "".join("abcdef"[i] for i in whose), ha="center", va="center", fontsize=12 if P < 6 else 10)
    ax.set(xlim=(-0.55, P - 0.45), ylim=(-P + 0.45, 0.55))
    ax.set_xticks(range(P), [str(c + 1) for c in range(P)])
    ax.set_xlabel("piece")
    ax.set_yticks([-p for p in range(P)], [f"process {'abcdef'[p]}" for p in range(P)])
    ax.grid(visible=False)
    ax.tick_params(length=0)
    for side in ("left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_title(f"step {t} of {last}")
    key(fig, ((0.17, ORANGE, "just received", "□"), (0.47, GREEN, "the whole sum", "■")), 0.02)
    if t == 0:
        told = f"Before the first step each of {P} processes holds its own {P} pieces"
    elif t < P:
        told = f"After step {t} of {last} every process has added its neighbour's partial sum to one more piece"
    else:
        told = f"After step {t} of {last} every process has taken over one more whole sum from its neighbour"
    return Picture(fig, f"{told}: {complete} of the {P * P} places hold the whole sum.")


@cache
def _ring_states(P: int) -> np.ndarray:
    """Return the states of a ring in which process p brings the bit p: sums of bits are sets."""
    return parallel.ring_states(np.repeat(2.0 ** np.arange(P)[:, None], P, axis=1))


# -------------------------------------------------------------------------------------------------- what it leaves
TEXT, SPEED, DIMENSION, HOP = 1e9, 5e5, 300, 5e-5  # words; words a second of one process; a vector's numbers; seconds
MOST = 64


@demo(
    words=log_slider(1e4, 1e6, steps=7, start=1e5, label="words in the vocabulary"),
    meetings=log_slider(10, 1e4, steps=7, start=316, label="meetings an epoch"),
    network=choice(1, 10, 100, start=10, label="network", labels=("1 Gbit/s", "10 Gbit/s", "100 Gbit/s")),
)
def speed_up(words: float, meetings: float, network: float) -> Picture:
    """How many times as fast P processes train on a billion words as one, by the model of time.

    words : in the vocabulary, vectors of 300 numbers;  meetings : an epoch;  network : between the machines, in Gbit/s
    """
    compute, size, bandwidth = TEXT / SPEED, 2 * float(words) * DIMENSION * 4, float(network) * 1e9 / 8
    P = np.arange(1, MOST + 1)
    gain = compute / parallel.parallel_seconds(compute, P, float(meetings), size, HOP, bandwidth)
    best, ceiling = int(np.argmax(gain)), compute * bandwidth / (2 * float(meetings) * size)
    fig, ax = canvas(width=6.0, height=4.0, layout=None)
    fig.subplots_adjust(left=0.14, right=0.97, top=0.96, bottom=0.25)
    ax.plot(P, P, color=MUTED, linewidth=1.2, linestyle=":")
    ax.axhline(np.clip(ceiling, 1e-3, 1e6), color=PINK, linewidth=1.5, linestyle="--")
    ax.plot(P, gain, color=BLUE)
    ax.plot(P[best], gain[best], "o", color=ORANGE, markersize=8)
    ax.set(
        xscale="log", yscale="log", xlim=(0.95, 70), ylim=(0.09, 80), xlabel="processes", ylabel="times as fast as one"
    )
    ax.set_xticks([1, 2, 4, 8, 16, 32, 64], ["1", "2", "4", "8", "16", "32", "64"])
    ax.set_yticks([0.1, 1, 10], ["0.1", "1", "10"])
    ax.minorticks_off()
    entries = (
        (0.14, BLUE, "gain"),
        (0.34, ORANGE, "best"),
        (0.54, PINK, "ceiling"),
        (0.78, MUTED, "ideal"),
    )
    key(fig, entries, 0.03)
    if best == 0:
        told = "one process alone is fastest: at every meeting, sending takes longer than the work it saves"
    else:
        told = (
            f"{P[best]} processes are {say(gain[best])} times as fast as one, the best of up to {MOST}. "
            f"However many there are, the gain stays below {say(ceiling)}"
        )
    return Picture(
        fig, f"{say(float(words))} words, {say(float(meetings))} meetings an epoch, {network:g} Gbit/s: {told}."
    )


# -------------------------------------------------------------------------------------------------------- statics
def combined_picture(results: dict[str, dict[int, Sequence[float]]], alone: Sequence[float], processes: int) -> Picture:
    """Show the quality in % by the steps between meetings for ways to combine: a line a way, a faint dot a seed.

    results : way → steps between meetings → shares;  alone : the shares of one process, drawn as a band from least to most
    """
    fig, ax = canvas(width=6.4, height=3.9)
    ax.axhspan(min(alone), max(alone), color=MUTED, alpha=0.18, linewidth=0)
    ax.axhline(np.mean(alone), color=MUTED, linewidth=1.2)
    for (name, found), colour, mark in zip(results.items(), (BLUE, ORANGE, PINK), "os^", strict=False):
        every = sorted(found)
        for e in every:
            ax.plot([e] * len(found[e]), found[e], ".", color=colour, alpha=0.45, markersize=4)
        ax.plot(every, [np.mean(found[e]) for e in every], mark + "-", color=colour, label=name, markersize=6)
    ax.set(xscale="log", xlabel="steps between meetings", ylabel="neighbours of the same topic, %")
    ticks = sorted({e for by_every in results.values() for e in by_every})
    ax.set_xticks(ticks, [str(e) for e in ticks])
    ax.minorticks_off()
    name_curves(ax)
    return Picture(
        fig,
        f"Quality with {processes} processes by how seldom they meet, for ways to combine; one process as a grey band.",
    )


def all_reduce_picture(seconds: dict[int, float], latency: float, bandwidth: float) -> Picture:
    """Show the time of an all-reduce of two processes by its size, and the line fitted to it."""
    sizes = np.array(sorted(seconds))
    fig, ax = canvas(width=6.2, height=3.5)
    fine = np.geomspace(sizes[0], sizes[-1], 60)
    ax.plot(
        fine / 1e6,
        1e3 * parallel.ring_seconds(fine, 2, latency, bandwidth),
        color=ORANGE,
        linewidth=1.5,
        label="two hops and the bytes",
    )
    ax.plot(sizes / 1e6, [1e3 * seconds[n] for n in sizes], "o", color=BLUE, label="measured")
    ax.set(xscale="log", yscale="log", xlabel="megabytes added up", ylabel="milliseconds")
    ax.legend(loc="upper left", labelcolor="linecolor")
    return Picture(
        fig, "The time of an all-reduce of two processes: flat for small messages, in proportion for large ones."
    )


def predicted_picture(clock: dict[int, float], told: dict[int, float], alone: float, threads: float) -> Picture:
    """Show the seconds of an epoch by the steps between meetings, by the clock and by the model, with one process and two threads."""
    every = sorted(clock)
    fig, ax = canvas(width=6.4, height=3.7)
    ax.plot(every, [told[e] for e in every], "^", color=ORANGE, markersize=8)
    ax.plot(every, [clock[e] for e in every], "o", color=BLUE, markersize=8)
    ax.axhline(alone, color=PINK, linewidth=1.6, linestyle="--")
    ax.axhline(threads, color=GREEN, linewidth=1.6, linestyle="-.")
    ax.set(
        xscale="log", xlabel="steps between meetings", ylabel="seconds an epoch", ylim=(0, 1.12 * max(clock.values()))
    )
    ax.set_xticks(every, [str(e) for e in every])
    ax.minorticks_off()
    ax.text(every[0] * 1.25, clock[every[0]], "the clock", color=BLUE, va="center")
    ax.text(every[0] * 1.25, told[every[0]], "the model", color=ORANGE, va="center")
    for y, name, colour in ((alone, "one process", PINK), (threads, "two threads", GREEN)):
        ax.text(every[0], y + 0.015 * max(clock.values()), name, color=colour, va="bottom")
    return Picture(
        fig,
        f"Two processes take {say(clock[every[0]], 2)} s an epoch where they meet every {every[0]} steps and {say(clock[every[-1]], 2)} s where every "
        f"{every[-1]}, the model says {say(told[every[0]], 2)} and {say(told[every[-1]], 2)}; one process alone takes {say(alone, 2)} s.",
    )
