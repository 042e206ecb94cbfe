"""Interruption: incidents, one incident with its comments and its impact, causes, customers, the queue, tickets."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.responses import PlainTextResponse

from regard.access import Permission
from regard.errors import QuestionError
from regard.present import interruption
from regard.web.commenting import REFUSED, about, comments
from regard.web.routing import Area
from regard.web.views import ledger, recording
from regard.web.views.ledger import customer_ids, incident_ids

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.web.visit import Visit
    from regard.workspace import Workspace

AREA = Area("incidents")
SEPARATORS = re.compile(r"[\s,;]+")


@AREA.page("/incidents", needs=Permission.VIEW, menu="Incidents")
def incidents(visit: Visit) -> Response:
    """List the incidents of some days, and what is open now (R023, R026)."""
    shown = ledger.days(visit.workspace, visit.query)
    return visit.page("incidents.html", **ledger.incidents(visit.workspace, shown))


def _incidents(workspace: Workspace) -> list[str]:
    return [f"/incident/{quote(name, safe='')}" for name in incident_ids(workspace)]


@AREA.page("/incident/{incident}", needs=Permission.VIEW, kept=False, examples=_incidents)
def incident(visit: Visit) -> Response:
    """Open an incident: who, when, how deep, and what came of it (R119)."""
    return _opened(visit)


def _opened(visit: Visit, trouble: str = "", written: str = "") -> Response:
    name = visit.path["incident"]
    return visit.page(
        "incident.html",
        name=name,
        at=f"/incident/{quote(name, safe='')}",
        comments=about(visit, _subject(name)),
        trouble=trouble,
        written=written,
        may_comment=visit.may(Permission.COMMENT),
        permission=Permission,
        **ledger.incident(visit.workspace, name),
    )


@AREA.page(
    "/incident/{incident}/postmortem.md",
    needs=Permission.EXPORT,
    examples=lambda workspace: [f"{path}/postmortem.md" for path in _incidents(workspace)[:1]],
)
def postmortem(visit: Visit) -> Response:
    """Hand out the section of a post-mortem as Markdown."""
    workspace, name = visit.workspace, visit.path["incident"]
    text = interruption.postmortem(workspace.incident(name), ledger.zone(workspace))
    return PlainTextResponse(text, media_type="text/markdown; charset=utf-8")


def _about(visit: Visit) -> str:
    visit.workspace.incident(visit.path["incident"])
    return _subject(visit.path["incident"])


comments(AREA, "/incident/{incident}", subject=_about, shown=_opened, examples=lambda ws: _incidents(ws)[:1])


# ----------------------------------------------------------------------------------------------------------------------
# Recording impact


@AREA.page(
    "/incident/{incident}/impact",
    needs=Permission.IMPACT,
    kept=False,
    examples=lambda workspace: [f"{path}/impact" for path in _incidents(workspace)[:1]],
)
def impact(visit: Visit) -> Response:
    """Ask who was affected by an incident, from when to when, and how we know (R019, R020)."""
    name = visit.path["incident"]
    visit.workspace.incident(name)
    return visit.page("impact.html", **recording.asked(visit.workspace, name, {}))


@AREA.form(
    "/incident/{incident}/impact",
    needs=Permission.IMPACT,
    examples=lambda workspace: [f"{path}/impact" for path in _incidents(workspace)[:1]],
)
def record(visit: Visit) -> Response:
    """Show who matches; once that is confirmed, write the rows into the workspace's own file of impact."""
    name = visit.path["incident"]
    visit.workspace.incident(name)
    form = {key: str(value) for key, value in visit.form.items()}
    found = recording.asked(visit.workspace, name, form)
    addition = found["addition"]
    if addition is None:
        return visit.page("impact.html", status=REFUSED, **found)
    if form.get("confirmed") != "yes" or not addition.rows:
        return visit.page("impact.html", **found)
    visit.workspace.add_impact(addition)
    told = {"rows": len(addition.rows), "who": addition.loss.who}
    visit.record("impact.add", _subject(name), after=told)
    return visit.page("impact.html", **(found | {"written": len(addition.rows)}))


# ----------------------------------------------------------------------------------------------------------------------
# Causes, customers, tickets


@AREA.page("/ledger", needs=Permission.VIEW, menu="Ledger")
def explorer(visit: Visit) -> Response:
    """Show customer minutes by cause, service or segment, by phase, and who lost most (R027, R030, R117)."""
    shown = ledger.days(visit.workspace, visit.query)
    by = [one for one in (visit.query.get("by", "cause"), visit.query.get("and", "")) if one]
    named = visit.may(Permission.ROWS)
    return visit.page(
        "ledger.html", **ledger.explorer(visit.workspace, list(dict.fromkeys(by)), shown, customers=named)
    )


@AREA.page(
    "/customer/{customer}",
    needs=Permission.ROWS,
    examples=lambda workspace: [f"/customer/{name}" for name in customer_ids(workspace)],
)
def customer(visit: Visit) -> Response:
    """Show what one customer lost and said, in order of time."""
    return visit.page("customer.html", **ledger.customer(visit.workspace, visit.path["customer"]))


@AREA.page("/customer", needs=Permission.ROWS)
def find_customer(visit: Visit) -> Response:
    """Lead to the ledger of the customer whose key was typed."""
    name = visit.query.get("key", "").strip()
    if not name:
        return visit.page("customers.html")
    return visit.go(f"/customer/{quote(name, safe='')}")


@AREA.page("/escalation", needs=Permission.ROWS, menu="Tickets")
def escalation(visit: Visit) -> Response:
    """Show customers, minutes and money behind tickets (R029)."""
    asked = visit.query.get("tickets", "").strip()
    cases = [one for one in SEPARATORS.split(asked) if one]
    found, trouble = None, ""
    if cases:
        try:
            found = ledger.escalation(visit.workspace, cases)
        except QuestionError as error:
            trouble = str(error)
    return visit.page("escalation.html", asked=asked, found=found, trouble=trouble, status=REFUSED if trouble else 200)


def _subject(name: str) -> str:
    return f"incident:{name}"
