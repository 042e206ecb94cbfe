"""Wall clock to UTC by a CASE over the zone's steps, printed from the zone rules that Python ships (R040).

No engine ever sees a zone. A wall clock time that was skipped in spring is read with the offset before the gap, which
moves it forward by the gap; one that happened twice in autumn is its first occurrence. Both are noted.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from itertools import pairwise

from regard.model import instant, offsets

FIRST = instant(datetime(1970, 1, 1, tzinfo=UTC))
LAST = instant(datetime(2050, 1, 1, tzinfo=UTC))
"""Between these the zone's steps are printed; before and after, its first and last offset hold."""


@lru_cache(maxsize=64)
def _steps(zone: str) -> tuple[tuple[int, int, int], ...]:
    """Return (instant, offset before, offset from then on) of the zone, latest first."""
    steps = offsets(zone, FIRST, LAST)
    return tuple((at, before, after) for (_, before), (at, after) in pairwise(steps))[::-1]


def ahead(local: str, zone: str) -> str:
    """Return what a wall clock time is ahead of UTC, in microseconds.

    Args:
        local: SQL of the wall clock time as microseconds since 1970-01-01 on that clock.
        zone: IANA name.
    """
    steps = _steps(zone)
    if not steps:
        return str(offsets(zone, FIRST, LAST)[0][1])
    # The new offset holds from where the wall clock shows a time that only the new offset can give.
    arms = "\n".join(f"      when {local} >= {at + max(before, after)} then {after}" for at, before, after in steps)
    return f"case\n{arms}\n      else {steps[-1][1]} end"


def note(local: str, zone: str) -> str:
    """Return `clock-gap` for a wall clock time that never was, `clock-twice` for one that was twice, else NULL."""
    steps = _steps(zone)
    if not steps:
        return "cast(null as varchar)"
    arms = []
    for at, before, after in steps:
        word = "clock-gap" if after > before else "clock-twice"
        arms.append(f"      when {local} >= {at + max(before, after)} then null")
        arms.append(f"      when {local} >= {at + min(before, after)} then '{word}'")
    return "case\n" + "\n".join(arms) + "\n      end"
