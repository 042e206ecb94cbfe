"""The API: what the pages show, for programs. JSON of the stable contract, CSV for spreadsheets, OpenAPI about both."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Query
from starlette.responses import PlainTextResponse, Response

from regard.access import Permission
from regard.present import document, interruption
from regard.sql import warehouse
from regard.web.api import schemas as told
from regard.web.api.declaring import ID, METRIC, REFUSED, ROOT, first_metric, getter, known, or_lost, settings
from regard.web.api.printing import address, as_csv, as_json, linked, listed
from regard.web.routing import Area
from regard.web.views import knowledge, paths, questions
from regard.web.views.operations import operations
from regard.web.visit import Visiting

if TYPE_CHECKING:
    from regard.web.visit import Visit

AREA = Area("api")
get = getter(AREA)


@get("", Permission.VIEW, told.WorkspaceTold, "The workspace, and which version of the data is newest")
def workspace(visit: Visiting) -> Response:
    """Answer what the workspace is; `snapshot` changes when, and only when, new data landed."""
    return as_json(knowledge.about(visit.workspace))


@get("/metrics", Permission.VIEW, told.Page[told.MetricTold], "Definitions of metrics, in short", csv=True)
def metrics(visit: Visiting, asked: Annotated[told.MetricsAsked, Query()]) -> Response:
    """List metrics, with words to search for."""
    return listed(visit.request, asked, knowledge.metrics(visit.workspace, asked.q, asked.family or ""), "metrics")


@get(
    "/metrics/{metric}", Permission.VIEW, dict[str, Any], "A definition, opened", lost=True,
    examples=first_metric("/metrics/{metric}"),
)  # fmt: skip
def metric(visit: Visiting, metric: METRIC, asked: Annotated[told.Chosen, Query()]) -> Response:
    """Open a definition: as written, in words, with its choices and the SQL that it runs."""
    return as_json(knowledge.definition(visit.workspace, known(visit.workspace, metric), settings(asked.set)))


@get("/dimensions", Permission.VIEW, told.Page[told.DimensionTold], "Ways to cut numbers", csv=True)
def dimensions(visit: Visiting, asked: Annotated[told.Paged, Query()]) -> Response:
    """List dimensions."""
    return listed(visit.request, asked, knowledge.dimensions(visit.workspace), "dimensions")


@get(
    "/ask", Permission.EXPORT, told.AnswerTold | list[told.AnswerTold], "Numbers: metrics by dimension and period",
    csv=True, examples=first_metric("/ask?metric={metric}&grain=all"),
)  # fmt: skip
def ask(visit: Visiting, asked: Annotated[told.Asked, Query()]) -> Response:
    """Answer a question; the shape is that of `regard ask --json`, a list for several metrics.

    Of more numbers than `limit` the header `Link` names the address of the next.
    """
    answers = questions.asked(visit.workspace, asked, settings(asked.set))
    total = sum(len(answer.cells) for answer in answers)
    after = asked.offset + asked.limit
    headers = linked(address(visit.request, offset=after) if after < total else None)
    part = questions.part(answers, asked.offset, asked.limit)
    if asked.format == "csv":
        return as_csv(document.to_csv(part), "-".join(answer.metric.id for answer in answers), headers)
    documents = [document.document(answer) for answer in part]
    return as_json(documents[0] if len(documents) == 1 else documents, headers=headers)


@get(
    "/explain/{metric}", Permission.EXPORT, dict[str, Any], "One number, opened", lost=True,
    examples=first_metric("/explain/{metric}?period=2026"),
)  # fmt: skip
def explain(visit: Visiting, metric: METRIC, asked: Annotated[told.Opened, Query()]) -> Response:
    """Open a number: leaves, rows, choices and lineage."""
    name = known(visit.workspace, metric)
    return as_json(questions.explained(visit.workspace, name, asked.period, settings(asked.set)).document())


@get("/ready", Permission.QUALITY, told.Page[told.ReadyTold], "Which metrics the data can answer", csv=True)
def ready(visit: Visiting, asked: Annotated[told.ReadyAsked, Query()]) -> Response:
    """List for every metric whether it is ready, what it needs, or why it does not apply."""
    found = [one for one in knowledge.ready(visit.workspace) if asked.state in (None, one["state"])]
    return listed(visit.request, asked, found, "ready")


@get("/findings", Permission.QUALITY, told.Page[told.FindingTold], "What somebody should look at", csv=True)
def findings(visit: Visiting, asked: Annotated[told.FindingsAsked, Query()]) -> Response:
    """List findings, the gravest first; rows that were turned away are not shown here."""
    status = None if asked.status == "all" else asked.status
    found = knowledge.findings(visit.workspace, kind=asked.kind, rule=asked.rule, status=status, source=asked.source)
    return listed(visit.request, asked, found, "findings")


@get("/freshness", Permission.QUALITY, told.FreshnessTold, "How old sources and tables are")
def freshness(visit: Visiting) -> Response:
    """Answer how old everything is, what is allowed, and which metrics rest on it."""
    return as_json(knowledge.freshness(visit.workspace))


@get("/snapshots", Permission.QUALITY, told.Page[told.SnapshotTold], "Versions of the data, newest first", csv=True)
def snapshots(visit: Visiting, asked: Annotated[told.Paged, Query()]) -> Response:
    """List the versions that `as_of` can go back to."""
    return listed(visit.request, asked, knowledge.snapshots(visit.workspace), "snapshots")


@get("/impact", Permission.EXPORT, dict[str, Any], "Customer minutes lost by dimensions, adding up to the whole")
def impact(visit: Visiting, asked: Annotated[told.ImpactAsked, Query()]) -> Response:
    """Break minutes lost down."""
    start, end = questions.days(asked.from_, asked.to)
    report = visit.workspace.impact(
        asked.by, grain=asked.grain, start=start, end=end, as_of=asked.as_of, until=asked.until
    )
    return as_json(interruption.as_document(report))


@get("/queue", Permission.EXPORT, list[dict[str, Any]], "Open incidents, the costliest first")
def queue(visit: Visiting, asked: Annotated[told.Cut, Query()]) -> Response:
    """Rank what is open by what it will cost customers."""
    return as_json(interruption.as_document(visit.workspace.queue(as_of=asked.as_of, until=asked.until)))


@get("/incidents", Permission.EXPORT, dict[str, Any], "Incidents of some days, and where their minutes went")
def incidents(visit: Visiting, asked: Annotated[told.Span, Query()]) -> Response:
    """List the incidents of some days, by default of the last 30, those that took most first."""
    start, end = questions.days(asked.from_, asked.to)
    return as_json(interruption.as_document(visit.workspace.stretch(start, end, as_of=asked.as_of, until=asked.until)))


@get(
    "/incidents/{incident}", Permission.EXPORT, dict[str, Any], "An incident, opened", lost=True,
    examples=paths.of_first("incident", "incident_id", f"{ROOT}/incidents/"),
)  # fmt: skip
def incident(visit: Visiting, incident: ID, asked: Annotated[told.Cut, Query()]) -> Response:
    """Open an incident: who, when, how deep, and what came of it."""
    found = or_lost(lambda: visit.workspace.incident(incident, as_of=asked.as_of, until=asked.until))
    return as_json(interruption.as_document(found))


@get(
    "/incidents/{incident}/course",
    Permission.EXPORT,
    list[dict[str, Any]],
    "How many customers were losing service, from each instant at which that changed",
    lost=True,
    examples=paths.of_first("incident", "incident_id", f"{ROOT}/incidents/", "/course"),
)
def course(visit: Visiting, incident: ID, asked: Annotated[told.Cut, Query()]) -> Response:
    """Answer the course of an incident, for a chart."""
    found = or_lost(lambda: visit.workspace.course(incident, as_of=asked.as_of, until=asked.until))
    return as_json(interruption.as_document(found))


@get(
    "/customers/{customer}/ledger", Permission.ROWS, dict[str, Any], "What one customer lost and said", lost=True,
    examples=paths.of_first("party", "source_party", f"{ROOT}/customers/", "/ledger"),
)  # fmt: skip
def ledger(visit: Visiting, customer: ID, asked: Annotated[told.Cut, Query()]) -> Response:
    """Open the ledger of a customer, named by its key as written, or its surrogate."""
    found = or_lost(lambda: visit.workspace.ledger(customer, as_of=asked.as_of, until=asked.until))
    return as_json(interruption.as_document(found))


@get(
    "/escalation", Permission.ROWS, dict[str, Any], "What stands behind tickets", lost=True,
    examples=paths.of_first("case", "case_id", f"{ROOT}/escalation?case="),
)  # fmt: skip
def escalation(visit: Visiting, asked: Annotated[told.Tickets, Query()]) -> Response:
    """Answer what stands behind tickets, each incident and customer once in their total."""
    found = or_lost(lambda: visit.workspace.escalation(asked.case, as_of=asked.as_of, until=asked.until))
    return as_json(interruption.as_document(found))


@AREA.api(
    f"{ROOT}/warehouse.sql",
    needs=Permission.EXPORT,
    response_class=PlainTextResponse,
    summary="A script that makes the tables, and views for BI tools, in a warehouse of yours",
    responses=REFUSED | {200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def script(visit: Visiting, asked: Annotated[told.Warehouse, Query()]) -> Response:
    """Answer SQL that may be run again and again; its views leave out what is personal and explain each column."""
    return PlainTextResponse(warehouse(visit.workspace.catalogue.tables.values(), asked.dialect))


@AREA.api(f"{ROOT}/openapi.json", needs=Permission.VIEW, include_in_schema=False)
def description(visit: Visiting) -> Response:
    """Answer the description of the API (OpenAPI 3.1), for programs that make clients of it."""
    return as_json(visit.request.app.openapi())


@AREA.page("/api", needs=Permission.VIEW, menu="API")
def documentation(visit: Visit) -> Response:
    """Show the API to people: every address with its parameters, feeds for spreadsheets, and how to sign in."""
    return visit.page("api.html", operations=operations(visit.request.app.openapi()))
