"""Where a place stands: sinusoids that are added to its vector, and rotations of queries and keys, in both conventions.

Sizes: T places, d entries, an even number, taken in pairs i = 0 … d/2 − 1. Pair i turns by ω_i = base^(−2i/d) from one place to the next.
"""

from __future__ import annotations

import numpy as np

from lib.book import validate


def frequencies(d: int, base: float = 10_000.0) -> np.ndarray:
    """Return ω_i = base^(−2i/d), the angle by which each pair turns a place: (d/2,), from 1 downwards. Equation: eq-frequencies"""
    d, base = _even(d), validate.number(base, "base", low=1.0, open_low=True)
    return base ** (-np.arange(0, d, 2) / d)


def sinusoids(places, d: int, base: float = 10_000.0) -> np.ndarray:
    """Return the vectors that tell places apart (T, d): sin(t ω_i) and cos(t ω_i), side by side for each pair.

    places : (T,), numbers, as 0, 1, 2, …. Equation: eq-sinusoids. Source: Vaswani et al. (2017), section 3.5.
    """
    angles = _angles(places, d, base)
    return np.stack([np.sin(angles), np.cos(angles)], axis=-1).reshape(len(angles), -1)


def shift_matrix(k: float, d: int, base: float = 10_000.0) -> np.ndarray:
    """Return the R (d, d) with sinusoids(t + k) = sinusoids(t) @ R for every t: a rotation of each pair. Equation: eq-shift"""
    angles = _angles([k], d, base)[0]
    R = np.zeros((len(angles), 2, len(angles), 2))
    at = np.arange(len(angles))
    R[at, 0, at, 0] = R[at, 1, at, 1] = np.cos(angles)
    R[at, 1, at, 0], R[at, 0, at, 1] = np.sin(angles), -np.sin(angles)
    return R.reshape(2 * len(angles), -1)


def rotate(X, places, base: float = 10_000.0, halves: bool = False) -> np.ndarray:
    """Return queries or keys X (…, T, d), each pair of entries turned by t ω_i where it stands at place t (RoPE).

    places : (T,);  halves : pairs are entries i and i + d/2 (Llama, as Hugging Face stores it; GPT-NeoX); else 2i and 2i + 1 (the paper)
    It is for queries and keys of a head, not for values, and once for each. Equation: eq-rope. Source: Su et al. (2021).
    """
    X = validate.array(X, "X")
    if X.ndim < 2:
        raise ValueError(f"X must be (…, T, d), but has shape {X.shape}")
    angles = _angles(places, X.shape[-1], base)
    if len(angles) != X.shape[-2]:
        raise ValueError(f"X has {X.shape[-2]} places, but {len(angles)} are given")
    c, s = np.cos(angles), np.sin(angles)  # (T, d/2)
    if halves:
        x, y = np.split(X, 2, axis=-1)
        return np.concatenate([x * c - y * s, x * s + y * c], axis=-1)
    x, y = X[..., ::2], X[..., 1::2]
    return np.stack([x * c - y * s, x * s + y * c], axis=-1).reshape(X.shape)


def half_split_order(d: int) -> np.ndarray:
    """Return the order (d,) of entries that leads from one convention to the other: 0, 2, 4, … and then 1, 3, 5, ….

    rotate(X, …)[..., order] = rotate(X[..., order], …, halves=True). Equation: eq-conventions
    """
    d = _even(d)
    return np.concatenate([np.arange(0, d, 2), np.arange(1, d, 2)])


def _even(d) -> int:
    d = validate.whole(d, "d", low=2)
    if d % 2:
        raise ValueError(f"entries are taken in pairs: d must be even, but is {d}")
    return d


def _angles(places, d: int, base: float) -> np.ndarray:
    """Return t ω_i (T, d/2)."""
    places = validate.vector(places, "places", within=(0.0, 1e12))
    return places[:, None] * frequencies(d, base)
