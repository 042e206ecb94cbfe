"""Worst windows: published and worked cases, and what must hold of any series."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st

from regard.stats import minute_grid, worst_window

minutes = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=40)


def slots(bad, length=240):
    """Return one user's minutes, down where told."""
    up = np.ones(length, dtype=np.int64)
    up[list(bad)] = 0
    return up, 1 - up


@pytest.mark.parametrize(
    ("width", "ratio"), [(1, 0), (5, 0), (10, 0), (20, 0.5), (60, 0.8333333), (120, 0.9), (240, 0.95)]
)
def test_i4_slots(width, ratio):
    """I-4 (Hauer et al. 2020): ten minutes down at once and two later."""
    worst = worst_window(*slots([*range(100, 110), 200, 201]), width)

    assert worst.ratio[0] == pytest.approx(ratio, abs=1e-7)


@pytest.mark.parametrize(
    ("width", "ratio", "at"), [(1, 0.5, 10), (5, 0.5, 10), (10, 0.5, 10), (20, 0.75, 0), (60, 0.909091, 0)]
)
def test_g7_two_users(width, ratio, at):
    """G7: the minutes of two users, one down from 10 to 20 and silent from 50."""
    up, down = np.ones(60, dtype=np.int64), np.zeros(60, dtype=np.int64)
    up[:10] += 1
    up[20:50] += 1
    down[10:20] += 1
    worst = worst_window(up, down, width)

    assert (worst.ratio[0], worst.at[0]) == (pytest.approx(ratio, abs=1e-6), at)


def test_the_same_minutes_in_one_failure_or_in_ten():
    """R017: ten minutes at once or in ten places are alike over the whole, and differ tenfold in a window of ten."""
    long, short = slots(range(100, 110)), slots(range(5, 240, 24))
    series = (np.stack([long[0], short[0]]), np.stack([long[1], short[1]]))

    assert worst_window(*series, 240).ratio.tolist() == [230 / 240, 230 / 240]
    assert worst_window(*series, 10).ratio.tolist() == [0.0, 0.9]


@settings(deadline=None)
@given(minutes, st.integers(1, 45), st.sampled_from([1, 60_000_000, 1 / 3]))
def test_every_window_is_looked_at(pairs, width, unit):
    """The worst window is the first of the least ratio, of windows with any time; none is said where there is none."""
    up, down = (np.array(each) * unit for each in zip(*pairs, strict=True))
    windows = [
        (sum(u for u, _ in pairs[at : at + width]) / used, at)
        for at in range(len(pairs) - width + 1)
        if (used := sum(u + d for u, d in pairs[at : at + width]))
    ]
    worst = worst_window(up, down, width)
    if not windows:
        assert np.isnan(worst.ratio[0])
        assert worst.at[0] == -1
        return
    assert worst.ratio[0] == pytest.approx(min(windows)[0], abs=1e-9)
    if unit != 1 / 3:
        assert worst.at[0] == min(windows)[1]


@settings(deadline=None)
@given(minutes, st.integers(1, 10), st.integers(1, 4))
def test_a_window_made_of_windows_is_no_worse(pairs, width, times):
    """A window of several times the width is a mean of windows, so it is at least as good as the worst of them."""
    up, down = zip(*pairs, strict=True)
    small, large = worst_window(up, down, width), worst_window(up, down, width * times)

    assert np.isnan(large.ratio[0]) or large.ratio[0] >= small.ratio[0] - 1e-12


def test_series_that_do_not_fit_are_refused():
    """Series of different shapes and windows of no minute are mistakes of the caller."""
    with pytest.raises(ValueError, match="window of 5"):
        worst_window([1, 1], [1], 5)
    with pytest.raises(ValueError, match="window of 0"):
        worst_window([1], [1], 0)


def test_runs_fill_a_grid():
    """Runs of alike minutes of two series become their minutes; what no run says is 0."""
    grid = minute_grid(([0, 1, 0], [1, 0, 3]), [2, 4, 1], [7, 5, 9], (2, 5))

    assert grid.tolist() == [[0, 7, 7, 9, 0], [5, 5, 5, 5, 0]]
    assert minute_grid(([], []), [], [], (1, 2)).tolist() == [[0, 0]]
