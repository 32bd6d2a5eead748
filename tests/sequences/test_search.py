"""Searches on small random models whose answers can all be listed."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.sequences.translation import search

START, END, V, LONGEST = 0, 1, 4, 5


def model(seed, sharp=1.5):
    """A model whose next symbol depends on all that was written: (step, state)."""

    def step(state, symbol):
        history = (*state, symbol)
        scores = np.random.default_rng([seed, *history]).normal(size=V) * sharp
        scores[START] = -np.inf  # the start is never written
        return scores - np.log(np.exp(scores).sum()), history

    return step, ()


def listed(step, state):
    """Every answer that ends within LONGEST symbols, its end among them, with its log-probability."""
    symbols = [s for s in range(V) if s not in (START, END)]
    out = {}
    for n in range(LONGEST):
        for answer in product(symbols, repeat=n):
            out[answer] = search.log_probability(step, state, START, END, answer)
    return out


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_exact_search_finds_the_best_of_all(seed):
    step, state = model(seed)
    everything = listed(step, state)
    best = max(everything, key=everything.get)
    found = search.exact_search(step, state, START, END, LONGEST)
    assert found.ended and found.symbols == best and found.log_p == pytest.approx(everything[best])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), alpha=st.sampled_from([0.0, 0.6, 1.0]))
def test_a_beam_that_holds_everything_is_exact(seed, alpha):
    step, state = model(seed)
    everything = listed(step, state)
    score = {answer: log_p / (len(answer) + 1) ** alpha for answer, log_p in everything.items()}
    best = max(score, key=score.get)
    found = search.beam_search(step, state, START, END, V**LONGEST, LONGEST, alpha)[0]
    assert found.ended and found.symbols == best and found.score(alpha) == pytest.approx(score[best])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10**6))
def test_a_beam_of_one_is_greedy(seed):
    step, state = model(seed)
    one, other = (
        search.greedy(step, state, START, END, LONGEST),
        search.beam_search(step, state, START, END, 1, LONGEST)[0],
    )
    assert (one.symbols, one.ended) == (other.symbols, other.ended) and one.log_p == pytest.approx(other.log_p)


def without_a_stop(step, state, width, alpha):
    """The beam again, plainly, to the last place."""
    live, done = [(0.0, (), state)], []
    for _ in range(LONGEST):
        grown = []
        for log_p, symbols, before in live:
            logs, after = step(before, symbols[-1] if symbols else START)
            grown += [(log_p + logs[s], (*symbols, s), after) for s in range(V) if np.isfinite(logs[s])]
        grown.sort(key=lambda g: -g[0])
        done += [(g[0] / len(g[1]) ** alpha, g[1][:-1]) for g in grown[:width] if g[1][-1] == END]
        live = [g for g in grown if g[1][-1] != END][:width]
    return max(done, default=None)


@settings(max_examples=80, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 4), alpha=st.sampled_from([0.0, 0.5, 1.0, 2.0]))
def test_the_stop_loses_nothing(seed, width, alpha):
    step, state = model(seed)
    found, wanted = (
        search.beam_search(step, state, START, END, width, LONGEST, alpha)[0],
        without_a_stop(step, state, width, alpha),
    )
    if wanted is None:
        assert not found.ended
    else:
        assert found.symbols == tuple(wanted[1]) and found.score(alpha) == pytest.approx(wanted[0])


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 5))
def test_laws(seed, width):
    step, state = model(seed)
    answers = search.beam_search(step, state, START, END, width, LONGEST)
    exact = search.exact_search(step, state, START, END, LONGEST)
    for answer in answers:
        assert END not in answer.symbols  # what has ended is never made longer
        if answer.ended:
            assert answer.log_p == pytest.approx(search.log_probability(step, state, START, END, answer.symbols))
            assert answer.log_p <= exact.log_p + 1e-12
    assert [a.ended for a in answers] == sorted([a.ended for a in answers], reverse=True)


def test_length_normalisation_prefers_the_longer():
    """An answer of one symbol with 0.4, and one of three with 0.9, 0.7, 0.9 …: less probable as a whole, more so by the symbol."""
    table = {
        (): [0, 0.0, 0.4, 0.6],
        (2,): [0, 1.0, 0, 0],
        (3,): [0, 0.0, 0, 1.0],
        (3, 3): [0, 0.0, 0, 1.0],
        (3, 3, 3): [0, 0.6, 0, 0.4],
    }

    def step(state, symbol):
        history = (*state, symbol) if symbol != START else ()
        with np.errstate(divide="ignore"):
            return np.log(np.array(table.get(history, [0, 1.0, 0, 0]), float)), history

    short, long_ = (2,), (3, 3, 3)
    assert search.beam_search(step, (), START, END, 3, 8, alpha=0.0)[0].symbols == short
    assert search.beam_search(step, (), START, END, 3, 8, alpha=1.0)[0].symbols == long_


def test_an_answer_that_never_ends_is_cut_off_and_says_so():
    def step(state, symbol):
        return np.log(np.array([1e-300, 1e-300, 1.0, 1e-300])), state

    found = search.greedy(step, None, START, END, 7)
    assert not found.ended and found.symbols == (2,) * 7
    assert search.beam_search(step, None, START, END, 1, 7)[0] == found


REPLIES = {
    "": {"I": 0.6, "yes": 0.4},
    "I": {"agree": 0.4, "accept": 0.3, "do": 0.3},
    "yes": {"</s>": 0.9, "please": 0.1},
}


def test_a_table_is_a_model():
    table = search.TableModel(REPLIES)
    found = search.beam_search(table.step, (), table.START, table.END, 20, 5, alpha=10.0)
    p = {table.text(answer): np.exp(answer.log_p) for answer in found if answer.ended}
    wanted = {"I agree": 0.24, "I accept": 0.18, "I do": 0.18, "yes": 0.36, "yes please": 0.04}
    assert p == pytest.approx(wanted) and sum(p.values()) == pytest.approx(1)
    assert table.text(search.greedy(table.step, (), table.START, table.END)) == "I agree"
    assert table.text(search.exact_search(table.step, (), table.START, table.END)) == "yes"


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), width=st.integers(1, 4))
def test_steps_of_a_beam(seed, width):
    """Each unfinished answer grows from one of the step before; what has ended stays as it is; the last step is what the search returns."""
    step, state = model(seed)
    trace = [*search.beam_steps(step, state, START, END, width, LONGEST)]
    for place, ((before, ended), (live, done)) in enumerate(
        zip([([search.Answer((), 0.0, False)], []), *trace], trace, strict=False)
    ):
        assert {a.symbols[:-1] for a in live} <= {a.symbols for a in before} and len(live) <= width
        assert all(len(a.symbols) == place + 1 and not a.ended for a in live)
        assert done[: len(ended)] == ended and {a.symbols for a in done[len(ended) :]} <= {a.symbols for a in before}
    live, done = trace[-1]
    assert sorted(map(repr, [*live, *done])) == sorted(
        map(repr, search.beam_search(step, state, START, END, width, LONGEST))
    )


STEP, STATE = model(0)


def unsure(state, symbol):
    """Two symbols equally probable at each place, the end improbable: many beginnings stay in the race."""
    return np.log([1e-300, 0.01, 0.495, 0.495]), state


BAD = [
    (lambda: search.greedy(STEP, STATE, -1, END), ValueError, "start must be at least 0"),
    (lambda: search.greedy(STEP, STATE, START, 9), ValueError, "more than 9 symbols"),
    (lambda: search.greedy(lambda s, y: (np.ones(4), s), STATE, START, END), ValueError, "none above 0"),
    (lambda: search.greedy(lambda s, y: (np.full(4, np.nan), s), STATE, START, END), ValueError, "none NaN"),
    (lambda: search.beam_search(STEP, STATE, START, END, width=0), ValueError, "width must be at least 1"),
    (lambda: search.beam_search(STEP, STATE, START, END, alpha=-1.0), ValueError, "alpha must be at least 0"),
    (lambda: search.log_probability(STEP, STATE, START, END, [7]), ValueError, "symbols must be from 0 to 3"),
    (lambda: search.log_probability(STEP, STATE, START, END, "ab"), TypeError, "list of whole numbers"),
    (lambda: search.TableModel({"": {"a": 0.5}}), ValueError, "must sum to 1, but sum to 0.5"),
    (lambda: search.TableModel({"": {"a": 2.0, "b": -1.0}}), ValueError, "must be at most 1"),
    (lambda: search.TableModel([0.5, 0.5]), TypeError, "table must give words"),
    (lambda: search.exact_search(unsure, None, START, END, 40, most=50), ValueError, "no certainty after 50 steps"),
]


@pytest.mark.parametrize("call, kind, says", BAD)
def test_bad_input_is_refused(call, kind, says):
    with pytest.raises(kind, match=says):
        call()
