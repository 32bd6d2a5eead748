"""Another inner product ⟨u, v⟩ = uᵀGv, the basis that makes it the ordinary one, and weighted least squares."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from lib.book import validate
from lib.least_squares.direct import check_independent, qr_solve


def cholesky(G) -> np.ndarray:
    """Return the lower triangular L (D, D) with positive diagonal and LLᵀ = G, row by row.

    G : (D, D), symmetric and positive definite; raises ValueError otherwise, naming the pivot that is not positive.
    Equation: eq-cholesky
    """
    G = validate.symmetric(G, "G")
    L = np.zeros_like(G)
    for i in range(len(G)):
        for j in range(i):
            L[i, j] = (G[i, j] - L[i, :j] @ L[j, :j]) / L[j, j]
        pivot = G[i, i] - L[i, :i] @ L[i, :i]
        if pivot <= 1e-280:
            raise ValueError(f"G is not positive definite: pivot {i} is {pivot:.3g}")
        L[i, i] = np.sqrt(pivot)
    return L


def inner(u, v, G) -> float:
    """Return ⟨u, v⟩ = uᵀGv for vectors u, v (D,) and a symmetric positive definite G (D, D).

    Equation: eq-inner-product
    """
    G = _positive_definite(G)
    u, v = (validate.vector(x, name, len(G), "rows of G") for x, name in ((u, "u"), (v, "v")))
    return float(u @ G @ v)


def change_of_basis(G) -> np.ndarray:
    """Return the upper triangular P (D, D) with G = PᵀP: in the coordinates Pu the inner product is the ordinary one.

    Equation: eq-basis-vector
    """
    return cholesky(G).T


def to_basis(P, k) -> np.ndarray:
    """Return k′ = Pk: the vector k in the new coordinates. Equation: eq-basis-vector"""
    P = _invertible(P)
    return P @ validate.vector(k, "k", len(P), "columns of P")


def from_basis(P, k) -> np.ndarray:
    """Return P⁻¹k′: back to the old coordinates. Equation: eq-basis-vector"""
    P = _invertible(P)
    return np.linalg.solve(P, validate.vector(k, "k", len(P), "rows of P"))


def rows_to_basis(P, M) -> np.ndarray:
    """Return M′ = PMPᵀ, for a matrix M whose *rows* meet a vector in the inner product: P⁻¹(M′k′) = MGk.

    Equation: eq-basis-operator
    """
    P = _invertible(P)
    return P @ _of_size(M, "M", len(P)) @ P.T


def operator_to_basis(P, T) -> np.ndarray:
    """Return PTP⁻¹, for a linear map T: the new coordinates of Tk from those of k."""
    P = _invertible(P)
    return np.linalg.solve(P.T, (P @ _of_size(T, "T", len(P))).T).T


def weighted_least_squares(A, b, weights) -> np.ndarray:
    """Return the w (D,) that minimises Σᵢ ωᵢ(bᵢ − (Aw)ᵢ)², with positive weights ω (N,).

    Rows are multiplied by √ωᵢ and the ordinary problem is solved by QR. The best weight is one over the variance.
    Equation: eq-weighted-least-squares
    """
    A, b = validate.system(A, b)
    weights = validate.vector(weights, "weights", len(b), "rows of A", within=validate.SAFE)
    if (weights <= 0).any():
        at = int(np.argmin(weights))
        raise ValueError(f"every weight must be positive, but weight {at} is {weights[at]:g}; leave such a row out")
    root = np.sqrt(weights)
    return qr_solve(A * root[:, None], b * root)


def generalized_least_squares(A, b, G) -> np.ndarray:
    """Return the w (D,) that minimises (b − Aw)ᵀG(b − Aw), with G (N, N) symmetric and positive definite.

    With G = PᵀP this is the ordinary problem for PA and Pb.
    Equation: eq-generalized-least-squares. Source: Aitken (1936).
    """
    A, b = validate.system(A, b)
    P = _factor(_of_size(G, "G", len(b)))
    return qr_solve(P @ A, P @ b)


def gls_covariance(A, C) -> np.ndarray:
    """Return (AᵀC⁻¹A)⁻¹ (D, D): the covariance of the generalised solution when the noise has the covariance C (N, N).

    Equation: eq-aitken. Source: Aitken (1936).
    """
    A = validate.matrix(A)
    if len(A) < A.shape[1]:
        raise ValueError(f"A has more columns than rows (shape {A.shape}): AᵀC⁻¹A has no inverse")
    L = _factor(_of_size(C, "C", len(A)), "C").T
    R = np.linalg.qr(scipy.linalg.solve_triangular(L, A, lower=True), mode="r")
    check_independent(R, A)
    with np.errstate(over="ignore", invalid="ignore"):
        inverse = np.linalg.inv(R)
        return validate.result(inverse @ inverse.T, "the covariance")


def linear_estimator_covariance(K, C) -> np.ndarray:
    """Return KCKᵀ (D, D): the covariance of the estimate Kb when b has the covariance C (N, N)."""
    K = validate.matrix(K, "K", within=validate.BELOW)
    return K @ _of_size(C, "C", K.shape[1]) @ K.T


# ------------------------------------------------------------------------------------------------------- helpers
def _factor(G, name: str = "G") -> np.ndarray:
    """Return P with PᵀP = G, by LAPACK."""
    G = validate.symmetric(G, name)
    try:
        return np.linalg.cholesky(G).T
    except np.linalg.LinAlgError:
        lowest = np.linalg.eigvalsh(G)[0]
        raise ValueError(f"{name} is not positive definite: its smallest eigenvalue is {lowest:.3g}") from None


def _positive_definite(G) -> np.ndarray:
    G = validate.symmetric(G, "G")
    _factor(G)
    return G


def _of_size(M, name: str, size: int) -> np.ndarray:
    M = validate.square(M, name)
    if len(M) != size:
        raise ValueError(f"{name} must be {size} × {size}, but has shape {M.shape}")
    return M


def _invertible(P) -> np.ndarray:
    P = validate.square(P, "P")
    if np.linalg.matrix_rank(P) < len(P):
        raise ValueError("P is singular: it is no change of basis")
    return P
