"""The project "Ten words": steps, and the goal that is measured on the translations kept back."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.exercises import case, choice, exercise, goal, prediction
from lib.word_vectors import alignment, corpus, counting, vocabulary

__all__ = [
    "angles_to_the_known",
    "best_friends",
    "first_map",
    "translations",
    "why_fifty_are_too_many",
]

PACKAGES = ("numpy", "scikit-learn", "scipy")
KNOWN = ("array", "matrix", "function", "random", "probability", "class", "sparse", "distance", "frequency", "file")
WORDS, DIMENSIONS, DEAL = 1000, 50, 7


def two_languages() -> tuple[np.ndarray, np.ndarray, tuple[str, ...], np.ndarray]:
    """Return X (1000, 50), Y (1000, 50), the words of X's rows, and ten known pairs (10, 2), rows of X and of Y.

    Both tables come from counts: X from one half of the documentation of three packages, Y from the other half, without
    a sentence in common. Each is PPMI within five words, its leading fifty singular directions, prepared by
    `alignment.normalise`. Y's rows are in an order that is kept back.
    """
    X, Y, words, gold = _languages()
    known = np.array([words.index(word) for word in KNOWN])
    return X.copy(), Y.copy(), words, np.column_stack([known, gold[known]])


@cache
def _languages() -> tuple[np.ndarray, np.ndarray, tuple[str, ...], np.ndarray]:
    sentences = corpus.sentences(corpus.docstrings(PACKAGES))
    dealt = np.random.default_rng(DEAL).permutation(len(sentences))
    one, other = (_space([sentences[i] for i in half]) for half in np.array_split(dealt, 2))
    words = tuple(word for word in one if word in other)[:WORDS]
    order = np.random.default_rng(DEAL).permutation(len(words))
    X, Y = (np.array([space[word] for word in words]) for space in (one, other))
    gold = np.argsort(order)  # row order[j] of the words is row j of Y
    return alignment.normalise(X), alignment.normalise(Y[order]), words, gold


def _space(sentences) -> dict[str, np.ndarray]:
    """Return the vectors of the words of some sentences, the most frequent first, from counts."""
    text = vocabulary.read(sentences, min_count=10)
    table = counting.ppmi(counting.cooccurrence(text, window=5), exponent=0.75)
    vectors, _ = counting.svd_vectors(table, DIMENSIONS)
    return dict(zip(text.vocabulary.words, vectors, strict=True))


def share_right(found) -> float:
    """Return the share of the words, those known left out, for which `found` (1000,) is the right row of Y."""
    X, _, _, known = two_languages()
    asked = np.setdiff1d(np.arange(len(X)), known[:, 0])
    return alignment.precision(np.asarray(found)[asked, None], _languages()[3][asked])


# ---------------------------------------------------------------------------------------------------------- step 1
def _first_map() -> int:
    X, Y, _, known = two_languages()
    W = alignment.procrustes(X[known[:, 0]], Y[known[:, 1]])
    return round(100 * share_right(alignment.nearest(X @ W, Y)[0][:, 0]))


first_map = prediction(
    "first_map",
    answer=_first_map,
    near=0.5,
    unit="%",
    why="Ten pairs say where ten directions go. A rotation of fifty dimensions has forty more, and those are left to chance.",
)


why_fifty_are_too_many = choice(
    "why_fifty_are_too_many",
    answer="c",
    why="XᵀY of ten pairs has rank 10 at most. On the other forty directions any rotation fits the ten pairs as well.",
    feedback={
        "a": "The halves of one documentation are as alike as two languages can be. A good map finds most words, as the goal will show.",
        "b": "It fits them very well: ten pairs in fifty dimensions can nearly always be brought together.",
        "d": "Even without any noise ten pairs would leave the other forty directions open.",
    },
    hints=(
        "How many numbers does a rotation of fifty dimensions have? How many do ten pairs tell?",
        "The rotation comes from the singular value decomposition of XᵀY, summed over the pairs. What is its rank?",
        "Take a vector orthogonal to all ten words of X. Does any pair say where it goes?",
    ),
)


# ---------------------------------------------------------------------------------------------------------- step 2
def _spaces(rng):
    yield case("one known word", np.array([[1.0, 0.0], [0.6, 0.8]]), np.array([1]))
    yield case("rows that are not of length 1", np.array([[2.0, 0.0], [3.0, 4.0], [0.0, 0.5]]), np.array([0, 2]))
    for n, d, p in ((6, 3, 2), (5, 4, 3), (9, 2, 4)):
        yield rng.normal(size=(n, d)), rng.permutation(n)[:p]


@exercise(
    cases=_spaces,
    hints=(
        "Which numbers about a word need no map between the spaces? Those that compare it with words of its own space.",
        "A cosine is the inner product of rows of length 1. Make the rows of X so, then multiply by the known ones.",
        "unit = X / np.linalg.norm(X, axis=1, keepdims=True), and a product of unit with the transpose of unit[known].",
    ),
)
def angles_to_the_known(X, known):
    """Return the cosine of each row of X with each of the known rows.

    X : (n, d), no zero rows;  known : (p,), rows of X;  returns (n, p)
    """
    unit = X / np.linalg.norm(X, axis=1, keepdims=True)
    return unit @ unit[known].T


@angles_to_the_known.mistake("These are inner products. For cosines divide by the lengths of the rows.")
def _products(X, known):
    return X @ X[known].T


@angles_to_the_known.mistake("Only the words are at length 1, the known ones are not.")
def _half_unit(X, known):
    return X / np.linalg.norm(X, axis=1, keepdims=True) @ X[known].T


@angles_to_the_known.mistake("The table lies on its side: a row for each word, a column for each known word.")
def _on_its_side(X, known):
    return angles_to_the_known.function(X, known).T


@angles_to_the_known.mistake("These are angles in radians. Their cosines are asked for.")
def _radians(X, known):
    return np.arccos(np.clip(angles_to_the_known.function(X, known), -1, 1))


# ---------------------------------------------------------------------------------------------------------- step 3
def _scores(rng):
    yield case("one word on each side", np.array([[0.3]]))
    yield case("all prefer the same", np.array([[0.9, 0.1], [0.8, 0.2], [0.7, 0.3]]))
    yield case("negative scores only", np.array([[-0.9, -0.1], [-0.2, -0.8]]))
    for n, m in ((6, 6), (4, 9), (9, 4)):
        yield (rng.normal(size=(n, m)),)


@exercise(
    cases=_scores,
    hints=(
        "i prefers j if j is the best in row i. When does j prefer i?",
        "best = S.argmax(axis=1) for the rows, back = S.argmax(axis=0) for the columns: which i come back to themselves?",
        "i = np.flatnonzero(back[best] == np.arange(n)), and the pairs are i beside best[i].",
    ),
)
def best_friends(S):
    """Return the pairs (i, j) where j is the best of row i and i the best of column j, in the order of i.

    S : (n, m), scores without ties;  returns (p, 2), whole numbers
    """
    best, back = S.argmax(axis=1), S.argmax(axis=0)
    i = np.flatnonzero(back[best] == np.arange(len(S)))
    return np.column_stack([i, best[i]])


@best_friends.mistake("Every row is paired with its best. Keep those pairs where the column's best is that row, too.")
def _one_sided(S):
    return np.column_stack([np.arange(len(S)), S.argmax(axis=1)])


@best_friends.mistake("You return (j, i): the row of the table comes first.")
def _turned_round(S):
    return best_friends.function(S)[:, ::-1]


@best_friends.mistake("You asked for the smallest scores. The best are the largest.")
def _smallest(S):
    return best_friends.function(-S)


@best_friends.mistake(
    "Every column is paired with its best. Keep those pairs where the row's best is that column, too."
)
def _one_sided_columns(S):
    return np.column_stack([S.argmax(axis=0), np.arange(S.shape[1])])


# ------------------------------------------------------------------------------------------------------------ goal
def translate_from_ten():
    """Pair words by their angles to the known ones, then turn one space onto the other again and again."""
    X, Y, _, known = two_languages()
    A = angles_to_the_known(X, known[:, 0])
    B = angles_to_the_known(Y, known[:, 1])
    pairs = alignment.mutual_nearest(A, B)
    for _ in range(8):
        W = alignment.procrustes(X[pairs[:, 0]], Y[pairs[:, 1]])
        pairs = alignment.mutual_nearest(X @ W, Y)
    found, _ = alignment.csls(X @ W, Y)
    return found[:, 0]


def _rows_of(answer) -> np.ndarray:
    found = np.asarray(answer)
    if found.shape != (WORDS,) or found.dtype.kind not in "iu":
        raise ValueError(
            f"hand over an array of {WORDS} whole numbers, for each row of X a row of Y; yours has the shape {found.shape} "
            f"and holds {found.dtype}"
        )
    if found.min() < 0 or found.max() >= WORDS:
        raise ValueError(f"the rows of Y are 0 to {WORDS - 1}, but your array names {found.min()} to {found.max()}")
    return found


@goal(
    worked=translate_from_ten,
    above=0.8,
    label="the share of right translations among the 990 words kept back",
    hints=(
        "A first dictionary that is partly right is enough, if the next is better. Where can one come from without a map?",
        "Words with like angles to the ten known words, in either space, are good guesses. Keep those that choose each other, "
        "and turn the space by them.",
        "pairs from best_friends of the cosines between angles_to_the_known of both; then in a loop alignment.procrustes and "
        "new pairs from alignment.mutual_nearest; at the end alignment.csls.",
    ),
)
def translations(answer) -> float:
    """Hand over an array (1000,): for each row of X the row of Y that holds the same word."""
    return share_right(_rows_of(answer))


@translations.pitfall(
    "Your answer for each row is that row's own number. The rows of Y stand in another order.",
    example=lambda: np.arange(WORDS),
)
def _own_number(answer) -> bool:
    return float(np.mean(_rows_of(answer) == np.arange(WORDS))) > 0.9


@translations.pitfall(
    "You have translated from Y to X: your entry for row j of Y is the row of X. The other direction is asked for.",
    example=lambda: np.argsort(_languages()[3]),
)
def _from_y_to_x(answer) -> bool:
    return float(np.mean(_rows_of(answer) == np.argsort(_languages()[3]))) > 0.3


@translations.pitfall(
    "A handful of rows of Y is given as the answer to almost all words: hubs, or a map that sends everything to one place.",
    example=lambda: np.zeros(WORDS, dtype=int),
)
def _one_place(answer) -> bool:
    return len(np.unique(_rows_of(answer))) < 20
