"""Many numbers looked at together: which differences remain real, and what each part adds to a change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from regard.stats.bands import Floats, Truths, floats

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

RATE = 0.05
"""Part of what is called real that may be chance."""
ROUNDING = 1e-9


def discoveries(p: ArrayLike, rate: float = RATE) -> Truths:
    """Say which of several p values are discoveries, so that at most a part of those is expected to be chance.

    Args:
        p: two-sided p values; nan for what was not tested, which is none of the several.
        rate: false discovery rate.

    Returns:
        Truth for each.

    Source: Benjamini and Hochberg 1995, Controlling the false discovery rate.
    """
    given = floats(p)
    order = np.argsort(given)[: int(np.isfinite(given).sum())]
    below = np.flatnonzero(given[order] <= rate * np.arange(1, len(order) + 1) / max(len(order), 1))
    found = np.zeros(given.shape, dtype=bool)
    found[order[: int(below.max(initial=-1)) + 1]] = True
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Contributions:
    """What each of G parts adds to the change of the whole; both columns together sum to that change.

    Attributes:
        own: because its own number changed.
        mix: because its weight in the whole changed; 0 where numbers add up without weights.
    """

    own: Floats
    mix: Floats


def contributions(
    now: ArrayLike,
    before: ArrayLike,
    whole_now: float,
    whole_before: float,
    *,
    n_now: ArrayLike,
    n_before: ArrayLike,
) -> Contributions | None:
    """Split the change of a whole among its parts (Kitagawa 1955), where the whole is made of them.

    The whole must be the sum of its parts, or their mean weighted by n, in both periods; what is neither (a median, a
    ratio with another denominator) has no such split. A part that is missing in a period has weight 0 there, and the
    number of the other period.

    Args:
        now: G numbers of the parts, nan where a part has none.
        before: the same of the earlier period.
        whole_now: the number of the whole.
        whole_before: the same of the earlier period.
        n_now: what each part's number rests on.
        n_before: the same of the earlier period.

    Returns:
        None where the whole is not made of the parts.
    """
    values = [floats(now), floats(before)]
    wholes = (whole_now, whole_before)
    if all(_close(np.nansum(v), whole) for v, whole in zip(values, wholes, strict=True)):
        return Contributions(own=np.nan_to_num(values[0]) - np.nan_to_num(values[1]), mix=np.zeros(len(values[0])))
    weights = []
    for v, n in zip(values, (n_now, n_before), strict=True):
        counted = np.where(np.isfinite(v), np.nan_to_num(floats(n)), 0.0)
        if counted.sum() <= 0:
            return None
        weights.append(counted / counted.sum())
    if not all(_close(np.nansum(v * w), whole) for v, w, whole in zip(values, weights, wholes, strict=True)):
        return None
    first = np.where(np.isfinite(values[0]), values[0], values[1])
    second = np.where(np.isfinite(values[1]), values[1], values[0])
    centre = (whole_now + whole_before) / 2
    own = (weights[0] + weights[1]) / 2 * (first - second)
    mix = (weights[0] - weights[1]) * ((first + second) / 2 - centre)
    return Contributions(own=np.nan_to_num(own), mix=np.nan_to_num(mix))


def _close(a: float, b: float) -> bool:
    return bool(abs(a - b) <= ROUNDING * max(1.0, abs(a), abs(b)))
