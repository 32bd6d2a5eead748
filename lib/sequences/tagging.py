"""A tagger: a recurrent layer and a softmax over the tags at each place, in numpy, trained by backpropagation through time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.losses.classification import cross_entropy, cross_entropy_slopes
from lib.losses.optimisers import Adam
from lib.sequences import layers
from lib.sequences.tasks import real_places, reverse_real
from lib.sequences.through_time import clip_by_norm

SIDES = ("forwards", "backwards", "both")


@dataclass(frozen=True)
class Tagger:
    """What training gives: weights of the layer, of the softmax V (D·H, K) and v (K,), and the loss of each step in nats a place."""

    cell: str
    sides: str
    stack: layers.Stack
    V: np.ndarray
    v: np.ndarray
    losses: np.ndarray

    def states(self, ids, lengths) -> np.ndarray:
        """Return the states (B, T, D·H) at each place of ids (B, T); lengths (B,)."""
        return _read(self.cell, self.sides, self.stack, *_batch(ids, lengths, _symbols(self.stack)))[1]

    def tags(self, ids, lengths) -> np.ndarray:
        """Return the most probable tag (B, T) at each place; what stands at padding means nothing."""
        return (self.states(ids, lengths) @ self.V + self.v).argmax(axis=2)

    def share_right(self, ids, lengths, tags) -> float:
        """Return the share of real places whose tag is that of tags (B, T)."""
        found, tags = self.tags(ids, lengths), validate.indices(tags, "tags", 2)
        if tags.shape != found.shape:
            raise ValueError(f"tags must have the ids' shape {found.shape}, but have {tags.shape}")
        return float((found == tags)[real_places(lengths, found.shape[1])].mean())


def train_tagger(
    ids,
    lengths,
    tags,
    cell: str = "RNN",
    sides: str = "both",
    H: int = 16,
    steps: int = 300,
    batch: int = 32,
    rate: float = 0.02,
    forget: float = 0.0,
    seed: int = 0,
) -> Tagger:
    """Return a tagger trained on ids (N, T) with tags (N, T), both from 0 on; lengths (N,).

    sides : which way to read: "forwards", "backwards" or "both";  H : units of each direction;  batch : sentences a step
    forget : what is added to the LSTM's forget gates' free terms before training
    Adam with a rate that falls in a straight line to 0; gradients clipped at norm 1; the loss is the mean over real places.
    """
    if not isinstance(sides, str) or sides not in SIDES:
        raise ValueError(f"sides must be one of {', '.join(map(repr, SIDES))}, but is {sides!r}")
    tags = validate.indices(tags, "tags", 2)
    steps, batch = validate.whole(steps, "steps", low=1), validate.whole(batch, "batch", low=1)
    rate = validate.number(rate, "rate", low=0, open_low=True)
    ids = validate.indices(ids, "ids", 2)
    symbols, K, D = int(ids.max()) + 1, int(tags.max()) + 1, 1 + (sides == "both")
    ids, lengths = _batch(ids, lengths, symbols)
    if tags.shape != ids.shape or tags.min() < 0:
        raise ValueError(f"tags must have the ids' shape {ids.shape} and be at least 0, but have {tags.shape}")
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    stack = layers.random_stack(cell, symbols, H, 1, D, seed)
    forget = validate.number(forget, "forget")
    if forget and cell != "LSTM":
        raise ValueError(f"only the LSTM has a forget gate: forget must be 0 for {cell}, but is {forget:g}")
    for weights in stack[0] if forget else ():
        weights["bx"][H : 2 * H] += forget  # once, not in both vectors of free terms
    V, v = rng.uniform(-1, 1, (D * H, K)) / np.sqrt(D * H), np.zeros(K)
    parts = [*(part for weights in stack[0] for part in weights.values()), V, v]
    optimisers, losses = [Adam(rate) for _ in parts], []
    for step in range(steps):
        rows = rng.integers(len(ids), size=batch)
        most = lengths[rows].max()
        x, n, y = ids[rows, :most], lengths[rows], tags[rows, :most]
        loss, slopes = _loss_and_slopes(cell, sides, stack, V, v, x, n, y)
        losses.append(loss)
        slopes, _ = clip_by_norm(slopes, 1.0)
        for part, slope, optimiser in zip(parts, slopes, optimisers, strict=True):
            part -= (1 - step / steps) * (part - optimiser(part, slope))
    return Tagger(cell, sides, stack, V, v, np.array(losses))


def _loss_and_slopes(cell, sides, stack, V, v, x, n, y) -> tuple[float, list[np.ndarray]]:
    """Return the mean cross-entropy over real places, and its slopes by the layer's weights, V and v."""
    real = real_places(n, x.shape[1])
    passed, states = _read(cell, sides, stack, x, n)
    scores = states @ V + v  # (B, T, K)
    loss = cross_entropy(scores[real], y[real])
    G = np.zeros_like(scores)  # none at padding
    G[real] = cross_entropy_slopes(scores[real], y[real])
    by_states = G @ V.T
    back = layers.backward(passed, reverse_real(by_states, n) if sides == "backwards" else by_states)
    width = V.shape[0]
    by_V = states.reshape(-1, width).T @ G.reshape(-1, len(v))
    return loss, [*(s for weights in back.stack[0] for s in weights.values()), by_V, G.sum(axis=(0, 1))]


def _read(cell, sides, stack, ids, lengths):
    """Return the pass, and the states (B, T, D·H) in the order of the page."""
    X = np.eye(_symbols(stack))[ids]  # (B, T, V), one-hot
    if sides == "backwards":
        passed = layers.forward(cell, stack, reverse_real(X, lengths), lengths)
        return passed, reverse_real(passed.outputs, lengths)
    passed = layers.forward(cell, stack, X, lengths)
    return passed, passed.outputs


def _symbols(stack) -> int:
    weights = stack[0][0]
    return len(weights["Wx" if "Wx" in weights else "Wxz"])


def _batch(ids, lengths, symbols: int) -> tuple[np.ndarray, np.ndarray]:
    ids = validate.indices(ids, "ids", 2, symbols, "symbols")
    lengths = validate.indices(lengths, "lengths")
    if len(lengths) != len(ids):
        raise ValueError(f"there are {len(ids)} sentences, but {len(lengths)} lengths")
    real_places(lengths, ids.shape[1])
    return ids, lengths
