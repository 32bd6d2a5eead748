"""Solvers that improve an answer step by step: Schulz, conjugate gradients and its kin.

Each returns an `Iteration`: the answer, and how it came about. The Krylov methods touch the matrix only by multiplying
vectors with it, so a step costs one or two passes over A.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.book import validate

EPS, TINY = np.finfo(float).eps, np.finfo(float).tiny


@dataclass(frozen=True, eq=False)
class Iteration:
    """What an iteration came to: the answer `x`, how many steps, the residual norm after each, and whether it arrived."""

    x: np.ndarray
    iterations: int
    residuals: tuple[float, ...]
    converged: bool


Watch = Callable[[np.ndarray], None]  # called with x after each step, for those who want to see the way


# ------------------------------------------------------------------------------------------------------- Schulz
def schulz_start(A) -> np.ndarray:
    """Return X₀ = Aᵀ/(‖A‖₁‖A‖∞) (D, N): a start from which Schulz's iteration always converges.

    Equation: eq-schulz-start. Source: Ben-Israel & Greville (2003).
    """
    A = validate.matrix(A)
    if not A.any():
        raise ValueError("A is the zero matrix: its pseudo-inverse is zero, and the iteration has nowhere to start")
    return A.T / (np.linalg.norm(A, 1) * np.linalg.norm(A, np.inf))


def schulz_step(A, X) -> np.ndarray:
    """Return X(2I − AX) (D, N): Newton's step for the inverse, made of two matrix products.

    Equation: eq-schulz. Source: Schulz (1933).
    """
    A, X = validate.matrix(A), validate.matrix(X, "X", within=validate.BELOW)
    if X.shape != A.T.shape:
        raise ValueError(f"X must have the shape {A.T.shape} of Aᵀ, but has shape {X.shape}")
    return 2 * X - (X @ A) @ X


def schulz_inverse(A, tol: float = 1e-10, max_iterations: int = 100) -> Iteration:
    """Return A⁺ for an A (N, D) of full column rank, N ≥ D, as the limit of Schulz's iteration.

    The residual is ‖I − XA‖ (Frobenius), which is squared in every step; it stops at `tol`, or where rounding stops it
    (and has then not converged).
    Equation: eq-schulz
    """
    A = validate.matrix(A)
    if len(A) < A.shape[1]:
        raise ValueError(f"A must have at least as many rows as columns, but has shape {A.shape}; transpose it")
    tol, limit = _settings(tol, max_iterations)
    X, residuals = schulz_start(A), []
    identity = np.eye(A.shape[1])
    for step in range(limit + 1):
        residuals.append(float(np.linalg.norm(identity - X @ A)))
        stalled = step > 0 and residuals[-2] < 0.5 and residuals[-1] > residuals[-2] / 2
        if residuals[-1] <= tol or stalled or step == limit or not np.isfinite(residuals[-1]):
            break
        X = 2 * X - (X @ A) @ X
    return Iteration(X, len(residuals) - 1, tuple(residuals), residuals[-1] <= tol)


def schulz_plain(A: np.ndarray, steps: int) -> np.ndarray:
    """Take `steps` of Schulz's iteration from the safe start: what `schulz_inverse` does, without its care."""
    X = A.T / (np.linalg.norm(A, 1) * np.linalg.norm(A, np.inf))
    for _ in range(steps):
        X = 2 * X - (X @ A) @ X
    return X


def schulz_solve(A, b, tol: float = 1e-10, max_iterations: int = 100) -> Iteration:
    """Return the w (D,) that minimises ‖Aw − b‖ as A⁺b, with A⁺ by Schulz's iteration."""
    A, b = validate.system(A, b)
    found = schulz_inverse(A, tol, max_iterations)
    return Iteration(found.x @ b, found.iterations, found.residuals, found.converged)


# ------------------------------------------------------------------------------------------ conjugate gradients
def conjugate_gradients(A, b, tol: float = 1e-10, max_iterations: int | None = None, watch: Watch | None = None):
    """Solve Ax = b for a symmetric positive definite A (D, D); residuals ‖b − Ax‖, stops at tol · ‖b‖.

    Raises ValueError where a direction p with pᵀAp ≤ 0, up to rounding, shows that A is not positive definite.
    Equation: eq-cg-direction. Source: Hestenes & Stiefel (1952).
    """
    A, b = _symmetric_system(A, b)
    tol, limit = _settings(tol, max_iterations, 10 * len(b))
    x, r = np.zeros(len(b)), b.copy()
    p, rho = r, r @ r
    residuals, size = [np.sqrt(rho)], np.linalg.norm(A)
    while residuals[-1] > tol * residuals[0] and len(residuals) <= limit:
        q = A @ p
        curvature = p @ q
        flat = curvature <= 0.1 * EPS * size * (p @ p)
        if flat and residuals[-1] <= EPS * (residuals[0] + size * np.linalg.norm(x)):  # only rounding is left
            break
        alpha = rho / curvature if curvature > 0 else 0.0
        x = x + alpha * p
        if flat or _beyond(size, x, residuals[0]):
            raise ValueError(
                f"A is not positive definite: pᵀAp = {curvature:.3g} for a direction p; use minres or symmlq"
            )
        r = r - alpha * q
        rho, last = r @ r, rho
        p = r + (rho / last) * p
        residuals.append(np.sqrt(rho))
        _show(watch, x)
    return _iteration(x, residuals, tol, b - A @ x)


def conjugate_gradients_plain(S: np.ndarray, c: np.ndarray, steps: int) -> np.ndarray:
    """Take `steps` of conjugate gradients for Sx = c: what `conjugate_gradients` does, without its care."""
    x, r = np.zeros(len(c)), c
    p = r
    for _ in range(steps):
        alpha = (r @ r) / (p @ S @ p)
        x = x + alpha * p
        r, last = r - alpha * S @ p, r
        beta = (r @ r) / (last @ last)
        p = r + beta * p
    return x


def cgls(A, b, tol: float = 1e-10, max_iterations: int | None = None, watch: Watch | None = None) -> Iteration:
    """Minimise ‖Aw − b‖ by conjugate gradients on the normal equations, which are never formed.

    The residuals are ‖Aᵀ(b − Aw)‖; it stops at tol · ‖Aᵀb‖, or where they are rounding errors: at ½ε ‖A‖ ‖b − Aw‖.
    Equation: eq-cgls. Source: Björck (1996), section 7.4.
    """
    A, b = validate.system(A, b)
    tol, limit = _settings(tol, max_iterations, 10 * A.shape[1])
    w, r = np.zeros(A.shape[1]), b.copy()
    s = A.T @ r
    p, rho = s, s @ s
    residuals, floor = [np.sqrt(rho)], 0.5 * EPS * np.linalg.norm(A)
    while residuals[-1] > tol * residuals[0] and len(residuals) <= limit:
        q = A @ p
        length = q @ q
        if length <= TINY or residuals[-1] <= floor * np.linalg.norm(r):  # nothing is left to gain
            break
        alpha = rho / length
        w = w + alpha * p
        r = r - alpha * q
        s = A.T @ r
        rho, last = s @ s, rho
        p = s + (rho / last) * p
        residuals.append(np.sqrt(rho))
        _show(watch, w)
    return _iteration(w, residuals, tol, A.T @ (b - A @ w))


# ------------------------------------------------------------------------- symmetric systems that are indefinite
def augmented_system(A, b) -> tuple[np.ndarray, np.ndarray]:
    """Return ([[I, A], [Aᵀ, 0]], (b, 0)): its solution is (r, w), the residual and the least-squares coefficients.

    The matrix is (N + D, N + D), symmetric and indefinite.
    Equation: eq-augmented-system
    """
    A, b = validate.system(A, b)
    n, d = A.shape
    return np.block([[np.eye(n), A], [A.T, np.zeros((d, d))]]), np.concatenate([b, np.zeros(d)])


def minres(A, b, tol: float = 1e-10, max_iterations: int | None = None, watch: Watch | None = None) -> Iteration:
    """Solve Ax = b for a symmetric A (D, D), definite or not: each x has the smallest ‖b − Ax‖ in its Krylov space.

    Where A is singular and b outside its range, it ends with the smallest ‖b − Ax‖ there is, and has not converged.
    Equation: eq-minres. Source: Paige & Saunders (1975).
    """
    A, b = _symmetric_system(A, b)
    tol, limit = _settings(tol, max_iterations, 10 * len(b))
    x, phi = np.zeros(len(b)), np.linalg.norm(b)
    residuals = [phi]
    if phi == 0:
        return _iteration(x, residuals, tol)
    v_old, v, beta = np.zeros(len(b)), b / phi, 0.0
    d_old, d = np.zeros(len(b)), np.zeros(len(b))
    c, s, delta_bar, epsilon = -1.0, 0.0, 0.0, 0.0
    size = np.linalg.norm(A)
    while residuals[-1] > tol * residuals[0] and len(residuals) <= limit:
        v_next, alpha, beta_next = _lanczos(A, v_old, v, beta)
        delta = c * delta_bar + s * alpha  # the old rotation, applied to the new column of T
        gamma_bar = s * delta_bar - c * alpha
        epsilon_next, delta_bar = s * beta_next, -c * beta_next
        gamma = np.hypot(gamma_bar, beta_next)  # the new rotation, which clears the entry below the diagonal
        if gamma <= 1e-14 * size:
            break
        c, s = gamma_bar / gamma, beta_next / gamma
        d_old, d = d, (v - delta * d - epsilon * d_old) / gamma
        moved = x + c * phi * d
        if gamma <= 1e-6 * size and np.linalg.norm(b - A @ moved) > np.linalg.norm(b - A @ x):
            break  # A is all but singular: rounding has been divided by almost nothing
        if _beyond(size, moved, residuals[0]):
            break
        x, phi, epsilon = moved, s * phi, epsilon_next
        v_old, v, beta = v, v_next, beta_next
        residuals.append(abs(phi))
        _show(watch, x)
        if beta <= 1e-14 * size:  # the Krylov space grows no more
            break
    return _iteration(x, residuals, tol, b - A @ x)


def symmlq(A, b, tol: float = 1e-10, max_iterations: int | None = None, watch: Watch | None = None) -> Iteration:
    """Solve Ax = b for a symmetric A (D, D), definite or not: each x is nearest to the solution within A · Krylov space.

    The Lanczos matrix T is factored as LQ; x is then a sum of orthogonal directions, so the error ‖x − x*‖ can only
    fall. On arrival, and where the Krylov space grows no more, x is moved to the point of conjugate gradients if that
    leaves the smaller residual.
    Equation: eq-symmlq. Source: Paige & Saunders (1975).
    """
    A, b = _symmetric_system(A, b)
    tol, limit = _settings(tol, max_iterations, 10 * len(b))
    x, beta_one = np.zeros(len(b)), np.linalg.norm(b)
    residuals = [beta_one]
    if beta_one == 0:
        return _iteration(x, residuals, tol)
    v_old, v = np.zeros(len(b)), b / beta_one
    v_next, alpha, beta = _lanczos(A, v_old, v, 0.0)
    w_bar, gamma_bar, right = v, alpha, beta_one  # `right` is what row k of Lz = β₁e₁ still asks for
    delta_bar, epsilon_next, zeta = beta, 0.0, 0.0
    size = np.linalg.norm(A)
    while len(residuals) <= limit:
        complete = beta <= 1e-14 * size  # the Krylov space grows no more
        if abs(gamma_bar) > 1e-14 * size:  # the point of conjugate gradients
            galerkin = x + (right / gamma_bar) * w_bar
            left = np.linalg.norm(b - A @ galerkin)
            fits = left <= tol * beta_one or (complete and left < residuals[-1])
            if fits and not _beyond(size, galerkin, beta_one):
                residuals.append(left)
                _show(watch, galerkin)
                return _iteration(galerkin, residuals, tol)
        if complete:
            break
        gamma = np.hypot(gamma_bar, beta)
        c, s = gamma_bar / gamma, beta / gamma
        zeta, zeta_old = right / gamma, zeta
        moved = x + zeta * (c * w_bar + s * v_next)
        left = np.linalg.norm(b - A @ moved)
        if gamma <= 1e-6 * size and left > beta_one:  # A is all but singular, and b not in its range
            break
        x = moved
        w_bar = s * w_bar - c * v_next
        residuals.append(left)
        _show(watch, x)
        v_old, v, last = v, v_next, beta
        v_next, alpha, beta = _lanczos(A, v_old, v, last)
        delta = c * delta_bar + s * alpha
        gamma_bar = s * delta_bar - c * alpha
        epsilon, epsilon_next, delta_bar = epsilon_next, s * beta, -c * beta
        right = -delta * zeta - epsilon * zeta_old
    return _iteration(x, residuals, tol)


# --------------------------------------------------------------------------------------------------------- LSQR
def bidiagonalise(A, b, steps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (U, B, V) of Golub and Kahan's process started from b: A V = U B with B (k+1, k) lower bidiagonal.

    U (N, k+1) and V (D, k) have orthonormal columns, the first of U is b/‖b‖; k is `steps` or fewer, if it ends early.
    Equation: eq-lsqr-bidiagonal. Source: Golub & Kahan (1965).
    """
    A, b = validate.system(A, b)
    steps = validate.whole(steps, "steps", low=1)
    if not b.any():
        raise ValueError("b is zero: the process has nowhere to start")
    U, V, B = [b / np.linalg.norm(b)], [], np.zeros((steps + 1, steps))
    for k in range(steps):
        v = A.T @ U[k] - (B[k, k - 1] * V[k - 1] if k else 0.0)
        B[k, k] = np.linalg.norm(v)
        if B[k, k] <= 1e-14 * np.linalg.norm(A):
            break
        V.append(v / B[k, k])
        u = A @ V[k] - B[k, k] * U[k]
        B[k + 1, k] = np.linalg.norm(u)
        if B[k + 1, k] <= 1e-14 * np.linalg.norm(A):
            U.append(np.zeros(len(b)))
            break
        U.append(u / B[k + 1, k])
    k = len(V)
    return np.column_stack(U), B[: len(U), :k], np.column_stack(V) if V else np.zeros((A.shape[1], 0))


def lsqr(A, b, tol: float = 1e-10, max_iterations: int | None = None, watch: Watch | None = None) -> Iteration:
    """Minimise ‖Aw − b‖ by bidiagonalisation and one rotation a step; as CGLS on paper, steadier on a computer.

    The residuals are ‖Aᵀ(b − Aw)‖; it stops where `cgls` does. Source: Paige & Saunders (1982).
    """
    A, b = validate.system(A, b)
    tol, limit = _settings(tol, max_iterations, 10 * A.shape[1])
    w, beta = np.zeros(A.shape[1]), np.linalg.norm(b)
    u = b / (beta or 1.0)
    v = A.T @ u
    alpha = np.linalg.norm(v)
    residuals = [alpha * beta]
    if alpha * beta == 0:
        return _iteration(w, [0.0], tol)
    v = v / alpha
    p, phi_bar, rho_bar = v, beta, alpha
    floor = 0.5 * EPS * np.linalg.norm(A)
    while residuals[-1] > tol * residuals[0] and len(residuals) <= limit:
        if residuals[-1] <= floor * abs(phi_bar):  # nothing is left to gain: |φ̄| is ‖b − Aw‖
            break
        u = A @ v - alpha * u
        beta = np.linalg.norm(u)
        u = u / (beta or 1.0)
        v_next = A.T @ u - beta * v
        alpha = np.linalg.norm(v_next)
        v = v_next / (alpha or 1.0)
        rho = np.hypot(rho_bar, beta)
        c, s = rho_bar / rho, beta / rho
        theta, rho_bar = s * alpha, -c * alpha
        w = w + (c * phi_bar / rho) * p
        p = v - (theta / rho) * p
        phi_bar = s * phi_bar
        residuals.append(abs(phi_bar * alpha * c))
        _show(watch, w)
    return _iteration(w, residuals, tol, A.T @ (b - A @ w))


# ------------------------------------------------------------------------------------------------------- helpers
def _lanczos(A, v_old, v, beta) -> tuple[np.ndarray, float, float]:
    """One step of Lanczos' process: the next orthonormal vector, α and β of the tridiagonal matrix."""
    p = A @ v - beta * v_old
    alpha = v @ p
    p = p - alpha * v
    beta_next = np.linalg.norm(p)
    return p / (beta_next or 1.0), float(alpha), float(beta_next)


def _symmetric_system(A, b) -> tuple[np.ndarray, np.ndarray]:
    A = validate.symmetric(A)
    return A, validate.vector(b, "b", len(A), "rows of A", within=validate.SAFE)


def _beyond(size: float, x: np.ndarray, length: float) -> bool:
    """Return whether x is so long that the rounding of Ax alone is a hundredth of b: A is singular, and b not in its range."""
    return bool(EPS * size * np.linalg.norm(x) > 0.01 * length)


def _settings(tol, max_iterations, default: int = 100) -> tuple[float, int]:
    tol = validate.number(tol, "tol", low=0.0)
    limit = default if max_iterations is None else validate.whole(max_iterations, "max_iterations", low=0)
    return tol, limit


def _show(watch: Watch | None, x: np.ndarray) -> None:
    if watch is not None:
        watch(x)


def _iteration(x: np.ndarray, residuals: list, tol: float, left: np.ndarray | None = None) -> Iteration:
    """Return what an iteration came to; the last residual is that of x itself where `left`, its vector, is given.

    What the recurrences carry along falls forever; the truth stops at the rounding of Ax.
    """
    if left is not None:
        residuals[-1] = np.linalg.norm(left)
    arrived = bool(residuals[-1] <= tol * residuals[0])
    return Iteration(x, len(residuals) - 1, tuple(map(float, residuals)), arrived)
