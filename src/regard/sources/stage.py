"""One source on its way: raw chunks in, good rows and rejects put aside, and how far it got written down.

A chunk is done when the store says so: until then it is read again and its files are put again under their numbers, so
that a load killed at any moment goes on exactly where it was and ends with the same rows.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

from regard.model.sources import PartyKey
from regard.sources import quarantine
from regard.sources.bind import wanted
from regard.sources.readers.parts import counted
from regard.sql.mapping import RAW_ROWS, build, landed, own_id, raw_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from regard.lake import Staging
    from regard.model import Table
    from regard.model.sources import Source, TableMap
    from regard.sources.readers import Part
    from regard.sql.mapping import Statement

PART = 1 << 40
"""`$row` counts from so much times the number of the part: the order of rows over all parts of a source."""
RAW = RAW_ROWS.strip('"')


@dataclass(slots=True)
class Position:
    """How far a source got; JSON in the store.

    Attributes:
        part, row: the part being read, and rows of it that are done.
        chunk: chunks put aside.
        landed: raw chunks put aside.
        whole: whether all raw rows have landed.
        collapsed: mappings that collapse and are done.
        rows: raw rows done.
        refused: raw rows turned away, each once.
        rejected, notes: `table|rule|field` -> rows.
    """

    part: int = 0
    row: int = 0
    chunk: int = 0
    landed: int = 0
    whole: bool = False
    collapsed: int = 0
    rows: int = 0
    refused: int = 0
    rejected: dict[str, int] = field(default_factory=dict)
    notes: dict[str, int] = field(default_factory=dict)

    def count(self, table: str, tokens: pa.ChunkedArray, into: dict[str, int]) -> None:
        """Count the words `rule:field` of a column."""
        words = pc.split_pattern(tokens, " ")
        flat = words.combine_chunks().flatten() if isinstance(words, pa.ChunkedArray) else words.flatten()
        for found in pc.value_counts(flat).to_pylist():
            rule, _, name = found["values"].partition(":")
            key = f"{table}|{rule}|{name}"
            into[key] = into.get(key, 0) + found["counts"]


class Stage:
    """Puts one source aside."""

    def __init__(
        self,
        source: Source,
        parts: Sequence[Part],
        tables: Mapping[str, Table],
        staging: Staging,
        connection: Any,  # noqa: ANN401 - a DuckDB connection, which only the lake may name
        lookups: Mapping[str, str],
        clock: int,
        batch: int,
    ) -> None:
        """Take a source that is bound to the columns of its parts."""
        self.source, self.parts, self.tables = source, parts, tables
        self.staging, self.connection, self.lookups, self.clock, self.batch = staging, connection, lookups, clock, batch
        self.wanted = wanted(source)
        self.lasting = all(part.lasting for part in parts)
        self.collapsing = [place for place, mapping in enumerate(source.mappings) if mapping.collapse]
        self.statements: dict[tuple[int, tuple[tuple[str, str], ...]], Statement] = {}
        self.direct = [place for place, mapping in enumerate(source.mappings) if not mapping.collapse]

    @property
    def total(self) -> int | None:
        """Raw rows, about; None when nobody knows."""
        counts = [part.rows for part in self.parts]
        return None if None in counts else sum(count for count in counts if count is not None)

    def name(self, place: int) -> str:
        """Return under which name good rows of a mapping are put aside."""
        return f"{self.source.name}={place}={self.source.mappings[place].table}"

    def files(self, place: int, position: Position) -> list[str]:
        """Return the files of good rows of a mapping."""
        return self._files(self.name(place), place, position)

    def turned_away(self, position: Position) -> list[str]:
        """Return the files of rejects."""
        found: list[str] = []
        for place, mapping in enumerate(self.source.mappings):
            found += self._files(f"{self.rejects}={place}", place, position)
            if mapping.collapse:
                found += self._files(f"{self.rejects}={place}=lines", place, position)
        return found

    def _files(self, name: str, place: int, position: Position) -> list[str]:
        chunks = zip(self.staging.numbers(name), self.staging.chunks(name), strict=True)
        # A chunk beyond the position was put aside by a run that was killed before it said so.
        return [path.as_posix() for number, path in chunks if place in self.collapsing or number < position.chunk]

    def parties(self, place: int) -> tuple[tuple[str, str], ...]:
        """Return (column, system) of the columns of a mapping that hold a party."""
        rules = self.source.mappings[place].columns
        return tuple((name, rule.system) for name, rule in rules if isinstance(rule, PartyKey))

    @property
    def rejects(self) -> str:
        """Under which name rejects are put aside."""
        return f"{self.source.name}=rejects"

    @property
    def raw(self) -> str:
        """Under which name raw rows are put aside."""
        return f"{self.source.name}=raw"

    def run(self, position: Position, save: Callable[[Position], None], tell: Callable[[int], None]) -> None:
        """Go on from a position to the end.

        Args:
            position: where to begin; it is moved on.
            save: writes a position down.
            tell: hears how many rows are done.
        """
        if not self.lasting and not position.whole:
            self._land(position)
            save(position)
        for chunk, part, seen in self._chunks(position):
            if self.lasting and self.collapsing:
                self.staging.put(self.raw, position.landed, chunk)
                position.landed += 1
            refused: set[int] = set()
            for place in self.direct:
                refused |= self._map(place, chunk, position, part)
            position.chunk += 1
            position.rows += chunk.num_rows
            position.refused += len(refused)
            position.part, position.row = part, seen
            save(position)
            tell(position.rows)
        position.whole = True
        while position.collapsed < len(self.collapsing):
            self._collapse(self.collapsing[position.collapsed], position)
            position.collapsed += 1
            save(position)

    def _land(self, position: Position) -> None:
        """Put all raw rows of a database aside first: asked again, it might answer otherwise."""
        position.landed = 0
        for chunk, _, _ in self._read(0, 0):
            self.staging.put(self.raw, position.landed, chunk)
            position.landed += 1
        position.whole = True

    def _chunks(self, position: Position) -> Iterator[tuple[pa.Table, int, int]]:
        """Yield (raw rows, part, rows of the part done with them)."""
        if self.lasting:
            if not position.whole:
                yield from self._read(position.part, position.row)
            return
        for number, chunk in enumerate(self._landed(position)):
            if number >= position.chunk:
                yield chunk, 0, 0

    def _landed(self, position: Position) -> Iterator[pa.Table]:
        import pyarrow.parquet as pq  # noqa: PLC0415 - landed chunks are rare

        for path in self.staging.chunks(self.raw)[: position.landed]:
            yield pq.read_table(path, partitioning=None)

    def _read(self, first: int, skip: int) -> Iterator[tuple[pa.Table, int, int]]:
        for place, part in enumerate(self.parts[first:], first):
            for chunk in part.chunks(self.wanted, skip if place == first else 0):
                done = chunk.column("$row")[-1].as_py() + 1
                yield _stamped(chunk, place, part.name), place, done

    def collapsed(self, number: int) -> bool:
        """Whether a row put aside (by its `$n`) was made of several raw rows."""
        return (number >> 52) in self.collapsing

    def raw_rows(self, numbers: set[int], position: Position) -> dict[int, str]:
        """Return `$row` -> raw row as JSON, reading the source once more."""
        found: dict[int, str] = {}
        if not numbers:
            return found
        wanted_rows = pa.array(sorted(numbers), pa.int64())
        chunks = (chunk for chunk, _, _ in self._read(0, 0)) if self.lasting else self._landed(position)
        for chunk in chunks:
            mine = chunk.filter(pc.is_in(chunk.column("$row"), value_set=wanted_rows))
            found |= {row["$row"]: quarantine.raw_json(row) for row in quarantine.listed(mine)}
            if len(found) == len(numbers):
                break
        return found

    # -- mapping --------------------------------------------------------------------------------------------------

    def statement(self, place: int, columns: Mapping[str, str]) -> Statement:
        """Return the statement of a mapping over raw columns."""
        key = (place, tuple(columns.items()))
        if key not in self.statements:
            mapping = self.source.mappings[place]
            table = self.tables[mapping.table]
            made = build(self.source, mapping, table, columns, lookups=self.lookups, clock=self.clock)
            self.statements[key] = made
        return self.statements[key]

    def columns(self, part: int) -> dict[str, str]:
        """Return the raw columns that the chunks of a part have, with their sorts."""
        return {name: self.parts[part].columns.get(name, "text") for name in self.wanted}

    def _map(self, place: int, chunk: pa.Table, position: Position, part: int) -> set[int]:
        """Map one chunk for one table; returns the `$row`s turned away."""
        statement = self.statement(place, self.columns(part))
        self.connection.register(RAW, chunk)
        result = self.connection.sql(statement.sql).to_arrow_table()
        self.connection.unregister(RAW)
        first = chunk.column("$row")[0].as_py()
        return self._split(result, place, position, statement, chunk, first, position.chunk)

    def _split(
        self,
        result: pa.Table,
        place: int,
        position: Position,
        statement: Statement,
        chunk: pa.Table | None,
        first: int,
        number: int,
    ) -> set[int]:
        """Put good and bad rows of a result aside under a number; returns the `$row`s of the bad."""
        mapping = self.source.mappings[place]
        noted = result.filter(pc.not_equal(result.column("notes"), ""))
        if noted.num_rows:
            position.count(mapping.table, noted.column("notes"), position.notes)
        wrong = pc.not_equal(result.column("broken"), "")
        good = result.filter(pc.invert(wrong)).drop_columns(["broken", "notes"])
        start = (place << 52) + (number << 28)
        self.staging.put(self.name(place), number, good.append_column("$n", counted(start, start + len(good))))
        bad = result.filter(wrong)
        own = own_id(self.tables[mapping.table])
        name = f"{self.rejects}={place}"
        if not bad.num_rows:
            self.staging.put(name, number, quarantine.SCHEMA.empty_table())
            return set()
        position.count(mapping.table, bad.column("broken"), position.rejected)
        rows = bad.to_pylist()
        numbers = sorted({row["$row"] for row in rows})
        cells = {}
        if chunk is not None:
            taken = quarantine.listed(chunk.take(pa.array([one - first for one in numbers], pa.int64())))
            cells = dict(zip(numbers, taken, strict=True))
        raws = {one: quarantine.raw_json(row) for one, row in cells.items()}
        plain = {one: {key[1:-1]: value for key, value in row.items()} for one, row in cells.items()}
        found = quarantine.explode(rows, raws, plain, self.tables[mapping.table], statement.origins, own)
        self.staging.put(name, number, quarantine.rows(self.source.name, found, self.tables))
        return set(numbers)

    def _collapse(self, place: int, position: Position) -> None:
        """Collapse all landed rows for one table: DuckDB spills what memory does not hold."""
        paths = [path.as_posix() for path in self.staging.chunks(self.raw)[: position.landed]]
        mapping = self.source.mappings[place]
        statement = self.statement(place, self.columns(0) if self.parts else {})
        view = landed(paths)
        if not paths:
            return
        self.connection.execute(f"create or replace temp view {RAW_ROWS} as {view}")
        try:
            self._refused_lines(statement, mapping, place, position)
            for number, batch in enumerate(self.connection.sql(statement.sql).to_arrow_reader(self.batch)):
                rows = pa.Table.from_batches([batch])
                position.refused += len(self._split(rows, place, position, statement, None, 0, number))
        finally:
            self.connection.execute(f"drop view {RAW_ROWS}")

    def _refused_lines(self, statement: Statement, mapping: TableMap, place: int, position: Position) -> None:
        lines = self.connection.sql(statement.lines).to_arrow_table()
        noted = lines.filter(pc.not_equal(lines.column("notes"), ""))
        if noted.num_rows:
            position.count(mapping.table, noted.column("notes"), position.notes)
        bad = lines.filter(pc.not_equal(lines.column("broken"), ""))
        found = []
        if bad.num_rows:
            position.count(mapping.table, bad.column("broken"), position.rejected)
            wanted_rows = bad.column("$row")
            self.connection.register("refused", pa.table({"$row": wanted_rows}))
            raw = self.connection.sql(raw_lines(RAW_ROWS)).to_arrow_table()
            self.connection.unregister("refused")
            cells = {row["$row"]: row for row in quarantine.listed(raw)}
            raws = {one: quarantine.raw_json(row) for one, row in cells.items()}
            plain = {one: {key[1:-1]: value for key, value in row.items()} for one, row in cells.items()}
            table = self.tables[mapping.table]
            found = quarantine.explode(bad.to_pylist(), raws, plain, table, statement.origins, "")
        self.staging.put(f"{self.rejects}={place}=lines", 0, quarantine.rows(self.source.name, found, self.tables))


def saved(position: Position) -> dict[str, object]:
    """Return a position as the store keeps it."""
    return asdict(position)


def restored(value: object) -> Position:
    """Return a position that the store kept, or a new one."""
    return Position(**value) if isinstance(value, dict) else Position()


def _stamped(chunk: pa.Table, place: int, name: str) -> pa.Table:
    """Add the part to the rows: its name as `$file`, its number to `$row`."""
    rows = pc.add(chunk.column("$row"), place * PART)
    chunk = chunk.set_column(chunk.schema.get_field_index("$row"), "$row", rows)
    return chunk.append_column("$file", pa.repeat(pa.scalar(name, pa.string()), chunk.num_rows))
