"""Business time against the wall clock, minute by minute."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, reject, settings, strategies as st

from regard.derived import WorkCalendar, calendar_days
from regard.derived.calendar import business_time
from regard.model.time import DAY_US, instant

MINUTE = 60_000_000
HOUR = 60 * MINUTE
OFFICE = WorkCalendar("office", "Europe/Berlin", dict.fromkeys(range(5), ((540, 1020),)))

hours = st.lists(st.integers(0, 96), min_size=2, max_size=4, unique=True).map(
    lambda quarters: tuple(
        (15 * a, 15 * b) for a, b in zip(sorted(quarters)[::2], sorted(quarters)[1::2], strict=False)
    )
)
changes = st.sampled_from(
    [
        ("Europe/Berlin", date(2024, 3, 30)),  # 23 hours
        ("Europe/Berlin", date(2024, 10, 26)),  # 25 hours
        ("Australia/Lord_Howe", date(2024, 4, 6)),  # half an hour
        ("America/Sao_Paulo", date(2018, 11, 3)),  # midnight is skipped
        ("Pacific/Apia", date(2011, 12, 29)),  # a whole day is skipped
        ("Asia/Kolkata", date(2024, 1, 1)),  # no change, half-hour offset
    ]
)


def elapsed(calendar, start, end):
    """Read the running totals at both ends, as the SQL does."""

    def total(at):
        day = next(row for row in rows if row["day"] == at // DAY_US)
        return day["before_us"] + sum(max(0, min(at, day[f"e{n}"]) - day[f"s{n}"]) for n in (1, 2, 3, 4))

    rows = calendar_days(calendar, start, end)
    return total(end) - total(start)


def by_minute(calendar, start, end):
    """Ask the wall clock of every minute."""
    zone = ZoneInfo(calendar.zone)
    minutes = 0
    for at in range(start, end, MINUTE):
        wall = (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(zone)
        minute = wall.hour * 60 + wall.minute
        open_now = any(s <= minute < e for s, e in calendar.hours.get(wall.weekday(), ()))
        minutes += open_now and wall.date() not in calendar.holidays
    return minutes * MINUTE


@settings(max_examples=25, deadline=None)
@given(changes, st.lists(hours, min_size=7, max_size=7), st.integers(0, 1500), st.integers(0, 4000), st.booleans())
def test_running_totals_equal_the_wall_clock(change, week, wait, length, holiday):
    """Whatever the hours, holidays and changes of the clock, a difference of totals is what the minutes say (R076)."""
    zone, day = change
    calendar = WorkCalendar("any", zone, dict(enumerate(week)), frozenset({day + timedelta(days=1)} if holiday else ()))
    start = instant(datetime(day.year, day.month, day.day, tzinfo=UTC)) + wait * MINUTE
    end = start + length * MINUTE

    try:
        days = calendar_days(calendar, start, end)
    except ValueError:
        # A break in an hour that comes twice: too many stretches, and refused.
        reject()

    assert elapsed(calendar, start, end) == by_minute(calendar, start, end)
    assert business_time(days, "any", start, end) == by_minute(calendar, start, end)


def test_a_weekend_costs_two_business_hours():
    """Friday 16:00 to Monday 10:00 with hours nine to five is 66 hours of calendar and 2 of business (R076, G14)."""
    zone = ZoneInfo("Europe/Berlin")
    start = instant(datetime(2024, 1, 12, 16, tzinfo=zone))
    end = instant(datetime(2024, 1, 15, 10, tzinfo=zone))

    assert (end - start, elapsed(OFFICE, start, end)) == (66 * HOUR, 2 * HOUR)


def test_a_day_that_the_table_does_not_reach_is_unknown():
    """Business time is blank where the calendar was not made, not zero."""
    days = calendar_days(OFFICE, 0, 5 * DAY_US)

    assert business_time(days, "office", DAY_US, 9 * DAY_US) is None
    assert business_time(days, "another", 0, DAY_US) is None


def test_a_calendar_of_crumbs_is_refused():
    """A day of UTC with more stretches than the table has columns is refused, not cut short."""
    crumbs = WorkCalendar("crumbs", "UTC", {3: ((0, 1), (2, 3), (4, 5), (6, 7), (8, 9))})

    with pytest.raises(ValueError, match="5 stretches"):
        calendar_days(crumbs, 0, DAY_US)
