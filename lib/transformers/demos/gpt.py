"""Pictures of a GPT: a head that looks for what came next last time, how the next token is drawn, and where the numbers of a model are."""

from __future__ import annotations

import string
from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, log_slider, refusal
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, MUTED, ORANGE, canvas, drawable, key
from lib.book.parameters import given, text
from lib.sequences import characters
from lib.transformers import anatomy
from lib.transformers.gpt import GPT, go_on, next_distribution

__all__ = ["ALPHABET", "anatomy_of_a_model", "goes_on", "heads_at_work", "next_token"]

ALPHABET = string.ascii_letters + string.digits + ".-"  # the 64 tokens of the task, so that they can be typed
LONGEST = 20


@cache
def random_gpt(tokens: int = 64, window: int = 48, D: int = 4, hidden: int = 0) -> GPT:
    """Return a GPT that has learned nothing: two blocks of one head."""
    rng = np.random.default_rng(0)
    w = {"words": (tokens, D), "places": (window, D), "last.gamma": (D,), "last.beta": (D,), "output": (D, tokens)}
    for i in range(2):
        w |= {f"block{i}.W{n}": (D, D) for n in "qkvo"} | {f"block{i}.b{n}": (D,) for n in "qkvo"}
        w |= {f"block{i}.norm1.gamma": (D,), f"block{i}.norm1.beta": (D,)}
        if hidden:
            w |= {
                f"block{i}.W1": (D, hidden),
                f"block{i}.b1": (hidden,),
                f"block{i}.W2": (hidden, D),
                f"block{i}.b2": (D,),
            }
            w |= {f"block{i}.norm2.gamma": (D,), f"block{i}.norm2.beta": (D,)}
    return GPT({name: rng.normal(size=shape) for name, shape in w.items()}, 1)


# ------------------------------------------------------------------------------------------------- a head that copies
@demo(
    model=given("induction", sample=random_gpt, of=GPT),
    typed=text(
        examples=("hamperHamper", "Qwerty7Qwerty", "abcdeabcde", "xyzxyzxyz", "xAByCDxA", "mississippi"),
        longest=60,
        label="sequence",
    ),
    block=choice("first", "second", start="second", label="block"),
)
def heads_at_work(model: GPT, typed: str, block: str) -> Picture:
    """Where the one head of each block looks, and what the model says next, in a sequence of letters and digits.

    model : two blocks of one head that have learned to go on with repeated pieces;  typed : up to 20 of A–Z, a–z, 0–9, . and -
    """
    strange = [c for c in dict.fromkeys(typed) if c not in ALPHABET]
    if strange:
        shown = " ".join(drawable(c).strip() or "␣" for c in strange[:5])
        return refusal(f"The model's 64 tokens are A–Z, a–z, 0–9, the point and the hyphen; it does not know {shown}.")
    if not typed or len(typed) > LONGEST:
        return refusal(f"Type 1 to {LONGEST} characters: there are {len(typed)}.")
    ids = np.array([ALPHABET.index(c) for c in typed])
    reading = model.read(ids)
    P, p = reading.P[block == "second"][0, 0], next_distribution(reading.scores[0, -1])
    fig, ax = canvas(width=6.2, height=5.2, layout=None)
    fig.subplots_adjust(left=0.13, right=0.97, top=0.9, bottom=0.13)
    ax.imshow(P, cmap="cividis", vmin=0, vmax=1, aspect="auto", interpolation="nearest")
    ax.grid(False)
    ax.xaxis.tick_top()
    letters = [drawable(c) for c in typed]
    ax.set_xticks(range(len(ids)), letters)
    ax.set_yticks(range(len(ids)), letters)
    ax.tick_params(length=0)
    ax.set(ylabel="reads")
    ax.set_xlabel("looks at")
    for t in range(len(ids)):
        before = [s for s in range(t) if ids[s] == ids[t]]
        if before:
            ax.plot(before[-1] + 1, t, "o", color=ORANGE, markersize=6, markeredgecolor="#fefefe")
    key(fig, [(0.13, ORANGE, "what came next last time")], y=0.04)
    most = int(p.argmax())
    return Picture(
        fig,
        f"After “{typed}” the model says “{ALPHABET[most]}” with probability {say(p[most], 2)}; at the last place the {block} block's head "
        f"looks most at place {int(P[-1].argmax()) + 1} of {len(ids)}, “{typed[int(P[-1].argmax())]}”.",
    )


# ------------------------------------------------------------------------------------------- drawing the next token
WORDS = ("mat", "floor", "sofa", "roof", "bed", "chair", "moon", "table", "car", "idea")
SCORES = (4.0, 3.4, 3.1, 2.6, 2.5, 2.1, 1.0, 0.9, 0.2, -1.0)
CUTS = {"none": {}, "3 best": {"top_k": 3}, "p = 0.9": {"top_p": 0.9}, "p = 0.5": {"top_p": 0.5}}


@demo(
    temperature=log_slider(0.125, 8.0, steps=13, start=1.0, label="temperature T"),
    cut=choice(*CUTS, start="none", label="keep"),
)
def next_token(temperature: float, cut: str) -> Picture:
    """The probabilities of ten words after "the cat sat on the", from scores that were made up.

    temperature : what the scores are divided by;  cut : which words are left to be drawn
    """
    p = next_distribution(SCORES, temperature, **CUTS[cut])
    whole = next_distribution(SCORES, temperature)
    fig, ax = canvas(width=6.2, height=4.2, layout=None)
    fig.subplots_adjust(left=0.15, right=0.97, top=0.97, bottom=0.26)
    rows = np.arange(len(WORDS))
    ax.barh(rows, whole, color=MUTED, height=0.8, alpha=0.45)
    ax.barh(rows, p, color=BLUE, height=0.5)
    ax.set_yticks(rows, WORDS)
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="probability")
    key(fig, [(0.15, BLUE, "drawn from", "■"), (0.5, MUTED, "before the cut", "■")], y=0.04)
    left = int((p > 0).sum())
    bits = characters.entropy(p)
    return Picture(
        fig,
        f"At T = {say(temperature, 2)} “mat” has probability {say(p[0], 2)}; {left} of {len(WORDS)} words can be drawn, with an entropy of "
        f"{say(bits, 2)} bits.",
    )


@demo(
    model=given("gpt_characters", sample=lambda: random_gpt(characters.V, 64, 4, 6), of=GPT),
    typed=text(
        examples=("The shape of the arr", "Return the ", ">>> np.", "x : ", "Zürich"),
        longest=200,
        label="beginning",
    ),
    temperature=log_slider(0.25, 2.0, steps=4, start=1.0, label="temperature T"),
)
def goes_on(model: GPT, typed: str, temperature: float) -> Picture:
    """What the model of characters thinks comes next, and how it goes on.

    model : a GPT of characters;  typed : a beginning, of which it sees the last 64 characters;  temperature : what scores are divided by
    """
    ids = np.concatenate([[0], characters.encode(typed)])[-model.window :]
    p = next_distribution(model.read(ids).scores[0, -1], temperature)
    best = np.argsort(-p, kind="stable")[:10]
    said = characters.decode(list(go_on(model, ids, 40, np.random.default_rng(0), temperature)))
    fig, ax = canvas(width=6.2, height=3.9, layout=None)
    fig.subplots_adjust(left=0.14, right=0.97, top=0.97, bottom=0.16)
    ax.barh(np.arange(len(best)), p[best], color=BLUE, height=0.7)
    ax.set_yticks(np.arange(len(best)), [_shown(characters.SYMBOLS[i]) for i in best])
    ax.invert_yaxis()
    ax.set(xlim=(0, 1), xlabel="probability", ylabel="next character")
    end, on = typed[-30:].replace("\n", "↵"), said.replace("\n", "↵").replace(characters.EDGE, "◊")
    return Picture(
        fig,
        f"After “{end}” the likeliest character is {_named(characters.SYMBOLS[best[0]])} with {say(p[best[0]], 2)}. One way to go on: “{on}”.",
    )


def _named(symbol: str) -> str:
    return {" ": "␣", "\n": "↵", characters.EDGE: "the end", characters.OTHER: "an unknown one"}.get(symbol, symbol)


def _shown(symbol: str) -> str:
    return drawable(_named(symbol))


# ------------------------------------------------------------------------------------------------------------ anatomy
PARTS = {"embeddings": MUTED, "attention": BLUE, "feed-forward": ORANGE}


@demo(
    width=choice("512", "1,024", "2,048", "4,096", "8,192", start="1,024", label="width D"),
    layers=choice("6", "12", "24", "48", "96", start="24", label="blocks L"),
    T=choice("512", "2,048", "8,192", "32,768", "131,072", start="2,048", label="places T"),
)
def anatomy_of_a_model(width: str, layers: str, T: str) -> Picture:
    """Where the parameters of a GPT are, and the operations of one more token.

    width : D, with heads of 64 entries and 4D inside the feed-forward part;  layers : blocks;  T : places in its cache
    """
    D, L, T = (int(value.replace(",", "")) for value in (width, layers, T))
    sizes = anatomy.Sizes(50_257, D, L, D // 64, 4 * D)
    counts = anatomy.parameters(sizes)
    work = anatomy.flops(sizes, 1)
    work["scores and mix"] = 4 * L * T * D  # of one token, with what the cache holds
    bars = {
        "parameters": [(MUTED, counts["embeddings"]), (BLUE, counts["attention"]), (ORANGE, counts["feed-forward"])],
        "operations\nof a token": [
            (MUTED, work["output"]),
            (BLUE, work["projections"]),
            (GREEN, work["scores and mix"]),
            (ORANGE, work["feed-forward"]),
        ],
    }
    fig, ax = canvas(width=6.2, height=2.9, layout=None)
    fig.subplots_adjust(left=0.22, right=0.96, top=0.97, bottom=0.46)
    for row, parts in enumerate(bars.values()):
        whole, start = sum(n for _, n in parts), 0.0
        for colour, n in parts:
            ax.barh(row, 100 * n / whole, left=start, color=colour, height=0.6)
            start += 100 * n / whole
    ax.set_yticks(range(len(bars)), list(bars))
    ax.invert_yaxis()
    ax.set(xlim=(0, 100), xlabel="share (%)")
    entries = [(0.02, MUTED, "words"), (0.2, BLUE, "attention's matrices"), (0.62, ORANGE, "feed-forward")]
    key(fig, [(*entry, "■") for entry in entries], y=0.15)
    key(fig, [(0.02, GREEN, "scores and mix: grows with T", "■")], y=0.04)
    total = sum(counts.values())
    return Picture(
        fig,
        f"{_many(total)} parameters; one more token behind {T:,} others costs {_many(sum(work.values()))} operations, "
        f"and its cache takes {_many(anatomy.cache_bytes(sizes, T))} bytes in half precision.",
    )


def _many(n: int) -> str:
    for size, name in ((10**12, " trillion"), (10**9, " billion"), (10**6, " million")):
        if n >= size:
            return f"{n / size:.3g}{name}"
    return f"{n:,}"
