"""What the chapter's projects say beside their goals: how far the bars are from chance, and which other roads lead there."""

import numpy as np
import pytest

from lib.regularization import ridge
from lib.sequences import exercises
from lib.sequences.exercises import project_forecast as forecast
from lib.sequences.exercises import project_spaces as spaces
from lib.sequences.series import co2


# ------------------------------------------------------------------------------------------------------ word spaces
def by_windows(widest=3):
    """Return a division by the widest window that was counted, from all the lines shown."""
    texts = [text for some in spaces.lines().values() for text in some]
    counted = {
        window: spaces / times
        for n in range(1, widest + 1)
        for window, spaces, times in exercises.count_windows(texts, n)
    }

    def divide(letters):
        row = "·" * widest + letters + "·" * widest
        gaps = np.zeros(len(letters), bool)
        for k in range(1, len(letters)):
            seen = (row[k + widest - n : k + widest + n] for n in range(widest, 0, -1))
            gaps[k - 1] = next((counted[window] for window in seen if window in counted), 0) > 0.5
        return gaps

    return divide


def drawn_scores(divide, draws=200) -> np.ndarray:
    """Return the goal's F1 on lines drawn anew, with replacement, from those kept back."""
    letters, right = spaces._asked()
    found = spaces._said(divide, letters)
    counts = np.array([(np.sum(f & r), f.sum(), r.sum()) for f, r in zip(found, right, strict=True)])
    rng = np.random.default_rng(0)
    sums = [counts[rng.integers(len(counts), size=len(counts))].sum(axis=0) for _ in range(draws)]
    return np.array([2 * hits / (said + true) for hits, said, true in sums])


def test_nothing_kept_back_is_shown():
    shown = [text for texts in spaces.lines().values() for text in texts]
    kept = spaces._dealt()[1]
    assert len(shown) == len(set(shown)) == 6000 and len(kept) == len(set(kept)) == 400
    assert not set(shown) & set(kept)
    assert all(
        set(text) <= set("abcdefghijklmnopqrstuvwxyz ") and 5 <= len(text.split()) <= 20 for text in shown + kept
    )


def test_the_bar_for_spaces_lies_between_windows_and_words():
    bar = exercises.where_words_end.above
    words, windows = drawn_scores(exercises.where_words_end.worked()), drawn_scores(by_windows())
    assert words.mean() - 4 * words.std() > bar > windows.mean() + 3 * windows.std()


def test_the_cheapest_division_is_the_cheapest_of_all():
    """All 2ⁿ⁻¹ divisions of short lines are tried."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        letters = "".join(rng.choice(list("ab"), size=8))
        prices = {letters[i:j]: rng.uniform(2, 9) for i, j in np.sort(rng.integers(0, 9, (15, 2))) if i < j}
        start, each = rng.uniform(1, 4, size=2)

        def cost(words, prices=prices, start=start, each=each):
            return sum(prices.get(word, start + each * len(word)) for word in words)

        every = []
        for bits in range(2**7):
            ends = [k + 1 for k in range(7) if bits >> k & 1] + [8]
            every.append([letters[i:j] for i, j in zip([0, *ends], ends, strict=False)])
        best = exercises.cheapest_split(letters, prices, start, each)
        assert "".join(best) == letters and cost(best) == pytest.approx(min(map(cost, every)))


def test_scores_are_those_of_scikit_learn():
    metrics = pytest.importorskip("sklearn.metrics")
    rng = np.random.default_rng(2)
    for often in (0.1, 0.5, 0.9):
        found, right = rng.random(50) < often, rng.random(50) < 0.3
        theirs = metrics.precision_recall_fscore_support(right, found, average="binary", zero_division=0)[:3]
        assert exercises.boundary_scores(found, right) == pytest.approx(theirs)


# --------------------------------------------------------------------------------------------------------- forecasts
def lags_of_changes(p, back=12):
    """Return a forecast by p lags of the change against `back` months before."""

    def answer(history):
        z = history[back:] - history[:-back]
        w, w0 = exercises.weights_of_lags(z, p, 1e-6)
        known = list(history)
        for change in exercises.rolled_forward(z, w, w0, 12):
            known.append(known[-back] + change)
        return np.array(known[-12:])

    return answer


def each_month_for_itself(p):
    """Return a forecast whose twelve months have weights of their own."""

    def answer(history):
        z, changes = history[12:] - history[:-12], []
        for ahead in range(1, 13):
            X = np.column_stack([z[p - k : len(z) - k - ahead + 1] for k in range(1, p + 1)])
            w, w0 = ridge.ridge_with_intercept(X, z[p + ahead - 1 :], 1e-6)
            changes.append(w0 + w @ z[::-1][:p])
        return history[-12:] + np.array(changes)

    return answer


def error_from_1980(answer) -> float:
    y, times = forecast.measured()
    histories, futures = exercises.histories_and_futures(y, int(np.searchsorted(times, 1980)))
    return forecast.root_mean_square([answer(history) for history in histories], futures)


def test_the_lags_of_the_worked_forecast_were_chosen_on_the_years_shown():
    errors = {p: error_from_1980(lags_of_changes(p)) for p in (1, 13, 25)}
    assert errors[25] < errors[13] < errors[1]
    y, _ = forecast.measured()
    assert exercises.twelve_months_ahead.worked()(y) == pytest.approx(lags_of_changes(25)(y))


@pytest.mark.parametrize(
    "answer", [lags_of_changes(24, back=1), each_month_for_itself(13), each_month_for_itself(24), lags_of_changes(13)]
)
def test_other_roads_reach_the_bar_too(answer):
    assert 0.58 < exercises.twelve_months_ahead.measure(answer) < 0.65 < exercises.twelve_months_ahead.below


def test_the_years_kept_back_are_harder():
    for answer in (exercises.last_year_plus_drift, lags_of_changes(25)):
        assert exercises.twelve_months_ahead.measure(answer) > error_from_1980(answer) + 0.05


def test_growth_in_1998_and_after_pinatubo():
    series = co2()
    means = [series.values[series.before(year) : series.before(year + 1)].mean() for year in range(1959, 2002)]
    growth = dict(zip(range(1960, 2002), np.diff(means), strict=True))
    assert all(growth[1998] > growth[year] for year in growth if year != 1998)
    assert max(growth[1992], growth[1993]) < min(growth[year] for year in range(1977, 2002) if year not in (1992, 1993))


def test_the_picture_has_no_faults():
    from lib.book.figures import faults
    from lib.sequences import demos

    picture = demos.measured_and_changes(*forecast.measured())
    assert not faults(picture.figure) and "316 to 355 ppm" in repr(picture)
