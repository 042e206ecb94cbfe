"""The nouns of policy: published constants, business calendars, dated notes. Written in files, versioned, cited."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A table that `lookup(policy, column...)` reads.

    Attributes:
        name: its name.
        by: what its keys are, in order.
        values: keys -> value; the key () holds the default where there is one.
        sets: what a set of keys is worth: `max` or `sum` of its members; "" where no set may be looked up.
        version: the author's.
        unit: unit of the values, or "".
        means, citation: what the values say, and who says so.
        file, line: where it is written.
    """

    name: str
    by: tuple[str, ...]
    values: Mapping[tuple[object, ...], float]
    sets: str = ""
    version: int = 1
    unit: str = ""
    means: str = ""
    citation: str = ""
    file: str = ""
    line: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessCalendar:
    """When a team works (K31).

    Attributes:
        name: its name, as `code.calendar` has it.
        zone: IANA zone of its clock; "" for the reporting zone.
        hours: for each weekday, Monday first, the spans of work as (start, end) in microseconds of the wall clock.
        holidays: local days without work.
        version: the author's.
        means: what it is for.
        file, line: where it is written.
    """

    name: str
    zone: str = ""
    hours: tuple[tuple[tuple[int, int], ...], ...] = ((),) * 7
    holidays: frozenset[date] = frozenset()
    version: int = 1
    means: str = ""
    file: str = ""
    line: int = 0

    @property
    def says(self) -> tuple[object, ...]:
        """Everything that business time depends on, printed alike by every process (a set has no order)."""
        return self.name, self.zone, self.hours, tuple(sorted(self.holidays))


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """Dated context of numbers (MODEL.md 2.5): an exclusion, a release, a gap in the data.

    Attributes:
        id: its id.
        start, end: first local day and the day after the last, as ISO text; `end` is "" while it goes on.
        kind: exclusion, maintenance, price, campaign, release, macro, definition_change, model_change, data_gap.
        effect: annotate, exclude or adjust; an exclusion needs an approver.
        scope: dimension values it is about; () for everything.
        metrics: ids it is about; () for all.
        reason, approver, evidence: why, who said so, where it is shown.
        file, line: where it is written.
    """

    id: str
    start: str
    end: str = ""
    kind: str = "release"
    effect: str = "annotate"
    scope: Mapping[str, str] = field(default_factory=dict)
    metrics: tuple[str, ...] = ()
    reason: str = ""
    approver: str = ""
    evidence: str = ""
    file: str = ""
    line: int = 0
