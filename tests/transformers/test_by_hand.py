"""The slopes of a GPT by hand are those of PyTorch's autograd, and of finite differences."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from lib.transformers.adapting.by_hand import gpt_slopes
from lib.transformers.adapting.training import network_of
from lib.transformers.gpt import GPT, gpt_loss
from lib.transformers.gpt_training import Network


def random_model(seed, V=7, window=9, D=8, layers=2, heads=2, hidden=12):
    torch.manual_seed(seed)
    weights = Network(V, window, D, layers, heads, hidden, 0.5).weights()
    rng = np.random.default_rng(seed)
    return GPT({name: a + 0.2 * rng.normal(size=a.shape) for name, a in weights.items()}, heads)


def batch(seed, model, B=3, T=6):
    rng = np.random.default_rng(seed)
    x, y = rng.integers(7, size=(2, B, T))
    y[rng.random((B, T)) < 0.4] = -1
    y[0, 0] = 3
    return x, y


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("layers", "heads"), [(1, 1), (2, 4)])
def test_slopes_are_autograds(seed, layers, heads):
    model = random_model(seed, layers=layers, heads=heads)
    x, y = batch(seed, model, B=seed + 1, T=2 * seed + 1)
    loss, slopes = gpt_slopes(model, x, y)
    net = network_of(model, torch.float64)
    theirs = F.cross_entropy(net(torch.tensor(x)).flatten(0, 1), torch.tensor(y).flatten(), ignore_index=-1)
    assert np.isclose(loss, theirs.item(), rtol=1e-10)
    theirs.backward()
    for p in net.parameters():
        p.data = torch.zeros_like(p) if p.grad is None else p.grad.clone()
    wanted = net.weights()  # the slopes, under the weights' own names
    assert set(wanted) == set(slopes)
    for name, value in wanted.items():
        assert np.allclose(slopes[name], value, rtol=1e-8, atol=1e-11), name


def test_loss_is_the_models_where_all_counts():
    model = random_model(1)
    ids = np.random.default_rng(1).integers(7, size=(4, 8))
    loss, _ = gpt_slopes(model, ids[:, :-1], ids[:, 1:])
    assert np.isclose(loss, gpt_loss(model.read(ids).scores, ids), rtol=1e-12)


@pytest.mark.parametrize("name", ["words", "places", "block1.Wq", "block0.b1", "block0.norm1.gamma", "last.beta"])
def test_slopes_are_differences(name):
    model = random_model(5)
    x, y = batch(5, model)
    slope, at = gpt_slopes(model, x, y)[1][name], np.unravel_index(0, model.weights[name].shape)
    at = (x[0, 0], *at[1:]) if name == "words" else at
    losses = []
    for eps in (1e-6, -1e-6):
        moved = model.weights[name].copy()
        moved[at] += eps
        losses.append(gpt_slopes(replace(model, weights={**model.weights, name: moved}), x, y)[0])
    assert np.isclose(slope[at], (losses[0] - losses[1]) / 2e-6, rtol=1e-4, atol=1e-8)


@pytest.mark.parametrize(
    ("x", "y", "said"),
    [
        (np.zeros((2, 3), int), np.full((2, 3), -1), "some of them not"),
        (np.zeros((2, 3), int), np.zeros((2, 2), int), "targets must be"),
        (np.zeros((1, 10), int), np.zeros((1, 10), int), "at most 9 places"),
        (np.full((1, 3), 7), np.zeros((1, 3), int), "tokens"),
        (np.zeros((1, 3), int), np.full((1, 3), 7), "tokens"),
    ],
)
def test_bad_batches_are_told(x, y, said):
    with pytest.raises(ValueError, match=said):
        gpt_slopes(random_model(0), x, y)


def test_models_without_a_feed_forward_part_are_told():
    with pytest.raises(ValueError, match="feed-forward"):
        gpt_slopes(random_model(0, hidden=0), np.zeros((1, 3), int), np.zeros((1, 3), int))
    with pytest.raises(TypeError, match="model"):
        gpt_slopes({}, np.zeros((1, 3), int), np.zeros((1, 3), int))
