"""The 2 × 2 matrix whose columns close: A = [[1, 1], [1, 1 + ε]], in closed form and in plain Python.

As ε → 0 the second column turns into the first, the plane is squeezed onto a line, and κ(A) grows like 4/ε. Every
formula here keeps its digits down to the smallest ε: nothing of size ε is computed as a difference of numbers of size 1.
"""

from __future__ import annotations

import math
import numbers


def squeeze_matrix(eps: float) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return A = ((1, 1), (1, 1 + ε)), the rows of the matrix; raise ValueError unless ε is finite and positive."""
    corner = 1.0 + _positive(eps)
    if corner == 1.0:
        raise ValueError(f"1 + eps is 1 in 64-bit arithmetic for eps = {eps:g}: the matrix cannot be written down")
    return (1.0, 1.0), (1.0, corner)


def squeeze_singular_values(eps: float) -> tuple[float, float]:
    """Return σ₁ ≥ σ₂ > 0 of the squeeze.

    A is symmetric with trace 2 + ε and determinant ε, so σ₁ = (2 + ε + √(4 + ε²))/2. The other root of the characteristic
    equation, with a minus sign, would lose all digits of a small ε; σ₂ = ε/σ₁ loses none.
    """
    eps = _positive(eps)
    largest = 1 + eps / 2 + math.hypot(1, eps / 2)
    return largest, eps / largest


def squeeze_condition(eps: float) -> float:
    """Return κ(A) = σ₁/σ₂ = (2 + ε + √(4 + ε²))²/(4ε), which is close to 4/ε for small ε.

    Equation: eq-squeeze
    """
    largest, smallest = squeeze_singular_values(eps)
    return largest / smallest


def squeeze_solve(eps: float, b: tuple[float, float]) -> tuple[float, float]:
    """Return the w with A w = b: w₂ = (b₂ − b₁)/ε, w₁ = b₁ − w₂. A change δ in b₂ − b₁ moves w by about δ√2/ε."""
    eps = _positive(eps)
    b = b.tolist() if type(b).__name__ == "ndarray" else b  # this module knows no NumPy
    if not isinstance(b, (tuple, list)) or not all(isinstance(entry, numbers.Real) for entry in b):
        raise TypeError(f"b must be two finite numbers, but is {b!r}")
    if len(b) != 2 or not all(math.isfinite(entry) for entry in b):
        raise ValueError(f"b must be two finite numbers, but is {b!r}")
    second = (b[1] - b[0]) / eps
    if not math.isfinite(second):
        raise ValueError(f"the solution leaves the range of numbers for b = {b!r} and eps = {eps:g}")
    return b[0] - second, second


def _positive(eps: float) -> float:
    if not isinstance(eps, numbers.Real) or isinstance(eps, bool):
        raise TypeError(f"eps must be a number, but is {eps!r} ({type(eps).__name__})")
    if isinstance(eps, int) and eps.bit_length() > 1000:
        raise ValueError("eps must be finite and greater than 0, but is a whole number of more than 300 digits")
    eps = float(eps)
    if not 0 < eps < math.inf:
        raise ValueError(f"eps must be finite and greater than 0, but is {eps:g}")
    if not 1e-300 <= eps <= 1e150:
        raise ValueError(f"eps must lie between 1e-300 and 1e150, but is {eps:g}: κ would leave the range of numbers")
    return eps
