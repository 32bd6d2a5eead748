"""The labelled equations of "Ridge regression", by an independent route each."""

import numpy as np
import pytest
import sympy as sp
from scipy.optimize import minimize

from lib.regularization import ridge as r

RNG = np.random.default_rng(5)
A, Y, LAM = RNG.normal(size=(7, 3)), RNG.normal(size=7), 0.8
WIDE, SHORT = RNG.normal(size=(3, 6)), RNG.normal(size=3)
norm = np.linalg.norm


@pytest.mark.equation("eq-ridge")
@pytest.mark.equation("eq-ridge-solution")
def test_ridge_solution():
    """In symbols: the gradient of J is 2((AᵀA + λI)w − Aᵀy); and a general optimiser finds the same w."""
    w, lam = sp.Matrix(sp.symbols("w1:3")), sp.Symbol("lam", positive=True)
    B, y = sp.Matrix([[1, 2], [0, 1], [3, -1]]), sp.Matrix([1, 4, 2])
    J = sum((B * w - y).applyfunc(lambda v: v**2)) + lam * sum(w.applyfunc(lambda v: v**2))
    gradient = sp.Matrix([J.diff(v) for v in w])
    assert sp.simplify(gradient - 2 * ((B.T * B + lam * sp.eye(2)) * w - B.T * y)) == sp.zeros(2, 1)
    found = minimize(lambda v: norm(A @ v - Y) ** 2 + LAM * v @ v, np.zeros(3), tol=1e-14).x
    assert np.allclose(r.ridge(A, Y, LAM), found, atol=1e-6)


@pytest.mark.equation("eq-ridge-eigenvalues")
def test_ridge_eigenvalues():
    for B in (A, WIDE, np.ones((4, 2))):
        G = B.T @ B
        shifted = np.linalg.eigvalsh(G + LAM * np.eye(len(G)))
        assert np.allclose(shifted, np.linalg.eigvalsh(G) + LAM)
        assert shifted[0] >= LAM - 1e-12


@pytest.mark.equation("eq-ridge-condition")
def test_ridge_condition():
    for B in (A, WIDE):
        G = B.T @ B + LAM * np.eye(B.shape[1])
        assert r.ridge_condition(B, LAM) == pytest.approx(np.linalg.cond(G))
        assert r.ridge_condition(B, LAM) <= 1 + norm(B, 2) ** 2 / LAM + 1e-12


@pytest.mark.equation("eq-ridge-limit")
def test_ridge_limit():
    """Also where columns or rows depend on one another."""
    for B, y in ((A, Y), (WIDE, SHORT), (np.outer(Y, [1.0, 2.0]), Y)):
        assert np.allclose(r.ridge_by_rows(B, y, 1e-12), np.linalg.pinv(B) @ y, atol=1e-6)


@pytest.mark.equation("eq-ridge-augmented")
def test_ridge_augmented():
    for w in RNG.normal(size=(5, 3)):
        rows = np.vstack([A, np.sqrt(LAM) * np.eye(3)]) @ w - np.append(Y, np.zeros(3))
        assert norm(rows) ** 2 == pytest.approx(norm(A @ w - Y) ** 2 + LAM * norm(w) ** 2)
    assert np.allclose(r.ridge_by_rows(A, Y, LAM), np.linalg.solve(A.T @ A + LAM * np.eye(3), A.T @ Y))


@pytest.mark.equation("eq-ridge-dual")
def test_ridge_dual():
    small = WIDE.T @ np.linalg.inv(WIDE @ WIDE.T + LAM * np.eye(3)) @ SHORT
    large = np.linalg.inv(WIDE.T @ WIDE + LAM * np.eye(6)) @ WIDE.T @ SHORT
    assert np.allclose(small, large) and np.allclose(r.ridge(WIDE, SHORT, LAM), large)


@pytest.mark.equation("eq-ridge-prior")
def test_ridge_prior():
    """The posterior's mode: −log of the normal densities differs from ‖Aw − y‖²/2σ² + ‖w‖²/2τ² by a constant."""
    from scipy.stats import norm as normal

    sigma, tau = 0.7, 1.9
    w = r.ridge(A, Y, sigma**2 / tau**2)

    def minus_log(v):
        return -normal.logpdf(Y, A @ v, sigma).sum() - normal.logpdf(v, 0, tau).sum()

    def written(v):
        return norm(A @ v - Y) ** 2 / (2 * sigma**2) + norm(v) ** 2 / (2 * tau**2)

    others = w + RNG.normal(size=(40, 3)) * 0.1
    assert np.ptp([minus_log(v) - written(v) for v in others]) < 1e-10
    assert all(minus_log(v) > minus_log(w) for v in others)


@pytest.mark.equation("eq-ridge-svd")
@pytest.mark.equation("eq-shrinkage")
@pytest.mark.equation("eq-effective-degrees")
def test_svd_view():
    U, s, Vt = np.linalg.svd(A, full_matrices=False)
    expanded = sum(t / (t**2 + LAM) * (u @ Y) * v for u, t, v in zip(U.T, s, Vt, strict=True))
    assert np.allclose(expanded, r.ridge(A, Y, LAM))
    assert np.allclose(r.ridge_path(A, Y, [LAM], intercept=False).W[0], expanded)
    H = A @ np.linalg.inv(A.T @ A + LAM * np.eye(3)) @ A.T
    assert np.allclose(np.linalg.eigvalsh(H)[-3:][::-1], r.shrinkage(s, LAM))
    assert r.effective_degrees(A, LAM) == pytest.approx(np.trace(H))


@pytest.mark.equation("eq-ridge-risk")
def test_ridge_risk():
    """Against simulation."""
    _, s, Vt = np.linalg.svd(A, full_matrices=False)
    w, sigma = RNG.normal(size=3), 0.6
    y = A @ w + sigma * RNG.normal(size=(200_000, 7))
    found = y @ A @ np.linalg.inv(A.T @ A + LAM * np.eye(3))
    bias, variance = r.ridge_risk(s, Vt @ w, sigma, LAM)
    assert norm(found.mean(axis=0) - w) ** 2 == pytest.approx(bias, rel=0.05)
    assert found.var(axis=0).sum() == pytest.approx(variance, rel=0.02)


@pytest.mark.equation("eq-ridge-gain")
def test_ridge_gain():
    """In symbols, for two directions."""
    s1, s2, a1, a2, sigma, lam = sp.symbols("s1 s2 a1 a2 sigma lam", positive=True)
    risk = sum((lam * a / (s**2 + lam)) ** 2 + sigma**2 * (s / (s**2 + lam)) ** 2 for s, a in ((s1, a1), (s2, a2)))
    slope = risk.diff(lam).subs(lam, 0)
    assert sp.simplify(slope + 2 * sigma**2 * (s1**-4 + s2**-4)) == 0
    assert sum(r.ridge_risk([2.0, 0.3], [5.0, 5.0], 0.1, 1e-5)) < sum(r.ridge_risk([2.0, 0.3], [5.0, 5.0], 0.1, 0.0))


@pytest.mark.equation("eq-ridge-intercept")
def test_ridge_intercept():
    """A general optimiser over w and w0 together."""

    def loss(v):
        return norm(A @ v[:3] + v[3] - Y - 5) ** 2 + LAM * v[:3] @ v[:3]

    found = minimize(loss, np.zeros(4), tol=1e-14).x
    w, w0 = r.ridge_with_intercept(A, Y + 5, LAM)
    assert np.allclose(w, found[:3], atol=1e-6) and w0 == pytest.approx(found[3], abs=1e-6)


@pytest.mark.equation("eq-leave-one-out")
def test_leave_one_out():
    for i, error in enumerate(r.leave_one_out_errors(A, Y, LAM)):
        rest = [k for k in range(7) if k != i]
        w = np.linalg.solve(A[rest].T @ A[rest] + LAM * np.eye(3), A[rest].T @ Y[rest])
        assert error == pytest.approx(Y[i] - A[i] @ w)


@pytest.mark.equation("eq-gcv")
def test_gcv():
    """From the matrix H; and blind to rotations of the samples, which leave-one-out is not."""
    H = A @ np.linalg.inv(A.T @ A + LAM * np.eye(3)) @ A.T
    exact = np.mean((Y - H @ Y) ** 2) / (1 - np.trace(H) / 7) ** 2
    path = r.ridge_path(A, Y, [LAM], intercept=False)
    assert path.gcv[0] == pytest.approx(exact)
    Q, _ = np.linalg.qr(RNG.normal(size=(7, 7)))
    turned = r.ridge_path(Q @ A, Q @ Y, [LAM], intercept=False)
    assert turned.gcv[0] == pytest.approx(exact) and turned.loo[0] != pytest.approx(path.loo[0], rel=1e-3)
