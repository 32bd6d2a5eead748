"""BLEU against sacrebleu over randomised corpora, and against the paper's own examples."""

import math

import pytest
import sacrebleu
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lib.sequences.translation import bleu as b

WORDS = st.lists(st.sampled_from("abcde"), max_size=9)
CORPORA = st.integers(1, 3).flatmap(
    lambda refs: st.lists(st.tuples(WORDS, st.lists(WORDS, min_size=refs, max_size=refs)), min_size=1, max_size=5)
)


def theirs(corpus, smooth, value, order, effective):
    hypotheses = [" ".join(h) for h, _ in corpus]
    streams = [[" ".join(r[k]) for _, r in corpus] for k in range(len(corpus[0][1]))]
    metric = sacrebleu.BLEU(
        tokenize="none",
        smooth_method=smooth,
        smooth_value=value,
        max_ngram_order=order,
        effective_order=effective,
        force=True,
    )
    return metric.corpus_score(hypotheses, streams)


@settings(max_examples=300, deadline=None)
@given(
    corpus=CORPORA,
    smooth=st.sampled_from(sorted(b.SMOOTHING)),
    value=st.sampled_from([None, 0.25, 2.0]),
    order=st.integers(1, 5),
    effective=st.booleans(),
)
@example([([], [["a", "b"]])], "exp", None, 4, False)
@example([([], [[]])], "add-k", None, 4, False)
@example([(["a"], [["a"]])], "none", None, 4, True)
@example([(list("abcd"), [list("abc"), list("abcde")])], "none", None, 4, False)  # of two equally near, the shorter
def test_bleu_is_sacrebleus(corpus, smooth, value, order, effective):
    mine = b.bleu([h for h, _ in corpus], [r for _, r in corpus], order, smooth, value, effective)
    peer = theirs(corpus, smooth, value, order, effective)
    assert mine.score == pytest.approx(peer.score / 100, abs=1e-12)
    assert mine.penalty == pytest.approx(peer.bp) and (mine.written, mine.wanted) == (peer.sys_len, peer.ref_len)
    assert mine.precisions == pytest.approx([p / 100 for p in peer.precisions], abs=1e-12)


@given(corpus=CORPORA)
def test_laws(corpus):
    hypotheses, references = [h for h, _ in corpus], [r for _, r in corpus]
    found = b.bleu(hypotheses, references)
    assert 0 <= found.score <= 1 and 0 <= found.penalty <= 1
    more = [[*r, h] for h, r in corpus]
    if any(len(h) >= 4 for h in hypotheses):
        assert b.bleu(hypotheses, more, smooth="none").score == pytest.approx(1.0)  # what was written is a reference
    twice = b.bleu(hypotheses * 2, references * 2)
    assert twice.penalty == pytest.approx(found.penalty) and twice.correct == tuple(2 * c for c in found.correct)


def test_the_papers_examples():
    the = ["the"] * 7
    references = ["the cat is on the mat".split(), "there is a cat on the mat".split()]
    assert b.matches(the, references, 1) == (2, 7) and b.matches(the, references, 2) == (0, 6)


def test_which_bleu():
    """One sentence, two conventions that books print: equal exponents, and 2^−n."""
    pair = ["the cat is on a mat".split()], [["the cat is on the mat".split()]]
    assert round(b.bleu(*pair).score, 3) == 0.537
    assert round(b.bleu(*pair, weights=[0.5, 0.25, 0.125, 0.0625]).score, 3) == 0.688


def test_counts_are_summed_before_they_are_divided():
    corpus = ["a b c d e f".split(), "x".split()], [["a b c d e f".split()], ["y".split()]]
    assert b.bleu(*corpus).precisions[0] == 6 / 7
    assert b.bleu(*corpus).score == pytest.approx((6 / 7) ** 0.25)
    assert b.brevity_penalty(5, 10) == pytest.approx(math.exp(-1)) and b.brevity_penalty(10, 5) == 1


BAD = [
    (lambda: b.bleu(["a b"], [["a b"]]), TypeError, "a string would be taken letter by letter"),
    (lambda: b.bleu([["a"]], ["a"]), TypeError, "references must be a list of sentences"),
    (lambda: b.bleu([["a"]], [[["a"]], [["b"]]]), ValueError, "a list of 1 lists"),
    (lambda: b.bleu([["a"]], [[]]), TypeError, "at least one"),
    (lambda: b.bleu([], []), TypeError, "at least one"),
    (lambda: b.bleu([["a"]], [[["a"]]], smooth="best"), ValueError, "smooth must be one of"),
    (lambda: b.bleu([["a"]], [[["a"]]], order=0), ValueError, "order must be at least 1"),
    (lambda: b.bleu([["a"]], [[["a"]]], weights=[1.0]), ValueError, "weights must be 4 numbers"),
    (lambda: b.closest_length(3, []), TypeError, "at least one entry"),
    (lambda: b.brevity_penalty(-1, 2), ValueError, "written must be at least 0"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
