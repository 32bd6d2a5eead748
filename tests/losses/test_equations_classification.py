"""The labelled equations of "From regression to classification", by an independent route each."""

import numpy as np
import pytest
import scipy.optimize
import sympy as sp

from lib.losses import classification as c
from lib.losses.backprop import numerical_gradient

RNG = np.random.default_rng(5)
A, W = RNG.normal(size=(9, 3)), RNG.normal(size=3)
T = RNG.integers(0, 2, 9).astype(float)
V, LABELS = RNG.normal(size=(3, 4)), RNG.integers(0, 4, 9)


@pytest.mark.equation("eq-plane-distance")
def test_plane_distance():
    """The nearest point of the plane, found by minimising."""
    w, w0, x = np.array([2.0, -1.0, 0.5]), 0.7, np.array([1.0, 3.0, -2.0])
    plane = {"type": "eq", "fun": lambda y: w @ y + w0}
    nearest = scipy.optimize.minimize(lambda y: (y - x) @ (y - x), np.zeros(3), constraints=plane)
    assert abs(c.signed_distance(x[None], w, w0)[0]) == pytest.approx(np.sqrt(nearest.fun), rel=1e-6)
    assert np.sign(c.signed_distance(x[None], w, w0)[0]) == np.sign(w @ x + w0)


@pytest.mark.equation("eq-sigmoid")
def test_sigmoid():
    """It solves z = log(p/(1 − p)), in symbols and in numbers."""
    p, z = sp.symbols("p z")
    (solution,) = sp.solve(sp.Eq(sp.exp(z), p / (1 - p)), p)
    assert sp.simplify(solution - 1 / (1 + sp.exp(-z))) == 0
    values = np.array([-3.0, 0.0, 0.4, 5.0])
    found = c.sigmoid(values)
    assert np.allclose(np.log(found / (1 - found)), values)


@pytest.mark.equation("eq-likelihood")
@pytest.mark.equation("eq-bce")
def test_likelihood_and_bce():
    """The product of probabilities, multiplied out; the loss is minus its logarithm over N."""
    z = A @ W
    p = 1 / (1 + np.exp(-z))
    product = np.prod([q if t else 1 - q for q, t in zip(p, T, strict=True)])
    assert c.log_likelihood(p, T) == pytest.approx(np.log(product), rel=1e-12)
    assert c.binary_cross_entropy(z, T) == pytest.approx(-np.log(product) / 9, rel=1e-12)


@pytest.mark.equation("eq-softplus")
def test_softplus():
    """Against fifty digits."""
    for z in (-800.0, -30.0, -1e-9, 0.0, 2.5, 700.0, 5000.0):
        assert float(c.softplus(z)) == pytest.approx(float(sp.log(1 + sp.exp(sp.Float(z, 50))).evalf(50)), rel=1e-14)


@pytest.mark.equation("eq-bce-gradient")
def test_bce_gradient():
    assert np.allclose(
        c.bce_gradient(A, W, T), numerical_gradient(lambda w: c.binary_cross_entropy(A @ w, T), W), atol=1e-9
    )
    assert np.allclose(c.bce_gradient(A, W, T), A.T @ (c.sigmoid(A @ W) - T) / 9)


@pytest.mark.equation("eq-newton-logistic")
def test_newton_logistic():
    """The matrix is the Jacobian of the gradient, and steps with it alone arrive at the fit."""
    p = c.sigmoid(A @ W)
    hessian = A.T @ np.diag(p * (1 - p)) @ A / 9
    rows = [numerical_gradient(lambda w, k=k: c.bce_gradient(A, w, T)[k], W) for k in range(3)]
    assert np.allclose(hessian, rows, atol=1e-8)
    rng = np.random.default_rng(3)
    B, t = rng.normal(size=(60, 2)), rng.integers(0, 2, 60).astype(float)
    w = np.zeros(2)
    for _ in range(8):
        p = c.sigmoid(B @ w)
        w = w - np.linalg.solve(B.T @ np.diag(p * (1 - p)) @ B / 60, B.T @ (p - t) / 60)
    assert np.allclose(w, c.fit_logistic(B, t), atol=1e-9)


@pytest.mark.equation("eq-softmax")
def test_softmax():
    Z = A @ V
    assert np.allclose(c.softmax(Z), [[np.exp(z) / sum(np.exp(row)) for z in row] for row in Z])


@pytest.mark.equation("eq-log-sum-exp")
def test_log_sum_exp():
    """With exact arithmetic, for scores where a float would overflow."""
    for row in ([1000.0, 1000.5, 998.0], [-2000.0, -2001.0, -2003.0], [0.3, -0.2, 0.1]):
        exact = sp.log(sum(sp.exp(sp.Float(v, 60)) for v in row)).evalf(40)
        assert c.log_sum_exp([row])[0] == pytest.approx(float(exact), rel=1e-14)


@pytest.mark.equation("eq-cross-entropy")
def test_cross_entropy():
    Z = A @ V
    chosen = [np.exp(row[k]) / np.exp(row).sum() for row, k in zip(Z, LABELS, strict=True)]
    assert c.cross_entropy(Z, LABELS) == pytest.approx(-np.mean(np.log(chosen)), rel=1e-12)


@pytest.mark.equation("eq-cross-entropy-gradient")
def test_cross_entropy_gradient():
    found = c.cross_entropy_gradient(A, V, LABELS)
    assert np.allclose(found, numerical_gradient(lambda M: c.cross_entropy(A @ M, LABELS), V), atol=1e-9)
    assert np.allclose(found, A.T @ (c.softmax(A @ V) - np.eye(4)[LABELS]) / 9)
    assert np.allclose(found.sum(axis=1), 0), "a shift of all scores changes nothing"
