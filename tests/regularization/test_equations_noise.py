"""The labelled equations of "Noise, dropout and stopping", by an independent route each."""

from itertools import pairwise, product

import numpy as np
import pytest
import sympy as sp

from lib.regularization import noise as n

RNG = np.random.default_rng(21)
A, Y, W = RNG.normal(size=(6, 3)), RNG.normal(size=6), RNG.normal(size=3)
norm = np.linalg.norm


@pytest.mark.equation("eq-weight-decay")
def test_weight_decay():
    """A gradient step on the penalised loss, the gradient taken by differences."""
    eta, lam = 0.1, 0.7

    def loss(w):
        return norm(A @ w - Y) ** 2 / 2 + lam * w @ w / 2

    slope = np.array([(loss(W + d) - loss(W - d)) / 2e-6 for d in 1e-6 * np.eye(3)])
    assert np.allclose(n.weight_decay_step(W, A.T @ (A @ W - Y), eta, lam), W - eta * slope, atol=1e-7)


@pytest.mark.equation("eq-gradient-step")
def test_gradient_step():
    def loss(w):
        return norm(A @ w - Y) ** 2 / 2

    path = n.gradient_descent(A, Y, 0.05, 3)
    assert not path[0].any()
    for before, after in pairwise(path):
        slope = np.array([(loss(before + d) - loss(before - d)) / 2e-6 for d in 1e-6 * np.eye(3)])
        assert np.allclose(after, before - 0.05 * slope, atol=1e-7)


@pytest.mark.equation("eq-early-stopping")
def test_early_stopping():
    """In symbols in one direction, and in all directions beside the iteration."""
    sigma, eta, c = sp.symbols("sigma eta c")
    w = sp.Integer(0)
    for _ in range(4):
        w = w - eta * sigma * (sigma * w - c)  # A = σ, y = c
    assert sp.expand(w - (1 - (1 - eta * sigma**2) ** 4) * c / sigma).simplify() == 0
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    path = n.gradient_descent(A, Y, 0.05, 9)
    assert np.allclose(path[9], Vt.T @ (n.stopping_filter(s, 0.05, 9) * (U.T @ Y) / s))


@pytest.mark.equation("eq-stopping-lambda")
def test_stopping_lambda():
    """The two filters have the same slope in σ² at 0."""
    q, eta, t, lam = sp.symbols("q eta t lam", positive=True)  # q = σ²
    descent = (1 - (1 - eta * q) ** t).diff(q).subs(q, 0)
    ridge = (q / (q + lam)).diff(q).subs(q, 0)
    assert sp.simplify(descent - ridge.subs(lam, 1 / (eta * t))) == 0


@pytest.mark.equation("eq-noise-penalty")
def test_noise_penalty():
    """Exactly: every row has two equally likely disturbances ±d, so all 2⁶ outcomes can be listed."""
    D = RNG.normal(size=(6, 3))
    C = D.T @ D  # the covariance of ±d is d dᵀ
    losses = [norm((A + np.array(signs)[:, None] * D) @ W - Y) ** 2 for signs in product((-1, 1), repeat=6)]
    assert n.noisy_loss(A, Y, W, C) == pytest.approx(np.mean(losses))


@pytest.mark.equation("eq-noise-solution")
def test_noise_solution():
    """The average of all listed outcomes, fitted by least squares."""
    D = RNG.normal(size=(6, 3))
    rows = np.vstack([A + np.array(signs)[:, None] * D for signs in product((-1, 1), repeat=6)])
    expected = np.linalg.lstsq(rows, np.tile(Y, 64), rcond=None)[0]
    assert np.allclose(n.fit_with_noise(A, Y, D.T @ D), expected)


@pytest.mark.equation("eq-jitter-penalty")
def test_jitter_penalty():
    """The summed covariance of simulated noise."""
    noise = 0.5 * RNG.normal(size=(100_000, 6, 3))
    found = np.einsum("rni,rnj->ij", noise, noise) / len(noise)
    assert np.allclose(found, n.jitter_penalty(A, 0.5), atol=0.02)


@pytest.mark.equation("eq-dropout-plain")
@pytest.mark.equation("eq-dropout-inverted")
def test_dropout_means():
    """The mean over all masks of two units, each weighed by its probability, is what evaluation returns."""
    x, p = np.array([2.0, -3.0]), 0.3
    for inverted in (False, True):
        seen, _ = n.dropout(x, p, training=False, inverted=inverted)
        kept = 1 / (1 - p) if inverted else 1.0
        mean = sum(
            np.prod([1 - p if m else p for m in mask]) * x * np.array(mask) * kept for mask in product((0, 1), repeat=2)
        )
        assert np.allclose(seen, mean)
        drawn = n.dropout_mask(200_000, p, np.random.default_rng(0), inverted)
        assert set(np.unique(drawn)) == {0.0, kept} and (drawn == 0).mean() == pytest.approx(p, abs=0.005)


@pytest.mark.equation("eq-dropout-gradient")
def test_dropout_gradient():
    """By differences, the mask held fixed."""
    x, g = RNG.normal(size=5), RNG.normal(size=5)
    _, mask = n.dropout(x, 0.4, np.random.default_rng(1))
    by_steps = [(g @ ((x + d) * mask) - g @ ((x - d) * mask)) / 2e-6 for d in 1e-6 * np.eye(5)]
    assert np.allclose(g * mask, by_steps, atol=1e-8)


@pytest.mark.equation("eq-dropout-variance")
def test_dropout_variance():
    p = sp.Symbol("p")
    variance = (1 - p) * (1 / (1 - p)) ** 2 - 1
    assert sp.simplify(variance - p / (1 - p)) == 0
    assert n.dropout_variance(0.3) == pytest.approx(float(variance.subs(p, 0.3)))


@pytest.mark.equation("eq-dropout-penalty")
def test_dropout_penalty():
    """All masks of a 2 × 2 table, listed; and with normal numbers of the same variance, simulated."""
    B, y, w, p = A[:2, :2], Y[:2], W[:2], 0.3
    mean = 0.0
    for mask in product((0, 1), repeat=4):
        m = np.array(mask).reshape(2, 2)
        mean += np.prod(np.where(m, 1 - p, p)) * norm((B * m / (1 - p)) @ w - y) ** 2
    assert n.noisy_loss(B, y, w, n.dropout_penalty(B, p)) == pytest.approx(mean)
    m = RNG.normal(1, np.sqrt(p / (1 - p)), size=(200_000, 2, 2))
    simulated = np.mean(np.sum(((B * m) @ w - y) ** 2, axis=1))
    assert simulated == pytest.approx(mean, rel=0.02)


@pytest.mark.equation("eq-augmentation-penalty")
def test_augmentation_penalty():
    copies = RNG.normal(size=(4, 6, 3))
    mean, C = n.augmentation_penalty(copies)
    over_all = np.mean([norm(one @ W - Y) ** 2 for one in copies])
    assert n.noisy_loss(mean, Y, W, C) == pytest.approx(over_all)
