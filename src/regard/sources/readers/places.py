"""From what a mapping says under `read` to the parts that stand there."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING

from regard.errors import SourceError
from regard.sources.readers.databases import database
from regard.sources.readers.delimited import Delimited
from regard.sources.readers.each import Each
from regard.sources.readers.lines import Lines
from regard.sources.readers.parquet import Columns
from regard.sources.readers.sheets import Sheet

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model.sources import Read
    from regard.sources.readers.parts import Part, Room


def parts(read: Read, room: Room, environment: Mapping[str, str]) -> tuple[Part, ...]:
    """Return the parts of a place, in order of their names; each taken apart at the list that the place names.

    Raises:
        SourceError: there is nothing, it cannot be read, or it is not what it should be.
    """
    found = _whole(read, room, environment)
    if "each" not in read.options:
        return found
    name, split = (str(read.options.get(option, "")) for option in ("each", "split"))
    return tuple(Each.open(part, name, split, room.rows) for part in found)


def _whole(read: Read, room: Room, environment: Mapping[str, str]) -> tuple[Part, ...]:
    if read.kind == "sql":
        return (database(read, room, environment),)
    found = files(read.place, room.root)
    options = dict(read.options)
    if read.kind == "csv":
        return tuple(Delimited.open(path, named(path, room.root), options, room) for path in found)
    if read.kind == "jsonl":
        return tuple(Lines.open(path, named(path, room.root), room) for path in found)
    if read.kind == "parquet":
        return tuple(Columns.open(path, named(path, room.root), room) for path in found)
    return tuple(Sheet.open(path, named(path, room.root), options, room) for path in found)


def files(pattern: str, root: Path) -> Sequence[Path]:
    """Return the files of a path or pattern, sorted by name.

    Raises:
        SourceError: there are none.
    """
    place = pattern if Path(pattern).is_absolute() else (root / pattern).as_posix()
    if Path(place).is_file():
        return [Path(place)]
    found = sorted(Path(name) for name in glob.glob(place, recursive=True) if Path(name).is_file())  # noqa: PTH207 - Path.glob takes no absolute pattern
    if not found:
        word = "no file matches" if glob.has_magic(pattern) else "there is no file"
        raise SourceError(f"{word} {pattern}")
    return found


def folders(read: Read, root: Path) -> tuple[Path, ...]:
    """Return the folders that hold a place's files: what a connection must be allowed to read."""
    if read.kind == "sql":
        return ()
    # A file or folder may be a link: then the place it leads to is read.
    found = files(read.place, root)
    return tuple(sorted({path.parent for path in found} | {path.resolve().parent for path in found}))


def named(path: Path, root: Path) -> str:
    """Return a path as people know it: from the workspace, with forward slashes."""
    try:
        return path.resolve().relative_to(root.resolve()).as_posix()
    except ValueError:
        return path.name
