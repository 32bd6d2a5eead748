"""Exercises of "Counting words"."""

from __future__ import annotations

import math

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["count_the_words", "highest_pmi", "idf_of_nine", "positive_pmi"]


def _documents(rng):
    words = ["row", "column", "matrix", "plot", "mean"]
    yield case("an empty document", [], ["row", "column"])
    yield case("a word three times", ["row", "row", "row"], ["row", "column"])
    yield case("words outside the vocabulary", ["axis", "row", "axis"], ["column", "row"])
    yield case("another order", ["plot", "mean", "plot"], ["plot", "mean", "row"])
    yield case("words inside words", ["rows", "narrow", "row", "columns"], ["row", "column", "rows"])
    yield case("capital letters are letters of their own", ["Row", "row", "ROW", "Mean"], ["row", "Mean", "mean"])
    for n in (6, 12, 30):
        vocabulary = rng.sample(words, 4)
        yield [rng.choice(words) for _ in range(n)], vocabulary


@exercise(
    cases=_documents,
    python_only=True,
    hints=(
        "One number for each word of the vocabulary, in the vocabulary's order.",
        "A list has a method that counts how often it holds something.",
        "return [document.count(word) for word in vocabulary]",
    ),
)
def count_the_words(document, vocabulary):
    """Return how often each word of the vocabulary stands in the document: its bag of words.

    document : a list of words;  vocabulary : a list of words, each once;  returns a list of len(vocabulary) whole numbers
    """
    counts = dict.fromkeys(vocabulary, 0)
    for word in document:
        if word in counts:
            counts[word] += 1
    return [counts[word] for word in vocabulary]


@count_the_words.mistake("You say whether a word is there: a bag counts how often.")
def _presence(document, vocabulary):
    return [int(word in document) for word in vocabulary]


@count_the_words.mistake("You divided by the document's length: those are shares, tf. A bag holds plain counts.")
def _shares(document, vocabulary):
    return [document.count(word) / max(len(document), 1) for word in vocabulary]


@count_the_words.mistake("The entries stand in alphabetical order; they belong in the vocabulary's.")
def _alphabetical(document, vocabulary):
    return [document.count(word) for word in sorted(vocabulary)]


@count_the_words.mistake(
    "You count along the document, one number for each of its words. A bag has one for each word of the vocabulary."
)
def _along_the_document(document, vocabulary):
    return [document.count(word) for word in document]


@count_the_words.mistake("You found words inside other words: “row” stands in “narrow”. Compare whole words.")
def _inside(document, vocabulary):
    return [" ".join(document).count(word) for word in vocabulary]


@count_the_words.mistake("You counted words that begin with it. Compare whole words.")
def _beginnings(document, vocabulary):
    return [sum(other.startswith(word) for other in document) for word in vocabulary]


@count_the_words.mistake(
    "You took capital and small letters for the same. The document's words are compared as they stand."
)
def _folded(document, vocabulary):
    return [sum(other.lower() == word.lower() for other in document) for word in vocabulary]


@count_the_words.mistake("You sorted the counts. They belong in the vocabulary's order.")
def _sorted_counts(document, vocabulary):
    return sorted((document.count(word) for word in vocabulary), reverse=True)


idf_of_nine = number(
    "idf_of_nine",
    answer=lambda: math.log(100 / 10) + 1,
    rtol=2e-3,
    why="log((1 + 99)/(1 + 9)) + 1 = log 10 + 1.",
    hints=(
        "scikit-learn's setting pretends that one more document holds every word.",
        "Take (1 + N)/(1 + n), its natural logarithm, and add 1.",
        "import math; math.log(100 / 10) + 1",
    ),
    mistakes=[
        (
            lambda: math.log(99 / 9),
            "That is the plain log(N/n). The smoothed form adds 1 to both, and 1 to the logarithm.",
        ),
        (
            lambda: math.log(10),
            "You left out the 1 that is added to the logarithm: without it a word in all documents would vanish.",
        ),
        (2.0, "That is the logarithm to base 10. The book's log is the natural one."),
        (lambda: math.log(99 / 9) + 1, "You added 1 to the logarithm, but not to the two numbers of documents."),
    ],
)

highest_pmi = choice(
    "highest_pmi",
    answer="c",
    why="Both words of (c) are rare, so chance expects next to nothing: log(10 000/(1 · 1)) = 9.2. PMI loves rare pairs, and one coincidence is enough.",
    feedback={
        "a": "Common words meet often, but chance expects that: 100 · 10 000/(1000 · 1000) = 1, and its logarithm is 0.",
        "b": "20 · 10 000/(100 · 100) = 20, whose logarithm is 3. One of the others is larger.",
        "d": "Never seen together: the ratio is 0 and PMI is −∞.",
    },
    hints=(
        "PMI compares how often they met with how often chance would have it.",
        "Compute n · 10 000/(n₁ · n₂) for each pair.",
        "The ratios are 1, 20, 10 000 and 0.",
    ),
)


def _tables(rng):
    yield case("two words that only meet each other", np.array([[0.0, 4.0], [4.0, 0.0]]))
    yield case("independent words", np.outer([1.0, 2.0, 3.0], [1.0, 2.0, 3.0]))
    yield case(
        "a word that was never seen",
        np.array([[2.0, 1.0, 0.0], [1.0, 3.0, 0.0], [0.0, 0.0, 0.0]]),
        tells="A word that was never seen has row and column sums of 0: 0/0 must not be computed.",
    )
    for n in (3, 5, 8):
        C = rng.integers(0, 6, size=(n, n)).astype(float)
        yield (C + C.T + np.eye(n),)
    yield case(
        "a table that is not symmetric: what stands to the right of what",
        np.array([[0.0, 5, 1], [1, 2, 1], [1, 0, 1]]),
        tells="The table need not be symmetric: a row's sum belongs to its row, a column's to its column.",
    )
    yield case(
        "whole numbers",
        np.array([[3, 1, 0], [0, 2, 6], [4, 1, 1]]),
        tells="Whole numbers went in, and whole numbers came out: make the result an array of floats, np.zeros(C.shape).",
    )


@exercise(
    cases=_tables,
    hints=(
        "p(i, j) is a count over the total; p(i) is a row's sum over the total.",
        "The ratio is C · total / (row sums × column sums). Where C is 0 the answer is 0, without any logarithm.",
        "expected = np.outer(C.sum(1), C.sum(0)) / C.sum(); out = np.zeros(C.shape); on = C > 0; out[on] = np.log(C[on] / expected[on]); then max(out, 0)",
    ),
)
def positive_pmi(C):
    """Return the positive pointwise mutual information of a table of co-occurrences.

    C : (V, V), counts, 0 where two words never met;  returns (V, V), without NaN or infinity
    """
    expected = np.outer(C.sum(axis=1), C.sum(axis=0)) / C.sum()
    out = np.zeros(C.shape)
    met = C > 0
    out[met] = np.log(C[met] / expected[met])
    return np.maximum(out, 0)


@positive_pmi.mistake("The negative entries are still there: max(PMI, 0) is asked for.")
def _not_clipped(C):
    expected = np.outer(C.sum(axis=1), C.sum(axis=0)) / C.sum()
    out = np.zeros(C.shape)
    out[C > 0] = np.log(C[C > 0] / expected[C > 0])
    return out


@positive_pmi.mistake("That is the logarithm of the counts. Divide by what chance expects first.")
def _log_counts(C):
    return np.log(np.maximum(C, 1))


@positive_pmi.mistake("You took the logarithm to base 2; the book's log is the natural one.")
def _base_two(C):
    return positive_pmi.function(C) / np.log(2)


@positive_pmi.mistake("The total is missing: C/(row · column) compares counts with squares of counts.")
def _no_total(C):
    out = np.zeros(C.shape)
    expected = np.outer(C.sum(axis=1), C.sum(axis=0))
    out[C > 0] = np.log(C[C > 0] / expected[C > 0])
    return out


@positive_pmi.mistake("The log of 0 is −∞, and 0/0 is NaN. Give the pairs that never met a 0, before any logarithm.")
def _infinite(C):
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(C * C.sum() / np.outer(C.sum(axis=1), C.sum(axis=0)))


@positive_pmi.mistake(
    "The row sums are in it twice: the table need not be symmetric, and the columns have sums of their own."
)
def _rows_twice(C):
    rows, out = C.sum(axis=1), np.zeros(C.shape)
    met = C > 0
    out[met] = np.log(C[met] * C.sum() / np.outer(rows, rows)[met])
    return np.maximum(out, 0)


@positive_pmi.mistake("The logarithm is missing: that is the ratio itself.")
def _ratio(C):
    expected = np.outer(C.sum(axis=1), C.sum(axis=0)) / C.sum()
    return np.divide(C, expected, out=np.zeros(C.shape), where=expected > 0)


@positive_pmi.mistake("You added 1 to the counts. Here they are taken as they are.")
def _smoothed(C):
    return positive_pmi.function(C + 1.0)
