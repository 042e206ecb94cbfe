"""Boards: the first page, the dashboards that ship, and those that a workspace saves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.access import Permission
from regard.errors import QuestionError
from regard.present import document, words
from regard.web.downloads import download
from regard.web.routing import Area
from regard.web.views import boards as views
from regard.web.views.bar import bar
from regard.web.views.look import Look

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.web.visit import Visit

AREA = Area("boards")


@AREA.page("/", needs=Permission.VIEW, menu="Overview")
def home(visit: Visit) -> Response:
    """Show the executive board; before the first load, what to do next."""
    workspace = visit.workspace
    if workspace.snapshot() is None:
        return visit.page("empty.html", metrics=len(workspace.catalogue.metrics), sources=workspace.sources)
    return _shown(visit, views.FIRST)


@AREA.page("/boards", needs=Permission.VIEW, menu="Boards")
def boards(visit: Visit) -> Response:
    """List every board."""
    return visit.page("boards.html", boards=views.boards(visit.workspace))


@AREA.page("/board/{board}", needs=Permission.VIEW, examples=lambda ws: [f"/board/{b.id}" for b in views.boards(ws)])
def board(visit: Visit) -> Response:
    """Show a board."""
    return _shown(visit, visit.path["board"])


@AREA.file(
    "/board/{board}/export.{kind}",
    needs=Permission.EXPORT,
    examples=lambda ws: [f"/board/{b.id}/export.{kind}" for b in views.boards(ws)[:1] for kind in ("csv", "json")],
)
def export(visit: Visit) -> Response:
    """Hand out every number behind a board, with its context, as CSV or JSON (R125)."""
    name, kind = visit.path["board"], visit.path["kind"]
    made = views.board(visit.workspace, name, _look(visit, name))
    if kind == "csv":
        return download("csv", name, document.to_csv(made.answers))
    if kind == "json":
        return download("json", name, {**made.plain(), "answers": [document.document(one) for one in made.answers]})
    raise QuestionError(f"a board is not handed out as '{kind}'; one of: csv, json")


def _shown(visit: Visit, name: str) -> Response:
    workspace = visit.workspace
    look = _look(visit, name)
    described = views.template(workspace, name)
    made = views.board(workspace, name, look)
    chosen = bar(workspace, look, views.metrics(workspace, described))
    return visit.page("board.html", board=made, bar=chosen, legend=words.LEGEND)


def _look(visit: Visit, name: str) -> Look:
    described = views.template(visit.workspace, name)
    asked = visit.request.query_params.multi_items()
    return Look.read(asked, visit.workspace.catalogue, grain=described.grain.value)
