"""BERT in numpy: an encoder that reads both ways and says which words were hidden from it; its task, and a corpus on which it can be seen at work.

Blocks normed after (post-norm, as the paper's) or before; learned places, and a vector for each of two segments; on top of each place a head for the hidden
word, on top of the first one for whether the second sentence follows the first. With `causal` the same model sees what is before it alone and says
the next word, so that the two ways of reading can be compared at equal size. `bert_training` trains both with PyTorch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from lib.book import validate
from lib.losses.classification import cross_entropy
from lib.losses.neurons import gelu
from lib.regularization.normalization import layer_norm
from lib.sequences.number_words import EN_ONES, EN_TENS, MOST, number_pair
from lib.transformers.attention import causal_mask
from lib.transformers.blocks import block
from lib.transformers.transformer import nested

SPECIAL = ("[PAD]", "[CLS]", "[SEP]", "[MASK]")
PAD, CLS, SEP, MASK = range(len(SPECIAL))
IGNORED = -1  # a target that does not count
RECIPE = (0.8, 0.1, 0.1)  # of the chosen places: shown as [MASK], as a random word, as they are
VOCABULARY = (*SPECIAL, *EN_ONES, *EN_TENS, "hundred", "thousand", "and")
WINDOW = 25  # two numbers of 11 words, and three marks


# ----------------------------------------------------------------------------------------------------------- the model
@dataclass(frozen=True)
class Reading:
    """What a BERT makes of texts: the vectors (B, T, D) that go into the first block and come out of each, the scores (B, T, V) of each place's word,
    the scores (B, 2) of "does not follow" and "follows", and each block's weights P (B, h, T, T)."""

    vectors: tuple[np.ndarray, ...]
    scores: np.ndarray
    follows: np.ndarray
    P: tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Bert:
    """A trained BERT, or the same model with a causal mask.

    weights : words (V, D), places (n, D), segments (2, D), first.gamma and first.beta (D,); each block's as `transformer.flat` names them, from block0 on;
        mix.W (D, D), mix.b, mix.gamma, mix.beta (D,) and bias (V,) of the head for words, whose last matrix is the table of words;
        pool.W (D, D), pool.b (D,), next.W (D, 2), next.b (2,) of the head for the next sentence
    heads : of each block, a divisor of D;  causal : whether a place sees only what is before it, and itself
    Blocks are normed before where there are last.gamma and last.beta (D,), else after. Source: Devlin et al. (2019).
    """

    weights: Mapping[str, np.ndarray]
    heads: int
    causal: bool = False
    blocks: list = field(init=False, repr=False)

    def __post_init__(self):
        if not isinstance(self.weights, Mapping):
            raise TypeError("weights must be a mapping from names to arrays")
        w = {name: np.asarray(value, float) for name, value in self.weights.items()}
        if w.get("words", np.empty(0)).ndim != 2 or w.get("places", np.empty(0)).ndim != 2:
            raise ValueError("weights must hold words (V, D) and places (n, D)")
        V, D = w["words"].shape
        shapes = {"places": (len(w["places"]), D), "segments": (2, D), "bias": (V,), "mix.W": (D, D), "pool.W": (D, D)}
        shapes |= {name: (D,) for name in ("first.gamma", "first.beta", "mix.b", "mix.gamma", "mix.beta", "pool.b")}
        shapes |= {"next.W": (D, 2), "next.b": (2,)}
        if "last.gamma" in w:
            shapes |= {"last.gamma": (D,), "last.beta": (D,)}
        for name, shape in shapes.items():
            if name not in w or w[name].shape != shape:
                raise ValueError(f"{name} must have shape {shape}, but {w[name].shape if name in w else 'is missing'}")
        if D % validate.whole(self.heads, "heads", low=1):
            raise ValueError(f"{self.heads} heads do not divide {D} entries")
        for name, value in {"weights": w, "blocks": nested("block", w)}.items():
            object.__setattr__(self, name, value)

    @property
    def window(self) -> int:
        """The most places that it can read."""
        return len(self.weights["places"])

    def read(self, ids, segments=None) -> Reading:
        """Read texts (B, T) or (T,) of words' numbers, padded with PAD behind their ends: padding is seen by no other place.

        segments : as ids, 0 in the first sentence and 1 in the second; all 0 if not given
        """
        w = self.weights
        ids = np.atleast_2d(validate.indices(ids, "ids", ndim=None, size=len(w["words"]), of="words"))
        if ids.ndim != 2 or not 1 <= ids.shape[1] <= self.window:
            raise ValueError(f"ids must be (B, T) or (T,) with at most {self.window} places, but has shape {ids.shape}")
        if segments is None:
            segments = np.zeros_like(ids)
        segments = np.atleast_2d(validate.indices(segments, "segments", ndim=None, size=2, of="segments"))
        if segments.shape != ids.shape:
            raise ValueError(f"segments must be {ids.shape} as ids are, but has shape {segments.shape}")
        x = w["words"][ids] + w["places"][: ids.shape[1]] + w["segments"][segments]
        x = layer_norm(x, w["first.gamma"], w["first.beta"])[0]
        seen, order = self.sees(ids), "pre" if "last.gamma" in w else "post"
        vectors, maps = [x], []
        for weights in self.blocks:
            passed = block(x, weights, self.heads, order, mask=seen, activation="gelu")
            x = passed.outputs
            vectors.append(x)
            maps.append(passed.P)
        if order == "pre":
            x = layer_norm(x, w["last.gamma"], w["last.beta"])[0]
            vectors[-1] = x
        mixed = layer_norm(gelu(x @ w["mix.W"] + w["mix.b"]), w["mix.gamma"], w["mix.beta"])[0]
        pooled = np.tanh(x[:, 0] @ w["pool.W"] + w["pool.b"])
        scores = mixed @ w["words"].T + w["bias"]
        return Reading(tuple(vectors), scores, pooled @ w["next.W"] + w["next.b"], tuple(maps))

    def sees(self, ids) -> np.ndarray:
        """Return who sees whom (B, T, T) in texts (B, T): True where the place of a row may look at that of a column."""
        B, T = ids.shape
        seen = np.broadcast_to((ids != PAD)[:, None, :], (B, T, T)) | np.eye(T, dtype=bool)
        return seen & causal_mask(T) if self.causal else seen


def number_bert(weights: Mapping[str, np.ndarray]) -> Bert:
    """Return the BERT of number words that `weights` belong to: for ``trained(…, into=number_bert)``."""
    model = Bert(weights, heads=4)
    if len(model.weights["words"]) != len(VOCABULARY):
        raise ValueError(f"words must have {len(VOCABULARY)} rows, but has {len(model.weights['words'])}")
    return model


# ----------------------------------------------------------------------------------------------------------- its tasks
def mask_words(
    ids, vocabulary: int, rng: np.random.Generator, share: float = 0.15, recipe: Sequence[float] = RECIPE
) -> tuple[np.ndarray, np.ndarray]:
    """Return what is shown of texts (B, T), and the targets (B, T): the word where a place was chosen, IGNORED elsewhere.

    vocabulary : V; numbers below 4 are the marks, which are never chosen and never drawn;  share : with which each other place is chosen
    recipe : of the chosen places, the shares shown as [MASK], as a word drawn at random, and as they are; their sum is 1
    Equation: eq-masking. Source: Devlin et al. (2019), section 3.1.
    """
    V = validate.whole(vocabulary, "vocabulary", low=len(SPECIAL) + 1)
    ids = validate.indices(ids, "ids", ndim=2, size=V, of="words")
    share = validate.number(share, "share", low=0, high=1)
    recipe = validate.vector(recipe, "recipe")
    if len(recipe) != 3 or (recipe < 0).any() or abs(recipe.sum() - 1) > 1e-9:
        raise ValueError(f"recipe must be three shares of sum 1, but is {recipe}")
    rng = validate.generator(rng)
    chosen = (ids >= len(SPECIAL)) & (rng.random(ids.shape) < share)
    fate, drawn = rng.random(ids.shape), rng.integers(len(SPECIAL), V, size=ids.shape)
    shown = np.where(chosen & (fate < recipe[0]), MASK, ids)
    shown = np.where(chosen & (fate >= recipe[0]) & (fate < recipe[0] + recipe[1]), drawn, shown)
    return shown, np.where(chosen, ids, IGNORED)


def masked_loss(scores, targets) -> float:
    """Return the mean cross-entropy, in nats, of the scores (B, T, V) with the targets (B, T), over the places where these are not IGNORED.

    Raises ValueError where all are ignored: a mean of nothing. Equation: eq-masked-loss
    """
    scores = validate.array(scores, "scores", 3)
    targets = validate.array(targets, "targets", 2)
    if targets.shape != scores.shape[:2] or (targets != np.round(targets)).any():
        raise ValueError(f"targets must be whole numbers {scores.shape[:2]}, but has shape {targets.shape}")
    targets = targets.astype(int)
    counts = targets != IGNORED
    if not counts.any():
        raise ValueError("no place was chosen: there is nothing to take a mean of")
    return cross_entropy(scores[counts], validate.indices(targets[counts], "targets", size=scores.shape[2], of="words"))


def pack_pair(first, second, places: int) -> tuple[np.ndarray, np.ndarray]:
    """Return a pair of sentences as BERT reads it: [CLS] first [SEP] second [SEP], padded to `places`, and the segments.

    first, second : words' numbers. While they are too long, the longer one loses its last word, the second if both are equally long.
    segments : 1 in the second sentence and on its [SEP], else 0, also in the padding. Equation: eq-pair
    """
    a, b = (
        list(validate.indices(s, name, size=None, of="words")) for s, name in ((first, "first"), (second, "second"))
    )
    places = validate.whole(places, "places", low=3)
    while len(a) + len(b) > places - 3:
        (a if len(a) > len(b) else b).pop()
    ids = [CLS, *a, SEP, *b, SEP]
    rest = places - len(ids)
    return np.array(ids + [PAD] * rest), np.array([0] * (len(a) + 2) + [1] * (len(b) + 1) + [0] * rest)


# ------------------------------------------------------------------------------------------------------ numbers as texts
VALUES = ("ones", "hundreds", "thousands", "hundred thousands")  # what a word of a number may count


def number_texts(numbers) -> np.ndarray:
    """Return numbers (B,) below a million as texts (B, T): [CLS], the English words as numbers in VOCABULARY, [SEP], padded to the longest."""
    numbers = validate.indices(numbers, "numbers", size=MOST + 1, of="numbers")
    rows = [(CLS, *_words_of(int(k)), SEP) for k in numbers]
    ids = np.full((len(rows), max(map(len, rows))), PAD)
    for row, words in zip(ids, rows, strict=True):
        row[: len(words)] = words
    return ids


def place_values(ids, segments) -> tuple[np.ndarray, np.ndarray]:
    """Return what each word of pairs of numbers counts, and whether its own number has not said "thousand" up to it: both (B, T).

    ids, segments : (B, T), as `pairs_of` gives them. The first are indices in VALUES: the "three" of "three hundred and two thousand" counts hundred thousands,
    its "two" thousands. They are IGNORED for "hundred", "thousand", "and" and the marks, where the second is False.
    """
    ids = validate.indices(ids, "ids", ndim=2, size=len(VOCABULARY), of="words")
    segments = validate.indices(segments, "segments", ndim=2, size=2, of="segments")
    if ids.shape != segments.shape:
        raise ValueError(f"segments must be {ids.shape} as ids are, but has shape {segments.shape}")
    hundred, thousand, small = (VOCABULARY.index(word) for word in ("hundred", "thousand", "and"))
    counts = (ids >= len(SPECIAL)) & ~np.isin(ids, (hundred, thousand, small))
    by_hundreds = np.pad(ids[:, 1:] == hundred, ((0, 0), (0, 1)))
    values, early = np.full(ids.shape, IGNORED), np.zeros(ids.shape, bool)
    for segment in (0, 1):
        own = segments == segment
        said = np.cumsum(own & (ids == thousand), axis=1)
        values = np.where(own & counts, 2 * (said < said[:, -1:]) + by_hundreds, values)
        early |= own & counts & (said == 0)
    return values, early


def pairs_of(first, second) -> tuple[np.ndarray, np.ndarray]:
    """Return pairs of numbers first (B,) and second (B,), each below a million, as texts and their segments, both (B, WINDOW)."""
    first = validate.indices(first, "first", size=MOST + 1, of="numbers")
    second = validate.indices(second, "second", size=MOST + 1, of="numbers")
    if len(first) != len(second):
        raise ValueError(f"first and second must be as many, but are {len(first)} and {len(second)}")
    both = zip(first, second, strict=True)
    packed = [pack_pair(_words_of(int(a)), _words_of(int(b)), WINDOW) for a, b in both]
    return np.array([ids for ids, _ in packed]), np.array([segments for _, segments in packed])


def drawn_pairs(numbers, count: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return texts, segments (count, WINDOW) and whether the second sentence follows (count,): the first is a number drawn from `numbers`, the second
    is in half of the pairs the next number, and else the one after another draw.
    """
    numbers = validate.indices(numbers, "numbers", size=MOST, of="numbers that have a next one")
    count, rng = validate.whole(count, "count", low=1), validate.generator(rng)
    first, follows = rng.choice(numbers, count), rng.random(count) < 0.5
    return *pairs_of(first, np.where(follows, first, rng.choice(numbers, count)) + 1), follows.astype(int)


def _words_of(number: int) -> tuple[int, ...]:
    return tuple(VOCABULARY.index(word) for word in number_pair(number).english)


# ------------------------------------------------------------------------------------------------- what it is held beside
class Neighbours:
    """Which word stands between two others, by counting: the most frequent between the same two, else after the same left one, else of all.

    ids : texts (B, T) to count in. Marks and padding are neighbours, and are never said.
    """

    def __init__(self, ids, vocabulary: int):
        V = validate.whole(vocabulary, "vocabulary", low=len(SPECIAL) + 1)
        ids = validate.indices(ids, "ids", ndim=2, size=V, of="words")
        self.between = np.zeros((V, V, V), np.int32)  # left, right, word
        left, word, right = (part.ravel() for part in (ids[:, :-2], ids[:, 1:-1], ids[:, 2:]))
        said = word >= len(SPECIAL)
        np.add.at(self.between, (left[said], right[said], word[said]), 1)

    def fill(self, shown) -> np.ndarray:
        """Return the word (B, T) that it puts at each place but the first and last of texts (B, T), from the neighbours that are shown; IGNORED at those two."""
        shown = validate.indices(shown, "shown", ndim=2, size=len(self.between), of="words")
        left, right = shown[:, :-2], shown[:, 2:]
        counts = self.between[left, right]  # (B, T − 2, V)
        after = self.between.sum(axis=1)[left]
        whole = np.broadcast_to(self.between.sum(axis=(0, 1)), counts.shape)
        for better in (after, whole):
            counts = np.where(counts.any(axis=2, keepdims=True), counts, better)
        return np.pad(counts.argmax(axis=2), ((0, 0), (1, 1)), constant_values=IGNORED)


def probe(X, y, X_test, y_test) -> float:
    """Return the share of test rows (m, D) whose class a linear probe gets right: least squares on one-hot classes with a constant, from rows X (n, D).

    y, y_test : classes (n,) and (m,), 0, 1, …. The answer is the class of the largest score. Equation: eq-probe
    """
    X, X_test = validate.matrix(X, "X"), validate.matrix(X_test, "X_test")
    y, y_test = (validate.indices(v, name, size=1000, of="classes") for v, name in ((y, "y"), (y_test, "y_test")))
    if (len(X), len(X_test)) != (len(y), len(y_test)) or X.shape[1] != X_test.shape[1]:
        raise ValueError("X and y, X_test and y_test must fit, and both sets have the same columns")
    with_one = lambda A: np.hstack([A, np.ones((len(A), 1))])
    W = np.linalg.lstsq(with_one(X), np.eye(y.max() + 1)[y], rcond=None)[0]
    return float(((with_one(X_test) @ W).argmax(axis=1) == y_test).mean())
