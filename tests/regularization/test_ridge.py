"""Ridge against scikit-learn over randomised cases, the laws it obeys, and bad input."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge, RidgeCV

from lib.regularization import ridge as r

seeds = st.integers(0, 10**6)
strengths = st.floats(1e-3, 1e3)


def system(seed):
    """A random system: tall, square or wide, now and then with a repeated or a zero column."""
    rng = np.random.default_rng(seed)
    N, D = int(rng.integers(2, 15)), int(rng.integers(1, 12))
    A = rng.normal(size=(N, D)) * rng.uniform(0.3, 3, D)
    if seed % 5 == 0 and D > 1:
        A[:, -1] = A[:, 0]
    if seed % 7 == 0:
        A[:, 0] = 0
    return A, rng.normal(size=N) + 2, rng


@given(seed=seeds, lam=strengths)
def test_coefficients_are_scikit_learns(seed, lam):
    A, y, _ = system(seed)
    theirs = Ridge(alpha=lam, fit_intercept=False).fit(A, y).coef_
    assert np.allclose(r.ridge(A, y, lam), theirs, rtol=1e-8, atol=1e-8)
    assert np.allclose(r.ridge_by_rows(A, y, lam), theirs, rtol=1e-8, atol=1e-8)
    assert np.allclose(r.ridge_by_equations(A, y, lam), r.ridge(A, y, lam), rtol=1e-8, atol=1e-8)
    free = Ridge(alpha=lam).fit(A, y)
    w, w0 = r.ridge_with_intercept(A, y, lam)
    assert np.allclose(w, free.coef_, rtol=1e-8, atol=1e-8) and w0 == pytest.approx(free.intercept_, abs=1e-8)


def test_blocks_of_rows():
    """More rows than a block: the same as centring everything at once, also far from the origin."""
    rng = np.random.default_rng(0)
    A, y = rng.normal(size=(5000, 4)) + 1e4, rng.normal(size=5000) - 1e4
    w, w0 = r.ridge_with_intercept(A, y, 3.0)
    assert np.allclose(w, r.ridge(A - A.mean(axis=0), y - y.mean(), 3.0), rtol=1e-9)
    theirs = Ridge(alpha=3.0).fit(A, y)
    assert np.allclose(w, theirs.coef_, rtol=1e-8) and w0 == pytest.approx(theirs.intercept_, rel=1e-8)


@given(seed=seeds, intercept=st.booleans())
def test_the_path_is_fit_after_fit(seed, intercept):
    A, y, _ = system(seed)
    lams = np.array([0.01, 0.3, 10.0, 1e4])
    path = r.ridge_path(A, y, lams, intercept)
    for lam, w, w0, degrees, loo in zip(lams, path.W, path.w0, path.degrees, path.loo, strict=True):
        fit = Ridge(alpha=lam, fit_intercept=intercept)
        whole = fit.fit(A, y)
        assert np.allclose(w, whole.coef_, rtol=1e-7, atol=1e-8)
        assert w0 == pytest.approx(whole.intercept_ if intercept else 0.0, abs=1e-8)
        left_out = [y[i] - fit.fit(np.delete(A, i, 0), np.delete(y, i)).predict(A[i : i + 1])[0] for i in range(len(y))]
        assert loo == pytest.approx(np.mean(np.square(left_out)), rel=1e-5)
        unit = np.eye(len(y))
        H = np.column_stack([Ridge(alpha=lam, fit_intercept=intercept).fit(A, e).predict(A) for e in unit])
        assert degrees == pytest.approx(np.trace(H), rel=1e-6)


@given(seed=seeds)
def test_the_path_to_be_read_is_the_fast_one(seed):
    A, y, _ = system(seed)
    lams = np.array([0.01, 0.3, 10.0, 1e4])
    path = r.ridge_path(A, y, lams)
    W, loo = r.ridge_path_by_svd(A, y, lams)
    assert np.allclose(W, path.W, rtol=1e-7, atol=1e-8) and np.allclose(loo, path.loo, rtol=1e-6)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("shape", [(60, 5), (30, 12), (20, 40)])
def test_the_choice_is_ridgecvs(shape, intercept):
    rng = np.random.default_rng(shape[1])
    A = rng.normal(size=shape)
    y = A @ rng.normal(size=shape[1]) + 5 * rng.normal(size=shape[0]) + 3
    lams = np.logspace(-1, 4, 21)
    theirs = RidgeCV(alphas=lams, fit_intercept=intercept, store_cv_results=True).fit(A, y)
    path = r.ridge_path(A, y, lams, intercept)
    assert lams[path.best] == theirs.alpha_
    assert np.allclose(path.W[path.best], theirs.coef_, rtol=1e-8, atol=1e-9)
    assert np.allclose(path.loo, theirs.cv_results_.mean(axis=0), rtol=1e-7)


def test_badly_conditioned_paths_take_the_svd():
    """κ = 10⁹: the eigenvalues of AᵀA would have no correct digit for the weakest direction."""
    rng = np.random.default_rng(1)
    U, V = np.linalg.qr(rng.normal(size=(40, 4)))[0], np.linalg.qr(rng.normal(size=(4, 4)))[0]
    A = U * [1, 1e-3, 1e-6, 1e-9] @ V.T
    y = rng.normal(size=40)
    lam = 1e-17
    path = r.ridge_path(A, y, [lam], intercept=False)
    assert np.allclose(path.W[0], r.ridge_by_rows(A, y, lam), rtol=1e-5)


@given(seed=seeds, lam=strengths)
def test_laws(seed, lam):
    """More λ: a shorter w, a worse fit, fewer degrees of freedom. Rotating features or samples changes nothing."""
    A, y, rng = system(seed)
    w, more = r.ridge(A, y, lam), r.ridge(A, y, 2 * lam)
    assert np.linalg.norm(more) <= np.linalg.norm(w) * (1 + 1e-9)
    assert np.linalg.norm(A @ more - y) >= np.linalg.norm(A @ w - y) * (1 - 1e-9)
    assert r.effective_degrees(A, 2 * lam) <= r.effective_degrees(A, lam) <= min(A.shape) + 1e-9
    Q, _ = np.linalg.qr(rng.normal(size=(A.shape[1],) * 2))
    P, _ = np.linalg.qr(rng.normal(size=(len(A),) * 2))
    assert np.allclose(r.ridge(A @ Q, y, lam), Q.T @ w, atol=1e-8)
    assert np.allclose(r.ridge(P @ A, P @ y, lam), w, atol=1e-8)


@given(seed=seeds, lam=strengths, shift=st.floats(-1e3, 1e3))
def test_a_free_intercept_takes_up_any_shift(seed, lam, shift):
    A, y, _ = system(seed)
    (w, w0), (moved, moved0) = r.ridge_with_intercept(A, y, lam), r.ridge_with_intercept(A, y + shift, lam)
    assert np.allclose(w, moved, atol=1e-8) and moved0 - w0 == pytest.approx(shift, abs=1e-8)


@given(seed=seeds, lam=strengths)
def test_leave_one_out(seed, lam):
    A, y, _ = system(seed)
    one_by_one = [y[i] - A[i] @ r.ridge_by_rows(np.delete(A, i, 0), np.delete(y, i), lam) for i in range(len(y))]
    assert np.allclose(r.leave_one_out_errors(A, y, lam), one_by_one, rtol=1e-6, atol=1e-8)


def test_integers_and_float32_are_taken():
    A, y = np.array([[1, 2], [3, 5], [4, 1]]), np.array([1, 2, 3])
    exact = r.ridge(A.astype(float), y.astype(float), 1)
    assert np.allclose(r.ridge(A, y, 1), exact) and np.allclose(r.ridge(A.tolist(), y.tolist(), 1), exact)
    assert np.allclose(r.ridge(A.astype(np.float32), y.astype(np.float32), 1), exact)
    assert r.ridge(A.astype(np.float32), y.astype(np.float32), 1).dtype == np.float64


A = np.array([[1.0, 2.0], [0.0, 1.0], [3.0, 1.0]])
y = np.array([1.0, 2.0, 0.0])
nan, inf = A.copy(), A.copy()
nan[1, 1], inf[0, 0] = np.nan, np.inf
FITS = {
    "ridge": r.ridge,
    "by rows": r.ridge_by_rows,
    "intercept": r.ridge_with_intercept,
    "left out": r.leave_one_out_errors,
    "path": lambda A, y, lam: r.ridge_path(A, y, [lam]),
    "by equations": r.ridge_by_equations,
    "path by SVD": lambda A, y, lam: r.ridge_path_by_svd(A, y, [lam]),
}
BAD_SYSTEMS = [
    (A, y[:2], 1.0, ValueError, "A has 3 rows but y has 2"),
    (A[0], y, 1.0, ValueError, "A must be a matrix"),
    (np.zeros((0, 2)), np.zeros(0), 1.0, ValueError, "empty"),
    (np.zeros((3, 0)), y, 1.0, ValueError, "empty"),
    (nan, y, 1.0, ValueError, "A has a NaN or infinite entry, the first at index"),
    (inf, y, 1.0, ValueError, "A has a NaN or infinite entry, the first at index"),
    (A, np.array([1.0, np.nan, 2.0]), 1.0, ValueError, "y has a NaN"),
    (A, y, 0.0, ValueError, "greater than 0"),
    (A, y, -1.0, ValueError, "greater than 0"),
    (A, y, np.nan, ValueError, "lam"),
    (A * 1j, y, 1.0, TypeError, "complex"),
    ([["a", "b"]], [1.0], 1.0, TypeError, "real numbers"),
]


@pytest.mark.parametrize("name", FITS)
@pytest.mark.parametrize("A, y, lam, error, message", BAD_SYSTEMS)
def test_bad_systems(name, A, y, lam, error, message):
    with pytest.raises(error, match=message):
        FITS[name](A, y, lam)


BAD = [
    (lambda: r.ridge(1e200 * A, y, 1.0), ValueError, "too large to square"),
    (lambda: r.ridge_with_intercept(5e307 * A, y, 1.0), ValueError, "too large"),
    (lambda: r.ridge(np.ones((2, 2)), [1.0, 2.0], 1e-18), ValueError, "lost in the rounding"),
    (lambda: r.shrinkage([-1.0], 1.0), ValueError, "not negative"),
    (lambda: r.shrinkage([1.0], -1.0), ValueError, "lam must be at least 0"),
    (lambda: r.effective_degrees([1.0], 1.0), ValueError, "matrix"),
    (lambda: r.ridge_condition(A, 0.0), ValueError, "greater than 0"),
    (lambda: r.ridge_risk([1.0, 0.0], [1.0, 1.0], 1.0, 1.0), ValueError, "must be positive"),
    (lambda: r.ridge_risk([1.0], [1.0, 1.0], 1.0, 1.0), ValueError, "alpha has 2 entries"),
    (lambda: r.ridge_risk([1.0], [1.0], -1.0, 1.0), ValueError, "sigma"),
    (lambda: r.ridge_path(A, y, []), ValueError, "lams is empty"),
    (lambda: r.ridge_path(A, y, [1.0, 0.0]), ValueError, "every lam"),
    (lambda: r.ridge_path(A[:1], y[:1], [1.0]), ValueError, "at least 2 samples"),
    (lambda: r.ridge_path(np.eye(3), y, [1e-17], intercept=False), ValueError, "interpolated"),
]


@pytest.mark.parametrize("call, error, message", BAD)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_nothing_is_changed_in_place():
    A0, y0 = A.copy(), y.copy()
    for fit in FITS.values():
        fit(A0, y0, 1.0)
    assert (A0 == A).all() and (y0 == y).all()


def test_large_units_are_punished_most():
    """A column in kilometres, whose numbers are small: ridge keeps least of what it says. In metres it keeps most."""
    rng = np.random.default_rng(5)
    metres = 1000 * rng.normal(size=50)
    y = 0.002 * metres + 0.1 * rng.normal(size=50)
    kept = [(r.ridge((metres / unit)[:, None], y, 50.0)[0] / unit) / 0.002 for unit in (1.0, 1000.0)]
    assert kept[0] == pytest.approx(1, abs=0.02) and kept[1] < 0.6


def test_longleys_signs_and_errors():
    """What the notebook says of them: at 0.01 GNP and population are negative, from 0.1 to 1 none of the four is."""
    from lib.regularization.demos.ridge import SHORT, table

    Z, y, _ = table("Longley")
    strange, fine, larger = r.ridge_path(Z, y, [0.01, 0.1, 1.0]).W
    signs = dict(zip(SHORT["Longley"], zip(strange, fine, larger, strict=True), strict=True))
    assert signs["GNP"][0] < 0 and signs["population"][0] < 0
    assert all(min(signs[name][1:]) > 0 for name in ("prices", "GNP", "population", "year"))
    assert all(max(signs[name][1:]) < 0 for name in ("unemployed", "forces"))
    loo = np.sqrt(r.ridge_path(Z, y, [0.01, 0.1]).loo)
    assert loo == pytest.approx([0.42, 0.49], abs=0.005), "in millions of people"
    patients = r.ridge_path(*table("diabetes")[:2], [1e-4, 1.0, 50.0]).loo
    assert np.sqrt(patients) == pytest.approx(54.8, abs=0.06)
