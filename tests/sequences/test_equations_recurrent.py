"""The labelled equations of "The recurrent cell, and back through time", by an independent route each."""

import numpy as np
import pytest
import sympy as sp
import torch

from lib.sequences import layers

RNG = np.random.default_rng(5)


@pytest.mark.equation("eq-rnn-cell")
def test_the_cell_is_torchs():
    module = torch.nn.RNN(3, 4, batch_first=True).double()
    X, h = RNG.normal(size=(5, 3)), np.zeros(4)
    ((W,),) = layers.weights_of(module)
    wanted = module(torch.tensor(X)[None])[0][0].detach().numpy()
    for t in range(5):
        h = np.tanh(X[t] @ W["Wx"] + W["bx"] + W["bh"] + h @ W["Wh"])
        assert np.allclose(h, wanted[t], rtol=1e-12)


@pytest.mark.equation("eq-both-directions")
def test_both_directions_are_two_cells_from_either_end():
    stack = layers.random_stack("GRU", 3, 4, 1, 2)
    X = RNG.normal(size=(1, 6, 3))
    both = layers.forward("GRU", stack, X).outputs[0]
    ahead = layers.forward("GRU", [[stack[0][0]]], X).outputs[0]
    behind = layers.forward("GRU", [[stack[0][1]]], X[:, ::-1]).outputs[0][::-1]
    assert np.allclose(both, np.hstack([ahead, behind]), rtol=1e-13)


w, x1, x2, x3 = sp.symbols("w x1 x2 x3", real=True)
H1 = sp.tanh(x1)
H2 = sp.tanh(x2 + w * H1)
H3 = sp.tanh(x3 + w * H2)
AT = {w: 0.7, x1: 0.3, x2: -0.5, x3: 0.2}


def immediate(h, before):
    """∂h/∂w with the state before held fixed."""
    return (1 - h**2) * before


@pytest.mark.equation("eq-total-derivative")
def test_total_derivative():
    """In symbols: the immediate derivative, and what came through the state before."""
    right = immediate(H3, H2) + (1 - H3**2) * w * sp.diff(H2, w)
    assert float((sp.diff(H3, w) - right).subs(AT)) == pytest.approx(0, abs=1e-14)
    assert abs(float((sp.diff(H3, w) - immediate(H3, H2)).subs(AT))) > 0.1  # what leaving it out would cost


@pytest.mark.equation("eq-bptt")
def test_bptt_is_the_sum_over_all_uses():
    s2, s3 = (1 - H2**2) * w, (1 - H3**2) * w  # ∂h_i/∂h_{i−1}
    terms = immediate(H1, 0) * s2 * s3 + immediate(H2, H1) * s3 + immediate(H3, H2)
    assert float((sp.diff(H3, w) - terms).subs(AT)) == pytest.approx(0, abs=1e-14)


@pytest.mark.equation("eq-bptt-step")
def test_one_walk_back_is_autograds():
    X, slopes = RNG.normal(size=(5, 3)), RNG.normal(size=(5, 4))
    Wx, Wh, b = (torch.tensor(RNG.normal(size=s), requires_grad=True) for s in ((3, 4), (4, 4), (4,)))
    h, states = torch.zeros(4, dtype=torch.float64), []
    for x in torch.tensor(X):
        h = torch.tanh(x @ Wx + b + h @ Wh)
        states.append(h)
    H = torch.stack(states)
    (H * torch.tensor(slopes)).sum().backward()
    H, delta = H.detach().numpy(), np.zeros(4)
    dWh, dWx, db = np.zeros((4, 4)), np.zeros((3, 4)), np.zeros(4)
    for t in reversed(range(5)):
        g = slopes[t] + delta @ Wh.detach().numpy().T
        delta = g * (1 - H[t] ** 2)
        dWh += np.outer(H[t - 1] if t else np.zeros(4), delta)
        dWx += np.outer(X[t], delta)
        db += delta
    for mine, leaf in ((dWh, Wh), (dWx, Wx), (db, b)):
        assert np.allclose(mine, leaf.grad.numpy(), rtol=1e-10)
