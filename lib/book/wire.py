"""Values as text, for an answer that runs elsewhere: packed on one side, unpacked on the other, and nothing is believed.

What `unpack` makes is None, a truth value, number or text, a list, tuple, set or dict of these, a numpy array of numbers,
or an `Other`, which has a type's name and nothing else. It runs no code that the text could choose: there is no pickle, no eval,
no class or function named in the text, and its length, depth and shapes are checked. A function travels as a number: whoever
unpacks it calls back.
"""

from __future__ import annotations

import base64
import inspect
import json
import sys
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from lib.book import compare

LONGEST = 4_000_000  # characters of one packed value
DEEPEST = 40  # lists within lists
MOST_DIGITS = 4000  # of a whole number: Python reads no more than 4300
MOST = 200_000  # entries of one list: no exercise asks for more
MOST_KEYS = 10_000  # of a set or dict: keys of one hash are slow to put in
PARAMETERS = 30  # of a function

KINDS = "biufc"  # truth values, whole numbers, floats, complex numbers
WIDEST = {"f": "<f8", "c": "<c16"}  # longer floats differ between machines


class Other:
    """A value of a kind that does not travel: only its type's name is known."""

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"


def other(name: str) -> Other:
    """Return a value whose type is called `name`."""
    return type(name if name.isidentifier() and len(name) <= 60 else "object", (Other,), {})()


# --------------------------------------------------------------------------------------------------------- packing
def pack(value: Any, functions: list[Callable] | None = None) -> str:
    """Return a value as text. Functions are appended to `functions`; without that list they are an `Other`.

    Raises ValueError where the value is nested too deeply or too long.
    """
    text = json.dumps(_packed(value, functions, 0))
    if len(text) > LONGEST:
        raise ValueError(f"the value is too large: {len(text):,} characters, at most {LONGEST:,} travel")
    return text


def _packed(value: Any, functions: list | None, depth: int) -> Any:
    if depth > DEEPEST:
        raise ValueError(f"the value is nested more than {DEEPEST} deep")

    def several(values) -> list:
        return [_packed(v, functions, depth + 1) for v in values]

    if value is None or isinstance(value, bool):
        return value
    if _is_numpy(value):
        return _packed_array(value, functions, depth)
    if isinstance(value, int):
        return int(value) if value.bit_length() < 3 * MOST_DIGITS else {"other": "int"}
    if isinstance(value, float):
        return float(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, (list, tuple, set, frozenset, dict)) and len(value) > MOST:
        raise ValueError(f"the value is too large: a {type(value).__name__} of {len(value):,} entries")
    if isinstance(value, list):
        return several(value)
    for kind in (tuple, set, frozenset):
        if isinstance(value, kind):
            return {kind.__name__: several(value)}
    if isinstance(value, dict):
        return {"dict": [several(pair) for pair in value.items()]}
    if isinstance(value, complex):
        return {"complex": [value.real, value.imag]}
    if isinstance(value, Fraction):
        return {"Fraction": several([value.numerator, value.denominator])}
    if value is ...:
        return {"Ellipsis": []}
    if functions is not None and callable(value) and not isinstance(value, type):
        functions.append(value)
        return {"function": [len(functions) - 1, _parameters(value)]}
    number = compare.as_number(value)  # sympy's numbers, Decimals
    return {"other": type(value).__name__} if number is None else number


def _is_numpy(value: Any) -> bool:
    numpy = sys.modules.get("numpy")
    return isinstance(value, tuple(getattr(numpy, name) for name in ("ndarray", "generic") if hasattr(numpy, name)))


def _packed_array(value: Any, functions: list | None, depth: int) -> Any:
    import numpy as np

    array = np.asarray(value)
    if array.dtype.kind not in KINDS:  # texts and things
        return _packed(array.tolist(), functions, depth + 1)
    if array.nbytes > LONGEST:
        raise ValueError(f"the value is too large: an array of shape {array.shape}")
    plain = array.astype(WIDEST.get(array.dtype.kind) if array.dtype.itemsize > 8 else array.dtype.newbyteorder("<"))
    data = base64.b64encode(np.ascontiguousarray(plain).tobytes()).decode()
    return {"array": [plain.dtype.str, list(array.shape), data, isinstance(value, np.generic)]}


def _parameters(function: Callable) -> list | None:
    """Return each parameter's name, kind and whether it may be left out; None where a function has no signature."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    return [[p.name, int(p.kind), p.default is not p.empty] for p in found][:PARAMETERS]


# ------------------------------------------------------------------------------------------------------- unpacking
def unpack(text: str, call: Callable[..., Any] | None = None) -> Any:
    """Return the value that a text was packed from. Raises ValueError where it is nothing that `pack` would write.

    call(number, *args) : what a function becomes that stands in the value; without it functions are not expected
    """
    if not isinstance(text, str) or len(text) > LONGEST:
        raise ValueError(f"a packed value is a text of at most {LONGEST:,} characters")
    try:
        return _unpacked(json.loads(text), call, 0)
    except (TypeError, KeyError, IndexError, AttributeError, OverflowError, RecursionError, ZeroDivisionError) as error:
        raise ValueError(f"this is no packed value: {type(error).__name__}") from error


def _unpacked(data: Any, call: Callable | None, depth: int) -> Any:
    if depth > 2 * DEEPEST:
        raise ValueError("the value is nested too deeply")

    def several(values) -> list:
        if not isinstance(values, list):
            raise ValueError("a list is expected")
        return [_unpacked(v, call, depth + 1) for v in values]

    if data is None or isinstance(data, (bool, int, float, str)):
        return data
    if isinstance(data, list):
        return several(data)
    (kind, parts), *rest = data.items()
    if rest:
        raise ValueError("one kind is expected")
    if kind in ("set", "frozenset", "dict") and len(parts) > MOST_KEYS:
        raise ValueError(f"a set or dict of more than {MOST_KEYS:,} entries")
    if kind in ("tuple", "set", "frozenset"):
        return {"tuple": tuple, "set": set, "frozenset": frozenset}[kind](several(parts))
    if kind == "dict":
        return {key: value for key, value in map(several, parts)}
    if kind in ("complex", "Fraction"):
        return {"complex": complex, "Fraction": Fraction}[kind](*several(parts))
    if kind == "array":
        return _unpacked_array(*parts)
    if kind == "Ellipsis":
        return ...
    if kind == "other":
        return other(parts)
    if kind == "function" and call is not None:
        return _function(call, *parts)
    raise ValueError("there is no such kind")


def _unpacked_array(dtype: str, shape: list, data: str, is_scalar: bool) -> Any:
    import numpy as np

    kind = np.dtype(dtype) if isinstance(dtype, str) and len(dtype) <= 4 else None
    if kind is None or kind.kind not in KINDS or not all(isinstance(n, int) and n >= 0 for n in shape):
        raise ValueError("an array of numbers is expected")
    array = np.frombuffer(base64.b64decode(data, validate=True), kind).reshape(shape).astype(kind.newbyteorder("="))
    return array[()] if is_scalar and not shape else array


def _function(call: Callable, number: int, parameters: list | None) -> Callable:
    if type(number) is not int:
        raise ValueError("a function's number is expected")

    def function(*args):
        return call(number, *args)

    function.number = number
    if parameters is not None:
        function.__signature__ = inspect.Signature(
            [
                inspect.Parameter(
                    name, inspect._ParameterKind(kind), default=None if may_be_left_out else inspect.Parameter.empty
                )
                for name, kind, may_be_left_out in parameters[:PARAMETERS]
            ]
        )
    return function
