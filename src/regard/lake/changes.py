"""What differs between two versions of a table: the old and new images of rows, from the files that were swapped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.lake.columns import STAMPS, listed, schema, shown
from regard.lake.connection import paths
from regard.lake.upsert import FRESH, source

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from regard.lake.log import File, Log
    from regard.model import Table


def changes(con: duckdb.DuckDBPyConnection, log: Log, table: Table, after: int | None, upto: int) -> pa.Table:
    """Return the rows that differ, as a view would show them, each with `_change` (`old` or `new`).

    A changed row gives both images. A row that differs only in `loaded_at` and `run_id` has not changed.

    Args:
        con: a connection to the lake.
        log: the table's log.
        table: the table.
        after: the earlier version; None for the time before the table was.
        upto: the later version.
    """
    new = log.version(upto)
    old = log.version(after) if after is not None else None
    before = {file.path for file in old.files} if old else set()
    stayed = before & {file.path for file in new.files}
    gone = [file for file in (old.files if old else ()) if file.path not in stayed]
    came = [file for file in new.files if file.path not in stayed]
    want = schema(table)
    images = ", ".join(shown(field.name, field.type) for field in want)
    old_rows = source([file.path for file in gone], old.schema if old else want, want)
    new_rows = source([file.path for file in came], new.schema, want)
    if not gone:
        return _table(con, f"SELECT {images}, 'new' AS _change FROM ({new_rows})")

    keys = listed(table.keys)
    own = listed(name for name in want.names if name not in STAMPS)
    if _touched(con, log, table, after or 0, upto):
        old_rows, new_rows = (_copied(con, name, rows, keys) for name, rows in (("was", old_rows), ("now", new_rows)))

    def side(query: str) -> str:
        return f"(SELECT {keys}, hash({own}) AS h FROM ({query}))"

    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE differs AS
        SELECT {keys}, o.h IS NOT NULL AS was, n.h IS NOT NULL AS is_now
        FROM {side(old_rows)} AS o FULL JOIN {side(new_rows)} AS n USING ({keys})
        WHERE o.h IS DISTINCT FROM n.h"""
    )
    return _table(
        con,
        f"SELECT {images}, 'old' AS _change FROM ({old_rows}) SEMI JOIN (FROM differs WHERE was) USING ({keys}) "
        f"UNION ALL "
        f"SELECT {images}, 'new' AS _change FROM ({new_rows}) SEMI JOIN (FROM differs WHERE is_now) USING ({keys})",
    )


def _touched(con: duckdb.DuckDBPyConnection, log: Log, table: Table, after: int, upto: int) -> bool:
    """Fill `touched` with the keys of all rows that may differ; returns False when that is not known.

    Every upsert between the two versions put its new and changed rows into files of their own. When all these are
    still there, only their keys need be compared; a row of a rewritten file is otherwise as it was.
    """
    if after >= upto:
        return False
    files: list[File] = []
    said = log.abouts(after, upto)
    previous = log.version(after)
    for number in range(after + 1, upto + 1):
        step = log.version(number)
        known = {file.path for file in previous.files}
        if known != {file.path for file in step.files} and said.get(number, {}).get("rows") != FRESH:
            return False
        files += [file for file in step.files if file.path not in known and file.path.name.startswith(FRESH)]
        previous = step
    if not files or not all(file.path.exists() for file in files):
        return False
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE touched AS SELECT DISTINCT {listed(table.keys)} "
        f"FROM read_parquet({paths(file.path for file in files)}, union_by_name = true)"
    )
    return True


def _copied(con: duckdb.DuckDBPyConnection, name: str, rows: str, keys: str) -> str:
    con.execute(f"CREATE OR REPLACE TEMP TABLE {name}_rows AS FROM ({rows}) SEMI JOIN touched USING ({keys})")
    return f"FROM {name}_rows"


def _table(con: duckdb.DuckDBPyConnection, query: str) -> pa.Table:
    return con.sql(query).to_arrow_table()
