"""The autodiff against torch on randomised expression graphs, against differences, and its refusals."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.losses import autodiff
from lib.losses.autodiff import Tensor, gradcheck, gradients, log_sum_exp

SHAPES = ((), (1,), (3,), (2, 3), (1, 3), (2, 1), (4, 2, 3))
F = torch.nn.functional
UNARY = {  # name: (ours, torch's)
    "exp": (lambda a: (a * 0.3).exp(), lambda a: (a * 0.3).exp()),
    "log": (lambda a: (a**2 + 1).log(), lambda a: (a**2 + 1).log()),
    "square": (lambda a: a**2, lambda a: a**2),
    "root": (lambda a: (a * a + 0.5) ** 0.5, lambda a: (a * a + 0.5) ** 0.5),
    "inverse": (lambda a: 1 / (a**2 + 1), lambda a: 1 / (a**2 + 1)),
    "neg": (lambda a: 2 - (-a), lambda a: 2 - (-a)),
    "tanh": (lambda a: a.activate("tanh"), torch.tanh),
    "sigmoid": (lambda a: a.activate("sigmoid"), torch.sigmoid),
    "ReLU": (lambda a: a.activate("ReLU"), F.relu),
    "leaky ReLU": (lambda a: a.activate("leaky ReLU"), F.leaky_relu),
    "GELU": (lambda a: a.activate("GELU"), F.gelu),
    "mean": (lambda a: a - a.mean(), lambda a: a - a.mean()),
    "sum": (lambda a: a.sum() * 0.1 + a, lambda a: a.sum() * 0.1 + a),
    "flat": (lambda a: a.reshape(-1), lambda a: a.reshape(-1)),
    "twice": (lambda a: a.reshape(-1)[[0, -1, 0]], lambda a: a.reshape(-1)[[0, -1, 0]]),
}
BINARY = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": lambda a, b: a / (b * b + 1),
}
TABLE = {  # for two axes
    "T": (lambda a: a.T, lambda a: a.T),
    "gram": (lambda a: a @ a.T, lambda a: a @ a.T),
    "times a vector": (lambda a: a @ a[0], lambda a: a @ a[0]),
    "rows": (lambda a: a.sum(axis=1), lambda a: a.sum(axis=1)),
    "columns": (lambda a: a.mean(axis=0, keepdims=True), lambda a: a.mean(axis=0, keepdim=True)),
    "log-sum-exp": (log_sum_exp, lambda a: torch.logsumexp(a, dim=1, keepdim=True)),
}


def broadcasts(a, b):
    return all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))


@settings(max_examples=300)
@given(seed=st.integers(0, 10**9))
def test_random_graphs_are_torchs(seed):
    """Up to a dozen operations on shared inputs that broadcast; values and every leaf's gradient agree."""
    rng = np.random.default_rng(seed)
    arrays = [rng.normal(size=SHAPES[i]) for i in rng.integers(0, len(SHAPES), 3)]
    leaves, theirs = [Tensor(a) for a in arrays], [torch.tensor(a, requires_grad=True) for a in arrays]
    made = list(zip(leaves, theirs, strict=True))
    for _ in range(int(rng.integers(2, 12))):
        ours, torchs = made[int(rng.integers(len(made)))]
        partners = [pair for pair in made if broadcasts(pair[0].shape, ours.shape)]
        other, torchs_other = partners[int(rng.integers(len(partners)))]
        if rng.random() < 0.5:
            f = BINARY[str(rng.choice(list(BINARY)))]
            made.append((f(ours, other), f(torchs, torchs_other)))
        else:
            table = UNARY | TABLE if len(ours.shape) == 2 else UNARY
            f, g = table[str(rng.choice(list(table)))]
            made.append((f(ours), g(torchs)))
        scale = 1 / max(1.0, float(np.abs(made[-1][0].value).max()))
        made[-1] = (made[-1][0] * scale, made[-1][1] * scale)
        assert made[-1][0].shape == tuple(made[-1][1].shape)
    loss, torchs_loss = sum(a.mean() for a, _ in made), sum(b.mean() for _, b in made)
    loss.backward()
    torchs_loss.backward()
    assert loss.value == pytest.approx(torchs_loss.item(), rel=1e-12, abs=1e-12)
    for leaf, their in zip(leaves, theirs, strict=True):
        size = max(1.0, float(their.grad.abs().max()))
        assert np.allclose(leaf.grad, their.grad.numpy(), rtol=1e-10, atol=1e-11 * size)


def test_a_network_with_cross_entropy_is_torchs():
    rng = np.random.default_rng(2)
    X, labels = rng.normal(size=(9, 4)), rng.integers(0, 3, 9)
    arrays = [rng.normal(size=s) for s in ((4, 6), (6,), (6, 3), (3,))]

    def loss(W1, b1, W2, b2):
        Z = (X @ W1 + b1).activate("tanh") @ W2 + b2
        return (log_sum_exp(Z) - Z[np.arange(9), labels].reshape(-1, 1)).mean()

    theirs = [torch.tensor(a, requires_grad=True) for a in arrays]
    Z = torch.tanh(torch.tensor(X) @ theirs[0] + theirs[1]) @ theirs[2] + theirs[3]
    F.cross_entropy(Z, torch.tensor(labels)).backward()
    for found, their in zip(gradients(loss, *arrays), theirs, strict=True):
        assert np.allclose(found, their.grad.numpy(), rtol=1e-10, atol=1e-14)
    assert gradcheck(loss, *arrays) < 1e-7


def test_gradcheck_finds_a_wrong_product():
    def wrong(x):
        return autodiff._node("cube", x.value**3, (x, lambda g: g * 2 * x.value**2)).sum()

    x = np.array([0.5, -1.0, 2.0])
    assert gradcheck(lambda t: (t**3).sum(), x) < 1e-8 < 0.1 < gradcheck(wrong, x)


def test_gradients_start_anew_and_add_up_within_one_graph():
    x = Tensor([2.0, 3.0])
    loss = (x * x + x).sum()
    for _ in range(2):
        loss.backward()
        assert x.grad.tolist() == [5.0, 7.0]
    assert gradients(lambda a, b: a.sum(), [1.0], [2.0])[1].tolist() == [0.0]  # f does not use b


def test_a_deep_graph_needs_no_recursion():
    x = Tensor(1.0)
    y = x
    for _ in range(20_000):
        y = y * 1.0001
    y.backward()
    assert x.grad == pytest.approx(1.0001**20_000)


def test_arrays_on_the_left_ask_the_tensor():
    for made in (np.ones(2) + Tensor([1.0, 2.0]), np.ones((2, 2)) @ Tensor([1.0, 2.0]), 1 / Tensor([1.0, 2.0])):
        assert isinstance(made, Tensor)


t = Tensor([1.0, -2.0, 0.0])
BAD = [
    (lambda: Tensor([np.nan]), ValueError, "a Tensor"),
    (lambda: Tensor("text"), TypeError, "real numbers"),
    (lambda: t.backward(), ValueError, r"single number, but this Tensor has shape \(3,\)"),
    (lambda: t.log(), ValueError, "log of -2"),
    (lambda: 1 / t, ValueError, "division by zero"),
    (lambda: t**-1, ValueError, "power -1"),
    (lambda: t**0.5, ValueError, r"power 0.5 of -2 has no"),
    (lambda: (t * 1e4).exp(), ValueError, "more than a float holds"),
    (lambda: t @ t, ValueError, r"@ takes \(N, k\) @ \(k, m\)"),
    (lambda: t.reshape(1, 3) @ Tensor(np.ones((2, 2))), ValueError, r"given \(1, 3\) @ \(2, 2\)"),
    (lambda: t + np.ones(2), ValueError, "broadcast"),
    (lambda: t.activate("swish"), ValueError, "no activation"),
    (lambda: gradcheck(lambda a: a.sum(), [1.0], step=0.0), ValueError, "step"),
    (lambda: gradients(lambda a: a, [1.0, 2.0]), ValueError, "single number"),
]


@pytest.mark.parametrize(("call", "error", "message"), BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.filterwarnings("ignore:overflow")
def test_overflow_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        Tensor([1e200]) * 1e200
