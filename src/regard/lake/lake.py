"""The lake: tables in pinned versions, kept results, rows on their way. Knows files, and nothing of metrics."""

from __future__ import annotations

import shutil
import time
import uuid
from contextlib import ExitStack, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from regard.errors import LoadError, SetupError
from regard.lake import changes as differences, upsert as merging
from regard.lake.columns import INSTANT, STAMPS, absent, listed, quoted, schema, shown
from regard.lake.connection import connect, paths
from regard.lake.lock import Lock
from regard.lake.log import File, Log, Version
from regard.lake.shelf import DAY_S, Gone, Shelf, named, removed, whole
from regard.lake.staging import Staging

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import duckdb
    import pyarrow as pa

    from regard.lake.upsert import Commit, Rows
    from regard.model import Table

MAKING_S = 3_600.0
"""How long a process waits for another that makes a large derived table."""
MEMORY = "2GB"
"""What an upsert's own connection may take; what it needs beyond that goes to disk."""


class Lake:
    """A folder of tables.

    `tables/<name>/` are Delta tables, `derived/`, `cells/` and `texts/` kept results, `staging/<run>/` rows on their
    way, `tmp/` what a running process spills. Any number of processes may read; one writes at a time.
    """

    def __init__(self, root: Path) -> None:
        """Open a lake; the folder is made where it does not exist.

        Raises:
            SetupError: a path with something like `%20` in it.
        """
        self.root = root.resolve()
        if unquote(str(self.root)) != str(self.root):
            # delta-rs decodes the path twice and would look for its log elsewhere.
            raise SetupError(f"a lake cannot stand in a folder whose path reads as percent-encoded: {self.root}")
        (self.root / "tmp").mkdir(parents=True, exist_ok=True)
        self._lock = Lock(self.root)
        self._schedule = Lock(self.root, "schedule")
        self._making = Lock(self.root, "derive", wait_s=MAKING_S)
        self._shelf = Shelf(self.root)
        self._logs: dict[str, Log] = {}

    # --- connections -------------------------------------------------------------------------------------------------

    def connect(
        self, memory: str = "3GB", threads: int | None = None, *, also: Iterable[Path] = ()
    ) -> duckdb.DuckDBPyConnection:
        """Open an in-memory DuckDB that sees the lake (and the folders in `also`) and nothing else.

        Arrow data are shown to it by `register`; Python variables, other files, extensions and the network are out of
        its reach, and SQL cannot change that.

        Args:
            memory: what it may take before it spills below `tmp/`.
            threads: how many, all cores by default.
            also: further folders, such as that of a source's files.
        """
        return connect(self.root, memory, threads, also=also)

    # --- writing -----------------------------------------------------------------------------------------------------

    @contextmanager
    def writing(self, run_id: str) -> Iterator[None]:
        """Be the lake's only writer, over several upserts and the snapshot that shows them; may be nested.

        The lock ends with its process, however that ends.

        Raises:
            LoadError: another process or thread is writing; the text names it.
        """
        with self._lock.held(run_id) as died:
            if died:
                self._sweep()
            yield

    @contextmanager
    def scheduling(self) -> Iterator[bool]:
        """Be the one process that reads sources by their cadence; gives False where another one is.

        The lock ends with its process, however that ends: whoever asks next takes over.
        """
        with ExitStack() as held:
            try:
                held.enter_context(self._schedule.held("schedule"))
            except LoadError:
                yield False
                return
            yield True

    @contextmanager
    def deriving(self, key: str) -> Iterator[None]:
        """Be the one process that makes a derived table too large to be made at once; the others wait.

        Raises:
            LoadError: it took the other longer than an hour.
        """
        with self._making.held(key):
            yield

    def schema(self, table: Table) -> pa.Schema:
        """Return the table's columns as stored: instants `timestamp[us, UTC]`, days `date32`, whole numbers `int64`."""
        return schema(table)

    def upsert(self, table: Table, data: Rows, *, run_id: str) -> Commit:
        """Bring rows into a table by its keys, in one version; the same rows twice make no second version.

        A row that differs from what is there only in `loaded_at` and `run_id` is left as it is. Of rows with the same
        key the last one wins. A column new to the table is added to it; one that `table` no longer declares stays, with
        what it had. Memory is bounded whatever the input's length.

        Args:
            table: the table as declared.
            data: rows; any of the columns may be missing but the keys; instants as aware timestamps or whole
                microseconds, days as dates or whole days.
            run_id: the run, put in the column `run_id` of rows that lack it, and in the log.

        Raises:
            LoadError: rows that do not fit the table, numbers that are not finite, blank keys, a column stored with
                another type, or another writer.
        """
        spare = self.root / "tmp" / f"load-{uuid.uuid4().hex}"
        with self.writing(run_id):
            spare.mkdir(parents=True)
            con = connect(self.root, MEMORY, ordered=True)
            try:
                return merging.upsert(con, self._log(table.name), table, data, run_id=run_id, spare=spare)
            finally:
                con.close()
                shutil.rmtree(spare, ignore_errors=True)

    def staging(self, run_id: str) -> Staging:
        """Return the place for a run's rows on their way."""
        return Staging(self.root / "staging" / named(run_id))

    # --- reading -----------------------------------------------------------------------------------------------------

    def version(self, name: str) -> int | None:
        """Return the newest version of a table, or None when there is no such table."""
        return self._log(name).latest()

    def view(
        self,
        con: duckdb.DuckDBPyConnection,
        table: Table,
        version: int | None,
        *,
        between: tuple[str, int, int] | None = None,
        name: str | None = None,
    ) -> None:
        """Make a view of exactly one version, under the table's name: instants BIGINT microseconds, days INTEGER.

        Args:
            con: a connection of this lake.
            table: the table as declared; a column that the version lacks is blank, one that is not declared is hidden.
            version: the version; None for the time before the table was: a view with its columns and no rows.
            between: (instant column, first microsecond, microsecond after the last): only rows whose instant lies
                between, found without reading the rest of the files. Rows whose instant is blank are left out.
            name: another name for the view.

        Raises:
            LoadError: there is no such version, or its files were vacuumed away.
        """
        found = self._log(table.name).version(version) if version is not None else None
        files = found.files if found else ()
        if between:
            files = tuple(file for file in files if file.may_hold(*between))
        con.execute(
            f"CREATE OR REPLACE VIEW {quoted(name or table.name)} AS {self._query(table, found, files, between)}"
        )

    def _query(
        self, table: Table, found: Version | None, files: Sequence[File], between: tuple[str, int, int] | None
    ) -> str:
        want = schema(table)
        stored = set(found.schema.names) if found else set()
        columns = ", ".join(
            shown(field.name, field.type)
            if files and field.name in stored
            else absent(field.name, field.type, view=True)
            for field in want
        )
        if not files or found is None:
            return f"SELECT {columns} WHERE false"
        self._present(table.name, found, files)
        where = ""
        if between:
            column, lo, hi = between
            if column not in want.names or want.field(column).type != INSTANT:
                message = f"{table.name}.{column} is not an instant"
                raise ValueError(message)
            where = f" WHERE {_within(column, lo, hi)}" if column in stored else " WHERE false"
        return f"SELECT {columns} FROM read_parquet({paths(f.path for f in files)}, union_by_name = true){where}"

    def changes(self, table: Table, after: int | None, upto: int) -> pa.Table:
        """Return old and new images of the rows that differ between two versions, as a view shows them.

        `_change` is `old` or `new`; a changed row has both. A difference in `loaded_at` or `run_id` alone is none.

        Args:
            table: the table as declared.
            after: the earlier version, None for the time before the table was.
            upto: the later version.

        Raises:
            LoadError: there is no such version, or its files were vacuumed away.
        """
        log = self._log(table.name)
        for number in (after, upto):
            if number is not None:
                self._present(table.name, log.version(number), log.version(number).files)
        with self.connect(MEMORY) as con:
            return differences.changes(con, log, table, after, upto)

    def checksum(self, con: duckdb.DuckDBPyConnection, table: Table, version: int | None) -> str:
        """Return a hash of a version's content without `loaded_at` and `run_id`, the same for any order of rows.

        Comparable within one release of DuckDB.
        """
        name = f"checksum {table.name}"
        self.view(con, table, version, name=name)
        own = listed(column for column in table.columns if column not in STAMPS)
        [(rows, total, mix)] = con.execute(
            f"SELECT count(*), sum(hash({own})::HUGEINT), bit_xor(hash({own})) FROM {quoted(name)}"
        ).fetchall()
        con.execute(f"DROP VIEW {quoted(name)}")
        return f"{rows}-{total or 0:x}-{mix or 0:x}"

    # --- kept results ------------------------------------------------------------------------------------------------

    def derived(self, name: str, key: str) -> Path:
        """Return where a derived table (or, under the name `cells`, cells) of a key stands or would stand."""
        return self._shelf.place(name, key)

    def path(self, name: str, key: str) -> Path | None:
        """Return the Parquet file kept under a key, or None when there is none."""
        return self._shelf.kept(name, key)

    def publish(self, name: str, key: str, con: duckdb.DuckDBPyConnection, sql: str) -> Path:
        """Keep a query's rows as a Parquet file under a key, and return the file.

        The file appears whole or not at all; a key that is there already is left as it is and the query not run.

        Args:
            name: the derived table, or `cells`.
            key: hash of everything the rows depend on.
            con: a connection of this lake.
            sql: the query.
        """
        return self._shelf.publish(name, key, con, sql)

    def forget(self, name: str, keys: Iterable[str]) -> None:
        """Remove kept Parquet files that only their maker knows of, such as the pieces of another."""
        self._shelf.forget(name, keys)

    def has(self, name: str, key: str) -> bool:
        """Whether a value is kept under a key."""
        return self._shelf.has(name, key)

    def told(self, name: str, key: str) -> Any | None:  # noqa: ANN401 - whatever was kept
        """Return the value kept under a key, or None when there is none."""
        return self._shelf.told(name, key)

    def keep(self, name: str, key: str, value: object) -> None:
        """Keep a value that JSON can say (lists, texts, numbers) under a key; it appears whole or not at all."""
        self._shelf.keep(name, key, value)

    def show(self, con: duckdb.DuckDBPyConnection, name: str, files: Sequence[Path]) -> None:
        """Make a view of kept files, of which there is at least one; a column that a file lacks is blank."""
        con.execute(
            f"CREATE OR REPLACE VIEW {quoted(name)} AS SELECT * FROM read_parquet({paths(files)}, union_by_name = true)"
        )

    # --- tidying -----------------------------------------------------------------------------------------------------

    def drop_unread(self, days: int, *, dry_run: bool = False) -> Gone:
        """Remove kept results that nobody has read for so many days and one more; all of them can be made again.

        Readers in this process and others are safe: what somebody found there stays for a day at least.

        Args:
            days: how many.
            dry_run: whether to remove nothing and only tell.
        """
        return self._shelf.drop_unread(days * DAY_S, dry_run=dry_run)

    def vacuum(self, keep: Mapping[str, Collection[int]], *, days: int = 0, dry_run: bool = False) -> Gone:
        """Remove table files that no kept version needs; the newest version of each table is always kept.

        Readers of a version that is not kept must be done. Versions gone raise when they are viewed.

        Args:
            keep: table -> versions, such as all that snapshots name.
            days: rows on their way whose load was given up go after so many.
            dry_run: whether to remove nothing and only tell.

        Raises:
            LoadError: another process is writing.
        """
        gone = Gone()
        with nullcontext() if dry_run else self.writing("vacuum"):
            for folder in sorted((self.root / "tables").glob("*")):
                log = self._log(folder.name)
                newest = log.latest()
                unused = set(folder.glob("*.parquet"))
                for number in sorted(
                    {*keep.get(folder.name, ()), *(() if newest is None else (newest,))}, reverse=True
                ):
                    if unused:
                        unused -= {file.path for file in log.version(number).files}
                gone += removed(sorted(unused), dry_run=dry_run)
            for run in (self.root / "staging").glob("*"):
                chunks = [path for path in run.rglob("*") if path.is_file()]
                if all(time.time() - path.stat().st_mtime > (days + 1) * DAY_S for path in (run, *chunks)):
                    gone += removed(chunks, dry_run=dry_run)
                    if not dry_run:
                        self.staging(run.name).clear()
            if not dry_run:
                self._sweep(older_s=DAY_S)
        return gone

    def _sweep(self, older_s: float = 0) -> None:
        """Remove what dead processes left below `tmp/`: loads by a writer, spills only when old (readers may live)."""
        for path in (self.root / "tmp").iterdir():
            age = time.time() - path.stat().st_mtime
            if path.name.startswith("load-") or (older_s and age > older_s):
                shutil.rmtree(path, ignore_errors=True)

    def _log(self, name: str) -> Log:
        return self._logs.setdefault(name, Log(self.root / "tables" / named(name)))

    def _present(self, table: str, found: Version, files: Sequence[File]) -> None:
        if not all(file.path.exists() for file in files):
            message = (
                f"{table}: the files of version {found.number} were vacuumed away, or lost: put back a backup of "
                f"{self._log(table).folder}, or move it away and load again"
            )
            raise LoadError(message)
        for file in files:
            if not whole(file.path):
                message = f"{file.path} is broken: put back a backup, or move away its folder and load again"
                raise LoadError(message)


def _within(column: str, lo: int, hi: int) -> str:
    # Compared as stored, so that Parquet's statistics let whole row groups be skipped.
    return f"{quoted(column)} >= make_timestamptz({lo}) AND {quoted(column)} < make_timestamptz({hi})"
