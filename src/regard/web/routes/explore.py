"""Explore: any metric by anything over any days; compare two numbers; save what is worth seeing again to a board."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.access import Permission
from regard.catalog import named, save_section
from regard.errors import AuthorError, QuestionError
from regard.model import Status
from regard.present import document, table
from regard.web.routes.metrics import examples, looked
from regard.web.routing import Area
from regard.web.views import boards, catalogue, compare as comparing, metric as metrics
from regard.web.views.bar import bar, values
from regard.web.views.drawing import HALF, WIDE
from regard.web.views.tiles import titles_of

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.web.visit import Visit
    from regard.workspace import Workspace

AREA = Area("explore")
DRAWN = 6
"""Trends that are drawn; of more the table alone is shown."""
SHOWS = {"trend": "a trend", "tiles": "tiles", "scorecard": "lines of a scorecard", "bars": "bars", "table": "a table"}
"""How a board may show what is saved: section of a report -> in words."""


@AREA.page("/explore", needs=Permission.VIEW, menu="Explore", kept=False)
def explore(visit: Visit) -> Response:
    """Show a metric by a breakdown, over days and within filters chosen by the reader (R121)."""
    workspace, look = visit.workspace, looked(visit)
    name = visit.query.get("metric", "") or next(iter(examples(workspace)))
    metric = workspace.catalogue.metric(workspace.catalogue.find(name))
    titles = titles_of(workspace)
    by = [one for one in visit.request.query_params.getlist("by") if one]
    figures, drawings, trouble, context = None, [], "", ""
    try:
        [answer] = workspace.ask(metric.id, by=by, **look.asked(workspace))
    except (QuestionError, AuthorError) as error:
        trouble = str(error)
    else:
        figures, context = table.of_answer(answer, titles=titles), document.context(answer)
        groups = [cells for cells in table.groups(answer).values() if cells]
        if len(groups) <= DRAWN:
            several = len(groups) > 1
            width = HALF if several else WIDE
            drawings = [metrics.draw_trend(answer, cells, headed=several, width=width) for cells in groups]
        trouble = "" if answer.cells else "There is no row in these periods."
    hidden = [("metric", metric.id), *(("by", one) for one in by)]
    return visit.page(
        "explore.html",
        metric=metric,
        families=catalogue.lines(workspace),
        dims=[(one, titles[one]) for one in metric.dims if one in titles],
        by=by,
        look=look,
        bar=bar(workspace, look, [metric], hidden=hidden),
        figures=figures,
        drawings=drawings,
        trouble=trouble,
        context=context,
        shows=SHOWS,
        boards=[one for one in boards.boards(workspace) if one.own],
        may_save=visit.may(Permission.BOARDS),
    )


@AREA.form("/explore/save", needs=Permission.BOARDS)
def save(visit: Visit) -> Response:
    """Write what is shown into a board's file, `reports/NAME.yaml` (R116)."""
    workspace, form = visit.workspace, visit.form
    look = looked(visit)
    metric = workspace.catalogue.find(str(form.get("metric", "")))
    show = str(form.get("show", "trend"))
    if show not in SHOWS:
        raise QuestionError(f"a board does not show '{show}'; one of: {', '.join(SHOWS)}")
    new = str(form.get("new", "")).strip()
    board = named(new) if new else str(form.get("board", ""))
    by = [part for part in str(form.get("by", "")).split(",") if part]
    heading = str(form.get("title", "")).strip()
    section: dict[str, object] = {"show": show}
    section |= {"title": heading} if heading else {}
    section |= {"metrics": [metric]}
    section |= {"by": by} if by and show in ("scorecard", "bars", "table") else {}
    section |= {"where": look.test} if look.test else {}
    save_section(workspace.root, board, new or board, look.grain, section)
    visit.record("board.save", f"report:{board}", after={**section, "grain": look.grain})
    return visit.go(f"/board/{board}")


def _pairs(workspace: Workspace) -> list[str]:
    return [f"/compare?metric={name}" for name in examples(workspace)[:1]] if workspace.snapshot() else ["/compare"]


@AREA.page("/compare", needs=Permission.VIEW, menu="Compare", examples=_pairs)
def compare(visit: Visit) -> Response:
    """Hold two periods, or two parts, of a metric against each other."""
    workspace, look, query = visit.workspace, looked(visit), visit.query
    name = query.get("metric", "") or next(iter(examples(workspace)))
    metric = workspace.metric(name, look.options)
    titles = titles_of(workspace)
    dimension = query.get("dim", "")
    known = values(workspace, [metric], [dimension]).get(dimension, []) if dimension else []
    usual = tuple(known[:2]) if dimension else comparing.periods(workspace)
    first, second = (
        query.get(key, "") or usual[i] if i < len(usual) else query.get(key, "") for i, key in enumerate("ab")
    )
    found, trouble = None, ""
    if metric.status is not Status.PLANNED and first and second:
        try:
            found = comparing.compared(workspace, metric, look, first, second, dimension)
        except (QuestionError, AuthorError) as error:
            trouble = str(error)
    return visit.page(
        "compare.html",
        metric=metric,
        families=catalogue.lines(workspace),
        dims=[(one, titles[one]) for one in metric.dims if one in titles and one != metrics.UNCUT],
        dimension=dimension,
        known=known,
        first=first,
        second=second,
        found=found,
        trouble=trouble,
        look=look,
    )
