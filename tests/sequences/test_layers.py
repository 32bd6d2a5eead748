"""Recurrent layers by hand against torch's, against ONNX's and the papers' formulas, and against differences."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from lib.losses.backprop import numerical_gradient
from lib.sequences import layers
from lib.sequences.cells import CELLS

MODULES = {"RNN": torch.nn.RNN, "LSTM": torch.nn.LSTM, "GRU": torch.nn.GRU}
LETTERS = {"Wx": "weight_ih", "Wh": "weight_hh", "bx": "bias_ih", "bh": "bias_hh"}


def close(a, b):
    return np.allclose(a, b, rtol=1e-9, atol=1e-11)


@settings(max_examples=60, deadline=None)
@given(
    cell=st.sampled_from(sorted(MODULES)),
    B=st.integers(1, 4),
    T=st.integers(1, 6),
    I=st.integers(1, 4),
    H=st.integers(1, 4),
    L=st.integers(1, 3),
    D=st.integers(1, 2),
    padded=st.booleans(),
    started=st.booleans(),
    seed=st.integers(0, 10**6),
)
def test_outputs_and_all_gradients_are_torchs(cell, B, T, I, H, L, D, padded, started, seed):
    rng = np.random.default_rng(seed)
    torch.manual_seed(seed)
    module = MODULES[cell](I, H, L, batch_first=True, bidirectional=D == 2).double()
    X = rng.normal(size=(B, T, I))
    lengths = rng.integers(1, T + 1, B) if padded else None
    if padded:
        lengths[rng.integers(B)] = T
    starts = [rng.normal(size=(L * D, B, H)) for _ in range(1 + (cell == "LSTM"))] if started else []
    leaf, state = torch.tensor(X, requires_grad=True), [torch.tensor(s, requires_grad=True) for s in starts]
    given_state = None if not state else tuple(state) if cell == "LSTM" else state[0]
    fed = leaf if lengths is None else pack_padded_sequence(leaf, lengths, batch_first=True, enforce_sorted=False)
    outputs, last = module(fed, given_state)
    if padded:
        outputs, _ = pad_packed_sequence(outputs, batch_first=True, total_length=T)
    last = last if cell == "LSTM" else (last,)
    passed = layers.forward(cell, layers.weights_of(module), X, lengths, *starts)
    assert close(passed.outputs, outputs.detach()) and close(passed.h, last[0].detach())
    assert passed.c is None if cell != "LSTM" else close(passed.c, last[1].detach())

    slopes = [rng.normal(size=outputs.shape), *(rng.normal(size=passed.h.shape) for _ in last)]
    total = sum((torch.tensor(s) * v).sum() for s, v in zip(slopes, (outputs, *last), strict=True))
    total.backward()
    found = layers.backward(passed, *slopes)
    assert close(found.X, leaf.grad)
    for mine, theirs in zip((found.h0, found.c0), state, strict=False):
        assert close(mine, theirs.grad)
    for at, layer in enumerate(found.stack):
        for side, weights in enumerate(layer):
            for name, value in weights.items():
                theirs = getattr(module, f"{LETTERS[name]}_l{at}{'_reverse' if side else ''}").grad
                assert close(value, theirs.numpy().T), (at, side, name)


@settings(max_examples=40, deadline=None)
@given(cell=st.sampled_from(sorted(CELLS)), seed=st.integers(0, 10**6), D=st.integers(1, 2))
def test_gradients_of_every_cell_are_the_differences(cell, seed, D):
    rng = np.random.default_rng(seed)
    H, L, B, T = int(rng.integers(1, 4)), 1, int(rng.integers(1, 4)), int(rng.integers(1, 5))
    I = H if cell in ("MUT1", "MUT2") else int(rng.integers(1, 4))
    stack = layers.random_stack(cell, I, H, L, D, seed=seed)
    X, lengths, h0 = rng.normal(size=(B, T, I)), rng.integers(1, T + 1, B), rng.normal(size=(L * D, B, H))
    weights = rng.normal(size=(B, T, D * H))

    def loss(X=X, h0=h0, stack=stack):
        return float((layers.forward(cell, stack, X, lengths, h0).outputs * weights).sum())

    found = layers.backward(layers.forward(cell, stack, X, lengths, h0), weights)
    assert np.allclose(found.X, numerical_gradient(lambda X: loss(X=X), X), rtol=1e-5, atol=1e-8)
    assert np.allclose(found.h0, numerical_gradient(lambda h: loss(h0=h), h0), rtol=1e-5, atol=1e-8)
    for side in range(D):
        for name, value in stack[0][side].items():

            def of_one(v, side=side, name=name):
                changed = [[dict(w) for w in stack[0]]]
                changed[0][side][name] = v
                return loss(stack=changed)

            assert np.allclose(found.stack[0][side][name], numerical_gradient(of_one, value), rtol=1e-5, atol=1e-8)


def sigm(a):
    return 1 / (1 + np.exp(-a))


@pytest.mark.parametrize("seed", range(5))
def test_the_three_mutations_are_as_the_paper_prints_them(seed):
    rng = np.random.default_rng(seed)
    H, B = 3, 4
    x, h = rng.normal(size=(B, H)), rng.normal(size=(B, H))
    for number in (1, 2, 3):
        ((W,),) = layers.random_stack(f"MUT{number}", H, H, seed=seed)
        T = {name: value.T for name, value in W.items()}  # the paper's matrices stand to the left of columns
        for row in range(B):
            xt, ht = x[row], h[row]
            if number == 1:
                z = sigm(T["Wxz"] @ xt + W["bz"])
                r = sigm(T["Wxr"] @ xt + T["Whr"] @ ht + W["br"])
                new = np.tanh(T["Whh"] @ (r * ht) + np.tanh(xt) + W["bh"]) * z + ht * (1 - z)
            elif number == 2:
                z = sigm(T["Wxz"] @ xt + T["Whz"] @ ht + W["bz"])
                r = sigm(xt + T["Whr"] @ ht + W["br"])
                new = np.tanh(T["Whh"] @ (r * ht) + T["Wxh"] @ xt + W["bh"]) * z + ht * (1 - z)
            else:
                z = sigm(T["Wxz"] @ xt + T["Whz"] @ np.tanh(ht) + W["bz"])
                r = sigm(T["Wxr"] @ xt + T["Whr"] @ ht + W["br"])
                new = np.tanh(T["Whh"] @ (r * ht) + T["Wxh"] @ xt + W["bh"]) * z + ht * (1 - z)
            got = layers.forward(f"MUT{number}", [[W]], x[row][None, None], h0=h[row][None, None]).h[0, 0]
            assert close(got, new)


def onnx_gru(W, x, h, linear_before_reset):
    """The operator's equations (ONNX, GRU): gates z, r, h; Ht = (1 − zt) ∘ ht + zt ∘ Ht−1."""
    H = h.shape[1]
    Wr, Wz, Wn = (W["Wx"][:, i * H : (i + 1) * H] for i in range(3))
    Rr, Rz, Rn = (W["Wh"][:, i * H : (i + 1) * H] for i in range(3))
    Wbr, Wbz, Wbn = W["bx"].reshape(3, H)
    Rbr, Rbz, Rbn = W["bh"].reshape(3, H)
    z = sigm(x @ Wz + h @ Rz + Rbz + Wbz)
    r = sigm(x @ Wr + h @ Rr + Rbr + Wbr)
    if linear_before_reset:
        n = np.tanh(x @ Wn + r * (h @ Rn + Rbn) + Wbn)
    else:
        n = np.tanh(x @ Wn + (r * h) @ Rn + Rbn + Wbn)
    return (1 - z) * n + z * h


@given(seed=st.integers(0, 10**6))
def test_grus_are_onnxs_and_the_notes(seed):
    rng = np.random.default_rng(seed)
    x, h = rng.normal(size=(2, 3)), rng.normal(size=(2, 4))
    ((W,),) = layers.random_stack("GRU", 3, 4, seed=seed)

    def ours(cell, W=W):
        return layers.forward(cell, [[W]], x[:, None], h0=h[None]).h[0]

    assert close(ours("GRU"), onnx_gru(W, x, h, True))
    assert close(ours("GRU, reset before"), onnx_gru(W, x, h, False))
    turned = {name: value.copy() for name, value in W.items()}
    for value in turned.values():
        value[..., 4:8] *= -1  # z's weights: σ(−a) = 1 − σ(a)
    for before in ("", ", reset before"):
        assert close(ours(f"GRU{before}, z takes", turned), ours(f"GRU{before}"))
    assert not np.allclose(ours("GRU"), ours("GRU, reset before"), atol=1e-3)


def test_numbers_of_weights():
    """Input 4, hidden 5: LSTM 200 with one bias, 220 with PyTorch's two; GRU 150 and 165."""
    for cell, one, two in (("LSTM", 200, 220), ("GRU", 150, 165)):
        ((W,),) = layers.random_stack(cell, 4, 5)
        assert sum(v.size for v in W.values()) == two and two - W["bh"].size == one


@given(seed=st.integers(0, 10**6), cell=st.sampled_from(sorted(CELLS)))
def test_padding_changes_nothing_that_is_real(seed, cell):
    rng = np.random.default_rng(seed)
    deep = cell not in ("MUT1", "MUT2")  # their inputs are as wide as their state
    stack = layers.random_stack(cell, 3, 3, 1 + deep, 2, seed=seed)
    X, lengths = rng.normal(size=(3, 5, 3)), np.array([2, 5, 3])
    whole = layers.forward(cell, stack, X, lengths)
    for b, n in enumerate(lengths):
        alone = layers.forward(cell, stack, X[b : b + 1, :n])
        assert close(whole.outputs[b, :n], alone.outputs[0]) and (whole.outputs[b, n:] == 0).all()
        assert close(whole.h[:, b], alone.h[:, 0])


def test_the_last_backward_state_stands_at_the_first_place():
    stack = layers.random_stack("GRU", 2, 3, 1, 2)
    passed = layers.forward("GRU", stack, np.random.default_rng(0).normal(size=(2, 4, 2)))
    assert close(passed.outputs[:, -1, :3], passed.h[0]) and close(passed.outputs[:, 0, 3:], passed.h[1])


X = np.ones((2, 3, 4))
STACK = layers.random_stack("LSTM", 4, 5)
BAD = [
    (lambda: layers.forward("Elman", STACK, X), ValueError, "cell must be one of 'RNN'"),
    (lambda: layers.forward("LSTM", STACK, X[0]), ValueError, "X must be 3 axes"),
    (lambda: layers.forward("LSTM", STACK, X[:, :, :3]), ValueError, r"Wx of layer 0 must have shape \(3, 20\)"),
    (lambda: layers.forward("GRU", STACK, X), ValueError, "must have shape"),
    (lambda: layers.forward("LSTM", [], X), TypeError, "stack must be a list of layers"),
    (lambda: layers.forward("LSTM", [[{}]], X), TypeError, "a dict of Wh, Wx, bh, bx"),
    (lambda: layers.forward("LSTM", STACK, X, [3]), ValueError, "2 sequences, but 1 lengths"),
    (lambda: layers.forward("LSTM", STACK, X, [0, 3]), ValueError, "lengths must be from 1 to 3"),
    (lambda: layers.forward("LSTM", STACK, X, [1.0, 3.0]), TypeError, "lengths must hold whole numbers"),
    (lambda: layers.forward("LSTM", STACK, X, h0=np.ones((1, 2, 4))), ValueError, r"h0 must have shape \(1, 2, 5\)"),
    (lambda: layers.forward("RNN", layers.random_stack("RNN", 4, 5), X, c0=X), ValueError, "no memory"),
    (lambda: layers.random_stack("MUT1", 4, 5), ValueError, "4 inputs do not fit 5 units"),
    (lambda: layers.random_stack("MUT2", 4, 4, layers=2, directions=2), ValueError, "8 inputs do not fit 4 units"),
    (lambda: layers.backward(STACK), TypeError, "passed must be a Pass"),
    (
        lambda: layers.backward(layers.forward("LSTM", STACK, X), X),
        ValueError,
        "d_outputs must have the outputs' shape",
    ),
    (lambda: layers.weights_of(torch.nn.RNN(2, 3, nonlinearity="relu")), TypeError, "with tanh"),
    (lambda: layers.weights_of(torch.nn.LSTM(2, 3, proj_size=2)), ValueError, "no projection"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
