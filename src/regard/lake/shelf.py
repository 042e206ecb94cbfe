"""Things computed and kept under a hash: derived tables, cells and values. Written whole or not at all, never changed.

The time of a file says when it was last read, to the day, so that what nobody reads any more can be dropped.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from regard.errors import LoadError
from regard.lake.connection import QUICK, SMALL, write
from regard.lake.lock import Lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
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


DAY_S = 86_400
"""Seconds of a day: how exactly a file says when it was last read, and how long nothing that was read can go."""
TURN_S, AT_ONCE = 60.0, 256
"""How long a reader waits for somebody who tidies, and how many files are removed in one turn."""


@dataclass(frozen=True, slots=True)
class Gone:
    """What was removed, or would be: how many files, and their bytes."""

    files: int = 0
    size: int = 0

    def __add__(self, other: Gone) -> Gone:
        """Return both together."""
        return Gone(self.files + other.files, self.size + other.size)


class Shelf:
    """`derived/<name>/<key>.parquet`, `cells/<key>.parquet` and `texts/<name>/<key>.json` below a lake."""

    def __init__(self, root: Path) -> None:
        """Stand below a lake's root."""
        self._root = root
        self._texts = root / "texts"
        self._tidying = Lock(root, "tidy", wait_s=TURN_S)

    def place(self, name: str, key: str) -> Path:
        """Return where something of a key stands, or would stand."""
        return self._folder(name) / f"{named(key)}.parquet"

    def kept(self, name: str, key: str) -> Path | None:
        """Return the file kept under a key, or None when there is none that was written to its end.

        What is kept can be made again: a file that somebody or a failing disk cut short is thrown away.
        """
        path = self.place(name, key)
        if not self._read(path):
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

    def forget(self, name: str, keys: Iterable[str]) -> None:
        """Remove the files kept under keys; one that a system holds on to is left to `drop_unread`."""
        removed(self.place(name, key) for key in keys)

    def has(self, name: str, key: str) -> bool:
        """Whether a value is kept under a key."""
        return self._read(self._text(name, key))

    def told(self, name: str, key: str) -> Any | None:  # noqa: ANN401 - whatever was kept
        """Return the value kept under a key, or None when there is none that was written to its end."""
        path = self._text(name, key)
        if not self._read(path):
            return None
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

    def drop_unread(self, older_s: float, *, dry_run: bool = False) -> Gone:
        """Remove what nobody has read for so many seconds and a day, and what died while it was written.

        Whoever finds a file on the shelf has a day in which it does not go. May be cut at any point and run beside
        readers and writers.
        """
        old = [path for path in self._files() if _age(path) > older_s + DAY_S]
        old += [path for path in self._files(".*.rough") if _age(path) > DAY_S]
        if dry_run:
            return removed(old, dry_run=True)
        gone = Gone()
        for start in range(0, len(old), AT_ONCE):
            # Looked at again in a turn of its own: a reader may have come by since.
            with self._tidying.held("tidy"):
                gone += removed(path for path in old[start : start + AT_ONCE] if _age(path) > DAY_S)
        return gone

    def _files(self, pattern: str = "[!.]*") -> Iterator[Path]:
        for folder in (self._root / CELLS, *(self._root / "derived").glob("*"), *self._texts.glob("*")):
            yield from folder.glob(pattern)

    def _read(self, path: Path) -> bool:
        """Whether a file is there; if so it says from now on that it was read today."""
        try:
            if time.time() - path.stat().st_mtime < DAY_S:
                return True
            with self._tidying.held("read"):
                os.utime(path)
        except FileNotFoundError:
            return False
        except (OSError, LoadError, sqlite3.Error):  # a lake that may only be read is tidied by whoever may write it
            return True
        return True

    def _folder(self, name: str) -> Path:
        return self._root / CELLS if name == CELLS else self._root / "derived" / named(name)

    def _text(self, name: str, key: str) -> Path:
        return self._texts / named(name) / f"{named(key)}.json"


def _age(path: Path) -> float:
    """Return seconds since a file was written or read; 0 for one that is not there any more."""
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0


def removed(paths: Iterable[Path], *, dry_run: bool = False) -> Gone:
    """Remove files and return what they were; one that a system holds on to while it is open is left for later."""
    gone = Gone()
    for path in paths:
        try:
            size = path.stat().st_size
            if not dry_run:
                path.unlink()
        except OSError:
            continue
        gone += Gone(1, size)
    return gone
