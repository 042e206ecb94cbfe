"""Correlation by lag: what was planted is found, what chance made is not believed."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from regard.stats import holm, lagged

REFERENCE = Path(__file__).parents[1] / "reference"
LEVEL = 0.05


def remembering(rng, n, memory):
    """Return a series that keeps so much of its last value."""
    shocks = rng.normal(size=n)
    series = np.zeros(n)
    for t in range(1, n):
        series[t] = memory * series[t - 1] + shocks[t]
    return series


def planted(rng, n=300, lag=3, memory=0.7):
    """Return a technical series, and minutes lost that follow it by some steps with noise as strong."""
    series = remembering(rng, n + lag, memory)
    return series[lag:], series[:-lag] + rng.normal(size=n) * np.std(series)


def test_a_planted_lag_is_found():
    """R018: minutes that follow errors by three steps correlate most at lag 3, significantly, in 97 % of 200 worlds."""
    rng = np.random.default_rng(3)
    found = [lagged(*planted(rng), max_lag=10) for _ in range(200)]

    assert np.mean([each.best == 3 and each.p_all[3] < LEVEL for each in found]) >= 0.97


def season(rng, n):
    """Return a series that repeats every 24 steps, with noise as strong."""
    return np.resize(rng.normal(size=24), n) + remembering(rng, n, 0.5)


def bursts(rng, n):
    """Return what lost minutes look like: mostly nothing, now and then twenty steps of something."""
    starts = (rng.random(n + 30) < 0.03) * rng.exponential(size=n + 30)
    return np.convolve(starts, np.ones(20), mode="valid")[:n]


@pytest.mark.parametrize(
    ("make", "steps", "most"),
    [
        (lambda rng, n: remembering(rng, n, 0.0), 0, 0.07),
        (lambda rng, n: remembering(rng, n, 0.7), 0, 0.07),
        (lambda rng, n: remembering(rng, n, 1.0), 0, 0.07),
        (lambda rng, n: np.exp(remembering(rng, n, 0.7)), 0, 0.07),
        (lambda rng, n: (rng.random(n) < 0.1) * np.exp(2 * rng.normal(size=n)), 0, 0.07),
        (season, 24, 0.1),
        (bursts, 0, 0.14),
    ],
    ids=["noise", "memory", "drift", "skewed", "rare and large", "season", "bursts"],
)
def test_chance_is_not_believed(make, steps, most):
    """Of unrelated series few show a lag once corrected (600 worlds at 5 %); plain correlations showed up to 29 %."""
    rng = np.random.default_rng(5)
    found = [lagged(make(rng, 240), make(rng, 240), max_lag=10, season=steps) for _ in range(600)]

    assert np.mean([(each.p_all < LEVEL).any() for each in found]) <= most


def test_what_is_remembered_counts_against_the_pairs():
    """Seasons that are left in are not new every time: the pairs are worth fewer, and never more than there are."""
    rng = np.random.default_rng(6)
    found = lagged(season(rng, 240), season(rng, 240), max_lag=3, differences=0)

    assert (found.n_eff <= found.n).all()
    assert found.n_eff[0] < 0.9 * found.n[0]


def test_a_shuffled_series_is_not_believed():
    """The planted series in any other order says nothing of the minutes (400 orders, level 5 %)."""
    rng = np.random.default_rng(7)
    series, lost = planted(rng)
    shuffled = [np.nanmin(lagged(rng.permutation(series), lost, max_lag=10).p_all) < LEVEL for _ in range(400)]

    assert lagged(series, lost, max_lag=10).p_all[3] < 1e-6
    assert np.mean(shuffled) <= 0.08


def test_drifts_correlate_without_differences():
    """What differences and memory are taken out for: two drifts, unrelated, correlate plainly in most worlds."""
    rng = np.random.default_rng(11)
    drifts = [np.cumsum(rng.normal(size=(2, 200)), axis=1) for _ in range(200)]
    plain = [abs(np.corrcoef(x, y)[0, 1]) > 1.96 / np.sqrt(200) for x, y in drifts]

    assert np.mean(plain) > 0.5
    assert np.mean([np.nanmin(lagged(x, y, max_lag=5).p_all) < LEVEL for x, y in drifts]) < 0.1


def test_d4_leading_indicator():
    """D-4 (Box and Jenkins, series M): sales follow the leading indicator from lag 3, lags 0 to 2 say nothing."""
    with (REFERENCE / "bjsales.csv").open() as file:
        rows = list(csv.DictReader(file))
    found = lagged([float(r["lead"]) for r in rows], [float(r["sales"]) for r in rows], max_lag=10)

    assert found.best == 3
    assert found.p_all[3] < 1e-6
    assert (found.p_all[:3] > LEVEL).all()


def test_what_does_not_vary_has_no_correlation():
    """A constant outcome has no correlation, no p, and no best lag."""
    found = lagged(np.random.default_rng(1).normal(size=100), np.ones(100), max_lag=3)

    assert np.isnan(found.correlation).all()
    assert np.isnan(found.p_all).all()
    assert found.best is None


def test_holm():
    """Holm 1979: the smallest of k is multiplied by k, the next by k - 1, never falling, at most 1."""
    given = [0.01, np.nan, 0.04, 0.03, 0.005]

    assert holm(given).tolist() == pytest.approx([0.03, np.nan, 0.06, 0.06, 0.02], nan_ok=True)


def test_series_that_do_not_fit_are_refused():
    """Too few steps for the lags, unequal lengths and missing values are mistakes of the caller."""
    for series, outcome, words in (
        (np.arange(30.0), np.arange(30.0), "10 lags"),
        (np.arange(99.0), np.arange(98.0), "10 lags"),
        (np.full(99, np.nan), np.arange(99.0), "missing"),
    ):
        with pytest.raises(ValueError, match=words):
            lagged(series, outcome, max_lag=10)
