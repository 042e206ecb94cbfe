"""Where a row stands in time, as SQL over whole microseconds: elements, positions of spans, ranks of clocks.

The stretches of a plan may overlap (windows, the same part of a month). Their ends cut time into *elements*; a row has
one element, and a stretch is a run of elements, so each row is looked at once whatever the number of stretches.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from regard.model import DAY_US, day_number, offsets
from regard.plan import stretch_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.model import Period, RowSet
    from regard.plan import Plan

MOST_BRANCHES = 256
"""Above this many bounds the local day is computed instead of searched: a CASE is searched in every vector."""


def search(value: str, bounds: Sequence[int], results: Sequence[int | str]) -> str:
    """Return SQL for `results[number of bounds <= value]`, as a binary search of nested CASEs."""
    if not bounds:
        return str(results[0])
    if len(set(results)) == 1:
        return str(results[0])
    middle = len(bounds) // 2
    low = search(value, bounds[:middle], results[: middle + 1])
    high = search(value, bounds[middle + 1 :], results[middle + 1 :])
    return f"CASE WHEN {value} < {bounds[middle]} THEN {low} ELSE {high} END"


def local_day(value: str, zone: str, start: int, end: int) -> str:
    """Return SQL for the local day number of an instant in [start, end]: the zone's rules are printed, not asked."""
    steps = offsets(zone, start, end)
    ahead = search(value, [at for at, _ in steps[1:]], [offset for _, offset in steps])
    # Shifted so that the dividend is positive: engines differ in how they round a negative quotient.
    shift = (abs(min(start, 0)) // DAY_US + 2) * DAY_US
    return f"(({value} + {ahead} + {shift}) // {DAY_US} - {shift // DAY_US})"


@dataclass(frozen=True)
class Timeline:
    """The stretches of a plan as one way in time sees them.

    Attributes:
        plan: the plan.
        rows: a row set with the window and way in time.
    """

    plan: Plan
    rows: RowSet

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """The stretch of each of the plan's stretches: the period, or the window that ends with it."""
        return tuple(stretch_of(self.plan, self.rows, i) for i in range(len(self.plan.stretches)))

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """Every instant at which a stretch begins or ends, in order: element i is [bounds[i], bounds[i + 1])."""
        return tuple(sorted({edge for p in self.periods for edge in (p.start_us, p.end_us)}))

    @cached_property
    def start(self) -> int:
        """Where the first stretch begins."""
        return self.bounds[0]

    @cached_property
    def end(self) -> int:
        """Where the last stretch ends, or the story if that is earlier."""
        return min(self.bounds[-1], self.plan.until)

    @cached_property
    def disjoint(self) -> bool:
        """Whether every stretch is one element."""
        place = {bound: i for i, bound in enumerate(self.bounds)}
        return all(place[p.end_us] - place[p.start_us] == 1 for p in self.periods)

    @cached_property
    def by_day(self) -> bool:
        """Whether elements are local days (and what cuts them), since there are too many bounds to search."""
        return len(self.bounds) > MOST_BRANCHES

    @cached_property
    def _odd(self) -> tuple[int, ...]:
        """Bounds that are no local midnight."""
        calendar = self.plan.calendar
        return tuple(bound for bound in self.bounds if calendar.midnight(calendar.day_of(bound)) != bound)

    @cached_property
    def _first_day(self) -> int:
        return day_number(self.plan.calendar.day_of(self.start))

    def element(self, value: str) -> str:
        """Return SQL for the element that holds an instant within the bounds."""
        if not self.by_day:
            return search(value, self.bounds[1:-1], list(range(len(self.bounds) - 1)))
        zone = self.plan.calendar.zone
        day = local_day(value, zone, self.start, self.bounds[-1])
        extra = "".join(f" + CASE WHEN {value} < {odd} THEN 0 ELSE 1 END" for odd in self._odd)
        return f"({day} - {self._first_day}{extra})"

    def element_of(self, bound: int) -> int:
        """Return the number of the element that begins at a bound."""
        if not self.by_day:
            return self.bounds.index(bound)
        day = day_number(self.plan.calendar.day_of(bound)) - self._first_day
        return day + sum(1 for odd in self._odd if odd <= bound)

    def runs(self) -> list[tuple[int, int]]:
        """Return for each stretch its first element and the one after its last."""
        return [(self.element_of(p.start_us), self.element_of(p.end_us)) for p in self.periods]

    @cached_property
    def instants(self) -> tuple[int, ...]:
        """Of a standing row set, the instant at which each stretch is looked at."""
        if self.rows.standing == "start":
            return tuple(p.start_us for p in self.periods)
        return tuple(min(p.end_us, self.plan.until) - 1 for p in self.periods)

    def position(self, value: str) -> str:
        """Return SQL for how many of the distinct instants come before a value."""
        distinct = sorted(set(self.instants))
        return search(value, [i + 1 for i in distinct], list(range(len(distinct) + 1)))

    def places(self) -> list[int]:
        """Return for each stretch the place of its instant among the distinct ones."""
        distinct = sorted(set(self.instants))
        return [distinct.index(i) for i in self.instants]

    def clock(self, name: str) -> list[int]:
        """Return `period.start` or `period.end` of each stretch (of the period, not of the window)."""
        periods = [stretch.period for stretch in self.plan.stretches]
        return [p.start_us if name == "period.start" else p.end_us for p in periods]
