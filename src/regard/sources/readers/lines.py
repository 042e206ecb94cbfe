"""JSON lines: one object a line; a nested value is named by its path."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from regard.errors import SourceError
from regard.sources.readers.parts import bracketed, counted, fingerprint, framed, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from regard.sources.readers.parts import Room

LOOKED_AT = 20_000
"""Lines whose keys are looked at: a key that stands in none of them is a mistake, unless it is `optional`."""
DEEPEST = 500
"""Levels of lists and objects in one another; how many Python itself reads differs from version to version."""
LARGEST = 64 << 20
"""Bytes of one object."""


@dataclass(frozen=True, slots=True)
class Lines:
    """One file of JSON lines."""

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int | None
    path: Path
    room: Room
    lasting: bool = True

    @classmethod
    def open(cls, path: Path, name: str, room: Room) -> Lines:
        """Look at a file: its hash and its keys."""
        seen = fingerprint(path)
        digest, lines = seen.digest, seen.lines
        with told(name):
            keys = _keys(path, name)
        return cls(name, digest, dict.fromkeys(keys, "text"), None if path.suffix == ".gz" else lines, path, room)

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`. The whole object stands in `$raw`."""
        columns = ", ".join(f"{_value(name)} as c{place}" for place, name in enumerate(wanted))
        with told(self.name):
            reader = (
                self.room.connection.cursor()
                .sql(
                    f"select cast(json as varchar) as raw{', ' if columns else ''}{columns} "  # noqa: S608 - names are literals
                    "from read_ndjson_objects($path, maximum_object_size = $largest)",
                    params={"path": self.path.as_posix(), "largest": LARGEST},
                )
                .to_arrow_reader(self.room.rows)
            )
            row = 0
            for batch in reader:
                before, row = row, row + batch.num_rows
                if row <= skip:
                    continue
                arrays = {bracketed(name): batch.column(place) for place, name in enumerate(wanted, 1)}
                lines = counted(before + 1, row + 1)
                table = framed({"$raw": batch.column(0), **arrays}, before, lines)
                yield table.slice(skip - before) if before < skip else table


def _depth(value: object) -> int:
    """Return how many levels of lists and objects a value has, without recursion."""
    depth = 0
    level = [value]
    while level := [
        inner
        for one in level
        if isinstance(one, (dict, list))
        for inner in (one.values() if isinstance(one, dict) else one)
    ]:
        depth += 1
    return depth


def _keys(path: Path, name: str) -> list[str]:
    """Return the paths of the values in the first lines."""
    found: dict[str, None] = {}
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
        for number, line in enumerate(islice(file, LOOKED_AT), 1):
            if not line.strip():
                continue
            try:
                value = json.loads(line)
            except ValueError as error:
                raise SourceError(f"{name}, line {number}: not JSON: {error}") from None
            except RecursionError:
                raise SourceError(f"{name}, line {number}: nested deeper than is read") from None
            if _depth(value) > DEEPEST:
                raise SourceError(f"{name}, line {number}: nested deeper than is read")
            if not isinstance(value, dict):
                raise SourceError(f'{name}, line {number}: one object a line is needed, such as {{"id": 1}}')
            _walk(value, "", found)
    if not found:
        raise SourceError(f"{name} is empty: it holds no object")
    return list(found)


def _walk(value: Mapping[str, object], path: str, found: dict[str, None]) -> None:
    for key, inner in value.items():
        here = f"{path}.{key}" if path else key
        found.setdefault(here)
        if isinstance(inner, dict):
            _walk(inner, here, found)


def _value(name: str) -> str:
    """Return the SQL of a value by its path; a key may itself hold a dot."""
    steps = name.split(".")
    nested = "$" + "".join(f'."{_step(step)}"' for step in steps)
    if len(steps) == 1:
        return f"json ->> {_text(nested)}"
    whole = f'$."{_step(name)}"'
    return f"coalesce(json ->> {_text(whole)}, json ->> {_text(nested)})"


def _step(key: str) -> str:
    return key.replace("\\", "\\\\").replace('"', '\\"')


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
