"""Exercises of "Two spaces, one dictionary"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise

__all__ = ["csls_table", "fit_rotation", "fits_all_translates_nothing", "mutual_pairs"]


# --------------------------------------------------------------------------------------------------- Procrustes
def _clouds(rng):
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    X = np.array([[2.0, 0.0], [0.0, 1.0], [1.0, 1.0]])
    yield case("a quarter turn", X, X @ turn)
    yield case("a mirror", X, X * [1.0, -1.0])
    yield case("stretched besides", X, 3 * X @ turn)
    for n, d in ((6, 3), (10, 4), (30, 5)):
        X = rng.normal(size=(n, d))
        Q = np.linalg.qr(rng.normal(size=(d, d)))[0]
        yield X, X @ Q * rng.uniform(0.5, 2.0, size=d) + 0.1 * rng.normal(size=(n, d))


@exercise(
    cases=_clouds,
    hints=(
        "Minimising ‖XW − Y‖ over orthogonal W is maximising tr(WᵀXᵀY). Which decomposition turns that into a diagonal?",
        "With XᵀY = UΣVᵀ the trace is tr(ΣVᵀWᵀU), largest where VᵀWᵀU = I.",
        "U, s, Vt = np.linalg.svd(X.T @ Y), and two of the three make W.",
    ),
)
def fit_rotation(X, Y):
    """Return the orthogonal W for which ‖XW − Y‖_F is smallest.

    X, Y : (n, d), row i of Y the translation of row i of X, XᵀY invertible
    returns W : (d, d)
    """
    U, _, Vt = np.linalg.svd(X.T @ Y)
    return U @ Vt


@fit_rotation.mistake(
    "This W takes Y to X: you have the transpose, VUᵀ. It is right for vectors in columns; ours are rows."
)
def _transposed(X, Y):
    U, _, Vt = np.linalg.svd(X.T @ Y)
    return (U @ Vt).T


@fit_rotation.mistake("Σ is still in it: U Σ Vᵀ is XᵀY again, and not orthogonal. Leave the singular values out.")
def _with_singular_values(X, Y):
    return X.T @ Y


@fit_rotation.mistake("That is the least squares map. It may stretch and shear; W must be orthogonal.")
def _least_squares(X, Y):
    return np.linalg.lstsq(X, Y, rcond=None)[0]


@fit_rotation.mistake(
    "You allowed rotations only, determinant 1. An orthogonal matrix may mirror too, and here that fits better."
)
def _no_mirrors(X, Y):
    U, _, Vt = np.linalg.svd(X.T @ Y)
    U = U.copy()
    U[:, -1] *= np.sign(np.linalg.det(U @ Vt))
    return U @ Vt


@fit_rotation.mistake("NumPy's svd returns Vᵀ, not V: transposing it once more spoils the product.")
def _v_for_vt(X, Y):
    U, _, Vt = np.linalg.svd(X.T @ Y)
    return U @ Vt.T


@fit_rotation.mistake("A scale was fitted too. W has to be orthogonal: leave the factor out.")
def _scaled(X, Y):
    U, s, Vt = np.linalg.svd(X.T @ Y)
    return U @ Vt * s.sum() / np.sum(X**2)


@fit_rotation.mistake(
    "QR makes the least squares map orthogonal, but not to the nearest one: that is UVᵀ from the SVD of XᵀY."
)
def _orthogonalised(X, Y):
    return np.linalg.qr(np.linalg.lstsq(X, Y, rcond=None)[0])[0]


# ---------------------------------------------------------------------------------------------------------- CSLS
def _cosine_tables(rng):
    yield case("a hub in the first column", [[0.8, 0.7, 0.1], [0.9, 0.2, 0.6], [0.9, 0.3, 0.4]], 2)
    yield case("one neighbour", [[0.5, 0.25], [0.75, -0.5]], 1)
    for n, m, k in ((3, 5, 2), (5, 3, 3), (6, 6, 4)):
        yield [[round(rng.uniform(-1, 1), 3) for _ in range(m)] for _ in range(n)], k


def _csls(cosines, k, *, factor=2, swap=False, everyone=False, sign=-1, columns=True):
    top = lambda values: sum(values if everyone else sorted(values)[-k:]) / (len(values) if everyone else k)
    rows, cols = [top(row) for row in cosines], [top(col) for col in zip(*cosines, strict=True)]
    if swap:
        rows, cols = [cols[i % len(cols)] for i in range(len(rows))], [rows[j % len(rows)] for j in range(len(cols))]
    return [
        [factor * c + sign * (rows[i] + (cols[j] if columns else 0)) for j, c in enumerate(row)]
        for i, row in enumerate(cosines)
    ]


@exercise(
    cases=_cosine_tables,
    python_only=True,
    hints=(
        "Each row has a crowd, and each column has one: the mean of its k largest cosines.",
        "rows[i] is the mean of the k largest of cosines[i]; cols[j] of the column j. The entry is 2c − rows[i] − cols[j].",
        "top = lambda values: sum(sorted(values)[-k:]) / k; the columns are zip(*cosines)",
    ),
)
def csls_table(cosines, k):
    """Return the table of CSLS scores for a table of cosines.

    cosines : n lists of m numbers, row a source word, column a target word
    k : at most n and m;  returns n lists of m numbers
    """
    top = lambda values: sum(sorted(values)[-k:]) / k
    rows, cols = [top(row) for row in cosines], [top(col) for col in zip(*cosines, strict=True)]
    return [[2 * c - rows[i] - cols[j] for j, c in enumerate(row)] for i, row in enumerate(cosines)]


@csls_table.mistake("The cosine counts twice, 2cos − r − r: two crowds are taken off.")
def _once(cosines, k):
    return _csls(cosines, k, factor=1)


@csls_table.mistake("You averaged over all words. The crowd is local: the k largest cosines only.")
def _all(cosines, k):
    return _csls(cosines, k, everyone=True)


@csls_table.mistake("You added the crowds: that rewards hubs. Take them off.")
def _rewarded(cosines, k):
    return _csls(cosines, k, sign=1)


@csls_table.mistake(
    "You took off the crowd of the row only. It lowers a whole row alike and changes no ranking: the column's does."
)
def _rows_only(cosines, k):
    return _csls(cosines, k, columns=False)


@csls_table.mistake("The two crowds are exchanged: row i has the crowd of row i, column j that of column j.")
def _exchanged(cosines, k):
    return _csls(cosines, k, swap=True)


@csls_table.mistake("You averaged the k smallest cosines. The crowd are the k largest.")
def _smallest(cosines, k):
    top = lambda values: sum(sorted(values)[:k]) / k
    rows, cols = [top(row) for row in cosines], [top(col) for col in zip(*cosines, strict=True)]
    return [[2 * c - rows[i] - cols[j] for j, c in enumerate(row)] for i, row in enumerate(cosines)]


@csls_table.mistake("You took off the single largest cosine whatever k is: the mean of the k largest is asked for.")
def _largest_alone(cosines, k):
    return csls_table.function(cosines, 1)


@csls_table.mistake("The crowd is a mean: divide the sum of the k largest by k.")
def _sums(cosines, k):
    top = lambda values: sum(sorted(values)[-k:])
    rows, cols = [top(row) for row in cosines], [top(col) for col in zip(*cosines, strict=True)]
    return [[2 * c - rows[i] - cols[j] for j, c in enumerate(row)] for i, row in enumerate(cosines)]


# ------------------------------------------------------------------------------------------------ mutual neighbours
def _score_tables(rng):
    yield case("a hub", [[0.9, 0.1, 0.3], [0.8, 0.7, 0.2], [0.7, 0.4, 0.6]])
    yield case("one word each", [[-0.5]])
    yield case("more targets than sources", [[0.1, 0.2, 0.9, 0.3], [0.4, 0.3, 0.8, 0.35]])
    for n, m in ((4, 4), (6, 5), (5, 8)):
        yield ([[round(rng.uniform(-1, 1), 4) for _ in range(m)] for _ in range(n)],)


@exercise(
    cases=_score_tables,
    python_only=True,
    hints=(
        "Two choices: each row chooses a column, each column chooses a row. Keep the pairs that agree.",
        "forth[i] is the place of the largest entry of row i; back[j] that of column j. Keep (i, forth[i]) where back[forth[i]] == i.",
        "best = lambda values: max(range(len(values)), key=lambda t: values[t]); forth = [best(r) for r in scores]; back = [best(c) for c in zip(*scores)]",
    ),
)
def mutual_pairs(scores):
    """Return the pairs (i, j) of rows and columns that choose each other, by rising i.

    scores : n lists of m different numbers;  returns a list of tuples (i, j)
    """
    best = lambda values: max(range(len(values)), key=lambda t: values[t])
    forth, back = [best(row) for row in scores], [best(column) for column in zip(*scores, strict=True)]
    return [(i, j) for i, j in enumerate(forth) if back[j] == i]


def _best(values):
    return max(range(len(values)), key=lambda t: values[t])


@mutual_pairs.mistake("Every row's choice is in your list. Keep it only where the column chooses that row too.")
def _one_way(scores):
    return [(i, _best(row)) for i, row in enumerate(scores)]


@mutual_pairs.mistake("Every column's choice is in your list. Keep it only where the row chooses that column too.")
def _other_way(scores):
    return sorted((_best(column), j) for j, column in enumerate(zip(*scores, strict=True)))


@mutual_pairs.mistake("The pairs are turned round: the row comes first, (i, j).")
def _turned(scores):
    back = [_best(column) for column in zip(*scores, strict=True)]
    return [(_best(row), i) for i, row in enumerate(scores) if back[_best(row)] == i]


@mutual_pairs.mistake(
    "You let every target be chosen once, by the first row that wants it. Mutual means that the target wants the row."
)
def _first_come(scores):
    taken, out = set(), []
    for i, row in enumerate(scores):
        if (j := _best(row)) not in taken:
            taken.add(j)
            out.append((i, j))
    return out


@mutual_pairs.mistake("You looked for the smallest scores. The choice is the largest.")
def _smallest_pairs(scores):
    return mutual_pairs.function([[-s for s in row] for row in scores])


@mutual_pairs.mistake("All is right but the order: by rising i, not by rising j.")
def _by_column(scores):
    return sorted(mutual_pairs.function(scores), key=lambda pair: pair[1])


fits_all_translates_nothing = choice(
    "fits_all_translates_nothing",
    answer="c",
    why="With as many pairs as dimensions XW = Y has exactly one solution. It fits the pairs, noise and all, and where X is nearly singular it does so with huge coefficients, which throw every other word far off. An orthogonal map has no coefficients to blow up.",
    feedback={
        "a": "A rotation has about d²/2 numbers to find and is learned from the same 100 pairs.",
        "b": "The right solution was found: it fits all 100 pairs. That is the trouble.",
        "d": "Retrieval is the same for both maps, and CSLS does not save this one.",
    },
    hints=(
        "How large is ‖XW − Y‖ on the 100 pairs themselves?",
        "A line through two points, a cubic through four: where did the regularization chapter meet this?",
        "What do small singular values of X do to the W that fits everything?",
    ),
)
