"""Runs the schedule beside the pages: sources are read at their own cadence while the server serves."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

from regard.web.current import Current
from regard.workspace import Refresher
from regard.workspace.refresh import LOOK_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regard.workspace import Workspace

PATIENCE_S = 60.0
"""How long a reading that is under way may go on when the server ends; a load that is cut goes on where it was."""


@contextmanager
def refreshing(workspace: Workspace, *, look_s: float = LOOK_S) -> Iterator[None]:
    """Run the schedule of a workspace in a thread, as its files say at each look.

    Args:
        workspace: whose sources.
        look_s: seconds between two looks at what is due.
    """
    current, stop = Current(workspace), Event()
    thread = Thread(
        target=Refresher(lambda: current()[0], look_s=look_s).run, args=(stop,), name="refresh", daemon=True
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(PATIENCE_S)
