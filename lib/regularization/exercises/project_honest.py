"""The project "An honest error": steps, and the goal that is measured on patients kept back."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book import datasets
from lib.book.exercises import case, choice, exercise, goal, prediction
from lib.regularization import ridge

__all__ = [
    "an_honest_error",
    "cross_validated_errors",
    "explained_by_noise",
    "scaled_like",
    "which_error_to_report",
    "with_products",
]

SHOWN, FITTED, DEALS = 142, 120, 12  # patients in the notebook; patients of a deal to fit to; deals of those kept back


def patients() -> tuple[np.ndarray, np.ndarray]:
    """Return X (142, 10) and y (142,) of the patients that the project works with; 300 others are kept back."""
    data, order = datasets.diabetes(), _order()
    return data.X[order[:SHOWN]], data.y[order[:SHOWN]]


def selected_noise(inside: bool, seed: int) -> float:
    """Return the share of the variance of y that ten of a thousand columns explain in five folds, all of it noise.

    The ten columns with the largest correlations are chosen on the 100 samples, or inside each fold, without the part
    left out. y (100,) has nothing to do with any column.
    """
    rng = np.random.default_rng(seed)
    A, y = rng.normal(size=(100, 1000)), rng.normal(size=100)
    errors = np.zeros(100)
    for part in np.split(np.arange(100), 5):
        rest = np.setdiff1d(np.arange(100), part)
        seen = rest if inside else np.arange(100)
        pull = np.abs((A[seen] - A[seen].mean(axis=0)).T @ (y[seen] - y[seen].mean()))
        best = np.argsort(pull / A[seen].std(axis=0))[-10:]
        w, w0 = ridge.ridge_with_intercept(A[rest][:, best], y[rest], 1e-6)
        errors[part] = y[part] - A[part][:, best] @ w - w0
    return float(1 - np.mean(errors**2) / y.var())


def _order() -> np.ndarray:
    return np.random.default_rng(442).permutation(442)


@cache
def _deals() -> list[tuple[np.ndarray, ...]]:
    data, kept = datasets.diabetes(), _order()[SHOWN:]
    out = []
    for seed in range(DEALS):
        rows = np.random.default_rng(seed).permutation(kept)
        fitted, asked = rows[:FITTED], rows[FITTED:]
        out.append((data.X[fitted], data.y[fitted], data.X[asked], data.y[asked]))
    return out


# ---------------------------------------------------------------------------------------------------------- step 1
def _tables(rng):
    yield case("two columns", np.array([[2.0, 3.0], [1.0, -4.0]]))
    yield case("one column: there is no pair", np.array([[2.0], [5.0], [-1.0]]))
    for n, d in ((1, 3), (4, 3), (3, 5)):
        yield (rng.normal(size=(n, d)),)


@exercise(
    cases=_tables,
    hints=(
        "How many pairs of different columns has a table with three columns? Write them down, in order.",
        "np.triu_indices(D, 1) gives the left and the right number of every pair i < j, in the order asked for.",
        "i, j = np.triu_indices(X.shape[1], 1), and then np.hstack of X and of the product of two tables of columns.",
    ),
)
def with_products(X):
    """Return X with the products of each two different columns to its right.

    X : (N, D);  returns (N, D + D(D − 1)/2): X, then X_i X_j for i < j, in the order 01, 02, …, 12, 13, …
    """
    i, j = np.triu_indices(X.shape[1], 1)
    return np.hstack([X, X[:, i] * X[:, j]])


@with_products.mistake("The squares are there too. Only products of two different columns are asked for.")
def _with_squares(X):
    i, j = np.triu_indices(X.shape[1])
    return np.hstack([X, X[:, i] * X[:, j]])


@with_products.mistake("Each product is there twice, as ij and as ji: two equal columns. Keep i < j.")
def _both_ways(X):
    pairs = [X[:, i] * X[:, j] for i in range(X.shape[1]) for j in range(X.shape[1]) if i != j]
    return np.column_stack([X, *pairs])


@with_products.mistake("The products are right, but the columns themselves are gone: they stand to the left.")
def _products_only(X):
    i, j = np.triu_indices(X.shape[1], 1)
    return X[:, i] * X[:, j]


@with_products.mistake("The products come in another order: 01, 02, … first, all those with column 0; then 12, 13, …")
def _by_the_second(X):
    j, i = np.tril_indices(X.shape[1], -1)
    return np.hstack([X, X[:, i] * X[:, j]])


# ---------------------------------------------------------------------------------------------------------- step 2
def _two_tables(rng):
    yield case("a single new row", np.array([[1.0, 10.0], [3.0, 30.0]]), np.array([[5.0, 0.0]]))
    yield case("the same table twice", *2 * (rng.normal(size=(5, 2)) * 4 + 7,))
    for n, m, d in ((4, 2, 3), (6, 5, 2), (3, 8, 1)):
        yield 3 * rng.normal(size=(n, d)) + 5, 2 * rng.normal(size=(m, d)) - 1


@exercise(
    cases=_two_tables,
    hints=(
        "A patient comes in alone. Which mean can be taken off?",
        "Mean and standard deviation of each column come from train; the same two change other.",
        "(other - train.mean(axis=0)) divided by the standard deviations, also of train, also with axis=0",
    ),
)
def scaled_like(train, other):
    """Return `other` in the units in which the columns of `train` have mean 0 and standard deviation 1.

    train : (N, D), no constant column;  other : (M, D);  returns (M, D)
    """
    return (other - train.mean(axis=0)) / train.std(axis=0)


@scaled_like.mistake(
    "You scaled the new rows by their own mean and spread. A prediction would then depend on who else is asked."
)
def _by_its_own(train, other):
    spread = other.std(axis=0)
    return (other - other.mean(axis=0)) / np.where(spread > 0, spread, 1)


@scaled_like.mistake(
    "The means are taken off, but the columns keep their units: divide by train's standard deviations."
)
def _centred_only(train, other):
    return other - train.mean(axis=0)


@scaled_like.mistake("You used mean and spread of both tables together: the rows kept back have had their say.")
def _of_both(train, other):
    both = np.vstack([train, other])
    return (other - both.mean(axis=0)) / both.std(axis=0)


@scaled_like.mistake("You divided by the variance. A column in years is made free of its unit by years, not by years².")
def _by_variance(train, other):
    return (other - train.mean(axis=0)) / train.var(axis=0)


# ---------------------------------------------------------------------------------------------------------- step 3
def _problems(rng):
    for n, d, sizes in ((7, 2, (3, 2, 2)), (9, 3, (5, 1, 3)), (12, 4, (4, 4, 4))):
        A = rng.normal(size=(n, d)) * rng.uniform(0.2, 5, d) + 4 * rng.normal(size=d)
        parts = np.split(rng.permutation(n), np.cumsum(sizes)[:-1])
        yield A, A @ rng.normal(size=d) + 3 * rng.normal(size=n) + 20, np.array([0.1, 2.0, 30.0]), parts
    yield case("a single λ", A, rng.normal(size=n), np.array([1.0]), parts)


@exercise(
    cases=_problems,
    rtol=1e-7,
    hints=(
        "For each part: what may the fit know? Everything that it learns, the spreads too, comes from the rest.",
        "Collect the squared error of every sample at every λ in a table (L, N), part after part; one mean and one root "
        "at the end.",
        "rest = np.setdiff1d(np.arange(len(y)), part); divide A[rest] and A[part] by A[rest].std(axis=0); fit "
        "ridge.ridge_with_intercept(…, y[rest], lam); the errors belong to the samples in part.",
    ),
)
def cross_validated_errors(A, y, lams, parts):
    """Return for each λ the root of the mean squared error over all samples, each predicted by a fit without its part.

    A : (N, D);  y : (N,);  lams : (L,), > 0;  parts : index arrays that hold each of 0 … N − 1 once;  returns (L,)
    Inside each fold A's columns are divided by their standard deviations among the samples that are fitted.
    The intercept is free (ridge.ridge_with_intercept), so that their means do not matter.
    """
    squares = np.zeros((len(lams), len(y)))
    for part in parts:
        rest = np.setdiff1d(np.arange(len(y)), part)
        spread = A[rest].std(axis=0)
        for row, lam in zip(squares, lams, strict=True):
            w, w0 = ridge.ridge_with_intercept(A[rest] / spread, y[rest], lam)
            row[part] = (A[part] / spread @ w + w0 - y[part]) ** 2
    return np.sqrt(squares.mean(axis=1))


def _errors(A, y, lams, parts, seen=lambda part, rest: rest, asked=lambda part, rest: part, pool=True, root=True):
    """The cross-validation with one thing changed: what the scaling sees, who is asked, how errors are put together."""
    per_part = []
    for part in parts:
        rest = np.setdiff1d(np.arange(len(y)), part)
        known, out = A[seen(part, rest)], asked(part, rest)
        Z = A / known.std(axis=0)
        fits = [ridge.ridge_with_intercept(Z[rest], y[rest], lam) for lam in lams]
        per_part.append(np.array([(Z[out] @ w + w0 - y[out]) ** 2 for w, w0 in fits]))
    if not pool:
        return np.mean([np.sqrt(squares.mean(axis=1)) for squares in per_part], axis=0)
    mean = np.concatenate(per_part, axis=1).mean(axis=1)
    return np.sqrt(mean) if root else mean


@cross_validated_errors.mistake(
    "You scaled with all samples before the folds were made: the spread of the part left out has leaked in."
)
def _scaled_before(A, y, lams, parts):
    return _errors(A, y, lams, parts, seen=lambda part, rest: np.arange(len(y)))


@cross_validated_errors.mistake("These are errors on the samples that were fitted. Predict the part that was left out.")
def _on_the_fitted(A, y, lams, parts):
    return _errors(A, y, lams, parts, asked=lambda part, rest: rest)


@cross_validated_errors.mistake(
    "You took the root in each part and then a mean over parts. All samples count alike: one mean of squares, one root."
)
def _mean_of_roots(A, y, lams, parts):
    return _errors(A, y, lams, parts, pool=False)


@cross_validated_errors.mistake("These are mean squares. The root is missing, so that the error has the targets' unit.")
def _no_root(A, y, lams, parts):
    return _errors(A, y, lams, parts, root=False)


# ---------------------------------------------------------------------------------------------------------- step 4
explained_by_noise = prediction(
    "explained_by_noise",
    answer=lambda: 100 * selected_noise(inside=False, seed=0),
    near=0.2,
    unit="%",
    why="Of a thousand columns of noise the best ten agree with y by chance, in the part left out as well: it helped to "
    "choose them. Nothing that sees y may happen before the folds.",
)


which_error_to_report = choice(
    "which_error_to_report",
    answer="c",
    why="The rows of that outer part saw neither the scaling nor the choice of columns and λ nor the fit. Its model is fitted "
    "to a few samples less than the final one, so that it errs on the careful side.",
    feedback={
        "a": "The fit has seen these patients. With more columns this error falls to 0, whatever the model is worth.",
        "b": "It is the smallest of many numbers, and was chosen for being small: an optimist's number, if often only by a "
        "little.",
        "d": "Then these patients have chosen the model, and they are no longer kept back.",
    },
    hints=(
        "Ask of each number: has anything in the model seen the targets that it is measured on?",
        "Choosing the best λ by an error uses that error up, as fitting does.",
        "Whatever was chosen, by whatever means, must be chosen again without the samples that are asked.",
    ),
)


# ------------------------------------------------------------------------------------------------------------ goal
def honest_study():
    """Choose table and λ by ten folds, do the same without each of five parts to get the error, then fit to all."""
    lams = np.logspace(0, 4, 13)

    def deal(n, k):
        return np.array_split(np.random.default_rng(0).permutation(n), k)

    def tables(train, other):
        Z, K = scaled_like(train, train), scaled_like(train, other)
        return [(Z, K), (with_products(Z), with_products(K))]

    def chosen(X, y, other):
        """Return predictions for `other`, by the table and the λ that are best in ten folds of X and y."""
        both, parts = tables(X, other), deal(len(y), 10)
        errors = np.array([cross_validated_errors(A, y, lams, parts) for A, _ in both])
        table, k = np.unravel_index(errors.argmin(), errors.shape)
        A, B = both[table]
        w, w0 = ridge.ridge_with_intercept(scaled_like(A, A), y, lams[k])
        return scaled_like(A, B) @ w + w0

    def study(X, y):
        squares = np.zeros(len(y))
        for part in deal(len(y), 5):
            rest = np.setdiff1d(np.arange(len(y)), part)
            squares[part] = (chosen(X[rest], y[rest], X[part]) - y[part]) ** 2
        return lambda new: chosen(X, y, new), np.sqrt(squares.mean())

    return study


def _study(X, y, columns=lambda Z: Z, lam=20.0, report=lambda fitted, y: 0.0, by=lambda mean, other: mean):
    """Return (predict, report) of one ridge fit with a fixed λ, honest or not: the pitfalls' examples."""
    mean, spread = X.mean(axis=0), X.std(axis=0)
    A = columns((X - mean) / spread)
    w, w0 = ridge.ridge_with_intercept(A, y, lam)

    def predict(new):
        return columns((new - by(mean, new)) / spread) @ w + w0

    return predict, report(A @ w + w0, y)


def _rms(errors) -> float:
    return float(np.sqrt(np.mean(np.square(errors))))


def _handed_over(answer, X, y):
    """Return (predict, report) of an answer for fitted patients, or raise ValueError where it gives something else."""
    if not callable(answer):
        raise ValueError("hand over a function of (X, y) that returns (predict, error)")
    given = answer(X.copy(), y.copy())
    if not isinstance(given, tuple) or len(given) != 2 or not callable(given[0]) or np.ndim(given[1]) != 0:
        raise ValueError("your function must return two things: a function predict(new), and the error as one number")
    return given[0], float(given[1])


def _predicted(predict, X) -> np.ndarray:
    found = np.asarray(predict(X.copy()), dtype=float)
    if found.shape != (len(X),):
        raise ValueError(f"predict must return one number a patient, shape ({len(X)},), but its shape is {found.shape}")
    return found


@goal(
    worked=honest_study,
    below=60.0,
    label="the mean error on patients kept back, plus the distance of your mean report from it,",
    hints=(
        "Two things are measured: how well you predict, and whether you know how well. Begin with the second: which error "
        "may be reported?",
        "Choose λ by cross_validated_errors, and let it tell you whether the products earn their place. Then ask what that "
        "whole choice is worth for a part that it has not seen.",
        "Put the choice into one function chosen(X, y, new) that returns predictions; call it for each of five parts with "
        "the other four, collect the squared errors, and report the root of their mean.",
    ),
)
def an_honest_error(answer) -> float:
    """Hand over a function study(X, y) that returns (predict, error).

    X : (N, 10), y : (N,), patients to fit to;  predict(new) : (M, 10) → (M,);  error : what you expect the root of the
    mean squared error to be on patients that you have not seen
    """
    errors, reports = [], []
    for X, y, new, truth in _deals():
        predict, report = _handed_over(answer, X, y)
        errors.append(_rms(_predicted(predict, new) - truth))
        reports.append(report)
    return float(np.mean(errors) + abs(np.mean(reports) - np.mean(errors)))


@an_honest_error.pitfall(
    "The error that you report is the error on the patients that were fitted. It is too small: ask patients that the fit "
    "has not seen.",
    example=lambda: lambda X, y: _study(X, y, report=lambda fitted, y: _rms(fitted - y)),
)
def _reports_the_training_error(answer) -> bool:
    X, y, _, _ = _deals()[0]
    predict, report = _handed_over(answer, X, y)
    return abs(report - _rms(_predicted(predict, X) - y)) < 1e-6 * report


@an_honest_error.pitfall(
    "What you predict for a patient depends on who else is asked: new patients have to be scaled by the means and spreads "
    "of those that were fitted.",
    example=lambda: lambda X, y: _study(X, y, report=lambda *_: 57.0, by=lambda mean, new: new.mean(axis=0)),
)
def _depends_on_the_company(answer) -> bool:
    X, y, new, _ = _deals()[0]
    predict, _ = _handed_over(answer, X, y)
    return not np.allclose(_predicted(predict, new)[:20], _predicted(predict, new[:20]), rtol=1e-6)


@an_honest_error.pitfall(
    "You predict the same for every patient.",
    example=lambda: lambda X, y: (lambda new: np.full(len(new), y.mean()), y.std() * 1.01),
)
def _predicts_one_number(answer) -> bool:
    X, y, new, _ = _deals()[0]
    return bool(np.ptp(_predicted(_handed_over(answer, X, y)[0], new)) < 1e-6)


@an_honest_error.pitfall(
    "Your report is a mean square. Its root has the unit of the targets.",
    example=lambda: lambda X, y: _study(X, y, report=lambda fitted, y: 57.0**2),
)
def _reports_a_square(answer) -> bool:
    X, y, new, truth = _deals()[0]
    predict, report = _handed_over(answer, X, y)
    error = _rms(_predicted(predict, new) - truth)
    return error > 20 and 0.6 * error < np.sqrt(max(report, 0)) < 1.6 * error
