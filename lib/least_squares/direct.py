"""Least squares in a fixed number of steps: Cholesky, Householder's mirrors, QR in blocks, the truncated SVD.

Every solver takes A (N, D) with N ≥ D and b (N,), returns the w (D,) that minimises ‖Aw − b‖, and says clearly when the
columns of A are dependent to working precision. `truncated_svd` takes any A.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg

from lib.book import validate
from lib.least_squares.pseudoinverse import least_norm

EPS = np.finfo(float).eps


# ------------------------------------------------------------------------------------------- triangular systems
def back_substitution(R, c) -> np.ndarray:
    """Return the w (D,) with R w = c for an upper triangular R (D, D) without zeros on its diagonal.

    The last equation has one unknown; each one before it has one more. Entries below the diagonal are not looked at.
    """
    R, c = _triangle(R, c, "R", "c")
    w = np.zeros(len(c))
    with np.errstate(over="ignore", invalid="ignore"):
        for i in reversed(range(len(c))):
            w[i] = (c[i] - R[i, i + 1 :] @ w[i + 1 :]) / R[i, i]
    return validate.result(w, "the solution")


def forward_substitution(L, c) -> np.ndarray:
    """Return the w (D,) with L w = c for a lower triangular L (D, D) without zeros on its diagonal."""
    L, c = _triangle(L, c, "L", "c")
    w = np.zeros(len(c))
    with np.errstate(over="ignore", invalid="ignore"):
        for i in range(len(c)):
            w[i] = (c[i] - L[i, :i] @ w[:i]) / L[i, i]
    return validate.result(w, "the solution")


# ---------------------------------------------------------------------------------------------- normal equations
def normal_equations(A, b) -> np.ndarray:
    """Solve AᵀA w = Aᵀb by Cholesky. Fast, and blind to half the digits: κ(AᵀA) = κ(A)².

    Raises ValueError where AᵀA is not positive definite in floating point, from κ(A) ≈ 10⁸ on.
    Equation: eq-cholesky-solve
    """
    return refined_normal_equations(A, b, steps=0)


def refined_normal_equations(A, b, steps: int = 2) -> np.ndarray:
    """Solve the normal equations by Cholesky, then `steps` times solve for the correction that the residual asks for.

    The residual b − Aw is computed with A itself, so each step divides the error by 1/(κ(A)² u) or more until it reaches
    what QR reaches. Raises ValueError as `normal_equations`.
    Equation: eq-refinement. Source: Björck (1996), section 2.9.
    """
    A, b = _tall(A, b)
    steps = validate.whole(steps, "steps", low=0)
    gram = A.T @ A
    tiny = (gram.diagonal() < 1e-280) & A.any(axis=0)
    if tiny.any():
        raise ValueError(f"column {int(np.argmax(tiny))} of A is too small to be squared: scale it")
    try:
        factor = scipy.linalg.cho_factor(gram, check_finite=False)
    except np.linalg.LinAlgError:
        raise ValueError(
            "AᵀA is not positive definite in floating point: the columns of A are dependent, or κ(A) is beyond about "
            "10⁸. Use qr_solve, or truncated_svd for dependent columns"
        ) from None
    return refine(factor, A, b, steps)


def refine(factor, A: np.ndarray, b: np.ndarray, steps: int) -> np.ndarray:
    """Solve with the Cholesky factor of AᵀA, then `steps` times add the correction that the residual asks for."""
    w = scipy.linalg.cho_solve(factor, A.T @ b)
    for _ in range(steps):
        r = b - A @ w
        w += scipy.linalg.cho_solve(factor, A.T @ r)
    return w


# ------------------------------------------------------------------------------------------------ Householder QR
def householder_vector(x) -> np.ndarray:
    """Return the unit vector v for which the mirror I − 2vvᵀ takes x to ∓‖x‖e₁.

    The sign is that of x₁, so that v₁ is a sum and never a difference of almost equal numbers.
    Equation: eq-householder. Source: Householder (1958).
    """
    v = validate.vector(x, "x").copy()
    v[0] += np.copysign(scipy.linalg.norm(v), v[0])  # SciPy's norm, unlike NumPy's, loses nothing of tiny numbers
    length = scipy.linalg.norm(v)
    if length == 0:  # x = 0: any mirror will do
        v[0] = length = 1.0
    return v / length


def householder_qr(A) -> tuple[np.ndarray, np.ndarray]:
    """Return (V, R) with QR = A: column j of V (N, D) is the j-th mirror's vector, zero above entry j; R is (D, D).

    Q is never formed: it is the product of the mirrors, and `apply_qt` applies them. Needs N ≥ D.
    """
    A = validate.matrix(A)
    if len(A) < A.shape[1]:
        raise ValueError(f"A must have at least as many rows as columns, but has shape {A.shape}")
    return clear_columns(A)


def clear_columns(A: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Mirror A (N, D) column by column until it is zero below the diagonal."""
    R, V = A.copy(), np.zeros(A.shape)
    for j in range(A.shape[1]):
        v = V[j:, j] = householder_vector(R[j:, j])
        R[j:, j:] -= 2 * np.outer(v, v @ R[j:, j:])
    return V, np.triu(R[: A.shape[1]])


def apply_qt(V, b) -> np.ndarray:
    """Return Qᵀb (N,): the mirrors of V (N, D) applied to b (N,), one after the other."""
    V, b = validate.system(V, b, ("V", "b"), within=validate.BELOW)
    if V.shape[0] < V.shape[1]:
        raise ValueError(f"V holds mirrors of vectors shorter than their number: its shape is {V.shape}")
    return through_mirrors(V, b)


def through_mirrors(V: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Let b (N,) look into one mirror of V (N, D) after the other."""
    c = b.copy()
    for j, v in enumerate(V.T):
        c[j:] -= 2 * v[j:] * (v[j:] @ c[j:])
    return c


def householder_solve(A, b) -> np.ndarray:
    """Solve least squares with our own mirrors: R w = the first D entries of Qᵀb.

    Equation: eq-qr-solve
    """
    A, b = _tall(A, b)
    V, R = householder_qr(A)
    check_independent(R, A)
    return back_substitution(R, apply_qt(V, b)[: len(R)])


def qr_solve(A, b) -> np.ndarray:
    """Solve least squares by LAPACK's QR of [A b]: the last column of R is Qᵀb, and Q is never formed.

    Equation: eq-qr-solve
    """
    A, b = _tall(A, b)
    return _solve_from_r(np.linalg.qr(np.column_stack([A, b]), mode="r"), A)


def tall_skinny_qr(A, b, block: int | None = None) -> np.ndarray:
    """Solve least squares by QR in blocks of rows: R of each block of [A b], then R of the stacked R's.

    `block` rows at a time (default max(4D, 2048)), so that a block stays in the processor's cache; as accurate as one QR.
    Equation: eq-tsqr. Source: Demmel, Grigori, Hoemmen & Langou (2012).
    """
    A, b = _tall(A, b)
    block = max(4 * A.shape[1], 2048) if block is None else validate.whole(block, "block", low=1)
    return _solve_from_r(triangle_by_blocks(A, b, block), A)


def triangle_by_blocks(A: np.ndarray, b: np.ndarray, block: int) -> np.ndarray:
    """Return the triangle R of [A b] from those of its blocks of rows."""
    triangles = []
    for i in range(0, len(A), block):
        rows = np.column_stack([A[i : i + block], b[i : i + block]])
        triangles.append(np.linalg.qr(rows, mode="r"))
    return np.linalg.qr(np.vstack(triangles), mode="r")


# ------------------------------------------------------------------------------------------------ truncated SVD
def truncated_svd(A, b, rcond: float | None = None) -> np.ndarray:
    """Return V Σ⁺ Uᵀb, leaving out singular values up to rcond · σ₁ (default: max(N, D) times eps). Any A will do.

    Equation: eq-svd-solve
    """
    return least_norm(A, b, rcond)


def scale_columns(A) -> tuple[np.ndarray, np.ndarray]:
    """Return (A/d, d): A with columns of length 1, and the lengths d (D,). If w solves for A/d, then w/d solves for A."""
    A = validate.matrix(A)
    d = _lengths(A)
    if not d.all():
        raise ValueError(f"column {int(np.argmin(d))} of A is zero: it cannot be scaled to length 1")
    return A / d, d


# ------------------------------------------------------------------------------------------------------- helpers
def _tall(A, b) -> tuple[np.ndarray, np.ndarray]:
    A, b = validate.system(A, b)
    if A.shape[0] < A.shape[1]:
        raise ValueError(
            f"A has more columns than rows (shape {A.shape}), so many w fit exactly; use truncated_svd for the shortest"
        )
    return A, b


def _solve_from_r(R: np.ndarray, A: np.ndarray) -> np.ndarray:
    """Solve with R, the triangle of [A b]."""
    d = A.shape[1]
    check_independent(R[:d, :d], A)
    return scipy.linalg.solve_triangular(R[:d, :d], R[:d, d], check_finite=False)


def check_independent(R: np.ndarray, A: np.ndarray) -> None:
    """Raise where a column of A has nothing of its own: |r_jj| is its distance from the span of those before it."""
    R, A = validate.square(R, "R", within=validate.BELOW), validate.array(A, "A", 2, finite=False)
    distance, length = np.abs(np.diag(R)), _lengths(R)
    lost = distance <= max(A.shape) * EPS * length
    if lost.any():
        raise ValueError(
            f"column {int(np.argmax(lost))} of A depends on the ones before it to working precision; "
            "use truncated_svd, or drop it"
        )


def _lengths(A: np.ndarray) -> np.ndarray:
    """Return the lengths (D,) of A's columns, also of those whose squares are too small for a float."""
    size = np.abs(A).max(axis=0)
    size = np.where((size > 0) & (size < 1e-140), size, 1.0)
    return size * np.linalg.norm(A / size, axis=0)


def _triangle(T, c, *names: str) -> tuple[np.ndarray, np.ndarray]:
    T = validate.square(T, names[0], within=validate.BELOW)
    c = validate.vector(c, names[1], len(T), f"rows of {names[0]}")
    if not np.diag(T).all():
        raise ValueError(f"{names[0]} has a zero on its diagonal, at index {int(np.argmin(np.abs(np.diag(T))))}")
    return T, c
