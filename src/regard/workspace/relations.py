"""The tables of one snapshot as an engine sees them: loaded ones as views, derived ones made when they are first read.

A derived table is kept under the hash of everything it depends on. When a later snapshot changes rows of few parties,
only their rows are made anew, as a layer over what was kept (METRICS section 4). One of many rows is made in pieces,
each of some parties, so that memory is bounded whatever the number of rows.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from regard.derived import WorkCalendar, calendar_days
from regard.expr import MINUTE_US, Type, parse
from regard.model import DAY_US
from regard.sql import Scope, column, literal, row, text, upkeep
from regard.sql.derived import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.catalog import Catalogue
    from regard.lake import Connection, Lake
    from regard.model import BusinessCalendar, Table
    from regard.sql.upkeep import Chosen
    from regard.store import Snapshot

Arguments = tuple[tuple[str, str | float], ...]
CALENDAR = "calendar_day"
BUSINESS = "business"
FOREVER = 1 << 61
"""An instant beyond every story, where the story is not cut: what is derived then holds for later snapshots too."""

MOST_LAYERS = 6
"""After so many layers a derived table is made whole again."""

MOST_PARTIES = 0.2
"""Share of a table's rows above which mending is dearer than making it anew."""

PIECE = 8_000_000
"""Rows of inputs from which a derived table is made in pieces: at once it would not fit into a connection's memory."""


@dataclass(frozen=True, slots=True)
class State:
    """A table of a snapshot and how it differs from an earlier one.

    Attributes:
        view: name of the view.
        key: hash of everything its rows depend on.
        before: key of the earlier state that it was mended from, "" when it was made whole.
        gone, come: views of the rows that the mending took away and brought; "" when it was made whole.
    """

    view: str
    key: str
    before: str = ""
    gone: str = ""
    come: str = ""


@dataclass
class Relations:
    """Views of one snapshot on one connection.

    Attributes:
        lake, catalogue: where the rows are and how they are declared.
        snapshots: the snapshot, then earlier ones, newest first.
        until: instant at which the story is cut.
        zone: reporting zone, for business calendars that name none.
        connection: the connection that has the views.
    """

    lake: Lake
    catalogue: Catalogue
    snapshots: Sequence[Snapshot]
    until: int
    zone: str
    connection: Connection
    states: dict[tuple[str, Arguments], State] = field(default_factory=dict)

    @property
    def whole(self) -> bool:
        """Whether the story is cut where what we know ends."""
        return self.until >= self.snapshots[0].at

    def cut(self, table: Table, snapshot: Snapshot) -> int:
        """Return where a derived table of a snapshot cuts the story: nowhere, if no row tells how far it goes."""
        if not self.whole:
            return self.until
        if not table.open:
            return FOREVER
        return self.until if snapshot is self.snapshots[0] else snapshot.at

    def name(self, table: str, arguments: Arguments = ()) -> str:
        """Return the name of the view of a table, making the view (and the derived table) where it is not there yet."""
        return self.state(table, arguments).view

    def state(self, table: str, arguments: Arguments = ()) -> State:
        """Return the state of a table in the snapshot."""
        declared = self.catalogue.tables[table]
        full = tuple(sorted({**declared.arguments, **dict(arguments)}.items()))
        if (table, full) not in self.states:
            self.states[(table, full)] = self._derive(declared, full) if declared.derived else self._load(declared)
        return self.states[(table, full)]

    # -- loaded tables -----------------------------------------------------------------------------------------------

    def _load(self, table: Table) -> State:
        self.lake.view(self.connection, table, self._version(table.name, self.snapshots[0]))
        return State(table.name, _hashed([table.name, self._version(table.name, self.snapshots[0])]))

    def _version(self, table: str, snapshot: Snapshot) -> int | None:
        return snapshot.tables.get(table)

    # -- derived tables ----------------------------------------------------------------------------------------------

    def key(self, table: Table, arguments: Arguments, snapshot: Snapshot) -> str:
        """Return the hash of everything that decides the rows of a derived table in a snapshot."""
        told: list[object] = [table.name, arguments, STATEMENTS[table.name](dict(arguments), self.cut(table, snapshot))]
        told += [(name, self._version(name, snapshot)) for name in table.derived_from]
        if dict(arguments).get("clock") == BUSINESS:
            told += [self.zone, *(calendar.says for calendar in self.catalogue.calendars.values())]
        return _hashed(told)

    def _derive(self, table: Table, arguments: Arguments) -> State:
        key = self.key(table, arguments, self.snapshots[0])
        view = table.name if dict(arguments) == dict(table.arguments) else f"{table.name}_{key[:8]}"
        if self.lake.path(table.name, key) is None and self._chain(table, key) is None:
            self._make(table, arguments, key)
        chain = self._chain(table, key) or [key]
        layers, dirty = self._show(table, view, chain)
        rows = upkeep.running(upkeep.layered(layers, dirty, table.party), self._running(table, arguments))
        self.connection.execute(f"create or replace view {upkeep.quoted(view)} as {rows}")
        if len(chain) == 1:
            return State(view, key)
        self.connection.execute(
            f"create or replace view {upkeep.quoted(view + '_before')} as "
            f"{upkeep.layered(layers[:-1], dirty[:-1], table.party)}"
        )
        gone = f"{view}_gone"
        self.connection.execute(
            f"create or replace view {upkeep.quoted(gone)} as "
            f"{upkeep.of_parties(view + '_before', table.party, upkeep.listed(dirty[-1]))}"
        )
        return State(view, key, chain[-2], gone, layers[-1])

    def _running(self, table: Table, arguments: Arguments) -> dict[str, str]:
        """Return SQL of the columns that grow with the story, which in kept rows are as old as those."""
        return {name: self._said(value, arguments) for name, value in table.runs.items()}

    def _said(self, expression: str, arguments: Arguments) -> str:
        """Return SQL of an expression over a derived row."""
        scope = Scope(name=column, clock={"until": literal(self.until)}, parameters=dict(arguments))
        return text(row(parse(expression), scope))

    def _show(self, table: Table, view: str, chain: Sequence[str]) -> tuple[list[str], list[str]]:
        """Make views of the layers of a table, and of the parties that each but the first has."""
        layers, dirty = [f"{view}_layer0"], []
        self.lake.show(self.connection, layers[0], [self.lake.derived(table.name, chain[0])])
        for i, key in enumerate(chain[1:], 1):
            layers.append(f"{view}_layer{i}")
            dirty.append(f"{view}_dirty{i}")
            self.lake.show(self.connection, layers[-1], [self.lake.derived(table.name, f"{key}-layer")])
            self.lake.show(self.connection, dirty[-1], [self.lake.derived(table.name, f"{key}-dirty")])
        return layers, dirty

    def _chain(self, table: Table, key: str) -> list[str] | None:
        """Return the keys of the layers of a state, the base first; None when it was made whole, or one is gone."""
        path = self.lake.path(table.name, f"{key}-chain")
        if path is None:
            return None
        base, *layers = (str(k) for k in pq.read_table(path)["key"].to_pylist())
        parts = [base, *(f"{one}-{part}" for one in layers for part in ("layer", "dirty"))]
        return [base, *layers] if all(self.lake.path(table.name, part) is not None for part in parts) else None

    def _make(self, table: Table, arguments: Arguments, key: str) -> None:
        for before in self.snapshots[1:]:
            earlier = self.key(table, arguments, before)
            chain = self._chain(table, earlier)
            if chain is None and self.lake.path(table.name, earlier) is None:
                continue
            chain = chain or [earlier]
            if len(chain) <= MOST_LAYERS and self._mend(table, arguments, key, chain, before):
                return
            break
        for source in table.derived_from:
            self.state(source)
        pieces = self._pieces(table)
        if pieces > 1:
            self._make_in_pieces(table, arguments, key, pieces)
            return
        if dict(arguments).get("clock") == BUSINESS:
            self._calendar(self.connection, "case")
        self.lake.publish(
            table.name,
            key,
            self.connection,
            STATEMENTS[table.name](dict(arguments), self.cut(table, self.snapshots[0])),
        )

    def _pieces(self, table: Table) -> int:
        """Return in how many pieces a derived table is made: one, where a piece would need the rows of all parties."""
        tables = [self.catalogue.tables[name] for name in table.derived_from]
        if table.dirties != "party" or any(one.derived for one in tables):
            return 1
        rows = 0
        for one in tables:
            if _owned(one, tables):
                [(counted,)] = self.connection.execute(upkeep.counted(one.name)).fetchall()
                rows += int(counted)
        return max(1, ceil(rows / PIECE))

    def _make_in_pieces(self, table: Table, arguments: Arguments, key: str, pieces: int) -> None:
        """Make the rows of some parties after another, each piece with memory of its own, and put them together.

        A piece stays until all are there: a making that was cut goes on where it was.
        """
        tables = [self.catalogue.tables[name] for name in table.derived_from]
        made = [f"{key}-piece{number}of{pieces}" for number in range(pieces)]
        with self.lake.deriving(key):
            if self.lake.path(table.name, key) is not None:
                return  # by another process, while this one waited
            for number, name in enumerate(made):
                if self.lake.path(table.name, name) is not None:
                    continue
                with self.lake.connect() as connection:
                    self._look(connection, tables)
                    share = upkeep.share(number, pieces)
                    self._show_made(connection, table, arguments, share, copied=False)
                    self.lake.publish(table.name, name, connection, upkeep.of_parties("made", table.party, share))
            with self.lake.connect() as connection:
                self.lake.show(connection, "pieces", [self.lake.derived(table.name, name) for name in made])
                self.lake.publish(table.name, key, connection, upkeep.every("pieces"))
            self.lake.forget(table.name, made)

    # -- mending -----------------------------------------------------------------------------------------------------

    def _mend(self, table: Table, arguments: Arguments, key: str, chain: Sequence[str], before: Snapshot) -> bool:
        """Make the rows of the parties that changed since a snapshot; False where it cannot be, or is not worth it."""
        tables = [self.catalogue.tables[name] for name in table.derived_from]
        if table.dirties != "party" or any(
            one.derived or not _owned(one, tables) for one in tables if self._differs(one, before)
        ):
            return False
        connection = self.lake.connect()
        try:
            self._look(connection, tables)
            parties = self._dirty(connection, table, before) | self._open(table, arguments, chain)
            [(rows,)] = connection.execute(
                f"select count(*) from read_parquet('{self.lake.derived(table.name, chain[0]).as_posix()}')"  # noqa: S608 - a path of the lake's own
            ).fetchall()
            if len(parties) > MOST_PARTIES * rows:
                return False
            connection.register("dirty", pa.table({"party_id": pa.array(sorted(parties), pa.int64())}))
            stale = upkeep.listed("dirty")
            self._show_made(connection, table, arguments, stale, copied=True)
            self.lake.publish(table.name, f"{key}-dirty", connection, "select party_id from dirty")
            self.lake.publish(table.name, f"{key}-layer", connection, upkeep.of_parties("made", table.party, stale))
            keys = pa.table({"number": list(range(len(chain) + 1)), "key": [*chain, key]})
            connection.register("chain", keys)
            self.lake.publish(table.name, f"{key}-chain", connection, "select number, key from chain order by number")
        finally:
            connection.close()
        return True

    def _look(self, connection: Connection, tables: Sequence[Table]) -> None:
        """Make views of the whole of some loaded tables on a connection of its own."""
        for one in tables:
            self.lake.view(connection, one, self._version(one.name, self.snapshots[0]), name=f"whole {one.name}")

    def _show_made(
        self, connection: Connection, table: Table, arguments: Arguments, chosen: Chosen, *, copied: bool
    ) -> None:
        """Make the view `made`: a derived table of what bears on chosen parties, and perhaps rows of others."""
        self._restrict(connection, [self.catalogue.tables[name] for name in table.derived_from], chosen, copied=copied)
        if dict(arguments).get("clock") == BUSINESS:
            self._calendar(connection, "case")
        made = STATEMENTS[table.name](dict(arguments), self.cut(table, self.snapshots[0]))
        connection.execute(f"create view made as {made}")

    def _open(self, table: Table, arguments: Arguments, chain: Sequence[str]) -> set[int]:
        """Return the parties that have rows, in what was kept, whose values grow with the story."""
        if not table.open or not self.whole:
            return set()
        layers, dirty = self._show(table, f"{table.name}_earlier", chain)
        rows = upkeep.layered(layers, dirty, table.party)
        query = upkeep.still_open(rows, table.party, self._said(table.open, arguments))
        return {int(party) for (party,) in self.connection.execute(query).fetchall()}

    def _differs(self, table: Table, before: Snapshot) -> bool:
        return self._version(table.name, before) != self._version(table.name, self.snapshots[0])

    def _dirty(self, connection: Connection, derived: Table, before: Snapshot) -> set[int]:
        """Return the parties whose inputs changed since a snapshot, or to whom changed rows lead."""
        found: set[int] = set()
        tables = [self.catalogue.tables[name] for name in derived.derived_from]
        span = (self.cut(derived, before), self.cut(derived, self.snapshots[0]))
        for table in tables:
            changed = self._changed(connection, table, [name for name, _ in _parents(table, tables)], before, span)
            if not changed.num_rows:
                continue
            if table.party:
                column = changed[table.party].unique().to_pylist()
                found.update(upkeep.NOBODY if party is None else party for party in column)
            for column_name, parent in _parents(table, tables):
                connection.register("changed", pa.table({"id": changed[column_name].unique()}))
                owners = upkeep.owners(f"whole {parent.name}", parent.party, parent.id, "changed")
                found.update(int(owner) for (owner,) in connection.execute(owners).fetchall())
        return found

    def _changed(
        self, connection: Connection, table: Table, leads: Sequence[str], before: Snapshot, span: tuple[int, int]
    ) -> pa.Table:
        """Return the party and the leads of the rows that changed since a snapshot, or that the story reached since."""
        wanted = [name for name in (table.party, *leads) if name]
        upto = self._version(table.name, self.snapshots[0])
        if not wanted or upto is None:
            return pa.table({})
        found = []
        if self._differs(table, before):
            found.append(self.lake.changes(table, self._version(table.name, before), upto).select(wanted))
        instants = [one.name for one in table.columns.values() if one.type is Type.INSTANT and one.name != "loaded_at"]
        if instants and span[0] < span[1]:
            query = upkeep.reached(f"whole {table.name}", instants, wanted, *span)
            found.append(connection.sql(query).to_arrow_table())
        return pa.concat_tables(found, promote_options="permissive") if found else pa.table({})

    def _restrict(self, connection: Connection, tables: Sequence[Table], chosen: Chosen, *, copied: bool) -> None:
        """Show of the inputs what bears on chosen parties, under the names that statements read.

        Few parties' rows are copied, since a statement may read an input more than once and the whole of it must be
        read to find them. Many would not fit: of those only the columns are read that a statement wants.
        """
        kind = "temp table" if copied else "view"
        for table in sorted(tables, key=lambda one: bool(_parents(one, tables))):
            whole, parents = f"whole {table.name}", _parents(table, tables)
            name = upkeep.quoted(table.name)
            if parents:
                ((column, parent),) = parents
                rows = upkeep.of_parents(whole, table.party, column, parent.name, parent.id, chosen)
            elif table.party:
                rows = upkeep.of_parties(whole, table.party, chosen)
                if any(parent.name == table.name for one in tables for _, parent in _parents(one, tables)):
                    # An id that two sources use is told apart by source, so the namesakes must be seen.
                    connection.execute(f"create {kind} {upkeep.quoted('own ' + table.name)} as {rows}")
                    rows = upkeep.of_parents(whole, "", table.id, f"own {table.name}", table.id, chosen)
            else:
                connection.execute(f"create view {name} as {upkeep.every(whole)}")
                continue
            connection.execute(f"create {kind} {name} as {rows}")

    # -- business time -----------------------------------------------------------------------------------------------

    def _calendar(self, connection: Connection, table: str) -> None:
        """Make the running totals of business time over the time that cases can touch."""
        [(first, last)] = connection.execute(upkeep.bounds(table, "opened_at")).fetchall()
        end = max(min(self.until, self.snapshots[0].at), last or 0) + DAY_US
        rows = [
            row
            for calendar in self.catalogue.calendars.values()
            for row in calendar_days(_working(calendar, self.zone), (first or end) - 2 * DAY_US, end)
        ]
        connection.register(CALENDAR, pa.Table.from_pylist(rows))


def _owned(table: Table, tables: Sequence[Table]) -> bool:
    """Whether the rows of a table lead to parties."""
    return bool(table.party) or bool(_parents(table, tables))


def _parents(table: Table, tables: Sequence[Table]) -> list[tuple[str, Table]]:
    """Return the columns of a table that hold the id of a row of another of the tables that belongs to a party."""
    named = {one.name: one for one in tables if one.party and one.id}
    return [
        (column.name, named[column.refers])
        for column in table.columns.values()
        if column.refers in named
        and column.refers not in (table.name, "party")
        and not column.name.startswith("parent")
    ][:1]


def _working(calendar: BusinessCalendar, zone: str) -> WorkCalendar:
    """Return a calendar as the references of derived tables read it."""
    hours = {
        day: [(start // MINUTE_US, end // MINUTE_US) for start, end in spans]
        for day, spans in enumerate(calendar.hours)
    }
    return WorkCalendar(calendar.name, calendar.zone or zone, hours, calendar.holidays)


def _hashed(told: object) -> str:
    return hashlib.sha256(json.dumps(told, default=str).encode()).hexdigest()[:24]


def extent(relations: Relations, tables: Mapping[str, str], *, upto: int | None = None) -> tuple[int, int] | None:
    """Return the first and last instant of the rows of some tables (table -> column), or None when there are none.

    With `upto`, later instants are passed over.
    """
    if not tables:
        return None
    parts = [upkeep.bounds(relations.name(table), at, upto) for table, at in tables.items()]
    [(lo, hi)] = relations.connection.execute(
        f"select min(lo), max(hi) from ({' union all '.join(parts)})"  # noqa: S608 - declared names
    ).fetchall()
    return None if lo is None else (lo, hi)
