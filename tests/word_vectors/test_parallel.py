"""The arithmetic of many processes: the ring adds up, the model of time is what a stopwatch would show."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.word_vectors import parallel


@given(st.integers(1, 7), st.integers(0, 2**32 - 1), st.sampled_from([(), (3,)]))
def test_in_the_end_every_process_of_the_ring_holds_the_sum(P, seed, more):
    parts = np.random.default_rng(seed).integers(-50, 50, size=(P, P, *more)).astype(float)
    states = parallel.ring_states(parts)
    assert states.shape == (2 * (P - 1) + 1, *parts.shape)
    assert np.array_equal(states[0], parts)
    assert (states[-1] == parts.sum(axis=0)).all()


@given(st.integers(2, 7))
def test_halfway_each_piece_is_complete_in_one_place(P):
    bits = np.repeat(2.0 ** np.arange(P)[:, None], P, axis=1)
    half = parallel.ring_states(bits)[P - 1]
    assert ((half == 2**P - 1).sum(axis=0) == 1).all() and ((half == 2**P - 1).sum(axis=1) == 1).all()


@given(st.floats(0, 1), st.integers(1, 9))
def test_in_turn_lies_between_the_mean_and_the_sum(left, P):
    share = parallel.in_turn(left, P)
    assert 1 / P - 1e-12 <= share <= 1 + 1e-12
    assert parallel.in_turn(1.0, P) == 1 and parallel.in_turn(0.0, P) == pytest.approx(1 / P)


def test_many_processes_at_once_and_one_by_one():
    P = np.array([1, 2, 8])
    together = parallel.parallel_seconds(10.0, P, 5, 1e6, 1e-4, 1e9)
    assert together.shape == (3,) and together[0] == 10
    assert np.allclose(together, [parallel.parallel_seconds(10.0, int(p), 5, 1e6, 1e-4, 1e9) for p in P])
    assert parallel.ring_bytes(100, 1) == 0 and parallel.ring_seconds(100, 1, 1.0, 1.0) == 0
    assert isinstance(parallel.ring_bytes(100, 4), float)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: parallel.ring_states(np.ones((2, 3))), ValueError, "P pieces"),
        (lambda: parallel.ring_states(np.ones(3)), ValueError, "2 axes"),
        (lambda: parallel.ring_states([]), ValueError, "2 axes|empty"),
        (lambda: parallel.ring_states([[np.nan]]), ValueError, "NaN"),
        (lambda: parallel.ring_states([["a"]]), TypeError, "real numbers"),
        (lambda: parallel.ring_bytes(-1, 2), ValueError, "at least 0"),
        (lambda: parallel.ring_bytes(np.inf, 2), ValueError, "infinite"),
        (lambda: parallel.ring_bytes(8, 0), ValueError, "at least 1"),
        (lambda: parallel.ring_bytes(8, 2.5), ValueError, "whole"),
        (lambda: parallel.ring_seconds(8, 2, -1, 1), ValueError, "latency must be at least 0"),
        (lambda: parallel.ring_seconds(8, 2, 0, 0), ValueError, "bandwidth must be greater than 0"),
        (lambda: parallel.parallel_seconds(-1, 2, 1, 8, 0, 1), ValueError, "compute"),
        (lambda: parallel.parallel_seconds(1, 2, np.nan, 8, 0, 1), ValueError, "NaN"),
        (lambda: parallel.parallel_seconds(1, 2, 1, 8, 0, 1, -1), ValueError, "handling must be at least 0"),
        (lambda: parallel.in_turn(1.5, 2), ValueError, "between 0 and 1"),
        (lambda: parallel.in_turn(np.nan, 2), ValueError, "NaN"),
        (lambda: parallel.in_turn(0.5, 0), ValueError, "at least 1"),
        (lambda: parallel.in_turn(0.5, 2.0), TypeError, "whole number"),
    ],
)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
