"""Things computed and kept under a hash: derived tables and cells. Written whole or not at all, never changed."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from regard.lake.connection import QUICK, SMALL, write

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

    import duckdb

CELLS = "cells"
"""The name under which cells are kept; every other name is a derived table's."""


def named(text: str) -> str:
    """Return a text that may name a file on every system, unchanged.

    Raises:
        ValueError: it may not.
    """
    if not text or text.startswith(".") or not all(letter.isalnum() or letter in "-_.=" for letter in text):
        message = f"not a name for a file: {text!r}"
        raise ValueError(message)
    return text


MAGIC = b"PAR1"
"""What a Parquet file begins and ends with."""


def whole(path: Path) -> bool:
    """Whether a Parquet file has its beginning and its end."""
    with path.open("rb") as file:
        first = file.read(len(MAGIC))
        file.seek(max(0, file.seek(0, 2) - len(MAGIC)))
        return first == MAGIC == file.read()


class Shelf:
    """`derived/<name>/<key>.parquet`, `cells/<key>.parquet` and `texts/<name>/<key>.json` below a lake."""

    def __init__(self, root: Path) -> None:
        """Stand below a lake's root."""
        self._root = root
        self._texts = root / "texts"

    def place(self, name: str, key: str) -> Path:
        """Return where something of a key stands, or would stand."""
        return self._folder(name) / f"{named(key)}.parquet"

    def kept(self, name: str, key: str) -> Path | None:
        """Return the file kept under a key, or None when there is none that was written to its end.

        What is kept can be made again: a file that somebody or a failing disk cut short is thrown away.
        """
        path = self.place(name, key)
        if not path.exists():
            return None
        if not whole(path):
            path.unlink(missing_ok=True)
            return None
        return path

    def publish(self, name: str, key: str, con: duckdb.DuckDBPyConnection, sql: str) -> Path:
        """Write a query's rows under a key; what is there already is left as it is, and the query not run."""
        if (found := self.kept(name, key)) is not None:
            return found
        path = self.place(name, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        rough = path.with_name(f".{uuid.uuid4().hex}.rough")
        try:
            # A derived table packed quickly was seen to run out of memory while it was made; cells are small.
            write(con, sql, rough, packed=QUICK if name == CELLS else SMALL)
            # Two processes that made the same key made the same rows: either file will do.
            rough.replace(path)
        finally:
            rough.unlink(missing_ok=True)
        return path

    def has(self, name: str, key: str) -> bool:
        """Whether a value is kept under a key."""
        return self._text(name, key).exists()

    def told(self, name: str, key: str) -> Any | None:  # noqa: ANN401 - whatever was kept
        """Return the value kept under a key, or None when there is none that was written to its end."""
        path = self._text(name, key)
        try:
            return json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except ValueError:
            path.unlink(missing_ok=True)
            return None

    def keep(self, name: str, key: str, value: object) -> None:
        """Keep a value that JSON can say under a key: it appears whole or not at all."""
        path = self._text(name, key)
        path.parent.mkdir(parents=True, exist_ok=True)
        rough = path.with_name(f".{uuid.uuid4().hex}.rough")
        try:
            rough.write_text(json.dumps(value, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")
            rough.replace(path)
        finally:
            rough.unlink(missing_ok=True)

    def drop_unused(self, keep: Mapping[str, Collection[str]]) -> int:
        """Remove everything whose key is not kept under its name; returns how many files went."""
        folders = [self._root / CELLS, *sorted((self._root / "derived").glob("*")), *sorted(self._texts.glob("*"))]
        unused = [
            path
            for folder in folders
            for path in (*folder.glob("*.parquet"), *folder.glob("*.json"))
            if path.stem not in keep.get(folder.name, ())
        ]
        for path in unused:
            path.unlink(missing_ok=True)
        return len(unused)

    def _folder(self, name: str) -> Path:
        return self._root / CELLS if name == CELLS else self._root / "derived" / named(name)

    def _text(self, name: str, key: str) -> Path:
        return self._texts / named(name) / f"{named(key)}.json"
