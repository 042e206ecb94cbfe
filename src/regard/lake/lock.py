"""One writer at a time, and none left behind by a crash."""

from __future__ import annotations

import json
import os
import platform
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from regard.errors import LoadError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Lock:
    """The lake's writing lock, entered again freely by the thread that holds it.

    Being alive is asked of the operating system, not guessed from a process number (which may be given out again): the
    lock is an exclusive transaction on an empty SQLite file, the one lock in the standard library that is the same on
    Linux, macOS and Windows and that ends with its process, `kill -9` included. A note beside it (`writer.json`) says
    who holds it and is for people only.
    """

    def __init__(self, folder: Path, name: str = "writer", *, wait_s: float = 0) -> None:
        """Put the lock's two files into a folder that exists; whoever finds it held waits so many seconds."""
        self._file = folder / f"{name}.lock"
        self._note = folder / f"{name}.json"
        self._wait_s = wait_s
        self._thread = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self, run_id: str) -> Iterator[bool]:
        """Hold the lock; gives whether a writer that died was taken over.

        Raises:
            LoadError: another process, or another thread, is writing.
        """
        if not self._thread.acquire(timeout=self._wait_s):
            raise LoadError(f"another thread of this process is writing to {self._file.parent}")
        try:
            if self._depth:
                yield False
                return
            connection = self._take()
            self._depth += 1
            try:
                died = self._note.exists()
                self._note.write_text(
                    json.dumps({"pid": os.getpid(), "host": platform.node(), "run": run_id}), encoding="utf-8"
                )
                yield died
            finally:
                self._depth -= 1
                self._note.unlink(missing_ok=True)
                connection.close()
        finally:
            self._thread.release()

    def _take(self) -> sqlite3.Connection:
        connection = sqlite3.connect(self._file, timeout=self._wait_s, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            connection.close()
            message = f"{self._file.parent} is being written by {self._holder()}; wait for it to end, or stop it"
            raise LoadError(message) from error
        return connection

    def _holder(self) -> str:
        try:
            note = json.loads(self._note.read_text(encoding="utf-8"))
            return f"process {note['pid']} on {note['host']} (run {note['run']})"
        except (OSError, ValueError, KeyError):
            return "another process"
