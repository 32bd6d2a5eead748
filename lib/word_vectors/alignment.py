"""Two spaces of word vectors brought together by a dictionary, and retrieval across them that hubs do not spoil.

Rows are word vectors, as everywhere in the book: X (n, d) is moved to XW (n, d), to lie on Y. Retrieval works on directions
(cosines), in blocks of rows, so that the table of all n × m cosines never exists. Only numpy is needed here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.word_vectors.search import largest, largest_values, products


# ------------------------------------------------------------------------------------------------------------- maps
def least_squares_map(X, Y) -> np.ndarray:
    """Return the matrix W (d, e) that minimises ‖XW − Y‖_F, the shortest where there are several.

    X : (n, d);  Y : (n, e), row i the translation of row i. Mikolov, Le, Sutskever 2013. Equation: eq-least-squares-map
    """
    X, Y = _matched(X, Y)
    return np.linalg.lstsq(X, Y, rcond=None)[0]


def procrustes(X, Y, fill: bool = True) -> np.ndarray:
    """Return the orthogonal matrix W (d, d) that minimises ‖XW − Y‖_F.

    X, Y : (n, d), row i of Y the translation of row i of X. Where XᵀY is singular (a singular value below a millionth of the
    greatest), as with fewer than d pairs, there are several, and an SVD's choice differs between processors. So what the pairs
    say nothing of is turned by a rotation drawn by chance, the same everywhere; with fill=False it goes to 0 instead, and W is
    orthogonal only on the rest. Schönemann 1966. Equation: eq-procrustes
    """
    X, Y = _matched(X, Y)
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X has {X.shape[1]} dimensions and Y {Y.shape[1]}: an orthogonal map needs as many in both")
    U, s, Vt = np.linalg.svd(X.T @ Y)
    known = s > 1e-6 * s[0]
    W = U[:, known] @ Vt[known]
    return W + _by_chance(W) if fill and not known.all() else W


def normalise(X) -> np.ndarray:
    """Return X (n, d) with rows at length 1, then columns at mean 0, then rows at length 1 again (Artetxe et al. 2018).

    Raises ValueError where a row is zero, before or after the mean is taken off.
    """
    X = _unit(vectors_of(X, "X"), "X")
    return _unit(X - X.mean(axis=0), "X, its mean taken off,")


# -------------------------------------------------------------------------------------------------------- retrieval
def nearest(X, Y, k: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row of X the k rows of Y with the largest cosine (n, k), the nearest first, and the cosines (n, k).

    X : (n, d);  Y : (m, d). Exact; of equal cosines any. Equation: eq-cosine
    """
    X, Y = _both(X, Y)
    k = validate.whole(k, "k", low=1, high=len(Y))
    rows, values = np.empty((len(X), k), np.int64), np.empty((len(X), k), X.dtype)
    for part, S in products(X, Y):
        rows[part], values[part] = largest(S, k)
    return rows, values


def neighbourhood(X, Y, k: int = 10) -> np.ndarray:
    """Return the mean cosine (n,) of each row of X with its k nearest rows of Y: how crowded it is there.

    Equation: eq-neighbourhood
    """
    X, Y = _both(X, Y)
    return _crowds(X, Y, validate.whole(k, "k", low=1, high=len(Y)))


def csls(X, Y, k: int = 10, best: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Return for each row of X the `best` rows of Y by CSLS (n, best), the best first, and their scores (n, best).

    CSLS is 2cos less the mean cosine of either word with its k nearest in the other space. X : (n, d);  Y : (m, d).
    Conneau et al. 2018. Equation: eq-csls
    """
    X, Y = _both(X, Y)
    k = validate.whole(k, "k", low=1, high=min(len(X), len(Y)))
    best = validate.whole(best, "best", low=1, high=len(Y))
    rows, values = np.empty((len(X), best), np.int64), np.empty((len(X), best), X.dtype)
    crowd = _crowds(Y, X, k)
    for part, S in products(X, Y):
        around = largest_values(S, k).mean(axis=1)
        S -= crowd / 2  # the ranking of a row's entries: its own crowd lowers them all alike
        rows[part], values[part] = largest(S, best)
        values[part] = 2 * values[part] - around[:, None]
    return rows, values


def mutual_nearest(X, Y, k: int = 10) -> np.ndarray:
    """Return the pairs (p, 2) of rows (i, j) that choose each other: j is best for i among Y, and i for j among X, by CSLS.

    k : as in `csls`; with k = 0 the plain cosine decides.
    """
    X, Y = _both(X, Y)
    k = validate.whole(k, "k", low=0, high=min(len(X), len(Y)))
    crowd = _crowds(Y, X, k) if k else np.zeros(len(Y), X.dtype)
    forth, back = np.empty(len(X), np.int64), np.zeros(len(Y), np.int64)
    record = np.full(len(Y), -np.inf, X.dtype)
    for part, S in products(X, Y):
        around = largest_values(S, k).mean(axis=1) if k else np.zeros(len(S), X.dtype)
        S -= crowd / 2
        forth[part] = S.argmax(axis=1)
        S -= around[:, None] / 2
        top = S.argmax(axis=0)
        value = S[top, np.arange(len(Y))] + crowd / 2
        better = value > record
        back[better], record[better] = part.start + top[better], value[better]
    i = np.arange(len(X))
    agreed = back[forth] == i
    return np.column_stack([i[agreed], forth[agreed]])


def precision(found, gold) -> float:
    """Return P@k, the share of rows of `found` (n, k) in which the right one, gold (n,), is among the k.

    Equation: eq-precision
    """
    found, gold = validate.indices(found, "found", 2), validate.indices(gold, "gold", 1)
    if len(found) != len(gold):
        raise ValueError(f"found has {len(found)} rows, but gold has {len(gold)} entries")
    return float((found == gold[:, None]).any(axis=1).mean())


# ------------------------------------------------------------------------------------------------------------- hubs
def occurrences(found, size: int) -> np.ndarray:
    """Return how often each of `size` rows stands in `found` (n, k), the neighbours that some search found: N_k (size,).

    Equation: eq-hubs
    """
    size = validate.whole(size, "size", low=1)
    found = validate.indices(found, "found", 2, size, "rows")
    return np.bincount(found.ravel(), minlength=size)


def hubs(X, Y, k: int = 10) -> np.ndarray:
    """Return for each row of Y of how many rows of X it is one of the k nearest by cosine: N_k (m,); its mean is kn/m.

    Radovanović, Nanopoulos, Ivanović 2010. Equation: eq-hubs
    """
    return occurrences(nearest(X, Y, k)[0], len(Y))


def skewness(values) -> float:
    """Return the mean cubed deviation from the mean, in units of the standard deviation: 0 for what is symmetric.

    Raises ValueError where all values are equal. Equation: eq-skewness
    """
    values = validate.vector(values, "values", within=validate.SAFE)
    away = values - values.mean()
    spread = np.sqrt(np.mean(away**2))
    if spread <= 1e-14 * np.abs(values).max():
        raise ValueError("values are all equal: their skewness is 0/0")
    return float(np.mean((away / spread) ** 3))


# ------------------------------------------------------------------------------------------------------- refinement
@dataclass(frozen=True, eq=False)
class Refinement:
    """Where `refine` came: `maps[t]` is W (d, d) after t steps, fitted to `dictionaries[t]`, pairs of rows (p, 2)."""

    maps: tuple[np.ndarray, ...]
    dictionaries: tuple[np.ndarray, ...]

    @property
    def W(self) -> np.ndarray:
        """The last map."""
        return self.maps[-1]


def refine(X, Y, pairs, steps: int = 5, k: int = 10, fill: bool = True) -> Refinement:
    """Fit W by `procrustes` to `pairs`, then `steps` times to the dictionary that the last W makes: all mutual neighbours.

    X : (n, d);  Y : (m, d);  pairs : (p, 2), rows of X and of Y;  k : as in `mutual_nearest`;  fill : as in `procrustes`.
    The pairs given serve the start only.
    Raises ValueError where a map leaves no mutual neighbours.
    """
    X, Y = _both(X, Y)
    pairs = dictionary_of(pairs, X, Y)
    maps, dictionaries = [procrustes(X[pairs[:, 0]], Y[pairs[:, 1]], fill)], [pairs]
    for _ in range(validate.whole(steps, "steps", low=0)):
        pairs = mutual_nearest(X @ maps[-1].astype(X.dtype), Y, k)
        if not len(pairs):
            raise ValueError("no two words choose each other: there is nothing to fit the next map to")
        dictionaries.append(pairs)
        maps.append(procrustes(X[pairs[:, 0]], Y[pairs[:, 1]], fill))
    return Refinement(tuple(maps), tuple(dictionaries))


# ---------------------------------------------------------------------------------------------------------- helpers
def _by_chance(W: np.ndarray) -> np.ndarray:
    """Return a map of the directions that W (d, d) sends to 0 onto those that it does not reach, orthogonal between them.

    It is the nearest to a table of random numbers from a fixed seed, and does not depend on how the directions are written.
    """
    d = len(W)
    drawn = np.random.default_rng(0).normal(size=(d, d))
    left, right = np.eye(d) - W @ W.T, np.eye(d) - W.T @ W  # projections onto what is missing
    U, _, Vt = np.linalg.svd(left @ drawn @ right)
    missing = round(float(np.trace(left)))
    return (U[:, :missing] @ Vt[:missing]).astype(W.dtype)


def vectors_of(X, name: str) -> np.ndarray:
    """Return X as a matrix; float32 stays float32, since a search through it is twice as fast."""
    single = getattr(X, "dtype", None) == np.float32
    checked = validate.matrix(X, name, within=validate.FLOAT32 if single else validate.SAFE)
    return np.asarray(X) if single else checked


def dictionary_of(pairs, X: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Return pairs (p, 2) of rows of X and of Y, or raise where they are none."""
    pairs = validate.indices(pairs, "pairs", None)
    if pairs.ndim != 2 or pairs.shape[1] != 2 or not len(pairs):
        raise ValueError(f"pairs must have two columns, rows of X and of Y, but its shape is {pairs.shape}")
    if (pairs < 0).any() or (pairs >= (len(X), len(Y))).any():
        raise ValueError(f"pairs must hold rows of X (0 to {len(X) - 1}) and of Y (0 to {len(Y) - 1})")
    return pairs


def _unit(X: np.ndarray, name: str) -> np.ndarray:
    lengths = np.linalg.norm(X, axis=1, keepdims=True)
    if lengths.min() <= 1e-7 * lengths.max():
        raise ValueError(f"row {int(np.argmin(lengths))} of {name} is zero: it points nowhere")
    return X / lengths


def _both(X, Y) -> tuple[np.ndarray, np.ndarray]:
    """Return X and Y with rows of length 1, in one type of number."""
    X, Y = vectors_of(X, "X"), vectors_of(Y, "Y")
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X has {X.shape[1]} dimensions and Y {Y.shape[1]}: cosines need as many in both")
    if X.dtype != Y.dtype:
        X, Y = X.astype(np.float64), Y.astype(np.float64)
    return _unit(X, "X"), _unit(Y, "Y")


def _matched(X, Y) -> tuple[np.ndarray, np.ndarray]:
    X, Y = validate.matrix(X, "X"), validate.matrix(Y, "Y")
    if len(X) != len(Y):
        raise ValueError(f"X has {len(X)} rows and Y {len(Y)}: row i of Y must be the translation of row i of X")
    return X, Y


def _crowds(X: np.ndarray, Y: np.ndarray, k: int) -> np.ndarray:
    """Return the mean cosine (n,) of unit rows X with their k nearest unit rows of Y."""
    return np.concatenate([largest_values(S, k).mean(axis=1) for _, S in products(X, Y)])
