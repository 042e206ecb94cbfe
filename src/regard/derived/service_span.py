"""Reference of `service_span`: services that the company answers for, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.reference import by
from regard.model.time import DAY_US

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:  # noqa: ARG001 - see `Reference`
    """Return one row for each service of the register, and each that an incident names; see `Reference`."""
    begun = [row for row in inputs["incident"] if row["started_at"] <= until]
    first = min((row["started_at"] for row in begun), default=None)
    register: dict[str, dict[str, list[int | None]]] = {}
    for row in inputs["code"]:
        if row["dimension"] == "service":
            known = register.setdefault(row["code"], {"from": [], "to": []})
            known["from"].append(None if row["valid_from"] is None else row["valid_from"] * DAY_US)
            known["to"].append(by(until, None if row["valid_to"] is None else row["valid_to"] * DAY_US))
    for row in begun:
        if row["service"] is not None:
            register.setdefault(row["service"], {"from": [None], "to": [None]})
    table = []
    for service, known in register.items():
        starts = [first if start is None else start for start in known["from"]]
        if any(start is None for start in starts):
            continue
        start_at = min(start for start in starts if start is not None)
        ends = known["to"]
        end_at = None if None in ends else max(end for end in ends if end is not None)
        if start_at <= until and (end_at is None or start_at < end_at):
            table.append({"service": service, "start_at": start_at, "end_at": end_at})
    return table
