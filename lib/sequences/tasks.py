"""Sequences as a network is handed them: padded batches and their masks, shifted targets, and what a window of words can tell."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from lib.book import validate
from lib.sequences.number_words import number_pair

EDGE = "·"  # what a window sees beyond the ends of a sentence


def pad(sequences: Sequence[Sequence[int]], filler: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return sequences of symbols as one array (B, T), as long as the longest and filled up behind, and their lengths (B,)."""
    if not isinstance(sequences, (list, tuple)) or not sequences:
        raise TypeError("sequences must be a list of sequences of whole numbers, at least one")
    rows = [validate.indices(row, f"sequences[{i}]") for i, row in enumerate(sequences)]
    lengths = np.array([len(row) for row in rows])
    out = np.full((len(rows), lengths.max()), validate.whole(filler, "filler"), np.int64)
    for row, symbols in zip(out, rows, strict=True):
        row[: len(symbols)] = symbols
    return out, lengths


def real_places(lengths, T: int) -> np.ndarray:
    """Return which places (B, T) of a padded batch are no padding, from the lengths (B,) of its sequences, each from 1 to T."""
    lengths, T = validate.indices(lengths, "lengths"), validate.whole(T, "T", low=1)
    if lengths.min() < 1 or lengths.max() > T:
        raise ValueError(f"lengths must be from 1 to {T}, but are from {lengths.min()} to {lengths.max()}")
    return np.arange(T) < lengths[:, None]


def masked_mean(losses, lengths) -> float:
    """Return the mean of losses (B, T) over the places that are no padding. Equation: eq-masked-mean"""
    losses = validate.array(losses, "losses", 2)
    real = real_places(lengths, losses.shape[1])
    if len(real) != len(losses):
        raise ValueError(f"there are {len(losses)} rows of losses, but {len(real)} lengths")
    return float(losses[real].mean())


def reverse_real(X, lengths) -> np.ndarray:
    """Return a batch X (B, T, …) with each sequence turned round and its padding left where it is, at the end."""
    X = validate.array(X, "X")
    if X.ndim < 2:
        raise ValueError(f"X must have at least 2 axes, sequences and places, but has shape {X.shape}")
    real = real_places(lengths, X.shape[1])
    if len(real) != len(X):
        raise ValueError(f"there are {len(X)} sequences, but {len(real)} lengths")
    places = np.arange(X.shape[1])
    from_the_end = np.where(real, real.sum(axis=1)[:, None] - 1 - places, places)  # (B, T)
    return X[np.arange(len(X))[:, None], from_the_end]


def recall_task(N: int, T: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return N sequences of T symbols whose first must be said at the end: ids (N, T), lengths (N,), tags (N, T).

    The first symbol is one of 8, the last a prompt, and between them stand T − 2 distractors, of 7 other kinds: 16 symbols in all. The tag
    is 0 at every place but the last, where it is 1 + the first symbol.
    """
    N, T = validate.whole(N, "N", low=1), validate.whole(T, "T", low=2)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    ids = rng.integers(8, 15, (N, T))
    ids[:, 0], ids[:, -1] = rng.integers(8, size=N), 15
    tags = np.zeros((N, T), np.int64)
    tags[:, -1] = 1 + ids[:, 0]
    return ids, np.full(N, T), tags


# -------------------------------------------------------------------------------------------- what a word stands for
def place_values(k: int) -> list[str]:
    """Return for each English word of the number k the place that it belongs to: "1", "10", … "100000", and EDGE for "and".

    In "three hundred and five thousand" three and hundred belong to the place 100000, five and thousand to 1000.
    """
    words = number_pair(k).english
    out, scale = [], 1
    for word, following in reversed([*pairwise([*words, EDGE])]):
        if word == "thousand":
            scale = 1000
        if word == "and":
            out.append(EDGE)
        else:
            hundreds, tens = "hundred" in (word, following), word.endswith("ty")
            out.append(str(scale * (100 if hundreds else 10 if tens else 1)))
    return out[::-1]


def window_ceiling(sentences: Sequence[Sequence[str]], tags: Sequence[Sequence[str]], left: int, right: int) -> float:
    """Return the largest share of tags that anything can get right which sees `left` words before and `right` words after a word.

    For each window that occurs it says the tag that occurs most with it: no function of the window alone does better on these sentences.
    """
    left, right = _window(sentences, tags, left, right)
    seen = defaultdict(Counter)  # how often each tag goes with a window
    for words, names in zip(sentences, tags, strict=True):
        padded = [EDGE] * left + list(words) + [EDGE] * right
        for at, name in enumerate(names):
            window = tuple(padded[at : at + left + 1 + right])
            seen[window][name] += 1
    best = sum(max(counts.values()) for counts in seen.values())
    return best / sum(sum(counts.values()) for counts in seen.values())


def _window(sentences, tags, left, right) -> tuple[int, int]:
    left, right = validate.whole(left, "left", low=0), validate.whole(right, "right", low=0)
    if not isinstance(sentences, (list, tuple)) or not isinstance(tags, (list, tuple)) or not sentences:
        raise TypeError("sentences and tags must be lists, of lists of words and of lists of tags, at least one each")
    if [*map(len, sentences)] != [*map(len, tags)]:
        raise ValueError("sentences and tags must be equally many, and each as long as the other")
    return left, right
