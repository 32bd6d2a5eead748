"""One-sided Jacobi: columns are rotated in pairs until all are orthogonal; their lengths are the singular values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.unsupervised.svd.decomposition import completed


@dataclass(frozen=True, eq=False)
class Jacobi:
    """What the rotations gave: A = U Σ Vᵀ, thin.

    U : (m, r);  sigma : (r,), falling;  Vt : (r, n), with r = min(m, n)
    cosines : (sweeps,), the largest |cos| between two columns that each sweep met;  the last is below the tolerance where it converged
    """

    U: np.ndarray
    sigma: np.ndarray
    Vt: np.ndarray
    cosines: np.ndarray


def rotation(alpha: float, beta: float, gamma: float) -> tuple[float, float]:
    """Return c and s for which c a − s b and s a + c b are orthogonal, from α = a·a, β = b·b and γ = a·b.

    The angle is at most 45°. Equation: eq-jacobi-angle
    """
    alpha, beta = (validate.number(x, name, low=0.0) for x, name in ((alpha, "alpha"), (beta, "beta")))
    return _rotation(alpha, beta, validate.number(gamma, "gamma"))


def _rotation(alpha: float, beta: float, gamma: float) -> tuple[float, float]:
    if gamma == 0:
        return 1.0, 0.0
    zeta = (beta - alpha) / (2 * gamma)
    t = (1.0 if zeta >= 0 else -1.0) / (abs(zeta) + np.hypot(1.0, zeta))
    c = 1 / np.hypot(1.0, t)
    return float(c), float(c * t)


def orthogonal_columns(A, tol: float = 1e-15, sweeps: int = 30) -> tuple[np.ndarray, np.ndarray, list[float]]:
    """Return W = A V (m, n) with orthogonal columns, the orthogonal V (n, n), and the largest |cos| that each sweep met.

    A pair of columns is left alone where its cosine is at most √m · tol in size, and a sweep that leaves all pairs alone is the last.
    Equation: eq-jacobi-angle. Source: Hestenes (1958).
    """
    W = validate.matrix(A).copy()
    tol = validate.number(tol, "tol", low=1e-16)
    sweeps = validate.whole(sweeps, "sweeps", low=1)
    n = W.shape[1]
    V, met = np.eye(n), []
    for _ in range(sweeps):
        met.append(0.0)
        for i in range(n - 1):
            for j in range(i + 1, n):
                a, b = W[:, i], W[:, j]
                alpha, beta, gamma = a @ a, b @ b, a @ b
                size = np.sqrt(alpha) * np.sqrt(beta)
                cosine = abs(gamma) / size if size else 0.0
                met[-1] = max(met[-1], float(cosine))
                if cosine > np.sqrt(len(W)) * tol:
                    c, s = _rotation(alpha, beta, gamma)
                    turn = np.array([[c, s], [-s, c]])
                    W[:, [i, j]] = W[:, [i, j]] @ turn
                    V[:, [i, j]] = V[:, [i, j]] @ turn
        if met[-1] <= np.sqrt(len(W)) * tol:
            break
    return W, V, met


def jacobi_svd(A, tol: float = 1e-15, sweeps: int = 30) -> Jacobi:
    """Return the thin SVD of any A (m, n) by one-sided Jacobi, a wide A through its transpose.

    Of A = B D with a diagonal D it finds every singular value to a relative error of about eps · κ(B), however small it is. Columns shorter
    than 1e-150 count as zero. Raises ValueError where that many sweeps do not make the columns orthogonal.
    Source: Demmel and Veselić (1992).
    """
    A = validate.matrix(A)
    if A.shape[0] < A.shape[1]:
        turned = jacobi_svd(A.T, tol, sweeps)
        return Jacobi(turned.Vt.T, turned.sigma, turned.U.T, turned.cosines)
    W, V, met = orthogonal_columns(A, tol, sweeps)
    if met[-1] > np.sqrt(len(A)) * tol:
        raise ValueError(f"after {sweeps} sweeps two columns still have the cosine {met[-1]:.3g}: allow more sweeps")
    sigma = np.linalg.norm(W, axis=0)
    order = np.argsort(-sigma, kind="stable")
    W, V, sigma = W[:, order], V[:, order], sigma[order]
    r = int(np.sum(sigma > 1e-150))
    sigma[r:] = 0.0
    U = W[:, :r] / sigma[:r]
    U = completed(U)[:, : W.shape[1]] if r else np.eye(*W.shape)
    return Jacobi(U, sigma, V.T, np.array(met))
