"""Periods in a named zone, from zone rules as Python ships them: engines never see a zone, only whole microseconds.

An instant is microseconds since 1970-01-01 UTC; a local day is days since 1970-01-01 by the calendar on the wall.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

if TYPE_CHECKING:
    from collections.abc import Iterator

DAY_US = 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_DAY = date(1970, 1, 1)
MICROSECOND = timedelta(microseconds=1)
FIRST_US = (date.min - EPOCH_DAY).days * DAY_US + DAY_US
LAST_US = (date.max - EPOCH_DAY).days * DAY_US - 1
"""Between them an instant has a local day in every zone; what lies outside is taken for them."""


class Grain(StrEnum):
    """The length of a period."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Window:
    """A stretch that ends with the period: so many local days or calendar months."""

    count: int
    unit: str
    """`day` or `month`."""

    def __str__(self) -> str:
        """Read as `12 months`."""
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


@dataclass(frozen=True, slots=True)
class Period:
    """A half-open stretch of local days.

    Attributes:
        label: how people write it: 2026-03-01, 2026-W09, 2026-03, 2026-Q1, 2026, FY2026 or `all`.
        start: first local day.
        end: the local day after the last one.
        start_us: instant at which the first day begins.
        end_us: instant at which the day after the last one begins.
    """

    label: str
    start: date
    end: date
    start_us: int
    end_us: int


@dataclass(frozen=True, slots=True)
class Calendar:
    """The reporting calendar: whose midnight, whose week and whose year.

    Attributes:
        zone: IANA name of the reporting zone.
        week_start: first day of the week, 0 Monday to 6 Sunday.
        fiscal_start: month in which the year begins; a year that does not begin in January is named after the
            calendar year in which it ends, with FY before it.
    """

    zone: str = "UTC"
    week_start: int = 0
    fiscal_start: int = 1

    def midnight(self, day: date) -> int:
        """Return the instant at which a local day begins; where midnight is skipped, the first instant that exists."""
        return _midnight(self.zone, day)

    def day_of(self, instant: int) -> date:
        """Return the local day that holds an instant; the first or last one for an instant that no date can hold."""
        local = min(max(instant, FIRST_US), LAST_US) + offset_at(self.zone, instant)
        return EPOCH_DAY + timedelta(days=local // DAY_US)

    def period_of(self, day: date, grain: Grain) -> Period:
        """Return the period of a grain that holds a local day (ALL: the day's own year is not known, so a day)."""
        start, end = self._bounds(day, grain)
        return Period(self._label(start, grain), start, end, self.midnight(start), self.midnight(end))

    def periods(self, start: date, end: date, grain: Grain) -> tuple[Period, ...]:
        """Return the periods that meet the local days [start, end), in order; ALL is one period, exactly that."""
        if start >= end:
            return ()
        if grain is Grain.ALL:
            return (Period("all", start, end, self.midnight(start), self.midnight(end)),)
        return tuple(self._walk(start, end, grain))

    def shift(self, period: Period, grain: Grain, steps: int) -> Period:
        """Return the period so many steps later (earlier when negative); ALL is shifted by its own length."""
        if grain is Grain.ALL:
            length = (period.end - period.start) * steps
            start, end = period.start + length, period.end + length
            return Period("all", start, end, self.midnight(start), self.midnight(end))
        day = period.start
        for _ in range(abs(steps)):
            day = self._bounds(day, grain)[1] if steps > 0 else self._bounds(day - timedelta(days=1), grain)[0]
        return self.period_of(day, grain)

    def year_before(self, period: Period, grain: Grain) -> Period:
        """Return the same period of the year before; a day or week is taken 364 days back, on the same weekday."""
        if grain in (Grain.DAY, Grain.WEEK):
            return self.period_of(period.start - timedelta(days=364), grain)
        steps = {Grain.MONTH: 12, Grain.QUARTER: 4, Grain.YEAR: 1, Grain.ALL: 1}[grain]
        return self.shift(period, grain, -steps)

    def window(self, period: Period, window: Window) -> Period:
        """Return the stretch of the window's length that ends with the period."""
        end = period.end
        start = add_months(end, -window.count) if window.unit == "month" else end - timedelta(days=window.count)
        return Period(period.label, start, end, self.midnight(start), self.midnight(end))

    def _walk(self, start: date, end: date, grain: Grain) -> Iterator[Period]:
        while start < end:
            period = self.period_of(start, grain)
            yield period
            start = period.end

    def _bounds(self, day: date, grain: Grain) -> tuple[date, date]:
        if grain in (Grain.DAY, Grain.ALL):
            return day, day + timedelta(days=1)
        if grain is Grain.WEEK:
            start = day - timedelta(days=(day.weekday() - self.week_start) % 7)
            return start, start + timedelta(days=7)
        months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
        start = add_months(day.replace(day=1), -((day.month - self.fiscal_start) % months))
        return start, add_months(start, months)

    def _label(self, start: date, grain: Grain) -> str:
        if grain in (Grain.DAY, Grain.ALL):
            return start.isoformat()
        if grain is Grain.WEEK:
            # A week is named by the ISO week of its fourth day, so that a week from Sunday bears the usual number.
            year, week, _ = (start + timedelta(days=3)).isocalendar()
            return f"{year}-W{week:02d}"
        if grain is Grain.MONTH:
            return f"{start:%Y-%m}"
        fiscal = self.fiscal_start != 1
        year = add_months(start, 13 - self.fiscal_start).year if fiscal else start.year
        name = f"FY{year}" if fiscal else f"{year}"
        return name if grain is Grain.YEAR else f"{name}-Q{(start.month - self.fiscal_start) % 12 // 3 + 1}"


def add_months(day: date, months: int) -> date:
    """Return the day so many months later, held at the month's last day where the day does not exist."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    following = date(year + (month == 11), (month + 1) % 12 + 1, 1)  # noqa: PLR2004 - December
    return date(year, month + 1, min(day.day, (following - timedelta(days=1)).day))


def instant(moment: datetime) -> int:
    """Return an aware datetime as microseconds since 1970-01-01 UTC."""
    return (moment - EPOCH) // MICROSECOND


def moment(instant: int) -> datetime:
    """Return an instant as a datetime in UTC; the first or last one for an instant that no datetime can hold."""
    return EPOCH + min(max(instant, FIRST_US - DAY_US), LAST_US + DAY_US) * MICROSECOND


def day_number(day: date) -> int:
    """Return a local day as days since 1970-01-01."""
    return (day - EPOCH_DAY).days


def offset_at(zone: str, instant: int) -> int:
    """Return what the zone's wall clock is ahead of UTC at an instant, in microseconds."""
    # Rules change rarely and never twice in a minute, so asking Python at the very instant is exact.
    if zone == "UTC":
        return 0
    held = min(max(instant, FIRST_US), LAST_US)
    offset = ZoneInfo(zone).utcoffset(moment(held).astimezone(ZoneInfo(zone)))
    return 0 if offset is None else offset // MICROSECOND


@lru_cache(maxsize=256)
def offsets(zone: str, start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return the zone's offset over [start, end] as steps (from this instant, microseconds ahead of UTC).

    The first step begins at `start`. Found by bisection between days, exact to the microsecond.
    """
    steps = [(start, offset_at(zone, start))]
    here = start
    while here < end:
        there = min(here + DAY_US, end)
        while (ahead := offset_at(zone, there)) != steps[-1][1]:
            low, high = here, there
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if offset_at(zone, middle) == steps[-1][1] else (low, middle)
            steps.append((high, offset_at(zone, high)))
            here = high
            if steps[-1][1] == ahead:
                break
        here = there
    return tuple(steps)


@lru_cache(maxsize=65_536)
def _midnight(zone: str, day: date) -> int:
    local = (day - EPOCH_DAY).days * DAY_US
    steps = offsets(zone, local - 2 * DAY_US, local + 2 * DAY_US)
    # The first instant whose wall clock shows this day: the earliest step on which the local time is reached.
    starts = [max(at, local - ahead) for at, ahead in steps]
    following = [at for at, _ in steps[1:]] + [local + 2 * DAY_US]
    return next(start for start, end in zip(starts, following, strict=True) if start < end)
