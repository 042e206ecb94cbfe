"""Reports to take away: what there are, and each as one HTML file or as PDF."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.responses import Response

from regard import reports
from regard.access import Permission
from regard.errors import QuestionError
from regard.model.reports import INCIDENT, PERIOD
from regard.web.routing import Area
from regard.web.views import ledger

if TYPE_CHECKING:
    from regard.web.visit import Visit
    from regard.workspace import Workspace

AREA = Area("reports")
KINDS = {"html": "application/octet-stream", "pdf": "application/pdf"}
"""Ending of a file -> its media type: HTML is there to be kept, and never opened as a page of this server."""


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
    known = workspace.catalogue.reports
    if kind not in KINDS or name not in known:
        raise HTTPException(404, f"There is no report '{name}' as {kind}; /reports lists those there are.")
    of = known[name].of
    incident = visit.query.get("incident", "").strip() if of == INCIDENT else ""
    asked = visit.query.get("period", "").strip() if of == PERIOD else ""
    day = ledger.days(workspace, {"from": asked}).start if asked else None
    if of == INCIDENT and not incident:
        raise QuestionError("This report is about one incident: name its id.")
    filled = workspace.report(name, incident=incident, day=day)
    document = reports.html(filled)
    content = document.encode() if kind == "html" else reports.pdf(document)
    stem = re.sub(r"[^\w.-]+", "-", f"{workspace.config.name}-{name}-{filled.subject}".lower())
    kept = {"Content-Disposition": f'attachment; filename="{stem}.{kind}"'}
    return Response(content, media_type=KINDS[kind], headers=kept)
