"""The labelled equations of "Direct solvers and the digits they keep"."""

import itertools

import mpmath
import numpy as np
import pytest
import sympy as sp

from lib.least_squares import accuracy, direct
from lib.least_squares.accuracy import problem


@pytest.fixture
def random():
    rng = np.random.default_rng(21)
    return rng.normal(size=(9, 4)), rng.normal(size=9)


@pytest.mark.equation("eq-digits-kept")
def test_digits_kept():
    exact, computed = [sp.Rational(1, 3), sp.Integer(2)], [0.3333, 2.0001]
    gap = sp.sqrt(sum((sp.Rational(c) - e) ** 2 for c, e in zip(computed, exact, strict=True)))
    digits = -sp.log(gap / sp.sqrt(sum(e**2 for e in exact)), 10)
    assert accuracy.digits_kept(computed, [float(e) for e in exact]) == pytest.approx(float(digits), rel=1e-9)


@pytest.mark.equation("eq-forward-error")
@pytest.mark.parametrize("rho", [0.0, 1e-4, 1.0])
def test_forward_error(rho):
    """QR's errors stay below a modest multiple of u(κ + κ²ρ), and come within a few digits of it over many problems."""
    for power in (1, 4, 7):
        bound = accuracy.U * (10.0**power + 10.0 ** (2 * power) * rho)
        errors = []
        for seed in range(8):
            p = problem(60, 5, 10.0**power, rho, seed)
            errors.append(np.linalg.norm(direct.qr_solve(p.A, p.b) - p.w))
        assert max(errors) <= 50 * bound
        assert max(errors) >= 1e-4 * min(bound, 1)


@pytest.mark.equation("eq-cholesky-solve")
def test_cholesky_solve(random):
    A, b = random
    L = np.linalg.cholesky(A.T @ A)
    assert np.allclose(L @ L.T, A.T @ A)
    w = direct.back_substitution(L.T, direct.forward_substitution(L, A.T @ b))
    assert np.allclose(w, direct.normal_equations(A, b)) and np.allclose(A.T @ (A @ w - b), 0)


@pytest.mark.equation("eq-refinement")
def test_refinement(random):
    """Refinement computed in 60 digits from a wrong factor converges to the exact solution."""
    A, b = random
    with mpmath.workdps(60):
        M, c = mpmath.matrix(A.tolist()), mpmath.matrix(b.tolist())
        gram = M.T * M
        factor = gram * mpmath.mpf("1.001")  # a Gram matrix that is wrong in the third digit
        w = mpmath.lu_solve(factor, M.T * c)
        errors = []
        exact = mpmath.lu_solve(gram, M.T * c)
        for _ in range(4):
            errors.append(mpmath.norm(w - exact))
            w = w + mpmath.lu_solve(factor, M.T * (c - M * w))
        assert all(later < earlier / 900 for earlier, later in itertools.pairwise(errors))
    assert np.allclose(direct.refined_normal_equations(A, b), [float(x) for x in exact], rtol=1e-13)


@pytest.mark.equation("eq-refinement-rate")
def test_refinement_rate():
    """e′ = (AᵀA + E)⁻¹E e in symbols, and κ²u as the measured factor."""
    g, E, e = sp.symbols("g E e", positive=True)
    correction = -(g * e) / (g + E)
    assert sp.simplify(e + correction - E * e / (g + E)) == 0
    for power in (6, 7):
        factors = []
        for seed in range(6):
            p = problem(200, 8, 10.0**power, 1e-9, seed)
            errors = [np.linalg.norm(direct.refined_normal_equations(p.A, p.b, k) - p.w) for k in (0, 1)]
            factors.append(errors[1] / errors[0])
        assert np.median(factors) < 10.0 ** (2 * power) * accuracy.U, "a bound: steps gain more than it says"


@pytest.mark.equation("eq-householder")
def test_householder():
    a, b = sp.symbols("a b", real=True)
    x = sp.Matrix([a, b])
    for sign in (1, -1):
        v = x + sign * x.norm() * sp.Matrix([1, 0])
        image = x - 2 * v * (v.T * x)[0] / (v.T * v)[0]
        assert sp.simplify(image + sign * x.norm() * sp.Matrix([1, 0])) == sp.zeros(2, 1)
    y = np.random.default_rng(1).normal(size=6)
    v = direct.householder_vector(y)
    assert np.allclose(y - 2 * v * (v @ y), [-np.sign(y[0]) * np.linalg.norm(y), 0, 0, 0, 0, 0])


@pytest.mark.equation("eq-qr-solve")
def test_qr_solve(random):
    A, b = random
    Q, R = np.linalg.qr(A)
    w = np.linalg.solve(R, Q.T @ b)
    assert np.allclose(w, direct.qr_solve(A, b)) and np.allclose(w, direct.householder_solve(A, b))
    assert np.allclose(A.T @ (A @ w - b), 0)


@pytest.mark.equation("eq-tsqr")
def test_tsqr(random):
    A, b = random
    blocks = [A[:4], A[4:7], A[7:]]
    stacked = np.vstack([np.linalg.qr(block, mode="r") for block in blocks])
    R = np.linalg.qr(stacked, mode="r")
    assert np.allclose(R.T @ R, A.T @ A)
    assert np.allclose(np.abs(R), np.abs(np.linalg.qr(A, mode="r")))
    assert np.allclose(direct.tall_skinny_qr(A, b, block=4), np.linalg.lstsq(A, b, rcond=None)[0])


@pytest.mark.equation("eq-svd-solve")
def test_svd_solve(random):
    A, b = random
    A = A.copy()
    A[:, 3] = A[:, 0] + 1e-9 * A[:, 3]
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    kept = sigma > 1e-6 * sigma[0]
    assert kept.sum() == 3
    w = sum((U[:, i] @ b) / sigma[i] * Vt[i] for i in range(4) if kept[i])
    assert np.allclose(direct.truncated_svd(A, b, rcond=1e-6), w)
    whole = Vt.T @ np.diag(1 / sigma) @ U.T @ b  # VΣ⁻¹Uᵀb is the sum over all directions, and no truncated one
    assert np.allclose(direct.truncated_svd(A, b, rcond=0.0), whole, rtol=1e-4)
    assert np.linalg.norm(whole - w) > 1e6 * np.linalg.norm(w)
