"""Backpropagation by hand against torch and against differences, on networks of any shape."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.losses import backprop as bp
from lib.losses import demos

F = torch.nn.functional
TORCH = {"sigmoid": torch.sigmoid, "tanh": torch.tanh, "ReLU": F.relu, "leaky ReLU": F.leaky_relu, "GELU": F.gelu}


def network(seed):
    rng = np.random.default_rng(seed)
    sizes = [int(n) for n in rng.integers(1, 6, int(rng.integers(2, 5)))]
    layers = [(W, rng.normal(size=len(b))) for W, b in bp.random_layers(sizes, seed)]
    X = rng.normal(size=(int(rng.integers(1, 8)), sizes[0]))
    labels, table = rng.integers(0, sizes[-1], len(X)), rng.normal(size=(len(X), sizes[-1]))
    return layers, X, labels if rng.random() < 0.5 else table


@settings(max_examples=150)
@given(seed=st.integers(0, 10**6), phi=st.sampled_from(sorted(TORCH)))
def test_backpropagation_is_torchs(seed, phi):
    layers, X, targets = network(seed)
    leaves = [(torch.tensor(W, requires_grad=True), torch.tensor(b, requires_grad=True)) for W, b in layers]
    H = torch.tensor(X)
    for at, (W, b) in enumerate(leaves):
        H = H @ W + b
        H = TORCH[phi](H) if at < len(leaves) - 1 else H
    value = (F.cross_entropy if targets.ndim == 1 else F.mse_loss)(H, torch.tensor(targets))
    value.backward()
    loss, slopes = bp.backpropagation(layers, X, targets, phi)
    assert loss == pytest.approx(value.item(), rel=1e-12) == bp.network_loss(layers, X, targets, phi)
    assert np.allclose(bp.forward(layers, X, phi)[-1], H.detach().numpy(), rtol=1e-11, atol=1e-13)
    for (W, b), (dW, db) in zip(leaves, slopes, strict=True):
        assert np.allclose(dW, W.grad.numpy(), rtol=1e-9, atol=1e-13) and np.allclose(
            db, b.grad.numpy(), rtol=1e-9, atol=1e-13
        )


@given(seed=st.integers(0, 10**6), phi=st.sampled_from(["sigmoid", "tanh", "GELU"]))
def test_backpropagation_is_the_differences(seed, phi):
    layers, X, targets = network(seed)
    _, slopes = bp.backpropagation(layers, X, targets, phi)
    for at, (W, b) in enumerate(layers):
        by_W = bp.numerical_gradient(
            lambda V, at=at, b=b: bp.network_loss([*layers[:at], (V, b), *layers[at + 1 :]], X, targets, phi), W
        )
        by_b = bp.numerical_gradient(
            lambda c, at=at, W=W: bp.network_loss([*layers[:at], (W, c), *layers[at + 1 :]], X, targets, phi), b
        )
        assert np.allclose(slopes[at][0], by_W, rtol=1e-5, atol=1e-8) and np.allclose(
            slopes[at][1], by_b, rtol=1e-5, atol=1e-8
        )


def test_gradient_descent_learns_the_digits():
    X, labels, X_new, labels_new = demos.split_digits()
    layers, losses = bp.gradient_descent(bp.random_layers([64, 32, 10]), X, labels, rate=0.5, steps=150)
    assert (np.diff(losses) < 0.05).all() and losses[-1] < 0.15
    assert np.mean(bp.forward(layers, X_new)[-1].argmax(axis=1) == labels_new) > 0.9


def test_the_arguments_stay_as_they_are():
    layers, X, targets = network(3)
    before = [(W.copy(), b.copy()) for W, b in layers]
    bp.gradient_descent(layers, X, targets, 0.1, 5)
    assert all((W == V).all() and (b == c).all() for (W, b), (V, c) in zip(layers, before, strict=True))


W, b, X = np.ones((2, 3)), np.zeros(3), np.ones((4, 2))
two = [(W, b), (np.ones((3, 2)), np.zeros(2))]
BAD = [
    (lambda: bp.numerical_gradient(np.sum, [np.nan]), ValueError, "x"),
    (lambda: bp.numerical_gradient(np.sum, [1.0], 0.0), ValueError, "step must be greater"),
    (lambda: bp.neuron([1.0, 2.0], [1.0], 0.0, 1.0), ValueError, "2 weights"),
    (lambda: bp.neuron([1.0], [1.0], np.inf, 1.0), ValueError, "w0"),
    (lambda: bp.neuron([1.0], [1.0], 0.0, "yes"), TypeError, "target"),
    (lambda: bp.linear_vjp(X, W.T, np.ones((4, 2))), ValueError, "W has 3 rows"),
    (lambda: bp.linear_vjp(X, W, np.ones((4, 2))), ValueError, r"shape of XW \+ b, \(4, 3\)"),
    (lambda: bp.sum_to_shape(np.ones((4, 3)), (4,)), ValueError, "never repeated"),
    (lambda: bp.sum_to_shape(np.ones(3), (2, 3)), ValueError, "never repeated"),
    (lambda: bp.forward([], X), ValueError, "at least one pair"),
    (lambda: bp.forward([W], X), ValueError, "layer 0 must be a pair"),
    (lambda: bp.forward([(W, np.zeros(2))], X), ValueError, "b of layer 0"),
    (lambda: bp.forward([(W, b), (W, b)], X), ValueError, "layer 1 takes 2 inputs, but the layer before gives 3"),
    (lambda: bp.forward(two, np.ones((4, 3))), ValueError, "first layer takes 2"),
    (lambda: bp.forward(two, X, "swish"), ValueError, "no activation"),
    (lambda: bp.forward(two, X * np.nan), ValueError, "X"),
    (lambda: bp.network_loss(two, X, [0, 1, 2, 0]), ValueError, "labels must be whole numbers from 0 to 1"),
    (lambda: bp.network_loss(two, X, np.ones((4, 3))), ValueError, r"targets have the shape \(4, 3\)"),
    (lambda: bp.backpropagation(two, X, [0, 1]), ValueError, "rows of scores"),
    (lambda: bp.backpropagation(two, np.ones((4, 3)), [0, 1, 0, 1]), ValueError, "first layer"),
    (
        lambda: bp.gradient_descent(two, X, [0, 1, 0, 1], -0.1, 5),
        ValueError,
        "rate must be greater than 0, but is -0.1",
    ),
    (lambda: bp.gradient_descent(two, X, [0, 1, 0, 1], 0.1, 0), ValueError, "steps"),
    (lambda: bp.random_layers([3]), ValueError, "input size and an output size"),
    (lambda: bp.random_layers([3, 0]), ValueError, "each size"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
