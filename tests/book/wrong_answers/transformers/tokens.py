"""Wrong answers to the exercises of "Tokens", as students write them."""

from collections import Counter
from itertools import pairwise

import numpy as np


def _sixes(c, count):
    """Return the last `count` groups of six bits of a number, the highest first, with the mark of a later byte."""
    return [128 + (c >> 6 * k) % 64 for k in range(count - 1, -1, -1)]


def _utf8(c, marks=(192, 224, 240), limits=(128, 2048, 65536), later=128, turned=False):
    n = sum(c >= limit for limit in limits)
    if n == 0:
        return [c]
    out = [marks[n - 1] + (c >> 6 * n), *(b - 128 + later for b in _sixes(c, n))]
    return out[::-1] if turned else out


def _counted(pairs):
    return dict(Counter(pairs))


def _merged(symbols, pair, new, used=2, tail=True, most=10**6):
    out, i, done = [], 0, 0
    while i < len(symbols) - (not tail):
        if done < most and i + 1 < len(symbols) and (symbols[i], symbols[i + 1]) == tuple(pair):
            out.append(new)
            i, done = i + used, done + 1
        else:
            out.append(symbols[i])
            i += 1
    return out


def _encoded(symbols, merges, key=None, rounds=10**4, first=256):
    tokens = list(symbols)
    for _ in range(rounds):
        found = [(r, i) for i, p in enumerate(pairwise(tokens)) for r in range(len(merges)) if merges[r] == p]
        if not found:
            break
        r, i = min(found, key=key)
        tokens[i : i + 2] = [first + r]
    return tokens


def _greedy(symbols, merges):
    pieces = [(b,) for b in range(256)]
    for a, b in merges:
        pieces.append(pieces[a] + pieces[b])
    out, at = [], 0
    while at < len(symbols):
        fits = [t for t, p in enumerate(pieces) if tuple(symbols[at : at + len(p)]) == p]
        out.append(max(fits, key=lambda t: len(pieces[t])))
        at += len(pieces[out[-1]])
    return out


def _backwards(symbols, merges):
    tokens = list(symbols)
    for r in range(len(merges) - 1, -1, -1):
        tokens = _merged(tokens, merges[r], 256 + r)
    return tokens


WRONG = {
    "utf8_of": [
        (lambda c: _utf8(c, later=0), "mark|128"),
        (lambda c: _utf8(c, turned=True), "order|first holds"),
        (lambda c: _utf8(c, marks=(0, 0, 0)), "mark|192"),
        (lambda c: [c] if c < 256 else _utf8(c), "Latin|127"),
        (lambda c: _utf8(c, marks=(192, 192, 192)), "224|mark"),
        (lambda c: _utf8(c, limits=(129, 2048, 65536)), "border|equality"),
        (lambda c: list(chr(c).encode("utf-16-be")) if c > 127 else [c], "192|byte|entries|length|list|expected"),
        (lambda c: bytes(_utf8(c)), "list|bytes"),
    ],
    "count_pairs": [
        (lambda words: _counted(p for s, _ in words for p in pairwise(s)), "once|n, not 1"),
        (lambda words: _counted(pairwise([x for s, n in words for _ in range(n) for x in s])), "across|apart"),
        (lambda words: _counted(p for s, n in words for p in set(pairwise(s)) for _ in range(n)), "once a word"),
        (
            lambda words: _counted(p for s, n in words for p in zip(s[::2], s[1::2], strict=False) for _ in range(n)),
            "two symbols|step",
        ),
        (
            lambda words: _counted(tuple(sorted(p)) for s, n in words for p in pairwise(s) for _ in range(n)),
            "mirror",
        ),
        (
            lambda words: _counted((s[i], s[i]) for s, n in words for i in range(len(s) - 1) for _ in range(n)),
            "keys|pair|missing|not",
        ),
        (lambda words: [*_counted(p for s, n in words for p in pairwise(s) for _ in range(n))], "dict|list"),
    ],
    "merge_everywhere": [
        (lambda s, pair, new: _merged(s, pair, new, most=1), "first occurrence"),
        (lambda s, pair, new: _merged(s, pair, new, tail=False), "last"),
        (lambda s, pair, new: _merged(s[::-1], pair[::-1], new)[::-1], "right to left|left"),
        (lambda s, pair, new: [new if x in pair else x for x in s], "pair|entries|length|expected|longer"),
        (lambda s, pair, new: _merged(s, pair, new, used=1), "used|two|twice|entries|longer"),
        (lambda s, pair, new: _merged(s, pair[::-1], new), "order|turned|pair|expected"),
        (lambda s, pair, new: [x for x in _merged(s, pair, new) if x != pair[0]], "shorter|entries|expected"),
    ],
    "encode_by_rank": [
        (lambda s, merges: _encoded(s, merges, key=lambda f: f[1]), "left"),
        (lambda s, merges: _encoded(s, merges, key=lambda f: -f[0]), "last|earliest"),
        (lambda s, merges: _encoded(s, merges, rounds=1), "once|stop"),
        (_greedy, "longest"),
        (lambda s, merges: _encoded(s, merges, first=0), "256"),
        (_backwards, "order|last|earliest|once"),
        (lambda s, merges: _encoded(s, merges, first=255), "256|255|off"),
        (lambda s, merges: _encoded(s, merges, first=257), "256|257|off"),
    ],
    "bits_for_each_byte": [
        (lambda p, text: -np.sum(p) / np.log(2) / len(text), "characters"),
        (lambda p, text: -np.mean(p) / np.log(2), "tokens"),
        (lambda p, text: -np.sum(p) / len(text.encode()), "log 2|natural"),
        (lambda p, text: np.exp(-np.mean(p)), "perplexity"),
        (lambda p, text: np.sum(p) / np.log(2) / len(text.encode()), "sign"),
        (lambda p, text: -np.sum(np.log2(np.exp(p))) / len(text.split()), "byte|factor|characters"),
        (lambda p, text: -np.sum(p) / np.log(2) / 8 / len(text.encode()), "8|factor|eighth"),
        (lambda p, text: 2 ** (-np.sum(p) / np.log(2) / len(text.encode())), "2|power|exp|bits"),
    ],
}
