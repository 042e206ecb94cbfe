"""Where a row stands in time, as SQL over whole microseconds: elements, positions of spans, ranks of clocks.

The stretches of a scan may overlap (windows). Their ends cut time into *elements*; a row has one element, and a stretch
is a run of elements, so each row is looked at once whatever the number of stretches. An element is named by the local
day it begins on, which says the same in every question: so what was computed for one can be kept for the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

from regard.model import DAY_US, day_number, offsets
from regard.plan import stretch_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.model import Period, RowSet
    from regard.plan import Plan, Scan

MOST_BRANCHES = 256
"""Above this many bounds the local day is computed instead of searched: a CASE is searched in every vector."""


def search(value: str, bounds: Sequence[int], results: Sequence[int | str]) -> str:
    """Return SQL for `results[number of bounds <= value]`, as a binary search of nested CASEs."""
    if not bounds or len(set(results)) == 1:
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
    """The stretches of a scan as its way in time sees them.

    Attributes:
        plan, scan: what is computed.
        canonical: bounds to cut at instead of the stretches' own, for cells that are kept; () for the own.
    """

    plan: Plan
    scan: Scan
    canonical: tuple[int, ...] = ()

    @property
    def rows(self) -> RowSet:
        """The window and way in time that all row sets of the scan share."""
        return self.scan.measures[0].rows

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """What each stretch of the scan is: the period, or the window that ends with it."""
        return tuple(stretch_of(self.plan, self.rows, i) for i in self.scan.stretches)

    @cached_property
    def bounds(self) -> tuple[int, ...]:
        """Every instant at which an element begins, and the end of the last, in order."""
        own = {edge for p in self.periods for edge in (p.start_us, p.end_us)}
        return self.canonical or tuple(sorted(own))

    @cached_property
    def start(self) -> int:
        """Where the first element begins."""
        return self.bounds[0]

    @cached_property
    def end(self) -> int:
        """Where the last element ends, or the story if that is earlier and rows are known that come later."""
        told = self.plan.whole and self.rows.at and not self.plan.tables[self.scan.table].ahead
        return self.bounds[-1] if told else min(self.bounds[-1], self.plan.until)

    @cached_property
    def disjoint(self) -> bool:
        """Whether every stretch is one element (of elements that are kept it is not asked: they may be finer)."""
        if self.canonical:
            return False
        place = {bound: i for i, bound in enumerate(self.bounds)}
        return all(place.get(p.end_us, -1) - place.get(p.start_us, -1) == 1 for p in self.periods)

    @cached_property
    def _plain(self) -> bool:
        """Whether every bound is a local midnight, so that elements can be named by days."""
        calendar = self.plan.calendar
        return all(calendar.midnight(calendar.day_of(bound)) == bound for bound in self.bounds)

    @cached_property
    def labels(self) -> tuple[int, ...]:
        """What the elements are called: the local day each begins on, or its place where one begins within a day."""
        if not self._plain:
            return tuple(range(len(self.bounds)))
        return tuple(day_number(self.plan.calendar.day_of(bound)) for bound in self.bounds)

    def element(self, value: str) -> str:
        """Return SQL for the name of the element that holds an instant within the bounds."""
        daily = self._plain and all(b - a == 1 for a, b in pairwise(self.labels))
        if daily and len(self.bounds) > MOST_BRANCHES:
            return local_day(value, self.plan.calendar.zone, self.start, self.bounds[-1])
        return search(value, self.bounds[1:-1], self.labels[:-1])

    def runs(self) -> list[tuple[int, int]]:
        """Return for each stretch the name of its first element and of the one after its last."""
        if self.canonical:
            day_of = self.plan.calendar.day_of
            return [(day_number(day_of(p.start_us)), day_number(day_of(p.end_us))) for p in self.periods]
        name = dict(zip(self.bounds, self.labels, strict=True))
        return [(name[p.start_us], name[p.end_us]) for p in self.periods]

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
        periods = [self.plan.stretches[i].period for i in self.scan.stretches]
        return [p.start_us if name == "period.start" else p.end_us for p in periods]
