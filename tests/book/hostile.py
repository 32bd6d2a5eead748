"""Whatever a reader's hands do to a demo: texts and drawings that no example foresees."""

import warnings

import numpy as np

from lib.book.demos import Demo
from lib.book.parameters import Parameter

TEXTS = (
    "",
    " ",
    "a",
    "   two  words ",
    "x" * 10_000,
    "ещё один ёж",
    "二十七 ひらがな",
    "أربعة وعشرون",
    "👩‍👩‍👧 🎉🏳️‍🌈",
    "e\u0301\u200d\u202e\u2028 \ufeff",
    "a\nb\tc\x00d\x1b[31m\ud800",
    "$x_1^{$ \\frac{1 $",
    "<b>&amp;</b> --> <script>",
    "-12 345.67 + ∞",
    "99999999999999999999999999",
)


def drawings(shape: tuple[int, int]) -> dict[str, np.ndarray]:
    """Return drawings of this shape that are no digit and no letter."""
    blank, dot = np.zeros(shape), np.zeros(shape)
    dot[0, 0] = 1
    return {
        "blank": blank,
        "full": np.ones(shape),
        "one dot in the corner": dot,
        "all grey": np.full(shape, 0.5),
        "noise": np.random.default_rng(0).uniform(size=shape),
        "hardly anything": np.full(shape, 1 / 255),
    }


def values_out_of(p: Parameter) -> list:
    """Return what a control must refuse."""
    if p.kind == "slider":
        return [float("nan"), float("inf"), "?", None, max(p.values) * 2 + 1]
    if p.kind == "choice":
        return ["no such option", None]
    if p.kind == "text":
        return [None, 3, b"bytes", ["a"], "x" * (p.longest + 1), "x" * 10_000, "é" * 1_000_000]
    ones = np.ones(p.shape)
    wrong = [None, "no such example", ones[1:], ones.ravel(), 2 * ones, -ones, ones * np.nan, [[1], [1, 2]], ones[None]]
    return wrong


def try_hands(demo: Demo) -> None:
    """Hand a demo everything above, through the door that the page uses; each gives a sound picture or a clear refusal."""
    start = [p.start for p in demo.parameters.values()]
    for at, p in enumerate(demo.parameters.values()):
        offered = {text: text for text in TEXTS} if p.kind == "text" else {}
        offered |= drawings(p.shape) if p.kind == "drawing" else {}
        for name, value in offered.items():
            position = value if p.kind == "text" else p.pixels(value)
            where = f"{demo.key}, {p.kind}: {name[:30]!r}"
            if p.kind == "text" and len(value) > p.longest:
                try:
                    demo.at([*start[:at], position, *start[at + 1 :]])
                except ValueError as refusal:
                    assert f"{p.longest:,} characters, but has" in str(refusal), where
                    continue
                raise AssertionError(f"{where} is longer than {p.longest}, and was taken")
            with warnings.catch_warnings():
                warnings.simplefilter("error")  # a letter that the font lacks, a number that is none
                state = demo.at([*start[:at], position, *start[at + 1 :]])
            assert state["svg"].startswith("<svg") and state["svg"].endswith("</svg>") and "nan" not in state["svg"], (
                where
            )
            assert 20 <= len(state["text"]) <= 400 and state["text"].isprintable(), (where, state["text"])
            found = demo(**{list(demo.parameters)[at]: p.at(position)[0]}).faults()
            assert not found, (where, found)
