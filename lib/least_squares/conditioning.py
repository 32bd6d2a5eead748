"""How much a small change of the data moves the answer: condition numbers, their bounds, and the changes that attain them.

Norms are spectral (the largest singular value) unless a function says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.least_squares.pseudoinverse import pseudoinverse


def condition_number(A) -> float:
    """Return κ(A) = σ_max/σ_min of a matrix A (N, D); inf where σ_min is exactly zero, huge where rounding hides that.

    Equation: eq-condition-svd
    """
    sigma = np.linalg.svd(validate.matrix(A), compute_uv=False)
    return float(sigma[0] / sigma[-1]) if sigma[-1] > 0 else np.inf


def digits_lost(kappa: float) -> float:
    """Return log₁₀ κ: about how many of the data's decimal digits a problem with condition number κ ≥ 1 costs."""
    return float(np.log10(validate.number(kappa, "kappa", low=1.0)))


def relative_condition(f: Callable, x, step: float = 1e-6) -> float:
    """Return the relative condition number ‖J‖ ‖x‖ / ‖f(x)‖ of a smooth f at x, with J by central differences.

    x and f(x) : numbers or arrays of any shape, measured in the 2-norm of their entries (Frobenius for matrices).
    Equation: eq-condition-definition
    """
    x = validate.array(x, "x", within=validate.SAFE)
    step = validate.number(step, "step", low=0.0, open_low=True)
    value = validate.array(f(x), "f(x)", within=validate.SAFE).ravel()
    size, length = np.linalg.norm(x), np.linalg.norm(value)
    if size == 0 or length == 0:
        raise ValueError("the relative condition number needs x ≠ 0 and f(x) ≠ 0")
    h = step * size
    columns = []
    for i in range(x.size):
        nudge = np.zeros(x.size)
        nudge[i] = h
        nudge = nudge.reshape(x.shape)
        up, down = (validate.array(f(moved), "f(x)") for moved in (x + nudge, x - nudge))
        columns.append((up.ravel() - down.ravel()) / (2 * h))
    return float(np.linalg.norm(np.column_stack(columns), 2) * size / length)


# ----------------------------------------------------------------------------------------------- differentials
def gram_differential(A, dA) -> np.ndarray:
    """Return AᵀdA + dAᵀA (D, D): the part of (A + dA)ᵀ(A + dA) − AᵀA that is linear in dA.

    Equation: eq-gram-differential
    """
    A, dA = _alike(A, dA)
    half = A.T @ dA
    return half + half.T


def inverse_differential(A, H) -> np.ndarray:
    """Return −A⁻¹HA⁻¹ (D, D): the part of (A + H)⁻¹ − A⁻¹ that is linear in H, for an invertible A.

    Equation: eq-inverse-differential
    """
    A, H = _alike(validate.square(A), H, ("A", "H"))
    inverse = _inverse(A, "A")
    return -inverse @ H @ inverse


def gram_inverse_differential(A, dA) -> np.ndarray:
    """Return −(AᵀA)⁻¹(AᵀdA + dAᵀA)(AᵀA)⁻¹ (D, D): how (AᵀA)⁻¹ answers to dA, to first order.

    Equation: eq-gram-inverse-differential
    """
    A, dA = _alike(A, dA)
    return inverse_differential(A.T @ A, gram_differential(A, dA))


def gram_inverse_bound(A) -> float:
    """Return 2 ‖(AᵀA)⁻¹‖ ‖A‖² = 2κ(A)², a bound on the relative condition number of A ↦ (AᵀA)⁻¹.

    Equation: eq-gram-inverse-bound
    """
    A = validate.matrix(A)
    if len(A) < A.shape[1]:
        raise ValueError(f"A has more columns than rows (shape {A.shape}): AᵀA is singular and has no inverse")
    kappa = condition_number(A)
    if not kappa < 1e150:
        raise ValueError(f"κ(A) = {kappa:.3g}: AᵀA is singular and has no inverse")
    return 2 * kappa**2


def worst_gram_change(A) -> np.ndarray:
    """Return the dA of norm 1 that moves (AᵀA)⁻¹ most: u_D v_Dᵀ, the weakest direction. It attains 2κ(A).

    Equation: eq-gram-inverse-sharp
    """
    U, _, Vt = np.linalg.svd(validate.matrix(A), full_matrices=False)
    return np.outer(U[:, -1], Vt[-1])


# ------------------------------------------------------------------------------------------ the right-hand side
def rhs_condition(A, b) -> float:
    """Return ‖A⁺‖ ‖b‖ / ‖A⁺b‖: exactly how much a relative change of b can move the least-squares solution.

    Equation: eq-rhs-condition
    """
    A, b = validate.system(A, b)
    plus = pseudoinverse(A)
    length = np.linalg.norm(plus @ b)
    if length == 0:
        raise ValueError("A⁺b is 0: a relative change of the solution has no meaning")
    return float(np.linalg.norm(plus, 2) * np.linalg.norm(b) / length)


def rhs_condition_bound(A, b) -> float:
    """Return κ(A) + ‖A⁺‖ ‖r‖ / ‖w‖ with w = A⁺b and r = b − Aw, which is at least `rhs_condition(A, b)`.

    Equation: eq-rhs-bound
    """
    A, b = validate.system(A, b)
    plus = pseudoinverse(A)
    w = plus @ b
    if np.linalg.norm(w) == 0:
        raise ValueError("A⁺b is 0: a relative change of the solution has no meaning")
    norm = np.linalg.norm
    return float(norm(A, 2) * norm(plus, 2) + norm(plus, 2) * norm(b - A @ w) / norm(w))


# --------------------------------------------------------------------------------------------- the whole story
@dataclass(frozen=True)
class LeastSquaresConditioning:
    """The four condition numbers of min ‖Aw − b‖ (Trefethen & Bau 1997, theorem 18.1), and what they are made of.

    kappa   κ(A);   theta   the angle between b and range(A), in radians;   eta   ‖A‖‖w‖/‖Aw‖, between 1 and κ
    y_b, w_b   how the fit y = Aw and the coefficients w answer to b (exact)
    y_A, w_A   how they answer to A (upper bounds)
    """

    kappa: float
    theta: float
    eta: float
    y_b: float
    y_A: float
    w_b: float
    w_A: float

    @property
    def w_A_reached(self) -> float:
        """√(κ² + (κ² tan θ/η)²): what the worst dA does to w, ‖dA‖_F/‖A‖ being its size; between w_A/√2 and w_A.

        Equation: eq-wedin-sharp
        """
        return float(np.hypot(self.kappa, self.kappa**2 * np.tan(self.theta) / self.eta))


def least_squares_conditioning(A, b) -> LeastSquaresConditioning:
    """Return the conditioning of the least-squares problem with A (N, D) of full column rank and b (N,).

    Equation: eq-wedin
    """
    A, b = validate.system(A, b)
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    if len(A) < A.shape[1] or sigma[-1] <= len(A) * np.finfo(float).eps * sigma[0]:
        raise ValueError(f"A has not full column rank: its singular values run from {sigma[0]:.3g} to {sigma[-1]:.3g}")
    y = U @ (U.T @ b)
    w = Vt.T @ ((U.T @ b) / sigma)
    fit, residual = np.linalg.norm(y), np.linalg.norm(b - y)
    if fit <= np.finfo(float).eps * np.linalg.norm(b):
        raise ValueError("b is orthogonal to the columns of A: the solution is 0 and has no relative condition number")
    kappa, theta = float(sigma[0] / sigma[-1]), float(np.arctan2(residual, fit))
    eta = float(sigma[0] * np.linalg.norm(w) / fit)
    cosine, tangent = np.cos(theta), np.tan(theta)
    made = (1 / cosine, kappa / cosine, kappa / (eta * cosine), kappa + kappa**2 * tangent / eta)
    return LeastSquaresConditioning(kappa, theta, eta, *map(float, made))


def solution_differential(A, b, dA) -> np.ndarray:
    """Return dw (D,): how the least-squares solution answers to dA, to first order.

    Differentiating Aᵀ(b − Aw) = 0 gives dw = (AᵀA)⁻¹dAᵀr − A⁺dA w: the first part is what a residual costs.
    Equation: eq-solution-differential
    """
    A, b = validate.system(A, b)
    A, dA = _alike(A, dA)
    plus = pseudoinverse(A)
    w = plus @ b
    return plus @ (plus.T @ (dA.T @ (b - A @ w))) - plus @ (dA @ w)


def worst_matrix_change(A, b) -> np.ndarray:
    """Return the dA (N, D) of Frobenius norm 1 that moves the least-squares solution most, to first order."""
    A, b = validate.system(A, b)
    shape = A.shape
    units = np.eye(A.size).reshape(A.size, *shape)
    J = np.column_stack([solution_differential(A, b, unit) for unit in units])  # (D, N·D)
    return np.linalg.svd(J)[2][0].reshape(shape)


def _alike(A, dA, names: tuple[str, str] = ("A", "dA")) -> tuple[np.ndarray, np.ndarray]:
    A, dA = validate.matrix(A, names[0]), validate.matrix(dA, names[1], within=validate.BELOW)
    if A.shape != dA.shape:
        raise ValueError(f"{names[0]} has shape {A.shape} but {names[1]} has shape {dA.shape}")
    return A, dA


def _inverse(A: np.ndarray, name: str) -> np.ndarray:
    if np.linalg.matrix_rank(A) < len(A):
        raise ValueError(f"{name} is singular to working precision: it has no inverse")
    return np.linalg.inv(A)
