"""Completion: fast beside loops, least squares, autograd and scikit-learn's NMF; baselines by hand; what is refused."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import NMF

from lib.unsupervised.completion import als, descent, implicit, nonnegative
from lib.unsupervised.completion import ratings as rt


def drawn(seed: int, m: int = 12, n: int = 9, share: float = 0.4) -> rt.Ratings:
    rng = np.random.default_rng(seed)
    table = np.where(rng.random((m, n)) < share, rng.normal(size=(m, n)), np.nan)
    table[0, 0] = 0.0  # a rating of 0 is a rating
    table[0, 1] = 1.0
    return rt.observed(table)


# ------------------------------------------------------------------------------------------------------------- ratings
@given(st.integers(0, 10_000))
@settings(max_examples=20, deadline=None)
def test_a_table_comes_back_and_zeros_are_kept(seed):
    R = drawn(seed)
    again = rt.observed(R.table())
    for name in ("rows", "columns", "values"):
        assert np.array_equal(getattr(R, name), getattr(again, name))
    assert R.by_rows.nnz == R.by_columns.nnz == len(R)
    assert np.array_equal(R.by_rows.toarray(), R.table(0.0)) and np.array_equal(R.by_columns.toarray(), R.table(0.0).T)
    assert R.share == len(R) / (12 * 9)


@given(st.integers(0, 10_000), st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_a_split_keeps_each_rating_once(seed, share):
    R = drawn(seed)
    kept, held = rt.split(R, share, np.random.default_rng(seed))
    assert len(kept) and len(held) and len(kept) + len(held) == len(R)
    both = np.nan_to_num(kept.table()) + np.nan_to_num(held.table())
    assert np.array_equal(both, R.table(0.0)) and not (~np.isnan(kept.table()) & ~np.isnan(held.table())).any()


def test_biases_by_hand():
    R = rt.observed([[5.0, np.nan, 3.0], [4.0, np.nan, np.nan]])
    found = rt.biases(R, 1, 2)
    assert found.mean == 4
    assert np.allclose(found.columns, [1 / 3, 0, -1 / 2])
    assert np.allclose(found.rows, [(1 - 1 / 3 - 1 + 1 / 2) / 4, -1 / 3 / 3])
    assert np.allclose(found.table()[R.rows, R.columns], found.at(R))
    assert rt.rmse(R.values + 2, R) == 2
    assert np.array_equal(R.minus(found.at(R)).values, R.values - found.at(R))


def test_planted_ratings_are_stars_and_popularity_is_uneven():
    made = rt.planted(400, 300, 3, 0.05, np.random.default_rng(5))
    R = made.ratings
    assert set(np.unique(R.values)) <= {1, 2, 3, 4, 5} and 0.04 < R.share < 0.06
    counts = np.sort(np.bincount(R.columns, minlength=300))[::-1]
    assert counts[:30].sum() > 1.5 * counts[-150:].sum()
    s = np.linalg.svd(made.tastes - made.tastes.mean(0))[1]
    assert (s > 1e-9 * s[0]).sum() == 4  # three tastes and the users' biases
    liked = rt.planted(400, 300, 3, 0.05, np.random.default_rng(5), choosing=1.0).ratings
    assert liked.values.mean() > R.values.mean() + 0.3


@pytest.mark.parametrize(
    ("rows", "columns", "values", "shape", "says"),
    [
        ([0, 0], [1, 1], [1.0, 2.0], (2, 2), "twice"),
        ([0, 2], [1, 1], [1.0, 2.0], (2, 2), "rows"),
        ([0, 1], [1, -1], [1.0, 2.0], (2, 2), "columns"),
        ([0], [1, 0], [1.0], (2, 2), "1 rows, but 2"),
        ([0, 1], [1, 1], [1.0], (2, 2), "values"),
        ([0, 1], [1, 1], [1.0, np.nan], (2, 2), "NaN"),
        ([0], [0], [1.0], (2,), "shape"),
        ([0], [0], [1.0], (0, 2), "shape"),
    ],
)
def test_bad_ratings_are_refused(rows, columns, values, shape, says):
    with pytest.raises(ValueError, match=says):
        rt.Ratings(np.array(rows), np.array(columns), np.array(values), shape)


def test_nothing_and_one_rating_alone_are_refused():
    with pytest.raises(ValueError, match="no observed"):
        rt.observed(np.full((2, 2), np.nan))
    with pytest.raises(ValueError, match="cannot be split"):
        rt.split(rt.observed([[1.0]]), 0.5, np.random.default_rng(0))


# ----------------------------------------------------------------------------------------------------------------- ALS
@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(1e-3, 10), st.booleans())
@settings(max_examples=40, deadline=None)
def test_all_rows_at_once_are_the_loop_and_least_squares_row_by_row(seed, r, lam, counted):
    R, V = drawn(seed), np.random.default_rng(seed).normal(size=(9, r))
    fast = als.solve_rows(R.by_rows, V, lam, counted)
    assert np.allclose(fast, als.solve_rows_in_a_loop(R.by_rows, V, lam, counted), rtol=1e-10, atol=1e-10)
    for u, row in enumerate(R.table()):
        seen = ~np.isnan(row)
        more = np.sqrt(lam * (seen.sum() if counted else 1)) * np.eye(r)
        A = np.vstack([V[seen], more])
        wanted = np.linalg.lstsq(A, np.append(row[seen], np.zeros(r)), rcond=None)[0] if seen.any() else np.zeros(r)
        assert np.allclose(fast[u], wanted, atol=1e-9)


def test_many_rows_are_solved_in_parts(monkeypatch):
    R, V = drawn(3, m=40), np.random.default_rng(0).normal(size=(9, 3))
    whole = als.solve_rows(R.by_rows, V, 0.2)
    monkeypatch.setattr(als, "AT_ONCE", 7)
    assert np.allclose(als.solve_rows(R.by_rows, V, 0.2), whole, rtol=1e-12)


@given(st.integers(0, 10_000))
@settings(max_examples=15, deadline=None)
def test_a_sweep_in_blocks_is_a_sweep(seed):
    R, V = drawn(seed, m=30), np.random.default_rng(seed).normal(size=(9, 3))
    U = als.solve_rows(R.by_rows, V, 0.1)
    wanted = als.solve_rows(R.by_columns, U, 0.1)
    blocks, found = als.sweep_in_blocks([R.by_rows[:11], R.by_rows[11:12], R.by_rows[12:]], V, 0.1)
    assert np.allclose(np.vstack(blocks), U, rtol=1e-12) and np.allclose(found, wanted, rtol=1e-9, atol=1e-12)


def test_a_sweep_in_blocks_stays_in_32_bits():
    R, V = drawn(1, m=30), np.random.default_rng(1).normal(size=(9, 3)).astype(np.float32)
    thin = R.by_rows.astype(np.float32)
    blocks, found = als.sweep_in_blocks([thin[:15], thin[15:]], V, 0.1)
    assert found.dtype == np.float32 and all(block.dtype == np.float32 for block in blocks)


@given(st.integers(0, 10_000), st.integers(1, 5), st.sampled_from([1e-3, 0.1, 3.0]), st.booleans())
@settings(max_examples=30, deadline=None)
def test_the_objective_never_rises_and_is_the_sum_over_entries(seed, r, lam, counted):
    R = drawn(seed)
    found = als.als(R, r, lam, 8, np.random.default_rng(seed), counted)
    steps = np.diff(found.losses)
    assert (steps <= 1e-9 * found.losses[0]).all()
    table, total = R.table(), 0.0
    for u in range(12):
        for i in range(9):
            if not np.isnan(table[u, i]):
                total += (table[u, i] - found.U[u] @ found.V[i]) ** 2
    weight = (~np.isnan(table)).sum(1), (~np.isnan(table)).sum(0)
    if not counted:
        weight = np.ones(12), np.ones(9)
    total += lam * (weight[0] @ (found.U**2).sum(1) + weight[1] @ (found.V**2).sum(1))
    assert np.isclose(total, found.losses[-1]) and np.isclose(total, als.objective(R, found.U, found.V, lam, counted))


def test_als_ends_where_the_gradient_is_0():
    R = drawn(8)
    found = als.als(R, 2, 0.3, 3000, np.random.default_rng(8))
    U, V = (torch.tensor(a, requires_grad=True) for a in (found.U, found.V))
    mask, table = torch.tensor(~np.isnan(R.table())), torch.tensor(R.table(0.0))
    loss = (mask * (table - U @ V.T) ** 2).sum()
    loss = loss + 0.3 * ((mask.sum(1) * (U**2).sum(1)).sum() + (mask.sum(0) * (V**2).sum(1)).sum())
    loss.backward()
    assert max(U.grad.abs().max(), V.grad.abs().max()) < 1e-6


@pytest.mark.parametrize("rank", [1, 2, 4])
def test_complete_finds_a_matrix_again(rank):
    rng = np.random.default_rng(rank)
    M = 50 * rng.normal(size=(30, rank)) @ rng.normal(size=(rank, 25))
    seen = rng.random(M.shape) < 0.75
    found = als.complete(rt.observed(np.where(seen, M, np.nan)), rank).table()
    assert np.linalg.norm(found - M) < 1e-6 * np.linalg.norm(M)


def test_complete_of_zeros_is_zeros():
    assert not als.complete(rt.observed(np.zeros((3, 4))), 2).table().any()


# ------------------------------------------------------------------------------------------------------------- descent
def test_one_rating_is_half_of_autograds_gradient():
    rng = np.random.default_rng(4)
    b, c, u, v = (torch.tensor(x, requires_grad=True) for x in (0.3, -0.2, rng.normal(size=3), rng.normal(size=3)))
    e = 3.5 + b + c + u @ v - 4.0
    (e**2 + 0.1 * (b**2 + c**2 + (u**2).sum() + (v**2).sum())).backward()
    mine = descent.one_rating(4.0, 3.5, 0.3, -0.2, u.detach().numpy(), v.detach().numpy(), 0.1)
    for slope, x in zip(mine, (b, c, u, v), strict=True):
        assert np.allclose(2 * np.asarray(slope), x.grad.numpy(), rtol=1e-5)


def test_batches_of_one_are_single_steps():
    R = drawn(2)
    found = descent.sgd(R, 2, 0.05, 0.1, 3, np.random.default_rng(6), batch=1)
    rng = np.random.default_rng(6)
    mean, b, c = R.values.mean(), np.zeros(12), np.zeros(9)
    U, V = 0.1 * rng.normal(size=(12, 2)), 0.1 * rng.normal(size=(9, 2))
    for epoch in range(3):
        for k, at in enumerate(rng.permutation(len(R))):
            u, i = R.rows[at], R.columns[at]
            rate = 0.1 * (1 - (epoch * len(R) + k) / (3 * len(R)))
            db, dc, du, dv = descent.one_rating(R.values[at], mean, b[u], c[i], U[u].copy(), V[i].copy(), 0.05)
            b[u], c[i], U[u], V[i] = b[u] - rate * db, c[i] - rate * dc, U[u] - rate * du, V[i] - rate * dv
    for mine, theirs in ((b, found.b), (c, found.c), (U, found.U), (V, found.V)):
        assert np.allclose(mine, theirs)
    assert np.allclose(found.table()[R.rows, R.columns], found.at(R))


def test_steps_that_run_away_are_told():
    with pytest.raises(ValueError, match="rate of 50"):
        descent.sgd(drawn(2), 2, 0.05, 50.0, 30, np.random.default_rng(0))


# ------------------------------------------------------------------------------------------------------------------ NMF
@pytest.mark.filterwarnings("ignore:Maximum number of iterations")
@pytest.mark.parametrize("seed", range(5))
def test_nmf_is_scikit_learns_on_full_matrices(seed):
    rng = np.random.default_rng(seed)
    X, U, V = rng.random((15, 8)), 0.1 + rng.random((15, 3)), 0.1 + rng.random((8, 3))
    theirs = NMF(3, solver="mu", init="custom", max_iter=25, tol=0)
    W = theirs.fit_transform(X, W=U.copy(), H=V.T.copy())
    for _ in range(25):
        U, V = nonnegative.update(X, U, V)
    assert np.allclose(U, W, rtol=1e-6) and np.allclose(V, theirs.components_.T, rtol=1e-6)


@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_nmf_never_rises_with_entries_missing_and_does_not_look_at_them(seed, r):
    rng = np.random.default_rng(seed)
    X, mask = rng.random((10, 7)), (rng.random((10, 7)) < 0.6).astype(float)
    mask[:, 0] = 0  # a column that nobody has seen
    found = nonnegative.nmf(X, r, 30, np.random.default_rng(seed), mask)
    assert (np.diff(found.losses) <= 1e-12).all() and found.U.min() >= 0 and found.V.min() >= 0
    other = nonnegative.update(np.where(mask == 1, X, 9.0), found.U, found.V, mask)
    again = nonnegative.update(X, found.U, found.V, mask)
    assert np.array_equal(other[0], again[0]) and np.array_equal(other[1], again[1])


def test_zeros_stay():
    U, V = np.array([[0.0, 1.0], [1.0, 1.0]]), np.ones((3, 2))
    for _ in range(5):
        U, V = nonnegative.update(np.ones((2, 3)), U, V)
    assert U[0, 0] == 0
    none = nonnegative.update(np.ones((2, 3)), np.zeros((2, 2)), np.zeros((3, 2)))
    assert not none[0].any() and not none[1].any()


@pytest.mark.parametrize("spoilt", ["X", "U", "V", "mask"])
def test_what_is_negative_is_refused(spoilt):
    given = dict(X=np.ones((3, 4)), U=np.ones((3, 2)), V=np.ones((4, 2)), mask=np.ones((3, 4)))
    given[spoilt] = -given[spoilt]
    with pytest.raises(ValueError, match="mask must hold" if spoilt == "mask" else f"{spoilt} must not be negative"):
        nonnegative.update(**given)
    given[spoilt] = np.ones((2, 5))
    with pytest.raises(ValueError, match="X \\(m, n\\) needs"):
        nonnegative.update(**given)


# ------------------------------------------------------------------------------------------------------------ implicit
@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(max_examples=20, deadline=None)
def test_implicit_rows_are_weighted_least_squares_over_all_cells(seed, r):
    rng = np.random.default_rng(seed)
    c = np.where(rng.random((8, 6)) < 0.3, 1 + rng.integers(1, 9, size=(8, 6)), 1.0)
    c[0, 0] = 5.0
    C = rt.observed(np.where(c > 1, c, np.nan))
    V, lam = rng.normal(size=(6, r)), 0.2
    U = implicit.solve_implicit_rows(C.by_rows, V, lam)
    for u in range(8):
        A = np.vstack([np.sqrt(c[u])[:, None] * V, np.sqrt(lam) * np.eye(r)])
        b = np.append(np.sqrt(c[u]) * (c[u] > 1), np.zeros(r))
        assert np.allclose(U[u], np.linalg.lstsq(A, b, rcond=None)[0], atol=1e-9)
    whole = np.sum(c * ((c > 1) - U @ V.T) ** 2) + lam * (np.sum(U**2) + np.sum(V**2))
    assert np.isclose(implicit.implicit_objective(C, U, V, lam), whole)
    losses = implicit.implicit_als(C, r, lam, 5, np.random.default_rng(seed)).losses
    assert (np.diff(losses) <= 1e-9 * losses[0]).all()


def test_confidence_below_that_of_nothing_is_refused():
    with pytest.raises(ValueError, match="at least 1"):
        implicit.implicit_als(rt.observed([[0.5, 2.0]]), 1, 0.1, 1, np.random.default_rng(0))


def test_percentiles_by_hand():
    touched, held = rt.observed([[1.0, np.nan, np.nan, np.nan]]), rt.observed([[np.nan, 1.0, np.nan, np.nan]])
    for scores, wanted in (([9, 3, 2, 1], 0), ([9, 2, 3, 1], 0.5), ([9, 1, 3, 2], 1), ([0, 2, 2, 1], 0.25)):
        assert implicit.percentile([scores], touched, held) == wanted
    with pytest.raises(ValueError, match="both"):
        implicit.percentile([[1.0, 2, 3, 4]], touched, touched)
