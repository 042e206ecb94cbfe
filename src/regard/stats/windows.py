"""The worst window of availability: many short failures and one long one, told apart by its width (R017)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from regard.stats.bands import over
from regard.stats.series import Found

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from regard.stats.bands import Floats
    from regard.stats.series import Observed


@dataclass(frozen=True, slots=True, eq=False)
class Worst:
    """The worst windows of G series.

    Attributes:
        ratio: up / (up + down) of the worst window; nan where no window has any time.
        at: minute at which it begins, of several the first; -1 where there is none.
    """

    ratio: Floats
    at: NDArray[np.int64]


def worst_window(up: ArrayLike, down: ArrayLike, width: int) -> Worst:
    """Return the least availability of any window of so many minutes, the minimal cumulative ratio MCR(width).

    Windows begin at every minute; one in which nobody was up or down says nothing and is passed over. Beyond a width
    the ratio shows whether failures are many and short or few and long: it rises early or late.

    Args:
        up: G x T amounts in each minute, or T of one series; whole microseconds are added exactly.
        down: the same.
        width: minutes, at least 1; wider than the series there is no window.

    Raises:
        ValueError: shapes differ, or a width below 1.

    Source: Hauer et al. 2020, Meaningful availability (NSDI), section 5.
    """
    ups, downs = np.atleast_2d(up), np.atleast_2d(down)
    if ups.shape != downs.shape or width < 1:
        message = f"a window of {width} minutes over series of {ups.shape} and {downs.shape}"
        raise ValueError(message)
    groups, minutes = ups.shape
    worst = Worst(np.full(groups, np.nan), np.full(groups, -1, dtype=np.int64))
    for group in range(groups if width <= minutes else 0):
        used = ups[group] + downs[group]
        ratio = np.clip(over(_sums(ups[group], width), _sums(used, width)), 0.0, 1.0)
        # Sums of fractions leave a rounding where there is nothing, so minutes are counted to tell.
        ratio = np.where(_sums((used > 0).astype(np.int64), width) > 0, ratio, np.inf)
        at = int(np.argmin(ratio))
        if np.isfinite(ratio[at]):
            worst.ratio[group], worst.at[group] = ratio[at], at
    return worst


def worst_windows(observed: Observed) -> Found:
    """Tell the availability of the worst window of each period, in percent.

    Reads the series `up` and `down` by minute; the setting `width` is the width of the window in minutes. n is how many
    minutes of the period anybody was seen in. A period that is shorter than the window has no number.
    """
    up, down = observed.series["up"], observed.series["down"]
    width = int(observed.settings["width"])
    value, n = np.full(observed.value.shape, np.nan), np.zeros(observed.value.shape)
    for s, (first, last) in enumerate(observed.own):
        ups, downs = (np.nan_to_num(series[:, first:last]) for series in (up, down))
        value[:, s] = 100 * worst_window(ups, downs, width).ratio
        n[:, s] = (ups + downs > 0).sum(axis=1)
    none = np.full_like(value, np.nan)
    return Found(value=value, lo=none, hi=none, n=n)


def minute_grid(
    place: tuple[ArrayLike, ArrayLike], minutes: ArrayLike, amount: ArrayLike, shape: tuple[int, int]
) -> NDArray[np.int64]:
    """Return G x T amounts from runs of alike minutes, 0 where no run says anything.

    Args:
        place: number of the series, and minute, at which each run begins.
        minutes: how many it lasts; runs of a series are disjoint.
        amount: of each of its minutes, whole.
        shape: (G, T).
    """
    begins = np.ravel_multi_index(tuple(np.asarray(axis, dtype=np.int64) for axis in place), shape)
    lasts = np.asarray(minutes, dtype=np.int64)
    places = np.repeat(begins - (np.cumsum(lasts) - lasts), lasts) + np.arange(lasts.sum())
    grid = np.zeros(shape, dtype=np.int64)
    grid.ravel()[places] = np.repeat(np.asarray(amount), lasts)
    return grid


def _sums(values: NDArray[np.generic], width: int) -> Floats:
    """Sums of all windows, from running totals."""
    totals = np.concatenate([np.zeros(1, dtype=values.dtype), np.cumsum(values)])
    return np.asarray(totals[width:] - totals[:-width], dtype=np.float64)
