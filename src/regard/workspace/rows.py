"""From a number to its rows: what each row set of a metric counts in a period, within the scope of who asks (R121)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from regard.model import Grain
from regard.plan import Question
from regard.sql import ALL, rows_statement
from regard.workspace.asking import Asking

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from regard.model import Metric, Table
    from regard.workspace.workspace import Workspace

MOST = 200
"""Rows that are given."""
OPEN = frozenset({"public", "internal"})
"""Classes of columns that are shown; what is personal stays where it is."""
HIDDEN = frozenset({"bucket", "run_id", "ingested_at"})
"""Columns of our own housekeeping."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRows:
    """Rows that a number counts.

    Attributes:
        name: of the row set.
        table: that they are of.
        columns: name -> what it says.
        rows: each with a value for each column.
        total: how many there are.
        left_out: personal columns that are not shown.
    """

    name: str
    table: str
    columns: Mapping[str, str]
    rows: Sequence[Sequence[object]]
    total: int
    left_out: tuple[str, ...]


def counted_rows(
    workspace: Workspace,
    metric: Metric,
    start: date,
    end: date,
    *,
    where: str = "",
    as_of: str | None = None,
    most: int = MOST,
) -> list[CountedRows]:
    """Return the rows of each row set of a metric in one stretch of days.

    Args:
        workspace: as far as somebody may see: its scope holds for rows as for numbers.
        metric: the resolved definition.
        start: first local day.
        end: the day after the last.
        where: test on dimensions.
        as_of: what we knew then.
        most: rows given of each.

    Raises:
        QuestionError: nothing was loaded, or the test does not fit.
    """
    asking = Asking(workspace, as_of=workspace.moment(as_of))
    question = Question(
        metrics=(metric.id,),
        grain=Grain.ALL,
        start=start,
        end=end,
        where=workspace.test(where),
        where_text=where,
        compare="",
        intervals=False,
    )
    plain = replace(metric, by_default=())
    made = asking.plan(question, [plain])
    found: dict[str, CountedRows] = {}
    for scan in made.scans:
        relation = asking.relations.name(scan.table, scan.arguments)
        for measure in scan.measures:
            name = next((key for key, rows in plain.rows.items() if rows == measure.rows), "")
            if not name or name in found:
                continue
            table = workspace.catalogue.tables[scan.table]
            columns = _shown(table)
            statement = rows_statement(made, scan, measure, relation, list(columns), most)
            rows = asking.relations.connection.execute(statement).fetchall()
            found[name] = CountedRows(
                name=name,
                table=scan.table,
                columns=columns,
                rows=[row[:-1] for row in rows],
                total=int(rows[0][-1]) if rows else 0,
                left_out=tuple(key for key, column in table.columns.items() if column.sensitivity not in OPEN),
            )
    assert ALL not in {key for one in found.values() for key in one.columns}  # noqa: S101 - a name of our own
    return [found[name] for name in plain.rows if name in found]


def _shown(table: Table) -> dict[str, str]:
    return {
        name: column.means
        for name, column in table.columns.items()
        if column.sensitivity in OPEN and name not in HIDDEN
    }
