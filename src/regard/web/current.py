"""The workspace as its files say now: opened anew when somebody changed a definition, while pages are served."""

from __future__ import annotations

import hashlib
import time
from threading import Lock
from typing import TYPE_CHECKING

from regard.errors import RegardError
from regard.model import SENSITIVITIES
from regard.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WRITTEN = ("regard.toml", "sources", "metrics", "policies", "reports", "boards")
"""What people write in a workspace."""
EVERY = 1.0
"""Seconds between two looks at the files."""
MOST = 256
"""Scopes whose workspaces are kept ready."""


class Current:
    """Gives the workspace, never older than its files by more than a second."""

    def __init__(self, workspace: Workspace, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin with an open workspace."""
        self._clock = clock
        self._lock = Lock()
        self._looked = clock()
        self._whole = workspace
        self._version = signature(workspace.root)
        self._limited: dict[tuple[str, str], Workspace] = {}

    def __call__(self, scope: str = "", upto: str = SENSITIVITIES[-1]) -> tuple[Workspace, str]:
        """Return the workspace within a scope and up to a class of metrics, and the version of its definitions.

        A file that is just being written, or has mistakes in what opening reads, leaves the earlier one in place.

        Raises:
            AuthorError: the scope has mistakes.
        """
        with self._lock:
            if self._clock() - self._looked >= EVERY:
                self._looked = self._clock()
                self._look()
            if (scope, upto) not in self._limited:
                if len(self._limited) >= MOST:
                    self._limited.clear()
                self._limited[scope, upto] = self._whole.within(scope, upto)
            return self._limited[scope, upto], self._version

    def _look(self) -> None:
        version = signature(self._whole.root)
        if version == self._version:
            return
        try:
            opened = Workspace.open(self._whole.root)
        except RegardError:
            return
        self._whole, self._version = opened, version
        self._limited.clear()


def signature(root: Path) -> str:
    """Return what changes when somebody writes a file of the workspace: names, sizes and times."""
    told = hashlib.sha256()
    for file in _files(root):
        found = file.stat()
        told.update(f"{file.relative_to(root)} {found.st_size} {found.st_mtime_ns}\n".encode())
    return told.hexdigest()[:16]


def _files(root: Path) -> Iterator[Path]:
    for name in WRITTEN:
        place = root / name
        yield from sorted(file for file in place.rglob("*") if file.is_file()) if place.is_dir() else ()
        if place.is_file():
            yield place
