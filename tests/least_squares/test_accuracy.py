"""The ruler: problems with the promised κ, residual and answer, and digits counted right."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.least_squares import accuracy


@given(st.integers(2, 40), st.integers(1, 8), st.floats(0, 6), st.floats(0, 2), st.integers(0, 1000))
def test_problem_is_what_it_says(extra, d, power, rho, seed):
    p = accuracy.problem(d + extra, d, 10.0**power, rho, seed)
    r = p.b - p.A @ p.w
    if d > 1:
        assert np.linalg.cond(p.A) == pytest.approx(10.0**power, rel=1e-6)
    assert np.linalg.norm(p.w) == pytest.approx(1)
    assert np.abs(p.A.T @ r).max() < 1e-14 * (1 + rho)
    assert np.linalg.norm(r) == pytest.approx(rho * np.linalg.norm(p.A @ p.w), rel=1e-6, abs=1e-15)


def test_problem_is_the_same_for_the_same_seed():
    first, second, other = (accuracy.problem(9, 3, 10.0, seed=s) for s in (1, 1, 2))
    assert np.array_equal(first.A, second.A) and not np.array_equal(first.A, other.A)


@pytest.mark.parametrize("digits", range(1, 15))
def test_digits_are_counted(digits):
    exact = np.array([2.0, -3.0, 6.0])
    wrong = exact * (1 + 10.0**-digits)
    assert accuracy.digits_kept(wrong, exact) == pytest.approx(digits, abs=0.02)
    assert accuracy.digits_kept(wrong, exact, per_entry=True) == pytest.approx(digits, abs=0.02)


def test_digits_at_the_edges():
    exact = np.array([1.0, 1e-6])
    assert accuracy.digits_kept(exact, exact) == accuracy.MOST_DIGITS
    assert (
        accuracy.digits_kept([1.0, 2e-6], exact) > 5 and accuracy.digits_kept([1.0, 2e-6], exact, per_entry=True) == 0
    )
    assert accuracy.digits_kept([np.nan, 1.0], exact) == accuracy.digits_kept([np.inf, 1.0], exact) == 0.0
    assert accuracy.digits_kept([1e9, 0.0], exact) == 0.0
    assert accuracy.digits_kept([1e-3, 1.0], [0.0, 1.0], per_entry=True) == pytest.approx(3)
    assert accuracy.digits_kept([0.0], [0.0]) == accuracy.MOST_DIGITS


@given(st.floats(0, 14), st.floats(0, 14), st.floats(0, 1))
def test_expected_digits_fall_with_kappa(a, b, rho):
    low, high = sorted((10.0**a, 10.0**b))
    assert 0 <= accuracy.expected_digits(high, rho) <= accuracy.expected_digits(low, rho) <= accuracy.MOST_DIGITS


def test_digits_of_a_refusal():
    def refuse(A, b):
        raise ValueError("no")

    assert accuracy.digits_of(refuse, np.eye(2), np.ones(2), np.ones(2)) is None


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: accuracy.problem(3, 3, 10.0), ValueError, "more rows than columns"),
        (lambda: accuracy.problem(5, 0, 10.0), ValueError, "D must be at least 1"),
        (lambda: accuracy.problem(5.0, 2, 10.0), TypeError, "whole number"),
        (lambda: accuracy.problem(5, 2, 0.5), ValueError, "kappa must be at least 1"),
        (lambda: accuracy.problem(5, 2, np.inf), ValueError, "infinite"),
        (lambda: accuracy.problem(5, 2, 10.0, residual=-1), ValueError, "residual must be at least 0"),
        (
            lambda: accuracy.digits_kept([1.0], [1.0, 2.0]),
            ValueError,
            r"computed has shape \(1,\) but exact has shape \(2,\)",
        ),
        (lambda: accuracy.digits_kept([1.0], [np.nan]), ValueError, "exact has a NaN"),
        (lambda: accuracy.expected_digits(0.1, 0), ValueError, "kappa"),
        (lambda: accuracy.expected_digits(10, -1), ValueError, "rho"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()
