"""The labelled equations of "The pseudo-inverse and the geometry"."""

import numpy as np
import pytest
import scipy.optimize
import sympy as sp

from lib.least_squares import pseudoinverse as pi


@pytest.fixture(params=[(8, 3), (5, 5), (3, 7)], ids=["tall", "square", "wide"])
def problem(request):
    rng = np.random.default_rng(7)
    return rng.normal(size=request.param), rng.normal(size=request.param[0])


def rational(A):
    return sp.Matrix([[sp.Rational(round(100 * x), 100) for x in row] for row in A])


@pytest.mark.equation("eq-orthogonality")
@pytest.mark.equation("eq-normal-equations")
def test_normal_equations():
    """A minimiser found without any linear algebra fulfils them, and so does the gradient's zero in symbols."""
    rng = np.random.default_rng(2)
    A, b = rng.normal(size=(9, 3)), rng.normal(size=9)
    found = scipy.optimize.minimize(lambda w: np.sum((A @ w - b) ** 2), np.zeros(3), method="BFGS", tol=1e-12).x
    assert np.allclose(A.T @ (b - A @ found), 0, atol=1e-5)
    S, c = rational(A[:4, :2]), rational(b[:4, None])
    w = sp.Matrix(sp.symbols("w1 w2"))
    loss = ((S * w - c).T * (S * w - c))[0]
    gradient = sp.Matrix([sp.diff(loss, x) for x in w])
    assert sp.simplify(gradient - 2 * (S.T * S * w - S.T * c)) == sp.zeros(2, 1)


@pytest.mark.equation("eq-least-squares-inequality")
def test_least_squares_inequality(problem):
    A, b = problem
    w = pi.least_norm(A, b)
    for v in np.random.default_rng(3).normal(size=(50, A.shape[1])):
        left, right = np.sum((A @ v - b) ** 2), np.sum((A @ w - b) ** 2) + np.sum((A @ (v - w)) ** 2)
        assert left == pytest.approx(right, rel=1e-10)


@pytest.mark.equation("eq-pinv-tall")
def test_pinv_tall():
    A = np.random.default_rng(4).normal(size=(6, 3))
    exact = (rational(A).T * rational(A)).inv() * rational(A).T
    rounded = np.array(rational(A).tolist(), float)
    assert np.allclose(np.array(exact.tolist(), float), pi.pseudoinverse(rounded), rtol=1e-10)


@pytest.mark.equation("eq-pinv-wide")
def test_pinv_wide():
    A = np.random.default_rng(5).normal(size=(3, 6))
    exact = rational(A).T * (rational(A) * rational(A).T).inv()
    rounded = np.array(rational(A).tolist(), float)
    assert np.allclose(np.array(exact.tolist(), float), pi.pseudoinverse(rounded), rtol=1e-10)


@pytest.mark.equation("eq-minimum-norm")
def test_minimum_norm():
    """A constrained minimiser that knows nothing of pseudo-inverses finds the same solution, and Pythagoras holds."""
    rng = np.random.default_rng(6)
    A, b = rng.normal(size=(2, 5)), rng.normal(size=2)
    w = pi.least_norm(A, b)
    constraint = {"type": "eq", "fun": lambda v: A @ v - b}
    found = scipy.optimize.minimize(lambda v: v @ v, rng.normal(size=5), constraints=[constraint], tol=1e-12).x
    assert np.allclose(found, w, atol=1e-5)
    v = w + scipy.linalg.null_space(A) @ rng.normal(size=3)
    assert np.sum(v**2) == pytest.approx(np.sum(w**2) + np.sum((v - w) ** 2))


@pytest.mark.equation("eq-pinv-svd")
def test_pinv_svd():
    """Against sympy's exact pseudo-inverse of a matrix of rank 2."""
    A = sp.Matrix([[1, 2, 3], [2, 4, 6], [1, 0, 1], [0, 1, 1]])
    assert A.rank() == 2
    assert np.allclose(pi.pseudoinverse(np.array(A.tolist(), float)), np.array(A.pinv().tolist(), float), atol=1e-12)


@pytest.mark.equation("eq-penrose")
def test_penrose(problem):
    A, _ = problem
    A = np.column_stack([A, A[:, 0]])  # never of full column rank
    P = np.linalg.pinv(A)
    assert max(pi.penrose_defects(P, A)) < 1e-12
    for wrong in (P + 0.01, A.T, np.zeros_like(P)):
        assert max(pi.penrose_defects(wrong, A)) > 1e-3


@pytest.mark.equation("eq-projection")
def test_projection(problem):
    A, _ = problem
    P = pi.projection(A)
    Q, _ = np.linalg.qr(A)
    assert np.allclose(P, A @ np.linalg.pinv(A)) and np.allclose(P @ P, P) and np.allclose(P, P.T)
    assert np.allclose(P, Q @ Q.T)


@pytest.mark.equation("eq-pythagoras")
def test_pythagoras(problem):
    A, b = problem
    fit = pi.projection(A) @ b
    assert b @ b == pytest.approx(fit @ fit + (b - fit) @ (b - fit))
