"""Days and periods as people write them: 2026-03-05, 2026-03, 2026-Q1, 2026."""

from __future__ import annotations

import re
from datetime import date, timedelta

from regard.errors import QuestionError
from regard.model.time import Grain, add_months

MONTH, YEAR = len("2026-06"), len("2026")
MONTHS = 12
QUARTER = re.compile(r"(\d{4})-?[Qq]([1-4])", re.ASCII)


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


def period(text: str) -> tuple[date, date, Grain]:
    """Return a day, month, quarter or year: its first day, the day after its last, and its length.

    Raises:
        QuestionError: it is none of these.
    """
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
