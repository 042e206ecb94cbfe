"""Major event days: days so bad that they are another kind of day (IEEE Std 1366, the 2.5 beta method)."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from regard.stats.bands import floats
from regard.stats.series import Found

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from regard.stats.bands import Floats
    from regard.stats.series import Observed

BETAS = 2.5
"""How many standard deviations of the logs above their mean a major day begins."""

FIRST_YEAR = 366
"""Where nothing is known of the window's first year, it is not the whole window that stands behind the threshold."""


class Threshold(NamedTuple):
    """The threshold of a major day, with mean and standard deviation of the logs behind it; nan of under two days."""

    alpha: float
    beta: float
    value: float


def threshold(daily: ArrayLike) -> Threshold:
    """Return exp(alpha + 2.5 beta) over the natural logs of the days that are not zero; blank days count as zero.

    Source: IEEE Std 1366-2012, 5.2; golden G6 (33.79), TRUTH I-3 (19.95442585).
    """
    days = floats(daily)
    days = days[days > 0]
    if len(days) < 2:  # noqa: PLR2004 - a standard deviation needs two
        return Threshold(np.nan, np.nan, np.nan)
    logs = np.log(days)
    alpha, beta = float(logs.mean()), float(logs.std(ddof=1))
    with np.errstate(over="ignore"):
        return Threshold(alpha, beta, float(np.exp(alpha + BETAS * beta)))


def major_days(observed: Observed) -> Found:
    """Take the major days out of a total of days, or tell their threshold or number.

    Each period is judged by the days of the window before its year. Where there are none, by all the days at hand up to
    its end; where the window's first year is empty, by what there is: both are flagged `provisional`. A day is major
    when it is above the threshold. The setting `gives` says what is given: `without` (the sum of the other days),
    `threshold`, or `days` (how many are major). n is the number of days of the period.
    """
    groups, periods = observed.value.shape
    value, n = np.full((groups, periods), np.nan), np.zeros((groups, periods))
    provisional = np.zeros((groups, periods), dtype=bool)
    for g, days in enumerate(observed.series["value"]):
        for s, ((first, last), (start, end)) in enumerate(zip(observed.own, observed.before, strict=True)):
            own, window = days[first:last], days[start:end]
            known = np.flatnonzero(window > 0)
            limit = threshold(window).value
            provisional[g, s] = not len(known) or known[0] >= FIRST_YEAR
            if np.isnan(limit):
                limit = threshold(days[:last]).value
                provisional[g, s] = True
            n[g, s] = np.isfinite(own).sum()
            value[g, s] = _given(own, limit, str(observed.settings.get("gives", "without")))
    none = np.full_like(value, np.nan)
    return Found(value=value, lo=none, hi=none, n=n, flags={"provisional": provisional})


def _given(own: Floats, limit: float, gives: str) -> float:
    """Return what is asked of the days of one period; blank where no day is known."""
    if gives == "threshold":
        return limit
    if not np.isfinite(own).any():
        return np.nan
    # Without a threshold (under two days with a loss) no day is major.
    major = own > limit
    return float(major.sum()) if gives == "days" else float(np.nansum(np.where(major, 0.0, own)))
