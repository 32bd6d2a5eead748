"""The labelled equations of "Iterative solvers, and what everything costs"."""

import numpy as np
import pytest
import scipy.optimize
import sympy as sp

from lib.least_squares import cost, iterative
from lib.least_squares.accuracy import problem


@pytest.fixture
def definite():
    rng = np.random.default_rng(31)
    B = rng.normal(size=(6, 6))
    return B @ B.T + np.eye(6), rng.normal(size=6)


def paths(solver, *args, steps):
    out = []
    solver(*args, tol=0.0, max_iterations=steps, watch=out.append)
    return out


@pytest.mark.equation("eq-schulz")
def test_schulz():
    """It is Newton's step for X⁻¹ − A; for numbers in symbols, for matrices by the step's own linearisation."""
    x, a = sp.symbols("x a", positive=True)
    f = 1 / x - a
    assert sp.simplify(x - f / sp.diff(f, x) - x * (2 - a * x)) == 0
    rng = np.random.default_rng(1)
    A = rng.normal(size=(4, 4)) + 4 * np.eye(4)
    X = np.linalg.inv(A) + 1e-2 * rng.normal(size=(4, 4))
    # Newton: the H with −X⁻¹HX⁻¹ = −(X⁻¹ − A)
    H = X @ (np.linalg.inv(X) - A) @ X
    assert np.allclose(X + H, iterative.schulz_step(A, X))


@pytest.mark.equation("eq-schulz-error")
def test_schulz_error():
    A = sp.Matrix(2, 2, sp.symbols("a:4"))
    X = sp.Matrix(2, 2, sp.symbols("x:4"))
    step = X * (2 * sp.eye(2) - A * X)
    assert sp.expand((sp.eye(2) - step * A) - (sp.eye(2) - X * A) ** 2) == sp.zeros(2, 2)


@pytest.mark.equation("eq-schulz-start")
@pytest.mark.parametrize("shape", [(3, 3), (8, 3), (20, 7)])
def test_schulz_start(shape):
    for seed in range(20):
        A = np.random.default_rng(seed).normal(size=shape)
        X = iterative.schulz_start(A)
        assert np.allclose(X, A.T / np.abs(A).sum(0).max() / np.abs(A).sum(1).max())
        values = np.linalg.eigvals(np.eye(shape[1]) - X @ A)
        assert np.abs(values.imag).max() < 1e-9 and -1e-12 <= values.real.min() and values.real.max() < 1


@pytest.mark.equation("eq-cg-direction")
def test_cg_direction(definite):
    A, b = definite
    path = paths(iterative.conjugate_gradients, A, b, steps=6)
    steps = np.diff([np.zeros(6), *path], axis=0)
    products = steps @ A @ steps.T
    assert np.abs(products - np.diag(np.diag(products))).max() < 1e-8 * np.abs(products).max()
    residuals = np.array([b - A @ x for x in [np.zeros(6), *path[:-1]]])
    gram = residuals @ residuals.T
    assert np.abs(gram - np.diag(np.diag(gram))).max() < 1e-8 * gram.max()
    assert np.allclose(path[-1], np.linalg.solve(A, b))


@pytest.mark.equation("eq-cg-bound")
@pytest.mark.parametrize("kappa", [2.0, 30.0, 1000.0])
def test_cg_bound(kappa):
    rng = np.random.default_rng(int(kappa))
    Q, _ = np.linalg.qr(rng.normal(size=(40, 40)))
    A, b = (Q * np.geomspace(1, kappa, 40)) @ Q.T, rng.normal(size=40)
    exact = np.linalg.solve(A, b)
    size = lambda e: np.sqrt(e @ A @ e)
    for k, x in enumerate(paths(iterative.conjugate_gradients, A, b, steps=25), 1):
        assert size(x - exact) <= cost.cg_bound(kappa, k) * size(exact) * (1 + 1e-6) + 1e-10


@pytest.mark.equation("eq-cgls")
def test_cgls():
    p = problem(15, 5, 5.0, 0.5)
    ours = paths(iterative.cgls, p.A, p.b, steps=5)
    theirs = paths(iterative.conjugate_gradients, p.A.T @ p.A, p.A.T @ p.b, steps=5)
    assert np.allclose(ours, theirs, atol=1e-10)
    w, r, s = np.zeros(5), p.b, p.A.T @ p.b  # the equation as it is written
    d = s
    for mine in ours:
        q = p.A @ d
        alpha = (s @ s) / (q @ q)
        w, r = w + alpha * d, r - alpha * q
        s, last = p.A.T @ r, s
        d = s + (s @ s) / (last @ last) * d
        assert np.allclose(w, mine, atol=1e-10)


@pytest.mark.equation("eq-augmented-system")
def test_augmented_system():
    p = problem(9, 3, 5.0, 0.5)
    K, right = iterative.augmented_system(p.A, p.b)
    solution = np.linalg.solve(K, right)
    assert np.allclose(solution[9:], p.w) and np.allclose(solution[:9], p.b - p.A @ p.w)
    assert np.allclose(K, K.T)


@pytest.mark.equation("eq-augmented-square")
def test_augmented_square():
    """In symbols; and so two more steps of MINRES add one vector to the space of w, that of CGLS."""
    A = sp.Matrix(3, 2, sp.symbols("a:6"))
    K = sp.Matrix(sp.BlockMatrix([[sp.eye(3), A], [A.T, sp.zeros(2)]]))
    squares = sp.Matrix(sp.BlockMatrix([[A * A.T, sp.zeros(3, 2)], [sp.zeros(2, 3), A.T * A]]))
    assert sp.expand(K**2 - K - squares) == sp.zeros(5)
    p = problem(9, 4, 5.0, 0.5)
    K, right = iterative.augmented_system(p.A, p.b)
    krylov = np.column_stack([np.linalg.matrix_power(K, j) @ right for j in range(6)])
    for steps in range(1, 7):
        assert np.linalg.matrix_rank(krylov[9:, :steps], tol=1e-10) == steps // 2
    gram = np.column_stack([np.linalg.matrix_power(p.A.T @ p.A, j) @ p.A.T @ p.b for j in range(3)])
    assert np.linalg.matrix_rank(np.hstack([krylov[9:], gram]), tol=1e-10) == 3


@pytest.mark.parametrize("size, factor", [(1.0, 1.618), (10.0, 0.105)])
def test_the_condition_number_of_the_augmented_matrix_depends_on_the_size_of_a(size, factor):
    """Near 1.6 κ² for ‖A‖ = 1 alone: its eigenvalues are 1 and (1 ± √(1 + 4σ²))/2."""
    p = problem(30, 5, 100.0, 0.1)
    K, _ = iterative.augmented_system(size * p.A, p.b)
    sigma = size * np.array([1.0, 0.01])
    values = [1.0, *((1 + s * np.sqrt(1 + 4 * sigma**2)) / 2 for s in (1, -1))]
    values = np.abs(np.hstack(values))
    assert np.linalg.cond(K) == pytest.approx(values.max() / values.min(), rel=1e-6)
    assert np.linalg.cond(K) == pytest.approx(factor * 1e4, rel=0.05)


def lanczos_basis(A, b, k):
    return np.linalg.qr(np.column_stack([np.linalg.matrix_power(A, j) @ b for j in range(k)]))[0]


@pytest.mark.equation("eq-minres")
def test_minres(definite):
    A, b = definite
    A = A - 4 * np.eye(6)
    for k, x in enumerate(paths(iterative.minres, A, b, steps=4), 1):
        V = lanczos_basis(A, b, k)
        best = scipy.optimize.minimize(
            lambda y, V=V: np.sum((b - A @ V @ y) ** 2), np.zeros(k), method="BFGS", tol=1e-12
        )
        assert np.linalg.norm(b - A @ x) == pytest.approx(np.sqrt(best.fun), rel=1e-5)


@pytest.mark.equation("eq-symmlq")
def test_symmlq(definite):
    A, b = definite
    A = A - 4 * np.eye(6)
    exact = np.linalg.solve(A, b)
    for k, x in enumerate(paths(iterative.symmlq, A, b, steps=4), 1):
        AV = A @ lanczos_basis(A, b, k)
        nearest = AV @ np.linalg.lstsq(AV, exact, rcond=None)[0]
        assert np.allclose(x, nearest, atol=1e-6)


@pytest.mark.equation("eq-lsqr-bidiagonal")
def test_lsqr_bidiagonal():
    """The relation holds, and LSQR's iterate is V y with the y that minimises ‖ ‖b‖e₁ − By ‖."""
    p = problem(12, 5, 3.0, 0.5)
    U, B, V = iterative.bidiagonalise(p.A, p.b, 3)
    assert np.allclose(p.A @ V, U @ B) and np.allclose(U[:, 0], p.b / np.linalg.norm(p.b))
    y = np.linalg.lstsq(B, np.linalg.norm(p.b) * np.eye(4)[0], rcond=None)[0]
    assert np.allclose(V @ y, paths(iterative.lsqr, p.A, p.b, steps=3)[-1])


@pytest.mark.equation("eq-flops-normal")
def test_flops_normal():
    """Counted one by one: D(D+1)/2 inner products of 2N operations, and Cholesky's loops."""
    D, N, i, j = sp.symbols("D N i j", positive=True)
    gram = D * (D + 1) / 2 * 2 * N
    cholesky = sp.summation(sp.summation(2 * j, (j, 0, i)), (i, 0, D - 1))
    leading = sp.Poly(sp.expand(gram + cholesky), D, N)
    assert leading.coeff_monomial(N * D**2) == 1 and leading.coeff_monomial(D**3) == sp.Rational(1, 3)
    assert cost.flops("normal equations", 1000, 30) == pytest.approx(1000 * 900 + 9000)


@pytest.mark.equation("eq-flops-qr")
def test_flops_qr():
    D, N, j = sp.symbols("D N j", positive=True)
    total = sp.Poly(sp.expand(sp.summation(4 * (N - j) * (D - j), (j, 0, D - 1))), D, N)
    assert total.coeff_monomial(N * D**2) == 2 and total.coeff_monomial(D**3) == -sp.Rational(2, 3)
    assert cost.flops("Householder QR", 1000, 30) == pytest.approx(2 * 1000 * 900 - 18000)


@pytest.mark.equation("eq-fit-exponent")
def test_fit_exponent():
    sizes = np.array([1.0, 10.0, 100.0])
    assert cost.fit_exponent(sizes, 3e-9 * sizes**2) == pytest.approx(2)
    c, p, n = sp.symbols("c p n", positive=True)
    assert sp.expand_log(sp.log(c * n**p), force=True) == sp.log(c) + p * sp.log(n)
