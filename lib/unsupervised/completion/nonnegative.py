"""Nonnegative factors by multiplicative updates, also where entries are missing."""

from __future__ import annotations

import numpy as np

from lib.book import validate
from lib.unsupervised.completion.als import Factors

TINY = 1e-300  # where a denominator is 0 the numerator is 0 as well
SIZES = (1e-20, 1e20)  # of largest entries


def _problem(X, U, V, mask) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return X (m, n), U (m, r), V (n, r) and the mask (m, n), checked: none has entries below 0."""
    X, U, V = (validate.array(a, name, 2, within=SIZES) for a, name in ((X, "X"), (U, "U"), (V, "V")))
    mask = np.ones(X.shape) if mask is None else validate.array(mask, "mask", 2)
    if U.shape[1] != V.shape[1] or X.shape != (len(U), len(V)) or mask.shape != X.shape:
        shapes = f"X {X.shape}, U {U.shape}, V {V.shape} and mask {mask.shape}"
        raise ValueError(f"X (m, n) needs U (m, r), V (n, r) and a mask (m, n), but they are {shapes}")
    if not np.isin(mask, (0, 1)).all():
        raise ValueError("mask must hold 1 where an entry is observed and 0 where not")
    for name, array in (("X", X), ("U", U), ("V", V)):
        if (array < 0).any():
            raise ValueError(f"{name} must not be negative, but holds {array.min():g}")
    return X, U, V, mask


def update(X, U, V, mask=None) -> tuple[np.ndarray, np.ndarray]:
    """Return (U, V) after one multiplicative update of each, first of U; the squared error does not rise.

    X : (m, n) ≥ 0;  U : (m, r) ≥ 0;  V : (n, r) ≥ 0;  mask : (m, n), 1 where X is observed, all of it unless given
    Equation: eq-nmf-update. Source: Lee & Seung (2001).
    """
    X, U, V, mask = _problem(X, U, V, mask)
    X = mask * X
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        U, V = _step(X, U, V, mask)
    return validate.result(U, "U"), validate.result(V, "V")


def _step(X: np.ndarray, U: np.ndarray, V: np.ndarray, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    U = U * (X @ V) / np.maximum((mask * (U @ V.T)) @ V, TINY)
    V = V * (X.T @ U) / np.maximum((mask * (U @ V.T)).T @ U, TINY)
    return U, V


def nmf(X, rank: int, steps: int, rng: np.random.Generator, mask=None) -> Factors:
    """Return nonnegative factors of X ≈ UVᵀ from a random start above 0, with the squared error before and after each step.

    X : (m, n) ≥ 0;  mask : (m, n), 1 where X is observed, all of it unless given. Equation: eq-nmf-update
    """
    rank, steps = validate.whole(rank, "rank", low=1, high=500), validate.whole(steps, "steps", low=1, high=100_000)
    rng = validate.generator(rng)
    X = validate.array(X, "X", 2, within=SIZES)
    mean = np.sqrt(np.abs(X).mean() / rank)
    U, V = (mean * (0.5 + rng.random((size, rank))) for size in X.shape)
    X, U, V, mask = _problem(X, U, V, mask)
    X = mask * X
    losses = [float(np.sum(mask * (X - U @ V.T) ** 2))]
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for _ in range(steps):
            U, V = _step(X, U, V, mask)
            losses.append(float(np.sum(mask * (X - U @ V.T) ** 2)))
    validate.result(np.array(losses), "the squared error")
    return Factors(validate.result(U, "U"), validate.result(V, "V"), tuple(losses))
