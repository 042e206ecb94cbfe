"""How old what we know is: when every source and table was last read, what is allowed, and which metrics it bears.

A number never asks the clock on the wall, but whether its data are still new can be asked of nothing else. Where the
workspace says where its story ends (`until`), that end stands for now: a still picture does not grow old.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from regard.sources import DONE_KEY
from regard.workspace.relations import FOREVER

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.catalog import Catalogue
    from regard.model import Metric, Table
    from regard.model.sources import Source
    from regard.store import Run
    from regard.workspace.asking import Asking
    from regard.workspace.workspace import Workspace

FRESH, STALE, NEVER = "fresh", "stale", "never read"
POLICY = "freshness"
"""The policy that says after how many minutes a table is stale (K56)."""
MINUTE_US = 60_000_000
NEWEST = "newest"
"""The name under which the newest rows of a version of a table are kept in the lake."""
LATE = 2
"""A source is late when so many of its cadences passed: one may just be under way."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFreshness:
    """How old a source is.

    Attributes:
        source: its mapping.
        read_at: instant of the story at which it was last read, changed or not; None when it never was.
        changed_at: instant of the last load that found it changed.
        checked_at: instant on the wall at which that reading ended: what its cadence is counted from.
        due_at: instant on the wall at which the schedule reads it again; None when it has no cadence.
        newest: instant of its newest row, None when none of its tables tells or nobody asked.
        rows, refused: raw rows of its last load, and those turned away.
        state: fresh, stale or never read.
        why: what is too old, in words; "" when nothing is.
    """

    source: Source
    read_at: int | None = None
    changed_at: int | None = None
    checked_at: int | None = None
    due_at: int | None = None
    newest: int | None = None
    rows: int = 0
    refused: int = 0
    state: str = NEVER
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TableFreshness:
    """How old a loaded table is.

    Attributes:
        table: its name.
        sources: the sources that feed it.
        allowed: microseconds after which it is stale (policy `freshness`).
        read_at: when the source that was read longest ago was; None when one never was.
        state: fresh, stale or never read.
        metrics: ids of the metrics that read it.
    """

    table: str
    sources: tuple[str, ...]
    allowed: int
    read_at: int | None
    state: str
    metrics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Freshness:
    """How old everything is.

    Attributes:
        now: the instant against which ages are told.
        still: whether that is where the workspace says its story ends, not the clock on the wall.
        sources: in file order.
        tables: those that a source feeds, by name.
    """

    now: int
    still: bool
    sources: tuple[SourceFreshness, ...]
    tables: tuple[TableFreshness, ...]

    @property
    def stale(self) -> tuple[str, ...]:
        """Tables that are older than allowed, or never read."""
        return tuple(one.table for one in self.tables if one.state != FRESH)


def freshness(workspace: Workspace, *, now: int, wall: int, asking: Asking | None = None) -> Freshness:
    """Return how old every source and table is.

    Args:
        workspace: whose.
        now: the instant of the story that is now.
        wall: the clock on the wall, which cadences follow.
        asking: a snapshot to ask for the newest rows, which reads every table's times; None leaves them out.
    """
    runs = workspace.store.last_runs("load", DONE_KEY)
    newest = {} if asking is None else _newest(workspace, asking)
    sources = tuple(
        _source(source, runs.get(f"{DONE_KEY}{source.name}"), newest.get(source.name), now)
        for source in workspace.sources
    )
    bearing = metrics_by_table(workspace.catalogue)
    tables = _tables(workspace.catalogue, sources, now, bearing)
    return Freshness(now=now, still=bool(workspace.config.until) and now < wall, sources=sources, tables=tables)


def loaded(tables: Mapping[str, Table], name: str) -> tuple[str, ...]:
    """Return the loaded tables that a table is made of: itself, where it is loaded."""
    declared = tables[name]
    if not declared.derived:
        return (name,)
    found = [one for part in declared.derived_from if part in tables for one in loaded(tables, part)]
    return tuple(dict.fromkeys(found))


def tables_of(metric: Metric, tables: Mapping[str, Table]) -> tuple[str, ...]:
    """Return the loaded tables that a metric rests on."""
    read = [one for rows in metric.rows.values() for one in loaded(tables, rows.table)]
    return tuple(dict.fromkeys(read))


@lru_cache(maxsize=4)
def metrics_by_table(catalogue: Catalogue) -> Mapping[str, tuple[str, ...]]:
    """Return loaded table -> ids of the metrics that rest on it, in the catalogue's order."""
    found: dict[str, list[str]] = {}
    for name in catalogue.metrics:
        for table in tables_of(catalogue.metric(name), catalogue.tables):
            found.setdefault(table, []).append(name)
    return {table: tuple(names) for table, names in found.items()}


def _source(source: Source, run: Run | None, newest: int | None, now: int) -> SourceFreshness:
    if run is None:
        return SourceFreshness(source=source, due_at=0 if source.every is not None else None, why="it was never read")
    said, clock = run.positions.get(f"{DONE_KEY}{source.name}"), run.positions.get("clock")
    told = said if isinstance(said, dict) else {}
    read_at = clock if isinstance(clock, int) else run.started_at
    checked = run.ended_at or run.started_at
    why = []
    if source.every is not None and now - read_at > LATE * source.every:
        why.append("it was not read again when it was due")
    if source.fresh is not None and newest is not None and now - newest > source.fresh:
        why.append("its newest row is older than it says it may be")
    return SourceFreshness(
        source=source,
        read_at=read_at,
        changed_at=told.get("clock"),
        checked_at=checked,
        due_at=None if source.every is None else checked + source.every,
        newest=newest,
        rows=told.get("rows", 0),
        refused=told.get("refused", 0),
        state=STALE if why else FRESH,
        why="; ".join(why),
    )


def _tables(
    catalogue: Catalogue, sources: Sequence[SourceFreshness], now: int, bearing: Mapping[str, tuple[str, ...]]
) -> tuple[TableFreshness, ...]:
    feeding: dict[str, list[SourceFreshness]] = {}
    for one in sources:
        for table in dict.fromkeys(mapping.table for mapping in one.source.mappings):
            feeding.setdefault(table, []).append(one)
    found = []
    for table in sorted(feeding):
        allowed = _allowed(catalogue, table)
        reads = [one.read_at for one in feeding[table]]
        oldest = None if None in reads else min(read for read in reads if read is not None)
        state = NEVER if oldest is None else STALE if now - oldest > allowed else FRESH
        names = tuple(one.source.name for one in feeding[table])
        metrics = bearing.get(table, ())
        found.append(
            TableFreshness(table=table, sources=names, allowed=allowed, read_at=oldest, state=state, metrics=metrics)
        )
    return tuple(found)


def _allowed(catalogue: Catalogue, table: str) -> int:
    values = catalogue.policies[POLICY].values
    minutes = values.get((table,), values.get((), 0.0))
    return round(minutes * MINUTE_US)


def _newest(workspace: Workspace, asking: Asking) -> dict[str, int]:
    """Return source -> instant of its newest row that is not later than the story."""
    workspace.everything("the newest row of each source")
    found: dict[str, int] = {}
    fed = dict.fromkeys(mapping.table for source in workspace.sources for mapping in source.mappings)
    for name in fed:
        table = workspace.catalogue.tables[name]
        column = table.at or (table.over or ("",))[0]
        if not column or name not in asking.snapshot.tables:
            continue
        newest = _newest_of(asking, name, column, FOREVER)
        if any(at > asking.until for _, at in newest):
            newest = _newest_of(asking, name, column, asking.until)
        for source, at in newest:
            found[source] = max(found.get(source, at), at)
    return found


def _newest_of(asking: Asking, table: str, column: str, until: int) -> list[tuple[str, int]]:
    """Return source and instant of the newest row of a table up to an instant, read once for a version of the table."""
    lake = asking.workspace.lake
    told = (table, asking.snapshot.tables[table], column, until)
    key = hashlib.sha256(repr(told).encode()).hexdigest()[:40]
    known: list[tuple[str, int]] | None = lake.told(NEWEST, key)
    if known is None:
        view = asking.relations.name(table)
        statement = f'select source, max("{column}") as newest from "{view}" where "{column}" <= $until group by source'  # noqa: S608 - names of the catalogue
        known = [(row["source"], row["newest"]) for row in asking.rows(statement, until=until)]
        lake.keep(NEWEST, key, known)
    return known
