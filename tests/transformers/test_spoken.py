"""Numbers said in two styles, a GPT's answers to them, its features, and what a pupil keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.sequences.number_words import number_of
from lib.transformers import gpt
from lib.transformers.adapting import low_rank, spoken
from lib.transformers.demos.adapting import random_pupil


@pytest.fixture(scope="module")
def model():
    return random_pupil().base


def test_both_styles_say_every_number():
    for k in range(1000):
        us, uk = spoken.american(k), spoken.british(k)
        assert number_of(uk.split()) == k and us.replace("-", " ") == uk.replace(" and", "")
        assert ("-" in us) == (k % 100 > 20 and k % 10 > 0) and "-" not in uk and "and" not in us.split()
        assert ("and" in uk.split()) == (k > 100 and k % 100 > 0)
    assert len({spoken.american(k) for k in range(1000)}) == len({spoken.british(k) for k in range(1000)}) == 1000
    assert max(len(f"{spoken.british(k)}={k}.") for k in range(1000)) == spoken.WINDOW


def test_lines_ask_for_the_answer_alone():
    x, y = spoken.lines(["forty-two", "nine"], ["42", "9"])
    assert x.shape == y.shape == (2, spoken.WINDOW)
    for row, text in enumerate(("forty-two=42.", "nine=9.")):
        ids = spoken.read_symbols(text)
        counted = np.flatnonzero(y[row] >= 0)
        assert np.array_equal(x[row, : len(ids)], ids) and counted[0] == text.index("=")
        assert "".join(spoken.SYMBOLS[i] for i in y[row, counted]) == text[text.index("=") + 1 :]
    assert (x[1, 7:] == spoken.END).all()


def test_batches_are_rows_cut_to_the_longest():
    x, y = spoken.lines([spoken.american(k) for k in range(30)], [str(k) for k in range(30)])
    a, b = spoken.drawn_from(x, y, 8)(np.random.default_rng(0))
    assert a.shape == b.shape and len(a) == 8 and (b[:, -1] >= 0).any()
    rows = [np.flatnonzero((x[:, : a.shape[1]] == row).all(axis=1))[0] for row in a]
    assert np.array_equal(b, y[rows][:, : b.shape[1]]) and (y[rows][:, b.shape[1] :] < 0).all()
    everything = spoken.drawn_from(x[:5], y[:5], 8)(np.random.default_rng(0))
    assert len(everything[0]) == 5


def test_right_at_all_places_is_what_it_would_write(model):
    """A model asked for its own answers is always right, and for others only where they agree."""
    questions = [spoken.american(k) for k in range(0, 1000, 90)]
    written = [spoken.answered(model, q)[0] for q in questions]
    fit = [(q, w) for q, w in zip(questions, written, strict=True) if len(q) + len(w) + 2 <= spoken.WINDOW]
    if fit:
        x, y = spoken.lines(*zip(*fit, strict=True))
        assert spoken.share_right(model, x, y) == 1
    other = ["7" if w != "7" else "8" for w in written]
    x, y = spoken.lines(questions, other)
    assert spoken.share_right(model, x, y) == 0


@settings(max_examples=20, deadline=None)
@given(st.text(alphabet=spoken.SYMBOLS, min_size=1, max_size=spoken.LONGEST))
def test_an_answer_ends_and_has_a_probability(question):
    answer, least = spoken.answered(random_pupil().base, question)
    assert 0 < least <= 1 and len(question) + 1 + len(answer) <= spoken.WINDOW + 1


def test_features_are_what_the_output_makes_scores_of(model):
    questions = [spoken.american(k) for k in (3, 342, 777)]
    F = spoken.features(model, questions)
    x, _ = spoken.lines(questions, [""] * 3)
    scores = model.read(x).scores
    for row, question in enumerate(questions):
        assert np.allclose(F[row] @ model.weights["output"], scores[row, len(question)], rtol=1e-9, atol=1e-9)


def test_a_pupil_travels_and_is_cut():
    one = random_pupil()
    again = spoken.pupil(one.base, spoken.stored(one.tuned.weights, one.changes))
    assert all(np.array_equal(again.tuned.weights[n], w) for n, w in one.tuned.weights.items())
    assert all(np.array_equal(again.changes[n].A, c.A) for n, c in one.changes.items())
    assert set(one.full_changes()) == set(low_rank.matrices_of(one.base, low_rank.MATRICES))
    none, all_of_it = one.cut(0), one.cut(8)
    for name, change in one.full_changes().items():
        assert np.array_equal(none.weights[name], one.base.weights[name])
        assert np.allclose(all_of_it.weights[name], one.tuned.weights[name], atol=1e-9)
        left = np.linalg.norm(one.cut(3).weights[name] - one.tuned.weights[name])
        assert left == pytest.approx(low_rank.best_rank_error(change)[3], rel=1e-6)
    assert np.array_equal(none.weights["words"], one.tuned.weights["words"])


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda m: spoken.american(1000), "k must be at most 999"),
        (lambda m: spoken.british(-1), "k must be"),
        (lambda m: spoken.read_symbols("Ä"), "none of the 40"),
        (lambda m: spoken.read_symbols(3), "must be a text"),
        (lambda m: spoken.lines(["one"], []), "an answer to each"),
        (lambda m: spoken.lines(["a" * 36], ["1"]), "at most 36"),
        (lambda m: spoken.drawn_from(np.zeros((2, 3), int), np.zeros((2, 4), int)), "one shape"),
        (lambda m: spoken.answered(m, ""), "1 to 34"),
        (lambda m: spoken.answered(m, "a" * 35), "1 to 34"),
        (lambda m: spoken.share_right(1, [[0]], [[0]]), "must be a GPT"),
        (lambda m: random_pupil().cut(-1), "rank"),
        (lambda m: spoken.pupil(m, {}), "words"),
    ],
)
def test_what_does_not_fit_is_refused(model, call, says):
    with pytest.raises((ValueError, TypeError), match=says):
        call(model)


def test_a_gpt_reads_what_lines_make(model):
    x, _ = spoken.lines([spoken.british(777)], ["777"])
    assert model.read(x).scores.shape == (1, spoken.WINDOW, len(spoken.SYMBOLS))
    assert isinstance(model, gpt.GPT)
