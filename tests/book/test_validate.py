"""Input checks: each message says what was given and what was expected."""

import numpy as np
import pytest

from lib.book import validate


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: validate.matrix([1.0, 2.0]), ValueError, r"A must be a matrix \(2 axes\), but has shape \(2,\)"),
        (lambda: validate.matrix(np.zeros((0, 3))), ValueError, r"A is empty: its shape is \(0, 3\)"),
        (
            lambda: validate.vector([1.0, np.nan]),
            ValueError,
            r"b has a NaN or infinite entry, the first at index \(1,\)",
        ),
        (lambda: validate.vector([1.0, np.inf]), ValueError, "NaN or infinite"),
        (lambda: validate.matrix([["a"]]), TypeError, "A must hold real numbers, but holds dtype <U1"),
        (lambda: validate.matrix([[1j]]), TypeError, "complex"),
        (lambda: validate.matrix(None), TypeError, "NoneType"),
        (lambda: validate.matrix([[1, 2], [3]]), TypeError, "could not be read"),
        (lambda: validate.system(np.eye(3), [1.0, 2.0]), ValueError, "A has 3 rows but b has 2 entries"),
        (
            lambda: validate.vector([1.0], "w", 2, "columns of A"),
            ValueError,
            "w has 1 entries, but there are 2 columns of A",
        ),
        (lambda: validate.square(np.ones((2, 3))), ValueError, r"square, but has shape \(2, 3\)"),
        (lambda: validate.symmetric([[1.0, 2.0], [0.0, 1.0]]), ValueError, "symmetric"),
        (lambda: validate.number(-1, "lam", low=0), ValueError, "lam must be at least 0, but is -1"),
        (lambda: validate.number(0, "lam", low=0, open_low=True), ValueError, "greater than 0"),
        (lambda: validate.number(3, "p", high=1), ValueError, "at most 1"),
        (lambda: validate.number("x", "p"), TypeError, "real numbers"),
        (lambda: validate.number([1.0], "p"), ValueError, "must be a number"),
        (lambda: validate.whole(2.5, "steps"), TypeError, "whole number, but is 2.5"),
        (lambda: validate.whole(True, "steps"), TypeError, "whole number"),
        (lambda: validate.whole(0, "steps", low=1), ValueError, "at least 1"),
        (lambda: validate.whole(9, "steps", high=3), ValueError, "at most 3"),
    ],
)
def test_refusals(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_good_input_comes_back_as_float64():
    A, b = validate.system([[1, 2], [3, 4]], (True, False))
    assert A.dtype == b.dtype == np.float64
    assert validate.symmetric([[2, 1], [1, 2]]).shape == (2, 2)
    assert validate.number(np.float32(0.5), "p") == 0.5 and validate.whole(np.int64(3), "n") == 3
    already = np.eye(2)
    assert validate.matrix(already) is already
