"""Reference of `party_first`: how each customer began."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.orders import standing_orders
from regard.derived.reference import by, earliest, words
from regard.derived.spans import entitled
from regard.derived.versions import of_grain, stamp, version_at, versions

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each customer that has begun; see `Reference`."""
    history = versions(inputs["party"], until)
    orders = standing_orders(inputs["order"], until)
    registered = {row["code"] for row in inputs["code"] if row["dimension"] == "event_kind" and row["value_event"]}
    kinds = words(arguments["value_kinds"]) | registered
    moments = [row for row in inputs["event"] if row["kind"] in kinds and row["at"] <= until]
    pieces = entitled(history, "all", until)
    table = []
    for party in sorted(history.keys() | orders.keys()):
        mine, bought = history.get(party, []), orders.get(party, [])
        first_order = bought[0] if bought else None
        served_from = earliest([by(until, version["served_from"]) for version in mine])
        first_order_at = first_order["ordered_at"] if first_order else None
        start_at = earliest([served_from, first_order_at])
        if start_at is None or not of_grain(mine[0] if mine else None, arguments["grain"]):
            continue
        ends = [piece["end_at"] for piece in pieces if piece["party_id"] == party]
        left_at = None if None in ends else max(ends, default=None)
        first_value_at = earliest([row["at"] for row in moments if row["party_id"] == party])
        came_from = [each["traffic_source"] for each in mine] + [each["first_traffic_source"] for each in bought[:1]]
        version = version_at(history, party, start_at)
        stopped = max(start_at, until if left_at is None else left_at)
        row = {
            "party_id": party,
            "bucket": mine[0]["bucket"] if mine else bought[0]["bucket"],
            "start_at": start_at,
            "served_from": served_from,
            "left_at": left_at,
            "first_order_at": first_order_at,
            "first_value_at": first_value_at,
            "ordered": first_order is not None,
            "valued": first_value_at is not None,
            "time_to_order": None if first_order_at is None else first_order_at - start_at,
            "time_to_value": None if first_value_at is None else max(0, first_value_at - start_at),
            "order_elapsed": (stopped if first_order_at is None else first_order_at) - start_at,
            "value_elapsed": max(0, (stopped if first_value_at is None else first_value_at) - start_at),
            "traffic_source": next((source for source in came_from if source is not None), None),
            "channel": first_order["channel"] if first_order else None,
            "product": first_order["product"] if first_order else None,
            "size": version["size"] if version else 1,
        }
        table.append(row | stamp(version))
    return table
