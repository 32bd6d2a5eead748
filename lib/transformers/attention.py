"""Attention: a soft look-up, its masks, its gradients by hand, its heads, and its form in blocks that keeps no matrix of all scores.

Arrays end in (places, entries): queries Q (…, T, d_k), keys K (…, S, d_k), values V (…, S, d_v), with the same axes in front. A mask says what
may be seen: True where a query may look at a key, broadcast to (…, T, S). (torch.nn.MultiheadAttention's masks say the opposite, what may
*not* be seen.) A query that may see nothing is given zeros. Results are those of torch's scaled_dot_product_attention and
MultiheadAttention, gradients included.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.book.pytorch import plain

Weights = dict[str, np.ndarray]


# ----------------------------------------------------------------------------------------------------- looking up softly
def kernel_regression(x, known, values, bandwidth: float) -> np.ndarray:
    """Return at each place x the mean of the known values, weighted by a Gaussian of the distance: Nadaraya and Watson's estimate.

    x : (n, D) or (n,);  known : (N, D) or (N,);  values : (N,);  bandwidth > 0;  returns (n,)
    Equation: eq-kernel-regression. Source: Nadaraya (1964), Watson (1964).
    """
    x, known = (_as_points(v, name) for v, name in ((x, "x"), (known, "known")))
    if x.shape[1] != known.shape[1]:
        raise ValueError(f"x has {x.shape[1]} entries a place, but known has {known.shape[1]}")
    values = validate.vector(values, "values", len(known), "known places")
    bandwidth = validate.number(bandwidth, "bandwidth", low=1e-40)
    with np.errstate(over="ignore"):
        far = ((x[:, None] - known[None]) / bandwidth) ** 2 / 2  # (n, N, D)
        far = validate.result(far.sum(axis=2), "the distance, in bandwidths and squared,")
    return _softmax(-far) @ values


def _as_points(value, name: str) -> np.ndarray:
    value = validate.array(value, name)
    if value.ndim not in (1, 2):
        raise ValueError(f"{name} must be (n,) or (n, D), but has shape {value.shape}")
    return value[:, None] if value.ndim == 1 else value


def _softmax(scores: np.ndarray) -> np.ndarray:
    """Return the softmax over the last axis; a row of −∞ alone gives zeros."""
    top = scores.max(axis=-1, keepdims=True)
    E = np.exp(scores - np.where(np.isneginf(top), 0.0, top))  # e^−∞ is 0
    total = E.sum(axis=-1, keepdims=True)
    return E / np.where(total == 0, 1.0, total)


def entropy(P) -> np.ndarray:
    """Return the entropy −Σ p log p of weights P (…, n), each at least 0, over the last axis: (…). Equation: eq-entropy-of-weights"""
    P = _weights(P)
    return -(P * np.log(np.where(P > 0, P, 1.0))).sum(axis=-1)


def slope_of_softmax(P) -> np.ndarray:
    """Return the Frobenius norm of the softmax's Jacobian, diag(p) − ppᵀ, at weights P (…, n): (…). Equation: eq-softmax-jacobian

    It is computed from sums of powers: Σ p² − 2 Σ p³ + (Σ p²)².
    """
    P = _weights(P)
    squares, cubes = (P**2).sum(axis=-1), (P**3).sum(axis=-1)
    return np.sqrt(np.maximum(squares - 2 * cubes + squares**2, 0.0))


def _weights(P) -> np.ndarray:
    P = validate.array(P, "P")
    if P.ndim == 0 or P.min() < 0 or P.max() > 1 + 1e-9:
        raise ValueError("P must hold weights between 0 and 1, along its last axis")
    return P


# ----------------------------------------------------------------------------------------------------------------- masks
def causal_mask(T: int, S: int | None = None) -> np.ndarray:
    """Return which keys each query may see (T, S), True where it may: those at its own place and before.

    The queries stand at the last T of the S places (S = T where not given), as when a model goes on with a text that it has read.
    Equation: eq-causal-mask
    """
    T = validate.whole(T, "T", low=1)
    S = T if S is None else validate.whole(S, "S", low=1)
    if S < T:
        raise ValueError(f"the {T} queries stand at the last of {S} places: S must be at least T")
    return np.arange(S) <= np.arange(S - T, S)[:, None]


def padding_mask(lengths, S: int) -> np.ndarray:
    """Return which keys are real (B, 1, S), True where they are: the first lengths[b] of sequence b. The same for each of its queries."""
    S = validate.whole(S, "S", low=1)
    lengths = validate.indices(lengths, "lengths", size=S + 1, of="places, 0 included")
    return (np.arange(S) < lengths[:, None])[:, None]


# -------------------------------------------------------------------------------------------------------------- attention
def attention_weights(Q, K, mask=None, scale: float | None = None) -> np.ndarray:
    """Return how much each query takes of each key's value, (…, T, S): rows that sum to 1, or to 0 where a query may see nothing.

    scale : what scores are multiplied with, 1/√d_k where not given. Equation: eq-attention-weights
    """
    Q, K, _ = _checked(Q, K)
    return _softmax(_scores(Q, K, _mask(mask, Q, K), _scale(scale, Q)))


def attention(Q, K, V, mask=None, scale: float | None = None) -> np.ndarray:
    """Return each query's mean of the values, weighted as its keys fit it: (…, T, d_v).

    Equation: eq-attention. Source: Vaswani et al. (2017), section 3.2.1.
    """
    Q, K, V = _checked(Q, K, V)
    P = _softmax(_scores(Q, K, _mask(mask, Q, K), _scale(scale, Q)))
    return P @ V


def attention_gradients(
    dO, Q, K, V, mask=None, scale: float | None = None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the loss's slopes by Q, K and V, from those by the outputs, dO (…, T, d_v). Equation: eq-attention-gradients"""
    Q, K, V = _checked(Q, K, V)
    dO = _slopes(dO, (*Q.shape[:-1], V.shape[-1]))
    scale = _scale(scale, Q)
    P = _softmax(_scores(Q, K, _mask(mask, Q, K), scale))
    with np.errstate(over="ignore", invalid="ignore"):
        return _all_finite(*_back(dO, Q, K, V, P, scale))


def _back(dO, Q, K, V, P, scale):
    dV = P.swapaxes(-1, -2) @ dO
    dP = dO @ V.swapaxes(-1, -2)
    dS = P * (dP - (P * dP).sum(axis=-1, keepdims=True)) * scale
    return dS @ K, dS.swapaxes(-1, -2) @ Q, dV


def _scores(Q, K, mask, scale) -> np.ndarray:
    with np.errstate(over="ignore", invalid="ignore"):
        S = validate.result(Q @ K.swapaxes(-1, -2) * scale, "a score")
    return S if mask is None else np.where(mask, S, -np.inf)


def _checked(Q, K, V=None):
    Q, K = validate.array(Q, "Q"), validate.array(K, "K")
    V = K if V is None else validate.array(V, "V")
    for name, value in (("Q", Q), ("K", K), ("V", V)):
        if value.ndim < 2:
            raise ValueError(f"{name} must be (…, places, entries), but has shape {value.shape}")
    if Q.shape[-1] != K.shape[-1]:
        raise ValueError(f"queries have {Q.shape[-1]} entries, but keys have {K.shape[-1]}")
    if K.shape[-2] != V.shape[-2]:
        raise ValueError(f"there are {K.shape[-2]} keys, but {V.shape[-2]} values")
    if not Q.shape[:-2] == K.shape[:-2] == V.shape[:-2]:
        raise ValueError(f"Q, K and V must have the same axes in front, but have {Q.shape}, {K.shape} and {V.shape}")
    return Q, K, V


def _mask(mask, Q, K):
    if mask is None:
        return None
    mask = np.asarray(mask)
    if mask.dtype != bool:
        raise TypeError(f"mask must hold True where a query may look and False elsewhere, but holds {mask.dtype}")
    whole = (*Q.shape[:-1], K.shape[-2])
    try:
        return np.broadcast_to(mask, whole)
    except ValueError:
        raise ValueError(f"mask must broadcast to {whole}, but has shape {mask.shape}") from None


def _scale(scale, Q) -> float:
    return 1 / math.sqrt(Q.shape[-1]) if scale is None else validate.number(scale, "scale")


def _slopes(dO, shape) -> np.ndarray:
    dO = validate.array(dO, "dO")
    if dO.shape != shape:
        raise ValueError(f"dO must have the outputs' shape {shape}, but has {dO.shape}")
    return dO


def _all_finite(*arrays):
    return tuple(validate.result(array, "a gradient") for array in arrays)


# ------------------------------------------------------------------------------------------------------------------ heads
def split_heads(X, heads: int) -> np.ndarray:
    """Return (…, T, h·d) as (…, h, T, d): each place's entries cut into h pieces, one a head. Equation: eq-multi-head"""
    X, h = validate.array(X, "X"), validate.whole(heads, "heads", low=1)
    if X.ndim < 2 or X.shape[-1] % h:
        raise ValueError(f"X must be (…, T, h·d) with {h} heads, but has shape {X.shape}")
    return X.reshape(*X.shape[:-1], h, X.shape[-1] // h).swapaxes(-2, -3)


def merge_heads(X) -> np.ndarray:
    """Return (…, h, T, d) as (…, T, h·d): the way back from `split_heads`."""
    X = validate.array(X, "X")
    if X.ndim < 3:
        raise ValueError(f"X must be (…, h, T, d), but has shape {X.shape}")
    X = X.swapaxes(-2, -3)
    return X.reshape(*X.shape[:-2], X.shape[-2] * X.shape[-1])


@dataclass(frozen=True)
class HeadsPass:
    """A pass through multi-head attention: outputs (B, T, D), each head's weights P (B, h, T, S), and what the walk back needs."""

    outputs: np.ndarray
    P: np.ndarray
    kept: tuple


def random_heads(D: int, seed: int = 0) -> Weights:
    """Return weights of multi-head attention for vectors of D entries: drawn evenly from ±√(3/D), free terms 0."""
    D = validate.whole(D, "D", low=1)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    matrices = {f"W{n}": rng.uniform(-1, 1, (D, D)) * math.sqrt(3 / D) for n in "qkvo"}
    return matrices | {f"b{n}": np.zeros(D) for n in "qkvo"}


def heads_of(module) -> Weights:
    """Return the weights of a torch.nn.MultiheadAttention (its own sizes for keys and values not supported): float64 copies."""
    if not hasattr(module, "in_proj_weight") or module.in_proj_weight is None:
        raise TypeError("module must be a torch.nn.MultiheadAttention with kdim = vdim = embed_dim")
    if module.in_proj_bias is None or module.bias_k is not None or module.add_zero_attn:
        raise ValueError("module must have bias=True, add_bias_kv=False and add_zero_attn=False")
    W, b = np.split(plain(module.in_proj_weight), 3), np.split(plain(module.in_proj_bias), 3)
    found = {f"W{n}": w.T.copy() for n, w in zip("qkv", W, strict=True)}
    found |= {f"b{n}": v for n, v in zip("qkv", b, strict=True)}
    return found | {"Wo": plain(module.out_proj.weight).T.copy(), "bo": plain(module.out_proj.bias)}


def multi_head(X, weights: Weights, heads: int, memory=None, mask=None) -> HeadsPass:
    """Run multi-head attention: X (B, T, D) asks, memory (B, S, D) answers (X itself where not given: self-attention).

    weights : Wq, Wk, Wv, Wo (D, D) and bq, bk, bv, bo (D,);  heads : h, a divisor of D
    mask : True where a query may look, broadcast to (B, T, S), the same for all heads
    Equation: eq-multi-head. Source: Vaswani et al. (2017), section 3.2.2.
    """
    X = validate.array(X, "X", 3)
    M = X if memory is None else validate.array(memory, "memory", 3)
    W = _checked_heads(weights, X.shape[2])
    if M.shape[0] != X.shape[0] or M.shape[2] != X.shape[2]:
        raise ValueError(f"memory must be ({X.shape[0]}, S, {X.shape[2]}) as X is {X.shape}, but has shape {M.shape}")
    if mask is not None:
        mask = _mask(mask, X, M)[:, None]  # (B, 1, T, S)
    with np.errstate(over="ignore", invalid="ignore"):
        Q, K, V = (split_heads(A @ W[f"W{n}"] + W[f"b{n}"], heads) for A, n in ((X, "q"), (M, "k"), (M, "v")))
        P = _softmax(_scores(Q, K, mask, 1 / math.sqrt(Q.shape[-1])))
        mixed = merge_heads(P @ V)
        out = validate.result(mixed @ W["Wo"] + W["bo"], "an output")
    return HeadsPass(out, P, (X, None if memory is None else M, W, Q, K, V, mixed))


def multi_head_gradients(passed: HeadsPass, d_outputs) -> tuple[np.ndarray, np.ndarray | None, Weights]:
    """Return the loss's slopes by X, by the memory (None where there was none) and by the weights, from those by the outputs."""
    X, memory, W, Q, K, V, mixed = validate.instance(passed, HeadsPass, "passed").kept
    dY = _slopes(d_outputs, passed.outputs.shape)
    M = X if memory is None else memory
    flat = lambda A: A.reshape(-1, A.shape[-1])
    with np.errstate(over="ignore", invalid="ignore"):
        dO = split_heads(dY @ W["Wo"].T, Q.shape[1])
        slopes = _back(dO, Q, K, V, passed.P, 1 / math.sqrt(Q.shape[-1]))
        found = {"Wo": flat(mixed).T @ flat(dY), "bo": flat(dY).sum(axis=0)}
        dX, dM = np.zeros_like(X), np.zeros_like(M)
        for n, A, slope in zip("qkv", (X, M, M), map(merge_heads, slopes), strict=True):
            found |= {f"W{n}": flat(A).T @ flat(slope), f"b{n}": flat(slope).sum(axis=0)}
            back = slope @ W[f"W{n}"].T
            dX, dM = (dX + back, dM) if n == "q" or memory is None else (dX, dM + back)
    _all_finite(dX, dM, *found.values())
    return dX, None if memory is None else dM, found


def _checked_heads(weights, D: int) -> Weights:
    shapes = {f"W{n}": (D, D) for n in "qkvo"} | {f"b{n}": (D,) for n in "qkvo"}
    if not isinstance(weights, dict) or set(weights) != set(shapes):
        raise TypeError(f"weights must be a dict of {', '.join(shapes)}")
    found = {name: validate.array(weights[name], name) for name in shapes}
    for name, shape in shapes.items():
        if found[name].shape != shape:
            raise ValueError(f"{name} must have shape {shape}, but has {found[name].shape}")
    return found


# -------------------------------------------------------------------------------------------------------------- in blocks
Part = tuple[np.ndarray, np.ndarray, np.ndarray]


def part_of(scores, V) -> Part:
    """Return what a block of keys gives a softmax: each row's largest score m (…, T, 1), ℓ = Σ e^(s − m) (…, T, 1) and o = Σ e^(s − m) v.

    scores : (…, T, n), −∞ where a key may not be seen;  V : (…, n, d_v);  o : (…, T, d_v). Equation: eq-online-softmax
    """
    scores = validate.array(scores, "scores", finite=False)
    V = validate.array(V, "V")
    if min(scores.ndim, V.ndim) < 2 or scores.shape[-1] != V.shape[-2] or scores.shape[:-2] != V.shape[:-2]:
        raise ValueError(
            f"scores (…, T, n) and V (…, n, d_v) do not fit: they have shapes {scores.shape} and {V.shape}"
        )
    if np.isnan(scores).any() or np.isposinf(scores).any():
        raise ValueError("scores must be numbers, or −∞ where a key may not be seen")
    return _part(scores, V)


def _part(scores, V) -> Part:
    m = scores.max(axis=-1, keepdims=True)
    E = np.exp(scores - np.where(np.isneginf(m), 0.0, m))
    return m, E.sum(axis=-1, keepdims=True), E @ V


def merge_parts(a: Part, b: Part) -> Part:
    """Return what two blocks of keys give together: both brought to the larger m, then added. Equation: eq-merge-parts"""
    (ma, la, oa), (mb, lb, ob) = (_checked_part(part, name) for part, name in ((a, "a"), (b, "b")))
    if ma.shape != mb.shape or oa.shape != ob.shape:
        raise ValueError(f"the parts do not fit: they have shapes {oa.shape} and {ob.shape}")
    return _merge((ma, la, oa), (mb, lb, ob))


def _merge(a: Part, b: Part) -> Part:
    m = np.maximum(a[0], b[0])
    safe = np.where(np.isneginf(m), 0.0, m)
    shrink_a, shrink_b = np.exp(a[0] - safe), np.exp(b[0] - safe)
    return m, a[1] * shrink_a + b[1] * shrink_b, a[2] * shrink_a + b[2] * shrink_b


def _checked_part(part, name: str) -> Part:
    if not isinstance(part, tuple) or len(part) != 3:
        raise TypeError(f"{name} must be a tuple (m, l, o), as `part_of` gives it")
    m = validate.array(part[0], f"m of {name}", finite=False)
    l, o = (validate.array(v, f"{n} of {name}") for v, n in zip(part[1:], "lo", strict=True))
    if np.isnan(m).any() or np.isposinf(m).any():
        raise ValueError(f"m of {name} must hold numbers, or −∞ where nothing was seen")
    if o.ndim < 2 or not m.shape == l.shape == (*o.shape[:-1], 1):
        raise ValueError(f"m and l of {name} must have one number a row of o {o.shape}, but have {m.shape}, {l.shape}")
    return m, l, o


def tiled_attention(
    Q, K, V, causal: bool = False, scale: float | None = None, block: int = 64
) -> tuple[np.ndarray, np.ndarray]:
    """Return the same as `attention`, computed in blocks of scores, and each query's log Σ e^s (…, T, 1), −∞ where it sees nothing.

    Beside what is given and returned never more than block × block scores are there, for each of the axes in front.
    causal : as with `causal_mask(T, S)`. Equations: eq-online-softmax, eq-merge-parts. Source: Dao et al. (2022), Milakov & Gimelshein (2018).
    """
    Q, K, V = _checked(Q, K, V)
    T, S = Q.shape[-2], K.shape[-2]
    scale, block, late = _scale(scale, Q), validate.whole(block, "block", low=1), _late(T, S, causal)
    outputs, log_sums = np.empty((*Q.shape[:-1], V.shape[-1])), np.empty((*Q.shape[:-1], 1))
    for i in range(0, T, block):
        rows = slice(i, i + block)
        q = Q[..., rows, :]
        seen = (
            np.full((*q.shape[:-1], 1), -np.inf),
            np.zeros((*q.shape[:-1], 1)),
            np.zeros((*q.shape[:-1], V.shape[-1])),
        )
        for j in range(0, S, block):
            mask = _visible(i, j, q.shape[-2], K[..., j : j + block, :].shape[-2], late)
            if mask is None or mask.any():
                scores = _scores(q, K[..., j : j + block, :], mask, scale)
                seen = _merge(seen, _part(scores, V[..., j : j + block, :]))
        m, l, o = seen
        outputs[..., rows, :] = o / l
        log_sums[..., rows, :] = m + np.log(l)
    return outputs, log_sums


def tiled_attention_gradients(
    dO, Q, K, V, outputs, log_sums, causal: bool = False, scale: float | None = None, block: int = 64
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the loss's slopes by Q, K and V in blocks: the weights are computed again, as e^(s − log Σ e^s).

    outputs, log_sums : what `tiled_attention` gave for these Q, K and V. Equations: eq-attention-gradients, eq-row-sum
    """
    Q, K, V = _checked(Q, K, V)
    T, S = Q.shape[-2], K.shape[-2]
    dO = _slopes(dO, (*Q.shape[:-1], V.shape[-1]))
    outputs, log_sums = validate.array(outputs, "outputs"), validate.array(log_sums, "log_sums")
    if outputs.shape != dO.shape or log_sums.shape != (*Q.shape[:-1], 1):
        raise ValueError("outputs and log_sums must be those of `tiled_attention` for the same Q, K and V")
    scale, block, late = _scale(scale, Q), validate.whole(block, "block", low=1), _late(T, S, causal)
    dQ, dK, dV = np.zeros(Q.shape), np.zeros(K.shape), np.zeros(V.shape)
    with np.errstate(over="ignore", invalid="ignore"):
        own = (dO * outputs).sum(axis=-1, keepdims=True)  # (…, T, 1)
        for i in range(0, T, block):
            q, d = Q[..., i : i + block, :], dO[..., i : i + block, :]
            for j in range(0, S, block):
                k, v = K[..., j : j + block, :], V[..., j : j + block, :]
                mask = _visible(i, j, q.shape[-2], k.shape[-2], late)
                if mask is None or mask.any():
                    P = np.exp(_scores(q, k, mask, scale) - log_sums[..., i : i + block, :])
                    dS = P * (d @ v.swapaxes(-1, -2) - own[..., i : i + block, :]) * scale
                    dV[..., j : j + block, :] += P.swapaxes(-1, -2) @ d
                    dQ[..., i : i + block, :] += dS @ k
                    dK[..., j : j + block, :] += dS.swapaxes(-1, -2) @ q
    return _all_finite(dQ, dK, dV)


def _late(T: int, S: int, causal: bool) -> int | None:
    """Return how many places the first query is behind the first key, or None where every query sees every key."""
    if causal and S < T:
        raise ValueError(f"the {T} queries stand at the last of {S} places: there must be as many keys, or more")
    return S - T if causal else None


def _visible(i: int, j: int, rows: int, columns: int, late: int | None) -> np.ndarray | None:
    """Return the block of the causal mask that starts at query i and key j; None where all of it is True."""
    if late is None or j + columns - 1 <= i + late:
        return None
    return np.arange(j, j + columns) <= np.arange(i, i + rows)[:, None] + late


# ------------------------------------------------------------------------------------------------------------------- cost
def attention_cost(T: int, D: int, heads: int = 1, bytes_each: int = 4) -> dict[str, int]:
    """Return what self-attention of T places with D entries costs, forwards: operations of its products, and bytes of its weights.

    "projections" : the four matrices, 8TD² flops;  "scores and mix" : QKᵀ and PV, 4T²D, whatever the heads;  "weights, bytes" : hT² numbers
    Equation: eq-attention-cost
    """
    T, D = validate.whole(T, "T", low=1), validate.whole(D, "D", low=1)
    h, size = validate.whole(heads, "heads", low=1), validate.whole(bytes_each, "bytes_each", low=1)
    if D % h:
        raise ValueError(f"{h} heads do not divide {D} entries")
    return {"projections": 8 * T * D**2, "scores and mix": 4 * T**2 * D, "weights, bytes": h * T**2 * size}
