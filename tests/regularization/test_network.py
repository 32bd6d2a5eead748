"""The small network: its gradients against torch's autograd, its training against torch's optimiser, and bad input."""

import numpy as np
import pytest
import torch

from lib.regularization import network as w
from lib.regularization import noise

NORMS = ("none", "batch", "layer")


def data(seed=0, N=24, k=6, K=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(N, k)), np.concatenate([np.arange(K), rng.integers(0, K, N - K)])


def torch_scores(t, X, norm, mask=1.0):
    h = X @ t["W1"] + t["b1"]
    if norm == "batch":
        h = torch.nn.functional.batch_norm(h, None, None, t["gamma"], t["beta"], training=True)
    elif norm == "layer":
        h = torch.nn.functional.layer_norm(h, h.shape[1:], t["gamma"], t["beta"])
    return (torch.relu(h) * mask) @ t["W2"] + t["b2"]


@pytest.mark.parametrize("p", [0.0, 0.5])
@pytest.mark.parametrize("norm", NORMS)
@pytest.mark.parametrize("seed", range(5))
def test_gradients_are_torchs(seed, norm, p):
    X, labels = data(seed)
    net = w.new_network(6, 3, w.Recipe(hidden=8, norm=norm, seed=seed))
    loss, mine = w.loss_and_gradients(net, X, labels, p, np.random.default_rng(seed))
    mask = noise.dropout_mask((24, 8), p, np.random.default_rng(seed)) if p else np.ones((24, 8))
    t = {name: torch.tensor(value, requires_grad=True) for name, value in net.weights.items()}
    scores = torch_scores(t, torch.tensor(X), norm, torch.tensor(mask))
    theirs = torch.nn.functional.cross_entropy(scores, torch.tensor(labels))
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-9)
    for name, g in mine.items():
        assert np.allclose(g, t[name].grad.numpy(), rtol=1e-6, atol=1e-9), name
    assert set(mine) == set(net.weights)


@pytest.mark.parametrize("norm", NORMS)
def test_training_is_torchs_sgd(norm):
    """Full batches, momentum: the weights after ten epochs. (Weight decay in torch goes through the momentum.)"""
    X, labels = data(3)
    recipe = w.Recipe(hidden=5, epochs=10, batch=24, eta=0.05, norm=norm, seed=1)
    net = w.new_network(6, 3, recipe)
    t = {name: torch.tensor(value, requires_grad=True) for name, value in net.weights.items()}
    step = torch.optim.SGD(t.values(), lr=0.05, momentum=0.9)
    for _ in range(10):
        step.zero_grad()
        torch.nn.functional.cross_entropy(torch_scores(t, torch.tensor(X), norm), torch.tensor(labels)).backward()
        step.step()
    trained = w.train(X, labels, X, labels, recipe).network
    for name, value in trained.weights.items():
        assert np.allclose(value, t[name].detach().numpy(), atol=1e-6), name


def test_evaluation_uses_running_statistics_and_no_dropout():
    X, labels = data(4)
    net = w.train(X, labels, X, labels, w.Recipe(hidden=8, epochs=5, norm="batch", dropout=0.5)).network
    assert np.allclose(net.scores(X)[:1], net.scores(X[:1])) and np.allclose(net.scores(X), net.scores(X))


def test_weight_decay_shortens_the_weights():
    X, labels = data(5)
    lengths = [
        np.linalg.norm(w.train(X, labels, X, labels, w.Recipe(epochs=20, weight_decay=lam)).network.weights["W1"])
        for lam in (0.0, 0.1, 1.0)
    ]
    assert lengths[0] > lengths[1] > lengths[2]


def test_the_same_seed_the_same_run():
    X, labels = data(6, k=64)
    recipe = w.Recipe(epochs=3, dropout=0.3, shift=1, norm="batch", batch=5)
    a, b = (w.train(X, labels, X, labels, recipe) for _ in range(2))
    assert a.loss == b.loss and (a.network.weights["W1"] == b.network.weights["W1"]).all()
    other = w.train(X, labels, X, labels, w.Recipe(epochs=3, dropout=0.3, shift=1, norm="batch", batch=5, seed=9))
    assert other.loss != a.loss


def test_no_epochs_no_history():
    X, labels = data(7)
    run = w.train(X, labels, X, labels, w.Recipe(epochs=0))
    assert run.loss == [] and run.network.scores(X).shape == (24, 3)


X, LABELS = data()
BAD = [
    (lambda: w.Recipe(hidden=0), ValueError, "hidden must be at least 1"),
    (lambda: w.Recipe(epochs=2.5), TypeError, "whole number"),
    (lambda: w.Recipe(eta=0.0), ValueError, "eta must be greater than 0"),
    (lambda: w.Recipe(dropout=1.0), ValueError, "less than 1"),
    (lambda: w.Recipe(momentum=1.0), ValueError, "less than 1"),
    (lambda: w.Recipe(weight_decay=-1.0), ValueError, "weight_decay must be at least 0"),
    (lambda: w.Recipe(norm="group"), ValueError, "norm must be"),
    (lambda: w.new_network(0, 3, w.Recipe()), ValueError, "k must be"),
    (lambda: w.new_network(3, 1, w.Recipe()), ValueError, "K must be at least 2"),
    (lambda: w.train(X, LABELS[:5], X, LABELS), ValueError, "labels has 5 entries"),
    (lambda: w.train(X, LABELS + 0.5, X, LABELS), ValueError, "whole numbers"),
    (lambda: w.train(X, LABELS - 1, X, LABELS), ValueError, "whole numbers"),
    (lambda: w.train(X[0], LABELS, X, LABELS), ValueError, "matrix"),
    (lambda: w.train(X * np.nan, LABELS, X, LABELS), ValueError, "NaN"),
    (lambda: w.train(X, LABELS, X, LABELS, w.Recipe(shift=1)), ValueError, "64 pixels"),
    (lambda: w.train(X, LABELS, X, LABELS, w.Recipe(norm="batch", batch=1)), ValueError, "at least 2 samples"),
    (lambda: w.loss_and_gradients(w.new_network(6, 3, w.Recipe()), X, LABELS + 9), ValueError, "labels"),
    (lambda: w.new_network(6, 3, w.Recipe()).scores(X[0]), ValueError, "matrix"),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
