"""Which metrics the data can answer: ready, or what is lacking, or not applicable; found by asking, not by guessing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.errors import AccessError, AuthorError, QuestionError
from regard.expr import Call, Name, show, walk
from regard.model import Status
from regard.workspace.freshness import loaded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.model import Metric, RowSet
    from regard.model.sources import TableMap
    from regard.workspace.asking import Asking
    from regard.workspace.workspace import Workspace

READY, NEEDS, NOT = "ready", "needs", "not applicable"
MOST = 3
"""Things lacking that are named."""
TESTS = ("is blank", "is not blank")


@dataclass(frozen=True, slots=True)
class Ready:
    """Whether a metric can be answered.

    Attributes:
        metric: its definition.
        state: ready, needs or not applicable.
        why: what is lacking, or why it does not apply; "" when it is ready.
        n: on how many rows its value over all time rests, None when it is not ready.
    """

    metric: Metric
    state: str
    why: str = ""
    n: float | None = None


def ready(workspace: Workspace, asking: Asking) -> list[Ready]:
    """Return for every metric whether it can be answered from a snapshot, in the catalogue's order."""
    metrics = [workspace.catalogue.metric(name) for name in workspace.catalogue.metrics]
    filled = _Filled(workspace, asking)
    lacking = {one.id: filled.lacking(one) for one in metrics if one.status is not Status.PLANNED}
    whole = [one for one in metrics if lacking.get(one.id) == ""]
    numbers = _asked(workspace, whole, "all")
    # Who stood there when all time began tells nothing: month by month.
    numbers |= _asked(workspace, [one for one in whole if not numbers.get(one.id)], "month")
    return [_one(metric, lacking.get(metric.id), numbers.get(metric.id)) for metric in metrics]


def _one(metric: Metric, lacking: str | None, n: float | None) -> Ready:
    if lacking is None:
        return Ready(metric, NOT, f"planned, not built yet: {metric.pending}")
    if lacking:
        return Ready(metric, NEEDS, lacking)
    if n:
        return Ready(metric, READY, n=n)
    tests = [show(rows.where) for rows in metric.rows.values() if rows.where is not None]
    return Ready(
        metric, NOT, f"no row passes: {'; '.join(dict.fromkeys(tests))}" if tests else "there is no row to count"
    )


def _asked(workspace: Workspace, metrics: Sequence[Metric], grain: str) -> dict[str, float | None]:
    """Return metric -> on how many rows its value rests, at most, of the periods of a grain."""
    try:
        return _together(workspace, metrics, grain)
    except (AccessError, AuthorError, QuestionError):
        found: dict[str, float | None] = {}
        for one in metrics:
            try:
                found |= _together(workspace, [one], grain)
            except (AccessError, AuthorError, QuestionError):
                found[one.id] = None
        return found


def _together(workspace: Workspace, metrics: Sequence[Metric], grain: str) -> dict[str, float | None]:
    if not metrics:
        return {}
    answers = workspace.ask(*(one.id for one in metrics), grain=grain, compare="", intervals=False)
    return {
        answer.metric.id: max(
            (cell.estimate.n or 0 for cell in answer.cells if cell.estimate.value is not None), default=None
        )
        for answer in answers
    }


class _Filled:
    """What stands in the tables of a snapshot."""

    def __init__(self, workspace: Workspace, asking: Asking) -> None:
        self.tables, self.relations = workspace.catalogue.tables, asking.relations
        self.mapped = {
            (one.table, name) for source in workspace.sources for one in source.mappings for name in _fills(one)
        }
        self.counts: dict[tuple[str, tuple[tuple[str, str | float], ...]], Mapping[str, int]] = {}

    def lacking(self, metric: Metric) -> str:
        """Return what a metric needs that is not there, "" when nothing is."""
        found: dict[str, None] = {}
        for name, rows in metric.rows.items():
            empty = [one for one in self.inputs(rows.table) if not self.of(one).get("", 0)]
            if empty and len(empty) == len(self.inputs(rows.table)):
                found |= dict.fromkeys(f"table {one}" for one in empty)
                continue
            if not self.of(rows.table, rows.arguments).get("", 0):
                found |= dict.fromkeys(f"table {one}" for one in empty)
                continue
            here = self.of(rows.table, rows.arguments)
            for column in self.columns(metric, name, rows):
                table, origin = self.home(rows.table, column)
                base = self.of(table)
                if not here.get(column) or (base.get("") and not base.get(origin)):
                    found[f"column {origin} of table {table}"] = None
        return ", ".join(list(found)[:MOST])

    def inputs(self, table: str) -> tuple[str, ...]:
        """Return the loaded tables that a table is made of."""
        return loaded(self.tables, table)

    def home(self, table: str, column: str) -> tuple[str, str]:
        """Return (table, column) of the loaded table that a column comes from, as far as names tell.

        `returned` of a derived table is made from `returned_at`.
        """
        known = [(one, name) for name in (column, f"{column}_at") for one in self.inputs(table)]
        return next(((one, name) for one, name in known if name in self.tables[one].columns), (table, column))

    def columns(self, metric: Metric, name: str, rows: RowSet) -> list[str]:
        """Return the columns of a row set without which its leaves say nothing.

        A test such as `returned_at is not blank` may find nothing and be right; where no source fills the column, the
        nothing it finds is no answer.
        """
        declared = self.tables[rows.table].columns
        times = [rows.at, *(rows.over or ())[:1], *(rows.span or ())[:1]]
        found = [one for one in times if one]
        for leaf in metric.leaves.values():
            mentioned = [node.name for node in walk(leaf) if isinstance(node, Name)]
            tests = any(isinstance(node, Call) and node.name in TESTS for node in walk(leaf))
            if name not in mentioned:
                continue
            for one in mentioned:
                home = self.home(rows.table, one)
                if one in declared and home[0] in self.inputs(rows.table) and not (tests and home in self.mapped):
                    found.append(one)
        return list(dict.fromkeys(found))

    def of(self, table: str, arguments: tuple[tuple[str, str | float], ...] = ()) -> Mapping[str, int]:
        """Return column -> rows that have a value, and under "" all rows."""
        key = (table, arguments)
        if key not in self.counts:
            view = self.relations.name(table, arguments)
            names = list(self.tables[table].columns)
            wanted = ", ".join(f'count("{name}")' for name in names)
            row = self.relations.connection.execute(f'select count(*), {wanted} from "{view}"').fetchone()  # noqa: S608 - names of the catalogue
            self.counts[key] = dict(zip(("", *names), row or (0,), strict=False))
        return self.counts[key]


def _fills(mapping: TableMap) -> set[str]:
    """Return the columns that a mapping fills."""
    made = {name for name, _ in mapping.columns}
    made |= {*mapping.unpivot.constants, mapping.unpivot.to} if mapping.unpivot else set()
    return made | ({one.name for one in mapping.collapse.columns} if mapping.collapse else set())
