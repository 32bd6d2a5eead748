"""The pseudo-inverse against numpy and scipy, and the laws it must obey for matrices of every rank."""

import numpy as np
import pytest
import scipy.linalg
from hypothesis import given
from hypothesis import strategies as st

from lib.book import datasets
from lib.least_squares import pseudoinverse as pi


@st.composite
def matrices(draw):
    """A matrix of up to 7 × 7 with any rank, its singular values between 0.1 and 10."""
    n, d, seed = draw(st.integers(1, 7)), draw(st.integers(1, 7)), draw(st.integers(0, 10_000))
    rank = draw(st.integers(1, min(n, d)))
    rng = np.random.default_rng(seed)
    U, V = (np.linalg.qr(rng.normal(size=(size, rank)))[0] for size in (n, d))
    return (U * rng.uniform(0.1, 10, rank)) @ V.T


@given(matrices())
def test_agrees_with_numpy_and_scipy(A):
    assert np.allclose(pi.pseudoinverse(A, rcond=1e-10), np.linalg.pinv(A, rcond=1e-10), atol=1e-10)
    assert np.allclose(pi.pseudoinverse(A, rcond=1e-10), scipy.linalg.pinv(A, rtol=1e-10), atol=1e-10)
    assert pi.numerical_rank(A, 1e-10) == np.linalg.matrix_rank(A, rtol=1e-10)


@given(matrices())
def test_penrose_involution_transpose_scale(A):
    plus = pi.pseudoinverse(A, rcond=1e-10)
    assert max(pi.penrose_defects(plus, A)) < 1e-11
    assert np.allclose(pi.pseudoinverse(plus, rcond=1e-10), A, atol=1e-8)
    assert np.allclose(pi.pseudoinverse(A.T, rcond=1e-10), plus.T, atol=1e-9)
    assert np.allclose(pi.pseudoinverse(3 * A, rcond=1e-10), plus / 3, atol=1e-9)


@given(matrices(), st.integers(0, 1000))
def test_least_norm_is_the_shortest_minimiser(A, seed):
    rng = np.random.default_rng(seed)
    b = rng.normal(size=len(A))
    w = pi.least_norm(A, b, rcond=1e-10)
    assert np.allclose(w, scipy.linalg.lstsq(A, b, cond=1e-10)[0], atol=1e-8)
    assert np.allclose(A.T @ pi.residual(A, w, b), 0, atol=1e-8)
    v = rng.normal(size=A.shape[1])
    n = v - pi.pseudoinverse(A, rcond=1e-10) @ (A @ v)
    assert np.linalg.norm(w + n) >= np.linalg.norm(w) - 1e-9
    assert np.linalg.norm(A @ (w + v) - b) >= np.linalg.norm(A @ w - b) - 1e-9


@given(matrices())
def test_projection_laws(A):
    P = pi.projection(A, rcond=1e-10)
    assert np.allclose(P @ P, P) and np.allclose(P, P.T) and np.allclose(P @ A, A)
    assert np.trace(P) == pytest.approx(pi.numerical_rank(A, 1e-10))


def test_r_squared_of_the_certified_sets():
    for data in datasets.strd().values():
        if data.name != "Filip":  # whose default threshold throws a direction away
            assert pi.r_squared(data.A, data.b) == pytest.approx(data.r_squared, abs=1e-9), data.name


def test_zero_matrix():
    assert np.array_equal(pi.pseudoinverse(np.zeros((2, 3))), np.zeros((3, 2)))
    assert pi.numerical_rank(np.zeros((2, 3))) == 0
    assert np.array_equal(pi.least_norm(np.zeros((2, 3)), [1.0, 2.0]), np.zeros(3))
    assert pi.penrose_defects(np.zeros((3, 2)), np.zeros((2, 3))) == (0.0, 0.0, 0.0, 0.0)


@pytest.mark.parametrize("A", [np.zeros((0, 2)), np.ones(3), [[np.nan, 1.0]], [[np.inf]], [[]]])
@pytest.mark.parametrize(
    "function",
    [
        pi.pseudoinverse,
        pi.numerical_rank,
        pi.projection,
        lambda A: pi.least_norm(A, [1.0]),
        lambda A: pi.residual(A, [1.0], [1.0]),
        lambda A: pi.r_squared(A, [1.0]),
        lambda A: pi.penrose_defects(A, A),
    ],
)
def test_bad_matrices(function, A):
    with pytest.raises(ValueError):
        function(A)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: pi.pseudoinverse([["a"]]), TypeError, "real numbers"),
        (lambda: pi.pseudoinverse(np.eye(2), rcond=-1), ValueError, "rcond must be at least 0"),
        (lambda: pi.pseudoinverse(np.eye(2), rcond=np.nan), ValueError, "rcond has a NaN"),
        (lambda: pi.least_norm(np.eye(2), [1.0]), ValueError, "A has 2 rows but b has 1"),
        (lambda: pi.residual(np.eye(2), [1.0], [1.0, 2.0]), ValueError, "w has 1 entries, but there are 2 columns"),
        (lambda: pi.r_squared(np.ones((3, 1)), [2.0, 2.0, 2.0]), ValueError, "b is constant"),
        (lambda: pi.r_squared(np.ones((7, 1)), np.full(7, 0.1)), ValueError, "b is constant"),
        (lambda: pi.r_squared([[1.0], [2.0], [3.0]], [10, 10.1, 9.9]), ValueError, "needs an intercept"),
        (lambda: pi.penrose_defects(np.eye(3), np.eye(2)), ValueError, r"X must have the shape \(2, 2\)"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
