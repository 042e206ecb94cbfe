"""Reports to take away: what there are, and each as one HTML file or as PDF."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException

from regard.access import Permission
from regard.web.routing import Area
from regard.web.views import documents, ledger

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.web.visit import Visit
    from regard.workspace import Workspace

AREA = Area("reports")


def _files(workspace: Workspace) -> list[str]:
    return [f"/report/incident/html?incident={quote(name)}" for name in ledger.incident_ids(workspace, 1)]


@AREA.page("/reports", needs=Permission.VIEW, menu="Reports")
def listed(visit: Visit) -> Response:
    """List the reports there are (R111, R116)."""
    known = visit.workspace.catalogue.reports
    shown = ledger.days(visit.workspace, {})
    calendar = visit.workspace.calendar
    latest = {
        name: calendar.shift(calendar.period_of(shown.last, one.grain), one.grain, -1).start.isoformat()
        for name, one in known.items()
    }
    recent = next(iter(ledger.incident_ids(visit.workspace, 1)), "INC-1")
    return visit.page("reports.html", reports=[*known.values()], latest=latest, incident=recent)


@AREA.page("/report/{report}/{kind}", needs=Permission.EXPORT, examples=_files)
def report(visit: Visit) -> Response:
    """Hand out a report as one file (R119, R125)."""
    name, kind, workspace = visit.path["report"], visit.path["kind"], visit.workspace
    if kind not in documents.KINDS or name not in workspace.catalogue.reports:
        raise HTTPException(404, f"There is no report '{name}' as {kind}; /reports lists those there are.")
    query = visit.query
    filled = documents.filled(visit, name, incident=query.get("incident", ""), period=query.get("period", ""))
    return documents.printed(filled, workspace.config.name, kind)
