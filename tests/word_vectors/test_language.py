"""Sentences in numbers, perplexity, and n-grams against a model of dictionaries."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.word_vectors import language, vocabulary

RNG = np.random.default_rng(3)


def kneser_ney(sentences, n, symbols):
    """Return a function (context, symbol) → probability, by dictionaries and recursion, as the formula reads."""
    edge = symbols - 1
    grams = Counter()
    for sentence in sentences:
        padded = [edge] * (n - 1) + list(sentence) + [edge]
        grams.update(tuple(padded[i : i + n]) for i in range(len(padded) - n + 1))
    tables = {n: grams}
    for k in range(n - 1, 0, -1):
        tables[k] = Counter(gram[1:] for gram in tables[k + 1])  # each kind once

    def p(context, symbol):
        k = len(context) + 1
        lower = p(context[1:], symbol) if k > 1 else 1 / symbols
        of_counts = Counter(tables[k].values())
        d = of_counts[1] / (of_counts[1] + 2 * of_counts[2]) if of_counts[1] and of_counts[2] else 0.5
        after = [count for gram, count in tables[k].items() if gram[:-1] == context]
        if not after:
            return lower
        return (max(tables[k][(*context, symbol)] - d, 0) + d * len(after) * lower) / sum(after)

    return p


def drawn(n, symbols, rng=RNG):
    return [rng.integers(0, symbols - 1, size=rng.integers(1, 7)) for _ in range(n)]


@pytest.mark.equation("eq-kneser-ney")
@pytest.mark.parametrize("order", (1, 2, 3, 4))
def test_ngrams_are_those_of_the_dictionaries(order):
    train, asked, symbols = drawn(40, 6), drawn(10, 6), 6
    p = kneser_ney([s.tolist() for s in train], order, symbols)
    expected = []
    for sentence in asked:
        padded = [symbols - 1] * (order - 1) + sentence.tolist() + [symbols - 1]
        expected += [p(tuple(padded[i : i + order - 1]), padded[i + order - 1]) for i in range(len(padded) - order + 1)]
    found = language.Ngrams(train, symbols, order).log_probabilities(asked)
    assert np.allclose(np.exp(found), expected)


@given(st.integers(0, 10_000), st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_probabilities_add_up_to_one(seed, order):
    """After any context, seen or not: ask for every symbol in one and the same place, the end of the sentence too."""
    rng = np.random.default_rng(seed)
    model, context = language.Ngrams(drawn(20, 5, rng), 5, order), rng.integers(0, 4, size=3)
    at_place = [np.exp(model.log_probabilities([np.append(context, s)])[3]) for s in range(4)]
    end = np.exp(model.log_probabilities([context])[3])
    assert sum(at_place) + end == pytest.approx(1)


def test_a_longer_memory_fits_a_text_with_memory_better():
    train = [np.array([0, 1, 0, 2, 0, 1, 0, 2])] * 20 + [np.array([2, 1])] * 3
    found = [language.perplexity(language.Ngrams(train, 5, n).log_probabilities(train[:1])) for n in (1, 2, 3)]
    assert found[0] > found[1] > found[2] > 1


def test_pieces_lose_nothing():
    long = [str(i) for i in range(95)]
    cut = language.pieces([long, ["a"], []], 40)
    assert [len(p) for p in cut] == [40, 40, 15, 1] and [w for p in cut for w in p] == [*long, "a"]


def test_numbers_mark_other_words():
    v = vocabulary.build([["b", "a", "b"]], 1)
    assert [x.tolist() for x in language.numbers([["a", "b", "c"], ["c"]], v)] == [[1, 0, 2], [2]]


V = vocabulary.build([["a"]], 1)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: language.pieces(["a sentence"]), TypeError, "list of words"),
        (lambda: language.pieces([["a"]], 0), ValueError, "longest"),
        (lambda: language.numbers(["a b"], V), TypeError, "list of words"),
        (lambda: language.numbers([[]], V), ValueError, "at least one word"),
        (lambda: language.numbers([], V), ValueError, "no sentences"),
        (lambda: language.perplexity([]), ValueError, "empty"),
        (lambda: language.perplexity([0.5]), ValueError, "cannot be positive"),
        (lambda: language.perplexity([-1, np.nan]), ValueError, "NaN"),
        (lambda: language.perplexity([-1, -np.inf]), ValueError, "infinite"),
        (lambda: language.perplexity(["a"]), TypeError, "real numbers"),
        (lambda: language.Ngrams([], 5), ValueError, "no sentences"),
        (lambda: language.Ngrams([np.array([0, 4])], 5), ValueError, "between 0 and 3"),
        (lambda: language.Ngrams([np.array([-1])], 5), ValueError, "between 0 and 3"),
        (lambda: language.Ngrams([np.array([0.5])], 5), ValueError, "whole numbers"),
        (lambda: language.Ngrams([np.array([], int)], 5), ValueError, "at least one"),
        (lambda: language.Ngrams([np.array([1])], 5, 0), ValueError, "order"),
        (lambda: language.Ngrams([np.array([1])], 5000, 6), ValueError, "too many"),
        (lambda: language.Ngrams([np.array([1])], 5).log_probabilities([[9]]), ValueError, "between"),
    ],
)
def test_bad_input_is_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()
