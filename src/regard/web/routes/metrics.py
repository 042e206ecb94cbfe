"""The catalogue, and the page of each metric: number, trend, parts, meaning, and all of it to take away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.access import Permission
from regard.errors import QuestionError
from regard.present import document, table
from regard.web.commenting import about, comments
from regard.web.downloads import download
from regard.web.routing import Area
from regard.web.views import catalogue, metric as views
from regard.web.views.bar import bar
from regard.web.views.look import Look
from regard.web.views.rows import row_tables
from regard.web.views.tiles import titles_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.web.visit import Visit
    from regard.workspace import Workspace

AREA = Area("metrics")
EXAMPLES = 3
"""Metrics that the tests walk: the first that ship with a target."""


def examples(workspace: Workspace) -> list[str]:
    """Return metrics that a workspace can be expected to answer."""
    known = dict.fromkeys(target.metric for target in workspace.catalogue.targets)
    return list(known)[:EXAMPLES] or list(workspace.catalogue.metrics)[:1]


@AREA.page("/metrics", needs=Permission.VIEW, menu="Metrics")
def metrics(visit: Visit) -> Response:
    """List every metric, or those that have the words asked for."""
    search = visit.query.get("q", "")
    found = catalogue.lines(visit.workspace, search)
    return visit.page("metrics.html", families=found, search=search, count=sum(map(len, found.values())))


@AREA.page("/metric/{metric}", needs=Permission.VIEW, examples=lambda ws: [f"/metric/{name}" for name in examples(ws)])
def metric(visit: Visit) -> Response:
    """Open a metric."""
    workspace, look, name = visit.workspace, looked(visit), visit.path["metric"]
    opened = views.metric_page(workspace, name, look)
    dimension = visit.query.get("dim", "")
    apart, trouble = None, ""
    if opened.answer is not None and opened.answer.cells and opened.dims:
        dimension = dimension or next((each for each, _ in opened.dims if each not in look.filters), opened.dims[0][0])
        try:
            apart = views.parts(workspace, name, dimension, look)
        except QuestionError as error:
            trouble = str(error)
    hidden = [("dim", visit.query["dim"])] if "dim" in visit.query else []
    return visit.page(
        "metric.html",
        opened=opened,
        metric=opened.metric,
        bar=bar(workspace, look, [opened.metric], hidden=hidden) if workspace.snapshot() else None,
        look=look,
        dimension=dimension,
        apart=apart,
        apart_trouble=trouble,
        may_rows=visit.may(Permission.ROWS),
    )


def _notes(workspace: Workspace) -> list[str]:
    return [f"/metric/{name}/notes" for name in examples(workspace)[:1]]


def _about(visit: Visit) -> str:
    return f"metric:{visit.workspace.catalogue.find(visit.path['metric'])}"


@AREA.page("/metric/{metric}/notes", needs=Permission.VIEW, kept=False, examples=_notes)
def notes(visit: Visit) -> Response:
    """Show what people wrote about a metric, and let them."""
    return _noted(visit)


def _noted(visit: Visit, trouble: str = "", written: str = "") -> Response:
    known = visit.workspace.catalogue
    found = known.metric(known.find(visit.path["metric"]))
    return visit.page(
        "notes.html",
        metric=found,
        notes=[note for note in known.notes if not note.metrics or found.id in note.metrics],
        at=f"/metric/{found.id}/notes",
        comments=about(visit, _about(visit)),
        trouble=trouble,
        written=written,
        may_comment=visit.may(Permission.COMMENT),
    )


comments(AREA, "/metric/{metric}/notes", subject=_about, shown=_noted, examples=_notes)


@AREA.page(
    "/metric/{metric}/rows",
    needs=Permission.ROWS,
    examples=lambda ws: [f"/metric/{name}/rows" for name in examples(ws)[:1]],
)
def rows(visit: Visit) -> Response:
    """Show the rows that a number counts, within the rights of who looks (R121)."""
    workspace, look = visit.workspace, looked(visit)
    found = workspace.metric(visit.path["metric"], look.options)
    period, tables = row_tables(workspace, found, look)
    return visit.page(
        "rows.html", metric=found, look=look, period=period, tables=tables, spoken=look.spoken(titles_of(workspace))
    )


@AREA.file(
    "/metric/{metric}/export.{kind}",
    needs=Permission.EXPORT,
    examples=lambda ws: [
        f"/metric/{name}/export.{kind}" for name in examples(ws)[:1] for kind in ("csv", "json", "svg")
    ],
)
def export(visit: Visit) -> Response:
    """Hand out the numbers or the picture of a metric, with its context (R125); `by` cuts it, as `regard ask` does."""
    workspace, look = visit.workspace, looked(visit)
    name, kind = workspace.catalogue.find(visit.path["metric"]), visit.path["kind"]
    by = [one for one in visit.query.get("by", "").split(",") if one]
    answers = workspace.ask(name, by=by, **look.asked(workspace))
    if kind == "csv":
        return download("csv", name, document.to_csv(answers))
    if kind == "json":
        return download("json", name, document.document(answers[0]))
    if kind == "svg":
        cells = next((cells for cells in table.groups(answers[0]).values() if cells), [])
        drawn = views.draw_trend(answers[0], cells, headed=True, context=document.context(answers[0]))
        return download("svg", name, str(drawn.wide) if drawn else "")
    raise QuestionError(f"a metric is not handed out as '{kind}'; one of: csv, json, svg")


def looked(visit: Visit) -> Look:
    """Return how the address asks to look at numbers."""
    return Look.read(visit.request.query_params.multi_items(), visit.workspace.catalogue)
