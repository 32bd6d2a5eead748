"""BLEU from its definition (Papineni et al. 2002): how much of what was written stands in a reference, and is enough written?

Sentences are lists of tokens; how text is cut into them is part of a score, so it is left to the caller. Scores go from 0 to 1; papers
print a hundred times that. With tokens cut at spaces they are those of sacrebleu (Post 2018).
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from lib.book import validate

SMOOTHING = {"none": 0.0, "floor": 0.1, "add-k": 1.0, "exp": 0.0}  # a way to smooth, and its usual value
Tokens = Sequence[str]


@dataclass(frozen=True)
class Bleu:
    """A score from 0 to 1 and what it is made of.

    precisions : for n = 1, 2, …, the share of the written n-grams that stand in a reference, smoothed
    penalty : what brevity costs, 1 if nothing;  correct, total : n-grams found and written;  written, wanted : lengths in tokens
    """

    score: float
    precisions: tuple[float, ...]
    penalty: float
    correct: tuple[int, ...]
    total: tuple[int, ...]
    written: int
    wanted: int


def ngrams(tokens: Tokens, n: int) -> Counter:
    """Return how often each run of n tokens stands in a sentence."""
    tokens, n = _sentence(tokens, "tokens"), validate.whole(n, "n", low=1)
    return Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))


def matches(hypothesis: Tokens, references: Sequence[Tokens], n: int) -> tuple[int, int]:
    """Return how many n-grams of the hypothesis stand in a reference, and how many it has.

    Each is counted at most as often as the one reference has it that has it most: "the the the" does not find three. Equation: eq-clipped-precision
    """
    found = ngrams(hypothesis, n)
    most: Counter = Counter()
    for reference in _references(references, "references"):
        most |= ngrams(reference, n)  # the larger of the two counts
    return sum((found & most).values()), sum(found.values())


def closest_length(written: int, lengths: Sequence[int]) -> int:
    """Return the reference length nearest to what was written; of two equally near, the shorter."""
    written = validate.whole(written, "written", low=0)
    if not isinstance(lengths, (list, tuple)) or not lengths:
        raise TypeError("lengths must be a list of whole numbers with at least one entry")
    return min((validate.whole(v, "a length", low=0) for v in lengths), key=lambda v: (abs(v - written), v))


def brevity_penalty(written: int, wanted: int) -> float:
    """Return 1 where at least as much was written as wanted, else exp(1 − wanted/written); 0 for nothing. Equation: eq-brevity-penalty"""
    written, wanted = validate.whole(written, "written", low=0), validate.whole(wanted, "wanted", low=0)
    if written >= wanted:
        return 1.0
    return math.exp(1 - wanted / written) if written else 0.0


def bleu(
    hypotheses: Sequence[Tokens],
    references: Sequence[Sequence[Tokens]],
    order: int = 4,
    smooth: str = "exp",
    value: float | None = None,
    effective: bool = False,
    weights: Sequence[float] | None = None,
) -> Bleu:
    """Return BLEU of a corpus: counts are summed over all sentences first, and divided once. Equation: eq-bleu

    hypotheses : N sentences;  references : N lists of references, one or more for each sentence
    order : the longest n-grams;  smooth : what to do with n-grams of which none was found: "none" (the score is 0), "floor" (as if `value`
        of one were), "add-k" (`value` more found and written, from 2-grams on), "exp" (half, a quarter, … of one)
    effective : leave out orders for which every sentence is too short, as one does for a single sentence
    weights : exponents of the precisions, 1/order each where not given, as in the paper
    """
    order, smooth = validate.whole(order, "order", low=1, high=100), _smoothing(smooth)
    value = SMOOTHING[smooth] if value is None else validate.number(value, "value", low=0)
    if not isinstance(hypotheses, (list, tuple)) or not hypotheses:
        raise TypeError("hypotheses must be a list of sentences with at least one")
    if not isinstance(references, (list, tuple)) or len(references) != len(hypotheses):
        raise ValueError(f"references must be a list of {len(hypotheses)} lists, one for each hypothesis")
    if weights is not None and (effective or len(validate.vector(weights, "weights")) != order):
        raise ValueError(f"weights must be {order} numbers, one for each order, and go without `effective`")
    counts = [[matches(h, r, n) for n in range(1, order + 1)] for h, r in zip(hypotheses, references, strict=True)]
    correct, total = ([sum(row[n][k] for row in counts) for n in range(order)] for k in (0, 1))
    written = sum(map(len, hypotheses))
    wanted = sum(closest_length(len(h), [*map(len, r)]) for h, r in zip(hypotheses, references, strict=True))
    penalty = brevity_penalty(written, wanted)
    precisions, used = _precisions(correct, total, smooth, value, effective)
    score = 0.0
    if any(correct) and all(precisions[:used]):
        exponents = [1 / used] * used if weights is None else [float(v) for v in weights]
        score = penalty * math.exp(sum(v * math.log(p) for v, p in zip(exponents, precisions, strict=False)))
    return Bleu(score, tuple(precisions), penalty, tuple(correct), tuple(total), written, wanted)


def _precisions(correct, total, smooth: str, value: float, effective: bool) -> tuple[list[float], int]:
    """Return the smoothed precisions of all orders, 0 for those that no sentence is long enough for, and how many orders count."""
    out, used, halves = [0.0] * len(total), len(total), 1.0
    if not any(correct):
        return out, used
    for n, (found, all_) in enumerate(zip(correct, total, strict=True)):
        if smooth == "add-k" and n > 0:
            found, all_ = found + value, all_ + value
        if all_ == 0:
            break
        used = n + 1 if effective else used
        if found == 0 and smooth == "exp":
            halves *= 2
            found = 1 / halves
        elif found == 0 and smooth == "floor":
            found = value
        out[n] = found / all_
    return out, used


def _smoothing(smooth: str) -> str:
    if not isinstance(smooth, str) or smooth not in SMOOTHING:
        raise ValueError(f"smooth must be one of {', '.join(map(repr, SMOOTHING))}, but is {smooth!r}")
    return smooth


def _references(references, name: str) -> Sequence[Tokens]:
    if not isinstance(references, (list, tuple)) or not references:
        raise TypeError(f"{name} must be a list of sentences, at least one, but is {references!r:.60}")
    return references


def _sentence(tokens, name: str) -> Tokens:
    if not isinstance(tokens, (list, tuple)) or not all(isinstance(token, str) for token in tokens):
        raise TypeError(
            f"{name} must be a list of tokens (a string would be taken letter by letter), but is {tokens!r:.60}"
        )
    return tokens
