"""Addresses that exist in a workspace: what tests walk, and what the pages of the API give as examples."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from regard.errors import RegardError
from regard.workspace import Asking

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from regard.workspace import Workspace


def of_first(table: str, column: str, before: str, after: str = "") -> Callable[[Workspace], Sequence[str]]:
    """Return what gives the address of the first row of a table that has a value in a column; none where none has."""

    def found(workspace: Workspace) -> Sequence[str]:
        try:
            asking = Asking(workspace)
        except RegardError:
            return ()
        view = asking.relations.name(table)
        statement = f'select min("{column}") as key from "{view}"'  # noqa: S608 - names of the catalogue
        key = asking.rows(statement)[0]["key"]
        return () if key is None else (f"{before}{quote(str(key), safe='')}{after}",)

    return found


def nowhere(workspace: Workspace) -> Sequence[str]:
    """Name no path: what leads elsewhere, or works once, cannot be walked."""
    del workspace
    return ()


def back(path: str) -> str:
    """Return where to go on after signing in: a path of ours, or the overview."""
    ours = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if ours else "/"
