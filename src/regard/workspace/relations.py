"""The tables of one snapshot as an engine sees them: loaded ones as views, derived ones made when they are first read."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pyarrow as pa

from regard.derived import WorkCalendar, calendar_days
from regard.expr import MINUTE_US
from regard.model import DAY_US
from regard.sql import column, text
from regard.sql.derived import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.catalog import Catalogue
    from regard.lake import Connection, Lake
    from regard.model import BusinessCalendar
    from regard.store import Snapshot

Arguments = tuple[tuple[str, str | float], ...]
CALENDAR = "calendar_day"
BUSINESS = "business"


@dataclass
class Relations:
    """Views of one snapshot on one connection.

    Attributes:
        lake, catalogue: where the rows are and how they are declared.
        snapshot: which versions.
        until: instant at which the story is cut.
        zone: reporting zone, for business calendars that name none.
        connection: the connection that has the views.
    """

    lake: Lake
    catalogue: Catalogue
    snapshot: Snapshot | None
    until: int
    zone: str
    connection: Connection
    made: dict[tuple[str, Arguments], str] = field(default_factory=dict)

    def name(self, table: str, arguments: Arguments = ()) -> str:
        """Return the name of the view of a table, making the view (and the derived table) where it is not there yet."""
        declared = self.catalogue.tables[table]
        if not declared.derived:
            if (table, ()) not in self.made:
                self.lake.view(self.connection, declared, self.version(table))
                self.made[(table, ())] = table
            return table
        full = tuple(sorted({**declared.arguments, **dict(arguments)}.items()))
        if (table, full) not in self.made:
            self.made[(table, full)] = self._derive(table, full)
        return self.made[(table, full)]

    def version(self, table: str) -> int | None:
        """Return the version of a loaded table, None when the snapshot has none."""
        return None if self.snapshot is None else self.snapshot.tables.get(table)

    def key(self, table: str, arguments: Arguments) -> str:
        """Return the hash of everything that decides the rows of a derived table."""
        declared = self.catalogue.tables[table]
        told = [table, arguments, STATEMENTS[table](dict(arguments), self.until)]
        told += [(name, self.version(name)) for name in self._loaded(table)]
        if dict(arguments).get("clock") == BUSINESS:
            told.append([str(calendar) for calendar in self.catalogue.calendars.values()])
        del declared
        return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:24]

    def _loaded(self, table: str) -> tuple[str, ...]:
        """Return the loaded tables that a table stands on."""
        declared = self.catalogue.tables[table]
        if not declared.derived:
            return (table,)
        return tuple(dict.fromkeys(name for source in declared.derived_from for name in self._loaded(source)))

    def _derive(self, table: str, arguments: Arguments) -> str:
        for source in self.catalogue.tables[table].derived_from:
            self.name(source)
        if dict(arguments).get("clock") == BUSINESS:
            self._calendar()
        key = self.key(table, arguments)
        file = self.lake.publish(table, key, self.connection, STATEMENTS[table](dict(arguments), self.until))
        view = table if dict(arguments) == dict(self.catalogue.tables[table].arguments) else f"{table}_{key[:8]}"
        self.lake.show(self.connection, view, [file])
        return view

    def _calendar(self) -> None:
        """Make the running totals of business time over the time that cases can touch."""
        if (CALENDAR, ()) in self.made:
            return
        self.made[(CALENDAR, ())] = CALENDAR
        case = self.name("case")
        [(first,)] = self.connection.execute(f"select min(opened_at) from {_quoted(case)}").fetchall()  # noqa: S608 - a declared name
        start = self.until - DAY_US if first is None else first - 2 * DAY_US
        rows = [
            row
            for calendar in self.catalogue.calendars.values()
            for row in calendar_days(_working(calendar, self.zone), start, self.until + DAY_US)
        ]
        self.connection.register(CALENDAR, pa.Table.from_pylist(rows))


def _working(calendar: BusinessCalendar, zone: str) -> WorkCalendar:
    """Return a calendar as the references of derived tables read it."""
    hours = {
        day: [(start // MINUTE_US, end // MINUTE_US) for start, end in spans]
        for day, spans in enumerate(calendar.hours)
    }
    return WorkCalendar(calendar.name, calendar.zone or zone, hours, calendar.holidays)


def _quoted(name: str) -> str:
    return text(column(name))


def extent(relations: Relations, tables: Mapping[str, str]) -> tuple[int, int] | None:
    """Return the first and last instant of the rows of some tables (table -> column), or None when there are none."""
    parts = [
        f"select min({_quoted(at)}) as lo, max({_quoted(at)}) as hi from {_quoted(relations.name(table))}"  # noqa: S608 - declared names
        for table, at in tables.items()
    ]
    if not parts:
        return None
    [(lo, hi)] = relations.connection.execute(
        f"select min(lo), max(hi) from ({' union all '.join(parts)})"  # noqa: S608
    ).fetchall()
    return None if lo is None else (lo, hi)
