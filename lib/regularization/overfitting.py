"""What noise does to a least-squares fit: to its coefficients, to its predictions, and to its own report of how good it is.

The data are y = f + ε with independent noise of mean 0 and standard deviation sigma; A is the design matrix (N, D). A fit
whose predictions are linear in y, ŷ = My, has a bias and a variance that need no simulation.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lib.book import validate


def standardize(X) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (Z, mean, scale): the table X (N, k) with columns of mean 0 and standard deviation 1, and what was taken out.

    Z = (X − mean) / scale. Raises ValueError where a column is constant: it has no scale.
    """
    X = validate.matrix(X, "X")
    if (constant := validate.constant_columns(X)).any():
        raise ValueError(f"column {int(np.argmax(constant))} of X is constant and cannot be scaled")
    mean, scale = X.mean(axis=0), X.std(axis=0)
    if not (scale > 1e-150).all():
        raise ValueError(f"column {int(np.argmin(scale))} of X varies too little to be squared: scale it")
    return (X - mean) / scale, mean, scale


# --------------------------------------------------------------------------------------------- what noise does to w
def coefficient_error(A, sigma: float = 1.0) -> float:
    """Return E‖ŵ − w‖² = σ² Σ 1/σᵢ² of the least-squares coefficients, for A (N, D) of full column rank.

    Equation: eq-coefficient-error
    """
    A, sigma = validate.matrix(A), validate.number(sigma, "sigma", low=0)
    return float(sigma**2 * np.sum(1 / _singular_values(A) ** 2))


def prediction_variance(A, a, sigma: float = 1.0) -> np.ndarray:
    """Return the variance (M,) of least squares' predictions at new rows a (M, D): σ² Σ (vᵢᵀa)²/σᵢ².

    Equation: eq-prediction-variance
    """
    A, a = validate.matrix(A), validate.matrix(a, "a", within=validate.BELOW)
    sigma = validate.number(sigma, "sigma", low=0)
    if a.shape[1] != A.shape[1]:
        raise ValueError(f"a has {a.shape[1]} columns but A has {A.shape[1]}")
    _singular_values(A)
    _, s, Vt = np.linalg.svd(A, full_matrices=False)
    return sigma**2 * np.sum((a @ Vt.T / s) ** 2, axis=1)


def expected_training_error(N: int, D: int, sigma: float = 1.0) -> float:
    """Return E‖y − Aŵ‖²/N = σ²(1 − D/N): what least squares leaves of noise on the samples it has seen; D ≤ N.

    Equation: eq-training-error
    """
    N, D = _sizes(N, D)
    return validate.number(sigma, "sigma", low=0) ** 2 * (N - D) / N


def expected_fresh_error(N: int, D: int, sigma: float = 1.0) -> float:
    """Return E‖y′ − Aŵ‖²/N = σ²(1 + D/N), for new targets y′ at the very same rows of A; D ≤ N.

    Equation: eq-fresh-error
    """
    N, D = _sizes(N, D)
    return validate.number(sigma, "sigma", low=0) ** 2 * (N + D) / N


def interpolation_risk(N: int, p: int, used: float, unused: float, sigma: float) -> float:
    """Return E(ŷ − y)² at a fresh sample, of the shortest least-squares fit of p features to N samples; inf near p = N.

    Features are independent standard normals. used, unused : squared length of the true coefficients of the p features
    and of all others, which the fit does not see;  sigma : standard deviation of the noise in y
    Equation: eq-interpolation-peak. Source: Belkin, Hsu & Xu (2020), theorem 1.
    """
    N, p = validate.whole(N, "N", low=1), validate.whole(p, "p", low=0)
    sizes = ((used, "used"), (unused, "unused"), (sigma, "sigma"))
    used, unused, sigma = (validate.number(size, name, low=0, within=(0.0, 1e100)) for size, name in sizes)
    noise = unused + sigma**2
    if p <= N - 2:
        return noise * (1 + p / (N - p - 1))
    if p >= N + 2:
        return used * (1 - N / p) + noise * (1 + N / (p - N - 1))
    return float("inf")


def prediction_matrix(A, a, lam: float) -> np.ndarray:
    """Return M (K, N): the fit that minimises ‖Aw − y‖² + λ(w₁² + … + w_{D−1}²) predicts My at new rows a (K, D); lam ≥ 0.

    The first coefficient, the intercept, is not penalised. Computed from A with √λ I below it, by the pseudo-inverse.
    Equation: eq-penalised-fit
    """
    A, a = validate.matrix(A), validate.matrix(a, "a")
    lam = validate.number(lam, "lam", low=0)
    if a.shape[1] != A.shape[1]:
        raise ValueError(f"a has {a.shape[1]} columns but A has {A.shape[1]}")
    below = np.sqrt(lam) * np.eye(A.shape[1])[1:]
    return a @ np.linalg.pinv(np.vstack([A, below]))[:, : len(A)]


# ------------------------------------------------------------------------------------------------ bias and variance
def bias_variance(predictions, truth) -> tuple[float, float]:
    """Return (bias², variance), means over points, of repeated fits: predictions (R, M), truth (M,); R repeats, M points.

    Their sum is the mean of (prediction − truth)². Equation: eq-bias-variance
    """
    predictions = validate.matrix(predictions, "predictions", within=validate.BELOW)
    truth = validate.vector(truth, "truth", predictions.shape[1], "columns of predictions")
    mean = predictions.mean(axis=0)
    return float(np.mean((mean - truth) ** 2)), float(np.mean((predictions - mean) ** 2))


def linear_bias_variance(M, f, truth, sigma: float) -> tuple[np.ndarray, np.ndarray]:
    """Return (bias², variance), each (K,), of the predictions My when y = f + noise: no simulation needed.

    M : (K, N), predictions at K points from N targets;  f : (N,), the truth at the samples;  truth : (K,), at the points
    Equation: eq-linear-bias-variance
    """
    M = validate.matrix(M, "M", within=validate.BELOW)
    f = validate.vector(f, "f", M.shape[1], "columns of M")
    truth = validate.vector(truth, "truth", M.shape[0], "rows of M")
    sigma = validate.number(sigma, "sigma", low=0)
    return (M @ f - truth) ** 2, sigma**2 * np.sum(M**2, axis=1)


# ------------------------------------------------------------------------------------------------- cross-validation
def folds(N: int, K: int, seed: int | None = 0) -> list[np.ndarray]:
    """Return K disjoint arrays of indices that together are 0 … N − 1, sizes differing by at most 1; shuffled unless seed is None."""
    N, K = validate.whole(N, "N", low=2), validate.whole(K, "K", low=2)
    if K > N:
        raise ValueError(f"{N} samples cannot be cut into {K} folds")
    rng = None if seed is None else np.random.default_rng(validate.whole(seed, "seed", low=0))
    order = np.arange(N) if rng is None else rng.permutation(N)
    return np.array_split(order, K)


def cross_validation_errors(fit: Callable, A, y, parts: list[np.ndarray]) -> np.ndarray:
    """Return the errors ŷ − y (N,), each sample predicted by a fit that has not seen its part.

    fit(A, y) takes the rows of the other parts and returns coefficients w (D,), or a function of A that predicts.
    parts : disjoint index arrays that cover all N samples, as from `folds`
    """
    A, y = validate.system(A, y, ("A", "y"), within=validate.ANY)
    if not isinstance(parts, (list, tuple)):
        raise TypeError(f"parts must be a list of index arrays, as from `folds`, but is {type(parts).__name__}")
    parts = [validate.indices(part, "each part", 1, len(y), "samples") for part in parts]
    if len(parts) < 2 or sorted(np.concatenate(parts).tolist()) != list(range(len(y))):
        raise ValueError(f"the parts must hold each of the {len(y)} samples exactly once")
    errors = np.empty(len(y))
    for part in parts:
        rest = np.setdiff1d(np.arange(len(y)), part)
        found = fit(A[rest], y[rest])
        predicted = found(A[part]) if callable(found) else validate.product(A[part], found, ("A", "w"))[1]
        errors[part] = (
            validate.vector(predicted, "what fit predicts", len(part), "samples", within=validate.ANY) - y[part]
        )
    return errors


def _singular_values(A: np.ndarray) -> np.ndarray:
    s = np.linalg.svd(A, compute_uv=False)
    if len(A) < A.shape[1] or s[-1] <= max(A.shape) * np.finfo(float).eps * s[0]:
        raise ValueError(f"A has not full column rank: its singular values run from {s[0]:.3g} to {s[-1]:.3g}")
    return s


def _sizes(N: int, D: int) -> tuple[int, int]:
    N = validate.whole(N, "N", low=1)
    return N, validate.whole(D, "D", low=0, high=N)
