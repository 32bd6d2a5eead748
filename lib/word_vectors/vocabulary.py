"""A vocabulary, and a text written in its numbers: what every model of this chapter starts from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from lib.book import validate


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """The words of a corpus, the most frequent first, and how often each occurs: words (V,), counts (V,)."""

    words: tuple[str, ...]
    counts: np.ndarray

    def __post_init__(self):
        counts = validate.vector(self.counts, "counts", len(self.words), "words", within=(0.0, 2.0**53))
        if len(set(self.words)) != len(self.words):
            raise ValueError("a vocabulary lists each word once, but one is there twice")
        if (counts < 1).any() or (counts != np.round(counts)).any():
            raise ValueError("counts must be whole numbers, at least 1")
        object.__setattr__(self, "counts", counts.astype(np.int64))

    def __len__(self) -> int:
        return len(self.words)

    def __contains__(self, word: object) -> bool:
        return word in self.index

    @cached_property
    def index(self) -> dict[str, int]:
        """Word → its number."""
        return {word: i for i, word in enumerate(self.words)}

    def number(self, word: str) -> int:
        """Return the word's number; raise KeyError with a sentence where it is not in the vocabulary."""
        if word not in self.index:
            raise KeyError(f"{word!r} is not among the {len(self)} words of the vocabulary")
        return self.index[word]


@dataclass(frozen=True, eq=False)
class Text:
    """A corpus in numbers: tokens (N,) index the vocabulary's words, sentence (N,) says which sentence each stands in."""

    vocabulary: Vocabulary
    tokens: np.ndarray
    sentence: np.ndarray

    def __post_init__(self):
        words = len(validate.instance(self.vocabulary, Vocabulary, "vocabulary"))
        for name, size in (("tokens", words), ("sentence", None)):
            if not isinstance(getattr(self, name), (np.ndarray, list, tuple)) or len(getattr(self, name)):
                object.__setattr__(self, name, validate.indices(getattr(self, name), name, 1, size, "words"))
        if len(self.tokens) != len(self.sentence):
            raise ValueError(f"there are {len(self.tokens)} tokens, but {len(self.sentence)} numbers of sentences")

    def __len__(self) -> int:
        return len(self.tokens)


def build(sentences: Sequence[Sequence[str]], min_count: int = 5) -> Vocabulary:
    """Return the vocabulary of the words that occur at least `min_count` times; equal counts in alphabetical order.

    Raises TypeError where a sentence is a string instead of a list of words, ValueError where no word is frequent enough.
    """
    least = validate.whole(min_count, "min_count", low=1)
    counted: Counter[str] = Counter()
    for sentence in sentences:
        counted.update(words_of(sentence))
    kept = sorted((w for w, n in counted.items() if n >= least), key=lambda w: (-counted[w], w))
    if not kept:
        raise ValueError(f"no word occurs {least} times: the corpus holds {counted.total()} words in all")
    return Vocabulary(tuple(kept), np.array([counted[w] for w in kept]))


def encode(sentences: Iterable[Sequence[str]], vocabulary: Vocabulary) -> Text:
    """Return the sentences as a `Text`; words outside the vocabulary are left out, and their neighbours move together."""
    index, tokens, owner = validate.instance(vocabulary, Vocabulary, "vocabulary").index, [], []
    for number, sentence in enumerate(sentences):
        found = [index[w] for w in words_of(sentence) if w in index]
        tokens.extend(found)
        owner.extend([number] * len(found))
    if not tokens:
        raise ValueError("no word of the sentences is in the vocabulary")
    return Text(vocabulary, np.array(tokens, dtype=np.int64), np.array(owner, dtype=np.int64))


def read(sentences: Sequence[Sequence[str]], min_count: int = 5) -> Text:
    """Return the sentences as a `Text` in the vocabulary of their own words that occur at least `min_count` times."""
    return encode(sentences, build(sentences, min_count))


def words_of(sentence) -> Sequence[str]:
    """Return the sentence, a list of words; raise TypeError where it is a string."""
    if isinstance(sentence, str):
        raise TypeError(f"a sentence is a list of words, but one is the string {sentence[:40]!r}: split it first")
    if not hasattr(sentence, "__len__") or getattr(sentence, "ndim", 1) != 1:
        raise TypeError(f"a sentence is a list of words, but one is {sentence!r}")
    return sentence
