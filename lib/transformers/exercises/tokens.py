"""Exercises of "Tokens"."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from lib.book.exercises import case, choice, exercise, number, order, prediction
from lib.sequences.number_words import number_pair
from lib.transformers.tokens import utf8

__all__ = [
    "bits_for_each_byte",
    "count_pairs",
    "encode_by_rank",
    "merge_everywhere",
    "perplexity_of_a_byte",
    "russian_tokens",
    "same_tokens",
    "utf8_of",
    "why_not_across",
]


# ------------------------------------------------------------------------------------------------------------- bytes
def _characters(rng):
    yield case("a letter of ASCII", ord("a"))
    yield case("the last of one byte", 127)
    yield case("the first of two bytes", 128)
    yield case("a Russian letter", ord("ж"))
    yield case("the last of two bytes", 2047)
    yield case("the first of three bytes", 2048)
    yield case("the last of three bytes", 65535)
    yield case("the first of four bytes", 65536)
    yield case("the last character of all", 0x10FFFF)
    yield case("three bytes, all bits of the last two 0", 2 * 4096)
    yield case("four bytes, all bits of the last three 0", 262144)
    yield case("four bytes, all bits of the last three 1", 262143)
    for low, high in ((0, 127), (128, 2047), (2048, 0xD7FF), (65536, 0x10FFFF)):
        yield (rng.randint(low, high),)


@exercise(
    cases=_characters,
    python_only=True,
    hints=(
        "Below 128 the number is the byte. Above, the last six bits go into the last byte: how do you get them with %?",
        "The last byte is 128 + c % 64, the one before it holds the next six bits, 128 + c // 64 % 64. The first byte holds what is left, and 192, 224 or 240 by the number of bytes.",
        "if c < 2048: return [192 + c // 64, …]; if c < 65536: three bytes, the first 224 + c // 4096; else four, the first 240 + c // 262144",
    ),
)
def utf8_of(c):
    """Return the bytes of UTF-8 of one character, a list of whole numbers.

    c : the character's number in Unicode, as from ord, below 0x110000 (1,114,112)
    """
    if c < 128:
        return [c]
    if c < 2048:
        return [192 + c // 64, 128 + c % 64]
    if c < 65536:
        return [224 + c // 4096, 128 + c // 64 % 64, 128 + c % 64]
    return [240 + c // 262144, 128 + c // 4096 % 64, 128 + c // 64 % 64, 128 + c % 64]


@utf8_of.mistake(
    "The bytes after the first lack their mark: to each of them 128 is added, so that it cannot be taken for a letter."
)
def _no_marks(c):
    first, *rest = utf8(chr(c))
    return [first, *(b - 128 for b in rest)]


@utf8_of.mistake("The bytes are in the wrong order: the first holds the highest bits.")
def _reversed(c):
    return utf8(chr(c))[::-1]


@utf8_of.mistake("The first byte lacks its mark, 192, 224 or 240: it says how many bytes the character has.")
def _no_first_mark(c):
    first, *rest = utf8(chr(c))
    return [first - (0, 0xC0, 0xE0, 0xF0)[len(rest)], *rest]


@utf8_of.mistake(
    "Up to 255 you give one byte: that is the older Latin-1. In UTF-8 one byte reaches to 127, since the eighth bit is a mark."
)
def _latin(c):
    return [c] if c < 256 else utf8_of.function(c)


@utf8_of.mistake("The first byte's mark is 192 for all of your characters: with three bytes it is 224, with four 240.")
def _always_two(c):
    raw = utf8(chr(c))
    return raw if len(raw) < 3 else [raw[0] - (0xE0, 0xF0)[len(raw) - 3] + 0xC0, *raw[1:]]


# ------------------------------------------------------------------------------------------------------------- pairs
def _weighted_words(rng):
    yield case("one word", [([1, 2, 3], 1)])
    yield case("a word that occurs five times", [([1, 2], 5), ([3, 2], 1)])
    yield case("a pair twice in one word", [([1, 2, 1, 2], 3)])
    yield case("three of a kind", [([7, 7, 7], 2)])
    yield case("a pair and its mirror", [([1, 2], 1), ([2, 1], 4)])
    yield case("a word of one symbol", [([5], 3), ([5, 6], 1)])
    yield case("no words", [])
    for n in (3, 6):
        yield ([([rng.randint(1, 4) for _ in range(rng.randint(1, 6))], rng.randint(1, 5)) for _ in range(n)],)


@exercise(
    cases=_weighted_words,
    python_only=True,
    hints=(
        "Go through each word on its own. Which pairs does a word of three symbols have, and how often does each count?",
        "pairwise(symbols) gives a word's pairs of neighbours. Each counts as often as the word occurs.",
        "counts[pair] = counts.get(pair, 0) + …, for each pair of each word",
    ),
)
def count_pairs(words):
    """Return how often each pair of neighbours occurs, a dict: (first, second) → how often.

    words : a list of (symbols, n): a word as a list of whole numbers, and how often it occurs in the text
    """
    counts = {}
    for symbols, n in words:
        for pair in pairwise(symbols):
            counts[pair] = counts.get(pair, 0) + n
    return counts


def _added(pairs):
    counts = {}
    for pair, n in pairs:
        counts[pair] = counts.get(pair, 0) + n
    return counts


def _neighbours(symbols):
    return [*pairwise(symbols)]


@count_pairs.mistake("Each word counts once in your sum, however often it occurs: add n, not 1.")
def _unweighted(words):
    return _added((p, 1) for symbols, _ in words for p in _neighbours(symbols))


@count_pairs.mistake("You count pairs across the end of one word and the start of the next: words stay apart.")
def _across(words):
    text = [s for symbols, n in words for _ in range(n) for s in symbols]
    return _added((p, 1) for p in _neighbours(text))


@count_pairs.mistake("A pair counts in your sum once a word, although it may stand there several times.")
def _once_a_word(words):
    return _added((p, n) for symbols, n in words for p in set(_neighbours(symbols)))


@count_pairs.mistake("You step over two symbols at a time: 1 2 3 has the pair (2, 3), too.")
def _in_twos(words):
    return _added((p, n) for symbols, n in words for p in _neighbours(symbols)[::2])


@count_pairs.mistake("You count a pair together with its mirror: (1, 2) and (2, 1) are two pairs.")
def _unordered(words):
    return _added((tuple(sorted(p)), n) for symbols, n in words for p in _neighbours(symbols))


# ------------------------------------------------------------------------------------------------------------- merge
def _merges(rng):
    yield case("once in the middle", [5, 1, 2, 6], (1, 2), 256)
    yield case("at both ends", [1, 2, 3, 1, 2], (1, 2), 256)
    yield case("not at all", [2, 1, 3], (1, 2), 256)
    yield case("three of a kind", [7, 7, 7], (7, 7), 300)
    yield case("five of a kind", [7, 7, 7, 7, 7], (7, 7), 300)
    yield case("nothing", [], (1, 2), 256)
    yield case("one symbol", [1], (1, 2), 256)
    yield case("the first of the pair stands last", [1, 2, 1], (1, 2), 256)
    for n in (8, 12):
        yield [rng.randint(1, 2) for _ in range(n)], (1, 2), 256
        yield [rng.randint(1, 2) for _ in range(n)], (2, 2), 257


@exercise(
    cases=_merges,
    python_only=True,
    hints=(
        "Walk from left to right with a place i. What do you write, and by how much does i move, at the pair and elsewhere?",
        "Where symbols i and i + 1 are the pair, write the new symbol and move by two; else write symbol i and move by one.",
        "while i < len(symbols): if tuple(symbols[i : i + 2]) == pair: …, i += 2; else: …, i += 1",
    ),
)
def merge_everywhere(symbols, pair, new):
    """Return the symbols with `new` in the place of each occurrence of `pair`, found from left to right; a symbol is used once.

    symbols : a list of whole numbers;  pair : a tuple of two;  new : a whole number;  returns a new list
    """
    out, i = [], 0
    while i < len(symbols):
        if tuple(symbols[i : i + 2]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


@merge_everywhere.mistake("You merge the first occurrence only: all of them are to be merged.")
def _first_only(symbols, pair, new):
    for i in range(len(symbols) - 1):
        if (symbols[i], symbols[i + 1]) == pair:
            return [*symbols[:i], new, *symbols[i + 2 :]]
    return list(symbols)


@merge_everywhere.mistake(
    "After a merge you move by one, so that the pair's second symbol is written, or merged, once more. Move by two."
)
def _used_twice(symbols, pair, new):
    return [new if p == pair else p[0] for p in pairwise([*symbols, -1])]


@merge_everywhere.mistake("The last symbol is lost where no pair ends the list: it has no neighbour, but it stays.")
def _last_lost(symbols, pair, new):
    out, i = [], 0
    while i < len(symbols) - 1:
        if (symbols[i], symbols[i + 1]) == pair:
            out.append(new)
            i += 2
        else:
            out.append(symbols[i])
            i += 1
    return out


@merge_everywhere.mistake("You merge from right to left: of 7 7 7 the first two are to be joined, not the last two.")
def _from_the_right(symbols, pair, new):
    return merge_everywhere.function(list(symbols)[::-1], pair[::-1], new)[::-1]


@merge_everywhere.mistake("You look at the first symbol of the pair only; the second must follow it.")
def _first_symbol_only(symbols, pair, new):
    out, i = [], 0
    while i < len(symbols):
        out.append(new if symbols[i] == pair[0] else symbols[i])
        i += 2 if symbols[i] == pair[0] else 1
    return out


# ------------------------------------------------------------------------------------------------------------ encode
def _encodings(rng):
    yield case("no merge fits", [1, 2, 3], [(3, 1)])
    yield case("one merge, twice", [1, 2, 1, 2], [(1, 2)])
    yield case("a merge of a merge", [1, 2, 3], [(1, 2), (256, 3)])
    yield case("the better pair stands on the right", [1, 2, 3], [(2, 3), (1, 2)])
    yield case("the better pair stands on the left", [1, 2, 3], [(1, 2), (2, 3)])
    yield case("a longer piece is there, but not by this way", [1, 2, 3, 4], [(2, 3), (1, 2), (3, 4), (257, 258)])
    yield case("the better pair is rarer here", [1, 2, 3, 4, 2, 3, 4, 2, 3], [(1, 2), (2, 3), (3, 4)])
    yield case("four of a kind", [7, 7, 7, 7, 7], [(7, 7), (256, 256), (256, 7)])
    yield case("no symbols", [], [(1, 2)])
    yield case("no merges", [4, 5], [])
    for _ in range(4):
        merges = []
        while len(merges) < 6:
            known = [1, 2, 3, *range(256, 256 + len(merges))]
            pair = (rng.choice(known), rng.choice(known))
            merges += [pair] * (pair not in merges)
        yield [rng.randint(1, 3) for _ in range(12)], merges


@exercise(
    cases=_encodings,
    python_only=True,
    hints=(
        "Among the pairs of neighbours that stand in `merges`, one was learned first. Join it. And then?",
        "Repeat: list the neighbours that are in merges; where there are none, you are done; else take the one whose index in merges is the smallest, and put 256 + its index in its place.",
        "while found := [p for p in pairwise(tokens) if p in merges]: best = min(found, key=…); tokens = merge(tokens, best, 256 + …)",
    ),
)
def encode_by_rank(symbols, merges):
    """Return the tokens of a word: of the pairs of neighbours that were learned, the earliest is merged, until none is left.

    symbols : a list of whole numbers below 256;
    merges : a list of pairs, in the order in which they were learned;
    the pair at index r becomes the token 256 + r
    """
    tokens = list(symbols)
    while True:
        pairs = list(pairwise(tokens))
        ranks = [merges.index(pair) for pair in pairs if pair in merges]
        if not ranks:
            return tokens
        at = pairs.index(merges[min(ranks)])
        tokens[at : at + 2] = [256 + min(ranks)]


def _encoded(symbols, merges, choose, rounds=10_000, first=256):
    """Merge one pair at a time, chosen by `choose` from the places whose pair was learned."""
    tokens = list(symbols)
    for _ in range(rounds):
        places = [i for i, p in enumerate(_neighbours(tokens)) if p in merges]
        if not places:
            break
        at = choose(tokens, places, lambda i, t=tokens: merges.index((t[i], t[i + 1])))
        tokens[at : at + 2] = [first + merges.index((tokens[at], tokens[at + 1]))]
    return tokens


@encode_by_rank.mistake(
    "You merge the first pair from the left that was learned. The one that was learned earliest comes first, wherever it stands."
)
def _leftmost(symbols, merges):
    return _encoded(symbols, merges, lambda tokens, places, rank: places[0])


@encode_by_rank.mistake("You take the pair that was learned last. The earliest comes first: the lowest rank.")
def _latest(symbols, merges):
    return _encoded(symbols, merges, lambda tokens, places, rank: max(places, key=rank))


@encode_by_rank.mistake(
    "You merge the pair that is most frequent in this word. Frequency mattered while merges were learned; now their order counts."
)
def _most_frequent(symbols, merges):
    def choose(tokens, places, rank):
        pairs = _neighbours(tokens)
        return max(places, key=lambda i: (pairs.count(pairs[i]), -rank(i), -i))

    return _encoded(symbols, merges, choose)


@encode_by_rank.mistake("You merge once and stop: go on until no pair of neighbours is in merges.")
def _one_merge(symbols, merges):
    return _encoded(symbols, merges, lambda tokens, places, rank: min(places, key=rank), rounds=1)


@encode_by_rank.mistake(
    "You cut off the longest piece that the vocabulary has, from left to right. The same pieces, but another cut: only merging in the learned order repeats what the training did."
)
def _longest_first(symbols, merges):
    pieces = {b: (b,) for b in range(256)}
    for r, (a, b) in enumerate(merges):
        pieces[256 + r] = pieces[a] + pieces[b]
    out, at = [], 0
    while at < len(symbols):
        fits = [t for t, piece in pieces.items() if tuple(symbols[at : at + len(piece)]) == piece]
        out.append(max(fits, key=lambda t: (len(pieces[t]), -t)))
        at += len(pieces[out[-1]])
    return out


@encode_by_rank.mistake("The token of the pair at index r is 256 + r, not r: the first 256 numbers are the bytes.")
def _no_bytes_before(symbols, merges):
    return _encoded(symbols, merges, lambda tokens, places, rank: min(places, key=rank), first=0)


@encode_by_rank.mistake("The token of the pair at index r is 256 + r: indices count from 0, and byte 255 is the last.")
def _one_too_high(symbols, merges):
    return _encoded(symbols, merges, lambda tokens, places, rank: min(places, key=rank), first=257)


@encode_by_rank.mistake(
    "You go through the merges from the last to the first. They build on one another: the earliest comes first."
)
def _from_the_last(symbols, merges):
    tokens = list(symbols)
    for r in range(len(merges) - 1, -1, -1):
        tokens = merge_everywhere.function(tokens, merges[r], 256 + r)
    return tokens


# ---------------------------------------------------------------------------------------------------------- measures
def _texts_and_guesses(rng):
    yield case("eight equal choices, a byte each", np.full(4, np.log(1 / 8)), "abcd")
    yield case("two tokens for five bytes", np.log([0.5, 0.25]), "abcde")
    yield case("a text that is not ASCII", np.log([0.5, 0.125, 0.5]), "ёлка")
    yield case("one token, certain", np.zeros(1), "abc")
    for n in (5, 9):
        letters = rng.choice([*"abc жщ €"], size=n + 3)
        yield -rng.uniform(0.1, 4.0, n), "".join(letters)


@exercise(
    cases=_texts_and_guesses,
    hints=(
        "How many bits does the whole text cost, all tokens together? A logarithm to base 2 is a natural one divided by what?",
        "Minus the sum of the logarithms, divided by log 2, is the number of bits. Divide it by the bytes of the text, which are not its characters.",
        "bits = -np.sum(…) / np.log(2), then divide by len(text.encode())",
    ),
)
def bits_for_each_byte(log_probabilities, text):
    """Return the bits that a model needs for each byte of a text.

    log_probabilities : (T,), natural logarithms of the probabilities that it gave to the text's tokens;  text : a string
    """
    bits = -np.sum(log_probabilities) / np.log(2)
    return bits / len(text.encode())


@bits_for_each_byte.mistake(
    "You divide by the characters of the text. Some of them have two bytes or three: len(text.encode())."
)
def _per_character(log_probabilities, text):
    return -np.sum(log_probabilities) / np.log(2) / len(text)


@bits_for_each_byte.mistake(
    "You divide by the number of tokens: that is bits per token, which another tokenizer would change."
)
def _per_token(log_probabilities, text):
    return -np.mean(log_probabilities) / np.log(2)


@bits_for_each_byte.mistake("The logarithms are natural ones: divide by log 2 to get bits.")
def _nats(log_probabilities, text):
    return -np.sum(log_probabilities) / len(text.encode())


@bits_for_each_byte.mistake(
    "That is the perplexity, a number of equal choices for each token. Bits are its logarithm, shared out over bytes."
)
def _perplexity(log_probabilities, text):
    return np.exp(-np.mean(log_probabilities))


@bits_for_each_byte.mistake("The sign is missing: logarithms of probabilities are negative, and bits are not.")
def _negative(log_probabilities, text):
    return np.sum(log_probabilities) / np.log(2) / len(text.encode())


@bits_for_each_byte.mistake("That is 2 to the power of what is asked for: the perplexity of a byte.")
def _perplexity_of_a_byte(log_probabilities, text):
    return np.exp(-np.sum(log_probabilities) / len(text.encode()))


perplexity_of_a_byte = number(
    "perplexity_of_a_byte",
    answer=lambda: 125 ** (1 / 6),
    rtol=5e-3,
    why="The model gives a word the probability 1/125, so each of its six bytes has on average the sixth root of it: 125 to the power 1/6 is 2.24. Logarithms are shared out, not choices.",
    hints=(
        "What probability has a word, on average? And if each of its six bytes had the same probability p, what would p to the sixth be?",
        "p⁶ = 1/125, and the perplexity of a byte is 1/p.",
        "125 to the power of one sixth",
    ),
    mistakes=[
        (lambda: 125 / 6, "Choices multiply: six bytes with 125/6 choices each would be far more than 125 words."),
        (lambda: np.log2(125) / 6, "That is bits per byte. The perplexity is 2 to that power."),
        (lambda: 125**6, "That is the perplexity of six words in a row."),
        (lambda: np.log(125) / 6, "That is nats per byte. The perplexity is e to that power."),
    ],
)

why_not_across = choice(
    "why_not_across",
    answer="c",
    why="Sequences such as “ of the” and “, optional” would become tokens before many words did, and “dog.”, “dog,” and “dog!” tokens of their own.",
    feedback={
        "a": "It would take longer, since a word that is repeated is counted only once here. But time can be paid for. What would the merges be?",
        "b": "Bytes would come back all the same: decoding only joins them.",
        "d": "Encoding by rank would work on the whole text, too: the theorem asks nothing of words.",
    },
    hints=(
        "Let nothing hold merges back, and think of what is frequent in English.",
        "“of the” is more frequent than most words. So is “dog.” beside “dog,”, “dog!” and “dog”.",
        "It is about what the vocabulary is filled with.",
    ),
)

same_tokens = order(
    "same_tokens",
    lines={
        "A": "Hence, at every step, the loop merges exactly what the search for the lowest rank would merge next, and both end with the same tokens.",
        "B": "Before the step of rank r every pair of neighbours that has a rank has one of at least r. At r = 0 this is so, for no rank is lower.",
        "C": "So after step r every rank that is left is at least r + 1, which is what the next step needs.",
        "D": "If the pair of rank r occurs, it is the lowest, so both methods choose it and replace its occurrences from left to right. If it does not, both leave the text as it is.",
        "E": "Each pair that arises holds the new token 256 + r, and a pair that holds it was learned after it: its rank is above r.",
    },
    needs={"B": "", "D": "B", "E": "D", "C": "E", "A": "C"},
    why="It is a proof by induction over r: what holds before a step, what the step does, what arises, and so what holds after it.",
    feedback={
        "A": "That is the conclusion: it needs every step.",
        "C": "That pairs with rank r are gone, and that none of a lower rank has come, must be shown first.",
        "E": "New pairs arise from a merge: which merge, must be said first.",
        "D": "That it is the lowest rests on what holds before the step.",
    },
    hints=(
        "It is an induction. What is known before step r?",
        "After what is known comes what the step does, then what pairs arise from it.",
        "The conclusion stands last, and what holds after the step just before it.",
    ),
)


def _russian_tokens() -> float:
    numbers = np.random.default_rng(0).integers(1000, 10**6, 300)
    words = [word for k in numbers for word in number_pair(int(k)).russian]
    return sum(len(f" {word}".encode()) for word in words) / len(words)


russian_tokens = prediction(
    "russian_tokens",
    answer=_russian_tokens,
    near=0.15,
    unit="tokens",
    why="Not one merge helps: every token is a byte, and a Russian letter has two. A word of seven letters and a space is cut into fifteen.",
)
