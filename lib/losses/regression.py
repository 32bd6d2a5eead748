"""Losses for regression, their gradients for the linear model, and the coefficients that minimise them.

Predictions are ŷ (N,), targets y (N,), errors e = ŷ − y. The linear model predicts ŷ = Aw with A (N, D). Where a loss
has a kink its gradient is a subgradient: the element that sign(0) = 0 gives.
"""

from __future__ import annotations

import numpy as np
import scipy.optimize
import scipy.sparse

from lib.book import validate
from lib.book.validate import ANY


# ---------------------------------------------------------------------------------------------------------- losses
def mse(y_hat, y) -> float:
    """Return the mean squared error, in the square of y's unit.

    Equation: eq-mse
    """
    return float(np.mean(_errors(y_hat, y) ** 2))


def rmse(y_hat, y) -> float:
    """Return the root of the mean squared error, in y's unit.

    Equation: eq-rmse
    """
    return _root_mean_square(_errors(y_hat, y))


def mae(y_hat, y) -> float:
    """Return the mean absolute error, in y's unit.

    Equation: eq-mae
    """
    return float(np.mean(np.abs(_errors(y_hat, y))))


def mape(y_hat, y) -> float:
    """Return the mean absolute percentage error as a share (0.1 is 10 %); raise ValueError where a target is 0.

    Equation: eq-mape
    """
    with np.errstate(over="ignore"):
        return float(validate.result(np.mean(np.abs(_errors(y_hat, y)) / _sizes(y)), "the loss"))


def huber(y_hat, y, delta: float = 1.0) -> float:
    """Return the mean Huber loss: e²/2 up to |e| = delta, a straight line beyond. delta > 0 has y's unit.

    Equation: eq-huber. Source: Huber (1964).
    """
    delta = validate.number(delta, "delta", low=0, open_low=True)
    size = np.abs(_errors(y_hat, y))
    return float(np.mean(np.where(size <= delta, size**2 / 2, delta * (size - delta / 2))))


def pinball(y_hat, y, tau: float = 0.5) -> float:
    """Return the mean pinball (quantile) loss: tau for each unit too low, 1 − tau for each unit too high; 0 < tau < 1.

    Equation: eq-pinball. Source: Koenker & Bassett (1978).
    """
    e = _errors(y_hat, y)
    return float(np.mean(np.where(e < 0, -_share(tau) * e, (1 - _share(tau)) * e)))


# ------------------------------------------------------------------------------- gradients for the linear model Aw
def mse_gradient(A, w, y) -> np.ndarray:
    """Return ∇MSE (D,) = (2/N) Aᵀ(Aw − y).

    Equation: eq-mse-gradient
    """
    A, e = _linear(A, w, y)
    return A.T @ (2 / len(e) * e)  # not 2 * A.T, a second copy of A


def rmse_gradient(A, w, y) -> np.ndarray:
    """Return ∇RMSE (D,) = Aᵀe / (N · RMSE): the direction of ∇MSE. At a perfect fit, a kink, it is 0, a subgradient.

    Equation: eq-rmse-gradient
    """
    A, e = _linear(A, w, y)
    root = _root_mean_square(e)
    return A.T @ e / (len(e) * root) if root else np.zeros(A.shape[1])


def mae_gradient(A, w, y) -> np.ndarray:
    """Return the subgradient (D,) of MAE, (1/N) Aᵀ sign(Aw − y), with sign(0) = 0.

    Equation: eq-mae-gradient
    """
    A, e = _linear(A, w, y)
    return A.T @ np.sign(e) / len(e)


def mape_gradient(A, w, y) -> np.ndarray:
    """Return the subgradient (D,) of MAPE, (1/N) Aᵀ (sign(e)/|y|); raise ValueError where a target is 0.

    Equation: eq-mape-gradient
    """
    A, e = _linear(A, w, y)
    return A.T @ (np.sign(e) / _sizes(y)) / len(e)


def huber_gradient(A, w, y, delta: float = 1.0) -> np.ndarray:
    """Return the gradient (D,) of the mean Huber loss: (1/N) Aᵀ clip(e, −delta, delta).

    Equation: eq-huber-gradient
    """
    A, e = _linear(A, w, y)
    delta = validate.number(delta, "delta", low=0, open_low=True)
    return A.T @ np.clip(e, -delta, delta) / len(e)


def pinball_gradient(A, w, y, tau: float = 0.5) -> np.ndarray:
    """Return a subgradient (D,) of the mean pinball loss: (1/N) Aᵀ s, s = −tau below the target, 1 − tau above, 0 on it.

    Equation: eq-pinball-gradient
    """
    A, e = _linear(A, w, y)
    return A.T @ np.select([e < 0, e > 0], [-_share(tau), 1 - _share(tau)], 0.0) / len(e)


# What leaves the range of floats is refused around them, so that they stay as one writes them.
mse_gradient, rmse_gradient, mae_gradient = map(validate.finite_answer, (mse_gradient, rmse_gradient, mae_gradient))
mape_gradient, huber_gradient = map(validate.finite_answer, (mape_gradient, huber_gradient))
pinball_gradient = validate.finite_answer(pinball_gradient)


# ------------------------------------------------------------------------------------------------------ minimisers
def fit_mse(A, y) -> np.ndarray:
    """Return the w (D,) that minimises MSE, and RMSE with it: the least-squares answer, the shortest where there are many."""
    A, y = validate.system(A, y, ("A", "y"))
    return np.linalg.lstsq(A, y, rcond=None)[0]


def fit_mae(A, y) -> np.ndarray:
    """Return a w (D,) that minimises MAE: median regression, a linear program."""
    A, y = validate.system(A, y, ("A", "y"))
    return _linear_program(A, y, np.full(len(y), 0.5), np.full(len(y), 0.5))


def fit_mape(A, y) -> np.ndarray:
    """Return a w (D,) that minimises MAPE: median regression with the weights 1/|y|; ValueError where a target is 0."""
    A, y = validate.system(A, y, ("A", "y"))
    sizes = _sizes(y)
    return _linear_program(A / sizes[:, None], y / sizes, np.ones(len(y)), np.ones(len(y)))


def fit_pinball(A, y, tau: float = 0.5) -> np.ndarray:
    """Return a w (D,) that minimises the pinball loss: the share tau of the targets lies below the fit, as near as can be.

    Source: Koenker & Bassett (1978).
    """
    A, y = validate.system(A, y, ("A", "y"))
    return _linear_program(A, y, np.full(len(y), _share(tau)), np.full(len(y), 1 - _share(tau)))


def fit_huber(A, y, delta: float = 1.0, tol: float = 1e-12, max_iterations: int | None = None) -> np.ndarray:
    """Return the w (D,) that minimises the Huber loss, by least squares with weights min(1, delta/|e|), repeated.

    Each step minimises a parabola that lies above the loss and touches it at w, so the loss never grows. It stops where
    w moves by less than tol of its length, or after max_iterations steps if a number is given. Where the steps stay short
    for long, one solve for the errors' present places (inside, above, below) ends the search.
    Raises ValueError where, no number given, even 2000 steps were not enough.
    Equation: eq-huber-weights.
    """
    A, y = validate.system(A, y, ("A", "y"))
    delta, tol = validate.number(delta, "delta", low=0, open_low=True), validate.number(tol, "tol", low=0)
    limit = 2000 if max_iterations is None else validate.whole(max_iterations, "max_iterations", low=1)
    w = fit_mse(A, y)
    for step in range(1, limit + 1):
        root = np.sqrt(huber_weights(A @ w - y, delta))
        before, w = w, np.linalg.lstsq(root[:, None] * A, root * y, rcond=None)[0]
        if np.linalg.norm(w - before) <= tol * np.linalg.norm(w):
            return w
        if step % 50 == 0 and (exact := _huber_solve(A, y, delta, w)) is not None:
            return exact
    if max_iterations is None:
        raise ValueError(
            f"{limit} steps were not enough for delta = {delta:g}: take a larger delta, or scale the columns of A"
        )
    return w


def _huber_solve(A, y, delta: float, w) -> np.ndarray | None:
    """Return the minimiser where w has its errors in their places, else None: the Huber loss is then a parabola."""
    e = A @ w - y
    inside = np.abs(e) <= delta
    size = np.abs(A).max(axis=0)
    B = A / np.where(size > 0, size, 1.0)
    pull = B[inside].T @ y[inside] - delta * B[~inside].T @ np.sign(e[~inside])
    exact = np.linalg.lstsq(B[inside].T @ B[inside], pull, rcond=None)[0] / np.where(size > 0, size, 1.0)
    slope = B.T @ np.clip(A @ exact - y, -delta, delta)
    return exact if np.abs(slope).max() <= 1e-12 * len(y) * min(delta, np.abs(e).max()) else None


def huber_weights(e, delta: float = 1.0) -> np.ndarray:
    """Return the weights (N,) = min(1, delta/|e|) of errors e (N,): 1 inside, less the farther out.

    Equation: eq-huber-weights
    """
    size, delta = np.abs(validate.vector(e, "e")), validate.number(delta, "delta", low=0, open_low=True)
    return np.minimum(1.0, delta / np.maximum(size, delta))


def _linear_program(A, y, too_low, too_high) -> np.ndarray:
    """Minimise Σ too_lowᵢ·uᵢ + too_highᵢ·vᵢ over w and u, v ≥ 0 with Aw + u − v = y: the errors' two signs apart.

    The program is solved in units in which targets and columns reach 1, since the solver's tolerances are absolute.
    """
    n, d = A.shape
    size, unit = np.abs(A).max(axis=0), np.abs(y).max() or 1.0
    size = np.where(size > 0, size, 1.0)
    eye = scipy.sparse.eye_array(n)
    found = scipy.optimize.linprog(
        np.concatenate([np.zeros(d), too_low, too_high]),
        A_eq=scipy.sparse.hstack([scipy.sparse.csr_array(A / size), eye, -eye]),
        b_eq=y / unit,
        bounds=[(None, None)] * d + [(0, None)] * (2 * n),
        method="highs",
        options={"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10},
    )
    if not found.success:
        raise ValueError(f"no minimiser was found: {found.message}")
    return found.x[:d] / size * unit


# --------------------------------------------------------------------------------------------------------- helpers
def _errors(y_hat, y) -> np.ndarray:
    y = validate.vector(y, "y", within=ANY)
    y_hat = validate.vector(y_hat, "y_hat", len(y), "targets in y", within=ANY)
    with np.errstate(over="ignore"):
        return _squarable(y_hat - y)


def _linear(A, w, y) -> tuple[np.ndarray, np.ndarray]:
    A, y = validate.system(A, y, ("A", "y"), finite=False, within=ANY)
    A, y_hat = validate.product(A, w)
    with np.errstate(over="ignore"):
        return A, _squarable(y_hat - y)


def _root_mean_square(e: np.ndarray) -> float:
    """Return √(mean e²), also of errors whose squares are too small for a float."""
    size = float(np.abs(e).max())
    size = size if 0 < size < 1e-100 else 1.0
    return float(size * np.sqrt(np.mean((e / size) ** 2)))


def _squarable(e: np.ndarray) -> np.ndarray:
    largest = float(np.abs(e).max())
    if not largest <= 1e150:
        raise ValueError(f"the largest error is {largest:.3g}: its square leaves the range of floats; rescale y")
    return e


def _sizes(y) -> np.ndarray:
    sizes = np.abs(validate.vector(y, "y", within=ANY))
    if not sizes.all():
        at = int(np.argmin(sizes))
        raise ValueError(f"a percentage of zero has no meaning: target {at} is 0; leave it out or use another loss")
    return sizes


def _share(tau) -> float:
    tau = validate.number(tau, "tau", low=0, high=1, open_low=True)
    if tau == 1:
        raise ValueError("tau must be less than 1, but is 1: then nothing is too low")
    return tau
