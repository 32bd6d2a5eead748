"""Inner products, Cholesky and weighted fits against LAPACK, scikit-learn and the laws they obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from lib.least_squares import inner_product as ip

seeds = st.integers(0, 10_000)


def metric(seed: int, size: int | None = None) -> np.ndarray:
    rng = np.random.default_rng(seed)
    size = size or int(rng.integers(1, 7))
    B = rng.normal(size=(size, size))
    return B @ B.T + 0.1 * np.eye(size)


@given(seeds)
def test_cholesky_agrees_with_lapack(seed):
    G = metric(seed)
    L = ip.cholesky(G)
    assert np.allclose(L, np.linalg.cholesky(G)) and np.allclose(L @ L.T, G) and np.array_equal(L, np.tril(L))


@given(seeds)
def test_inner_product_laws(seed):
    G = metric(seed, 4)
    u, v, x = np.random.default_rng(seed + 1).normal(size=(3, 4))
    assert ip.inner(u, v, G) == pytest.approx(ip.inner(v, u, G))
    assert ip.inner(2 * u + x, v, G) == pytest.approx(2 * ip.inner(u, v, G) + ip.inner(x, v, G))
    assert ip.inner(u, u, G) > 0
    assert ip.inner(u, v, G) ** 2 <= ip.inner(u, u, G) * ip.inner(v, v, G) * (1 + 1e-12)
    assert ip.inner(u, v, np.eye(4)) == pytest.approx(u @ v)


@given(seeds)
def test_basis_round_trip(seed):
    G = metric(seed)
    P = ip.change_of_basis(G)
    u, v = np.random.default_rng(seed + 1).normal(size=(2, len(G)))
    assert np.allclose(P.T @ P, G) and np.array_equal(P, np.triu(P))
    assert np.allclose(ip.from_basis(P, ip.to_basis(P, u)), u)
    assert ip.to_basis(P, u) @ ip.to_basis(P, v) == pytest.approx(ip.inner(u, v, G))
    T = np.random.default_rng(seed + 2).normal(size=G.shape)
    assert np.allclose(ip.operator_to_basis(P, T) @ ip.to_basis(P, u), ip.to_basis(P, T @ u))


@given(seeds)
def test_weighted_fit_agrees_with_scikit_learn_and_repetition(seed):
    rng = np.random.default_rng(seed)
    A, b = rng.normal(size=(12, 3)), rng.normal(size=12)
    weights = rng.integers(1, 5, 12)
    w = ip.weighted_least_squares(A, b, weights)
    assert np.allclose(w, LinearRegression(fit_intercept=False).fit(A, b, sample_weight=weights).coef_)
    assert np.allclose(w, np.linalg.lstsq(np.repeat(A, weights, 0), np.repeat(b, weights), rcond=None)[0])
    assert np.allclose(w, ip.weighted_least_squares(A, b, 7.5 * weights))
    assert np.allclose(w, ip.generalized_least_squares(A, b, np.diag(weights)))


@given(seeds)
def test_generalized_residual_is_orthogonal(seed):
    rng = np.random.default_rng(seed)
    A, b, G = rng.normal(size=(8, 3)), rng.normal(size=8), metric(seed + 1, 8)
    w = ip.generalized_least_squares(A, b, G)
    assert np.allclose(A.T @ G @ (b - A @ w), 0, atol=1e-8)
    assert np.allclose(w, np.linalg.solve(A.T @ G @ A, A.T @ G @ b), atol=1e-7)


@given(seeds)
def test_aitken_is_the_best_linear_unbiased_estimate(seed):
    rng = np.random.default_rng(seed)
    A, C = rng.normal(size=(7, 3)), metric(seed + 1, 7)
    best = ip.gls_covariance(A, C)
    inverse = np.linalg.inv(C)
    K = np.linalg.solve(A.T @ inverse @ A, A.T @ inverse)
    assert np.allclose(ip.linear_estimator_covariance(K, C), best, atol=1e-8)
    rival = np.linalg.pinv(A) + rng.normal(size=(3, 7)) @ (np.eye(7) - A @ np.linalg.pinv(A))
    assert np.allclose(rival @ A, np.eye(3))
    excess = ip.linear_estimator_covariance(rival, C) - best
    assert np.linalg.eigvalsh(excess)[0] > -1e-8


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: ip.cholesky([[1.0, 2.0], [2.0, 1.0]]), ValueError, "not positive definite: pivot 1 is -3"),
        (lambda: ip.cholesky(np.zeros((2, 2))), ValueError, "pivot 0 is 0"),
        (lambda: ip.cholesky([[1.0, 2.0], [0.0, 1.0]]), ValueError, "symmetric"),
        (lambda: ip.cholesky(np.ones((2, 3))), ValueError, "square"),
        (lambda: ip.cholesky(np.zeros((0, 0))), ValueError, "empty"),
        (lambda: ip.cholesky([[np.nan]]), ValueError, "NaN"),
        (lambda: ip.cholesky([["a"]]), TypeError, "real numbers"),
        (lambda: ip.inner([1.0], [1.0, 2.0], np.eye(2)), ValueError, "u has 1 entries, but there are 2 rows of G"),
        (lambda: ip.inner([1.0, 0], [1.0, 2.0], -np.eye(2)), ValueError, "smallest eigenvalue is -1"),
        (lambda: ip.change_of_basis(-np.eye(2)), ValueError, "not positive definite"),
        (lambda: ip.to_basis(np.eye(2), [1.0]), ValueError, "k has 1 entries"),
        (lambda: ip.from_basis(np.ones((2, 2)), [1.0, 2.0]), ValueError, "P is singular"),
        (lambda: ip.rows_to_basis(np.eye(2), np.eye(3)), ValueError, "M must be 2 × 2"),
        (lambda: ip.operator_to_basis(np.eye(2), np.eye(3)), ValueError, "T must be 2 × 2"),
        (lambda: ip.weighted_least_squares(np.eye(2), [1.0, 2.0], [1.0, 0.0]), ValueError, "weight 1 is 0"),
        (lambda: ip.weighted_least_squares(np.eye(2), [1.0, 2.0], [1.0, -1.0]), ValueError, "weight 1 is -1"),
        (lambda: ip.weighted_least_squares(np.eye(2), [1.0, 2.0], [1.0]), ValueError, "weights has 1 entries"),
        (lambda: ip.weighted_least_squares(np.eye(2), [1.0, 2.0], [1.0, np.inf]), ValueError, "infinite"),
        (lambda: ip.generalized_least_squares(np.eye(2), [1.0, 2.0], np.eye(3)), ValueError, "G must be 2 × 2"),
        (lambda: ip.generalized_least_squares(np.eye(2), [1.0, 2.0], -np.eye(2)), ValueError, "not positive definite"),
        (lambda: ip.generalized_least_squares(np.ones((3, 2)), np.ones(3), np.eye(3)), ValueError, "depends on"),
        (lambda: ip.gls_covariance(np.eye(2), np.eye(3)), ValueError, "C must be 2 × 2"),
        (lambda: ip.gls_covariance(np.eye(2), np.zeros((2, 2))), ValueError, "C is not positive definite"),
        (lambda: ip.gls_covariance(np.ones((3, 2)), np.eye(3)), ValueError, "depends on"),
        (lambda: ip.linear_estimator_covariance(np.eye(2), np.eye(3)), ValueError, "C must be 2 × 2"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
