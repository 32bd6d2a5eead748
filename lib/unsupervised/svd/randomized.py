"""The largest singular values from a sketch: the matrix times a few random vectors."""

from __future__ import annotations

import numpy as np
import scipy.linalg

from lib.book import validate
from lib.unsupervised.svd.decomposition import fix_signs


def range_finder(A, size: int, power: int, rng: np.random.Generator) -> np.ndarray:
    """Return Q (m, size), orthonormal columns whose span nearly holds A's strongest directions; size at most min(m, n).

    power : how often the sketch is multiplied by AAᵀ, whose columns are made independent again in between
    Equation: eq-sketch. Source: Halko, Martinsson and Tropp (2011), algorithm 4.4.
    """
    A = validate.matrix(A)
    size = validate.whole(size, "size", low=1, high=min(A.shape))
    power = validate.whole(power, "power", low=0)
    return _range(A, size, power, validate.generator(rng))


def _range(A: np.ndarray, size: int, power: int, rng: np.random.Generator) -> np.ndarray:
    omega = rng.normal(size=(A.shape[1], size))
    Y = A @ omega
    for _ in range(power):
        Y = A @ _basis(A.T @ _basis(Y))
    return np.linalg.qr(Y)[0]


def _basis(Y: np.ndarray) -> np.ndarray:
    """Return well-conditioned columns with the span of Y's, for less than orthonormal ones: the L of P L U."""
    return scipy.linalg.lu(Y, permute_l=True, check_finite=False)[0]


def randomized_svd(
    A, k: int, rng: np.random.Generator, oversample: int = 10, power: int = 2
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return U (m, k), σ (k,) and Vᵀ (k, n), nearly the k largest singular values of A (m, n) and their vectors, with signs as `fix_signs` has them.

    oversample : further columns of the sketch, as far as A has them;  power : as in `range_finder`
    Equation: eq-sketch. Source: Halko, Martinsson and Tropp (2011), algorithm 5.1.
    """
    A = validate.matrix(A)
    k = validate.whole(k, "k", low=1, high=min(A.shape))
    oversample = validate.whole(oversample, "oversample", low=0)
    power = validate.whole(power, "power", low=0)
    Q = _range(A, min(k + oversample, *A.shape), power, validate.generator(rng))
    W, R = np.linalg.qr(A.T @ Q)  # QᵀA = RᵀWᵀ, and only R is decomposed
    U, sigma, Vt = np.linalg.svd(R.T)
    U, Vt = fix_signs(Q @ U[:, :k], Vt[:k] @ W.T)
    return U, sigma[:k], Vt


def expected_spectral_error(sigma, k: int, oversample: int, power: int = 0) -> float:
    """Return a bound on the mean of ‖A − QQᵀA‖₂ over random sketches of k + oversample columns.

    sigma : (r,), all singular values of A, falling;  k : any rank from 2 on, with k + oversample ≤ r;  oversample : at least 2
    power : as in `range_finder`
    Equation: eq-power-bound. Source: Halko, Martinsson and Tropp (2011), theorem 10.6, corollary 10.10.
    """
    sigma, k, p = _sketched(sigma, k, oversample)
    power = validate.whole(power, "power", low=0)
    top = float(sigma[k]) or 1.0
    tail = (sigma[k:] / top) ** (2 * power + 1)  # scaled, so that no power leaves the range
    mean = (1 + np.sqrt(k / (p - 1))) * tail[0] + np.e * np.sqrt(k + p) / p * np.linalg.norm(tail)
    return float(top * mean ** (1 / (2 * power + 1)))


def expected_frobenius_error(sigma, k: int, oversample: int) -> float:
    """Return a bound on the mean of ‖A − QQᵀA‖_F over random sketches of k + oversample columns, without further products.

    Arguments as in `expected_spectral_error`. Equation: eq-sketch-bound. Source: Halko, Martinsson and Tropp (2011), theorem 10.5.
    """
    sigma, k, p = _sketched(sigma, k, oversample)
    return float(np.sqrt(1 + k / (p - 1)) * np.linalg.norm(sigma[k:]))


def _sketched(sigma, k, oversample) -> tuple[np.ndarray, int, int]:
    sigma = validate.vector(sigma, "sigma", within=validate.SAFE)
    if (sigma < 0).any() or (np.diff(sigma) > 0).any():
        raise ValueError("sigma must hold singular values: none below 0, the largest first")
    oversample = validate.whole(oversample, "oversample", low=2)
    return sigma, validate.whole(k, "k", low=2, high=len(sigma) - oversample), oversample
