"""A task that is all about order, and one layer of attention that learns it, by how it is told where places stand.

Each place is to say the symbol that stood `back` places before it. Trained on texts of T places, tried on longer ones.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F

from lib.book import trained, validate
from lib.book.pytorch import one_thread

KINDS = ("none", "learned", "sinusoids", "rotations")
SYMBOLS, WIDTH, BATCH, RATE = 16, 32, 32, 0.01


def share_right(kind: str, seed: int, count: int, T: int = 32, longest: int = 96, back: int = 3) -> np.ndarray:
    """Train for `count` steps on texts of T places; return how often each place of longer texts is right (longest − back,), over 500 of them.

    kind : "none", "learned" (a table with a row a place), "sinusoids" (added to the symbols' vectors), "rotations" (of queries and keys)
    The first entry is for place number `back`, the first that has something to say. Raises ValueError for another kind. It runs in one
    thread: the matrices are so small that two would mostly wait for each other.
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {', '.join(map(repr, KINDS))}, but is {kind!r}")
    back = validate.whole(back, "back", low=1)
    T = validate.whole(T, "T", low=back + 1)
    longest = validate.whole(longest, "longest", low=T)
    count = validate.whole(count, "count", low=1)
    draw = torch.Generator().manual_seed(validate.whole(seed, "seed", low=0))
    with one_thread():
        weights = _learned(kind, count, T, longest, back, draw)
        with torch.no_grad():
            ids = torch.randint(SYMBOLS, (500, longest), generator=draw)
            said = _scores(kind, weights, ids)[:, back:].argmax(-1)
            return (said == ids[:, :-back]).double().mean(0).numpy()


def _learned(kind: str, count: int, T: int, longest: int, back: int, draw: torch.Generator) -> dict[str, torch.Tensor]:
    weights = _random_weights(kind, longest, draw)
    optimiser = torch.optim.Adam(weights.values(), RATE)
    for step in trained.steps(count):
        optimiser.param_groups[0]["lr"] = RATE * (1 - step / count)
        ids = torch.randint(SYMBOLS, (BATCH, T), generator=draw)
        scores = _scores(kind, weights, ids)[:, back:]
        loss = F.cross_entropy(scores.reshape(-1, SYMBOLS), ids[:, :-back].reshape(-1))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return weights


def _random_weights(kind: str, longest: int, draw: torch.Generator) -> dict[str, torch.Tensor]:
    shapes = {"symbols": (SYMBOLS, WIDTH), "out": (WIDTH, SYMBOLS)} | dict.fromkeys("qkv", (WIDTH, WIDTH))
    shapes |= {"places": (longest, WIDTH)} if kind == "learned" else {}
    scale = {"symbols": 1.0, "places": 1.0}
    made = {n: torch.randn(s, generator=draw) * scale.get(n, WIDTH**-0.5) for n, s in shapes.items()}
    return {name: value.requires_grad_() for name, value in made.items()}


def _scores(kind: str, weights: dict[str, torch.Tensor], ids: torch.Tensor) -> torch.Tensor:
    """Return the scores of the symbols at each place: one causal head, and a layer after it."""
    T = ids.shape[1]
    x = weights["symbols"][ids]
    if kind == "learned":
        x = x + weights["places"][:T]
    if kind == "sinusoids":
        x = x + torch.stack([_angles(T).sin(), _angles(T).cos()], -1).reshape(T, WIDTH)
    q, k, v = (x @ weights[n] for n in "qkv")
    if kind == "rotations":
        q, k = _turned(q), _turned(k)
    return F.scaled_dot_product_attention(q, k, v, is_causal=True) @ weights["out"]


def _angles(T: int) -> torch.Tensor:
    return torch.arange(T)[:, None] * 10_000.0 ** (-torch.arange(0, WIDTH, 2) / WIDTH)


def _turned(x: torch.Tensor) -> torch.Tensor:
    c, s = _angles(x.shape[1]).cos(), _angles(x.shape[1]).sin()
    a, b = x[..., ::2], x[..., 1::2]
    return torch.stack([a * c - b * s, a * s + b * c], -1).reshape(x.shape)
