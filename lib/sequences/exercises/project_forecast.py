"""The project "Twelve months ahead": steps, and the goal that is measured on the years kept back."""

from __future__ import annotations

from functools import cache

import numpy as np

from lib.book.exercises import case, choice, exercise, goal, prediction
from lib.regularization import ridge
from lib.sequences.series import co2

__all__ = [
    "histories_and_futures",
    "last_year_again",
    "last_year_plus_drift",
    "rolled_forward",
    "twelve_months_ahead",
    "weights_of_lags",
    "what_the_fit_may_see",
]

COMPARED, KEPT = 1980, 1992  # the years in which the notebook compares, and those of the goal, begin


def measured() -> tuple[np.ndarray, np.ndarray]:
    """Return monthly carbon dioxide y (406,) in parts per million and its times (406,) in years, up to the end of 1991.

    The ten years after that are kept back. See `lib.sequences.series.co2`.
    """
    series = co2()
    shown = series.before(KEPT)
    return series.values[:shown].copy(), series.times[:shown].copy()


def root_mean_square(forecasts, futures) -> float:
    """Return the root of the mean squared error of forecasts (M, 12) of futures (M, 12)."""
    return float(np.sqrt(np.mean((np.asarray(forecasts) - np.asarray(futures)) ** 2)))


# ---------------------------------------------------------------------------------------------------------- step 1
def _months(rng):
    yield case("a season that never changes", np.tile(np.arange(12.0), 3))
    yield case("two years", np.concatenate([np.arange(12.0), np.arange(12.0) ** 1.5]))
    for n in (30, 41, 61):
        k = np.arange(n)
        yield (0.1 * k + 3 * np.sin(np.pi * k / 6) + rng.normal(size=n),)


@exercise(
    cases=_months,
    hints=(
        "What is a good guess for next March? How much more will it be than last March?",
        "The last twelve numbers stand in the right order. To each comes the mean of y_t − y_{t−12} over the whole history.",
        "history[-12:] + np.mean(history[12:] - …)",
    ),
)
def last_year_plus_drift(history):
    """Return a forecast of the next twelve months: the same months of the last year, plus the mean change in a year.

    history : (N,), months, N ≥ 24;  returns (12,). The mean is over all months that have a month twelve earlier.
    """
    return history[-12:] + np.mean(history[12:] - history[:-12])


@last_year_plus_drift.mistake("That is last year again. What is added in a year is missing.")
def _no_drift(history):
    return history[-12:].copy()


@last_year_plus_drift.mistake(
    "You add what is added in a month. From a month to the same month of the next year there are twelve."
)
def _monthly(history):
    return history[-12:] + np.mean(np.diff(history))


@last_year_plus_drift.mistake(
    "Your drift is that of the last year alone. One year says little: take the mean over all."
)
def _last_change(history):
    return history[-12:] + np.mean(history[-12:] - history[-24:-12])


@last_year_plus_drift.mistake(
    "Your forecast begins a month early: twelve months before the next one is history[-12], not history[-13]."
)
def _early(history):
    return np.roll(history, 1)[-12:] + np.mean(history[12:] - history[:-12])


@last_year_plus_drift.mistake("The season is missing: you go on from the last month.")
def _no_season(history):
    return np.full(12, history[-1] + np.mean(history[12:] - history[:-12]))


@last_year_plus_drift.mistake("The drift has the wrong sign: later minus earlier is what a year adds.")
def _backwards(history):
    return history[-12:] - np.mean(history[12:] - history[:-12])


# ---------------------------------------------------------------------------------------------------------- step 2
def _series(rng):
    yield case("a single forecast: only twelve months follow", np.arange(15.0), 3)
    yield case("the first forecast knows one month", rng.normal(size=14), 1)
    for n, first in ((20, 5), (26, 9), (19, 2)):
        yield rng.normal(size=n), first


@exercise(
    cases=_series,
    hints=(
        "At month t, what is known, and what is asked? For which t are all twelve answers known?",
        "The history is y[:t], which ends before month t. The future is y[t : t + 12], from month t on. The last t is len(y) − 12.",
        "[y[:t] for t in range(first, …)] and [y[t : t + 12] for the same t]; mind that range leaves out its end.",
    ),
)
def histories_and_futures(y, first):
    """Return for each month t from `first` on what was known before it, and the twelve months that begin with it.

    y : (N,);  first : the first t, 1 ≤ first ≤ N − 12;  returns a list of histories and a list of futures (12,).
    Every t counts whose twelve months are all known.
    """
    origins = range(first, len(y) - 11)
    return [y[:t] for t in origins], [y[t : t + 12] for t in origins]


def _pairs(y, first, end=-11, step=1, known=lambda y, t: y[:t], asked=lambda y, t: y[t : t + 12]):
    """The walk with one thing changed: the origins, what is known at each, and what is asked."""
    origins = range(first, len(y) + end, step)
    return [known(y, t) for t in origins], [asked(y, t) for t in origins]


@histories_and_futures.mistake(
    "Your histories hold month t, the first that is asked for. What is known ends before it."
)
def _knows_the_first(y, first):
    return _pairs(y, first, known=lambda y, t: y[: t + 1])


@histories_and_futures.mistake(
    "Your histories hold the whole series, also what is asked for. At month t only y[:t] is known."
)
def _knows_all(y, first):
    return _pairs(y, first, known=lambda y, t: y)


@histories_and_futures.mistake("The last month is left out whose twelve months are known. range leaves out its end.")
def _one_short(y, first):
    return _pairs(y, first, end=-12)


@histories_and_futures.mistake("Some of your futures are shorter than twelve months: the series ends before they do.")
def _cut_off(y, first):
    return _pairs(y, first, end=0)


@histories_and_futures.mistake("You go from year to year. Each month counts, so that none of the seasons is left out.")
def _yearly(y, first):
    return _pairs(y, first, step=12)


@histories_and_futures.mistake("Each of your histories is the first one. At month t all that came before t is known.")
def _never_more(y, first):
    return _pairs(y, first, known=lambda y, t: y[:first])


@histories_and_futures.mistake(
    "The future begins with month t, the first that is not known. Yours begins a month later."
)
def _skips_one(y, first):
    return _pairs(y, first, end=-12, asked=lambda y, t: y[t + 1 : t + 13])


what_the_fit_may_see = choice(
    "what_the_fit_may_see",
    answer="c",
    why="Whoever stood there then had just these numbers. Weights, means, spreads and the drift come from them, for every forecast anew.",
    feedback={
        "a": "Then the fit has seen the very months that it is asked about.",
        "b": "The months after them are the future as well, and they tell where the level has gone in between.",
        "d": "That is allowed, but throws away twenty years. Fewer years make worse weights.",
    },
    hints=(
        "Imagine it is New Year's Eve of 1984. Which numbers lie on the table?",
        "A month that is left out can be guessed from its neighbours on both sides. Who forecasts has one side.",
        "Everything that has been measured by then, and nothing that came later.",
    ),
)


def _last_year() -> float:
    y, times = measured()
    histories, futures = histories_and_futures.function(y, int(np.searchsorted(times, COMPARED)))
    return root_mean_square([history[-12:] for history in histories], futures)


last_year_again = prediction(
    "last_year_again",
    answer=_last_year,
    near=0.15,
    unit="ppm",
    why="It is what a year adds, about 1.5 ppm in those years. The season, far larger from top to bottom, costs nothing, since it "
    "is the same each year.",
)


# ---------------------------------------------------------------------------------------------------------- step 3
def _lagged(rng):
    yield case("one lag", np.array([1.0, 2.0, 4.0, 3.0, 5.0, 4.0]), 1, 0.5)
    yield case("far from 0", 300 + rng.normal(size=20), 2, 0.1)
    for n, p, lam in ((14, 2, 0.5), (24, 3, 2.0), (30, 4, 0.05)):
        z = rng.normal(size=n) + 1.5
        yield z + np.append(0, 0.6 * z[:-1]), p, lam


@exercise(
    cases=_lagged,
    rtol=1e-6,
    hints=(
        "Write down one row: which p numbers are known when z_t is asked for, the nearest first? For which t are there p of them?",
        "Column k, from 1 to p, holds z_{t−k} for t = p … N − 1, which is z[p − k : N − k]. The targets are z[p:].",
        "X = np.column_stack([z[p - k : len(z) - k] for k in …]), and then ridge.ridge_with_intercept(X, z[p:], lam).",
    ),
)
def weights_of_lags(z, p, lam):
    """Return the weights w and the intercept w0 with which z_t is nearest to w0 + w_1 z_{t−1} + … + w_p z_{t−p}.

    z : (N,), N > 2p;  p : at least 1;  lam : the price on ‖w‖², > 0, the intercept free (ridge.ridge_with_intercept);
    returns w (p,), the weight of the last month first, and a number
    """
    X = np.column_stack([z[p - k : len(z) - k] for k in range(1, p + 1)])  # (N − p, p)
    return ridge.ridge_with_intercept(X, z[p:], lam)


def _fitted(z, p, lam, columns=lambda z, p: [z[p - k : len(z) - k] for k in range(1, p + 1)], fit=None):
    return (fit or ridge.ridge_with_intercept)(np.column_stack(columns(z, p)), z[p:], lam)


@weights_of_lags.mistake("Your weights begin with the month farthest back. The weight of the last month stands first.")
def _oldest_first(z, p, lam):
    w, w0 = _fitted(z, p, lam)
    return w[::-1], w0


@weights_of_lags.mistake(
    "Each row of yours holds the month that is to be forecast: a fit that says z_t = z_t. Begin with z_{t−1}."
)
def _knows_the_answer(z, p, lam):
    return _fitted(z, p, lam, columns=lambda z, p: [z[p - k : len(z) - k] for k in range(p)])


@weights_of_lags.mistake("The intercept is missing: far from 0 the weights must then make up the level.")
def _no_intercept(z, p, lam):
    def through_zero(X, y, lam):
        return np.linalg.solve(X.T @ X + lam * np.eye(X.shape[1]), X.T @ y), 0.0

    return _fitted(z, p, lam, fit=through_zero)


@weights_of_lags.mistake("The intercept pays as well. It is free: only the weights have a price.")
def _dear_intercept(z, p, lam):
    def all_pay(X, y, lam):
        A = np.column_stack([X, np.ones(len(X))])
        w = np.linalg.solve(A.T @ A + lam * np.eye(A.shape[1]), A.T @ y)
        return w[:-1], w[-1]

    return _fitted(z, p, lam, fit=all_pay)


@weights_of_lags.mistake("One lag too far: your columns begin with z_{t−2}.")
def _one_behind(z, p, lam):
    X = np.column_stack([z[p - k : len(z) - k - 1] for k in range(1, p + 1)])
    return ridge.ridge_with_intercept(X, z[p + 1 :], lam)


# ---------------------------------------------------------------------------------------------------------- step 4
def _rolls(rng):
    yield case("nothing but the intercept", np.array([1.0, 2.0]), np.zeros(1), 0.5, 3)
    yield case("a single step", np.array([1.0, 2.0, 4.0]), np.array([0.5, 0.25]), 0.1, 1)
    for n, p, steps in ((6, 2, 4), (9, 3, 7), (5, 4, 6)):
        yield rng.normal(size=n), rng.normal(size=p) / p, float(rng.normal()), steps


@exercise(
    cases=_rolls,
    hints=(
        "The first step is easy. For the second you need a month that nobody has measured yet. What is the best guess at it?",
        "Put each forecast at the end of the series, as if it had been measured, and apply the same weights again.",
        "z = list(z); z.append(w0 + sum of w[k] · z[-1 - k]), steps times; the last `steps` entries are the answer.",
    ),
)
def rolled_forward(z, w, w0, steps):
    """Return the forecasts of the next `steps` values: each is w0 + w_1 (the one before) + w_2 (the one before that) + …

    z : (N,);  w : (p,), p ≤ N, the weight of the nearest first;  w0 : a number;  returns (steps,)
    A value that is not known yet is replaced by its own forecast.
    """
    known = list(z)
    for _ in range(steps):
        known.append(w0 + sum(weight * known[-k] for k, weight in enumerate(w, start=1)))
    return np.array(known[-steps:])


@rolled_forward.mistake(
    "Every step of yours uses the months that were measured. From the second on, forecasts take their place."
)
def _not_fed_back(z, w, w0, steps):
    return np.full(steps, w0 + w @ z[::-1][: len(w)])


@rolled_forward.mistake("The weights meet the months in the wrong order: w_1 belongs to the last one.")
def _wrong_order(z, w, w0, steps):
    return rolled_forward.function(z, w[::-1], w0, steps)


@rolled_forward.mistake("The intercept is left out.")
def _without_intercept(z, w, w0, steps):
    return rolled_forward.function(z, w, 0.0, steps)


@rolled_forward.mistake("The measured series stands before your forecasts. The last steps alone are asked for.")
def _with_the_past(z, w, w0, steps):
    return np.concatenate([z, rolled_forward.function(z, w, w0, steps)])


@rolled_forward.mistake("These are the forecasts from the last to the first.")
def _turned_round(z, w, w0, steps):
    return rolled_forward.function(z, w, w0, steps)[::-1]


# ------------------------------------------------------------------------------------------------------------ goal
def changes_by_lags():
    """Forecast the change against the year before from its last 25 values; 13 and 1 were worse from 1980 to 1991."""

    def forecast(history):
        z = history[12:] - history[:-12]  # no season is left, and the trend is a constant
        w, w0 = weights_of_lags(z, 25, 1e-6)
        return history[-12:] + rolled_forward(z, w, w0, 12)

    return forecast


@cache
def _kept() -> tuple[list[np.ndarray], np.ndarray]:
    """Return the histories that the goal hands over, and what came after each (109, 12)."""
    series = co2()
    histories, futures = histories_and_futures.function(series.values, series.before(KEPT))
    return histories, np.array(futures)


def _forecasts(answer, histories) -> np.ndarray:
    """Return an answer's forecasts (M, 12), or raise ValueError where it gives something else."""
    if not callable(answer):
        raise ValueError("hand over a function of a history")
    found = []
    for history in histories:
        given = np.asarray(answer(history.copy()), dtype=float)
        if given.shape != (12,):
            raise ValueError(f"twelve months are asked for, shape (12,), but yours has the shape {given.shape}")
        found.append(given)
    return np.array(found)


@goal(
    worked=changes_by_lags,
    below=0.7,
    label="the error in the ten years kept back",
    unit=" ppm",
    hints=(
        "Last year plus the drift is a good start. Where is it wrong for a whole year on end? The last months know it.",
        "Take what a month is above the same month of the year before: that has no season and hardly a trend. Forecast it from "
        "its own last values, and add it to last year.",
        "z = history[12:] - history[:-12]; weights_of_lags(z, p, 1e-6) with p a year or two; history[-12:] + rolled_forward(…, 12).",
    ),
)
def twelve_months_ahead(answer) -> float:
    """Hand over a function of a history (N,), months in ppm, that returns the next twelve (12,).

    It is asked at each month from January 1992 on, with all that was measured before.
    """
    histories, futures = _kept()
    return root_mean_square(_forecasts(answer, histories), futures)


def _from_memory():
    """Return a function that forecasts the year after those shown, whatever it is handed."""
    y, _ = measured()
    return lambda history: last_year_plus_drift.function(y)


@twelve_months_ahead.pitfall(
    "Your forecast is the same whatever history you are given. It has to start from the months that it is handed.",
    example=_from_memory,
)
def _deaf(answer) -> bool:
    return bool(np.ptp(_forecasts(answer, _kept()[0][::12]), axis=0).max() < 1e-9)


@twelve_months_ahead.pitfall(
    "All twelve months get the same number. From May to September the air loses about 6 ppm.",
    example=lambda: lambda history: np.full(12, history[-1]),
)
def _one_number(answer) -> bool:
    return bool(np.ptp(_forecasts(answer, _kept()[0]), axis=1).max() < 1e-6)


@twelve_months_ahead.pitfall(
    "Your twelve months lie on a straight line: there is growth, but no season.",
    example=lambda: lambda history: history[-1] + np.arange(1, 13) * np.mean(np.diff(history)),
)
def _straight_line(answer) -> bool:
    return bool(np.abs(np.diff(_forecasts(answer, _kept()[0]), 2, axis=1)).max() < 1e-6)


@twelve_months_ahead.pitfall(
    "Your forecast comes a month late: its second number fits the first month, and so on. It begins with the first month that "
    "is not in the history.",
    example=lambda: lambda history: np.append(history[-1], changes_by_lags()(history)[:-1]),
)
def _late(answer) -> bool:
    found, futures = _forecasts(answer, _kept()[0]), _kept()[1]
    return root_mean_square(found[:, 1:], futures[:, :-1]) < 0.7 * root_mean_square(found, futures)


@twelve_months_ahead.pitfall(
    "Your forecast comes a month early: its first number fits the second month, and so on. It begins with the first month that "
    "is not in the history.",
    example=lambda: lambda history: np.append(changes_by_lags()(history)[1:], history[-12]),
)
def _early_by_one(answer) -> bool:
    found, futures = _forecasts(answer, _kept()[0]), _kept()[1]
    return root_mean_square(found[:, :-1], futures[:, 1:]) < 0.7 * root_mean_square(found, futures)


@twelve_months_ahead.pitfall(
    "On the whole your forecasts are more than 1 ppm too low: every year adds that much and more. What a forecast repeats from "
    "earlier years has to be lifted to the level of now.",
    example=lambda: lambda history: history[-12:],
)
def _too_low(answer) -> bool:
    histories, futures = _kept()
    return float(np.mean(_forecasts(answer, histories) - futures)) < -1
