"""Implicit feedback: counts of what people did. Every cell counts, those that were touched with more confidence."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from lib.book import validate
from lib.unsupervised.completion.als import AT_ONCE, Factors, _products, _sides, _solved
from lib.unsupervised.completion.ratings import Ratings


def _confidences(ratings: Ratings) -> Ratings:
    if (validate.instance(ratings, Ratings, "ratings").values < 1).any():
        raise ValueError(f"confidences are at least 1, that of a cell untouched, but one is {ratings.values.min():g}")
    return ratings


def implicit_objective(confidences: Ratings, U, V, lam: float) -> float:
    """Return Σ cᵤᵢ(pᵤᵢ − uᵤ·vᵢ)² over all m · n cells plus λ(‖U‖² + ‖V‖²), in the time of the touched ones.

    confidences : c ≥ 1 of the touched cells, where p = 1; elsewhere p = 0 and c = 1. Equation: eq-implicit-loss
    """
    confidences = _confidences(confidences)
    U, V = _sides(confidences, U, V)
    lam = validate.number(lam, "lam", low=0)
    s = _products(U, V, confidences)
    everywhere = np.sum((U.T @ U) * (V.T @ V))
    touched = np.sum(confidences.values * (1 - s) ** 2 - s**2)
    return float(everywhere + touched + lam * (np.sum(U**2) + np.sum(V**2)))


def solve_implicit_rows(C: sp.csr_array, V: np.ndarray, lam: float) -> np.ndarray:
    """Return the best U (m, r) for a given V (n, r): (VᵀV + Σ (c − 1)vvᵀ + λI)⁻¹ Σ c v, sums over the touched cells.

    C : (m, n) sparse, by rows, the confidences c ≥ 1;  lam > 0. Equation: eq-implicit-row. Source: Hu, Koren & Volinsky (2008).
    """
    a, b = np.triu_indices(V.shape[1])
    pairs, everywhere = V[:, a] * V[:, b], (V.T @ V)[a, b]
    more = sp.csr_array((C.data - 1, C.indices, C.indptr), C.shape)
    U = np.zeros((C.shape[0], V.shape[1]), V.dtype)
    for start in range(0, len(U), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        right = C[some] @ V
        U[some] = _solved(more[some] @ pairs + everywhere, right, np.ones(len(right)), lam, False)
    return U


def implicit_als(confidences: Ratings, rank: int, lam: float, sweeps: int, rng: np.random.Generator) -> Factors:
    """Return factors of implicit feedback by alternating least squares, with the objective after each half sweep.

    confidences : c ≥ 1 of the cells that were touched, as 1 + α · count;  rank : r;  lam > 0
    """
    confidences, rng = _confidences(confidences), validate.generator(rng)
    rank, sweeps = validate.whole(rank, "rank", low=1, high=500), validate.whole(sweeps, "sweeps", low=1, high=10_000)
    lam = validate.number(lam, "lam", low=0, open_low=True)
    V = rng.normal(size=(confidences.shape[1], rank)) / np.sqrt(rank)
    losses = []
    try:
        for _ in range(sweeps):
            U = solve_implicit_rows(confidences.by_rows, V, lam)
            losses.append(implicit_objective(confidences, U, V, lam))
            V = solve_implicit_rows(confidences.by_columns, U, lam)
            losses.append(implicit_objective(confidences, U, V, lam))
    except np.linalg.LinAlgError:
        raise ValueError("the equations cannot be solved in floats: lam is too small for these values") from None
    return Factors(U, V, tuple(losses))


def percentile(scores, touched: Ratings, held: Ratings) -> float:
    """Return where in each row's list, best first, the cells held back stand on average: 0 is the top, 1 the end, ½ is chance.

    scores : (m, n);  touched : cells that are left out of the lists;  held : cells of rows with at least one other cell in the list
    Source: Hu, Koren & Volinsky (2008), their expected percentile ranking.
    """
    touched, held = (validate.instance(r, Ratings, name) for r, name in ((touched, "touched"), (held, "held")))
    scores = validate.array(scores, "scores", 2)
    if not scores.shape == touched.shape == held.shape:
        raise ValueError(f"scores {scores.shape}, touched {touched.shape} and held {held.shape} must have one shape")
    listed = np.isnan(touched.table())
    if not listed[held.rows, held.columns].all():
        raise ValueError("a cell is both touched and held back")
    shown = np.where(listed, scores, -np.inf)[held.rows]  # (N, n)
    mine = scores[held.rows, held.columns][:, None]
    others = listed[held.rows].sum(axis=1) - 1
    if (others < 1).any():
        raise ValueError("a row has nothing in its list but the one cell held back")
    ahead = (shown > mine).sum(axis=1) + ((shown == mine).sum(axis=1) - 1) / 2
    return float(np.mean(ahead / others))
