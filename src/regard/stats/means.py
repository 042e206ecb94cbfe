"""Means and ratios: t intervals from moments, from weights, or from the jackknife."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.stats.bands import Bands, Floats, Sample, Truths, alike, critical, over, root
from regard.stats.proportions import kish

if TYPE_CHECKING:
    from regard.plan.answer import Estimate

STILL = 1e-12
"""A spread below this share of the size of the numbers is rounding, not spread."""


def mean(sample: Sample) -> Bands:
    """Interval of a mean from leaves (sum, sum of squares, n), or (sum, n) with replicates.

    Rows independent: t with n - 1 on the moments. Parties repeat: the jackknife, t with groups - 1.
    """
    total, *second, n = sample.leaves
    if not second and sample.jack is None:
        message = "a mean without replicates needs the leaves (sum, sum of squares, n)"
        raise ValueError(message)
    spread = np.full_like(n, np.nan)
    for squares in second:
        variance = over(squares - over(total**2, n), n - 1)
        variance = np.where(n > 1, variance, np.nan)
        floor = STILL * over(squares, n)
        spread = np.where(variance > floor, root(variance), np.where(np.isnan(variance), np.nan, 0.0))
    simple = over(spread, root(n)) * np.abs(sample.unit_scale)
    se, df = (simple, n - 1) if sample.jack is None else sample.jack
    n_eff = n if sample.jack is None else n * np.minimum(over(simple**2, se**2), 1.0)
    agrees = alike(sample.value, sample.unit_scale * over(total, n))
    return _around(sample, "mean", n=n, se=se, df=df, n_eff=n_eff, agrees=agrees)


def weighted_mean(sample: Sample) -> Bands:
    """Interval of sum(w x) / sum(w) from leaves (sum w x, sum w, sum w^2, sum w^2 x, sum w^2 x^2, n).

    Taylor linearisation: variance = n / (n - 1) x sum w^2 (x - mean)^2 / (sum w)^2, with the square multiplied out so
    that only sums are needed; t with n - 1. Weights count as known. With replicates the jackknife takes its place.
    `n_eff` is Kish's. Source: Cochran 1977, section 6.3 (ratio estimator); Kish 1965.
    """
    wx, w, w2, w2x, w2x2, n = sample.leaves
    plain = over(wx, w)
    inner = w2x2 - 2 * plain * w2x + plain**2 * w2
    inner = np.where(inner > STILL * (w2x2 + plain**2 * w2), inner, np.where(np.isnan(inner), np.nan, 0.0))
    simple = root(over(n, n - 1) * over(inner, w**2)) * np.abs(sample.unit_scale)
    se, df = (np.where(n > 1, simple, np.nan), n - 1) if sample.jack is None else sample.jack
    agrees = alike(sample.value, sample.unit_scale * plain)
    return _around(sample, "weighted_mean", n=n, se=se, df=df, n_eff=kish(w, w2), agrees=agrees)


def ratio(sample: Sample) -> Bands:
    """Interval of any arithmetic over leaves by the delete-a-group jackknife; the leaves themselves are not read."""
    if sample.jack is None:
        message = "a ratio needs `without`: its value with each replicate left out"
        raise ValueError(message)
    se, df = sample.jack
    nowhere = np.full_like(sample.value, np.nan)
    n = np.where(np.isnan(sample.value), 0.0, 1.0)
    return _around(sample, "ratio", n=n, se=se, df=df, n_eff=nowhere, agrees=np.ones(len(n), dtype=bool))


def mean_difference(now: Estimate, before: Estimate) -> tuple[float | None, float | None, float | None]:
    """Return the difference of two independent means with its interval, Welch's degrees of freedom.

    The ends are None where either mean has no standard error. Source: Welch 1947.
    """
    if now.value is None or before.value is None:
        return None, None, None
    change = now.value - before.value
    if now.se is None or before.se is None or now.n is None or before.n is None or not now.se + before.se:
        return change, None, None
    a, b = now.se**2, before.se**2
    df = (a + b) ** 2 / (a**2 / (now.n - 1) + b**2 / (before.n - 1))
    half = float(critical(df) * np.sqrt(a + b))
    return change, change - half, change + half


def _around(sample: Sample, method: str, *, n: Floats, se: Floats, df: Floats, n_eff: Floats, agrees: Truths) -> Bands:
    """Make value -/+ t x se; where nothing varies there is no interval, for one of no width would claim certainty."""
    value = sample.value
    still = se <= STILL * np.abs(value)
    usable = agrees & ~np.isnan(value) & (n > 0)
    half = np.where(still | ~usable, np.nan, critical(df, sample.level) * se)
    empty = ~(n > 0)
    return Bands(
        method=method,
        value=value,
        lo=value - half,
        hi=value + half,
        se=np.where(usable, np.where(still, 0.0, se), np.nan),
        n_eff=np.where(empty, np.nan, n_eff),
        df=np.where(np.isnan(half), np.nan, df),
        flags={
            "empty": empty,
            "missing": np.isnan(value) & ~empty,
            "few": usable & np.isnan(half) & ~still,
            "no_spread": usable & still,
            "mismatch": ~agrees & ~np.isnan(value) & ~empty,
        },
    )
