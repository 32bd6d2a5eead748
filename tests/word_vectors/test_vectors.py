"""A table of vectors: neighbours and analogies against plain loops and gensim, laws, files, bad input."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.word_vectors.vectors import WordVectors

RNG = np.random.default_rng(2)
WORDS = tuple(f"w{i}" for i in range(40))
V = WordVectors(WORDS, RNG.normal(size=(40, 6)) * RNG.uniform(0.1, 9, size=(40, 1)))


def test_neighbours_and_analogies_equal_gensims():
    keyed = pytest.importorskip("gensim.models").KeyedVectors(6)
    keyed.add_vectors(list(WORDS), V.matrix)
    for word in WORDS[:10]:
        mine, theirs = V.neighbours(word, 7), keyed.most_similar(word, topn=7)
        assert [w for w, _ in mine] == [w for w, _ in theirs]
        assert np.allclose([s for _, s in mine], [s for _, s in theirs], atol=1e-6)
    for a, b, c in zip(WORDS[:10], WORDS[10:20], WORDS[20:30], strict=True):
        assert V.analogy(a, b, c)[0][0] == keyed.most_similar(positive=[b, c], negative=[a], topn=1)[0][0]
        assert V.similarity(a, b) == pytest.approx(keyed.similarity(a, b), abs=1e-6)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6))
def test_lengths_and_rotations_change_nothing(seed):
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.normal(size=(6, 6)))[0]
    turned = WordVectors(WORDS, (V.matrix * rng.uniform(0.5, 2, size=(40, 1))) @ Q)
    for word in WORDS[:3]:
        one, two = dict(V.neighbours(word, 39)), dict(turned.neighbours(word, 39))
        assert one.keys() == two.keys() and np.allclose([one[w] for w in one], [two[w] for w in one], atol=1e-5)


def test_nearest_in_bulk_is_neighbours_one_by_one():
    near = V.nearest(np.arange(40), 5)
    for i, row in enumerate(near):
        assert [WORDS[j] for j in row] == [w for w, _ in V.neighbours(WORDS[i], 5)]


def test_more_neighbours_than_words_and_words_left_out():
    assert len(V.neighbours("w0", 100)) == 39
    assert {w for w, _ in V.neighbours("w0", 100, without=("w1", "nobody"))} == set(WORDS[2:])


def test_files_and_parts(tmp_path):
    V.save(tmp_path / "v.npz")
    again = WordVectors.load(tmp_path / "v.npz")
    assert again.words == WORDS and np.array_equal(again.matrix, V.matrix)
    assert V.first(3).words == WORDS[:3] and len(V.first(3)) == 3 and "w3" not in V.first(3)
    assert V.some([5, 2]).words == ("w5", "w2") and np.array_equal(V.some([5, 2]).matrix, V.matrix[[5, 2]])
    assert V.nearest([], 3).shape == (0, 3)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: WordVectors(("a",), np.ones((2, 2))), ValueError, "2 rows"),
        (lambda: WordVectors(("a", "a"), np.ones((2, 2))), ValueError, "there twice"),
        (lambda: WordVectors(("a", "b"), np.array([[1.0, 0], [0, 0]])), ValueError, "'b' is zero"),
        (lambda: WordVectors(("a",), np.array([[np.inf]])), ValueError, "infinite"),
        (lambda: V.similarity("w0", "zebra"), KeyError, "not among the 40 words"),
        (lambda: V.neighbours("w0", 0), ValueError, "at least 1"),
        (lambda: V.neighbours(np.zeros(6)), ValueError, "is zero"),
        (lambda: V.neighbours(np.ones(5)), ValueError, "5 entries"),
        (lambda: V.analogy("w0", "w1", "zebra"), KeyError, "zebra"),
        (lambda: V.nearest([0], 40), ValueError, "at most 39"),
        (lambda: V.some([0, 40]), ValueError, "rows must hold whole numbers from 0 to 39"),
        (lambda: V.some([0, 0]), ValueError, "there twice"),
        (lambda: V.first(0), ValueError, "at least 1"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
