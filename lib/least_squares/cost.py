"""What a solver costs: operations counted on paper, seconds measured, and the exponent that joins them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np

from lib.book import validate
from lib.least_squares.direct import qr_solve

METHODS = ("normal equations", "Householder QR", "SVD", "CGLS step", "Schulz step")


def flops(method: str, N: int, D: int) -> float:
    """Return the leading terms of the operation count (additions and multiplications) of a method, N ≥ D.

    normal equations  ND² + D³/3     AᵀA by symmetry, then Cholesky
    Householder QR    2ND² − 2D³/3   the mirrors, Q never formed
    SVD               2ND² + 11D³    R first, then the SVD of R, with U, Σ and V
    CGLS step         4ND            one product with A and one with Aᵀ
    Schulz step       4ND²           XA and (XA)X, two products of N × D and D × D size
    Equation: eq-flops-normal, eq-flops-qr. Source: Golub & Van Loan (2013), sections 5.2, 5.3 and 8.6.
    """
    N, D = validate.whole(N, "N", low=1), validate.whole(D, "D", low=1)
    if N < D:
        raise ValueError(f"the counts are for N ≥ D, but N = {N} and D = {D}")
    counts = {
        "normal equations": N * D**2 + D**3 / 3,
        "Householder QR": 2 * N * D**2 - 2 * D**3 / 3,
        "SVD": 2 * N * D**2 + 11 * D**3,
        "CGLS step": 4 * N * D,
        "Schulz step": 4 * N * D**2,
    }
    if not isinstance(method, str) or method not in counts:
        raise ValueError(f"no count is known for {method!r}; there are {', '.join(METHODS)}")
    return float(counts[method])


def fit_exponent(sizes, values) -> float:
    """Return the p of values ≈ c · sizesᵖ, by least squares through the logarithms (our own solver).

    sizes, values : (n,) positive, at least two different sizes. Equation: eq-fit-exponent
    """
    sizes = validate.vector(sizes, "sizes", within=validate.ANY)
    values = validate.vector(values, "values", len(sizes), "sizes", within=validate.ANY)
    if (sizes <= 0).any() or (values <= 0).any():
        raise ValueError("sizes and values must be positive to have logarithms")
    if np.ptp(sizes) == 0:
        raise ValueError("an exponent needs at least two different sizes")
    return float(qr_solve(np.column_stack([np.ones(len(sizes)), np.log(sizes)]), np.log(values))[1])


def measure(function: Callable, *args, repeats: int = 5, clock: Callable[[], float] = time.perf_counter) -> float:
    """Return the shortest of `repeats` running times of function(*args), in seconds, after one run to warm up.

    The shortest, because whatever else a machine does can only make a run longer. With `clock` time.process_time the
    processor's own time is measured, that of all threads together.
    """
    repeats = validate.whole(repeats, "repeats", low=1)
    function(*args)
    best = math.inf
    for _ in range(repeats):
        started = clock()
        function(*args)
        best = min(best, clock() - started)
    return best


def cg_bound(kappa: float, steps: int) -> float:
    """Return 2((√κ − 1)/(√κ + 1))ᵏ, a bound on conjugate gradients' relative error after k steps.

    Equation: eq-cg-bound
    """
    kappa, steps = validate.number(kappa, "kappa", low=1.0), validate.whole(steps, "steps", low=0)
    root = math.sqrt(kappa)
    return 2 * ((root - 1) / (root + 1)) ** steps


def steps_for(kappa: float, error: float) -> int:
    """Return how many steps the bound asks for until the error has fallen to `error`, in (0, 2].

    Equation: eq-cg-bound
    """
    kappa = validate.number(kappa, "kappa", low=1.0)
    error = validate.number(error, "error", low=0.0, high=2.0, open_low=True)
    root = math.sqrt(kappa)
    if root == 1:
        return 1
    return max(0, math.ceil(math.log(error / 2) / math.log((root - 1) / (root + 1)) - 1e-12))
