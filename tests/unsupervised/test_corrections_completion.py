"""The corrections to the source's example of completion: what it says failing, what is right holding."""

import numpy as np

from lib.unsupervised.completion import als
from lib.unsupervised.completion import ratings as rt
from lib.unsupervised.exercises.completion import EXAMPLE as A
from lib.unsupervised.exercises.completion import EXAMPLE_U as U
from lib.unsupervised.exercises.completion import EXAMPLE_V as V

PRINTED = np.array(
    [[5.0, 4.4, 4.8, 1.4, 1.1], [5.1, 4.4, 4.9, 1.7, 1.4], [1.1, 0.7, 1.1, 4.8, 5.1], [0.0, 0.5, 0.9, 4.8, 5.1]]
)


def test_the_products_printed_entries_are_not_all_its_own():
    off = np.abs(PRINTED - U @ V.T) > 0.0501
    assert np.argwhere(off).tolist() == [[1, 0], [3, 0]]
    assert np.isclose((U @ V.T)[1, 0], 1.9 * 2.6 + 0.2 * 0.5) and np.isclose((U @ V.T)[1, 0], 5.04)
    assert np.isclose((U @ V.T)[3, 0], 1.7 * 0.5)


def test_the_product_is_not_almost_the_observed_entries():
    errors = np.abs(U @ V.T - A)
    assert np.isclose(np.nanmax(errors), 0.9)
    assert np.isclose(errors[3, 1], 1 - 0.51) and np.isclose(errors[3, 3], 4.76 - 4)


def test_rank_2_meets_every_rating_and_proves_nothing():
    R = rt.observed(A)
    assert len(R) == 14 == 2 * (4 + 5 - 2)
    exact = als.als(R, 2, 1e-6, 2000, np.random.default_rng(3))
    assert np.abs(exact.at(R) - R.values).max() < 5e-5
    empty = exact.table()[np.isnan(A)]
    assert empty.min() < -4.5 and empty.max() > 6
