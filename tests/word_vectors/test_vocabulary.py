"""Vocabularies and texts: order, round trip, and what bad input is told."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.word_vectors import vocabulary

WORDS = st.lists(st.lists(st.sampled_from("a b c d e f".split()), max_size=8), min_size=1, max_size=12)


@given(WORDS)
def test_a_text_gives_back_its_words(sentences):
    if not any(sentences):
        return
    text = vocabulary.read(sentences, min_count=1)
    back = [[] for _ in sentences]
    for token, owner in zip(text.tokens, text.sentence, strict=True):
        back[owner].append(text.vocabulary.words[token])
    assert back == sentences
    assert text.vocabulary.counts.tolist() == np.bincount(text.tokens).tolist()
    assert (np.diff(text.vocabulary.counts) <= 0).all()


def test_frequent_first_then_alphabetical_and_rare_words_left_out():
    text = vocabulary.read([["b", "a", "c"], ["c", "b", "a", "x"], ["c"]], min_count=2)
    assert text.vocabulary.words == ("c", "a", "b") and "x" not in text.vocabulary
    assert text.vocabulary.number("a") == 1 and len(text) == 7
    with pytest.raises(KeyError, match="not among the 3 words"):
        text.vocabulary.number("x")


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: vocabulary.build([["a"]], 2), ValueError, "no word occurs 2 times"),
        (lambda: vocabulary.build(["a b"], 1), TypeError, "list of words"),
        (lambda: vocabulary.build([["a"]], 0), ValueError, "at least 1"),
        (lambda: vocabulary.build([["a"]], 1.5), TypeError, "whole number"),
        (lambda: vocabulary.encode([["z"]], vocabulary.build([["a"]], 1)), ValueError, "no word of the sentences"),
        (lambda: vocabulary.Vocabulary(("a", "a"), [1, 1]), ValueError, "there twice"),
        (lambda: vocabulary.Vocabulary(("a", "b"), [1]), ValueError, "1 entries"),
        (lambda: vocabulary.Vocabulary(("a",), [0]), ValueError, "at least 1"),
        (lambda: vocabulary.Vocabulary(("a",), [np.nan]), ValueError, "NaN"),
    ],
)
def test_bad_input(make, error, message):
    with pytest.raises(error, match=message):
        make()
