"""Forecasters: against plain loops and statsmodels, walking forward without the future, the recurrent one against PyTorch."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.sequences import forecasting, series

RNG = np.random.default_rng(5)
Y = RNG.normal(size=40).cumsum()


@settings(max_examples=40, deadline=None)
@given(p=st.integers(1, 6), N=st.integers(14, 40), seed=st.integers(0, 99))
def test_the_fit_is_that_of_lstsq_on_rows_made_by_loops(p, N, seed):
    y = np.random.default_rng(seed).normal(size=N)
    rows = [[1.0, *(y[t - k] for k in range(1, p + 1))] for t in range(p, N)]
    A, b = forecasting.lagged_matrix(y, p)
    np.testing.assert_array_equal(A, rows)
    np.testing.assert_array_equal(b, y[p:])
    np.testing.assert_allclose(
        forecasting.fit_autoregression(y, p).w, np.linalg.lstsq(A, b, rcond=None)[0], rtol=1e-6, atol=1e-9
    )


def test_the_fit_and_the_forecasts_are_those_of_statsmodels():
    ar = pytest.importorskip("statsmodels.tsa.ar_model")
    y = series.sunspots().values
    theirs = ar.AutoReg(y, 9).fit()
    ours = forecasting.fit_autoregression(y, 9)
    np.testing.assert_allclose(ours.w, theirs.params, rtol=1e-8)
    np.testing.assert_allclose(ours(y, 12), theirs.predict(len(y), len(y) + 11), rtol=1e-8)


def test_walking_forward_shows_nothing_of_the_future():
    seen = []

    def curious(history, h):
        seen.append(history.copy())
        return np.zeros(h)

    forecasting.walk_forward(curious, Y, 30, 4)
    assert [len(history) for history in seen] == list(range(30, 37))
    for history in seen:
        np.testing.assert_array_equal(history, Y[: len(history)])


def test_errors_by_loops():
    walked = forecasting.walk_forward(forecasting.naive, Y, 30, 3)
    wanted = [np.mean([abs(Y[t - 1] - Y[t + h]) for t in range(30, 38)]) for h in range(3)]
    np.testing.assert_allclose(forecasting.errors(walked, Y, 30), wanted, rtol=1e-12)
    np.testing.assert_array_equal(forecasting.truths(Y, 30, 3), [Y[t : t + 3] for t in range(30, 38)])


@pytest.mark.parametrize("lag", [1, 3])
def test_a_forecast_of_true_differences_is_the_truth(lag):
    def knows(history, h):
        return (Y[lag:] - Y[:-lag])[len(history) : len(history) + h]

    np.testing.assert_allclose(forecasting.of_differences(knows, lag)(Y[:20], 8), Y[20:28], rtol=1e-10)


def test_a_recurrent_forecaster_is_pytorchs_gru_fed_with_itself():
    weights = forecasting.train_forecaster(Y, window=8, H=4, steps=3)
    gru, out = torch.nn.GRU(1, 4, batch_first=True).double(), torch.nn.Linear(4, 1).double()
    names = {"Wx": "weight_ih_l0", "Wh": "weight_hh_l0", "bx": "bias_ih_l0", "bh": "bias_hh_l0"}
    with torch.no_grad():
        for ours, theirs in names.items():
            getattr(gru, theirs).copy_(torch.tensor(weights[ours].T))
        out.weight.copy_(torch.tensor(weights["V"].T))
        out.bias.copy_(torch.tensor(weights["v"]))
        z = [*((Y[-8:] - weights["mean"]) / weights["scale"])]
        for _ in range(5):  # read everything again for each forecast
            states, _ = gru(torch.tensor(np.array(z))[None, :, None])
            z.append(z[-1] + out(states[0, -1]).item())
    wanted = np.array(z[8:]) * weights["scale"] + weights["mean"]
    np.testing.assert_allclose(forecasting.RecurrentForecaster(weights, 8)(Y, 5), wanted, rtol=1e-9)


def test_it_learns_a_wave():
    wave = np.sin(np.arange(120) * 0.6)
    weights = forecasting.train_forecaster(wave[:90], window=12, H=8, steps=200, rate=0.02)
    walked = forecasting.walk_forward(forecasting.RecurrentForecaster(weights, 12), wave, 90, 1)
    assert forecasting.errors(walked, wave, 90)[0] < 0.05
    assert weights["mean"] == wave[:90].mean()  # of what it was shown alone


def test_the_mean_stays_where_it_is():
    model = forecasting.Autoregression(np.array([2.0, 0.5, 0.3]))
    np.testing.assert_allclose(model(np.full(4, model.mean()), 6), model.mean(), rtol=1e-12)
    with pytest.raises(ValueError, match="sum to 1"):
        forecasting.Autoregression(np.array([2.0, 0.5, 0.5])).mean()


GOOD = forecasting.train_forecaster(Y, window=8, H=4, steps=1)
BAD = [
    (lambda: forecasting.naive([], 1), ValueError, "history is empty|at least one"),
    (lambda: forecasting.naive(Y, 0), ValueError, "h must be at least 1"),
    (lambda: forecasting.seasonal_naive(Y[:3], 2, 4), ValueError, "fewer than the period"),
    (lambda: forecasting.lagged_matrix(Y[:3], 3), ValueError, "no target"),
    (lambda: forecasting.fit_autoregression(Y[:8], 4), ValueError, "too short"),
    (lambda: forecasting.fit_autoregression(Y, 3)(Y[:2], 1), ValueError, "fewer than the 3"),
    (lambda: forecasting.of_differences(forecasting.naive, 3)(Y[:3], 1), ValueError, "needs more"),
    (lambda: forecasting.walk_forward(forecasting.naive, Y, 40, 1), ValueError, "start must be at most"),
    (lambda: forecasting.errors(np.ones((3, 2)), Y, 30), ValueError, "forecasts have shape"),
    (lambda: forecasting.RecurrentForecaster(GOOD | {"V": np.ones((3, 1))}, 8), ValueError, "V must have shape"),
    (lambda: forecasting.train_forecaster(Y, window=40), ValueError, "window must be at most"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
