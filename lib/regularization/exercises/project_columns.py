"""The project "The few that matter": steps, and the goal that is measured on tables kept back."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.exercises import case, choice, exercise, goal, prediction
from lib.regularization import lasso

__all__ = [
    "columns_of_the_lasso",
    "false_finds",
    "found_again",
    "score_of_a_choice",
    "the_few_that_matter",
    "what_agreement_shows",
]

TUMOURS, COPIES, TABLES = 120, 8, 20  # of a table: rows, shuffled columns for each real one; how many are kept back
NOISE = 0.8  # the standard deviation of what no column explains
KEPT_BACK = 2000  # the seeds of the tables kept back start here


def planted_table(seed: int) -> tuple[np.ndarray, np.ndarray, frozenset[int]]:
    """Return A (120, 135), y (120,) and the numbers of the columns from which y was made, 2 to 8 of them.

    Fifteen columns are measurements of tumours (logarithms; of two that tell nearly the same only the first), 120 are
    such columns with their rows shuffled. y is a sum of some of the fifteen with signs, and noise of standard deviation
    0.8. All columns have mean 0 and standard deviation 1, y has mean 0; the columns come in random order.
    """
    rng = np.random.default_rng(seed)
    real = _measurements()[rng.permutation(569)[:TUMOURS]]
    A = np.hstack([real, *(rng.permuted(real, axis=0) for _ in range(COPIES))])
    A = (A - A.mean(axis=0)) / A.std(axis=0)
    few = rng.choice(real.shape[1], rng.integers(2, 9), replace=False)
    y = A[:, few] @ rng.choice([-1.0, 1.0], len(few)) + NOISE * rng.normal(size=TUMOURS)
    order = rng.permutation(A.shape[1])
    return A[:, order], y - y.mean(), frozenset(np.flatnonzero(np.isin(order, few)).tolist())


@cache
def _measurements() -> np.ndarray:
    """The logarithms of the thirty measurements, those left out that correlate by 0.8 or more with one before them."""
    X = np.log(datasets.breast_cancer().X + 1e-3)
    alike = np.abs(np.corrcoef(X.T))
    kept: list[int] = []
    for column in range(X.shape[1]):
        if (alike[column, kept] < 0.8).all():
            kept.append(column)
    return X[:, kept]


def chosen_by_folds(A, y) -> list[int]:
    """Return the columns that the lasso keeps at the λ with the smallest error in five folds."""
    parts = np.array_split(np.random.default_rng(0).permutation(len(y)), 5)
    lams, errors = lasso.lambda_max(A, y) * np.geomspace(1, 0.01, 20), np.zeros(20)
    for part in parts:
        rest = np.setdiff1d(np.arange(len(y)), part)
        W = lasso.lasso_path(A[rest], y[rest], lams * len(rest) / len(y))  # (20, D)
        errors += ((A[part] @ W.T - y[part][:, None]) ** 2).sum(axis=0)
    return np.flatnonzero(lasso.lasso(A, y, lams[errors.argmin()])).tolist()


# ---------------------------------------------------------------------------------------------------------- step 1
def _choices(rng):
    yield case("nothing is chosen", [], [1, 2])
    yield case("nothing is there and nothing chosen", [], [])
    yield case("something is chosen where nothing matters", [1, 2], [])
    yield case("all of it", [3, 1, 4], [4, 1, 3])
    yield case("none of it", [1, 2], [3])
    yield case("one column is named twice", [5, 5, 2], [5, 7, 9])
    for _ in range(4):
        yield rng.sample(range(8), rng.randint(1, 6)), rng.sample(range(8), rng.randint(1, 6))


@exercise(
    cases=_choices,
    python_only=True,
    hints=(
        "Two things can go wrong: columns that are missed, and columns that do not belong. Count what both lists share.",
        "Twice the number shared, divided by the number chosen plus the number that matter; two empty choices agree.",
        "With sets: 2 * len(chosen & few) over len(chosen) + len(few), and an if for the case that this is 0.",
    ),
)
def score_of_a_choice(chosen, few):
    """Return 2 · (how many columns are in both) / (how many were chosen + how many matter): 1 is perfect.

    chosen, few : lists of column numbers, a number named twice counts once;  two empty lists score 1
    """
    chosen, few = set(chosen), set(few)
    total = len(chosen) + len(few)
    return 2 * len(chosen & few) / total if total else 1.0


@score_of_a_choice.mistake("That is the share of the chosen that matter. Whoever names one sure column would get 1.")
def _precision(chosen, few):
    chosen, few = set(chosen), set(few)
    return len(chosen & few) / len(chosen) if chosen else float(not few)


@score_of_a_choice.mistake("That is the share of those that matter which were found. Whoever names all would get 1.")
def _recall(chosen, few):
    chosen, few = set(chosen), set(few)
    return len(chosen & few) / len(few) if few else float(not chosen)


@score_of_a_choice.mistake(
    "You divided by the number in either list, counted once. Here each list is counted, and the shared ones twice."
)
def _overlap(chosen, few):
    chosen, few = set(chosen), set(few)
    return len(chosen & few) / len(chosen | few) if chosen | few else 1.0


@score_of_a_choice.mistake("A column that is named twice counts once: make sets first.")
def _lists(chosen, few):
    total = len(chosen) + len(few)
    return 2 * len(set(chosen) & set(few)) / total if total else 1.0


# ---------------------------------------------------------------------------------------------------------- step 2
FRACTIONS = np.geomspace(1, 0.05, 12)


def _with_few(rng):
    for n, d, most in ((12, 6, 2), (20, 9, 3), (15, 20, 4)):
        A = rng.normal(size=(n, d))
        A = (A - A.mean(axis=0)) / A.std(axis=0)
        y = A[:, :3] @ np.array([2.0, -2.0, 1.0]) + rng.normal(size=n)
        yield A, y, most, FRACTIONS
        yield A, y - 3 * A[:, -1], most, FRACTIONS
    yield case(
        "one column is asked for, and it pulls downwards", A, -A[:, 4] * 3 + 0.1 * rng.normal(size=n), 1, FRACTIONS
    )
    yield case("more columns are asked for than enter", A[:, :3], y, 5, FRACTIONS)
    yield case("a single λ", A, y, 30, np.array([0.5]))


@exercise(
    cases=_with_few,
    hints=(
        "Walk down the path from λ_max, where all coefficients are 0, and stop when enough have entered.",
        "lasso.lasso_path(A, y, lams) gives a row of coefficients for each λ. Of the rows count the entries that are not 0.",
        "W = lasso.lasso_path(A, y, lasso.lambda_max(A, y) * fractions); for each row of W: np.flatnonzero(row); return the first "
        "that is long enough, or after the loop the last.",
    ),
)
def columns_of_the_lasso(A, y, most, fractions):
    """Return the sorted numbers of the columns in use at the first λ for which `most` or more are, walking down.

    A : (N, D), y : (N,), centred;  fractions : the λ to try, as fractions of lasso.lambda_max(A, y), falling
    Where there are never so many, the columns in use at the last λ are returned.
    """
    for row in lasso.lasso_path(A, y, lasso.lambda_max(A, y) * fractions):
        used = np.flatnonzero(row)
        if len(used) >= most:
            return used
    return used


@columns_of_the_lasso.mistake(
    "These are the columns in use at the end of the path. Stop when `most` of them have entered."
)
def _at_the_end(A, y, most, fractions):
    return np.flatnonzero(lasso.lasso(A, y, lasso.lambda_max(A, y) * fractions[-1]))


@columns_of_the_lasso.mistake(
    "You took the columns with the largest correlations, one by one. Columns that say the same are all taken so."
)
def _by_correlation(A, y, most, fractions):
    return np.sort(np.argsort(-np.abs(A.T @ y))[:most])


@columns_of_the_lasso.mistake("Negative coefficients count as well: in use is what is not 0.")
def _positive_only(A, y, most, fractions):
    for row in lasso.lasso_path(A, y, lasso.lambda_max(A, y) * fractions):
        used = np.flatnonzero(row > 0)
        if len(used) >= most:
            break
    return used


@columns_of_the_lasso.mistake("You walked on until more than `most` were in use. Stop as soon as there are `most`.")
def _one_too_far(A, y, most, fractions):
    return columns_of_the_lasso.function(A, y, most + 1, fractions)


# ---------------------------------------------------------------------------------------------------------- step 3
def _first_two(A, y):
    return columns_of_the_lasso.function(A, y, 2, FRACTIONS)


def _first_three(A, y):
    return columns_of_the_lasso.function(A, y, 3, FRACTIONS)


def _halves(rng):
    for n, d, most, rounds in ((16, 5, 2, 4), (30, 8, 3, 6), (21, 6, 2, 5)):
        A = rng.normal(size=(n, d))
        A = (A - A.mean(axis=0)) / A.std(axis=0)
        y = A[:, :2] @ np.array([1.0, -1.0]) + rng.normal(size=n)
        halves = [rng.permutation(n)[: n // 2] for _ in range(rounds)]
        yield _first_three if most == 3 else _first_two, A, y - y.mean(), halves
    yield case("a single half", _first_two, A, y - y.mean(), halves[:1])


@exercise(
    cases=_halves,
    hints=(
        "The same question is asked many times, of other tumours each time. Which columns are named again and again?",
        "For each half, find(A[half], y[half]); add 1 for the columns that it names.",
        "counts = np.zeros(A.shape[1]); counts[columns] += 1 for each half; at the end divide by the number of halves.",
    ),
)
def found_again(find, A, y, halves):
    """Return for each column the share of the halves in which `find` names it.

    A : (N, D);  y : (N,);  find : a function of A[half], y[half] that returns column numbers
    halves : index arrays;  returns (D,), from 0 to 1
    """
    counts = np.zeros(A.shape[1])
    for half in halves:
        counts[find(A[half], y[half])] += 1
    return counts / len(halves)


@found_again.mistake("Each round saw all samples, so that it gave the same answer. Take the rows of its half.")
def _all_samples(find, A, y, halves):
    return found_again.function(find, A, y, [np.arange(len(y))])


@found_again.mistake("These are counts. Divide by the number of halves.")
def _counts(find, A, y, halves):
    return found_again.function(find, A, y, halves) * len(halves)


@found_again.mistake("You asked the samples that are not in the half.")
def _other_half(find, A, y, halves):
    return found_again.function(find, A, y, [np.setdiff1d(np.arange(len(y)), half) for half in halves])


@found_again.mistake("You asked about the last half alone: add up over all of them.")
def _last_only(find, A, y, halves):
    return found_again.function(find, A, y, halves[-1:])


# ------------------------------------------------------------------------------------------------ predict and choose
def _false_finds() -> int:
    found = [(set(chosen_by_folds(A, y)), few) for A, y, few in map(planted_table, range(5))]
    return round(100 * np.mean([len(chosen - few) / len(chosen) for chosen, few in found]))


false_finds = prediction(
    "false_finds",
    answer=_false_finds,
    near=0.15,
    unit="%",
    why="The best λ for predicting is a small one: a large λ would shrink the coefficients that matter too. At the small one "
    "many others get in, with small coefficients that do little harm to predictions, and all to the list.",
)


what_agreement_shows = choice(
    "what_agreement_shows",
    answer="b",
    why="A column of noise gets in where it happens to agree with these samples, and in another half it does not. One that "
    "stands for a cause that is not in the table is found again just as surely.",
    feedback={
        "a": "Two halves of the same patients share what is particular to these patients, and a stand-in for the cause is "
        "stable too.",
        "c": "A stable column may be a stand-in for another, measured or not. Stability speaks about chance alone.",
        "d": "Columns that say the same take turns, so that each is found in a part of the halves only. Look at what is alike.",
    },
    hints=(
        "What differs between two halves, and what is the same in both?",
        "Chance agreement differs between halves. Causes, stand-ins and how these patients were picked do not.",
        "Cross out whatever speaks of causes or of other clinics. Then think of two columns that say the same.",
    ),
)


# ------------------------------------------------------------------------------------------------------------ goal
def select_stable():
    """Return a function that keeps the columns found by the lasso in two of three halves."""

    def first(A, y):
        return columns_of_the_lasso(A, y, 9, np.geomspace(1, 0.1, 12))

    def select(A, y):
        rng = np.random.default_rng(0)
        halves = [rng.permutation(len(y))[: len(y) // 2] for _ in range(40)]
        shares = found_again(first, A, y, halves)
        return np.flatnonzero(shares >= 0.65)

    return select


@cache
def _kept_back() -> list[tuple[np.ndarray, np.ndarray, frozenset[int]]]:
    return [planted_table(KEPT_BACK + i) for i in range(TABLES)]


def _selected(answer, A, y) -> set[int]:
    """Return what an answer selects, or raise ValueError where it is no list of columns."""
    if not callable(answer):
        raise ValueError("hand over a function of (A, y) that returns the numbers of the columns that matter")
    given = answer(A.copy(), y.copy())
    chosen = np.asarray(sorted(given) if isinstance(given, (set, frozenset)) else given)
    if chosen.ndim == 1 and chosen.size == 0:
        return set()
    if chosen.ndim != 1 or chosen.dtype.kind not in "iu":
        raise ValueError(
            f"your function must return column numbers, a list of whole numbers, but it returned {given!r:.80}"
        )
    if chosen.min() < 0 or chosen.max() >= A.shape[1]:
        raise ValueError(f"the table's columns are 0 to {A.shape[1] - 1}, but your function names {chosen.max()}")
    return set(chosen.tolist())


@goal(
    worked=select_stable,
    above=0.7,
    label="the mean score on 20 tables kept back",
    hints=(
        "A column that matters is found in nearly every half of the data. One of noise is found now and then.",
        "Choose two numbers on the five tables whose answer you have: how many columns a half may name, and in which share of "
        "the halves a column must be found.",
        "forty halves from np.random.default_rng, shares = found_again(…) with a `most` somewhat above what you expect, and "
        "np.flatnonzero(shares >= …) with a share well above one half.",
    ),
)
def the_few_that_matter(answer) -> float:
    """Hand over a function select(A, y) that returns the numbers of the columns from which y was made.

    A : (120, 135), columns with mean 0 and standard deviation 1;  y : (120,), mean 0
    """
    scores = [score_of_a_choice.function(_selected(answer, A, y), few) for A, y, few in _kept_back()]
    return float(np.mean(scores))


@the_few_that_matter.pitfall(
    "You select the same columns in every table. Their order is dealt anew each time: select from A and y.",
    example=lambda: lambda A, y: sorted(planted_table(0)[2]),
)
def _always_the_same(answer) -> bool:
    chosen = [_selected(answer, A, y) for A, y, _ in _kept_back()[:6]]
    return bool(chosen[0]) and all(c == chosen[0] for c in chosen)


@the_few_that_matter.pitfall(
    "You select more than a third of all columns on average. At most eight matter in any table, so most of what you name is "
    "noise: ask again on halves of the data, and be stricter.",
    example=lambda: lambda A, y: np.flatnonzero(lasso.lasso(A, y, 0.01 * lasso.lambda_max(A, y))),
)
def _too_many(answer) -> bool:
    return float(np.mean([len(_selected(answer, A, y)) for A, y, _ in _kept_back()[:6]])) > 30


@the_few_that_matter.pitfall(
    "You select nothing: no column is found often enough for your rule.",
    example=lambda: lambda A, y: [],
)
def _nothing(answer) -> bool:
    return not any(_selected(answer, A, y) for A, y, _ in _kept_back())
