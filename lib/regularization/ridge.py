"""Ridge regression: least squares that pays for long coefficients, min ‖Aw − y‖² + λ‖w‖², with λ > 0.

One problem, several faces: a shifted linear system, more rows, a smaller system where N < D, and the SVD, from which all
λ, all degrees of freedom and all leave-one-out errors follow at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from lib.book import validate


def ridge(A, y, lam: float) -> np.ndarray:
    """Return the ridge coefficients w (D,) for A (N, D), y (N,) and lam > 0, by one Cholesky factorization.

    The system has the size of the smaller side: (AᵀA + λI)w = Aᵀy where D ≤ N, else w = Aᵀ(AAᵀ + λI)⁻¹y.
    Every column is penalised: for an intercept see `ridge_with_intercept`.
    Equation: eq-ridge-solution, eq-ridge-dual. Source: Hoerl & Kennard (1970).
    """
    lam = validate.number(lam, "lam", low=0, open_low=True)
    A, y = validate.system(A, y, ("A", "y"), finite=False)
    wide = A.shape[1] > len(A)
    with np.errstate(over="ignore", invalid="ignore"):
        G, c = (A @ A.T, y) if wide else (A.T @ A, A.T @ y)
    solved = _shifted_solve(G, c, lam, A, y)
    return A.T @ solved if wide else solved


def ridge_by_equations(A, y, lam: float) -> np.ndarray:
    """Return the ridge coefficients w (D,) as the formulas have them: `ridge`, to be read.

    Equation: eq-ridge-solution, eq-ridge-dual
    """
    A, y, lam = _problem(A, y, lam)
    N, D = A.shape
    if N < D:
        return A.T @ np.linalg.solve(A @ A.T + lam * np.eye(N), y)
    return np.linalg.solve(A.T @ A + lam * np.eye(D), A.T @ y)


def ridge_by_rows(A, y, lam: float) -> np.ndarray:
    """Return the ridge coefficients w (D,) by least squares with D more rows: √λ I below A, zeros below y.

    AᵀA is never formed: as accurate as a least-squares solver gets. Equation: eq-ridge-augmented
    """
    A, y = validate.system(A, y, ("A", "y"))
    lam = validate.number(lam, "lam", low=0, open_low=True)
    D = A.shape[1]
    return np.linalg.lstsq(np.vstack([A, np.sqrt(lam) * np.eye(D)]), np.append(y, np.zeros(D)), rcond=None)[0]


def ridge_with_intercept(A, y, lam: float) -> tuple[np.ndarray, float]:
    """Return (w, w0) that minimise ‖Aw + w0 − y‖² + λ‖w‖²: the intercept is free. A : (N, D) without a column of ones.

    Centre, fit, and let the intercept carry the means. Equation: eq-ridge-intercept
    """
    lam = validate.number(lam, "lam", low=0, open_low=True)
    A, y = validate.system(A, y, ("A", "y"), finite=False)
    N, D = A.shape
    with np.errstate(over="ignore", invalid="ignore"):
        means, mean = A.mean(axis=0), y.mean()
    if not (np.isfinite(means).all() and np.isfinite(mean)):
        validate.system(A, y, ("A", "y"))
        raise ValueError("the entries of A or y are too large to average")
    if D > N:
        w = ridge(A - means, y - mean, lam)
    else:
        G, c = np.zeros((D, D)), np.zeros(D)
        for start in range(0, N, 2048):  # blocks of rows are centred while they are in the cache: A is never copied
            block = A[start : start + 2048] - means
            with np.errstate(over="ignore", invalid="ignore"):
                G += block.T @ block
                c += (y[start : start + 2048] - mean) @ block
        w = _shifted_solve(G, c, lam, A, y)
    return w, float(mean - means @ w)


# ------------------------------------------------------------------------------------------------------ the SVD view
def shrinkage(s, lam: float) -> np.ndarray:
    """Return σᵢ²/(σᵢ² + λ) for the singular values s (D,): the share of each direction that ridge keeps; lam ≥ 0.

    Equation: eq-shrinkage
    """
    s, lam = validate.vector(s, "s", within=validate.SAFE), validate.number(lam, "lam", low=0)
    if (s < 0).any():
        raise ValueError(f"singular values are not negative, but s holds {s.min():g}")
    if lam == 0:
        return (s > 0).astype(float)  # also where s² is too small for a float
    return s**2 / (s**2 + lam)


def effective_degrees(A, lam: float) -> float:
    """Return Σ σᵢ²/(σᵢ² + λ), the trace of the matrix that takes y to ŷ: how many coefficients are really used; lam ≥ 0.

    Equation: eq-effective-degrees
    """
    return float(shrinkage(np.linalg.svd(validate.matrix(A), compute_uv=False), lam).sum())


def ridge_condition(A, lam: float) -> float:
    """Return κ(AᵀA + λI) = (σ₁² + λ)/(σ_D² + λ), with σ_D = 0 where A has more columns than rows; lam > 0.

    Equation: eq-ridge-condition
    """
    A, lam = validate.matrix(A), validate.number(lam, "lam", low=0, open_low=True)
    s = np.linalg.svd(A, compute_uv=False)
    least = s[-1] if len(A) >= A.shape[1] else 0.0
    return float((s[0] ** 2 + lam) / (least**2 + lam))


def ridge_risk(s, alpha, sigma: float, lam: float) -> tuple[float, float]:
    """Return (bias², variance) of the ridge coefficients, whose sum is E‖ŵ − w‖².

    s : (D,) singular values of A, positive;  alpha : (D,) the true w in the directions vᵢ;  sigma : noise;  lam ≥ 0
    Equation: eq-ridge-risk
    """
    s = validate.vector(s, "s", within=validate.SAFE)
    alpha = validate.vector(alpha, "alpha", len(s), "singular values")
    sigma, lam = validate.number(sigma, "sigma", low=0), validate.number(lam, "lam", low=0)
    if (s < validate.SMALLEST).any():
        raise ValueError(
            f"the singular values must be positive, at least {validate.SMALLEST:g}, but s holds {s.min():g}"
        )
    return float(np.sum((lam * alpha / (s**2 + lam)) ** 2)), float(sigma**2 * np.sum((s / (s**2 + lam)) ** 2))


@dataclass(frozen=True)
class RidgePath:
    """Ridge for many λ: a row or an entry for each.

    lams (L,)   W (L, D) coefficients   w0 (L,) intercepts, 0 without one
    degrees (L,) effective degrees of freedom, the intercept counted
    loo (L,) mean squared leave-one-out errors   gcv (L,) their approximation by the mean leverage
    """

    lams: np.ndarray
    W: np.ndarray
    w0: np.ndarray
    degrees: np.ndarray
    loo: np.ndarray
    gcv: np.ndarray

    @property
    def best(self) -> int:
        """The index of the λ with the smallest leave-one-out error."""
        return int(np.argmin(self.loo))


def ridge_path(A, y, lams, intercept: bool = True) -> RidgePath:
    """Return the ridge fits for all `lams` (L,) > 0, with their leave-one-out errors, from one decomposition of A (N, D).

    With `intercept` a free one is fitted; A has no column of ones then.
    Equation: eq-ridge-svd, eq-leave-one-out, eq-gcv
    """
    A, y = validate.system(A, y, ("A", "y"))
    lams = validate.vector(lams, "lams")
    if (lams <= 0).any():
        raise ValueError(f"every lam must be greater than 0, but one is {lams.min():g}")
    N = len(y)
    if intercept and N < 2:
        raise ValueError("a path with an intercept needs at least 2 samples, but there is 1")
    means, mean = (A.mean(axis=0), y.mean()) if intercept else (np.zeros(A.shape[1]), 0.0)
    U, s, Vt = _thin_svd(A - means if intercept else A)
    y_centred = y - mean
    keep = s[:, None] ** 2 / (s[:, None] ** 2 + lams)  # (K, L) shares kept
    uy = U.T @ y_centred
    W = (keep * (uy / s)[:, None]).T @ Vt
    residuals = U @ (keep * uy[:, None])  # (N, L); large arrays are reused from here on
    np.subtract(y_centred[:, None], residuals, out=residuals)
    unseen = np.square(U, out=U) @ keep
    np.subtract(1 - intercept / N, unseen, out=unseen)  # (N, L): 1 − h_ii
    if (unseen <= 0).any():
        raise ValueError(f"lam = {lams.min():g} is too small: a sample is interpolated, and its error divides by 0")
    degrees = intercept + keep.sum(axis=0)
    squares = np.einsum("nl,nl->l", residuals, residuals) / N
    residuals /= unseen
    loo = np.einsum("nl,nl->l", residuals, residuals) / N
    return RidgePath(lams, W, mean - W @ means, degrees, loo, squares / (1 - degrees / N) ** 2)


def ridge_path_by_svd(A, y, lams) -> tuple[np.ndarray, np.ndarray]:
    """Return (W, loo) for `lams` (L,) > 0 as the formulas have them, with a free intercept: `ridge_path`, to be read.

    W : (L, D) coefficients;  loo : (L,) mean squared leave-one-out errors
    Equation: eq-ridge-svd, eq-leave-one-out
    """
    A, y, lams = _path_problem(A, y, lams)
    U, s, Vt = np.linalg.svd(A - A.mean(axis=0), full_matrices=0)
    c = U.T @ (y - y.mean())
    shrunk = s[:, None] / (s[:, None] ** 2 + lams)  # (D, L), in place of 1/s
    W = (shrunk * c[:, None]).T @ Vt  # (L, D)
    keep = s[:, None] * shrunk  # (D, L), the shares kept
    fitted = y.mean() + U @ (keep * c[:, None])  # (N, L)
    leverage = 1 / len(y) + U**2 @ keep  # (N, L), the intercept's and ridge's
    errors = (y[:, None] - fitted) / (1 - leverage)
    return W, np.mean(errors**2, axis=0)


def leave_one_out_errors(A, y, lam: float) -> np.ndarray:
    """Return yᵢ − ŷᵢ⁽⁻ⁱ⁾ (N,): each sample's error under the ridge fit without it, from a single fit. No intercept.

    Equation: eq-leave-one-out
    """
    A, y = validate.system(A, y, ("A", "y"))
    lam = validate.number(lam, "lam", low=0, open_low=True)
    U, s, _ = np.linalg.svd(A, full_matrices=False)
    keep = shrinkage(s, lam)
    unseen = 1 - U**2 @ keep
    if (unseen <= len(y) * np.finfo(float).eps).any():
        raise ValueError(f"lam = {lam:g} is too small: a sample is interpolated, and its error divides by 0")
    return (y - U @ (keep * (U.T @ y))) / unseen


def _problem(A, y, lam: float) -> tuple[np.ndarray, np.ndarray, float]:
    A, y = validate.system(A, y, ("A", "y"))
    return A, y, validate.number(lam, "lam", low=0, open_low=True)


def _path_problem(A, y, lams) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    A, y = validate.system(A, y, ("A", "y"))
    lams = validate.vector(lams, "lams")
    if (lams <= 0).any():
        raise ValueError(f"every lam must be greater than 0, but one is {lams.min():g}")
    if len(y) < 2:
        raise ValueError("a path with an intercept needs at least 2 samples, but there is 1")
    return A, y, lams


def _shifted_solve(G: np.ndarray, c: np.ndarray, lam: float, A: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Solve (G + λI)x = c in place of G. A NaN or an infinity in A shows on G's diagonal, so A need not be read again."""
    diagonal = np.einsum("ii->i", G)  # a view
    if not (np.isfinite(diagonal).all() and np.isfinite(c).all()):
        validate.system(A, y, ("A", "y"))
        raise ValueError("the entries of A or y are too large to square")
    diagonal += lam
    largest = diagonal.max()
    factor, failed = scipy.linalg.lapack.dpotrf(G.T, lower=1, overwrite_a=1, clean=0)
    if failed or factor.diagonal().min() ** 2 <= 4 * len(G) * np.finfo(float).eps * largest:
        raise ValueError(f"lam = {lam:g} is lost in the rounding of AᵀA: use ridge_by_rows, or a larger lam")
    return scipy.linalg.lapack.dpotrs(factor, c, lower=1)[0]


def _thin_svd(A: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return U, s, Vᵀ without directions of σ = 0: from AᵀA where that loses nothing, else from the SVD itself."""
    if len(A) > 2 * A.shape[1]:
        squares, V = np.linalg.eigh(A.T @ A)
        if squares[0] > 1e-8 * squares[-1]:  # κ(A) < 10⁴: eight digits of every singular value remain
            s = np.sqrt(squares)
            return A @ (V / s), s, V.T
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    some = s > max(A.shape) * np.finfo(float).eps * s[0]
    return U[:, some], s[some], Vt[some]
