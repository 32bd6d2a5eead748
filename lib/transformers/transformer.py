"""The whole Transformer, an encoder and a decoder, in numpy: how a trained one reads and writes; and what stands around it.

Around it: its parameters counted, the rate that warms up, targets that are smoothed, and a detector of leaks, which asks any model of sequences
whether an earlier answer moves when only later symbols change. `training` trains one with PyTorch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lib.book import validate
from lib.losses.classification import log_sum_exp
from lib.regularization.normalization import layer_norm
from lib.sequences.translation import END, MARKS, NUMBERS_IN_ENGLISH, NUMBERS_IN_RUSSIAN, START, search
from lib.transformers import anatomy
from lib.transformers.attention import causal_mask
from lib.transformers.blocks import block
from lib.transformers.positions import sinusoids


# ----------------------------------------------------------------------------------------------------------- the model
@dataclass(frozen=True)
class Reading:
    """What a decoder has while it writes: the memory (1, S, D), and the symbols so far, START first."""

    memory: np.ndarray
    symbols: tuple[int, ...] = ()


@dataclass(frozen=True)
class Transformer:
    """A trained encoder and decoder, over words.

    weights : by name, as `training` gives them, and as lib.book.trained keeps them; each block's are nested in `encoder` and `decoder`
    source, target : the vocabularies, MARKS first;  heads : of every attention
    Blocks are normed before ("pre", with a norm after the last) where the weights have encoder_norm, else after ("post").
    Raises ValueError where a weight is missing, or does not fit.
    """

    weights: Mapping[str, np.ndarray]
    source: tuple[str, ...]
    target: tuple[str, ...]
    heads: int = 4
    encoder: list = field(init=False, repr=False)
    decoder: list = field(init=False, repr=False)
    order: str = field(init=False)

    def __post_init__(self):
        w = {name: np.asarray(value, float) for name, value in self.weights.items()}
        for side in ("source", "target"):
            if w.get(side, np.empty(0)).ndim != 2 or len(w[side]) != len(getattr(self, side)):
                raise ValueError(f"{side} must be a matrix with a row for each of {len(getattr(self, side))} words")
        D = w["source"].shape[1]
        order = "pre" if "encoder_norm.gamma" in w else "post"
        stacks = {side: nested(side, w) for side in ("encoder", "decoder")}
        shapes = {"target": (len(self.target), D), "out.W": (D, len(self.target)), "out.b": (len(self.target),)}
        for side in ("encoder", "decoder"):
            if order == "pre":
                shapes |= {f"{side}_norm.{name}": (D,) for name in ("gamma", "beta")}
            for i, one in enumerate(stacks[side]):
                shapes |= _block_shapes(f"{side}{i}", D, np.shape(one.get("ff", {}).get("b1", ()))[-1:], side)
        for name in {*shapes, *w} - {"source"}:
            given = w[name].shape if name in w else "is missing"
            if name not in shapes or shapes[name] != given:
                raise ValueError(f"{name} must have shape {shapes.get(name, 'none')}, but {given}")
        if D % validate.whole(self.heads, "heads", low=1):
            raise ValueError(f"{self.heads} heads do not divide {D} entries")
        for name, value in {"weights": w, **stacks, "order": order}.items():
            object.__setattr__(self, name, value)

    def encode(self, ids: np.ndarray) -> tuple[np.ndarray, list]:
        """Return the memory (B, S, D) of sources ids (B, S), and each block's pass."""
        return self._through(self.encoder, "encoder", self._embedded("source", ids))

    def decode(self, memory: np.ndarray, ids: np.ndarray) -> tuple[np.ndarray, list]:
        """Return the scores (B, T, V) of what follows each symbol of ids (B, T), and each block's pass."""
        h, passes = self._through(
            self.decoder, "decoder", self._embedded("target", ids), memory=memory, mask=causal_mask(ids.shape[1])
        )
        return h @ self.weights["out.W"] + self.weights["out.b"], passes

    def _embedded(self, side: str, ids: np.ndarray) -> np.ndarray:
        table = self.weights[side]
        return table[ids] * math.sqrt(table.shape[1]) + sinusoids(np.arange(ids.shape[1]), table.shape[1])

    def _through(self, stack: list, side: str, x: np.ndarray, **others) -> tuple[np.ndarray, list]:
        passes = []
        for weights in stack:
            passes.append(block(x, weights, self.heads, self.order, **others))
            x = passes[-1].outputs
        if self.order == "pre":
            x, _ = layer_norm(x, self.weights[f"{side}_norm.gamma"], self.weights[f"{side}_norm.beta"])
        return x, passes

    def start(self, words: Sequence[str]) -> Reading:
        """Return the state after the source has been read, and before anything is written."""
        return Reading(self.encode(np.array([[*self._numbers(words, self.source), END]]))[0])

    def step(self, state: Reading, symbol: int) -> tuple[np.ndarray, Reading]:
        """Read one symbol of the target; return the log-probabilities (V,) of the next, and the new state.

        All symbols so far go through the decoder again.
        """
        symbols = (*state.symbols, int(symbol))
        scores = self.decode(state.memory, np.array([symbols]))[0][0, -1:]
        return (scores - log_sum_exp(scores))[0], Reading(state.memory, symbols)

    def translate(self, words: Sequence[str], longest: int = 20) -> list[str]:
        """Return the translation that takes the most probable word at each place."""
        found = search.greedy(self.step, self.start(words), START, END, longest)
        return [self.target[s] for s in found.symbols]

    def translate_all(self, sentences: Sequence[Sequence[str]], longest: int = 20) -> list[list[str]]:
        """Return the same of many sentences, those of one length together."""
        out: list[list[str]] = [[] for _ in sentences]
        lengths = np.array([len(words) for words in sentences])
        for n in np.unique(lengths):
            rows = np.flatnonzero(lengths == n)
            memory, _ = self.encode(np.array([[*self._numbers(sentences[i], self.source), END] for i in rows]))
            written = np.full((len(rows), 1), START)
            while written.shape[1] <= longest and not (written == END).any(axis=1).all():
                scores, _ = self.decode(memory, written)
                written = np.hstack([written, scores[:, -1].argmax(axis=1)[:, None]])
            for i, symbols in zip(rows, written[:, 1:].tolist(), strict=True):
                out[i] = [self.target[s] for s in symbols[: (*symbols, END).index(END)]]
        return out

    def maps(self, words: Sequence[str], answer: Sequence[str]) -> dict[str, np.ndarray]:
        """Return all heads' weights while a given answer is written: "encoder" (L, h, S, S), "decoder" (L, h, T, T), "cross" (L, h, T, S).

        S counts the source's end, T the START before the answer and not its end: row t is what is looked at to say word t.
        """
        ids = np.array([[*self._numbers(words, self.source), END]])
        memory, read = self.encode(ids)
        _, wrote = self.decode(memory, np.array([[START, *self._numbers(answer, self.target)]]))
        found = {"encoder": [p.P for p in read], "decoder": [p.P for p in wrote], "cross": [p.cross_P for p in wrote]}
        return {name: np.array([P[0] for P in every]) for name, every in found.items()}

    def _numbers(self, words: Sequence[str], vocabulary: tuple[str, ...]) -> list[int]:
        for word in words:
            if word not in vocabulary:
                known = len(vocabulary) - len(MARKS)
                raise ValueError(f"{word!r} is none of the {known} words that the model knows")
        return [vocabulary.index(word) for word in words]


def number_transformer(weights: Mapping[str, np.ndarray]) -> Transformer:
    """Return the translator of number words that `weights` belong to: for ``trained(…, into=number_transformer)``."""
    return Transformer(weights, NUMBERS_IN_ENGLISH, NUMBERS_IN_RUSSIAN)


def nested(side: str, weights: Mapping[str, np.ndarray]) -> list[dict]:
    """Return the nested weights of blocks from flat ones: encoder0.ff.W1 is [0]["ff"]["W1"]."""
    found: dict[int, dict] = {}
    for name, value in weights.items():
        place, *path = name.split(".")
        number = place.removeprefix(side)
        if place.startswith(side) and number.isdigit() and len(path) == 2:
            found.setdefault(int(number), {}).setdefault(path[0], {})[path[1]] = value
    if not found or sorted(found) != list(range(len(found))):
        raise ValueError(f"the weights of {side}0 are missing, or a number between is")
    return [found[i] for i in range(len(found))]


def flat(name: str, weights: Mapping[str, Mapping[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """Return a block's nested weights by flat names: with name encoder0, ["ff"]["W1"] is encoder0.ff.W1."""
    return {f"{name}.{a}.{b}": value for a, part in weights.items() for b, value in part.items()}


def _block_shapes(name: str, D: int, F: tuple[int, ...], side: str) -> dict[str, tuple[int, ...]]:
    names = ("attention", "cross")[: 1 if side == "encoder" else 2]
    shapes = {
        f"{name}.{a}.{kind}{n}": (D, D)[: 2 if kind == "W" else 1] for a in names for kind in "Wb" for n in "qkvo"
    }
    shapes |= {f"{name}.ff.W1": (D, *F), f"{name}.ff.b1": F, f"{name}.ff.W2": (*F, D), f"{name}.ff.b2": (D,)}
    return shapes | {f"{name}.norm{i}.{n}": (D,) for i in range(1, 2 + len(names)) for n in ("gamma", "beta")}


# -------------------------------------------------------------------------------------------------------------- counted
def parameters_by_part(
    D: int, hidden: int, layers: int, words: int, order: str = "post", tied: bool = True
) -> dict[str, int]:
    """Return how many numbers an encoder and a decoder of `layers` blocks each hold, by part.

    D : entries of a place;  hidden : units of the networks;  words : symbols of the vocabulary, one for both sides
    order : "pre" has a norm after each side's last block;  tied : the embedding is also the decoder's last matrix, which has no free terms;
        where not, source, target and last matrix are three, and the last one has free terms
    Equation: eq-block-parameters
    """
    D, F = validate.whole(D, "D", low=1), validate.whole(hidden, "hidden", low=1)
    L, V = validate.whole(layers, "layers", low=1), validate.whole(words, "words", low=1)
    if not isinstance(order, str) or order not in ("pre", "post"):
        raise ValueError(f"order must be 'pre' or 'post', but is {order!r}")
    if not isinstance(tied, (bool, np.bool_)):
        raise TypeError(f"tied must be True or False, but is {tied!r}")
    counts = anatomy.parameters(anatomy.Sizes(V, D, L, 1, F, encoder=L, last_norm=order == "pre"))
    third = counts["attention"] // 3  # a block of the encoder has one attention, of the decoder two
    return {
        "embeddings": counts["embeddings"] * (1 if tied else 2),
        "self-attention": 2 * third,
        "attention to the memory": third,
        "feed-forward": counts["feed-forward"],
        "norms": counts["norms"],
        "last matrix": 0 if tied else anatomy.dense(D, V),
    }


# ------------------------------------------------------------------------------------------------------------- training
def warm_up_rate(step, D: int, warm_up: int = 4000) -> np.ndarray:
    """Return the paper's learning rate at steps 1, 2, …: D^−½ · min(step^−½, step · warm_up^−³ᐟ²).

    step : a number or an array, at least 1;  D : entries of a place.
    Equation: eq-warm-up. Source: Vaswani et al. (2017), section 5.3.
    """
    step = validate.array(step, "step")
    if step.min() < 1:
        raise ValueError(f"steps are counted from 1, but one is {step.min():g}")
    D, warm_up = validate.whole(D, "D", low=1), validate.whole(warm_up, "warm_up", low=1)
    return np.minimum(step**-0.5, step * float(warm_up) ** -1.5) / math.sqrt(D)


def smoothed_targets(labels, classes: int, eps: float = 0.1) -> np.ndarray:
    """Return (N, V): 1 − ε on the right class, and ε spread evenly over all V classes, the right one among them.

    Equation: eq-smoothed-targets. Source: Szegedy et al. (2016), section 7.
    """
    V = validate.whole(classes, "classes", low=1)
    labels = validate.indices(labels, "labels", size=V, of="classes")
    eps = validate.number(eps, "eps", low=0, high=1)
    return (1 - eps) * np.eye(V)[labels] + eps / V


def smoothed_cross_entropy(scores, labels, eps: float = 0.1) -> tuple[float, np.ndarray]:
    """Return the mean cross-entropy of scores (N, V) with the smoothed targets, and its slopes by the scores: (p − q)/N.

    Equations: eq-smoothed-loss, eq-smoothed-slope
    """
    scores = validate.array(scores, "scores", 2)
    q = smoothed_targets(labels, scores.shape[1], eps)
    if len(q) != len(scores):
        raise ValueError(f"there are {len(scores)} rows of scores, but {len(q)} labels")
    with np.errstate(over="ignore", invalid="ignore"):
        logs = validate.result(scores - log_sum_exp(scores)[:, None], "a log-probability")
        loss = validate.result(-(q * logs).sum() / len(q), "the loss")
    return float(loss), (np.exp(logs) - q) / len(q)


# ---------------------------------------------------------------------------------------------------------------- leaks
def influence(
    model: Callable[[np.ndarray], np.ndarray], ids, symbols: int, tries: int = 3, seed: int = 0
) -> np.ndarray:
    """Return (T, T): row i, column t says how far the scores at place t move, at most, when the symbol at place i is changed.

    model : takes ids (T,) and gives scores (T, V);  ids : whole numbers below `symbols`, at least two
    tries : how many other symbols are put in place i, all where there are fewer
    """
    V, tries = validate.whole(symbols, "symbols", low=2), validate.whole(tries, "tries", low=1)
    ids = validate.indices(ids, "ids", size=V, of="symbols")
    if not callable(model):
        raise TypeError(f"model must be a function from ids (T,) to scores (T, V), but is {model!r:.60}")
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))

    def scores(ids: np.ndarray) -> np.ndarray:
        found = validate.array(model(ids.copy()), "the model's scores")
        if found.ndim < 1 or len(found) != len(ids):
            raise ValueError(
                f"the model must give a row of scores for each of {len(ids)} places, but gave {found.shape}"
            )
        return found.reshape(len(ids), -1)

    before, moved = scores(ids), np.zeros((len(ids), len(ids)))
    for i in range(len(ids)):
        others = np.delete(np.arange(V), ids[i])
        for other in rng.permutation(others)[:tries]:
            changed = ids.copy()
            changed[i] = other
            moved[i] = np.maximum(moved[i], np.abs(scores(changed) - before).max(axis=1))
    return moved


def leaks(
    model: Callable[[np.ndarray], np.ndarray], ids, symbols: int, tries: int = 3, seed: int = 0, tol: float = 1e-9
) -> list[tuple[int, int]]:
    """Return all (i, t), t < i, where the scores at place t move by more than `tol` when only the symbol at the later place i changes.

    A model that foretells what comes next, and was given it, has such places; one whose mask is right has none. Arguments as of `influence`.
    """
    tol = validate.number(tol, "tol", low=0)
    later, earlier = np.nonzero(np.tril(influence(model, ids, symbols, tries, seed) > tol, -1))
    return [(int(i), int(t)) for i, t in zip(later, earlier, strict=True)]
