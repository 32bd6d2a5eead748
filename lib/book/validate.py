"""Input checks at the public edge: each says what was given and what was expected.

Every public function of the book passes its arguments through these before it computes, and computes with what they return:
float64 arrays, so that an integer matrix is not a trap. They refuse what would otherwise become a silent NaN, and what a
function would silently overlook: the mask of a masked array, the imaginary part of a complex one.

Floats reach from 1e-308 to 1e308, but an algorithm squares and multiplies what it is given. So there is one guard for scale: the
largest entry of an array must lie `within` a range, by default up to LARGEST, for matrices and systems also from SMALLEST on. Functions
that work entry by entry, or scale by themselves, ask for ANY range.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping

import numpy as np

SMALLEST, LARGEST = 1e-40, 1e40  # seven such numbers multiplied stay inside the range of floats
ANY = (0.0, math.inf)
BELOW = (0.0, LARGEST)
SAFE = (SMALLEST, LARGEST)
FLOAT32 = (1e-15, 1e15)  # the same for 32-bit floats, in which word vectors are kept
Range = tuple[float, float]


def array(
    value, name: str, ndim: int | None = None, *, allow_empty: bool = False, finite: bool = True, within: Range = BELOW
) -> np.ndarray:
    """Return `value` as a finite real float64 array with `ndim` axes, its largest entry 0 or `within` a range, or raise.

    Raises TypeError where the entries are not real numbers, or the array is masked or sparse; ValueError where the number of
    axes is wrong, an axis is empty, an entry is NaN or infinite, or the largest is out of range (entries are not looked at
    with `finite=False`).
    """
    out = value if type(value) is np.ndarray else _plain(value, name)
    if out.dtype.kind not in "biuf":
        given = "complex numbers" if out.dtype.kind == "c" else f"dtype {out.dtype} (from {type(value).__name__})"
        raise TypeError(f"{name} must hold real numbers, but holds {given}")
    if out.dtype != np.float64:
        with np.errstate(
            over="ignore", under="ignore"
        ):  # of longer floats: what leaves the range is refused as infinite
            out = out.astype(np.float64)
    out = np.asarray(out)
    if ndim is not None and out.ndim != ndim:
        expected = {0: "a number", 1: "a vector (1 axis)", 2: "a matrix (2 axes)"}.get(ndim, f"{ndim} axes")
        raise ValueError(f"{name} must be {expected}, but has shape {out.shape}")
    if out.size == 0:
        if not allow_empty:
            raise ValueError(f"{name} is empty: its shape is {out.shape}")
    elif finite:
        in_range(out, name, within)
    return out


def _plain(value, name: str) -> np.ndarray:
    """Return `value` as a plain array of any dtype; raise where that would drop a mask, or where it is no array."""
    if _masked(value):
        raise TypeError(
            f"{name} is a masked array, and its mask would be lost: choose the rows to keep, or fill the gaps"
        )
    if hasattr(value, "toarray"):
        raise TypeError(
            f"{name} is sparse ({type(value).__name__}), and an ordinary array is expected: use {name}.toarray()"
        )
    try:
        return np.asarray(value)
    except Exception as error:
        raise TypeError(f"{name} must be an array of real numbers; it could not be read: {error}") from None


def _masked(value, depth: int = 3) -> bool:
    if isinstance(value, (list, tuple)) and depth:
        return any(_masked(part, depth - 1) for part in value)
    return isinstance(value, np.ma.MaskedArray)


def in_range(out: np.ndarray, name: str, within: Range = SAFE) -> None:
    """Raise ValueError where the array has a NaN or infinite entry, or its largest is neither 0 nor `within` the range."""
    if within is ANY and np.isfinite(out).all():
        return
    size = max(float(out.max()), -float(out.min()))  # both are NaN where an entry is: no copy is made
    if not size < math.inf:
        at = tuple(int(i) for i in np.argwhere(~np.isfinite(out))[0])
        raise ValueError(f"{name} has a NaN or infinite entry" + (f", the first at index {at}" if at else ""))
    if size and not within[0] <= size <= within[1]:
        what = f"the largest entry of {name} is {size:.3g}" if out.ndim else f"{name} is {size:.3g} in size"
        bounds = f"between {within[0]:g} and {within[1]:g}" if within[0] else f"at most {within[1]:g}"
        extreme = "large" if size > within[1] else "small"
        raise ValueError(
            f"{what}, too {extreme} to square: products of such numbers leave the range of floats; "
            f"scale {name} so that it is {bounds}"
        )


def result(value, what: str):
    """Return a computed number or array, or raise ValueError where it has left the range of floats.

    Compute it under ``np.errstate(over="ignore", invalid="ignore")``: the refusal takes the place of numpy's warnings.
    """
    if not np.isfinite(value).all():
        raise ValueError(f"{what} leaves the range of floats: scale the numbers given")
    return value


def finite_answer(function: Callable) -> Callable:
    """Return the function, which then raises ValueError where a number in its answer is not finite; numpy gives no warning.

    It is put around teaching code after its definition, so that the code stays as one reads it.
    """

    @functools.wraps(function)
    def checked(*args, **kwargs):
        with np.errstate(over="ignore", invalid="ignore"):
            answer = function(*args, **kwargs)
        if not _all_finite(answer):
            raise ValueError(f"{function.__name__}: the answer leaves the range of floats: scale the numbers given")
        return answer

    return checked


def _all_finite(answer) -> bool:
    if isinstance(answer, (tuple, list)):
        return all(map(_all_finite, answer))
    return not isinstance(answer, (float, np.ndarray)) or bool(np.isfinite(answer).all())


def matrix(value, name: str = "A", *, within: Range = SAFE) -> np.ndarray:
    """Return `value` as a finite, non-empty float64 matrix (N, D), its largest entry 0 or `within` the range, or raise."""
    return array(value, name, 2, within=within)


def vector(value, name: str = "b", length: int | None = None, of: str = "", *, within: Range = BELOW) -> np.ndarray:
    """Return `value` as a finite, non-empty float64 vector, of `length` entries where given, or raise.

    `of` names what the length must match, for the message: ``vector(b, "b", A.shape[0], "rows of A")``.
    """
    out = array(value, name, 1, within=within)
    if length is not None and len(out) != length:
        raise ValueError(f"{name} has {len(out)} entries, but there are {length} {of or 'expected'}")
    return out


def constant_columns(X: np.ndarray) -> np.ndarray:
    """Return which columns (D,) of a matrix hold one number only, up to its rounding: what is left after the mean is noise."""
    low, high = X.min(axis=0), X.max(axis=0)
    return high - low <= 4 * np.finfo(float).eps * np.maximum(np.abs(low), np.abs(high))


def indices(value, name: str, ndim: int | None = 1, size: int | None = None, of: str = "entries") -> np.ndarray:
    """Return `value` as a non-empty array of whole numbers with `ndim` axes (None: any), each from 0 to size − 1 where given, or raise."""
    out = _plain(value, name)
    if out.dtype.kind not in "iu":
        raise TypeError(f"{name} must hold whole numbers, but holds {out.dtype}")
    if ndim is not None and (out.ndim != ndim or out.size == 0):
        raise ValueError(
            f"{name} must have {ndim} {'axis' if ndim == 1 else 'axes'} and entries, but its shape is {out.shape}"
        )
    if size is not None and (out.min() < 0 or out.max() >= size):
        bad = out.min() if out.min() < 0 else out.max()
        raise ValueError(f"{name} must hold whole numbers from 0 to {size - 1}, for {size} {of}, but holds {bad}")
    return out.astype(np.int64, copy=False)


def instance(value, kind: type, name: str):
    """Return `value` where it is of this class of the book's, or raise TypeError."""
    if not isinstance(value, kind):
        raise TypeError(f"{name} must be a {kind.__name__} (of {kind.__module__}), but is {type(value).__name__}")
    return value


def generator(rng, name: str = "rng") -> np.random.Generator:
    """Return `rng` where it is a numpy Generator, or raise TypeError."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{name} must be a numpy Generator, as from np.random.default_rng(0), but is {type(rng).__name__}"
        )
    return rng


def system(
    A, b, names: tuple[str, str] = ("A", "b"), *, finite: bool = True, within: Range = SAFE
) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix A (N, D) and the vector b (N,), or raise where their rows do not match.

    With `finite=False` the entries of A are not read: for callers who see a NaN in what they compute from A.
    """
    A = array(A, names[0], 2, finite=finite, within=within)
    b = array(b, names[1], 1, within=within)
    if len(b) != len(A):
        raise ValueError(f"{names[0]} has {len(A)} rows but {names[1]} has {len(b)} entries")
    return A, b


def product(A, w, names: tuple[str, str] = ("A", "w")) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix A (N, D) and Aw (N,), or raise as `matrix` and `vector` do.

    A NaN or an infinity anywhere in a row makes that entry of Aw one, even times 0. So a finite Aw vouches for all of A, and a
    large matrix is read once instead of twice.
    """
    A = array(A, names[0], 2, finite=False)
    w = vector(w, names[1], A.shape[1], f"columns of {names[0]}")
    with np.errstate(invalid="ignore", over="ignore"):
        Aw = A @ w
    if not np.isfinite(Aw).all():
        in_range(A, names[0], ANY)
        result(Aw, f"{names[0]}{names[1]}")
    return A, Aw


def square(value, name: str = "A", *, within: Range = SAFE) -> np.ndarray:
    """Return `value` as a square matrix, or raise."""
    out = matrix(value, name, within=within)
    if out.shape[0] != out.shape[1]:
        raise ValueError(f"{name} must be square, but has shape {out.shape}")
    return out


def symmetric(value, name: str = "A", rtol: float = 1e-10, *, within: Range = SAFE) -> np.ndarray:
    """Return `value` as a symmetric matrix (up to `rtol` of its largest entry), or raise."""
    out = square(value, name, within=within)
    gap = float(np.abs(out - out.T).max())
    if gap > rtol * max(float(np.abs(out).max()), np.finfo(float).tiny):
        raise ValueError(f"{name} must be symmetric, but |{name} - {name}ᵀ| reaches {gap:.3g}")
    return out


def number(
    value,
    name: str,
    *,
    low: float | None = None,
    high: float | None = None,
    open_low: bool = False,
    within: Range = BELOW,
) -> float:
    """Return `value` as a finite float in [low, high] ((low, high] with `open_low`), or raise."""
    out = float(array(value, name, 0, within=within))
    if low is not None and (out < low or (open_low and out == low)):
        raise ValueError(f"{name} must be {'greater than' if open_low else 'at least'} {low:g}, but is {out:g}")
    if high is not None and out > high:
        raise ValueError(f"{name} must be at most {high:g}, but is {out:g}")
    return out


def whole(value, name: str, *, low: int | None = None, high: int | None = None) -> int:
    """Return `value` as an int in [low, high], or raise (a bool or 2.5 is no whole number)."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{name} must be a whole number, but is {value!r} ({type(value).__name__})")
    out = int(value)
    if abs(out) > 2**63:  # more than any array or loop could hold; it would not fit the message either
        raise ValueError(f"{name} must be a whole number of at most 63 bits, but has {out.bit_length()}")
    if low is not None and out < low:
        raise ValueError(f"{name} must be at least {low}, but is {out}")
    if high is not None and out > high:
        raise ValueError(f"{name} must be at most {high}, but is {out}")
    return out


def layers(weights, shapes: dict[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    """Return the weights of layers by name, name.W and the free terms name.b of each, or raise.

    shapes : layer → shape of W, (inputs, outputs), or (outputs, inputs, k, k) of a convolution;  .b has an entry for each output.
    Raises TypeError where weights is no mapping, ValueError where one is missing or has another shape.
    """
    if not isinstance(weights, Mapping):
        raise TypeError(f"weights must be a mapping name → array, but is {type(weights).__name__}")
    out = {}
    for name, shape in shapes.items():
        for part, wanted in ((f"{name}.W", shape), (f"{name}.b", shape[:1] if len(shape) == 4 else shape[1:])):
            if np.shape(weights.get(part)) != wanted:
                raise ValueError(f"{part} must have shape {wanted}, but has {np.shape(weights.get(part))}")
            out[part] = array(weights[part], part)
    return out
