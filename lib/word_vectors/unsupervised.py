"""Two spaces brought together without a dictionary: VecMap's start from similarities, its self-learning, and a criterion.

Rows are word vectors, the most frequent words first. Only numpy is needed here; the adversary is in `adversarial`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from lib.book import validate
from lib.word_vectors.alignment import csls, dictionary_of, normalise, procrustes, vectors_of
from lib.word_vectors.search import largest_values


def similarity_profile(X) -> np.ndarray:
    """Return for each row of X (n, d) its similarities with all rows, sorted, and the rows then normalised: (n, n).

    The similarities are those of √(XXᵀ). Turning the space changes nothing in a profile, and neither does another order of the words:
    what it says of a word can be compared with profiles from a space that has nothing else in common.
    Artetxe, Labaka, Agirre 2018 (ACL). Equation: eq-profile
    """
    U, s, _ = np.linalg.svd(vectors_of(X, "X"), full_matrices=False)
    return normalise(np.sort((U * s) @ U.T, axis=1))  # X = UΣVᵀ gives √(XXᵀ) = UΣUᵀ


def first_dictionary(X, Y, k: int = 10) -> np.ndarray:
    """Return pairs of rows (p, 2) whose profiles are most alike by CSLS, searched from both sides; each pair once.

    X : (n, d);  Y : (m, e), of which the first min(n, m) rows are used, so that the profiles are equally long
    """
    X, Y = vectors_of(X, "X"), vectors_of(Y, "Y")
    n = min(len(X), len(Y))
    A, B = similarity_profile(X[:n]), similarity_profile(Y[:n])
    k = min(validate.whole(k, "k", low=1), n)
    forth, back = csls(A, B, k)[0][:, 0], csls(B, A, k)[0][:, 0]
    i = np.arange(n)
    return np.unique(np.concatenate([np.column_stack([i, forth]), np.column_stack([back, i])]), axis=0)


@dataclass(frozen=True, eq=False)
class SelfLearning:
    """How `vecmap` came to W (d, d): `pairs` (p, 2), its last dictionary, and one entry a step of the rest.

    objective : mean cosine of the dictionary's pairs, before they are chosen anew;  kept : the share of cosines looked at
    """

    W: np.ndarray
    pairs: np.ndarray
    objective: np.ndarray
    kept: np.ndarray


def vecmap(
    X,
    Y,
    pairs=None,
    *,
    k: int = 10,
    frequent: int = 4000,
    share: float = 0.1,
    patience: int = 50,
    tol: float = 1e-6,
    seed: int = 0,
    report: Callable[[float], None] | None = None,
) -> SelfLearning:
    """Return an orthogonal W (d, d) that brings X (n, d) to Y (m, d), found without a dictionary, or from the `pairs` given.

    Each step fits W to the dictionary, then makes a new one: for each of the `frequent` first words of either side the best
    partner by CSLS among a random `share` of the other side. When no step has raised the objective by `tol` for
    `patience` steps the share is doubled; at 1, that ends it.

    X, Y : best prepared by `alignment.normalise`;  pairs : (p, 2), rows of X and of Y, or None: then `first_dictionary`
    report : is told how far it is, 0 to 1. Artetxe, Labaka, Agirre 2018 (ACL). Equations: eq-self-learning, eq-objective
    """
    X, Y = normalise(X), normalise(Y)
    if X.shape[1] != Y.shape[1]:
        raise ValueError(f"X has {X.shape[1]} dimensions and Y {Y.shape[1]}: an orthogonal map needs as many in both")
    share = validate.number(share, "share", low=0, open_low=True, high=1)
    tol = validate.number(tol, "tol", low=0)
    patience, k = validate.whole(patience, "patience", low=1), validate.whole(k, "k", low=1)
    frequent = validate.whole(frequent, "frequent", low=2)
    A, B = X[:frequent], Y[:frequent]
    k = min(k, len(A), len(B))
    pairs = first_dictionary(A, B, k) if pairs is None else dictionary_of(pairs, X, Y)
    rng = np.random.default_rng(validate.whole(seed, "seed", low=0))
    levels = 1 + int(np.ceil(np.log2(1 / share)))
    best, since, level, objective, kept = -np.inf, 0, 0, [], []
    while True:
        W = procrustes(X[pairs[:, 0]], Y[pairs[:, 1]]).astype(X.dtype)
        S = (A @ W) @ B.T
        objective.append(float(S.max(axis=1).mean() + S.max(axis=0).mean()) / 2)
        kept.append(share)
        since += 1
        if objective[-1] >= best + tol:
            best, since = objective[-1], 0
        elif since > patience:
            level += 1
            if report:
                report(level / levels)
            if share >= 1:
                return SelfLearning(W, pairs, np.array(objective), np.array(kept))
            share, since = min(1.0, 2 * share), 0
        pairs = _partners(S, k, share, rng)


def criterion(X, Y, W, k: int = 10, frequent: int = 10_000) -> float:
    """Return how alike the words of X, moved by W, and their translations are: the mean cosine of the pairs that CSLS chooses.

    It needs no dictionary, and so can choose among maps. X : (n, d);  Y : (m, d);  W : (d, d);  frequent : only the first words of
    X are asked. Conneau, Lample, Ranzato, Denoyer, Jégou 2018. Equation: eq-criterion
    """
    X, Y = validate.matrix(X, "X")[: validate.whole(frequent, "frequent", low=1)], validate.matrix(Y, "Y")
    W = validate.matrix(W, "W", within=validate.BELOW)
    if W.shape != (X.shape[1], Y.shape[1]):
        raise ValueError(f"W must have the shape {(X.shape[1], Y.shape[1])}, but its shape is {W.shape}")
    moved = X @ W
    rows = csls(moved, Y, min(validate.whole(k, "k", low=1), len(X), len(Y)))[0][:, 0]
    partners = Y[rows]
    lengths = np.linalg.norm(moved, axis=1) * np.linalg.norm(partners, axis=1)
    return float(np.mean(np.sum(moved * partners, axis=1) / lengths))


def orthogonality_step(W, beta: float = 0.01) -> np.ndarray:
    """Return (1 + β)W − β(WWᵀ)W, (d, d): the same singular vectors, singular values nearer to 1.

    W : (d, d), its singular values below √((1 + β)/β), or they change sign;  β : in (0, 1]. Cissé et al. 2017. Equation: eq-orthogonality-step
    """
    W, beta = (
        validate.matrix(W, "W", within=validate.BELOW),
        validate.number(beta, "beta", low=0, open_low=True, high=1),
    )
    if W.shape[0] != W.shape[1]:
        raise ValueError(f"W must be square, but its shape is {W.shape}")
    return pulled(W, beta)


def pulled(W, beta: float):
    """Return the `orthogonality_step` of W (d, d), an array or a tensor; nothing is checked."""
    return (1 + beta) * W - beta * (W @ W.T @ W)


def _partners(S: np.ndarray, k: int, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return each row's and each column's best partner by CSLS among a random share of the entries of S (n, m)."""
    T = np.ascontiguousarray(S.T)
    rows, columns = (largest_values(table, k).mean(axis=1) for table in (S, T))
    S -= columns / 2
    T -= rows / 2
    if share < 1:
        for table in (S, T):
            table[rng.random(table.shape, dtype=np.float32) >= share] = -np.inf
    i, j = np.arange(len(S)), np.arange(len(T))
    return np.concatenate([np.column_stack([i, S.argmax(axis=1)]), np.column_stack([T.argmax(axis=1), j])])
