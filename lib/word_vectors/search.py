"""The largest inner products of many vectors with many: in blocks of rows, so that the table of them all never exists."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

GROUP = 32  # columns that are looked at together in the search for the largest entries of a row
CELLS = 2**25  # at most so many products at a time, 128 MB in float32


def products(X: np.ndarray, Y: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Yield slices of X's rows and their inner products with all of Y (b, m), in one buffer that is used again and again."""
    step = int(np.clip(CELLS // len(Y), 16, 1024))
    buffer = np.empty((min(step, len(X)), len(Y)), X.dtype)
    for at in range(0, len(X), step):
        part = slice(at, min(at + step, len(X)))
        yield part, np.matmul(X[part], Y.T, out=buffer[: part.stop - at])


def largest_values(S: np.ndarray, k: int) -> np.ndarray:
    """Return the k largest entries (b, k) of each row of S (b, m), in any order."""
    values, _ = _candidates(S, k)
    return np.partition(values, values.shape[1] - k, axis=1)[:, values.shape[1] - k :]


def largest(S: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the columns (b, k) of the k largest entries of each row of S (b, m), the largest first, and the entries."""
    if k == 1:
        top = S.argmax(axis=1)[:, None]
        return top, np.take_along_axis(S, top, 1)
    values, where = _candidates(S, k)
    at = np.argpartition(values, values.shape[1] - k, axis=1)[:, values.shape[1] - k :]
    found = np.take_along_axis(values, at, 1)
    order = np.argsort(-found, axis=1, kind="stable")
    at, found = np.take_along_axis(at, order, 1), np.take_along_axis(found, order, 1)
    return (at if where is None else np.take_along_axis(where, at, 1)), found


def _candidates(S: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray | None]:
    """Return entries of S (b, m) among which are the k largest of each row, and where they stand (None: S itself).

    Cut a row into groups of 32. The k largest entries lie in the k groups with the largest maxima: any other group's maximum is
    beaten by k entries. Taking maxima reads memory in order, and only 32k entries are left to sort.
    """
    m = S.shape[1]
    q = m // GROUP
    if q < 2 * k:
        return S, None
    head = S[:, : q * GROUP].reshape(len(S), GROUP, q)  # group j holds the columns j, j + q, j + 2q, …
    groups = np.argpartition(head.max(axis=1), q - k, axis=1)[:, q - k :]
    values = np.take_along_axis(head, groups[:, None, :], axis=2).reshape(len(S), -1)
    where = (groups[:, None, :] + q * np.arange(GROUP)[None, :, None]).reshape(len(S), -1)
    if q * GROUP < m:
        rest = np.broadcast_to(np.arange(q * GROUP, m), (len(S), m - q * GROUP))
        values, where = np.concatenate([values, S[:, q * GROUP :]], 1), np.concatenate([where, rest], 1)
    return values, where
