"""Exercises of "The model and its features"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "inflation_factors",
    "line_from_lists",
    "linear_in_what",
    "move_the_reference",
    "rank_of_a_calendar",
]

linear_in_what = choice(
    "linear_in_what",
    answer="c",
    why="Only in (c) does a coefficient stand in the exponent; the others are combinations, with coefficients w, of features.",
    feedback={
        "a": "Squaring x is done before the model sees it: x² is a feature like any other, and the model is linear in w.",
        "b": "sin 3x is a known number for each sample, hence a feature. Nothing in it has to be fitted.",
        "d": "The product x₁x₂ is computed from the data alone: it is an interaction, and the model is linear in w.",
    },
    hints=(
        "The word linear is about what is unknown when the fit begins.",
        "Write each model as (row of known numbers) · (vector of unknowns). Where is that impossible?",
        "Double all coefficients: in a linear model the prediction doubles.",
    ),
)

rank_of_a_calendar = number(
    "rank_of_a_calendar",
    answer=21,
    rtol=1e-9,
    why="1 + 3 + 6 + 11: each code loses one dimension, because its columns add up to the column of ones.",
    hints=(
        "Count the columns first. Then look for combinations of columns that give zero.",
        "The seven columns of weekdays add up to the column of ones. What do the twelve columns of months add up to?",
        "There are 23 columns and two independent relations between them.",
    ),
    mistakes=[
        (
            23,
            "That is the number of columns, but two combinations of them vanish: each code's columns add up to the ones.",
        ),
        (22, "You found one relation. There are two: the weekdays add up to the column of ones, and so do the months."),
        (
            20,
            "You took off one too many. Dropping a column from each code leaves the ones, which are then independent.",
        ),
    ],
)


# ------------------------------------------------------------------------------------------------ plain Python: lists
def _points(rng):
    yield case("two points", [0.0, 2.0], [1.0, 5.0])
    yield case("all targets equal", [1.0, 2.0, 4.0], [3.0, 3.0, 3.0])
    yield case("all targets zero", [-1.0, 0.5, 2.0], [0.0, 0.0, 0.0])
    yield case("a line that starts below zero", [1.0, 2.0, 4.0], [-2.0, 0.5, 3.0])
    for n in (4, 7, 12):
        x = [rng.uniform(-2.0, 6.0) for _ in range(n)]
        yield x, [1.5 - 0.7 * t + rng.gauss(0.0, 0.8) for t in x]


@exercise(
    cases=_points,
    python_only=True,
    hints=(
        "The best line passes through the point of the means. So find its slope first.",
        "slope = Σ (x − mean x)(b − mean b) / Σ (x − mean x)², and intercept = mean b − slope · mean x.",
        "mx, mb = sum(x)/len(x), sum(b)/len(b); slope = sum((s - mx)*(t - mb) for s, t in zip(x, b)) / "
        "sum((s - mx)**2 for s in x); return mb - slope*mx, slope",
    ),
)
def line_from_lists(x, b):
    """Return (intercept, slope) of the least-squares line through the points (x, b), without numpy.

    x, b : lists of N numbers, not all x equal;  returns a tuple of two floats
    """
    mx, mb = sum(x) / len(x), sum(b) / len(b)
    slope = sum((s - mx) * (t - mb) for s, t in zip(x, b, strict=True)) / sum((s - mx) ** 2 for s in x)
    return mb - slope * mx, slope


@line_from_lists.mistake(
    "You returned (slope, intercept). The ones stand first in A, so the intercept comes first in w."
)
def _swapped(x, b):
    intercept, slope = line_from_lists.function(x, b)
    return slope, intercept


@line_from_lists.mistake(
    "Your slope is that of the line through the origin, Σxb/Σx². Measure x and b from their means."
)
def _slope_through_the_origin(x, b):
    slope = sum(s * t for s, t in zip(x, b, strict=True)) / sum(s * s for s in x)
    return sum(b) / len(b) - slope * sum(x) / len(x), slope


@line_from_lists.mistake("Your slope is right. The line passes through the means: intercept = mean b − slope · mean x.")
def _intercept_is_the_mean(x, b):
    _, slope = line_from_lists.function(x, b)
    return sum(b) / len(b), slope


@line_from_lists.mistake(
    "You divided by the spread of b. A slope is in units of b over units of x: divide by Σ(x − mean x)²."
)
def _divided_by_spread_of_b(x, b):
    mx, mb = sum(x) / len(x), sum(b) / len(b)
    slope = sum((s - mx) * (t - mb) for s, t in zip(x, b, strict=True)) / sum((t - mb) ** 2 for t in b)
    return mb - slope * mx, slope


@line_from_lists.mistake(
    "That is the line through the origin: its intercept need not be 0. Measure x and b from their means."
)
def _through_the_origin(x, b):
    return 0.0, sum(s * t for s, t in zip(x, b, strict=True)) / sum(s * s for s in x)


@line_from_lists.mistake(
    "Your slope is right, but the intercept is 0. The line passes through the means: mean b − slope · mean x."
)
def _no_intercept_lists(x, b):
    return 0.0, line_from_lists.function(x, b)[1]


@line_from_lists.mistake("That is the line through the first and the last point. Least squares asks all of them.")
def _two_points(x, b):
    slope = (b[-1] - b[0]) / (x[-1] - x[0])
    return b[0] - slope * x[0], slope


@line_from_lists.mistake("x and b are exchanged: that is the line that predicts x from b.")
def _axes_exchanged(x, b):
    return line_from_lists.function(b, x)


@line_from_lists.mistake(
    "One sum is divided by N and the other by N − 1. In the quotient the divisions cancel: leave both out."
)
def _mixed_divisors(x, b):
    n = len(x)
    slope = line_from_lists.function(x, b)[1] * (n - 1) / n
    return sum(b) / n - slope * sum(x) / n, slope


def _weights(rng):
    yield case("two categories, the last dropped", [1.0, 4.0], 10.0, 1)
    yield case("a single category: nothing is left", [2.5], -1.0, 0)
    yield case("the dropped weight is zero", [3.0, 0.0, -2.0], 1.0, 1)
    for k in (3, 5, 8):
        yield [round(rng.uniform(-9.0, 9.0), 3) for _ in range(k)], round(rng.uniform(-5.0, 5.0), 3), rng.randrange(k)


@exercise(
    cases=_weights,
    python_only=True,
    hints=(
        "A sample of category j has all zeros in the new code. What must the new intercept be for it?",
        "The new intercept is c + w[j]. For every other category i, c + w[i] must stay what it was.",
        "A list of v - w[j] over all entries of w but number j, and beside it c + w[j].",
    ),
)
def move_the_reference(w, c, j):
    """Return (weights, intercept) of the model that predicts the same after the column of category j is dropped.

    w : list of K weights of a one-hot code;  c : the intercept;  j : the category to drop, 0 ≤ j < K
    returns a list of K − 1 weights and a float
    """
    return [v - w[j] for i, v in enumerate(w) if i != j], c + w[j]


@move_the_reference.mistake(
    "You only deleted the weight. Samples of category j have now lost it: it has to go into the intercept."
)
def _deleted(w, c, j):
    return [v for i, v in enumerate(w) if i != j], c


@move_the_reference.mistake(
    "The intercept is right, but it is added for every category: the other weights must give up what it gained."
)
def _weights_left(w, c, j):
    return [v for i, v in enumerate(w) if i != j], c + w[j]


@move_the_reference.mistake(
    "The signs are turned round: category j has no column any more, so c + w[j] is its whole prediction."
)
def _signs(w, c, j):
    return [v + w[j] for i, v in enumerate(w) if i != j], c - w[j]


@move_the_reference.mistake(
    "The weights are right, but the intercept has to take up w[j]: it is all that category j has left."
)
def _intercept_left(w, c, j):
    return [v - w[j] for i, v in enumerate(w) if i != j], c


@move_the_reference.mistake("You dropped the last category whatever j was.")
def _always_last(w, c, j):
    return [v - w[-1] for v in w[:-1]], c + w[-1]


@move_the_reference.mistake("The column of category j is to be dropped: K − 1 weights are left. Yours are K.")
def _kept_column(w, c, j):
    return [v - w[j] for v in w], c + w[j]


@move_the_reference.mistake("You dropped the first category whatever j was.")
def _always_first(w, c, j):
    return [v - w[0] for v in w[1:]], c + w[0]


# ---------------------------------------------------------------------------------------------------- with numpy
def _features(rng):
    yield case("one feature: nothing to be confused with", np.array([[1.0], [2.0], [4.0]]))
    yield case("two features at a right angle", np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, 1.0], [-1.0, -1.0]]) + 2.0)
    for n, k in ((8, 2), (12, 3), (20, 4)):
        common = rng.normal(size=(n, 1))
        yield (3.0 + common + 0.5 * rng.normal(size=(n, k)),)


@exercise(
    cases=_features,
    rtol=1e-6,
    hints=(
        "For each feature j, fit it by all the others and an intercept, and see how well that works.",
        "VIF = 1/(1 − R²) = Σ(x − mean x)² / Σ(x − fit)².",
        "for each j: A = np.column_stack([np.ones(len(X)), np.delete(X, j, axis=1)]); "
        "r = X[:, j] - A @ np.linalg.lstsq(A, X[:, j], rcond=None)[0]; "
        "factor = np.sum((X[:, j] - X[:, j].mean()) ** 2) / np.sum(r ** 2)",
    ),
)
def inflation_factors(X):
    """Return the variance inflation factor of each feature.

    X : (N, k), without a column of ones;  returns (k,)
    """
    factors = []
    for j, x in enumerate(X.T):
        A = np.column_stack([np.ones(len(X)), np.delete(X, j, axis=1)])
        r = x - A @ np.linalg.lstsq(A, x, rcond=None)[0]
        factors.append(np.sum((x - x.mean()) ** 2) / np.sum(r**2))
    return np.array(factors)


@inflation_factors.mistake("That is R² itself. The factor is 1/(1 − R²).")
def _r_squared(X):
    return 1 - 1 / inflation_factors.function(X)


@inflation_factors.mistake("You turned the ratio round: 1 − R² is the tolerance, and the factor is its inverse.")
def _tolerance(X):
    return 1 / inflation_factors.function(X)


@inflation_factors.mistake(
    "The intercept is missing from your fits: a feature far from zero then looks like its neighbours' copy."
)
def _no_intercept(X):
    factors = []
    for j, x in enumerate(X.T):
        A = np.delete(X, j, axis=1)
        r = x - A @ np.linalg.lstsq(A, x, rcond=None)[0] if A.shape[1] else x
        factors.append(np.sum((x - x.mean()) ** 2) / np.sum(r**2))
    return np.array(factors)


@inflation_factors.mistake(
    "That is the standard deviation's factor, the square root. The variance inflation factor is 1/(1 − R²)."
)
def _square_root(X):
    return np.sqrt(inflation_factors.function(X))


@inflation_factors.mistake(
    "The intercept is missing from your fits, and the total is measured from 0: a constant column belongs beside the others."
)
def _nothing_centred(X):
    factors = []
    for j, x in enumerate(X.T):
        A = np.delete(X, j, axis=1)
        r = x - A @ np.linalg.lstsq(A, x, rcond=None)[0] if A.shape[1] else x
        factors.append(np.sum(x**2) / np.sum(r**2))
    return np.array(factors)


@inflation_factors.mistake(
    "The diagonal of (XᵀX)⁻¹ depends on the units of X. Centre the features and bring them to variance 1 first: the factors stand in the inverse of the correlation matrix."
)
def _gram_diagonal(X):
    return np.diag(np.linalg.inv(X.T @ X))


@inflation_factors.mistake(
    "The inverse of the covariance matrix still has the features' units in it. Take the correlation matrix."
)
def _covariance_diagonal(X):
    return np.diag(np.linalg.inv(np.atleast_2d(np.cov(X.T))))
