"""Answers that were once wrong at ordinary scale, and in silence: each is right now, or is refused."""

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given
from hypothesis import strategies as st

from lib.book import validate
from lib.least_squares import iterative, model
from lib.losses import classification, regression
from lib.losses.optimisers import Adam
from lib.regularization import ridge
from lib.word_vectors.vectors import WordVectors

SINGULAR = [
    (np.ones((2, 2)), [-1, -2]),
    ([[2, 2, 0], [2, 3, 0], [0, 0, 0]], [1, 1, 1]),
    ([[-2, 0, -2], [0, -1, -1], [-2, -1, -3]], [2, 1, 1]),
    ([[0.9, -0.3], [-0.3, 0.1]], [1, 3]),
]


@pytest.mark.parametrize(("A", "b"), SINGULAR)
def test_a_singular_system_whose_right_hand_side_leaves_the_range(A, b):
    A, b = np.array(A, float), np.array(b, float)
    best = np.linalg.norm(b - A @ np.linalg.lstsq(A, b, rcond=None)[0])
    with pytest.raises(ValueError, match="positive definite"):
        iterative.conjugate_gradients(A, b)
    found = iterative.minres(A, b)
    left = np.linalg.norm(b - A @ found.x)
    assert left <= 1.02 * best and not found.converged and found.residuals[-1] == pytest.approx(left)
    found = iterative.symmlq(A, b)
    assert np.linalg.norm(found.x) < 1e3 and found.residuals[-1] == pytest.approx(np.linalg.norm(b - A @ found.x))


@given(seed=st.integers(0, 10**6), rank=st.integers(1, 3))
def test_the_reported_residual_is_that_of_the_answer(seed, rank):
    rng = np.random.default_rng(seed)
    A = rng.integers(-3, 4, (5, rank)) @ rng.integers(-3, 4, (rank, 4)) / 10
    b = rng.integers(-3, 4, 5) / 10
    best = np.linalg.norm(b - A @ np.linalg.lstsq(A, b, rcond=None)[0])
    for solve in (iterative.cgls, iterative.lsqr):
        found = solve(A, b, tol=1e-12)
        assert found.residuals[-1] == pytest.approx(np.linalg.norm(A.T @ (b - A @ found.x)), abs=1e-15)
        assert np.linalg.norm(b - A @ found.x) <= best + 1e-6


def test_lsqr_of_a_right_hand_side_that_no_column_explains():
    assert np.allclose(iterative.lsqr([[0.9, -0.3], [0.6, -0.2]], [0.2, -0.3]).x, 0)


@given(seed=st.integers(0, 10**6), size=st.integers(-4, 4))
def test_no_logistic_fit_where_none_is_best(seed, size):
    """Whether some w separates the classes, if only in part: a linear program in the columns themselves says it too."""
    rng = np.random.default_rng(seed)
    A, t = rng.integers(-2, 3, (rng.integers(3, 11), 2)).astype(float), None
    t = rng.integers(0, 2, len(A)).astype(float)
    signed = (2 * t - 1)[:, None] * A
    program = scipy.optimize.linprog(-signed.sum(axis=0), A_ub=-signed, b_ub=np.zeros(len(A)), bounds=(-1, 1))
    if program.fun < -1e-6:
        with pytest.raises(ValueError, match="separated"):
            classification.fit_logistic(A * 10.0**size, t)
    else:
        w = classification.fit_logistic(A * 10.0**size, t)
        assert np.abs(classification.bce_gradient(A * 10.0**size, w, t)).max() < 1e-9 * 10.0**size


@pytest.mark.parametrize("size", [1e-30, 1e-8, 1.0, 1e12])
def test_linear_programs_have_no_unit(size):
    ones, y = np.ones((3, 1)), size * np.array([1.0, 2, 3])
    assert regression.fit_mae(ones, y)[0] == pytest.approx(2 * size)
    assert regression.fit_pinball(ones, y, 0.9)[0] == pytest.approx(3 * size)
    assert regression.fit_mape(ones, y)[0] == pytest.approx(size)


def test_softmax_and_huber_arrive_or_say_so():
    rng = np.random.default_rng(5)
    A, labels = rng.normal(size=(40, 3)), rng.integers(0, 3, 40)
    lowest = classification.cross_entropy(A @ classification.fit_softmax(A, labels, 3, 1e-12), labels)
    W = classification.fit_softmax(A * 1e10, labels, 3, 1e-3)
    assert classification.cross_entropy(1e10 * A @ W, labels) == pytest.approx(lowest, abs=1e-7)
    y = A @ [1, 2, 3] + rng.standard_t(1, size=40)
    for delta in (1e-4, 1e-2, 1.0):
        w = regression.fit_huber(A, y, delta)
        assert np.abs(regression.huber_gradient(A, w, y, delta)).max() < 1e-10 * delta


def test_what_divides_by_nothing_is_refused():
    with pytest.raises(ValueError, match="interpolated"):
        ridge.leave_one_out_errors(np.eye(2), [1, 2], 1e-17)
    with pytest.raises(ValueError, match="constant"):
        model.variance_inflation(np.column_stack([np.full(500, 0.1), np.arange(500.0)]))


def test_an_optimiser_serves_one_shape():
    optimiser = Adam(0.1)
    optimiser([1.0, 2.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="take a new one"):
        optimiser([[1.0], [2.0]], [[1.0], [1.0]])


def test_rows_that_are_not_there():
    vectors = WordVectors(tuple("abcde"), np.eye(5))
    for call in (lambda: vectors.nearest([7], 1), lambda: vectors.some([9])):
        with pytest.raises(ValueError, match="0 to 4"):
            call()


@pytest.mark.parametrize(
    "masked", [np.ma.array([1.0, 2.0], mask=[0, 1]), [np.ma.array([1.0], mask=[1])], (1.0, np.ma.masked)]
)
def test_no_mask_is_dropped(masked):
    with pytest.raises(TypeError, match="its mask would be lost"):
        validate.array(masked, "x")


@pytest.mark.parametrize(("size", "says"), [(1e-41, "too small to square"), (1e41, "too large to square")])
def test_scale_is_refused_where_squares_would_not_fit(size, says):
    with pytest.raises(ValueError, match=says):
        validate.matrix(np.full((2, 2), size))
    assert validate.matrix(np.zeros((2, 2))).shape == (2, 2)
    assert validate.array(size, "x", within=validate.ANY) == size
