"""The labelled equations of "Another inner product", in symbols where that is possible."""

import numpy as np
import pytest
import sympy as sp

from lib.least_squares import inner_product as ip

G = sp.Matrix([[4, 2, 0], [2, 5, 3], [0, 3, 6]])
P = G.cholesky().T
K = sp.Matrix(sp.symbols("k1:4"))
M = sp.Matrix(3, 3, sp.symbols("m1:10"))


def numeric(matrix) -> np.ndarray:
    return np.array(matrix.tolist(), float)


@pytest.mark.equation("eq-inner-product")
def test_inner_product():
    u, v = sp.symbols("u1:4"), sp.symbols("v1:4")
    expanded = sum(u[i] * v[j] * G[i, j] for i in range(3) for j in range(3))
    assert sp.expand((sp.Matrix(u).T * G * sp.Matrix(v))[0] - expanded) == 0
    assert ip.inner([1, 2, 3], [3, 0, -1], numeric(G)) == pytest.approx(
        float(expanded.subs(dict(zip(u + v, (1, 2, 3, 3, 0, -1), strict=True))))
    )


@pytest.mark.equation("eq-cholesky")
def test_cholesky():
    assert np.allclose(ip.cholesky(numeric(G)), numeric(G.cholesky()))
    a, b, c = sp.symbols("a b c", positive=True)
    L = sp.Matrix([[sp.sqrt(a), 0], [b / sp.sqrt(a), sp.sqrt(c - b**2 / a)]])
    assert sp.simplify(L * L.T - sp.Matrix([[a, b], [b, c]])) == sp.zeros(2, 2)


@pytest.mark.equation("eq-basis-vector")
def test_basis_vector():
    v = sp.Matrix(sp.symbols("v1:4"))
    assert sp.simplify(P.T * P - G) == sp.zeros(3, 3)
    assert sp.expand(((P * K).T * (P * v) - K.T * G * v)[0]) == 0
    assert np.allclose(ip.to_basis(ip.change_of_basis(numeric(G)), [1, 2, 3]), numeric(P) @ [1, 2, 3])


@pytest.mark.equation("eq-basis-operator")
def test_basis_operator():
    primed = P * M * P.T
    assert sp.simplify(P * (M * G) * P.inv() - primed) == sp.zeros(3, 3)
    assert sp.simplify(P.inv() * (primed * (P * K)) - M * G * K) == sp.zeros(3, 1)
    values = np.arange(9.0).reshape(3, 3)
    assert np.allclose(ip.rows_to_basis(numeric(P), values), numeric(P) @ values @ numeric(P).T)


@pytest.mark.equation("eq-basis-row")
def test_basis_row():
    left = (P * K).T * (P * M * P.T) * P.inv().T
    assert sp.simplify(left - K.T * G * M) == sp.zeros(1, 3)


@pytest.mark.equation("eq-weighted-least-squares")
def test_weighted_least_squares():
    """The minimiser of the weighted sum, found by setting its derivative to zero in symbols."""
    A, b, weights = sp.Matrix([[1, 0], [1, 1], [1, 3]]), sp.Matrix([1, 3, 4]), [1, 2, 5]
    w = sp.Matrix(sp.symbols("w1 w2"))
    loss = sum(omega * (b[i] - (A * w)[i]) ** 2 for i, omega in enumerate(weights))
    exact = sp.solve([sp.diff(loss, x) for x in w], list(w))
    ours = ip.weighted_least_squares(numeric(A), numeric(b).ravel(), weights)
    assert np.allclose(ours, [float(exact[x]) for x in w])


@pytest.mark.equation("eq-generalized-least-squares")
def test_generalized_least_squares():
    A, b = sp.Matrix([[1, 0], [1, 1], [1, 3]]), sp.Matrix([1, 3, 4])
    w = sp.Matrix(sp.symbols("w1 w2"))
    loss = ((b - A * w).T * G * (b - A * w))[0]
    exact = sp.solve([sp.diff(loss, x) for x in w], list(w))
    point = sp.Matrix([exact[x] for x in w])
    assert sp.simplify(A.T * G * A * point - A.T * G * b) == sp.zeros(2, 1)
    assert np.allclose(ip.generalized_least_squares(numeric(A), numeric(b).ravel(), numeric(G)), numeric(point).ravel())


@pytest.mark.equation("eq-aitken")
def test_aitken():
    """By simulation: the covariance of many estimates is the one that the theorem names, and smaller than the ordinary one's."""
    rng = np.random.default_rng(0)
    t = np.arange(12)
    A, C = np.column_stack([np.ones(12), t]), 0.7 ** np.abs(t[:, None] - t) * np.outer(1 + t / 4, 1 + t / 4)
    noise = rng.multivariate_normal(np.zeros(12), C, size=4000)
    inverse = np.linalg.inv(C)
    found = np.array([ip.generalized_least_squares(A, A @ [1.0, 2.0] + e, inverse) for e in noise])
    assert np.allclose(np.cov(found.T), ip.gls_covariance(A, C), rtol=0.1, atol=0.02)
    ordinary = ip.linear_estimator_covariance(np.linalg.pinv(A), C)
    assert np.linalg.eigvalsh(ordinary - ip.gls_covariance(A, C))[0] > -1e-12
