"""Pictures of counting: a window that widens, and what the singular values keep."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, slider
from lib.book.figures import BLUE, GREEN, ORANGE, canvas
from lib.word_vectors import corpus, counting, vocabulary

__all__ = ["frequencies_picture", "widening_window"]


@cache
def _numpy_text() -> vocabulary.Text:
    """Return the text of numpy's own documentation."""
    return vocabulary.read(corpus.sentences(corpus.docstrings(["numpy"])))


@cache
def _tables(window: int):
    """Return the co-occurrence table of a window, and its PPMI."""
    C = counting.cooccurrence(_numpy_text(), window)
    return C, counting.ppmi(C)


@demo(
    window=slider(1, 10, steps=10, start=2, label="window"),
    word=choice("matrix", "polynomial", "axis", "masked", "string", "real", start="matrix", label="word"),
    least=choice(1, 5, start=5, label="seen together at least"),
)
def widening_window(window: int, word: str, least: int) -> Picture:
    """The words that stand near a word in numpy's documentation: by plain counts on the left, by PMI on the right.

    window : how many words to each side;  word : the one in the middle;  least : pairs counted less often are left out on the right
    """
    text, (C, P) = _numpy_text(), _tables(window)
    names, row = text.vocabulary.words, text.vocabulary.number(word)
    counts = counting.strongest(C, row, 8)
    often = {j: n for j, n in counting.strongest(C, row, C.shape[1]) if n >= least}
    bound = [(j, v) for j, v in counting.strongest(P, row, P.shape[1]) if j in often][:8]
    fig, panels = canvas(1, 2, width=6.4, height=3.3, layout=None)
    fig.subplots_adjust(left=0.215, right=0.98, top=0.98, bottom=0.18, wspace=0.95)
    for ax, shown, colour, name in ((panels[0], counts, BLUE, "times together"), (panels[1], bound, ORANGE, "PMI")):
        ax.barh([-i for i in range(len(shown))], [v for _, v in shown], color=colour, alpha=0.8)
        ax.set_yticks([-i for i in range(len(shown))], [names[j] for j, _ in shown])
        ax.set(xlabel=name, ylim=(-7.6, 0.6))
        ax.grid(axis="y", visible=False)
    panels[0].set_xlim(0, 1.05 * max(v for _, v in counts))
    panels[1].set_xlim(0, 8)
    first = ", ".join(names[j] for j, _ in counts[:3])
    best = ", ".join(names[j] for j, _ in bound[:3]) or "nothing"
    return Picture(
        fig,
        f"Up to {window} word{'s' * (window > 1)} from “{word}” stand most often {first}; by PMI, among those seen there at least "
        f"{least} time{'s' * (least > 1)}, {best}.",
    )


def frequencies_picture(counts) -> Picture:
    """Show how often the words of a corpus occur, by rank, beside Zipf's law."""
    counts = np.sort(np.asarray(counts, dtype=float))[::-1]
    rank = np.arange(1, len(counts) + 1)
    at = np.unique(np.geomspace(1, len(counts), 160).astype(int)) - 1
    fig, ax = canvas(width=5.8, height=3.4)
    ax.loglog(rank[at], counts[at], color=BLUE)
    ax.loglog(rank[at], counts[9] * 10 / rank[at], color=ORANGE, linestyle="--")
    ax.annotate("∝ 1/rank", (3, counts[9] * 10 / 3), xytext=(12, 8), textcoords="offset points", color=ORANGE)
    ax.annotate(
        "words",
        (rank[at][100], counts[at][100]),
        xytext=(-10, -10),
        textcoords="offset points",
        color=BLUE,
        ha="right",
        va="top",
    )
    half = int(np.searchsorted(np.cumsum(counts), counts.sum() / 2)) + 1
    ax.axvline(half, color=GREEN, linewidth=1.4)
    ax.annotate("half of the text", (half, counts.max()), xytext=(6, -8), textcoords="offset points", color=GREEN)
    ax.set(xlabel="rank of the word", ylabel="occurrences")
    return Picture(
        fig,
        f"The commonest word stands on {100 * counts[0] / counts.sum():.0f} % of all places, and about {round(half, -1)} of "
        f"{round(len(counts), -3)} words make up half of the text: the curve follows the line 1/rank.",
    )
