"""What an improvement is worth: a claim about a rate held against its interval, and cost against minutes avoided."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from regard.model import Target
from regard.plan.effects import Case, Improvement
from regard.stats.target import status

if TYPE_CHECKING:
    from regard.plan.answer import Estimate

UNKNOWN = "cannot say"


def improvement(
    now: Estimate,
    before: Estimate,
    *,
    days: float = 1.0,
    before_days: float = 1.0,
    claim: float | None = None,
) -> Improvement:
    """Put an interval around now / before and hold a claim against it.

    The two intervals are added by squares on the log scale, so overdispersion that is in them is in the ratio too; of
    two counts this is `rate_ratio`.

    Args:
        now: the later number with its interval.
        before: the earlier one.
        days: length of the later stretch where the number is a total, 1 where it is a rate already.
        before_days: length of the earlier one.
        claim: the ratio claimed; below 1 less is claimed, above 1 more.

    Source: Zou and Donner 2008 (square-and-add of logs); golden G17.
    """
    if not now.value or not before.value or now.value < 0 or before.value < 0:
        return Improvement(None, None, None, None, claim, UNKNOWN if claim else "")
    ratio = (now.value / days) / (before.value / before_days)
    ends = (now.lo, now.hi, before.lo, before.hi)
    if any(end is None or end <= 0 for end in ends):
        return Improvement(ratio, None, None, None, claim, UNKNOWN if claim else "")
    below = math.hypot(_log(now.value, now.lo), _log(before.hi, before.value))
    above = math.hypot(_log(now.hi, now.value), _log(before.value, before.lo))
    lo, hi = ratio * math.exp(-below), ratio * math.exp(above)
    changed = not lo <= 1 <= hi
    return Improvement(ratio, lo, hi, changed, claim, _verdict(ratio, lo, hi, claim))


def _log(above: float | None, below: float | None) -> float:
    assert above is not None and below is not None  # noqa: PT018, S101 - looked for before
    return math.log(above / below)


def _verdict(ratio: float, lo: float, hi: float, claim: float | None) -> str:
    """Judge a claim as a target is judged: the ratio it says, or one that goes farther the same way."""
    if claim is None:
        return ""
    return status(ratio, lo, hi, Target(metric="", hi=claim) if claim < 1 else Target(metric="", lo=claim)) or ""


def business_case(
    cost: float,
    minutes: float,
    *,
    months: float = 12.0,
    worth: float | None = None,
    worth_range: tuple[float, float] | None = None,
    minutes_range: tuple[float, float] | None = None,
) -> Case:
    """Return cost per avoided minute and payback.

    Args:
        cost: what the improvement costs.
        minutes: customer minutes that it avoids over the stretch.
        months: length of the stretch.
        worth: what a customer minute is worth: a policy, so it has to be said.
        worth_range: least and most it may be worth.
        minutes_range: fewest and most minutes avoided.

    Raises:
        ValueError: a number that must be above 0 is not.

    Source: REQUIREMENTS R028: 120,000 for 600,000 minutes is 0.20 a minute.
    """
    if not (cost >= 0 and minutes > 0 and months > 0):
        message = "a case needs a cost, and minutes and months above 0"
        raise ValueError(message)
    if worth is None:
        return Case(cost / minutes)
    least, most = worth_range or (worth, worth)
    fewest, many = minutes_range or (minutes, minutes)
    if not (0 < least <= worth <= most and many > 0 and fewest <= minutes <= many):
        message = "ranges must hold their number, and a minute must be worth more than 0"
        raise ValueError(message)
    return Case(
        per_minute=cost / minutes,
        payback=cost * months / (minutes * worth),
        payback_lo=cost * months / (many * most),
        payback_hi=cost * months / (fewest * least) if fewest > 0 else None,
        gain=minutes * worth - cost,
    )
