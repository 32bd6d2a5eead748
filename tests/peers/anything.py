"""Whatever a reader could hand over: one hypothesis strategy, built around a value that is as it should be."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from hypothesis import strategies as st

SCALES = (2.0**30, 1e-15, 1e60, 1e-60, 1e75, 1e-75, 1e110, 1e-110, 1e160, 1e-160, 1e200, 1e-200, 1e300, 1e-300)

NO_ARRAYS = {
    "None": lambda: None,
    "words": lambda: "words",
    "a dict": lambda: {"a": 1},
    "an object": lambda: object(),
    "a set": lambda: {1.0, 2.0},
    "a generator": lambda: (i for i in range(3)),
    "a function": lambda: len,
    "a number": lambda: 1.5,
    "minus one": lambda: -1,
    "zero": lambda: 0,
    "a NaN": lambda: float("nan"),
    "infinity": lambda: float("inf"),
    "a huge number": lambda: 1e300,
    "a huge whole number": lambda: 10**400,
    "True": lambda: True,
    "complex": lambda: 1 + 2j,
    "nothing": lambda: [],
    "ragged": lambda: [[1.0, 2.0], [3.0]],
    "a masked number": lambda: np.ma.masked,
    "dates": lambda: np.array(["2020-01-01", "2021-01-01"], "datetime64[D]"),
    "records": lambda: np.zeros(3, [("a", float), ("b", int)]),
    "rows of nothing": lambda: np.empty((3, 0)),
    "four axes": lambda: np.ones((2, 2, 2, 2)),
}


def same_values(x: np.ndarray) -> dict[str, Callable]:
    """Return ways to write the same array: a function must give the same answer to all of them."""
    padded = np.zeros([2 * n for n in x.shape], x.dtype)
    every_other = padded[tuple(slice(None, None, 2) for _ in x.shape)]
    every_other[...] = x
    kept = x.copy()
    kept.flags.writeable = False
    ways = {
        "in Fortran's order": np.asfortranarray(x),
        "every other entry": every_other,
        "with negative strides": np.flip(np.flip(x).copy()),
        "read-only": kept,
        "other end first": x.astype(x.dtype.newbyteorder()),
        "nested lists": x.tolist(),
    }
    if x.dtype.kind == "f":
        ways["long double"] = x.astype(np.longdouble)
        if (x.astype(np.float32) == x).all():
            ways["float32"] = x.astype(np.float32)
        if (x == np.round(x)).all():
            ways["whole numbers"] = x.astype(np.int64)
    return {name: lambda way=way: way for name, way in ways.items()}


def other_values(x: np.ndarray) -> dict[str, Callable]:
    """Return arrays that hold something else, or cannot be read as real numbers: an answer, or a refusal."""
    masked = np.ma.array(x, mask=np.arange(x.size).reshape(x.shape) % 3 == 0)
    ways = {
        "masked": lambda: masked,
        "masked rows in a list": lambda: list(masked),
        "objects": lambda: x.astype(object),
        "complex": lambda: x + 1j,
        "strings": lambda: x.astype(str),
        "a row less": lambda: x[:-1],
        "a row more": lambda: np.concatenate([x, x[:1]]),
        "an axis more": lambda: x[None],
        "an axis less": lambda: x[0],
        "transposed": lambda: x.T,
        "zeros": lambda: np.zeros_like(x),
        "ones": lambda: np.ones_like(x),
        "tenths": lambda: np.full(x.shape, 0.1),
        "negative": lambda: -x,
        "halves": lambda: x / 2,
        "the smallest number": lambda: np.full(x.shape, 5e-324),
        "the largest number": lambda: np.full(x.shape, 1.7e308),
        "both ends": lambda: np.where(np.arange(x.size).reshape(x.shape) % 2, 1e-300, 1e300),
    }
    for name, value in (("a NaN", np.nan), ("an infinity", np.inf), ("minus infinity", -np.inf), ("1e200", 1e200)):
        ways[f"with {name}"] = lambda value=value: _with(x, value)
    if x.ndim == 2:
        ways |= {
            "equal columns": lambda: np.repeat(x[:, :1], x.shape[1], axis=1),
            "a zero row": lambda: x * (np.arange(len(x)) > 0)[:, None],
            "a zero column": lambda: x * (np.arange(x.shape[1]) > 0),
            "a tiny column": lambda: x * np.where(np.arange(x.shape[1]) > 0, 1.0, 1e-170),
            "sparse": lambda: sp.csr_array(x),
            "sparse and complex": lambda: sp.csr_array(x + 1j),
            "sparse with a NaN": lambda: sp.csr_array(_with(x, np.nan)),
        }
    if x.ndim == 1:
        ways["sparse"] = lambda: sp.coo_array(x)
    if x.dtype.kind == "f":
        ways |= {f"times {s:g}": lambda s=s: x * s for s in SCALES}
    return ways


def _with(x: np.ndarray, value: float) -> np.ndarray:
    out = np.array(x, float)
    out.flat[x.size // 2] = value
    return out


@dataclass(frozen=True)
class Way:
    """What an argument may become: a name, a function that makes it, and whether it is the same values, written differently."""

    name: str
    make: Callable
    same: bool


def ways(usual) -> list[Way]:
    """Return all that an argument, usually `usual`, may become."""
    out = [Way(name, make, False) for name, make in NO_ARRAYS.items()]
    if isinstance(usual, np.ndarray) and usual.dtype.kind in "fiu" and usual.ndim:
        out += [Way(name, make, False) for name, make in other_values(usual).items()]
        out += [Way(name, make, True) for name, make in same_values(usual).items()]
    return out


def anything(usual) -> st.SearchStrategy:
    """Return a strategy of the ways that an argument may be changed in."""
    return st.sampled_from(ways(usual))
