"""Makes the numbers of the boards before readers ask: when serving begins, and whenever there are new data.

Readers have the page of the earlier data meanwhile (`web/cache.py`). What is computed here is kept in the lake, so
whoever asks next, with whatever rights to all rows, reads it. It does not matter who loaded: this server, or cron.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from regard.errors import RegardError
from regard.lake import EngineError
from regard.web.current import Current
from regard.web.views import boards
from regard.web.views.bar import bar
from regard.web.views.look import Look

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regard.workspace import Workspace

LOG = logging.getLogger(__name__)
LOOK_S = 1.0
"""Seconds between two looks at whether there is something new."""
PATIENCE_S = 10.0
"""How long a board that is being made may go on when the server ends."""


class Warmer:
    """Keeps the numbers of a workspace's boards ready.

    Attributes:
        done: id of the snapshot whose boards are ready, "" before the first.
    """

    def __init__(self, workspace: Workspace, *, look_s: float = LOOK_S) -> None:
        """Prepare it; nothing runs yet.

        Args:
            workspace: whose boards, as its files say at each look.
            look_s: seconds between two looks.
        """
        self._current, self._look_s = Current(workspace), look_s
        self._seen = ("", "")
        self.done = ""

    def run(self, stop: Event) -> None:
        """Look again and again until told to stop."""
        while not stop.is_set():
            try:
                self._look(stop)
            except (RegardError, EngineError) as error:
                LOG.warning("the boards could not be made ahead: %s", error)
            stop.wait(self._look_s)

    def _look(self, stop: Event) -> None:
        workspace, version = self._current()
        snapshot = workspace.snapshot()
        if snapshot is None or (version, snapshot.id) == self._seen:
            return
        self._seen = (version, snapshot.id)
        warm(workspace, stop)
        if not stop.is_set():
            workspace.ready()
        self.done = snapshot.id


@contextmanager
def warming(workspace: Workspace, *, look_s: float = LOOK_S) -> Iterator[Warmer]:
    """Keep the numbers of a workspace's boards ready for a while, in a thread."""
    warmer, stop = Warmer(workspace, look_s=look_s), Event()
    thread = Thread(target=warmer.run, args=(stop,), name="warm", daemon=True)
    thread.start()
    try:
        yield warmer
    finally:
        stop.set()
        thread.join(PATIENCE_S)


def warm(workspace: Workspace, stop: Event | None = None) -> None:
    """Compute what every board shows, the first page's before the others; what cannot be computed is left out.

    Args:
        workspace: whose boards.
        stop: set when the work is no longer wanted.
    """
    every = boards.boards(workspace)
    for described in sorted(every, key=lambda one: one.id != boards.FIRST):
        if stop is not None and stop.is_set():
            return
        look = Look(grain=described.grain.value)
        try:
            boards.board(workspace, described.id, look)
            bar(workspace, look, boards.metrics(workspace, described))
        except (RegardError, EngineError) as error:
            LOG.warning("the board %s could not be made ahead: %s", described.id, error)
