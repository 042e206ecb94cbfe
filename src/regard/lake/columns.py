"""How a declared column stands in the lake's files, in its views, and what may enter it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from regard.errors import LoadError
from regard.expr import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from regard.model import Column, Table

INSTANT = pa.timestamp("us", tz="UTC")
STAMPS = ("loaded_at", "run_id")
"""Columns that say when a row came, not what it says: a row that differs only in them is unchanged."""

FILES: dict[Type, pa.DataType] = {
    Type.NUMBER: pa.float64(),
    Type.TEXT: pa.string(),
    Type.TRUTH: pa.bool_(),
    Type.INSTANT: INSTANT,
    Type.DAY: pa.date32(),
    Type.DURATION: pa.int64(),
}
SQL: dict[pa.DataType, str] = {
    pa.float64(): "DOUBLE",
    pa.int64(): "BIGINT",
    pa.string(): "VARCHAR",
    pa.bool_(): "BOOLEAN",
    INSTANT: "TIMESTAMPTZ",
    pa.date32(): "DATE",
}
SEEN: dict[pa.DataType, tuple[str, str]] = {
    INSTANT: ("BIGINT", "epoch_us({})"),
    pa.date32(): ("INTEGER", "CAST({} - DATE '1970-01-01' AS INTEGER)"),
}
"""Types that a view shows as another one: its SQL type, and the expression that makes it."""


def stored(column: Column) -> pa.DataType:
    """Return the type a column has in the lake's files."""
    return pa.int64() if column.type is Type.NUMBER and column.whole else FILES[column.type]


def schema(table: Table) -> pa.Schema:
    """Return the table's columns as they stand in the lake's files: instants in UTC microseconds, days as dates."""
    return pa.schema([pa.field(name, stored(column)) for name, column in table.columns.items()])


def quoted(name: str) -> str:
    """Return a name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def listed(names: Iterable[str], prefix: str = "") -> str:
    """Return names as a list of SQL identifiers, each with a prefix such as `n.`."""
    return ", ".join(prefix + quoted(name) for name in names)


def shown(name: str, kind: pa.DataType) -> str:
    """Return the expression by which a view shows a column: instants and days as whole numbers."""
    _, form = SEEN.get(kind, ("", "{}"))
    return f"{form.format(quoted(name))} AS {quoted(name)}"


def absent(name: str, kind: pa.DataType, *, view: bool) -> str:
    """Return a blank of the column's type, under the column's name."""
    sql = SEEN[kind][0] if view and kind in SEEN else SQL[kind]
    return f"CAST(NULL AS {sql}) AS {quoted(name)}"


def conform(batch: pa.RecordBatch | pa.Table, want: pa.Schema, table: Table, run_id: str) -> pa.Table:
    """Return rows with exactly the table's columns and types; a column the rows lack is blank.

    Instants may come as aware timestamps or as whole microseconds, days as dates or whole days; `run_id` is filled in
    where the rows lack it.

    Raises:
        LoadError: an unknown column, a value that does not fit its type, a timestamp without zone, a blank key, or a
            number that is not one (NaN and infinity never enter the lake).
    """
    unknown = sorted(set(batch.schema.names) - set(want.names))
    if unknown:
        raise LoadError(f"{table.name}: the rows have columns that the table has not: {', '.join(unknown)}")
    arrays = [
        _column(batch.column(field.name), field, table.name)
        if field.name in batch.schema.names
        else pa.repeat(pa.scalar(run_id if field.name == "run_id" else None, field.type), batch.num_rows)
        for field in want
    ]
    rows = pa.Table.from_arrays(arrays, schema=want)
    _refuse(rows, table.name, table.keys)
    return rows


def _column(values: pa.Array | pa.ChunkedArray, field: pa.Field, table: str) -> pa.Array | pa.ChunkedArray:
    kind = values.type
    if pa.types.is_timestamp(kind) and kind.tz is None and field.type == INSTANT:
        raise LoadError(f"{table}.{field.name}: timestamps without a zone; state the zone in the source's mapping")
    try:
        if pa.types.is_integer(kind) and field.type == pa.date32():
            values = values.cast(pa.int32())
        return values.cast(field.type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        message = f"{table}.{field.name}: {kind} does not fit {field.type}: {error}"
        raise LoadError(message) from error


def _refuse(rows: pa.Table, table: str, keys: Sequence[str]) -> None:
    for name in keys:
        if rows.column(name).null_count:
            raise LoadError(f"{table}.{name}: {rows.column(name).null_count} rows lack this key")
    for field in rows.schema:
        if field.type != pa.float64():
            continue
        wrong = pc.invert(pc.fill_null(pc.is_finite(rows.column(field.name)), fill_value=True))
        count = pc.sum(wrong).as_py() or 0
        if count:
            first = rows.filter(wrong).slice(0, 1).select(keys).to_pylist()[0]
            value = rows.filter(wrong).column(field.name)[0].as_py()
            place = ", ".join(f"{key} {text!r}" for key, text in first.items())
            raise LoadError(
                f"{table}.{field.name}: {count} values are not finite numbers, first {value} at {place}; "
                "leave the field blank instead"
            )
