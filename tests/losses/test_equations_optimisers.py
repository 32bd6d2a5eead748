"""The labelled equations of "Optimisers", by an independent route each: recurrences written out, spectra, torch."""

import numpy as np
import pytest
import sympy as sp
import torch

from lib.losses import optimisers as o
from lib.losses import regression

RNG = np.random.default_rng(11)
GRADIENTS = RNG.normal(size=(6, 3))
W = RNG.normal(size=3)


def run(optimiser):
    w = W
    for g in GRADIENTS:
        w = optimiser(w, g)
    return w


def weights(beta):
    """The weight of gradient i in the sum h after step t, for all i and t: βᵗ⁻ⁱ."""
    return np.tril(beta ** np.subtract.outer(np.arange(6.0), np.arange(6.0)))


@pytest.mark.equation("eq-gradient-descent")
def test_gradient_descent():
    assert np.allclose(run(o.GradientDescent(0.1)), W - 0.1 * GRADIENTS.sum(axis=0))


@pytest.mark.equation("eq-minibatch")
def test_minibatch():
    """The mean of the gradient over all batches of a size is the full gradient, exactly."""
    from itertools import combinations

    A, y, w = RNG.normal(size=(6, 2)), RNG.normal(size=6), np.array([0.3, -1.0])
    parts = [regression.mse_gradient(A[list(c)], w, y[list(c)]) for c in combinations(range(6), 2)]
    assert np.allclose(np.mean(parts, axis=0), regression.mse_gradient(A, w, y))


@pytest.mark.equation("eq-stability-limit")
@pytest.mark.equation("eq-error-factor")
def test_stability_limit():
    """The largest |1 − ηλ| passes 1 exactly at 2/λmax; the rate of least factor is 2/(λmin + λmax)."""
    lam = np.array([0.2, 1.0, 4.0])
    H = np.diag(lam)
    limit = o.stability_limit(H)
    for eta, stable in ((0.999 * limit, True), (1.001 * limit, False)):
        assert (np.abs(np.linalg.eigvals(np.eye(3) - eta * H)).max() < 1) == stable
    path = o.minimise(lambda w: H @ w, W, o.GradientDescent(0.3), 7)
    assert np.allclose(path[7], (1 - 0.3 * lam) ** 7 * W)
    rates = np.linspace(0.01, 0.5, 5000)
    best = rates[np.argmin(np.abs(1 - np.outer(rates, lam)).max(axis=1))]
    assert best == pytest.approx(2 / 4.2, abs=1e-3)


@pytest.mark.equation("eq-momentum")
def test_momentum():
    """As a sum: every gradient goes on acting, weaker by β each step; and its stability from the 2 × 2 matrix of (w, h)."""
    assert np.allclose(run(o.Momentum(0.1, 0.8)), W - 0.1 * (weights(0.8) @ GRADIENTS).sum(axis=0))
    lam, beta = 3.0, 0.8
    for share, stable in ((0.999, True), (1.001, False)):
        eta = share * o.stability_limit([[lam]], beta)
        M = np.array([[1 - eta * lam, -eta * beta], [lam, beta]])
        assert (np.abs(np.linalg.eigvals(M)).max() < 1) == stable


@pytest.mark.equation("eq-nesterov")
def test_nesterov():
    h = weights(0.8) @ GRADIENTS
    assert np.allclose(run(o.Nesterov(0.1, 0.8)), W - 0.1 * (GRADIENTS + 0.8 * h).sum(axis=0))


@pytest.mark.equation("eq-adagrad")
def test_adagrad():
    so_far = np.sqrt(np.cumsum(GRADIENTS**2, axis=0))
    assert np.allclose(run(o.AdaGrad(0.1)), W - 0.1 * (GRADIENTS / so_far).sum(axis=0), atol=1e-8)


@pytest.mark.equation("eq-rmsprop")
def test_rmsprop():
    G = 0.1 * weights(0.9) @ GRADIENTS**2
    assert np.allclose(run(o.RMSProp(0.1, beta2=0.9)), W - 0.1 * (GRADIENTS / np.sqrt(G)).sum(axis=0), atol=1e-6)


@pytest.mark.equation("eq-adam")
@pytest.mark.equation("eq-bias-correction")
def test_adam():
    """With every gradient's weight written out; the corrected weights add up to 1."""
    t = np.arange(1, 7)[:, None]
    for_h, for_G = 0.1 * weights(0.9) / (1 - 0.9**t), 0.001 * weights(0.999) / (1 - 0.999**t)
    assert np.allclose(for_h.sum(axis=1), 1) and np.allclose(for_G.sum(axis=1), 1)
    steps = (for_h @ GRADIENTS) / np.sqrt(for_G @ GRADIENTS**2)
    assert np.allclose(run(o.Adam(0.1)), W - 0.1 * steps.sum(axis=0), atol=1e-6)
    b = sp.symbols("b", positive=True)
    total = sp.summation((1 - b) * b ** (5 - sp.Symbol("i", integer=True)), (sp.Symbol("i", integer=True), 1, 5))
    assert sp.simplify(total - (1 - b**5)) == 0


@pytest.mark.equation("eq-adamw")
def test_adamw():
    theirs = torch.tensor(W, requires_grad=True)
    optimiser = torch.optim.AdamW([theirs], lr=0.1, weight_decay=0.3)
    for g in GRADIENTS:
        theirs.grad = torch.tensor(g)
        optimiser.step()
    assert np.allclose(run(o.AdamW(0.1, lam=0.3)), theirs.detach().numpy(), atol=1e-9)


@pytest.mark.equation("eq-cosine-schedule")
def test_cosine():
    warmed = o.warm_up(o.cosine, 10)
    for t in range(50):
        wanted = (t + 1) / 10 if t < 10 else np.cos(np.pi * (t - 10) / 80) ** 2  # half-angle formula
        assert warmed(t, 50) == pytest.approx(wanted, abs=1e-12)
