"""Bytes, merges and tokens: the fast against the readable, both against Hugging Face's `tokenizers`, and round trips of any text."""

import json
import random
import string
import unicodedata
from collections import Counter
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tokenizers import Regex, models, pre_tokenizers, trainers
from tokenizers import Tokenizer as Theirs

from lib.transformers import tokens as tk

ANY = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
FEW = st.text("abc ", max_size=30)  # few letters, so that there are repeats and ties
PLAIN = r" ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TEXTS = (
    "Low, lower, lowest: 12 34 567, and the newest of the widest.",
    "  Ещё   один ёж — 25 °C;\n\tna\u00efve caf\u00e9, e\u0301\n\n",
    "二十七 ひらがな أربعة 👩‍👩‍👧 🎉🏳️‍🌈 x² ½ Ⅷ _name_ don't $5.00",
)


# ------------------------------------------------------------------------------------------------------------ text
@given(text=ANY)
@example(text="\x00\x7f\x80\u07ff\u0800\uffff\U00010000\U0010ffff")
def test_words_and_bytes_lose_nothing(text):
    assert "".join(tk.split_words(text)) == text
    assert bytes(tk.utf8(text)) == text.encode()


@given(text=st.text(string.printable, max_size=60))
def test_words_are_those_of_gpt_2_but_for_its_english_endings(text):
    theirs = pre_tokenizers.Split(Regex(PLAIN), "isolated").pre_tokenize_str(text)
    assert tk.split_words(text) == [word for word, _ in theirs]


def test_a_word_is_of_one_kind():
    assert tk.split_words("low lower2 (a_b)  5%") == ["low", " lower", "2", " (", "a", "_", "b", ")", " ", " 5", "%"]
    assert tk.split_words("ёж x²\n\n y") == ["ёж", " x²", "\n\n", " y"]


@given(texts=st.lists(FEW, max_size=5))
def test_words_are_counted_as_they_stand(texts):
    assert tk.count_words(texts) == Counter(w.encode() for t in texts for w in tk.split_words(t))


def test_paragraphs_come_once_and_on_one_line():
    assert tk.paragraphs(["a\n b\n\n c ", "c\n   \n\na b", "", "\n"]) == ["a b", "c"]


# ---------------------------------------------------------------------------------------------------------- merges
@given(tokens=st.lists(st.integers(0, 2), max_size=12), pair=st.tuples(st.integers(0, 2), st.integers(0, 2)))
@example(tokens=[1, 1, 1], pair=(1, 1))
def test_merging_is_replacing_in_a_string(tokens, pair):
    as_text = "".join(map(str, tokens)).replace("".join(map(str, pair)), "9")
    assert tk.merge_pair(tokens, pair, 9) == [*map(int, as_text)]


@settings(max_examples=200, deadline=None)
@given(texts=st.lists(FEW, min_size=1, max_size=6), most=st.integers(0, 12))
def test_the_fast_learner_learns_the_same(texts, most):
    words = tk.count_words(texts)
    assert tk.learn_merges_fast(words, most) == tk.learn_merges(words, most)


def test_the_fast_learner_learns_the_same_of_real_text():
    words = tk.count_words([tk.__doc__, *(f.__doc__ for f in vars(tk).values() if callable(f) and f.__doc__)])
    assert len(words) > 300
    assert tk.learn_merges_fast(words, 400) == tk.learn_merges(words, 400)


def huggingface(texts, most):
    """Return the merges that the library learns, as pairs of strings, its words cut as ours are."""
    theirs = Theirs(models.BPE())
    theirs.pre_tokenizer = pre_tokenizers.Split(Regex(PLAIN), "isolated")
    letters = len({c for text in texts for c in text})
    theirs.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=letters + most, show_progress=False))
    return [tuple(pair) for pair in json.loads(theirs.to_str())["model"]["merges"]]


@settings(max_examples=150, deadline=None)
@given(texts=st.lists(FEW, min_size=1, max_size=6), most=st.integers(1, 12))
def test_merges_are_those_of_the_library_ties_included(texts, most):
    """Of equal counts both take the pair whose tokens come first, and ASCII's letters stand in one order on both sides."""
    learned = tk.learn_merges(tk.count_words(texts), most)
    pieces = tk.Tokenizer(learned).pieces
    mine = [(pieces[a].decode(), pieces[b].decode()) for a, b in learned]
    theirs = huggingface(texts, most)
    assert mine == theirs


def test_merges_of_a_longer_text_are_those_of_the_library():
    rng = random.Random(0)
    syllables = [a + b for a in "bdklmnrst" for b in "aeiou"]
    names = ["".join(rng.choices(syllables, k=rng.randint(1, 4))) for _ in range(300)]
    text = [" ".join(rng.choices(names, weights=[1 / (i + 1) for i in range(300)], k=4000)) + ", 12."]
    learned = tk.learn_merges_fast(tk.count_words(text), 300)
    pieces = tk.Tokenizer(learned).pieces
    assert [(pieces[a].decode(), pieces[b].decode()) for a, b in learned] == huggingface(text, 300)


# -------------------------------------------------------------------------------------------------------- encoding
MERGES = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), max_size=25)


def some_merges(draws):
    """Return merges of any kind, also such that no text would teach: letters a to c, and what was made of them."""
    merges = []
    for a, b in draws:
        known = [97, 98, 99, *range(tk.BYTES, tk.BYTES + len(merges))]
        pair = (known[a % len(known)], known[b % len(known)])
        if pair not in merges:
            merges.append(pair)
    return merges


@settings(max_examples=500, deadline=None)
@given(draws=MERGES, word=st.text("abc", max_size=16))
@example(draws=[(0, 0), (3, 3), (3, 0)], word="a" * 15)
def test_the_lowest_rank_first_is_every_merge_in_order(draws, word):
    merges = some_merges(draws)
    tokenizer = tk.Tokenizer(merges)
    assert tk.encode_word(word.encode(), tokenizer.ranks) == tk.encode_in_order(word.encode(), merges)
    assert tokenizer.encode(word) == tk.encode_in_order(word.encode(), merges)


def test_a_frequent_pair_first_is_something_else():
    """What is claimed of the lowest rank holds of nothing else: by how frequent a piece is in the text, words come out otherwise."""
    rng, differ = random.Random(1), 0
    for _ in range(200):
        merges = some_merges([(rng.randrange(10**6), rng.randrange(10**6)) for _ in range(12)])
        word = "".join(rng.choices("abc", k=12))
        shuffled = {pair: rng.random() for pair in merges}
        ranks = {pair: r for r, pair in enumerate(merges)}
        tokens = list(word.encode())
        while found := [p for p in pairwise(tokens) if p in ranks]:
            best = max(found, key=shuffled.get)
            tokens = tk.merge_pair(tokens, best, tk.BYTES + ranks[best])
        differ += tokens != tk.encode_word(word.encode(), ranks)
    assert differ > 20


@settings(max_examples=200, deadline=None)
@given(text=ANY, draws=MERGES)
def test_any_text_comes_back(text, draws):
    tokenizer = tk.Tokenizer(some_merges(draws), special=("<|end|>",))
    found = tokenizer.encode(text)
    assert tokenizer.decode(found) == text and tokenizer.bytes_of(found) == text.encode()
    assert all(0 <= t < tk.BYTES + len(tokenizer.merges) for t in found)


@given(tokens=st.lists(st.integers(0, 259), max_size=20))
def test_any_tokens_are_some_text(tokens):
    tokenizer = tk.Tokenizer([(208, 159), (256, 97), (258 - 1, 255)], ("<|end|>",))
    text = tokenizer.decode(tokens)
    assert text == tokenizer.bytes_of(tokens).decode(errors="replace")
    if "\ufffd" not in text and 259 not in tokens:
        assert tokenizer.bytes_of(tokenizer.encode(text)) == tokenizer.bytes_of(tokens)


def byte_letters():
    """Return the letters by which the library writes bytes: those to be seen as themselves, the others from 256 on."""
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    others = [b for b in range(256) if b not in seen]
    return {b: chr(b) for b in seen} | {b: chr(256 + i) for i, b in enumerate(others)}


def in_the_library(tokenizer):
    """Return the library's tokenizer with our merges, its tokens numbered as ours."""
    letters = byte_letters()
    named = ["".join(letters[b] for b in piece) for piece in tokenizer.pieces]
    assert len(set(named)) == len(named)
    model = models.BPE({name: i for i, name in enumerate(named)}, [(named[a], named[b]) for a, b in tokenizer.merges])
    theirs = Theirs(model)
    theirs.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    return theirs


@pytest.fixture(scope="module")
def learned():
    texts = [*TEXTS, tk.__doc__, *(f.__doc__ for f in vars(tk).values() if callable(f) and f.__doc__)]
    return tk.Tokenizer.learn(texts, 500)


@pytest.fixture(scope="module")
def theirs(learned):
    return in_the_library(learned)


@settings(max_examples=300, deadline=None)
@given(text=ANY | st.text("aeorst the", max_size=40) | st.sampled_from(TEXTS))
def test_with_our_merges_the_library_cuts_words_as_we_do(learned, theirs, text):
    words = tk.split_words(text)
    assert learned.encode(text) == [i for word in words for i in theirs.encode(word).ids]


def test_special_tokens_are_asked_for():
    tokenizer = tk.Tokenizer([(60, 124)], ("<|end|>", "<|end|>!"))
    as_text = tokenizer.encode("a<|end|>!")
    assert tokenizer.decode(as_text) == "a<|end|>!" and max(as_text) <= 256
    assert tokenizer.encode("a<|end|>b<|end|>!", special=True) == [97, 257, 98, 258]
    assert tokenizer.decode([97, 257, 98, 258]) == "a<|end|>b<|end|>!"
    assert len(tokenizer) == 259


# ---------------------------------------------------------------------------------------------------------- measures
def test_bits_per_byte_of_a_fair_die():
    assert tk.bits_per_byte(np.full(10, np.log(1 / 8)), 15) == pytest.approx(10 * 3 / 15)


BAD = [
    (lambda: tk.utf8(b"a"), TypeError, "text must be a string"),
    (lambda: tk.utf8("a\ud83c"), ValueError, "surrogate pair at 1"),
    (lambda: tk.split_words("\udfff"), ValueError, "surrogate pair at 0"),
    (lambda: tk.count_words("a text"), TypeError, "texts must be a list"),
    (lambda: tk.count_words([b"a"]), TypeError, "text must be a string"),
    (lambda: tk.paragraphs("a text"), TypeError, "texts must be a list"),
    (lambda: tk.learn_merges({"a": 1}, 3), TypeError, "as bytes"),
    (lambda: tk.learn_merges([b"a"], 3), TypeError, "must map words"),
    (lambda: tk.learn_merges({b"a": 0}, 3), ValueError, "at least 1"),
    (lambda: tk.learn_merges({b"a": 1.5}, 3), TypeError, "whole number"),
    (lambda: tk.learn_merges_fast({b"a": 1}, -1), ValueError, "most must be at least 0"),
    (lambda: tk.Tokenizer([(97, 98), (97, 98)]), ValueError, "there twice"),
    (lambda: tk.Tokenizer([(97, 256)]), ValueError, "256 is not made before it"),
    (lambda: tk.Tokenizer([(-1, 97)]), ValueError, "at least 0"),
    (lambda: tk.Tokenizer([(97, 98, 99)]), ValueError, "must be a pair"),
    (lambda: tk.Tokenizer([97]), TypeError, r"merges\[0\] must be a list"),
    (lambda: tk.Tokenizer("ab"), TypeError, "merges must be a list"),
    (lambda: tk.Tokenizer([], "<|end|>"), TypeError, "list of names"),
    (lambda: tk.Tokenizer([], ["a", "a"]), ValueError, "there twice"),
    (lambda: tk.Tokenizer([]).decode([256]), ValueError, "from 0 to 255"),
    (lambda: tk.Tokenizer([]).decode([1.5]), TypeError, "whole numbers"),
    (lambda: tk.Tokenizer([]).decode("ab"), TypeError, "tokens must be a list"),
    (lambda: tk.Tokenizer([]).encode(3), TypeError, "text must be a string"),
    (lambda: tk.bits_per_byte([0.5], 1), ValueError, "cannot be positive"),
    (lambda: tk.bits_per_byte([-0.5], 0), ValueError, "size must be at least 1"),
]


@pytest.mark.parametrize("call, kind, words", BAD, ids=range(len(BAD)))
def test_bad_input_is_refused(call, kind, words):
    with pytest.raises(kind, match=words):
        call()


def test_texts_of_these_tests_are_of_many_kinds():
    assert {unicodedata.category(c)[0] for text in TEXTS for c in text} >= set("LMNPSZC")
