"""Two languages that are one: a corpus cut into two parts without a sentence in common, each with vectors of its own.

The right translation of a word is the word itself, so that every alignment can be marked without a dictionary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from lib.book import validate
from lib.word_vectors import vocabulary
from lib.word_vectors.training import Settings, train_all
from lib.word_vectors.vectors import WordVectors

Sentences = Sequence[Sequence[str]]


@dataclass(frozen=True, eq=False)
class Spaces:
    """Two tables of vectors for the same words, each in its own order of frequency; row i of `source` means row gold[i] of `target`."""

    source: WordVectors
    target: WordVectors

    def __post_init__(self):
        for name in ("source", "target"):
            validate.instance(getattr(self, name), WordVectors, name)
        if set(self.source.words) != set(self.target.words):
            raise ValueError("the two spaces must hold the same words, but one holds a word that the other does not")

    def __len__(self) -> int:
        return len(self.source)

    @property
    def gold(self) -> np.ndarray:
        """For each row of the source the target's row of the same word (n,)."""
        return np.array([self.target.index[word] for word in self.source.words])

    def first(self, n: int) -> Spaces:
        """Return the spaces of the n words alone that are most frequent in the source, in the order of either."""
        source = self.source.first(n)
        return Spaces(source, self.target.some([i for i, word in enumerate(self.target.words) if word in source]))

    def deal(self, test: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return rows of the source to learn from, the most frequent first, and `test` others, drawn at random, to be asked."""
        test = validate.whole(test, "test", low=1, high=len(self) - 1)
        asked = np.sort(
            np.random.default_rng(validate.whole(seed, "seed", low=0)).choice(len(self), test, replace=False)
        )
        return np.setdiff1d(np.arange(len(self)), asked), asked


def cut(sentences: Sentences, seed: int = 0) -> tuple[list, list]:
    """Return the sentences in two halves, dealt at random by `seed`; no sentence is in both."""
    sentences = list(sentences)
    if len(sentences) < 2:
        raise ValueError(f"there must be at least two sentences to cut, but there are {len(sentences)}")
    order = np.random.default_rng(validate.whole(seed, "seed", low=0)).permutation(len(sentences))
    half = len(sentences) // 2
    return [sentences[i] for i in order[:half]], [sentences[i] for i in order[half:]]


def train_apart(
    one: Sentences, other: Sentences, settings: Settings, *, shared: int = 20, rare: int = 5, progress: bool = False
) -> Spaces:
    """Return the spaces of the words that occur `shared` times or more in either part, each trained on its part alone.

    The second part takes the seed after settings.seed. Words that occur `rare` times or more are trained, as contexts of others.
    Raises ValueError where no word is so frequent in both.
    """
    validate.instance(settings, Settings, "settings")
    shared, rare = validate.whole(shared, "shared", low=1), validate.whole(rare, "rare", low=1)
    texts = {"source": vocabulary.read(one, min(rare, shared)), "target": vocabulary.read(other, min(rare, shared))}
    frequent = [
        {w for w, n in zip(t.vocabulary.words, t.vocabulary.counts, strict=True) if n >= shared} for t in texts.values()
    ]
    common = frequent[0] & frequent[1]
    if not common:
        raise ValueError(f"no word occurs {shared} times in both parts")
    runs = {"source": settings, "target": replace(settings, seed=settings.seed + 1)}
    trained = train_all(texts, runs, workers=2, progress=progress)
    kept = []
    for trainer in trained.values():
        vectors = trainer.vectors()
        kept.append(vectors.some([i for i, word in enumerate(vectors.words) if word in common]))
    return Spaces(*kept)
