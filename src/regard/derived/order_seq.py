"""Reference of `order_seq`: orders with their place in the customer's life."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.orders import standing_orders, stands
from regard.derived.reference import by
from regard.derived.versions import stamp, version_at, versions

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs, Row

CARRIED = (
    *("source", "source_id", "order_id", "party_id", "ordered_at", "is_credit", "channel", "product", "category"),
    *("device", "items", "gross", "discount", "net", "cost", "promised_at", "delivery_promised_at", "expedited"),
    "bucket",
)
"""What a row takes from the order as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:  # noqa: ARG001 - see `Reference`
    """Return one row for each order or credit note; see `Reference`."""
    history = versions(inputs["party"], until)
    sequences = standing_orders(inputs["order"], until)
    table = []
    for order in inputs["order"]:
        if order["ordered_at"] > until:
            continue
        row = {name: order[name] for name in CARRIED}
        row |= {"counted": stands(order, until), "cancelled_at": by(until, order["cancelled_at"])}
        row |= _place(order, sequences.get(order["party_id"], []))
        row |= _return(order, until)
        row |= _delivery(order, until)
        table.append(row | stamp(version_at(history, order["party_id"], order["ordered_at"])))
    return table


def _place(order: Row, sequence: list[Row]) -> dict[str, Any]:
    """Which order of the customer it is, and what stands before and after."""
    at = next((number for number, other in enumerate(sequence) if other is order), None)
    if at is None:
        names = ("number", "first", "prev_at", "next_at", "first_at", "first_product", "first_channel")
        return dict.fromkeys(names) | {"first_traffic_source": order["first_traffic_source"]}
    first, came_from = sequence[0], sequence[0]["first_traffic_source"]
    return {
        "number": at + 1,
        "first": at == 0,
        "prev_at": sequence[at - 1]["ordered_at"] if at else None,
        "next_at": sequence[at + 1]["ordered_at"] if at + 1 < len(sequence) else None,
        "first_at": first["ordered_at"],
        "first_product": first["product"],
        "first_channel": first["channel"],
        "first_traffic_source": order["first_traffic_source"] if came_from is None else came_from,
    }


def _return(order: Row, until: int) -> dict[str, Any]:
    returned_at = by(until, order["returned_at"])
    returned = returned_at is not None
    return {
        "returned": returned,
        "returned_at": returned_at,
        "returned_net": order["returned_net"] if returned else 0,
        "return_reason": order["return_reason"] if returned else None,
    }


def _delivery(order: Row, until: int) -> dict[str, Any]:
    shipped_at, delivered_at = by(until, order["shipped_at"]), by(until, order["delivered_at"])
    return {
        "shipped": shipped_at is not None,
        "shipped_at": shipped_at,
        "delivered_at": delivered_at,
        "on_time": _kept(shipped_at, order["promised_at"]),
        "arrived_on_time": _kept(delivered_at, order["delivery_promised_at"]),
    }


def _kept(done: int | None, promised: int | None) -> bool | None:
    return None if done is None or promised is None else done <= promised
