"""Sources of which more was turned away than may be: what their numbers say is said beside them, until it is mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.sources import DONE_KEY
from regard.workspace.freshness import tables_of

if TYPE_CHECKING:
    from regard.model import Metric
    from regard.workspace.workspace import Workspace

FLAG = "rejects"
"""Flag of a number that rests on such a source."""


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A source of whose last load more was turned away than its limit allows.

    Attributes:
        source: its name.
        tables: the tables that it feeds.
        rows, refused: raw rows read, and those turned away.
        limit: share that may be.
    """

    source: str
    tables: frozenset[str]
    rows: int
    refused: int
    limit: float

    @property
    def said(self) -> str:
        """It in one sentence."""
        share = f"{self.refused} of {self.rows} rows ({100 * self.refused / self.rows:.3g} %)"
        allowed = f"more than {100 * self.limit:g} %"
        return f"Source {self.source}: {share} were turned away, {allowed}; `regard findings` says why."


def turned_away(workspace: Workspace) -> tuple[TurnedAway, ...]:
    """Return the sources of whose last load more was turned away than may be, in file order."""
    runs = workspace.store.last_runs("load", DONE_KEY)
    found = []
    for source in workspace.sources:
        run = runs.get(f"{DONE_KEY}{source.name}")
        said = run.positions.get(f"{DONE_KEY}{source.name}") if run else None
        rows, refused = (said.get("rows", 0), said.get("refused", 0)) if isinstance(said, dict) else (0, 0)
        limit = workspace.reject_limit(source)
        if refused > limit * rows:
            tables = frozenset(mapping.table for mapping in source.mappings)
            found.append(TurnedAway(source.name, tables, rows, refused, limit))
    return tuple(found)


def bearing(found: tuple[TurnedAway, ...], metric: Metric, workspace: Workspace) -> tuple[str, ...]:
    """Return what to say beside the numbers of a metric of the sources that it rests on."""
    read = frozenset(tables_of(metric, workspace.catalogue.tables)) if found else frozenset()
    return tuple(one.said for one in found if one.tables & read)
