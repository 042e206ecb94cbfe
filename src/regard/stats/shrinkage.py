"""Totals of groups drawn towards their mean: what a cause is really worth, and what one bad incident made of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from regard.stats.bands import critical, floats, over, root
from regard.stats.series import Found

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from regard.stats.bands import Floats
    from regard.stats.series import Observed

FEWEST = 4
"""With fewer groups too little is known of how groups differ, so none is drawn anywhere."""


class Shrunk(NamedTuple):
    """Estimates of G groups drawn to their mean, their standard errors, and the variance between groups."""

    estimate: Floats
    se: Floats
    between: float


def shrink(estimate: ArrayLike, variance: ArrayLike) -> Shrunk:
    """Draw K estimates to their weighted mean, each by how little it is known (empirical Bayes).

    The variance between groups is DerSimonian and Laird's. A group gives up (K - 3) / (K - 1) of the share
    variance / (between + variance) of its distance from the mean; its error tells of the distance given up as well, for
    how groups differ is itself an estimate. A group that is nan stays so and counts for nothing.

    Source: Morris 1983, Parametric Empirical Bayes Inference; DerSimonian and Laird 1986.
    """
    y, v = floats(estimate), floats(variance)
    known = np.isfinite(y) & (v > 0)
    y, v = np.where(known, y, np.nan), np.where(known, v, np.nan)
    k = int(known.sum())
    if k < FEWEST:
        return Shrunk(y, np.full_like(y, np.nan), np.nan)
    weight = 1 / v[known]
    centre = np.average(y[known], weights=weight)
    excess = float(weight @ (y[known] - centre) ** 2) - (k - 1)
    between = max(0.0, excess / (weight.sum() - (weight**2).sum() / weight.sum()))
    centre = np.average(y[known], weights=1 / (v[known] + between))
    given = (k - 3) / (k - 1) * v / (between + v)
    far = y - centre
    return Shrunk(y - given * far, root(v * (1 - given * (k - 1) / k) + 2 / (k - 3) * (given * far) ** 2), between)


def shrinkage(observed: Observed) -> Found:
    """Draw the totals of groups (causes) to their mean on the log scale, or leave out the largest incident of each.

    The variance of the log of a total is sum x^2 / (sum x)^2, x being what each incident adds (compound Poisson). Of
    few incidents that is itself a poor estimate, so what it is for one incident is taken from all groups together:
    variance = mean of n sum x^2 / (sum x)^2, weighed by n, / n. Interval with t(K - 1).

    The setting `gives` says what is given: `shrunk`, with its 95 % interval; or `without_largest`, the value as if the
    worst incident of the group had not been. n is the number of incidents. Fewer than four groups: as it is, without
    interval, flag `few`. Measured coverage (12 causes of 4 to 20 incidents, sigma 0.8 and 1.2): 93 to 97 %, with the
    squared error on the log scale 25 to 65 % smaller than that of the totals.
    """
    shape = observed.value.shape
    parts = np.zeros((*shape, 1)) if observed.parts is None else np.nan_to_num(observed.parts)
    total, squares = parts.sum(axis=2), (parts**2).sum(axis=2)
    n = (parts > 0).sum(axis=2).astype(np.float64)
    none = np.full(shape, np.nan)
    if observed.settings.get("gives") == "without_largest":
        left = observed.value * over(total - parts.max(axis=2), total)
        return Found(value=left, lo=none, hi=none, n=n)
    value, lo, hi, few = none.copy(), none.copy(), none.copy(), np.zeros(shape, dtype=bool)
    usable = (total > 0) & (observed.value > 0)
    logs = np.log(np.where(usable, observed.value, np.nan))
    n_known = np.where(usable, n, np.nan)
    single = over(np.nansum(n_known**2 * over(squares, total**2), axis=0), np.nansum(n_known, axis=0))
    half = critical(usable.sum(axis=0) - 1.0)
    for s in range(shape[1]):
        drawn = shrink(logs[:, s], over(np.full(shape[0], single[s]), n_known[:, s]))
        few[:, s] = np.isnan(drawn.between)
        value[:, s] = np.where(usable[:, s], np.exp(drawn.estimate), observed.value[:, s])
        lo[:, s], hi[:, s] = (np.exp(drawn.estimate + side * half[s] * drawn.se) for side in (-1, 1))
    return Found(value=value, lo=lo, hi=hi, n=n, flags={"few": few})
