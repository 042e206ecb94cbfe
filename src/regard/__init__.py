"""Regard measures customer experience: one definition of each metric, the same number everywhere.

    ws = regard.open("acme")
    ws.ask("METRIC", by=["segment"], grain="month")
"""

from regard.workspace import Workspace as Workspace

open = Workspace.open  # noqa: A001 - `regard.open` reads as it should; the builtin is not used here
"""Open the workspace that holds a path."""
