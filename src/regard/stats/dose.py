"""Dose and response: how an outcome moves with minutes lost, raw and among customers of like activity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.plan.answer import Estimate
from regard.plan.effects import Response
from regard.stats.bands import LEVEL, Floats, critical, floats, number, over
from regard.stats.means import STILL
from regard.stats.methods import estimate
from regard.stats.resampling import delete_each, jackknife

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import ArrayLike


SUMS = 5
"""Sums of a slope: n, x, y, xx, xy."""


def response(
    n: ArrayLike,
    x: ArrayLike,
    y: ArrayLike,
    xx: ArrayLike,
    xy: ArrayLike,
    *,
    shares: bool = False,
    level: float = LEVEL,
) -> Response:
    """Measure a response from sums by replicate, stratum and band, each R x S x B.

    Customers are spread over the R replicates, each wholly in one, so that the delete-a-group jackknife knows that
    months of one customer belong together (t with replicates - 1).

    Args:
        n: rows.
        x: sum of the dose.
        y: sum of the outcome.
        xx: sum of the dose squared.
        xy: sum of dose times outcome.
        shares: whether the outcome is a share of rows: then intervals stay within 0 and 1, and show where all are 0.
        level: confidence.

    Source: direct standardisation, Rothman 2008 chapter 15; Kott 2001 for the jackknife.
    """
    sums = [floats(each) for each in (n, x, y, xx, xy)]
    size, outcome = sums[0], sums[2]
    strata = size.shape[1]
    weights = over(size.sum(axis=(0, 2)), np.full(strata, size.sum()))
    rows = size.sum(axis=(0, 1))
    total = float(size.sum())

    def standard(leaves: Sequence[Floats]) -> Floats:
        parts, weighed = leaves[:strata], leaves[strata:]
        there = [np.where(each > 0, share, 0.0) for each, share in zip(parts, weights, strict=True)]
        means = [np.nan_to_num(over(top, below)) for top, below in zip(weighed, parts, strict=True)]
        return over(np.sum([w * m for w, m in zip(there, means, strict=True)], axis=0), np.sum(there, axis=0))

    by_band = [size.sum(axis=1).T, outcome.sum(axis=1).T]
    by_stratum = [size[:, s].T for s in range(strata)] + [outcome[:, s].T for s in range(strata)]
    whole = [each.sum(axis=(1, 2))[None, :] for each in sums]
    within = [each.sum(axis=2)[:, s][None, :] for s in range(strata) for each in sums]
    return Response(
        raw=_shares(by_band, rows, level) if shares else _estimates(_mean, by_band, rows, level),
        adjusted=_estimates(standard, by_stratum, rows, level, (0.0, 1.0) if shares else (-np.inf, np.inf)),
        slope=_estimates(_slope, whole, np.array([total]), level)[0],
        slope_adjusted=_estimates(_slope, within, np.array([total]), level)[0],
    )


def _slope(leaves: Sequence[Floats]) -> Floats:
    """Return the least-squares slope within strata, each of which gives five leaves."""
    top, below = np.zeros_like(leaves[0]), np.zeros_like(leaves[0])
    for at in range(0, len(leaves), SUMS):
        n, x, y, xx, xy = leaves[at : at + SUMS]
        top = top + np.nan_to_num(xy - over(x * y, n))
        below = below + np.nan_to_num(xx - over(x * x, n))
    return over(top, np.where(below > 0, below, np.nan))


def _estimates(
    value: Callable[[Sequence[Floats]], Floats],
    leaves: Sequence[Floats],
    n: Floats,
    level: float,
    held: tuple[float, float] = (-np.inf, np.inf),
) -> tuple[Estimate, ...]:
    """Return values with jackknife intervals; none where nothing varies, for one of no width would claim certainty."""
    found, without = _each(value, leaves)
    se, df = jackknife(found, without)
    half = np.where(se > STILL * np.abs(found), critical(df, level) * se, np.nan)
    return tuple(
        Estimate(
            value=number(found[i]),
            lo=number(np.clip(found[i] - half[i], *held)),
            hi=number(np.clip(found[i] + half[i], *held)),
            se=number(se[i]),
            n=float(n[i]),
            flags=() if np.isfinite(half[i]) else ("empty" if not n[i] else "few",),
        )
        for i in range(len(found))
    )


def _shares(leaves: Sequence[Floats], n: Floats, level: float) -> tuple[Estimate, ...]:
    """Return shares with Wilson's intervals, n shrunk to what clustered rows are worth."""
    found, without = _each(_mean, leaves)
    made = estimate(
        "proportion", found, [leaves[1].sum(axis=1), leaves[0].sum(axis=1)], without=without, scale=1.0, level=level
    )
    return tuple(made.estimate(i, n=float(n[i])) for i in range(len(made)))


def _mean(leaves: Sequence[Floats]) -> Floats:
    return over(leaves[1], leaves[0])


def _each(value: Callable[[Sequence[Floats]], Floats], leaves: Sequence[Floats]) -> tuple[Floats, Floats]:
    # A replicate without rows has nothing in any leaf; `delete_each` knows an absent one by nan in every leaf.
    there = np.logical_or.reduce([each != 0 for each in leaves])
    return delete_each(value, [np.where(there, each, np.nan) for each in leaves])
