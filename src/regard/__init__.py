"""Regard measures customer experience: one definition of each metric, the same number everywhere.

ws = regard.open("acme")
ws.ask("METRIC", by=["segment"], grain="month")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from regard.workspace import Workspace


def open(path: Path | str = ".") -> Workspace:  # noqa: A001 - `regard.open` reads as it should
    """Open the workspace that holds a path, searching upward for `regard.toml`.

    Raises:
        RegardError: when there is none.
    """
    # Only when it is called: a command line that needs no data should not wait for the engines.
    from regard.workspace import Workspace as Opened  # noqa: PLC0415 - heavy, and wanted by no command that only tells its version

    return Opened.open(path)
