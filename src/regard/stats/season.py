"""A series without its season, and what comes next: STL with a season that stays, refused where it cannot be told.

Cleveland, Cleveland, McRae and Terpenning (1990), "STL: A seasonal-trend decomposition procedure based on Loess",
Journal of Official Statistics 6: 3-73. The season is that of every cycle (`s.window = "periodic"` of R's `stl`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

CYCLES = 2
"""Fewer cycles than these cannot tell a season from a trend (X18)."""
INNER, OUTER = 2, 15
"""Passes: of the inner loop, and after the first pass those that give outliers less weight (section 3.3)."""
BISQUARE = 6
"""Medians of the absolute rest beyond which a value has no weight (section 2.4)."""
NORMAL_95 = 1.959964


@dataclass(frozen=True, slots=True, kw_only=True)
class Decomposed:
    """A series taken apart: value = trend + season + rest.

    Attributes:
        trend, season, rest: one number for each value.
    """

    trend: tuple[float, ...]
    season: tuple[float, ...]
    rest: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """What comes next.

    Attributes:
        value, lo, hi: with its 95 % interval, from how far off such forecasts were before.
        error, naive: mean absolute error over the last cycle, of this way and of last cycle's value taken again.
    """

    value: float
    lo: float
    hi: float
    error: float
    naive: float


def decompose(values: Sequence[float], period: int) -> Decomposed:
    """Take a series apart.

    Args:
        values: evenly spaced, without gaps.
        period: values in a cycle, such as 12 months.

    Raises:
        ValueError: fewer than two cycles, or a cycle of fewer than two values.
    """
    series = np.asarray(values, dtype=float)
    if period < CYCLES or len(series) < CYCLES * period:
        raise ValueError(f"{len(series)} values are fewer than {CYCLES} cycles of {period}: no season can be told")
    weights = np.ones(len(series))
    trend, season = np.zeros(len(series)), np.zeros(len(series))
    for _ in range(1 + OUTER):
        for _ in range(INNER):
            season = _season(series - trend, period, weights)
            trend = _loess(series - season, _odd(1.5 * period / (1 - 1.5 / (10 * len(series) + 1))), weights)
        rest = np.abs(series - trend - season)
        scale = BISQUARE * float(np.median(rest))
        if scale <= np.finfo(float).eps * float(np.max(np.abs(series)) or 1):
            break
        weights = (1 - np.clip(rest / scale, 0, 1) ** 2) ** 2
    return Decomposed(
        trend=tuple(map(float, trend)),
        season=tuple(map(float, season)),
        rest=tuple(map(float, series - trend - season)),
    )


def forecast(values: Sequence[float], period: int) -> Forecast | None:
    """Return the next value; None where this way was no better over the last cycle than last cycle's value again.

    The next value is the end of the trend, going on as over the last cycle, and the season of its place. It is tried on
    each value of the last cycle with what was known before it; how far off it was makes the interval.

    Raises:
        ValueError: fewer than three cycles: two to learn from, one to be tried on.
    """
    if len(values) < (CYCLES + 1) * period:
        raise ValueError(f"{len(values)} values are fewer than {CYCLES + 1} cycles of {period}: nothing to try it on")
    tried = range(len(values) - period, len(values))
    off = np.array([values[at] - _next(values[:at], period) for at in tried])
    again = np.array([values[at] - values[at - period] for at in tried])
    error, naive = float(np.abs(off).mean()), float(np.abs(again).mean())
    if error > naive:
        return None
    value = _next(values, period)
    spread = NORMAL_95 * float(np.sqrt(np.mean(off**2)))
    return Forecast(value=value, lo=value - spread, hi=value + spread, error=error, naive=naive)


def _next(values: Sequence[float], period: int) -> float:
    apart = decompose(values, period)
    drift = (apart.trend[-1] - apart.trend[-period]) / (period - 1)
    return apart.trend[-1] + drift + apart.season[-period]


def _season(detrended: Floats, period: int, weights: Floats) -> Floats:
    """Return the season: the mean of each place of the cycle, less what of it is no season (steps 2 to 4)."""
    places = np.arange(len(detrended)) % period
    sums = np.bincount(places, weights * detrended, period)
    counts = np.bincount(places, weights, period)
    # A place all of whose values are outliers has none that count less than others.
    plain = np.bincount(places, detrended, period) / np.bincount(places, minlength=period)
    means = np.where(counts > 0, sums / np.where(counts > 0, counts, 1), plain)
    cycle = means[np.arange(-period, len(detrended) + period) % period]
    low = _loess(_moving(_moving(_moving(cycle, period), period), 3), _odd(period), np.ones(len(detrended)))
    return np.asarray(cycle[period:-period] - low, dtype=float)


def _moving(series: Floats, width: int) -> Floats:
    return np.convolve(series, np.full(width, 1 / width), mode="valid")


def _loess(series: Floats, width: int, weights: Floats) -> Floats:
    """Return a series smoothed by local lines over `width` neighbours with tricube weights (section 2.1)."""
    count = len(series)
    places = np.arange(count, dtype=float)
    smooth = np.empty(count)
    for at in range(count):
        far = np.abs(places - at)
        reach = np.partition(far, min(width, count) - 1)[min(width, count) - 1]
        # Where more neighbours are asked than there are, the reach grows in proportion.
        reach += max(width - count, 0) / 2
        near = np.where(far < 0.999 * reach, (1 - np.minimum(far / reach, 1) ** 3) ** 3, 0.0) * weights
        near = np.where(far <= 0.001 * reach, weights, near)
        total = near.sum()
        if total <= 0:
            smooth[at] = series[at]
            continue
        middle = (near * places).sum() / total
        mean = (near * series).sum() / total
        spread = (near * (places - middle) ** 2).sum()
        slope = (near * (places - middle) * series).sum() / spread if spread > 1e-6 * (count - 1) ** 2 * total else 0.0
        smooth[at] = mean + slope * (at - middle)
    return smooth


def _odd(number: float) -> int:
    """Return the least odd whole number that is not below one."""
    found = int(np.ceil(number))
    return found if found % 2 else found + 1
