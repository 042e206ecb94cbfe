"""What a survey of this size could have seen, and how large it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.special import ndtri

from regard.stats.bands import LEVEL, ROUNDING, Floats, floats, over, root

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

POWER = 0.8
"""Chance of seeing a change that is there."""


def share_sd(share: ArrayLike, scale: float = 1.0) -> Floats:
    """Spread of one answer that is 0 or 1, times the metric's scale (100 for percent)."""
    p = floats(share)
    return scale * root(p * (1 - p))


def net_share_sd(up: ArrayLike, down: ArrayLike, scale: float = 1.0) -> Floats:
    """Spread of one answer that is -1, 0 or 1, from the shares up and down, times the scale (100 for points)."""
    ups, downs = floats(up), floats(down)
    return scale * root(ups + downs - (ups - downs) ** 2)


def minimum_detectable_change(
    se: ArrayLike, before_se: ArrayLike | None = None, *, power: float = POWER, level: float = LEVEL
) -> Floats:
    """Smallest true change that a comparison of two periods sees with the given power.

    Args:
        se: standard error of the value, in its unit (clusters and weights included when it includes them).
        before_se: that of the other period; the same when None.
        power: chance of seeing it; 0.5 asks only that the expected difference just leaves 0 out.
        level: confidence of the interval of the difference.

    Returns:
        (z of the level + z of the power) x root(se^2 + before_se^2), in the metric's unit.
    """
    now = floats(se)
    then = now if before_se is None else floats(before_se)
    return _quantiles(power, level) * root(now**2 + then**2)


def needed_n(
    sd: ArrayLike,
    change: ArrayLike,
    before_sd: ArrayLike | None = None,
    *,
    power: float = POWER,
    level: float = LEVEL,
) -> Floats:
    """Answers needed in each of two periods to see a change of this size.

    Args:
        sd: spread of one answer in the metric's unit (`share_sd`, `net_share_sd`, or se x root(n_eff) of an estimate).
        change: the change to be seen, in the metric's unit.
        before_sd: spread in the other period; the same when None.
        power: chance of seeing it; 0.5 gives the size at which the change as observed is just significant.
        level: confidence of the interval of the difference.

    Returns:
        A whole number per period, as float; nan for a change of 0. Repeated or weighted answers need it times the
        design effect.
    """
    now = floats(sd)
    then = now if before_sd is None else floats(before_sd)
    n = over(_quantiles(power, level) ** 2 * (now**2 + then**2), floats(change) ** 2)
    return np.asarray(np.ceil(n * (1 - ROUNDING)), dtype=np.float64)


def _quantiles(power: float, level: float) -> float:
    return float(ndtri((1 + level) / 2) + ndtri(power))
