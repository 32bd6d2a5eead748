"""The labelled equations of "Tokens", by an independent route each."""

import itertools
import random
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from lib.sequences.number_words import number_pair
from lib.transformers import tokens as tk
from lib.word_vectors.language import perplexity


@pytest.mark.equation("eq-heaps")
def test_heaps_law_of_words_that_follow_zipfs():
    """Words drawn with probabilities like 1/rank^a give β = 1/a; and the law, fitted to half of a text, foretells the whole."""
    rng = np.random.default_rng(0)
    for a in (1.5, 2.0):
        p = np.arange(1, 10**6 + 1) ** -a
        drawn = rng.choice(len(p), size=100_000, p=p / p.sum())
        at = np.geomspace(1000, len(drawn), 20).astype(int)
        kinds = [len(set(drawn[:n].tolist())) for n in at]
        beta = stats.linregress(np.log(at), np.log(kinds)).slope
        assert beta == pytest.approx(1 / a, abs=0.05)


@pytest.mark.equation("eq-utf8")
def test_utf8_of_every_character():
    for c in itertools.chain(range(0xD800), range(0xE000, 0x110000)):
        if c < 2**7:
            bytes_ = [c]
        elif c < 2**11:
            bytes_ = [192 + c // 64, 128 + c % 64]
        elif c < 2**16:
            bytes_ = [224 + c // 64**2, 128 + c // 64 % 64, 128 + c % 64]
        else:
            bytes_ = [240 + c // 64**3, 128 + c // 64**2 % 64, 128 + c // 64 % 64, 128 + c % 64]
        assert bytes(bytes_) == chr(c).encode()
    text = "".join(map(chr, range(1, 0xD800, 97)))
    assert bytes(tk.utf8(text)) == text.encode()


def some_words(seed):
    rng = random.Random(seed)
    return Counter(
        {bytes(rng.choices(b"abc ", k=rng.randint(1, 7))): rng.randint(1, 5) for _ in range(rng.randint(1, 12))}
    )


@pytest.mark.equation("eq-pair-counts")
def test_pair_counts():
    """Written out word by word, and place by place."""
    for seed in range(30):
        words = some_words(seed)
        text = [word for word, n in words.items() for _ in range(n)]
        counts = tk.pair_counts((list(word), n) for word, n in words.items())
        for x, y in itertools.product(b"abc ", repeat=2):
            n = sum((word[i], word[i + 1]) == (x, y) for word in text for i in range(len(word) - 1))
            assert counts[x, y] == n


@pytest.mark.equation("eq-best-pair")
def test_each_merge_is_of_the_most_frequent_pair_and_of_equals_of_the_smallest():
    """The text of the page, whose merges are found by replacing strings; and every merge is the largest of its time."""
    letters = {chr(b): b for b in range(256)}
    text = "the cat that sat on the mat sat there".replace(" ", "| ")
    assert text.count("at") == 5 and max(map(text.count, map("".join, itertools.product("aeht s", repeat=2)))) == 5
    text = text.replace("at", "A")
    assert text.count("th") == 4
    text = text.replace("th", "B")
    assert text.count(" B") == text.count("Be") == 3
    t, h, space = letters["t"], letters["h"], letters[" "]
    words = tk.count_words(["the cat that sat on the mat sat there"])
    assert tk.learn_merges(words, 3) == ((letters["a"], t), (t, h), (space, 257))
    for seed in range(30):
        words = some_words(seed)
        merges = tk.learn_merges(words, 8)
        for r, pair in enumerate(merges):
            cut = {word: tk.encode_in_order(word, merges[:r]) for word in words}
            counts = tk.pair_counts((cut[word], n) for word, n in words.items())
            assert pair == min(p for p in counts if counts[p] == max(counts.values()))


def made_up(seed):
    """Return merges that no text would teach, and a word."""
    rng, merges = random.Random(seed), []
    for _ in range(10):
        known = [97, 98, *range(256, 256 + len(merges))]
        pair = (rng.choice(known), rng.choice(known))
        merges += [pair] * (pair not in merges)
    return merges, rng.choices([97, 98], k=14)


@pytest.mark.equation("eq-lowest-rank")
def test_the_lowest_rank_one_pair_at_a_time():
    """Joining only the first of the places with the lowest rank, each time, ends with the same tokens."""
    for seed in range(200):
        merges, word = made_up(seed)
        ranks, tokens = {pair: r for r, pair in enumerate(merges)}, list(word)
        while found := [(ranks[p], i) for i, p in enumerate(itertools.pairwise(tokens)) if p in ranks]:
            r, i = min(found)
            tokens[i : i + 2] = [256 + r]
        assert tk.encode_word(word, ranks) == tokens == tk.encode_in_order(word, merges)


@pytest.mark.equation("eq-later-rank")
def test_what_a_merge_makes_is_merged_later():
    """So the ranks that a search takes never fall."""
    for seed in range(200):
        merges, word = made_up(seed)
        ranks, tokens, taken = {pair: r for r, pair in enumerate(merges)}, list(word), []
        for (x, y), s in ranks.items():
            assert all(s > token - 256 for token in (x, y))
        while found := [ranks[p] for p in itertools.pairwise(tokens) if p in ranks]:
            taken.append(min(found))
            tokens = tk.merge_pair(tokens, merges[taken[-1]], 256 + taken[-1])
        assert all(a < b for a, b in itertools.pairwise(taken))


@pytest.mark.equation("eq-bits-per-byte")
def test_bits_per_byte():
    """T/S times the logarithm of the perplexity; and the length of an arithmetic code, to within two bits of the whole."""
    log_p = np.log(np.random.default_rng(0).uniform(0.01, 1, 50))
    assert tk.bits_per_byte(log_p, 120) == pytest.approx(50 / 120 * np.log2(perplexity(log_p)))
    assert tk.bits_per_byte(log_p, 120) == pytest.approx(-sum(np.log2(np.exp(x)) for x in log_p) / 120)
    two = tk.bits_per_byte(log_p[:20], 1) + tk.bits_per_byte(log_p[20:], 1)  # another cut: bits of parts add up
    assert two == pytest.approx(tk.bits_per_byte(log_p, 1))


@pytest.mark.equation("eq-all-cuts")
def test_a_text_is_at_least_as_probable_as_its_tokens():
    """A model that says each of a, b and ab with its own probability: all cuts of a text, summed by hand and by steps."""
    pieces, p = {"a": 0.3, "b": 0.2, "ab": 0.4}, 0.1  # and an end
    text = "aababb"

    def cuts(rest):
        if not rest:
            yield []
        for piece in pieces:
            if rest.startswith(piece):
                yield from ([piece, *more] for more in cuts(rest[len(piece) :]))

    found = [*cuts(text)]
    total = sum(np.prod([pieces[x] for x in cut]) * p for cut in found)
    reached = [1.0] + [0.0] * len(text)  # the same sum, place by place
    for i in range(len(text)):
        for piece, q in pieces.items():
            if text.startswith(piece, i):
                reached[i + len(piece)] += reached[i] * q
    assert len(found) == 4 and total == pytest.approx(reached[-1] * p)
    one = tk.Tokenizer([(97, 98)])
    names = [one.pieces[t].decode() for t in one.encode(text)]
    assert names in found and total > np.prod([pieces[x] for x in names]) * p


@pytest.mark.equation("eq-fertility")
def test_fertility():
    """Without merges it is the bytes of a word; with enough merges on the same words it is 1."""
    words = [word for k in range(0, 10**6, 9973) for word in number_pair(k).russian]
    none, all_ = tk.Tokenizer([]), tk.Tokenizer.learn([" ".join(["", *words])], 1000)
    for reader, F in ((none, np.mean([len(f" {w}".encode()) for w in words])), (all_, 1.0)):
        assert sum(len(reader.encode(f" {w}")) for w in words) / len(words) == pytest.approx(F)
