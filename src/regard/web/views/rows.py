"""Rows behind a number, as read: instants in the reporting zone, durations in minutes, no column that says nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from regard.expr import Type
from regard.model import moment
from regard.present import numbers
from regard.web.views.metric import last_period
from regard.workspace.rows import MOST, counted_rows

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from regard.model import Column, Metric
    from regard.web.views.look import Look
    from regard.workspace import Workspace

MINUTE_US = 60_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class RowTable:
    """Rows of one row set, as read."""

    name: str
    table: str
    heads: tuple[tuple[str, str], ...]
    rows: tuple[tuple[str, ...], ...]
    total: int
    left_out: tuple[str, ...]
    most: int = MOST


def row_tables(workspace: Workspace, metric: Metric, look: Look) -> tuple[str, list[RowTable]]:
    """Return the label of the last complete period, and the rows that each row set of a metric counts in it.

    Raises:
        QuestionError: there is no period with a number.
    """
    start, end, label = last_period(workspace, metric, look)
    found = counted_rows(workspace, metric, start, end, where=look.test, as_of=look.as_of or None)
    zone = ZoneInfo(workspace.calendar.zone)
    made = []
    for one in found:
        columns = workspace.catalogue.tables[one.table].columns
        names = list(one.columns)
        full = [i for i in range(len(names)) if any(row[i] not in (None, "") for row in one.rows)]
        made.append(
            RowTable(
                name=one.name,
                table=one.table,
                heads=tuple((names[i], one.columns[names[i]]) for i in full),
                rows=tuple(tuple(_read(row[i], columns[names[i]], zone) for i in full) for row in one.rows),
                total=one.total,
                left_out=one.left_out,
            )
        )
    return label, made


def flat(tables: Sequence[RowTable]) -> list[dict[str, object]]:
    """Return the rows of all tables as one list, each with the row set it is of."""
    return [
        {"rows": one.name, "table": one.table, **dict(zip((name for name, _ in one.heads), row, strict=True))}
        for one in tables
        for row in one.rows
    ]


def _read(value: object, column: Column, zone: tzinfo) -> str:
    if value is None:
        return ""
    if column.type is Type.INSTANT and isinstance(value, int):
        return moment(value).astimezone(zone).strftime("%Y-%m-%d %H:%M")
    if column.type is Type.DURATION and isinstance(value, (int, float)):
        return numbers.value(value / MINUTE_US, "min")
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:g}" if isinstance(value, float) else str(value)
