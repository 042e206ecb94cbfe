"""A table with every type, and rows for it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pyarrow as pa

from regard.expr import Type
from regard.model import Column, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from regard.lake import Lake

TYPES = {
    "source": (Type.TEXT, False),
    "source_id": (Type.TEXT, False),
    "loaded_at": (Type.INSTANT, False),
    "run_id": (Type.TEXT, False),
    "note": (Type.TEXT, False),
    "size": (Type.NUMBER, True),
    "score": (Type.NUMBER, False),
    "good": (Type.TRUTH, False),
    "day": (Type.DAY, False),
    "took": (Type.DURATION, False),
    "at": (Type.INSTANT, False),
    "bucket": (Type.NUMBER, True),
}


def table(*names: str, name: str = "visit", also: Iterable[Column] = ()) -> Table:
    """Return a loaded table with the named columns (all by default) and further ones."""
    columns = {key: Column(name=key, type=TYPES[key][0], whole=TYPES[key][1]) for key in names or TYPES}
    columns |= {column.name: column for column in also}
    return Table(name=name, grain="visit", columns=columns, at="at" if "at" in columns else "")


VISIT = table()


def batch(lake: Lake, of: Table, rows: Iterable[Mapping[str, object]]) -> pa.RecordBatch:
    """Return rows, given as views show them (instants and days as whole numbers), as a batch for an upsert."""
    have = lake.schema(of)
    full = [{name: row.get(name) for name in have.names} for row in rows]
    arrays = []
    for field in have:
        values = [row[field.name] for row in full]
        if field.type == pa.date32():
            values = [None if day is None else date(1970, 1, 1) + timedelta(days=day) for day in values]
        if pa.types.is_timestamp(field.type):
            start = datetime(1970, 1, 1, tzinfo=UTC)
            values = [None if at is None else start + timedelta(microseconds=at) for at in values]
        arrays.append(pa.array(values, field.type))
    return pa.RecordBatch.from_arrays(arrays, schema=have)


def put(lake: Lake, of: Table, rows: Iterable[Mapping[str, object]], run_id: str = "run-1"):
    """Upsert rows given as views show them."""
    return lake.upsert(of, [batch(lake, of, rows)], run_id=run_id)


def seen(lake: Lake, of: Table, version: int | None, **options: object) -> list[dict[str, object]]:
    """Return the rows of a version as its view shows them."""
    with lake.connect(memory="500MB") as con:
        lake.view(con, of, version, name="seen", **options)
        return con.sql("SELECT * FROM seen").to_arrow_table().to_pylist()
