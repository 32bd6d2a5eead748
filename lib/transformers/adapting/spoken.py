"""Numbers below a thousand in words, in two styles, and the digits that a GPT of characters is to answer.

In America 342 is read "three hundred forty-two", in Britain "three hundred and forty-two"; whoever writes down what was said leaves the
hyphen out. A question and its answer are one text, "forty-two=42.", of which the answer alone counts.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.sequences.number_words import number_pair
from lib.transformers.adapting.low_rank import (
    MATRICES,
    LowRank,
    changes_of,
    flat,
    matrices_of,
    merged_gpt,
    nearest_changes,
)
from lib.transformers.gpt import GPT

MOST = 999
SYMBOLS = string.ascii_lowercase + " -=." + string.digits
ASKED, END = SYMBOLS.index("="), SYMBOLS.index(".")
WINDOW = 36  # "seven hundred and seventy seven=777."
LONGEST = WINDOW - 2  # of a question: "=" and a first symbol of the answer still have a place


def american(k: int) -> str:
    """Return the number k, from 0 to 999, in words: 342 is "three hundred forty-two"."""
    words = list(number_pair(validate.whole(k, "k", low=0, high=MOST)).english)
    if k % 100 > 20 and k % 10:
        words[-2:] = ["-".join(words[-2:])]
    return " ".join(word for word in words if word != "and")


def british(k: int) -> str:
    """Return the number k, from 0 to 999, in words as they are heard in Britain: 342 is "three hundred and forty two"."""
    return " ".join(number_pair(validate.whole(k, "k", low=0, high=MOST)).english)


def read_symbols(text: str) -> np.ndarray:
    """Return the symbols of a text as numbers (n,). Raises ValueError for one that is none of the 40."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a text, but is {type(text).__name__}")
    for c in text:
        if c not in SYMBOLS:
            raise ValueError(f"{c!r} is none of the {len(SYMBOLS)} symbols")
    return np.array([SYMBOLS.index(c) for c in text], dtype=int)


def lines(questions: Sequence[str], answers: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and targets (N, 36) of texts "question=answer."; a target of −1 does not count, what is behind a text is full stops.

    Raises ValueError for a text that is longer than the window, or of symbols that are not known.
    """
    if len(questions) != len(answers):
        raise ValueError(f"there must be an answer to each question, but there are {len(questions)} and {len(answers)}")
    ids = np.full((len(questions), WINDOW + 1), END)
    targets = np.full((len(questions), WINDOW), -1)
    for row, (question, answer) in enumerate(zip(questions, answers, strict=True)):
        text = read_symbols(f"{question}={answer}.")
        if len(text) > WINDOW:
            raise ValueError(f"a text has at most {WINDOW} symbols, but {question!r} and its answer have {len(text)}")
        ids[row, : len(text)] = text
        targets[row, len(question) : len(text) - 1] = text[len(question) + 1 :]
    return ids[:, :-1], targets


def drawn_from(inputs, targets, size: int = 16) -> Callable[[np.random.Generator], tuple[np.ndarray, np.ndarray]]:
    """Return a function that draws a batch of `size` texts, or hands out all where there are no more, cut to the longest of them."""
    inputs, targets = _texts(inputs, targets, len(SYMBOLS))
    size = validate.whole(size, "size", low=1)

    def batch(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        rows = rng.integers(len(inputs), size=size) if len(inputs) > size else np.arange(len(inputs))
        x, y = inputs[rows], targets[rows]
        T = np.flatnonzero((y >= 0).any(axis=0)).max() + 1
        return x[:, :T], y[:, :T]

    return batch


def share_right(model: GPT, inputs, targets) -> float:
    """Return the share of the texts whose whole answer, the full stop included, the model says.

    At each place it is given the right answer so far; where all places are right, that is what it would have written by itself.
    """
    model = validate.instance(model, GPT, "model")
    inputs, targets = _texts(inputs, targets, len(model.weights["words"]))
    right = []
    for rows in np.array_split(np.arange(len(targets)), max(1, len(targets) // 50)):  # a few at a time: less memory
        said = model.read(inputs[rows]).scores.argmax(axis=2)
        right.append(((said == targets[rows]) | (targets[rows] < 0)).all(axis=1))
    return float(np.concatenate(right).mean())


def _texts(inputs, targets, size: int) -> tuple[np.ndarray, np.ndarray]:
    inputs = validate.indices(inputs, "inputs", ndim=2, size=size, of="symbols")
    found = validate.array(targets, "targets", 2)
    if inputs.shape != found.shape or not inputs.size:
        raise ValueError(f"inputs and targets must have one shape, but have {inputs.shape} and {found.shape}")
    if ((found < -1) | (found >= size) | (found != np.round(found))).any() or not (found >= 0).any():
        raise ValueError(f"targets must be symbols below {size}, or −1 where none counts, and some must count")
    return inputs, found.astype(int)


def answered(model: GPT, question: str) -> tuple[str, float]:
    """Return the likeliest next symbols behind "question=", up to a full stop or the window's end, and the smallest probability of one of them.

    Raises ValueError for a question that is empty, too long for the window, or of symbols that are not known.
    """
    model = validate.instance(model, GPT, "model")
    ids = [*read_symbols(question), ASKED]
    if not 2 <= len(ids) <= LONGEST + 1:
        raise ValueError(f"a question has 1 to {LONGEST} symbols, but this one has {len(ids) - 1}")
    least = 1.0
    while len(ids) <= WINDOW:
        scores = model.read(np.array(ids)).scores[0, -1]
        p = np.exp(scores - scores.max())
        best = int(p.argmax())
        least = min(least, float(p[best] / p.sum()))
        if best == END:
            break
        ids.append(best)
    return "".join(SYMBOLS[i] for i in ids[len(question) + 1 :]), least


def features(model: GPT, questions: Sequence[str]) -> np.ndarray:
    """Return the vector (N, D) that the last norm gives at the "=" behind each question: what the output's matrix makes scores of."""
    model = validate.instance(model, GPT, "model")
    w = model.weights
    V, D = w["words"].shape
    if V < D:
        raise ValueError(f"features are read through the output's place, which has {V} columns for {D} entries")
    bare = GPT({**w, "output": np.eye(D, V)}, model.heads)  # scores are then the vectors themselves
    inputs = lines(questions, [""] * len(questions))[0]
    at = np.array([len(question) for question in questions])
    found = [
        bare.read(inputs[rows]).scores[np.arange(len(rows)), at[rows], :D]
        for rows in np.array_split(np.arange(len(at)), max(1, len(at) // 50))
    ]
    return np.concatenate(found)


# ---------------------------------------------------------------------------------------------------- before and after
@dataclass(frozen=True)
class Pupil:
    """A model, what a full training on a new task made of it, and what the same examples made of changes of low rank beside it.

    base, tuned : of one shape;  changes : name of a weight of the base → its change
    """

    base: GPT
    tuned: GPT
    changes: Mapping[str, LowRank]

    def __post_init__(self):
        merged_gpt(self.base, self.changes)
        nearest_changes(self.base, self.tuned, 1, on=MATRICES)

    @property
    def adapted(self) -> GPT:
        """The base with the changes merged."""
        return merged_gpt(self.base, self.changes)

    def full_changes(self) -> dict[str, np.ndarray]:
        """Return name → ΔW, what the full training did to each matrix of a block."""
        return {name: self.tuned.weights[name] - self.base.weights[name] for name in matrices_of(self.base, MATRICES)}

    def cut(self, rank: int) -> GPT:
        """Return the tuned model with the change of each matrix of a block cut to its nearest of this rank, 0 for none; all else as tuned."""
        kept = {name: self.base.weights[name] for name in matrices_of(self.base, MATRICES)}
        bare = GPT({**self.tuned.weights, **kept}, self.base.heads)
        if validate.whole(rank, "rank", low=0) == 0:
            return bare
        return merged_gpt(bare, nearest_changes(self.base, self.tuned, rank, on=MATRICES))


def stored(tuned: Mapping[str, np.ndarray], changes: Mapping[str, LowRank]) -> dict[str, np.ndarray]:
    """Return the weights of a tuned model and the changes as one mapping of arrays, names behind "tuned." and "change."."""
    return {f"tuned.{n}": w for n, w in tuned.items()} | {f"change.{n}": w for n, w in flat(changes).items()}


def pupil(base: GPT, arrays: Mapping[str, np.ndarray]) -> Pupil:
    """Return the pupil of which `stored` made these arrays. Raises ValueError where they do not fit the base."""
    base = validate.instance(base, GPT, "base")
    behind = lambda start: {n.removeprefix(start): w for n, w in arrays.items() if n.startswith(start)}
    return Pupil(base, GPT(behind("tuned."), base.heads), changes_of(behind("change.")))
