"""The labelled equations of "Backpropagation", by an independent route each."""

import numpy as np
import pytest
import sympy as sp
import torch

from lib.losses import backprop as bp
from lib.losses.autodiff import gradcheck, gradients

RNG = np.random.default_rng(7)


@pytest.mark.equation("eq-neuron-forward")
@pytest.mark.equation("eq-neuron-backward")
def test_neuron():
    """In symbols, for every weight, input and target; then at the numbers of the example."""
    w1, w2, x1, x2, w0, t = sp.symbols("w1 w2 x1 x2 w0 t", real=True)
    h = w1 * x1 + w2 * x2 + w0
    s = 1 / (1 + sp.exp(-h))
    loss = (t - s) ** 2 / 2
    assert sp.simplify(sp.diff(loss, w1) - (s - t) * s * (1 - s) * x1) == 0
    at = {w1: 1, w2: 2, x1: 0.5, x2: 0.2, w0: -1.1, t: 1}
    found = bp.neuron([1, 2], [0.5, 0.2], -1.1, 1)
    for ours, theirs in (
        (found.h, h),
        (found.s, s),
        (found.loss, loss),
        (found.by_w[0], sp.diff(loss, w1)),
        (found.by_w[1], sp.diff(loss, w2)),
        (found.by_x[0], sp.diff(loss, x1)),
    ):
        assert ours == pytest.approx(float(theirs.subs(at)), rel=1e-12)


@pytest.mark.equation("eq-chain-rule")
def test_chain_rule():
    """The product of Jacobians, multiplied from either side, is the gradient that torch finds for the composition."""
    A, B, x = RNG.normal(size=(4, 3)), RNG.normal(size=(2, 4)), RNG.normal(size=3)
    h = np.tanh(A @ x)
    J1, J2 = (1 - h**2)[:, None] * A, B
    y = B @ h
    J3 = 2 * y[None]
    leaf = torch.tensor(x, requires_grad=True)
    ((torch.tensor(B) @ torch.tanh(torch.tensor(A) @ leaf)) ** 2).sum().backward()
    for product in ((J3 @ J2) @ J1, J3 @ (J2 @ J1)):
        assert np.allclose(product[0], leaf.grad.numpy(), rtol=1e-12)
    assert np.allclose(
        gradients(lambda v: ((B @ (A @ v).activate("tanh").reshape(-1, 1)) ** 2).sum(), x)[0], product[0]
    )


@pytest.mark.equation("eq-vjp-linear")
def test_vjp_linear():
    X, W, b, G = RNG.normal(size=(5, 3)), RNG.normal(size=(3, 2)), RNG.normal(size=2), RNG.normal(size=(5, 2))
    found = bp.linear_vjp(X, W, G)
    wanted = (
        bp.numerical_gradient(lambda V: float(np.sum(G * (V @ W + b))), X),
        bp.numerical_gradient(lambda V: float(np.sum(G * (X @ V + b))), W),
        bp.numerical_gradient(lambda c: float(np.sum(G * (X @ W + c))), b),
    )
    for ours, theirs in zip(found, wanted, strict=True):
        assert np.allclose(ours, theirs, rtol=1e-7, atol=1e-8)


@pytest.mark.equation("eq-vjp-entrywise")
def test_vjp_entrywise():
    Z, G = RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3))
    found = gradients(lambda z: (z.activate("GELU") * G).sum(), Z)[0]
    leaf = torch.tensor(Z, requires_grad=True)
    (torch.nn.functional.gelu(leaf) * torch.tensor(G)).sum().backward()
    assert np.allclose(found, leaf.grad.numpy(), rtol=1e-11)


@pytest.mark.equation("eq-mlp")
def test_mlp():
    layers = bp.random_layers([3, 4, 2, 2], 1)
    X = RNG.normal(size=(6, 3))
    by_hand = []
    for x in X:
        for at, (W, b) in enumerate(layers):
            scores = [sum(x[i] * W[i, j] for i in range(len(x))) + b[j] for j in range(len(b))]
            x = [np.tanh(z) for z in scores] if at < 2 else scores
        by_hand.append(x)
    assert np.allclose(bp.forward(layers, X)[-1], by_hand, rtol=1e-12)


@pytest.mark.equation("eq-unbroadcast")
def test_unbroadcast():
    """Against differences of the array that was repeated."""
    for shape in ((), (3,), (1, 3), (4, 1), (1, 1), (2, 1, 3), (4, 3)):
        a, G = RNG.normal(size=shape), RNG.normal(size=(2, 4, 3))
        wanted = bp.numerical_gradient(lambda v, G=G: float(np.sum(G * (v + np.zeros((2, 4, 3))))), a)
        assert bp.sum_to_shape(G, shape).shape == shape and np.allclose(bp.sum_to_shape(G, shape), wanted, atol=1e-7)


@pytest.mark.equation("eq-central-difference")
def test_central_difference():
    """The leading error of both quotients, from the series."""
    x, h = sp.symbols("x h")
    central = sp.series((sp.sin(x + h) - sp.sin(x - h)) / (2 * h), h, 0, 4).removeO()
    assert sp.simplify(central - sp.cos(x) + h**2 / 6 * sp.cos(x)) == 0
    one_sided = sp.series((sp.sin(x + h) - sp.sin(x)) / h, h, 0, 2).removeO()
    assert sp.simplify(one_sided - sp.cos(x) + h / 2 * sp.sin(x)) == 0
    found = bp.numerical_gradient(lambda v: float(np.sin(v[0])), [1.0], 1e-5)
    assert found[0] == pytest.approx(np.cos(1), abs=1e-10)
    assert gradcheck(lambda v: (v.exp() * v).sum(), [0.3, -0.7]) < 1e-8
