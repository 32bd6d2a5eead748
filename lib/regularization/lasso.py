"""The lasso and the elastic net: min ½‖Aw − y‖² + λ‖w‖₁ + ½ λ₂‖w‖², where many coefficients are exactly 0.

scikit-learn divides the first term by N: its alpha is λ/N. No intercept: centre A and y first. `lam2` is the elastic
net's λ₂; 0, the default, is the lasso.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.linalg

from lib.book import validate

ROUNDS = 40  # working sets tried before giving up; a handful is usual


# ------------------------------------------------------------------------------------------------- the small pieces
def soft_threshold(z, lam: float) -> np.ndarray:
    """Return sign(z)·max(|z| − λ, 0) entry by entry, z of any shape: the minimiser of ½(w − z)² + λ|w|; lam ≥ 0.

    Equation: eq-soft-threshold
    """
    z = validate.array(z, "z", allow_empty=True, within=validate.ANY)
    lam = validate.number(lam, "lam", low=0, within=validate.ANY)
    return _soft(z, lam)


def lambda_max(A, y) -> float:
    """Return ‖Aᵀy‖_∞, the smallest λ for which all coefficients are 0.

    Equation: eq-lambda-max
    """
    A, y = validate.system(A, y, ("A", "y"))
    return float(np.abs(A.T @ y).max())


def lasso_orthonormal(A, y, lam: float) -> np.ndarray:
    """Return the lasso's coefficients (D,) where AᵀA = I: the soft threshold of Aᵀy. Raises ValueError for other A.

    Equation: eq-lasso-orthonormal
    """
    A, y = validate.system(A, y, ("A", "y"))
    if not np.allclose(A.T @ A, np.eye(A.shape[1]), atol=1e-10):
        raise ValueError("the columns of A are not orthonormal: there is no closed form, use lasso()")
    return soft_threshold(A.T @ y, lam)


def objective(A, y, w, lam: float, lam2: float = 0.0) -> float:
    """Return ½‖Aw − y‖² + λ‖w‖₁ + ½ λ₂‖w‖².

    Equation: eq-lasso, eq-elastic-net
    """
    A, y, lam, lam2 = _problem(A, y, lam, lam2)
    w = validate.vector(w, "w", A.shape[1], "columns of A")
    return float(0.5 * np.sum((A @ w - y) ** 2) + lam * np.abs(w).sum() + 0.5 * lam2 * (w @ w))


def duality_gap(A, y, w, lam: float, lam2: float = 0.0) -> float:
    """Return the gap between the objective at w (D,) and a lower bound on its minimum: w is at most so far from optimal.

    Equation: eq-duality-gap
    """
    A, y, lam, lam2 = _problem(A, y, lam, lam2)
    w = validate.vector(w, "w", A.shape[1], "columns of A")
    r = y - A @ w
    return _gap(y, w, r, A.T @ r - lam2 * w, lam, lam2)


def optimality(A, y, w, lam: float, lam2: float = 0.0) -> float:
    """Return the distance of the subgradients at w (D,) from 0, in the largest entry: 0 exactly at the minimum.

    Equation: eq-lasso-optimality
    """
    A, y, lam, lam2 = _problem(A, y, lam, lam2)
    w = validate.vector(w, "w", A.shape[1], "columns of A")
    slope = A.T @ (y - A @ w) - lam2 * w
    off = np.where(w != 0, np.abs(slope - lam * np.sign(w)), np.maximum(np.abs(slope) - lam, 0))
    return float(off.max())


# ---------------------------------------------------------------------------------------- three solvers, to be watched
@dataclass(frozen=True)
class Descent:
    """A solver's answer w (D,) and the duality gap before the first pass and after each."""

    w: np.ndarray
    gaps: np.ndarray

    @property
    def passes(self) -> int:
        return len(self.gaps) - 1


def coordinate_descent(A, y, lam: float, lam2: float = 0.0, tol: float = 1e-10, passes: int = 1000) -> Descent:
    """Minimise over one coefficient after the other, until the gap is at most tol·½‖y‖² or the passes are used up.

    Equation: eq-coordinate-step
    """
    A, y, lam, lam2 = _problem(A, y, lam, lam2)
    goal, passes = _goal(y, tol), validate.whole(passes, "passes", low=1)
    w, r = np.zeros(A.shape[1]), y.copy()
    squares, columns = np.sum(A**2, axis=0), np.ascontiguousarray(A.T)
    gaps = [_gap(y, w, r, columns @ r, lam, lam2)]
    while gaps[-1] > goal and len(gaps) <= passes:
        for j in np.flatnonzero(squares):
            old, column = w[j], columns[j]
            pull = column @ r + squares[j] * old  # what column j would explain alone
            w[j] = _soft(pull, lam) / (squares[j] + lam2)
            if w[j] != old:
                r += (old - w[j]) * column
        gaps.append(_gap(y, w, r, columns @ r - lam2 * w, lam, lam2))
    return Descent(w, np.array(gaps))


def proximal_gradient(
    A, y, lam: float, lam2: float = 0.0, tol: float = 1e-10, passes: int = 1000, momentum: bool = True
) -> Descent:
    """Step down the smooth part, then soft-threshold: ISTA, or FISTA with `momentum` (restarted where it overshoots).

    Equation: eq-proximal-step, eq-fista. Sources: Beck & Teboulle (2009), O'Donoghue & Candès (2015).
    """
    A, y, lam, lam2 = _problem(A, y, lam, lam2)
    goal, passes = _goal(y, tol), validate.whole(passes, "passes", low=1)
    L = np.linalg.norm(A, 2) ** 2 + lam2  # the steepest curvature
    w = z = np.zeros(A.shape[1])
    t, r = 1.0, y
    gaps = [_gap(y, w, r, A.T @ r, lam, lam2)]
    while gaps[-1] > goal and len(gaps) <= passes:
        slope = A.T @ (A @ z - y) + lam2 * z
        new = _soft(z - slope / L, lam / L)
        if momentum and (z - new) @ (new - w) > 0:
            t = 1.0  # running uphill: forget the momentum
        t_next = (1 + np.sqrt(1 + 4 * t * t)) / 2
        z = new + (t - 1) / t_next * (new - w) if momentum else new
        w, t = new, t_next
        r = y - A @ w
        gaps.append(_gap(y, w, r, A.T @ r - lam2 * w, lam, lam2))
    return Descent(w, np.array(gaps))


# -------------------------------------------------------------------------------------------------- the fast solver
def lasso(A, y, lam: float, lam2: float = 0.0, tol: float = 1e-10, start=None) -> np.ndarray:
    """Return the coefficients w (D,), with a duality gap of at most tol·½‖y‖² (usually far less), for lam > 0.

    Works on the few columns that matter: a small working set, solved exactly, is enlarged until the gap over all
    columns is closed. `start` (D,) is a first guess, such as the answer for a neighbouring λ.
    Where columns are so alike, and lam so small, that rounding hides the gap, it is closed as far as it can be seen.
    Raises RuntimeError where not even that succeeds. Equation: eq-lasso, eq-elastic-net, eq-support-solve
    """
    A, y, lam, lam2 = _problem(A, y, lam, lam2)
    goal = _goal(y, tol)
    w = np.zeros(A.shape[1]) if start is None else validate.vector(start, "start", A.shape[1], "columns of A").copy()
    return _working_sets(A, y, lam, lam2, goal, w)


def lasso_path(A, y, lams, lam2: float = 0.0, tol: float = 1e-10) -> np.ndarray:
    """Return the coefficients (L, D) for each of `lams` (L,), > 0; each answer starts the search for the next.

    Fastest for falling lams. Raises as `lasso` does.
    """
    lams = validate.vector(lams, "lams")
    if (lams <= 0).any():
        raise ValueError(f"every lam must be greater than 0, but one is {lams.min():g}")
    validate.number(lams.min(), "the smallest of lams", within=validate.SAFE)
    A, y, _, lam2 = _problem(A, y, lams[0], lam2)
    goal, w, rows = _goal(y, tol), np.zeros(A.shape[1]), []
    for lam in lams:
        w = _working_sets(A, y, float(lam), lam2, goal, w)
        rows.append(w)
    return np.array(rows)


def _working_sets(A, y, lam: float, lam2: float, goal: float, w: np.ndarray) -> np.ndarray:
    D, size, hard = A.shape[1], 64, False
    outside = np.ones(D, dtype=bool)
    r = y - A @ w if w.any() else y
    for tried in range(ROUNDS):
        pull = A.T @ r - lam2 * w
        gap = _gap(y, w, r, pull, lam, lam2)
        if gap <= goal or (hard and gap <= goal + _gap_rounding(A, w, r @ y, lam)):
            return w
        support = np.flatnonzero(w)
        # Nothing outside the last set is wanted, and still there is a gap: the rounding of AᵀA is in the way.
        hard = hard or (tried > 0 and not (outside & (np.abs(pull) > lam)).any())
        size = min(D, max(size, 2 * len(support)))
        score = np.abs(pull)
        score[support] = np.inf  # what is in use stays
        J = np.sort(np.argpartition(-score, size - 1)[:size]) if size < D else np.arange(D)
        AJ = A[:, J] if size < D else A
        G = AJ.T @ AJ
        G[np.diag_indices(size)] += lam2
        inner = None if hard else _small_lasso(G, AJ.T @ y, lam, w[J])
        if inner is None:
            inner = _sign_search(AJ, y, G, lam, lam2)
        w = np.zeros(D)
        w[J] = inner
        outside[:] = True
        outside[J] = False
        r = y - AJ @ inner
        if np.count_nonzero(score > lam) > size:
            size *= 2
    raise RuntimeError(
        f"the lasso's duality gap did not close in {ROUNDS} rounds (lam = {lam:g}, A of shape {A.shape})"
    )


def _small_lasso(G: np.ndarray, c: np.ndarray, lam: float, w: np.ndarray, steps: int = 300) -> np.ndarray | None:
    """Minimise ½wᵀGw − cᵀw + λ‖w‖₁: FISTA guesses which coefficients are not 0 and their signs, one solve does the rest.

    Returns None where columns are too alike for FISTA to decide.
    """
    L = _largest_eigenvalue(G)
    if L == 0:
        return np.zeros(len(c))
    z, t = w, 1.0
    for step in range(1, steps + 1):
        new = _soft(z - (G @ z - c) / L, lam / L)
        if (z - new) @ (new - w) > 0:
            z, t = w.copy(), 1.0
            continue
        t_next = (1 + np.sqrt(1 + 4 * t * t)) / 2
        z = new + (t - 1) / t_next * (new - w)
        w, t = new, t_next
        if step % 10 == 0 and (exact := _support_solve(G, c, lam, w)) is not None:
            return exact
    return None


def _sign_search(A, y, G: np.ndarray, lam: float, lam2: float) -> np.ndarray:
    """Minimise ½‖Aw − y‖² + λ‖w‖₁ + ½λ₂‖w‖² by an active set: slow and sure, also where columns are nearly dependent.

    G = AᵀA + λ₂I only gives directions; slopes come from A itself, so that rounding in G does no harm.
    Source: Lee, Battle, Raina & Ng (2006), feature-sign search.
    """
    w = signs = np.zeros(A.shape[1])
    settled = False  # Newton's step no longer changes w
    for _ in range(10 * len(w) + 50):
        S = np.flatnonzero(signs)
        slope = A.T @ (y - A @ w) - lam2 * w
        slack = 1e-9 * lam + 4 * np.finfo(float).eps * G.diagonal().max() * np.abs(w).sum()  # the rounding of slope
        if len(S) == 0 or settled or np.abs(slope[S] - lam * signs[S]).max() <= 1e-9 * lam:
            free = np.where(signs == 0, np.abs(slope), 0)
            j = int(np.argmax(free))
            if free[j] <= lam + slack:
                return w
            signs = np.sign(w)
            signs[j] = np.sign(slope[j])
            S = np.flatnonzero(signs)
        GS = G[np.ix_(S, S)]
        step = slope[S] - lam * signs[S]
        for nudge in (0.0, 1e-13, 1e-10, 1e-7):  # dependent columns: a long step along them ends at a zero anyway
            factor, info = scipy.linalg.lapack.dpotrf(GS + nudge * np.trace(GS) * np.eye(len(S)), lower=1)
            if not info:
                step = scipy.linalg.lapack.dpotrs(factor, step, lower=1)[0]
                break
        share, zero = _line_minimum(w[S], step, -step @ (slope[S] - lam * signs[S]), step @ GS @ step, lam)
        settled = share * np.abs(step).max() <= 1e-13 * np.abs(w).max()
        w = w.copy()
        w[S] += share * step
        w[S[zero]] = 0.0
        signs = np.sign(w)
    return w


def _line_minimum(w, step, descent: float, curvature: float, lam: float) -> tuple[float, np.ndarray]:
    """Return how far to go along `step`, and which coefficients are then 0: the cost is a parabola with kinks at the zeros."""
    crossing = np.divide(-w, step, out=np.full(len(w), -1.0), where=step != 0)
    for i in (i for i in np.argsort(crossing) if crossing[i] > 0):
        if descent + curvature * crossing[i] >= 0:
            break
        descent += 2 * lam * abs(step[i])  # beyond its zero, the coefficient grows again
        if descent + curvature * crossing[i] >= 0:
            return crossing[i], np.flatnonzero(crossing == crossing[i])
    return (-descent / curvature if curvature > 0 else 0.0), np.array([], dtype=int)


def _support_solve(G: np.ndarray, c: np.ndarray, lam: float, w: np.ndarray) -> np.ndarray | None:
    """Return the minimiser if w has its support and signs, else None: on the support the problem is a linear system."""
    S = np.flatnonzero(w)
    if len(S) == 0:
        return w if np.abs(c).max() <= lam else None
    signs = np.sign(w[S])
    factor, info = scipy.linalg.lapack.dpotrf(G[np.ix_(S, S)], lower=1)
    if info:
        return None
    exact = scipy.linalg.lapack.dpotrs(factor, c[S] - lam * signs, lower=1)[0]
    slack = 1e-9 * lam + 4 * np.finfo(float).eps * G.diagonal().max() * np.abs(exact).sum()  # the rounding of Gw
    if not (exact * signs > 0).all() or np.abs(c - G[:, S] @ exact).max() > lam + slack:
        return None
    out = np.zeros(len(c))
    out[S] = exact
    return out


def _largest_eigenvalue(G: np.ndarray) -> float:
    """Return a bound on the largest eigenvalue of a symmetric G ≥ 0: exact where G is small, else from power steps."""
    if len(G) <= 80:
        return float(np.linalg.eigvalsh(G)[-1])
    v = np.ones(len(G))
    for _ in range(12):
        v = G @ v
        length = np.linalg.norm(v)
        if length == 0:
            break
        v /= length
    safe = np.abs(G).sum(axis=0).max()
    return float(min(safe, 1.05 * (v @ G @ v))) if v.any() else float(safe)


# ------------------------------------------------------------------------------------------------------------ helpers
def _soft(z, lam: float):
    return np.sign(z) * np.maximum(np.abs(z) - lam, 0)


def _gap(y, w, r, pull, lam: float, lam2: float) -> float:
    """The duality gap at w, with r = y − Aw and pull = Aᵀr − λ₂w: the dual point is the residual, shrunk to be allowed."""
    rr, ww = r @ r, w @ w
    primal = 0.5 * rr + lam * np.abs(w).sum() + 0.5 * lam2 * ww
    largest = np.abs(pull).max()
    share = 1.0 if largest <= lam else lam / largest
    dual = share * (r @ y) - 0.5 * share**2 * (rr + lam2 * ww)
    return float(max(primal - dual, 0.0))


def _gap_rounding(A, w, ry: float, lam: float) -> float:
    """How far rounding in Aᵀr, whose terms may cancel, can raise the computed gap."""
    slack = 64 * np.finfo(float).eps * np.square(A).sum(axis=0).max() * np.abs(w).sum()
    return slack / lam * (abs(ry) + lam * np.abs(w).sum())


def _goal(y: np.ndarray, tol: float) -> float:
    return 0.5 * float(y @ y) * validate.number(tol, "tol", low=0, open_low=True)


def _problem(A, y, lam: float, lam2: float) -> tuple[np.ndarray, np.ndarray, float, float]:
    A, y = validate.system(A, y, ("A", "y"))
    return (
        A,
        y,
        validate.number(lam, "lam", low=0, open_low=True, within=validate.SAFE),
        validate.number(lam2, "lam2", low=0, within=validate.SAFE),
    )
