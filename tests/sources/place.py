"""A workspace for tests of sources: files, mappings, loads, and what is stored afterwards."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from regard.catalog import load as load_catalogue
from regard.lake import Lake
from regard.sources import Report, load, read_sources, statements
from regard.stewardship import identify
from regard.store import Store

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from regard.errors import Mistake
    from regard.model import Table

CLOCK = 1_800_000_000_000_000
"""2027-01-15T08:00:00Z."""


@lru_cache(maxsize=1)
def builtin() -> Mapping[str, Table]:
    """Return the tables that ship."""
    return load_catalogue().tables


class Place:
    """A folder with `sources/` and files, its lake and its store."""

    def __init__(self, root: Path, url: str = "") -> None:
        self.root = root
        (root / "sources").mkdir(parents=True, exist_ok=True)
        self.tables = builtin()
        self.lake = Lake(root / "lake")
        self.store = Store(url or root / "regard.db")
        self.environment: dict[str, str] = {}

    def write(self, name: str, text: str | bytes) -> Path:
        """Write a file of the workspace; a text is written as UTF-8."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    def mapping(self, text: str, name: str = "shop") -> None:
        """Write a mapping file."""
        self.write(f"sources/{name}.yaml", text)

    def mistakes(self) -> list[Mistake]:
        """Return the mistakes of the mapping files."""
        return read_sources(self.root / "sources", self.tables)[1]

    def load(self, clock: int = CLOCK, **options: Any) -> Report:
        """Load all sources."""
        sources, mistakes = read_sources(self.root / "sources", self.tables)
        assert mistakes == []
        return load(
            sources,
            tables=self.tables,
            lake=self.lake,
            store=self.store,
            root=self.root,
            clock=clock,
            identify=identify,
            environment=self.environment,
            **options,
        )

    def mapped(self, raw: Mapping[str, list[Any]], sorts: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
        """Return what the statement of the first table of the only mapping makes of raw columns; nothing is stored."""
        [source], mistakes = read_sources(self.root / "sources", self.tables)
        columns = dict(sorts) if sorts else dict.fromkeys(raw, "text")
        [(_, sql), *_] = statements(source, self.tables, raw=columns, clock=CLOCK)
        assert mistakes == []
        count = len(next(iter(raw.values())))
        given = {"$row": range(count), "$line": range(2, count + 2), "$file": ["data.csv"] * count}
        rows = pa.table(
            {**{k: pa.array(list(v)) for k, v in given.items()}, **{f"[{k}]": pa.array(v) for k, v in raw.items()}}
        )
        with self.lake.connect(memory="500MB") as connection:
            connection.register("raw rows", rows)
            return connection.sql(sql).to_arrow_table().to_pylist()

    def rows(self, table: str, order: str = "source_id") -> list[dict[str, Any]]:
        """Return the rows of a table without its blanks and the spine."""
        with self.lake.connect(memory="500MB") as connection:
            self.lake.view(connection, self.tables[table], self.lake.version(table))
            found = connection.sql(f'select * from "{table}" order by {order}').to_arrow_table().to_pylist()
        hidden = ("loaded_at", "run_id", "source", "bucket")
        return [{key: value for key, value in row.items() if value is not None and key not in hidden} for row in found]

    def column(self, table: str, name: str) -> list[Any]:
        """Return one column, in the order of the ids."""
        return [row.get(name) for row in self.rows(table)]

    def rejects(self) -> list[tuple[str, str, str, str]]:
        """Return (place, rule, field, value) of the rejects that stand."""
        found = [row for row in self.rows("quarantine", "place, rule, field") if "mended_at" not in row]
        return [(row["place"], row["rule"], row.get("field", ""), row.get("value", "")) for row in found]

    def rules(self) -> list[tuple[int, str, str]]:
        """Return (line, rule, field) of the rejects that stand, in order."""
        return sorted((int(place.rpartition(":")[2]), rule, field) for place, rule, field, _ in self.rejects())

    def checksums(self) -> dict[str, str]:
        """Hash what the newest snapshot shows."""
        snapshot = self.store.snapshot()
        assert snapshot is not None
        with self.lake.connect(memory="500MB") as connection:
            return {
                name: self.lake.checksum(connection, self.tables[name], version)
                for name, version in sorted(snapshot.tables.items())
            }
