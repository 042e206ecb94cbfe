"""Opens DuckDB so that it sees the lake and nothing else, and writes Parquet files whole or not at all."""

from __future__ import annotations

import os
import re
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import duckdb

from regard.lake.columns import quoted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

Connection: TypeAlias = duckdb.DuckDBPyConnection
"""An open connection, for rooms that use one and may not know duckdb."""
EngineError: TypeAlias = duckdb.Error
"""What a connection raises when a statement fails."""

GROUP_ROWS = 122_880
"""Rows of a Parquet row group: what a filter on time can skip, and what one thread reads at a time."""

SMALL, QUICK = "zstd", "lz4_raw"
"""How a Parquet file is packed: tables are large and kept for long, cells are small and read at every question."""


def connect(
    root: Path, memory: str, threads: int | None = None, *, also: Iterable[Path] = (), ordered: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open an in-memory DuckDB that may read and write below `root` (and read and write the folders in `also`).

    `ordered` makes a file written from another keep its order, for a little more memory. No extension is fetched
    or loaded, no Python variable is read as a table, and none of this can be unset from SQL.
    """
    spill = root / "tmp" / f"spill-{uuid.uuid4().hex}"
    settings: dict[str, str | bool | int | float | list[str]] = {
        "memory_limit": memory,
        "temp_directory": spill.as_posix(),
        "autoinstall_known_extensions": False,
        "autoload_known_extensions": False,
        "python_enable_replacements": False,
    }
    if threads is not None:
        settings["threads"] = threads
    connection = duckdb.connect(":memory:", config=settings)
    # DuckDB holds a pattern, too, against the folders allowed: so each is named plainly and as a pattern of itself.
    allowed = {form for folder in (root, *also) for form in (folder.resolve().as_posix(), plain(folder.resolve()))}
    folders = ", ".join(text(folder) for folder in sorted(allowed))
    for setting in (
        "TimeZone = 'UTC'",
        "enable_progress_bar = false",
        f"preserve_insertion_order = {str(ordered).lower()}",
        f"allowed_directories = [{folders}]",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"SET {setting}")
    return connection


WHOLE, APART = "memory.main", "apart.main"
"""Where a connection keeps its views, and where those of `apart` are."""


def apart(connection: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Return a second connection that reads the same data, but knows only the views that are made on it.

    A statement that names anything else fails; a view reaches the whole by its full name, `WHOLE`.
    """
    connection.execute("attach ':memory:' as apart")
    cursor = connection.cursor()
    cursor.execute("use apart")
    return cursor


def text(value: str) -> str:
    """Return a text as an SQL literal."""
    return "'" + value.replace("'", "''") + "'"


def plain(path: Path) -> str:
    """Return a path in which characters that DuckDB would read as a pattern stand for themselves."""
    return re.sub(r"[\[*?]", r"[\g<0>]", path.as_posix())


def paths(files: Iterable[Path]) -> str:
    """Return files as an SQL list for `read_parquet`."""
    return "[" + ", ".join(text(plain(file)) for file in files) + "]"


@dataclass(frozen=True, slots=True)
class Part:
    """A Parquet file written: where, how many rows and bytes, and (first, last, blanks) of its instants as text."""

    path: Path
    rows: int
    size: int
    spans: dict[str, tuple[str, str, int]]


def write(
    connection: duckdb.DuckDBPyConnection, query: str, path: Path, *, order: Sequence[str] = (), packed: str = SMALL
) -> Part:
    """Write a query's rows to a Parquet file, in the given order; the file must not exist."""
    tail = f" ORDER BY {', '.join(quoted(name) for name in order)}" if order else ""
    found = connection.execute(
        f"COPY (SELECT * FROM ({query}){tail}) TO {text(path.as_posix())} "
        f"(FORMAT parquet, COMPRESSION {packed}, ROW_GROUP_SIZE {GROUP_ROWS}, RETURN_STATS true)"
    ).fetchall()
    if not found:
        return Part(path, 0, path.stat().st_size, {})
    _, rows, size, _, columns, *_ = found[0]
    flush(path)
    spans = {
        name.strip('"'): (stats["min"], stats["max"], int(stats.get("null_count", 0)))
        for name, stats in columns.items()
        if str(stats.get("min", "")).endswith("+00") and str(stats.get("max", "")).endswith("+00")
    }
    return Part(path, rows, size, spans)


def flush(path: Path) -> None:
    """Put a file on the disk before anything names it, so that a power cut leaves no name without its content."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
