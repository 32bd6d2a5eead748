"""Pictures of a model that meets another task: how many numbers are learned, how good it gets, and what the change of a matrix is made of."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, refusal
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, PINK, canvas, drawable, key
from lib.book.parameters import given, text
from lib.transformers import anatomy
from lib.transformers.adapting import spoken
from lib.transformers.adapting.low_rank import MATRICES, best_low_rank, zero_changes
from lib.transformers.gpt import GPT

__all__ = ["changed_matrix", "curves_of_learning", "numbers_to_learn", "three_answers"]

EXAMPLES = (10, 40, 160)
WAYS = {"from scratch": PINK, "output alone": MUTED, "rank 4": ORANGE, "everything": BLUE}


@cache
def random_pupil() -> spoken.Pupil:
    """Return a pupil that has learned nothing: two blocks of one head, and random changes."""
    rng = np.random.default_rng(0)
    V, D, hidden = len(spoken.SYMBOLS), 8, 8
    w = {
        "words": (V, D), "places": (spoken.WINDOW, D), "last.gamma": (D,), "last.beta": (D,), "output": (D, V)
    }  # fmt: skip
    for i in range(2):
        w |= {f"block{i}.W{n}": (D, D) for n in "qkvo"} | {f"block{i}.b{n}": (D,) for n in "qkvo"}
        w |= {f"block{i}.norm{n}.{part}": (D,) for n in "12" for part in ("gamma", "beta")}
        w |= {f"block{i}.W1": (D, hidden), f"block{i}.b1": (hidden,), f"block{i}.W2": (hidden, D), f"block{i}.b2": (D,)}
    base = GPT({name: rng.normal(size=shape) for name, shape in w.items()}, 1)
    tuned = GPT({name: value + 0.1 * rng.normal(size=value.shape) for name, value in base.weights.items()}, 1)
    return spoken.Pupil(base, tuned, zero_changes(base, 2, 8.0, rng, MATRICES))


# --------------------------------------------------------------------------------------------------------- three answers
@demo(
    model=given("adapting_pupil", sample=random_pupil, of=spoken.Pupil),
    typed=text(
        examples=(
            "three hundred and forty two",
            "three hundred forty-two",
            "nine hundred and five",
            "seventy seven",
            "two hundred and two hundred",
        ),
        longest=60,
        label="number",
    ),
)
def three_answers(model: spoken.Pupil, typed: str) -> Picture:
    """What the model answers before it is adapted, with all its numbers tuned, and with changes of rank 4.

    model : taught American style, adapted to British;  typed : a number below a thousand in small letters
    """
    strange = [c for c in dict.fromkeys(typed) if c not in spoken.SYMBOLS]
    if strange:
        shown = " ".join(drawable(c).strip() or "␣" for c in strange[:5])
        return refusal(
            f"The model's symbols are a–z, the digits, space, hyphen, = and full stop; it does not know {shown}."
        )
    if not 1 <= len(typed) <= spoken.LONGEST:
        return refusal(f"Type 1 to {spoken.LONGEST} characters: there are {len(typed)}.")
    rows = {"before": (model.base, MUTED), "everything tuned": (model.tuned, BLUE), "rank 4": (model.adapted, ORANGE)}
    fig, ax = canvas(width=6.2, height=2.7, layout=None)
    fig.subplots_adjust(left=0.29, right=0.8, top=0.96, bottom=0.26)
    told = []
    for row, (name, (one, colour)) in enumerate(rows.items()):
        answer, least = spoken.answered(one, typed)
        answer = answer if len(answer) <= 9 else f"{answer[:8]}…"
        ax.barh(row, least, color=colour, height=0.6)
        ax.text(1.03, row, drawable(answer) or "–", va="center", fontsize=13, color=INK)
        told.append(f"{name}: “{answer}”")
    ax.set_yticks(range(len(rows)), list(rows))
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="least probability of a symbol")
    return Picture(fig, f"“{typed}” – {', '.join(told)}.")


# ------------------------------------------------------------------------------------------------------ learning curves
@cache
def random_curves() -> Mapping[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.uniform(size=(len(WAYS), len(EXAMPLES), 3)) for name in ("british", "american")}


LEARNED = {"output alone": 1_280, "rank 4": 3_584, "everything": 20_864, "from scratch": 20_864}


@demo(
    model=given("adapting_curves", sample=random_curves),
    examples=choice(*EXAMPLES, start=160, label="British examples"),
    asked=choice("British", "American", label="asked in"),
)
def curves_of_learning(model: Mapping[str, np.ndarray], examples: int, asked: str) -> Picture:
    """The share of right answers by how many numbers were learned, from so many examples in British style; a dot a seed.

    model : "british" and "american", (4 ways, 3 numbers of examples, seeds);  examples : in training;  asked : the style of the questions
    """
    found = np.asarray(model[asked.lower()])[:, EXAMPLES.index(examples)]  # (ways, seeds)
    fig, ax = canvas(width=6.2, height=3.8, layout=None)
    fig.subplots_adjust(left=0.13, right=0.92, top=0.96, bottom=0.32)
    for (name, colour), seeds in zip(WAYS.items(), found, strict=True):
        ax.semilogx(
            np.full(len(seeds), LEARNED[name]), seeds, "o", color=colour, markersize=8, alpha=0.8, clip_on=False
        )
    ax.set(xlim=(1000, 30_000), ylim=(0, 1), xlabel="numbers that are learned", ylabel="right answers")
    ax.set_xticks([1_000, 3_000, 10_000, 30_000], ["1,000", "3,000", "10,000", "30,000"])
    ax.minorticks_off()
    places = ((0.03, 0.11), (0.36, 0.11), (0.03, 0.03), (0.36, 0.03))
    for (x, y), (name, colour) in zip(places, WAYS.items(), strict=True):
        key(fig, [(x, colour, name)], y=y)
    means = ", ".join(f"{name} {say(seeds.mean())}" for name, seeds in zip(WAYS, found, strict=True))
    return Picture(
        fig,
        f"After {examples} British examples, asked in {asked} style, the shares of right answers are on average: {means}.",
    )


# ------------------------------------------------------------------------------------------------------- a change's rank
@demo(
    model=given("adapting_pupil", sample=random_pupil, of=spoken.Pupil),
    rank=choice(1, 2, 4, 8, 16, start=4, label="rank r"),
    matrix=choice(*MATRICES, label="matrix"),
    block=choice("first", "second", label="block"),
)
def changed_matrix(model: spoken.Pupil, rank: int, matrix: str, block: str) -> Picture:
    """The singular values of what a full training did to one matrix, and those of the change of rank 4 that was trained by itself.

    model : a model before and after;  rank : how many of the values the nearest matrix of that rank keeps
    """
    name = f"block{int(block == 'second')}.{matrix}"
    change = model.full_changes()[name]
    s = np.linalg.svd(change, compute_uv=False)
    thin = np.linalg.svd(model.changes[name].matrix(), compute_uv=False) if name in model.changes else np.zeros(len(s))
    kept = min(rank, len(s))
    left = np.linalg.norm(change - best_low_rank(change, kept).matrix()) / max(np.linalg.norm(change), 1e-300)
    fig, ax = canvas(width=6.2, height=3.7, layout=None)
    fig.subplots_adjust(left=0.12, right=0.97, top=0.96, bottom=0.3)
    at = np.arange(1, len(s) + 1)
    ax.bar(at[:kept], s[:kept], color=BLUE, width=0.8)
    ax.bar(at[kept:], s[kept:], color=MUTED, width=0.8, alpha=0.5)
    ax.plot(
        at[thin > 1e-9 * max(thin.max(), 1e-300)],
        thin[thin > 1e-9 * max(thin.max(), 1e-300)],
        "D",
        color=ORANGE,
        markersize=7,
    )
    ax.set(xlim=(0, 33), ylim=(0, max(0.8, 1.05 * s[0], 1.05 * thin[0])), xlabel="number i", ylabel="singular value")
    key(fig, [(0.03, BLUE, "kept at rank r", "■"), (0.42, MUTED, "left out", "■")], y=0.1)
    key(fig, [(0.03, ORANGE, "of the change that was trained with rank 4", "◆")], y=0.02)
    return Picture(
        fig,
        f"{matrix} of the {block} block: the nearest change of rank {rank} leaves out a share of {say(left)} of the full one's length.",
    )


# ------------------------------------------------------------------------------------------------------------- counting
MODELS = {
    "GPT-2": anatomy.PUBLISHED["GPT-2"],
    "GPT-2 XL": anatomy.PUBLISHED["GPT-2 XL"],
    "BERT base": anatomy.PUBLISHED["BERT base"],
    "GPT-3": anatomy.Sizes(50_257, 12_288, 96, 96, 49_152, places=2048),
}
WHERE = {"queries and values": 2, "all of attention": 4}


@demo(
    name=choice(*MODELS, start="GPT-2", label="model"),
    rank=choice(1, 2, 4, 8, 16, 64, 256, start=8, label="rank r"),
    where=choice(*WHERE, label="changes on"),
)
def numbers_to_learn(name: str, rank: int, where: str) -> Picture:
    """Memory of a training with Adam, 4 bytes a number: weights, slopes and Adam's two means, with everything learned and with low rank.

    name : a published model;  rank : of the changes;  where : which matrices of each block have one
    """
    sizes = MODELS[name]
    whole = sum(anatomy.parameters(sizes).values())
    thin = anatomy.low_rank_parameters(sizes, rank, WHERE[where])
    weights, learned = 4 * whole, {"everything": whole, f"rank {rank}": thin}
    fig, ax = canvas(width=6.2, height=2.6, layout=None)
    fig.subplots_adjust(left=0.2, right=0.96, top=0.96, bottom=0.42)
    for row, (way, n) in enumerate(learned.items()):
        extra = 4 * n if way != "everything" else 0
        start = 0.0
        for colour, size in ((MUTED, weights), (ORANGE, extra), (BLUE, 4 * n), (GREEN, 8 * n)):
            ax.barh(row, size / weights, left=start, color=colour, height=0.6)
            start += size / weights
    ax.set_yticks(range(2), list(learned))
    ax.invert_yaxis()
    ax.set(xlim=(0, 4.2), xlabel="memory, in sizes of the model")
    key(
        fig,
        [
            (0.02, MUTED, "weights", "■"),
            (0.22, ORANGE, "A and B", "■"),
            (0.44, BLUE, "slopes", "■"),
            (0.64, GREEN, "Adam's means", "■"),
        ],
        y=0.05,
    )
    return Picture(
        fig,
        f"{name}, {where}: {thin:,} of {whole:,} numbers are learned, {say(100 * thin / whole)} %. Beside the model's {_bytes(weights)} the "
        f"training keeps {_bytes(16 * thin)}; with everything learned it would be {_bytes(12 * whole)}.",
    )


def _bytes(n: int) -> str:
    for size, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB")):
        if n >= size:
            return f"{n / size:.3g} {unit}"
    return f"{n / 1000:.3g} kB"
