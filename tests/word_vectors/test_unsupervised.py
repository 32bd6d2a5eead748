"""VecMap: profiles that turning leaves alone, a first dictionary, self-learning; the criterion; the orthogonality step."""

import numpy as np
import pytest
import scipy.linalg
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.word_vectors import alignment, unsupervised

SEEDS = st.integers(0, 10**6)


def spaces(n=80, d=8, noise=0.05, seed=0):
    """Return two clouds (n, d), the second turned, shuffled and blurred, and for each row of the first its partner's row."""
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(1.5, 0.5, d) + rng.exponential(size=(n, 1))
    Q, order = scipy.stats.ortho_group.rvs(d, random_state=rng), rng.permutation(n)
    Y = ((X + noise * rng.normal(size=X.shape)) @ Q)[order]
    return alignment.normalise(X), alignment.normalise(Y), np.argsort(order)


@given(SEEDS)
def test_profiles_know_neither_coordinates_nor_order(seed):
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(12, 4))
    Q, order = scipy.stats.ortho_group.rvs(4, random_state=rng), rng.permutation(12)
    assert np.allclose(unsupervised.similarity_profile((X @ Q)[order]), unsupervised.similarity_profile(X)[order])


@given(SEEDS)
def test_the_root_is_scipys(seed):
    X = np.random.default_rng(seed).normal(size=(7, 9))  # full rank: sqrtm is at ease
    root = np.sort(scipy.linalg.sqrtm(X @ X.T).real, axis=1)
    assert np.allclose(unsupervised.similarity_profile(X), alignment.normalise(root), atol=1e-6)


def test_the_first_dictionary_of_equal_spaces_is_the_shuffle():
    X, Y, gold = spaces(noise=0)
    pairs = unsupervised.first_dictionary(X, Y)
    assert np.array_equal(pairs, np.column_stack([np.arange(len(X)), gold]))
    pairs = unsupervised.first_dictionary(X, Y[:50])  # the words that both have by number
    assert pairs.min() >= 0 and pairs.max() < 50


@pytest.mark.parametrize("seed", range(3))
def test_vecmap_finds_the_words_without_a_pair(seed):
    X, Y, gold = spaces(n=300, d=12, noise=0.15, seed=seed)
    start = unsupervised.first_dictionary(X, Y)
    run = unsupervised.vecmap(X, Y, patience=5, seed=seed)
    found = alignment.csls(X @ run.W, Y)[0]
    assert (gold[start[:, 0]] == start[:, 1]).mean() < 0.9, "the start is worse than what comes of it"
    assert alignment.precision(found, gold) > 0.95
    assert np.allclose(run.W.T @ run.W, np.eye(12), atol=1e-5)
    assert np.all(np.diff(run.kept) >= 0) and run.kept[0] == 0.1 and run.kept[-1] == 1
    assert run.objective[-1] > run.objective[0]


def test_vecmap_is_the_same_for_a_seed_and_goes_on_from_pairs():
    X, Y, gold = spaces(n=120)
    one, two = (unsupervised.vecmap(X, Y, patience=3, seed=4) for _ in range(2))
    assert np.array_equal(one.W, two.W) and np.array_equal(one.objective, two.objective)
    given_pairs = np.column_stack([np.arange(10), gold[:10]])
    told = []
    run = unsupervised.vecmap(X, Y, given_pairs, patience=3, share=0.5, report=told.append)
    assert alignment.precision(alignment.csls(X @ run.W, Y)[0], gold) > 0.9
    assert told == sorted(told) and told[-1] == 1


def test_at_a_share_of_one_vecmap_is_plain_iteration():
    """Without chance a step is: fit, take both directions' best by CSLS. Done by hand with a dense table."""
    X, Y, gold = spaces(n=60)
    pairs = np.column_stack(
        [np.arange(14), np.roll(gold[:14], 3)]
    )  # more than dimensions, so that the first W is unique; all wrong
    run = unsupervised.vecmap(X, Y, pairs, share=1, patience=2)
    A, B = alignment.normalise(X), alignment.normalise(Y)
    objective = []
    for _ in range(len(run.objective)):
        W = scipy.linalg.orthogonal_procrustes(A[pairs[:, 0]], B[pairs[:, 1]])[0]
        S = A @ W @ B.T
        objective.append((S.max(0).mean() + S.max(1).mean()) / 2)
        T = 2 * S - np.sort(S, 1)[:, -10:].mean(1)[:, None] - np.sort(S, 0)[-10:].mean(0)
        forth, back = np.stack([np.arange(60), T.argmax(1)], 1), np.stack([T.argmax(0), np.arange(60)], 1)
        last, pairs = pairs, np.concatenate([forth, back])
    assert np.allclose(run.objective, objective) and np.allclose(run.W, W) and np.array_equal(run.pairs, last)


def test_a_share_is_kept_of_the_cosines():
    rng = np.random.default_rng(0)
    S = np.tile(np.arange(50.0), (4000, 1))  # the best is the last column, if it is looked at
    pairs = unsupervised._partners(S.copy(), 1, 0.3, rng)
    assert (pairs[:4000, 1] == 49).mean() == pytest.approx(0.3, abs=0.03)


@given(SEEDS)
def test_the_criterion_counts_only_directions(seed):
    X, Y, gold = spaces(n=40, d=5, noise=0, seed=seed)
    W = alignment.procrustes(X, Y[gold])
    for changes in (
        {"k": 1},
        {"k": 1, "frequent": 7},
    ):  # with one neighbour as the crowd a word's own twin is never beaten
        assert unsupervised.criterion(X, Y, W, **changes) == pytest.approx(1)
    assert unsupervised.criterion(X, Y, 3 * W) == pytest.approx(unsupervised.criterion(X, Y, W))
    assert unsupervised.criterion(X, Y, np.eye(5)) < 1


@given(SEEDS, st.floats(0.001, 0.5))
@settings(max_examples=40)
def test_the_orthogonality_step_brings_singular_values_to_one(seed, beta):
    rng = np.random.default_rng(seed)
    U, V = (scipy.stats.ortho_group.rvs(4, random_state=rng) for _ in range(2))
    s = np.sort(rng.uniform(0.2, 1.4, size=4))[::-1]
    W = (U * s) @ V
    after = unsupervised.orthogonality_step(W, beta)
    assert np.allclose(after, (U * (s + beta * s * (1 - s**2))) @ V)
    assert np.abs(np.linalg.svd(after, compute_uv=False) - 1).max() <= np.abs(s - 1).max() + 1e-12
    orthogonal = U @ V
    assert np.allclose(unsupervised.orthogonality_step(orthogonal, beta), orthogonal)


X, Y, GOLD = spaces(n=30)
NAN = np.where(np.eye(30, 8) > 0, np.nan, X)


@pytest.mark.parametrize(
    "call, error, says",
    [
        (lambda: unsupervised.similarity_profile(X[0]), ValueError, "axes"),
        (lambda: unsupervised.similarity_profile(NAN), ValueError, "nan"),
        (lambda: unsupervised.similarity_profile(np.eye(4)), ValueError, "row"),
        (lambda: unsupervised.first_dictionary(X, Y, k=0), ValueError, "at least 1"),
        (lambda: unsupervised.vecmap(X, Y[:, :5]), ValueError, "8 dimensions and Y 5"),
        (lambda: unsupervised.vecmap(NAN, Y), ValueError, "nan"),
        (lambda: unsupervised.vecmap(X, Y, share=0), ValueError, "greater than 0"),
        (lambda: unsupervised.vecmap(X, Y, share=1.5), ValueError, "at most 1"),
        (lambda: unsupervised.vecmap(X, Y, patience=0), ValueError, "at least 1"),
        (lambda: unsupervised.vecmap(X, Y, tol=-1), ValueError, "at least 0"),
        (lambda: unsupervised.vecmap(X, Y, frequent=1), ValueError, "at least 2"),
        (lambda: unsupervised.vecmap(X, Y, seed=-1), ValueError, "at least 0"),
        (lambda: unsupervised.vecmap(X, Y, [[0.5, 1.0]]), TypeError, "whole numbers"),
        (lambda: unsupervised.vecmap(X, Y, [0, 1]), ValueError, "two columns"),
        (lambda: unsupervised.vecmap(X, Y, np.empty((0, 2), int)), ValueError, "two columns"),
        (lambda: unsupervised.vecmap(X, Y, [[0, 30]]), ValueError, "0 to 29"),
        (lambda: unsupervised.criterion(X, Y, np.eye(5)), ValueError, "(8, 8)"),
        (lambda: unsupervised.criterion(X, Y, np.eye(8), k=0), ValueError, "at least 1"),
        (lambda: unsupervised.criterion(X, Y, np.zeros((8, 8))), ValueError, "zero"),
        (lambda: unsupervised.criterion(X, Y, np.eye(8), frequent=0), ValueError, "at least 1"),
        (lambda: unsupervised.orthogonality_step(np.ones((2, 3))), ValueError, "square"),
        (lambda: unsupervised.orthogonality_step(np.eye(2), 0), ValueError, "greater than 0"),
        (lambda: unsupervised.orthogonality_step(np.full((2, 2), np.inf)), ValueError, "inf"),
    ],
)
def test_bad_input_is_named(call, error, says):
    with pytest.raises(error) as raised:
        call()
    assert says.lower() in str(raised.value).lower()
