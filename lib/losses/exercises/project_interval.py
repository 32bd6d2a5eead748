"""Exercises of the project "A prediction with an honest interval"."""

from __future__ import annotations

import math

import numpy as np

from lib.book import datasets
from lib.book.exercises import case, exercise, goal, number
from lib.losses import regression

__all__ = ["honest_interval", "how_far_the_mean", "interval_score", "spoiled_rows", "widening"]

SLIPPED = 0.1  # the share of the targets whose point was lost


def spoiled_table(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return measurements X (295, 10) and progressions y (295,) of two thirds of the patients, as a hasty clerk typed them.

    In one row of ten the point of the progression was lost, so that it is ten times too large.
    """
    data = datasets.diabetes()
    known = np.arange(len(data.y)) % 3 != 2
    X, y = data.X[known], data.y[known]
    slipped = np.random.default_rng(seed).permutation(len(y))[: round(SLIPPED * len(y))]
    y[slipped] *= 10
    return X, y


how_far_the_mean = number(
    "how_far_the_mean",
    answer=1.9,
    rtol=5e-3,
    why="Nine tenths stay and one tenth counts tenfold: 0.9 + 0.1 · 10. The median moves only to a rank a few places up.",
    hints=(
        "Split the mean into the rows that are right and those that slipped.",
        "0.9 of the rows keep their mean m; 0.1 of them have the mean 10 m.",
        "0.9 · 1 + 0.1 · 10",
    ),
    mistakes=[
        (1.0, "That would be no slip at all: one tenth of the rows counts tenfold."),
        (2.0, "The slipped rows no longer count with their right value: 0.9 stay, not 1."),
        (10.0, "Only one row in ten is ten times too large, not all of them."),
        (1.1, "The slipped rows count ten times, not twice."),
        (0.9, "That is what the right rows contribute. Add the slipped ones."),
    ],
)


def _errors(rng):
    yield case("nothing is spoiled", np.array([-1.0, 0.5, 0.2, -0.4, 1.1]), 5.0)
    yield case("errors that are not centred on 0", np.array([9.0, 10.0, 11.0, 10.5, 9.5, 30.0, -10.0]), 4.0)
    yield case("just inside and just outside", np.array([-1.0, 1.0, -1.0, 1.0, 0.0, 4.4, 4.5, -4.4, -4.5]), 3.0)
    yield case("exactly at the limit", np.array([0.0, 1.0, -1.0, 1.4826, -1.4826]), 1.0)
    for n, k in ((20, 3.0), (41, 2.0), (40, 1.0)):
        e = rng.normal(size=n)
        e[: n // 8] += 30
        yield e + rng.normal(), k
    yield rng.normal(size=60) - 3, 1.0


@exercise(
    cases=_errors,
    hints=(
        "The spoiled rows must not decide what counts as far. Which middle and which spread do not listen to them?",
        "The median m of the errors, and the median of |e − m|. Times 1.4826 it is the standard deviation of a normal sample.",
        "gap = |e − median(e)|; a row is marked where gap > k · 1.4826 · median(gap)",
    ),
)
def spoiled_rows(e, k):
    """Return a mask: True where an error is farther from the median than k robust spreads.

    The robust spread is 1.4826 times the median distance from the median.
    e : (N,), errors of a fit;  k : a number > 0;  returns (N,) of truths
    """
    gap = np.abs(e - np.median(e))
    return gap > k * 1.4826 * np.median(gap)


@spoiled_rows.mistake(
    "You measure with the standard deviation, which the spoiled rows blow up until they look ordinary."
)
def _deviation(e, k):
    return np.abs(e - np.median(e)) > k * np.std(e)


@spoiled_rows.mistake(
    "Your spread is the mean distance, and a few far rows make a mean large. Take 1.4826 times the median."
)
def _mean_distance(e, k):
    gap = np.abs(e - np.median(e))
    return gap > k * np.mean(gap)


@spoiled_rows.mistake("Your middle is the mean: the spoiled rows drag it towards them. Take the median.")
def _from_the_mean(e, k):
    gap = np.abs(e - np.mean(e))
    return gap > k * 1.4826 * np.median(gap)


@spoiled_rows.mistake("You mark errors above the middle only. A slip downwards counts as well.")
def _one_side(e, k):
    gap = np.abs(e - np.median(e))
    return e - np.median(e) > k * 1.4826 * np.median(gap)


@spoiled_rows.mistake("The factor 1.4826 is missing, which turns the median distance into a standard deviation.")
def _no_factor(e, k):
    gap = np.abs(e - np.median(e))
    return gap > k * np.median(gap)


def _intervals(rng):
    yield case("all inside: the mean width", np.array([0.0, 1.0]), np.array([2.0, 5.0]), np.array([1.0, 5.0]), 0.8)
    yield case("one below, one above", np.array([0.0, 0.0]), np.array([1.0, 1.0]), np.array([-1.0, 3.0]), 0.8)
    yield case("no width at all", np.array([2.0, 2.0, 2.0]), np.array([2.0, 2.0, 2.0]), np.array([1.0, 2.0, 4.0]), 0.5)
    for n, share in ((12, 0.8), (30, 0.9), (25, 0.5)):
        low = rng.normal(size=n)
        yield low, low + rng.uniform(0, 2, n), 2 * rng.normal(size=n) + 0.5, share


@exercise(
    cases=_intervals,
    hints=(
        "Two things cost: width, and missing. How much is a miss worth, so that promising 80 % and keeping it is best?",
        "A miss by d costs 2/(1 − share) · d, on either side. Add the width, and average over the patients.",
        "below = np.maximum(low − y, 0), above likewise; the mean of (high − low) + 2/(1 − share) · (below + above)",
    ),
)
def interval_score(low, high, y, share):
    """Return the mean of width + 2/(1 − share) · how far y lies outside.

    low, high, y : (N,);  share : what is promised to lie inside, as 0.8;  returns a number in y's unit, small is good
    """
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    return np.mean(high - low + 2 / (1 - share) * outside)


@interval_score.mistake("A miss costs 2/(1 − share) times its size. You weighed it with 2/share.")
def _by_share(low, high, y, share):
    outside = np.maximum(low - y, 0) + np.maximum(y - high, 0)
    return np.mean(high - low + 2 / share * outside)


@interval_score.mistake("A miss by much costs more than a miss by little: you counted misses, not how far they are.")
def _counted(low, high, y, share):
    outside = (y < low) * 1.0 + (y > high)
    return np.mean(high - low + 2 / (1 - share) * outside)


@interval_score.mistake("Only misses above the interval cost something. Those below count as well.")
def _above_only(low, high, y, share):
    return np.mean(high - low + 2 / (1 - share) * np.maximum(y - high, 0))


@interval_score.mistake(
    "That is the width alone: an interval of no width at all would be perfect. Misses cost as well."
)
def _width_alone(low, high, y, share):
    return np.mean(high - low)


@interval_score.mistake("The width is missing: an interval from −∞ to ∞ would be perfect.")
def _no_width(low, high, y, share):
    return np.mean(2 / (1 - share) * (np.maximum(low - y, 0) + np.maximum(y - high, 0)))


def _calibrations(rng):
    yield case("one patient", np.array([0.0]), np.array([1.0]), np.array([3.0]), 0.8)
    yield case(
        "intervals that are too wide come closer",
        np.zeros(4),
        np.full(4, 10.0),
        np.array([5.0, 4.0, 6.0, 3.0]),
        0.5,
    )
    yield case("four of five", np.zeros(5), np.ones(5), np.array([2.0, 3.0, 0.5, -4.0, 7.0]), 0.6)
    yield case(
        "more is promised than so few can show",
        np.zeros(3),
        np.ones(3),
        np.array([2.0, 5.0, 3.0]),
        0.9,
        tells="With so few patients the rank exceeds their number: take the largest then.",
    )
    for n, share in ((20, 0.8), (41, 0.9), (33, 0.5), (13, 0.7)):
        low = rng.normal(size=n)
        yield low, low + 1, 2 * rng.normal(size=n), share


@exercise(
    cases=_calibrations,
    hints=(
        "By how much would each patient's interval have to grow on both sides to just reach y? It may be negative.",
        "max(low − y, y − high). Sort these; the one of rank ⌈share · (N + 1)⌉ is enough for that share of fresh patients.",
        "reach = np.sort(np.maximum(low − y, y − high)); rank = min(N, ⌈share · (N + 1)⌉); entry rank − 1",
    ),
)
def widening(low, high, y, share):
    """Return what to add on both sides so that the share of fresh patients lies inside.

    It is the ⌈share · (N + 1)⌉-th smallest of max(low − y, y − high), the largest where there are too few.
    low, high, y : (N,), of patients that took no part in the fit;  share : as 0.8;  returns a number, also below 0
    """
    reach = np.sort(np.maximum(low - y, y - high))
    rank = min(len(reach), int(np.ceil(share * (len(reach) + 1))))
    return reach[rank - 1]


@widening.mistake("The N + 1 counts the fresh patient too. With N alone you promise a little too much.")
def _without_the_fresh(low, high, y, share):
    reach = np.sort(np.maximum(low - y, y - high))
    return reach[math.ceil(share * len(y)) - 1]


@widening.mistake("That is the largest of them: everybody would lie inside. Only the share is promised.")
def _largest(low, high, y, share):
    return np.maximum(low - y, y - high).max()


@widening.mistake("You round the rank down. Rounding up keeps the promise.")
def _rounded_down(low, high, y, share):
    reach = np.sort(np.maximum(low - y, y - high))
    return reach[max(1, min(len(y), int(share * (len(y) + 1)))) - 1]


@widening.mistake("You start counting at 0: the entry of rank r stands at r − 1.")
def _one_too_far(low, high, y, share):
    reach = np.sort(np.maximum(low - y, y - high))
    return reach[min(len(y) - 1, math.ceil(share * (len(y) + 1)))]


@widening.mistake("It may be below 0: intervals that were too wide come closer.")
def _never_closer(low, high, y, share):
    return max(0.0, widening.function(low, high, y, share))


@widening.mistake(
    "The smaller of the two distances is the wrong one: y lies outside on one side, and that side counts."
)
def _smaller(low, high, y, share):
    reach = np.sort(np.minimum(low - y, y - high))
    return reach[min(len(y), math.ceil(share * (len(y) + 1))) - 1]


# --------------------------------------------------------------------------------------------------------------- goal
def fit_an_interval():
    """Mark spoiled rows by a robust fit, fit two quantiles to the rest, widen on rows set aside.

    It uses `spoiled_rows` and `widening`, the functions of steps 2 and 4.
    """
    X, y = spoiled_table()
    middle, spread = X.mean(axis=0), X.std(axis=0)

    def features(X):
        return np.column_stack([np.ones(len(X)), (X - middle) / spread])

    A = features(X)
    e = y - A @ regression.fit_mae(A, y)
    good = ~spoiled_rows(e, 4.0)
    A, y = A[good], y[good]
    aside = np.arange(len(y)) % 4 == 0
    w_low = regression.fit_pinball(A[~aside], y[~aside], 0.1)
    w_high = regression.fit_pinball(A[~aside], y[~aside], 0.9)
    more = widening(A[aside] @ w_low, A[aside] @ w_high, y[aside], 0.8)

    def interval(X):
        low, high = features(X) @ w_low - more, features(X) @ w_high + more
        return np.minimum(low, high), np.maximum(low, high)  # far out, two fits may cross

    return interval


@goal(
    worked=fit_an_interval,
    below=225,
    label="the mean interval score of the 147 patients kept back",
    hints=(
        "Three decisions: which rows to believe, which loss gives the two ends, and on which rows the width is judged.",
        "Fit MAE to everything, mark the rows whose errors are far out, and leave them out. Then fit the pinball loss for 0.1 and for 0.9.",
        "Set a quarter of the believed rows aside before the two fits, and widen by what `widening` says of them. Scale inside the function with the training rows' means and spreads.",
    ),
)
def honest_interval(answer) -> float:
    """Hand over a function that takes X (N, 10) in the study's units and returns low (N,) and high (N,)."""
    X, y = _fresh()
    low, high = _ends(answer, X)
    return float(interval_score.function(low, high, y, 0.8))


def _fresh() -> tuple[np.ndarray, np.ndarray]:
    """Return every third patient, whose progression was typed with care."""
    data = datasets.diabetes()
    return data.X[2::3].copy(), data.y[2::3].copy()


def _ends(answer, X) -> tuple[np.ndarray, np.ndarray]:
    if not callable(answer):
        raise ValueError(f"hand over a function of X (N, 10), not {type(answer).__name__}")
    ends = answer(X)
    if not isinstance(ends, (tuple, list, np.ndarray)) or len(ends) != 2:
        raise ValueError("it must return two arrays, low and high")
    low, high = (np.asarray(end, dtype=float) for end in ends)
    if low.shape != (len(X),) or high.shape != (len(X),):
        raise ValueError(
            f"for {len(X)} patients low and high must have the shape ({len(X)},): {low.shape}, {high.shape}"
        )
    if (low > high).any():
        crossed = int((low > high).sum())
        raise ValueError(f"low lies above high for {crossed} of {len(X)} patients: far out, two fits may cross")
    return low, high


def _inside(answer) -> float:
    X, y = _fresh()
    low, high = _ends(answer, X)
    return float(np.mean((low <= y) & (y <= high)))


def _believes_all():
    X, y = spoiled_table()
    A = np.column_stack([np.ones(len(X)), X])
    w = regression.fit_mse(A, y)
    s = np.std(y - A @ w)
    return lambda X: (w[0] + X @ w[1:] - 1.28 * s, w[0] + X @ w[1:] + 1.28 * s)


@honest_interval.pitfall(
    "Nearly everybody lies inside, since the intervals are far too wide: the slipped rows are still among those that set their ends.",
    example=_believes_all,
)
def _far_too_wide(answer) -> bool:
    return _inside(answer) > 0.93 and honest_interval.measure(answer) > 300


def _for_the_mean():
    interval = fit_an_interval()

    def narrow(X):
        low, high = interval(X)
        return (low + high) / 2 - 20, (low + high) / 2 + 20

    return narrow


@honest_interval.pitfall(
    "Fewer than 65 in 100 fresh patients lie inside intervals that promise 80: they were judged by the rows they were fitted to, or hold the mean of such patients and not a patient.",
    example=_for_the_mean,
)
def _too_narrow(answer) -> bool:
    return _inside(answer) < 0.65


def _one_for_all():
    y = spoiled_table()[1]
    y = y[y < 350]
    return lambda X: (np.full(len(X), np.quantile(y, 0.1)), np.full(len(X), np.quantile(y, 0.9)))


@honest_interval.pitfall(
    "Every patient gets the same interval: what was measured of them plays no part.", example=_one_for_all
)
def _the_same_for_all(answer) -> bool:
    low, high = _ends(answer, _fresh()[0])
    return float(np.ptp(low)) < 1e-6 and float(np.ptp(high)) < 1e-6
