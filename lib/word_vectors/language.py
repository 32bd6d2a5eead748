"""What a language model reads, how it is marked, and the model to beat: n-grams, counted and smoothed.

A sentence is an array of numbers below V, the vocabulary's words. Two symbols come after them: V stands for any other word, V + 1
for the edge of a sentence, on either side. Only numpy is needed here.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from lib.book import validate
from lib.word_vectors.vocabulary import Vocabulary, words_of

SPECIAL = 2  # symbols that are no words: other words, and the edge


def pieces(sentences: Iterable[Sequence[str]], longest: int = 40) -> list[list[str]]:
    """Return the sentences as lists of words, those above `longest` words cut into pieces of at most so many."""
    longest, out = validate.whole(longest, "longest", low=1), []
    for sentence in sentences:
        words = words_of(sentence)
        out.extend(list(words[at : at + longest]) for at in range(0, len(words), longest))
    return out


def numbers(sentences: Iterable[Sequence[str]], vocabulary: Vocabulary) -> list[np.ndarray]:
    """Return each sentence as its words' numbers; words that the vocabulary has not are all V. Raises ValueError where one is empty."""
    index, other, out = validate.instance(vocabulary, Vocabulary, "vocabulary").index, len(vocabulary), []
    for sentence in sentences:
        if not len(words_of(sentence)):
            raise ValueError(f"a sentence needs at least one word, but number {len(out)} has none")
        out.append(np.array([index.get(word, other) for word in sentence], dtype=np.int64))
    if not out:
        raise ValueError("there are no sentences: at least one is needed")
    return out


def perplexity(log_probabilities) -> float:
    """Return exp of minus the mean of the natural logarithms (N,) of the probabilities that a model gave to what came.

    Among how many equally likely symbols the model, on average, had to choose. Equation: eq-perplexity
    """
    given = validate.vector(log_probabilities, "log_probabilities")
    if (given > 1e-6).any():
        raise ValueError("a logarithm of a probability cannot be positive, but one is: were probabilities given?")
    with np.errstate(over="ignore"):
        return float(validate.result(np.exp(-given.mean()), "the perplexity"))


class Ngrams:
    """A model of the next symbol from the n − 1 before it: counts, with interpolated Kneser–Ney smoothing.

    sentences : arrays of numbers below symbols − 1;  symbols : V + 2, the last the edge;  order : n
    A discount is n₁/(n₁ + 2n₂) of its order's counts of one and two, or ½ where there are none. Ney, Essen, Kneser 1994; Kneser,
    Ney 1995. Equation: eq-kneser-ney
    """

    def __init__(self, sentences: Sequence[np.ndarray], symbols: int, order: int = 3):
        self.symbols = validate.whole(symbols, "symbols", low=2)
        self.order = validate.whole(order, "order", low=1)
        if self.order * np.log2(self.symbols) >= 63:
            raise ValueError(f"{symbols} symbols to the power {order} are too many to number: lower the order")
        codes, counts = np.unique(self._codes(sentences), return_counts=True)
        self.tables = []
        for k in range(self.order, 0, -1):
            once, twice = (counts == 1).sum(), (counts == 2).sum()
            discount = once / (once + 2 * twice) if once and twice else 0.5
            contexts, first = np.unique(codes // self.symbols, return_index=True)
            total, kinds = np.add.reduceat(counts, first), np.diff(np.append(first, len(codes)))
            self.tables.insert(0, (codes, counts, contexts, total, kinds, float(discount)))
            codes, counts = np.unique(codes % self.symbols ** (k - 1), return_counts=True)  # after how many symbols?

    def log_probabilities(self, sentences: Sequence[np.ndarray]) -> np.ndarray:
        """Return the logarithm of the probability of each symbol (N,), sentence by sentence, the edge at the end included."""
        asked = self._codes(sentences)
        p = np.full(len(asked), 1 / self.symbols)
        for k, (codes, counts, contexts, total, kinds, discount) in enumerate(self.tables, 1):
            gram = asked % self.symbols**k
            at, seen = _find(codes, gram)
            where, known = _find(contexts, gram // self.symbols)
            count = np.where(seen, np.maximum(counts[at] - discount, 0), 0)
            p = np.where(known, (count + discount * kinds[where] * p) / total[where], p)
        return np.log(p)

    def _codes(self, sentences) -> np.ndarray:
        """Return for each symbol to be predicted the number that it makes with those before it, in the base `symbols`."""
        edge, n = self.symbols - 1, self.order
        if not len(sentences):
            raise ValueError("there are no sentences: at least one is needed")
        for sentence in sentences:
            sentence = np.asarray(sentence)
            if sentence.ndim != 1 or sentence.dtype.kind != "i" or not len(sentence):
                raise ValueError("a sentence must be an array of whole numbers, with at least one")
            if sentence.min() < 0 or sentence.max() >= edge:
                raise ValueError(f"a sentence's numbers must lie between 0 and {edge - 1}, but one does not")
        stream = np.concatenate([part for s in sentences for part in (np.full(n, edge), s)] + [np.full(n, edge)])
        last = np.cumsum([len(s) + n for s in sentences])  # where the edge stands that closes a sentence
        ends = np.zeros(len(stream), bool)
        ends[last] = True
        asked = np.flatnonzero((stream != edge) | ends)
        code = np.zeros(len(asked), np.int64)
        for back in range(n - 1, -1, -1):
            code = code * self.symbols + stream[asked - back]
        return code


def _find(table: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return where in the sorted table each wanted number stands, and whether it does; somewhere, if not."""
    at = np.minimum(np.searchsorted(table, wanted), len(table) - 1)
    return at, table[at] == wanted
