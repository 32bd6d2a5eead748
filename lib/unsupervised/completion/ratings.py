"""Ratings: the observed entries of a matrix, what one says of them without any factors, and planted ones."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import scipy.sparse as sp

from lib.book import validate


@dataclass(frozen=True, eq=False)
class Ratings:
    """The observed entries of an m × n matrix, each at most once, kept in the order of rows.

    rows, columns : (N,) whole numbers, from 0;  values : (N,), any real numbers, also 0;  shape : (m, n)
    Raises ValueError where an index lies outside, a place occurs twice, or lengths differ.
    """

    rows: np.ndarray
    columns: np.ndarray
    values: np.ndarray
    shape: tuple[int, int]

    def __post_init__(self):
        if not isinstance(self.shape, (tuple, list)) or len(self.shape) != 2:
            raise ValueError(f"shape must be (rows, columns), but is {self.shape!r}")
        m, n = (validate.whole(int(s) if isinstance(s, np.integer) else s, "shape", low=1) for s in self.shape)
        rows = validate.indices(self.rows, "rows", size=m, of="rows of the matrix")
        columns = validate.indices(self.columns, "columns", size=n, of="columns of the matrix")
        if len(columns) != len(rows):
            raise ValueError(f"there are {len(rows)} rows, but {len(columns)} columns")
        values = validate.vector(self.values, "values", len(rows), "places")
        order = np.lexsort((columns, rows))
        rows, columns, values = rows[order], columns[order], values[order]
        twice = (rows[1:] == rows[:-1]) & (columns[1:] == columns[:-1])
        if twice.any():
            at = int(np.argmax(twice))
            raise ValueError(f"the place ({rows[at]}, {columns[at]}) is rated twice")
        for name, array in (("rows", rows), ("columns", columns), ("values", values)):
            array.setflags(write=False)
            object.__setattr__(self, name, array)
        object.__setattr__(self, "shape", (m, n))

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def by_rows(self) -> sp.csr_array:
        """The ratings as a sparse matrix (m, n) that knows its rows; a rating of 0 is stored like any other."""
        ends = np.concatenate([[0], np.cumsum(np.bincount(self.rows, minlength=self.shape[0]))])
        return sp.csr_array((self.values, self.columns, ends), self.shape)

    @cached_property
    def by_columns(self) -> sp.csr_array:
        """The same for the columns: (n, m)."""
        return self.by_rows.T.tocsr()

    @property
    def share(self) -> float:
        """How many of the m · n entries are observed, from 0 to 1."""
        return len(self) / (self.shape[0] * self.shape[1])

    def table(self, missing: float = np.nan) -> np.ndarray:
        """Return the matrix (m, n), with `missing` where nothing is observed."""
        out = np.full(self.shape, float(missing))
        out[self.rows, self.columns] = self.values
        return out

    def take(self, which) -> Ratings:
        """Return some of the ratings; which : a mask (N,) or places in `values`."""
        return Ratings(self.rows[which], self.columns[which], self.values[which], self.shape)

    def minus(self, fitted) -> Ratings:
        """Return the same places with values − fitted; fitted : (N,)."""
        fitted = validate.vector(fitted, "fitted", len(self), "ratings")
        return Ratings(self.rows, self.columns, self.values - fitted, self.shape)


def observed(table) -> Ratings:
    """Return the ratings of a table (m, n) that has NaN where nothing is observed.

    Raises ValueError for infinite entries, or where all are NaN.
    """
    table = validate.array(table, "table", 2, finite=False)
    rows, columns = np.nonzero(~np.isnan(table))
    if not len(rows):
        raise ValueError("table has no observed entry: all are NaN")
    return Ratings(rows, columns, validate.vector(table[rows, columns], "table"), table.shape)


def split(ratings: Ratings, share: float, rng: np.random.Generator) -> tuple[Ratings, Ratings]:
    """Return (kept, held): each rating is held back with probability `share`, at least one kept and one held."""
    ratings = validate.instance(ratings, Ratings, "ratings")
    share, rng = validate.number(share, "share", low=0, high=1), validate.generator(rng)
    if len(ratings) < 2:
        raise ValueError("one rating alone cannot be split")
    draws = rng.random(len(ratings))
    held = draws < np.clip(share, np.sort(draws)[1], np.max(draws))
    return ratings.take(~held), ratings.take(held)


def rmse(fitted, ratings: Ratings) -> float:
    """Return the root of the mean squared error of what is fitted (N,) against the ratings."""
    ratings = validate.instance(ratings, Ratings, "ratings")
    fitted = validate.vector(fitted, "fitted", len(ratings), "ratings")
    return float(np.sqrt(np.mean((fitted - ratings.values) ** 2)))


# -------------------------------------------------------------------------------------------------------- the baseline
@dataclass(frozen=True, eq=False)
class Baseline:
    """A number for everything, one for each row and one for each column: μ + bᵤ + cᵢ.

    mean : μ;  rows : b (m,);  columns : c (n,)
    """

    mean: float
    rows: np.ndarray
    columns: np.ndarray

    def at(self, ratings: Ratings) -> np.ndarray:
        """Return what it says at the places of the ratings, (N,)."""
        ratings = validate.instance(ratings, Ratings, "ratings")
        return self.mean + self.rows[ratings.rows] + self.columns[ratings.columns]

    def table(self) -> np.ndarray:
        """Return what it says everywhere, (m, n)."""
        return self.mean + self.rows[:, None] + self.columns


def biases(ratings: Ratings, shrink_columns: float = 10.0, shrink_rows: float = 10.0) -> Baseline:
    """Return the mean, a shrunk bias of each column, and then one of each row, in one pass each.

    ratings : what is observed;  shrink_columns, shrink_rows ≥ 0 : so many ratings of the mean are added to each
    A row or column without ratings has the bias 0. Equation: eq-shrunk-biases. Source: Koren, Bell & Volinsky (2009).
    """
    ratings = validate.instance(ratings, Ratings, "ratings")
    shrink_columns = validate.number(shrink_columns, "shrink_columns", low=0)
    shrink_rows = validate.number(shrink_rows, "shrink_rows", low=0)
    (m, n), rest = ratings.shape, ratings.values
    mean = float(rest.mean())
    rest = rest - mean
    columns = _shrunk(ratings.columns, rest, n, shrink_columns)
    rest = rest - columns[ratings.columns]
    return Baseline(mean, _shrunk(ratings.rows, rest, m, shrink_rows), columns)


def _shrunk(groups: np.ndarray, values: np.ndarray, size: int, shrink: float) -> np.ndarray:
    """Return for each group the sum of its values / (their count + shrink), 0 for an empty one."""
    counts = np.bincount(groups, minlength=size) + shrink
    return np.bincount(groups, values, size) / np.where(counts > 0, counts, 1)


# ------------------------------------------------------------------------------------------------------ planted ratings
@dataclass(frozen=True, eq=False)
class Planted:
    """Ratings that were made, and what they were made of.

    ratings : what a reader sees, 1 to 5;  tastes : (m, n) what each would have given, before noise and rounding
    seen : (m, n) the probability with which each was observed, up to a common factor
    """

    ratings: Ratings
    tastes: np.ndarray
    seen: np.ndarray


def planted(
    m: int, n: int, rank: int, share: float, rng: np.random.Generator, noise: float = 0.6, choosing: float = 0.0
) -> Planted:
    """Return whole stars from 1 to 5 that m users gave to n films, made of a mean, biases, `rank` tastes and noise.

    share : of all m · n entries that are observed, about;  noise : standard deviation, in stars
    choosing ≥ 0 : how much likelier a user rates what he likes; each star of his taste multiplies the chance by e^choosing
    How often a film is rated falls as a power of its rank in popularity, how much a user rates is lognormal.
    """
    m, n, rank = (validate.whole(v, k, low=1, high=20_000) for v, k in ((m, "m"), (n, "n"), (rank, "rank")))
    share, rng = validate.number(share, "share", low=0, high=1, open_low=True), validate.generator(rng)
    noise = validate.number(noise, "noise", low=0, within=(0, 1e3))
    choosing = validate.number(choosing, "choosing", low=0, high=10)
    tastes = 3.4 + 0.4 * rng.normal(size=(m, 1)) + 0.5 * rng.normal(size=n)
    tastes += 0.7 / np.sqrt(rank) * rng.normal(size=(m, rank)) @ rng.normal(size=(rank, n))
    popular = 1 / (rng.permutation(n) + 0.05 * n + 1)
    seen = rng.lognormal(0, 0.8, size=(m, 1)) * popular * np.exp(choosing * (tastes - 3.4))
    chance = np.minimum(seen * (share * m * n / seen.sum()), 1)
    drawn = rng.random((m, n)) < chance
    drawn[np.unravel_index(np.argmax(chance), chance.shape)] = True  # one at least
    rows, columns = np.nonzero(drawn)
    stars = np.clip(np.rint(tastes[drawn] + noise * rng.normal(size=len(rows))), 1, 5)
    return Planted(Ratings(rows, columns, stars, (m, n)), tastes, seen)


def films(seed: int = 0, choosing: float = 0.0) -> Planted:
    """Return the page's own planted ratings, 1,000 users and 600 films, 7 % of the table; how many tastes they have stands below."""
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    return planted(1000, 600, rank=4, share=0.07, rng=rng, choosing=choosing)
