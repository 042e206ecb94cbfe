"""Business time: the hours of a team made into a table of running totals, so that a duration is a difference (K31).

A minute is business if the wall clock of the calendar's zone shows an hour of its weekday on a day that is no holiday;
days that a change of the clock makes longer or shorter need no rule of their own.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from regard.model.time import DAY_US, EPOCH_DAY, offsets

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.derived.reference import Row

STRETCHES = 4
"""How many stretches of business a day of UTC may hold: two local days can meet in it, each with a break."""

MINUTE = 60_000_000


@dataclass(frozen=True, slots=True)
class WorkCalendar:
    """When a team works, its zone resolved.

    Attributes:
        name: its name, to which the code of a team refers.
        zone: IANA name of the zone whose wall clock counts.
        hours: weekday (0 Monday) -> stretches (from, to) in minutes after midnight, to at most 1440, in order.
        holidays: local days without work.
    """

    name: str
    zone: str
    hours: Mapping[int, Sequence[tuple[int, int]]]
    holidays: frozenset[date] = frozenset()


def calendar_days(calendar: WorkCalendar, start: int, end: int) -> list[dict[str, Any]]:
    """Return the table `calendar_day` for the days of UTC from the one that holds `start` to the one that holds `end`.

    A row: `calendar`, `day` (days since 1970-01-01, UTC), `before_us` (business microseconds from the first day to the
    beginning of this one), and four stretches of business within the day as instants `s1`, `e1` ... `e4` (empty ones
    stand at the day's beginning).

    Raises:
        ValueError: when a day of UTC holds more stretches than that.
    """
    first, last = start // DAY_US, end // DAY_US
    within: dict[int, list[tuple[int, int]]] = {day: [] for day in range(first, last + 1)}
    for s, e in business_stretches(calendar, first * DAY_US, (last + 1) * DAY_US):
        for day in range(s // DAY_US, (e - 1) // DAY_US + 1):
            within[day].append((max(s, day * DAY_US), min(e, (day + 1) * DAY_US)))
    rows, before = [], 0
    for day, stretches in within.items():
        if len(stretches) > STRETCHES:
            raise ValueError(f"calendar {calendar.name!r} has {len(stretches)} stretches on one day of UTC")
        row = {"calendar": calendar.name, "day": day, "before_us": before}
        padded = stretches + [(day * DAY_US, day * DAY_US)] * (STRETCHES - len(stretches))
        for number, (s, e) in enumerate(padded, start=1):
            row |= {f"s{number}": s, f"e{number}": e}
            before += e - s
        rows.append(row)
    return rows


def business_stretches(calendar: WorkCalendar, start: int, end: int) -> list[tuple[int, int]]:
    """Return the stretches of business within [start, end), in order; those that touch are one."""
    stretches: list[tuple[int, int]] = []
    steps = offsets(calendar.zone, start, end)
    for (step, ahead), (following, _) in zip(steps, [*steps[1:], (end, 0)], strict=True):
        # Between two changes of the clock the wall shows the instant plus a constant.
        for day in range((step + ahead) // DAY_US, (following - 1 + ahead) // DAY_US + 1):
            for s, e in _hours(calendar, day):
                s, e = max(day * DAY_US + s - ahead, step), min(day * DAY_US + e - ahead, following)  # noqa: PLW2901 - the same two ends, cut
                if s >= e:
                    continue
                if stretches and stretches[-1][1] == s:
                    stretches[-1] = (stretches[-1][0], e)
                else:
                    stretches.append((s, e))
    return stretches


def business_time(days: Sequence[Row], calendar: str, start: int, end: int) -> int | None:
    """Return the business microseconds of [start, end), overlaps added up; None where the table does not reach."""
    mine = [row for row in days if row["calendar"] == calendar]
    if not {start // DAY_US, end // DAY_US} <= {row["day"] for row in mine}:
        return None
    pairs: list[tuple[int, int]] = [
        (row[f"s{number}"], row[f"e{number}"]) for row in mine for number in range(1, STRETCHES + 1)
    ]
    return sum(max(0, min(e, end) - max(s, start)) for s, e in pairs)


def team_calendars(codes: Sequence[Row], until: int) -> dict[str, str]:
    """Return team -> calendar as the register says: the latest entry whose validity has begun by `until`."""
    today = until // DAY_US
    mine = [
        (row["valid_from"] is not None, row["valid_from"] or 0, row["source"], row["source_id"], row)
        for row in codes
        if row["dimension"] == "team"
        and row["calendar"] is not None
        and (row["valid_from"] is None or row["valid_from"] <= today)
    ]
    return {row["code"]: row["calendar"] for *_, row in sorted(mine, key=lambda entry: entry[:4])}


def _hours(calendar: WorkCalendar, day: int) -> list[tuple[int, int]]:
    local = EPOCH_DAY + timedelta(days=day)
    if local in calendar.holidays:
        return []
    return [(s * MINUTE, e * MINUTE) for s, e in calendar.hours.get(local.weekday(), ())]
