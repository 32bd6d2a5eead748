"""Factors by alternating least squares: each half is a ridge regression for every row, first in a loop, then all at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from lib.book import validate
from lib.unsupervised.completion.ratings import Ratings

AT_ONCE = 4096  # rows whose equations are solved together: their matrices stay small


@dataclass(frozen=True, eq=False)
class Factors:
    """A row of U for each row of the matrix, a row of V for each column: entry (u, i) is about uᵤ · vᵢ.

    U : (m, r);  V : (n, r);  losses : the objective after each half sweep, from the start on
    """

    U: np.ndarray
    V: np.ndarray
    losses: tuple[float, ...] = ()

    def at(self, ratings: Ratings) -> np.ndarray:
        """Return what they say at the places of the ratings, (N,)."""
        return _products(self.U, self.V, validate.instance(ratings, Ratings, "ratings"))

    def table(self) -> np.ndarray:
        """Return UVᵀ, (m, n)."""
        return self.U @ self.V.T


def _products(U: np.ndarray, V: np.ndarray, ratings: Ratings) -> np.ndarray:
    """Return uᵤ · vᵢ at the observed places, (N,)."""
    return np.einsum("nr,nr->n", U[ratings.rows], V[ratings.columns])


def _sides(ratings: Ratings, U, V) -> tuple[np.ndarray, np.ndarray]:
    """Return U (m, r) and V (n, r), checked."""
    U, V = validate.matrix(U, "U", within=(0, 1e20)), validate.matrix(V, "V", within=(0, 1e20))
    if (len(U), len(V)) != ratings.shape or U.shape[1] != V.shape[1]:
        raise ValueError(f"ratings of shape {ratings.shape} need U (m, r) and V (n, r), not {U.shape} and {V.shape}")
    return U, V


def objective(ratings: Ratings, U, V, lam: float, counted: bool = True) -> float:
    """Return the squared errors at the observed places plus λ(Σ nᵤ‖uᵤ‖² + Σ nᵢ‖vᵢ‖²).

    U : (m, r);  V : (n, r);  lam ≥ 0;  counted : with the counts n of ratings; else all are 1
    Equation: eq-completion-loss
    """
    ratings = validate.instance(ratings, Ratings, "ratings")
    U, V = _sides(ratings, U, V)
    return _objective(ratings, U, V, validate.number(lam, "lam", low=0), bool(counted))


def _objective(ratings: Ratings, U: np.ndarray, V: np.ndarray, lam: float, counted: bool) -> float:
    loss = float(np.sum((ratings.values - _products(U, V, ratings)) ** 2))
    for table, factors in ((ratings.by_rows, U), (ratings.by_columns, V)):
        counts = np.diff(table.indptr) if counted else np.ones(len(factors))
        loss += lam * float(counts @ (factors**2).sum(axis=1))
    return loss


def solve_rows_in_a_loop(R: sp.csr_array, V: np.ndarray, lam: float, counted: bool = True) -> np.ndarray:
    """Return the best U (m, r) for a given V (n, r): `solve_rows` to be read, a ridge regression a row.

    R : (m, n) sparse, by rows;  lam > 0;  counted : λ times the row's count of entries. Equation: eq-als-row
    """
    U = np.zeros((R.shape[0], V.shape[1]))
    for u in range(len(U)):
        mine = slice(R.indptr[u], R.indptr[u + 1])  # u's entries
        A, b = V[R.indices[mine]], R.data[mine]  # (n_u, r), (n_u,)
        if len(b):
            price = lam * len(b) if counted else lam
            U[u] = np.linalg.solve(A.T @ A + price * np.eye(A.shape[1]), A.T @ b)
    return U


def solve_rows(R: sp.csr_array, V: np.ndarray, lam: float, counted: bool = True) -> np.ndarray:
    """Return the best U (m, r) for a given V (n, r), all rows at once; a row without entries gets 0.

    R : (m, n) sparse, by rows;  lam > 0;  counted : λ times the row's count of entries. In the floats of R and V.
    Each row's Gram matrix is a sum of vᵢvᵢᵀ, so all of them are one sparse product with the table of those.
    Equation: eq-als-row, eq-gram-by-product
    """
    r = V.shape[1]
    a, b = np.triu_indices(r)
    pairs = V[:, a] * V[:, b]  # (n, r(r + 1)/2)
    ones = sp.csr_array((np.ones_like(R.data), R.indices, R.indptr), R.shape)
    U = np.zeros((R.shape[0], r), V.dtype)
    for start in range(0, len(U), AT_ONCE):
        some = slice(start, start + AT_ONCE)
        n = np.diff(R.indptr[start : start + AT_ONCE + 1])
        U[some] = _solved(ones[some] @ pairs, R[some] @ V, n, lam, counted)
    return U


def _solved(packed: np.ndarray, right: np.ndarray, n: np.ndarray, lam: float, counted: bool) -> np.ndarray:
    """Return the rows (G + λn I)⁻¹ right; packed : (m, r(r + 1)/2), the upper triangles of the G;  right : (m, r)."""
    m, r = right.shape
    a, b = np.triu_indices(r)
    G = np.empty((m, r, r), right.dtype)
    G[:, a, b] = packed
    G[:, b, a] = packed
    price = lam * (np.maximum(n, 1) if counted else np.ones(m))
    G[:, np.arange(r), np.arange(r)] += price[:, None].astype(right.dtype)
    return np.linalg.solve(G, right[..., None])[..., 0]


def als(
    ratings: Ratings, rank: int, lam: float, sweeps: int, rng: np.random.Generator, counted: bool = True
) -> Factors:
    """Return factors of the observed entries by alternating least squares from a random V.

    rank : r;  lam > 0;  sweeps : of two halves each;  counted : λ times the counts of ratings, or λ alone
    Equation: eq-completion-loss, eq-als-row. Source: Zhou et al. (2008).
    """
    ratings, rng = validate.instance(ratings, Ratings, "ratings"), validate.generator(rng)
    rank, sweeps = validate.whole(rank, "rank", low=1, high=500), validate.whole(sweeps, "sweeps", low=1, high=10_000)
    lam = validate.number(lam, "lam", low=0, open_low=True)
    m, n = ratings.shape
    V = rng.normal(size=(n, rank)) / np.sqrt(rank)
    U = np.zeros((m, rank))
    losses = [_objective(ratings, U, V, lam, bool(counted))]
    try:
        for _ in range(sweeps):
            U = solve_rows(ratings.by_rows, V, lam, bool(counted))
            losses.append(_objective(ratings, U, V, lam, bool(counted)))
            V = solve_rows(ratings.by_columns, U, lam, bool(counted))
            losses.append(_objective(ratings, U, V, lam, bool(counted)))
    except np.linalg.LinAlgError:
        raise ValueError("the equations cannot be solved in floats: lam is too small for these values") from None
    validate.result(np.array(losses), "the objective")
    return Factors(U, V, tuple(losses))


def sweep_in_blocks(blocks: Sequence[sp.csr_array], V: np.ndarray, lam: float) -> tuple[list[np.ndarray], np.ndarray]:
    """Return (a block of U for each, V) after a whole sweep that goes through blocks of rows once; λ times the counts.

    blocks : of rows of R, each (mₖ, n), sparse;  V : (n, r). The columns' equations are summed up on the way, so that neither R by
    columns nor a table of all rows' products is ever needed: `blocks` may be made or read one after the other.
    """
    n, r = V.shape
    a, b = np.triu_indices(r)
    packed, right, counts, U = np.zeros((n, len(a)), V.dtype), np.zeros_like(V), np.zeros(n, np.int64), []
    for R in blocks:
        rows = solve_rows(R, V, lam)
        ones = sp.csr_array((np.ones_like(R.data), R.indices, R.indptr), R.shape)
        packed += ones.T @ (rows[:, a] * rows[:, b])
        right += R.T @ rows
        counts += np.bincount(R.indices, minlength=n)
        U.append(rows)
    return U, _solved(packed, right, counts, lam, True)


def complete(ratings: Ratings, rank: int, sweeps: int = 100) -> Factors:
    """Return factors for entries without noise: a spectral start, and a ridge that fades away from 0.1 to 10⁻⁹.

    The start is the SVD of the matrix with zeros for what is missing, divided by the share observed. λ is of the order of the
    root mean square of the values, and is not counted. Source: Keshavan, Montanari & Oh (2010) for the start.
    """
    ratings = validate.instance(ratings, Ratings, "ratings")
    rank = validate.whole(rank, "rank", low=1, high=min(ratings.shape))
    sweeps = validate.whole(sweeps, "sweeps", low=1, high=10_000)
    scale = float(np.sqrt(np.mean(ratings.values**2)))
    if not scale > 1e-100:
        return Factors(np.zeros((ratings.shape[0], rank)), np.zeros((ratings.shape[1], rank)))
    values = ratings.table(missing=0.0) / scale
    mask = ~np.isnan(ratings.table())
    s, Vt = np.linalg.svd(values / ratings.share)[1:]
    V = Vt[:rank].T * np.sqrt(s[:rank])
    for sweep in range(sweeps):
        lam = max(10.0 ** -(1 + sweep / 5), 1e-9)
        U = _dense_rows(values, mask, V, lam)
        V = _dense_rows(values.T, mask.T, U, lam)
    return Factors(scale * U, V)


def _dense_rows(values: np.ndarray, mask: np.ndarray, V: np.ndarray, lam: float) -> np.ndarray:
    """Return the best rows for V in a small matrix, zeros where the mask is: `solve_rows` without sparse arrays."""
    r = V.shape[1]
    pairs = (V[:, :, None] * V[:, None]).reshape(len(V), -1)
    G = (mask.astype(float) @ pairs).reshape(-1, r, r) + lam * np.eye(r)
    return np.linalg.solve(G, (values @ V)[..., None])[..., 0]
