"""A right answer passes in any honest form: whatever wraps the numbers, and however letters and numbers are typed."""

import collections
import decimal
import fractions
import functools
import itertools

import numpy as np
import pytest
import sympy
import torch

from lib.book import compare
from lib.book.exercises import all_exercises, choice, exercise, kinds, number, order

ALL = all_exercises()
CODE = {key: e for key, e in ALL.items() if e.kind == "code"}


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch):
    monkeypatch.setattr(kinds, "EXERCISES", dict(kinds.EXERCISES))


def mapped(change, value):
    """Apply a change to each array, number or list of numbers of an answer, in parts too."""
    if isinstance(value, tuple) and not all(isinstance(v, (int, float)) for v in value):
        return tuple(mapped(change, v) for v in value)
    return change(value)


class Array(np.ndarray):
    """A subclass that does nothing of its own."""


class Callable:
    def __init__(self, function):
        self.function = function

    def __call__(self, *args):
        return self.function(*args)

    def method(self, *args):
        return self.function(*args)


def to_lists(value):
    return value.tolist() if isinstance(value, np.ndarray) else value


def arrays(value):
    numeric = isinstance(value, list) and compare._flat(value) is not None and compare.shape(value) != (0,)
    return np.array(value) if numeric else value


def masked(value):
    return np.ma.masked_array(value, mask=False) if isinstance(value, np.ndarray) else value


def numpy_numbers(value):
    return np.float64(value) if isinstance(value, float) else value


def zero_dimensional(value):
    return np.array(value) if isinstance(value, float) else value


def with_imaginary_zero(value):
    return value + 0j if isinstance(value, (float, np.ndarray)) and compare._flat(value) is not None else value


def tensors(value):
    floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return torch.from_numpy(np.ascontiguousarray(value)) if floats else value


FORMS = {
    "lists": to_lists,
    "tuples": lambda v: tuple(to_lists(v)) if isinstance(v, (list, np.ndarray)) else v,
    "arrays": arrays,
    "a subclass": lambda v: v.view(Array) if isinstance(v, np.ndarray) else v,
    "a matrix": lambda v: np.matrix(v) if isinstance(v, np.ndarray) and v.ndim == 2 else v,
    "masked": masked,
    "numpy's numbers": numpy_numbers,
    "0-d arrays": zero_dimensional,
    "complex": with_imaginary_zero,
    "objects": lambda v: v.astype(object) if isinstance(v, np.ndarray) else v,
    "torch": tensors,
    "Decimal": lambda v: decimal.Decimal(v) if isinstance(v, float) else v,
    "Fraction": lambda v: fractions.Fraction(v) if isinstance(v, float) else v,
    "sympy": lambda v: sympy.Float(v, 17) if type(v) is float else v,
    "iterators": lambda v: iter_like(v),
    "deques": lambda v: collections.deque(v) if isinstance(v, list) else v,
}


def iter_like(value):
    return (x for x in value) if isinstance(value, list) else value


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("key", CODE)
def test_values_in_any_form(key, form):
    e = CODE[key]
    verdict = e.check(lambda *args: mapped(FORMS[form], e.function(*args)))
    assert verdict.passed, verdict


@pytest.mark.parametrize("key", CODE)
def test_callables_in_any_form(key):
    e = CODE[key]
    for answer in (
        functools.partial(e.function),
        Callable(e.function),
        Callable(e.function).method,
        lambda *args: e.function(*args),
        functools.lru_cache(lambda: e.function)(),
    ):
        assert e.check(answer).passed


@pytest.mark.parametrize("key", [k for k, e in CODE.items() if not e.python_only])
def test_whole_numbers_are_numbers(key):
    """A solution gives the same for arrays of whole numbers as for the same numbers as floats."""
    e = CODE[key]
    for c in e.drawn():
        whole = [np.round(3 * a) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in c.args]
        with np.errstate(all="ignore"):
            try:
                expected = e.function(*whole)
            except (np.linalg.LinAlgError, ValueError):
                continue
            given = e.function(
                *(a.astype(int) if isinstance(a, np.ndarray) and a.dtype.kind == "f" else a for a in whole)
            )
        assert compare.same(given, expected, 1e-9, 1e-12), c.label


def test_a_pair_may_be_a_list_or_one_stacked_array():
    @exercise(cases=lambda rng: [(rng.normal(size=3),) for _ in range(3)])
    def twice_and_half(x):
        """Return (2x, x/2)."""
        return 2 * x, x / 2

    for form in (list, np.array, np.stack, lambda pair: [v.tolist() for v in pair]):
        assert twice_and_half.check(lambda x, form=form: form((2 * x, x / 2))).passed
    assert "a column of a matrix" in repr(twice_and_half.check(lambda x: (2 * x[:, None], x / 2)))


def test_a_column_is_told_from_a_vector():
    e = CODE["losses.gradient_of_mse"]
    verdict = e.check(lambda A, w, y: e.function(A, w, y)[:, None])
    assert not verdict.passed and "a column of a matrix where a vector is asked for" in repr(verdict)


def test_folds_may_be_ranges():
    e = CODE["regularization.cut_into_folds"]
    assert e.check(lambda N, K: [range(f[0], f[-1] + 1) for f in e.function(N, K)]).passed


def test_free_signs_and_orders():
    mirror = CODE["least_squares.mirror_vector"]
    assert mirror.check(lambda x: -mirror.function(x)).passed
    assert mirror.check(lambda x: mirror.function(x).tolist()).passed
    net = CODE["regularization.elastic_net_by_rows"]

    def negative(A, y, lam, lam2):
        return np.vstack([A, -np.sqrt(lam2) * np.eye(A.shape[1])]), np.append(y, np.zeros(A.shape[1]))

    def backwards(A, y, lam, lam2):
        return np.vstack([A, np.sqrt(lam2) * np.eye(A.shape[1])[::-1]]), np.append(y, np.zeros(A.shape[1]))

    assert net.check(negative).passed and net.check(backwards).passed
    profiles = CODE["word_vectors.sorted_profiles"]

    def by_eigenvalues(X):
        values, Q = np.linalg.eigh(X @ X.T)
        return np.sort((Q * np.sqrt(np.maximum(values, 0))) @ Q.T, axis=1)

    assert profiles.check(by_eigenvalues).passed


@pytest.mark.parametrize("typed", [0.25, "0.25", "1/4", " 0.25 ", "0,25", "'0.25'", "2.5e-1", "0.25 metres", 0.25 + 0j])
def test_numbers_however_typed(typed):
    n = number("quarter", answer=0.25, why="one over four")
    verdict = n.check(typed)
    assert verdict.passed, verdict
    assert ("read as 0.25" in verdict.headline) == isinstance(typed, str)


@pytest.mark.parametrize(
    "value",
    [
        np.float64(0.25),
        np.array([[0.25]]),
        fractions.Fraction(1, 4),
        decimal.Decimal("0.25"),
        sympy.Rational(1, 4),
        torch.tensor(0.25),
    ],
)
def test_numbers_of_any_kind(value):
    assert number("quarter_2", answer=0.25, why="").check(value).passed


@pytest.mark.parametrize(
    "typed",
    [
        "CDA",
        "C D A",
        "(C)(D)(A)",
        "C.D.A",
        "c-d-a",
        "C → D → A",
        "C\nD\nA",
        "'C', 'D', 'A'",
        ["C", "d", "A"],
        ("(C)", "D.", "A"),
        "СDА",
    ],
)
def test_orders_however_written(typed):
    o = order("o", lines={"A": "", "C": "", "D": ""}, needs={"D": "C", "A": "D"})
    verdict = o.check(typed)
    assert verdict.passed, verdict
    if "С" in typed:  # a Cyrillic letter
        assert "cyrillic capital letter es" in verdict.headline


@pytest.mark.parametrize("typed", ["b", "B", " b ", "(b)", "b)", "b.", '"b"', ["b"], {"b"}, "В"])
def test_choices_however_written(typed):
    assert choice("ch", answer="b", why="", feedback={"a": "no", "c": "no"}).check(typed).passed


def test_every_permutation_of_a_choice_of_several():
    c = choice("several", answer="acd", why="", feedback={"b": "no"})
    assert all(c.check("".join(p)).passed and c.check(", ".join(p)).passed for p in itertools.permutations("acd"))
