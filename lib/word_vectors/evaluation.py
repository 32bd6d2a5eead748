"""How good are word vectors? Human judgements, analogies, and tests whose answers are planted in the text."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.word_vectors.vectors import WordVectors
from lib.word_vectors.vocabulary import Text, Vocabulary

# a is to b as c is to d, by what the question asks for. Settings were chosen while these were looked at, and five of the
# first seventy-two were thrown out after a look at the answers: they are for practice.
PRACTICE: dict[str, tuple[str, ...]] = {
    "plural": (
        "row rows column columns", "row rows matrix matrices", "vertex vertices matrix matrices", "mean means variance variances",
        "value values index indices", "edge edges node nodes", "row column rows columns",
    ),
    "grammar": (
        "compute computed use used", "compute computes return returns", "compute computing use using", "fit fitted compute computed",
        "large larger small smaller", "larger largest smaller smallest", "high higher low lower", "encode encoder decode decoder",
    ),
    "opposites": (
        "minimum maximum min max", "min max argmin argmax", "left right lower upper", "left right first last",
        "high low large small", "increase increasing decrease decreasing", "increasing decreasing ascending descending",
        "positive negative max min", "true false enabled disabled", "lowpass highpass low high", "lower upper minimum maximum",
        "add subtract multiply divide", "addition subtraction multiplication division", "numerator denominator zeros poles",
        "parent child ancestor descendant", "ancestors descendants predecessors successors",
        "predecessor successor incoming outgoing", "predecessors successors in out",
    ),
    "mathematics": (
        "sin arcsin cos arccos", "sin asin cos acos", "sin sinh cos cosh", "sin cos sinh cosh", "mean median average median",
        "real imaginary magnitude phase", "newton hessian gradient jacobian", "circle sphere square cube", "point line line plane",
        "covariance variance correlation std", "normal gaussian uniform flat", "gaussian normal poisson count", "bessel j modified i",
    ),
    "arrays and plots": (
        "x y xlabel ylabel", "x y xlim ylim", "x y xaxis yaxis", "horizontal vertical x y", "horizontal vertical row column",
        "horizontal vertical width height", "rows columns horizontal vertical", "numerator denominator rows columns",
        "float32 float64 complex64 complex128", "int8 uint8 int16 uint16", "int32 int64 float32 float64",
        "float complex float64 complex128", "csr csc row column", "red green r g", "first second row column",
        "one two first second", "in out input output",
    ),
    "models": (
        "encoder decoder encoding decoding", "regressor regression classifier classification",
        "regression regressor classification classifier", "classifier classes regressor targets",
    ),
}  # fmt: skip

# Written before any model was asked, every word being in the text. Nothing was chosen by the answers.
SEALED: dict[str, tuple[str, ...]] = {
    "plural": (
        "array arrays vector vectors", "function functions method methods", "parameter parameters argument arguments",
        "point points line lines", "axis axes index indices", "graph graphs tree trees",
        "kernel kernels filter filters", "class classes label labels", "feature features sample samples",
        "weight weights bias biases", "eigenvalue eigenvalues eigenvector eigenvectors", "root roots zero zeros",
        "cluster clusters center centers",
    ),
    "grammar": (
        "create created define defined", "contain contains include includes", "specify specified give given",
        "call calling pass passing", "slow slower fast faster", "long longer short shorter",
        "estimate estimated predict predicted", "sort sorted merge merged", "raise raises return returns",
        "draw drawing plot plotting",
    ),
    "opposites": (
        "start end first last", "start stop begin end", "top bottom left right", "above below over under",
        "even odd positive negative", "before after previous next", "input output source target",
        "open closed inclusive exclusive", "read write load save", "forward backward left right",
        "connected disconnected directed undirected", "directed undirected weighted unweighted",
        "inside outside interior exterior", "add remove insert delete", "more less larger smaller",
        "best worst highest lowest", "maximum minimum largest smallest", "upper lower ceil floor",
        "valid invalid finite infinite", "symmetric asymmetric linear nonlinear",
    ),
    "mathematics": (
        "log exp integral derivative", "addition sum multiplication product", "sine sin cosine cos",
        "tan arctan tanh arctanh", "integral integrate derivative differentiate", "fft ifft dct idct",
        "fft ifft rfft irfft", "cdf ppf sf isf", "pdf logpdf cdf logcdf", "pmf discrete pdf continuous",
        "poisson discrete normal continuous", "hour minute minute second", "mean location variance scale",
    ),
    "arrays and plots": (
        "integer int floating float", "boolean bool integer int", "dictionary dict string str",
        "xticks yticks xlabel ylabel", "xmin xmax ymin ymax", "vmin vmax xmin xmax", "red blue r b", "black white k w",
        "green g blue b", "nrows ncols rows columns", "facecolor edgecolor face edge",
        "hstack vstack horizontal vertical",
    ),
    "models": (
        "fit predict train test", "train test training testing", "kmeans clustering ridge regression",
        "pca decomposition kmeans clustering", "classifier predict transformer transform",
        "conv1d conv2d maxpool1d maxpool2d", "accuracy classification mse regression",
    ),
}  # fmt: skip


@dataclass(frozen=True)
class Score:
    """A result and how much of the test it rests on: `value` over `covered` of `total` items."""

    value: float
    covered: int
    total: int


# ------------------------------------------------------------------------------------------------ human judgements
def human_judgements(name: str) -> list[tuple[str, str, float]]:
    """Return a list of word pairs with people's mean rating, 0 to 10: "wordsim353" (related?) or "simlex999" (similar?).

    The files come with the package gensim and are read by path. Raises ValueError for another name, FileNotFoundError where
    gensim is not installed.
    """
    files = {"wordsim353": "wordsim353.tsv", "simlex999": "simlex999.txt"}
    if not isinstance(name, str) or name not in files:
        raise ValueError(f"name must be one of {', '.join(files)}, but is {name!r}")
    try:
        found = importlib.metadata.distribution("gensim").locate_file(f"gensim/test/test_data/{files[name]}")
        lines = found.read_text(encoding="utf-8").splitlines()
    except (importlib.metadata.PackageNotFoundError, OSError):
        raise FileNotFoundError(f"{files[name]} comes with the package gensim, which is not installed here") from None
    rows = [line.split("\t") for line in lines if line and not line.startswith("#")]
    return [(r[0].lower(), r[1].lower(), float(r[2])) for r in rows]


def agreement(vectors: WordVectors, pairs: Sequence[tuple[str, str, float]]) -> Score:
    """Return Spearman's rank correlation between cosines and ratings, over the pairs of which both words have vectors.

    Raises ValueError where fewer than three pairs do, or cosines or ratings are all equal. Equation: eq-spearman
    """
    validate.instance(vectors, WordVectors, "vectors")
    pairs = _rows(pairs, "pairs", 3)
    known = [(vectors.similarity(a, b), rating) for a, b, rating in pairs if a in vectors and b in vectors]
    if len(known) < 3:
        raise ValueError(f"only {len(known)} of {len(pairs)} pairs have vectors: too few for a correlation")
    from scipy.stats import spearmanr  # takes a second to import

    cosines, ratings = (validate.vector(values, "ratings", within=validate.ANY) for values in zip(*known, strict=True))
    if np.ptp(cosines) == 0 or np.ptp(ratings) == 0:
        raise ValueError("the cosines, or the ratings, are all equal: they have no ranks to compare")
    return Score(float(spearmanr(cosines, ratings).statistic), len(known), len(pairs))


def _rows(rows, name: str, columns: int) -> list[tuple]:
    """Return rows as a list of tuples, or raise where one has not so many columns."""
    rows = [tuple(row) for row in rows]
    if wrong := [row for row in rows if len(row) != columns]:
        raise ValueError(f"{name} must have rows of {columns}, but one is {wrong[0]!r}")
    return rows


# ------------------------------------------------------------------------------------------------------- analogies
def questions(kind: str | None = None, practice: bool = False) -> list[tuple[str, str, str, str]]:
    """Return the analogies (a, b, c, d) of one kind, or of all: the sealed ones, or those for practice."""
    asked = PRACTICE if practice else SEALED
    if kind is not None and (not isinstance(kind, str) or kind not in asked):
        raise ValueError(f"kind must be one of {', '.join(asked)}, but is {kind!r}")
    lines = asked[kind] if kind else [line for lines in asked.values() for line in lines]
    return [tuple(line.split()) for line in lines]


def solved(vectors: WordVectors, asked: Sequence[tuple[str, str, str, str]]) -> Score:
    """Return the share of analogies whose first answer is right, over those of which all four words have vectors."""
    validate.instance(vectors, WordVectors, "vectors")
    asked = _rows(asked, "asked", 4)
    known = [q for q in asked if all(w in vectors for w in q)]
    if not known:
        raise ValueError(f"none of the {len(asked)} analogies has vectors for all its words")
    right = sum(vectors.analogy(a, b, c)[0][0] == d for a, b, c, d in known)
    return Score(right / len(known), len(known), len(asked))


# ----------------------------------------------------------------------------------------------------------- twins
def plant_twins(text: Text, sizes: Sequence[int], each: int = 40, seed: int = 0) -> tuple[Text, np.ndarray]:
    """Return the text with some occurrences of some words renamed, and which: rows (word, twin, renamed) of numbers (T, 3).

    For each size m, `each` words that occur at least 4m times (and 60 times) lose m random occurrences to a new word, the
    twin, written word′. A good model puts the twin beside its word: it occurs in the same contexts, m times.
    """
    sizes = [validate.whole(m, "sizes", low=1) for m in validate.indices(list(sizes), "sizes").tolist()]
    counts, each = validate.instance(text, Text, "text").vocabulary.counts.copy(), validate.whole(each, "each", low=1)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    tokens, names, rows, free = text.tokens.copy(), list(text.vocabulary.words), [], np.ones(len(counts), bool)
    free[:50] = False  # the commonest words mean little
    where = np.split(np.argsort(tokens, kind="stable"), np.cumsum(counts)[:-1])
    for m in sorted(sizes, reverse=True):
        able = np.flatnonzero(free & (counts >= max(4 * m, 60)))
        if len(able) < each:
            raise ValueError(
                f"only {len(able)} words are frequent enough to lose {m} occurrences; {each} are asked for"
            )
        for word in rng.choice(able, each, replace=False):
            twin, free[word] = len(names), False
            tokens[rng.choice(where[word], m, replace=False)] = twin
            counts[word] -= m
            names.append(names[word] + "′")
            rows.append((word, twin, m))
    rows = np.array(rows)
    vocabulary = Vocabulary(tuple(names), np.concatenate([counts, rows[:, 2]]))
    return Text(vocabulary, tokens, text.sentence), rows


def twins_found(vectors: WordVectors, twins: np.ndarray, k: int = 1) -> dict[int, float]:
    """Return for each size of twin the share of those who have their word among their k nearest neighbours."""
    twins = validate.indices(twins, "twins", 2)
    if twins.shape[1] != 3:
        raise ValueError(f"twins must be rows of word, twin and size, but has shape {twins.shape}")
    near = validate.instance(vectors, WordVectors, "vectors").nearest(twins[:, 1], k)
    found = (near == twins[:, :1]).any(axis=1)
    return {int(m): float(found[twins[:, 2] == m].mean()) for m in np.unique(twins[:, 2])}


# --------------------------------------------------------------------------------------------------- planted classes
@dataclass(frozen=True, eq=False)
class Planted:
    """A made-up text whose words have classes: `classes` (V,) numbers topic · styles + style."""

    text: Text
    classes: np.ndarray
    styles: int


def planted(tokens: int = 200_000, words: int = 2_000, topics: int = 10, styles: int = 3, seed: int = 0) -> Planted:
    """Return sentences of 20 words in which each has a topic and a style, and about half of the words belong to them.

    Word frequencies follow Zipf's law; words that occur fewer than 5 times are left out.
    """
    for value, name in ((tokens, "tokens"), (words, "words"), (topics, "topics"), (styles, "styles")):
        validate.whole(value, name, low=1)
    rng, length, n = np.random.default_rng(validate.whole(seed, "seed", low=0)), 20, topics * styles
    p = 1.0 / (np.arange(words) + 2.7)
    p /= p.sum()
    of_word, count = rng.integers(n, size=words), max(1, tokens // length)
    drawn = rng.choice(words, size=(count, length), p=p)
    topic, style = rng.integers(topics, size=(count, 1)), rng.integers(styles, size=(count, 1))
    u = rng.random((count, length))
    t = np.where(u < 0.35, topic, rng.integers(topics, size=u.shape))
    s = np.where((u < 0.21) | (u > 0.35), style, rng.integers(styles, size=u.shape))
    asked = np.where(u < 0.49, t * styles + s, -1)
    for c in range(n):
        mine, here = np.flatnonzero(of_word == c), asked == c
        if len(mine) and here.any():
            weights = np.sqrt(p[mine])
            drawn[here] = rng.choice(mine, size=int(here.sum()), p=weights / weights.sum())
    counts = np.bincount(drawn.ravel(), minlength=words)
    kept = np.flatnonzero(counts >= 5)
    kept = kept[np.argsort(-counts[kept], kind="stable")]
    number = np.full(words, -1)
    number[kept] = np.arange(len(kept))
    flat, sentence = number[drawn].ravel(), np.repeat(np.arange(count), length)
    vocabulary = Vocabulary(tuple(f"w{i}" for i in kept), counts[kept])
    return Planted(Text(vocabulary, flat[flat >= 0], sentence[flat >= 0]), of_word[kept], styles)


def class_share(vectors: WordVectors, classes, k: int = 10) -> float:
    """Return how many of a word's k nearest neighbours share its class, a share over all words."""
    classes = validate.indices(classes, "classes")
    if len(classes) != len(validate.instance(vectors, WordVectors, "vectors")):
        raise ValueError(f"there are {len(classes)} classes for {len(vectors)} words")
    near = vectors.nearest(np.arange(len(vectors)), k)
    return float((classes[near] == classes[:, None]).mean())
