"""All solvers of the chapter, on one yardstick."""

import numpy as np
import pytest
import scipy.linalg

from lib.least_squares.accuracy import digits_of, problem
from lib.least_squares.solvers import SOLVERS


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize("seed", range(6))
def test_every_solver_agrees_with_scipy(name, seed):
    p = problem(30 + seed, 2 + seed, 20.0, 0.3, seed)
    expected = scipy.linalg.lstsq(p.A, p.b)[0]
    assert np.allclose(SOLVERS[name](p.A, p.b), expected, rtol=1e-8, atol=1e-9)


@pytest.mark.parametrize("name", SOLVERS)
def test_every_solver_keeps_six_digits_at_a_thousand(name):
    p = problem(80, 6, 1e3, 1e-3, seed=2)
    assert digits_of(SOLVERS[name], p.A, p.b, p.w) > 6


@pytest.mark.parametrize("name", SOLVERS)
@pytest.mark.parametrize(
    "A, b",
    [
        (np.eye(3), [1.0, 2.0]),
        ([[np.nan]], [1.0]),
        (np.ones(3), np.ones(3)),
        (np.zeros((0, 1)), []),
        ([[1.0]], [np.inf]),
    ],
)
def test_every_solver_refuses_bad_input(name, A, b):
    with pytest.raises(ValueError):
        SOLVERS[name](A, b)
