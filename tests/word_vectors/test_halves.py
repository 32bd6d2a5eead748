"""Two halves of a corpus: nothing in common, the same every time, and gold that is gold."""

import numpy as np
import pytest

from lib.word_vectors import halves, training
from lib.word_vectors.vectors import WordVectors

RNG = np.random.default_rng(0)
WORDS = [f"w{i}" for i in range(30)]
TEXT = [[WORDS[i] for i in RNG.integers(30, size=8)] for _ in range(600)]
SETTINGS = training.Settings(dimension=8, epochs=1, seed=4)


def test_halves_share_no_sentence_and_lose_none():
    numbered = [[str(i)] for i in range(101)]
    one, other = halves.cut(numbered, seed=3)
    assert len(one) == 50 and len(other) == 51 and sorted(one + other) == sorted(numbered)
    assert halves.cut(numbered, seed=3) == (one, other) and halves.cut(numbered, seed=4)[0] != one


def test_spaces_are_those_of_training_alone_on_one_half():
    one, other = halves.cut(TEXT)
    spaces = halves.train_apart(one, other, SETTINGS, shared=5, rare=2)
    assert set(spaces.source.words) == set(WORDS) and len(spaces) == 30
    assert all(spaces.target.words[g] == w for g, w in zip(spaces.gold, spaces.source.words, strict=True))
    from lib.word_vectors import vocabulary

    for part, got, seed in ((one, spaces.source, 4), (other, spaces.target, 5)):
        alone = training.train(vocabulary.read(part, 2), dimension=8, epochs=1, seed=seed).vectors()
        assert got.words == alone.words and np.array_equal(got.matrix, alone.matrix)


def test_words_that_one_half_hardly_knows_are_left_out():
    one, other = [["a", "b", "c"]] * 9, [["a", "b", "d"]] * 9 + [["a", "b", "c"]]
    spaces = halves.train_apart(one, other, SETTINGS, shared=3, rare=1)
    assert set(spaces.source.words) == set(spaces.target.words) == {"a", "b"}


def test_what_is_learned_is_not_asked():
    vectors = WordVectors(tuple(WORDS), RNG.normal(size=(30, 3)))
    spaces = halves.Spaces(vectors, WordVectors(tuple(WORDS[::-1]), vectors.matrix[::-1]))
    learn, asked = spaces.deal(10, seed=1)
    assert sorted([*learn, *asked]) == list(range(30)) and len(asked) == 10 and (np.diff(learn) > 0).all()
    assert np.array_equal(asked, spaces.deal(10, seed=1)[1]) and np.array_equal(spaces.gold, np.arange(30)[::-1])


def test_the_frequent_part_holds_the_same_words_on_both_sides():
    vectors = WordVectors(tuple(WORDS), RNG.normal(size=(30, 3)))
    order = RNG.permutation(30)
    spaces = halves.Spaces(vectors, vectors.some(order))
    part = spaces.first(7)
    assert part.source.words == tuple(WORDS[:7]) and part.target.words == tuple(WORDS[i] for i in order if i < 7)
    assert np.array_equal(part.target.matrix[part.gold], vectors.matrix[:7])
    with pytest.raises(ValueError, match="at most 30"):
        spaces.first(31)


def test_several_texts_are_trained_each_by_its_name():
    from lib.word_vectors import vocabulary

    texts = {"one": vocabulary.read(TEXT[:300], 1), "two": vocabulary.read(TEXT[300:], 1)}
    made = training.train_all(texts, {"two": SETTINGS, "one": SETTINGS})
    assert list(made) == ["two", "one"] and all(made[name].text is texts[name] for name in texts)


SOME = WordVectors(("a", "b"), np.eye(2))


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: halves.cut([["a"]]), ValueError, "at least two sentences"),
        (lambda: halves.cut(TEXT, -1), ValueError, "seed"),
        (lambda: halves.cut(TEXT, 0.5), TypeError, "whole number"),
        (lambda: halves.train_apart([["a", "b"]] * 9, [["c", "d"]] * 9, SETTINGS), ValueError, "no word"),
        (lambda: halves.train_apart([["a", "b"]] * 30, [["c", "d"]] * 30, SETTINGS), ValueError, "in both parts"),
        (lambda: halves.train_apart(TEXT, TEXT, SETTINGS, shared=0), ValueError, "shared"),
        (lambda: halves.train_apart(["a sentence"], TEXT, SETTINGS), TypeError, "list of words"),
        (lambda: halves.Spaces(SOME, WordVectors(("a", "c"), np.eye(2))), ValueError, "the same words"),
        (lambda: halves.Spaces(SOME, SOME).deal(2), ValueError, "at most 1"),
        (lambda: halves.Spaces(SOME, SOME).deal(0), ValueError, "at least 1"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
