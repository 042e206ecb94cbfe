"""Pages of a table: options read, rows taken unit by unit as far as a page needs, and the address of the next page.

Rows come in units (the numbers of one metric), in a fixed order, so that a page computes no more units than it shows
and the next page can say where it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from regard.errors import QuestionError, did_you_mean
from regard.web.odata.filters import EVERYTHING, Filter, read_filter

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from regard.web.odata.model import EntityType

PAGE = 2_000
"""Rows of a page."""
MOST = 1_000_000_000
KNOWN = ("$filter", "$select", "$top", "$skip", "$count", "$orderby", "$format", "$skiptoken")
"""Options that the feed knows; another one that begins with $ is refused: to leave it out would give other rows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What is asked of a table.

    Attributes:
        filter: which rows.
        select: which columns, () for all.
        top: how many rows, None for all.
        skip: how many rows to pass over.
        count: whether to say how many rows there are in all.
        order: (column, whether descending), the first counts most.
        unit, offset: where a page begins: the unit, and how many of its rows were shown.
    """

    filter: Filter = EVERYTHING
    select: tuple[str, ...] = ()
    top: int | None = None
    skip: int = 0
    count: bool = False
    order: tuple[tuple[str, bool], ...] = ()
    unit: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The rows of a table, in parts.

    Attributes:
        names: of the parts, in order.
        rows: gives the rows of a part.
        column: the column that holds a part's name.
    """

    names: Sequence[str]
    rows: Callable[[str], Sequence[Mapping[str, Any]]]
    column: str


def read_options(given: Mapping[str, str], of: EntityType) -> Options:
    """Read the options of an address.

    Raises:
        QuestionError: one is not known or does not make sense; the text says which.
    """
    for name in given:
        if name.startswith("$") and name not in KNOWN:
            raise QuestionError(f"the feed does not know {name}; {did_you_mean(name, KNOWN)}".rstrip("; "))
    if given.get("$format", "json").split(";")[0] not in ("json", "application/json"):
        raise QuestionError(f"the feed gives JSON, not {given['$format']}")
    unit, offset = _token(given.get("$skiptoken", "0.0"))
    return Options(
        filter=read_filter(given.get("$filter", ""), of),
        select=tuple(_columns(given.get("$select", ""), of)),
        top=_whole(given, "$top"),
        skip=_whole(given, "$skip") or 0,
        count=_truth(given.get("$count", "false")),
        order=tuple(_order(given.get("$orderby", ""), of)),
        unit=unit,
        offset=offset,
    )


def selected(asked: Options) -> str:
    """Return how a context names the columns that are chosen, "" for all."""
    return f"({','.join(asked.select)})" if asked.select else ""


def total(units: Units, asked: Options) -> int:
    """Return how many rows pass, whatever `top` and `skip` say."""
    return sum(1 for _ in _passing(units, asked, 0))


def page(units: Units, asked: Options, path: str, given: Mapping[str, str]) -> dict[str, Any]:
    """Return a page: `value`, and `@odata.nextLink` where more follow; `@odata.count` where it is asked for.

    Args:
        units: the rows.
        asked: the options.
        path: address of the table.
        given: the options as they were given, for the next address.
    """
    told: dict[str, Any] = {}
    if asked.count:
        told["@odata.count"] = total(units, asked)
    room = PAGE if asked.top is None else min(PAGE, asked.top)
    if asked.order:
        found, following = _sorted(units, asked, room)
    else:
        found, following = _streamed(units, asked, room)
    told["value"] = [_selected(row, asked.select) for row in found]
    left = None if asked.top is None else asked.top - len(found)
    if following is not None and left != 0:
        kept = {name: value for name, value in given.items() if name not in ("$skip", "$skiptoken", "$top", "$count")}
        more = {"$skiptoken": following} | ({} if left is None else {"$top": str(left)})
        told["@odata.nextLink"] = f"{path}?{urlencode(kept | more, quote_via=quote)}"
    return told


def _streamed(units: Units, asked: Options, room: int) -> tuple[list[Mapping[str, Any]], str | None]:
    """Return as many rows as there is room for, and where the rest begins."""
    found: list[Mapping[str, Any]] = []
    skip = asked.skip
    for unit, place, row in _passing(units, asked, asked.unit):
        if unit == asked.unit and place < asked.offset:
            continue
        if skip:
            skip -= 1
            continue
        if len(found) == room:
            return found, f"{unit}.{place}"
        found.append(row)
    return found, None


def _sorted(units: Units, asked: Options, room: int) -> tuple[list[Mapping[str, Any]], str | None]:
    """Return rows in an order, which takes all of them; a page then begins at a row, not at a unit."""
    every = [row for _, _, row in _passing(units, asked, 0)]
    for name, down in reversed(asked.order):
        # Null comes first, and last where the order is descending.
        every.sort(key=lambda row: (row[name] is not None, row[name] if row[name] is not None else 0), reverse=down)
    begin = asked.offset + asked.skip
    following = f"0.{begin + room}" if begin + room < len(every) else None
    return every[begin : begin + room], following


def _passing(units: Units, asked: Options, first: int) -> Iterator[tuple[int, int, Mapping[str, Any]]]:
    """Yield the rows that pass, with their unit and their place among those of it that pass."""
    wanted = asked.filter.wanted.get(units.column)
    for unit, name in islice(enumerate(units.names), first, None):
        if wanted is not None and name not in wanted:
            continue
        passing = (row for row in units.rows(name) if asked.filter.test(row))
        for place, row in enumerate(passing):
            yield unit, place, row


def _selected(row: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    return {name: row[name] for name in names} if names else dict(row)


def _columns(text: str, of: EntityType) -> Iterator[str]:
    for name in filter(None, (part.strip() for part in text.split(","))):
        if name == "*":
            yield from of.properties
            continue
        _known("$select", name, of)
        yield name


def _order(text: str, of: EntityType) -> Iterator[tuple[str, bool]]:
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, way = part.partition(" ")
        _known("$orderby", name, of)
        if way.strip() not in ("", "asc", "desc"):
            raise QuestionError(f"$orderby: after {name} may stand asc or desc, not '{way.strip()}'")
        yield name, way.strip() == "desc"


def _known(option: str, name: str, of: EntityType) -> None:
    if name not in of.properties:
        hint = did_you_mean(name, of.properties)
        raise QuestionError(f"{option}: {of.name} has no column '{name}'; {hint}".rstrip("; "))


def _whole(given: Mapping[str, str], name: str) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > len(str(MOST)) or int(text) > MOST:
        raise QuestionError(f"{name} is a whole number from 0, not '{text}'")
    return int(text)


def _truth(text: str) -> bool:
    if text not in ("true", "false"):
        raise QuestionError(f"$count is true or false, not '{text}'")
    return text == "true"


def _token(text: str) -> tuple[int, int]:
    unit, _, offset = text.partition(".")
    if not all(part.isascii() and part.isdigit() and len(part) <= len(str(MOST)) for part in (unit, offset)):
        raise QuestionError("$skiptoken is not one that the feed gave")
    return int(unit), int(offset)
