"""Pictures of a translator: where it looks, what its encoder keeps, how it fares by length, and what it makes of its own words."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, refusal, slider
from lib.book.figures import BLUE, INK, MUTED, ORANGE, PINK, canvas, key, name_curves
from lib.book.parameters import given, text
from lib.sequences.cells import CELLS
from lib.sequences.number_words import number_of, number_pair, words_typed
from lib.sequences.translation import NUMBERS_IN_ENGLISH, NUMBERS_IN_RUSSIAN, Translator, number_translator

__all__ = ["attention_map", "by_length_picture", "encoder_gates", "fed_its_own", "update_gates"]

MOST_WORDS = 13  # the longest number has eleven
EXAMPLES = (
    "342002",
    "300",
    "three hundred thousand",
    "99",
    "1,001",
    "222222",
    "five hundred and eleven thousand and six",
    "thousand thousand two",
    "forty-tow",
)


@cache
def random_translator(attention: str = "bilinear") -> Translator:
    """Return a translator of number words that has learned nothing, of four units."""
    rng, d, H = np.random.default_rng(0), 3, 4
    shapes = {"source": (len(NUMBERS_IN_ENGLISH), d), "target": (len(NUMBERS_IN_RUSSIAN), d)}
    for name, units in (("encoder0", H // 2), ("encoder1", H // 2), ("decoder", H)):
        shapes |= {f"{name}.{part}": shape for part, shape in CELLS["GRU"].shapes(d, units).items()}
    shapes |= {"attention.W": (H, H), "bridge.W": (H, H), "bridge.b": (H,), "mix.W": (2 * H, H), "mix.b": (H,)}
    shapes |= {"out.W": (H, len(NUMBERS_IN_RUSSIAN)), "out.b": (len(NUMBERS_IN_RUSSIAN),)}
    return number_translator({name: rng.normal(size=shape) for name, shape in shapes.items()})


def why_unreadable(words: tuple[str, ...]) -> str:
    """Return why these words cannot be read, or "" where they can."""
    strange = [word for word in words if word not in NUMBERS_IN_ENGLISH[3:]]
    if strange:
        shown = ", ".join(f"“{word[:20]}{'…' * (len(word) > 20)}”" for word in dict.fromkeys(strange[:3]))
        return f"The model has never seen {shown}{' and more' * (len(strange) > 3)}: it knows the words of English numbers, and digits up to 999,999."
    if len(words) > MOST_WORDS:
        return f"These are {len(words)} words; the longest number below a million has eleven, and the picture has room for {MOST_WORDS}."
    return ""


@demo(
    model=given("number_words", sample=random_translator, of=Translator),
    typed=text(examples=EXAMPLES, longest=80, label="number"),
)
def attention_map(model: Translator, typed: str) -> Picture:
    """Where the decoder looks while it writes each Russian word.

    model : a translator with attention;  typed : a number in digits or in English words
    """
    words = words_typed(typed)
    if why := why_unreadable(words):
        return refusal(why)
    answer = model.translate(words, longest=MOST_WORDS - 1)
    written = [*answer, "</s>"]
    weights = model.attention_map(words, written)
    fig, ax = canvas(width=6.2, height=4.6, layout=None)
    fig.subplots_adjust(left=0.27, right=0.98, top=0.72, bottom=0.03)
    ax.imshow(weights, cmap="cividis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    ax.grid(False)
    ax.xaxis.tick_top()
    ax.set_xticks(range(len(words) + 1), [*words, "end"], rotation=90)
    ax.set_yticks(range(len(written)), [*answer, "end"])
    ax.tick_params(length=0)
    k = number_of(list(words))
    right = number_pair(k) if k is not None else None
    if right is not None and tuple(answer) == right.russian:
        for row, places in enumerate(right.alignment):
            ax.plot(places, [row] * len(places), "o", color=ORANGE, markersize=6, markeredgecolor="#fefefe")
    return Picture(fig, _what_it_wrote(words, answer, right, weights))


def _what_it_wrote(words, answer, right, weights) -> str:
    said = " ".join(answer) or "nothing"
    if right is None:
        about = "no number in the usual form, so that no answer is right" if words else "nothing to read"
        return f"“{' '.join(words)}” is {about}; the model writes “{said}”."
    if tuple(answer) != right.russian:
        return f"{right.number:,}: the model writes “{said}”, and should have written “{' '.join(right.russian)}”."
    found = sum(int(row.argmax()) in places for row, places in zip(weights[:-1], right.alignment, strict=True))
    return f"{right.number:,} is “{said}”, as the model writes; for {found} of {len(answer)} words it looks most where the dot is."


# ------------------------------------------------------------------------------------------ what the encoder keeps
@demo(
    model=given("number_words", sample=random_translator, of=Translator),
    typed=text(examples=EXAMPLES[:7], longest=80, label="number"),
    way=choice("forwards", "backwards", label="encoder reads"),
)
def encoder_gates(model: Translator, typed: str, way: str) -> Picture:
    """The update gates of the encoder's GRU while it reads: how much of each unit's state is kept at each word.

    model : a translator;  typed : a number in digits or in English words;  way : which of the encoder's two directions
    """
    words = words_typed(typed)
    if why := why_unreadable(words):
        return refusal(why)
    kept = update_gates(model, words, backwards=way == "backwards")  # (T, H/2)
    fig, ax = canvas(width=6.2, height=4.6, layout=None)
    fig.subplots_adjust(left=0.27, right=0.98, top=0.89, bottom=0.12)
    ax.imshow(kept, cmap="cividis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    ax.grid(False)
    ax.set_yticks(range(len(words) + 1), [*words, "end"])
    ax.set_xticks([])
    ax.set_xlabel("one column a unit")
    ax.tick_params(length=0)
    fig.text(0.27, 0.92, "dark: renewed", color=INK)
    fig.text(0.98, 0.92, "bright: kept", color=INK, ha="right")
    means = kept.mean(axis=1)
    names = [*words, "end"]
    least = int(means.argmin())
    first = "the end mark first" if way == "backwards" else "the first word first"
    return Picture(
        fig,
        f"Reading {way}, {first}, the encoder keeps most of its state at “{names[int(means.argmax())]}” ({100 * means.max():.0f} % on average) and least at "
        f"“{names[least]}” ({100 * means[least]:.0f} %).",
    )


def update_gates(model: Translator, words, backwards: bool = False) -> np.ndarray:
    """Return the update gates (T + 1, H/2) of one of the encoder's directions at each word and at the end mark: the share that is kept."""
    names = [*words, "</s>"]
    w = {n: model.weights[f"encoder{int(backwards)}.{n}"] for n in ("Wx", "Wh", "bx", "bh")}
    H = w["Wh"].shape[0]
    h, out = np.zeros((1, H)), {}
    for t in range(len(names))[:: -1 if backwards else 1]:
        x = model.weights["source"][model.source.index(names[t])][None]
        score = (x @ w["Wx"] + w["bx"] + h @ w["Wh"] + w["bh"])[0, H : 2 * H]
        out[t] = 1 / (1 + np.exp(-score))
        h, _, _ = CELLS["GRU"].forward(x, h, None, w)
    return np.array([out[t] for t in range(len(names))])


# ------------------------------------------------------------------------------------------------ by length, by share
def by_length_picture(exact: Mapping[str, np.ndarray]) -> Picture:
    """Show the shares of right answers by the number's digits: name → (seeds, 5), for 1 or 2, 3, 4, 5 and 6 digits."""
    fig, ax = canvas(height=3.6)
    places = np.arange(5)
    for (name, shares), colour in zip(exact.items(), (ORANGE, PINK, BLUE), strict=True):
        shares = 100 * np.asarray(shares)
        ax.plot(places, shares.mean(axis=0), color=colour, label=name)
        for one in shares:
            ax.plot(places, one, "o", color=colour, markersize=4)
    ax.set(
        xlim=(-0.15, 4.15),
        ylim=(-3, 106),
        xlabel="digits of the number",
        ylabel="right answers, %",
        yticks=range(0, 101, 20),
    )
    ax.set_xticks(places, ["1–2", "3", "4", "5", "6"])
    name_curves(ax)
    short, twice, looks = (np.asarray(shares).mean(axis=0) for shares in exact.values())
    if not (short[4] < 0.5 * short[1] and twice[4] > short[4] + 0.2 and looks[1:].min() > 0.95):
        raise ValueError(f"the curves are not as the text says: {short}, {twice}, {looks}")
    names = list(exact)
    return Picture(
        fig,
        f"“{names[2]}” is above 95 % at every length from three digits on. “{names[0]}” falls with length, to less than half at six digits of what it is at three; "
        f"“{names[1]}” falls later.",
    )


TAUGHT = {"always": "twice", "half of the time": "half", "never": "own"}  # and the run's name in the notebook
SHARES = (0, 25, 50, 75, 100)


def _sample_of_wrong() -> dict[str, np.ndarray]:
    rows = np.array([[0.01 * place * (1.2 - share / 100) for place in range(7)] for share in SHARES])
    return {f"{run}.wrong": np.stack([k * rows, 2 * k * rows]) for k, run in enumerate(TAUGHT.values(), 1)}


@demo(
    found=given("by_length", sample=_sample_of_wrong),
    told=slider(0, 100, steps=5, start=0, label="right words told while it writes", unit=" %"),
    taught=choice(*TAUGHT, start="always", label="right words in training"),
)
def fed_its_own(found, told: float, taught: str) -> Picture:
    """How often the word at each place is wrong, by the share of places where the decoder is told the right word before.

    found : "twice.wrong", "half.wrong" and "own.wrong", each (seeds, 5, 7): by the share that is told (SHARES), and by place
    told : that share in writing, in per cent;  taught : in how many places it was told the right word in training
    """
    wrong = 100 * np.mean(found[f"{TAUGHT[taught]}.wrong"], axis=0)  # (5, 7)
    told = SHARES[int(np.abs(np.array(SHARES) - told).argmin())]
    row, last = wrong[SHARES.index(told)], wrong[-1]
    places = np.arange(1, wrong.shape[1] + 1)
    fig, ax = canvas(width=6.2, height=3.7, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.96, bottom=0.28)
    ax.plot(places, last, "o--", color=MUTED, markersize=4)
    ax.plot(places, row, "o-", color=ORANGE if told < 100 else BLUE, markersize=5)
    ax.set(
        xlim=(0.8, places[-1] + 0.2),
        ylim=(0, 60),
        xlabel="place in the answer",
        ylabel="wrong words, %",
        xticks=places,
    )
    key(
        fig,
        [(0.14, ORANGE if told < 100 else BLUE, "told as often as set", "■"), (0.55, MUTED, "always told", "■")],
        0.02,
    )
    how = {0: "none", 100: "all"}.get(told, f"{told} %")
    before = {"always": "at every place", "never": "at no place"}.get(taught, taught)
    return Picture(
        fig,
        f"Taught with the right word {before}. Told {how} of the right words while it writes, it gets {row.mean():.0f} % of the places wrong; "
        f"told all, {last.mean():.0f} %.",
    )
