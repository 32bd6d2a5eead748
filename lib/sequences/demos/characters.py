"""Pictures of a model of characters: what comes next, what it costs, and what a temperature does."""

from __future__ import annotations

from textwrap import wrap

import numpy as np

from lib.book.demos import Picture, demo, given, log_slider, slider, text
from lib.book.display import say
from lib.book.figures import BLUE, INK, MUTED, ORANGE, canvas, drawable, key, name_curves
from lib.sequences import characters

__all__ = ["by_characters_read", "next_character", "sharpening", "surprise", "written"]

SHOWN = 7  # characters whose bars are shown
NAMES = {characters.EDGE: "the end", "\n": "line break", " ": "space", characters.OTHER: "another"}
NAMES |= {".": "full stop", ",": "comma", "`": "backtick", "_": "underscore", "'": "apostrophe", "-": "hyphen"}
# probabilities of no model, so that the picture is the same everywhere
MADE_UP = np.array([0.5, 0.2, 0.12, 0.08, 0.05, 0.03, 0.015, 0.005])


def _small_reader() -> characters.Reader:
    """Return a random reader of four units, for the tests."""
    rng, (V, d, H) = np.random.default_rng(0), (characters.V, 3, 4)
    shapes = {"E": (V, d), "Wx": (d, 4 * H), "Wh": (H, 4 * H), "bx": 4 * H, "bh": 4 * H, "U": (H, V), "u": V}
    return characters.Reader({name: rng.normal(size=shape) for name, shape in shapes.items()})


def _small_ngrams() -> characters.Ngrams:
    return characters.Ngrams(characters.encode("the shape of the array, and the other shapes"), 3)


def _name(symbol: int) -> str:
    return NAMES.get(characters.SYMBOLS[symbol], drawable(characters.SYMBOLS[symbol]))


def _quoted(words: str, most: int = 40) -> str:
    return f"“…{words[-most:]}”" if len(words) > most else f"“{words}”"


@demo(
    reader=given("characters", sample=_small_reader, of=characters.Reader),
    counted=given("counted", sample=_small_ngrams, of=characters.Ngrams),
    start=text(
        examples=("array of sha", "Returns the ", "If `output_array", "If output_array"),
        longest=200,
        label="beginning",
    ),
    T=slider(0.25, 2.0, steps=8, start=1.0, label="temperature"),
)
def next_character(reader: characters.Reader, counted: characters.Ngrams, start: str, T: float) -> Picture:
    """What may come next after a beginning, as the LSTM and the n-grams see it.

    start : the beginning, which follows the edge of a text;  T : the temperature
    """
    ids = characters.encode(start)
    found = [characters.with_temperature(np.log(model.after(ids)[0]), T) for model in (reader, counted)]
    fig, axes = canvas(1, 2, width=6.4, height=3.7, layout=None)
    fig.subplots_adjust(left=0.21, right=0.96, top=0.9, bottom=0.17, wspace=0.75)
    told = []
    for ax, p, colour, name in zip(axes, found, (BLUE, ORANGE), ("LSTM", "n-grams"), strict=True):
        best = np.argsort(-p, kind="stable")[:SHOWN]
        ax.barh(range(SHOWN), p[best], color=colour, height=0.7)
        ax.set(xlim=(0, 1), ylim=(SHOWN - 0.4, -0.6), xlabel="probability", ylabel="character", xticks=[0, 0.5, 1])
        ax.set_yticks(range(SHOWN), [_name(s) for s in best])
        ax.set_title(name, color=colour)
        ax.grid(axis="y", visible=False)
        told.append(f"{name}: {_name(best[0])} with {100 * p[best[0]]:.1f} %, entropy {characters.entropy(p):.2f} bits")
    return Picture(fig, f"After {_quoted(start)} at temperature {say(T, 3)}. {'; '.join(told)}.")


@demo(T=log_slider(0.1, 10.0, steps=41, start=1.0, label="temperature"))
def sharpening(T: float) -> Picture:
    """Eight probabilities at a temperature, and the entropy of what comes out.

    T : the temperature
    """
    p, z = characters.with_temperature(np.log(MADE_UP), T), np.log(MADE_UP)
    grid = np.geomspace(0.1, 10, 81)
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.5, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.95, bottom=0.18, wspace=0.38)
    left.bar(range(8), p, color=BLUE, width=0.75)
    left.plot(range(8), MADE_UP, "_", color=INK, markersize=20, markeredgewidth=2)
    left.set(ylim=(0, 1), xlabel="symbol", ylabel="probability", xticks=range(8))
    left.set_xticklabels(list("abcdefgh"))
    right.semilogx(grid, [characters.entropy(characters.with_temperature(z, t)) for t in grid], color=BLUE)
    right.axhline(3, color=MUTED, linewidth=1)
    right.plot(T, characters.entropy(p), "o", color=INK, markersize=9)
    right.set(xlim=(0.1, 10), ylim=(0, 3.2), xlabel="temperature", ylabel="entropy, bits", yticks=range(4))
    right.set_xticks([0.1, 1, 10], ["0.1", "1", "10"])
    right.minorticks_off()
    return Picture(
        fig,
        f"At temperature {say(T)} the likeliest of eight symbols has {say(100 * p[0], 3)} % and the least likely {say(100 * p[-1], 2)} %; the "
        f"entropy is {say(characters.entropy(p), 3)} of at most 3 bits. The dashes are the probabilities at temperature 1.",
    )


@demo(
    reader=given("characters", sample=_small_reader, of=characters.Reader),
    counted=given("counted", sample=_small_ngrams, of=characters.Ngrams),
    sentence=text(
        examples=(
            "The shape of the output array.",
            "The shape of the banana array.",
            "The sahpe of the output array.",
            "(see `dtype` below) and so on",
        ),
        longest=32,
        label="sentence",
    ),
)
def surprise(reader: characters.Reader, counted: characters.Ngrams, sentence: str) -> Picture:
    """What each character of a sentence costs in bits, for the LSTM and for the n-grams.

    sentence : at most 32 characters; the line begins a text
    """
    ids = characters.encode(sentence)
    costs = [model.bits(ids) if len(ids) else np.zeros(0) for model in (reader, counted)]
    fig, ax = canvas(width=6.4, height=3.4, layout=None)
    fig.subplots_adjust(left=0.11, right=0.98, top=0.88, bottom=0.2)
    n = max(len(ids), 1)
    for cost, colour, shift in zip(costs, (BLUE, ORANGE), (-0.2, 0.2), strict=True):
        ax.bar(np.arange(len(ids)) + shift, np.minimum(cost, 20), width=0.4, color=colour)
    ax.set(xlim=(-0.7, n - 0.3), ylim=(0, 20), xlabel="character", ylabel="bits, cut at 20", yticks=range(0, 21, 5))
    ax.set_xticks(range(len(ids)), ["␣" if c == " " else drawable(c) for c in sentence])
    ax.grid(axis="x", visible=False)
    key(fig, [(0.12, BLUE, "LSTM"), (0.35, ORANGE, "n-grams")], y=0.92)
    if not len(ids):
        return Picture(fig, "Nothing was typed, so nothing has to be paid.")
    worst = int(costs[0].argmax())
    return Picture(
        fig,
        f"{_quoted(sentence)} costs the LSTM {say(costs[0].sum(), 3)} bits and the n-grams {say(costs[1].sum(), 3)}, "
        f"{say(costs[0].mean())} and {say(costs[1].mean())} a character. What surprises the LSTM most is {_name(ids[worst])}, "
        f"character {worst + 1}, with {say(costs[0][worst])} bits.",
    )


@demo(
    reader=given("characters", sample=_small_reader, of=characters.Reader),
    start=text(examples=("The ", "axis : int, optional", "Compute the "), longest=40, label="beginning"),
    T=slider(0.2, 1.6, steps=8, start=0.8, label="temperature"),
)
def written(reader: characters.Reader, start: str, T: float) -> Picture:
    """What the LSTM writes after a beginning, always with the same random numbers.

    start : the beginning;  T : the temperature
    """
    out = characters.write(reader, start, 360, T, seed=3).replace(characters.EDGE, "\n")
    lines = [part for line in (start + out).split("\n") for part in wrap(line, 58) or [""]][:9]
    fig, ax = canvas(width=6.4, height=3.0, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.98, bottom=0.02)
    ax.set(xlim=(0, 1), ylim=(-9.2, 0.2))
    ax.axis("off")
    for at, line in enumerate(lines):
        ax.text(0, -at, drawable(line), family="DejaVu Sans Mono", va="top", fontsize=12)
    read = " ".join((start + out).split())
    return Picture(fig, f"It writes “{read[:250]}…” at temperature {say(T, 3)}.")


def by_characters_read(read: np.ndarray, by_lstm: np.ndarray, by_order: dict[int, np.ndarray]) -> Picture:
    """Draw bits a character by how much text was read: the LSTM's at its checkpoints read (k,), and those of n-grams of some orders."""
    fig, ax = canvas(width=6.4, height=3.8, layout=None)
    fig.subplots_adjust(left=0.12, right=0.8, top=0.96, bottom=0.17)
    for (order, bits), colour in zip(by_order.items(), (MUTED, ORANGE), strict=True):
        ax.semilogx(read, bits, color=colour, label=f"{order}-grams")
    ax.semilogx(read, by_lstm, "o-", color=BLUE, markersize=4, label="LSTM")
    ax.set(
        xlim=(read[0], read[-1]),
        ylim=(1.4, 3.2),
        xlabel="characters read, millions",
        ylabel="bits a character",
        yticks=[1.5, 2, 2.5, 3],
    )
    ax.minorticks_off()
    ax.set_xticks(read, [f"{n / 1e6:.2f}" for n in read])
    name_curves(ax)
    return Picture(
        fig,
        "Bits a character on the text kept back, by the number of characters read, for the LSTM and for n-grams of two orders.",
    )
