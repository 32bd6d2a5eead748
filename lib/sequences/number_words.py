"""Number words: the numbers below a million in English and in Russian, and which English words each Russian word says.

A small language pair in which everything is known: every sentence has one right translation, all can be listed, and the alignment is no
matter of taste. Russian asks for agreement: один and два take a gender (одна, две тысячи), тысяча takes its case from what counts it
(одна тысяча, две тысячи, пять тысяч), and hundreds are one word where English has two.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.book import validate

MOST = 999_999
EN_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
).split()
EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
RU_ONES = (
    "ноль один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать "
    "шестнадцать семнадцать восемнадцать девятнадцать"
).split()
RU_TENS = "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто".split()
RU_HUNDREDS = "сто двести триста четыреста пятьсот шестьсот семьсот восемьсот девятьсот".split()


@dataclass(frozen=True)
class NumberPair:
    """A number in words: English tokens, Russian tokens, and for each Russian token the places of the English tokens that it says."""

    number: int
    english: tuple[str, ...]
    russian: tuple[str, ...]
    alignment: tuple[tuple[int, ...], ...]


def number_pair(k: int) -> NumberPair:
    """Return the number k, from 0 to 999,999, in both languages with its alignment."""
    k = validate.whole(k, "k", low=0, high=MOST)
    english: list[str] = []
    russian: list[tuple[str, tuple[int, ...]]] = []
    thousands, rest = divmod(k, 1000)
    if thousands:
        _below_thousand(thousands, english, russian, feminine=True)
        russian.append((_thousand(thousands), (len(english),)))
        english.append("thousand")
        if 0 < rest < 100:
            english.append("and")
    if rest or not thousands:
        _below_thousand(rest, english, russian, feminine=False)
    return NumberPair(k, tuple(english), tuple(w for w, _ in russian), tuple(places for _, places in russian))


def number_of(words: Sequence[str]) -> int | None:
    """Return the number that English words say in the form that `number_pair` gives them, or None where they say none."""
    if not isinstance(words, (list, tuple)) or not all(isinstance(word, str) for word in words):
        raise TypeError(f"words must be a list of texts, but is {words!r:.60}")
    whole = part = 0
    for word in words:
        if word in EN_ONES:
            part += EN_ONES.index(word)
        elif word in EN_TENS:
            part += 10 * (2 + EN_TENS.index(word))
        elif word == "hundred":
            part *= 100
        elif word == "thousand":
            whole, part = whole + 1000 * part, 0
        if whole + part > MOST:
            return None
    return whole + part if words and number_pair(whole + part).english == tuple(words) else None


def words_typed(text: str) -> tuple[str, ...]:
    """Return the English words of what someone typed: a number below a million in digits (342002, 342,002) or in words (forty-two)."""
    if not isinstance(text, str):
        raise TypeError(f"text must be a text, but is {text!r:.60}")
    digits = text.strip().replace(",", "").replace(" ", "").replace("_", "")
    if digits.isascii() and digits.isdigit() and len(digits.lstrip("0")) <= len(str(MOST)):
        return number_pair(int(digits)).english
    return tuple(text.lower().replace("-", " ").replace(",", " ").split())


def _below_thousand(k: int, english: list, russian: list, feminine: bool) -> None:
    """Append a number below a thousand to both sides; a word that says two English ones is aligned with both."""
    hundreds, rest = divmod(k, 100)
    if hundreds:
        russian.append((RU_HUNDREDS[hundreds - 1], (len(english), len(english) + 1)))
        english += [EN_ONES[hundreds], "hundred"]
        if rest:
            english.append("and")
    if rest >= 20:
        russian.append((RU_TENS[rest // 10 - 2], (len(english),)))
        english.append(EN_TENS[rest // 10 - 2])
        rest %= 10
        if not rest:
            return
    if rest or not k:
        russian.append((_counted(rest, feminine), (len(english),)))
        english.append(EN_ONES[rest])


def _counted(k: int, feminine: bool) -> str:
    return {1: "одна", 2: "две"}.get(k, RU_ONES[k]) if feminine else RU_ONES[k]


def _thousand(k: int) -> str:
    """Return тысяча in the case that k asks for: by its last digit, but 11 to 14 go with the many."""
    if k % 100 in (11, 12, 13, 14):
        return "тысяч"
    return {1: "тысяча", 2: "тысячи", 3: "тысячи", 4: "тысячи"}.get(k % 10, "тысяч")


@dataclass(frozen=True)
class Split:
    """Numbers to learn from, some of them several times, and numbers kept back, each once; none is in both."""

    train: np.ndarray
    test: np.ndarray


def split_numbers(draws: int = 20_000, kept: int = 2_000, seed: int = 0) -> Split:
    """Return numbers with 1 to 6 digits, as many of each length as of another, a tenth of each length being kept back for the test.

    draws : how many to learn from, short ones again and again;  kept : how many different ones to test with
    """
    draws, kept = validate.whole(draws, "draws", low=1), validate.whole(kept, "kept", low=1, high=50_000)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    held = np.zeros(MOST + 1, bool)
    ranges = [(0 if d == 1 else 10 ** (d - 1), 10**d) for d in range(1, 7)]
    for low, high in ranges:
        held[rng.choice(np.arange(low, high), (high - low) // 10, replace=False)] = True

    def drawn(n: int) -> np.ndarray:
        low, high = np.array(ranges)[rng.integers(6, size=n)].T
        return rng.integers(low, high)

    train, test = np.empty(0, np.int64), np.empty(0, np.int64)
    while len(train) < draws:
        more = drawn(2 * draws)
        train = np.concatenate([train, more[~held[more]]])
    while len(test) < kept:
        more = drawn(20 * kept)
        test = np.unique(np.concatenate([test, more[held[more]]]))
        test = rng.permutation(test)
    return Split(train[:draws], np.sort(test[:kept]))
