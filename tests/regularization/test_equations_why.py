"""The labelled equations of "Two troubles, one cause", by an independent route each."""

import numpy as np
import pytest
import sympy as sp

from lib.regularization import overfitting as o

RNG = np.random.default_rng(11)
A = RNG.normal(size=(7, 3))
NOISE = RNG.normal(size=(200_000, 7))


@pytest.mark.equation("eq-coefficient-error")
def test_coefficient_error():
    """The covariance of ŵ is σ²(AᵀA)⁻¹; its trace is the expected error. And the expansion of a single error."""
    assert o.coefficient_error(A, 1.5) == pytest.approx(1.5**2 * np.trace(np.linalg.inv(A.T @ A)))
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    w, noise = RNG.normal(size=3), NOISE[0]
    found = np.linalg.lstsq(A, A @ w + noise, rcond=None)[0]
    assert np.allclose(found - w, sum(u @ noise / t * v for u, t, v in zip(U.T, s, Vt, strict=True)))
    simulated = np.mean(np.sum((NOISE @ np.linalg.pinv(A).T) ** 2, axis=1))
    assert simulated == pytest.approx(o.coefficient_error(A), rel=0.02)


@pytest.mark.equation("eq-prediction-variance")
def test_prediction_variance():
    a = RNG.normal(size=(4, 3))
    exact = 4.0 * np.diag(a @ np.linalg.inv(A.T @ A) @ a.T)
    assert np.allclose(o.prediction_variance(A, a, 2.0), exact)
    assert np.allclose(4 * np.var(NOISE @ np.linalg.pinv(A).T @ a.T, axis=0), exact, rtol=0.02)


@pytest.mark.equation("eq-training-error")
@pytest.mark.equation("eq-fresh-error")
def test_training_and_fresh_error():
    """In symbols: E‖(I − H)ε‖² = σ² tr(I − H) and E‖ε′ − Hε‖² = σ²(N + tr H) for an exact projection H."""
    B = sp.Matrix([[1, 0], [1, 1], [1, 2], [1, 5]])
    H = B * (B.T * B).inv() * B.T
    rest = sp.eye(4) - H
    sigma = sp.Symbol("sigma", positive=True)
    seen, fresh = sigma**2 * (rest.T * rest).trace() / 4, sigma**2 * (4 + (H.T * H).trace()) / 4
    assert sp.simplify(seen - sigma**2 * (1 - sp.Rational(2, 4))) == 0
    assert sp.simplify(fresh - sigma**2 * (1 + sp.Rational(2, 4))) == 0
    assert o.expected_training_error(4, 2, 3.0) == pytest.approx(float(seen.subs(sigma, 3)))
    assert o.expected_fresh_error(4, 2, 3.0) == pytest.approx(float(fresh.subs(sigma, 3)))


@pytest.mark.equation("eq-penalised-fit")
def test_penalised_fit():
    """The gradient of the penalised loss vanishes at the fit, and the loss is larger all around."""
    y, lam = RNG.normal(size=7), 0.7
    w = o.prediction_matrix(A, np.eye(3), lam) @ y
    free = np.diag([0.0, 1.0, 1.0])
    assert np.allclose(A.T @ (A @ w - y) + lam * free @ w, 0, atol=1e-12)

    def loss(v):
        return np.sum((A @ v - y) ** 2) + lam * np.sum(v[1:] ** 2)

    assert all(loss(w + 0.01 * d) > loss(w) for d in RNG.normal(size=(30, 3)))


@pytest.mark.equation("eq-bias-variance")
def test_bias_variance():
    """For a random variable with three values, in exact fractions."""
    values, truth = [sp.Rational(1, 2), sp.Integer(2), sp.Rational(-1, 3)], sp.Rational(3, 4)
    mean = sum(values) / 3
    bias, variance = (mean - truth) ** 2, sum((v - mean) ** 2 for v in values) / 3
    assert bias + variance == sum((v - truth) ** 2 for v in values) / 3
    found = o.bias_variance([[float(v)] for v in values], [float(truth)])
    assert np.allclose(found, (float(bias), float(variance)))


@pytest.mark.equation("eq-linear-bias-variance")
def test_linear_bias_variance():
    M, f, truth = RNG.normal(size=(4, 7)), RNG.normal(size=7), RNG.normal(size=4)
    bias, variance = o.linear_bias_variance(M, f, truth, 0.5)
    fits = (f + 0.5 * NOISE) @ M.T
    assert np.allclose((fits.mean(axis=0) - truth) ** 2, bias, atol=0.03)
    assert np.allclose(fits.var(axis=0), variance, rtol=0.02)


@pytest.mark.equation("eq-interpolation-peak")
@pytest.mark.parametrize("p", [0, 5, 9, 16, 24])
def test_interpolation_peak(p):
    """Twenty thousand fits of p of 24 features to 12 samples, by numpy's pseudo-inverse, against the formula."""
    N, D, sigma = 12, 24, 0.3
    rng = np.random.default_rng(p)
    w = rng.normal(size=D)
    A, noise = rng.normal(size=(20_000, N, D)), sigma * rng.normal(size=(20_000, N))
    found = (np.linalg.pinv(A[:, :, :p]) @ (A @ w + noise)[:, :, None])[:, :, 0]
    off = np.pad(found, ((0, 0), (0, D - p))) - w
    error = np.sum(off**2, axis=1) + sigma**2
    exact = o.interpolation_risk(N, p, w[:p] @ w[:p], w[p:] @ w[p:], sigma)
    assert error.mean() == pytest.approx(exact, rel=0.02 if abs(N - p) > 3 else 0.15)


def test_the_peak_is_infinite_and_best_in_front_or_behind():
    """The mean is infinite for N − 1 to N + 1; which descent goes lower depends on where the coefficients are."""
    assert all(o.interpolation_risk(40, p, 0.4, 0.6, 0.2) == np.inf for p in (39, 40, 41))
    alike, first = (
        [o.interpolation_risk(40, p, s[:p].sum(), s[p:].sum(), 0.2) for p in range(101)]
        for s in (np.full(100, 0.01), np.array([0.6, 0.4, *np.zeros(98)]))
    )
    assert min(alike) == alike[100] < min(alike[:40]) and min(first) == first[2] < min(first[42:])
