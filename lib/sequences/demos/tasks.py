"""Pictures of tasks on sequences: who goes in and who comes out, and what a window of words can tell."""

from __future__ import annotations

from functools import cache

from lib.book.demos import Picture, choice, demo, slider
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PAPER, PINK, canvas, name_curves
from lib.sequences.number_words import number_pair, split_numbers
from lib.sequences.tasks import place_values, window_ceiling

__all__ = ["five_shapes", "through_a_window", "window_table"]

SHAPES = ("one to one", "one to many", "many to one", "many to many, aligned", "many to many, free")


def _steps(shape: str, k: int) -> list[tuple[str, str]]:
    """Return what goes in and what comes out at each step; "" where nothing does."""
    pair = number_pair(k)
    english, russian = list(pair.english), list(pair.russian)
    parity = "odd" if k % 2 else "even"
    if shape == SHAPES[0]:
        return [(str(k), parity)]
    if shape == SHAPES[1]:
        return [(str(k) if at == 0 else "", word) for at, word in enumerate(english)]
    if shape == SHAPES[2]:
        return [(word, parity if at == len(english) - 1 else "") for at, word in enumerate(english)]
    if shape == SHAPES[3]:
        return [*zip(english, place_values(k), strict=True)]
    return [(word, "") for word in english] + [*zip(["<s>", *russian], [*russian, "</s>"], strict=True)]


@demo(
    shape=choice(*SHAPES, start=SHAPES[3], label="task"),
    k=choice(7, 42, 300, 1002, 5018, start=1002, label="number"),
)
def five_shapes(shape: str, k: int) -> Picture:
    """The five shapes of a task on sequences, with a number for an example. Steps go downwards.

    shape : what goes in and what comes out;  k : the number
    """
    steps = _steps(shape, k)
    fig, ax = canvas(width=6.2, height=4.4, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    ax.set(xlim=(0, 10), ylim=(-10.4, 0.9))
    ax.axis("off")
    ax.text(3.6, 0.4, "in", ha="right", color=BLUE)
    ax.text(5, 0.4, "state", ha="center", color=MUTED)
    ax.text(6.4, 0.4, "out", color=ORANGE)
    decoder = len(number_pair(k).english) if shape == SHAPES[4] else len(steps)
    arrow = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0}
    for at, (into, out) in enumerate(steps):
        y = -0.45 - at * 1.08
        ax.plot(
            5, y, "s", markersize=15, color=PAPER, markeredgecolor=INK if at < decoder else GREEN, markeredgewidth=1.6
        )
        if at + 1 < len(steps):
            ax.annotate("", (5, y - 0.76), (5, y - 0.34), arrowprops={**arrow, "color": MUTED})
        if into:
            ax.text(3.6, y, into, ha="right", va="center", color=BLUE if at < decoder else MUTED)
            ax.annotate("", (4.6, y), (3.75, y), arrowprops={**arrow, "color": BLUE if at < decoder else MUTED})
        if out:
            ax.text(6.4, y, out, va="center", color=ORANGE)
            ax.annotate("", (6.25, y), (5.4, y), arrowprops={**arrow, "color": ORANGE})
    return Picture(fig, _told(shape, k, steps))


def _told(shape: str, k: int, steps: list[tuple[str, str]]) -> str:
    inputs, outputs = [i for i, _ in steps if i], [o for _, o in steps if o]
    if shape == SHAPES[0]:
        return f"One to one: {k} goes in, “{outputs[0]}” comes out, and there is no sequence."
    if shape == SHAPES[1]:
        return f"One to many: {k} goes in once, and its words come out: {' '.join(outputs)} ({len(outputs)} of them)."
    if shape == SHAPES[2]:
        return f"Many to one: {' '.join(inputs)} goes in word by word, and only the last state answers: {outputs[0]}."
    if shape == SHAPES[3]:
        return f"Many to many, aligned: each of {len(inputs)} words of “{' '.join(inputs)}” gets the place it belongs to: {', '.join(outputs)}."
    words = number_pair(k)
    read, written = len(words.english), len(words.russian)
    return (
        f"Many to many, free: {read} English word{'s' * (read != 1)} in ({' '.join(words.english)}), then {written} Russian out "
        f"({' '.join(words.russian)}) and an end; each is fed back as the next input."
    )


# ------------------------------------------------------------------------------------------------------ the window
@cache
def window_table(draws: int = 3000) -> dict[tuple[int, int], float]:
    """Return the most that a window of (left, right) words can get right of the words' places, on `draws` numbers."""
    numbers = [int(k) for k in split_numbers(draws, 1, seed=0).train]
    sentences, tags = [number_pair(k).english for k in numbers], [place_values(k) for k in numbers]
    return {(left, right): window_ceiling(sentences, tags, left, right) for left in range(3) for right in range(7)}


@demo(
    left=slider(0, 2, steps=3, start=0, label="words to the left"),
    right=slider(0, 6, steps=7, start=1, label="words to the right"),
)
def through_a_window(left: float, right: float) -> Picture:
    """The most that anything can know of a word's place if it sees the word and a few of its neighbours.

    left, right : how many words before and after it are seen
    """
    left, right, found = int(left), int(right), window_table()
    fig, ax = canvas(width=6.2, height=3.6, layout=None)
    fig.subplots_adjust(left=0.13, right=0.8, top=0.96, bottom=0.17)
    for side, colour in enumerate((BLUE, ORANGE, PINK)):
        ax.plot(range(7), [100 * found[side, r] for r in range(7)], color=colour, label=f"{side} to the left")
    ax.plot(right, 100 * found[left, right], "o", color=INK, markersize=9)
    ax.set(
        xlim=(0, 6),
        ylim=(60, 108),
        yticks=range(60, 101, 10),
        xlabel="words to the right",
        ylabel="places that can be told, %",
    )
    name_curves(ax, gap=1.5)
    share = found[left, right]
    rest = (
        "No place is left in doubt: that is as far as “thousand” can be from a word that it multiplies."
        if share == 1
        else f"Of the others, {100 - 100 * share:.1f} %, nothing that sees no more can be sure."
    )
    seen = f"{left} word{'s' * (left != 1)} to the left and {right} to the right"
    return Picture(fig, f"Who sees a word, {seen} can tell {100 * share:.1f} % of the places. {rest}")
