"""The Delta log of one table: which files make which version. The only file that speaks to delta-rs.

Data files are written by DuckDB; what is committed here are their names. delta-rs checks each commit against the log,
so a writer that goes round the lake's lock still cannot overwrite another's commit.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, Field, Schema
from deltalake.exceptions import DeltaError, TableNotFoundError
from deltalake.transaction import AddAction, RemoveAction, create_table_with_add_actions

from regard.errors import LoadError
from regard.lake.columns import INSTANT
from regard.lake.connection import flush

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from regard.lake.connection import Part

PROPERTIES: dict[str, str | None] = {
    # Frozen numbers name versions for years: the log never forgets by itself, only `vacuum` removes files.
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
    "delta.enableExpiredLogCleanup": "false",
    "delta.targetFileSize": "134217728",
}
SPAN = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?)\+00")


@dataclass(frozen=True, slots=True)
class File:
    """A file of a version.

    Attributes:
        path: where it is.
        rows: how many it holds.
        size: bytes.
        spans: instant column -> (first, last) in microseconds; None where every row is blank; a column whose span the
            log does not tell is absent.
    """

    path: Path
    rows: int
    size: int
    spans: dict[str, tuple[int, int] | None]

    def may_hold(self, column: str, lo: int, hi: int) -> bool:
        """Return whether a row of the file may have its instant in [lo, hi)."""
        if column not in self.spans:
            return True
        span = self.spans[column]
        return span is not None and span[0] < hi and span[1] >= lo


@dataclass(frozen=True, slots=True)
class Version:
    """A table at one version: its columns as stored, and its files."""

    number: int
    schema: pa.Schema
    files: tuple[File, ...]

    @property
    def rows(self) -> int:
        """How many rows the table has at this version."""
        return sum(file.rows for file in self.files)


SEEN = 32
"""Versions of a table that are at hand: a server that reads its sources each minute meets a thousand a day."""


class Log:
    """The log of the table in one folder; versions never change, so those read last are at hand."""

    def __init__(self, folder: Path) -> None:
        """Look at a folder that need not exist yet."""
        self.folder = folder
        # As a url: of a bare path delta-rs would take a `#` or `?` for the end.
        self._url = folder.as_uri()
        self._seen: dict[int, Version] = {}

    def latest(self) -> int | None:
        """Return the number of the newest version, or None when there is no table."""
        try:
            return DeltaTable(self._url).version() if self._exists() else None
        except TableNotFoundError:
            return None

    def version(self, number: int) -> Version:
        """Return a version.

        Raises:
            LoadError: there is no such version.
        """
        found = self._seen.get(number)
        if found is None:
            try:
                found = self._read(DeltaTable(self._url, version=number))
            except DeltaError as error:
                message = f"{self.folder.name} has no version {number}"
                raise LoadError(message) from error
            if len(self._seen) >= SEEN:
                self._seen.clear()
            self._seen[number] = found
        return found

    def commit(
        self,
        after: int | None,
        schema: pa.Schema,
        added: Iterable[Part],
        removed: Iterable[File] = (),
        *,
        about: dict[str, Any],
    ) -> int:
        """Make the next version after one: files added, files removed; returns its number.

        The table is created (`after` is None), or new columns are added to it, where needed.

        Raises:
            LoadError: another writer, who went round the lake's lock, committed in between.
        """
        properties = CommitProperties(custom_metadata=about, max_commit_retries=0)
        adds = [_added(part, schema) for part in added]
        removes = [RemoveAction(file.path.name, True, 0, file.size, {}) for file in removed]
        try:
            if after is None:
                create_table_with_add_actions(
                    self._url,
                    Schema.from_arrow(schema),
                    adds,
                    name=self.folder.name,
                    configuration=PROPERTIES,
                    commit_properties=properties,
                )
                return self._flushed(0)
            table = DeltaTable(self._url, version=after)
            missing = set(schema.names) - {field.name for field in table.schema().fields}
            if missing:
                new = [field for field in schema if field.name in missing]
                table.alter.add_columns([Field.from_arrow(field) for field in new])
                after += 1
                table = DeltaTable(self._url, version=after)
            # Never moved up to a later version: what was read is what the files were made from.
            table.create_write_transaction(
                [*removes, *adds], mode="append", schema=table.schema(), commit_properties=properties
            )
            return self._flushed(after + 1)
        except DeltaError as error:
            message = f"{self.folder.name}: not committed; did another writer commit? load again: {error}"
            raise LoadError(message) from error

    def abouts(self, after: int, upto: int) -> dict[int, dict[str, Any]]:
        """Return what was said about each of the versions after one and up to another."""
        entries = DeltaTable(self._url, version=upto).history(upto - after)
        return {entry["version"]: entry for entry in entries if entry["version"] > after}

    def _exists(self) -> bool:
        return (self.folder / "_delta_log").is_dir() and DeltaTable.is_deltatable(self._url)

    def _flushed(self, number: int) -> int:
        flush(self.folder / "_delta_log" / f"{number:020d}.json")
        return number

    def _read(self, table: DeltaTable) -> Version:
        schema = pa.schema([pa.field(f.name, _plain(f.type)) for f in pa.schema(table.schema().to_arrow())])
        actions = pa.table(table.get_add_actions()).to_pylist()
        instants = [field.name for field in schema if field.type == INSTANT]
        return Version(
            table.version(),
            schema,
            tuple(
                File(
                    self.folder / unquote(action["path"]),
                    action["num_records"],
                    action["size_bytes"],
                    _spans(action, instants),
                )
                for action in sorted(actions, key=lambda action: str(action["path"]))
            ),
        )


def _plain(kind: pa.DataType) -> pa.DataType:
    """Return the lake's own type for the one that delta-rs hands out (string views, zones by another name)."""
    if pa.types.is_string_view(kind) or pa.types.is_large_string(kind):
        return pa.string()
    return INSTANT if pa.types.is_timestamp(kind) else kind


def _added(part: Part, schema: pa.Schema) -> AddAction:
    instants = {field.name for field in schema if field.type == INSTANT}
    spans = {
        name: (first.expand(r"\1T\2Z"), last.expand(r"\1T\2Z"), blanks)
        for name, (lo, hi, blanks) in part.spans.items()
        if name in instants and (first := SPAN.fullmatch(lo)) and (last := SPAN.fullmatch(hi))
    }
    stats = {
        "numRecords": part.rows,
        "minValues": {name: span[0] for name, span in spans.items()},
        "maxValues": {name: span[1] for name, span in spans.items()},
        "nullCount": {name: span[2] for name, span in spans.items()},
    }
    changed = int(part.path.stat().st_mtime * 1000)
    return AddAction(part.path.name, part.size, {}, changed, True, json.dumps(stats))


def _spans(action: dict[str, Any], instants: Iterable[str]) -> dict[str, tuple[int, int] | None]:
    spans: dict[str, tuple[int, int] | None] = {}
    for name in instants:
        ends = [(action.get(side) or {}).get(name) for side in ("min", "max")]
        if None not in ends:
            first, last = (pa.scalar(end, INSTANT).cast(pa.int64()).as_py() for end in ends)
            spans[name] = (first, last)
        elif (action.get("null_count") or {}).get(name) == action["num_records"]:
            spans[name] = None
    return spans
