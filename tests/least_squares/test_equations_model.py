"""The labelled equations of "The model and its features"."""

import numpy as np
import pytest
import sympy as sp

from lib.least_squares import model as m


@pytest.mark.equation("eq-linear-model")
def test_linear_model():
    """The product Aw with a column of ones is x·w + w₀, in symbols."""
    x, w = sp.Matrix(sp.symbols("x1:4")), sp.Matrix(sp.symbols("w0:4"))
    product = (sp.Matrix([[1, *x]]) * w)[0]
    assert sp.expand(product - (w[0] + sum(x[j] * w[j + 1] for j in range(3)))) == 0
    values = np.array([0.5, -2.0, 3.0, 1.5])  # w0 … w3
    point = np.array([[2.0, 1.0, -4.0]])
    exact = product.subs(dict(zip([*x, *w], [*point[0], *values], strict=True)))
    assert m.predict(m.design_matrix(point), values)[0] == pytest.approx(float(exact))


@pytest.mark.equation("eq-mse-loss")
def test_mse_loss():
    """The mean of squares is the squared norm over N; repeating the sample leaves it, and 1/N leaves the minimiser."""
    rng = np.random.default_rng(0)
    A, w, b = rng.normal(size=(7, 3)), rng.normal(size=3), rng.normal(size=7)
    loss = m.mean_squared_error(A, w, b)
    assert loss == pytest.approx(np.linalg.norm(A @ w - b) ** 2 / 7)
    assert loss == pytest.approx(sum((row @ w - y) ** 2 for row, y in zip(A, b, strict=True)) / 7)
    assert m.mean_squared_error(np.tile(A, (5, 1)), w, np.tile(b, 5)) == pytest.approx(loss)
    assert loss != pytest.approx(np.linalg.norm(A @ w - b) / 7)  # the source's equation 19 forgets the square


@pytest.mark.equation("eq-one-hot-equivalence")
def test_one_hot_equivalence():
    """In symbols, for every category: c + w_i = (c + w_n) + (w_i − w_n)."""
    n = 5
    w, c = sp.symbols("w1:6"), sp.Symbol("c")
    hot = [[int(i == j) for j in range(n)] for i in range(n)]
    for row in hot:
        with_all = c + sum(x * v for x, v in zip(row, w, strict=True))
        without_last = (c + w[-1]) + sum(x * (v - w[-1]) for x, v in zip(row[:-1], w[:-1], strict=True))
        assert sp.expand(with_all - without_last) == 0
    numbers = np.arange(1.0, 6.0) ** 2
    rest, intercept = m.drop_category(numbers, 3.0)
    assert intercept == 28 and np.array_equal(rest, numbers[:-1] - 25)


@pytest.mark.equation("eq-vif")
def test_vif():
    """Over many draws of the noise, the variance of w_j is 1/(1 − R²_j) times that of a feature on its own."""
    rng = np.random.default_rng(1)
    x1 = rng.normal(size=40)
    X = np.column_stack([x1, x1 + 0.4 * rng.normal(size=40)])
    A = m.design_matrix(X)
    noise = rng.normal(size=(40, 20_000))
    together = np.linalg.lstsq(A, noise, rcond=None)[0][1:].var(axis=1)
    alone = [np.linalg.lstsq(m.design_matrix(x), noise, rcond=None)[0][1].var() for x in X.T]
    assert np.allclose(together / alone, m.variance_inflation(X), rtol=0.05)
    exact = np.diag(np.linalg.inv(A.T @ A))[1:] * np.sum((X - X.mean(axis=0)) ** 2, axis=0)
    assert np.allclose(exact, m.variance_inflation(X), rtol=1e-10)


@pytest.mark.equation("eq-partial-coefficient")
def test_partial_coefficient():
    """Each coefficient of the joint fit from one feature's residual alone (Frisch, Waugh and Lovell)."""
    rng = np.random.default_rng(2)
    A = m.design_matrix(rng.normal(size=(15, 4)) @ rng.normal(size=(4, 4)) + 1)
    b = rng.normal(size=15)
    w = np.linalg.solve(A.T @ A, A.T @ b)
    for j in range(A.shape[1]):
        others = np.delete(A, j, axis=1)
        rest = A[:, j] - others @ np.linalg.lstsq(others, A[:, j], rcond=None)[0]
        assert rest @ b / (rest @ rest) == pytest.approx(w[j], rel=1e-8)
