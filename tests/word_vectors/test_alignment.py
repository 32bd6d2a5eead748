"""Alignment against scipy, brute force and laws; retrieval in blocks; hubs; refinement; bad input."""

import subprocess
import sys

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from lib.word_vectors import alignment, search

SEEDS = st.integers(0, 10**6)


def rotation(rng, d):
    return np.linalg.qr(rng.normal(size=(d, d)))[0]


def unit(X):
    return X / np.linalg.norm(X, axis=1, keepdims=True)


def brute_csls(X, Y, k):
    """CSLS of all pairs (n, m), as the definition reads."""
    C = unit(X) @ unit(Y).T
    top = lambda row: np.mean(sorted(row)[-k:])
    r_T, r_S = [top(row) for row in C], [top(column) for column in C.T]
    return np.array([[2 * C[i, j] - r_T[i] - r_S[j] for j in range(len(Y))] for i in range(len(X))])


# ------------------------------------------------------------------------------------------------------------- maps
@given(SEEDS)
def test_procrustes_equals_scipys(seed):
    rng = np.random.default_rng(seed)
    n, d = rng.integers(8, 30), rng.integers(1, 8)
    X, Y = rng.normal(size=(2, n, d))
    W = alignment.procrustes(X, Y)
    assert np.allclose(W, scipy.linalg.orthogonal_procrustes(X, Y)[0], atol=1e-7)
    assert np.allclose(W.T @ W, np.eye(d))


@given(SEEDS)
def test_no_orthogonal_matrix_is_better(seed):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(2, 9, 4))
    best = np.linalg.norm(X @ alignment.procrustes(X, Y) - Y)
    assert all(np.linalg.norm(X @ rotation(rng, 4) - Y) >= best - 1e-9 for _ in range(20))


@given(SEEDS)
def test_a_rotation_is_found_exactly_and_there_and_back_is_the_transpose(seed):
    rng = np.random.default_rng(seed)
    X, Q = rng.normal(size=(12, 5)), rotation(rng, 5)
    assert np.allclose(alignment.procrustes(X, X @ Q), Q)
    Y = rng.normal(size=(12, 5))
    assert np.allclose(alignment.procrustes(Y, X), alignment.procrustes(X, Y).T, atol=1e-7)


def test_few_pairs_filled_and_left_empty():
    rng = np.random.default_rng(0)
    X, Q = rng.normal(size=(3, 6)), rotation(rng, 6)
    Y = X @ Q
    full, part = alignment.procrustes(X, Y), alignment.procrustes(X, Y, fill=False)
    assert np.allclose(full.T @ full, np.eye(6)) and np.linalg.matrix_rank(part) == 3
    assert np.allclose(X @ full, Y) and np.allclose(X @ part, Y)
    away = scipy.linalg.null_space(X).T  # what the pairs do not speak of
    assert np.allclose(away @ part, 0) and np.allclose(np.linalg.norm(away @ full, axis=1), 1)
    many = rng.normal(size=(2, 30, 6))
    assert np.allclose(alignment.procrustes(*many), alignment.procrustes(*many, fill=False))


def test_what_few_pairs_leave_open_is_turned_the_same_way_on_every_machine():
    """The bases that an SVD returns of a null space are arbitrary: two different ones must give one answer."""
    rng = np.random.default_rng(3)
    X, Y = rng.normal(size=(2, 4, 8))
    Q = np.linalg.qr(rng.normal(size=(4, 4)))[0]  # the same pairs, mixed: XᵀY is the same up to rounding
    one, other = alignment.procrustes(X, Y), alignment.procrustes(Q @ X, Q @ Y)
    assert np.allclose(one, other, atol=1e-8) and np.allclose(one.T @ one, np.eye(8))
    known = alignment.procrustes(X, Y, fill=False)
    assert np.allclose(known @ known.T @ one, known), "on what the pairs say nothing is changed"


@given(SEEDS)
def test_least_squares_map_is_the_pseudo_inverse(seed):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(rng.integers(2, 12), 5)), None
    Y = rng.normal(size=(len(X), 3))
    W = alignment.least_squares_map(X, Y)
    assert np.allclose(W, np.linalg.pinv(X) @ Y, atol=1e-6)


def test_as_many_pairs_as_dimensions_blow_the_least_squares_map_up():
    """What the notebook meets at 100 pairs: an exact fit with huge entries."""
    rng = np.random.default_rng(3)
    Q, size = rotation(rng, 40), {}
    for n in (20, 40, 200):
        X = rng.normal(size=(n, 40))
        W = alignment.least_squares_map(X, X @ Q + 0.5 * rng.normal(size=X.shape))
        size[n] = np.linalg.norm(W)
    assert size[40] > 3 * size[20] and size[40] > 3 * size[200]


@given(SEEDS)
def test_normalise(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(9, 4)) * rng.uniform(0.1, 10, size=(9, 1))
    Z = alignment.normalise(X)
    centred = unit(X) - unit(X).mean(axis=0)
    assert np.allclose(np.linalg.norm(Z, axis=1), 1) and np.allclose(Z, unit(centred))
    Q = rotation(rng, 4)
    assert np.allclose(alignment.normalise(3 * X @ Q), Z @ Q)  # turning and stretching go through


# -------------------------------------------------------------------------------------------------------- retrieval
@pytest.mark.parametrize("n, m, k", [(5, 7, 1), (5, 7, 7), (40, 33, 3), (30, 1000, 10), (7, 2111, 4), (3, 64, 2)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nearest_equals_sorting_all(n, m, k, dtype, monkeypatch):
    monkeypatch.setattr(search, "CELLS", 16 * m)  # blocks of 16 rows
    rng = np.random.default_rng(n + m)
    X, Y = rng.normal(size=(n, 6)).astype(dtype), rng.normal(size=(m, 6)).astype(dtype)
    rows, cosines = alignment.nearest(X, Y, k)
    C = unit(X.astype(float)) @ unit(Y.astype(float)).T
    assert rows.shape == cosines.shape == (n, k)
    assert np.allclose(cosines, -np.sort(-C, axis=1)[:, :k], atol=1e-5)
    assert np.allclose(np.take_along_axis(C, rows, 1), cosines, atol=1e-5)
    assert all(len(set(row)) == k for row in rows)


@given(SEEDS)
def test_the_search_in_groups_is_exact_with_ties_too(seed):
    rng = np.random.default_rng(seed)
    m, k = int(rng.integers(1, 400)), int(rng.integers(1, 6))
    S = rng.integers(0, 9, size=(4, m)).astype(float)  # few values: ties everywhere
    k = min(k, m)
    where, values = search.largest(S, k)
    assert np.array_equal(values, -np.sort(-S, axis=1)[:, :k])
    assert np.array_equal(np.take_along_axis(S, where, 1), values) and all(len(set(w)) == k for w in where)
    assert np.array_equal(np.sort(search.largest_values(S, k)), np.sort(values))


@given(SEEDS)
def test_csls_equals_its_definition(seed):
    rng = np.random.default_rng(seed)
    n, m = (int(v) for v in rng.integers(4, 30, size=2))
    X, Y, k = rng.normal(size=(n, 3)), rng.normal(size=(m, 3)), int(rng.integers(1, 4))
    table = brute_csls(X, Y, k)
    rows, scores = alignment.csls(X, Y, k, best=min(3, m))
    assert np.allclose(scores, -np.sort(-table, axis=1)[:, : scores.shape[1]])
    assert np.allclose(np.take_along_axis(table, rows, 1), scores)
    pairs = {(i, j) for i, j in enumerate(table.argmax(axis=1)) if table[:, j].argmax() == i}
    assert {tuple(p) for p in alignment.mutual_nearest(X, Y, k).tolist()} == pairs


def test_csls_and_mutual_neighbours_over_many_blocks(monkeypatch):
    rng = np.random.default_rng(1)
    X, Y = rng.normal(size=(500, 8)), rng.normal(size=(430, 8))
    whole = alignment.csls(X, Y, 10, 5), alignment.mutual_nearest(X, Y), alignment.mutual_nearest(X, Y, 0)
    monkeypatch.setattr(search, "CELLS", 1)
    parts = alignment.csls(X, Y, 10, 5), alignment.mutual_nearest(X, Y), alignment.mutual_nearest(X, Y, 0)
    assert np.array_equal(whole[0][0], parts[0][0]) and np.allclose(whole[0][1], parts[0][1])
    assert np.array_equal(whole[1], parts[1]) and np.array_equal(whole[2], parts[2])
    table = brute_csls(X, Y, 10)
    assert np.array_equal(whole[0][0][:, 0], table.argmax(axis=1))


@given(SEEDS)
def test_mutual_neighbours_are_symmetric(seed):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(12, 3)), rng.normal(size=(15, 3))
    for k in (0, 3):
        forth, back = alignment.mutual_nearest(X, Y, k), alignment.mutual_nearest(Y, X, k)
        assert {tuple(p) for p in forth.tolist()} == {(i, j) for j, i in back.tolist()} and len(forth)


@given(SEEDS)
def test_retrieval_knows_directions_only(seed):
    rng = np.random.default_rng(seed)
    X, Y, Q = rng.normal(size=(10, 4)), rng.normal(size=(20, 4)), rotation(rng, 4)
    longer = X * rng.uniform(0.5, 5, size=(10, 1))
    assert np.array_equal(alignment.nearest(X, Y, 3)[0], alignment.nearest(longer @ Q, Y @ Q, 3)[0])
    assert np.allclose(alignment.csls(X, Y, 3)[1], alignment.csls(longer @ Q, 2 * Y @ Q, 3)[1])


def test_precision_and_its_growth_with_k():
    found = np.array([[1, 0, 2], [0, 1, 2], [2, 1, 0], [3, 1, 2]])
    assert alignment.precision(found[:, :1], np.array([1, 1, 1, 1])) == 0.25
    assert alignment.precision(found, np.array([1, 1, 1, 0])) == 0.75


# ------------------------------------------------------------------------------------------------------------- hubs
@given(SEEDS)
def test_hubs_sum_to_k_a_query_and_skewness_is_scipys(seed):
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(30, 4)), rng.normal(size=(25, 4))
    counts = alignment.hubs(X, Y, 5)
    C = unit(X) @ unit(Y).T
    assert counts.sum() == 150
    assert counts.tolist() == [sum(j in np.argsort(-row)[:5] for row in C) for j in range(25)]
    assert alignment.skewness(counts) == pytest.approx(scipy.stats.skew(counts))


def test_hubs_come_with_dimension_by_distance_and_csls_thins_them():
    from lib.word_vectors.demos.dictionary import _hub_counts

    skew = {(d, m): alignment.skewness(_hub_counts(d, m)) for d in (2, 64) for m in ("distance", "cosine")}
    assert skew[64, "distance"] > skew[2, "distance"] + 2 and abs(skew[64, "cosine"]) < 0.8
    off, scaled = (_hub_counts(64, f"{name}, off centre") for name in ("cosine", "CSLS"))
    assert off.max() > 2 * scaled.max() and alignment.skewness(off) > alignment.skewness(scaled) + 0.5
    assert all(_hub_counts(round(float(s["dimension"])), s["measure"]).max() < 360 for s in _states())


def _states():
    from lib.word_vectors import demos

    return demos.hubness.states()


# ------------------------------------------------------------------------------------------------------- refinement
def clouds(seed=0, n=300, d=10, noise=0.15):
    rng = np.random.default_rng(seed)
    Y = rng.normal(size=(n, d)) * np.linspace(1.5, 0.7, d)
    X = (Y + noise * rng.normal(size=Y.shape)) @ rotation(rng, d)
    return X, Y


def test_refinement_grows_a_dictionary_from_a_few_pairs():
    X, Y = clouds()
    gold = np.arange(len(X))
    start = np.column_stack([gold[:5], gold[:5]])
    run = alignment.refine(X, Y, start, steps=5, fill=False)
    assert len(run.maps) == len(run.dictionaries) == 6 and np.array_equal(run.dictionaries[0], start)
    right = [alignment.precision(alignment.csls(X @ W, Y)[0], gold) for W in run.maps]
    assert right[0] < 0.9 < 0.98 < right[-1] and run.W is run.maps[-1]
    again = alignment.refine(X, Y, start, steps=5, fill=False)
    assert all(np.array_equal(a, b) for a, b in zip(run.maps, again.maps, strict=True))


def test_a_step_is_procrustes_on_the_mutual_neighbours():
    X, Y = (unit(M) for M in clouds(1))
    run = alignment.refine(X, Y, np.array([[i, i] for i in range(12)]), steps=1)
    pairs = alignment.mutual_nearest(X @ run.maps[0], Y)
    assert np.array_equal(pairs, run.dictionaries[1])
    assert np.allclose(run.W, alignment.procrustes(X[pairs[:, 0]], Y[pairs[:, 1]]))
    none = alignment.refine(X, Y, pairs, steps=0)
    assert len(none.maps) == 1


# -------------------------------------------------------------------------------------------------------- bad input
A, B = np.random.default_rng(0).normal(size=(2, 6, 3))
ZERO, NAN = A.copy(), A.copy()
ZERO[2], NAN[1, 1] = 0, np.nan


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: alignment.procrustes(A, B[:5]), ValueError, "row i of Y must be the translation"),
        (lambda: alignment.procrustes(A, B[:, :2]), ValueError, "as many in both"),
        (lambda: alignment.procrustes(A[0], B[0]), ValueError, "matrix"),
        (lambda: alignment.procrustes(NAN, B), ValueError, "NaN"),
        (lambda: alignment.procrustes(np.empty((0, 3)), np.empty((0, 3))), ValueError, "empty"),
        (lambda: alignment.procrustes(A, B * 1j), TypeError, "complex"),
        (lambda: alignment.least_squares_map(A, B[:4]), ValueError, "6 rows and Y 4"),
        (lambda: alignment.least_squares_map(A, np.inf * B), ValueError, "infinite"),
        (lambda: alignment.normalise(ZERO), ValueError, "row 2 of X is zero"),
        (lambda: alignment.normalise(np.ones((4, 2))), ValueError, "mean taken off"),
        (lambda: alignment.nearest(A, B, 7), ValueError, "at most 6"),
        (lambda: alignment.nearest(A, B, 0), ValueError, "at least 1"),
        (lambda: alignment.nearest(A, B, 1.5), TypeError, "whole number"),
        (lambda: alignment.nearest(A, B[:, :2]), ValueError, "dimensions"),
        (lambda: alignment.nearest(ZERO, B), ValueError, "row 2 of X is zero"),
        (lambda: alignment.nearest(A, ZERO), ValueError, "row 2 of Y is zero"),
        (lambda: alignment.nearest(NAN.astype(np.float32), B), ValueError, "NaN"),
        (lambda: alignment.neighbourhood(A, B, 9), ValueError, "at most 6"),
        (lambda: alignment.csls(A, B, 7), ValueError, "at most 6"),
        (lambda: alignment.csls(A, B, 2, best=0), ValueError, "best"),
        (lambda: alignment.csls(A[:2], B, 3), ValueError, "at most 2"),
        (lambda: alignment.mutual_nearest(A, B, -1), ValueError, "at least 0"),
        (lambda: alignment.mutual_nearest(A, "words"), TypeError, "real numbers"),
        (lambda: alignment.precision([[1.0]], [1]), TypeError, "whole numbers"),
        (lambda: alignment.precision([[1], [2]], [1]), ValueError, "2 rows"),
        (lambda: alignment.precision([1, 2], [1, 2]), ValueError, "2 axes"),
        (lambda: alignment.occurrences([[0, 7]], 3), ValueError, "from 0 to 2"),
        (lambda: alignment.occurrences(np.empty((0, 2), int), 3), ValueError, "shape"),
        (lambda: alignment.hubs(A, B, 0), ValueError, "at least 1"),
        (lambda: alignment.skewness([2.0, 2.0]), ValueError, "all equal"),
        (lambda: alignment.skewness([]), ValueError, "empty"),
        (lambda: alignment.refine(A, B, [[0, 6]]), ValueError, "rows of X"),
        (lambda: alignment.refine(A, B, [[0, 1, 2]]), ValueError, "two columns"),
        (lambda: alignment.refine(A, B, [[0.0, 1.0]]), TypeError, "whole numbers"),
        (lambda: alignment.refine(A, B, [[0, 1]], steps=-1, k=2), ValueError, "steps"),
        (lambda: alignment.refine(A, B, [[0, 1]], k=7), ValueError, "at most 6"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_it_imports_without_pytorch():
    code = (
        "import sys; sys.modules['torch'] = None; import lib.word_vectors.alignment, lib.word_vectors.demos.dictionary"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
