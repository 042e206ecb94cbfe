"""JSON: one object a line, or a document: one list of objects, or one object. A nested value is named by its path."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, BinaryIO, cast

from regard.errors import SourceError
from regard.sources.readers.parts import bracketed, counted, fingerprint, framed, told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pyarrow as pa

    from regard.sources.readers.parts import Room

LOOKED_AT = 20_000
"""Lines whose keys are looked at: a key that stands in none of them is a mistake, unless it is `optional`."""
DEEPEST = 500
"""Levels of lists and objects in one another; how many Python itself reads differs from version to version."""
LARGEST = 64 << 20
"""Bytes of one object."""
LINED, LISTED, SINGLE = "newline_delimited", "array", "unstructured"
"""How the objects of a file stand: each on its line, in one list, or one alone."""


@dataclass(frozen=True, slots=True)
class Lines:
    """One file of JSON."""

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int | None
    path: Path
    room: Room
    form: str = LINED
    lasting: bool = True

    @classmethod
    def open(cls, path: Path, name: str, room: Room) -> Lines:
        """Look at a file: its hash and its keys."""
        seen = fingerprint(path)
        digest, lines = seen.digest, seen.lines
        with told(name):
            form = _form(path)
            objects = _lines(path, name) if form == LINED else enumerate(document(path, name), 1)
            keys = _keys(objects, name)
        known = lines if form == LINED and path.suffix != ".gz" else None
        return cls(name, digest, dict.fromkeys(keys, "text"), known, path, room, form)

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`. The whole object stands in `$raw`."""
        columns = ", ".join(f"{_value(name)} as c{place}" for place, name in enumerate(wanted))
        with told(self.name):
            reader = (
                self.room.connection.cursor()
                .sql(
                    f"select cast(json as varchar) as raw{', ' if columns else ''}{columns} "  # noqa: S608 - names are literals
                    "from read_json_objects($path, format = $form, maximum_object_size = $largest)",
                    params={"path": self.path.as_posix(), "form": self.form, "largest": LARGEST},
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


def _opened(path: Path) -> BinaryIO:
    return cast("BinaryIO", gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")


def _form(path: Path) -> str:
    """Return how the objects of a file stand."""
    with _opened(path) as file:
        first = next((line.strip() for line in file if line.strip()), b"")
    if first.startswith(b"["):
        return LISTED
    try:
        json.loads(first)
    except ValueError:
        return SINGLE if path.suffixes[:1] == [".json"] else LINED
    except RecursionError:
        pass
    return LINED


def lined(path: Path) -> bool:
    """Whether a file holds more than one line, and its first is an object of its own."""
    if _form(path) != LINED:
        return False
    with _opened(path) as file:
        return sum(1 for _ in islice((line for line in file if line.strip()), 2)) > 1


def document(path: Path, name: str) -> list[object]:
    """Return the objects of a document: the elements of its list, or the one that it is.

    Raises:
        SourceError: it is no JSON, or larger than is read at once.
    """
    with _opened(path) as file:
        text = file.read(LARGEST + 1)
    if len(text) > LARGEST:
        raise SourceError(f"{name} is one document of more than {LARGEST >> 20} MB; write one object a line (.jsonl)")
    try:
        found = json.loads(text)
    except ValueError as error:
        raise SourceError(f"{name}: not JSON: {error}") from None
    except RecursionError:
        raise SourceError(f"{name}: nested deeper than is read") from None
    return found if isinstance(found, list) else [found]


def _lines(path: Path, name: str) -> Iterator[tuple[int, object]]:
    """Yield the values of the first lines, with their numbers."""
    with _opened(path) as file:
        for number, line in enumerate(islice(file, LOOKED_AT), 1):
            if not line.strip():
                continue
            try:
                yield number, json.loads(line)
            except ValueError as error:
                raise SourceError(f"{name}, line {number}: not JSON: {error}") from None
            except RecursionError:
                raise SourceError(f"{name}, line {number}: nested deeper than is read") from None


def _keys(objects: Iterable[tuple[int, object]], name: str) -> list[str]:
    """Return the paths of the values in objects, which are given with the numbers of their lines."""
    found: dict[str, None] = {}
    for number, value in objects:
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
