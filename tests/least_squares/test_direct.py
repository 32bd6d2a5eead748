"""The direct solvers against numpy, scipy and torch, their laws, and their refusals."""

import numpy as np
import pytest
import scipy.linalg
import torch
from hypothesis import given
from hypothesis import strategies as st

from lib.book import datasets
from lib.least_squares import direct
from lib.least_squares.accuracy import DIRECT_SOLVERS, digits_kept, digits_of, problem

SOLVERS = list(DIRECT_SOLVERS.values())
seeds = st.integers(0, 10_000)


def system(seed: int):
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 8))
    n = d + int(rng.integers(0, 30))
    return rng.normal(size=(n, d)) + np.eye(n, d), rng.normal(size=n)


@pytest.mark.parametrize("solver", SOLVERS)
@given(seed=seeds)
def test_all_agree_with_the_libraries(solver, seed):
    A, b = system(seed)
    if np.linalg.cond(A) > 1e3:
        return
    w = solver(A, b)
    assert np.allclose(w, np.linalg.lstsq(A, b, rcond=None)[0], rtol=1e-7, atol=1e-8)
    assert np.allclose(w, scipy.linalg.lstsq(A, b, lapack_driver="gelsy")[0], rtol=1e-7, atol=1e-8)
    gels = torch.linalg.lstsq(torch.from_numpy(A), torch.from_numpy(b)[:, None], driver="gels").solution[:, 0].numpy()
    assert np.allclose(w, gels, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("solver", SOLVERS)
@given(seed=seeds)
def test_laws(solver, seed):
    """Permuting or duplicating rows, scaling columns and adding a combination of columns to b act as they must."""
    A, b = system(seed)
    if np.linalg.cond(A) > 1e3:
        return
    w, rng = solver(A, b), np.random.default_rng(seed + 1)
    rows, v, d = rng.permutation(len(A)), rng.normal(size=A.shape[1]), 10.0 ** rng.uniform(-3, 3, A.shape[1])
    assert np.allclose(solver(A[rows], b[rows]), w, atol=1e-8)
    assert np.allclose(solver(np.vstack([A, A]), np.concatenate([b, b])), w, atol=1e-8)
    assert np.allclose(solver(A * d, b) * d, w, rtol=1e-5, atol=1e-6)
    assert np.allclose(solver(A, b + A @ v), w + v, atol=1e-7)


@given(seeds)
def test_triangular_solvers_agree_with_scipy(seed):
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    R, c = np.triu(rng.normal(size=(n, n))) + 3 * np.eye(n), rng.normal(size=n)
    assert np.allclose(direct.back_substitution(R, c), scipy.linalg.solve_triangular(R, c))
    assert np.allclose(direct.forward_substitution(R.T, c), scipy.linalg.solve_triangular(R.T, c, lower=True))
    noise = np.tril(rng.normal(size=(n, n)), -1)  # what stands below the diagonal is not part of R
    assert np.array_equal(direct.back_substitution(R + noise, c), direct.back_substitution(R, c))


@given(seeds)
def test_householder_qr_is_a_factorisation(seed):
    A, b = system(seed)
    V, R = direct.householder_qr(A)
    n, d = A.shape
    assert np.allclose(R, np.triu(R)) and np.allclose(np.linalg.norm(V, axis=0), 1)
    assert np.allclose(np.abs(R), np.abs(np.linalg.qr(A, mode="r")), atol=1e-8)
    Qt = np.column_stack([direct.apply_qt(V, e) for e in np.eye(n)])
    assert np.allclose(Qt @ Qt.T, np.eye(n)) and np.allclose(Qt.T[:, :d] @ R, A)
    assert np.linalg.norm(direct.apply_qt(V, b)) == pytest.approx(np.linalg.norm(b))


@pytest.mark.parametrize("x", [[3.0, 4.0], [0.0, 0.0], [0.0, 5.0], [-1e-300, 1e-300], [1.0, 1e-12], [7.0], [-7.0]])
def test_mirror_of_awkward_vectors(x):
    x = np.array(x)
    v = direct.householder_vector(x)
    image = x - 2 * v * (v @ x)
    assert np.linalg.norm(v) == pytest.approx(1)
    assert np.allclose(image[1:], 0, atol=4e-16 * max(np.linalg.norm(x), 1))
    assert abs(image[0]) == pytest.approx(np.linalg.norm(x))


@pytest.mark.parametrize("block", [1, 2, 7, 40, 41, 1000])
def test_blocks_of_any_size(block):
    p = problem(40, 4, 100.0)
    assert np.allclose(direct.tall_skinny_qr(p.A, p.b, block), p.w, atol=1e-10)


@pytest.mark.parametrize("solver", [s for n, s in DIRECT_SOLVERS.items() if n != "truncated SVD"])
def test_dependent_columns_are_refused(solver):
    A = np.column_stack([np.ones(6), np.arange(6.0), 3 * np.arange(6.0) - 2])
    with pytest.raises(ValueError, match="truncated_svd"):
        solver(A, np.ones(6))
    with pytest.raises(ValueError, match=r"truncated_svd|dependent"):
        solver(np.zeros((4, 2)), np.ones(4))


def test_truncated_svd_takes_any_matrix():
    A = np.column_stack([np.ones(6), np.arange(6.0), np.arange(6.0)])
    assert np.allclose(direct.truncated_svd(A, 1 + 2 * np.arange(6.0)), [1, 1, 1])
    assert np.allclose(direct.truncated_svd(np.ones((1, 4)), [8.0]), [2, 2, 2, 2])


def test_cholesky_gives_up_where_qr_goes_on():
    p = problem(200, 8, 1e12, residual=0.0)
    assert digits_of(direct.normal_equations, p.A, p.b, p.w) is None
    assert digits_of(direct.qr_solve, p.A, p.b, p.w) > 2


def test_refinement_matches_qr_up_to_a_million():
    for power in (1, 3, 5, 6):
        p = problem(300, 10, 10.0**power, 1e-6)
        refined, qr = (digits_of(s, p.A, p.b, p.w) for s in (direct.refined_normal_equations, direct.qr_solve))
        assert refined > qr - 1.5


def test_filip_needs_qr_or_scaling():
    d = datasets.filip()
    assert digits_of(direct.normal_equations, d.A, d.b, d.certified, per_entry=True) is None
    assert digits_of(direct.truncated_svd, d.A, d.b, d.certified, per_entry=True) < 1
    scaled, lengths = direct.scale_columns(d.A)
    for solver in (direct.qr_solve, direct.householder_solve, direct.tall_skinny_qr, direct.truncated_svd):
        assert digits_kept(solver(scaled, d.b) / lengths, d.certified, per_entry=True) > 6


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "A, b, error, message",
    [
        (np.eye(3), [1.0, 2.0], ValueError, "A has 3 rows but b has 2"),
        (np.ones(3), np.ones(3), ValueError, "A must be a matrix"),
        (np.zeros((0, 2)), [], ValueError, "empty"),
        (np.zeros((3, 0)), np.ones(3), ValueError, "empty"),
        ([[1.0], [np.nan]], [1.0, 2.0], ValueError, "A has a NaN"),
        ([[1.0], [2.0]], [1.0, np.inf], ValueError, "b has a NaN or infinite"),
        ([["a"], ["b"]], [1.0, 2.0], TypeError, "real numbers"),
        ([[1j], [2.0]], [1.0, 2.0], TypeError, "complex"),
        (np.eye(2), np.ones((2, 1)), ValueError, "b must be a vector"),
    ],
)
def test_bad_input(solver, A, b, error, message):
    with pytest.raises(error, match=message):
        solver(A, b)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: direct.qr_solve(np.ones((2, 3)), [1.0, 2.0]), ValueError, "more columns than rows"),
        (lambda: direct.householder_qr(np.ones((2, 3))), ValueError, "at least as many rows"),
        (
            lambda: direct.refined_normal_equations(np.eye(2), [1.0, 2.0], steps=-1),
            ValueError,
            "steps must be at least 0",
        ),
        (lambda: direct.refined_normal_equations(np.eye(2), [1.0, 2.0], steps=1.5), TypeError, "whole number"),
        (lambda: direct.tall_skinny_qr(np.eye(2), [1.0, 2.0], block=0), ValueError, "block must be at least 1"),
        (lambda: direct.truncated_svd(np.eye(2), [1.0, 2.0], rcond=-1), ValueError, "rcond"),
        (
            lambda: direct.back_substitution([[1.0, 2.0], [0.0, 0.0]], [1.0, 1.0]),
            ValueError,
            "zero on its diagonal, at index 1",
        ),
        (lambda: direct.back_substitution(np.eye(2), [1.0]), ValueError, "c has 1 entries, but there are 2 rows of R"),
        (lambda: direct.forward_substitution(np.ones((2, 3)), [1.0, 2.0]), ValueError, "L must be square"),
        (lambda: direct.forward_substitution(np.zeros((2, 2)), [1.0, 2.0]), ValueError, "zero on its diagonal"),
        (lambda: direct.householder_vector([]), ValueError, "x is empty"),
        (lambda: direct.householder_vector([np.nan]), ValueError, "NaN"),
        (lambda: direct.apply_qt(np.eye(2), [1.0]), ValueError, "V has 2 rows but b has 1"),
        (lambda: direct.scale_columns([[1.0, 0.0]]), ValueError, "column 1 of A is zero"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
