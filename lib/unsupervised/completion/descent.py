"""Biases and factors by stochastic gradient descent, a few ratings at a time."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.unsupervised.completion.ratings import Ratings


@dataclass(frozen=True, eq=False)
class Biased:
    """A mean, biases and factors: entry (u, i) is about μ + bᵤ + cᵢ + uᵤ · vᵢ.

    mean : μ;  b : (m,);  c : (n,);  U : (m, r);  V : (n, r)
    """

    mean: float
    b: np.ndarray
    c: np.ndarray
    U: np.ndarray
    V: np.ndarray

    def at(self, ratings: Ratings) -> np.ndarray:
        """Return what it says at the places of the ratings, (N,). Equation: eq-biased-factors"""
        u, i = validate.instance(ratings, Ratings, "ratings").rows, ratings.columns
        return self.mean + self.b[u] + self.c[i] + np.einsum("nr,nr->n", self.U[u], self.V[i])

    def table(self) -> np.ndarray:
        """Return what it says everywhere, (m, n)."""
        return self.mean + self.b[:, None] + self.c + self.U @ self.V.T


def one_rating(
    value: float, mean: float, b: float, c: float, u: np.ndarray, v: np.ndarray, lam: float
) -> tuple[float, float, np.ndarray, np.ndarray]:
    """Return half the gradient of e² + λ(b² + c² + ‖u‖² + ‖v‖²) by b, c, u and v, with e = μ + b + c + u·v − value.

    Equation: eq-rating-gradient
    """
    e = mean + b + c + u @ v - value
    return e + lam * b, e + lam * c, e * v + lam * u, e * u + lam * v


def sgd(
    ratings: Ratings, rank: int, lam: float, rate: float, epochs: int, rng: np.random.Generator, batch: int = 200
) -> Biased:
    """Return biases and factors after so many passes in random order, each step the sum over `batch` ratings.

    rank : r;  lam ≥ 0 : price of each rating's b², c², ‖u‖² and ‖v‖²;  rate : step for one rating, falling to 0 along a line
    With batches that are small beside m and n a row seldom occurs twice in one, and the sum is as good as single steps.
    Equation: eq-rating-gradient. Source: Koren, Bell & Volinsky (2009).
    """
    ratings, rng = validate.instance(ratings, Ratings, "ratings"), validate.generator(rng)
    rank, epochs = validate.whole(rank, "rank", low=1, high=500), validate.whole(epochs, "epochs", low=1, high=10_000)
    batch, lam = validate.whole(batch, "batch", low=1), validate.number(lam, "lam", low=0)
    rate = validate.number(rate, "rate", low=0, open_low=True)
    m, n = ratings.shape
    mean = float(ratings.values.mean())
    b, c = np.zeros(m), np.zeros(n)
    U, V = 0.1 * rng.normal(size=(m, rank)), 0.1 * rng.normal(size=(n, rank))
    starts = range(0, len(ratings), batch)
    steps, done = epochs * len(starts), 0
    with np.errstate(over="ignore", invalid="ignore"):
        for _ in range(epochs):
            order = rng.permutation(len(ratings))
            for start in starts:
                some = order[start : start + batch]
                u, i = ratings.rows[some], ratings.columns[some]
                Uu, Vi = U[u], V[i]
                e = mean + b[u] + c[i] + np.einsum("nr,nr->n", Uu, Vi) - ratings.values[some]
                step = rate * (1 - done / steps)
                np.add.at(b, u, -step * (e + lam * b[u]))
                np.add.at(c, i, -step * (e + lam * c[i]))
                np.add.at(U, u, -step * (e[:, None] * Vi + lam * Uu))
                np.add.at(V, i, -step * (e[:, None] * Uu + lam * Vi))
                done += 1
    for values in (b, c, U, V):
        if not np.isfinite(values).all() or np.abs(values).max() > 1e20:
            raise ValueError(f"the steps ran away: a rate of {rate:g} is too large for these ratings")
    return Biased(mean, b, c, U, V)
