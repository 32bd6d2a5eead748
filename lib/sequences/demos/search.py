"""Pictures of the search for an answer, and of BLEU: a tree of beginnings, what length costs, and which BLEU."""

from __future__ import annotations

import math
import textwrap
from functools import cache

import numpy as np

from lib.book.demos import Picture, choice, demo, given, slider, text
from lib.book.display import say
from lib.book.figures import BLUE, GREEN, INK, MUTED, ORANGE, canvas, drawable, key
from lib.sequences import number_words
from lib.sequences.cells import CELLS
from lib.sequences.translation import (
    END,
    MARKS,
    NUMBERS_IN_ENGLISH,
    NUMBERS_IN_RUSSIAN,
    START,
    Translator,
    bleu,
    number_translator,
    search,
)

__all__ = ["CAT", "REPLIES", "counted_by_length", "found_answers", "reply_tree", "tree_of_a_beam", "which_bleu"]

REPLIES = {  # to an invitation: what has been said, and what may follow
    "": {"I": 0.6, "yes": 0.4},
    "I": {"agree": 0.4, "accept": 0.3, "do": 0.3},
    "I accept": {"gladly": 0.8, "</s>": 0.2},
    "yes": {"</s>": 0.9, "please": 0.1},
}
CAT = "the cat is on the mat"
LONGEST = 9  # symbols of an answer in the demos, its end among them
MOST = 5000  # steps of the model before an exact search gives up


# ------------------------------------------------------------------------------------------------ a table of replies
def reply_tree(table: dict[str, dict[str, float]] = REPLIES) -> Picture:
    """Show all answers of a table of probabilities as a tree, the greedy way and the best one in their colours."""
    model = search.TableModel(table)
    ways = {
        "greedy": search.greedy(model.step, (), model.START, model.END),
        "best": search.exact_search(model.step, (), model.START, model.END),
    }
    paths = {name: tuple(model.words[s] for s in answer.symbols) for name, answer in ways.items()}
    fig, ax = canvas(width=6.4, height=3.9, layout=None)
    fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.01)
    ax.set(xlim=(-0.1, 4.05), ylim=(-5.9, 0.8))
    ax.axis("off")
    rows = iter(range(100))

    def draw(written: tuple[str, ...], p: float) -> float:
        after = {word: share for word, share in model.table.get(written, {}).items() if word != "</s>"}
        ends = model.table.get(written, {"</s>": 1.0}).get("</s>", 0.0)
        places = [-float(next(rows))] if ends else []
        below = [(word, share, draw((*written, word), p * share)) for word, share in after.items()]
        y = float(np.mean(places + [at for *_, at in below]))
        here, edge, label = LEVELS[len(written)]
        for word, share, at in below:
            colour = _way((*written, word), paths)
            ax.plot([here, edge], [y, at], color=colour or MUTED, linewidth=2.4 if colour else 1.2)
            ax.text(label, at, f"{word} {share:g}", va="center", color=colour or INK)
        if ends:
            colour = next((c for name, c in COLOURS.items() if paths[name] == written), INK)
            ax.plot([here, 3.5], [y, places[0]], ":", color=MUTED, linewidth=1.2)
            ax.text(3.56, places[0], f"{p * ends:.3f}", va="center", color=colour)
        return y

    ax.text(0, draw((), 1.0), "●", ha="center", va="center", color=INK)
    ax.text(4.0, 0.6, "probability", va="center", ha="right", color=MUTED)
    fig.text(0.03, 0.05, "the greedy way", color=ORANGE)
    fig.text(0.36, 0.05, "the most probable answer", color=GREEN)
    greedy, best = (" ".join(paths[name]) for name in ("greedy", "best"))
    return Picture(
        fig,
        f"Word by word one comes to “{greedy}” ({math.exp(ways['greedy'].log_p):.2f}); the most probable answer is “{best}” "
        f"({math.exp(ways['best'].log_p):.2f}).",
    )


LEVELS = (
    (0.05, 0.58, 0.62),
    (1.03, 1.46, 1.5),
    (2.16, 2.56, 2.6),
    (3.28, 0, 0),
)  # where a node, its edges and their words stand
COLOURS = {"greedy": ORANGE, "best": GREEN}


def _way(written: tuple[str, ...], paths: dict) -> str | None:
    return next((COLOURS[name] for name, path in paths.items() if path[: len(written)] == written), None)


@cache
def _replies() -> list[tuple[str, search.Answer]]:
    """Return every answer of REPLIES with its words, the most probable first."""
    model = search.TableModel(REPLIES)
    found = search.beam_search(model.step, (), model.START, model.END, 50, 6, alpha=10.0)
    return [(model.text(answer), answer) for answer in sorted(found, key=lambda a: -a.log_p) if answer.ended]


@demo(alpha=slider(0.0, 2.0, steps=21, start=0.0, label="α"))
def counted_by_length(alpha: float) -> Picture:
    """The six replies by their scores, log P / length^α: which is the best depends on α.

    alpha : the exponent; 0 compares probabilities, 1 the mean log-probability of a symbol
    """
    replies = _replies()
    scores = [answer.score(alpha) for _, answer in replies]
    best = int(np.argmax(scores))
    fig, ax = canvas(width=6.4, height=3.2, layout=None)
    fig.subplots_adjust(left=0.38, right=0.97, top=0.97, bottom=0.18)
    ax.barh(range(len(replies)), scores, color=[GREEN if i == best else BLUE for i in range(len(replies))], height=0.6)
    names = [f"{words} ({len(answer.symbols) + 1})" for words, answer in replies]
    ax.set(xlim=(-3.5, 0), ylim=(len(replies) - 0.4, -0.6), xlabel="score", yticks=range(len(replies)))
    ax.set_yticklabels(names)
    ax.set_ylabel("reply (its length)")
    ax.grid(axis="y", visible=False)
    words, answer = replies[best]
    return Picture(
        fig,
        f"With α = {say(alpha)} “{words}” is the best, with a score of {say(scores[best], 3)}: its probability is "
        f"{math.exp(answer.log_p):.3f}, and it has {len(answer.symbols) + 1} symbols with its end.",
    )


# ---------------------------------------------------------------------------------------------- searches of a model
@cache
def _sample() -> Translator:
    """Return a translator of number words that has learned nothing, of four units and a fixed context."""
    rng, d, H = np.random.default_rng(5), 3, 4
    shapes = {"source": (len(NUMBERS_IN_ENGLISH), d), "target": (len(NUMBERS_IN_RUSSIAN), d)}
    for name, inputs, units in (("encoder0", d, H // 2), ("encoder1", d, H // 2), ("decoder", d + H, H)):
        shapes |= {f"{name}.{part}": shape for part, shape in CELLS["GRU"].shapes(inputs, units).items()}
    shapes |= {"bridge.W": (H, H), "bridge.b": (H,)}
    shapes |= {"out.W": (H, len(NUMBERS_IN_RUSSIAN)), "out.b": (len(NUMBERS_IN_RUSSIAN),)}
    return number_translator({name: 2 * rng.normal(size=shape) for name, shape in shapes.items()})


def _read(typed: str) -> tuple[tuple[str, ...], str]:
    """Return the English words of what was typed, digits or words, and "", or nothing and a sentence that says why."""
    words = number_words.words_typed(typed)
    strange = [word for word in words if word not in NUMBERS_IN_ENGLISH[len(MARKS) :]]
    if strange:
        return (
            (),
            f"The model has never seen “{textwrap.shorten(strange[0], 20, placeholder='…')}”: it knows the numbers below a million.",
        )
    return words, "" if words else "Type a number from 0 to 999,999, in digits or in English words."


def _nothing(sentence: str, height: float) -> Picture:
    fig, ax = canvas(width=6.4, height=height, layout=None)
    ax.axis("off")
    lines = "\n".join(map(drawable, textwrap.wrap(sentence, 48)))
    ax.text(0.5, 0.5, lines, ha="center", va="center", color=MUTED, transform=ax.transAxes)
    return Picture(fig, sentence)


NUMBERS = ("342002", "17", "90090", "512738", "nine hundred and one")


@demo(
    model=given("number_words_hurried", sample=_sample, of=Translator),
    words=text(examples=NUMBERS, start="512738", longest=60, label="number"),
    width=choice(1, 2, 4, start=2, label="width"),
    step=slider(1, LONGEST, steps=LONGEST, start=3, label="step"),
)
def tree_of_a_beam(model: Translator, words: str, width: int, step: float) -> Picture:
    """The beginnings that a beam keeps, step by step. Steps go downwards, the most probable beginning stands on the left.

    model : the translator;  words : a number from 0 to 999,999, in digits or English words;  width : of the beam;  step : how far it has come
    """
    english, why = _read(words)
    if why:
        return _nothing(why, 6.4)
    trace = [*search.beam_steps(model.step, model.start(english), START, END, width, LONGEST)]
    shown = trace[: int(step)]
    live, done = shown[-1]
    over = len(shown) == len(trace)
    best = max(done, key=lambda a: a.log_p, default=None)
    kept = {a.symbols[:n] for a in [*([] if over else live), *done] for n in range(1, len(a.symbols) + 1)}

    def draw():
        fig, ax = canvas(width=6.4, height=6.4, layout=None)
        fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.06)
        ax.set(xlim=(-0.1, 4.1), ylim=(-LONGEST - 0.4, 0.2))
        ax.axis("off")
        places = {(): (2.0, 0.0)}
        ax.text(2, 0.05, "start", ha="center", va="center", color=MUTED)
        for row, (beginnings, _) in enumerate(shown, 1):
            for column, a in enumerate(beginnings):
                x, y = places[a.symbols] = (2 + (column - (width - 1) / 2) * (4 / max(width, 3))), -float(row)
                on_best = best is not None and best.symbols[:row] == a.symbols
                colour = GREEN if over and on_best else INK if a.symbols in kept else MUTED
                above = places[a.symbols[:-1]]
                ax.plot(
                    [above[0], x],
                    [above[1] - (0.4 if a.symbols[:-1] else 0.14), y + 0.36],
                    color=colour if colour != INK else MUTED,
                    linewidth=1.2,
                )
                lines = f"{drawable(model.target[a.symbols[-1]])}\n{say(math.exp(a.log_p))}"
                ax.text(x, y, lines, ha="center", va="center", color=colour, linespacing=1.05)
        for a in done:
            x, y = places[a.symbols]
            ax.text(x + 0.36, y - 0.14, "■", va="center", color=GREEN)
        key(
            fig,
            [
                (0.03, INK, "goes on, or has ended"),
                (0.44, MUTED, "given up"),
                (0.68, GREEN, "an answer ended here", "■"),
            ],
            0.015,
        )
        return fig

    said = f"Step {len(shown)}, width {width}: {len(live)} beginning{'s' * (len(live) != 1)} unfinished, {len(done)} ended."
    if best is not None:
        spoken = " ".join(model.target[s] for s in best.symbols)
        said += f" The best that has ended: “{spoken}”, with probability {say(math.exp(best.log_p))}."
    if over:
        said += " The search is over."
    return Picture(draw, said)


SEARCHES = ("greedy", "beam 2", "beam 4", "beam 8", "exact")


def _found(model: Translator, english: tuple[str, ...]) -> dict[str, search.Answer | None]:
    state = model.start(english)
    out = {"greedy": search.greedy(model.step, state, START, END, 2 * LONGEST)}
    for width in (2, 4, 8):
        out[f"beam {width}"] = search.beam_search(model.step, state, START, END, width, 2 * LONGEST)[0]
    try:
        out["exact"] = search.exact_search(model.step, state, START, END, 2 * LONGEST, MOST)
    except ValueError:  # too many beginnings stay in the race
        out["exact"] = None
    return out


@demo(
    model=given("number_words_hurried", sample=_sample, of=Translator),
    words=text(examples=(*NUMBERS, "813645", "777777", "204318"), start="512738", longest=60, label="number"),
)
def found_answers(model: Translator, words: str) -> Picture:
    """What five searches find for one number, each with its probability, and the right answer where it is known.

    model : the translator;  words : a number from 0 to 999,999, in digits or English words
    """
    english, why = _read(words)
    if why:
        return _nothing(why, 4.6)
    found = _found(model, english)
    k = number_words.number_of(english)
    right = None if k is None else number_words.number_pair(k).russian
    rows = []
    for name, answer in found.items():
        if answer is None:
            rows.append((name, f"no certainty after {MOST:,} steps", "", MUTED))
            continue
        written = tuple(model.target[s] for s in answer.symbols)
        colour = INK if right is None else GREEN if written == right else ORANGE
        rows.append((name, " ".join(written) or "(nothing)", say(math.exp(answer.log_p)), colour))
    state = model.start(english)
    if right is not None:
        ids = [model.target.index(word) for word in right]
        p = math.exp(search.log_probability(model.step, state, START, END, ids))
        rows.append(("right", " ".join(right), say(p), INK))

    def draw():
        fig, ax = canvas(width=6.4, height=4.6, layout=None)
        fig.subplots_adjust(left=0.01, right=0.99, top=0.99, bottom=0.09)
        ax.set(xlim=(0, 1), ylim=(-6.05, 0.1))
        ax.axis("off")
        for at, (name, spoken, p, colour) in enumerate(rows):
            lines = textwrap.wrap(spoken, 42)
            lines = lines if len(lines) < 3 else [lines[0], lines[1][:40] + "…"]
            ax.text(0.0, -at - 0.08, name, va="top", color=MUTED)
            ax.text(0.15, -at - 0.08, p, va="top", color=INK)
            ax.text(0.36, -at - 0.08, "\n".join(map(drawable, lines)), va="top", color=colour, linespacing=1.1)
        if right is not None:
            key(fig, [(0.02, GREEN, "right"), (0.2, ORANGE, "wrong")], 0.02)
        return fig

    exact, about = found["exact"], f"Of “{textwrap.shorten(' '.join(english), 70, placeholder='…')}”,"
    if exact is None:
        return Picture(
            draw,
            f"{about} the model is sure of so little that {MOST:,} steps do not settle which answer is the most probable.",
        )
    missed = [name for name, a in found.items() if a.log_p < exact.log_p - 1e-9]
    said = f"{about} the most probable answer has probability {say(math.exp(exact.log_p))}; "
    said += f"{', '.join(missed)} miss{'es' * (len(missed) == 1)} it." if missed else "all five find it."
    if right is not None:
        is_right = tuple(model.target[s] for s in exact.symbols) == right
        said += " It is right." if is_right else " It is wrong: that is the model's error."
    return Picture(draw, said)


# ------------------------------------------------------------------------------------------------------- which BLEU?
def _conventions(score: bleu.Bleu) -> dict[str, float]:
    """Return one sentence's score under three conventions, from the same precisions and penalty."""
    p = [x for x in score.precisions if x]
    weighted = (
        math.prod(x**0.5**n for n, x in enumerate(score.precisions[: score.written], 1)) if score.written else 0.0
    )
    return {
        "¼ each": score.score,
        "2⁻ⁿ": score.penalty * weighted,
        "zeros left out": score.penalty * math.prod(x**0.25 for x in p) if p else 0.0,
    }


@demo(
    sentence=text(
        examples=(
            "the cat is on a mat",
            CAT,
            "the cat",
            "the the the the the the the",
            "on the mat is the cat",
            "there is a cat on my old green mat",
        ),
        longest=80,
        label="sentence",
    ),
    smooth=choice(*bleu.SMOOTHING, start="none", label="smoothing"),
)
def which_bleu(sentence: str, smooth: str) -> Picture:
    """BLEU of a sentence against “the cat is on the mat” under three conventions, and what it is made of.

    sentence : what was written, cut at spaces;  smooth : what is done with n-grams of which none was found
    """
    words = sentence.split()
    score = bleu.bleu([words], [[CAT.split()]], smooth=smooth)
    found = _conventions(score)
    fig, (left, right) = canvas(1, 2, width=6.4, height=3.3, layout=None, gridspec_kw={"width_ratios": [1, 1.25]})
    fig.subplots_adjust(left=0.11, right=0.98, top=0.96, bottom=0.18, wspace=0.62)
    left.bar(range(1, 5), score.precisions, color=BLUE, width=0.6)
    for n, (p, one, all_) in enumerate(zip(score.precisions, score.correct, score.total, strict=True), 1):
        left.text(n, min(p, 1) + 0.03, f"{one}/{all_}", ha="center", color=INK)
    left.set(xlim=(0.4, 4.6), ylim=(0, 1.16), xlabel="n", ylabel="precision of n-grams", xticks=range(1, 5))
    right.barh(range(3), found.values(), color=[GREEN, ORANGE, ORANGE], height=0.55)
    for at, value in enumerate(found.values()):
        right.text(min(value, 1) + 0.03, at, f"{value:.3f}", va="center", color=INK)
    right.set(xlim=(0, 1.3), ylim=(2.6, -0.6), xlabel="score", yticks=range(3), xticks=(0, 0.5, 1))
    right.set_yticklabels(list(found))
    right.grid(axis="y", visible=False)
    short = textwrap.shorten(" ".join(words), 60, placeholder="…") or "(nothing)"
    scores = ", ".join(f"{value:.3f} ({name})" for name, value in found.items())
    return Picture(fig, f"“{short}”, smoothing {smooth}: {scores}. The penalty for brevity is {score.penalty:.3f}.")
