"""The numbers of the OData feed: all that a metric has at a grain, whole and cut by each of its dimensions."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from regard.errors import AccessError, AuthorError, QuestionError
from regard.model import Status
from regard.present import document
from regard.web.odata.feed import Units
from regard.web.odata.model import GRAINS, METRIC, METRICS, NUMBER
from regard.web.views import knowledge

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from regard.plan import Answer
    from regard.workspace import Workspace

BLANK = "(blank)"
KEPT = 256
"""Units that are kept, each of one metric at a grain, for a scope and a version of the data."""
PERSONS = frozenset({"party"})
"""Dimensions of single customers: never in a feed."""
Row = dict[str, Any]


def units(workspace: Workspace, table: str) -> Units:
    """Return the rows of a table of the feed: one unit for each metric, in the catalogue's order.

    Raises:
        KeyError: there is no such table.
    """
    if table == METRICS:
        known = {str(one["metric"]): one for one in knowledge.metrics(workspace)}
        return Units(
            names=tuple(known),
            rows=lambda name: [{key: known[name][key] for key in METRIC.properties}],
            column="metric",
        )
    grain = GRAINS[table]
    snapshot = workspace.snapshot()
    version = snapshot.id if snapshot else ""
    names = [
        name
        for name in workspace.catalogue.metrics
        if (one := workspace.catalogue.metric(name)).status is not Status.PLANNED and workspace.shows(one)
    ]
    return Units(
        names=names if snapshot else (),
        rows=lambda name: _numbers(knowledge.Versioned(workspace, version), grain, name),
        column="metric",
    )


@lru_cache(KEPT)
def _numbers(asked: knowledge.Versioned, grain: str, name: str) -> tuple[Row, ...]:
    """Return the numbers of a metric; none where the data, or the scope, cannot answer it (`/ready` says why)."""
    workspace = asked.workspace
    metric = workspace.catalogue.metric(name)
    cuts = [(), *((dimension,) for dimension in metric.dims if dimension not in PERSONS)]
    found: dict[tuple[object, ...], Row] = {}
    for breakdowns in (cuts, [()]):
        try:
            (answer,) = workspace.ask(name, breakdowns=breakdowns, grain=grain)
        except (QuestionError, AccessError, AuthorError):
            continue
        for row in _rows(answer):
            found.setdefault(tuple(row[key] for key in NUMBER.key), row)
        break
    return tuple(found.values())


def _rows(answer: Answer) -> Iterator[Row]:
    flat = document.rows([answer])
    for cell, told in zip(answer.cells, flat, strict=True):
        row: Mapping[str, Any] = {
            **told,
            "title": answer.metric.title,
            "start": told["start"].isoformat(),  # type: ignore[attr-defined]  # a day of a period
            "end": told["end"].isoformat(),  # type: ignore[attr-defined]  # a day of a period
            "dimension": ",".join(cell.dims),
            "member": ", ".join(BLANK if value is None else value for value in cell.dims.values()),
        }
        yield {key: row[key] for key in NUMBER.properties}
