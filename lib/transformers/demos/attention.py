"""Pictures of attention: a soft look-up, what the scale of scores does, and what masks hide."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, GRID, INK, MUTED, ORANGE, canvas, name_curves, text_on
from lib.transformers import attention

__all__ = ["kinds_of_mask", "scaled_scores", "soft_look_up"]


# ----------------------------------------------------------------------------------------------------- a soft look-up
@cache
def _points() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    x = np.sort((np.arange(14) + rng.uniform(0.1, 0.9, 14)) / 14)
    return x, np.sin(2 * np.pi * x) + 0.25 * rng.normal(size=14)


@demo(
    bandwidth=log_slider(0.01, 1.0, steps=13, start=0.1, label="bandwidth h"),
    query=slider(0.0, 1.0, steps=11, start=0.3, label="query x"),
)
def soft_look_up(bandwidth: float, query: float) -> Picture:
    """Fourteen known places and their values; what a query finds between them, and from whom.

    bandwidth : how far a known place is heard;  query : where a value is asked for
    """
    x, y = _points()
    grid = np.linspace(0, 1, 81)
    found = attention.kernel_regression(grid, x, y, bandwidth)
    weights = np.array([attention.kernel_regression([query], x, row, bandwidth)[0] for row in np.eye(len(x))])
    here = float(weights @ y)
    in_use = float(np.exp(attention.entropy(weights)))
    fig, (top, bottom) = canvas(2, 1, width=6.2, height=4.4, layout=None, height_ratios=[2.2, 1], sharex=True)
    fig.subplots_adjust(left=0.14, right=0.97, top=0.97, bottom=0.14, hspace=0.14)
    top.plot(grid, found, color=BLUE)
    top.plot(x, y, "o", color=MUTED, markersize=6)
    top.plot([query], [here], "D", color=ORANGE, markersize=9)
    top.set(xlim=(0, 1), ylim=(-1.9, 1.3), ylabel="value")
    bottom.vlines(x, 0, weights, color=ORANGE, linewidth=4)
    for ax in (top, bottom):
        ax.axvline(query, color=ORANGE, linewidth=1)
    bottom.set(ylim=(0, 1.02), xlabel="place x", ylabel="weight")
    return Picture(
        fig,
        f"With a bandwidth of {say(bandwidth)} the query at {say(query)} finds {say(here)}; its largest weight is {say(weights.max())}, "
        f"as if {say(in_use)} of the 14 places shared in it evenly.",
    )


# -------------------------------------------------------------------------------------------------- d_k and the scale
KEYS, SHOWN = 64, 12
SCALES = {"1": lambda d: 1.0, "1/√d": lambda d: d**-0.5, "1/d": lambda d: 1.0 / d}
COLOURS = dict(zip(SCALES, (ORANGE, BLUE, GREEN), strict=True))
SIZES = tuple(2**n for n in range(11))


@cache
def _random_pairs() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    return rng.normal(size=(200, SIZES[-1])), rng.normal(size=(KEYS, SIZES[-1]))


@cache
def _of_scale(scale: str, d: int) -> tuple[np.ndarray, float, float]:
    """Return one query's weights (64,), the mean number of keys in use, and a typical weight's slope by its own score."""
    Q, K = _random_pairs()
    P = attention.attention_weights(Q[:, :d], K[:, :d], scale=SCALES[scale](d))
    return P[3], float(np.exp(attention.entropy(P).mean())), float(np.median(P * (1 - P)))


@demo(
    d=choice(*SIZES, start=64, label="entries d of a query"),
    scale=choice(*SCALES, start="1", label="scores times"),
)
def scaled_scores(d: int, scale: str) -> Picture:
    """The weights of a random query on 64 random keys, and how many keys are in use, by the number of entries.

    d : entries of queries and keys, each of variance 1;  scale : what the scores are multiplied with
    """
    weights, in_use, slope = _of_scale(scale, d)
    largest = np.sort(weights)[::-1][:SHOWN]
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.115, right=0.88, top=0.96, bottom=0.17, wspace=0.5)
    left.vlines(np.arange(1, SHOWN + 1), 0, largest, color=COLOURS[scale], linewidth=7)
    left.set(
        xlim=(0, SHOWN + 1), ylim=(0, 1.02), xlabel="key, by weight", ylabel="weight of one query", xticks=(1, 6, 12)
    )
    for name, colour in COLOURS.items():
        right.plot(SIZES, [_of_scale(name, size)[1] for size in SIZES], color=colour, label=name)
    right.plot([d], [in_use], "o", color=COLOURS[scale], markersize=10)
    right.set_xscale("log")
    right.set(xlim=(1, SIZES[-1]), ylim=(0, 66), xlabel="entries d", ylabel="keys in use", yticks=(0, 16, 32, 48, 64))
    right.minorticks_off()
    name_curves(right)
    return Picture(
        fig,
        f"With d = {d} and scores times {scale} a score's standard deviation is {say(SCALES[scale](d) * d**0.5, 3)}; "
        f"{say(in_use)} of 64 keys are in use, and a typical weight's slope by its own score is {say(slope)}.",
    )


# ------------------------------------------------------------------------------------------------------------- masks
WORDS = ("three", "hundred", "and", "forty", "two", "people")
MASKS = ("none", "causal", "padding", "causal and padding")


@demo(
    mask=choice(*MASKS, start="causal", label="mask"),
    real=slider(1.0, 6.0, steps=6, start=4.0, label="real places"),
)
def kinds_of_mask(mask: str, real: float) -> Picture:
    """The weights of six queries on six keys under a mask: what is hidden is grey.

    mask : what is hidden;  real : how many places are no padding
    """
    n = round(real)
    rng = np.random.default_rng(6)
    Q, K = 1.5 * rng.normal(size=(2, 6, 4))
    seen = np.ones((6, 6), bool)
    if mask in ("causal", MASKS[3]):
        seen &= attention.causal_mask(6)
    if mask in ("padding", MASKS[3]):
        seen &= attention.padding_mask([n], 6)[0]
    P = attention.attention_weights(Q, K, seen)
    words = [w if i < n else "<pad>" for i, w in enumerate(WORDS)]
    fig, ax = canvas(width=6.0, height=4.6, layout=None)
    fig.subplots_adjust(left=0.17, right=0.985, top=0.9, bottom=0.02)
    ax.set(xlim=(-0.5, 5.5), ylim=(5.5, -0.5))
    ax.grid(False)
    for t in range(6):
        for s in range(6):
            shade = _shade(P[t, s]) if seen[t, s] else GRID
            ax.fill([s - 0.47, s + 0.47, s + 0.47, s - 0.47], [t - 0.45, t - 0.45, t + 0.45, t + 0.45], color=shade)
            if seen[t, s]:
                ax.text(s, t, f"{P[t, s]:.2f}", ha="center", va="center", color=text_on(shade))
    ax.set_xticks(range(6), words, color=INK)
    ax.set_yticks(range(6), words, color=INK)
    ax.tick_params(length=0, top=False, labeltop=True, labelbottom=False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    pads = 6 - n
    return Picture(
        fig,
        f"Mask: {mask}. Of 36 pairs {int((~seen).sum()) or 'none'} are hidden; with {n} real place{'s' * (n > 1)} padding is given "
        f"{100 * P[:n, n:].sum() / n:.0f} % of the real queries' weight{'' if pads else ', since there is none'}.",
    )


def _shade(weight: float) -> str:
    """Return a colour from pale to dark blue for a weight from 0 to 1."""
    pale, dark = np.array([0.86, 0.92, 0.98]), np.array([0.01, 0.30, 0.53])
    return "#" + "".join(f"{round(255 * c):02x}" for c in pale + (dark - pale) * min(weight, 1.0))
