"""Condition numbers against numpy, finite differences and random search; bounds that hold and bounds that are reached."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.book import datasets
from lib.least_squares import conditioning, squeeze
from lib.least_squares.pseudoinverse import pseudoinverse


def random_matrix(seed: int, n: int | None = None, d: int | None = None, kappa: float = 30.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    d = d or rng.integers(1, 5)
    n = n or d + rng.integers(0, 5)
    U, _ = np.linalg.qr(rng.normal(size=(n, d)))
    V, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return (U * np.geomspace(1, 1 / kappa, d)) @ V.T


seeds = st.integers(0, 10_000)


@given(seeds)
def test_condition_number_agrees_with_numpy(seed):
    A = random_matrix(seed)
    assert conditioning.condition_number(A) == pytest.approx(np.linalg.cond(A), rel=1e-10)


@given(seeds, st.floats(0.01, 100), st.booleans())
def test_condition_number_ignores_scale_rotation_and_transposition(seed, scale, transpose):
    A = random_matrix(seed, 6, 3)
    Q, _ = np.linalg.qr(np.random.default_rng(seed + 1).normal(size=(6, 6)))
    B = scale * (Q @ A)
    assert conditioning.condition_number(B.T if transpose else B) == pytest.approx(conditioning.condition_number(A))
    assert conditioning.condition_number(A) >= 1


def test_condition_number_of_a_singular_matrix_is_infinite():
    assert conditioning.condition_number(np.zeros((2, 2))) == np.inf
    assert conditioning.condition_number([[1.0, 2.0]]) == pytest.approx(1.0)


@given(seeds)
def test_differentials_are_the_limits_of_differences(seed):
    A = random_matrix(seed, 5, 3)
    dA = np.random.default_rng(seed + 1).normal(size=A.shape)
    h = 1e-6
    gram = lambda M: M.T @ M
    inverse = lambda M: np.linalg.inv(M.T @ M)
    for f, differential in ((gram, conditioning.gram_differential), (inverse, conditioning.gram_inverse_differential)):
        numeric = (f(A + h * dA) - f(A - h * dA)) / (2 * h)
        assert np.allclose(differential(A, dA), numeric, rtol=1e-5, atol=1e-5 * np.abs(numeric).max())


@given(seeds)
def test_gram_inverse_bounds_hold_and_the_sharp_one_is_reached(seed):
    A = random_matrix(seed, 6, 3)
    inverse_norm, kappa = np.linalg.norm(np.linalg.inv(A.T @ A), 2), conditioning.condition_number(A)
    magnified = lambda dA: (
        np.linalg.norm(conditioning.gram_inverse_differential(A, dA), 2)
        / inverse_norm
        / (np.linalg.norm(dA, 2) / np.linalg.norm(A, 2))
    )
    for dA in np.random.default_rng(seed).normal(size=(5, *A.shape)):
        assert magnified(dA) <= 2 * kappa * (1 + 1e-9) <= conditioning.gram_inverse_bound(A) * (1 + 1e-9)
    assert magnified(conditioning.worst_gram_change(A)) == pytest.approx(2 * kappa, rel=1e-8)


@given(seeds)
def test_rhs_condition_is_the_worst_case_and_the_bound_is_above(seed):
    A = random_matrix(seed, 7, 3)
    b = np.random.default_rng(seed + 5).normal(size=7)
    plus = pseudoinverse(A)
    exact = conditioning.rhs_condition(A, b)
    assert 1 - 1e-9 <= exact <= conditioning.rhs_condition_bound(A, b) * (1 + 1e-12)
    magnified = lambda db: np.linalg.norm(plus @ db) / np.linalg.norm(plus @ b) * np.linalg.norm(b) / np.linalg.norm(db)
    for db in np.random.default_rng(seed).normal(size=(5, 7)):
        assert magnified(db) <= exact * (1 + 1e-9)
    assert magnified(np.linalg.svd(A)[0][:, 2]) == pytest.approx(exact)


@given(seeds, st.sampled_from([3.0, 100.0]))
def test_least_squares_conditioning_bounds_every_change(seed, kappa):
    A = random_matrix(seed, 8, 3, kappa)
    rng = np.random.default_rng(seed + 9)
    b = rng.normal(size=8)
    found = conditioning.least_squares_conditioning(A, b)
    assert found.kappa == pytest.approx(np.linalg.cond(A))
    assert 1 - 1e-9 <= found.eta <= found.kappa * (1 + 1e-9)
    assert found.w_b == pytest.approx(conditioning.rhs_condition(A, b))
    w, size, h = pseudoinverse(A) @ b, np.linalg.norm(A, 2), 1e-7
    changes = [*rng.normal(size=(3, *A.shape)), conditioning.worst_matrix_change(A, b)]
    for dA in changes:
        dA = h * size * dA / np.linalg.norm(dA, 2)
        moved = np.linalg.norm(pseudoinverse(A + dA) @ b - w) / np.linalg.norm(w) / h
        assert moved <= found.w_A * (1 + 1e-3)


@given(seeds)
def test_worst_matrix_change_beats_random_ones(seed):
    A = random_matrix(seed, 5, 2)
    rng = np.random.default_rng(seed + 2)
    b = rng.normal(size=5)
    length = lambda dA: np.linalg.norm(conditioning.solution_differential(A, b, dA / np.linalg.norm(dA)))
    worst = length(conditioning.worst_matrix_change(A, b))
    assert all(length(dA) <= worst * (1 + 1e-9) for dA in rng.normal(size=(20, 5, 2)))


def test_relative_condition_of_known_functions():
    assert conditioning.relative_condition(lambda x: x**3, 2.0) == pytest.approx(3, rel=1e-6)
    assert conditioning.relative_condition(np.exp, 5.0) == pytest.approx(5, rel=1e-6)
    A = random_matrix(4, 4, 4)
    assert conditioning.relative_condition(lambda x: A @ x, np.ones(4)) == pytest.approx(
        np.linalg.norm(A, 2) * 2 / np.linalg.norm(A @ np.ones(4)), rel=1e-6
    )


def test_longley_is_ill_conditioned_and_scaling_helps():
    A = datasets.longley().A
    raw = conditioning.condition_number(A)
    scaled = conditioning.condition_number(A / np.linalg.norm(A, axis=0))
    assert raw > 4e9 and scaled < 5e4


@given(st.floats(1e-9, 10.0))
def test_squeeze_agrees_with_the_svd(eps):
    A = np.array(squeeze.squeeze_matrix(eps))
    largest, smallest = squeeze.squeeze_singular_values(eps)
    assert largest == pytest.approx(np.linalg.norm(A, 2), rel=1e-12)
    assert largest * smallest == pytest.approx(eps, rel=1e-12)
    if eps > 1e-5:
        assert squeeze.squeeze_condition(eps) == pytest.approx(np.linalg.cond(A), rel=1e-5)
    assert squeeze.squeeze_condition(eps) == pytest.approx(4 / eps, rel=2 * eps + 1e-9) or eps > 0.1


@given(st.floats(1e-6, 10.0), st.floats(-5, 5), st.floats(-5, 5))
def test_squeeze_solve_solves(eps, first, second):
    w = squeeze.squeeze_solve(eps, (first, second))
    assert w[0] + w[1] == pytest.approx(first, abs=1e-9 * (1 + abs(w[1])))
    assert w[0] + (1 + eps) * w[1] == pytest.approx(second, abs=1e-9 * (1 + abs(w[1])))


BAD_MATRICES = [np.zeros((0, 2)), np.ones(3), [[np.nan, 1.0]], [[np.inf, 1.0]]]


@pytest.mark.parametrize("A", BAD_MATRICES)
@pytest.mark.parametrize(
    "function",
    [
        conditioning.condition_number,
        conditioning.gram_inverse_bound,
        conditioning.worst_gram_change,
        lambda A: conditioning.gram_differential(A, A),
        lambda A: conditioning.gram_inverse_differential(A, A),
        lambda A: conditioning.inverse_differential(A, A),
        lambda A: conditioning.rhs_condition(A, [1.0]),
        lambda A: conditioning.rhs_condition_bound(A, [1.0]),
        lambda A: conditioning.least_squares_conditioning(A, [1.0]),
        lambda A: conditioning.solution_differential(A, [1.0], A),
        lambda A: conditioning.worst_matrix_change(A, [1.0]),
    ],
)
def test_bad_matrices_are_refused(function, A):
    with pytest.raises(ValueError):
        function(A)


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: conditioning.gram_differential(np.eye(2), np.eye(3)),
            r"A has shape \(2, 2\) but dA has shape \(3, 3\)",
        ),
        (lambda: conditioning.inverse_differential(np.ones((2, 2)), np.eye(2)), "singular"),
        (lambda: conditioning.inverse_differential(np.ones((2, 3)), np.ones((2, 3))), "square"),
        (lambda: conditioning.gram_inverse_bound(np.ones((2, 3))), "AᵀA is singular"),
        (lambda: conditioning.relative_condition(lambda x: x, 1.0, step=0), "step must be greater than 0"),
        (lambda: squeeze.squeeze_matrix(1e-17), "1 \\+ eps is 1"),
        (lambda: squeeze.squeeze_condition(5e-324), "between 1e-300 and 1e150"),
        (lambda: squeeze.squeeze_condition(1e308), "between 1e-300 and 1e150"),
        (lambda: conditioning.rhs_condition(np.eye(2), [1.0]), "A has 2 rows but b has 1"),
        (lambda: conditioning.rhs_condition(np.eye(3)[:, :1], [0.0, 1.0, 0.0]), "A⁺b is 0"),
        (lambda: conditioning.rhs_condition_bound(np.eye(3)[:, :1], [0.0, 1.0, 0.0]), "A⁺b is 0"),
        (lambda: conditioning.least_squares_conditioning(np.ones((3, 2)), [1.0, 2.0, 3.0]), "full column rank"),
        (lambda: conditioning.least_squares_conditioning(np.ones((1, 2)), [1.0]), "full column rank"),
        (lambda: conditioning.least_squares_conditioning(np.eye(3)[:, :1], [0.0, 1.0, 0.0]), "orthogonal"),
        (lambda: conditioning.digits_lost(0.5), "kappa must be at least 1"),
        (lambda: conditioning.relative_condition(lambda x: x, 0.0), "x ≠ 0"),
        (lambda: conditioning.relative_condition(lambda x: np.nan, 1.0), "NaN"),
        (lambda: squeeze.squeeze_matrix(0.0), "greater than 0"),
        (lambda: squeeze.squeeze_matrix(-1.0), "greater than 0"),
        (lambda: squeeze.squeeze_condition(float("nan")), "finite"),
        (lambda: squeeze.squeeze_singular_values(float("inf")), "finite"),
        (lambda: squeeze.squeeze_solve(1.0, (1.0,)), "two finite numbers"),
        (lambda: squeeze.squeeze_solve(1.0, (1.0, float("nan"))), "two finite numbers"),
    ],
)
def test_refusals(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("value", ["1", None, True])
def test_squeeze_needs_a_number(value):
    with pytest.raises(TypeError, match="must be a number"):
        squeeze.squeeze_condition(value)
