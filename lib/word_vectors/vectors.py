"""A table of word vectors, and the questions one asks it: how similar, who is near, and a is to b as c is to what."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from lib.book import validate
from lib.word_vectors.search import largest, products


@dataclass(frozen=True, eq=False)
class WordVectors:
    """Words (V,) and their vectors, the rows of `matrix` (V, d); equal words or a zero row are refused."""

    words: tuple[str, ...]
    matrix: np.ndarray

    def __post_init__(self):
        matrix = validate.matrix(self.matrix, "matrix", within=validate.FLOAT32)
        if len(matrix) != len(self.words):
            raise ValueError(f"matrix has {len(matrix)} rows, but there are {len(self.words)} words")
        if len(set(self.words)) != len(self.words):
            raise ValueError("each word needs one row, but a word is there twice")
        if (norms := np.linalg.norm(matrix, axis=1)).min() < 1e-35:
            raise ValueError(f"the vector of {self.words[int(np.argmin(norms))]!r} is zero: it points nowhere")
        object.__setattr__(self, "words", tuple(self.words))
        object.__setattr__(self, "matrix", matrix.astype(np.float32))

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    @cached_property
    def index(self) -> dict[str, int]:
        """Word → its row."""
        return {word: i for i, word in enumerate(self.words)}

    @cached_property
    def unit(self) -> np.ndarray:
        """The vectors at length 1 (V, d): their inner products are the cosines."""
        lengths = np.linalg.norm(self.matrix, axis=1, keepdims=True)
        tiny = lengths[:, 0] < validate.FLOAT32[0]  # the squares of such rows do not fit 32 bits
        lengths[tiny] = np.linalg.norm(self.matrix[tiny].astype(np.float64), axis=1, keepdims=True)
        return self.matrix / lengths

    def row(self, word: str) -> int:
        """Return the word's row; raise KeyError with a sentence where there is none."""
        if word not in self.index:
            raise KeyError(f"{word!r} is not among the {len(self)} words")
        return self.index[word]

    def similarity(self, one: str, other: str) -> float:
        """Return the cosine of the angle between two words' vectors; raise KeyError as `row`.

        Equation: eq-cosine
        """
        return float(self.unit[self.row(one)] @ self.unit[self.row(other)])

    def neighbours(self, what, k: int = 10, without: Sequence[str] = ()) -> list[tuple[str, float]]:
        """Return the k words nearest by cosine to a word (itself left out) or to a vector (d,), with their cosines.

        Raises KeyError as `row`.
        """
        k = validate.whole(k, "k", low=1)
        if isinstance(what, str):
            query, without = self.unit[self.row(what)], (what, *without)
        else:
            d, known = self.matrix.shape[1], validate.FLOAT32
            query = validate.vector(what, "the vector", d, "dimensions", within=known).astype(np.float32)
            if not query.any():
                raise ValueError("the vector is zero: it points nowhere, and nothing is near")
            query = query / np.linalg.norm(query)
        scores = self.unit @ query
        scores[[self.index[w] for w in without if w in self.index]] = -np.inf
        best = np.argsort(-scores, kind="stable")[: min(k, len(self) - len(set(without) & set(self.index)))]
        return [(self.words[i], float(scores[i])) for i in best]

    def analogy(self, a: str, b: str, c: str, k: int = 1) -> list[tuple[str, float]]:
        """Return the k best answers to "a is to b as c is to …": the words nearest to b − a + c, those three left out.

        Raises KeyError as `row`.

        Equation: eq-analogy
        """
        a_, b_, c_ = (self.unit[self.row(w)] for w in (a, b, c))
        return self.neighbours(b_ - a_ + c_, k, without=(a, b, c))

    def nearest(self, rows, k: int = 10) -> np.ndarray:
        """Return the rows of the k nearest words (n, k) of each word whose row is in `rows` (n,), the word itself left out."""
        k = validate.whole(k, "k", low=1, high=len(self) - 1)
        if isinstance(rows, (np.ndarray, list, tuple, range)) and not len(rows):
            return np.empty((0, k), np.int64)
        rows = validate.indices(rows, "rows", 1, len(self), "words")
        out = np.empty((len(rows), k), np.int64)
        for part, scores in products(self.unit[rows], self.unit):
            scores[np.arange(len(scores)), rows[part]] = -np.inf
            out[part], _ = largest(scores, k)
        return out

    def first(self, n: int) -> WordVectors:
        """Return the first n words and their vectors alone: the most frequent, where the words are in that order."""
        return self.some(range(validate.whole(n, "n", low=1, high=len(self))))

    def some(self, rows: Sequence[int]) -> WordVectors:
        """Return the words of these rows and their vectors alone, in this order."""
        rows = validate.indices(list(rows), "rows", 1, len(self), "words")
        return WordVectors(tuple(self.words[i] for i in rows), self.matrix[rows])

    def save(self, path) -> None:
        """Write words and matrix to `path` (.npz)."""
        np.savez_compressed(Path(path), words=np.array(self.words), matrix=self.matrix)

    @classmethod
    def load(cls, path) -> WordVectors:
        """Return the vectors that `save` wrote."""
        with np.load(Path(path)) as kept:
            return cls(tuple(kept["words"].tolist()), kept["matrix"])
