"""How many digits a solver keeps: problems with a known answer and any condition number, and the ruler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.least_squares import direct

U = 2.0**-53  # unit roundoff: the largest relative error of storing a number
MOST_DIGITS = float(-np.log10(U))  # 15.95: all that a 64-bit number holds

DIRECT_SOLVERS: dict[str, Callable] = {
    "normal equations": direct.normal_equations,
    "… refined twice": direct.refined_normal_equations,
    "Householder QR": direct.householder_solve,
    "LAPACK QR": direct.qr_solve,
    "QR in blocks": direct.tall_skinny_qr,
    "truncated SVD": direct.truncated_svd,
}


@dataclass(frozen=True, eq=False)
class Problem:
    """A least-squares problem whose exact answer is known: A (N, D), b (N,), w (D,), κ(A), and ρ = ‖r‖/‖Aw‖."""

    A: np.ndarray
    b: np.ndarray
    w: np.ndarray
    kappa: float
    rho: float


def problem(N: int, D: int, kappa: float, residual: float = 1e-3, seed: int = 0) -> Problem:
    """Return a random problem with κ(A) = kappa, singular values evenly spaced in their logarithm, and ρ = residual.

    The answer is exact up to the rounding of A and b themselves, which is what a solver is given to work with.
    """
    N, D = validate.whole(N, "N", low=1), validate.whole(D, "D", low=1)
    if N <= D:
        raise ValueError(f"there must be more rows than columns to have a residual, but N = {N} and D = {D}")
    kappa = validate.number(kappa, "kappa", low=1.0)
    residual = validate.number(residual, "residual", low=0.0)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    Q, _ = np.linalg.qr(rng.standard_normal((N, D + 1)))
    V, _ = np.linalg.qr(rng.standard_normal((D, D)))
    A = (Q[:, :D] * np.geomspace(1, 1 / kappa, D)) @ V.T
    w = rng.standard_normal(D)
    w /= np.linalg.norm(w)
    fit = A @ w
    return Problem(A, fit + residual * np.linalg.norm(fit) * Q[:, D], w, kappa, residual)


def digits_kept(computed, exact, per_entry: bool = False) -> float:
    """Return −log₁₀(‖computed − exact‖/‖exact‖), between 0 and 15.95; with `per_entry` that of the worst entry.

    NaN or infinity in `computed` counts as no digit. For statistics the worst entry is customary, as the "log relative
    error" of McCullough (1998).
    Equation: eq-digits-kept
    """
    exact = validate.array(exact, "exact", within=validate.SAFE)
    computed = validate.array(computed, "computed", allow_empty=True, finite=False)
    if computed.shape != exact.shape:
        raise ValueError(f"computed has shape {computed.shape} but exact has shape {exact.shape}")
    if not np.isfinite(computed).all():
        return 0.0
    with np.errstate(over="ignore"):
        gap, size = np.abs(computed - exact), np.abs(exact)
    if not gap.max() <= 1e150:
        return 0.0
    if per_entry:
        error = float(np.max(gap / np.where(size == 0, 1.0, size)))
    else:
        error = float(np.linalg.norm(gap) / (np.linalg.norm(exact) or 1.0))
    return float(np.clip(-np.log10(max(error, U)), 0.0, MOST_DIGITS))


def expected_digits(kappa: float, rho: float) -> float:
    """Return the digits that a backward stable solver keeps: −log₁₀ of u(κ + κ²ρ), between 0 and 15.95.

    Equation: eq-forward-error
    """
    kappa, rho = validate.number(kappa, "kappa", low=1.0), validate.number(rho, "rho", low=0.0)
    return float(np.clip(-np.log10(U * (kappa + kappa**2 * rho)), 0.0, MOST_DIGITS))


def digits_of(solver: Callable, A, b, exact, per_entry: bool = False) -> float | None:
    """Return the digits `solver` keeps on (A, b), or None where it refuses the problem."""
    try:
        return digits_kept(solver(A, b), exact, per_entry)
    except ValueError:
        return None
