"""Small texts inside fields: durations, windows, `last by X per Y`, days, hours of a day."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from regard.errors import AuthorError, did_you_mean
from regard.expr import UNITS_US, Literal, Type, parse
from regard.model import Window

if TYPE_CHECKING:
    from collections.abc import Mapping

KEEP = re.compile(r"last\s+by\s+(?P<by>\w+)\s+per\s+(?P<per>\w+(\s*,\s*\w+)*)\s*\Z")
WINDOW = re.compile(r"(?P<count>[1-9][0-9]{0,3})\s*(?P<unit>\w+)\Z")
WINDOWS: Mapping[str, tuple[int, str]] = {
    **dict.fromkeys(("d", "day", "days"), (1, "day")),
    **dict.fromkeys(("w", "week", "weeks"), (7, "day")),
    **dict.fromkeys(("mo", "month", "months"), (1, "month")),
    **dict.fromkeys(("y", "year", "years"), (12, "month")),
}
HOURS = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\Z")
MINUTE = UNITS_US["min"]
DAY_MINUTES = 24 * 60


def duration(text: str) -> int | None:
    """Return `7 d` or `180 min` in microseconds, None for any other text."""
    try:
        node = parse(text, "row")
    except AuthorError:
        return None
    return int(node.value) if isinstance(node, Literal) and node.type is Type.DURATION else None


def window(text: str) -> Window | None:
    """Return `12 months` or `90 d` as a window, None for any other text."""
    match = WINDOW.match(text.strip())
    if match is None or match["unit"] not in WINDOWS:
        return None
    times, unit = WINDOWS[match["unit"]]
    return Window(int(match["count"]) * times, unit)


def keep(text: str) -> tuple[str, tuple[str, ...]] | None:
    """Return `last by answered_at per party, survey_id` as (by, per), None for any other text."""
    match = KEEP.match(text.strip())
    if match is None:
        return None
    return match["by"], tuple(part.strip() for part in match["per"].split(","))


def day(text: str) -> date | None:
    """Return an ISO day, None for any other text."""
    if not re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def is_time(text: str) -> bool:
    """Whether a text is an ISO day or time."""
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def hours(text: str) -> tuple[tuple[int, int], ...] | None:
    """Return `09:00-12:30, 13:00-17:00` as spans in microseconds from midnight, None for any other text."""
    spans: list[tuple[int, int]] = []
    for part in text.split(","):
        match = HOURS.match(part.strip())
        if match is None:
            return None
        start, end = (int(match[i]) * 60 + int(match[i + 1]) for i in (1, 3))
        if int(match[2]) > 59 or int(match[4]) > 59 or not start < end <= DAY_MINUTES:  # noqa: PLR2004 - minutes
            return None
        if spans and start * MINUTE < spans[-1][1]:
            return None
        spans.append((start * MINUTE, end * MINUTE))
    return tuple(spans)


def zone_hint(text: str) -> str | None:
    """Return None for the name of a time zone, else what to write instead."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return did_you_mean(text, available_timezones()) or "an IANA name such as Europe/Berlin"
    return None
