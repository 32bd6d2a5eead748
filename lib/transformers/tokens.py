"""A text in pieces: bytes, words, and byte pairs that are learned, merged and taken apart again.

A token is a whole number. Those below 256 are bytes; 256 + r is what the merge of rank r made of two earlier tokens. So every text has
tokens, whatever it is written in. Only Python is needed here, but for the numbers of what a model gave to them.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np

from lib.book import validate

BYTES = 256  # tokens that are bytes; merges come after them
WORD = re.compile(r" ?[^\W\d_]+| ?\d+| ?(?:[^\w\s]|_)+|\s+(?!\S)|\s+")  # in the manner of GPT-2: letters, digits, signs
Pair = tuple[int, int]


# ------------------------------------------------------------------------------------------------------------- text
def utf8(text: str) -> list[int]:
    """Return the bytes of a text, each from 0 to 255. Equation: eq-utf8

    Raises ValueError where the text holds half of a surrogate pair, which is no character.
    """
    out = []
    for c in map(ord, _text(text)):
        if c < 0x80:
            out += [c]
        elif c < 0x800:
            out += [0xC0 + c // 64, 0x80 + c % 64]
        elif c < 0x10000:
            out += [0xE0 + c // 64**2, 0x80 + c // 64 % 64, 0x80 + c % 64]
        else:
            out += [0xF0 + c // 64**3, 0x80 + c // 64**2 % 64, 0x80 + c // 64 % 64, 0x80 + c % 64]
    return out


def split_words(text: str) -> list[str]:
    """Return a text cut into words: runs of letters, of digits or of other signs, each with the space before it, and white space.

    Joined they are the text again.
    """
    return WORD.findall(_text(text))


def count_words(texts: Iterable[str]) -> Counter[bytes]:
    """Return how often each word of the texts occurs, words being bytes. Raises TypeError where `texts` is a single string."""
    counted = Counter(word for text in _texts(texts) for word in split_words(text))
    return Counter({word.encode(): n for word, n in counted.items()})


def paragraphs(texts: Iterable[str]) -> list[str]:
    """Return the paragraphs of the texts, each once and on one line."""
    parts = (" ".join(part.split()) for text in _texts(texts) for part in re.split(r"\n\s*\n", text))
    return [part for part in dict.fromkeys(parts) if part]


# --------------------------------------------------------------------------------------------------- learning merges
def pair_counts(words: Iterable[tuple[Sequence[int], int]]) -> Counter[Pair]:
    """Return how often each pair of neighbours occurs in (tokens of a word, how often it occurs). Equation: eq-pair-counts"""
    counts: Counter[Pair] = Counter()
    for tokens, n in words:
        for pair in pairwise(tokens):
            counts[pair] += n
    return counts


def merge_pair(tokens: Sequence[int], pair: Pair, new: int) -> list[int]:
    """Return the tokens with `new` in the place of each occurrence of `pair`, found from left to right."""
    out, i = [], 0
    while i < len(tokens):
        if i + 1 < len(tokens) and (tokens[i], tokens[i + 1]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(tokens[i])
            i += 1
    return out


def learn_merges(words: Mapping[bytes, int], most: int) -> tuple[Pair, ...]:
    """Return the merges (pairs of tokens) that byte-pair encoding learns: at most `most`, fewer where no pair is left.

    words : word → how often it occurs. Of pairs that occur equally often the smallest is merged: the rule that settles ties.
    Sennrich, Haddow, Birch 2016, on bytes. Equation: eq-best-pair
    """
    words, most = _counted(words), validate.whole(most, "most", low=0)
    spelled = {word: list(word) for word in words}
    merges: list[Pair] = []
    while len(merges) < most:
        counts = pair_counts((spelled[word], words[word]) for word in words)
        if not counts:
            break
        best = min(counts, key=lambda pair: (-counts[pair], pair))
        for word, tokens in spelled.items():
            spelled[word] = merge_pair(tokens, best, BYTES + len(merges))
        merges.append(best)
    return tuple(merges)


def learn_merges_fast(words: Mapping[bytes, int], most: int) -> tuple[Pair, ...]:
    """Return the same merges as `learn_merges`, from counts that are kept: only the words that hold the pair are looked at again."""
    words, most = _counted(words), validate.whole(most, "most", low=0)
    spelled, weights = [list(word) for word in words], list(words.values())
    counts = pair_counts(zip(spelled, weights, strict=True))
    where: defaultdict[Pair, set[int]] = defaultdict(set)  # pair → words that hold it, or once did
    for number, tokens in enumerate(spelled):
        for pair in pairwise(tokens):
            where[pair].add(number)
    heap = [(-n, pair) for pair, n in counts.items()]
    heapq.heapify(heap)
    merges: list[Pair] = []
    while len(merges) < most and heap:
        n, best = heapq.heappop(heap)
        if counts[best] != -n:  # an entry from before the count changed
            continue
        new = BYTES + len(merges)
        changed: Counter[Pair] = Counter()
        for number in where.pop(best):
            old = spelled[number]
            spelled[number] = tokens = merge_pair(old, best, new)
            if len(tokens) == len(old):
                continue
            weight = weights[number]
            for pair in pairwise(old):
                changed[pair] -= weight
            for pair in pairwise(tokens):
                changed[pair] += weight
                where[pair].add(number)
        for pair, change in changed.items():
            if change:
                counts[pair] += change
                if counts[pair]:
                    heapq.heappush(heap, (-counts[pair], pair))
        merges.append(best)
    return tuple(merges)


# -------------------------------------------------------------------------------------------------------- encoding
def encode_word(word: Sequence[int], ranks: Mapping[Pair, int]) -> list[int]:
    """Return the tokens of a word, a sequence of bytes: the pair of lowest rank is merged until no pair has a rank.

    ranks : pair → its place among the merges. Equation: eq-lowest-rank
    """
    tokens = list(word)
    while len(tokens) > 1:
        best = min(pairwise(tokens), key=lambda pair: ranks.get(pair, len(ranks)))
        if best not in ranks:
            break
        tokens = merge_pair(tokens, best, BYTES + ranks[best])
    return tokens


def encode_in_order(word: Sequence[int], merges: Sequence[Pair]) -> list[int]:
    """Return the same tokens as `encode_word`: every merge is tried once, in the order in which they were learned."""
    tokens = list(word)
    for rank, pair in enumerate(merges):
        tokens = merge_pair(tokens, pair, BYTES + rank)
    return tokens


@dataclass(frozen=True)
class Tokenizer:
    """Merges put to use: text to tokens and back.

    merges : pairs of tokens, in the order in which they were learned; the merge of rank r makes the token 256 + r of two earlier ones
    special : names of tokens that no text is cut into, such as "<|end|>"; they are numbered after the merges

    Raises ValueError where a pair is there twice, or one of its tokens is made later than the pair is merged.
    """

    merges: tuple[Pair, ...]
    special: tuple[str, ...] = ()
    _known: dict[str, list[int]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )  # words met before

    def __post_init__(self):
        if isinstance(self.special, str) or not all(
            isinstance(name, str) and name for name in _listed(self.special, "special")
        ):
            raise TypeError(f"special must be a list of names, but is {self.special!r}")
        object.__setattr__(self, "special", tuple(self.special))
        object.__setattr__(
            self, "merges", tuple(_pair(pair, rank) for rank, pair in enumerate(_listed(self.merges, "merges")))
        )
        for names, what in ((self.merges, "merges"), (self.special, "special")):
            if len(set(names)) < len(names):
                raise ValueError(f"{what} must be different from one another, but one is there twice")

    @classmethod
    def learn(cls, texts: Iterable[str], most: int, special: Sequence[str] = ()) -> Tokenizer:
        """Return the tokenizer with at most `most` merges learned on `texts`."""
        return cls(learn_merges_fast(count_words(texts), most), special)

    def __len__(self) -> int:
        return BYTES + len(self.merges) + len(self.special)

    @cached_property
    def ranks(self) -> dict[Pair, int]:
        """Pair → its place among the merges."""
        return {pair: rank for rank, pair in enumerate(self.merges)}

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """The bytes that each token stands for, special ones by their names."""
        made = [bytes([b]) for b in range(BYTES)]
        for a, b in self.merges:
            made.append(made[a] + made[b])
        return (*made, *(name.encode() for name in self.special))

    def encode(self, text: str, special: bool = False) -> list[int]:
        """Return the tokens of a text. Names of special tokens are text like any other, unless `special` says that they count."""
        if not special or not self.special:
            return [token for word in split_words(text) for token in self._word(word)]
        out = []
        for part in re.split(
            "(" + "|".join(map(re.escape, sorted(self.special, key=len, reverse=True))) + ")", _text(text)
        ):
            if part in self.special:
                out.append(BYTES + len(self.merges) + self.special.index(part))
            else:
                out += self.encode(part)
        return out

    def _word(self, word: str) -> list[int]:
        if word not in self._known:
            self._known[word] = encode_word(word.encode(), self.ranks)
        return self._known[word]

    def bytes_of(self, tokens: Sequence[int]) -> bytes:
        """Return the bytes that tokens stand for."""
        if not len(_listed(tokens, "tokens")):
            return b""
        return b"".join(self.pieces[t] for t in validate.indices(tokens, "tokens", 1, len(self), "tokens"))

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of tokens; � stands where their bytes are no UTF-8, as at a character that was cut."""
        return self.bytes_of(tokens).decode(errors="replace")


# ---------------------------------------------------------------------------------------------------- how good it is
def bits_per_byte(log_probabilities, size: int) -> float:
    """Return the bits that a model needs for each byte of a text of `size` bytes.

    log_probabilities : (T,), natural logarithms of the probabilities that it gave to the text's tokens. Equation: eq-bits-per-byte
    """
    given = validate.vector(log_probabilities, "log_probabilities")
    if (given > 1e-6).any():
        raise ValueError("a logarithm of a probability cannot be positive, but one is: were probabilities given?")
    return float(-given.sum() / np.log(2) / validate.whole(size, "size", low=1))


# ------------------------------------------------------------------------------------------------------------ checks
def _text(text) -> str:
    if not isinstance(text, str):
        raise TypeError(f"text must be a string, but is {type(text).__name__}")
    if broken := re.search("[\ud800-\udfff]", text):
        raise ValueError(f"text holds half of a surrogate pair at {broken.start()}, which is no character")
    return text


def _texts(texts) -> Iterable[str]:
    if isinstance(texts, (str, bytes)) or not isinstance(texts, Iterable):
        raise TypeError(f"texts must be a list of strings, but is {type(texts).__name__}")
    return map(_text, texts)


def _counted(words) -> dict[bytes, int]:
    if not isinstance(words, Mapping) or not all(isinstance(word, bytes) for word in words):
        raise TypeError("words must map words, as bytes, to how often they occur: see count_words")
    return {word: validate.whole(n, "how often a word occurs", low=1) for word, n in words.items()}


def _listed(value, name: str) -> Sequence:
    if isinstance(value, (str, bytes)) or not isinstance(value, (Sequence, np.ndarray)):
        raise TypeError(f"{name} must be a list, but is {type(value).__name__}")
    return value


def _pair(pair, rank: int) -> Pair:
    if len(_listed(pair, f"merges[{rank}]")) != 2:
        raise ValueError(f"merges[{rank}] must be a pair of tokens, but is {pair!r}")
    a, b = (validate.whole(token, f"a token of merges[{rank}]", low=0) for token in pair)
    if max(a, b) >= BYTES + rank:
        raise ValueError(f"merges[{rank}] joins {a} and {b}, but {max(a, b)} is not made before it")
    return a, b
