"""Is the student's answer the expected one, and if not, how does it differ?

Arrays, nested lists and numbers are compared by the size of the expected answer:
|given - expected| ≤ rtol · max|expected| + atol. Needs only Python unless a value is numpy's or sympy's.
"""

from __future__ import annotations

import itertools
import math
import numbers
import reprlib
from typing import Any

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


# ---------------------------------------------------------------------------------------------------- comparison
def difference(given: Any, expected: Any, rtol: float, atol: float) -> str:
    """Say in a sentence how `given` differs from `expected`; the empty string where they agree."""
    wrong_kind = unlike(given, expected)
    if wrong_kind:
        return wrong_kind
    if _is_symbolic(expected):
        return "" if _same_expression(given, expected) else "the two expressions are not equal for all values."
    if isinstance(expected, (str, bool)) or expected is None:
        return "" if given == expected else f"expected {show(expected)}."
    if isinstance(expected, dict):
        problems = ((k, difference(given[k], expected[k], rtol, atol)) for k in expected)
        return next((f"under the key {k!r}: {p}" for k, p in problems if p), "")
    if _is_ragged(expected):
        problems = ((i, difference(g, e, rtol, atol)) for i, (g, e) in enumerate(zip(given, expected, strict=True), 1))
        return next((f"in part {i}: {p}" for i, p in problems if p), "")
    return _numeric_difference(given, expected, rtol, atol)


def unlike(given: Any, expected: Any) -> str:
    """Say how `given` is not even the kind of thing `expected` is (type, length, shape); "" where it is."""
    if given is None and expected is not None:
        return "your function returned nothing: is a return missing?"
    if given is ...:
        return "your function returned the ... of the stub: replace it."
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
        if not isinstance(given, (list, tuple)):
            return _expected_kind(f"{len(expected)} things in a tuple", given)
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
        if _is_symbolic(a) or _is_symbolic(b):
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


def shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array or of rectangular nested lists, () for a number, None for anything else."""
    if _is_array(value):
        return tuple(value.shape)
    if _is_real(value) or isinstance(value, complex):
        return ()
    if not isinstance(value, (list, tuple)):
        return None
    parts = [shape(v) for v in value]
    if not parts:
        return (0,)
    return (len(parts), *parts[0]) if parts[0] is not None and all(p == parts[0] for p in parts) else None


def _unlike_numbers(given: Any, expected: Any) -> str:
    wanted, got = shape(expected), shape(given)
    noun = "a number" if wanted == () else f"shape {wanted}"
    if got is None or _flat(given) is None:
        return _expected_kind("a number" if wanted == () else f"numbers of shape {wanted}", given)
    if got != wanted:
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


# --------------------------------------------------------------------------------------------- telling differences
def telling_ratio(triples: list[tuple[tuple, Any, Any]]) -> str:
    """Name the constant factor by which all answers are off, from (arguments, given, expected); "" if there is none."""
    ratios = []
    for args, given, expected in triples:
        mine, right = _flat(given), _flat(expected)
        if mine is None or right is None or len(mine) != len(right):
            return ""
        top = max(range(len(right)), key=lambda i: abs(right[i]), default=None)
        if top is None or right[top] == 0 or not all(_finite(x) for x in mine):
            return ""
        ratio = mine[top] / right[top]
        if not all(
            abs(x - ratio * y) <= 1e-6 * abs(right[top]) * max(1.0, abs(ratio))
            for x, y in zip(mine, right, strict=True)
        ):
            return ""
        ratios.append((ratio, next((shape(a) for a in args if shape(a)), ())))
    if not ratios or abs(ratios[0][0]) < 1e-12 or all(close(r, 1.0, 1e-6) for r, _ in ratios):
        return ""
    first = ratios[0][0]
    if all(close(r, first, 1e-6) for r, _ in ratios) and len(ratios) > 1:
        if close(first, -1.0, 1e-6):
            return "Every answer has the wrong sign, and is right otherwise."
        return f"Every answer is exactly {_nice(first)} times the right one: a constant factor is missing or too many."
    for axis, name in enumerate(("rows", "columns")):
        sizes = [s[axis] if len(s) > axis else None for _, s in ratios]
        if None in sizes or len(set(sizes)) < 2:
            continue
        if all(close(r, n, 1e-6) for (r, _), n in zip(ratios, sizes, strict=True)):
            return f"You are off by exactly the number of {name}: did you forget to divide by it?"
        if all(close(r, 1 / n, 1e-6) for (r, _), n in zip(ratios, sizes, strict=True)):
            return f"You are off by exactly one over the number of {name}: you divide by it once too often."
    return ""


def telling_number(given: float, right: float, rtol: float) -> str:
    """Name a simple relation between a wrong number and the right one: sign, square, root, inverse, a power of ten."""
    pairs = [
        (-right, "The size is right, the sign is not."),
        (right**2, "That is the square of the right number."),
        (math.sqrt(abs(right)), "That is the square root of the right number."),
        (1 / right if right else math.inf, "That is one over the right number."),
        (2 * right, "That is twice the right number."),
        (right / 2, "That is half the right number."),
        (100 * right, "That is a hundred times the right number: a percentage?"),
        (right / 100, "That is a hundredth of the right number: a percentage?"),
    ]
    for value, sentence in pairs:
        if not close(value, right, rtol) and close(given, value, rtol):
            return sentence
    if right and given / right > 0 and 0.3 < given / right < 3:
        return "The order of magnitude is right."
    return ""


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


def _nice(ratio: float) -> str:
    """Write a ratio as a small fraction where it is one."""
    for bottom in range(1, 13):
        top = ratio * bottom
        if abs(top - round(top)) < 1e-6 and round(top):
            return f"{round(top)}" if bottom == 1 else f"{round(top)}/{bottom}"
    return f"{ratio:.6g}"
