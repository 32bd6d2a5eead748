"""Pseudo-words: planted where they should be, and told apart as far as the vectors allow."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.spatial.distance import cdist
from sklearn.metrics import balanced_accuracy_score

from lib.word_vectors import senses, vocabulary
from lib.word_vectors.vectors import WordVectors

RNG = np.random.default_rng(5)
WORDS = tuple(f"{a}{b}{c}x" for a in "bcdf" for b in "aeio" for c in "mn")
SOME = vocabulary.Vocabulary(WORDS, np.arange(100, 100 + len(WORDS))[::-1])
TABLE = WordVectors(("red", "blue", "green"), np.array([[2.0, 0], [0, 3], [4, 4]]))


def test_pairs_are_alike_in_frequency_and_unlike_in_spelling():
    pairs = senses.choose_pairs(SOME, 10, 100, 200, seed=1)
    flat = [word for pair in pairs for word in pair]
    assert len(set(flat)) == 20 and pairs == senses.choose_pairs(SOME, 10, 100, 200, seed=1)
    assert pairs != senses.choose_pairs(SOME, 10, 100, 200, seed=2)
    for one, other in pairs:
        a, b = (SOME.counts[SOME.number(w)] for w in (one, other))
        assert max(a, b) <= 1.25 * min(a, b) and one[:3] != other[:3]


def test_stop_words_and_short_words_are_not_chosen():
    some = vocabulary.Vocabulary(("the", "ab", "matrix", "colour"), np.full(4, 9))
    assert {*senses.choose_pairs(some, 1, 5, 10)[0]} == {"matrix", "colour"}
    with pytest.raises(ValueError, match="make only 0"):
        senses.choose_pairs(some, 1, 5, 10, without=["colour"])


def test_planted_words_can_be_read_back():
    text = [["a", "red", "line"], ["blue"], ["red", "blue", "red"], ["none"]]
    new, places = senses.plant(text, [("blue", "red")])
    assert new == [["a", "blue/red", "line"], ["blue/red"], ["blue/red"] * 3, ["none"]]
    assert places.tolist() == [[0, 1, 0, 1], [1, 0, 0, 0], [2, 0, 0, 1], [2, 1, 0, 0], [2, 2, 0, 1]]
    assert text[0][1] == "red", "the given sentences stay as they are"
    assert senses.plant([["x"]], [("a", "b")])[1].shape == (0, 4)
    assert senses.find(new, "blue/red").tolist() == [p[:2] for p in places.tolist()]
    assert senses.find(new, "nowhere").shape == (0, 2)
    assert senses.snippet(text[0], 1) == "a [red] line" and senses.snippet(text[2], 2, 1) == "blue [red]"


def test_window_means_by_hand():
    text = [["red", "?", "blue", "green"], ["other"]]
    found = senses.window_means(TABLE, text, [(0, 1), (0, 3), (1, 0)], window=2)
    assert np.allclose(found[0], np.mean(TABLE.unit[[0, 1, 2]], axis=0))
    assert np.allclose(found[1], TABLE.unit[1]) and not found[2].any()
    assert np.allclose(senses.window_means(TABLE, text, [(0, 1)], 1)[0], np.mean(TABLE.unit[[0, 1]], axis=0))
    sides = senses.window_means(TABLE, text, [(0, 2), (0, 3)], 2, apart=True)
    assert np.allclose(sides[0], [*TABLE.unit[0], *TABLE.unit[2]])
    assert np.allclose(sides[1], [*TABLE.unit[1], 0, 0])


def test_told_apart_is_the_nearest_mean_by_distance_on_the_sphere():
    """With one draw, beside scipy's distances and scikit-learn's accuracy."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        X = rng.normal(size=(60, 4)) + np.repeat([[1.0, 0, 0, 0], [0, 0.5, 0, 0]], 30, axis=0)
        which = np.repeat([0, 1], 30)
        found = senses.told_apart(X, which, labelled=6, draws=1, seed=seed)
        again, unit = np.random.default_rng(seed), X / np.linalg.norm(X, axis=1, keepdims=True)
        dealt = [again.permutation(np.flatnonzero(which == w)) for w in (0, 1)]
        asked = np.concatenate([d[6:] for d in dealt])
        means = np.stack([unit[d[:6]].mean(0) for d in dealt])
        said = cdist(unit[asked], means, "cosine").argmin(axis=1)
        assert found == pytest.approx(balanced_accuracy_score(which[asked], said))


def test_what_is_equal_cannot_be_told_apart_and_what_is_apart_can():
    which = np.array([0] * 30 + [1] * 10)
    assert senses.told_apart(np.tile(RNG.normal(size=5), (40, 1)), which) == 0.5
    assert senses.told_apart(np.zeros((40, 3)), which) == 0.5
    assert senses.told_apart(np.where(which[:, None] == 0, [1.0, 0], [0.0, 2]), which) == 1.0


@given(hnp.arrays(float, (3, 4, 5), elements=st.floats(-5, 5)), hnp.arrays(float, 3, elements=st.floats(-9, 9)))
@settings(deadline=None)
def test_a_mix_lies_between_its_layers(layers, scores):
    mixed = senses.mix(layers, scores)
    assert (mixed <= layers.max(axis=0) + 1e-9).all() and (mixed >= layers.min(axis=0) - 1e-9).all()
    assert np.allclose(senses.mix(layers, scores + 3.0, 2.0), 2 * mixed)


NAN = np.array([[1.0, np.nan], [0, 1]])


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: senses.choose_pairs(SOME, 17, 100, 200), ValueError, "make only"),
        (lambda: senses.choose_pairs(SOME, 0, 1, 2), ValueError, "n must"),
        (lambda: senses.choose_pairs(SOME, 1, 5, 4), ValueError, "high"),
        (lambda: senses.plant([["a"]], [("a", "b"), ("b", "c")]), ValueError, "one pair only"),
        (lambda: senses.plant([["a"]], [("a", "a")]), ValueError, "one pair only"),
        (lambda: senses.plant(["a b"], [("a", "b")]), TypeError, "list of words"),
        (lambda: senses.snippet(["a"], 1), ValueError, "at most 0"),
        (lambda: senses.window_means(TABLE, [["a"]], [(0, 0)], 0), ValueError, "window"),
        (lambda: senses.mix(np.zeros((2, 3)), [1, 2]), ValueError, "3 axes"),
        (lambda: senses.mix(np.zeros((2, 3, 4)), [1.0]), ValueError, "layers"),
        (lambda: senses.mix(np.zeros((1, 3, 4)), [np.nan]), ValueError, "NaN"),
        (lambda: senses.mix(np.zeros((1, 3, 4)), [1.0], np.inf), ValueError, "infinite"),
        (lambda: senses.told_apart(np.eye(4), [0, 1, 0]), ValueError, "each of the 4 rows"),
        (lambda: senses.told_apart(np.eye(4), [0, 1, 2, 0]), ValueError, "0 or a 1"),
        (lambda: senses.told_apart(np.eye(4), [0, 1, 0, 1], 2), ValueError, "leave none"),
        (lambda: senses.told_apart(NAN, [0, 1]), ValueError, "NaN"),
        (lambda: senses.mean_cosine(np.eye(1)), ValueError, "two rows"),
        (lambda: senses.mean_cosine(np.zeros((3, 2))), ValueError, "zero"),
        (lambda: senses.mean_cosine(NAN), ValueError, "NaN"),
        (lambda: senses.mean_cosine(np.array([["a"]])), TypeError, "real numbers"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
