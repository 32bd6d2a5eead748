"""Exercises of "Using them"."""

from __future__ import annotations

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = [
    "lagged_rows",
    "mean_and_max",
    "posterior_of_bosnian",
    "score_of_each_language",
    "season_again",
    "where_does_it_leak",
]

posterior_of_bosnian = number(
    "posterior_of_bosnian",
    answer=lambda: 0.75,
    rtol=1e-3,
    why="The products are 0.5 · 0.012 and 0.5 · 0.004; the first is 0.006 of 0.008 in all.",
    hints=(
        "Bayes' rule: prior times likelihood for each language, divided by the sum of both.",
        "Both priors are ½, so they cancel; what is left is the share of one likelihood in the sum of both.",
        "0.012 / (0.012 + …)",
    ),
    mistakes=[
        (lambda: 0.006, "That is prior times likelihood. Divide by the sum over both languages."),
        (
            lambda: 0.012,
            "That is the likelihood: how probable the word is in the language, not the language given the word.",
        ),
        (lambda: 3.0, "That is the ratio of the two. A ratio of 3 to 1 is a probability of 3 in 4."),
        (lambda: 0.25, "That is the other language's."),
    ],
)

where_does_it_leak = choice(
    "where_does_it_leak",
    answer="b",
    why="Neighbouring windows share all their values but one. Shuffled, nearly every window that is kept back has a neighbour among those of training, which holds its answer.",
    feedback={
        "a": "The order of batches in training does no harm, as long as each window is whole and the state starts anew.",
        "c": "Mean and scale of the training part are known when the forecast is made.",
        "d": "What was measured before the forecast is made may be used, by whatever model.",
    },
    hints=(
        "For each line ask: what does it use that was not known on the day on which the forecast is made?",
        "A window holds the values before its target. Where do these values stand again?",
        "The target of one window is an input of the next.",
    ),
)


# --------------------------------------------------------------------------------------------------- naive Bayes
def _counted(rng):
    yield case("one n-gram, two languages", np.array([[3.0], [1.0]]), np.array([2.0]), 1.0)
    yield case("an n-gram that one language never had", np.array([[4.0, 0.0], [2.0, 2.0]]), np.array([1.0, 3.0]), 0.5)
    yield case("a text without n-grams", np.array([[4.0, 1.0], [2.0, 2.0]]), np.array([0.0, 0.0]), 0.5)
    yield case(
        "thousands of n-grams",
        np.array([[900.0, 10.0, 90.0], [10.0, 900.0, 90.0]]),
        np.array([3000.0, 2000.0, 500.0]),
        0.1,
    )
    for K, F in ((3, 4), (4, 6)):
        yield (
            rng.integers(0, 9, (K, F)).astype(float) + np.eye(K, F),
            rng.integers(0, 4, F).astype(float),
            rng.uniform(0.05, 1),
        )


@exercise(
    cases=_counted,
    hints=(
        "First the smoothed share of each n-gram in each language, then the sum of their logarithms, each as often as it occurs.",
        "P = (counts + α) / (row's sum + α F), F the number of n-grams; the score of a language is Σ x log P.",
        "P = (counts + alpha) / (counts.sum(axis=1, keepdims=True) + …); return np.log(P) @ …",
    ),
)
def score_of_each_language(counts, x, alpha):
    """Return the logarithm of the probability of a text's n-grams in each language, by naive Bayes.

    counts : (K, F), how often each of F n-grams occurred in the training texts of each of K languages
    x : (F,), how often each occurs in the text;  alpha : what is added to each count;  returns (K,)
    """
    total = counts.sum(axis=1, keepdims=True) + alpha * counts.shape[1]
    return np.log((counts + alpha) / total) @ x


@score_of_each_language.mistake(
    "The shares do not sum to 1: α was added to each of the F counts, so the sum below grows by α F."
)
def _total_without_alpha(counts, x, alpha):
    return np.log((counts + alpha) / counts.sum(axis=1, keepdims=True)) @ x


@score_of_each_language.mistake("α is added once to the sum, but it was added to each of the F counts: α F.")
def _alpha_once(counts, x, alpha):
    return np.log((counts + alpha) / (counts.sum(axis=1, keepdims=True) + alpha)) @ x


@score_of_each_language.mistake(
    "You divide each column by its sum, over the languages: how typical the n-gram is of a language. Asked is how often a language uses it: divide each row by its sum."
)
def _over_languages(counts, x, alpha):
    return np.log((counts + alpha) / (counts.sum(axis=0) + alpha * len(counts))) @ x


@score_of_each_language.mistake(
    "Each n-gram counts once, however often it stands in the text. In the product it has a factor for each time."
)
def _once_each(counts, x, alpha):
    return score_of_each_language.function(counts, (x > 0).astype(float), alpha)


@score_of_each_language.mistake(
    "You multiply by the shares, not by their logarithms: the logarithm of a product is a sum of logarithms."
)
def _no_logarithm(counts, x, alpha):
    return (counts + alpha) / (counts.sum(axis=1, keepdims=True) + alpha * counts.shape[1]) @ x


@score_of_each_language.mistake(
    "The smoothing stands outside: α is added to the share. Add it to the count, before the division."
)
def _added_to_the_share(counts, x, alpha):
    return np.log(counts / counts.sum(axis=1, keepdims=True) + alpha) @ x


# ------------------------------------------------------------------------------------------------------- pooling
def _states(rng):
    yield case("no padding", rng.normal(size=(2, 3, 2)), np.array([3, 3]))
    yield case("one place", rng.normal(size=(2, 1, 2)), np.array([1, 1]))
    yield case(
        "all states below 0",
        -np.abs(rng.normal(size=(2, 4, 2))) * np.array([[1, 1, 1, 0], [1, 1, 0, 0]])[:, :, None],
        np.array([3, 2]),
    )
    yield case("padding that is not 0", np.arange(12.0).reshape(1, 4, 3), np.array([2]))
    for B, T, H in ((3, 4, 2), (4, 6, 3)):
        lengths = rng.integers(1, T, B)
        real = np.arange(T) < lengths[:, None]
        yield rng.normal(size=(B, T, H)) * real[:, :, None] - real[:, :, None], lengths


@exercise(
    cases=_states,
    hints=(
        "Which places are real? Make a table of booleans (B, T) first.",
        "For the mean put 0 at padding and divide by the length; for the maximum put −∞ there.",
        "real = (np.arange(T) < lengths[:, None])[:, :, None]; np.where(real, H, 0).sum(axis=1) / …; np.where(real, H, -np.inf).max(axis=1)",
    ),
)
def mean_and_max(H, lengths):
    """Return the mean and the largest entries of each sequence's states, over its real places, side by side.

    H : (B, T, H), states;  lengths : (B,), how many places of each are real, at least 1;  returns (B, 2H), the mean first
    """
    real = (np.arange(H.shape[1]) < lengths[:, None])[:, :, None]
    mean = np.where(real, H, 0).sum(axis=1) / lengths[:, None]
    return np.hstack([mean, np.where(real, H, -np.inf).max(axis=1)])


@mean_and_max.mistake("The padding is counted: mean and maximum are over all T places, not over the real ones.")
def _all_places(H, lengths):
    return np.hstack([H.mean(axis=1), H.max(axis=1)])


@mean_and_max.mistake(
    "The maximum is wrong where all real states are below 0: you put 0 at padding, and 0 is larger. Put −∞ there."
)
def _zero_at_padding(H, lengths):
    kept = np.where((np.arange(H.shape[1]) < lengths[:, None])[:, :, None], H, 0)
    return np.hstack([kept.sum(axis=1) / lengths[:, None], kept.max(axis=1)])


@mean_and_max.mistake("The sum over the real places is divided by T. Divide it by the sequence's own length.")
def _divided_by_all(H, lengths):
    real = (np.arange(H.shape[1]) < lengths[:, None])[:, :, None]
    return np.hstack([np.where(real, H, 0).mean(axis=1), np.where(real, H, -np.inf).max(axis=1)])


@mean_and_max.mistake("Mean and maximum are in each other's place: the mean comes first.")
def _max_first(H, lengths):
    return np.roll(mean_and_max.function(H, lengths), H.shape[2], axis=1)


@mean_and_max.mistake("You count one place too many: the real places of a sequence of length n are 0 to n − 1.")
def _one_more(H, lengths):
    return mean_and_max.function(H, np.minimum(lengths + 1, H.shape[1]))


@mean_and_max.mistake("That is the last real state, twice: no pooling at all.")
def _last_state(H, lengths):
    last = H[np.arange(len(H)), lengths - 1]
    return np.hstack([last, last])


# ------------------------------------------------------------------------------------------------ design matrix
def _series(rng):
    yield case("one lag", np.array([1.0, 2.0, 4.0]), 1)
    yield case("one row", np.array([3.0, 1.0, 4.0, 1.5]), 3)
    yield rng.normal(size=6), 2
    yield rng.normal(size=9), 4


@exercise(
    cases=_series,
    hints=(
        "Which is the first value that has p values before it? It is the first target.",
        "Column k holds the value k steps before each target: y[p − k : N − k]. In front stands a column of ones.",
        "np.column_stack([np.ones(N - p), *(y[p - k : N - k] for k in …)]), y[p:]",
    ),
)
def lagged_rows(y, p):
    """Return the design matrix of an autoregression of order p, and its targets.

    y : (N,), the series, N > p;  returns A (N − p, p + 1): a 1, then the p values before the target, the nearest first;
    and b (N − p,), the targets, the earliest first
    """
    N = len(y)
    lags = [y[p - k : N - k] for k in range(1, p + 1)]
    return np.column_stack([np.ones(N - p), *lags]), y[p:]


@lagged_rows.mistake(
    "The farthest value stands first. The nearest is to be first, so that w₁ is the coefficient of yesterday."
)
def _farthest_first(y, p):
    A, b = lagged_rows.function(y, p)
    return np.column_stack([A[:, 0], A[:, :0:-1]]), b


@lagged_rows.mistake(
    "The target is among its own inputs: the fit will be perfect, and useless. Column k is the value k steps earlier, k from 1."
)
def _target_inside(y, p):
    N = len(y)
    return np.column_stack([np.ones(N - p), *(y[p - k : N - k] for k in range(p))]), y[p:]


@lagged_rows.mistake("The column of ones is missing: without it the forecast of a series is forced through 0.")
def _no_ones(y, p):
    A, b = lagged_rows.function(y, p)
    return A[:, 1:], b


@lagged_rows.mistake("The rows run backwards in time. The earliest target is to be first.")
def _backwards(y, p):
    A, b = lagged_rows.function(y, p)
    return A[::-1], b[::-1]


@lagged_rows.mistake("The column of ones stands last. It is to be first, where the book has its free term.")
def _ones_last(y, p):
    A, b = lagged_rows.function(y, p)
    return np.roll(A, -1, axis=1), b


@lagged_rows.mistake("The inputs come after the target: that forecasts the past from the future.")
def _from_the_future(y, p):
    A, b = lagged_rows.function(y[::-1], p)
    return A[::-1], b[::-1]


# ------------------------------------------------------------------------------------------------- the season again
def _histories(rng):
    yield case("a whole season", np.array([1.0, 2.0, 3.0, 4.0]), 2, 2)
    yield case("more than a season ahead", np.array([9.0, 1.0, 2.0, 3.0]), 7, 3)
    yield case("less than a season ahead", np.array([5.0, 6.0, 7.0, 8.0]), 2, 4)
    yield case("a season of one step", np.array([5.0, 6.0]), 3, 1)
    yield rng.normal(size=9), 5, 4
    yield rng.normal(size=7), 9, 5


@exercise(
    cases=_histories,
    hints=(
        "The forecast of a value is the last one known that stands a whole number of seasons earlier.",
        "The last season is history[-period:]. Forecast k, from 0 on, is its entry k mod period.",
        "history[-period:][np.arange(h) % …]",
    ),
)
def season_again(history, h, period):
    """Return the seasonal-naive forecast of the next h values: the last season again, as often as it takes.

    history : (n,), n at least `period`;  returns (h,)
    """
    return history[-period:][np.arange(h) % period]


@season_again.mistake(
    "Forecast 1 is the value of one step before, not of one season before: you count backwards from the end."
)
def _from_the_end(history, h, period):
    return history[-period:][::-1][np.arange(h) % period]


@season_again.mistake(
    "You repeat the last value; that is the naive forecast. The season's value at the same place is asked for."
)
def _last_value(history, h, period):
    return np.full(h, history[-1])


@season_again.mistake("That is the first season of the history. The last one is nearest to what comes.")
def _first_season(history, h, period):
    return history[:period][np.arange(h) % period]


@season_again.mistake(
    "It is one step late: the first forecast is the value `period` steps before it, history[-period]."
)
def _one_late(history, h, period):
    return history[-period:][(np.arange(h) + 1) % period]


@season_again.mistake(
    "There are as many values as the season has, not h: go round the season as often as it takes, and stop at h."
)
def _one_season(history, h, period):
    return history[-period:]
