"""Pictures of two spaces and a dictionary: hubs, two clouds that are matched, and how many pairs it takes."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, log_slider, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key
from lib.word_vectors import alignment
from lib.word_vectors.search import largest

__all__ = [
    "before_and_after",
    "hubness",
    "hubs_picture",
    "matching_clouds",
    "pairs_picture",
    "refinement_picture",
]

COLOURS = (BLUE, ORANGE, GREEN, PINK)


# ------------------------------------------------------------------------------------------------ static pictures
def before_and_after(X, Y, W, words: Sequence[str]) -> Picture:
    """Show the same words in both spaces, before the map and after it, on the target words' two strongest directions.

    X, Y : (n, d), row i of both the word words[i];  W : (d, d)
    """
    X, Y = np.asarray(X, float), np.asarray(Y, float)
    middle = Y.mean(axis=0)
    axes = np.linalg.svd(Y - middle, full_matrices=False)[2][:2].T
    flat = [(M - middle) @ axes for M in (X, X @ W, Y)]
    reach = 1.27 * max(np.abs(f).max() for f in flat)
    fig, panels = canvas(1, 2, width=6.4, height=3.7, layout=None, sharey=True)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.9, bottom=0.12, wspace=0.04)
    for ax, moved, title in zip(panels, flat[:2], ("as trained", "turned by W"), strict=True):
        ax.plot(
            np.stack([moved[:, 0], flat[2][:, 0]]), np.stack([moved[:, 1], flat[2][:, 1]]), color=MUTED, linewidth=0.7
        )
        ax.plot(*moved.T, "o", color=BLUE, markersize=6)
        ax.plot(*flat[2].T, "s", color=ORANGE, markersize=5)
        ax.set(xlim=(-reach, reach), ylim=(-reach, reach), xticks=[], yticks=[], title=title)
    for word, (x, y), (_, other) in zip(words, flat[2], flat[1], strict=True):
        side = 1 if y >= other else -1  # on the side away from its partner
        place = {"xytext": (0, 6 * side), "textcoords": "offset points", "ha": "center"}
        panels[1].annotate(word, (x, y), va="bottom" if side > 0 else "top", fontsize=11.7, **place)
    key(fig, ((0.02, BLUE, "first half's vectors"), (0.45, ORANGE, "second half's, with their words", "■")), 0.03)
    return Picture(
        fig, "Before, a word's two vectors have nothing to do with each other; after, they lie close together."
    )


def hubs_picture(counts: dict[str, np.ndarray], k: int = 10) -> Picture:
    """Show how many words have which N_k, for several ways to search."""
    top = max(int(c.max()) for c in counts.values())
    fig, ax = canvas(width=6.4, height=3.4)
    edges = np.arange(-0.5, top + 3, 3)
    for (name, c), colour in zip(counts.items(), COLOURS, strict=False):
        ax.stairs(np.histogram(c, edges)[0], edges, color=colour, linewidth=2)
        shown = np.flatnonzero(np.histogram(c, edges)[0])[-1]  # the last step
        side = "left" if edges[shown] < 0.7 * top else "right"
        ax.text(edges[shown + (side == "right")], 9, name, color=colour, ha=side)
    ax.set(
        yscale="log",
        xlabel=f"in how many lists of {k} neighbours a word stands",
        ylabel="words",
        ylim=(0.6, None),
    )
    ax.axvline(k, color=MUTED, linewidth=1, linestyle=":")
    return Picture(
        fig, f"With the plain cosine a few words stand in many lists; with CSLS all stay nearer to the mean, {k}."
    )


def pairs_picture(results: dict[str, dict[int, Sequence[float]]]) -> Picture:
    """Show P@1 in % against the number of pairs for several methods; a faint dot is a run. results : name → pairs → runs."""
    fig, ax = canvas(width=6.4, height=4.1)
    for (name, by_pairs), colour, mark in zip(results.items(), COLOURS, "osD^", strict=False):
        sizes = list(by_pairs)
        ax.plot(sizes, [np.mean(by_pairs[n]) for n in sizes], color=colour, marker=mark, markersize=5, label=name)
        for n in sizes:
            ax.plot([n] * len(by_pairs[n]), by_pairs[n], ".", color=colour, alpha=0.5, markersize=4)
    ax.set(xscale="log", xlabel="pairs in the dictionary", ylabel="P@1, %", ylim=(-2, 100))
    ticks = [n for n in sizes if n not in (1000,)]
    ax.set_xticks(ticks, [f"{n}" for n in ticks])
    ax.minorticks_off()
    ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2, labelcolor="linecolor")
    return Picture(
        fig,
        "Precision rises with the pairs, steeply at first, and hardly after 250. Least squares fails at 100, where it fits all pairs.",
    )


def refinement_picture(
    filled: dict[int, Sequence[Sequence[float]]], empty: dict[int, Sequence[Sequence[float]]]
) -> Picture:
    """Show P@1 after each step of refinement, a line a run; both : pairs at the start → runs → P@1 by step."""
    fig, panels = canvas(1, 2, width=6.4, height=3.6, sharey=True)
    for ax, runs, title in zip(panels, (filled, empty), ("filled by chance", "left empty"), strict=True):
        for (pairs, lines), colour in zip(runs.items(), COLOURS, strict=False):
            for i, line in enumerate(lines):
                ax.plot(100 * np.array(line), color=colour, linewidth=1.6, label=f"{pairs} pairs" if i == 0 else None)
        ax.set(ylim=(-2, 100), xlabel="steps", title=title)
        ax.set_xticks(range(0, len(line), 4))
    panels[0].set_ylabel("P@1, %")
    panels[1].legend(loc="lower right", labelcolor="linecolor")
    return Picture(
        fig,
        "Each line climbs or stays at the bottom. Left empty, fewer pairs suffice for the climb, and it takes fewer steps.",
    )


# ------------------------------------------------------------------------------------------------------ hubs, a demo
POINTS, K = 1000, 10
MEASURES = ("distance", "cosine", "cosine, off centre", "CSLS, off centre")


@cache
def _hub_counts(d: int, measure: str) -> np.ndarray:
    """Return N_10 (1000,) of 1000 Gaussian targets for 1000 Gaussian queries in d dimensions."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(2, POINTS, d)).astype(np.float32)
    if measure == "distance":
        scores = 2 * x @ y.T - (y**2).sum(axis=1)
        found, _ = largest(scores, K)
    else:
        if measure.endswith("off centre"):
            x[:, 0] += np.sqrt(d)
            y[:, 0] += np.sqrt(d)
        found = alignment.csls(x, y, K, best=K)[0] if measure.startswith("CSLS") else alignment.nearest(x, y, K)[0]
    return alignment.occurrences(found, POINTS)


@demo(
    dimension=log_slider(2, 256, steps=15, start=2, label="dimension d"),
    measure=choice(*MEASURES, label="nearest by"),
)
def hubness(dimension: float, measure: str) -> Picture:
    """Who is whose neighbour among Gaussian points: in many dimensions a few points are near to all, many to none.

    dimension : rounded to a whole number;  measure : distance; cosine, of points around 0 or around a mean as long as they
    are wide; CSLS, of the latter
    """
    d = round(float(dimension))
    counts = _hub_counts(d, measure)
    top, nobody, skew = int(counts.max()), int((counts == 0).sum()), alignment.skewness(counts)
    fig, ax = canvas(width=6.2, height=3.5, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.9, bottom=0.16)
    edges = np.arange(-0.5, 401, 5)
    ax.stairs(np.histogram(counts, edges)[0], edges, color=BLUE, fill=True, alpha=0.85)
    ax.axvline(K, color=ORANGE, linewidth=1.5)
    ax.text(K + 6, 620, "the mean, 10", fontsize=12, color=ORANGE)
    ax.set(
        yscale="log",
        xlim=(-5, 360),
        ylim=(0.7, 1200),
        xlabel="in how many lists of ten a point stands",
        ylabel="points",
    )
    ax.set_title(f"{d} dimensions, {measure}")
    return Picture(
        fig,
        f"In {d} dimensions, by {measure}, the greatest hub is among the ten nearest of {top} of the 1000 queries, and {nobody} "
        f"points are among nobody's; the skewness is {say(skew, 2)}.",
    )


# ------------------------------------------------------------------------------------------- two clouds, step by step
CLOUD, CLOUD_DIMENSION, CLOUD_STEPS = 80, 8, 6


@cache
def _clouds() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return X and Y (80, 8), one the other turned and blurred, and the two directions (8, 2) to look along."""
    rng = np.random.default_rng(1)
    shape = np.array([2.2, 1.8, 1.4, 1.1, 1.0, 0.9, 0.8, 0.7])
    Y = rng.normal(size=(CLOUD, CLOUD_DIMENSION)) * shape
    Q = np.linalg.qr(rng.normal(size=(CLOUD_DIMENSION, CLOUD_DIMENSION)))[0]
    X = (Y + 0.25 * rng.normal(size=Y.shape)) @ Q.T
    X, Y = (M / np.linalg.norm(M, axis=1, keepdims=True) for M in (X, Y))
    return X, Y, np.linalg.svd(Y, full_matrices=False)[2][:2].T


@cache
def _matched(pairs: int, fill: bool) -> alignment.Refinement:
    X, Y, _ = _clouds()
    rows = np.arange(pairs)
    return alignment.refine(X, Y, np.column_stack([rows, rows]), CLOUD_STEPS, k=5, fill=fill)


@demo(
    step=slider(0, CLOUD_STEPS, steps=CLOUD_STEPS + 1, start=0, label="refinement steps"),
    pairs=choice(2, 3, 4, 5, 8, start=4, label="pairs at the start"),
    rest=choice("filled by chance", "left empty", label="other directions"),
)
def matching_clouds(step: int, pairs: int, rest: str) -> Picture:
    """Two clouds of 80 points in 8 dimensions, one the other turned and blurred, matched from a few known pairs.

    step : how often W was fitted anew to the mutual neighbours;  pairs : known at the start;  rest : what becomes of directions
    that the pairs do not reach
    """
    X, Y, axes = _clouds()
    found = _matched(int(pairs), rest == "filled by chance")
    W, dictionary = found.maps[int(step)], found.dictionaries[int(step)]
    XW = X @ W
    right = int((alignment.csls(XW, Y, 5)[0][:, 0] == np.arange(CLOUD)).sum())
    fig, ax = canvas(width=5.2, height=4.9, layout=None)
    fig.subplots_adjust(left=0.03, right=0.97, top=0.97, bottom=0.1)
    a, b = XW @ axes, Y @ axes
    ax.plot(np.stack([a[:, 0], b[:, 0]]), np.stack([a[:, 1], b[:, 1]]), color=MUTED, linewidth=0.6)
    ax.plot(*b.T, "s", color=ORANGE, markersize=4.5, markerfacecolor="none")
    ax.plot(*a.T, "o", color=BLUE, markersize=4.5)
    known = np.arange(int(pairs))
    ax.plot(*b[known].T, "s", color=ORANGE, markersize=7)
    ax.plot(*a[known].T, "o", color=INK, markersize=6)
    ax.set(xlim=(-1.05, 1.05), ylim=(-1.05, 1.05), xticks=[], yticks=[])
    key(fig, ((0.03, BLUE, "XW"), (0.2, ORANGE, "Y", "□"), (0.36, INK, "pairs given at the start")), 0.03)
    told = (
        f"Fitted to the {pairs} given pairs"
        if step == 0
        else f"After {step} refinements, fitted to {len(dictionary)} mutual pairs"
    )
    return Picture(fig, f"{told}, W brings {right} of 80 points nearest to their own partners; lines join partners.")
