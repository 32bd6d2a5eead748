"""Exercises of "No dictionary at all"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise

__all__ = ["keep_orthogonal", "partners_among", "profiles_say_nothing", "sorted_profiles"]


# ------------------------------------------------------------------------------------------- the orthogonality step
def _matrices(rng):
    yield case("a quarter turn, twice too long", np.array([[0.0, 2.0], [-2.0, 0.0]]), 0.1)
    yield case("a matrix that is not symmetric", np.array([[1.0, 0.5], [0.0, 0.5]]), 0.2)
    for d, beta in ((2, 0.5), (3, 0.01), (5, 0.05)):
        yield rng.normal(size=(d, d)) / np.sqrt(d), beta


@exercise(
    cases=_matrices,
    hints=(
        "Two terms: a little more of W than before, less of a product that is cubic in W.",
        "(1 + β)W − β(WWᵀ)W, with matrix products.",
        "(1 + beta) * W, less beta times the product of W, W.T and W.",
    ),
)
def keep_orthogonal(W, beta):
    """Return W after one step towards the orthogonal matrices.

    W : (d, d);  beta : β > 0, small;  returns (d, d)
    """
    return (1 + beta) * W - beta * (W @ W.T @ W)


@keep_orthogonal.mistake("The signs are turned round: this drives the singular values away from 1, not towards it.")
def _away(W, beta):
    return (1 - beta) * W + beta * (W @ W.T @ W)


@keep_orthogonal.mistake("W * W multiplies entry by entry. The cube here is a product of matrices: W @ W.T @ W.")
def _entrywise(W, beta):
    return (1 + beta) * W - beta * W * W * W


@keep_orthogonal.mistake("A factor is missing: you took off WWᵀ, which has squared singular values, and not (WWᵀ)W.")
def _squared(W, beta):
    return (1 + beta) * W - beta * (W @ W.T)


@keep_orthogonal.mistake(
    "The transpose stands in the wrong place: in W W Wᵀ the singular vectors do not meet. It is W Wᵀ W."
)
def _misplaced(W, beta):
    return (1 + beta) * W - beta * (W @ W @ W.T)


@keep_orthogonal.mistake("The first factor is 1 + β, not 1: without it the fixed point is 0, and W shrinks for ever.")
def _shrinks(W, beta):
    return W - beta * (W @ W.T @ W)


@keep_orthogonal.mistake("The term that is cubic in W is missing: −β W Wᵀ W holds the growth in check.")
def _only_growth(W, beta):
    return (1 + beta) * W


@keep_orthogonal.mistake(
    "That is the nearest orthogonal matrix, all the way in one go. One small step towards it is asked for."
)
def _all_the_way(W, beta):
    U, _, Vt = np.linalg.svd(W)
    return U @ Vt


# ----------------------------------------------------------------------------------------------------------- profiles
def _spaces(rng):
    yield case("three words on a line", np.array([[2.0], [-1.0], [1.0]]))
    yield case("orthogonal words of different lengths", np.diag([3.0, 1.0, 2.0]))
    for n, d in ((4, 2), (6, 3), (9, 4)):
        yield (rng.normal(size=(n, d)),)


def _root(X):
    U, s, _ = np.linalg.svd(X, full_matrices=False)
    return (U * s) @ U.T


@exercise(
    cases=_spaces,
    rtol=1e-6,  # through the eigenvalues of XXᵀ, which has zeros among them, half the digits are left
    hints=(
        "√(XXᵀ) is the symmetric matrix whose square is XXᵀ. The SVD of X knows it.",
        "X = UΣVᵀ gives XXᵀ = UΣ²Uᵀ, so its root is UΣUᵀ. Then sort within each row.",
        "U, s, _ = np.linalg.svd(X, full_matrices=False); (U * s) @ U.T is the root. np.sort has an axis.",
    ),
)
def sorted_profiles(X):
    """Return the profiles: each row of √(XXᵀ), sorted from the smallest to the largest.

    X : (n, d), n ≥ d;  returns (n, n)
    """
    U, s, _ = np.linalg.svd(X, full_matrices=False)
    return np.sort((U * s) @ U.T, axis=1)


@sorted_profiles.mistake(
    "The rows are not sorted yet. Unsorted, entry j belongs to word j, and word j is another one in the other space."
)
def _unsorted(X):
    return _root(X)


@sorted_profiles.mistake("You sorted down the columns. A profile is a word's row: axis=1.")
def _columns(X):
    return np.sort(_root(X), axis=0)


@sorted_profiles.mistake("That is XXᵀ itself, sorted. Take its root first: UΣUᵀ.")
def _no_root(X):
    return np.sort(X @ X.T, axis=1)


@sorted_profiles.mistake(
    "The root of a matrix is not the root of its entries, some of which are negative. Use the SVD: UΣUᵀ."
)
def _entries(X):
    G = X @ X.T
    return np.sort(np.sign(G) * np.sqrt(np.abs(G)), axis=1)


@sorted_profiles.mistake("The largest comes first here. The smallest should.")
def _falling(X):
    return np.sort(_root(X), axis=1)[:, ::-1]


@sorted_profiles.mistake("You sorted all entries together. Sort within each row: axis=1.")
def _all_together(X):
    return np.sort(_root(X), axis=None).reshape(len(X), len(X))


@sorted_profiles.mistake("You took the root of each entry. The root of the matrix is UΣUᵀ, from the SVD.")
def _root_of_sizes(X):
    return np.sort(np.sqrt(np.abs(X @ X.T)), axis=1)


# ---------------------------------------------------------------------------------------------- a share of the scores
def _tables(rng):
    yield case("all below zero", [[-0.5, -0.1, -0.3], [-0.2, -0.9, -0.4]], [[True, False, True], [False, True, True]])
    yield case("nothing kept in the first row", [[0.4, 0.2], [0.1, 0.3]], [[False, False], [True, True]])
    for n, m, share in ((3, 4, 0.5), (5, 5, 0.3), (4, 6, 0.2)):
        scores = [[round(rng.uniform(-1, 1), 4) for _ in range(m)] for _ in range(n)]
        yield scores, [[rng.random() < share for _ in range(m)] for _ in range(n)]


@exercise(
    cases=_tables,
    python_only=True,
    hints=(
        "For each row look only at the columns that are kept, and take the one with the largest score.",
        "A row of which nothing is kept has no partner: leave it out of the list.",
        "open = [j for j in range(len(row)) if keep[j]], and where it is not empty: max(open, key=lambda j: row[j]).",
    ),
)
def partners_among(scores, kept):
    """Return the pairs (i, j): for each row i the column j with the largest score among those kept, by rising i.

    scores : n lists of m different numbers;  kept : n lists of m booleans;  rows without any are left out
    """
    out = []
    for i, (row, keep) in enumerate(zip(scores, kept, strict=True)):
        open_ = [j for j in range(len(row)) if keep[j]]
        if open_:
            out.append((i, max(open_, key=lambda j: row[j])))
    return out


def _first_best(values):
    return max(range(len(values)), key=lambda j: values[j])


@partners_among.mistake(
    "You set the scores left out to 0. Where all others are negative, 0 is the largest. Leave them out, or use −∞."
)
def _zeros(scores, kept):
    return [
        (i, _first_best([s if k else 0 for s, k in zip(row, keep, strict=True)]))
        for i, (row, keep) in enumerate(zip(scores, kept, strict=True))
        if any(keep)
    ]


@partners_among.mistake("You took the best of all columns. Those that are not kept must not be looked at.")
def _all_columns(scores, kept):
    return [(i, _first_best(row)) for i, row in enumerate(scores)]


@partners_among.mistake("A row of which nothing is kept has no partner, but is in your list. Leave it out.")
def _empty_rows(scores, kept):
    return [
        (i, _first_best([s if k else float("-inf") for s, k in zip(row, keep, strict=True)]))
        for i, (row, keep) in enumerate(zip(scores, kept, strict=True))
    ]


@partners_among.mistake(
    "You choose the best of all and drop the row where that one is not kept. Choose the best of those that are kept."
)
def _drop_after(scores, kept):
    return [(i, _first_best(row)) for i, row in enumerate(scores) if kept[i][_first_best(row)]]


@partners_among.mistake("That place is counted among the kept columns only. Give the column's number in the whole row.")
def _place_among_kept(scores, kept):
    return [
        (i, _first_best([s for s, k in zip(row, keep, strict=True) if k]))
        for i, (row, keep) in enumerate(zip(scores, kept, strict=True))
        if any(keep)
    ]


@partners_among.mistake("True in `kept` means look at it; you looked at the others.")
def _turned(scores, kept):
    return [
        (i, _first_best([float("-inf") if k else s for s, k in zip(row, keep, strict=True)]))
        for i, (row, keep) in enumerate(zip(scores, kept, strict=True))
        if not all(keep)
    ]


@partners_among.mistake("You took the smallest score among those kept. The largest is asked for.")
def _smallest(scores, kept):
    return partners_among.function([[-s for s in row] for row in scores], kept)


@partners_among.mistake("The pairs are turned round: the row comes first, (i, j).")
def _pairs_turned(scores, kept):
    return [(j, i) for i, j in partners_among.function(scores, kept)]


@partners_among.mistake("A row without any kept column is left out of the list; yours has a None for it.")
def _none_for_empty(scores, kept):
    found = dict(partners_among.function(scores, kept))
    return [(i, found.get(i)) for i in range(len(scores))]


profiles_say_nothing = choice(
    "profiles_say_nothing",
    answer="c",
    why="√(XXᵀ) is then the identity: every word has the profile 0, …, 0, 1. Whatever permutes the words leaves the space as it is, so nothing in the space itself can tell them apart, and no method without a dictionary can.",
    feedback={
        "a": "A turn changes no inner product, so it leaves √(XXᵀ), and with it every profile, as it was.",
        "b": "Lengths differ, but each row of the profile is normalised afterwards, and normalise has made the words equally long before. What is left still differs from word to word.",
        "d": "Shuffling the words permutes the rows and columns of √(XXᵀ). Sorting each row makes that harmless: it is what the sorting is for.",
    },
    hints=(
        "Compute √(XXᵀ) for two or three words of each space.",
        "When are all rows of √(XXᵀ) the same after sorting?",
        "What does a space look like that stays the same when any two of its words change places?",
    ),
)
