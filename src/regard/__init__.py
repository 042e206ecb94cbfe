"""Regard measures customer experience: one definition of each metric, the same number everywhere.

>>> import regard
>>> ws = regard.open("acme")                                        # doctest: +SKIP
>>> ws.ask("nps", by=["segment"], grain="month")                    # doctest: +SKIP
"""

from regard.workspace import Workspace as Workspace

open = Workspace.open  # noqa: A001 - `regard.open` reads as it should; the builtin is not used here
"""Open the workspace that holds a path."""
