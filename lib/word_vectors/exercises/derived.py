"""Exercises of "word2vec, derived"."""

from __future__ import annotations

import math

import numpy as np

from lib.book.exercises import case, choice, exercise, number

__all__ = ["negative_sampling_gradient", "noise_shares", "score_at_the_best", "why_two_matrices"]


def _counts(rng):
    yield case("one word", [5], 0.75)
    yield case("equal counts", [4, 4, 4, 4], 0.75)
    yield case("the exponent 1", [1, 2, 3], 1.0)
    yield case("the exponent 0", [10, 1, 100], 0.0)
    for n in (2, 5, 9):
        yield [rng.randint(1, 1000) for _ in range(n)], rng.choice([0.5, 0.75])


@exercise(
    cases=_counts,
    python_only=True,
    hints=(
        "Probabilities add up to 1. What has to be divided by what?",
        "Raise each count to the exponent first, then divide by the sum of the results.",
        "weights = [n**exponent for n in counts]; return [w / sum(weights) for w in weights]",
    ),
)
def noise_shares(counts, exponent):
    """Return the probability with which each word is drawn as noise: proportional to count^exponent.

    counts : a list of positive whole numbers;  exponent : a number;  returns a list of probabilities
    """
    weights = [n**exponent for n in counts]
    total = sum(weights)
    return [w / total for w in weights]


@noise_shares.mistake("These weights do not add up to 1: divide them by their sum.")
def _not_normalised(counts, exponent):
    return [n**exponent for n in counts]


@noise_shares.mistake("You normalised first and raised to the exponent afterwards: the results no longer add up to 1.")
def _normalised_first(counts, exponent):
    return [(n / sum(counts)) ** exponent for n in counts]


@noise_shares.mistake("You divided the weights by the sum of the counts; divide by the sum of the weights.")
def _wrong_sum(counts, exponent):
    return [n**exponent / sum(counts) for n in counts]


@noise_shares.mistake("The exponent is not used: this is how often words occur, not how often they are drawn.")
def _unigram(counts, exponent):
    return [n / sum(counts) for n in counts]


@noise_shares.mistake("You used 3/4 whatever the exponent is.")
def _three_quarters(counts, exponent):
    return noise_shares.function(counts, 0.75)


@noise_shares.mistake("That gives every word the same chance: the counts have not entered.")
def _equal(counts, exponent):
    return [1 / len(counts)] * len(counts)


@noise_shares.mistake(
    "You multiplied the counts by the exponent, which cancels. They are raised to it: count ** exponent."
)
def _times_exponent(counts, exponent):
    return [n / sum(counts) if exponent else 1 / len(counts) for n in counts]


def _triples(rng):
    yield case("one noise word", np.array([1.0, -1.0]), np.array([0.5, 2.0]), np.array([[1.0, 1.0]]))
    yield case("all zero", np.zeros(3), np.zeros(3), np.zeros((2, 3)))
    yield case("large scores", np.array([5.0, 0.0]), np.array([6.0, 1.0]), np.array([[-5.0, 2.0], [4.0, 0.0]]))
    for d, k in ((2, 3), (4, 5), (5, 1)):
        yield rng.normal(size=d), rng.normal(size=d), rng.normal(size=(k, d))


@exercise(
    cases=_triples,
    hints=(
        "By its score every pair has the slope prediction minus target; the targets are 1 for the observed pair and 0 for noise.",
        "g = σ(u·w) − 1 and h = σ(noise·w). By w: g u + Σ hᵢ nᵢ. By u: g w.",
        "sigmoid = lambda z: 1 / (1 + np.exp(-z)); g, h = sigmoid(u @ w) - 1, sigmoid(noise @ w); return np.vstack([g * u + h @ noise, g * w])",
    ),
)
def negative_sampling_gradient(w, u, noise):
    """Return the gradients of −log σ(u·w) − Σ log σ(−nᵢ·w) by w and by u, stacked as two rows.

    w : (d,), the centre;  u : (d,), its context;  noise : (k, d), a row nᵢ each;  returns (2, d)
    """
    g = 1 / (1 + np.exp(-(u @ w))) - 1
    h = 1 / (1 + np.exp(-(noise @ w)))
    return np.vstack([g * u + h @ noise, g * w])


@negative_sampling_gradient.mistake("The sign is turned: this is the way downhill, minus the gradient.")
def _downhill(w, u, noise):
    return -negative_sampling_gradient.function(w, u, noise)


@negative_sampling_gradient.mistake(
    "The noise is missing from the gradient by w: each noise word pushes the centre away."
)
def _no_noise(w, u, noise):
    g = 1 / (1 + np.exp(-(u @ w))) - 1
    return np.vstack([g * u, g * w])


@negative_sampling_gradient.mistake(
    "The observed pair's slope is σ(u·w) − 1: without the −1 it is pushed apart like noise."
)
def _no_target(w, u, noise):
    g = 1 / (1 + np.exp(-(u @ w)))
    h = 1 / (1 + np.exp(-(noise @ w)))
    return np.vstack([g * u + h @ noise, g * w])


@negative_sampling_gradient.mistake("The two rows are exchanged: by w first, then by u.")
def _exchanged(w, u, noise):
    return negative_sampling_gradient.function(w, u, noise)[::-1].copy()


@negative_sampling_gradient.mistake("You took the mean over the noise words: the loss has their sum.")
def _mean_noise(w, u, noise):
    g = 1 / (1 + np.exp(-(u @ w))) - 1
    h = 1 / (1 + np.exp(-(noise @ w)))
    return np.vstack([g * u + h @ noise / len(noise), g * w])


@negative_sampling_gradient.mistake("u meets the centre only, so its gradient is g w: the noise does not enter there.")
def _noise_on_context(w, u, noise):
    g, h = 1 / (1 + np.exp(-(u @ w))) - 1, 1 / (1 + np.exp(-(noise @ w)))
    return np.vstack([g * u + h @ noise, (g + h.sum()) * w])


@negative_sampling_gradient.mistake("Noise words have the target 0, so their slope is σ(n·w), without the −1.")
def _noise_as_real(w, u, noise):
    g, h = 1 / (1 + np.exp(-(u @ w))) - 1, 1 / (1 + np.exp(-(noise @ w))) - 1
    return np.vstack([g * u + h @ noise, g * w])


score_at_the_best = number(
    "score_at_the_best",
    answer=lambda: math.log(2 / 5),
    rtol=3e-3,
    why="PMI is log 2, and k = 5 noise words shift it by log 5: log 2 − log 5 = log 0.4.",
    hints=(
        "At the best scores, u·w is a pointwise mutual information, shifted.",
        "PMI is the logarithm of how many times more often than by chance. The shift is −log k.",
        "import math; math.log(2) - math.log(5)",
    ),
    mistakes=[
        (lambda: math.log(2), "That is PMI itself. Five noise words for each pair shift it."),
        (lambda: math.log(10), "The shift is subtracted: more noise pushes scores down."),
        (lambda: math.log(2) - 5, "The shift is log k, not k."),
        (0.4, "That is the odds of a real pair against noise; the score is their logarithm."),
    ],
)

why_two_matrices = choice(
    "why_two_matrices",
    answer="b",
    why="With one matrix the score of a word with itself is ‖w‖², never negative, so the model must call “the the” likelier than not; and u·w = w·w′ is symmetric for all pairs. Two matrices are free of both.",
    feedback={
        "a": "The gradient exists with one matrix as well: we trained one.",
        "c": "One matrix has half as many parameters. It is not about memory.",
        "d": "The vectors shrink under noise but do not vanish: our runs with one matrix found about half of the twins.",
    },
    hints=(
        "Which score cannot be negative when words and contexts share their vectors?",
        "w·w = ‖w‖² ≥ 0, so σ(w·w) ≥ ½.",
        "Words seldom stand beside themselves. Which option says so?",
    ),
)
