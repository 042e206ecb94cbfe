"""Days and periods as people write them: 2026-03-05, 2026-03, 2026-W10, 2026-Q1, 2026, FY2027, FY2027-Q1."""

from __future__ import annotations

import re
from datetime import date, timedelta

from regard.errors import QuestionError
from regard.model.time import Calendar, Grain, add_months

MONTH, YEAR = len("2026-06"), len("2026")
MONTHS = 12
QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])", re.ASCII)
FISCAL = re.compile(r"[Ff][Yy]-?(\d{4})(?:-?[Qq]([1-4]))?", re.ASCII)
"""A year that is named after the calendar year in which it ends, or a quarter of it."""
WEEK = re.compile(r"(\d{4})-?[Ww](\d{1,2})", re.ASCII)


def first_day(text: str) -> date:
    """Return a day, or the first day of a month or year.

    Raises:
        QuestionError: the text is none of these.
    """
    padded = {MONTH: f"{text}-01", YEAR: f"{text}-01-01"}.get(len(text), text)
    try:
        return date.fromisoformat(padded)
    except ValueError:
        raise QuestionError(f"'{text}' is no day, month or year; write 2026-06-30, 2026-06 or 2026") from None


def last_day(text: str) -> date:
    """Return the day before which a question ends: a day is left out, a month or year is taken in whole.

    Raises:
        QuestionError: as `first_day`; or it is beyond the last day that there is.
    """
    start = first_day(text)
    if start.year == date.max.year:
        raise QuestionError(f"'{text}' ends after the last day that there is")
    return add_months(start, {MONTH: 1, YEAR: MONTHS}.get(len(text), 0))


def period(text: str, calendar: Calendar | None = None) -> tuple[date, date, Grain]:
    """Return a day, week, month, quarter or year: its first day, the day after its last, and its length.

    Args:
        text: what somebody wrote; FY2027 and FY2027-Q1 are the year that ends in 2027, and its first quarter.
        calendar: says when weeks and such years begin; Monday and January when not given.

    Raises:
        QuestionError: it is none of these.
    """
    calendar = calendar or Calendar()
    fiscal_start = calendar.fiscal_start
    fiscal = FISCAL.fullmatch(text)
    if fiscal and date.min.year < int(fiscal[1]) < date.max.year:
        year = int(fiscal[1]) - (fiscal_start != 1)
        start = add_months(date(year, fiscal_start, 1), 3 * (int(fiscal[2]) - 1) if fiscal[2] else 0)
        return start, add_months(start, 3 if fiscal[2] else MONTHS), Grain.QUARTER if fiscal[2] else Grain.YEAR
    if week := WEEK.fullmatch(text):
        start = _week(text, int(week[1]), int(week[2]), calendar.week_start)
        return start, start + timedelta(days=7), Grain.WEEK
    quarter = QUARTER.fullmatch(text)
    if quarter and int(quarter[1]):
        start = date(int(quarter[1]), 3 * int(quarter[2]) - 2, 1)
        return start, last_day(f"{add_months(start, 2):%Y-%m}"), Grain.QUARTER
    start = first_day(text)
    grain = {MONTH: Grain.MONTH, YEAR: Grain.YEAR}.get(len(text), Grain.DAY)
    if grain is not Grain.DAY:
        return start, last_day(text), grain
    if start == date.max:
        raise QuestionError(f"'{text}' ends after the last day that there is")
    return start, start + timedelta(days=1), grain


def _week(text: str, year: int, week: int, week_start: int) -> date:
    """Return the first day of a week, which is named by the ISO week of its fourth day."""
    try:
        fourth = date.fromisocalendar(year, week, (week_start + 3) % 7 + 1)
        return fourth - timedelta(days=3)
    except (ValueError, OverflowError):
        raise QuestionError(f"'{text}' is no week of that year; write 2026-W01 to 2026-W53") from None
