"""Brings rows into a table by key: what is new is added, what changed is replaced, what is the same is left alone.

Rows first go to Parquet files of bounded size, ordered by the table's instant so that row groups can be skipped. An
empty table takes these files as they are. Otherwise they are joined with the table on the keys and a hash of the row's
content; only files that hold a changed row are rewritten, and the names of old and new files are swapped in one commit.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

import pyarrow as pa

from regard.errors import LoadError
from regard.lake.columns import STAMPS, absent, conform, listed, quoted, schema
from regard.lake.connection import Part, paths, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    import duckdb

    from regard.lake.log import File, Log, Version
    from regard.model import Table

CHUNK_ROWS = 1_000_000
CHUNK_BYTES = 256 << 20
"""Rows and bytes held in memory at a time, and so the largest file: large enough to scan fast, small enough to rewrite
when one of its rows changes."""
SMALL_ROWS = CHUNK_ROWS // 8
SMALL_FILES = 8
"""So many files below so many rows are joined into one by the next upsert that writes anyway."""
FRESH, KEPT = "fresh-", "kept-"
"""How file names begin: files of new and changed rows, and files with what is left of a rewritten one. `changes` reads
them apart."""

Rows: TypeAlias = "pa.RecordBatchReader | pa.Table | Iterable[pa.RecordBatch]"


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What an upsert did.

    Attributes:
        table: name of the table.
        version: its version now; the old one when nothing changed.
        inserted, updated, unchanged: rows by what became of them.
        repeated: rows of the input left out because a later one has the same key.
    """

    table: str
    version: int
    inserted: int = 0
    updated: int = 0
    unchanged: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Work:
    """What every step of an upsert needs.

    Attributes:
        con: a connection to the lake.
        table: the table as declared.
        full: its columns as declared, and after them those that it once had and keeps.
        folder: where its files are.
        spare: an empty folder for files on the way.
    """

    con: duckdb.DuckDBPyConnection
    table: Table
    full: pa.Schema
    folder: Path
    spare: Path

    @property
    def keys(self) -> str:
        """The table's keys as a list of SQL identifiers."""
        return listed(self.table.keys)

    @property
    def order(self) -> tuple[str, ...]:
        """The instant that files are ordered by, or () when the table has none."""
        span = self.table.over[:1] if self.table.over else ()
        return (self.table.at,) if self.table.at else span

    def write(self, query: str, folder: Path, kind: str, *, ordered: bool = False) -> Part:
        """Write a query's rows to a new file, ordered by the table's instant unless they are so already."""
        path = folder / f"{kind}{uuid.uuid4().hex}.parquet"
        return write(self.con, query, path, order=() if ordered else self.order)


def upsert(con: duckdb.DuckDBPyConnection, log: Log, table: Table, data: Rows, *, run_id: str, spare: Path) -> Commit:
    """Bring rows into the table of a log; the caller holds the lake's lock. `spare` is a folder for files on the way.

    Raises:
        LoadError: rows that do not fit the table (see `columns.conform`), or a column stored with another type.
    """
    number = log.latest()
    now = log.version(number) if number is not None else None
    work = Work(con, table, _full(table, now), log.folder, spare)
    log.folder.mkdir(parents=True, exist_ok=True)
    empty = now is None or not now.rows
    # An empty table takes the files as they are: they are written where they will stay.
    parts, repeated = _stage(work, _chunks(data, table, run_id), log.folder if empty else spare)
    rows = sum(part.rows for part in parts)
    about = {"run": run_id, "rows": FRESH}
    if number is None or now is None or empty:
        if rows or number is None:
            number = log.commit(number, work.full, parts, about=about)
        return Commit(table=table.name, version=number, inserted=rows, repeated=repeated)

    inserted, updated = _compare(work, parts, now) if rows else (0, 0)
    if inserted + updated:
        added = [_moved(part, log.folder) for part in parts] if inserted == rows else _fresh(work, parts, now)
        kept, removed = _kept(work, now)
        number = log.commit(number, work.full, added + kept, removed, about=about)
    return Commit(
        table=table.name,
        version=number,
        inserted=inserted,
        updated=updated,
        unchanged=rows - inserted - updated,
        repeated=repeated,
    )


def source(files: Sequence[Path], have: pa.Schema, want: pa.Schema, extra: str = "") -> str:
    """Return a query for the wanted columns of files, blank where no file has them."""
    if not files:
        columns = ", ".join(absent(field.name, field.type, view=False) for field in want)
        return f"SELECT {columns} WHERE false"
    columns = ", ".join(
        quoted(field.name) if field.name in have.names else absent(field.name, field.type, view=False) for field in want
    )
    return f"SELECT {columns}{extra} FROM read_parquet({paths(files)}, union_by_name = true)"


PLACE = ", file_index, file_row_number"


def _full(table: Table, now: Version | None) -> pa.Schema:
    """Return the table's columns as declared, and after them those it once had and keeps."""
    want = schema(table)
    if now is None:
        return want
    for field in now.schema:
        if field.name not in want.names:
            want = want.append(field)
        elif want.field(field.name).type != field.type:
            raise LoadError(
                f"{table.name}.{field.name} is stored as {field.type} and declared as {want.field(field.name).type}: "
                "a column keeps its type; declare a new column"
            )
    return want


def _chunks(data: Rows, table: Table, run_id: str) -> Iterator[pa.Table]:
    """Yield the rows in order, conformed, in tables of bounded size."""
    want = schema(table)
    held: list[pa.Table] = []
    rows = size = 0
    for batch in data.to_batches() if isinstance(data, pa.Table) else data:
        for start in range(0, batch.num_rows, CHUNK_ROWS):
            piece = conform(batch.slice(start, CHUNK_ROWS), want, table, run_id)
            held.append(piece)
            rows, size = rows + piece.num_rows, size + piece.nbytes
            if rows >= CHUNK_ROWS or size >= CHUNK_BYTES:
                yield pa.concat_tables(held)
                held, rows, size = [], 0, 0
    if held:
        yield pa.concat_tables(held)


def _stage(work: Work, chunks: Iterable[pa.Table], folder: Path) -> tuple[list[Part], int]:
    """Write chunks to files in which each key stands once, the last one winning; returns the rows left out, too."""
    declared = work.table.columns
    columns = ", ".join(
        quoted(field.name) if field.name in declared else absent(field.name, field.type, view=False)
        for field in work.full
    )
    parts: list[Part] = []
    repeated = 0
    for chunk in chunks:
        rows = _last(work, chunk)
        repeated += chunk.num_rows - rows.num_rows
        work.con.register("chunk", rows)
        ordered = all(_ascends(rows.column(name)) for name in work.order)
        parts.append(work.write(f"SELECT {columns} FROM chunk", folder, FRESH, ordered=ordered))
        work.con.unregister("chunk")
    if len(parts) > 1:
        parts, across = _across(work, parts, folder)
        repeated += across
    return [part for part in parts if part.rows], repeated


def _last(work: Work, chunk: pa.Table) -> pa.Table:
    work.con.register("chunk", chunk)
    # A count of hashes costs a fraction of the grouping below, and repeated keys are rare.
    [(distinct,)] = work.con.execute(f"SELECT count(DISTINCT hash({work.keys})) FROM chunk").fetchall()
    work.con.unregister("chunk")
    if distinct == chunk.num_rows:
        return chunk
    keys = list(work.table.keys)
    places = chunk.select(keys).append_column("", pa.array(range(chunk.num_rows), pa.int64()))
    last = places.group_by(keys, use_threads=False).aggregate([("", "max")])
    return chunk.take(last.column("_max"))


def _ascends(instants: pa.ChunkedArray) -> bool:
    """Return whether no instant is blank and none comes before the one above it: most sources tell in order of time."""
    if instants.null_count:
        return False
    values = instants.cast(pa.int64()).to_numpy()
    return bool((values[1:] >= values[:-1]).all())


def _across(work: Work, parts: list[Part], folder: Path) -> tuple[list[Part], int]:
    """Leave out rows whose key comes again in a later file."""
    keys = work.keys
    staged = f"(SELECT {keys}{PLACE} FROM read_parquet({paths(part.path for part in parts)}))"
    work.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE repeated AS
        WITH twice AS (SELECT hash({keys}) AS h FROM {staged} GROUP BY h HAVING count(*) > 1),
        suspect AS (SELECT * FROM {staged} WHERE hash({keys}) IN (SELECT h FROM twice)),
        ranked AS (SELECT file_index AS f, file_row_number AS r,
            row_number() OVER (PARTITION BY {keys} ORDER BY file_index DESC) AS place FROM suspect)
        SELECT f, r FROM ranked WHERE place > 1"""
    )
    counts = dict(work.con.execute("SELECT f, count(*) FROM repeated GROUP BY f").fetchall())
    result = []
    for index, part in enumerate(parts):
        if index not in counts:
            result.append(part)
            continue
        rest = (
            f"SELECT {listed(work.full.names)} FROM read_parquet({paths([part.path])}) "
            f"WHERE file_row_number NOT IN (SELECT r FROM repeated WHERE f = {index})"
        )
        result.append(work.write(rest, folder, FRESH, ordered=True))
        part.path.unlink()
    return result, sum(counts.values())


def _compare(work: Work, parts: Sequence[Part], now: Version) -> tuple[int, int]:
    """Fill `verdict` with the places of new and changed rows; returns how many are new, how many changed."""
    want = schema(work.table)
    own = listed(name for name in want.names if name not in STAMPS)

    def places(files: Sequence[Path], have: pa.Schema) -> str:
        return f"(SELECT {work.keys}, hash({own}) AS h{PLACE} FROM ({source(files, have, want, PLACE)}))"

    work.con.execute(
        f"""CREATE OR REPLACE TEMP TABLE verdict AS
        SELECT n.file_index AS new_file, n.file_row_number AS new_row,
            o.file_index AS old_file, o.file_row_number AS old_row
        FROM {places([part.path for part in parts], want)} AS n
        LEFT JOIN {places([file.path for file in now.files], now.schema)} AS o USING ({work.keys})
        WHERE o.file_index IS NULL OR n.h <> o.h"""
    )
    [(inserted, updated)] = work.con.execute(
        "SELECT count(*) FILTER (old_file IS NULL), count(old_file) FROM verdict"
    ).fetchall()
    return inserted, updated


def _fresh(work: Work, parts: Sequence[Part], now: Version) -> list[Part]:
    """Write the new and changed rows; a column that the table no longer declares keeps what the old row had."""
    declared = work.table.columns
    columns = ", ".join(f"{'n' if name in declared else 'o'}.{quoted(name)}" for name in work.full.names)
    old = source([file.path for file in now.files], now.schema, now.schema, PLACE)
    carry = f"LEFT JOIN ({old}) AS o ON v.old_file = o.file_index AND v.old_row = o.file_row_number"
    if all(name in declared for name in work.full.names):
        carry = ""
    touched = work.con.execute("SELECT DISTINCT new_file FROM verdict ORDER BY new_file").fetchall()
    return [
        work.write(
            f"SELECT {columns} "
            f"FROM (SELECT *, file_row_number FROM read_parquet({paths([parts[index].path])})) AS n "
            f"JOIN (SELECT * FROM verdict WHERE new_file = {index}) AS v ON n.file_row_number = v.new_row {carry}",
            work.folder,
            FRESH,
        )
        for (index,) in touched
    ]


def _kept(work: Work, now: Version) -> tuple[list[Part], list[File]]:
    """Rewrite files without the rows that changed, and join small files into one; returns new and replaced files."""
    dead = dict(
        work.con.execute("SELECT old_file, count(old_row) FROM verdict WHERE old_row >= 0 GROUP BY old_file").fetchall()
    )
    left = {index: file.rows - dead.get(index, 0) for index, file in enumerate(now.files)}
    small = [index for index, rows in left.items() if rows < SMALL_ROWS]
    groups = [[index] for index in dead if index not in small]
    groups += [small] if len(small) >= SMALL_FILES else [[index] for index in small if index in dead]
    parts = []
    for group in groups:
        if not any(left[index] for index in group):
            continue
        pieces = " UNION ALL ".join(
            f"SELECT {listed(work.full.names)} "
            f"FROM ({source([now.files[index].path], now.schema, work.full, PLACE)}) "
            f"WHERE file_row_number NOT IN (SELECT old_row FROM verdict WHERE old_file = {index})"
            for index in group
        )
        parts.append(work.write(pieces, work.folder, KEPT, ordered=len(group) == 1))
    return parts, [now.files[index] for group in groups for index in group]


def _moved(part: Part, folder: Path) -> Part:
    path = folder / part.path.name
    part.path.replace(path)
    return replace(part, path=path)
