"""Counts and rates: how many there were is itself chance, and chance comes in clumps."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from scipy.special import gammaincinv

from regard.stats.bands import LEVEL, Bands, Floats, Sample, alike, critical, floats, over, root

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

FEW_EVENTS = 10
"""Below this count the normal interval of the log is replaced by the exact Poisson one."""

FEW_INCIDENTS = 3
"""Below this number of incidents a total of minutes has no interval (METRICS.md section 3)."""


class Ratio(NamedTuple):
    """A ratio of two rates with its 95 % interval, arrays of one shape."""

    ratio: Floats
    lo: Floats
    hi: Floats


def poisson(count: ArrayLike, *, phi: ArrayLike = 1.0, level: float = LEVEL) -> tuple[Floats, Floats]:
    """Exact interval of a Poisson mean given one count; with overdispersion phi, of count / phi events.

    Source: Garwood 1936, through the gamma distribution. The lower end of 0 is 0, the upper end 3.689.
    """
    over_by = floats(phi)
    k = floats(count) / over_by
    tail = (1 - level) / 2
    lo = np.where(k > 0, gammaincinv(np.where(k > 0, k, 1.0), tail), np.where(np.isnan(k), np.nan, 0.0))
    return lo * over_by, np.asarray(gammaincinv(k + 1, 1 - tail) * over_by, dtype=np.float64)


def overdispersion(parts: ArrayLike, exposures: ArrayLike | None = None) -> tuple[Floats, Floats]:
    """Measure how much more the counts of days vary than independent events would.

    Args:
        parts: G x D counts, 0 on a day without events, nan on a day outside the cell.
        exposures: G x D, or None for equal days.

    Returns:
        phi (Pearson's chi-square / (days - 1), never below 1; 1 where a cell has fewer than two days or no event) and
        its degrees of freedom, days - 1 (inf where phi could not be measured). Both of length G.

    Source: McCullagh and Nelder 1989, section 4.5.
    """
    counts = floats(parts)
    spread = np.ones_like(counts) if exposures is None else floats(exposures)
    inside = ~np.isnan(counts) & (spread > 0)
    counts, spread = np.where(inside, counts, 0.0), np.where(inside, spread, 0.0)
    days = inside.sum(axis=1)
    rate = over(counts.sum(axis=1), spread.sum(axis=1))
    expected = rate[:, None] * spread
    chi = np.nansum(over((counts - expected) ** 2, expected), axis=1)
    measured = (days > 1) & (counts.sum(axis=1) > 0)
    phi = np.where(measured, np.maximum(over(chi, np.maximum(days - 1, 1).astype(np.float64)), 1.0), 1.0)
    return phi, np.where(measured, days - 1.0, np.inf)


def rate(sample: Sample) -> Bands:
    """Interval of a count or rate from leaves (count) or (count, exposure), with counts by day as `parts`.

    Quasi-Poisson on the log scale, se of the log = root(phi / count), t with days - 1; exact Poisson of count / phi
    below 10 events. The interval is a multiple of the value, so no scale is needed except where the count is 0.
    """
    count = sample.leaves[0]
    exposure = sample.leaves[1] if len(sample.leaves) > 1 else np.ones_like(count)
    phi, df = np.ones_like(count), np.full_like(count, np.inf)
    if sample.parts is not None:
        phi, df = overdispersion(sample.parts, sample.exposures)
    wrong = (count < 0) | (sample.value < 0) | ((count == 0) & (sample.value != 0) & ~np.isnan(sample.value))
    empty = ~(exposure > 0)
    usable = ~wrong & ~empty & ~np.isnan(sample.value)
    count = np.where(usable, count, np.nan)
    told = np.full_like(count, np.nan) if sample.scale is None else over(sample.scale, exposure)
    per_event = np.where(count > 0, over(sample.value, count), told)
    relative = root(over(phi, count))
    log_half = critical(df, sample.level) * relative
    exact_lo, exact_hi = poisson(count, phi=phi, level=sample.level)
    few = count < FEW_EVENTS
    lo = np.where(few, exact_lo * per_event, sample.value * np.exp(-log_half))
    hi = np.where(few, exact_hi * per_event, sample.value * np.exp(log_half))
    return Bands(
        method="rate",
        value=sample.value,
        lo=lo,
        hi=hi,
        se=root(phi * count) * per_event,
        n_eff=count / phi,
        df=np.where(np.isnan(hi), np.nan, np.where(few, np.inf, df)),
        flags={
            "empty": empty,
            "missing": np.isnan(sample.value) & ~empty,
            "few": usable & np.isnan(hi),
            "out_of_range": wrong & ~empty,
        },
    )


def compound_poisson_rate(sample: Sample) -> Bands:
    """Interval of a total or rate of interruption from leaves (total, exposure) and `parts`: what each incident adds.

    Variance of the total = sum of x_i^2 (compound Poisson: the number of incidents is chance too), on the log scale
    with t(N - 1), exposure taken as known. Fewer than 3 incidents: no interval, flag `few`. A part of 0 or nan is no
    incident of this cell. `n_eff` is (sum x)^2 / sum x^2, the number of equal incidents that would vary as much.
    """
    if sample.parts is None:
        message = "compound_poisson_rate needs `parts`: groups x incidents, what each incident adds to the total"
        raise ValueError(message)
    parts = np.nan_to_num(sample.parts)
    total, squares = parts.sum(axis=1), (parts**2).sum(axis=1)
    incidents = (parts > 0).sum(axis=1)
    wrong = (parts < 0).any(axis=1) | (sample.value < 0)
    missing = np.isnan(sample.value)
    agrees = alike(total, sample.leaves[0])
    enough = (incidents >= FEW_INCIDENTS) & agrees & ~wrong & ~missing
    relative = np.where(enough, over(root(squares), total), np.nan)
    df = np.where(enough, incidents - 1.0, np.nan)
    log_half = critical(df, sample.level) * relative
    return Bands(
        method="compound_poisson_rate",
        value=sample.value,
        lo=sample.value * np.exp(-log_half),
        hi=sample.value * np.exp(log_half),
        se=sample.value * relative,
        n_eff=over(total**2, squares),
        df=df,
        flags={
            "missing": missing,
            "few": (incidents < FEW_INCIDENTS) & ~wrong & ~missing,
            "out_of_range": wrong,
            "mismatch": ~agrees & ~wrong & ~missing,
        },
    )


def rate_ratio(
    count: ArrayLike,
    before: ArrayLike,
    *,
    exposure: ArrayLike = 1.0,
    before_exposure: ArrayLike = 1.0,
    phi: ArrayLike = 1.0,
    df: ArrayLike = np.inf,
    level: float = LEVEL,
) -> Ratio:
    """Compare two counts as a ratio of rates; se of its log = root(phi (1 / count + 1 / before)); nan where one is 0.

    With phi measured from few days, `df` is that of phi (`overdispersion`). Source: golden G17.
    """
    now, then = floats(count), floats(before)
    value = over(over(now, floats(exposure)), over(then, floats(before_exposure)))
    value = np.where(value > 0, value, np.nan)
    half = critical(df, level) * root(floats(phi) * (over(np.ones_like(now), now) + over(np.ones_like(then), then)))
    return Ratio(value, value * np.exp(-half), value * np.exp(half))
