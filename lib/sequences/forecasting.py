"""What comes next in a series of numbers? The forecasts that anything must beat, a linear autoregression, and a recurrent one.

A forecaster is a function of a history (n,) and a horizon h that returns the next h values (h,). It is judged by walking forward: at each
step it is given what was known by then, and nothing of what came later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.least_squares.direct import qr_solve
from lib.sequences import layers
from lib.sequences.cells import CELLS

Forecaster = Callable[[np.ndarray, int], np.ndarray]


def naive(history, h: int) -> np.ndarray:
    """Return h times the last value of a history (n,): tomorrow will be as today."""
    history, h = _history(history, h)
    return np.full(h, history[-1])


def seasonal_naive(history, h: int, period: int) -> np.ndarray:
    """Return the last `period` values of a history (n,), again and again, h values: this year will be as last year. Equation: eq-seasonal-naive"""
    history, h = _history(history, h)
    period = validate.whole(period, "period", low=1)
    if period > len(history):
        raise ValueError(f"the history has {len(history)} values, fewer than the period of {period}")
    return history[len(history) - period + np.arange(h) % period]


def lagged_matrix(y, p: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the design matrix (N − p, p + 1) of a series y (N,) and its targets (N − p,).

    A row is a 1 and the p values before a target, the nearest first. Equation: eq-autoregression
    """
    y, p = validate.vector(y, "y"), validate.whole(p, "p", low=1)
    if len(y) <= p:
        raise ValueError(f"a series of {len(y)} values has no target with {p} values before it")
    lags = [y[p - k : len(y) - k] for k in range(1, p + 1)]
    return np.column_stack([np.ones(len(y) - p), *lags]), y[p:]


@dataclass(frozen=True, eq=False)
class Autoregression:
    """A linear forecast from the last p values: w (p + 1,), the free term first, then the nearest value's coefficient."""

    w: np.ndarray

    def __call__(self, history, h: int) -> np.ndarray:
        """Return the next h values after a history (n,), each forecast taking the place of the value that it forecasts."""
        history, h = _history(history, h)
        p = len(self.w) - 1
        if p > len(history):
            raise ValueError(f"the history has {len(history)} values, fewer than the {p} that the forecast reads")
        known = [*history[-p:]]
        for _ in range(h):
            known.append(self.w[0] + self.w[1:] @ known[: -p - 1 : -1])
        return np.array(known[p:])

    def companion(self) -> np.ndarray:
        """Return the matrix (p, p) that takes the last p values' distances from the mean, the nearest first, a step on. Equation: eq-companion"""
        p = len(self.w) - 1
        return np.vstack([self.w[1:], np.eye(p)[: p - 1]])

    def mean(self) -> float:
        """Return the value that stays as it is: where forecasts go if they settle. Raises ValueError where the coefficients sum to 1."""
        left = 1 - self.w[1:].sum()
        if left == 0:
            raise ValueError("the coefficients sum to 1: no value is the one that stays, or all are")
        return float(self.w[0] / left)


def fit_autoregression(y, p: int) -> Autoregression:
    """Return the autoregression of order p that fits a series y (N,) best, by least squares; N must be at least 2p + 1."""
    A, b = lagged_matrix(y, p)
    if len(A) < A.shape[1]:
        raise ValueError(f"a series of {len(b) + p} values is too short for {p + 1} coefficients")
    return Autoregression(qr_solve(A, b))


def of_differences(forecaster: Forecaster, lag: int = 1) -> Forecaster:
    """Return the forecaster of a series whose differences y_t − y_(t−lag) the given one forecasts: the sums put them together again.

    Equation: eq-differences
    """
    lag = validate.whole(lag, "lag", low=1)

    def summed(history, h: int) -> np.ndarray:
        history, h = _history(history, h)
        if len(history) <= lag:
            raise ValueError(f"the history has {len(history)} values: a difference over {lag} steps needs more")
        known = [*history[-lag:]]
        for change in forecaster(history[lag:] - history[:-lag], h):
            known.append(known[-lag] + change)
        return np.array(known[lag:])

    return summed


def walk_forward(forecaster: Forecaster, y, start: int, horizon: int) -> np.ndarray:
    """Return forecasts (n, horizon) of the values of a series y (N,) from `start` on: row i is made from y[: start + i] alone.

    n = N − start − horizon + 1, so that each row's last forecast is of a value that is known, to compare with.
    """
    y, horizon = validate.vector(y, "y"), validate.whole(horizon, "horizon", low=1)
    start = validate.whole(start, "start", low=1, high=len(y) - horizon)
    return np.array([forecaster(y[:at], horizon) for at in range(start, len(y) - horizon + 1)])


def truths(y, start: int, horizon: int) -> np.ndarray:
    """Return the values (n, horizon) that `walk_forward` forecasts."""
    y, horizon = validate.vector(y, "y"), validate.whole(horizon, "horizon", low=1)
    start = validate.whole(start, "start", low=1, high=len(y) - horizon)
    return np.array([y[at : at + horizon] for at in range(start, len(y) - horizon + 1)])


def errors(forecasts, y, start: int) -> np.ndarray:
    """Return the mean absolute error of each horizon (h,), of forecasts (n, h) as `walk_forward` gives them."""
    forecasts = validate.array(forecasts, "forecasts", 2)
    wanted = truths(y, start, forecasts.shape[1])
    if wanted.shape != forecasts.shape:
        raise ValueError(
            f"forecasts have shape {forecasts.shape}, but from {start} on there are {wanted.shape} to make"
        )
    return np.abs(forecasts - wanted).mean(axis=0)


def _history(history, h: int) -> tuple[np.ndarray, int]:
    history = validate.vector(history, "history")
    if not len(history):
        raise ValueError("the history is empty: a forecast needs at least one value")
    return history, validate.whole(h, "h", low=1)


# ------------------------------------------------------------------------------------------------- a recurrent forecaster
GRU = CELLS["GRU"]
PARTS = ("Wx", "Wh", "bx", "bh", "V", "v", "mean", "scale")  # of a recurrent forecaster's weights


@dataclass(frozen=True, eq=False)
class RecurrentForecaster:
    """A GRU that reads the last `window` values and says the next: forecasts take the place of the values that they forecast.

    weights : Wx (1, 3H), Wh (H, 3H), bx, bh (3H,), the GRU's; V (H, 1), v (1,), mean (1,) and scale (1,) of the training part
    The series is read as (y − mean)/scale, and what comes out is the change from the last value, in the same unit.
    """

    weights: Mapping[str, np.ndarray]
    window: int

    def __post_init__(self):
        H = len(np.atleast_1d(self.weights["Wh"]))
        shapes = {"Wx": (1, 3 * H), "Wh": (H, 3 * H), "bx": (3 * H,), "bh": (3 * H,), "V": (H, 1), "v": (1,)}
        for name, shape in (shapes | {"mean": (1,), "scale": (1,)}).items():
            if np.shape(self.weights[name]) != shape:
                raise ValueError(
                    f"{name} must have shape {shape} for {H} units, but has {np.shape(self.weights[name])}"
                )
        validate.whole(self.window, "window", low=1)

    def __call__(self, history, h: int) -> np.ndarray:
        """Return the next h values after a history (n,)."""
        history, h = _history(history, h)
        w = self.weights
        x, state = (history[-self.window :] - w["mean"]) / w["scale"], np.zeros((1, len(w["Wh"])))
        for value in x:
            state = self._step(value, state)
        known = [x[-1]]
        for k in range(h):
            state = self._step(known[-1], state) if k else state
            known.append(known[-1] + (state @ w["V"])[0, 0] + w["v"][0])
        return np.array(known[1:]) * w["scale"] + w["mean"]

    def _step(self, value: float, state: np.ndarray) -> np.ndarray:
        return GRU.forward(np.array([[value]]), state, None, self.weights)[0]


def train_forecaster(
    y, window: int = 24, H: int = 16, steps: int = 300, batch: int = 32, rate: float = 0.01, seed: int = 0
) -> dict[str, np.ndarray]:
    """Return the weights of a `RecurrentForecaster` trained in PyTorch on a series y (N,), the training part alone.

    Each step reads `batch` windows and is marked for the next value at every place, by the squared error. Adam with a rate that falls
    in a straight line to 0; gradients clipped at norm 1.
    """
    import torch
    from torch import nn

    from lib.book.trained import steps as counted

    y = validate.vector(y, "y", within=validate.SAFE)
    if np.ptp(y) == 0:
        raise ValueError(f"y must change, but all of its {len(y)} values are the same: there is nothing to learn")
    window, H = validate.whole(window, "window", low=1, high=len(y) - 1), validate.whole(H, "H", low=1)
    mean, scale = y.mean(), y.std()
    z = torch.as_tensor((y - mean) / scale, dtype=torch.float32)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        gru, out = nn.GRU(1, H, batch_first=True), nn.Linear(H, 1)
    parts = [*gru.parameters(), *out.parameters()]
    adam = torch.optim.Adam(parts, rate)
    for step in counted(steps):
        for group in adam.param_groups:
            group["lr"] = rate * (1 - step / steps)
        first = rng.integers(len(z) - window, size=(batch, 1))
        x = z[torch.as_tensor(first + np.arange(window + 1))]  # (batch, window + 1)
        states, _ = gru(x[:, :-1, None])
        loss = ((out(states)[:, :, 0] - x.diff(dim=1)) ** 2).mean()
        adam.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parts, 1.0)
        adam.step()
    ((weights,),) = layers.weights_of(gru)
    head = {"V": out.weight.detach().T.numpy(), "v": out.bias.detach().numpy()}
    return {**weights, **head, "mean": np.array([mean]), "scale": np.array([scale])}
