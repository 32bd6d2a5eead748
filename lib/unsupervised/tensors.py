"""Arrays with many indices as trains of small ones: unfoldings, TT-SVD, sums and products of trains, rounding; and Tucker's form.

Source: Oseledets (2011), Tensor-train decomposition; De Lathauwer, De Moor, Vandewalle (2000) for Tucker's form by SVD.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lib.book import validate

__all__ = ["TensorTrain", "Tucker", "add", "hosvd", "inner", "multiply", "rank_one", "rounded", "tt_svd", "unfolding"]

MOST = 10**8  # entries that are ever written out


def unfolding(A, k: int) -> np.ndarray:
    """Return A's k-th unfolding (n₁ ⋯ n_k, n_{k+1} ⋯ n_d): its first k indices count the rows, the others the columns.

    A : (n₁, …, n_d), d ≥ 2;  k : 1 … d − 1;  the last index runs fastest, as in memory
    Equation: eq-unfolding. Raises ValueError for another k.
    """
    A = validate.array(A, "A")
    if A.ndim < 2:
        raise ValueError(f"A must have at least two indices, but has {A.ndim}")
    k = validate.whole(k, "k", low=1, high=A.ndim - 1)
    return A.reshape(math.prod(A.shape[:k]), -1)


def kept(sigma: np.ndarray, error: float) -> int:
    """Return the smallest r ≥ 1 with σ_{r+1}² + … + σ_p² ≤ error²."""
    tails = np.sqrt(np.cumsum(sigma[::-1] ** 2))[::-1]  # tails[r] is what keeping r loses
    return max(1, int(np.count_nonzero(tails > error)))


@dataclass(frozen=True)
class TensorTrain:
    """An array (n₁, …, n_d) whose entry (i₁, …, i_d) is the product of d small matrices, G₁(i₁) ⋯ G_d(i_d).

    cores : for each index an array (r_{k−1}, n_k, r_k), with r₀ = r_d = 1
    Equation: eq-train. Raises ValueError where neighbouring cores do not fit.
    """

    cores: tuple[np.ndarray, ...]

    def __post_init__(self):
        if not isinstance(self.cores, Sequence) or not self.cores:
            raise TypeError("cores must be a tuple of at least one array (r, n, r')")
        cores = tuple(validate.array(core, f"cores[{k}]", 3) for k, core in enumerate(self.cores))
        ends = [1, *(core.shape[2] for core in cores)]
        for k, core in enumerate(cores):
            if core.shape[0] != ends[k]:
                raise ValueError(
                    f"cores[{k}] has shape {core.shape}, but must begin with {ends[k]}, as the one before it ends"
                )
        if ends[-1] != 1:
            raise ValueError(f"the last core must end with 1, but has shape {cores[-1].shape}")
        object.__setattr__(self, "cores", cores)

    @property
    def shape(self) -> tuple[int, ...]:
        """(n₁, …, n_d)."""
        return tuple(core.shape[1] for core in self.cores)

    @property
    def ranks(self) -> tuple[int, ...]:
        """(r₁, …, r_{d−1}): the two ends, which are 1, are left out."""
        return tuple(core.shape[2] for core in self.cores[:-1])

    @property
    def size(self) -> int:
        """How many numbers the cores hold. Equation: eq-train-size."""
        return sum(core.size for core in self.cores)

    def entries(self, places) -> np.ndarray:
        """Return the entries (M,) at M places (M, d), each a row of d indices."""
        places = validate.indices(places, "places", 2)
        if places.shape[1] != len(self.cores):
            raise ValueError(f"places must have {len(self.cores)} columns, one an index, but has shape {places.shape}")
        row = np.ones((len(places), 1, 1))
        for core, at in zip(self.cores, places.T, strict=True):
            at = validate.indices(at, "places", 1, core.shape[1])
            row = row @ core[:, at].swapaxes(0, 1)  # (M, 1, r)
        return validate.result(row[:, 0, 0], "an entry")

    def full(self) -> np.ndarray:
        """Return the array (n₁, …, n_d) itself; raises ValueError where that is more than 10⁸ entries."""
        if math.prod(self.shape) > MOST:
            raise ValueError(
                f"the whole array would have {math.prod(self.shape):.1e} entries; ask for some, with entries(places)"
            )
        with np.errstate(over="ignore", invalid="ignore"):
            out = functools.reduce(lambda left, core: np.tensordot(left, core, 1), self.cores)
        return validate.result(out[0, ..., 0], "the array")


def tt_svd(A, eps: float = 1e-12) -> TensorTrain:
    """Return a train with ‖A − train‖_F ≤ eps ‖A‖_F, by d − 1 singular value decompositions from left to right.

    A : (n₁, …, n_d);  eps ≥ 0, relative error; each SVD may drop eps ‖A‖_F / √(d − 1)
    Equation: eq-tt-svd. Source: Oseledets (2011), algorithm 1.
    """
    A = validate.array(A, "A", within=validate.SAFE)
    if not A.ndim:
        raise ValueError("A must have at least one index, but is a number")
    eps = validate.number(eps, "eps", low=0.0)
    drop = eps * np.linalg.norm(A) / math.sqrt(max(A.ndim - 1, 1))
    cores, rank, rest = [], 1, A
    for n in A.shape[:-1]:
        U, s, Vt = np.linalg.svd(rest.reshape(rank * n, -1), full_matrices=False)
        r = kept(s, drop)
        cores.append(U[:, :r].reshape(rank, n, r))
        rank, rest = r, s[:r, None] * Vt[:r]
    return TensorTrain((*cores, rest.reshape(rank, A.shape[-1], 1)))


def rank_one(vectors) -> TensorTrain:
    """Return the train with entries v₁(i₁) v₂(i₂) ⋯ v_d(i_d), all ranks 1: d vectors, one an index."""
    if not isinstance(vectors, Sequence) or not len(vectors):
        raise TypeError("vectors must be a list of at least one vector")
    return TensorTrain(tuple(validate.vector(v, "a vector").reshape(1, -1, 1) for v in vectors))


def _pair(a, b) -> tuple[TensorTrain, TensorTrain]:
    for name, train in (("a", a), ("b", b)):
        validate.instance(train, TensorTrain, name)
    if a.shape != b.shape:
        raise ValueError(f"a and b must have the same shape, but have {a.shape} and {b.shape}")
    return a, b


def add(a: TensorTrain, b: TensorTrain) -> TensorTrain:
    """Return the train of a + b, exactly: its ranks are the sums of theirs. Equation: eq-train-sum."""
    a, b = _pair(a, b)
    if len(a.cores) == 1:
        return TensorTrain((a.cores[0] + b.cores[0],))
    cores = []
    for k, (G, H) in enumerate(zip(a.cores, b.cores, strict=True)):
        first, last = k == 0, k == len(a.cores) - 1
        rows = 1 if first else G.shape[0] + H.shape[0]
        columns = 1 if last else G.shape[2] + H.shape[2]
        both = np.zeros((rows, G.shape[1], columns))
        both[: G.shape[0], :, : G.shape[2]] = G
        both[rows - H.shape[0] :, :, columns - H.shape[2] :] = H
        cores.append(both)
    return TensorTrain(tuple(cores))


def multiply(a: TensorTrain, b: TensorTrain) -> TensorTrain:
    """Return the train of a ∘ b, entry by entry, exactly: its ranks are the products of theirs. Equation: eq-train-product."""
    a, b = _pair(a, b)
    return TensorTrain(
        tuple(
            np.einsum("aib,cid->acibd", G, H).reshape(G.shape[0] * H.shape[0], G.shape[1], -1)
            for G, H in zip(a.cores, b.cores, strict=True)
        )
    )


def inner(a: TensorTrain, b: TensorTrain) -> float:
    """Return the sum of a ∘ b over all entries, without writing one of them out. Equation: eq-train-inner."""
    a, b = _pair(a, b)
    M = np.ones((1, 1))
    with np.errstate(over="ignore", invalid="ignore"):
        for G, H in zip(a.cores, b.cores, strict=True):
            M = np.tensordot(G, np.tensordot(M, H, 1), ((0, 1), (0, 1)))  # (r_k of a, r_k of b)
    return float(validate.result(M[0, 0], "the inner product"))


def rounded(train: TensorTrain, eps: float = 1e-12) -> TensorTrain:
    """Return a train of smaller ranks within eps ‖train‖_F of the given one, by its cores alone.

    From right to left QR makes the cores orthogonal, so that from left to right each SVD sees the error of the whole array.
    Source: Oseledets (2011), algorithm 2.
    """
    validate.instance(train, TensorTrain, "train")
    eps = validate.number(eps, "eps", low=0.0)
    cores = list(train.cores)
    for k in range(len(cores) - 1, 0, -1):
        r, n, after = cores[k].shape
        Q, R = np.linalg.qr(cores[k].reshape(r, n * after).T)
        cores[k] = Q.T.reshape(-1, n, after)
        cores[k - 1] = validate.result(np.tensordot(cores[k - 1], R.T, 1), "a core")
    drop = eps * np.linalg.norm(cores[0]) / math.sqrt(max(len(cores) - 1, 1))
    for k in range(len(cores) - 1):
        before, n, r = cores[k].shape
        U, s, Vt = np.linalg.svd(cores[k].reshape(before * n, r), full_matrices=False)
        r = kept(s, drop)
        cores[k] = U[:, :r].reshape(before, n, r)
        cores[k + 1] = np.tensordot(s[:r, None] * Vt[:r], cores[k + 1], 1)
    return TensorTrain(tuple(cores))


@dataclass(frozen=True)
class Tucker:
    """An array (n₁, …, n_d) as a small one, each index of which is spread by a matrix.

    core : (r₁, …, r_d);  factors : d matrices (n_k, r_k)
    Equation: eq-tucker
    """

    core: np.ndarray
    factors: tuple[np.ndarray, ...]

    def __post_init__(self):
        core = validate.array(self.core, "core")
        if not isinstance(self.factors, Sequence) or len(self.factors) != core.ndim:
            raise ValueError(f"factors must be {core.ndim} matrices, one for each index of the core")
        factors = tuple(validate.array(F, f"factors[{k}]", 2) for k, F in enumerate(self.factors))
        for k, (F, r) in enumerate(zip(factors, core.shape, strict=True)):
            if F.shape[1] != r:
                raise ValueError(
                    f"factors[{k}] must have {r} columns, as the core has entries there, but has {F.shape[1]}"
                )
        object.__setattr__(self, "core", core)
        object.__setattr__(self, "factors", factors)

    @property
    def size(self) -> int:
        """How many numbers core and factors hold."""
        return self.core.size + sum(F.size for F in self.factors)

    def full(self) -> np.ndarray:
        """Return the array (n₁, …, n_d) itself; raises ValueError where that is more than 10⁸ entries."""
        if math.prod(len(F) for F in self.factors) > MOST:
            raise ValueError("the whole array would have more than 10⁸ entries")
        with np.errstate(over="ignore", invalid="ignore"):
            return validate.result(_spread(self.core, self.factors), "the array")


def _spread(core: np.ndarray, factors: Sequence[np.ndarray]) -> np.ndarray:
    """Multiply each index of `core` by its matrix: the first is used up each time, and its result put last."""
    return functools.reduce(lambda A, F: np.tensordot(A, F, (0, 1)), factors, core)


def hosvd(A, ranks) -> Tucker:
    """Return Tucker's form of A with the given ranks: for each index the leading left singular vectors of that index's matrix.

    A : (n₁, …, n_d);  ranks : d whole numbers, 1 … n_k;  its squared error is at most d times the best one's
    Source: De Lathauwer, De Moor, Vandewalle (2000).
    """
    A = validate.array(A, "A", within=validate.SAFE)
    ranks = validate.indices(ranks, "ranks", 1)
    if len(ranks) != A.ndim or not A.ndim:
        raise ValueError(f"ranks must be {A.ndim} whole numbers, one for each index of A, but there are {len(ranks)}")
    factors = []
    for k, (n, r) in enumerate(zip(A.shape, ranks, strict=True)):
        r = validate.whole(int(r), f"ranks[{k}]", low=1, high=n)
        side = np.moveaxis(A, k, 0).reshape(n, -1)
        U = np.linalg.svd(side, full_matrices=False)[0]
        factors.append(U[:, :r])
    if any(F.shape[1] < r for F, r in zip(factors, ranks, strict=True)):
        raise ValueError("a rank is larger than the product of the other sizes of A")
    return Tucker(_spread(A, [F.T for F in factors]), tuple(factors))
