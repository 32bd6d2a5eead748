"""The model's parts against scikit-learn, and the laws that one-hot codes and inflation factors obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression
from sklearn.metrics import mean_squared_error
from sklearn.preprocessing import OneHotEncoder, PolynomialFeatures

from lib.book import datasets
from lib.least_squares import model as m

seeds = st.integers(0, 10_000)
labels = st.lists(st.sampled_from("abcdef"), min_size=1, max_size=30)


# ------------------------------------------------------------------------------------------- agreement with a peer
@given(st.integers(1, 8), st.integers(1, 6), seeds)
def test_predictions_and_loss(n, k, seed):
    rng = np.random.default_rng(seed)
    X, w, b = rng.normal(size=(n, k)), rng.normal(size=k + 1), rng.normal(size=n)
    A = m.design_matrix(X)
    assert A.shape == (n, k + 1) and np.array_equal(A[:, 0], np.ones(n)) and np.array_equal(A[:, 1:], X)
    assert np.allclose(m.predict(A, w), [w[0] + sum(x * v for x, v in zip(row, w[1:], strict=True)) for row in X])
    assert m.mean_squared_error(A, w, b) == pytest.approx(mean_squared_error(b, A @ w))


def test_the_ones_column_is_sklearns_intercept():
    data = datasets.diabetes()
    peer = LinearRegression().fit(data.X, data.y)
    w = np.linalg.lstsq(m.design_matrix(data.X), data.y, rcond=None)[0]
    assert np.allclose(w, [peer.intercept_, *peer.coef_], rtol=1e-8)


@given(labels)
def test_one_hot_is_sklearns(values):
    matrix, kept = m.one_hot(values)
    peer = OneHotEncoder(sparse_output=False)
    assert np.array_equal(matrix, peer.fit_transform(np.array(values)[:, None]))
    assert list(kept) == list(peer.categories_[0])
    assert np.array_equal(matrix.sum(axis=1), np.ones(len(values)))
    dropped, rest = m.one_hot(values, drop=kept[0])
    assert np.array_equal(dropped, OneHotEncoder(sparse_output=False, drop="first").fit_transform(np.c_[values]))
    assert rest == kept[1:]


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=9), st.integers(1, 6))
def test_polynomial_features_are_sklearns(x, degree):
    peer = PolynomialFeatures(degree, include_bias=False).fit_transform(np.c_[x])
    assert np.allclose(m.polynomial_features(x, degree), peer)


@given(st.integers(1, 6), st.integers(2, 6), seeds)
def test_interactions_are_sklearns(n, k, seed):
    X = np.random.default_rng(seed).normal(size=(n, k))
    peer = PolynomialFeatures(2, interaction_only=True, include_bias=False).fit_transform(X)
    assert np.allclose(m.interactions(X), peer[:, k:])


# ------------------------------------------------------------------------------------------------------------- laws
@given(labels, seeds)
def test_dropping_any_category_leaves_predictions(values, seed):
    rng = np.random.default_rng(seed)
    matrix, kept = m.one_hot(values)
    w, c = rng.normal(size=len(kept)), rng.normal()
    for j, category in enumerate(kept):
        rest, c_rest = m.drop_category(w, c, j)
        assert len(rest) == len(kept) - 1
        small = m.one_hot(values, kept, drop=category)[0]
        assert np.allclose(small @ rest + c_rest, matrix @ w + c, atol=1e-12)
    assert m.drop_category(w, c)[1] == m.drop_category(w, c, len(w) - 1)[1]


def test_labels_may_be_numbers_and_categories_may_be_absent_from_the_data():
    matrix, kept = m.one_hot([3, 1, 3], categories=[1, 2, 3])
    assert kept == (1, 2, 3) and np.array_equal(matrix, [[0, 0, 1], [1, 0, 0], [0, 0, 1]])
    assert m.one_hot(np.array([True, False]))[1] == (False, True)
    assert m.one_hot(["a", "a"], drop="a")[0].shape == (2, 0)
    matrix, kept = m.one_hot([0, 1], drop=0)  # a falsy category can be dropped too
    assert kept == (1,) and np.array_equal(matrix, [[0], [1]])


@given(st.integers(2, 5), seeds)
def test_variance_inflation_is_the_diagonal_of_the_inverse_correlations(k, seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(12, k)) @ rng.normal(size=(k, k)) + 5
    expected = np.diag(np.linalg.inv(np.corrcoef(X.T)))
    assert np.allclose(m.variance_inflation(X), expected, rtol=1e-5)
    assert np.allclose(m.variance_inflation(3e4 * X - 7), m.variance_inflation(X), rtol=1e-5)
    assert (m.variance_inflation(X) >= 1 - 1e-12).all()


def test_variance_inflation_of_one_orthogonal_and_dependent_features():
    assert m.variance_inflation([[1.0], [2.0]]) == pytest.approx([1.0])
    assert m.variance_inflation([[1.0, 1], [1, -1], [-1, 1], [-1, -1]]) == pytest.approx([1.0, 1.0])
    x = np.random.default_rng(0).normal(size=(9, 2))
    dependent = np.column_stack([x, 2 * x[:, 0] - x[:, 1] + 3])
    assert np.isinf(m.variance_inflation(dependent)).all()
    full_code = m.one_hot(list("abcabc"))[0]  # its columns add up to the intercept
    assert np.isinf(m.variance_inflation(full_code)).all()
    assert np.isinf(m.variance_inflation(np.random.default_rng(1).normal(size=(3, 4)))).all()  # fewer rows than columns
    mixed = np.column_stack([x[:, 0], x[:, 0], [1.0, -1, 1, -1, 1, -1, 1, -1, 1]])
    assert np.isinf(m.variance_inflation(mixed)).tolist() == [True, True, False]


def test_variance_inflation_of_longley():
    """The largest factor, that of the gross national product, as published in many texts."""
    factors = m.variance_inflation(datasets.longley().x)
    assert np.allclose(factors, [135.53, 1788.51, 33.62, 3.59, 399.15, 758.98], rtol=1e-3)


# -------------------------------------------------------------------------------------------------------- bad input
BAD_TABLES = [np.zeros((0, 2)), np.zeros((2, 0)), np.ones((2, 2, 2)), [[1.0, np.nan]], [[np.inf]], 3.0]


@pytest.mark.parametrize("X", BAD_TABLES, ids=str)
@pytest.mark.parametrize(
    "function",
    [
        m.design_matrix,
        m.interactions,
        m.variance_inflation,
        lambda X: m.predict(X, [1.0]),
        lambda X: m.mean_squared_error(X, [1.0], [1.0]),
        lambda X: m.polynomial_features(X, 2),
        lambda X: m.drop_category(X, 0.0),
    ],
)
def test_bad_tables(function, X):
    with pytest.raises(ValueError):
        function(X)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: m.design_matrix([["a"]]), TypeError, "real numbers"),
        (lambda: m.design_matrix([[1j]]), TypeError, "complex"),
        (lambda: m.predict(np.eye(2), [1.0]), ValueError, "w has 1 entries, but there are 2 columns"),
        (lambda: m.mean_squared_error(np.eye(2), [1.0, 2.0], [1.0]), ValueError, "A has 2 rows but b has 1"),
        (lambda: m.one_hot([]), ValueError, "labels is empty"),
        (lambda: m.one_hot(["a"], categories=[]), ValueError, "categories is empty"),
        (lambda: m.one_hot("abc"), TypeError, "sequence of labels"),
        (lambda: m.one_hot(3), TypeError, "sequence of labels"),
        (lambda: m.one_hot([["a"], ["b"]]), TypeError, "labels such as strings"),
        (lambda: m.one_hot(np.eye(2)), TypeError, "labels such as strings"),
        (lambda: m.one_hot(["a", 1]), TypeError, "cannot be sorted"),
        (lambda: m.one_hot([1.0, float("nan")]), ValueError, "NaN"),
        (lambda: m.one_hot(["a", "z"], categories=["a", "b"]), ValueError, "'z' is none of the categories"),
        (lambda: m.one_hot(["a"], categories=["a", "a"]), ValueError, "listed twice"),
        (lambda: m.one_hot(["a"], drop="z"), ValueError, "drop is 'z'"),
        (lambda: m.drop_category([1.0, 2.0], 0.0, 2), ValueError, "j must be at most 1"),
        (lambda: m.drop_category([1.0, 2.0], 0.0, 0.5), TypeError, "whole number"),
        (lambda: m.drop_category([1.0, 2.0], np.nan), ValueError, "c has a NaN"),
        (lambda: m.polynomial_features([1.0], 0), ValueError, "degree must be at least 1"),
        (lambda: m.polynomial_features([1.0], 2.0), TypeError, "whole number"),
        (lambda: m.polynomial_features([1e200], 2), ValueError, "overflows"),
        (lambda: m.interactions([[1.0], [2.0]]), ValueError, "at least two features"),
        (lambda: m.interactions([[1e200, 1e200]]), ValueError, "overflows"),
        (lambda: m.variance_inflation([[1.0, 2.0], [1.0, 3.0]]), ValueError, "feature 0 is constant"),
        (lambda: m.variance_inflation([[1e300], [-1e300]]), ValueError, "too large"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_arguments_are_left_alone():
    X = np.ones((3, 2))
    A = m.design_matrix(X, intercept=False)
    A[0, 0] = 5
    assert X[0, 0] == 1
