"""Parquet: columns keep their types."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from regard.sources.readers.parts import bracketed, counted, distinct, fingerprint, framed, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from regard.sources.readers.parts import Room


def sort_of(kind: pa.DataType) -> str:
    """Return the sort of a typed column; what has no type of ours is text."""
    tests = pa.types
    if tests.is_boolean(kind):
        return "truth"
    if tests.is_signed_integer(kind) or kind in (pa.uint8(), pa.uint16(), pa.uint32()):
        return "whole"
    if tests.is_floating(kind) or tests.is_decimal(kind) or tests.is_integer(kind):
        return "number"
    if tests.is_timestamp(kind):
        return "clock" if kind.tz is None else "instant"
    return "day" if tests.is_date(kind) else "text"


TARGETS: Mapping[str, pa.DataType] = {
    "truth": pa.bool_(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "clock": pa.timestamp("us"),
    "instant": pa.timestamp("us", tz="UTC"),
    "day": pa.date32(),
    "text": pa.string(),
}


def plain(column: pa.Array | pa.ChunkedArray, sort: str) -> pa.Array | pa.ChunkedArray:  # noqa: PLR0911 - one exit a sort
    """Return a column in the one type of its sort; nested and binary values as text."""
    kind, want = column.type, TARGETS[sort]
    if kind == want:
        return column
    if pa.types.is_dictionary(kind):
        return plain(column.cast(kind.value_type), sort)
    if sort in ("clock", "instant"):
        return column.cast(want, safe=False)
    if sort == "number" and (pa.types.is_decimal(kind) or pa.types.is_integer(kind)):
        # A number of 64 bits without a sign becomes the nearest double, as it would in every other kind of file.
        return column.cast(pa.float64(), safe=False)
    if sort != "text" or pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_time(kind):
        return column.cast(want)
    try:
        return column.cast(pa.string())
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return pa.array([_said(value) for value in column.to_pylist()], pa.string())


def _said(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, bytes):
        return value.hex()
    return json.dumps(value, default=str, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class Columns:
    """One Parquet file."""

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int | None
    path: Path
    batch: int
    lasting: bool = True

    @classmethod
    def open(cls, path: Path, name: str, room: Room) -> Columns:
        """Look at a file: its hash and its schema."""
        digest = fingerprint(path).digest
        with told(name), pq.ParquetFile(path) as file:
            schema, rows = file.schema_arrow, file.metadata.num_rows
        kinds = [field.type.value_type if pa.types.is_dictionary(field.type) else field.type for field in schema]
        sorts = {own: sort_of(kind) for own, kind in zip(distinct(schema.names), kinds, strict=True)}
        return cls(name, digest, sorts, rows, path, room.rows)

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`. The line is the row."""
        row = 0
        with told(self.name), pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(batch_size=self.batch):
                before, row = row, row + batch.num_rows
                if row <= skip:
                    continue
                arrays = {
                    bracketed(name): plain(batch.column(place), sort)
                    for place, (name, sort) in enumerate(self.columns.items())
                }
                lacking = [name for name in wanted if name not in self.columns]
                arrays |= {bracketed(name): pa.nulls(batch.num_rows, pa.string()) for name in lacking}
                table = framed(arrays, before, counted(before + 1, row + 1))
                yield table.slice(skip - before) if before < skip else table
