"""Exercises of "word2vec, trained"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise

__all__ = ["nearest_rows", "rare_words_and_rates", "solve_analogy"]


def _clouds(rng):
    yield case("lengths that mislead", np.array([[1.0, 0.0], [0.9, 0.1], [50.0, 80.0], [-1.0, 0.0]]), 0, 2)
    yield case("one neighbour", np.array([[1.0, 2.0], [2.0, 4.5], [3.0, -1.0]]), 1, 1)
    yield case(
        "a row that points the same way",
        np.array([[1.0, 1.0], [0.0, 1.0], [2.0, 2.0], [1.0, 3.0]]),
        2,
        2,
        tells="Another row may point the same way as row i, with a cosine of 1: leave out row i by its number, not the first of the order.",
    )
    for n, d, k in ((6, 3, 2), (10, 4, 5), (25, 3, 7)):
        M = rng.normal(size=(n, d)) * rng.uniform(0.2, 5.0, size=(n, 1))
        yield M, int(rng.integers(n)), k


@exercise(
    cases=_clouds,
    hints=(
        "Neighbours are those with the largest cosine: divide every row by its length first.",
        "The scores are unit @ unit[i]. Make the word's own score −∞, then sort.",
        "unit = M / np.linalg.norm(M, axis=1, keepdims=True); s = unit @ unit[i]; s[i] = -np.inf; return np.argsort(-s)[:k]",
    ),
)
def nearest_rows(M, i, k):
    """Return the k rows of M whose cosine with row i is largest, the nearest first, row i itself left out.

    M : (V, d), no row zero;  i : a row;  k : less than V;  returns (k,), whole numbers
    """
    unit = M / np.linalg.norm(M, axis=1, keepdims=True)
    scores = unit @ unit[i]
    scores[i] = -np.inf
    return np.argsort(-scores, kind="stable")[:k]


@nearest_rows.mistake("The word itself is among its neighbours: its cosine is 1, leave it out.")
def _itself(M, i, k):
    unit = M / np.linalg.norm(M, axis=1, keepdims=True)
    return np.argsort(-(unit @ unit[i]), kind="stable")[:k]


@nearest_rows.mistake("You sorted upwards: these are the farthest rows.")
def _farthest(M, i, k):
    unit = M / np.linalg.norm(M, axis=1, keepdims=True)
    scores = unit @ unit[i]
    scores[i] = np.inf
    return np.argsort(scores, kind="stable")[:k]


@nearest_rows.mistake("These are inner products: long vectors win, wherever they point. Divide by the lengths.")
def _inner_products(M, i, k):
    scores = M @ M[i]
    scores[i] = -np.inf
    return np.argsort(-scores, kind="stable")[:k]


@nearest_rows.mistake(
    "These are the nearest by distance. Frequent words have longer vectors; the cosine looks at directions."
)
def _distances(M, i, k):
    scores = -np.linalg.norm(M - M[i], axis=1)
    scores[i] = -np.inf
    return np.argsort(-scores, kind="stable")[:k]


@nearest_rows.mistake("Those are the cosines. The numbers of the rows are asked for: argsort.")
def _cosines(M, i, k):
    unit = M / np.linalg.norm(M, axis=1, keepdims=True)
    return np.sort(unit @ unit[i])[::-1][1 : k + 1]


@nearest_rows.mistake("The farthest of the k stands first: the nearest comes first.")
def _rising(M, i, k):
    return nearest_rows.function(M, i, k)[::-1].copy()


def _vocabularies(rng):
    import math

    plane = {"man": [1.0, 0.0], "woman": [1.0, 1.0], "king": [3.0, 0.0], "queen": [3.0, 1.2], "apple": [-1.0, 0.3]}
    yield case("the classic", plane, "man", "woman", "king")
    yield case("backwards", plane, "woman", "man", "queen")
    yield case(
        "an answer near b",
        {"a": [1.0, 0.0, 0.0], "b": [0.9, 0.3, 0.0], "c": [1.0, 0.0, 0.2], "d": [0.9, 0.3, 0.3], "e": [0, 0, 1.0]},
        "a",
        "b",
        "c",
    )
    near = {
        "a": [1.0, 0.0, 0.0],
        "b": [1.0, 0.1, 0.0],
        "c": [1.0, 0.0, 0.1],
        "d": [-1.0, 1.0, 0.2],
        "e": [0.0, -1.0, -1.0],
    }
    yield case("the given words are nearer than any other", near, "a", "b", "c")
    for n in (12, 15, 20, 25, 30, 40):
        names = [f"w{i}" for i in range(n)]
        vectors = {name: [rng.gauss(0, 1) * (1 + 3 * (i % 2)) for _ in range(3)] for i, name in enumerate(names)}
        if all(math.hypot(*v) > 0.1 for v in vectors.values()):
            yield vectors, *rng.sample(names, 3)


@exercise(
    cases=_vocabularies,
    python_only=True,
    hints=(
        "Divide every vector by its length. Then walk from a to b, starting at c.",
        "The target is b − a + c; the answer is the word with the largest inner product, a, b and c left out.",
        "unit = {w: [x / math.hypot(*v) for x in v] for w, v in vectors.items()}, with import math; then max(words, key=…)",
    ),
)
def solve_analogy(vectors, a, b, c):
    """Return the word d for which "a is to b as c is to d": nearest by cosine to b − a + c, all at length 1 before.

    vectors : a dict, word → list of numbers;  a, b, c : words, which cannot be the answer;  returns a word
    """
    import math

    unit = {word: [x / math.hypot(*v) for x in v] for word, v in vectors.items()}
    target = [q - p + r for p, q, r in zip(unit[a], unit[b], unit[c], strict=True)]
    others = [word for word in vectors if word not in (a, b, c)]
    return max(others, key=lambda word: sum(x * y for x, y in zip(unit[word], target, strict=True)))


def _answer(vectors, a, b, c, *, signs=(-1, 1, 1), without=None, normalise=True):
    import math

    unit = {w: [x / math.hypot(*v) for x in v] if normalise else list(v) for w, v in vectors.items()}
    target = [signs[0] * p + signs[1] * q + signs[2] * r for p, q, r in zip(unit[a], unit[b], unit[c], strict=True)]
    others = [word for word in vectors if word not in ((a, b, c) if without is None else without)]
    return max(others, key=lambda word: sum(x * y for x, y in zip(unit[word], target, strict=True)))


@solve_analogy.mistake("The three given words cannot be the answer; without that rule c or b itself usually wins.")
def _inputs_allowed(vectors, a, b, c):
    return _answer(vectors, a, b, c, without=())


@solve_analogy.mistake("You walked from b to a: the target is b − a + c.")
def _backwards(vectors, a, b, c):
    return _answer(vectors, a, b, c, signs=(1, -1, 1))


@solve_analogy.mistake("Divide every vector by its length first: else the longest vectors win.")
def _lengths(vectors, a, b, c):
    return _answer(vectors, a, b, c, normalise=False)


@solve_analogy.mistake("That is the word nearest to c; the step from a to b is missing.")
def _nearest_to_c(vectors, a, b, c):
    return _answer(vectors, a, b, c, signs=(0, 0, 1))


@solve_analogy.mistake("You added a: the step is b − a.")
def _added(vectors, a, b, c):
    return _answer(vectors, a, b, c, signs=(1, 1, 1))


@solve_analogy.mistake("That is the word nearest to b − a: the step has to start at c.")
def _no_start(vectors, a, b, c):
    return _answer(vectors, a, b, c, signs=(-1, 1, 0))


@solve_analogy.mistake(
    "The lengths came off at the end only: divide each vector by its length before you add and subtract."
)
def _lengths_last(vectors, a, b, c):
    import math

    target = [q - p + r for p, q, r in zip(vectors[a], vectors[b], vectors[c], strict=True)]
    others = [word for word in vectors if word not in (a, b, c)]
    inner = lambda v: sum(x * y for x, y in zip(v, target, strict=True))
    return max(others, key=lambda word: inner(vectors[word]) / math.hypot(*vectors[word]))


rare_words_and_rates = choice(
    "rare_words_and_rates",
    answer="d",
    why="A rare word is moved only when it occurs. Where the step for one context word is divided, or the rate is small, it stays near its random start; give it longer steps and it arrives.",
    feedback={
        "a": "The objective averages contexts either way, and with its own gradient and a suitable rate it finds the rare twins.",
        "b": "Both models draw the same noise.",
        "c": "Rare words are never subsampled: only words above the threshold lose occurrences.",
    },
    hints=(
        "Look at the three lines of the figure: what differs between the two CBOW runs?",
        "Same model, same text, other gradient and rate.",
        "How far can a word travel that is moved only ten times?",
    ),
)
