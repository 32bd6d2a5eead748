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

    Singular values up to rcond · σ₁ count as zero; the default is max(N, D) times the machine's eps, that
    of numpy.linalg.lstsq and matrix_rank.
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
    return b - validate.product(A, w)[1]


def r_squared(A, b) -> float:
    """Return the share of ‖b − mean(b)‖² that the least-squares fit with A explains, between 0 and 1.

    Raises ValueError where b is constant, or where no combination of A's columns is the column of ones: the share has
    then no meaning. Equation: eq-pythagoras
    """
    A, b = validate.system(A, b)
    ones = np.ones(len(b))
    if np.linalg.norm(A @ least_norm(A, ones) - ones) > 1e-6 * np.sqrt(len(b)):
        raise ValueError("R² needs an intercept, but no combination of A's columns is the column of ones")
    if validate.constant_columns(b[:, None]).any():
        raise ValueError("b is constant: there is no variance to explain")
    about_mean = np.sum((b - b.mean()) ** 2)
    return float(1 - np.sum(residual(A, least_norm(A, b), b) ** 2) / about_mean)


def penrose_defects(X, A) -> tuple[float, float, float, float]:
    """Return how far X (D, N) is from fulfilling each of Penrose's four conditions on A⁺, as relative norms.

    The conditions are AXA = A, XAX = X, (AX)ᵀ = AX and (XA)ᵀ = XA.
    Equation: eq-penrose. Source: Penrose (1955).
    """
    A, X = validate.matrix(A), validate.matrix(X, "X", within=validate.BELOW)
    if X.shape != A.T.shape:
        raise ValueError(f"X must have the shape {A.T.shape} of Aᵀ, but has shape {X.shape}")
    AX, XA = A @ X, X @ A
    pairs = ((A @ XA, A), (X @ AX, X), (AX.T, AX), (XA.T, XA))
    norm = np.linalg.norm
    return tuple(float(norm(x - y) / (norm(y) or 1.0)) for x, y in pairs)
