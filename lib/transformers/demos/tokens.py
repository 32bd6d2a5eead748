"""Pictures of tokens: bytes of a character, merges as they are learned, texts in pieces, and what their number says."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from itertools import pairwise

import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.patches import Rectangle
from matplotlib.textpath import text_to_path

from lib.book.demos import Picture, choice, demo, log_slider, slider, text
from lib.book.figures import (
    BLUE,
    GREEN,
    INK,
    MUTED,
    ORANGE,
    PAPER,
    PINK,
    STYLE,
    canvas,
    drawable,
    key,
    name_curves,
)
from lib.sequences.number_words import number_pair
from lib.transformers.tokens import BYTES, Tokenizer, count_words, learn_merges_fast, paragraphs, split_words, utf8
from lib.word_vectors import corpus

__all__ = [
    "cut_into_tokens",
    "learning_merges",
    "two_rulers",
    "utf8_layout",
    "vocabulary_against_length",
    "vocabulary_growth",
]

MERGES = 4096


@cache
def english() -> Tokenizer:
    """Return the tokenizer of 4,096 merges learned on numpy's documentation; every tenth paragraph is kept back."""
    found = paragraphs(d.text for d in corpus.docstrings(["numpy"]))
    return Tokenizer.learn([p for i, p in enumerate(found) if i % 10], MERGES)


@cache
def with_merges(most: int) -> Tokenizer:
    """Return the tokenizer of the first `most` of those merges."""
    return Tokenizer(english().merges[:most])


def _sheet(width: float, height: float):
    """Return a figure and its axes without a frame, measured in points from the lower left corner."""
    fig, ax = canvas(width=width, height=height, layout=None)
    fig.subplots_adjust(left=0, right=1, top=1, bottom=0)
    ax.set(xlim=(0, 72 * width), ylim=(0, 72 * height))
    ax.axis("off")
    return fig, ax


@cache
def _wide(letters: str) -> float:
    """Return the width in points of letters of the style's size."""
    return text_to_path.get_text_width_height_descent(letters, FontProperties(size=STYLE["font.size"]), False)[0]


def _shown(piece: bytes) -> str:
    """Return a token as a picture shows it: its letters with ␣ for a space, or its bytes in hexadecimal where they are no letters."""
    try:
        found = piece.decode()
    except UnicodeDecodeError:
        return piece.hex(" ").upper() if len(piece) < 4 else piece[:3].hex(" ").upper() + " …"
    found = found if len(found) <= 18 else found[:17] + "…"
    seen = "".join("␣" if c == " " else c if c.isprintable() and not unicodedata.combining(c) else "▯" for c in found)
    return drawable(seen).replace(r"\$", "$")


def _quoted(piece: bytes) -> str:
    """Return a token as a sentence names it."""
    return f"“{_shown(piece).replace('␣', ' ')}”"


def _boxes(ax, pieces: Sequence[bytes], x: float, y: float, colours: Sequence[str], most: float) -> int:
    """Draw tokens from (x, y) on to the right, as far as `most` allows; return how many have found room."""
    for done, (piece, colour) in enumerate(zip(pieces, colours, strict=True)):
        name = _shown(piece)
        wide = max(_wide(name), 6) + 7
        if x + wide > most:
            return done
        ax.add_patch(_rectangle(x, y - 10, wide, 20, colour))
        ax.text(x + wide / 2, y - 0.5, name.replace("$", r"\$"), color=PAPER, ha="center", va="center")
        x += wide + 3
    return len(pieces)


def _rectangle(x: float, y: float, wide: float, high: float, colour: str):
    return Rectangle((x, y), wide, high, facecolor=colour, edgecolor="none")


# ----------------------------------------------------------------------------------------------------------- UTF-8
def _name(character: str) -> str:
    shown = character if character.isprintable() and not unicodedata.combining(character) else "▯"
    return drawable(shown)


@demo(letters=text(examples=("A", "é", "Я", "€", "🎄", "aЯ€🎄"), start="aЯ€🎄", longest=4, label="characters"))
def utf8_layout(letters: str) -> Picture:
    """The bytes of UTF-8: where the bits of a character's number go, and the marks in front of them.

    letters : up to four characters
    """
    fig, ax = _sheet(6.2, 2.9)
    for row, character in enumerate(letters):
        y, number, raw = 160 - row * 44, ord(character), utf8(character)
        ax.text(12, y, _name(character), fontsize=17, va="center", color=INK)
        ax.text(42, y, f"U+{number:04X}", va="center", color=MUTED)
        for at, byte in enumerate(raw):
            bits, marks = f"{byte:08b}", _marks(len(raw), at)
            ax.add_patch(_rectangle(118 + at * 80, y - 17, 76, 34, BLUE if at == 0 else ORANGE))
            ax.text(122 + at * 80, y + 8, bits[:marks], color=PAPER, va="center")
            ax.text(122 + at * 80 + _wide("0" * marks), y + 8, bits[marks:], color=PAPER, va="center", weight="bold")
            ax.text(156 + at * 80, y - 8, str(byte), color=PAPER, ha="center", va="center")
    if not letters:
        ax.text(223, 104, "no character, no byte", ha="center", color=MUTED)
        return Picture(fig, "Of no characters there are no bytes.")
    said = [f"{_told(c)} (U+{ord(c):04X}) is {_several(len(utf8(c)))}: {' '.join(map(str, utf8(c)))}" for c in letters]
    return Picture(fig, "; ".join(said) + ".")


def _marks(size: int, at: int) -> int:
    """Return how many bits of a byte are marks: of the first of `size`, or of one that follows."""
    return 2 if at else (1 if size == 1 else size + 1)


def _told(character: str) -> str:
    return character if _name(character) != "▯" else "a character"


def _several(n: int, thing: str = "byte") -> str:
    return f"{n:,} {thing}{'s' * (n != 1)}"


# ------------------------------------------------------------------------------------------------- learning merges
CATS, LOWS, RUSSIAN = (
    "the cat that sat on the mat sat there",
    "low low low low low lower lower newest newest newest newest newest newest widest widest widest",
    "один, одиннадцать, одна тысяча одиннадцать",
)


@demo(
    words=text(examples=(CATS, LOWS, RUSSIAN), longest=100, label="text"),
    step=slider(0, 16, steps=17, start=0, label="merges"),
)
def learning_merges(words: str, step: float) -> Picture:
    """Byte-pair encoding at work: the words of a text as they are cut now, and how often each pair of neighbours occurs.

    words : the text;  step : how many merges are done
    """
    counted = count_words([words])
    merges = learn_merges_fast(counted, round(step) + 1)
    done, following = merges[: round(step)], merges[round(step) :]
    tokenizer = Tokenizer(done)
    cut = {word: tokenizer.encode(word.decode()) for word in counted}
    pairs: dict[tuple[int, int], int] = {}
    for word, tokens in cut.items():
        for pair in pairwise(tokens):
            pairs[pair] = pairs.get(pair, 0) + counted[word]
    fig, ax = _sheet(6.2, 3.6)
    _words_as_cut(ax, tokenizer, cut, counted)
    _frequent_pairs(ax, tokenizer, pairs, following[:1])
    key(fig, [(0.02, BLUE, "one byte", "■"), (0.22, GREEN, "merged", "■"), (0.6, ORANGE, "merged next", "■")], 0.025)
    total, first = sum(counted[w] * len(t) for w, t in cut.items()), sum(n * len(w) for w, n in counted.items())
    length = f"{_several(total, 'token')}{'' if total == first else f', {first} at first'}"
    head = f"After {_several(len(done), 'merge')} the text has {length}."
    if not following:
        return Picture(fig, f"{head} No pair is left: every word is one token.")
    a, b = following[0]
    names, n = [_quoted(tokenizer.pieces[t]) for t in (a, b)], pairs[a, b]
    equal = sum(m == n for m in pairs.values()) - 1
    rest = f"; {equal} other{'s' * (equal > 1)} as often, and the smaller numbers decide" if equal else ""
    return Picture(fig, f"{head} Next {names[0]} and {names[1]} become one: together {_several(n, 'time')}{rest}.")


def _words_as_cut(ax, tokenizer: Tokenizer, cut: Mapping[bytes, list[int]], counted: Mapping[bytes, int]) -> None:
    """Draw the most frequent words in their tokens on the left."""
    ax.text(10, 243, "words, and how often", color=MUTED, va="center")
    for row, word in enumerate(sorted(cut, key=lambda w: -counted[w])[:7]):
        y = 216 - row * 27
        ax.text(26, y, f"{counted[word]}×", color=MUTED, va="center", ha="right")
        pieces = [tokenizer.pieces[t] for t in cut[word]]
        colours = [BLUE if t < BYTES else GREEN for t in cut[word]]
        if _boxes(ax, pieces, 33, y, colours, 250) < len(pieces):
            ax.text(252, y, "…", color=MUTED, va="center")


def _frequent_pairs(ax, tokenizer: Tokenizer, pairs: Mapping[tuple[int, int], int], chosen: Sequence) -> None:
    """Draw the pairs that occur most often on the right, the one to be merged in its own colour."""
    ax.text(275, 243, "pairs, and how often", color=MUTED, va="center")
    best = sorted(pairs, key=lambda pair: (-pairs[pair], pair))[:7]
    for row, pair in enumerate(best):
        y, n = 216 - row * 27, pairs[pair]
        colour = ORANGE if pair in chosen else MUTED
        name = " + ".join(_shown(tokenizer.pieces[t]) for t in pair)
        name = name if _wide(name) < 104 else name[:12] + "…"
        ax.text(275, y, name.replace("$", r"\$"), color=INK, va="center")
        ax.add_patch(_rectangle(382, y - 7, 34 * n / pairs[best[0]], 14, colour))
        ax.text(420, y, str(n), color=INK, va="center")


# -------------------------------------------------------------------------------------------------- texts in pieces
SENTENCES = (
    "Return the eigenvalues of a symmetric matrix.",
    "To be, or not to be, that is the question",
    "триста сорок две тысячи два",
    "7 + 35 = 42, 812 + 1999 = 2811",
    "for i in range(10): print(i ** 2)",
    "A 🎄 for 三人, naïvely",
)


@demo(
    words=text(examples=SENTENCES, longest=80, label="text"),
    merges=choice(0, 64, 256, 1024, 4096, start=1024, label="merges"),
)
def cut_into_tokens(words: str, merges: int) -> Picture:
    """A text in tokens with their numbers, by merges that were learned on numpy's documentation.

    words : any text;  merges : how many of the learned merges are used
    """
    tokenizer = with_merges(merges)
    cut = [(token, tokenizer.encode(word)) for word in split_words(words) for token in tokenizer.encode(word)]
    fig, ax = _sheet(6.2, 4.0)
    x, y, drawn = 10.0, 263.0, 0
    for token, whole in cut:
        colour = GREEN if token < BYTES else (BLUE if len(whole) == 1 else ORANGE)
        piece, number = tokenizer.pieces[token], str(token)
        wide = max(_wide(_shown(piece)), _wide(number), 6) + 7
        if x + wide > 436:
            x, y = 10.0, y - 47
        if y < 66:
            break
        _boxes(ax, [piece], x + (wide - max(_wide(_shown(piece)), 6) - 7) / 2, y, [colour], 1e9)
        ax.text(x + wide / 2, y - 18, number, color=MUTED, ha="center", va="center")
        x, drawn = x + wide + 4, drawn + 1
    if drawn < len(cut):
        ax.text(436, 30, f"and {len(cut) - drawn} more", ha="right", color=MUTED)
    key(
        fig,
        [(0.02, BLUE, "a word, whole", "■"), (0.37, ORANGE, "part of a word", "■"), (0.72, GREEN, "one byte", "■")],
        0.025,
    )
    size = len(words.encode())
    if not cut:
        return Picture(fig, f"With {_several(merges, 'merge')}: of no text there are no tokens.")
    head = f"With {_several(merges, 'merge')} {_several(size)} become {_several(len(cut), 'token')}"
    return Picture(fig, f"{head}, {size / len(cut):.2f} bytes each. The vocabulary has {len(tokenizer):,} entries.")


# ----------------------------------------------------------------------------------------- vocabulary against length
KINDS = {
    "documentation": BLUE,
    "English numbers": GREEN,
    "digits": PINK,
    "Russian numbers": ORANGE,
}


@cache
def _texts() -> dict[str, list[str]]:
    """Return texts that no merge was learned on: paragraphs that were kept back, and numbers in words and digits."""
    numbers = [int(k) for k in np.random.default_rng(0).integers(1000, 10**6, 300)]
    pairs = [number_pair(k) for k in numbers]
    return {
        "documentation": paragraphs(d.text for d in corpus.docstrings(["numpy"]))[::10],
        "English numbers": [" ".join(p.english) for p in pairs],
        "digits": [" ".join(map(str, numbers))],
        "Russian numbers": [" ".join(p.russian) for p in pairs],
    }


@cache
def bytes_per_token(most: int) -> dict[str, float]:
    """Return for each kind of text how many bytes a token stands for, with the first `most` merges."""
    tokenizer = with_merges(most)
    return {
        kind: sum(len(t.encode()) for t in texts) / sum(len(tokenizer.encode(t)) for t in texts)
        for kind, texts in _texts().items()
    }


@demo(merges=log_slider(1, MERGES, steps=13, start=1024, label="merges"))
def vocabulary_against_length(merges: float) -> Picture:
    """What a larger vocabulary buys: bytes that one token stands for, in texts of four kinds.

    merges : how many of the merges learned on numpy's documentation are used
    """
    most = round(merges)
    grid, now = [2**i for i in range(13)], bytes_per_token(most)
    fig, ax = canvas(width=6.2, height=3.7, layout=None)
    fig.subplots_adjust(left=0.1, right=0.7, top=0.96, bottom=0.16)
    for kind, colour in KINDS.items():
        ax.plot(grid, [bytes_per_token(m)[kind] for m in grid], color=colour, label=kind)
        ax.plot(most, now[kind], "o", color=colour, markersize=8)
    ax.set(xscale="log", xlim=(1, MERGES), ylim=(0.9, 4.6), xlabel="merges", ylabel="bytes per token")
    name_curves(ax, gap=1.4)
    told = ", ".join(f"{now[kind]:.2f} of {kind}" for kind in KINDS)
    newest = _quoted(english().pieces[BYTES + most - 1])
    return Picture(
        fig,
        f"With a vocabulary of {BYTES + most:,} a token stands for so many bytes: {told}. The newest token is {newest}.",
    )


# ----------------------------------------------------------------------------------------------------------- figures
def vocabulary_growth(texts: Sequence[str]) -> Picture:
    """Return a picture of Heaps' law: how many different words a text has, against how many it has in all."""
    seen, met, total = [], set(), 0
    for text_ in texts:
        for word in split_words(text_):
            met.add(word)
            total += 1
            seen.append(len(met))
    at = np.unique(np.geomspace(100, total, 40).astype(int))
    kinds = np.array(seen)[at - 1]
    beta, log_k = np.polyfit(np.log(at), np.log(kinds), 1)
    fig, ax = canvas(width=6.2, height=3.6, layout=None)
    fig.subplots_adjust(left=0.14, right=0.78, top=0.95, bottom=0.17)
    ax.plot(at, kinds, color=BLUE, label="words")
    ax.plot(at, np.exp(log_k) * at**beta, color=ORANGE, linestyle="--", label="fit")
    ax.axhline(BYTES, color=GREEN, label="bytes")
    ax.set(
        xscale="log", yscale="log", xlim=(100, total), ylim=(30, 2e4), xlabel="words read, n", ylabel="different ones"
    )
    name_curves(ax, gap=1.4)
    return Picture(
        fig,
        f"Of {total:,} words {kinds[-1]:,} are different; their number grows like n to the power {beta:.2f}, and no end is in sight.",
    )


def two_rulers(found: Mapping[str, tuple[float, float]]) -> Picture:
    """Return a picture of models that read the same text in different pieces: perplexity on the left, bits per byte on the right.

    found : name → (perplexity, bits per byte)
    """
    names = list(found)
    fig, axes = canvas(1, 2, width=6.4, height=3.4, layout=None, sharey=True)
    fig.subplots_adjust(left=0.33, right=0.97, top=0.96, bottom=0.17, wspace=0.12)
    for ax, column, colour, label in zip(
        axes, (0, 1), (ORANGE, BLUE), ("perplexity per symbol", "bits per byte"), strict=True
    ):
        values = [found[name][column] for name in names]
        ax.barh(range(len(names)), values, color=colour, height=0.62)
        for y, value in enumerate(values):
            ax.text(value + 0.02 * max(values), y, f"{value:.3g}", va="center")
        ax.set(xlim=(0, 1.22 * max(values)), xlabel=label, yticks=range(len(names)), yticklabels=names)
        ax.grid(axis="y", visible=False)
    axes[0].invert_yaxis()
    least = [min(names, key=lambda name: found[name][i]) for i in (0, 1)]
    return Picture(
        fig, f"The model of {least[0]} has the least perplexity; that of {least[1]} needs the fewest bits per byte."
    )
