"""Pictures of BERT: who sees whom, how words are hidden, what is filled in, and what a warm-up does to a deep stack."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from lib.book.demos import Picture, choice, demo, refusal
from lib.book.display import say
from lib.book.figures import BLUE, INK, MUTED, ORANGE, canvas, drawable, key, name_curves
from lib.book.parameters import given, text
from lib.losses.classification import softmax
from lib.sequences.number_words import words_typed
from lib.transformers import bert, blocks
from lib.transformers.attention import causal_mask
from lib.transformers.transformer import flat

__all__ = ["fills_in", "how_words_are_hidden", "warm_up_curves", "who_sees_whom"]

HIDDEN = ("[mask]", "_", "?")  # how a hidden word may be typed


@cache
def random_bert() -> bert.Bert:
    """Return a BERT of pairs of numbers that has learned nothing: two blocks."""
    rng = np.random.default_rng(0)
    V, D = len(bert.VOCABULARY), 4
    shapes = {
        "words": (V, D),
        "places": (bert.WINDOW, D),
        "segments": (2, D),
        "bias": (V,),
        "next.W": (D, 2),
        "next.b": (2,),
    }
    shapes |= {f"{a}.W": (D, D) for a in ("mix", "pool")} | {f"{a}.b": (D,) for a in ("mix", "pool")}
    shapes |= {f"{a}.{b}": (D,) for a in ("first", "mix") for b in ("gamma", "beta")}
    w = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    for i in range(2):
        w |= flat(f"block{i}", blocks.random_block(D, 8, seed=i))
    return bert.Bert(w, 4)


# ------------------------------------------------------------------------------------------------------ who sees whom
def who_sees_whom() -> Picture:
    """The mask of a BERT beside that of a GPT, over one number's words: rows read, columns are seen."""
    words = ["three", "hundred", "thousand", "and", "two"]
    T = len(words)
    fig, axes = canvas(1, 2, width=6.4, height=3.9, layout=None)
    fig.subplots_adjust(left=0.155, right=0.99, top=0.66, bottom=0.13, wspace=0.06)
    for ax, name, seen in zip(axes, ("BERT", "GPT"), (np.ones((T, T), bool), causal_mask(T)), strict=True):
        for i, j in np.ndindex(T, T):
            colour = (ORANGE if j > i else BLUE) if seen[i, j] else MUTED
            ax.add_patch(Rectangle((j - 0.46, i - 0.46), 0.92, 0.92, color=colour, linewidth=0))
        ax.set(xlim=(-0.5, T - 0.5), ylim=(T - 0.5, -0.5))
        ax.grid(False)
        ax.xaxis.tick_top()
        ax.set_xticks(range(T), words, rotation=60, ha="left", rotation_mode="anchor")
        ax.set_yticks(range(T), words if name == "BERT" else [])
        ax.tick_params(length=0)
        ax.set_title(name, y=1.38, fontsize=14)
        for side in ax.spines.values():
            side.set_visible(False)
    entries = [
        (0.02, BLUE, "before, and itself", "■"),
        (0.42, ORANGE, "what comes after", "■"),
        (0.79, MUTED, "hidden", "■"),
    ]
    key(fig, entries, y=0.035)
    return Picture(
        fig,
        "In a BERT every word looks at every word, 25 pairs of five words; in a GPT the 10 pairs with what comes after are hidden. "
        "“Three” of “three hundred thousand and two” knows of the thousand in the one and not in the other.",
    )


# --------------------------------------------------------------------------------------------------- words are hidden
SAMPLE = 978_654
FATES = {"[MASK]": ORANGE, "another word": BLUE, "as it is": INK}


@demo(
    draw=choice(*range(1, 13), start=1, label="draw"),
    share=choice("15 %", "40 %", "100 %", start="15 %", label="share that is chosen"),
)
def how_words_are_hidden(draw: int, share: str) -> Picture:
    """One number's words, what is shown of them, and what is asked.

    draw : another roll of the dice;  share : with which each word is chosen
    """
    ids = bert.number_texts(np.array([SAMPLE]))
    rate = int(share.split()[0]) / 100
    shown, targets = bert.mask_words(ids, len(bert.VOCABULARY), np.random.default_rng(draw), rate)
    ids, shown, targets = ids[0], shown[0], targets[0]
    fates = {"[MASK]": shown == bert.MASK, "another word": (shown != ids) & (shown != bert.MASK)}
    fates["as it is"] = (targets != bert.IGNORED) & (shown == ids)
    fig, ax = canvas(width=6.2, height=4.9, layout=None)
    fig.subplots_adjust(left=0.02, right=0.98, top=0.99, bottom=0.08)
    ax.set(xlim=(0, 3), ylim=(len(ids) - 0.4, -1.7), xticks=[], yticks=[])
    ax.grid(False)
    for side in ax.spines.values():
        side.set_visible(False)
    for x, head in enumerate(("text", "is shown", "is asked")):
        ax.text(x + 0.08, -1.1, head, fontsize=13, color=MUTED, va="center")
    for row, (word, seen, target) in enumerate(zip(ids, shown, targets, strict=True)):
        colour = next((FATES[name] for name, where in fates.items() if where[row]), MUTED)
        ax.text(0.08, row, bert.VOCABULARY[word], fontsize=12.5, color=INK, va="center")
        ax.text(1.08, row, bert.VOCABULARY[seen], fontsize=12.5, color=colour, va="center")
        asked = bert.VOCABULARY[target] if target != bert.IGNORED else "–"
        ax.text(2.08, row, asked, fontsize=12.5, color=INK if target != bert.IGNORED else MUTED, va="center")
    key(
        fig,
        [(x, colour, name, "■") for x, (name, colour) in zip((0.03, 0.34, 0.72), FATES.items(), strict=True)],
        y=0.03,
    )
    counts = {name: int(where.sum()) for name, where in fates.items()}
    chosen, words = sum(counts.values()), int((ids >= len(bert.SPECIAL)).sum())
    how = ", ".join(f"{n} {name}" for name, n in counts.items())
    return Picture(
        fig, f"{chosen} of {words} words are chosen and asked; they are shown so: {how}. The rest is shown as it is."
    )


# ------------------------------------------------------------------------------------------------------ filling in
EXAMPLES = (
    "three hundred and [MASK] one thousand / seven",
    "three [MASK] and twenty one / ninety",
    "forty one / forty [MASK]",
    "sixty nine / [MASK]",
    "nine hundred [MASK] six / five",
    "two thousand and five / two [MASK] [MASK] six",
)
MOST_WORDS = 11  # of a number


@demo(
    model=given("bert_pairs", sample=random_bert, of=bert.Bert),
    typed=text(examples=EXAMPLES, longest=160, label="two numbers"),
    block=choice("first", "second", start="second", label="block"),
)
def fills_in(model: bert.Bert, typed: str, block: str) -> Picture:
    """What a BERT puts where [MASK] stands in two numbers' words, and what each of its heads looks at from the first such place.

    model : a BERT of pairs of numbers, two blocks of four heads;  typed : two numbers in words with / between them, a hidden word as [MASK], _ or ?
    block : whose heads
    """
    sentences = [["[MASK]" if w in HIDDEN else w for w in words_typed(part)] for part in typed.split("/")]
    strange = [word for words in sentences for word in words if word not in bert.VOCABULARY[bert.MASK :]]
    if strange:
        return refusal(f"The model knows number words and [MASK]; it does not know “{drawable(strange[0][:20])}”.")
    if len(sentences) != 2 or not all(1 <= len(words) <= MOST_WORDS for words in sentences):
        return refusal(f"Type two numbers of 1 to {MOST_WORDS} words with / between them.")
    words = ["[CLS]", *sentences[0], "[SEP]", *sentences[1], "[SEP]"]
    if "[MASK]" not in words:
        return refusal("Hide at least one word: type [MASK], _ or ? in its place.")
    first, second = (np.array([bert.VOCABULARY.index(word) for word in part]) for part in sentences)
    ids, segments = bert.pack_pair(first, second, len(words))
    reading = model.read(ids, segments)
    places = np.flatnonzero(ids == bert.MASK)
    P, follows = softmax(reading.scores[0, places]), softmax(reading.follows)[0, 1]
    best = np.argsort(-P[0], kind="stable")[:5]
    fig, (top, bottom) = canvas(2, 1, width=6.4, height=7.0, layout=None, height_ratios=[len(words) * 0.11 + 0.9, 1])
    fig.subplots_adjust(left=0.21, right=0.97, top=0.93, bottom=0.09, hspace=0.1)
    maps = reading.P[("first", "second").index(block)][0, :, places[0]]  # (h, T)
    top.imshow(maps.T, cmap="cividis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    top.grid(False)
    top.xaxis.tick_top()
    top.set_yticks(range(len(words)), words, fontsize=12)
    top.set_xticks(range(len(maps)), [f"head {i + 1}" for i in range(len(maps))])
    top.tick_params(length=0)
    bottom.barh(range(len(best)), P[0, best], color=BLUE, height=0.7)
    bottom.set_yticks(range(len(best)), [bert.VOCABULARY[i] for i in best])
    bottom.invert_yaxis()
    bottom.set(xlim=(0, 1), xlabel="probability at the first [MASK]")
    said = "; ".join(f"“{bert.VOCABULARY[row.argmax()]}” with probability {say(row.max(), 2)}" for row in P[:4])
    where = "the hidden word" if len(places) == 1 else f"{min(len(places), 4)} hidden words from the left"
    return Picture(
        fig,
        f"The best guess for {where}: {said}. That the second number is the next one has probability {say(follows, 2)}.",
    )


# --------------------------------------------------------------------------------------------------------- warm-up
STYLES = {"after, no warm-up": ORANGE, "after, warm-up": BLUE, "before, no warm-up": MUTED}


def warm_up_curves(losses: Mapping[str, np.ndarray]) -> Picture:
    """The training loss by step, each point the mean of ten steps, one thin line a seed.

    losses : (seeds, steps) by the names of STYLES, which say where the norm stands and how the rate begins
    """
    fig, ax = canvas(width=6.4, height=3.8, layout=None)
    fig.subplots_adjust(left=0.11, right=0.66, top=0.96, bottom=0.17)
    for name, colour in STYLES.items():
        curves = np.asarray(losses[name], float)
        each = curves[:, : curves.shape[1] // 10 * 10].reshape(len(curves), -1, 10).mean(axis=2)
        at = 10 * np.arange(each.shape[1]) + 5
        for row in each:
            ax.plot(at, row, color=colour, linewidth=0.8, alpha=0.5)
        ax.plot(at, each.mean(axis=0), color=colour, linewidth=2.4, label=name)
    ax.set(xlim=(0, curves.shape[1]), xlabel="step", ylabel="loss")
    name_curves(ax)
    return Picture(
        fig, "The loss of three deep models by step, in thin lines each of their seeds, in bold lines the mean."
    )
