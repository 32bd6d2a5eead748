"""The labelled equations of "Gates", by an independent route each."""

import numpy as np
import pytest
import torch

from lib.sequences import layers

RNG = np.random.default_rng(17)
X, H0, C0 = RNG.normal(size=(1, 3)), RNG.normal(size=(1, 4)), RNG.normal(size=(1, 4))


def sigma(a):
    return 1 / (1 + np.exp(-a))


def step(cell, W, x=X, h=H0, c=None):
    passed = layers.forward(cell, [[W]], x[:, None], h0=h[None], c0=None if c is None else c[None])
    return passed.h[0], None if passed.c is None else passed.c[0]


def parts(W, n):
    """Each gate's own scores, written out: x W_x + h W_h + b, one gate after the other."""
    H = 4
    cut = lambda name, k: W[name][..., k * H : (k + 1) * H]
    return [X @ cut("Wx", k) + H0 @ cut("Wh", k) + cut("bx", k) + cut("bh", k) for k in range(n)]


@pytest.mark.equation("eq-lstm")
def test_lstm():
    ((W,),) = layers.random_stack("LSTM", 3, 4, seed=1)
    i, f, g, o = parts(W, 4)
    c = sigma(f) * C0 + sigma(i) * np.tanh(g)
    h = sigma(o) * np.tanh(c)
    mine = step("LSTM", W, c=C0)
    cell = torch.nn.LSTMCell(3, 4).double()
    with torch.no_grad():
        for name, value in (
            ("weight_ih", W["Wx"].T),
            ("weight_hh", W["Wh"].T),
            ("bias_ih", W["bx"]),
            ("bias_hh", W["bh"]),
        ):
            getattr(cell, name).copy_(torch.tensor(value))
        theirs = cell(torch.tensor(X), (torch.tensor(H0), torch.tensor(C0)))
    for a, b, wanted in zip(mine, theirs, (h, c), strict=True):
        assert np.allclose(a, wanted, rtol=1e-12) and np.allclose(b.numpy(), wanted, rtol=1e-12)


@pytest.mark.equation("eq-memory-path")
def test_the_memory_s_own_slope_is_the_forget_gate():
    """With the gates held fixed (they depend on h, not on c), the memory after T steps changes by the product of forget gates."""
    gates = RNG.uniform(size=(6, 3, 4))  # f, i, g of six steps
    leaf = torch.tensor(C0[0], requires_grad=True)
    c = leaf
    for f, i, g in torch.tensor(gates):
        c = f * c + i * g
    J = torch.stack([torch.autograd.grad(c[k], leaf, retain_graph=True)[0] for k in range(4)]).numpy()
    assert np.allclose(J, np.diag(gates[:, 0].prod(axis=0)), rtol=1e-12)


@pytest.mark.equation("eq-gru")
def test_gru():
    ((W,),) = layers.random_stack("GRU, reset before, z takes", 3, 4, seed=2)
    H = 4
    cut = lambda name, k: W[name][..., k * H : (k + 1) * H]
    r, z = (sigma(a) for a in parts(W, 2))
    n = np.tanh(X @ cut("Wx", 2) + cut("bx", 2) + (r * H0) @ cut("Wh", 2) + cut("bh", 2))
    assert np.allclose(step("GRU, reset before, z takes", W)[0], (1 - z) * H0 + z * n, rtol=1e-12)


@pytest.mark.equation("eq-gru-turned")
def test_one_minus_a_sigmoid_is_a_sigmoid_turned():
    a = RNG.normal(size=50) * 5
    assert np.allclose(1 - sigma(a), sigma(-a), rtol=1e-12)
    turned = torch.sigmoid(-torch.tensor(a)).numpy()
    assert np.allclose(1 - torch.sigmoid(torch.tensor(a)).numpy(), turned, atol=1e-14)


def by_row(number, W, x, h):
    """As the paper prints them, with matrices to the left of columns."""
    T = {name: value.T for name, value in W.items()}
    if number == 1:
        z = sigma(T["Wxz"] @ x + W["bz"])
        r = sigma(T["Wxr"] @ x + T["Whr"] @ h + W["br"])
        return np.tanh(T["Whh"] @ (r * h) + np.tanh(x) + W["bh"]) * z + h * (1 - z)
    if number == 2:
        z = sigma(T["Wxz"] @ x + T["Whz"] @ h + W["bz"])
        r = sigma(x + T["Whr"] @ h + W["br"])
    else:
        z = sigma(T["Wxz"] @ x + T["Whz"] @ np.tanh(h) + W["bz"])
        r = sigma(T["Wxr"] @ x + T["Whr"] @ h + W["br"])
    return np.tanh(T["Whh"] @ (r * h) + T["Wxh"] @ x + W["bh"]) * z + h * (1 - z)


@pytest.mark.equation("eq-mut1")
@pytest.mark.equation("eq-mut2")
@pytest.mark.equation("eq-mut3")
def test_the_three_mutations():
    x = RNG.normal(size=(1, 4))
    for number in (1, 2, 3):
        ((W,),) = layers.random_stack(f"MUT{number}", 4, 4, seed=number)
        assert np.allclose(step(f"MUT{number}", W, x=x)[0][0], by_row(number, W, x[0], H0[0]), rtol=1e-12)
