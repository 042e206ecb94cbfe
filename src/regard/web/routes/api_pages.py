"""The API of what pages make of several answers: boards, a number taken apart, two numbers compared, reports."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import Query
from starlette.exceptions import HTTPException
from starlette.responses import Response

from regard.access import Permission
from regard.web.api import schemas as told
from regard.web.api.declaring import ID, METRIC, ROOT, getter, known, or_lost, settings
from regard.web.api.printing import as_csv, as_json, lines, listed
from regard.web.routing import Area
from regard.web.views import boards as boarding, compare as comparing, documents, handed, ledger, metric as metrics
from regard.web.views.look import Look
from regard.web.visit import Visiting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.web.routing import Examples
    from regard.workspace import Workspace

AREA = Area("api pages")
get = getter(AREA)
FILES = {media: {"schema": {"type": "string", "format": "binary"}} for media in documents.KINDS.values()}
"""What a report is given as besides JSON."""


def _look(asked: told.Looked, grain: str = "month") -> Look:
    """Return how the parameters look at numbers.

    Raises:
        QuestionError: one of the days is none, or a choice is set twice.
    """
    return Look(
        grain=asked.grain or grain,
        start=asked.from_ or "",
        end=asked.to or "",
        where=asked.where,
        compare=asked.compare,
        options=settings(asked.set),
        as_of=asked.as_of or "",
    )


def _boards(workspace: Workspace) -> Sequence[str]:
    return [f"{ROOT}/boards/{one.id}" for one in boarding.boards(workspace)[:1]]


def _metric(path: str) -> Examples:
    def found(workspace: Workspace) -> Sequence[str]:
        name = next(iter(dict.fromkeys(target.metric for target in workspace.catalogue.targets)), "")
        dims = workspace.catalogue.metric(name).dims if name else ()
        return [f"{ROOT}{path}".format(metric=name, by=dims[0])] if dims and workspace.snapshot() else []

    return found


def _reports(workspace: Workspace) -> Sequence[str]:
    return [f"{ROOT}/reports/incident?incident={quote(name)}" for name in ledger.incident_ids(workspace, 1)]


@get("/boards", Permission.VIEW, told.Page[told.BoardTold], "Boards, the workspace's own first", csv=True)
def boards(visit: Visiting, asked: Annotated[told.Paged, Query()]) -> Response:
    """List the boards there are."""
    found = [handed.described(one) for one in boarding.boards(visit.workspace)]
    return listed(visit.request, asked, found, "boards")


@get(
    "/boards/{board}", Permission.EXPORT, told.BoardPage, "The numbers of a board, each as its tile shows it",
    lost=True, csv=True, examples=_boards,
)  # fmt: skip
def board(visit: Visiting, board: ID, asked: Annotated[told.BoardAsked, Query()]) -> Response:
    """Answer what a board shows; `real` is judged among all its numbers, as on the page."""
    described = or_lost(lambda: boarding.template(visit.workspace, board))
    made = boarding.board(visit.workspace, board, _look(asked, described.grain.value))
    head, items = handed.board(made)
    return listed(visit.request, asked, items, described.id, head)


@get(
    "/metrics/{metric}/parts", Permission.EXPORT, told.PartsPage, "A number taken apart along a dimension",
    lost=True, csv=True, examples=_metric("/metrics/{metric}/parts?by={by}"),
)  # fmt: skip
def parts(visit: Visiting, metric: METRIC, asked: Annotated[told.PartsAsked, Query()]) -> Response:
    """Answer the parts of the last complete period: they make the whole, and each stands beside all the rest."""
    name = known(visit.workspace, metric)
    head, items = handed.parts(metrics.taken(visit.workspace, name, asked.by, _look(asked)))
    return listed(visit.request, asked, items, f"{name}-by-{asked.by}", head)


@get(
    "/compare", Permission.EXPORT, told.ComparedTold, "Two periods, or two parts, held against each other", csv=True,
    examples=_metric("/compare?metric={metric}&a=2026-01&b=2026-02"),
)  # fmt: skip
def compare(visit: Visiting, asked: Annotated[told.CompareAsked, Query()]) -> Response:
    """Answer two numbers, their difference with its interval, and the smallest difference that would have shown."""
    look = _look(asked)
    metric = visit.workspace.metric(asked.metric, look.options)
    found = comparing.compared(visit.workspace, metric, look, asked.a, asked.b, asked.by or "")
    answer = handed.compared(found, asked.by)
    if asked.format == "csv":
        return as_csv(lines([handed.flat(answer)]), f"{metric.id}-compared")
    return as_json(answer)


@get("/reports", Permission.VIEW, told.Page[told.BoardTold], "Reports there are", csv=True)
def listing(visit: Visiting, asked: Annotated[told.Paged, Query()]) -> Response:
    """List the reports there are."""
    found = [handed.described(one) for one in visit.workspace.catalogue.reports.values()]
    return listed(visit.request, asked, found, "reports")


@get(
    "/reports/{report}", Permission.EXPORT, dict[str, Any], "A report: its numbers, or the document to keep", lost=True,
    also=FILES, examples=_reports,
)  # fmt: skip
def report(visit: Visiting, report: ID, asked: Annotated[told.ReportAsked, Query()]) -> Response:
    """Answer a report as JSON, section by section; as one HTML file, or as PDF."""
    if report not in visit.workspace.catalogue.reports:
        raise HTTPException(404, f"there is no report '{report}'; {ROOT}/reports lists those there are")
    filled = documents.filled(visit, report, incident=asked.incident or "", period=asked.period or "")
    if asked.format == "json":
        return as_json(handed.report(filled))
    return documents.printed(filled, visit.workspace.config.name, asked.format)
