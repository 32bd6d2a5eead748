"""The lasso and the elastic net against scikit-learn over randomised cases, their laws, and bad input."""

import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import ElasticNet, Lasso, lars_path

from lib.regularization import lasso as s

seeds = st.integers(0, 10**6)
shares = st.sampled_from([0.9, 0.5, 0.2, 0.05, 0.01])


def system(seed):
    """A random system: tall or wide, correlated or not."""
    rng = np.random.default_rng(seed)
    N, D = int(rng.integers(2, 25)), int(rng.integers(1, 35))
    A = rng.normal(size=(N, D)) + rng.choice([0.0, 0.7]) * rng.normal(size=(N, 1))
    return A, 3 * rng.normal(size=N), rng


def scikit(A, y, lam, lam2=0.0):
    """scikit-learn's coefficients at a duality gap far below 1e-10."""
    N, total = len(y), lam + lam2
    model = ElasticNet(alpha=total / N, l1_ratio=lam / total) if lam2 else Lasso(alpha=lam / N)
    model.set_params(fit_intercept=False, tol=1e-15, max_iter=1_000_000)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model.fit(A, y).coef_


@given(seed=seeds, share=shares)
def test_coefficients_are_scikit_learns(seed, share):
    A, y, _ = system(seed)
    lam = share * s.lambda_max(A, y)
    mine, theirs = s.lasso(A, y, lam), scikit(A, y, lam)
    assert s.duality_gap(A, y, mine, lam) <= 1e-10 * (y @ y) / 2
    assert s.objective(A, y, mine, lam) <= s.objective(A, y, theirs, lam) + 1e-10 * (y @ y)
    if share >= 0.05 and np.linalg.matrix_rank(A) == A.shape[1]:
        assert np.allclose(mine, theirs, rtol=1e-8, atol=1e-8 * np.abs(theirs).max() + 1e-12)


@given(seed=seeds, share=shares, more=st.sampled_from([0.01, 0.3, 3.0]))
def test_the_elastic_net_is_scikit_learns(seed, share, more):
    """With λ₂ > 0 the minimiser is unique, so the coefficients must agree, whatever A is."""
    A, y, _ = system(seed)
    lam = share * s.lambda_max(A, y)
    mine, theirs = s.lasso(A, y, lam, more), scikit(A, y, lam, more)
    assert s.duality_gap(A, y, mine, lam, more) <= 1e-10 * (y @ y) / 2
    assert np.allclose(mine, theirs, rtol=1e-7, atol=1e-7 * np.abs(theirs).max() + 1e-12)


@pytest.mark.parametrize("N, D, used", [(300, 60, 5), (200, 800, 8), (150, 150, 30)])
def test_larger_problems_to_eight_digits(N, D, used):
    rng = np.random.default_rng(N)
    A, w = rng.normal(size=(N, D)), np.zeros(D)
    w[rng.choice(D, used, replace=False)] = rng.normal(size=used)
    y = A @ w + 0.3 * rng.normal(size=N)
    for share in (0.3, 0.1, 0.03):
        lam = share * s.lambda_max(A, y)
        mine, theirs = s.lasso(A, y, lam), scikit(A, y, lam)
        assert np.abs(mine - theirs).max() <= 1e-8 * np.abs(theirs).max()
        assert ((mine != 0) == (np.abs(theirs) > 1e-10)).all()


@given(seed=seeds, share=shares, lam2=st.sampled_from([0.0, 0.5]))
def test_three_solvers_agree(seed, share, lam2):
    A, y, _ = system(seed)
    lam = share * s.lambda_max(A, y)
    least = s.objective(A, y, s.lasso(A, y, lam, lam2), lam, lam2)
    runs = (s.coordinate_descent, s.proximal_gradient, lambda *a: s.proximal_gradient(*a, momentum=False))
    for run in runs:
        found = run(A, y, lam, lam2, 1e-8, 400)
        value = s.objective(A, y, found.w, lam, lam2)
        assert least - 1e-9 * (y @ y) <= value <= least + found.gaps[-1] + 1e-9 * (y @ y)
        assert found.gaps[-1] <= 0.5e-8 * (y @ y) or found.passes == 400
        assert found.gaps[-1] == pytest.approx(s.duality_gap(A, y, found.w, lam, lam2), abs=1e-9 * (y @ y))


AWKWARD = {
    "dependent columns": lambda rng, A: A[:, rng.integers(0, A.shape[1], A.shape[1])],
    "zero columns": lambda rng, A: A * (np.arange(A.shape[1]) % 2),
    "badly scaled": lambda rng, A: A * 10.0 ** rng.uniform(-4, 4, A.shape[1]),
    "whole numbers": lambda rng, A: np.round(A),
    "nearly one column": lambda rng, A: A[:, :1] + 1e-3 * A,
}


@pytest.mark.parametrize("kind", AWKWARD)
@given(seed=seeds, share=st.sampled_from([0.9, 0.1, 1e-3]), lam2=st.sampled_from([0.0, 0.1]))
def test_awkward_columns(kind, seed, share, lam2):
    A, y, rng = system(seed)
    A = AWKWARD[kind](rng, A)
    top = s.lambda_max(A, y)
    if top == 0:
        return
    w = s.lasso(A, y, share * top, lam2 * top)
    assert s.duality_gap(A, y, w, share * top, lam2 * top) <= 1e-8 * (y @ y) / 2


@given(seed=seeds)
def test_the_path_is_fit_after_fit_and_lars(seed):
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(20, 6)), rng.normal(size=20)
    knots, _, corners = lars_path(A, y, method="lasso")
    knots = 20 * knots
    inside = knots[(knots > 0.02 * knots[0]) & (knots < knots[0])]
    if len(inside) == 0:
        return
    found = s.lasso_path(A, y, inside)
    for lam, w in zip(inside, found, strict=True):
        exact = corners[:, np.argmin(np.abs(knots - lam))]
        assert np.allclose(w, exact, atol=1e-7) and np.allclose(w, s.lasso(A, y, lam), atol=1e-9)


def test_the_path_in_any_order():
    A, y, _ = system(8)
    lams = s.lambda_max(A, y) * np.array([0.5, 0.05, 0.2, 0.200001, 0.9])
    for lam, w in zip(lams, s.lasso_path(A, y, lams), strict=True):
        assert s.duality_gap(A, y, w, lam) <= 1e-10 * (y @ y) / 2


@given(seed=seeds, share=shares)
def test_laws(seed, share):
    """Permuted columns, flipped signs and scaled targets: the answer follows. And no other w is better."""
    A, y, rng = system(seed)
    lam = share * s.lambda_max(A, y)
    w = s.lasso(A, y, lam)
    least = s.objective(A, y, w, lam)
    order, signs = rng.permutation(A.shape[1]), rng.choice([-1.0, 1.0], A.shape[1])
    moved = s.lasso((A * signs)[:, order], 2 * y, 2 * lam)
    assert s.objective((A * signs)[:, order], 2 * y, moved, 2 * lam) == pytest.approx(4 * least, rel=1e-8)
    assert s.optimality(A, y, w, lam) <= 1e-6 * lam + 1e-9
    for v in w + rng.normal(size=(20, A.shape[1])) * np.logspace(-5, 1, 20)[:, None]:
        assert s.objective(A, y, v, lam) >= least * (1 - 1e-9)
    assert s.lasso(A, y, s.lambda_max(A, y) * (1 + 1e-9)).any() == False  # noqa: E712


@given(z=st.lists(st.floats(-5, 5), min_size=1, max_size=6), lam=st.floats(0, 3))
def test_soft_threshold_is_the_minimiser(z, lam):
    w = s.soft_threshold(z, lam)
    for v in np.linspace(-6, 6, 241):
        assert (0.5 * (w - z) ** 2 + lam * np.abs(w) <= 0.5 * (v - np.array(z)) ** 2 + lam * abs(v) + 1e-12).all()


def test_one_sample_one_column_no_target():
    assert s.lasso([[2.0]], [3.0], 1.0) == pytest.approx((2 * 3 - 1) / 4)
    assert not s.lasso([[2.0, 1.0]], [0.0], 1.0).any()
    assert not s.lasso(np.zeros((2, 3)), [1.0, 2.0], 0.1).any()


def test_a_start_may_be_anything():
    A, y, rng = system(4)
    lam = 0.1 * s.lambda_max(A, y)
    for start in (np.zeros(A.shape[1]), 100 * rng.normal(size=A.shape[1]), s.lasso(A, y, lam)):
        w = s.lasso(A, y, lam, start=start)
        assert s.duality_gap(A, y, w, lam) <= 1e-10 * (y @ y) / 2


A = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 1.0]])
y = np.array([1.0, 2.0, 0.0])
nan = np.where(A == 3, np.nan, A)
SOLVERS = {
    "lasso": s.lasso,
    "coordinates": s.coordinate_descent,
    "proximal": s.proximal_gradient,
    "path": lambda A, y, lam: s.lasso_path(A, y, [lam]),
    "gap": lambda A, y, lam: s.duality_gap(A, y, [0.0, 0.0], lam),
    "objective": lambda A, y, lam: s.objective(A, y, [0.0, 0.0], lam),
    "optimality": lambda A, y, lam: s.optimality(A, y, [0.0, 0.0], lam),
}
BAD_SYSTEMS = [
    (A, y[:2], 1.0, ValueError, "A has 3 rows but y has 2"),
    (A[0], y, 1.0, ValueError, "A must be a matrix"),
    (np.zeros((0, 2)), np.zeros(0), 1.0, ValueError, "empty"),
    (nan, y, 1.0, ValueError, "A has a NaN"),
    (A, np.full(3, np.inf), 1.0, ValueError, "y has a NaN or infinite"),
    (A, 1e200 * y, 1.0, ValueError, "too large to square"),
    (A, y, 0.0, ValueError, "greater than 0"),
    (A, y, -1.0, ValueError, "greater than 0"),
    (A * 1j, y, 1.0, TypeError, "complex"),
]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("A, y, lam, error, message", BAD_SYSTEMS)
def test_bad_systems(name, A, y, lam, error, message):
    with pytest.raises(error, match=message):
        SOLVERS[name](A, y, lam)


BAD = [
    (lambda: s.lasso(A, y, 1.0, -0.1), ValueError, "lam2 must be at least 0"),
    (lambda: s.lasso(A, y, 1.0, tol=0.0), ValueError, "tol must be greater than 0"),
    (lambda: s.lasso(A, y, 1.0, start=[1.0]), ValueError, "start has 1 entries"),
    (lambda: s.lasso_path(A, y, []), ValueError, "lams is empty"),
    (lambda: s.lasso_path(A, y, [1.0, -1.0]), ValueError, "every lam"),
    (lambda: s.duality_gap(A, y, [1.0], 1.0), ValueError, "w has 1 entries"),
    (lambda: s.coordinate_descent(A, y, 1.0, passes=0), ValueError, "passes must be at least 1"),
    (lambda: s.proximal_gradient(A, y, 1.0, passes=1.5), TypeError, "whole number"),
    (lambda: s.soft_threshold([1.0], -1.0), ValueError, "lam must be at least 0"),
    (lambda: s.soft_threshold(["a"], 1.0), TypeError, "real numbers"),
    (lambda: s.lambda_max(A, y[:1]), ValueError, "rows"),
    (lambda: s.lasso_orthonormal(A, y, 1.0), ValueError, "not orthonormal"),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
