"""Reports as files: filled for who asks, and printed as HTML or PDF to be kept."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from starlette.responses import Response

from regard import reports
from regard.access import Permission
from regard.errors import QuestionError
from regard.model.reports import INCIDENT, PERIOD
from regard.web.views import ledger

if TYPE_CHECKING:
    from regard.reports import Report
    from regard.web.visit import Visit

KINDS = {"html": "application/octet-stream", "pdf": "application/pdf"}
"""Ending of a file -> its media type: HTML is there to be kept, and never opened as a page of this server."""


def filled(visit: Visit, name: str, *, incident: str, period: str) -> Report:
    """Return a report with what its reader may see; single customers are named to those who may see rows.

    Args:
        visit: who asks.
        name: id of a report that there is.
        incident: which, where the report is about one.
        period: a day or month of the period, "" for the last that is over.

    Raises:
        QuestionError: the incident is not named or unknown, or the period is none.
    """
    workspace = visit.workspace
    of = workspace.catalogue.reports[name].of
    incident = incident.strip() if of == INCIDENT else ""
    if of == INCIDENT and not incident:
        raise QuestionError("This report is about one incident: name its id.")
    asked = period.strip() if of == PERIOD else ""
    day = ledger.days(workspace, {"from": asked}).start if asked else None
    return workspace.report(name, incident=incident, day=day, named=visit.may(Permission.ROWS))


def printed(report: Report, company: str, kind: str) -> Response:
    """Return a report as a file of one of `KINDS`."""
    document = reports.html(report)
    content = document.encode() if kind == "html" else reports.pdf(document)
    stem = re.sub(r"[^\w.-]+", "-", f"{company}-{report.template.id}-{report.subject}".lower())
    kept = {"Content-Disposition": f'attachment; filename="{stem}.{kind}"'}
    return Response(content, media_type=KINDS[kind], headers=kept)
