"""Is the student's answer the expected one, and if not, how does it differ?

Arrays, nested lists and numbers are compared by the size of the expected answer:
|given - expected| ≤ rtol · max|expected| + atol. Needs only Python unless a value is numpy's or sympy's.
"""

from __future__ import annotations

import collections
import collections.abc
import contextlib
import decimal
import itertools
import math
import numbers
import reprlib
from typing import Any

MOST = 200_000  # entries of an answer that are looked at: no exercise asks for more

_brief = reprlib.Repr()
_brief.maxlist = _brief.maxtuple = 8
_brief.maxstring, _brief.maxother, _brief.maxlevel = 120, 200, 3


# --------------------------------------------------------------------------------------------------- description
def describe(value: Any) -> str:
    """Say what kind of thing a value is: "an array of shape (3, 2)", "the text 'b'", "nothing (None)"."""
    if value is None:
        return "nothing (None)"
    if _is_array(value):
        kind = "an array" if value.ndim else "a number in an array"
        return f"{kind} of shape {tuple(value.shape)} and dtype {value.dtype}"
    if isinstance(value, bool):
        return f"the truth value {value}"
    if isinstance(value, numbers.Number):
        return f"the number {_brief.repr(value)}"
    if isinstance(value, str):
        return f"the text {_brief.repr(value)}"
    if isinstance(value, (list, tuple)):
        return f"a {type(value).__name__} of {len(value)}"
    return f"something of type {type(value).__name__}"


def show(value: Any) -> str:
    """Write a value in a line or two: shape and the first entries of an array, six digits of a number."""
    try:
        if _is_array(value):
            import numpy as np

            with np.printoptions(precision=6, threshold=12, edgeitems=2, suppress=False, linewidth=100):
                return f"array of shape {tuple(value.shape)}: " + str(value).replace("\n", "\n" + 4 * " ")
        if isinstance(value, float) or _is_numpy_scalar(value):
            return f"{value:.8g}"
        return _brief.repr(value)
    except Exception as error:
        return f"(a {type(value).__name__} that cannot be shown: {type(error).__name__})"


# ----------------------------------------------------------------------------------------------------- plain forms
def plain(value: Any) -> Any:
    """Return `value` in the form that is compared: plain arrays, lists, tuples, numbers; anything else as it is.

    A right answer may be an array of another library or a subclass, a Decimal, a range, an iterator, a complex number
    whose imaginary part is 0. An array with masked entries gets NaN there.
    """
    if value is None or type(value) in (bool, int, float, str):
        return value
    if _is_array(value) or hasattr(value, "__array__"):
        return _plain_array(value)
    if isinstance(value, decimal.Decimal):
        return float(value)
    if isinstance(value, complex):
        return value.real if value.imag == 0 else value
    if isinstance(value, dict):
        return {k: plain(v) for k, v in itertools.islice(value.items(), MOST)} if len(value) <= MOST else value
    if isinstance(value, (list, tuple)):
        if len(value) > MOST:
            return value
        kind = tuple if isinstance(value, tuple) else list
        return kind(plain(v) for v in itertools.islice(value, MOST + 1))
    if isinstance(value, _SERIES):
        return [plain(v) for v in itertools.islice(value, MOST + 1)]
    return value


_SERIES = (
    *(range, map, zip, filter, reversed, enumerate, collections.deque, collections.abc.Generator),
    *(collections.abc.KeysView, collections.abc.ValuesView, collections.abc.ItemsView),
)


def _plain_array(value: Any) -> Any:
    """Return a plain numpy array, or a number for a scalar, of whatever calls itself an array; else the value itself."""
    if type(value).__module__.split(".")[0] == "sympy":
        return value
    try:
        import numpy as np
    except ImportError:
        return value
    if hasattr(value, "detach"):  # a torch tensor
        value = value.detach().cpu()
    if isinstance(value, np.ma.MaskedArray):
        value = value.filled(np.nan) if value.dtype.kind == "f" or np.ma.is_masked(value) else value.data
    if isinstance(value, np.generic):
        return float(value.real) if value.dtype.kind == "c" and value.imag == 0 else value
    array = np.asarray(value)
    if array.dtype.kind == "O" and array.size <= MOST:
        with contextlib.suppress(TypeError, ValueError):
            array = array.astype(float)
    if array.dtype.kind == "c" and not array.imag.any():
        array = array.real
    return array


def like(given: Any, expected: Any) -> Any:
    """Return `given` in the form of `expected`, for a check that computes with it: arrays for arrays, in parts too."""
    if _is_array(expected) and expected.ndim:
        import numpy as np

        return np.asarray(given, dtype=float)
    if _is_ragged(expected):
        return type(expected)(like(g, e) for g, e in zip(given, expected, strict=True))
    number = as_number(given)
    return given if number is None or isinstance(given, int) else number


# ---------------------------------------------------------------------------------------------------- comparison
def difference(given: Any, expected: Any, rtol: float, atol: float) -> str:
    """Say in a sentence how `given` differs from `expected`; the empty string where they agree."""
    wrong_kind = unlike(given, expected)
    if wrong_kind:
        return wrong_kind
    if _is_symbolic(expected):
        return "" if _same_expression(given, expected) else "the two expressions are not equal for all values."
    if isinstance(expected, (str, bool)) or expected is None:
        return "" if bool(given == expected) else f"expected {show(expected)}."
    if isinstance(expected, dict):
        problems = ((k, difference(given[k], expected[k], rtol, atol)) for k in expected)
        return next((f"under the key {k!r}: {p}" for k, p in problems if p), "")
    if _is_ragged(expected):
        given = _in_parts(given)
        problems = ((i, difference(g, e, rtol, atol)) for i, (g, e) in enumerate(zip(given, expected, strict=True), 1))
        return next((f"in part {i}: {p}" for i, p in problems if p), "")
    return _numeric_difference(given, expected, rtol, atol)


def unlike(given: Any, expected: Any) -> str:
    """Say how `given` is not even the kind of thing `expected` is (type, length, shape); "" where it is."""
    if given is None and expected is not None:
        return "your function returned nothing: is a return missing?"
    if given is ...:
        return "your function returned the ... of the stub: replace it."
    if isinstance(given, (list, tuple, dict)) and len(given) > MOST:
        return f"you returned a {type(given).__name__} of {len(given)} entries, far more than are asked for."
    if _is_symbolic(expected):
        return (
            "" if _is_symbolic(given) or isinstance(given, numbers.Number) else _expected_kind("an expression", given)
        )
    if isinstance(expected, bool):
        return "" if isinstance(given, bool) or _is_numpy_bool(given) else _expected_kind("True or False", given)
    if isinstance(expected, str):
        return "" if isinstance(given, str) else _expected_kind("a text", given)
    if isinstance(expected, dict):
        if not isinstance(given, dict):
            return _expected_kind("a dict", given)
        missing = [k for k in expected if k not in given]
        return f"the key {missing[0]!r} is missing." if missing else ""
    if _is_ragged(expected):
        given = _in_parts(given)
        if not isinstance(given, (list, tuple)):
            return _expected_kind(f"{len(expected)} things in a {type(expected).__name__}", given)
        if len(given) != len(expected):
            return f"expected {len(expected)} things, but you returned {len(given)}."
        parts = (unlike(g, e) for g, e in zip(given, expected, strict=True))
        return next((f"in part {i}: {p}" for i, p in enumerate(parts, 1) if p), "")
    if expected is None:
        return "" if given is None else _expected_kind("None", given)
    return _unlike_numbers(given, expected)


def same(a: Any, b: Any, rtol: float, atol: float) -> bool:
    """Whether two values are the same thing with the same numbers (NaN equals NaN). Never raises."""
    try:
        if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)):
            return len(a) == len(b) and all(same(x, y, rtol, atol) for x, y in zip(a, b, strict=True))
        if isinstance(a, dict) and isinstance(b, dict):
            return a.keys() == b.keys() and all(same(a[k], b[k], rtol, atol) for k in a)
        if (_is_symbolic(a) or _is_symbolic(b)) and (as_number(a) is None or as_number(b) is None):
            return _same_expression(a, b)
        flat_a, flat_b = _flat(a), _flat(b)
        if flat_a is None or flat_b is None:
            return a is b or bool(a == b)
        if shape(a) != shape(b):
            return False
        size = max((abs(y) for y in flat_b if math.isfinite(abs(y))), default=0.0)
        return all(
            x == y or (x != x and y != y) or abs(x - y) <= rtol * size + atol
            for x, y in zip(flat_a, flat_b, strict=True)
        )
    except Exception:
        return False


def apart(a: Any, b: Any) -> float:
    """Return the largest difference of two values' numbers; infinity where they are not alike or not finite."""
    if isinstance(a, (list, tuple)) and isinstance(b, (list, tuple)) and (_flat(a) is None or _flat(b) is None):
        parts = [apart(x, y) for x, y in zip(a, b, strict=False)]
        return max(parts, default=0.0) if len(a) == len(b) else math.inf
    flat_a, flat_b = _flat(a), _flat(b)
    if flat_a is None or flat_b is None:
        return (
            0.0 if type(a) is type(b) and not isinstance(a, (list, tuple)) and not _is_array(a) and a == b else math.inf
        )
    if shape(a) != shape(b):
        return math.inf
    gaps = [0.0 if x == y or (x != x and y != y) else abs(x - y) for x, y in zip(flat_a, flat_b, strict=True)]
    return max((g if g == g else math.inf for g in gaps), default=0.0)


def size(value: Any) -> float:
    """Return the largest absolute value of a value's finite numbers, 0 where it has none."""
    flat = _flat(value)
    if flat is None:
        return max(map(size, value), default=0.0) if isinstance(value, (list, tuple)) else 0.0
    return max((abs(y) for y in flat if _finite(y)), default=0.0)


def entries(value: Any) -> list:
    """Return everything that stands in a value, in order: numbers, texts, other things."""
    if _is_array(value):
        return value.reshape(-1).tolist()
    if isinstance(value, dict):
        return entries(list(value.values()))
    return [x for part in value for x in entries(part)] if isinstance(value, (list, tuple)) else [value]


def dtypes(value: Any) -> set[str]:
    """Return the names of the dtypes of a value's arrays and numpy numbers."""
    if _is_array(value):
        return {str(value.dtype)}
    return set().union(*map(dtypes, value)) if isinstance(value, (list, tuple)) and value else set()


def shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array or of rectangular nested lists, () for a number, None for anything else."""
    if _is_array(value):
        return tuple(value.shape)
    if _is_real(value) or isinstance(value, complex) or (_is_symbolic(value) and as_number(value) is not None):
        return ()
    if not isinstance(value, (list, tuple)):
        return None
    parts = [shape(v) for v in value]
    if not parts:
        return (0,)
    return (len(parts), *parts[0]) if parts[0] is not None and all(p == parts[0] for p in parts) else None


def _in_parts(given: Any) -> Any:
    """A stacked array, where several things are asked for, is the list of its parts."""
    return list(given) if _is_array(given) and given.ndim else given


def _unlike_numbers(given: Any, expected: Any) -> str:
    wanted, got = shape(expected), shape(given)
    if got == () and _flat(given) is not None and wanted == ():
        return ""
    noun = "a number" if wanted == () else f"shape {wanted}"
    if got is None or _flat(given) is None:
        return _expected_kind("a number" if wanted == () else f"numbers of shape {wanted}", given)
    if got != wanted:
        if len(wanted) == 1 and got in ((wanted[0], 1), (1, wanted[0])):
            what = "column" if got[1] == 1 else "row"
            return f"expected {noun}, but yours has shape {got}: a {what} of a matrix where a vector is asked for; ravel() it."
        if not got:
            return f"expected {noun}, but you returned one number."
        if not wanted and math.prod(got) == 1:
            return f"expected a number, but yours is wrapped in an array of shape {got}: take it out."
        if wanted and got == wanted[::-1]:
            return f"expected {noun}, but yours has shape {got}: it is transposed."
        if math.prod(got) == math.prod(wanted):
            return f"expected {noun}, but yours has shape {got}: the entries are as many, in another arrangement."
        return (
            f"expected {noun}, but yours has shape {got}." if got else f"expected {noun}, but you returned one number."
        )
    return ""


def _numeric_difference(given: Any, expected: Any, rtol: float, atol: float) -> str:
    mine, right = _flat(given), _flat(expected)
    if any(isinstance(x, complex) for x in mine) and not any(isinstance(x, complex) for x in right):
        return "expected real numbers, but yours are complex."
    strange = [i for i, (x, y) in enumerate(zip(mine, right, strict=True)) if not _finite(x) and _finite(y)]
    where = list(itertools.product(*(range(n) for n in shape(expected))))
    if strange:
        return f"your answer has {mine[strange[0]]}{_at(where[strange[0]])} where a finite number is expected."
    size = max((abs(y) for y in right if _finite(y)), default=0.0)
    gaps = [0.0 if x == y or (x != x and y != y) else abs(x - y) for x, y in zip(mine, right, strict=True)]
    worst = max(range(len(gaps)), key=gaps.__getitem__, default=None)
    if worst is None or gaps[worst] <= rtol * size + atol:
        return ""
    return f"the largest difference is {gaps[worst]:.3g}{_at(where[worst])}."


# -------------------------------------------------------------------------------------------------------- numbers
def close(a: float, b: float, rtol: float) -> bool:
    """Whether a and b agree to `rtol` of b (absolutely, where b is 0)."""
    return abs(a - b) <= rtol * (abs(b) or 1.0)


def as_number(value: Any) -> float | None:
    """Return a real number, also one wrapped in an array of one entry, as a float; None for anything else."""
    try:
        if _is_array(value) and value.size == 1 and value.dtype.kind in "iuf":
            return float(value.reshape(-1)[0])
        if _is_symbolic(value) and value.is_number and value.is_real:
            return float(value)
        if isinstance(value, decimal.Decimal):
            return float(value)
        if isinstance(value, complex) and value.imag == 0:
            return value.real
        return float(value) if _is_real(value) and not isinstance(value, bool) else None
    except Exception:
        return None


# ------------------------------------------------------------------------------------------------------- helpers
def _is_array(value: Any) -> bool:
    return type(value).__module__.split(".")[0] == "numpy" and hasattr(value, "ndim") and hasattr(value, "tolist")


def _is_numpy_scalar(value: Any) -> bool:
    return _is_array(value) and not value.shape and isinstance(value, numbers.Real)


def _is_numpy_bool(value: Any) -> bool:
    return _is_array(value) and not value.shape and value.dtype.kind == "b"


def _is_real(value: Any) -> bool:
    return isinstance(value, numbers.Real)


def _is_symbolic(value: Any) -> bool:
    return type(value).__module__.split(".")[0] == "sympy" and hasattr(value, "free_symbols")


def _is_ragged(value: Any) -> bool:
    """Whether a list or tuple is a collection of different things rather than a rectangle of numbers."""
    return isinstance(value, (list, tuple)) and (_flat(value) is None or any(_is_array(v) for v in value))


def _flat(value: Any) -> list | None:
    """Return the numbers in an array, a number or rectangular lists, in order; None where something is no number."""
    if _is_array(value):
        return value.reshape(-1).tolist() if value.dtype.kind in "biufc" else None
    if _is_real(value) or isinstance(value, complex):
        return [value]
    if _is_symbolic(value):
        return None if as_number(value) is None else [as_number(value)]
    if not isinstance(value, (list, tuple)) or shape(value) is None:
        return None
    out: list = []
    for part in value:
        numbers_in_part = _flat(part)
        if numbers_in_part is None:
            return None
        out.extend(numbers_in_part)
    return out


def _same_expression(a: Any, b: Any) -> bool:
    import sympy

    gap = sympy.sympify(a) - sympy.sympify(b)
    return bool(sympy.simplify(gap) == (sympy.zeros(*gap.shape) if hasattr(gap, "shape") else 0))


def _finite(x) -> bool:
    return math.isfinite(abs(x))


def _expected_kind(wanted: str, given: Any) -> str:
    return f"expected {wanted}, but you returned {describe(given)}."


def _at(index: tuple[int, ...]) -> str:
    return f" at index {index if len(index) > 1 else index[0]}" if index else ""
