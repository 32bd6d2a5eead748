"""Neurons against torch, the gates by enumeration, and what the networks promise."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib.losses import backprop, demos
from lib.losses import neurons as n

seeds = st.integers(0, 10**6)
F = torch.nn.functional
TORCH = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": F.relu, "leaky ReLU": F.leaky_relu, "GELU": F.gelu}


@pytest.mark.parametrize("name", n.ACTIVATIONS)
@given(seed=seeds, size=st.sampled_from([1.0, 5.0, 30.0, 1e4]))
def test_activations_and_slopes_are_torchs(name, seed, size):
    z = torch.tensor(np.random.default_rng(seed).normal(size=(3, 4)) * size, requires_grad=True)
    value = TORCH[name](z)
    value.sum().backward()
    ours = n.activation(name)
    assert np.allclose(ours.value(z.detach().numpy()), value.detach().numpy(), rtol=1e-12, atol=1e-14)
    assert np.allclose(ours.slope(z.detach().numpy()), z.grad.numpy(), rtol=1e-9, atol=1e-14)


@pytest.mark.parametrize("name", n.ACTIVATIONS)
def test_slopes_at_zero_and_far_away(name):
    """At a kink ours is torch's convention; at scores of 10⁴ and 10³⁰⁰ everything is finite."""
    zero = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    TORCH[name](zero).backward()
    assert n.activation(name).slope(np.zeros(1))[0] == pytest.approx(zero.grad.item(), abs=1e-15)
    far = np.array([-1e300, -1e4, 1e4, 1e300])
    assert np.isfinite(n.activation(name).value(far)).all() and np.isfinite(n.activation(name).slope(far)).all()


WEIGHTS = {"AND": ([1, 1], -1.5), "OR": ([1, 1], -0.5), "NAND": ([-1, -1], 1.5)}


@pytest.mark.parametrize("gate", WEIGHTS)
def test_gates_by_one_unit(gate):
    assert n.threshold_unit(n.CORNERS, *WEIGHTS[gate]).tolist() == list(n.GATES[gate])


def test_the_demo_reaches_xor_and_says_so():
    assert "That is XOR" in str(demos.two_lines(first=0.4, second=1.0, direction="45°"))
    assert "That is XOR" not in str(demos.two_lines())


@given(seed=seeds)
def test_one_hidden_layer_is_torchs(seed):
    rng = np.random.default_rng(seed)
    rows, k, m = (int(v) for v in rng.integers(1, 6, 3))
    X, W, b, v = rng.normal(size=(rows, k)), rng.normal(size=(k, m)), rng.normal(size=m), rng.normal(size=m)
    theirs = torch.sigmoid(torch.tensor(X) @ torch.tensor(W) + torch.tensor(b)) @ torch.tensor(v) + 0.5
    assert np.allclose(n.OneHiddenLayer(W, b, v, 0.5)(X), theirs.numpy(), rtol=1e-12)


@given(seed=seeds, width=st.integers(1, 60))
def test_the_staircase_keeps_its_bound(seed, width):
    """A function with slopes up to L is met within L/(2m), and 5 % for the sigmoids' blur."""
    rng = np.random.default_rng(seed)
    knots, slopes = np.sort(rng.uniform(0, 1, 5)), rng.uniform(-3, 3, 6)
    fine = np.linspace(0, 1, 2001)
    heights = np.concatenate(
        [[0], np.cumsum(slopes[np.searchsorted(knots, (fine[1:] + fine[:-1]) / 2)] * np.diff(fine))]
    )

    def f(x):
        return np.interp(x, fine, heights)

    assert n.largest_error(n.staircase(f, width), f) <= 1.05 * np.abs(slopes).max() / (2 * width)


def test_width_not_luck():
    """From 16 to 32 and from 32 to 64 units the worst of the draws beats the best of half the width."""
    drawn, stairs = demos.neurons._errors_by_width()
    assert (drawn[5:].max(axis=1) < drawn[4:-1].min(axis=1)).all()
    assert drawn[-1].max() < 1e-6 and 0.08 < stairs[-1] < 0.085  # as the picture's alternative text says


def test_the_strips_that_make_xor_are_those_the_page_names():
    right = [tuple(s.values()) for s in demos.two_lines.states() if "That is XOR" in str(demos.two_lines(**s))]
    assert [s for s in right if s[2] == "20°"] == [(0.1, 1.0, "20°")] and not [s for s in right if s[2] == "0°"]
    assert all((0 < a < np.sqrt(0.5) < b < np.sqrt(2)) for a, b, direction in right if direction == "45°")


def test_the_stairs_bound_needs_falls_as_well_as_rises():
    """A function that only falls, and steeply: with L for its rises alone, 0, the bound would promise no error."""
    error = n.largest_error(n.staircase(lambda x: -3 * x, 10), lambda x: -3 * x)
    assert 0.7 * 3 / 20 < error < 1.05 * 3 / 20


def test_a_sleeping_unit_wakes_only_where_its_inputs_change():
    """Its own weights get no gradient, ever; with a layer below that learns, its scores may become positive."""
    X = np.array([[1.0], [2.0]])
    asleep = [(np.array([[-1.0]]), np.zeros(1)), (np.ones((1, 1)), np.zeros(1))]
    _, ((dW, db), _) = backprop.backpropagation(asleep, X, np.ones((2, 1)), "ReLU")
    assert not dW.any() and not db.any()
    below = [(np.array([[1.0, 1.0]]), np.zeros(2)), (np.array([[1.0, -1.1], [0.1, 1.0]]), np.zeros(2))]
    last = (np.array([[2.0], [2.0]]), np.zeros(1))
    assert backprop.forward([*below, last], X, "ReLU")[2][:, 1].max() == 0  # its second unit sleeps
    trained, _ = backprop.gradient_descent([*below, last], X, np.array([[0.5], [1.0]]), 0.02, 20, "ReLU")
    assert backprop.forward(trained, X, "ReLU")[2][:, 1].max() > 0


def test_without_the_theorems_conditions():
    """A jump keeps half its height; hidden units that are polynomials keep their error at every width."""
    jump = demos.TARGETS["a jump"]
    wave = demos.TARGETS["two waves"]
    assert min(n.largest_error(n.random_layer(jump, 128, s), jump) for s in range(5)) > 0.7
    x = np.linspace(0, 1, 1000)
    H = (np.outer(x, np.linspace(-20, 20, 50)) + np.linspace(-3, 7, 50)) ** 2
    left = np.column_stack([np.ones(1000), H])
    fit = left @ np.linalg.lstsq(left, wave(x), rcond=None)[0]
    assert np.linalg.matrix_rank(left) == 3 and np.abs(fit - wave(x)).max() > 0.4


def flat(x):
    return np.zeros_like(x)


BAD = [
    (lambda: n.step([np.nan]), ValueError, "z"),
    (lambda: n.threshold_unit(n.CORNERS, [1.0], 0.0), ValueError, "columns of X"),
    (lambda: n.threshold_unit(n.CORNERS, [1.0, 1.0], np.inf), ValueError, "w0"),
    (lambda: n.activation("swish"), ValueError, "no activation 'swish'; there are sigmoid"),
    (lambda: n.gelu(["a"]), TypeError, "z"),
    (lambda: n.leaky_relu([1.0], np.nan), ValueError, "leak"),
    (lambda: n.leaky_relu_slope([1.0], [1.0, 2.0]), ValueError, "leak"),
    (lambda: n.relu([np.inf]), ValueError, "z"),
    (lambda: n.tanh([1j]), TypeError, "complex"),
    (lambda: n.tanh_slope([np.nan]), ValueError, "z"),
    (lambda: n.sigmoid_slope([np.inf]), ValueError, "z"),
    (lambda: n.relu_slope([]), ValueError, "z"),
    (lambda: n.gelu_slope([np.nan]), ValueError, "z"),
    (lambda: n.OneHiddenLayer(np.ones((2, 3)), np.ones(2), np.ones(3), 0.0), ValueError, "columns of W"),
    (
        lambda: n.OneHiddenLayer(np.ones((2, 3)), np.ones(3), np.ones(3), 0.0)(np.ones((4, 3))),
        ValueError,
        "W has 2 rows",
    ),
    (lambda: n.staircase(flat, 0), ValueError, "width must be at least 1"),
    (lambda: n.staircase(flat, 2.5), TypeError, "whole number"),
    (lambda: n.staircase(lambda x: x[:-1], 3), ValueError, "nodes"),
    (lambda: n.staircase(flat, 3, 0.0), ValueError, "steepness"),
    (lambda: n.random_layer(flat, 4, -1), ValueError, "seed"),
    (lambda: n.random_layer(flat, 4, 1, "cube"), ValueError, "no activation"),
    (lambda: n.random_layer(flat, 4, 1, scale=-1.0), ValueError, "scale"),
    (lambda: n.largest_error(n.staircase(flat, 2), lambda x: x[:3]), ValueError, "points"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
