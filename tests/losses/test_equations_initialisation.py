"""The labelled equations of "Initialisation", by an independent route each."""

import numpy as np
import pytest
import scipy.integrate

from lib.losses import backprop
from lib.losses import initialisation as i

RNG = np.random.default_rng(3)


@pytest.mark.equation("eq-layer-variance")
def test_layer_variance():
    """Fixed inputs, many draws of the weights: forward k Var(w) mean h², back m Var(w) mean φ′² mean g²."""
    z0, g, gain = RNG.normal(size=30) + 1, RNG.normal(size=20), 1.3
    h, slope = np.tanh(z0), 1 - np.tanh(z0) ** 2
    z, back = [], []
    for _ in range(4000):
        W = i.scaled(30, 20, gain, RNG)
        z.append(h @ W)
        back.append((W @ g) * slope)
    var = gain**2 / 30
    assert np.var(z) == pytest.approx(30 * var * np.mean(h**2), rel=0.03)
    assert np.mean(np.square(back)) == pytest.approx(20 * var * np.mean(slope**2) * np.mean(g**2), rel=0.03)
    assert np.mean(slope**2) < 0.5  # without it the formula would be off by more than a factor of two


@pytest.mark.equation("eq-xavier")
def test_xavier():
    """The variance of a uniform density, integrated; between the two wishes 1/k and 1/m (their harmonic mean)."""
    bound = i.xavier_bound(30, 50)
    variance = scipy.integrate.quad(lambda x: x * x / (2 * bound), -bound, bound)[0]
    assert variance == pytest.approx(2 / 80) and 1 / variance == pytest.approx((30 + 50) / 2)


@pytest.mark.equation("eq-kaiming")
def test_kaiming():
    half = scipy.integrate.quad(lambda z: z * z * np.exp(-z * z / 2) / np.sqrt(2 * np.pi), 0, np.inf)[0]
    assert half == pytest.approx(0.5)
    W = i.kaiming(1000, 400, RNG)
    assert 1000 * W.var() * half == pytest.approx(1, rel=0.02)


@pytest.mark.equation("eq-variance-map")
def test_variance_map():
    """By adaptive quadrature over the whole line instead of our fixed rule."""
    for phi in ("tanh", "sigmoid", "GELU"):
        for q in (0.1, 1.0, 9.0):
            f = i.activation(phi).value
            wanted = scipy.integrate.quad(
                lambda z, f=f, q=q: (
                    float(f(np.array([np.sqrt(q) * z]))[0]) ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
                ),
                -12,
                12,
            )[0]
            assert i.mean_square(phi, q) == pytest.approx(wanted, rel=1e-7)
            slope = i.activation(phi).slope
            wanted = scipy.integrate.quad(
                lambda z, f=slope, q=q: (
                    float(f(np.array([np.sqrt(q) * z]))[0]) ** 2 * np.exp(-z * z / 2) / np.sqrt(2 * np.pi)
                ),
                -12,
                12,
            )[0]
            assert i.mean_square_slope(phi, q) == pytest.approx(wanted, rel=1e-6)
    q, gain = 1.2**2, 1.2
    for layer in range(5):
        assert i.predicted("tanh", gain, 5)[layer] == pytest.approx(np.sqrt(q))
        q = gain**2 * i.mean_square("tanh", q)


@pytest.mark.equation("eq-equal-units")
def test_equal_units():
    """Two units with equal weights in and out receive the same gradient, to the last bit but rounding."""
    X, labels = RNG.normal(size=(9, 3)), RNG.integers(0, 2, 9)
    W1, W2 = RNG.normal(size=(3, 4)), RNG.normal(size=(4, 2))
    W1[:, 1], W2[1] = W1[:, 0], W2[0]
    _, ((dW1, db1), (dW2, _)) = backprop.backpropagation([(W1, np.zeros(4)), (W2, np.zeros(2))], X, labels)
    assert np.allclose(dW1[:, 0], dW1[:, 1]) and np.allclose(dW2[0], dW2[1]) and db1[0] == pytest.approx(db1[1])
    assert not np.allclose(dW1[:, 0], dW1[:, 2])
