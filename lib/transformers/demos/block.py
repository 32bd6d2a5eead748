"""Pictures of the block and the whole Transformer: first steps of deep stacks, smoothed targets, leaks, parts, and what each head looks at."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from lib.book.demos import Picture, choice, demo, refusal, slider
from lib.book.display import say
from lib.book.figures import BLUE, GRID, INK, MUTED, ORANGE, PAPER, canvas, name_curves
from lib.book.parameters import given, text
from lib.sequences.demos.translation import MOST_WORDS, why_unreadable
from lib.sequences.number_words import number_of, number_pair, words_typed
from lib.sequences.translation import NUMBERS_IN_ENGLISH, NUMBERS_IN_RUSSIAN
from lib.transformers import blocks
from lib.transformers.attention import causal_mask
from lib.transformers.transformer import Transformer, flat, influence, number_transformer, parameters_by_part

__all__ = ["every_head", "first_steps", "parts_of_a_model", "slopes_by_block", "smoothed_loss", "who_moves_whom"]

ORDERS = {"before": "pre", "after": "post"}
RATES = np.array([1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2])


# ---------------------------------------------------------------------------------------------------- deep stacks
@cache
def _first_steps(depth: int, order: str) -> dict[str, np.ndarray]:
    """Return the means of three starts."""
    runs = [blocks.first_step(depth, order, RATES, seed) for seed in range(3)]
    return {name: np.mean([run[name] for run in runs], axis=0) for name in ("promised", "happened", "slopes")}


@demo(
    depth=choice(1, 2, 4, 8, 16, 24, start=8, label="blocks"),
    order=choice(*ORDERS, label="normed"),
)
def slopes_by_block(depth: int, order: str) -> Picture:
    """The norm of the slopes by each block's second matrix, at a random start; in grey with the other order.

    depth : how many blocks;  order : whether each sublayer's input is normed before it, or the sum after it
    """
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.13, right=0.82, top=0.96, bottom=0.17)
    at = np.arange(1, depth + 1)
    for name, kind in ORDERS.items():
        mine = name == order
        colour = BLUE if mine else MUTED
        found = _first_steps(depth, kind)["slopes"]
        ax.semilogy(at, found, "o-", color=colour, markersize=5 if mine else 3, linewidth=2 if mine else 1, label=name)
    ax.set(xlim=(0.5, 24.5), ylim=(0.1, 4), xlabel="block", ylabel="norm of its slopes", xticks=[1, 8, 16, 24])
    ax.set_yticks([0.1, 1], ["0.1", "1"])
    ax.minorticks_off()
    name_curves(ax)
    here = _first_steps(depth, ORDERS[order])["slopes"]
    alone = _first_steps(1, ORDERS[order])["slopes"][0]
    return Picture(
        fig,
        f"{depth} {'block' if depth == 1 else 'blocks'}, normed {order}: the slopes of the last one have the norm {say(here[-1])}, where a single "
        f"block's have {say(alone)}.",
    )


@demo(
    depth=choice(1, 2, 4, 8, 16, 24, start=8, label="blocks"),
    order=choice(*ORDERS, label="normed"),
)
def first_steps(depth: int, order: str) -> Picture:
    """By how much Adam's first step lowers the loss, by its rate, and what the slopes promise.

    depth : how many blocks;  order : whether each sublayer's input is normed before it, or the sum after it
    """
    found = _first_steps(depth, ORDERS[order])
    fig, ax = canvas(width=6.4, height=3.6, layout=None)
    fig.subplots_adjust(left=0.12, right=0.8, top=0.96, bottom=0.18)
    ax.axhline(0, color=MUTED, linewidth=1)
    ax.semilogx(
        RATES, np.where(found["promised"] < 1.05, found["promised"], np.nan), "--", color=MUTED, label="promised"
    )
    ax.semilogx(RATES, found["happened"], "o-", color=BLUE if order == "before" else ORANGE, label="happened")
    ax.set(xlim=(8e-6, 1.25e-2), ylim=(-0.1, 1.1), xlabel="rate of the step", ylabel="the loss falls by")
    ax.set_xticks([1e-5, 1e-4, 1e-3, 1e-2])
    ax.minorticks_off()
    name_curves(ax)
    kept = found["happened"] / found["promised"]
    return Picture(
        fig,
        f"{depth} {'block' if depth == 1 else 'blocks'}, normed {order}: of what the slopes promise, a step of 0.0001 keeps "
        f"{say(100 * kept[2])} %, one of 0.001 {say(100 * kept[4])} % and one of 0.01 {say(100 * kept[6])} %.",
    )


# -------------------------------------------------------------------------------------------------- smoothed targets
@demo(
    eps=slider(0.0, 0.4, steps=9, start=0.1, label="smoothing ε"),
    classes=choice(3, 48, 1000, 37000, start=48, label="classes V"),
)
def smoothed_loss(eps: float, classes: int) -> Picture:
    """The loss by the probability of the right class, the others sharing the rest evenly.

    eps : the share of the target that is spread over all classes;  classes : how many there are
    """
    V = classes
    p = np.unique(np.concatenate([np.linspace(0.3, 0.99, 70), 1 - np.geomspace(1e-2, 1e-5, 40)]))
    q = 1 - eps + eps / V
    loss = -q * np.log(p) - (1 - q) * np.log((1 - p) / (V - 1))
    least = -q * np.log(q) - ((1 - q) * np.log((1 - q) / (V - 1)) if eps else 0)
    fig, ax = canvas(width=6.2, height=3.5, layout=None)
    fig.subplots_adjust(left=0.13, right=0.96, top=0.96, bottom=0.18)
    ax.plot(p, np.where(loss < 6.2, loss, np.nan), color=BLUE)
    ax.plot([q], [least], "D", color=ORANGE, markersize=9, clip_on=False)
    ax.set(xlim=(0.3, 1.005), ylim=(0, 6), xlabel="probability of the right class", ylabel="loss")
    far = (
        f"its score is then {say(np.log(q * V / eps))} above the others"
        if eps
        else "its score would have to be infinite"
    )
    return Picture(
        fig, f"With ε = {say(eps)} and {V:,} classes the loss is least, {say(least)}, at p = {say(q, 3)}; {far}."
    )


# ------------------------------------------------------------------------------------------------------------- leaks
PLACES, SYMBOLS, WIDTH = 8, 6, 16
MASKS = (
    "right in both",
    "one place too far",
    "none in the first block",
    "none in both",
    "right, but normed over places",
)


@cache
def _influence(kind: str) -> np.ndarray:
    """Return who moves whom (T, T) in two random blocks: row i is the place that is changed."""
    rng = np.random.default_rng(5)
    table, weights = rng.normal(size=(SYMBOLS, WIDTH)), [blocks.random_block(WIDTH, 32, seed=i) for i in (1, 2)]
    right = causal_mask(PLACES)
    masks = {
        "one place too far": [np.tril(np.ones((PLACES, PLACES), bool), 1)] * 2,
        "none in the first block": [None, right],
        "none in both": [None, None],
    }.get(kind, [right, right])

    def model(ids: np.ndarray) -> np.ndarray:
        x = table[ids][None] + rng_places
        if kind == MASKS[4]:
            x = (x - x.mean(axis=1, keepdims=True)) / x.std(axis=1, keepdims=True)
        for one, mask in zip(weights, masks, strict=True):
            x = blocks.block(x, one, 2, mask=mask).outputs
        return x[0]

    rng_places = rng.normal(size=(PLACES, WIDTH))
    return influence(model, rng.integers(SYMBOLS, size=PLACES), SYMBOLS)


@demo(
    mask=choice(*MASKS, label="mask"),
    changed=slider(1, PLACES, steps=PLACES, start=5, label="symbol that is changed"),
)
def who_moves_whom(mask: str, changed: int) -> Picture:
    """Two random blocks: the scores at which places move when one symbol is changed.

    mask : which keys may be seen;  changed : the place whose symbol is changed, counted from 1
    """
    moved = _influence(mask) > 1e-9
    fig, ax = canvas(width=5.6, height=4.6, layout=None)
    fig.subplots_adjust(left=0.13, right=0.98, top=0.98, bottom=0.13)
    for i in range(PLACES):
        for k in range(PLACES):
            colour = (ORANGE if k < i else BLUE) if moved[i, k] else PAPER
            edge = INK if i == changed - 1 else GRID
            ax.add_patch(_square(k + 1, i + 1, colour, edge, 2.5 if i == changed - 1 else 1))
    ax.set(
        xlim=(0.4, PLACES + 0.6),
        ylim=(PLACES + 0.6, 0.4),
        xlabel="place whose scores move",
        ylabel="symbol that is changed",
    )
    ax.grid(False)
    row = np.flatnonzero(moved[changed - 1]) + 1
    early, late = (", ".join(map(str, row[keep])) for keep in (row < changed, row >= changed))
    told = f"and {early} before it: a leak" if early else "and none before it"
    return Picture(
        fig,
        f"Symbol {changed} is changed, and the scores at {late} move, {told}. In all, {int(np.tril(moved, -1).sum())} pairs leak.",
    )


def _square(x: float, y: float, colour: str, edge: str, width: float) -> Rectangle:
    return Rectangle((x - 0.42, y - 0.42), 0.84, 0.84, facecolor=colour, edgecolor=edge, linewidth=width)


# ------------------------------------------------------------------------------------------------------------- parts
@demo(
    D=choice(32, 128, 256, 512, 1024, start=512, label="entries D"),
    layers=slider(1, 12, steps=12, start=6, label="blocks a side"),
    words=choice(100, 8000, 37000, start=37000, label="vocabulary"),
)
def parts_of_a_model(D: int, layers: int, words: int) -> Picture:
    """Where the parameters of an encoder–decoder Transformer are: 4D units in each network, one table of words for both sides and the last matrix.

    D : entries of a place;  layers : blocks of the encoder, and of the decoder;  words : size of the vocabulary
    """
    parts = parameters_by_part(D, 4 * D, layers, words)
    del parts["last matrix"]
    total = sum(parts.values())
    fig, ax = canvas(width=6.4, height=3.2, layout=None)
    fig.subplots_adjust(left=0.4, right=0.97, top=0.97, bottom=0.2)
    names = [*parts]
    ax.barh(
        names[::-1],
        [100 * parts[n] / total for n in names[::-1]],
        color=[BLUE if n == "feed-forward" else MUTED for n in names[::-1]],
    )
    ax.set(xlim=(0, 100), xlabel="share of all parameters (%)")
    ax.grid(axis="y", visible=False)
    share = 100 * parts["feed-forward"] / total
    return Picture(
        fig,
        f"{total:,} parameters: {parts['embeddings']:,} in the table of words, {share:.0f} % in the feed-forward networks.",
    )


# ------------------------------------------------------------------------------------------------------- every head
@cache
def random_transformer() -> Transformer:
    """Return a translator of number words that has learned nothing: one block a side, width 8, four heads."""
    rng = np.random.default_rng(0)
    weights = {
        "source": rng.normal(size=(len(NUMBERS_IN_ENGLISH), 8)),
        "target": rng.normal(size=(len(NUMBERS_IN_RUSSIAN), 8)),
    }
    weights |= flat("encoder0", blocks.random_block(8, 8)) | flat("decoder0", blocks.random_block(8, 8, True))
    for side in ("encoder", "decoder"):
        weights |= {f"{side}_norm.gamma": np.ones(8), f"{side}_norm.beta": np.zeros(8)}
    return number_transformer(
        weights | {"out.W": rng.normal(size=(8, len(NUMBERS_IN_RUSSIAN))), "out.b": np.zeros(len(NUMBERS_IN_RUSSIAN))}
    )


EXAMPLES = (
    "342002",
    "99",
    "222222",
    "1,001",
    "five hundred and eleven thousand and six",
    "thousand thousand two",
    "forty-tow",
)
MAPS = {"decoder on English": "cross", "encoder on itself": "encoder", "decoder on itself": "decoder"}


@demo(
    model=given("number_transformer", sample=random_transformer, of=Transformer),
    typed=text(examples=EXAMPLES, longest=80, label="number"),
    which=choice(*MAPS, label="attention"),
)
def every_head(model: Transformer, typed: str, which: str) -> Picture:
    """What each of four heads looks at while a number is read and translated.

    model : a trained Transformer;  typed : a number in digits or in English words;  which : whose attention
    """
    words = words_typed(typed)
    if why := why_unreadable(words):
        return refusal(why)
    answer = model.translate(words, longest=MOST_WORDS - 1)
    maps = model.maps(words, answer)[MAPS[which]][-1]  # (h, T, S), of the last block
    english, russian = [*words, "end"], [*answer, "end"]
    rows = english if which == "encoder on itself" else russian
    columns = ["start", *answer] if which == "decoder on itself" else english
    fig, axes = canvas(2, 2, width=6.4, height=6.6, layout=None)
    fig.subplots_adjust(left=0.25, right=0.99, top=0.78, bottom=0.02, hspace=0.12, wspace=0.06)
    for head, ax in enumerate(axes.flat):
        ax.imshow(maps[head], cmap="cividis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
        ax.grid(False)
        ax.xaxis.tick_top()
        ax.set_xticks(range(len(columns)), columns if head < 2 else [], rotation=90)
        ax.set_yticks(range(len(rows)), [] if head % 2 else rows)
        ax.tick_params(length=0)
    said = " ".join(answer) or "nothing"
    k = number_of(list(words))
    if k is None:
        about = (
            f"“{' '.join(words)[:80]}” is no number in the usual form, so that no answer is right"
            if words
            else "There is nothing to read"
        )
        return Picture(fig, f"{about}; the model writes “{said[:120]}”.")
    right = " ".join(number_pair(k).russian)
    verdict = "which is right" if said == right else f"and should have written “{right}”"
    return Picture(fig, f"{k:,}: the model writes “{said[:150]}”, {verdict}.")
