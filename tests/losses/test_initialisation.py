"""Initialisation against torch.nn.init, the theory of wide layers against networks, and the law of equal units."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib.losses import backprop, demos, optimisers
from lib.losses import initialisation as i


@given(k=st.integers(1, 400), m=st.integers(1, 400), seed=st.integers(0, 10**6))
def test_bounds_and_deviations_are_torchs(k, m, seed):
    rng = np.random.default_rng(seed)
    table = torch.empty(m, k)  # torch stores one row a unit
    torch.nn.init.xavier_uniform_(table)
    bound = i.xavier_bound(k, m)
    W = i.xavier(k, m, rng)
    assert W.shape == (k, m) and np.abs(W).max() <= bound and table.abs().max() <= bound * (1 + 1e-6)
    fan_in, fan_out = torch.nn.init._calculate_fan_in_and_fan_out(table)
    assert bound == pytest.approx(np.sqrt(3) * np.sqrt(2 / (fan_in + fan_out)))
    same = np.random.default_rng(seed).normal(size=(k, m)) * torch.nn.init.calculate_gain("relu") / np.sqrt(fan_in)
    assert np.allclose(i.kaiming(k, m, np.random.default_rng(seed)), same, rtol=1e-12)


def test_large_tables_have_the_variance_they_should():
    rng = np.random.default_rng(0)
    assert i.xavier(500, 300, rng).var() == pytest.approx(2 / 800, rel=0.02)
    assert i.kaiming(500, 300, rng).var() == pytest.approx(2 / 500, rel=0.02)


@pytest.mark.parametrize("phi", ["tanh", "ReLU", "sigmoid", "leaky ReLU", "GELU"])
@pytest.mark.parametrize("variance", [0.01, 1.0, 30.0])
def test_mean_square_is_that_of_many_draws(phi, variance):
    z = np.sqrt(variance) * np.random.default_rng(1).normal(size=4_000_000)
    assert i.mean_square(phi, variance) == pytest.approx(np.mean(i.activation(phi).value(z) ** 2), rel=5e-3)
    assert i.mean_square("ReLU", variance) == pytest.approx(variance / 2, rel=1e-9)


def test_critical_gains():
    assert i.critical_gain("ReLU") == pytest.approx(np.sqrt(2), rel=1e-9)
    assert i.critical_gain("leaky ReLU") == pytest.approx(torch.nn.init.calculate_gain("leaky_relu", 0.01), rel=1e-9)


@pytest.mark.parametrize("phi", ["tanh", "ReLU", "sigmoid"])
@pytest.mark.parametrize("gain", [0.8, 1.0, 1.6, 2.5])
def test_wide_networks_do_what_the_theory_says(phi, gain):
    found = i.propagate(phi, gain, depth=12, width=500, samples=40).scores
    assert np.allclose(np.log(found), np.log(i.predicted(phi, gain, 12)), atol=0.25)


@pytest.mark.parametrize(("phi", "gain"), [("tanh", 1.0), ("tanh", 2.5), ("ReLU", np.sqrt(2)), ("sigmoid", 1.0)])
def test_gradients_come_back_as_the_theory_says(phi, gain):
    runs = [i.propagate(phi, gain, depth=12, width=300, samples=40, seed=seed).gradients for seed in range(3)]
    found = np.sqrt(np.mean(np.square(runs), axis=0))
    assert np.allclose(np.log(found), np.log(i.predicted_gradients(phi, gain, 12)), atol=0.25)


def test_kaimings_weights_keep_the_gradient_of_a_relu_network():
    """With the mean of φ′², a half, the factor of a layer is 1; without it thirty layers would multiply by 2³⁰."""
    g = i.predicted_gradients("ReLU", np.sqrt(2), 30)
    assert g == pytest.approx(np.full(30, np.sqrt(0.5)), rel=1e-9)


def test_a_sigmoid_keeps_its_gradient_near_a_gain_of_ten():
    def factor(gain):
        q = i.predicted("sigmoid", gain, 50)[-1] ** 2
        return gain**2 * i.mean_square_slope("sigmoid", q)

    assert factor(10.0) < 1 < factor(10.3)
    kept = {gain: i.predicted_gradients("sigmoid", gain, 50) for gain in (1.0, 10.0)}
    assert kept[10.0][0] / kept[10.0][-1] == pytest.approx(0.57, abs=0.01)
    assert kept[1.0][0] / kept[1.0][-1] < 1e-30


def test_the_demo_goes_to_where_a_sigmoid_carries_its_gradient():
    said = str(demos.fifty_layers(gain=10.0, layer=50, phi="sigmoid"))
    assert "the gradient survives" in said and "a correlation of 0.99" in said
    for gain in (0.5, 1.0, 3.0):
        assert "the gradient vanishes" in str(demos.fifty_layers(gain=gain, layer=50, phi="sigmoid"))
    words = {gain: str(demos.fifty_layers(gain=gain, layer=10, phi="ReLU")) for gain in (1.0, 1.414, 1.8)}
    assert "signal vanishes, the gradient vanishes" in words[1.0] and "explodes, the gradient explodes" in words[1.8]
    assert "signal survives, the gradient survives" in words[1.414]
    assert "signal survives, the gradient explodes" in str(demos.fifty_layers(gain=3.0, layer=10, phi="tanh"))


@given(seed=st.integers(0, 1000), value=st.floats(-0.5, 0.5), steps=st.integers(1, 8))
def test_equal_units_stay_equal(seed, value, steps):
    rng = np.random.default_rng(seed)
    X, labels = rng.normal(size=(15, 4)), rng.integers(0, 3, 15)
    layers = [(np.full((4, 5), value), np.zeros(5)), (np.full((5, 3), value), np.zeros(3))]
    trained, _ = backprop.gradient_descent(layers, X, labels, 0.3, steps)
    assert np.allclose(trained[0][0], trained[0][0][:, :1], atol=1e-12)
    assert np.allclose(trained[1][0], trained[1][0][:1], atol=1e-12)


def test_the_gain_decides_whether_a_deep_network_learns():
    X, labels, *_ = demos.split_digits()
    ends = {}
    for gain in (0.5, np.sqrt(2)):
        start = i.network([64, *[32] * 10, 10], gain)
        _, losses = optimisers.train(start, X, labels, optimisers.GradientDescent(0.03), epochs=8, batch=50, phi="ReLU")
        ends[gain] = losses[-1]
    assert ends[0.5] > 2.29 and ends[np.sqrt(2)] < 1.5


rng = np.random.default_rng(0)
BAD = [
    (lambda: i.xavier(0, 3, rng), ValueError, "k must be at least 1"),
    (lambda: i.xavier(3, 2.5, rng), TypeError, "m must be a whole number"),
    (lambda: i.xavier(3, 3, 0), TypeError, "rng must be a numpy Generator"),
    (lambda: i.xavier_bound(3, 0), ValueError, "m must be"),
    (lambda: i.kaiming(3, 3, None), TypeError, "Generator"),
    (lambda: i.scaled(3, 3, -1.0, rng), ValueError, "gain"),
    (lambda: i.scaled(3, 3, np.nan, rng), ValueError, "gain"),
    (lambda: i.network([4], 1.0), ValueError, "input size and an output size"),
    (lambda: i.network([4, 0], 1.0), ValueError, "each size"),
    (lambda: i.network([4, 2], 1.0, seed=-1), ValueError, "seed"),
    (lambda: i.mean_square("swish"), ValueError, "no activation"),
    (lambda: i.mean_square("tanh", -1.0), ValueError, "variance"),
    (lambda: i.mean_square_slope("swish"), ValueError, "no activation"),
    (lambda: i.mean_square_slope("tanh", np.nan), ValueError, "variance"),
    (lambda: i.predicted_gradients("tanh", -1.0, 5), ValueError, "gain"),
    (lambda: i.predicted_gradients("tanh", 1.0, 0), ValueError, "depth"),
    (lambda: i.critical_gain("step"), ValueError, "no activation"),
    (lambda: i.predicted("tanh", -1.0, 5), ValueError, "gain"),
    (lambda: i.predicted("tanh", 1.0, 0), ValueError, "depth"),
    (lambda: i.propagate("tanh", 1.0, 0), ValueError, "depth"),
    (lambda: i.propagate("tanh", 1.0, 3, width=0), ValueError, "width"),
    (lambda: i.propagate("tanh", 1.0, 3, samples=0), ValueError, "samples"),
    (lambda: i.propagate("swish", 1.0, 3), ValueError, "no activation"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
