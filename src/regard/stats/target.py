"""Whether a target is met, given that the value is known only so well."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from regard.stats.bands import ROUNDING

if TYPE_CHECKING:
    from regard.model import Target

MET = "met"
MISSED = "missed"
TOO_CLOSE = "too close to call"


def meets(value: float, target: Target) -> bool:
    """Say whether a number lies in a target, its ends open or closed as the target says (K55).

    A number within rounding (1e-9) of an end stands on it: 20 % made as 100 x 1/5 is in a closed 20-30 band.
    """
    return _above(value, target) and _below(value, target)


def _above(value: float, target: Target) -> bool:
    if target.lo is None:
        return True
    return target.lo_incl if _on(value, target.lo) else value > target.lo


def _below(value: float, target: Target) -> bool:
    if target.hi is None:
        return True
    return target.hi_incl if _on(value, target.hi) else value < target.hi


def _on(value: float, end: float) -> bool:
    return math.isclose(value, end, rel_tol=ROUNDING, abs_tol=ROUNDING)


def status(value: float | None, lo: float | None, hi: float | None, target: Target) -> str | None:
    """Compare a value and its interval with a target.

    * `met`: every number of the interval is in the target;
    * `missed`: none is;
    * `too close to call`: some are and some are not, wherever the value itself lies. So a value exactly on an end
      that has an interval is too close to call; by itself (`meets`) it counts as the end says.

    An interval with one end missing goes on for ever on that side. Without an interval the value alone decides. None
    without a value.
    """
    if value is None or math.isnan(value):
        return None
    if lo is None and hi is None:
        return MET if meets(value, target) else MISSED
    low = -math.inf if lo is None else lo
    high = math.inf if hi is None else hi
    if meets(low, target) and meets(high, target):
        return MET
    # A target has no gaps, so an interval that misses it lies wholly below its lower or wholly above its upper end.
    if not _above(high, target) or not _below(low, target):
        return MISSED
    return TOO_CLOSE
