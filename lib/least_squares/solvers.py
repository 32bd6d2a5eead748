"""Every least-squares solver of the chapter by name, each as a function of A (N, D) and b (N,) that returns w (D,)."""

from __future__ import annotations

from collections.abc import Callable

from lib.least_squares import iterative
from lib.least_squares.accuracy import DIRECT_SOLVERS


def minres_solve(A, b, tol: float = 1e-14):
    """Minimise ‖Aw − b‖ with MINRES on the augmented system; returns w (D,)."""
    K, right = iterative.augmented_system(A, b)
    return iterative.minres(K, right, tol).x[len(b) :]


def symmlq_solve(A, b, tol: float = 1e-14):
    """Minimise ‖Aw − b‖ with SYMMLQ on the augmented system; returns w (D,)."""
    K, right = iterative.augmented_system(A, b)
    return iterative.symmlq(K, right, tol).x[len(b) :]


ITERATIVE_SOLVERS: dict[str, Callable] = {
    "Schulz": lambda A, b: iterative.schulz_solve(A, b, tol=1e-14).x,
    "CGLS": lambda A, b: iterative.cgls(A, b, tol=1e-15).x,
    "LSQR": lambda A, b: iterative.lsqr(A, b, tol=1e-15).x,
    "MINRES": minres_solve,
    "SYMMLQ": symmlq_solve,
}
SOLVERS: dict[str, Callable] = DIRECT_SOLVERS | ITERATIVE_SOLVERS
