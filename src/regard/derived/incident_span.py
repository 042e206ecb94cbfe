"""Reference of `incident_span`: when each service had an incident by the operator's record."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.reference import by

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs, Row


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:  # noqa: ARG001 - see `Reference`
    """Return one row for each piece in which the same incidents go on; see `Reference`."""
    services: dict[str | None, list[tuple[int, int | None, Row]]] = defaultdict(list)
    for incident in inputs["incident"]:
        start, end = incident["started_at"], by(until, incident["resolved_at"])
        if start <= until and (end is None or start < end):
            services[incident["service"]].append((start, end, incident))
    table = []
    for service, spans in services.items():
        edges = sorted({start for start, _, _ in spans} | {end for _, end, _ in spans if end is not None})
        ends: list[int | None] = [*edges[1:], None]
        for since, left in zip(edges, ends, strict=True):
            going = [row for start, end, row in spans if start <= since and (end is None or since < end)]
            if going:
                row = {"service": service, "start_at": since, "end_at": left, "incidents": len(going)}
                table.append(row | {"planned_only": all(each["planned"] for each in going)})
    return table
