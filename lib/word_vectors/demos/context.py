"""Pictures of vectors in context: a bank between river and money, and what context buys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, key

__all__ = [
    "bank_in_context",
    "labels_picture",
    "occurrences_picture",
    "pairs_picture_in_context",
    "perplexity_picture",
]

COLOURS, MARKS = (MUTED, ORANGE, BLUE, GREEN, PINK), "osD^v"

# ------------------------------------------------------------------------------------------------------ a bank, a demo
PLACES = {  # a word's own vector: how much money it speaks of, and how much of anything else
    "river": (-1.0, 0.3),
    "wet": (-0.7, -0.1),
    "money": (1.0, 0.3),
    "loan": (0.8, -0.1),
    "bank": (0.0, 0.9),
}
SENTENCES = (
    "the loan came from the bank",
    "the bank of the river was wet",
    "the bank took the money to the river",
    "we went to the bank",
)


@demo(
    sentence=choice(*SENTENCES, label="sentence"),
    reader=choice("forwards", "backwards", "both", start="both", label="read"),
    keep=slider(0.5, 0.95, steps=4, start=0.8, label="kept a step"),
    own=choice("none", "half", "all", start="half", label="weight of the word's own vector"),
)
def bank_in_context(sentence: str, reader: str, keep: float, own: str) -> Picture:
    """One word, four sentences: a state that is carried along takes "bank" to the river or to the money.

    The state is a keep-th part of the last state plus the word's vector. Both directions' states are averaged, so that the plane
    is enough; ELMo lays them side by side, and its LSTMs learn what to keep.
    sentence : the text;  reader : which states are used;  keep : share of a state kept at each word;  own : of the mix, against the state
    """
    words = sentence.split()
    at, x = words.index("bank"), np.array([PLACES.get(word, (0.0, 0.0)) for word in words])
    ahead, behind = _carried(x[: at + 1], keep), _carried(x[at:][::-1], keep)
    ways = {"forwards": (ahead,), "backwards": (behind,), "both": (ahead, behind)}[reader]
    share = {"none": 0.0, "half": 0.5, "all": 1.0}[own]
    found = share * x[at] + (1 - share) * np.mean([way[-1] for way in ways], axis=0)

    def draw():
        fig, ax = canvas(width=5.6, height=4.3, layout=None)
        fig.subplots_adjust(left=0.03, right=0.97, top=0.9, bottom=0.17)
        ax.axvline(0, color=MUTED, linewidth=0.8)
        for way, colour in zip(ways, (ORANGE,) if reader == "backwards" else (BLUE, ORANGE), strict=False):
            ax.plot(*way.T, color=colour, linewidth=1.6, marker=".", markersize=6)
        for word, (u, v) in PLACES.items():
            if word in words and word != "bank":
                ax.plot(u, v, "s", color=MUTED, markersize=5)
                ax.text(u, v - 0.17, word, ha="center", fontsize=12, color=INK)
        ax.plot(*PLACES["bank"], "s", color=INK, markersize=9, markerfacecolor="none")
        ax.plot(*found, "o", color=GREEN, markersize=11)
        ax.set(xlim=(-1.75, 1.75), ylim=(-0.6, 1.5), xticks=[], yticks=[], title=sentence)
        ax.text(-1.7, -0.53, "← river", color=MUTED, fontsize=12)
        ax.text(1.7, -0.53, "money →", color=MUTED, fontsize=12, ha="right")
        marks = ((0.02, INK, "bank by itself", "□"), (0.3, BLUE, "forwards"), (0.5, ORANGE, "backwards"))
        key(fig, (*marks, (0.73, GREEN, "bank, here")), 0.06)
        return fig

    u = float(found[0])
    side = "on neither side" if abs(u) < 0.005 else f"{say(abs(u))} towards {'money' if u > 0 else 'the river'}"
    way = "in both directions" if reader == "both" else reader
    told = {"none": "the state alone", "half": "half state, half own vector", "all": "its own vector alone"}[own]
    return Picture(
        draw, f"“{sentence}”, read {way} with {say(keep)} kept a step: {told} puts “bank” {side}; 1 is the whole way."
    )


def _carried(x: np.ndarray, keep: float) -> np.ndarray:
    """Return the states (T + 1, 2): the first is zero, each next keeps a part of the last and adds the word's vector."""
    out = [np.zeros(2)]
    for row in x:
        out.append(keep * out[-1] + row)
    return np.array(out)


# ------------------------------------------------------------------------------------------------- static pictures
def perplexity_picture(results: dict[str, float]) -> Picture:
    """Show the perplexity of several models on the same sentences; a bar a model."""
    fig, ax = canvas(width=6.2, height=0.42 * len(results) + 0.9)
    values = list(results.values())
    ax.barh(range(len(values)), values, color=[MUTED if "gram" in name else BLUE for name in results], height=0.7)
    for y, value in enumerate(values):
        ax.text(value * 1.03, y, f"{value:.0f}", va="center", fontsize=12)
    ax.set(xscale="log", xlabel="perplexity, held-out sentences", ylim=(len(values) - 0.4, -0.6))
    ax.set_xlim(min(values) / 2, max(values) * 1.6)
    ticks = [n for n in (25, 50, 100, 200, 400, 800) if min(values) / 2 < n < max(values) * 1.6]
    ax.set_xticks(ticks, [f"{n}" for n in ticks])
    ax.minorticks_off()
    ax.set_yticks(range(len(values)), list(results))
    ax.grid(axis="y", visible=False)
    return Picture(fig, "Every model that sees a neighbouring word is far below the unigram, which sees none.")


def labels_picture(results: dict[str, dict[int, Sequence[float]]]) -> Picture:
    """Show the balanced accuracy in % against the number of labelled occurrences, the mean over the pairs.

    results : method → labelled occurrences of either word → an accuracy a pair
    """
    fig, ax = canvas(width=6.4, height=4.2)
    for (name, by_labels), colour, mark in zip(results.items(), COLOURS, MARKS, strict=False):
        known = list(by_labels)
        values = [np.array(by_labels[n]) for n in known]
        ax.plot(known, [v.mean() for v in values], color=colour, marker=mark, markersize=5, label=name)
    ax.set(xscale="log", xlabel="labelled occurrences of either word", ylabel="% told apart", ylim=(45, 100))
    ax.set_xticks(known, [f"{n}" for n in known])
    ax.minorticks_off()
    ax.legend(loc="lower center", bbox_to_anchor=(0.45, 1.0), ncols=2, labelcolor="linecolor")
    return Picture(fig, "The static vector stays at a half. All vectors that know the context rise with every label.")


def pairs_picture_in_context(pairs: Sequence[str], one: Sequence[float], other: Sequence[float], names) -> Picture:
    """Show for each pair the balanced accuracy in % by two methods; pairs in the order of the difference, other − one."""
    gain = np.subtract(other, one)
    order = np.argsort(gain)
    fig, ax = canvas(width=6.4, height=0.26 * len(pairs) + 1.2)
    y = np.arange(len(pairs))
    a, b = np.asarray(one)[order], np.asarray(other)[order]
    ax.plot(np.stack([a, b]), np.stack([y, y]), color=MUTED, linewidth=1.2)
    ax.plot(a, y, "s", color=ORANGE, markersize=5.5, label=names[0])
    ax.plot(b, y, "o", color=BLUE, markersize=6, label=names[1])
    ax.set_yticks(y, [pairs[i] for i in order], fontsize=11.7)
    ax.set(xlabel="% told apart", xlim=(45, 101), ylim=(-0.7, len(pairs) - 0.3))
    ax.legend(loc="lower center", bbox_to_anchor=(0.3, 1.0), ncols=2)
    return Picture(fig, "A line a pair of words, from the one method to the other; they are sorted by the difference.")


def occurrences_picture(panels: dict[str, np.ndarray], groups: Sequence[str], order: Sequence[str]) -> Picture:
    """Show occurrences of a word in the plane, coloured by group; a panel a kind of vector.

    panels : title → vectors (n, d), shown along their two strongest directions;  groups : (n,) names;  order : of the groups
    """
    groups = np.asarray(groups)
    fig, axes = canvas(1, len(panels), width=6.5, height=3.7, layout=None, squeeze=False)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.9, bottom=0.14, wspace=0.05)
    for ax, (title, X) in zip(axes[0], panels.items(), strict=True):
        X = X - X.mean(axis=0)
        flat = X @ np.linalg.svd(X, full_matrices=False)[2][:2].T
        flat /= np.abs(flat).max(axis=0)
        for name, colour, mark in zip(order, COLOURS[1:], MARKS[1:], strict=False):
            ax.plot(*flat[groups == name].T, mark, color=colour, markersize=4, alpha=0.8, markeredgewidth=0)
        ax.set(xlim=(-1.08, 1.08), ylim=(-1.08, 1.08), xticks=[], yticks=[], title=title)
    step = 0.94 / len(order)
    key(fig, [(0.03 + step * i, COLOURS[1 + i], name, "■◆▲▼"[i]) for i, name in enumerate(order)], 0.04)
    return Picture(fig, "A mark an occurrence; its colour and shape say from which package it comes.")
