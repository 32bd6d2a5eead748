"""Pictures of positions: waves, their products by distance, pairs that turn, and what becomes of longer texts."""

from __future__ import annotations

import numpy as np

from lib.book.demos import Picture, choice, demo
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, name_curves
from lib.transformers import positions

__all__ = ["beyond_training", "sinusoid_products", "turned_pair", "waves"]


def waves(d: int = 16, T: int = 64) -> Picture:
    """The sinusoids of T places with d entries: each row of the picture an entry."""
    table = positions.sinusoids(np.arange(T), d)
    fig, ax = canvas(width=6.4, height=3.4)
    ax.imshow(table.T, cmap="cividis", vmin=-1, vmax=1, aspect="auto", interpolation="nearest")
    ax.grid(False)
    ax.set(xlabel="place t", ylabel="entry", yticks=range(0, d, 4))
    turns = T * positions.frequencies(d) / (2 * np.pi)
    return Picture(
        fig,
        f"The {d} entries of {T} places, from −1 (dark) to 1 (bright). The first pair turns {turns[0]:.1f} times, the fourth "
        f"{turns[3]:.2f} times, and the last {turns[-1]:.3f} times.",
    )


# -------------------------------------------------------------------------------------------------------- by distance
FAR = 60


@demo(
    d=choice(2, 8, 32, 128, start=32, label="entries d"),
    base=choice(10, 100, 10_000, 1_000_000, start=10_000, label="base"),
)
def sinusoid_products(d: int, base: int) -> Picture:
    """The inner product of the sinusoids of two places, by how far they are apart, as a share of that with itself.

    d : how many entries they have, two for each frequency;  base : frequencies go from 1 down to about 1/base
    """
    k = np.arange(FAR + 1)
    both = np.arange(-FAR, FAR + 1)
    product = np.cos(np.outer(both, positions.frequencies(d, base))).mean(axis=1)
    fig, ax = canvas(width=6.4, height=3.5, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.96, bottom=0.18)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.plot(both, product, color=BLUE)
    ax.set(xlim=(-FAR, FAR), ylim=(-1.05, 1.05), xlabel="places apart", ylabel="product, of the largest")
    half = product[FAR:]
    below = np.flatnonzero(half < 0.5)
    told = (
        f"at {below[0]} places it is first below a half" if len(below) else f"at {FAR} places it is still above a half"
    )
    return Picture(
        fig,
        f"With {d} entries and base {base:,} the product is {say(half[1], 3)} for neighbours and {say(half[10], 3)} ten places apart; {told}. "
        f"The largest one beyond distance 5 is {say(half[k > 5].max(), 2)}.",
    )


# ------------------------------------------------------------------------------------------------------- a turned pair
SPEEDS = {"the first, 1 radian a place": 1.0, "a slower one, 0.3": 0.3, "a slow one, 0.05": 0.05}
QUERY, KEY = np.array([1.0, 0.2]), np.array([0.75, 0.45])


@demo(
    pair=choice(*SPEEDS, start="a slower one, 0.3", label="pair"),
    m=choice(0, 1, 2, 3, 5, 8, 12, start=2, label="place of the query"),
    n=choice(0, 1, 2, 3, 5, 8, 12, start=5, label="place of the key"),
)
def turned_pair(pair: str, m: int, n: int) -> Picture:
    """One pair of entries of a query and a key, before and after they are turned by their places.

    pair : how fast it turns;  m, n : where query and key stand
    """
    speed = SPEEDS[pair]
    turned = []
    for vector, place in ((QUERY, m), (KEY, n)):
        c, s = np.cos(place * speed), np.sin(place * speed)
        turned.append(np.array([vector[0] * c - vector[1] * s, vector[0] * s + vector[1] * c]))
    fig, ax = canvas(width=4.8, height=4.5, layout=None)
    fig.subplots_adjust(left=0.17, right=0.97, top=0.97, bottom=0.15)
    ax.set(
        xlim=(-1.25, 1.25),
        ylim=(-1.25, 1.25),
        xlabel="first entry",
        ylabel="second entry",
        xticks=(-1, 0, 1),
        yticks=(-1, 0, 1),
    )
    for vector, after, colour, name in ((QUERY, turned[0], BLUE, "q"), (KEY, turned[1], ORANGE, "k")):
        ax.plot([0, vector[0]], [0, vector[1]], ":", color=colour, linewidth=1.6)
        ax.annotate(
            "",
            after,
            (0, 0),
            arrowprops={"arrowstyle": "-|>", "color": colour, "linewidth": 2.2, "shrinkA": 0, "shrinkB": 0},
        )
        ax.text(*(1.13 * after / np.linalg.norm(after)), name, color=colour, fontsize=14, ha="center", va="center")
    degrees = [np.degrees(place * speed) for place in (m, n)]
    apart = abs(n - m)
    return Picture(
        fig,
        f"The query at place {m} is turned by {degrees[0]:.0f}°, the key at place {n} by {degrees[1]:.0f}°. Their product is "
        f"{say(float(turned[0] @ turned[1]), 3)}, "
        + (
            "as it was before they were turned."
            if apart == 0
            else f"as wherever the key stands {apart} {'after' if n > m else 'before'} the query."
        ),
    )


# ---------------------------------------------------------------------------------------------------- longer texts
NAMES = {"none": PINK, "learned": GREEN, "sinusoids": ORANGE, "rotations": BLUE}


def beyond_training(right: dict[str, np.ndarray], trained_on: int, back: int = 3) -> Picture:
    """How often each place is right, the mean of the starts (kind → (starts, places − back)), smoothed over five places."""
    fig, ax = canvas(width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.13, right=0.79, top=0.96, bottom=0.18)
    for kind, colour in NAMES.items():
        mean = 100 * np.asarray(right[kind]).mean(axis=0)
        smooth = np.array([mean[max(0, i - 2) : i + 3].mean() for i in range(len(mean))])
        places = np.arange(back, back + len(mean))
        inside = places < trained_on
        smooth[inside] = mean[inside]
        ax.plot(places, smooth, color=colour, label=kind)
    ax.axvline(trained_on - 0.5, color=INK, linewidth=1, linestyle="--")
    ax.set(
        xlim=(back, places[-1]), ylim=(0, 102), xlabel="place", ylabel="right, %", xticks=(3, 16, 32, 48, 64, 80, 95)
    )
    name_curves(ax)
    return Picture(
        fig,
        f"Beyond place {trained_on}, where training ended, “learned” falls to guessing, “sinusoids” fall far down, and “rotations” fall slowly.",
    )
