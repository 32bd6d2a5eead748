"""Which of two words was it? Ambiguity made to order, and how well vectors of occurrences undo it.

Two unlike words are replaced by one made-up word, everywhere. A model that reads the new text meets a word with two senses, and of
each occurrence the truth is known (Gale, Church, Yarowsky 1992; Schütze 1998). Only numpy is needed here.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lib.book import validate
from lib.losses.classification import softmax
from lib.word_vectors.counting import STOP_WORDS
from lib.word_vectors.vectors import WordVectors
from lib.word_vectors.vocabulary import Vocabulary, words_of

Sentences = Sequence[Sequence[str]]


# ---------------------------------------------------------------------------------------------------- pseudo-words
def choose_pairs(
    vocabulary: Vocabulary, n: int, low: int, high: int, seed: int = 0, without: Sequence[str] = ()
) -> list[tuple[str, str]]:
    """Return n pairs of different words, drawn at random, each word in one pair at most.

    The words occur `low` to `high` times, one of a pair at most a quarter more often than the other, have three letters or more,
    are neither stop words nor among `without`, and do not begin with the same three letters. Raises ValueError where there are too few of them.
    """
    words = validate.instance(vocabulary, Vocabulary, "vocabulary").words
    n, low = validate.whole(n, "n", low=1), validate.whole(low, "low", low=1)
    high, rng = validate.whole(high, "high", low=low), np.random.default_rng(validate.whole(seed, "seed", low=0))
    able = [
        (word, int(count))
        for word, count in zip(words, vocabulary.counts, strict=True)
        if low <= count <= high and len(word) > 2 and word not in STOP_WORDS and word not in without
    ]
    able = [able[i] for i in rng.permutation(len(able))]
    pairs = []
    while able and len(pairs) < n:
        word, count = able.pop()
        for at, (other, its) in enumerate(able):
            if max(count, its) <= 1.25 * min(count, its) and word[:3] != other[:3]:
                pairs.append((word, other))
                del able[at]
                break
    if len(pairs) < n:
        raise ValueError(f"the words that occur {low} to {high} times make only {len(pairs)} of the {n} pairs")
    return pairs


def plant(sentences: Sentences, pairs: Sequence[tuple[str, str]]) -> tuple[list[list[str]], np.ndarray]:
    """Return the sentences with both words of each pair replaced by one, "a/b", and where: rows (n, 4).

    A row holds the sentence, the place in it, the pair, and which of its words stood there, 0 or 1.
    """
    of = {word: (p, which) for p, pair in enumerate(pairs) for which, word in enumerate(pair)}
    if len(of) != 2 * len(pairs):
        raise ValueError("a word may stand in one pair only, and once")
    names, out, places = ["/".join(pair) for pair in pairs], [], []
    for s, sentence in enumerate(sentences):
        out.append([names[of[word][0]] if word in of else word for word in words_of(sentence)])
        places.extend((s, at, *of[word]) for at, word in enumerate(sentence) if word in of)
    return out, np.array(places, dtype=np.int64).reshape(-1, 4)


def find(sentences: Sentences, word: str) -> np.ndarray:
    """Return where a word stands: rows (n, 2) of sentence and place."""
    if not isinstance(word, str):
        raise TypeError(f"word must be a string, but is {type(word).__name__}")
    found = [(s, at) for s, sentence in enumerate(sentences) for at, w in enumerate(words_of(sentence)) if w == word]
    return np.array(found, dtype=np.int64).reshape(-1, 2)


def snippet(sentence: Sequence[str], at: int, around: int = 4) -> str:
    """Return a few words around place `at` of a sentence, that one in brackets."""
    sentence = [str(word) for word in words_of(sentence)]
    at = validate.whole(at, "at", low=0, high=len(sentence) - 1)
    before, after = sentence[max(0, at - around) : at], sentence[at + 1 : at + 1 + around]
    return " ".join([*before, f"[{sentence[at]}]", *after])


# --------------------------------------------------------------------------------------- vectors of an occurrence
def window_means(
    vectors: WordVectors, sentences: Sentences, places, window: int = 5, apart: bool = False
) -> np.ndarray:
    """Return for each place the mean (n, d) of the unit vectors of the words at most `window` away, in the same sentence.

    The word itself is left out, so is any without a vector; nobody around gives zero. With `apart` there are two means side by
    side (n, 2d): of the words to the left, and of those to the right. Equation: eq-window-mean
    """
    d = validate.instance(vectors, WordVectors, "vectors").matrix.shape[1]
    window, places = validate.whole(window, "window", low=1), validate.indices(places, "places", 2)
    if places.shape[1] < 2 or places[:, 0].min() < 0 or places[:, 0].max() >= len(sentences):
        raise ValueError(f"places must be rows of sentence (0 to {len(sentences) - 1}) and position, but are not")
    if any(not 0 <= at < len(words_of(sentences[s])) for s, at in places[:, :2]):
        raise ValueError("places name a position outside its sentence")
    sums, counts = np.zeros((len(places), 2, d), np.float32), np.zeros((len(places), 2, 1), np.float32)
    for row, (s, at) in enumerate(places[:, :2]):
        sentence = sentences[s]
        for place in range(max(0, at - window), min(len(sentence), at + window + 1)):
            if place != at and (i := vectors.index.get(sentence[place])) is not None:
                sums[row, int(place > at)] += vectors.unit[i]
                counts[row, int(place > at)] += 1
    if not apart:
        sums, counts = sums.sum(axis=1, keepdims=True), counts.sum(axis=1, keepdims=True)
    return (sums / np.maximum(counts, 1)).reshape(len(places), -1)


def mix(layers, scores, gamma: float = 1.0) -> np.ndarray:
    """Return γ Σ_j s_j h_j (n, d): the layers (L, n, d) weighted by s, the softmax of the scores (L,).

    Peters et al. 2018. Equation: eq-elmo
    """
    layers = validate.array(layers, "layers", 3)
    scores = validate.vector(scores, "scores", len(layers), "layers")
    return validate.number(gamma, "gamma") * np.tensordot(softmax(scores[None])[0], layers, axes=1)


# ------------------------------------------------------------------------------------------------------- the test
def told_apart(X, which, labelled: int = 5, draws: int = 20, seed: int = 0) -> float:
    """Return the balanced accuracy with which occurrences are told apart by the nearer mean of a few labelled ones.

    X : (n, d), an occurrence a row;  which : (n,), 0 or 1;  labelled : occurrences known of either word, drawn at random; the others
    are asked. Nearer is by cosine, of vectors at length 1; the mean over `draws`. Equation: eq-balanced-accuracy
    """
    X, which = validate.matrix(X, "X"), validate.array(which, "which")
    if which.shape != (len(X),) or not np.isin(which, (0, 1)).all():
        raise ValueError(f"which must hold a 0 or a 1 for each of the {len(X)} rows of X")
    labelled = validate.whole(labelled, "labelled", low=1)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    rows = [np.flatnonzero(which == w) for w in (0, 1)]
    if min(map(len, rows)) <= labelled:
        raise ValueError(f"{labelled} labelled occurrences of either word leave none to be asked")
    length = np.linalg.norm(X, axis=1, keepdims=True)
    unit = X / np.where(length > 1e-140, length, 1)
    scores = []
    for _ in range(validate.whole(draws, "draws", low=1)):
        dealt = [rng.permutation(r) for r in rows]
        means = np.stack([unit[d[:labelled]].mean(axis=0) for d in dealt])
        means /= np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-30)
        zero, one = (unit[d[labelled:]] @ (means[1] - means[0]) for d in dealt)
        scores.append((np.mean(zero <= 0) + np.mean(one > 0)) / 2)
    return float(np.mean(scores))


def mean_cosine(X) -> float:
    """Return the mean cosine of all pairs of different rows of X (n, d), without forming the pairs.

    Equation: eq-mean-cosine
    """
    X = validate.matrix(X, "X")
    length = np.linalg.norm(X, axis=1, keepdims=True)
    if len(X) < 2 or length.min() < 1e-140:
        raise ValueError("X needs two rows at least, and none that is zero: it points nowhere")
    n, mean = len(X), (X / length).mean(axis=0)
    return float((n * mean @ mean - 1) / (n - 1))
