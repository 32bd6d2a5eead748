"""The labelled equations of "Using them", by an independent route each."""

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from scipy.special import logsumexp

from lib.sequences import forecasting, languages

RNG = np.random.default_rng(23)


@pytest.mark.equation("eq-bayes-rule")
def test_bayes_rule_is_the_share_of_those_who_drew_the_text_in_a_counted_population():
    """Count pairs (language, text) of a finite population, exactly."""
    people = [
        (k, x)
        for k, x, n in (("a", "x", 3), ("a", "y", 5), ("b", "x", 1), ("b", "y", 2), ("c", "y", 4))
        for _ in range(n)
    ]
    share = lambda rows, of: Fraction(len(rows), len(of))
    prior = {k: share([p for p in people if p[0] == k], people) for k in "abc"}
    given = {k: share([p for p in people if p == (k, "x")], [p for p in people if p[0] == k]) for k in "abc"}
    among_x = [p for p in people if p[1] == "x"]
    for k in "abc":
        counted = share([p for p in among_x if p[0] == k], among_x)
        assert prior[k] * given[k] / sum(prior[j] * given[j] for j in "abc") == counted


TEXTS = ("abba", "ab ba", "bab", "cab", "ccc", "a cc")
LABELS = np.array([0, 0, 0, 1, 1, 1])


def by_hand(text, label, alpha, longest=2):
    """Every n-gram by slicing, every share as a fraction."""
    grams = lambda t: [f" {t} "[i : i + n] for n in range(1, longest + 1) for i in range(len(t) + 3 - n)]
    seen = {g for t in TEXTS for g in grams(t)}
    own = [g for t, k in zip(TEXTS, LABELS, strict=True) if k == label for g in grams(t)]
    total = Fraction(1)
    for g in grams(text):
        if g in seen:
            total *= (own.count(g) + alpha) / (len(own) + alpha * len(seen))
    return total


@pytest.mark.equation("eq-naive-bayes")
@pytest.mark.equation("eq-add-alpha")
@pytest.mark.parametrize("text", ["abab", "c", "zz ab", "", "ba cab"])
def test_naive_bayes_is_the_product_of_smoothed_shares(text):
    model = languages.NaiveBayes(TEXTS, LABELS, longest=2, alpha=0.5)
    exact = [by_hand(text, k, Fraction(1, 2)) for k in (0, 1)]
    scores = model.scores([text])[0]
    np.testing.assert_allclose(scores, [np.log(float(p)) for p in exact], rtol=1e-10)
    believed = [float(p / sum(exact)) for p in exact]
    np.testing.assert_allclose(model.probabilities([text])[0], believed, rtol=1e-9)
    np.testing.assert_allclose(np.log(believed), scores - logsumexp(scores), atol=1e-9)


@pytest.mark.equation("eq-pooling")
def test_pooling_by_loops():
    states, lengths = RNG.normal(size=(4, 5, 3)), np.array([5, 1, 3, 4])
    for way in languages.POOLINGS:
        found = languages.pooled(states, lengths, way)
        for b, n in enumerate(lengths):
            mean = [sum(states[b, t, j] for t in range(n)) / n for j in range(3)]
            most = [max(states[b, t, j] for t in range(n)) for j in range(3)]
            wanted = {"last": [*states[b, n - 1]], "mean": mean, "max": most, "mean and max": mean + most}[way]
            np.testing.assert_allclose(found[b], wanted, rtol=1e-12)


@pytest.mark.equation("eq-seasonal-naive")
def test_the_season_again_by_its_formula():
    for n, m, h in product((4, 7), (1, 3, 4), (1, 5, 9)):
        y = RNG.normal(size=n)
        wanted = [y[n - 1 + k - -(-k // m) * m] for k in range(1, h + 1)]
        np.testing.assert_array_equal(forecasting.seasonal_naive(y, h, m), wanted)


@pytest.mark.equation("eq-autoregression")
def test_an_autoregression_is_recovered_from_what_it_made():
    """Without noise least squares finds the coefficients, and the forecasts are what comes."""
    w = np.array([0.5, 1.2, -0.6, 0.1])
    y = [*RNG.normal(size=3)]
    for _ in range(40):
        y.append(w[0] + sum(w[k] * y[-k] for k in (1, 2, 3)))
    model = forecasting.fit_autoregression(np.array(y[:30]), 3)
    np.testing.assert_allclose(model.w, w, atol=1e-7)
    np.testing.assert_allclose(model(np.array(y[:30]), 13), y[30:], atol=1e-6)


@pytest.mark.equation("eq-companion")
def test_forecasts_are_powers_of_the_companion_matrix_and_go_to_the_mean():
    model = forecasting.Autoregression(np.array([1.0, 0.9, -0.4, 0.2]))
    y = RNG.normal(size=8)
    C, mean = model.companion(), model.mean()
    d = y[:-4:-1] - mean  # the nearest first
    ahead = model(y, 60)
    for h in range(1, 11):
        np.testing.assert_allclose((np.linalg.matrix_power(C, h) @ d)[0] + mean, ahead[h - 1], rtol=1e-10)
    assert np.abs(np.linalg.eigvals(C)).max() < 1 and abs(ahead[-1] - mean) < 1e-6
    roots = np.roots([1, -0.9, 0.4, -0.2])  # of its characteristic polynomial, another way to the eigenvalues
    np.testing.assert_allclose(np.sort_complex(np.linalg.eigvals(C)), np.sort_complex(roots), rtol=1e-8)


@pytest.mark.equation("eq-differences")
def test_changes_are_added_up():
    y, changes = RNG.normal(size=9), RNG.normal(size=4)
    forecaster = forecasting.of_differences(lambda history, h: changes[:h])
    np.testing.assert_allclose(forecaster(y, 4), y[-1] + np.cumsum(changes), rtol=1e-12)
    exact = forecasting.of_differences(lambda history, h: np.full(h, history[-1]))
    np.testing.assert_allclose(exact(np.arange(5.0) * 3, 3), [15, 18, 21], rtol=1e-12)
