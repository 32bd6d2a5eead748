"""The labelled equations of "Conditioning: when columns close", each by an independent route."""

import numpy as np
import pytest
import sympy as sp

from lib.least_squares import conditioning, squeeze
from lib.least_squares.pseudoinverse import pseudoinverse


@pytest.fixture
def problem():
    rng = np.random.default_rng(12)
    A = rng.normal(size=(7, 3)) @ np.diag([1.0, 0.4, 0.05])
    return A, A @ np.array([1.0, -2.0, 3.0]) + 0.2 * rng.normal(size=7)


def sampled_sup(f, x, rng, step=1e-6, tries=4000):
    """The largest relative magnification over many random small changes: the definition, taken literally."""
    value = f(x)
    best = 0.0
    for change in rng.normal(size=(tries, *np.shape(x))):
        change *= step * np.linalg.norm(x) / np.linalg.norm(change)
        best = max(best, np.linalg.norm(f(x + change) - value) / np.linalg.norm(value) / step)
    return best


@pytest.mark.equation("eq-condition-definition")
def test_condition_definition():
    f = lambda x: np.array([x[0] * x[1], np.sin(x[0])])
    x = np.array([1.3, -0.7])
    found = conditioning.relative_condition(f, x)
    sup = sampled_sup(f, x, np.random.default_rng(0))
    assert 0.99 * found <= sup <= found * (1 + 1e-4)
    z = sp.Symbol("z")
    formula = sp.Abs(z * sp.diff(z - 1, z) / (z - 1))
    assert conditioning.relative_condition(lambda x: x - 1, 1.1) == pytest.approx(float(formula.subs(z, 1.1)), rel=1e-6)


@pytest.mark.equation("eq-condition-svd")
def test_condition_svd(problem):
    A, _ = problem
    sigma = np.sqrt(np.sort(np.linalg.eigvalsh(A.T @ A)))
    assert conditioning.condition_number(A) == pytest.approx(sigma[-1] / sigma[0])
    assert np.linalg.norm(A, 2) * np.linalg.norm(np.linalg.pinv(A), 2) == pytest.approx(sigma[-1] / sigma[0])


@pytest.mark.equation("eq-squeeze")
def test_squeeze():
    eps = sp.Symbol("eps", positive=True)
    A = sp.Matrix([[1, 1], [1, 1 + eps]])
    largest = (2 + eps + sp.sqrt(4 + eps**2)) / 2
    assert sp.simplify(A.charpoly().as_expr(sp.Symbol("s")).subs(sp.Symbol("s"), largest)) == 0
    assert sp.simplify(A.det() - eps) == 0
    assert sp.limit(largest**2 / eps * eps, eps, 0) == 4
    for value in (1.0, 1e-3, 1e-8):
        exact = (largest**2 / eps).subs(eps, sp.Rational(value)).evalf(30)
        assert squeeze.squeeze_condition(value) == pytest.approx(float(exact), rel=1e-14)


def symbolic(n=3, d=2):
    A = sp.Matrix(n, d, sp.symbols(f"a:{n * d}"))
    H = sp.Matrix(n, d, sp.symbols(f"h:{n * d}"))
    return A, H, sp.Symbol("t")


@pytest.mark.equation("eq-gram-differential")
def test_gram_differential():
    A, H, t = symbolic()
    exact = ((A + t * H).T @ (A + t * H)).applyfunc(lambda entry: sp.diff(sp.expand(entry), t).subs(t, 0))
    assert sp.simplify(exact - (A.T @ H + H.T @ A)) == sp.zeros(2, 2)


@pytest.mark.equation("eq-inverse-differential")
def test_inverse_differential():
    G, H, t = symbolic(2, 2)
    exact = (G + t * H).inv().applyfunc(lambda entry: sp.diff(entry, t).subs(t, 0))
    assert sp.simplify(exact + G.inv() @ H @ G.inv()) == sp.zeros(2, 2)


@pytest.mark.equation("eq-gram-inverse-differential")
def test_gram_inverse_differential():
    A = sp.Matrix([[1, 2], [0, 1], [1, -1]])
    H = sp.Matrix([[1, 0], [2, 1], [0, 3]])
    t = sp.Symbol("t")
    exact = ((A + t * H).T @ (A + t * H)).inv().applyfunc(lambda entry: sp.diff(entry, t).subs(t, 0))
    ours = conditioning.gram_inverse_differential(np.array(A.tolist(), float), np.array(H.tolist(), float))
    assert np.allclose(ours, np.array(exact.tolist(), float), rtol=1e-12)


@pytest.mark.equation("eq-gram-inverse-bound")
def test_gram_inverse_bound(problem):
    """Each line of the derivation holds, in the spectral and in the Frobenius norm, for many changes."""
    A, _ = problem
    inverse = np.linalg.inv(A.T @ A)
    for order in (2, "fro"):
        norm = lambda M, order=order: np.linalg.norm(M, order)
        for dA in np.random.default_rng(1).normal(size=(50, *A.shape)):
            start = norm(conditioning.gram_inverse_differential(A, dA))
            lines = [
                norm(inverse) ** 2 * norm(A.T @ dA + dA.T @ A),
                norm(inverse) ** 2 * (norm(A.T @ dA) + norm(dA.T @ A)),
                2 * norm(inverse) ** 2 * norm(A.T @ dA),
                2 * norm(inverse) ** 2 * norm(A) * norm(dA),
            ]
            assert all(x <= y * (1 + 1e-12) for x, y in zip([start, *lines], lines, strict=False))
            relative = (start / norm(inverse)) / (norm(dA) / norm(A))
            assert relative <= 2 * norm(inverse) * norm(A) ** 2
    assert conditioning.gram_inverse_bound(A) == pytest.approx(
        2 * np.linalg.norm(inverse, 2) * np.linalg.norm(A, 2) ** 2
    )


@pytest.mark.equation("eq-gram-inverse-svd")
def test_gram_inverse_svd(problem):
    A, _ = problem
    sigma = np.linalg.svd(A, compute_uv=False)
    assert conditioning.gram_inverse_bound(A) == pytest.approx(2 * (sigma[0] / sigma[-1]) ** 2, rel=1e-9)


@pytest.mark.equation("eq-gram-inverse-sharp")
def test_gram_inverse_sharp(problem):
    """No change of the spectral norm 1 does more than 2κ, and u_D v_Dᵀ does exactly that."""
    A, _ = problem
    kappa = np.linalg.cond(A)
    F = lambda M: np.linalg.inv(M.T @ M)
    h = 1e-7 * np.linalg.norm(A, 2)
    for dA in [*np.random.default_rng(2).normal(size=(200, *A.shape)), -conditioning.worst_gram_change(A)]:
        dA = h * dA / np.linalg.norm(dA, 2)
        moved = np.linalg.norm(F(A + dA) - F(A), 2) / np.linalg.norm(F(A), 2) / 1e-7
        assert moved <= 2 * kappa * (1 + 1e-4)
    assert moved == pytest.approx(2 * kappa, rel=1e-4)


@pytest.mark.equation("eq-condition-gram-squared")
def test_condition_gram_squared(problem):
    A, _ = problem
    assert np.linalg.cond(A.T @ A) == pytest.approx(np.linalg.cond(A) ** 2, rel=1e-9)


@pytest.mark.equation("eq-rhs-condition")
def test_rhs_condition(problem):
    A, b = problem
    found = conditioning.rhs_condition(A, b)
    assert conditioning.relative_condition(lambda c: np.linalg.lstsq(A, c, rcond=None)[0], b) == pytest.approx(
        found, rel=1e-5
    )


@pytest.mark.equation("eq-rhs-bound")
def test_rhs_bound(problem):
    A, b = problem
    w, *_ = np.linalg.lstsq(A, b, rcond=None)
    smallest = np.linalg.svd(A, compute_uv=False)[-1]
    by_hand = np.linalg.cond(A) + np.linalg.norm(b - A @ w) / np.linalg.norm(w) / smallest
    assert conditioning.rhs_condition_bound(A, b) == pytest.approx(by_hand)
    assert conditioning.rhs_condition(A, b) <= by_hand
    # It is reached where w lies in the strongest direction and there is no residual.
    v = np.linalg.svd(A)[2][0]
    assert conditioning.rhs_condition(A, A @ v) == pytest.approx(conditioning.rhs_condition_bound(A, A @ v))


@pytest.mark.equation("eq-solution-differential")
def test_solution_differential(problem):
    A, b = problem
    dA = np.random.default_rng(3).normal(size=A.shape)
    solve = lambda M: np.linalg.lstsq(M, b, rcond=None)[0]
    numeric = (solve(A + 1e-6 * dA) - solve(A - 1e-6 * dA)) / 2e-6
    assert np.allclose(conditioning.solution_differential(A, b, dA), numeric, rtol=1e-5)


@pytest.mark.equation("eq-wedin")
@pytest.mark.parametrize("noise", [1e-6, 0.1, 10.0])
def test_wedin(noise):
    rng = np.random.default_rng(4)
    A = rng.normal(size=(9, 3)) @ np.diag([1.0, 0.2, 0.01])
    b = A @ np.ones(3) + noise * rng.normal(size=9)
    found = conditioning.least_squares_conditioning(A, b)
    w, *_ = np.linalg.lstsq(A, b, rcond=None)
    r = b - A @ w
    kappa, fit = np.linalg.cond(A), np.linalg.norm(A @ w)
    tangent, eta = np.linalg.norm(r) / fit, np.linalg.norm(A, 2) * np.linalg.norm(w) / fit
    assert found.w_A == pytest.approx(kappa + kappa**2 * tangent / eta, rel=1e-6)
    assert found.w_b == pytest.approx(kappa / (eta * np.cos(np.arctan(tangent))), rel=1e-6)
    # The bound is honest: the worst change found reaches 1/√2 of it at least, and does not exceed it.
    moved = magnified_by_the_worst_change(A, b)
    assert found.w_A / np.sqrt(2) * (1 - 1e-3) <= moved <= found.w_A * (1 + 1e-3)
    # The fit's own condition numbers: exact for b, a bound for A.
    assert found.y_b == pytest.approx(conditioning.relative_condition(lambda c: A @ pseudoinverse(A) @ c, b), rel=1e-5)
    fits = conditioning.relative_condition(lambda M: M @ pseudoinverse(M) @ b, A, step=1e-7)
    assert fits * np.linalg.norm(A, 2) / np.linalg.norm(A) <= found.y_A * (1 + 1e-4)


def magnified_by_the_worst_change(A, b, step=1e-8):
    """Apply the worst dA, ‖dA‖_F = step · ‖A‖, and solve again: the relative change of w over the step."""
    w, *_ = np.linalg.lstsq(A, b, rcond=None)
    dA = step * np.linalg.norm(A, 2) * conditioning.worst_matrix_change(A, b)
    return np.linalg.norm(np.linalg.lstsq(A + dA, b, rcond=None)[0] - w) / np.linalg.norm(w) / step


@pytest.mark.equation("eq-wedin-sharp")
@pytest.mark.parametrize("noise", [1e-6, 1e-3, 0.1, 10.0])
def test_wedin_sharp(noise):
    """By an independent route: finite differences over all entries of A, and the change u_D w̃ᵀ, r̃ v_Dᵀ named in the text."""
    rng = np.random.default_rng(6)
    A = rng.normal(size=(9, 3)) @ np.diag([1.0, 0.2, 0.05])
    b = A @ np.ones(3) + noise * rng.normal(size=9)
    found = conditioning.least_squares_conditioning(A, b)
    frobenius = conditioning.relative_condition(lambda M: np.linalg.lstsq(M, b, rcond=None)[0], A, step=1e-7)
    reached = frobenius * np.linalg.norm(A, 2) / np.linalg.norm(A)
    assert found.w_A_reached == pytest.approx(reached, rel=1e-4)
    assert magnified_by_the_worst_change(A, b) == pytest.approx(reached, rel=1e-3)
    w, *_ = np.linalg.lstsq(A, b, rcond=None)
    r = b - A @ w
    U, sigma, Vt = np.linalg.svd(A, full_matrices=False)
    one, other = np.linalg.norm(w) / sigma[-1], np.linalg.norm(r) / sigma[-1] ** 2
    dA = other * np.outer(r / np.linalg.norm(r), Vt[-1]) - one * np.outer(U[:, -1], w / np.linalg.norm(w))
    moved = conditioning.solution_differential(A, b, dA / np.linalg.norm(dA))
    assert np.linalg.norm(moved) * np.linalg.norm(A, 2) / np.linalg.norm(w) == pytest.approx(reached, rel=1e-4)
    assert found.w_A / np.sqrt(2) * (1 - 1e-12) <= found.w_A_reached <= found.w_A
