"""The iterations against scipy and against their own definitions, over random problems and at the edges."""

import itertools

import numpy as np
import pytest
import scipy.sparse.linalg as ssl
from hypothesis import given
from hypothesis import strategies as st

from lib.least_squares import iterative
from lib.least_squares.accuracy import problem

seeds = st.integers(0, 10_000)


def definite(seed: int, size: int | None = None):
    rng = np.random.default_rng(seed)
    size = size or int(rng.integers(1, 12))
    Q, _ = np.linalg.qr(rng.normal(size=(size, size)))
    return (Q * rng.uniform(0.5, 5, size)) @ Q.T, rng.normal(size=size)


def indefinite(seed: int, size: int | None = None):
    rng = np.random.default_rng(seed)
    size = size or int(rng.integers(2, 12))
    Q, _ = np.linalg.qr(rng.normal(size=(size, size)))
    values = rng.uniform(0.5, 5, size) * rng.choice([-1, 1], size)
    return (Q * values) @ Q.T, rng.normal(size=size)


def tall(seed: int):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 7))
    p = problem(d + int(rng.integers(1, 20)), d, 10.0 ** rng.uniform(0, 2), 0.3, seed)
    return p.A, p.b


@given(seeds)
def test_conjugate_gradients(seed):
    A, b = definite(seed)
    found = iterative.conjugate_gradients(A, b, tol=1e-12)
    theirs, info = ssl.cg(A, b, rtol=1e-12)
    assert found.converged and info == 0
    assert np.allclose(found.x, np.linalg.solve(A, b), atol=1e-8) and np.allclose(found.x, theirs, atol=1e-8)
    assert found.iterations <= len(b) + 3, "in exact arithmetic it ends after D steps"


@given(seeds)
def test_minres(seed):
    A, b = indefinite(seed)
    found = iterative.minres(A, b, tol=1e-11)
    assert found.converged and np.allclose(found.x, np.linalg.solve(A, b), atol=1e-7)
    theirs, info = ssl.minres(A, b, rtol=1e-11)
    assert info != 0 or np.allclose(found.x, theirs, atol=1e-5)
    assert found.residuals[-1] == pytest.approx(np.linalg.norm(b - A @ found.x), abs=1e-8)
    assert all(
        later <= earlier * (1 + 1e-12) for earlier, later in zip(found.residuals, found.residuals[1:], strict=False)
    )


@given(seeds)
def test_symmlq(seed):
    A, b = indefinite(seed)
    exact, errors = np.linalg.solve(A, b), []
    found = iterative.symmlq(A, b, tol=1e-10, watch=lambda x: errors.append(np.linalg.norm(x - exact)))
    assert found.converged and np.allclose(found.x, exact, atol=1e-7)
    assert all(later <= earlier * (1 + 1e-9) + 1e-9 for earlier, later in itertools.pairwise(errors))


def krylov(A, b, k):
    basis = np.column_stack([np.linalg.matrix_power(A, j) @ b for j in range(k)])
    return np.linalg.qr(basis)[0]


@pytest.mark.parametrize("seed", range(8))
def test_iterates_are_the_ones_they_claim_to_be(seed):
    """By brute force over a basis of the Krylov space: MINRES' residual, CG's A-norm error, SYMMLQ's error are smallest."""
    for make in (definite, indefinite):
        A, b = make(seed, 8)
        exact = np.linalg.solve(A, b)
        path: dict[str, list] = {"minres": [], "symmlq": [], "cg": []}
        iterative.minres(A, b, tol=0.0, max_iterations=5, watch=path["minres"].append)
        iterative.symmlq(A, b, tol=0.0, max_iterations=5, watch=path["symmlq"].append)
        if make is definite:
            iterative.conjugate_gradients(A, b, tol=0.0, max_iterations=5, watch=path["cg"].append)
        for k in range(1, 5):
            K = krylov(A, b, k)
            best = K @ np.linalg.lstsq(A @ K, b, rcond=None)[0]
            assert np.allclose(path["minres"][k - 1], best, atol=1e-7)
            nearest = A @ K @ np.linalg.lstsq(A @ K, exact, rcond=None)[0]
            assert np.allclose(path["symmlq"][k - 1], nearest, atol=1e-6)
            if make is definite:
                assert np.allclose(path["cg"][k - 1], K @ np.linalg.solve(K.T @ A @ K, K.T @ b), atol=1e-7)


@pytest.mark.parametrize("solver", [iterative.cgls, iterative.lsqr, iterative.schulz_solve])
@given(seed=seeds)
def test_least_squares(solver, seed):
    A, b = tall(seed)
    found = solver(A, b, tol=1e-12)
    assert np.allclose(found.x, np.linalg.lstsq(A, b, rcond=None)[0], rtol=1e-5, atol=1e-6)


@given(seeds)
def test_lsqr_agrees_with_scipy_and_cgls_step_by_step(seed):
    A, b = tall(seed)
    steps = min(A.shape[1], 4)
    ours = iterative.lsqr(A, b, tol=0.0, max_iterations=steps).x
    theirs = ssl.lsqr(A, b, atol=0, btol=0, conlim=0, iter_lim=steps)[0]
    assert np.allclose(ours, theirs, atol=1e-7)
    assert np.allclose(ours, iterative.cgls(A, b, tol=0.0, max_iterations=steps).x, atol=1e-6)


@given(seeds)
def test_augmented_system_holds_residual_and_coefficients(seed):
    A, b = tall(seed)
    w = np.linalg.lstsq(A, b, rcond=None)[0]
    K, right = iterative.augmented_system(A, b)
    for solver in (iterative.minres, iterative.symmlq):
        found = solver(K, right, tol=1e-13, max_iterations=40 * len(K)).x
        assert np.allclose(found[len(b) :], w, rtol=1e-3, atol=1e-3)


@given(seeds)
def test_schulz_squares_its_residual(seed):
    A, _ = tall(seed)
    found = iterative.schulz_inverse(A)
    assert found.converged and np.allclose(found.x, np.linalg.pinv(A), atol=1e-6)
    X = iterative.schulz_start(A)
    E = np.eye(A.shape[1]) - X @ A
    assert np.abs(np.linalg.eigvals(E)).max() < 1
    assert np.allclose(np.eye(A.shape[1]) - iterative.schulz_step(A, X) @ A, E @ E, atol=1e-12)


@given(seeds)
def test_bidiagonalisation(seed):
    A, b = tall(seed)
    U, B, V = iterative.bidiagonalise(A, b, min(A.shape[1], 3))  # with more steps rounding spoils orthogonality
    assert np.allclose(A @ V, U @ B, atol=1e-8)
    assert np.allclose(V.T @ V, np.eye(V.shape[1]), atol=1e-6)
    assert np.allclose(np.tril(B, -2), 0) and np.allclose(np.triu(B, 1), 0)
    assert np.allclose(U[:, 0], b / np.linalg.norm(b))


@pytest.mark.parametrize("solver", [iterative.conjugate_gradients, iterative.minres, iterative.symmlq])
def test_edges_of_symmetric_solvers(solver):
    zero = solver(np.eye(3), np.zeros(3))
    assert zero.converged and zero.iterations == 0 and not zero.x.any()
    one = solver([[4.0]], [8.0])
    assert one.converged and one.x[0] == pytest.approx(2)
    eye = solver(3 * np.eye(5), np.arange(5.0))
    assert eye.converged and eye.iterations <= 1 and np.allclose(eye.x, np.arange(5) / 3)
    short = solver(np.diag([1.0, 2, 3, 4]), np.ones(4), max_iterations=1)
    assert not short.converged and short.iterations == 1


@pytest.mark.parametrize("solver", [iterative.cgls, iterative.lsqr])
def test_edges_of_least_squares_solvers(solver):
    zero = solver(np.ones((3, 2)), np.zeros(3))
    assert zero.converged and not zero.x.any()
    orthogonal = solver([[1.0], [0.0]], [0.0, 1.0])
    assert orthogonal.converged and orthogonal.x[0] == 0
    doubled = np.column_stack([np.ones(4), np.arange(4.0), np.arange(4.0)])
    assert np.allclose(solver(doubled, 1 + 2 * np.arange(4.0)).x, [1, 1, 1])
    wide = solver([[3.0, 4.0]], [10.0])
    assert np.allclose(wide.x, [1.2, 1.6])


def test_indefinite_matrices_are_refused_by_cg_alone():
    A, b = np.diag([1.0, -1.0]), np.array([1.0, 2.0])
    with pytest.raises(ValueError, match="not positive definite"):
        iterative.conjugate_gradients(A, b)
    for solver in (iterative.minres, iterative.symmlq):
        assert np.allclose(solver(A, b).x, [1, -2])


@pytest.mark.parametrize("solver", [iterative.conjugate_gradients, iterative.minres, iterative.symmlq])
@pytest.mark.parametrize(
    "A, b, message",
    [
        ([[1.0, 2.0], [0.0, 1.0]], [1.0, 2.0], "symmetric"),
        (np.ones((2, 3)), [1.0, 2.0], "square"),
        (np.eye(2), [1.0], "b has 1 entries"),
        ([[np.nan]], [1.0], "NaN"),
        ([[1.0]], [np.inf], "infinite"),
        (np.zeros((0, 0)), [], "empty"),
    ],
)
def test_bad_symmetric_systems(solver, A, b, message):
    with pytest.raises(ValueError, match=message):
        solver(A, b)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: iterative.cgls(np.eye(2), [1.0]), ValueError, "A has 2 rows but b has 1"),
        (lambda: iterative.lsqr([[np.nan]], [1.0]), ValueError, "NaN"),
        (lambda: iterative.cgls(np.eye(2), [1.0, 2.0], tol=-1), ValueError, "tol must be at least 0"),
        (lambda: iterative.lsqr(np.eye(2), [1.0, 2.0], max_iterations=2.5), TypeError, "whole number"),
        (lambda: iterative.minres(np.eye(2), [1.0, 2.0], max_iterations=-1), ValueError, "max_iterations"),
        (lambda: iterative.schulz_start(np.zeros((2, 2))), ValueError, "zero matrix"),
        (lambda: iterative.schulz_inverse(np.ones((1, 2))), ValueError, "at least as many rows"),
        (lambda: iterative.schulz_step(np.eye(2), np.eye(3)), ValueError, r"X must have the shape \(2, 2\)"),
        (lambda: iterative.schulz_solve(np.eye(2), [1.0]), ValueError, "A has 2 rows"),
        (lambda: iterative.bidiagonalise(np.eye(2), [0.0, 0.0], 1), ValueError, "b is zero"),
        (lambda: iterative.bidiagonalise(np.eye(2), [1.0, 0.0], 0), ValueError, "steps must be at least 1"),
        (lambda: iterative.augmented_system(np.eye(2), [1.0]), ValueError, "A has 2 rows"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_schulz_on_dependent_columns_says_that_it_did_not_arrive():
    found = iterative.schulz_inverse(np.ones((3, 2)), max_iterations=30)
    assert not found.converged


def test_converged_means_that_the_tolerance_was_met():
    A = problem(20, 4, 100.0, 0.1).A
    for limit in range(12, 22):
        found = iterative.schulz_inverse(A, tol=1e-10, max_iterations=limit)
        assert found.converged == (found.residuals[-1] <= 1e-10)
    assert not iterative.schulz_inverse(A, tol=0.0).converged, "rounding stops it before zero"


@pytest.mark.parametrize("tol", [0.0, 1e-16])
@given(seed=seeds, clustered=st.booleans())
def test_a_tolerance_below_rounding_spoils_nothing(tol, seed, clustered):
    """The iterations end where rounding ends them: no blow-up, no false alarm, no step back from the answer."""
    rng = np.random.default_rng(seed)
    size = int(rng.integers(1, 9))
    Q, _ = np.linalg.qr(rng.normal(size=(size, size)))
    values = rng.choice([0.7, 3.1], size) if clustered else rng.uniform(0.5, 5, size)  # two eigenvalues: two steps
    S, K = (Q * values) @ Q.T, (Q * values * rng.choice([-1, 1], size)) @ Q.T
    b = rng.normal(size=size)
    assert np.allclose(iterative.conjugate_gradients(S, b, tol).x, np.linalg.solve(S, b), atol=1e-9)
    for solver in (iterative.minres, iterative.symmlq):
        assert np.allclose(solver(K, b, tol).x, np.linalg.solve(K, b), atol=1e-8)
    A, b = tall(seed)
    for solver in (iterative.cgls, iterative.lsqr):
        assert np.allclose(solver(A, b, tol).x, np.linalg.lstsq(A, b, rcond=None)[0], rtol=1e-6, atol=1e-7)


SOLVERS = [getattr(iterative, name) for name in ("conjugate_gradients", "minres", "symmlq", "cgls", "lsqr")]


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("size", [1e-170, 1e-41, 1e41, 1e170])
def test_sizes_whose_squares_leave_the_range_are_refused(solver, size):
    A, b = definite(3, 5)
    with pytest.raises(ValueError, match="largest entry of b"):
        solver(A, size * b / np.abs(b).max())
    with pytest.raises(ValueError, match="largest entry of A"):
        solver(size * A / np.abs(A).max(), b)
    with pytest.raises(ValueError, match="largest entry of A"):
        iterative.schulz_inverse(size * A / np.abs(A).max())


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize("a, c", list(itertools.product([1e-39, 1.0, 1e39], repeat=2)))
def test_sizes_inside_the_range_only_scale_the_answer(solver, a, c):
    A, b = definite(3, 5)
    A, b = A / np.abs(A).max(), b / np.abs(b).max()
    assert np.allclose(solver(a * A, c * b).x / (c / a), np.linalg.solve(A, b), rtol=1e-6)
