"""Seasons: a planted one is found, too short a series is refused, numbers agree with another implementation (R118)."""

from __future__ import annotations

import numpy as np
import pytest

from regard.stats import decompose, forecast

# Air temperatures at Nottingham Castle in Fahrenheit, 1936 to 1939 month by month (R's `nottem`, Anderson 1976).
NOTTINGHAM = (
    37.3, 35.0, 44.0, 43.9, 52.7, 58.6, 60.0, 61.1, 58.1, 49.6, 41.6, 41.3,
    40.8, 41.0, 38.4, 47.4, 54.1, 58.6, 61.4, 61.8, 56.3, 50.9, 41.4, 37.1,
    42.1, 41.2, 47.3, 46.6, 52.4, 59.0, 59.6, 60.4, 57.0, 50.7, 47.8, 39.2,
    39.4, 40.9, 42.4, 47.8, 52.4, 58.0, 60.7, 61.8, 58.2, 46.7, 46.6, 37.8,
)  # fmt: skip


SEASON = [-9.26, -8.83, -2.95, -2.89, 3.49, 9.07, 10.92, 11.71, 7.82, 0.7, -8.36, -11.42]
TREND = [46.81, 49.95, 49.73, 49.55]


def planted(cycles=4, noise=0.6, seed=5):
    """Return a series with a season that is known, a slope, and one outlier."""
    draw = np.random.default_rng(seed)
    season = draw.normal(0, 3, 12)
    season -= season.mean()
    times = np.arange(12 * cycles)
    values = 50 + 0.2 * times + np.tile(season, cycles) + draw.normal(0, noise, len(times))
    values[17] += 6
    return list(values), season


def test_a_planted_season_is_found():
    """The season of every cycle is the planted one within the noise; an outlier stays in the rest."""
    values, season = planted()
    apart = decompose(values, 12)
    assert np.abs(np.array(apart.season[:12]) - season).max() < 0.9
    assert np.ptp(np.array(apart.season).reshape(4, 12), axis=0).max() < 0.2
    assert int(np.argmax(np.abs(apart.rest))) == 17
    assert np.allclose(np.sum([apart.trend, apart.season, apart.rest], axis=0), values)


def test_numbers_agree_with_another_implementation():
    """As statsmodels 0.15.0 has it: STL(NOTTINGHAM, period=12, seasonal=481, seasonal_deg=0, robust=True)."""
    apart = decompose(NOTTINGHAM, 12)
    assert [round(each, 2) for each in apart.season[:12]] == SEASON
    assert [round(each, 2) for each in apart.trend[::12]] == TREND


def test_what_cannot_be_told_is_refused():
    """A year tells no season, and two years no forecast (X18)."""
    with pytest.raises(ValueError, match="no season can be told"):
        decompose(list(range(23)), 12)
    with pytest.raises(ValueError, match="nothing to try it on"):
        forecast(planted(2)[0], 12)


def test_a_forecast_is_held_against_last_years_value():
    """Of a trend with a season it is near what comes; of noise alone it gives none or is told by its interval."""
    values, season = planted(5)
    found = forecast(values[:-1], 12)
    assert found is not None
    assert found.error < found.naive
    assert found.lo < values[-1] < found.hi
    assert found.value == pytest.approx(50 + 0.2 * 59 + season[11], abs=1.5)
    steps = [float(each) for each in np.cumsum(np.random.default_rng(1).choice((-5.0, 5.0), 40))]
    jumps = [*steps[:-12], *(value + 40 * (place % 2) for place, value in enumerate(steps[-12:]))]
    assert forecast(jumps, 12) is None


@pytest.mark.parametrize("constant", [0.0, 7.0])
def test_a_constant_has_no_season(constant):
    """Nothing moves, so nothing is found."""
    apart = decompose([constant] * 30, 12)
    assert np.allclose(apart.season, 0)
    assert np.allclose(apart.trend, constant)
