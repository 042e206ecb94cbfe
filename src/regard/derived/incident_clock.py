"""Reference of `incident_clock`: the operator's clocks of each incident."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.cases import Register, key
from regard.derived.reference import by

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs

CLOCKS = {
    "detect": "detected_at",
    "acknowledge": "acknowledged_at",
    "declare": "declared_at",
    "know": "status_posted_at",
    "mitigate": "mitigated_at",
    "resolve": "resolved_at",
}
"""Duration -> the instant at which it ends; 0 for what was done before the loss began."""

CARRIED = ("source", "source_id", "incident_id", "planned", "change_triggered", "severity", "cause", "service")
"""What a row takes from its incident as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each incident whose clock has begun; see `Reference`."""
    register = Register(inputs["incident"], "incident_id")
    losses = defaultdict(list)
    for impact in inputs["impact"]:
        behind = register.find(impact["source"], impact["incident_id"])
        if behind and impact["start_at"] <= until:
            losses[behind].append(impact["start_at"])
    table = []
    for incident in inputs["incident"]:
        starts = losses[key(incident)]
        impact_at = min(starts) if starts and arguments["clock"] == "customer" else incident["started_at"]
        if impact_at > until:
            continue
        row = {name: incident[name] for name in CARRIED}
        row |= {"team": incident["owner_team"], "impact_at": impact_at, "has_impact": bool(starts)}
        row |= {"resolved": by(until, incident["resolved_at"]) is not None, "noticed": None, "notice": None}
        for name, column in CLOCKS.items():
            at = by(until, incident[column])
            row[name] = None if at is None else max(0, at - impact_at)
        if incident["planned"]:
            notice_at = by(impact_at, incident["notice_at"])
            row |= {"noticed": notice_at is not None, "notice": None if notice_at is None else impact_at - notice_at}
        table.append(row)
    return table
