"""Number words: known ones, all of them told apart, their grammar and their alignment, word by word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.sequences import number_words as nw

KNOWN = {
    0: ("zero", "ноль"),
    11: ("eleven", "одиннадцать"),
    40: ("forty", "сорок"),
    100: ("one hundred", "сто"),
    342: ("three hundred and forty two", "триста сорок два"),
    1_000: ("one thousand", "одна тысяча"),
    1_001: ("one thousand and one", "одна тысяча один"),
    2_002: ("two thousand and two", "две тысячи два"),
    12_000: ("twelve thousand", "двенадцать тысяч"),
    21_090: ("twenty one thousand and ninety", "двадцать одна тысяча девяносто"),
    111_111: ("one hundred and eleven thousand one hundred and eleven", "сто одиннадцать тысяч сто одиннадцать"),
    562_914: (
        "five hundred and sixty two thousand nine hundred and fourteen",
        "пятьсот шестьдесят две тысячи девятьсот четырнадцать",
    ),
    999_999: (
        "nine hundred and ninety nine thousand nine hundred and ninety nine",
        "девятьсот девяносто девять тысяч девятьсот девяносто девять",
    ),
}
VALUES = {w: i for i, w in enumerate(nw.EN_ONES)} | {w: 10 * (i + 2) for i, w in enumerate(nw.EN_TENS)}
RU_VALUES = (
    {w: i for i, w in enumerate(nw.RU_ONES)}
    | {w: 10 * (i + 2) for i, w in enumerate(nw.RU_TENS)}
    | {w: 100 * (i + 1) for i, w in enumerate(nw.RU_HUNDREDS)}
    | {"одна": 1, "две": 2}
)


@pytest.mark.parametrize("k", KNOWN)
def test_known_numbers(k):
    pair = nw.number_pair(k)
    assert (" ".join(pair.english), " ".join(pair.russian)) == KNOWN[k]


def read_english(words):
    total = part = 0
    for word in words:
        if word == "thousand":
            total, part = 1000 * part, 0
        elif word == "hundred":
            part *= 100
        elif word != "and":
            part += VALUES[word]
    return total + part


def read_russian(words):
    total = part = 0
    for word in words:
        if word.startswith("тысяч"):
            total, part = 1000 * part, 0
        else:
            part += RU_VALUES[word]
    return total + part


@given(k=st.integers(0, 999_999))
def test_words_read_back_are_the_number(k):
    pair = nw.number_pair(k)
    assert read_english(pair.english) == k == read_russian(pair.russian)


@given(k=st.integers(0, 999_999))
def test_each_russian_word_says_what_its_english_words_say(k):
    pair = nw.number_pair(k)
    assert len(pair.alignment) == len(pair.russian)
    for word, places in zip(pair.russian, pair.alignment, strict=True):
        said = [pair.english[p] for p in places]
        if word.startswith("тысяч"):
            assert said == ["thousand"]
        else:
            assert read_english(said) == RU_VALUES[word]
    used = [p for places in pair.alignment for p in places]
    assert sorted(used) == [
        p for p, word in enumerate(pair.english) if word != "and"
    ]  # every word is said once, in order
    assert used == sorted(used)


@given(k=st.integers(1, 999))
def test_a_thousand_agrees(k):
    *count, thousand = nw.number_pair(1000 * k).russian
    many = k % 100 in (11, 12, 13, 14) or k % 10 in (0, 5, 6, 7, 8, 9)
    assert thousand == ("тысяч" if many else "тысяча" if k % 10 == 1 else "тысячи")
    assert "один" not in count and "два" not in count


@pytest.mark.parametrize("seed", range(3))
def test_the_split(seed):
    split = nw.split_numbers(6_000, 600, seed)
    assert len(split.train) == 6_000 and len(split.test) == len(set(split.test)) == 600
    assert not set(split.train) & set(split.test)
    digits = np.array([len(str(k)) for k in split.train])
    shares = np.bincount(digits, minlength=7)[1:] / len(digits)
    assert (np.abs(shares - 1 / 6) < 0.03).all()
    assert (np.abs(np.bincount([len(str(k)) for k in split.test], minlength=7)[3:] / 600 - 0.25) < 0.13).all()
    assert (nw.split_numbers(6_000, 600, seed).train == split.train).all()


def test_bad_input_is_refused():
    for k, kind in ((-1, ValueError), (1_000_000, ValueError), (1.5, TypeError), ("one", TypeError)):
        with pytest.raises(kind, match="k must be"):
            nw.number_pair(k)
    with pytest.raises(ValueError, match="draws must be at least 1"):
        nw.split_numbers(0)


@given(k=st.integers(0, 999_999))
def test_a_number_is_read_back_from_its_words_and_digits(k):
    words = nw.number_pair(k).english
    assert nw.number_of(words) == k
    for typed in (str(k), f"{k:,}", f" {k:_} ", " ".join(words), "-".join(words).upper(), f"00{k}"):
        assert nw.words_typed(typed) == words


@given(words=st.lists(st.sampled_from(["one", "twenty", "hundred", "thousand", "and", "zero", "zebra"]), max_size=6))
def test_words_that_say_no_number_are_none(words):
    k = nw.number_of(words)
    assert k is None or list(nw.number_pair(k).english) == words


def test_what_is_no_number_comes_back_as_words():
    assert nw.words_typed("1000000") == ("1000000",) and nw.words_typed("-5") == ("5",) and nw.words_typed("") == ()
    assert nw.words_typed("Forty-two, two") == ("forty", "two", "two") and nw.words_typed("٣") == ("٣",)
    assert nw.number_of([]) is None and nw.number_of(["thousand"] * 4000) is None
    for bad in ("forty two", [1, 2], None):
        with pytest.raises(TypeError, match="a list of texts"):
            nw.number_of(bad)
    with pytest.raises(TypeError, match="must be a text"):
        nw.words_typed(42)
