"""Exercises of "Two troubles, one cause"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["bias_and_spread", "cut_into_folds", "length_of_the_error", "variance_of_a_prediction", "which_leak"]

length_of_the_error = number(
    "length_of_the_error",
    answer=9 * (1 / 36 + 1 / 0.01),
    rtol=1e-4,
    why="σ² Σ 1/σᵢ² = 9 · (1/36 + 100): the weak direction is all that counts.",
    hints=(
        "The error of the coefficients lies along the singular directions. How large is it in each?",
        "E‖ŵ − w‖² = σ² Σ 1/σᵢ².",
        "9 times (1/36 + 1/0.01).",
    ),
    mistakes=[
        (900.0, "The weak direction alone. The strong one adds 9/36: little, but it is asked for."),
        (lambda: 3 * (1 / 36 + 1 / 0.01), "The noise enters squared: σ² is 9."),
        (lambda: 9 * (1 / 6 + 1 / 0.1), "Each direction is divided by its singular value, and then squared."),
        (lambda: 9 * 2, "That is σ²D, the expected squared error of the fitted values, not of the coefficients."),
        (lambda: (9 * (1 / 36 + 1 / 0.01)) ** 0.5, "That is the length itself; the expected square is asked for."),
    ],
)

which_leak = choice(
    "which_leak",
    answer="b",
    why="The means and spreads were computed from all rows, so each fold's training rows already know something of the rows held out.",
    feedback={
        "a": "Shuffling moves rows about and looks at no value: nothing leaks.",
        "c": "The coefficients of each fold come from the other folds alone. That is what cross-validation is.",
        "d": "The intercept is fitted on the other folds like every other coefficient.",
    },
    hints=(
        "Something leaks if a number that the fit uses was computed with the held-out rows.",
        "Which step looks at the values of all rows at once?",
        "A mean over all rows contains the held-out rows.",
    ),
)


def _counts(rng):
    yield case("one sample a fold", 4, 4)
    yield case("two folds of one", 2, 2)
    yield case("sizes that do not divide", 7, 3)
    yield case("three left over", 11, 4)
    for _ in range(4):
        K = rng.randint(2, 6)
        yield K * rng.randint(1, 5) + rng.randint(0, K - 1), K


@exercise(
    cases=_counts,
    python_only=True,
    hints=(
        "Give every fold N // K samples. How many are left over, and who gets them?",
        "The first N % K folds get one sample more.",
        "sizes = [N // K + (k < N % K) for k in range(K)], then walk through the indices with a running start.",
    ),
)
def cut_into_folds(N, K):
    """Cut the indices 0 … N − 1 into K folds, in order, sizes differing by at most 1, larger ones first.

    N ≥ K ≥ 2;  returns a list of K lists of indices
    """
    folds, start = [], 0
    for k in range(K):
        size = N // K + (k < N % K)
        folds.append(list(range(start, start + size)))
        start += size
    return folds


@cut_into_folds.mistake("Samples are lost: N // K in each fold leaves N % K of them in none.")
def _lost(N, K):
    size = N // K
    return [list(range(k * size, (k + 1) * size)) for k in range(K)]


@cut_into_folds.mistake("The last fold got all that was left over; spread it, one sample a fold from the first on.")
def _last_takes_all(N, K):
    size = N // K
    return [list(range(k * size, N if k == K - 1 else (k + 1) * size)) for k in range(K)]


@cut_into_folds.mistake("Dealt like cards: the folds are right in size, but each was to hold neighbouring indices.")
def _dealt(N, K):
    return [list(range(k, N, K)) for k in range(K)]


@cut_into_folds.mistake("The larger folds come first; yours come last.")
def _larger_last(N, K):
    sizes = [N // K + (k >= K - N % K) for k in range(K)]
    return [list(range(sum(sizes[:k]), sum(sizes[: k + 1]))) for k in range(K)]


@cut_into_folds.mistake(
    "You rounded the size up for every fold, so that the last is left short: sizes may differ by at most 1."
)
def _rounded_up(N, K):
    size = -(-N // K)
    return [list(range(min(k * size, N), min((k + 1) * size, N))) for k in range(K)]


@cut_into_folds.mistake("Those are the indices outside each fold, to train on. The folds themselves are asked for.")
def _outside(N, K):
    return [[i for i in range(N) if i not in fold] for fold in cut_into_folds.function(N, K)]


@cut_into_folds.mistake("You count from 1. The indices are 0 … N − 1.")
def _from_one(N, K):
    return [[i + 1 for i in fold] for fold in cut_into_folds.function(N, K)]


def _repeats(rng):
    yield case("always the same and right", np.ones((3, 2)), np.ones(2))
    yield case("always the same and wrong", np.ones((3, 2)), np.array([2.0, 3.0]))
    yield case("one repeat", rng.normal(size=(1, 4)), rng.normal(size=4))
    for r, m in ((5, 3), (8, 2), (20, 6)):
        yield rng.normal(size=(r, m)) + rng.normal(size=m), rng.normal(size=m)


@exercise(
    cases=_repeats,
    hints=(
        "First the mean prediction at each point, over the repeats.",
        "Bias² compares that mean with the truth; variance compares each repeat with that mean. Then average over the points.",
        "mean = predictions.mean(axis=0); one np.mean of (mean - truth) ** 2, and one of how predictions lie around mean.",
    ),
)
def bias_and_spread(predictions, truth):
    """Return (bias², variance) of repeated fits, each averaged over the points.

    predictions : (R, M), R repeats at M points;  truth : (M,)
    """
    mean = predictions.mean(axis=0)
    return np.mean((mean - truth) ** 2), np.mean((predictions - mean) ** 2)


@bias_and_spread.mistake(
    "Your first number contains the variance: compare the mean prediction with the truth, not each."
)
def _total(predictions, truth):
    return np.mean((predictions - truth) ** 2), np.mean((predictions - predictions.mean(axis=0)) ** 2)


@bias_and_spread.mistake("You took means over the points first: at each point the mean goes over the repeats, axis 0.")
def _wrong_axis(predictions, truth):
    mean = predictions.mean(axis=1, keepdims=True)
    return np.mean((mean - truth) ** 2), np.mean((predictions - mean) ** 2)


@bias_and_spread.mistake("Errors of opposite sign cancelled: square the bias at each point before you average.")
def _squared_late(predictions, truth):
    mean = predictions.mean(axis=0)
    return np.mean(mean - truth) ** 2, np.mean((predictions - mean) ** 2)


@bias_and_spread.mistake("You divided by R − 1. Here the variance is the plain mean of squares over the repeats.")
def _unbiased(predictions, truth):
    mean = predictions.mean(axis=0)
    return np.mean((mean - truth) ** 2), np.sum((predictions - mean) ** 2) / max(len(predictions) - 1, 1) / len(truth)


@bias_and_spread.mistake("Bias² and variance are in each other's place.")
def _exchanged(predictions, truth):
    return bias_and_spread.function(predictions, truth)[::-1]


@bias_and_spread.mistake(
    "Your second number is a standard deviation: the variance is its square, averaged over the points."
)
def _deviation(predictions, truth):
    return bias_and_spread.function(predictions, truth)[0], predictions.std(axis=0).mean()


@bias_and_spread.mistake(
    "Your variance is taken over all points and repeats together: at each point it goes over the repeats, axis 0."
)
def _over_everything(predictions, truth):
    return bias_and_spread.function(predictions, truth)[0], predictions.var()


@bias_and_spread.mistake(
    "Your variance goes over the points, axis 1: it measures how the curve bends, not how the repeats differ."
)
def _along_the_points(predictions, truth):
    return bias_and_spread.function(predictions, truth)[0], predictions.var(axis=1).mean()


def _new_rows(rng):
    yield case("one column", np.array([[1.0], [2.0]]), np.array([3.0]), 0.5)
    yield case("a direction hardly seen", np.array([[1.0, 0.0], [0.0, 0.1], [1.0, 0.0]]), np.array([0.0, 1.0]), 1.0)
    for n, d in ((4, 2), (7, 3), (12, 5)):
        yield rng.normal(size=(n, d)), rng.normal(size=d), float(rng.uniform(0.5, 2))


@exercise(
    cases=_new_rows,
    hints=(
        "The prediction is aᵀŵ, and ŵ = w + A⁺ε. What is the variance of a weighted sum of independent noises?",
        "aᵀA⁺ε has the variance σ²‖(A⁺)ᵀa‖².",
        "np.linalg.pinv(A).T @ a holds the weights of the noises; sum their squares, and multiply by sigma**2.",
    ),
)
def variance_of_a_prediction(A, a, sigma):
    """Return the variance of least squares' prediction aᵀŵ when the targets carry noise of standard deviation sigma.

    A : (N, D), full column rank;  a : (D,), a new row;  sigma : a number;  returns a number
    """
    return sigma**2 * np.sum((np.linalg.pinv(A).T @ a) ** 2)


@variance_of_a_prediction.mistake("That is the standard deviation's factor: the noise enters squared, sigma**2.")
def _sigma_once(A, a, sigma):
    return sigma * np.sum((np.linalg.pinv(A).T @ a) ** 2)


@variance_of_a_prediction.mistake(
    "You used AᵀA where its inverse belongs: directions that the data show well are the certain ones."
)
def _not_inverted(A, a, sigma):
    return sigma**2 * np.sum((A @ a) ** 2)


@variance_of_a_prediction.mistake("That is the standard deviation. The variance is its square.")
def _rooted(A, a, sigma):
    return sigma * np.sqrt(np.sum((np.linalg.pinv(A).T @ a) ** 2))


@variance_of_a_prediction.mistake(
    "You added the variance of a fresh target, sigma**2. The variance of the prediction is asked for."
)
def _with_noise(A, a, sigma):
    return sigma**2 * (1 + np.sum((np.linalg.pinv(A).T @ a) ** 2))


@variance_of_a_prediction.mistake("AᵀA has not entered: how well the data show the direction a decides.")
def _only_a(A, a, sigma):
    return sigma**2 * (a @ a)
