"""An encoder and a decoder, with attention or with a fixed context, in numpy: how a trained one reads and writes.

The encoder is a GRU that reads the source from both ends, H/2 units each; its states are the memory (T, H). The decoder is a GRU of H units
that starts from both last states, and at each step reads the word before. With attention it compares its state with the memory and mixes what it
finds in (Luong, Pham and Manning 2015); without, it is given the start state at every step. `training` trains it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.losses.classification import log_sum_exp, softmax
from lib.sequences import layers, number_words
from lib.sequences.cells import CELLS
from lib.sequences.translation import search

ATTENTION = ("none", "dot", "bilinear", "additive")
PAD, START, END = 0, 1, 2  # the first symbols of every vocabulary
MARKS = ("<pad>", "<s>", "</s>")
NUMBERS_IN_ENGLISH = MARKS + tuple(sorted({*number_words.EN_ONES, *number_words.EN_TENS, "hundred", "thousand", "and"}))
NUMBERS_IN_RUSSIAN = MARKS + tuple(sorted({*number_words.RU_ONES, *number_words.RU_TENS, *number_words.RU_HUNDREDS,
                                           "одна", "две", "тысяча", "тысячи", "тысяч"}))  # fmt: skip


def attention_scores(kind: str, queries, memory, weights: dict | None = None) -> np.ndarray:
    """Return how well each query (n, H) fits each place of the memory (T, H): scores (n, T).

    "dot": q·m;  "bilinear": q W m, W (H, H);  "additive": v·tanh(q A + m B + a), A and B (H, H), a and v (H,)
    """
    if not isinstance(kind, str) or kind not in ATTENTION[1:]:
        raise ValueError(f"kind must be one of {', '.join(map(repr, ATTENTION[1:]))}, but is {kind!r}")
    queries = validate.array(queries, "queries", 2, within=validate.SAFE)
    memory = validate.array(memory, "memory", 2, within=validate.SAFE)
    H = memory.shape[1]
    if queries.shape[1] != H:
        raise ValueError(f"queries have {queries.shape[1]} entries, but the memory's have {H}")
    shapes = {"dot": {}, "bilinear": {"W": (H, H)}, "additive": {"A": (H, H), "B": (H, H), "a": (H,), "v": (H,)}}[kind]
    if shapes and not isinstance(weights, dict):
        raise TypeError(f"{kind} attention needs weights, a dict of {', '.join(shapes)}")
    w = {}
    for name, shape in shapes.items():
        if name not in weights:
            raise ValueError(f"{kind} attention needs the weights {', '.join(shapes)}, but {name} is missing")
        w[name] = validate.array(weights[name], name, len(shape), within=validate.SAFE)
        if w[name].shape != shape:
            raise ValueError(f"{name} must have shape {shape}, but has {w[name].shape}")
    if kind == "dot":
        return queries @ memory.T
    if kind == "bilinear":
        return queries @ w["W"] @ memory.T
    return np.tanh((queries @ w["A"] + w["a"])[:, None] + (memory @ w["B"])[None]) @ w["v"]


def alignment_error(weights, gold: Sequence[Sequence[int]]) -> float:
    """Return the share of words whose largest weight (n, T) falls on none of the places that it says, by the gold alignment (n sets)."""
    weights = validate.array(weights, "weights", 2)
    if not isinstance(gold, (list, tuple)) or len(gold) != len(weights):
        raise ValueError(f"gold must be a list of {len(weights)} sets of places, one a row of weights")
    sets = [
        set(validate.indices(list(g), f"gold[{i}]", size=weights.shape[1], of="places").tolist())
        for i, g in enumerate(gold)
    ]
    return float(np.mean([int(row.argmax()) not in places for row, places in zip(weights, sets, strict=True)]))


@dataclass(frozen=True)
class State:
    """A decoder's state h (1, H), the memory (T, H), the context that is given at every step (1, H), and the last attention (T,)."""

    h: np.ndarray
    memory: np.ndarray
    context: np.ndarray
    attention: np.ndarray | None = None


@dataclass(frozen=True)
class Translator:
    """A trained encoder and decoder.

    attention : "none", "dot", "bilinear" or "additive"
    weights : by name, as `training` gives them;  source, target : the vocabularies, MARKS first
    """

    attention: str
    weights: dict[str, np.ndarray]
    source: tuple[str, ...]
    target: tuple[str, ...]

    def start(self, words: Sequence[str]) -> State:
        """Return the state after the source has been read, and before anything is written."""
        w = self.weights
        ids = [self._number(word, self.source) for word in words] + [END]
        stack = [[{n: w[f"encoder{side}.{n}"] for n in ("Wx", "Wh", "bx", "bh")} for side in (0, 1)]]
        passed = layers.forward("GRU", stack, w["source"][ids][None])
        last = np.concatenate([passed.h[0], passed.h[1]], axis=1)  # (1, H)
        h = np.tanh(last @ w["bridge.W"] + w["bridge.b"])
        return State(h, passed.outputs[0], h)

    def step(self, state: State, symbol: int) -> tuple[np.ndarray, State]:
        """Read one symbol of the target; return the log-probabilities (V,) of the next, and the new state."""
        w = self.weights
        x = w["target"][symbol][None]  # (1, d)
        if self.attention == "none":
            x = np.hstack([x, state.context])
        h, _, _ = CELLS["GRU"].forward(x, state.h, None, {n: w[f"decoder.{n}"] for n in ("Wx", "Wh", "bx", "bh")})
        out, weights = h, None
        if self.attention != "none":
            own = {name.split(".")[1]: value for name, value in w.items() if name.startswith("attention.")}
            weights = softmax(attention_scores(self.attention, h, state.memory, own))  # (1, T)
            out = np.tanh(np.hstack([h, weights @ state.memory]) @ w["mix.W"] + w["mix.b"])
        scores = out @ w["out.W"] + w["out.b"]  # (1, V)
        return (scores - log_sum_exp(scores))[0], State(
            h, state.memory, state.context, None if weights is None else weights[0]
        )

    def translate(self, words: Sequence[str], width: int = 1, alpha: float = 0.0, longest: int = 20) -> list[str]:
        """Return the translation that is found greedily, or with a beam of `width`."""
        state = self.start(words)
        if width == 1:
            found = search.greedy(self.step, state, START, END, longest)
        else:
            found = search.beam_search(self.step, state, START, END, width, longest, alpha)[0]
        return [self.target[s] for s in found.symbols]

    def said(self, words: Sequence[str], answer: Sequence[str], told: Sequence[bool] | None = None) -> list[str]:
        """Return the most probable word at each place of a right answer, and at its end.

        told : for each of the answer's words whether the model is told it before it says the next; where not, it reads its own. All, if not
            given: that is teacher forcing. After an end mark of its own it says nothing but ends.
        """
        told = [True] * len(answer) if told is None else [bool(one) for one in told]
        if len(told) != len(answer):
            raise ValueError(
                f"told must have {len(answer)} entries, one for each word of the answer, but has {len(told)}"
            )
        state, before, out = self.start(words), START, []
        for word, right in zip([*answer, MARKS[END]], [*told, False], strict=True):
            if before != END:
                logs, state = self.step(state, before)
                own = int(np.argmax(logs))
            out.append(self.target[own])
            before = self._number(word, self.target) if right else own
        return out

    def attention_map(self, words: Sequence[str], answer: Sequence[str]) -> np.ndarray:
        """Return where the decoder looks while it writes each word of a given answer: weights (len(answer), T), T with the source's end."""
        if self.attention == "none":
            raise ValueError("a fixed context looks at no place: there is no attention")
        state, rows, before = self.start(words), [], START
        for word in answer:
            _, state = self.step(state, before)
            rows.append(state.attention)
            before = self._number(word, self.target)
        return np.array(rows)

    def _number(self, word: str, vocabulary: tuple[str, ...]) -> int:
        if word not in vocabulary:
            raise ValueError(f"{word!r} is none of the {len(vocabulary) - len(MARKS)} words that the model knows")
        return vocabulary.index(word)


def translator_of(weights: Mapping[str, np.ndarray], source: Sequence[str], target: Sequence[str]) -> Translator:
    """Return the translator that `weights` belong to; its kind of attention is read off their names.

    source, target : the vocabularies that it was trained with, MARKS first. Raises ValueError where a weight is missing, or does not fit.
    """
    shapes = {name: np.shape(value) for name, value in weights.items()}
    own = {name.removeprefix("attention.") for name in shapes if name.startswith("attention.")}
    kinds = {
        frozenset(): "dot" if "mix.W" in shapes else "none",
        frozenset("W"): "bilinear",
        frozenset("ABav"): "additive",
    }
    if frozenset(own) not in kinds:
        raise ValueError(f"no attention has the weights {', '.join(sorted(own))}")
    for name in ("source", "bridge.W"):
        if len(shapes.get(name, ())) != 2:
            raise ValueError(f"the weights {name} are missing, or no matrix")
    attention, d, H = kinds[frozenset(own)], shapes["source"][1], shapes["bridge.W"][1]
    wanted = {"source": (len(source), d), "target": (len(target), d), "bridge.W": (H, H), "bridge.b": (H,)}
    inputs = d + (H if attention == "none" else 0)
    for name, I, units in (("encoder0", d, H // 2), ("encoder1", d, H // 2), ("decoder", inputs, H)):
        wanted |= {f"{name}.{part}": shape for part, shape in CELLS["GRU"].shapes(I, units).items()}
    if attention != "none":
        wanted |= {"mix.W": (2 * H, H), "mix.b": (H,)}
    wanted |= {f"attention.{name}": (H,) if name in "av" else (H, H) for name in own}
    wanted |= {"out.W": (H, len(target)), "out.b": (len(target),)}
    for name, shape in wanted.items():
        if shapes.get(name) != shape:
            raise ValueError(
                f"{name} must have shape {shape}, but {f'has {shapes[name]}' if name in shapes else 'is missing'}"
            )
    return Translator(
        attention, {name: np.asarray(weights[name], float) for name in wanted}, tuple(source), tuple(target)
    )


def number_translator(weights: Mapping[str, np.ndarray]) -> Translator:
    """Return the translator of number words that `weights` belong to: for ``trained(…, into=number_translator)``."""
    return translator_of(weights, NUMBERS_IN_ENGLISH, NUMBERS_IN_RUSSIAN)
