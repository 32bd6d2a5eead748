"""The decomposition from the spectral theorem, the best matrix of each rank, and subspaces compared."""

from __future__ import annotations

import numpy as np

from lib.book import validate


def completed(Q) -> np.ndarray:
    """Return an orthogonal matrix (m, m) that begins with the orthonormal columns of Q (m, r), r ≤ m.

    Raises ValueError where the columns are not orthonormal to 10⁻⁸.
    """
    Q = _orthonormal(Q, "Q")
    rest = np.linalg.qr(Q, mode="complete")[0][:, Q.shape[1] :]  # spans what is orthogonal to Q
    return np.hstack([Q, rest])


def svd_by_eigenvectors(A, rcond: float = 1e-7) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return U (m, m), σ (min(m, n),) and Vᵀ (n, n) of any A (m, n), as the proof of existence makes them from AᵀA.

    Singular values up to rcond · σ₁ count as zero: squared, smaller ones drown in rounding errors, which is why it is no way to compute them.
    Equation: eq-left-vectors
    """
    A = validate.matrix(A)
    rcond = validate.number(rcond, "rcond", low=0.0)
    squares, V = np.linalg.eigh(A.T @ A)  # ascending
    squares, V = squares[::-1], V[:, ::-1]
    sigma = np.sqrt(np.maximum(squares, 0))[: min(A.shape)]  # rounding may have made a 0 negative
    r = int(np.sum(sigma > rcond * sigma[0]))
    sigma[r:] = 0
    U = np.linalg.qr(A @ V[:, :r] / sigma[:r])[0] if r else np.zeros((len(A), 0))
    U = U * np.where(np.sum(U * (A @ V[:, :r]), axis=0) < 0, -1, 1)  # A v = +σ u
    return completed(U) if r else np.eye(len(A)), sigma, V.T


def low_rank(A, k: int) -> np.ndarray:
    """Return A_k (m, n), the best approximation of A (m, n) by a matrix of rank at most k, from 0 to min(m, n).

    Equation: eq-truncated. Source: Eckart and Young (1936).
    """
    A = validate.matrix(A)
    k = validate.whole(k, "k", low=0, high=min(A.shape))
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    return (U[:, :k] * sigma[:k]) @ Vt[:k]


def truncation_errors(sigma) -> tuple[np.ndarray, np.ndarray]:
    """Return ‖A − A_k‖₂ and ‖A − A_k‖_F for k = 0 … r, (r + 1,) each, from the singular values σ (r,), falling.

    Equation: eq-truncation-errors
    """
    sigma = _singular_values(sigma)
    tails = np.cumsum((sigma**2)[::-1])[::-1]
    return np.append(sigma, 0.0), np.sqrt(np.append(tails, 0.0))


def energy(sigma) -> np.ndarray:
    """Return the share of ‖A‖_F² that A_k keeps for k = 1 … r, (r,), from the singular values σ (r,), falling; all 1 for A = 0.

    Equation: eq-energy
    """
    squares = np.cumsum(_singular_values(sigma) ** 2)
    return squares / squares[-1] if squares[-1] else np.ones(len(squares))


def rank_for_error(sigma, error: float) -> int:
    """Return the smallest k with ‖A − A_k‖_F ≤ error · ‖A‖_F, from the singular values σ (r,), falling; error from 0 to 1."""
    left = truncation_errors(sigma)[1]
    error = validate.number(error, "error", low=0.0, high=1.0)
    return int(np.argmax(left <= error * left[0]))


def fix_signs(U, Vt) -> tuple[np.ndarray, np.ndarray]:
    """Return U (m, r) and Vᵀ (r, n) with the sign of each pair (u, v) chosen: u's entry of largest size is positive.

    The product U Σ Vᵀ stays. Of entries of equal size the first decides. It is the convention of scikit-learn's `svd_flip`.
    """
    U, Vt = validate.matrix(U, "U"), validate.matrix(Vt, "Vt")
    if U.shape[1] != len(Vt):
        raise ValueError(f"U has {U.shape[1]} columns but Vt has {len(Vt)} rows")
    largest = U[np.abs(U).argmax(axis=0), np.arange(U.shape[1])]
    signs = np.where(largest < 0, -1.0, 1.0)
    return U * signs, Vt * signs[:, None]


def principal_angles(Q, W) -> np.ndarray:
    """Return the angles between the spans of two orthonormal sets Q (m, k) and W (m, l), rising, (min(k, l),) radians.

    Small angles come from their sines, since a cosine near 1 has lost them.
    Equation: eq-principal-angles. Source: Björck and Golub (1973).
    """
    Q, W = _orthonormal(Q, "Q"), _orthonormal(W, "W")
    if len(Q) != len(W):
        raise ValueError(f"Q has {len(Q)} rows but W has {len(W)}")
    if Q.shape[1] < W.shape[1]:
        Q, W = W, Q
    cosines = np.linalg.svd(Q.T @ W, compute_uv=False)  # falling
    sines = np.linalg.svd(W - Q @ (Q.T @ W), compute_uv=False)[::-1]  # rising
    sines, cosines = np.clip(sines, 0, 1), np.clip(cosines, 0, 1)
    return np.where(cosines > 0.7, np.arcsin(sines), np.arccos(cosines))


def _orthonormal(Q, name: str) -> np.ndarray:
    Q = validate.matrix(Q, name)
    gap = np.abs(Q.T @ Q - np.eye(Q.shape[1])).max()
    if gap > 1e-8:
        raise ValueError(f"the columns of {name} must be orthonormal, but |QᵀQ − I| reaches {gap:.3g}")
    return Q


def _singular_values(sigma) -> np.ndarray:
    sigma = validate.vector(sigma, "sigma", within=validate.SAFE)
    if (sigma < 0).any() or (np.diff(sigma) > 0).any():
        raise ValueError("sigma must hold singular values: none below 0, the largest first")
    return sigma
