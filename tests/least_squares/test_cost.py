"""Counts, exponents and bounds: exact where they can be, refused where they have no meaning."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.least_squares import cost


@given(st.floats(0.1, 4), st.floats(1e-6, 1e3), st.lists(st.integers(1, 10_000), min_size=2, max_size=8, unique=True))
def test_exponent_of_a_pure_power(p, c, sizes):
    sizes = np.array(sizes, float)
    assert cost.fit_exponent(sizes, c * sizes**p) == pytest.approx(p, abs=1e-6)


def test_exponent_agrees_with_polyfit():
    rng = np.random.default_rng(0)
    sizes, values = np.arange(1, 20.0), rng.uniform(1, 9, 19)
    assert cost.fit_exponent(sizes, values) == pytest.approx(np.polyfit(np.log(sizes), np.log(values), 1)[0])


@pytest.mark.parametrize("method", cost.METHODS)
def test_counts_grow_as_their_leading_terms(method):
    rows = np.array([10**5, 10**6, 10**7])
    assert cost.fit_exponent(rows, [cost.flops(method, int(n), 20) for n in rows]) == pytest.approx(1, abs=0.02)
    columns = np.array([10, 20, 40])
    exponent = cost.fit_exponent(columns, [cost.flops(method, 10**7, int(d)) for d in columns])
    assert exponent == pytest.approx(1 if method == "CGLS step" else 2, abs=0.02)


def test_measure_takes_the_shortest_and_warms_up():
    calls = []
    seconds = cost.measure(lambda x: calls.append(x), 7, repeats=3)
    assert calls == [7] * 4 and 0 <= seconds < 1


@given(st.floats(1.0, 1e6), st.floats(1e-12, 1.0))
def test_steps_are_the_first_to_meet_the_bound(kappa, error):
    k = cost.steps_for(kappa, error)
    assert cost.cg_bound(kappa, k) <= error * (1 + 1e-6)
    assert k <= 1 or cost.cg_bound(kappa, k - 1) > error * (1 - 1e-6)


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: cost.flops("magic", 10, 2), ValueError, "no count is known for 'magic'"),
        (lambda: cost.flops("SVD", 2, 10), ValueError, "N ≥ D"),
        (lambda: cost.flops("SVD", 2.5, 1), TypeError, "whole number"),
        (lambda: cost.flops("SVD", 0, 0), ValueError, "at least 1"),
        (lambda: cost.fit_exponent([1, 2], [1]), ValueError, "values has 1 entries"),
        (lambda: cost.fit_exponent([1, -2], [1, 1]), ValueError, "positive"),
        (lambda: cost.fit_exponent([1, 2], [1, 0]), ValueError, "positive"),
        (lambda: cost.fit_exponent([3, 3], [1, 2]), ValueError, "two different sizes"),
        (lambda: cost.fit_exponent([], []), ValueError, "empty"),
        (lambda: cost.fit_exponent([1, np.nan], [1, 1]), ValueError, "NaN"),
        (lambda: cost.measure(print, repeats=0), ValueError, "repeats"),
        (lambda: cost.cg_bound(0.5, 1), ValueError, "kappa"),
        (lambda: cost.cg_bound(2.0, -1), ValueError, "steps"),
        (lambda: cost.steps_for(2.0, 0.0), ValueError, "greater than 0"),
        (lambda: cost.steps_for(2.0, 3.0), ValueError, "at most 2"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
