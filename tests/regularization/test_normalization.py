"""Batch and layer normalization against PyTorch's layers: outputs, gradients, running statistics, both modes."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib.regularization import normalization as n

seeds = st.integers(0, 10**6)
SHAPES = [(2, 1), (5, 3), (16, 4), (3, 2, 4), (1, 3, 5), (4, 3, 2, 5)]
LAYERS = {2: torch.nn.BatchNorm1d, 3: torch.nn.BatchNorm1d, 4: torch.nn.BatchNorm2d}


def pair(shape, rng, **options):
    """Our layer and torch's, with the same random γ and β."""
    mine = n.BatchNorm(shape[1], **options)
    theirs = LAYERS[len(shape)](shape[1], dtype=torch.float64, **options)
    mine.gamma, mine.beta = rng.normal(size=shape[1]), rng.normal(size=shape[1])
    with torch.no_grad():
        theirs.weight.copy_(torch.tensor(mine.gamma))
        theirs.bias.copy_(torch.tensor(mine.beta))
    return mine, theirs


def compare(mine, theirs, x, rng):
    """Outputs and all three gradients of one call."""
    tx = torch.tensor(x, requires_grad=True)
    theirs.zero_grad()
    ty = theirs(tx)
    g = rng.normal(size=x.shape)
    ty.backward(torch.tensor(g))
    y, cache = mine(x)
    dx, dgamma, dbeta = n.batch_norm_gradient(g, cache)
    for a, b in ((y, ty), (dx, tx.grad), (dgamma, theirs.weight.grad), (dbeta, theirs.bias.grad)):
        assert np.allclose(a, b.detach().numpy(), rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("track", [True, False])
@pytest.mark.parametrize("momentum", [0.1, 0.9, None])
@pytest.mark.parametrize("shape", SHAPES)
@given(seed=seeds)
def test_batch_norm_is_torchs(shape, momentum, track, seed):
    """Several batches in training, then evaluation, then training again: everything to 1e-6."""
    rng = np.random.default_rng(seed)
    mine, theirs = pair(shape, rng, momentum=momentum, track_running_stats=track, eps=float(rng.choice([1e-5, 1e-2])))
    for mode in (True, True, True, False, False, True):
        mine.training = mode
        theirs.train(mode)
        compare(mine, theirs, rng.normal(size=shape) * rng.uniform(0.5, 4) + rng.normal(), rng)
        if track:
            assert np.allclose(mine.running_mean, theirs.running_mean.numpy(), rtol=1e-6, atol=1e-6)
            assert np.allclose(mine.running_variance, theirs.running_var.numpy(), rtol=1e-6, atol=1e-6)
            assert mine.batches == theirs.num_batches_tracked.item()
        else:
            assert mine.running_mean is None and theirs.running_mean is None


def test_one_sample_in_evaluation():
    """Alone, with running statistics: allowed, and torch's."""
    rng = np.random.default_rng(0)
    mine, theirs = pair((8, 3), rng)
    compare(mine, theirs, rng.normal(size=(8, 3)), rng)
    mine.training = False
    theirs.eval()
    compare(mine, theirs, rng.normal(size=(1, 3)), rng)


@pytest.mark.parametrize("shape", [(3,), (4, 5), (2, 3, 6), (2, 3, 4, 5), (3, 1)])
@given(seed=seeds)
def test_layer_norm_is_torchs(shape, seed):
    rng = np.random.default_rng(seed)
    D, eps = shape[-1], float(rng.choice([1e-5, 1e-2]))
    x, gamma, beta, g = rng.normal(size=shape) * 3 + 1, rng.normal(size=D), rng.normal(size=D), rng.normal(size=shape)
    tensors = [torch.tensor(v, requires_grad=True) for v in (x, gamma, beta)]
    ty = torch.nn.functional.layer_norm(tensors[0], (D,), tensors[1], tensors[2], eps)
    ty.backward(torch.tensor(g))
    y, cache = n.layer_norm(x, gamma, beta, eps)
    found = n.layer_norm_gradient(g, cache)
    assert np.allclose(y, ty.detach().numpy(), rtol=1e-6, atol=1e-6)
    for mine, theirs in zip(found, tensors, strict=True):
        assert np.allclose(mine, theirs.grad.numpy(), rtol=1e-6, atol=1e-6)


@given(seed=seeds)
def test_float32_to_six_digits(seed):
    """torch's default precision: the difference is its rounding."""
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(16, 4)).astype(np.float32)
    theirs = torch.nn.functional.batch_norm(torch.tensor(x), None, None, training=True).numpy()
    assert np.allclose(n.batch_norm(x, np.ones(4), np.zeros(4))[0], theirs, atol=1e-5)


@given(seed=seeds, c=st.floats(0.1, 50), shift=st.floats(-20, 20))
def test_laws(seed, c, shift):
    """Scale and shift of the input do not matter; the gradient feels neither 1 nor x̂; samples keep their order."""
    rng = np.random.default_rng(seed)
    x, g, ones, zeros = rng.normal(size=(9, 3)), rng.normal(size=(9, 3)), np.ones(3), np.zeros(3)
    y, cache = n.batch_norm(x, ones, zeros, 0.0)
    assert np.allclose(n.batch_norm(c * x + shift, ones, zeros, 0.0)[0], y, atol=1e-8)
    dx, _, _ = n.batch_norm_gradient(g, cache)
    assert np.allclose(dx.sum(axis=0), 0, atol=1e-9) and np.allclose((dx * y).sum(axis=0), 0, atol=1e-9)
    order = rng.permutation(9)
    assert np.allclose(n.batch_norm(x[order], ones, zeros)[0], n.batch_norm(x, ones, zeros)[0][order])
    rows, _ = n.layer_norm(x, ones, zeros)
    assert np.allclose(n.layer_norm(x[:1], ones, zeros)[0], rows[:1]), "layer norm: no company"
    assert np.allclose(n.layer_norm(x.T, np.ones(9), np.zeros(9), 0.0)[0], y.T), "the same, turned"


def test_batch_noise():
    rng = np.random.default_rng(0)
    x = rng.normal(size=100_000)
    found = n.batch_noise(x, 1.0, 64, 4000, rng)
    assert found.std() == pytest.approx(n.batch_noise_sd(1.0, 64), rel=0.05)
    assert set(np.round(n.batch_noise(x, 1.0, 2, 100, rng), 9)) == {-1.0, 1.0}
    assert (n.batch_noise(np.ones(3), 1.0, 5, 10, rng) == 0).all()


x, ones, zeros = np.arange(6.0).reshape(3, 2) ** 2, np.ones(2), np.zeros(2)
CACHE = n.batch_norm(x, ones, zeros)[1]
BAD = [
    (lambda: n.batch_norm(ones, ones, zeros), ValueError, r"x must be \(N, D\)"),
    (lambda: n.batch_norm(x * np.nan, ones, zeros), ValueError, "x has a NaN"),
    (lambda: n.batch_norm(np.zeros((0, 2)), ones, zeros), ValueError, "empty"),
    (lambda: n.batch_norm(x.astype(str), ones, zeros), TypeError, "real numbers"),
    (lambda: n.batch_norm(x, np.ones(3), zeros), ValueError, "gamma has 3 entries"),
    (lambda: n.batch_norm(x, ones, np.ones(1)), ValueError, "beta has 1 entries"),
    (lambda: n.batch_norm(x, ones, zeros, -1.0), ValueError, "eps must be at least 0"),
    (lambda: n.batch_norm(np.ones((3, 2)), ones, zeros, 0.0), ValueError, "nothing to divide by"),
    (lambda: n.batch_norm(x, ones, zeros, mean=zeros), ValueError, "both mean and variance"),
    (lambda: n.batch_norm(x, ones, zeros, mean=zeros, variance=-ones), ValueError, "negative"),
    (lambda: n.batch_norm_gradient(x[:2], CACHE), ValueError, "g has shape"),
    (lambda: n.batch_norm_gradient(x * np.inf, CACHE), ValueError, "NaN or infinite"),
    (lambda: n.layer_norm(3.0, ones, zeros), ValueError, "at least one axis"),
    (lambda: n.layer_norm(x, np.ones(3), zeros), ValueError, "gamma has 3 entries"),
    (lambda: n.layer_norm(x, ones, zeros, -1.0), ValueError, "eps"),
    (lambda: n.layer_norm_gradient(x.T, n.layer_norm(x, ones, zeros)[1]), ValueError, "g has shape"),
    (lambda: n.BatchNorm(0), ValueError, "D must be at least 1"),
    (lambda: n.BatchNorm(2.5), TypeError, "whole number"),
    (lambda: n.BatchNorm(2, eps=-1.0), ValueError, "eps"),
    (lambda: n.BatchNorm(2, momentum=1.5), ValueError, "momentum must be at most 1"),
    (lambda: n.BatchNorm(3)(x), ValueError, "normalises 3 features"),
    (lambda: n.BatchNorm(2)(x[:1]), ValueError, "more than one value"),
    (lambda: n.batch_noise(zeros, 1.0, 1, 5, np.random.default_rng(0)), ValueError, "size must be at least 2"),
    (lambda: n.batch_noise([], 1.0, 2, 5, np.random.default_rng(0)), ValueError, "empty"),
    (lambda: n.batch_noise_sd(1.0, 1), ValueError, "size"),
    (lambda: n.batch_noise_sd(np.nan, 2), ValueError, "NaN"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("call, error, message", BAD)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_a_refused_batch_leaves_the_statistics_alone():
    layer = n.BatchNorm(2)
    with pytest.raises(ValueError):
        layer(x[:1])
    assert (layer.running_mean == 0).all() and (layer.running_variance == 1).all() and layer.batches == 0
