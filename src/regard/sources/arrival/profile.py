"""What stands in a file: for each column its type, how it is written, what is blank, whether it is a key or personal.

Read through the same readers as a load, so what is found here is what a load will see. Nothing of it is kept but what a
mapping needs; values of personal columns are never repeated.
"""

from __future__ import annotations

import re
import tempfile
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from regard.lake.connection import connect
from regard.model.sources import Read
from regard.sources.arrival import amounts, times
from regard.sources.arrival.headers import unit as unit_of
from regard.sources.arrival.sniff import sniff
from regard.sources.bind import NUMBER, WHOLE
from regard.sources.readers import Room, parts
from regard.sources.readers.parts import bracketed
from regard.sources.readers.places import folders
from regard.sql.mapping import casts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from regard.sources.readers import Part

Counts = list[tuple[str, int]]
"""Texts with how often each stands there, the most frequent first."""

PROFILED = 250_000
"""Rows that are looked at; a longer file is said to be looked at in part."""
DISTINCT = 4_000
"""Different texts of a column that are judged; of more, the most frequent and others evenly."""
MEMORY = "2GB"
MOST = 0.9
"""Share of filled cells that must be of a type for the column to be."""
CODES = frozenset({
    "na", "n/a", "n.a.", "#n/a", "#na", "nan", "null", "none", "nil", "-", "--", "---", ".", "?", "unknown",
    "missing", "undefined", "0000-00-00", "1970-01-01t00:00:00z", "0000-00-00t00:00:00", "(blank)", "(empty)",
})  # fmt: skip
"""Texts, in lower case, that stand for "nothing" in a column of numbers or times."""
WORDS = frozenset({"true", "false", "yes", "no", "y", "n", "t", "f"})
SPAN = re.compile(casts.SPAN + r"\Z")
WORDED = re.compile(casts.WORDED + r"\Z")
MEASURE = re.compile(
    r"duration|amount|total|price|cost|count|quantity|qty|affected|impacted|score|rating|value|revenue|number of",
    re.IGNORECASE,
)
"""A header of numbers that measure or count."""
PERSONAL: tuple[tuple[str, str, str], ...] = (
    ("email", r"e-?mail", r"[^@\s]+@[^@\s]+\.\w+\Z"),
    ("ip", r"(^|_| )ip($|_| |address)", r"\d{1,3}(\.\d{1,3}){3}\Z"),
    ("phone", r"phone|mobile|telefon|\btel\b", r"[+(]?[\d ()./-]{7,}\Z"),
    (
        "name",
        r"(first|last|full|customer|requester|recipient|billing|shipping|contact|user)[ _]?name|^name$|surname",
        "",
    ),
    ("address", r"street|address|postcode|post code|\bzip|zip_code|geolocation|latitude|longitude|lat long", ""),
    ("birth", r"birth|\bdob\b", ""),
)
"""Sort of personal column, what its header says, what most of its values look like ("" for anything)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What stands in a column.

    Attributes:
        name: as the reader calls it.
        kind: text, whole, number, span, truth, instant or day.
        filled, blank: rows with and without a value; a missing code counts as blank.
        distinct: different values.
        top: its most frequent texts, with how often.
        low, high: least and greatest value of numbers (as numbers) and times (as instants).
        formats: how times are written, () for ISO 8601.
        decimal, thousands: how numbers are written.
        sign: what stands before or after its numbers, such as `$`; "" for nothing.
        missing: texts in it that stand for "nothing".
        naive: whether some times carry no zone.
        mixed: whether some times carry a zone and others none.
        doubtful: whether day and month could change places.
        hands: a time that is written month first and one day first, where the column has both; else ().
        stray: filled cells that are not of the kind.
        personal: what about a person it says, "" for nothing.
        typed: whether the file itself says the type.
        padded: whether blanks stand around some cells.
    """

    name: str
    kind: str = "text"
    filled: int = 0
    blank: int = 0
    distinct: int = 0
    top: tuple[tuple[str, int], ...] = ()
    low: float | datetime | None = None
    high: float | datetime | None = None
    formats: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    sign: str = ""
    missing: tuple[str, ...] = ()
    naive: bool = False
    mixed: bool = False
    doubtful: bool = False
    hands: tuple[str, ...] = ()
    stray: int = 0
    personal: str = ""
    typed: bool = False
    padded: bool = False

    @property
    def timed(self) -> bool:
        """Whether it holds times."""
        return self.kind in ("instant", "day")

    def read(self, text: str) -> datetime | None:
        """Return a cell as a time; None when it is blank or none."""
        return times.read(text, self.formats) if text.casefold() not in CODES else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """What stands in a file.

    Attributes:
        path: the file.
        read: how it is read.
        rows: rows looked at.
        whole: whether those are all.
        columns: its columns by name.
        key: columns that no two different rows have the same values of, () when there are none.
        repeats: rows that stand there once more, word for word.
        notes: what was seen and what was made of it.
        table: the rows, as texts.
    """

    path: Path
    read: Read
    rows: int
    whole: bool
    columns: Mapping[str, Column]
    key: tuple[str, ...] = ()
    repeats: int = 0
    notes: tuple[str, ...] = ()
    table: pa.Table = field(repr=False, compare=False, default_factory=lambda: pa.table({}))

    def texts(self, name: str) -> list[str | None]:
        """Return the cells of a column as texts, row by row."""
        found: list[str | None] = self.table[name].to_pylist()
        return found


def profile(path: Path) -> Profile:
    """Look at a file.

    Raises:
        SourceError: it cannot be read; the text names it and, where known, the line.
    """
    path = path.resolve()
    seen = sniff(path)
    read = Read(kind=seen.kind, place=path.as_posix(), options=seen.options)
    with tempfile.TemporaryDirectory() as spare:
        connection = connect(Path(spare), MEMORY, also=folders(read, path.parent), ordered=True)
        try:
            (part,) = parts(read, Room(path.parent, Path(spare), connection), {})
            table, whole, padded = _gathered(part)
        finally:
            connection.close()
    columns = {
        name: replace(_column(name, table[name], part.columns[name]), padded=name in padded)
        for name in table.column_names
    }
    columns = _ordered(columns)
    notes = list(seen.notes)
    notes += [f"'{one.name}': some times carry a zone and others none" for one in columns.values() if one.mixed]
    notes += [
        f"'{one.name}' was written by two hands: {one.hands[0]} has the month first, {one.hands[1]} the day; "
        f"{one.stray:,} rows could be either, and are turned away"
        for one in columns.values()
        if one.hands
    ]
    if not table.num_rows:
        notes.append("there is a header and no row")
    key, repeats = _key(table, columns)
    if repeats:
        counting = "each counts once" if key else "nothing tells rows apart, so that each counts"
        rows = "1 row stands" if repeats == 1 else f"{repeats:,} rows stand"
        notes.append(f"{rows} there once more, word for word; {counting}")
    return Profile(
        path=path,
        read=read,
        rows=table.num_rows,
        whole=whole,
        columns=columns,
        key=key,
        repeats=repeats,
        notes=tuple(notes),
        table=table,
    )


def _gathered(part: Part) -> tuple[pa.Table, bool, set[str]]:
    """Return the first rows of a part as texts, whether they are all, and columns with blanks around cells.

    All rows are read: a broken one further down is told now.
    """
    chunks: list[pa.Table] = []
    padded: set[str] = set()
    rows, whole = 0, True
    names = list(part.columns)
    for chunk in part.chunks(names, 0):
        if rows < PROFILED:
            arrays = [_said(chunk[bracketed(name)]) for name in names]
            padded |= {name for name in names if _padded(chunk[bracketed(name)])}
            chunks.append(pa.table(arrays, names=names))
        rows += chunk.num_rows
    if not chunks:
        return pa.table([pa.array([], pa.string()) for _ in names], names=names), True, padded
    table = pa.concat_tables(chunks)
    whole = table.num_rows <= PROFILED
    return table.slice(0, PROFILED), whole and table.num_rows == rows, padded


def _padded(column: pa.ChunkedArray) -> bool:
    """Whether blanks stand around some cells of a column of texts."""
    if not pa.types.is_string(column.type) and not pa.types.is_large_string(column.type):
        return False
    return bool(pc.any(pc.match_substring_regex(column, r"^\s+\S|\S\s+$")).as_py())


def _said(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column as trimmed texts, blanks as nulls."""
    kind = column.type
    if pa.types.is_timestamp(kind):
        column = pc.strftime(column, format="%Y-%m-%dT%H:%M:%SZ" if kind.tz else "%Y-%m-%dT%H:%M:%S")
    column = pc.utf8_trim_whitespace(column.cast(pa.string()))
    return pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)


def _column(name: str, cells: pa.ChunkedArray, sort: str) -> Column:
    counted = pc.value_counts(cells.combine_chunks()).to_pylist()
    counts: Counts = sorted(
        ((one["values"], one["counts"]) for one in counted if one["values"] is not None),
        key=lambda pair: (-pair[1], pair[0]),
    )
    filled = sum(count for _, count in counts)
    found = Column(
        name=name,
        filled=filled,
        blank=len(cells) - filled,
        distinct=len(counts),
        top=tuple((text[:200], count) for text, count in counts[:60]),
        typed=sort not in ("text", "blank"),
    )
    found = replace(found, personal=_personal(name, counts))
    for judge in (_truth, _spanned, _numeric, _timely):
        judged = judge(found, counts)
        if judged is not None:
            return judged
    return found


def _coded(
    counts: Counts, fits: Callable[[str], bool], near: Callable[[str], bool] = lambda _: False
) -> tuple[Counts, tuple[str, ...], int] | None:
    """Split texts into those that fit, missing codes, and how many rows stray; None when too many do.

    Args:
        counts: the texts.
        fits: whether one is of the kind.
        near: whether a text that does not fit is of the kind all the same, and only cannot be read.
    """
    good = [(text, count) for text, count in counts if fits(text)]
    rest = [(text, count) for text, count in counts if not fits(text)]
    codes = tuple(text for text, _ in rest if text.casefold() in CODES)
    stray = sum(count for text, count in rest if text not in codes)
    right = sum(count for _, count in good)
    close = sum(count for text, count in rest if text not in codes and near(text))
    return (good, codes, stray) if right and right + close >= MOST * (right + stray) else None


def _less(found: Column, codes: Sequence[str], counts: Counts) -> Column:
    """Return a column whose missing codes are blank."""
    gone = sum(count for text, count in counts if text in codes)
    return replace(found, missing=tuple(codes), filled=found.filled - gone, blank=found.blank + gone)


def _truth(found: Column, counts: Counts) -> Column | None:
    split = _coded(_some(counts), lambda text: text.casefold() in WORDS)
    if split is None or len({text.casefold() for text, _ in split[0]}) > 2 or split[2]:  # noqa: PLR2004 - yes and no
        return None
    return replace(_less(found, split[1], counts), kind="truth")


def _some(counts: Counts) -> Counts:
    """Return enough texts to judge a column by: the most frequent, and others evenly from the rest."""
    if len(counts) <= DISTINCT:
        return counts
    rest = counts[DISTINCT // 2 :]
    return counts[: DISTINCT // 2] + rest[:: len(rest) // (DISTINCT // 2) + 1]


def _spanned(found: Column, counts: Counts) -> Column | None:
    """Find lengths of time written in hours, minutes and seconds: 1:02:03, 2h 5m."""
    split = _coded(counts, lambda text: bool(SPAN.match(text) or (text and WORDED.match(text))))
    return None if split is None else replace(_less(found, split[1], counts), kind="span", stray=split[2])


def _numeric(found: Column, counts: Counts) -> Column | None:
    raw, some = counts, counts[:DISTINCT]
    sign = amounts.sign(some, sum(count for text, count in some if text.casefold() not in CODES))
    if sign:
        found = replace(found, sign=sign)
        counts = [(amounts.bare(text, sign), count) for text, count in counts]
    if _coded(_some(counts), lambda text: any(sign.isdigit() for sign in text)) is None:
        return None
    for decimal, thousands in ((".", ""), (",", ""), (".", ","), (",", "."), (".", "'"), (",", " ")):
        plain = _plain(decimal, thousands)
        split = _coded(counts, lambda text, plain=plain: bool(NUMBER.match(plain(text))))  # type: ignore[misc]  # a default binds the loop's value
        if split is None:
            continue
        good, codes, stray = split
        if any(len(text) > 1 and text[0] == "0" and text.isdigit() for text, _ in good) and decimal == ".":
            return (
                None if not _timely(found, counts) else _timely(found, counts)
            )  # 04726 is a text, 20260131 may be a day
        values = [float(plain(text)) for text, _ in good]
        serial = _serial(found, values, [text for text, _ in good])
        if serial is not None:
            return replace(
                _less(found, codes, raw),
                kind="instant",
                formats=(serial[0],),
                low=serial[1],
                high=serial[2],
                naive=serial[0] == "excel",
                stray=stray,
            )
        whole = all(WHOLE.match(plain(text)) for text, _ in good)
        return replace(
            _less(found, codes, raw),
            kind="whole" if whole else "number",
            decimal=decimal,
            thousands=thousands,
            low=min(values),
            high=max(values),
            stray=stray,
        )
    return None


def _plain(decimal: str, thousands: str) -> Callable[[str], str]:
    """Return what turns a number as it is written into one with a point; what is grouped wrongly stays as it is."""
    grouped = (
        re.compile(rf"[-+]?\d{{1,3}}({re.escape(thousands)}\d{{3}})+({re.escape(decimal)}\d+)?\Z")
        if thousands
        else None
    )

    def plain(text: str) -> str:
        if grouped is not None and thousands in text and not grouped.match(text):
            return text
        return text.replace(thousands, "").replace(decimal, ".") if thousands else _pointed(text, decimal)

    return plain


def _pointed(text: str, decimal: str) -> str:
    return text if decimal == "." else "" if "." in text else text.replace(decimal, ".")


def _serial(found: Column, values: Sequence[float], texts: Sequence[str]) -> tuple[str, datetime, datetime] | None:
    """Return the format, first and last of times that are written as numbers."""
    if not times.DATED.search(found.name):
        return None
    for name, least, most, unit in times.SERIALS:
        if all(least <= value <= most for value in values):
            base = times.EXCEL if name == "excel" else times.EPOCH
            return name, base + timedelta(seconds=min(values) * unit), base + timedelta(seconds=max(values) * unit)
    if all(len(text) == len("20260131") for text in texts):
        days = [times.read(text, (times.COMPACT,)) for text in texts]
        if all(days):
            return times.COMPACT, min(filter(None, days)), max(filter(None, days))
    return None


def _timely(found: Column, counts: Counts) -> Column | None:
    if not counts:
        return None
    some = _some(counts)
    way = times.written((text for text, _ in some), dated=bool(times.DATED.search(found.name)))
    read = {text: times.told(text, way.formats) for text, _ in some if text.casefold() not in CODES}

    def near(text: str) -> bool:
        return bool(way.mixed and times.patterns(text))

    if _coded(some, lambda text: read.get(text) is not None, near) is None:
        return None
    rest = [text for text, _ in counts if text not in read and text.casefold() not in CODES]
    read |= {text: times.told(text, way.formats) for text in rest}
    split = _coded(counts, lambda text: read.get(text) is not None, near)
    if split is None:
        return None
    good, codes, stray = split
    known = [(text, *one) for text, _ in good if (one := read[text]) is not None]
    moments = [moment for _, moment, _ in known]
    zoned = {times.exact(form, text) for text, _, form in known}
    return replace(
        _less(found, codes, counts),
        kind="day" if all(":" not in text for text, _ in good) else "instant",
        formats=way.formats,
        low=min(moments),
        high=max(moments),
        naive=False in zoned,
        mixed=len(zoned) > 1,
        doubtful=way.doubtful,
        hands=way.mixed,
        stray=stray,
    )


def _ordered(columns: dict[str, Column]) -> dict[str, Column]:
    """Settle whether day or month comes first where a column leaves it open: as its neighbours that do not."""
    sure = [form for one in columns.values() if one.timed and not (one.doubtful or one.hands) for form in one.formats]
    day_first = any(re.match(r"%d[-/]%m", form) for form in sure)
    month_first = any(re.match(r"%m[-/]%d", form) for form in sure)
    decimal = any(one.decimal == "," and one.thousands != "," for one in columns.values())
    if month_first or not (day_first or decimal):
        return columns
    turned = {}
    for name, one in columns.items():
        if not one.doubtful:
            continue
        formats = tuple(re.sub(r"%m([-/])%d", r"%d\1%m", form) for form in one.formats)
        moments = sorted(filter(None, (times.read(text, formats) for text, _ in one.top)))
        turned[name] = (
            replace(one, formats=formats, low=moments[0], high=moments[-1], doubtful=not day_first) if moments else one
        )
    return columns | turned


def _personal(name: str, counts: Counts) -> str:
    for sort, header, looks in PERSONAL:
        said = re.search(header, name, re.IGNORECASE)
        total = sum(count for _, count in counts[:50])
        alike = sum(count for text, count in counts[:50] if looks and re.match(looks, text))
        if (said and (not looks or not total or alike > total / 3)) or (sort == "email" and alike > total / 2):
            return sort
    return ""


def _key(table: pa.Table, columns: Mapping[str, Column]) -> tuple[tuple[str, ...], int]:
    """Return the first column, else the first pair of the leftmost few, that no two rows share and none lacks.

    A row that stands there twice, word for word, is one row: it is left out first, and counted.
    """
    rows = table.num_rows
    single = [one for one in columns.values() if one.blank == 0 and one.distinct == rows and not one.timed]
    if not rows or _likely(single):
        return _likely(single), 0
    whole = table.group_by(table.column_names).aggregate([])
    repeats, rows = rows - whole.num_rows, whole.num_rows
    single = [one for one in columns.values() if one.blank == 0 and one.distinct == rows and not one.timed]
    if _likely(single) and rows > 1:
        return _likely(single), repeats
    telling = [
        one for one in columns.values() if one.kind != "number" and not (one.kind == "whole" and _measures(one.name))
    ]
    full = [one.name for one in telling if one.blank == 0 and one.distinct > 1][:8]
    for place, left in enumerate(full):
        for right in full[place + 1 :]:
            if columns[left].distinct * columns[right].distinct >= rows:
                pairs = whole.select([left, right]).group_by([left, right]).aggregate([])
                if pairs.num_rows == rows:
                    return (left, right), repeats
    return (), repeats


def _likely(columns: Sequence[Column]) -> tuple[str, ...]:
    """Return the column that is meant as a key among those that could be one."""
    names = [one.name for one in columns if one.kind != "number" and not (one.kind == "whole" and _measures(one.name))]
    called = [name for name in names if re.search(r"id$|key$|number$|^no$|_no$|num$|nr$", name, re.IGNORECASE)]
    return tuple((called or names)[:1])


def _measures(name: str) -> bool:
    """Whether a header says that numbers below it measure or count something: in a short file they tell rows apart."""
    return bool(unit_of(name)) or bool(MEASURE.search(name))
