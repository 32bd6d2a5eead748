"""Regression losses against torch, scikit-learn and the laws they obey."""

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics
from sklearn.linear_model import QuantileRegressor

from lib.losses import regression as r

seeds = st.integers(0, 10**6)
LOSSES = {
    "mse": (r.mse, r.mse_gradient, lambda p, y: torch.nn.functional.mse_loss(p, y)),
    "rmse": (r.rmse, r.rmse_gradient, lambda p, y: torch.nn.functional.mse_loss(p, y).sqrt()),
    "mae": (r.mae, r.mae_gradient, lambda p, y: torch.nn.functional.l1_loss(p, y)),
    "mape": (r.mape, r.mape_gradient, lambda p, y: ((p - y).abs() / y.abs()).mean()),
    "huber": (r.huber, r.huber_gradient, lambda p, y: torch.nn.functional.huber_loss(p, y)),
    "pinball": (r.pinball, r.pinball_gradient, lambda p, y: torch.maximum(0.5 * (y - p), 0.5 * (p - y)).mean()),
}


def system(seed, n=None, d=None):
    rng = np.random.default_rng(seed)
    n, d = n or int(rng.integers(1, 12)), d or int(rng.integers(1, 5))
    return rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=n) + 5 * rng.choice([-1, 1])


@pytest.mark.parametrize("name", LOSSES)
@given(seed=seeds)
def test_values_and_gradients_are_torchs(name, seed):
    loss, gradient, theirs = LOSSES[name]
    A, w, y = system(seed)
    weights = torch.tensor(w, requires_grad=True)
    value = theirs(torch.tensor(A) @ weights, torch.tensor(y))
    value.backward()
    assert loss(A @ w, y) == pytest.approx(value.item(), rel=1e-12)
    assert np.allclose(gradient(A, w, y), weights.grad.numpy(), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", LOSSES)
@given(seed=seeds, on_a_kink=st.booleans())
def test_a_subgradient_lies_below_its_convex_loss(name, seed, on_a_kink):
    """L(v) ≥ L(w) + g·(v − w) for all v: the definition, which holds at kinks too."""
    loss, gradient, _ = LOSSES[name]
    A, w, y = system(seed, n=6, d=3)
    if on_a_kink:
        w = np.linalg.solve(A[:3], y[:3])  # three predictions are perfect
        y = np.concatenate([A[:3] @ w, y[3:]])
        if not y.all():
            return
    g, here = gradient(A, w, y), loss(A @ w, y)
    for v in w + np.random.default_rng(seed).normal(size=(20, 3)) * [[1e-3]] * np.logspace(0, 4, 20)[:, None]:
        assert loss(A @ v, y) >= here + g @ (v - w) - 1e-9 * (1 + abs(here))


@given(seed=seeds)
def test_values_are_scikit_learns(seed):
    rng = np.random.default_rng(seed)
    y, p = rng.normal(size=9) + 4, rng.normal(size=9)
    tau = rng.uniform(0.05, 0.95)
    assert r.mse(p, y) == pytest.approx(metrics.mean_squared_error(y, p))
    assert r.mae(p, y) == pytest.approx(metrics.mean_absolute_error(y, p))
    assert r.mape(p, y) == pytest.approx(metrics.mean_absolute_percentage_error(y, p))
    assert r.pinball(p, y, tau) == pytest.approx(metrics.mean_pinball_loss(y, p, alpha=tau))
    assert r.mae(p, y) <= r.rmse(p, y) * (1 + 1e-12)
    assert r.pinball(p, y) == pytest.approx(r.mae(p, y) / 2)
    assert r.huber(p, y, 1e6) == pytest.approx(r.mse(p, y) / 2)
    assert r.huber(p, y, 1e-9) / 1e-9 == pytest.approx(r.mae(p, y), rel=1e-6)


@pytest.mark.parametrize("tau", [0.1, 0.5, 0.83])
def test_quantile_fits_are_scikit_learns(tau):
    A, _, y = system(3, n=60, d=3)
    mine = r.fit_pinball(A, y, tau)
    theirs = QuantileRegressor(quantile=tau, alpha=0, fit_intercept=False).fit(A, y).coef_
    assert r.pinball(A @ mine, y, tau) == pytest.approx(r.pinball(A @ theirs, y, tau), rel=1e-9)


FITS = {"mse": r.fit_mse, "mae": r.fit_mae, "mape": r.fit_mape, "huber": r.fit_huber, "pinball": r.fit_pinball}


@pytest.mark.parametrize("name", FITS)
@given(seed=seeds)
def test_no_other_coefficients_are_better(name, seed):
    loss = LOSSES[name][0]
    A, _, y = system(seed, n=12, d=3)
    w = FITS[name](A, y)
    least = loss(A @ w, y)
    for v in w + np.random.default_rng(seed).normal(size=(30, 3)) * np.logspace(-4, 1, 30)[:, None]:
        assert loss(A @ v, y) >= least * (1 - 1e-9)


@given(seed=seeds, scale=st.floats(1e-3, 1e3), shift=st.floats(-10, 10))
def test_fits_move_with_the_data(seed, scale, shift):
    """The fit of c·y + A u is c·(fit of y) + u; Huber's threshold has y's unit and scales with it."""
    A, u, y = system(seed, n=12, d=2)
    z = scale * y + shift * (A @ u)
    assert np.allclose(r.fit_mse(A, z), scale * r.fit_mse(A, y) + shift * u, rtol=1e-6, atol=1e-6)
    before, after = r.fit_huber(A, y, 0.7), r.fit_huber(A, z, 0.7 * scale)
    assert np.allclose(after, scale * before + shift * u, rtol=1e-5, atol=1e-5 * (scale + abs(shift)))


@given(seed=seeds)
def test_hubers_iteration_never_climbs(seed):
    A, _, y = system(seed, n=15, d=3)
    y[0] += 100
    values = [r.huber(A @ r.fit_huber(A, y, 0.5, max_iterations=k), y, 0.5) for k in range(1, 12)]
    assert all(b <= a * (1 + 1e-12) for a, b in pairwise(values))


def test_constants():
    """The best constants: the mean, the median, the quantile; and below the median for MAPE."""
    y, ones = np.array([1.0, 2.0, 3.0, 4.0, 10.0]), np.ones((5, 1))
    assert r.fit_mse(ones, y)[0] == pytest.approx(4)
    assert r.fit_mae(ones, y)[0] == pytest.approx(3)
    assert r.fit_pinball(ones, y, 0.7)[0] == pytest.approx(4)
    assert r.fit_mape(ones, y)[0] < 3
    assert r.fit_huber(ones, y, 1e-3)[0] == pytest.approx(3, abs=0.01)


def test_a_perfect_fit_has_the_gradient_zero():
    A, w, _ = system(1, n=5, d=3)
    for _, gradient, _ in LOSSES.values():
        assert (gradient(A, w, A @ w) == 0).all()


A, w, y = system(0, n=4, d=2)
BAD = [
    (lambda: r.mape([1.0, 2.0], [1.0, 0.0]), ValueError, "target 1 is 0"),
    (lambda: r.mape_gradient(A, w, 0 * y), ValueError, "percentage of zero"),
    (lambda: r.fit_mape(A, 0 * y), ValueError, "percentage of zero"),
    (lambda: r.mse([1.0], [1.0, 2.0]), ValueError, "1 entries, but there are 2 targets"),
    (lambda: r.mse([], []), ValueError, "empty"),
    (lambda: r.mae([np.nan], [1.0]), ValueError, "y_hat"),
    (lambda: r.mae([1.0], [np.inf]), ValueError, "y"),
    (lambda: r.rmse(["a"], [1.0]), TypeError, "y_hat"),
    (lambda: r.mse([1e200], [0.0]), ValueError, "leaves the range"),
    (lambda: r.rmse_gradient(1e200 * A, w, y), ValueError, "leaves the range"),
    (lambda: r.huber([1.0], [2.0], 0.0), ValueError, "delta must be greater than 0"),
    (lambda: r.huber_gradient(A, w, y, -1.0), ValueError, "delta must be greater than 0"),
    (lambda: r.huber_weights([1.0], 0.0), ValueError, "delta must be greater than 0"),
    (lambda: r.fit_huber(A, y, np.nan), ValueError, "delta"),
    (lambda: r.fit_huber(A, y, max_iterations=0), ValueError, "max_iterations must be at least 1"),
    (lambda: r.pinball([1.0], [2.0], 1.0), ValueError, "tau must be less than 1"),
    (lambda: r.pinball_gradient(A, w, y, 0.0), ValueError, "tau must be greater than 0"),
    (lambda: r.fit_pinball(A, y, 1.5), ValueError, "tau must be at most 1"),
    (lambda: r.mse_gradient(A, w[:1], y), ValueError, "columns of A"),
    (lambda: r.mae_gradient(A, w, y[:2]), ValueError, "4 rows but y has 2"),
    (lambda: r.fit_mse(A[0], y), ValueError, "A"),
    (lambda: r.fit_mae(A, y[:3]), ValueError, "4 rows but y has 3"),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
