"""What may come of a call: an answer without NaN or infinity, or the book's own refusal. Never a warning, never changed arguments."""

from __future__ import annotations

import ast
import dataclasses
import warnings
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import scipy.sparse as sp

ROOT = Path(__file__).resolve().parents[2]


class Refused(Exception):
    """The function refused its arguments with a sentence of the book's own."""


def call(function: Callable, args: list, kwargs: dict, echo: bool = False):
    """Return function(*args, **kwargs); raise Refused for a documented refusal, AssertionError for what should not happen."""
    before = snapshot((args, kwargs))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            answer = function(*args, **kwargs)
        except Warning as warning:
            raise AssertionError(f"it warns: {type(warning).__name__}: {warning}") from warning
        except Exception as error:
            documented = type(error) in (ValueError, TypeError) or type(error).__name__ in (function.__doc__ or "")
            assert documented, f"a foreign exception: {type(error).__name__}: {error}"
            assert raised_here(error) or says_enough(error), (
                f"no sentence of the book's own: {type(error).__name__}: {error}"
            )
            raise Refused(str(error)) from error
    assert snapshot((args, kwargs)) == before, "it changes its arguments"
    if not echo and " inf " not in f"{function.__doc__}".replace(",", " ").replace(
        ";", " "
    ):  # where infinity is an answer, the docstring says so
        assert finite(answer), f"it answers with NaN or infinity: {answer!r}"
    return answer


def raised_here(error: BaseException) -> bool:
    """Return whether a `raise` statement in lib/ raised this error."""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    path = Path(trace.tb_frame.f_code.co_filename)
    return ROOT / "lib" in path.parents and any(a <= trace.tb_lineno <= b for a, b in _raises(path))


def says_enough(error: BaseException) -> bool:
    """Return whether Python's own TypeError, in lib/, says all: where a text was expected, that an object is no list of words."""
    trace = error.__traceback__
    while trace.tb_next:
        trace = trace.tb_next
    here = ROOT / "lib" in Path(trace.tb_frame.f_code.co_filename).parents
    told = (
        "not iterable",
        "unhashable type",
        "has no len()",
        "not subscriptable",
        "iteration over a 0-d",
        "not callable",
        "unsized",
    )
    return here and type(error) is TypeError and any(words in str(error) for words in told)


@cache
def _raises(path: Path) -> list[tuple[int, int]]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [(node.lineno, node.end_lineno) for node in ast.walk(tree) if isinstance(node, ast.Raise)]


def parts(value):
    """Yield the numbers and arrays that a result is made of."""
    if isinstance(value, np.ndarray) or np.isscalar(value):
        yield value
    elif sp.issparse(value):
        yield value.toarray()
    elif isinstance(value, dict):
        yield from parts(list(value.values()))
    elif isinstance(value, (list, tuple)) and value and all(isinstance(part, float) for part in value):
        yield np.array(value)
    elif isinstance(value, (list, tuple)):
        for part in value:
            yield from parts(part)
    elif dataclasses.is_dataclass(value) and not isinstance(value, type):
        yield from parts([getattr(value, field.name) for field in dataclasses.fields(value)])
    elif hasattr(value, "value"):  # a Tensor
        yield value.value


def finite(value) -> bool:
    return all(np.isfinite(part).all() for part in parts(value) if getattr(np.asarray(part), "dtype", "O").kind in "fc")


def alike(one, other, rtol: float) -> bool:
    """Return whether two answers agree: numbers up to rtol of the largest in their array."""
    one, other = list(parts(one)), list(parts(other))
    if len(one) != len(other):
        return False
    for a, b in zip(one, other, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        if a.shape != b.shape or a.dtype.kind not in "fiub":
            if a.shape != b.shape or not np.array_equal(a, b):
                return False
        elif a.size and not np.abs(a.astype(float) - b).max() <= rtol * max(float(np.abs(a).max()), 1e-300):
            return False
    return True


def snapshot(value):
    """Return something equal for equal arguments, to see whether they are as they were."""
    if isinstance(value, np.ma.MaskedArray):
        return ("masked", value.shape, value.data.tobytes(), np.ma.getmaskarray(value).tobytes())
    if isinstance(value, np.ndarray):
        return (
            "array",
            value.shape,
            str(value.dtype),
            value.tolist().__repr__() if value.dtype == object else value.tobytes(),
        )
    if sp.issparse(value):
        return ("sparse", value.shape, value.format, snapshot(value.data), value.nnz)
    if isinstance(value, dict):
        return {key: snapshot(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [snapshot(part) for part in value]
    return value if isinstance(value, (int, str)) else id(value)
