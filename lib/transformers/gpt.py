"""A GPT in numpy: it reads a text from the left, says at each place what comes next, and goes on with it.

Blocks of causal attention, and of a feed-forward part where there is one, each behind a layer norm and added to what was there (pre-norm, as GPT-2);
learned positions; the loss of a batch (B, T, V). With a cache the keys and values of what was read are kept, so that one more token costs
one row. `gpt_training` trains it with PyTorch.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.losses.classification import cross_entropy, softmax
from lib.regularization.normalization import layer_norm
from lib.sequences.characters import with_temperature
from lib.transformers.attention import attention_weights, causal_mask, merge_heads, split_heads
from lib.transformers.blocks import gelu_tanh

Cache = tuple[tuple[np.ndarray, np.ndarray], ...]  # keys and values (B, h, S, d) of each block


@dataclass(frozen=True)
class Reading:
    """What a GPT makes of a text: scores of what follows (B, T, V), each block's weights P (B, h, T, S), the cache, and the
    operations of its products, a multiplication and an addition counting two."""

    scores: np.ndarray
    P: tuple[np.ndarray, ...]
    cache: Cache
    operations: int


@dataclass(frozen=True)
class GPT:
    """A trained GPT.

    weights : words (V, D), places (n, D), last.gamma and last.beta (D,), output (D, V); of block i `block{i}.norm1.gamma`, `block{i}.norm1.beta`,
        `block{i}.Wq`, `block{i}.Wk`, `block{i}.Wv`, `block{i}.Wo` (D, D) and `block{i}.bq` … `block{i}.bo` (D,); with a feed-forward part `block{i}.norm2.gamma`, `block{i}.norm2.beta`,
        `block{i}.W1` (D, hidden), `block{i}.b1`, `block{i}.W2` (hidden, D) and `block{i}.b2`
    heads : of each block, a divisor of D
    """

    weights: Mapping[str, np.ndarray]
    heads: int

    def __post_init__(self):
        w = self.weights
        if not isinstance(w, Mapping) or not {"words", "places", "last.gamma", "last.beta", "output"} <= set(w):
            raise ValueError("weights must be a mapping with words, places, last.gamma, last.beta and output")
        V, D = self._shape("words", (None, None))
        self._shape("places", (None, D))
        if D % validate.whole(self.heads, "heads", low=1):
            raise ValueError(f"{self.heads} heads do not divide {D} entries")
        for name, shape in {"last.gamma": (D,), "last.beta": (D,), "output": (D, V)}.items():
            self._shape(name, shape)
        for i in range(self.layers):
            shapes = {f"W{n}": (D, D) for n in "qkvo"} | {f"b{n}": (D,) for n in "qkvo"}
            shapes |= {"norm1.gamma": (D,), "norm1.beta": (D,)}
            if f"block{i}.W1" in w:
                hidden = self._shape(f"block{i}.W1", (D, None))[1]
                shapes |= {"W2": (hidden, D), "b1": (hidden,), "b2": (D,), "norm2.gamma": (D,), "norm2.beta": (D,)}
            for name, shape in shapes.items():
                self._shape(f"block{i}.{name}", shape)

    def _shape(self, name: str, shape: tuple) -> tuple[int, ...]:
        if name not in self.weights:
            raise ValueError(f"the weights lack {name}")
        found = np.shape(self.weights[name])
        if len(found) != len(shape) or any(want not in (None, n) for n, want in zip(found, shape, strict=True)):
            wanted = ", ".join("any" if n is None else str(n) for n in shape)
            raise ValueError(f"{name} must have shape ({wanted}), but has {found}")
        return found

    @property
    def layers(self) -> int:
        """Blocks."""
        return sum(name.endswith(".Wq") for name in self.weights)

    @property
    def window(self) -> int:
        """The most places that it can read."""
        return len(self.weights["places"])

    def read(self, ids, cache: Cache | None = None, without: tuple[tuple[int, int], ...] = ()) -> Reading:
        """Read tokens (B, T) or (T,), behind what the cache holds, if one is given.

        without : heads that are switched off, as (block, head): they pass nothing on
        Raises ValueError for tokens that it does not know, and for more places than its window has. Equation: eq-gpt-block
        """
        w, h = self.weights, self.heads
        x, start = self._embedded(ids, cache)
        B, T, D = x.shape
        S = start + T
        off = {(validate.whole(i, "a block", low=0), validate.whole(j, "a head", low=0)) for i, j in without}
        if any(i >= self.layers or j >= h for i, j in off):
            raise ValueError(f"without must name blocks below {self.layers} and heads below {h}, but is {without}")
        maps, kept, operations = [], [], 2 * B * T * D * len(w["words"])
        for i in range(self.layers):
            part = lambda name, i=i: w[f"block{i}.{name}"]
            y = layer_norm(x, part("norm1.gamma"), part("norm1.beta"))[0]
            q, k, v = (split_heads(y @ part(f"W{n}") + part(f"b{n}"), h) for n in "qkv")  # (B, h, T, d)
            if cache is not None:
                k, v = (np.concatenate([old, new], axis=2) for old, new in zip(cache[i], (k, v), strict=True))
            P = attention_weights(q, k, causal_mask(T, S))  # (B, h, T, S)
            mixed = P @ v
            for block, head in off:
                if block == i:
                    mixed[:, head] = 0
            x = x + merge_heads(mixed) @ part("Wo") + part("bo")
            operations += 8 * B * T * D * D + 4 * B * T * S * D
            if f"block{i}.W1" in w:
                y = layer_norm(x, part("norm2.gamma"), part("norm2.beta"))[0]
                x = x + gelu_tanh(y @ part("W1") + part("b1")) @ part("W2") + part("b2")
                operations += 4 * B * T * D * part("W1").shape[1]
            maps.append(P)
            kept.append((k, v))
        scores = layer_norm(x, w["last.gamma"], w["last.beta"])[0] @ w["output"]
        return Reading(scores, tuple(maps), tuple(kept), operations)

    def _embedded(self, ids, cache) -> tuple[np.ndarray, int]:
        ids = validate.indices(ids, "ids", ndim=None, size=len(self.weights["words"]), of="tokens")
        ids = np.atleast_2d(ids)
        if ids.ndim != 2:
            raise ValueError(f"ids must be (B, T) or (T,), but has shape {ids.shape}")
        start = 0
        if cache is not None:
            if not isinstance(cache, tuple) or len(cache) != self.layers or len(cache[0][0]) != len(ids):
                raise ValueError(f"cache must be that of a reading of {len(ids)} texts by this model")
            start = cache[0][0].shape[2]
        T = ids.shape[1]
        if start + T > self.window:
            raise ValueError(f"the model reads at most {self.window} places, but {start + T} were given")
        return self.weights["words"][ids] + self.weights["places"][start : start + T], start


def gpt_loss(scores, ids) -> float:
    """Return the mean cross-entropy, in nats, of the scores (B, T, V) at places 0 … T − 2 with the tokens (B, T) at places 1 … T − 1.

    Equation: eq-gpt-loss
    """
    scores = validate.array(scores, "scores", 3)
    B, T, V = scores.shape
    ids = validate.indices(ids, "ids", ndim=2, size=V, of="tokens")
    if ids.shape != (B, T) or T < 2:
        raise ValueError(f"ids must be ({B}, {T}) as the scores are, with 2 places or more, but has shape {ids.shape}")
    return cross_entropy(scores[:, :-1].reshape(-1, V), ids[:, 1:].ravel())


# ------------------------------------------------------------------------------------------------------------ going on
def next_distribution(
    scores, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> np.ndarray:
    """Return the probabilities (V,) from which the next token is drawn, of scores (V,).

    temperature : what scores are divided by; 0 leaves the best alone
    top_k : only the k most probable are left; top_p : only the most probable that together reach p, at least one. Of equals the first.
    Both are applied to the distribution at that temperature, top_k first, and what is left is scaled to sum 1.
    Equation: eq-temperature. Sources: Fan, Lewis & Dauphin (2018) for top_k, Holtzman et al. (2020) for top_p.
    """
    scores = validate.vector(scores, "scores", within=validate.SAFE)
    if not len(scores):
        raise ValueError("scores must have at least one entry")
    temperature = validate.number(temperature, "temperature", low=0)
    order = np.argsort(-scores, kind="stable")
    keep = len(scores) if top_k is None else min(validate.whole(top_k, "top_k", low=1), len(scores))
    p = with_temperature(scores, temperature) if temperature else np.arange(len(scores)) == order[0]
    p = p.astype(float)
    p[order[keep:]] = 0.0
    p /= p.sum()
    if top_p is not None:
        top_p = validate.number(top_p, "top_p", low=0, high=1)
        reached = np.cumsum(p[order])
        p[order[int(np.searchsorted(reached, top_p * (1 - 1e-12))) + 1 :]] = 0.0
        p /= p.sum()
    return p


def go_on(
    model: GPT,
    ids,
    count: int,
    rng: np.random.Generator,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    cached: bool = True,
) -> Iterator[int]:
    """Yield `count` tokens that follow the tokens (T,), each drawn from `next_distribution` of the model's scores.

    cached : keep keys and values, or read everything again for each token: the same tokens, at another cost
    Where the window is full, it is read anew from its last half.
    """
    model = validate.instance(model, GPT, "model")
    if not np.size(ids):
        raise ValueError("ids must hold at least one token to go on from")
    ids = list(validate.indices(ids, "ids", size=len(model.weights["words"]), of="tokens"))
    count, rng = validate.whole(count, "count", low=0), validate.generator(rng)
    seen, cache = ids[-model.window :], None
    for _ in range(count):
        if len(seen) > model.window:
            seen, cache = seen[-max(1, model.window // 2) :], None
        reading = model.read(np.array(seen if cache is None else seen[-1:]), cache)
        cache = reading.cache if cached else None
        p = next_distribution(reading.scores[0, -1], temperature, top_k, top_p)
        token = int(rng.choice(len(p), p=p))
        seen.append(token)
        yield token


# -------------------------------------------------------------------------------------------------------- what heads do
def repeated_pieces(count: int, tokens: int, T: int, piece: int, rng: np.random.Generator) -> np.ndarray:
    """Return texts (count, T): a random piece without a token twice, said again and again.

    tokens : V, at least `piece`;  piece : its length
    """
    count, T = validate.whole(count, "count", low=1), validate.whole(T, "T", low=1)
    tokens, piece = validate.whole(tokens, "tokens", low=1), validate.whole(piece, "piece", low=1)
    if piece > tokens:
        raise ValueError(f"a piece of {piece} tokens without repeats needs as many, but there are {tokens}")
    drawn = validate.generator(rng).random((count, tokens)).argsort(axis=1)[:, :piece]
    return np.tile(drawn, -(-T // piece))[:, :T]


def looks_at(P, back: int) -> np.ndarray:
    """Return for each head of weights P (B, h, T, S = T) its mean weight on the place `back` steps before, over the places that have one.

    In a text that repeats a piece of length n, an induction head looks n − 1 steps back: at what followed the token last time.
    Equation: eq-induction-score. Source: Olsson et al. (2022).
    """
    P = validate.array(P, "P", 4)
    back = validate.whole(back, "back", low=0, high=P.shape[2] - 1)
    if P.shape[2] != P.shape[3]:
        raise ValueError(f"P must have as many queries as keys, but has shape {P.shape}")
    return np.diagonal(P, -back, axis1=2, axis2=3).mean(axis=(0, 2))


def surprise(scores, ids) -> np.ndarray:
    """Return −log₂ of the probability that each token (B, T) but the first was given, in bits: (B, T − 1)."""
    scores = validate.array(scores, "scores", 3)
    ids = validate.indices(ids, "ids", ndim=2, size=scores.shape[2], of="tokens")
    if ids.shape != scores.shape[:2]:
        raise ValueError(f"ids must be {scores.shape[:2]} as the scores are, but has shape {ids.shape}")
    P = softmax(scores[:, :-1].reshape(-1, scores.shape[2]))
    said = P[np.arange(len(P)), ids[:, 1:].ravel()]
    return -np.log2(np.maximum(said, 1e-300)).reshape(len(ids), -1)
