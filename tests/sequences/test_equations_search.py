"""The labelled equations of "Finding the best answer, and judging it", by an independent route each."""

import math
from collections import Counter
from itertools import product

import numpy as np
import pytest
import sacrebleu

from lib.sequences.translation import bleu as b
from lib.sequences.translation import search

START, END, V, LONGEST = 0, 1, 4, 5


def model(seed):
    """Log-probabilities that depend on all that was written."""

    def step(state, symbol):
        history = (*state, symbol)
        scores = 1.5 * np.random.default_rng([seed, *history]).normal(size=V)
        scores[START] = -np.inf
        return scores - np.log(np.exp(scores).sum()), history

    return step


def listed(step):
    """Every answer of fewer than LONGEST symbols with its log-probability, multiplied out."""
    out = {}
    for n in range(LONGEST):
        for answer in product(range(2, V), repeat=n):
            p, state, before = 1.0, (), START
            for symbol in (*answer, END):
                logs, state = step(state, before)
                p, before = p * math.exp(logs[symbol]), symbol
            out[answer] = math.log(p)
    return out


@pytest.mark.equation("eq-best-answer")
def test_the_best_answer_is_the_first_of_the_list():
    for seed in range(20):
        everything = listed(model(seed))
        found = search.exact_search(model(seed), (), START, END, LONGEST)
        assert found.symbols == max(everything, key=everything.get)
        assert found.log_p == pytest.approx(max(everything.values()))


@pytest.mark.equation("eq-length-score")
def test_the_score_by_length():
    for symbols, log_p, alpha in (((3, 4), -2.0, 1.0), ((3,), -1.5, 0.6), ((), -0.5, 2.0)):
        length = len([*symbols, "the end"])
        assert search.Answer(symbols, log_p, True).score(alpha) == pytest.approx(log_p / length**alpha)
        assert search.Answer(symbols, log_p, True).score(0.0) == log_p


@pytest.mark.equation("eq-when-to-stop")
def test_no_unfinished_answer_overtakes_what_the_bound_allows():
    """All that grows from a beginning scores at most log P(beginning) / longest^α, and sometimes nearly that."""
    nearest = -np.inf
    for seed in range(12):
        everything = listed(model(seed))
        for n in (1, 2, 3):
            for beginning in product(range(2, V), repeat=n):
                log_p, state, before = 0.0, (), START
                for symbol in beginning:
                    logs, state = model(seed)(state, before)
                    log_p, before = log_p + logs[symbol], symbol
                for alpha in (0.0, 0.7, 1.5):
                    grown = [p / (len(y) + 1) ** alpha for y, p in everything.items() if y[:n] == beginning]
                    assert max(grown) <= log_p / LONGEST**alpha
                    nearest = max(nearest, max(grown) - log_p / LONGEST**alpha)
    assert nearest > -0.05


SENTENCES = [["".join(w) for w in np.random.default_rng(k).choice(list("abc"), size=4 + k % 5)] for k in range(24)]
CORPUS = [(SENTENCES[k], [SENTENCES[k + 1], SENTENCES[k + 2]]) for k in range(0, 24, 3)]


def theirs():
    metric = sacrebleu.BLEU(tokenize="none", smooth_method="none", force=True)
    return metric.corpus_score([" ".join(h) for h, _ in CORPUS], [[" ".join(r[k]) for _, r in CORPUS] for k in (0, 1)])


@pytest.mark.equation("eq-clipped-precision")
def test_clipped_precision():
    """Counted word by word: each n-gram that is written strikes out one of a reference, of the reference that has most of it."""
    for n in range(1, 5):
        found = total = 0
        for h, refs in CORPUS:
            mine = Counter(" ".join(h[i : i + n]) for i in range(len(h) - n + 1))
            for gram, count in mine.items():
                has = [sum(" ".join(r[i : i + n]) == gram for i in range(len(r) - n + 1)) for r in refs]
                found, total = found + min(count, max(has)), total + count
        counts = np.sum([b.matches(h, refs, n) for h, refs in CORPUS], axis=0)
        assert tuple(counts) == (found, total)
        assert theirs().precisions[n - 1] == pytest.approx(100 * found / total)


@pytest.mark.equation("eq-brevity-penalty")
def test_brevity_penalty():
    """1 from the wanted length on; below it its logarithm is 1 − r/c; the two pieces meet."""
    for c, r in ((5, 5), (9, 5), (4, 5), (3, 12)):
        assert math.log(b.brevity_penalty(c, r)) == pytest.approx(min(0.0, 1 - r / c))
    assert b.brevity_penalty(10**6 - 1, 10**6) == pytest.approx(1, abs=1e-5)
    assert theirs().bp == pytest.approx(b.brevity_penalty(theirs().sys_len, theirs().ref_len))


@pytest.mark.equation("eq-bleu")
def test_bleu_is_penalty_times_geometric_mean():
    found = b.bleu([h for h, _ in CORPUS], [r for _, r in CORPUS], smooth="none")
    by_hand = found.penalty * np.prod(found.precisions) ** 0.25
    assert 0 < found.score == pytest.approx(by_hand) == pytest.approx(theirs().score / 100)
