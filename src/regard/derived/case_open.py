"""Reference of `case_open`: when cases stood open."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.cases import courses
from regard.derived.versions import cut, stamp, versions

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs

CARRIED = (
    *("case_id", "kind", "party_id", "product", "category", "cause", "service", "journey", "touchpoint", "team"),
    *("priority", "language", "incident_id", "due_at", "bucket"),
)
"""What a row takes from its root case as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:  # noqa: ARG001 - see `Reference`
    """Return one row for each piece of an open span that lasted; see `Reference`."""
    found, _, _ = courses(inputs, until)
    history = versions(inputs["party"], until)
    return [
        {"source": root[0], "source_id": root[1]}
        | {name: course.root[name] for name in CARRIED}
        | {"channel": course.root["channel_first"], "opened_at": course.opened_at, "number": number}
        | {"since_at": span.start, "left_at": span.end, "start_at": start, "end_at": end}
        | stamp(version)
        for root, course in found.items()
        for number, span in enumerate(course.spans, start=1)
        if span.start != span.end
        for start, end, version in cut(history, course.root["party_id"], span.start, span.end)
    ]
