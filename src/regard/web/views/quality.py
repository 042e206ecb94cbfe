"""How far the data can be trusted, as pages show it: age, coverage, what was turned away, which metrics it touches."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.errors import QuestionError
from regard.present import numbers, words
from regard.present.interruption import length
from regard.web.views import knowledge
from regard.workspace.freshness import FRESH, NEVER, STALE, metrics_by_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.workspace import Workspace
    from regard.workspace.freshness import Freshness, SourceFreshness, TableFreshness

MINUTE_US = 60_000_000
MARKS: Mapping[str, words.Mark] = {
    FRESH: words.STATUS["met"],
    STALE: words.STATUS["missed"],
    NEVER: words.STATUS["missed"],
    "error": words.STATUS["missed"],
    "warning": words.Mark("!", words.UNSURE, "!"),
    "info": words.NO_WORD,
    "ready": words.STATUS["met"],
    "needs": words.Mark("!", words.UNSURE, "!"),
    "not applicable": words.NO_WORD,
}
"""State -> sign and tone, beside its word."""
STATES = {"ready": "ready", "needs": "need data", "not applicable": "not applicable"}
"""State of a metric -> what metrics in it are."""
EXAMPLES = 20
"""Rows of a finding that its page shows."""
STATUSES: Mapping[str, str] = {
    "open": "somebody should look at it",
    "ack": "somebody looks after it",
    "resolved": "it is mended",
    "dismissed": "it is no fault",
}


def overview(workspace: Workspace) -> dict[str, Any]:
    """Return the page of data quality: sources, tables, and what is open."""
    snapshot = workspace.snapshot()
    found = workspace.freshness(newest=snapshot is not None and not workspace.scope)
    open_findings = knowledge.findings(workspace)
    by_table = _counted(open_findings)
    return {
        "snapshot": snapshot,
        "now": found.now,
        "still": found.still,
        "sources": [_source(one, found) for one in found.sources],
        "tables": [_table(one, found, by_table.get(one.table, 0), workspace) for one in found.tables],
        "open": open_findings,
        "graves": {
            severity: sum(one["severity"] == severity for one in open_findings) for severity in knowledge.SEVERITIES
        },
        "turned": [one for one in open_findings if one["severity"] == "error" and one["kind"] == "dq"],
        "marks": MARKS,
    }


def of_finding(workspace: Workspace, key: str) -> dict[str, Any]:
    """Return the page of a finding: what it says, rows that it is about, what would mend it, metrics that it touches.

    Raises:
        QuestionError: there is none of that id.
    """
    one = next((each for each in workspace.findings() if each.id == key), None)
    if one is None:
        raise QuestionError(f"there is no finding '{key}'")
    touched = metrics_by_table(workspace.catalogue).get(one.scope.get("table", ""), ())
    return {
        "finding": knowledge.opened(workspace, one, EXAMPLES),
        "touched": [(name, workspace.catalogue.metric(name).title) for name in touched],
        "statuses": STATUSES,
        "marks": MARKS,
    }


def readiness(workspace: Workspace) -> dict[str, Any]:
    """Return the page of readiness: every metric by state, with how many there are of each."""
    found = knowledge.ready(workspace)
    return {
        "states": {state: [one for one in found if one["state"] == state] for state in STATES},
        "called": STATES,
        "marks": MARKS,
    }


def opened(workspace: Workspace, query: Mapping[str, str]) -> dict[str, Any]:
    """Return the page that explains a number: the form, and the number opened where one is asked for."""
    from regard.web.views.questions import explained  # noqa: PLC0415 - the API's schemas, of which this page needs none

    name, said = query.get("metric", "").strip(), query.get("period", "").strip()
    told: dict[str, Any] = {
        "names": [(one["metric"], one["title"]) for one in knowledge.metrics(workspace) if one["answerable"]],
        "metric": name,
        "period": said,
        "trouble": "",
        "opened": None,
    }
    if name and said:
        try:
            found = explained(workspace, name, said, {})
        except QuestionError as error:
            return told | {"trouble": str(error)}
        metric, cell, answer = found.answer.metric, found.cell, found.answer
        value = words.estimate(cell.estimate, metric.unit, answer.currency) or words.why_missing(cell.estimate)
        told |= {"opened": found, "value": value, "choices": _choices(workspace, found.answer.metric)}
    return told


def _choices(workspace: Workspace, metric: Any) -> list[tuple[str, str, str]]:  # noqa: ANN401 - a metric
    chosen = dict(metric.options_set)
    register = workspace.catalogue.choices
    return [(one.id, chosen.get(one.id, one.default), register[one.id].question) for one in metric.choices]


def _counted(findings: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for one in findings:
        table = one["scope"].get("table", "")
        if table and one["severity"] == "error":
            found[table] = found.get(table, 0) + one["count"]
    return found


def _source(one: SourceFreshness, found: Freshness) -> dict[str, Any]:
    every = one.source.every
    return {
        "name": one.source.name,
        "means": one.source.means,
        "state": one.state,
        "why": one.why,
        "read": _ago(one.read_at, found),
        "read_at": one.read_at,
        "newest": _ago(one.newest, found),
        "every": "" if every is None else length(every / MINUTE_US),
        "rows": one.rows,
        "refused": one.refused,
        "coverage": numbers.share(1 - one.refused / one.rows) if one.rows else "",
    }


def _table(one: TableFreshness, found: Freshness, refused: int, workspace: Workspace) -> dict[str, Any]:
    return {
        "name": one.table,
        "means": workspace.catalogue.tables[one.table].means,
        "state": one.state,
        "read": _ago(one.read_at, found),
        "allowed": length(one.allowed / MINUTE_US),
        "sources": one.sources,
        "refused": refused,
        "metrics": [(name, workspace.catalogue.metric(name).title) for name in one.metrics],
    }


def _ago(at: int | None, found: Freshness) -> str:
    """Return how long ago an instant was, in words."""
    if at is None:
        return ""
    minutes = (found.now - at) / MINUTE_US
    return "just now" if minutes < 1 else f"{length(round(minutes))} ago"
