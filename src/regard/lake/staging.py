"""Rows on their way: numbered chunks that a load has mapped and not yet committed, so that it can resume exactly."""

from __future__ import annotations

import shutil
import uuid
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq

from regard.lake.connection import flush
from regard.lake.shelf import named

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Staging:
    """The chunks of one run: `<folder>/<table>/<number>.parquet`.

    A chunk is there whole or not at all; put again under its number it takes the place of the first.
    """

    def __init__(self, folder: Path) -> None:
        """Stand in a folder that need not exist yet."""
        self._folder = folder

    def put(self, table: str, number: int, data: pa.Table | pa.RecordBatch) -> Path:
        """Write a chunk; when this returns it will be there after a crash."""
        path = self._folder / named(table) / f"{number:010d}.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        rough = path.with_name(f".{uuid.uuid4().hex}.rough")
        rows = pa.Table.from_batches([data]) if isinstance(data, pa.RecordBatch) else data
        pq.write_table(rows, rough, compression="lz4")
        flush(rough)
        rough.replace(path)
        return path

    def tables(self) -> tuple[str, ...]:
        """Return the tables that have chunks, sorted."""
        return tuple(sorted(path.name for path in self._folder.glob("*") if any(path.glob("*.parquet"))))

    def chunks(self, table: str) -> tuple[Path, ...]:
        """Return a table's chunks by number."""
        return tuple(sorted((self._folder / named(table)).glob("*.parquet")))

    def numbers(self, table: str) -> tuple[int, ...]:
        """Return the numbers of a table's chunks, ascending."""
        return tuple(int(path.stem) for path in self.chunks(table))

    def read(self, table: str) -> Iterator[pa.RecordBatch]:
        """Yield a table's rows in order, a bounded batch at a time, as `Lake.upsert` takes them."""
        for path in self.chunks(table):
            with pq.ParquetFile(path) as file:
                yield from file.iter_batches(batch_size=131_072)

    def clear(self) -> None:
        """Forget the run's chunks."""
        shutil.rmtree(self._folder, ignore_errors=True)
