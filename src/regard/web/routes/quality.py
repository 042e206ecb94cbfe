"""How far the data can be trusted: data quality, findings one by one, which metrics are ready, one number opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from regard.access import Permission
from regard.errors import QuestionError
from regard.web.routing import Area
from regard.web.views import knowledge, quality

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response

    from regard.web.visit import Visit
    from regard.workspace import Workspace

AREA = Area("quality")


def _first_finding(workspace: Workspace) -> Sequence[str]:
    return [f"/finding/{one.id}" for one in workspace.findings()[:1]]


@AREA.page("/data-quality", needs=Permission.QUALITY, menu="Data quality")
def data_quality(visit: Visit) -> Response:
    """Show how old everything is, what was turned away, and which metrics that touches."""
    return visit.page("quality.html", **quality.overview(visit.workspace))


@AREA.page("/findings", needs=Permission.QUALITY)
def findings(visit: Visit) -> Response:
    """List what somebody should look at, the gravest first."""
    status, source = visit.query.get("status", "open"), visit.query.get("source", "")
    if status not in (*quality.STATUSES, "all"):
        raise QuestionError(f"a finding is {', '.join(quality.STATUSES)} or all, not '{status}'")
    found = knowledge.findings(visit.workspace, status=None if status == "all" else status, source=source or None)
    sources = sorted({one.scope["source"] for one in visit.workspace.findings() if one.scope.get("source")})
    return visit.page(
        "findings.html",
        findings=found,
        chosen=status,
        source=source,
        sources=sources,
        statuses=quality.STATUSES,
        marks=quality.MARKS,
    )


@AREA.page("/finding/{finding}", needs=Permission.QUALITY, kept=False, examples=_first_finding)
def finding(visit: Visit) -> Response:
    """Open a finding; rows as they came only for whoever may see rows."""
    told = quality.of_finding(visit.workspace, visit.path["finding"])
    if not visit.may(Permission.ROWS):
        told["finding"]["examples"] = []
    return visit.page("finding.html", rows=visit.may(Permission.ROWS), judge=visit.may(Permission.LOAD), **told)


@AREA.form("/finding/{finding}", needs=Permission.LOAD, examples=_first_finding)
def judge(visit: Visit) -> Response:
    """Say where a finding stands."""
    key, status = visit.path["finding"], str(visit.form.get("status", ""))
    if status not in quality.STATUSES:
        raise QuestionError(f"a finding is one of {', '.join(quality.STATUSES)}, not '{status}'")
    try:
        visit.workspace.store.set_status(key, status)
        visit.record("finding.judge", key, after={"status": status})
    except ValueError as error:
        raise HTTPException(404, str(error)) from None
    return visit.go(f"/finding/{key}")


@AREA.page("/ready", needs=Permission.QUALITY)
def ready(visit: Visit) -> Response:
    """Show which metrics the data can answer, and what the others lack."""
    if visit.workspace.snapshot() is None:
        return visit.page("ready.html", states={}, marks=quality.MARKS)
    return visit.page("ready.html", **quality.readiness(visit.workspace))


@AREA.page("/explain", needs=Permission.VIEW)
def explain(visit: Visit) -> Response:
    """Open one number: its leaves, rows, choices and where its rows came from."""
    return visit.page("explain.html", **quality.opened(visit.workspace, visit.query))
