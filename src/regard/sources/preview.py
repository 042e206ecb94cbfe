"""What a load would make of a source: rows as they come, rows as they would be, rejects by rule. Nothing is written."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from regard.errors import AuthorError
from regard.lake import Lake
from regard.lake.connection import connect
from regard.sources import lookups
from regard.sources.bind import bind
from regard.sources.readers import CHUNK_ROWS, Room, parts as open_parts
from regard.sources.readers.places import folders
from regard.sources.stage import Position, Stage

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    import pyarrow as pa

    from regard.errors import Mistake
    from regard.model import Table
    from regard.model.sources import Source
    from regard.sources.readers import Part

MEMORY = "1GB"
HIDDEN = frozenset({"source_id", "bucket", "broken", "notes"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """Rows that one rule would turn away: how many, and the first of them."""

    table: str
    rule: str
    field: str
    count: int
    place: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What a load would make of the first rows of a source.

    Attributes:
        rows: raw rows looked at.
        refused: raw rows that would be turned away, each counted once.
        raw: the first of them, column -> cell.
        mapped: table -> (rows there would be, the first of them as column -> value).
        rejected: what would be turned away, by rule, the most frequent first.
    """

    rows: int
    refused: int = 0
    raw: tuple[Mapping[str, object], ...] = ()
    mapped: Mapping[str, tuple[int, tuple[Mapping[str, object], ...]]] = field(default_factory=dict)
    rejected: tuple[Rejected, ...] = ()


def preview(
    source: Source, tables: Mapping[str, Table], root: Path, *, clock: int, most: int = CHUNK_ROWS, shown: int = 3
) -> Preview:
    """Map the first rows of a source, in a folder of its own that is gone afterwards.

    Rows are tested one by one, as a load does first; what shows only when all rows are seen together (doubled ids,
    references to other tables) is not.

    Args:
        source: the mapping.
        tables: tables by name.
        root: the workspace, from which paths are told.
        clock: instant of the load that it stands for.
        most: raw rows that are looked at.
        shown: rows of each sort that are returned.

    Raises:
        AuthorError: mistakes of the mapping against the columns of its rows.
        SourceError: the source cannot be read.
    """
    with tempfile.TemporaryDirectory() as spare:
        lake = Lake(Path(spare) / "lake")
        connection = connect(Path(spare), MEMORY, also=folders(source.read, root), ordered=True)
        try:
            found = open_parts(source.read, Room(root, Path(spare), connection), os.environ)
            mistakes: list[Mistake] = []
            bound = source
            for part in found:
                columns = dict(part.columns) | {name: "text" for name in source.optional if name not in part.columns}
                bound, mine = bind(source, columns, tables, part.name)
                mistakes += mine
            for key in lookups.keys(source):
                connection.register(lookups.relation(key), lookups.read(key, root, source, mistakes))
            if mistakes:
                raise AuthorError(mistakes)
            first = [_First(part, most) for part in found[:1]]
            names = {key: lookups.relation(key) for key in lookups.keys(bound)}
            stage = Stage(bound, first, tables, lake.staging("preview"), connection, names, clock, CHUNK_ROWS)
            position = Position()
            stage.run(position, lambda _: None, lambda _: None)
            return _told(stage, position, first, shown)
        finally:
            connection.close()


class _First:
    """The first rows of a part."""

    lasting = True
    digest = ""

    def __init__(self, part: Part, most: int) -> None:
        self.part, self.most = part, most
        self.name, self.columns = part.name, part.columns
        self.rows = None if part.rows is None else min(part.rows, most)
        self.raw: list[dict[str, object]] = []

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        left = self.most
        for chunk in self.part.chunks(wanted, skip):
            if not self.raw:
                self.raw = chunk.slice(0, 20).to_pylist()
            yield chunk.slice(0, left)
            left -= chunk.num_rows
            if left <= 0:
                return


def _told(stage: Stage, position: Position, parts: Sequence[_First], shown: int) -> Preview:
    raw = [
        {name[1:-1]: cell for name, cell in row.items() if name.startswith("[")}
        for part in parts
        for row in part.raw[:shown]
    ]
    mapped: dict[str, tuple[int, tuple[Mapping[str, object], ...]]] = {}
    rejected: dict[tuple[str, str, str], Rejected] = {}
    for place, mapping in enumerate(stage.source.mappings):
        good = list(stage.staging.read(stage.name(place)))
        before, rows = mapped.get(mapping.table, (0, ()))
        new = [row for batch in good for row in batch.slice(0, shown).to_pylist()][: shown - len(rows)]
        mapped[mapping.table] = (before + sum(batch.num_rows for batch in good), (*rows, *(_shown(row) for row in new)))
        for name in (f"{stage.rejects}={place}", f"{stage.rejects}={place}=lines"):
            for batch in stage.staging.read(name):
                _count(rejected, batch.to_pylist())
    ordered = sorted(rejected.values(), key=lambda one: (-one.count, one.table, one.rule, one.field))
    return Preview(rows=position.rows, refused=position.refused, raw=tuple(raw), mapped=mapped, rejected=tuple(ordered))


def _count(rejected: dict[tuple[str, str, str], Rejected], rows: Sequence[Mapping[str, str]]) -> None:
    for row in rows:
        key = (row["target"], row["rule"], row["field"])
        known = rejected.get(key)
        if known is None:
            rejected[key] = Rejected(
                table=key[0], rule=key[1], field=key[2], count=1, place=row["place"], reason=row["reason"]
            )
        else:
            rejected[key] = replace(known, count=known.count + 1)


def _shown(row: Mapping[str, object]) -> dict[str, object]:
    """Return a mapped row without blanks and without what a load adds."""
    return {
        name: value
        for name, value in row.items()
        if value is not None and name not in HIDDEN and not name.startswith("$") and not name.endswith(" given")
    }
