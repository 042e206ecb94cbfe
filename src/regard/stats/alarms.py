"""What an alarm on a series would have been worth: how often it came first, late or for nothing (R018)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from regard.stats.bands import floats
from regard.stats.proportions import wilson

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarms:
    """Alarms held against an outcome that is 0 where nothing happens.

    Attributes:
        ahead: alarms that began before the outcome did, and it began in time.
        during: alarms that began while the outcome was going on.
        false: alarms with nothing of it, then or in time.
        false_lo, false_hi: 95 % interval of the share of false ones (Wilson), nan without alarms.
        losses: how often the outcome began.
        caught: how often an alarm was on when it began, or had been in the time before.
        lift: share of alarms with the outcome then or in time, over that share of all steps; nan where either is
            unknown or nothing ever happens.
        first: step at which each alarm begins.
    """

    ahead: int
    during: int
    false: int
    false_lo: float
    false_hi: float
    losses: int
    caught: int
    lift: float
    first: tuple[int, ...]


def alarms(on: ArrayLike, outcome: ArrayLike, within: int) -> Alarms:
    """Return what an alarm was worth.

    Args:
        on: T truths, evenly spaced: whether the alarm is on. Alarms with at most `within` steps between are one.
        outcome: T numbers, above 0 while what it should warn of goes on.
        within: steps after its beginning in which an alarm counts as in time.

    Raises:
        ValueError: lengths differ, or `within` is below 0.
    """
    raised, lost = np.asarray(on, dtype=bool), floats(outcome) > 0
    if raised.shape != lost.shape or within < 0:
        message = f"{within} steps, {raised.shape} alarms and {lost.shape} outcomes"
        raise ValueError(message)
    first = _beginnings(raised, within)
    soon = _within(lost, within)
    going = lost[first]
    followed = soon[first]
    before = _within(raised[::-1], within)[::-1]
    begun = np.flatnonzero(lost & ~np.concatenate([[False], lost[:-1]]))
    false = int((~followed).sum())
    n = len(first)
    lo, hi = wilson(false / n if n else np.nan, n)
    usual = soon.mean() if len(soon) else np.nan
    return Alarms(
        ahead=int((followed & ~going).sum()),
        during=int(going.sum()),
        false=false,
        false_lo=float(lo),
        false_hi=float(hi),
        losses=len(begun),
        caught=int(before[begun].sum()),
        lift=float(followed.mean() / usual) if n and usual > 0 else np.nan,
        first=tuple(first.tolist()),
    )


def _beginnings(raised: NDArray[np.bool_], within: int) -> NDArray[np.intp]:
    """Steps at which an alarm begins that was not on in the `within` steps before."""
    steps = np.flatnonzero(raised)
    return steps[np.diff(steps, prepend=-within - 2) > within + 1]


def _within(happens: NDArray[np.bool_], steps: int) -> NDArray[np.bool_]:
    """Whether it happens at a step or in so many after it."""
    count = np.concatenate([[0], np.cumsum(happens)])
    at = np.arange(len(happens))
    return np.asarray(count[np.minimum(at + steps + 1, len(happens))] > count[at])
