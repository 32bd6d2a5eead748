"""Every least-squares solver of the chapter by name, each as a function of A (N, D) and b (N,) that returns w (D,)."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lib.book import validate
from lib.least_squares import iterative
from lib.least_squares.accuracy import DIRECT_SOLVERS


def minres_solve(A, b, tol: float = 1e-14):
    """Minimise ‖Aw − b‖ with MINRES on the augmented system; returns w (D,)."""
    return _by_augmented_system(iterative.minres, A, b, tol)


def symmlq_solve(A, b, tol: float = 1e-14):
    """Minimise ‖Aw − b‖ with SYMMLQ on the augmented system; returns w (D,)."""
    return _by_augmented_system(iterative.symmlq, A, b, tol)


def _by_augmented_system(solver: Callable, A, b, tol: float):
    """Return the w (D,) of the augmented system's solution (r, w); an A far from the size of its block I is brought near it."""
    A, b = validate.system(A, b)
    size = np.linalg.norm(A)
    scale = 1.0 if size == 0 or 1e-4 < size < 1e4 else size
    K, right = iterative.augmented_system(A / scale, b)
    return solver(K, right, tol).x[len(b) :] / scale


ITERATIVE_SOLVERS: dict[str, Callable] = {
    "Schulz": lambda A, b: iterative.schulz_solve(A, b, tol=1e-14).x,
    "CGLS": lambda A, b: iterative.cgls(A, b, tol=1e-15).x,
    "LSQR": lambda A, b: iterative.lsqr(A, b, tol=1e-15).x,
    "MINRES": minres_solve,
    "SYMMLQ": symmlq_solve,
}
SOLVERS: dict[str, Callable] = DIRECT_SOLVERS | ITERATIVE_SOLVERS
