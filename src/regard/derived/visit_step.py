"""Reference of `visit_step`: how far visits came."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.reference import by
from regard.derived.versions import stamp, version_at, versions

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs, Row

STEPS = {
    "landing": "started_at",
    "product": "product_at",
    "cart": "cart_at",
    "checkout": "checkout_at",
    "payment": "payment_at",
    "order": "bought_at",
}
"""Step -> column that says when it was reached."""

CARRIED = (
    *("source", "source_id", "visit_id", "visitor_id", "party_id", "started_at", "errors", "is_bot", "traffic_source"),
    *("channel", "device", "landing", "product", "bucket"),
)
"""What a row takes from the visit as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each step that a visit reached; see `Reference`."""
    history = versions(inputs["party"], until)
    table = []
    for visit in inputs["visit"]:
        if visit["started_at"] > until or (visit["is_bot"] and arguments["bots"] == "out"):
            continue
        times = [by(until, visit[column]) for column in STEPS.values()]
        depth = _depth(visit, times)
        common = {name: visit[name] for name in CARRIED}
        common |= stamp(version_at(history, visit["party_id"], visit["started_at"]))
        load = visit["p75_load_ms"]
        common |= {"ordered": depth == len(STEPS), "slow": None if load is None else load > float(arguments["slow_ms"])}
        for number, (step, at, following) in enumerate(zip(STEPS, times, [*times[1:], None], strict=True), start=1):
            if number <= depth:
                seconds = None if at is None or following is None or following < at else (following - at) / 1_000_000
                row = {"step": step, "step_number": number, "at": at, "next_reached": number < depth}
                table.append(common | row | {"seconds": seconds})
    return table


def _depth(visit: Row, times: list[int | None]) -> int:
    """The last step reached; an order counts as reached when it is named, though nobody says when."""
    if visit["bought_at"] is None and visit["order_id"] is not None:
        return len(STEPS)
    return max(number for number, at in enumerate(times, start=1) if at is not None)
