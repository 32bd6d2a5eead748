"""The project "Which package is it?": steps, and the goal that is measured on paragraphs kept back."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.exercises import case, exercise, goal, prediction
from lib.word_vectors import corpus, counting, vocabulary

__all__ = ["by_chance_right", "softmax_slope", "tf_idf_like", "which_package"]

PACKAGES = ("matplotlib", "numpy", "scikit-learn", "scipy")
OWN_NAMES = frozenset("matplotlib mpl pyplot plt numpy np scikit learn sklearn scipy sp".split())
SHOWN, KEPT = 300, 200  # docstrings of each package in the project, and kept back


def paragraphs() -> tuple[list[list[str]], np.ndarray]:
    """Return 1200 docstrings as lists of words, and their package (1200,), a row of PACKAGES; 300 of each.

    They have 30 to 150 words, the packages' own names left out, and none is there twice. 800 others are kept back.
    """
    texts, labels = _dealt()[0]
    return [list(text) for text in texts], labels.copy()


@cache
def _dealt() -> tuple[tuple[list, np.ndarray], tuple[list, np.ndarray]]:
    rng = np.random.default_rng(11)
    shown, kept, seen = [], [], set()
    for package in PACKAGES:
        found = []
        for doc in corpus.docstrings([package]):
            text = tuple(word for word in corpus.words(doc.text) if word not in OWN_NAMES)
            if doc.public and 30 <= len(text) <= 150 and text not in seen:
                seen.add(text)
                found.append(text)
        order = rng.permutation(len(found))[: SHOWN + KEPT]
        shown += [found[i] for i in order[:SHOWN]]
        kept += [found[i] for i in order[SHOWN:]]
    numbers = np.arange(len(PACKAGES))
    return (shown, np.repeat(numbers, SHOWN)), (kept, np.repeat(numbers, KEPT))


by_chance_right = prediction(
    "by_chance_right",
    answer=lambda: 100 / len(PACKAGES),
    unit="%",
    why="Four packages with as many paragraphs each: whoever always names the same one is right once in four times.",
)


# ---------------------------------------------------------------------------------------------------------- step 1
def _counts(rng):
    yield case(
        "a paragraph without a known word", np.array([[2.0, 1.0], [0.0, 3.0]]), np.array([[0.0, 0.0], [1.0, 1.0]])
    )
    yield case("a word that stands in every paragraph", np.array([[2.0, 1.0], [1.0, 0.0]]), np.array([[3.0, 4.0]]))
    for n, m, v in ((4, 3, 5), (6, 2, 3), (2, 5, 4)):
        yield rng.poisson(1.0, size=(n, v)).astype(float), rng.poisson(1.0, size=(m, v)).astype(float)


@exercise(
    cases=_counts,
    hints=(
        "In how many paragraphs a word stands is learned from the paragraphs that you train on, and used for all others.",
        "The weight of a word is log((1 + N)/(1 + n)) + 1, with n the number of training paragraphs that hold it.",
        "weighted = other * (…); lengths = np.linalg.norm(weighted, axis=1, keepdims=True); divide, but by 1 where it is 0.",
    ),
)
def tf_idf_like(train, other):
    """Return counts times log((1 + N)/(1 + n)) + 1, rows at length 1; N and n, in how many rows a word is, from train.

    train : (N, V);  other : (M, V);  returns (M, V); a row of zeros stays so
    """
    n = (train > 0).sum(axis=0)
    weighted = other * (np.log((1 + len(train)) / (1 + n)) + 1)
    lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
    return weighted / np.where(lengths > 0, lengths, 1)


@tf_idf_like.mistake("The weights come from the new paragraphs. What a word weighs is learned from train.")
def _weights_of_other(train, other):
    return tf_idf_like.function(other, other)


@tf_idf_like.mistake("The rows are weighted, but not at length 1: a long paragraph would weigh more than a short one.")
def _not_unit(train, other):
    return other * (np.log((1 + len(train)) / (1 + (train > 0).sum(axis=0))) + 1)


@tf_idf_like.mistake("n counts occurrences in yours. It is the number of paragraphs that hold the word, once each.")
def _occurrences(train, other):
    weighted = other * (np.log((1 + len(train)) / (1 + train.sum(axis=0))) + 1)
    lengths = np.linalg.norm(weighted, axis=1, keepdims=True)
    return weighted / np.where(lengths > 0, lengths, 1)


# ---------------------------------------------------------------------------------------------------------- step 2
def _classes(rng):
    yield case("one paragraph", np.array([[0.6, 0.8]]), np.array([1]), rng.normal(size=(2, 3)), 0.5)
    far = np.array([[3000.0, 0.0], [0.0, -3000.0], [1.0, 1.0]])
    yield case("scores in the thousands", far, np.array([0, 1, 1]), np.array([[1.0, -1.0], [0.5, 2.0]]), 0.5)
    yield case("no penalty", rng.normal(size=(4, 2)), np.array([0, 2, 1, 2]), rng.normal(size=(2, 3)), 0.0)
    for n, v, k in ((6, 4, 3), (5, 3, 2)):
        yield rng.normal(size=(n, v)), rng.integers(0, k, n), rng.normal(size=(v, k)), float(rng.uniform(0.1, 1))


@exercise(
    cases=_classes,
    hints=(
        "The slope of the cross-entropy by the scores is: probabilities, less 1 for the right class.",
        "The mean over paragraphs of xᵀ(p − e), with e the unit vector of the class, and 2λW from the penalty.",
        "P from np.exp of the scores less their row's maximum, divided by the row's sum; P[np.arange(n), y] -= 1; then Xᵀ P.",
    ),
)
def softmax_slope(X, y, W, lam):
    """Return the slope (V, K) by W of the mean cross-entropy of softmax(XW) plus lam ‖W‖².

    X : (N, V);  y : (N,), classes 0 to K − 1;  W : (V, K)
    """
    S = X @ W
    P = np.exp(S - S.max(axis=1, keepdims=True))
    P /= P.sum(axis=1, keepdims=True)
    P[np.arange(len(y)), y] -= 1
    return X.T @ P / len(y) + 2 * lam * W


@softmax_slope.mistake("You added up over the paragraphs. The loss is a mean: divide by their number.")
def _summed(X, y, W, lam):
    return (softmax_slope.function(X, y, W, 0.0)) * len(y) + 2 * lam * W


@softmax_slope.mistake("The slope of lam ‖W‖² is 2 lam W.")
def _half_penalty(X, y, W, lam):
    return softmax_slope.function(X, y, W, lam / 2)


@softmax_slope.mistake("That is the way down. The slope has the other sign.")
def _downwards(X, y, W, lam):
    return -softmax_slope.function(X, y, W, lam)


# ------------------------------------------------------------------------------------------------------------ goal
def train_reader():
    """Fit softmax regression on TF-IDF by plain gradient descent, and return what reads new paragraphs with it."""
    texts, y = paragraphs()
    known = vocabulary.build(texts, 2)
    counts = counting.bag_of_words(texts, known).toarray()
    X, W = tf_idf_like(counts, counts), np.zeros((len(known), 4))
    for _ in range(150):
        W -= 10 * softmax_slope(X, y, W, 1e-4)

    def read(new):
        fresh = counting.bag_of_words(new, known).toarray()
        return (tf_idf_like(counts, fresh) @ W).argmax(axis=1)

    return read


def _read(answer, texts) -> np.ndarray:
    if not callable(answer):
        raise ValueError("hand over a function of a list of paragraphs")
    found = np.asarray(answer([list(text) for text in texts]))
    if found.shape != (len(texts),):
        raise ValueError(
            f"one package for each of {len(texts)} paragraphs is asked for, but your shape is {found.shape}"
        )
    return found


@goal(
    worked=train_reader,
    above=0.85,
    label="the share of paragraphs kept back whose package is named",
    hints=(
        "Which words stand in one package and hardly in the others? A weight for each word and package can learn that.",
        "A vocabulary from your paragraphs, tf_idf_like, and some hundred steps along the slope with a large rate.",
        "counts = counting.bag_of_words(texts, known).toarray(); W -= 10 * softmax_slope(…) in a loop; and a function that "
        "counts new paragraphs with the same vocabulary and takes the largest score.",
    ),
)
def which_package(answer) -> float:
    """Hand over a function of a list of paragraphs, lists of words, that returns the number of each one's package (M,)."""
    texts, labels = _dealt()[1]
    return float(np.mean(_read(answer, texts) == labels))


@which_package.pitfall(
    "You name the same package for every paragraph.",
    example=lambda: lambda texts: np.zeros(len(texts), dtype=int),
)
def _always_one(answer) -> bool:
    return len(np.unique(_read(answer, _dealt()[1][0]))) == 1


@which_package.pitfall(
    "What you say of a paragraph depends on which others are asked with it: weights and vocabulary come from training.",
    example=lambda: lambda texts: np.argsort(np.argsort([len(text) for text in texts])) * 4 // len(texts),
)
def _depends_on_others(answer) -> bool:
    texts = _dealt()[1][0]
    return bool((_read(answer, texts)[:40] != _read(answer, texts[:40])).any())
