"""Did it fall, and by as much as was claimed? Two series of counts, compared as a ratio of rates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtr, stdtr

from regard.model import Target
from regard.stats.bands import LEVEL, critical, floats
from regard.stats.target import status

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

    from regard.stats.bands import Floats

FELL, ROSE, NO_CHANGE, CANNOT_SAY = "fell", "rose", "no detectable change", "cannot say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """A ratio of two rates and what it says.

    Attributes:
        ratio: rate now over rate before; nan where either is 0.
        lo, hi: its 95 % interval.
        p: two-sided, of no change.
        phi: how many times the variance of the two totals is that of independent events, on average; at least 1.
        df: degrees of freedom behind the interval.
        word: `fell`, `rose`, `no detectable change` or `cannot say`.
        claim: of the claimed change `met`, `missed` or `too close to call`; None without a claim or an interval.
    """

    ratio: float
    lo: float
    hi: float
    p: float
    phi: float
    df: float
    word: str
    claim: str | None


def reduction(
    now: ArrayLike,
    before: ArrayLike,
    *,
    exposure: float = 1.0,
    before_exposure: float = 1.0,
    spread: str = "quasi",
    claim: float | None = None,
    level: float = LEVEL,
) -> Reduction:
    """Compare two series of counts as a ratio of rates, with as much chance as the series themselves show.

    The variance of the log of the ratio is the sum of variance / total^2 of both.

    Args:
        now: counts by day (days without any are 0), or of `compound` what each incident adds.
        before: the same of the earlier period.
        exposure: what the later rate is per, such as customer-days served; 1 for periods of one length.
        before_exposure: likewise.
        spread: how the variance of a total is found. `quasi`: phi x total, phi Pearson's chi-square of the days around
            the mean of their period over its degrees of freedom, never below 1 (McCullagh and Nelder 1989). `negative
            binomial`: total + total^2 / (k days), one k for both by moments, for days that differ more the busier
            they are (Lawless 1987). `compound`: sum of squares of what each incident adds (METRICS section 3).
        claim: the change that was claimed, such as -0.4 for 40 % fewer, or None.
        level: confidence.

    Raises:
        ValueError: an unknown spread, counts below 0 or not finite, or a series without elements.
    """
    series = [np.atleast_1d(floats(one)) for one in (now, before)]
    if any(not len(one) or not np.isfinite(one).all() or (one < 0).any() for one in series):
        message = "a series of counts has elements, each finite and not below 0"
        raise ValueError(message)
    if spread not in SPREADS:
        message = f"a spread is one of {', '.join(SPREADS)}, not {spread}"
        raise ValueError(message)
    totals = [float(one.sum()) for one in series]
    if min(totals) <= 0:
        nan = math.nan
        return Reduction(ratio=nan, lo=nan, hi=nan, p=nan, phi=nan, df=nan, word=CANNOT_SAY, claim=None)
    variances, df = SPREADS[spread](series)
    ratio = totals[0] / exposure / (totals[1] / before_exposure)
    se = math.sqrt(sum(variance / total**2 for variance, total in zip(variances, totals, strict=True)))
    half = float(critical(df, level)) * se
    phi = sum(variances) / sum(totals)
    if not math.isfinite(half):
        return Reduction(ratio=ratio, lo=math.nan, hi=math.nan, p=math.nan, phi=phi, df=df, word=CANNOT_SAY, claim=None)
    lo, hi = ratio * math.exp(-half), ratio * math.exp(half)
    z = -abs(math.log(ratio)) / se
    return Reduction(
        ratio=ratio,
        lo=lo,
        hi=hi,
        p=2 * float(ndtr(z) if math.isinf(df) else stdtr(df, z)),
        phi=phi,
        df=df,
        word=FELL if hi < 1 else ROSE if lo > 1 else NO_CHANGE,
        claim=None if claim is None else _claimed(ratio, lo, hi, claim),
    )


def _claimed(ratio: float, lo: float, hi: float, claim: float) -> str | None:
    """Judge a claim as a target is judged: the ratio it says, or one that goes farther the same way."""
    end = 1 + claim
    wanted = Target(metric="", hi=end) if claim < 0 else Target(metric="", lo=end)
    return status(ratio, lo, hi, wanted)


Variances = tuple[list[float], float]
"""The variance of each total, and the degrees of freedom behind them."""


def _quasi(series: list[Floats]) -> Variances:
    df = sum(len(one) - 1 for one in series)
    if df < 1:
        return [float(one.sum()) for one in series], math.inf
    chi = sum(float(((one - one.mean()) ** 2).sum() / one.mean()) for one in series)
    phi = max(chi / df, 1.0)
    return [phi * float(one.sum()) for one in series], float(df)


def _negative_binomial(series: list[Floats]) -> Variances:
    df = sum(len(one) - 1 for one in series)
    if df < 1:
        return [float(one.sum()) for one in series], math.inf
    over = sum(float(((one - one.mean()) ** 2).sum()) - (len(one) - 1) * float(one.mean()) for one in series)
    squares = sum((len(one) - 1) * float(one.mean()) ** 2 for one in series)
    inverse = max(over / squares, 0.0)
    return [len(one) * float(one.mean() + inverse * one.mean() ** 2) for one in series], float(df)


def _compound(series: list[Floats]) -> Variances:
    """What each incident adds: fewer than three in either period say nothing of how incidents differ."""
    incidents = [int((one > 0).sum()) for one in series]
    if min(incidents) < 3:  # noqa: PLR2004 - `rates.FEW_INCIDENTS`
        return [float((one**2).sum()) for one in series], math.nan
    variances = [float((one**2).sum()) for one in series]
    shares = [variance / float(one.sum()) ** 2 for variance, one in zip(variances, series, strict=True)]
    # Welch: the total of few incidents is known less well.
    lost = sum(share**2 / (count - 1) for share, count in zip(shares, incidents, strict=True))
    return variances, sum(shares) ** 2 / lost


SPREADS: Mapping[str, Callable[[list[Floats]], Variances]] = {
    "quasi": _quasi,
    "negative binomial": _negative_binomial,
    "compound": _compound,
}
