"""The three series: their dates, what is filled in, and the numbers against the package that carries them, where it is installed."""

import numpy as np
import pytest

from lib.sequences import series

ALL = (series.sunspots, series.co2, series.el_nino)


@pytest.mark.parametrize(
    "load, N, first, last, lowest, highest",
    [
        (series.sunspots, 309, (1700, 5.0), (2008, 2.9), 0.0, 190.2),
        (series.co2, 526, (1958, 316.1), (2001, 371.02), 313, 374),
        (series.el_nino, 732, (1950, 23.11), (2010, 22.07), 18, 30),
    ],
)
def test_length_ends_and_range(load, N, first, last, lowest, highest):
    data = load()
    assert len(data) == len(data.values) == len(data.times) == N
    assert (int(data.times[0]), data.values[0]) == first
    assert (int(data.times[-1]), data.values[-1]) == last
    assert lowest <= data.values.min() and data.values.max() <= highest
    np.testing.assert_allclose(np.diff(data.times), 1 / data.per_year, rtol=1e-9)


@pytest.mark.parametrize("load", ALL)
def test_nobody_can_change_them(load):
    data = load()
    for array in (data.values, data.times):
        with pytest.raises(ValueError):
            array[0] = 1.0
    assert load() is data


@pytest.mark.parametrize("load", ALL)
def test_before_a_year_is_what_was_measured_until_its_first_day(load):
    data = load()
    for year in range(int(data.times[0]) + 1, int(data.times[-1]) + 1):
        n = data.before(year)
        assert data.times[n - 1] < year < data.times[n]
        assert int(data.times[n]) == year
    assert data.before(1500) == 0 and data.before(2100) == len(data)


def test_only_five_months_are_filled_on_a_line_between_their_neighbours():
    data = series.co2()
    months = [f"{int(t)}-{int(t % 1 * 12) + 1:02}" for t in data.times[list(data.filled)]]
    assert months == ["1958-06", "1958-10", "1964-02", "1964-03", "1964-04"]
    y = data.values
    np.testing.assert_allclose(y[3], (y[2] + y[4]) / 2)
    np.testing.assert_allclose(np.diff(y[70:75], 2), 0, atol=1e-10)
    assert series.sunspots().filled == series.el_nino().filled == ()


@pytest.mark.parametrize("load", ALL)
def test_each_repeats_after_its_period(load):
    """Of all shifts of more than half a period, the period has (nearly) the highest correlation."""
    data = load()
    change = np.diff(data.values) if data.name == "CO₂" else data.values
    shifts = np.arange(data.period // 2 + 1, 2 * data.period - data.period // 4)
    best = shifts[np.argmax([np.corrcoef(change[:-k], change[k:])[0, 1] for k in shifts])]
    assert abs(best - data.period) <= (1 if data.per_year == 1 else 0)


def test_the_numbers_are_those_that_statsmodels_carries():
    datasets = pytest.importorskip("statsmodels.api").datasets
    table = datasets.sunspots.load_pandas().data
    np.testing.assert_array_equal(series.sunspots().values, table["SUNACTIVITY"])
    np.testing.assert_array_equal(np.floor(series.sunspots().times), table["YEAR"])
    table = datasets.elnino.load_pandas().data
    np.testing.assert_array_equal(series.el_nino().values, table.iloc[:, 1:].to_numpy().ravel())
    months = datasets.co2.load_pandas().data["co2"].resample("MS").mean()
    ours = series.co2()
    assert tuple(np.flatnonzero(months.isna())) == ours.filled
    measured = months.notna().to_numpy()
    np.testing.assert_allclose(ours.values[measured], months[measured], atol=0.0051)
