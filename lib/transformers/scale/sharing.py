"""One model's work, shared out: columns and rows of a network, heads of attention, and blocks that hand portions of a batch on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.transformers.attention import attention_weights, causal_mask, merge_heads, split_heads
from lib.transformers.blocks import gelu_tanh

ORDERS = ("all forward first", "one forward, one backward")


def mlp_parts(X, W1, b1, W2, parts: int) -> np.ndarray:
    """Return what each of several devices gives to the feed-forward part φ(X W₁ + b₁) W₂: (parts, T, D), of which the sum is wanted.

    X : (T, D);  W1 : (D, F);  b1 : (F,);  W2 : (F, D);  parts : a divisor of F. Device p holds F/parts columns of W₁, entries of b₁ and rows
    of W₂, and φ is GELU, tanh form. Equation: eq-split-mlp. Source: Shoeybi et al. (2019).
    """
    X, W1 = _pair(X, W1, "W1")
    b1 = validate.vector(b1, "b1", W1.shape[1], "columns of W1", within=validate.SAFE)
    W2 = validate.matrix(W2, "W2")
    if W2.shape != W1.shape[::-1]:
        raise ValueError(f"W2 must have shape {W1.shape[::-1]}, but has {W2.shape}")
    parts = validate.whole(parts, "parts", low=1)
    if W1.shape[1] % parts:
        raise ValueError(f"{W1.shape[1]} columns cannot be shared evenly by {parts} devices")
    columns, entries, rows = np.split(W1, parts, axis=1), np.split(b1, parts), np.split(W2, parts)
    return np.array([gelu_tanh(X @ A + a) @ B for A, a, B in zip(columns, entries, rows, strict=True)])


def attention_parts(X, Wq, Wk, Wv, Wo, heads: int, parts: int) -> np.ndarray:
    """Return what each of several devices gives to causal attention with `heads` heads: (parts, T, D), of which the sum is wanted.

    X : (T, D);  Wq, Wk, Wv, Wo : (D, D);  heads : a divisor of D;  parts : a divisor of heads. Device p holds its heads' columns of Wq, Wk
    and Wv, and their rows of Wo. Equation: eq-split-heads. Source: Shoeybi et al. (2019).
    """
    X, Wq = _pair(X, Wq, "Wq")
    D = X.shape[1]
    matrices = [Wq, *(validate.matrix(W, name) for W, name in ((Wk, "Wk"), (Wv, "Wv"), (Wo, "Wo")))]
    if any(W.shape != (D, D) for W in matrices):
        raise ValueError(
            f"Wq, Wk, Wv and Wo must have shape ({D}, {D}), but have {', '.join(str(W.shape) for W in matrices)}"
        )
    heads, parts = validate.whole(heads, "heads", low=1), validate.whole(parts, "parts", low=1)
    if D % heads or heads % parts:
        raise ValueError(f"{D} entries in {heads} heads cannot be shared evenly by {parts} devices")
    columns = (np.split(W, parts, axis=1) for W in matrices[:3])
    given = []
    for *projections, back in zip(*columns, np.split(matrices[3], parts), strict=True):
        q, k, v = (split_heads((X @ W)[None], heads // parts) for W in projections)  # (1, h/parts, T, d)
        mixed = attention_weights(q, k, causal_mask(len(X), len(X))) @ v
        given.append(merge_heads(mixed)[0] @ back)
    return np.array(given)


def _pair(X, W, name: str) -> tuple[np.ndarray, np.ndarray]:
    X, W = validate.matrix(X, "X"), validate.matrix(W, name)
    if X.shape[1] != len(W):
        raise ValueError(f"X has {X.shape[1]} columns, but {name} has {len(W)} rows")
    return X, W


# ----------------------------------------------------------------------------------------------------------- a pipeline
@dataclass(frozen=True)
class Task:
    """What a stage of a pipeline does: portion `portion` forwards or backwards, from `start` for `length` ticks."""

    stage: int
    portion: int
    forward: bool
    start: int
    length: int


def pipeline(stages: int, portions: int, order: str = ORDERS[0], back: int = 2) -> tuple[Task, ...]:
    """Return the tasks of one step of a pipeline, in the order of their starts.

    stages : p, each of some of the blocks, on its own device;  portions : m, of the batch;  back : ticks of a backward pass, a forward one
    takes 1. A portion goes forwards through all stages and backwards through all; a stage does one thing at a time, in the order that
    `order` says: "all forward first" (Huang et al. 2019), or "one forward, one backward", in turn once p − s portions have come
    to stage s (Narayanan et al. 2021). The last tick ends at (m + p − 1)(1 + back). Equation: eq-bubble
    """
    p, m = validate.whole(stages, "stages", low=1, high=100), validate.whole(portions, "portions", low=1, high=1000)
    back = validate.whole(back, "back", low=1)
    if not isinstance(order, str) or order not in ORDERS:
        raise ValueError(f"order must be one of {', '.join(map(repr, ORDERS))}, but is {order!r}")
    waiting = [_plan(p, m, s, order) for s in range(p)]
    ended: dict[tuple[int, int, bool], int] = {}
    free, done = [0] * p, []
    while any(waiting):
        for s in range(p):
            while waiting[s]:
                portion, forward = waiting[s][0]
                neighbour = s - 1 if forward else s + 1
                needs = (neighbour, portion, forward) if 0 <= neighbour < p else (s, portion, True)
                if not (forward and s == 0) and needs not in ended:
                    break
                start, length = max(free[s], ended.get(needs, 0)), 1 if forward else back
                waiting[s].pop(0)
                free[s] = ended[s, portion, forward] = start + length
                done.append(Task(s, portion, forward, start, length))
    return tuple(sorted(done, key=lambda task: (task.start, task.stage)))


def _plan(p: int, m: int, s: int, order: str) -> list[tuple[int, bool]]:
    """Return the portions that stage s takes, in its order, and whether forwards."""
    if order == ORDERS[0]:
        return [(k, True) for k in range(m)] + [(k, False) for k in reversed(range(m))]
    first = min(p - s, m)
    plan = [(k, True) for k in range(first)]
    for k in range(m):
        plan += [(k, False)] + ([(first + k, True)] if first + k < m else [])
    return plan


def idle_share(tasks: tuple[Task, ...]) -> float:
    """Return the share of the devices' time in which they wait, from 0 to 1."""
    _check(tasks)
    stages, end = 1 + max(task.stage for task in tasks), max(task.start + task.length for task in tasks)
    return 1 - sum(task.length for task in tasks) / (stages * end)


def most_held(tasks: tuple[Task, ...]) -> int:
    """Return for how many portions at once the first stage must keep what it will need backwards."""
    _check(tasks)
    held = most = 0
    for task in tasks:
        if task.stage == 0:
            held += 1 if task.forward else -1
            most = max(most, held)
    return most


def _check(tasks) -> None:
    if not isinstance(tasks, tuple) or not tasks or not all(isinstance(task, Task) for task in tasks):
        raise TypeError("tasks must be what `pipeline` returns")


def bubble(stages: int, portions: int) -> float:
    """Return the share of a pipeline's time in which its devices wait, (p − 1)/(m + p − 1). Equation: eq-bubble"""
    p, m = validate.whole(stages, "stages", low=1), validate.whole(portions, "portions", low=1)
    return (p - 1) / (m + p - 1)
