"""The rows of a source as they come, for those who want to see what a load began with."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from regard.lake.connection import connect
from regard.sources.preview import MEMORY
from regard.sources.readers import Room, bracketed, parts as open_parts
from regard.sources.readers.places import folders

if TYPE_CHECKING:
    from regard.model.sources import Source


def raw_rows(source: Source, root: Path, *, most: int) -> list[tuple[str, int, dict[str, str]]] | None:
    """Return the rows of a source as text, or None where it has more than can be shown.

    Args:
        source: the mapping.
        root: the workspace.
        most: rows that can be shown.

    Returns:
        (file, line, column -> text) of each row, in order; blanks are "".

    Raises:
        SourceError: the source cannot be read.
    """
    found: list[tuple[str, int, dict[str, str]]] = []
    with tempfile.TemporaryDirectory() as spare:
        connection = connect(Path(spare), MEMORY, also=folders(source.read, root), ordered=True)
        try:
            for part in open_parts(source.read, Room(root, Path(spare), connection), os.environ):
                names = list(part.columns)
                for chunk in part.chunks(names, 0):
                    if len(found) + chunk.num_rows > most:
                        return None
                    for row in chunk.to_pylist():
                        cells = {name: row.get(bracketed(name)) for name in names}
                        text = {name: "" if cell is None else str(cell) for name, cell in cells.items()}
                        found.append((part.name, int(row["$line"]), text))
        finally:
            connection.close()
    return found
