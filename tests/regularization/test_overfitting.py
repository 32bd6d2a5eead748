"""What noise does to a fit: formulas against simulation, scikit-learn's folds and scaling, and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.preprocessing import StandardScaler

from lib.regularization import overfitting as o

seeds = st.integers(0, 10**6)


def matrix(seed, n=None, d=None):
    rng = np.random.default_rng(seed)
    d = d or int(rng.integers(1, 5))
    return rng, rng.normal(size=(n or d + int(rng.integers(1, 9)), d))


@given(seed=seeds)
def test_standardize_is_scikit_learns(seed):
    rng, X = matrix(seed, n=9)
    X = X * rng.uniform(0.1, 100, X.shape[1]) + 1000 * rng.normal(size=X.shape[1])
    Z, mean, scale = o.standardize(X)
    theirs = StandardScaler().fit(X)
    assert np.allclose(Z, theirs.transform(X)) and np.allclose(Z * scale + mean, X)
    assert np.allclose(Z.mean(axis=0), 0, atol=1e-9) and np.allclose(Z.std(axis=0), 1)


@given(seed=seeds)
def test_more_data_never_hurts(seed):
    """A further row lowers the expected error of the coefficients and the variance of every prediction."""
    rng, A = matrix(seed)
    more = np.vstack([A, rng.normal(size=A.shape[1])])
    a = rng.normal(size=(4, A.shape[1]))
    assert o.coefficient_error(more) <= o.coefficient_error(A) * (1 + 1e-9)
    assert (o.prediction_variance(more, a) <= o.prediction_variance(A, a) * (1 + 1e-9)).all()


@given(seed=seeds, sigma=st.floats(0.1, 5))
def test_prediction_variance_is_the_hat_matrix(seed, sigma):
    """On the samples themselves the variances are σ²Hᵢᵢ, and add up to σ²D."""
    _, A = matrix(seed)
    found = o.prediction_variance(A, A, sigma)
    assert np.allclose(found, sigma**2 * np.diag(A @ np.linalg.pinv(A)), rtol=1e-6)
    assert found.sum() == pytest.approx(sigma**2 * A.shape[1], rel=1e-6)


@given(seed=seeds, lam=st.floats(1e-3, 1e3))
def test_penalised_fits_are_scikit_learns(seed, lam):
    """With a free intercept: Ridge on the other columns."""
    rng, X = matrix(seed)
    y, a = rng.normal(size=len(X)) + 3, rng.normal(size=(5, X.shape[1]))
    M = o.prediction_matrix(np.column_stack([np.ones(len(X)), X]), np.column_stack([np.ones(5), a]), lam)
    assert np.allclose(M @ y, Ridge(alpha=lam).fit(X, y).predict(a), rtol=1e-8, atol=1e-8)
    assert np.allclose(M.sum(axis=1), 1), "a constant added to y is added to every prediction"


def test_without_a_penalty_it_is_least_squares():
    rng, A = matrix(3, n=9, d=3)
    y = rng.normal(size=9)
    assert np.allclose(o.prediction_matrix(A, np.eye(3), 0.0) @ y, np.linalg.lstsq(A, y, rcond=None)[0])


@given(seed=seeds)
def test_bias_and_variance_add_up(seed):
    rng = np.random.default_rng(seed)
    predictions, truth = rng.normal(size=(7, 4)) + 1, rng.normal(size=4)
    assert sum(o.bias_variance(predictions, truth)) == pytest.approx(np.mean((predictions - truth) ** 2))


@given(N=st.integers(2, 60), K=st.integers(2, 12))
def test_folds(N, K):
    if K > N:
        with pytest.raises(ValueError, match="cannot be cut"):
            o.folds(N, K)
        return
    parts = o.folds(N, K)
    assert sorted(np.concatenate(parts)) == list(range(N)) and len(parts) == K
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    plain = o.folds(N, K, seed=None)
    for mine, (_, theirs) in zip(plain, KFold(K).split(np.zeros(N)), strict=True):
        assert mine.tolist() == theirs.tolist()


def test_cross_validation_is_scikit_learns():
    rng, A = matrix(5, n=23, d=3)
    y = rng.normal(size=23)
    theirs = cross_val_predict(Ridge(alpha=2.0), A, y, cv=KFold(5))

    def fit(A, y):
        return Ridge(alpha=2.0).fit(A, y).predict

    assert np.allclose(o.cross_validation_errors(fit, A, y, o.folds(23, 5, seed=None)), theirs - y)


def test_a_fit_may_be_coefficients():
    rng, A = matrix(6, n=12, d=2)
    y = rng.normal(size=12)

    def solve(A, y):
        return np.linalg.lstsq(A, y, rcond=None)[0]

    H = A @ np.linalg.pinv(A)
    expected = (H @ y - y) / (1 - np.diag(H))
    assert np.allclose(o.cross_validation_errors(solve, A, y, o.folds(12, 12)), expected)


A = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 1.0]])
y = np.array([1.0, 2.0, 0.0])
BAD = [
    (lambda: o.standardize([[1.0, 2.0], [1.0, 3.0]]), ValueError, "column 0 of X is constant"),
    (lambda: o.standardize([1.0]), ValueError, "X must be a matrix"),
    (lambda: o.standardize([[1e308, 1.0], [-1e308, 2.0]]), ValueError, "too large"),
    (lambda: o.standardize([["a"]]), TypeError, "real numbers"),
    (lambda: o.coefficient_error(np.ones((3, 2))), ValueError, "full column rank"),
    (lambda: o.coefficient_error(A.T), ValueError, "full column rank"),
    (lambda: o.coefficient_error(A, -1.0), ValueError, "sigma must be at least 0"),
    (lambda: o.coefficient_error([[np.nan]]), ValueError, "NaN"),
    (lambda: o.prediction_variance(A, y[None]), ValueError, "a has 3 columns but A has 2"),
    (lambda: o.prediction_variance(A, A, np.inf), ValueError, "sigma"),
    (lambda: o.expected_training_error(3, 4), ValueError, "D must be at most 3"),
    (lambda: o.expected_fresh_error(3, 4), ValueError, "D must be at most 3"),
    (lambda: o.expected_fresh_error(2.5, 1), TypeError, "whole number"),
    (lambda: o.interpolation_risk(0, 1, 1.0, 0.0, 1.0), ValueError, "N must be at least 1"),
    (lambda: o.interpolation_risk(4, 1.5, 1.0, 0.0, 1.0), TypeError, "whole number"),
    (lambda: o.interpolation_risk(4, 1, -1.0, 0.0, 1.0), ValueError, "used must be at least 0"),
    (lambda: o.interpolation_risk(4, 1, 1.0, np.nan, 1.0), ValueError, "unused"),
    (lambda: o.prediction_matrix(A, A, -1.0), ValueError, "lam must be at least 0"),
    (lambda: o.prediction_matrix(A, y[None], 1.0), ValueError, "columns"),
    (lambda: o.bias_variance(A, y), ValueError, "truth has 3 entries"),
    (lambda: o.bias_variance([], y), ValueError, "matrix"),
    (lambda: o.linear_bias_variance(A, y, y, 1.0), ValueError, "f has 3 entries"),
    (lambda: o.linear_bias_variance(A, y[:2], y[:2], 1.0), ValueError, "truth has 2 entries"),
    (lambda: o.linear_bias_variance(A, y[:2], y, -1.0), ValueError, "sigma"),
    (lambda: o.folds(1, 2), ValueError, "N must be at least 2"),
    (lambda: o.folds(5, 1), ValueError, "K must be at least 2"),
    (lambda: o.cross_validation_errors(lambda A, y: y, A, y, [np.array([0, 1])]), ValueError, "exactly once"),
    (lambda: o.cross_validation_errors(lambda A, y: y, A, y[:2], o.folds(3, 3)), ValueError, "rows"),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
