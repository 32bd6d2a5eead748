"""Input checks at the public edge: each says what was given and what was expected.

Every public function of the book passes its arguments through these before it computes. They return float64 arrays,
so that an integer matrix is not a trap, and they refuse what would otherwise become a silent NaN.
"""

from __future__ import annotations

import numpy as np


def array(value, name: str, ndim: int | None = None, *, allow_empty: bool = False, finite: bool = True) -> np.ndarray:
    """Return `value` as a finite real float64 array with `ndim` axes, or raise.

    Raises TypeError where the entries are not real numbers, ValueError where the number of axes is wrong, an axis is
    empty, or an entry is NaN or infinite (which is not looked at with `finite=False`).
    """
    try:
        out = np.asarray(value)
    except Exception as error:
        raise TypeError(f"{name} must be an array of real numbers; it could not be read: {error}") from None
    if out.dtype.kind not in "biuf":
        given = "complex numbers" if out.dtype.kind == "c" else f"dtype {out.dtype} (from {type(value).__name__})"
        raise TypeError(f"{name} must hold real numbers, but holds {given}")
    out = out.astype(np.float64, copy=False)
    if ndim is not None and out.ndim != ndim:
        expected = {0: "a number", 1: "a vector (1 axis)", 2: "a matrix (2 axes)"}.get(ndim, f"{ndim} axes")
        raise ValueError(f"{name} must be {expected}, but has shape {out.shape}")
    if not allow_empty and out.size == 0:
        raise ValueError(f"{name} is empty: its shape is {out.shape}")
    if finite and not np.isfinite(out).all():
        where = np.argwhere(~np.isfinite(out))[0]
        at = tuple(int(i) for i in where)
        raise ValueError(f"{name} has a NaN or infinite entry, the first at index {at}")
    return out


def matrix(value, name: str = "A") -> np.ndarray:
    """Return `value` as a finite, non-empty float64 matrix (N, D), or raise."""
    return array(value, name, 2)


def vector(value, name: str = "b", length: int | None = None, of: str = "") -> np.ndarray:
    """Return `value` as a finite, non-empty float64 vector, of `length` entries where given, or raise.

    `of` names what the length must match, for the message: ``vector(b, "b", A.shape[0], "rows of A")``.
    """
    out = array(value, name, 1)
    if length is not None and len(out) != length:
        raise ValueError(f"{name} has {len(out)} entries, but there are {length} {of or 'expected'}")
    return out


def system(A, b, names: tuple[str, str] = ("A", "b"), *, finite: bool = True) -> tuple[np.ndarray, np.ndarray]:
    """Return the matrix A (N, D) and the vector b (N,), or raise where their rows do not match.

    With `finite=False` the entries of A are not read: for callers who see a NaN in what they compute from A.
    """
    A = array(A, names[0], 2, finite=finite)
    b = array(b, names[1], 1)
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
    return (A if np.isfinite(Aw).all() else matrix(A, names[0])), Aw


def square(value, name: str = "A") -> np.ndarray:
    """Return `value` as a square matrix, or raise."""
    out = matrix(value, name)
    if out.shape[0] != out.shape[1]:
        raise ValueError(f"{name} must be square, but has shape {out.shape}")
    return out


def symmetric(value, name: str = "A", rtol: float = 1e-10) -> np.ndarray:
    """Return `value` as a symmetric matrix (up to `rtol` of its largest entry), or raise."""
    out = square(value, name)
    gap = float(np.abs(out - out.T).max())
    if gap > rtol * max(float(np.abs(out).max()), np.finfo(float).tiny):
        raise ValueError(f"{name} must be symmetric, but |{name} - {name}ᵀ| reaches {gap:.3g}")
    return out


def number(value, name: str, *, low: float | None = None, high: float | None = None, open_low: bool = False) -> float:
    """Return `value` as a finite float in [low, high] ((low, high] with `open_low`), or raise."""
    out = float(array(value, name, 0))
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
    if low is not None and out < low:
        raise ValueError(f"{name} must be at least {low}, but is {out}")
    if high is not None and out > high:
        raise ValueError(f"{name} must be at most {high}, but is {out}")
    return out
