"""How times are written besides ISO 8601, as data: a day, perhaps a clock, perhaps a zone; and what reads them.

A pattern is proposed only when it reads every text of its shape: one that reads most is a guess that swaps days and
months in the rest. Reads what the casts of a mapping read (`sql.mapping.casts`), and nothing else.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from regard.sources.bind import TIME
from regard.sql.mapping import exact_format, other_order, written_zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

ISO = "iso"
MONTH = r"[A-Za-z]{3}"
LONG = r"[A-Za-z]{4,9}"
WEEKDAY = r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
DAYS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"\d{1,2}/\d{1,2}/\d{4}", ("%m/%d/%Y", "%d/%m/%Y")),
    (r"\d{1,2}/\d{1,2}/\d{2}", ("%m/%d/%y", "%d/%m/%y")),
    (r"\d{1,2}\.\d{1,2}\.\d{4}", ("%d.%m.%Y",)),
    (r"\d{1,2}\.\d{1,2}\.\d{2}", ("%d.%m.%y",)),
    (r"\d{1,2}-\d{1,2}-\d{4}", ("%d-%m-%Y", "%m-%d-%Y")),
    (rf"\d{{1,2}}-{MONTH}-\d{{2}}", ("%d-%b-%y",)),
    (rf"\d{{1,2}}-{MONTH}-\d{{4}}", ("%d-%b-%Y",)),
    (rf"\d{{1,2}}/{MONTH}/\d{{2}}", ("%d/%b/%y",)),
    (rf"\d{{1,2}}/{MONTH}/\d{{4}}", ("%d/%b/%Y",)),
    (rf"\d{{1,2}} {MONTH} \d{{4}}", ("%d %b %Y",)),
    (rf"\d{{1,2}} {MONTH}, \d{{4}}", ("%d %b, %Y",)),
    (rf"\d{{1,2}} {LONG} \d{{4}}", ("%d %B %Y",)),
    (rf"{MONTH} \d{{1,2}}, \d{{4}}", ("%b %d, %Y",)),
    (rf"{MONTH} \d{{1,2}} \d{{4}}", ("%b %d %Y",)),
    (rf"{LONG} \d{{1,2}}, \d{{4}}", ("%B %d, %Y",)),
    (rf"{WEEKDAY}, \d{{1,2}} {MONTH} \d{{4}}", ("%a, %d %b %Y",)),
    (rf"{WEEKDAY}, {MONTH} \d{{1,2}}, \d{{4}}", ("%a, %b %d, %Y",)),
    (rf"{WEEKDAY} {MONTH} \d{{1,2}} \d{{4}}", ("%a %b %d %Y",)),
    (rf"[A-Z][a-z]{{5,8}}, {LONG} \d{{1,2}}, \d{{4}}", ("%A, %B %d, %Y",)),
    (r"\d{4}/\d{1,2}/\d{1,2}", ("%Y/%m/%d",)),
    (r"\d{4}\.\d{1,2}\.\d{1,2}", ("%Y.%m.%d",)),
    (r"\d{4}-\d{1,2}-\d{1,2}", ("%Y-%m-%d",)),
    (r"\d{4}-W\d\d-\d", ("%G-W%V-%u",)),
    (r"\d{8}", ("%Y%m%d",)),
)
"""Shape of a day, and the patterns that may read it, the commoner first."""
BETWEEN: tuple[str, ...] = (" ", "T", ", ", " at ", " - ")
"""What stands between a day and a clock."""
CLOCKS: tuple[tuple[str, str], ...] = (
    (r"\d{1,2}:\d\d", "%H:%M"),
    (r"\d{1,2}:\d\d:\d\d", "%H:%M:%S"),
    (r"\d{1,2}:\d\d:\d\d\.\d{1,6}", "%H:%M:%S.%f"),
    (r"\d{1,2}:\d\d [AaPp][Mm]", "%I:%M %p"),
    (r"\d{1,2}:\d\d[AaPp][Mm]", "%I:%M%p"),
    (r"\d{1,2}:\d\d:\d\d [AaPp][Mm]", "%I:%M:%S %p"),
    (r"\d{1,2}:\d\d:\d\d[AaPp][Mm]", "%I:%M:%S%p"),
)
OFFSET = re.compile(r"(?P<before> ?)[+-]\d\d(?::?\d\d)?(?P<after> UTC| GMT)?")
"""A zone as its distance from UTC, which some say once more."""
NAMED = re.compile(r" [A-Z]{1,5}|Z")
"""A zone by its letters."""
COMPACT = "%Y%m%d"
"""A day that looks like a number: taken for one only below a header that speaks of time."""
DATED = re.compile(
    r"date|time|created|updated|closed|opened|resolved|started|ended|submitted|sent|responded|answered|received|placed"
    r"|reported|_at$|_on$| at$| on$|^day$",
    re.IGNORECASE,
)
"""A header that speaks of a time: numbers below it may be one."""
SERIALS: tuple[tuple[str, float, float, float], ...] = (
    ("excel", 20_000, 60_000, 86_400),
    ("epoch_s", 8e8, 2.6e9, 1),
    ("epoch_ms", 8e11, 2.6e12, 1e-3),
    ("epoch_us", 8e14, 2.6e15, 1e-6),
)
"""Times written as numbers: format, least and greatest value, seconds of one unit."""
EXCEL = datetime(1899, 12, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAYS = tuple((re.compile(shape), patterns) for shape, patterns in DAYS)
_CLOCKS = tuple((re.compile(shape), pattern) for shape, pattern in CLOCKS)


@dataclass(frozen=True, slots=True)
class Written:
    """How the times of a column are written.

    Attributes:
        formats: patterns that read them, () for ISO 8601 alone.
        doubtful: whether all could be read with day and month changed over.
        mixed: a text that is read month first alone, and one day first alone; () when the column was written by one
            hand. Both patterns are among the formats then, and a text that both read as different days is none.
    """

    formats: tuple[str, ...] = ()
    doubtful: bool = False
    mixed: tuple[str, ...] = ()


def written(texts: Iterable[str], *, dated: bool = True) -> Written:
    """Return how times are written.

    Args:
        texts: the cells; what is no time says nothing.
        dated: whether a header speaks of time, so that eight digits may be a day.
    """
    shapes: dict[tuple[str, ...], list[str]] = {}
    iso = False
    for text in texts:
        if TIME.match(text):
            iso = True
        elif found := patterns(text):
            shapes.setdefault(found, []).append(text)
    shapes = {known: alike for known, alike in shapes.items() if dated or known != (COMPACT,)}
    fits = {known: [one for one in known if all(_reads(text, one) for text in shapes[known])] for known in shapes}
    sure = {_first(found[0]) for found in fits.values() if len(found) == 1} - {""}
    formats: list[str] = []
    mixed: tuple[str, ...] = ()
    for known in sorted(shapes, key=lambda one: -len(shapes[one])):
        best = fits[known] or sorted(known, key=lambda one: -sum(_reads(text, one) for text in shapes[known]))
        apart = () if fits[known] else _apart(shapes[known], known)
        mixed = mixed or apart
        formats += best if apart else [next((one for one in best if sure == {_first(one)}), best[0])]
    doubtful = any(len(found) > 1 for found in fits.values()) and len(sure) != 1
    return Written((ISO, *formats) if iso and formats else tuple(formats), doubtful, mixed)


def _first(form: str) -> str:
    """Return what a pattern has first, day or month; "" where no other order is in use."""
    return form[:2] if other_order(form) else ""


def _apart(texts: Sequence[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return a text that only each of two patterns reads: the column was written by two hands."""
    alone = (
        next((text for text in texts if [one for one in known if _reads(text, one)] == [pattern]), "")
        for pattern in known
    )
    found = tuple(filter(None, alone))
    return found if len(found) > 1 else ()


@lru_cache(maxsize=20_000)
def patterns(text: str) -> tuple[str, ...]:
    """Return the patterns that a text has the shape of, the commoner first; () when it looks like no time."""
    for shape, days in _DAYS:
        day = shape.match(text)
        if day is None:
            continue
        tail = _clock(text[day.end() :])
        if tail is not None:
            return tuple(one + tail for one in days)
    return ()


def _clock(rest: str) -> str | None:
    """Return the pattern of what stands behind a day; None when that is no clock."""
    if not rest:
        return ""
    between = next((one for one in BETWEEN if rest.startswith(one) and rest[len(one) :][:1].isdigit()), None)
    if between is None:
        return None
    for shape, pattern in reversed(_CLOCKS):
        clock = shape.match(rest, len(between))
        if clock is not None:
            zone = _zone(rest[clock.end() :])
            return None if zone is None else f"{between}{pattern}{zone}"
    return None


def _zone(rest: str) -> str | None:
    """Return the pattern of a zone; None when it is none that everybody reads alike."""
    if not rest:
        return ""
    offset = OFFSET.fullmatch(rest)
    if offset is not None:
        return f"{offset['before']}%z{offset['after'] or ''}"
    return rest if NAMED.fullmatch(rest) and written_zone(rest) is not None else None


def exact(form: str, text: str) -> bool:
    """Whether a text that a format reads says its zone."""
    if form == ISO:
        return bool(re.search(r"(Z|[+-]\d\d:?\d\d|[+-]\d\d)\Z", text)) and ":" in text
    return exact_format(form)


def told(text: str, formats: Sequence[str]) -> tuple[datetime, str] | None:
    """Return a text as a time, one without zone as if of UTC, and the format that read it; None when none does."""
    for form in formats or (ISO,):
        found = _iso(text) if form == ISO else numbered(text, form) if "%" not in form else _patterned(text, form)
        if found is not None:
            other = other_order(form)
            if other in formats and _patterned(text, other) not in (None, found):
                return None
            return found, form
    return None


def read(text: str, formats: Sequence[str]) -> datetime | None:
    """Return a text as a time, one without zone as if of UTC."""
    found = told(text, formats)
    return found[0] if found else None


def turned(formats: Sequence[str]) -> tuple[str, ...]:
    """Return patterns with day and month changed over where both may come first."""
    return tuple(other_order(form) or form for form in formats)


def numbered(text: str, form: str) -> datetime | None:
    """Return a number as a time."""
    unit = next((unit for name, _, _, unit in SERIALS if name == form), 0)
    try:
        return (EXCEL if form == "excel" else EPOCH) + timedelta(seconds=float(text) * unit)
    except (ValueError, OverflowError):
        return None


def _iso(text: str) -> datetime | None:
    if not TIME.match(text):
        return None
    try:
        found = datetime.fromisoformat(text.replace(" Z", "Z").replace(" +", "+"))
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)


def _reads(text: str, form: str) -> bool:
    return _patterned(text, form) is not None


def _patterned(text: str, form: str) -> datetime | None:
    try:
        found = datetime.strptime(text, form)  # noqa: DTZ007 - a zone is given to it below
    except ValueError:
        return None
    if found.tzinfo is not None:
        return found.astimezone(UTC)
    return found.replace(tzinfo=UTC) - timedelta(seconds=written_zone(form) or 0)
