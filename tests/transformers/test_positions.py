"""Positions: rotations against complex numbers and the popular formula, both conventions, and the laws they keep."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.transformers import attention, beyond
from lib.transformers import positions as P

close = lambda a, b: np.allclose(a, b, rtol=1e-9, atol=1e-9)
pairs = st.integers(1, 4).map(lambda n: 2 * n)


def rotate_half(x):
    """As many libraries write it."""
    a, b = x.chunk(2, dim=-1)
    return torch.cat((-b, a), dim=-1)


@settings(max_examples=80, deadline=None)
@given(B=st.integers(1, 3), T=st.integers(1, 6), d=pairs, start=st.integers(0, 500), seed=st.integers(0, 10**6))
def test_rotations_are_products_of_complex_numbers_and_the_popular_formula(B, T, d, start, seed):
    X, places = np.random.default_rng(seed).normal(size=(B, T, d)), np.arange(start, start + T)
    angles = torch.outer(torch.tensor(places, dtype=torch.float64), 1.0 / 10000 ** (torch.arange(0, d, 2).double() / d))
    x = torch.tensor(X)
    turned = torch.view_as_complex(x.view(B, T, -1, 2)) * torch.polar(torch.ones_like(angles), angles)
    assert close(P.rotate(X, places), torch.view_as_real(turned).flatten(-2))
    wide = torch.cat([angles, angles], -1)
    assert close(P.rotate(X, places, halves=True), x * wide.cos() + rotate_half(x) * wide.sin())


@settings(max_examples=80, deadline=None)
@given(T=st.integers(1, 6), d=pairs, by=st.integers(-300, 3000), halves=st.booleans(), seed=st.integers(0, 10**6))
def test_scores_depend_on_the_difference_of_places_alone(T, d, by, halves, seed):
    Q, K = np.random.default_rng(seed).normal(size=(2, T, d))
    places = np.arange(T)
    scores = lambda at: P.rotate(Q, at, halves=halves) @ P.rotate(K, at, halves=halves).T
    assert np.allclose(scores(places), scores(places + by), rtol=1e-7, atol=1e-8)
    assert np.allclose(np.linalg.norm(P.rotate(Q, places + by), axis=1), np.linalg.norm(Q, axis=1))


@settings(max_examples=60, deadline=None)
@given(T=st.integers(1, 5), d=pairs, seed=st.integers(0, 10**6))
def test_the_two_conventions_differ_by_an_order_of_entries(T, d, seed):
    X, places, order = np.random.default_rng(seed).normal(size=(T, d)), np.arange(3, 3 + T), P.half_split_order(d)
    assert close(P.rotate(X, places)[:, order], P.rotate(X[:, order], places, halves=True))
    back = np.argsort(order)
    assert close(P.rotate(X, places, halves=True)[:, back], P.rotate(X[:, back], places))
    assert sorted(order) == list(range(d))


@settings(max_examples=60, deadline=None)
@given(t=st.integers(-50, 500), k=st.integers(-50, 500), d=pairs, base=st.sampled_from([10.0, 10_000.0]))
def test_a_shift_turns_sinusoids(t, k, d, base):
    R = P.shift_matrix(k, d, base)
    assert np.allclose(P.sinusoids([t], d, base) @ R, P.sinusoids([t + k], d, base), atol=1e-9)
    assert np.allclose(R @ R.T, np.eye(d), atol=1e-12)


def test_the_paper_s_formula_entry_by_entry():
    table = P.sinusoids(np.arange(7), 6)
    for pos in range(7):
        for i in range(3):
            assert table[pos, 2 * i] == pytest.approx(np.sin(pos / 10000 ** (2 * i / 6)), abs=1e-14)
            assert table[pos, 2 * i + 1] == pytest.approx(np.cos(pos / 10000 ** (2 * i / 6)), abs=1e-14)


def test_a_cache_of_turned_keys_gives_every_step_of_the_whole():
    rng = np.random.default_rng(2)
    Q, K, V = rng.normal(size=(3, 6, 4))
    places = np.arange(6)
    whole = attention.attention(P.rotate(Q, places), P.rotate(K, places), V, attention.causal_mask(6))
    cached = np.zeros((0, 4))
    for t in range(6):
        cached = np.vstack([cached, P.rotate(K[t : t + 1], [t])])
        step = attention.attention(P.rotate(Q[t : t + 1], [t]), cached, V[: t + 1])
        assert close(step[0], whole[t])
    again = attention.attention(P.rotate(Q[5:], [5]), P.rotate(cached, places), V)
    assert not np.allclose(again[0], whole[5], atol=1e-3)


def test_the_layer_that_is_trained_is_ours():
    """Its scores, from its own weights, by the numpy of this chapter."""
    draw = torch.Generator().manual_seed(1)
    for kind in beyond.KINDS:
        weights = beyond._random_weights(kind, 9, draw)
        ids = torch.randint(beyond.SYMBOLS, (2, 9), generator=draw)
        theirs = beyond._scores(kind, weights, ids).detach().numpy()
        w = {name: value.detach().double().numpy() for name, value in weights.items()}
        x, places = w["symbols"][ids.numpy()], np.arange(9)
        x = x + (w["places"] if kind == "learned" else P.sinusoids(places, 32) if kind == "sinusoids" else 0)
        q, k, v = (x @ w[n] for n in "qkv")
        if kind == "rotations":
            q, k = P.rotate(q, places), P.rotate(k, places)
        mine = attention.attention(q, k, v, attention.causal_mask(9)) @ w["out"]
        assert np.allclose(mine, theirs, atol=1e-4), kind


def test_a_short_training_learns_and_gives_the_same_twice():
    one, other = (beyond.share_right("rotations", 3, 120, T=12, longest=16) for _ in range(2))
    assert np.array_equal(one, other) and one.shape == (13,)
    assert one[:9].mean() > 0.5 > beyond.share_right("none", 3, 120, T=12, longest=16).mean()


BAD = [
    (lambda: P.rotate(np.ones((2, 3)), [0, 1]), ValueError, "d must be even, but is 3"),
    (lambda: P.rotate(np.ones((2, 4)), [0, 1, 2]), ValueError, "2 places, but 3 are given"),
    (lambda: P.rotate(np.ones(4), [0]), ValueError, r"\(…, T, d\)"),
    (lambda: P.sinusoids([0.0], 5), ValueError, "even"),
    (lambda: P.frequencies(4, 1.0), ValueError, "base must be greater than 1"),
    (lambda: beyond.share_right("signs", 0, 1), ValueError, "'rotations', but is 'signs'"),
    (lambda: beyond.share_right("none", 0, 1, T=3), ValueError, "T must be at least 4"),
]


@pytest.mark.parametrize(("call", "kind", "words"), BAD)
def test_bad_input_is_told(call, kind, words):
    with pytest.raises(kind, match=words):
        call()
