"""The pseudo-inverse, the projection it makes, and the shortest of many solutions."""

from __future__ import annotations

import numpy as np

from lib.book import validate


def _thin_svd(A: np.ndarray, rcond: float | None) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return U (N, r), σ (r,), Vᵀ (r, D) with the r singular values that count: those above rcond · σ₁."""
    if rcond is None:
        rcond = max(A.shape) * np.finfo(float).eps
    rcond = validate.number(rcond, "rcond", low=0.0)
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    r = int(np.sum(sigma > rcond * sigma[0]))
    return U[:, :r], sigma[:r], Vt[:r]


def pseudoinverse(A, rcond: float | None = None) -> np.ndarray:
    """Return A⁺ = V Σ⁺ Uᵀ (D, N) of any matrix A (N, D): the singular values are inverted, the zero ones left zero.

    Singular values up to rcond · σ₁ count as zero; the default is max(N, D) times the machine's eps, as in numpy and
    MATLAB's pinv.
    Equation: eq-pinv-svd. Source: Penrose (1955).
    """
    U, sigma, Vt = _thin_svd(validate.matrix(A), rcond)
    return (Vt.T / sigma) @ U.T


def numerical_rank(A, rcond: float | None = None) -> int:
    """Return how many singular values of A exceed rcond · σ₁ (see `pseudoinverse`)."""
    return len(_thin_svd(validate.matrix(A), rcond)[1])


def least_norm(A, b, rcond: float | None = None) -> np.ndarray:
    """Return the shortest of all w (D,) that minimise ‖Aw − b‖, for any A (N, D) and b (N,).

    Equation: eq-minimum-norm
    """
    A, b = validate.system(A, b)
    U, sigma, Vt = _thin_svd(A, rcond)
    return Vt.T @ ((U.T @ b) / sigma)


def projection(A, rcond: float | None = None) -> np.ndarray:
    """Return P = AA⁺ = UUᵀ (N, N), the orthogonal projection onto the span of A's columns.

    Equation: eq-projection
    """
    U, _, _ = _thin_svd(validate.matrix(A), rcond)
    return U @ U.T


def residual(A, w, b) -> np.ndarray:
    """Return r = b − Aw (N,)."""
    A, b = validate.system(A, b)
    w = validate.vector(w, "w", A.shape[1], "columns of A")
    return b - A @ w


def r_squared(A, b) -> float:
    """Return the share of ‖b − mean(b)‖² that the least-squares fit with A explains (A holds a column of ones).

    Raises ValueError where b is constant. Equation: eq-pythagoras
    """
    A, b = validate.system(A, b)
    about_mean = np.sum((b - b.mean()) ** 2)
    if about_mean == 0:
        raise ValueError("b is constant: there is no variance to explain")
    return float(1 - np.sum(residual(A, least_norm(A, b), b) ** 2) / about_mean)


def penrose_defects(P, A) -> tuple[float, float, float, float]:
    """Return how far P (D, N) is from fulfilling each of Penrose's four conditions on A⁺, as relative norms.

    The conditions are APA = A, PAP = P, (AP)ᵀ = AP and (PA)ᵀ = PA.
    Equation: eq-penrose. Source: Penrose (1955).
    """
    A, P = validate.matrix(A), validate.matrix(P, "P")
    if P.shape != A.T.shape:
        raise ValueError(f"P must have the shape {A.T.shape} of Aᵀ, but has shape {P.shape}")
    AP, PA = A @ P, P @ A
    pairs = ((A @ PA, A), (P @ AP, P), (AP.T, AP), (PA.T, PA))
    norm = np.linalg.norm
    return tuple(float(norm(x - y) / (norm(y) or 1.0)) for x, y in pairs)
