"""Reference of `order_product`: what orders were made of."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.orders import stands
from regard.derived.reference import by, earliest, total
from regard.derived.versions import stamp, version_at, versions

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs, Row

CARRIED = (
    *("source", "source_id", "order_id", "party_id", "ordered_at", "is_credit", "channel", "first_traffic_source"),
    *("device", "bucket"),
)
"""What a row takes from the order as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:  # noqa: ARG001 - see `Reference`
    """Return one row for each product of an order; an order without lines is one row; see `Reference`."""
    history = versions(inputs["party"], until)
    orders = [order for order in inputs["order"] if order["ordered_at"] <= until]
    lines = _lines(orders, inputs["order_line"])
    table = []
    for order in orders:
        common = {name: order[name] for name in CARRIED} | {"counted": stands(order, until)}
        common |= stamp(version_at(history, order["party_id"], order["ordered_at"]))
        products = lines[order["source"], order["source_id"]]
        table += [common | {"product": product} | _sums(mine, until) for product, mine in products.items()]
        if not products:
            table.append(common | _alone(order, until))
    return table


def _lines(orders: list[Row], lines: Any) -> Any:  # noqa: ANN401 - nested defaultdicts
    """(source, source_id) of an order -> product -> lines.

    An order id that one source alone uses is plain; one that several sources use means that of the line's own source.
    """
    keys: dict[str, dict[str, str]] = defaultdict(dict)
    for order in sorted(orders, key=lambda order: (order["source"], order["source_id"])):
        keys[order["order_id"]].setdefault(order["source"], order["source_id"])
    found: Any = defaultdict(lambda: defaultdict(list))
    for line in lines:
        sources = keys.get(line["order_id"], {})
        source = next(iter(sources)) if len(sources) == 1 else line["source"]
        if source in sources:
            found[source, sources[source]][line["product"]].append(line)
    return found


def _sums(lines: list[Row], until: int) -> dict[str, Any]:
    back = [line for line in lines if _came_back(line, until)]
    return {
        "category": earliest([line["category"] for line in lines]),
        "lines": len(lines),
        "quantity": total([line["quantity"] for line in lines]),
        "net": total([line["net"] for line in lines]),
        "discount": total([line["discount"] for line in lines]),
        "returned_quantity": total([line["returned_quantity"] for line in back]) if back else 0,
        "returned": bool(back),
        "returned_at": earliest([line["returned_at"] for line in back]),
        "return_reason": earliest([line["return_reason"] for line in back]),
    }


def _came_back(line: Row, until: int) -> bool:
    if line["returned_at"] is None:
        return line["returned_quantity"] is not None and line["returned_quantity"] > 0
    return bool(line["returned_at"] <= until)


def _alone(order: Row, until: int) -> dict[str, Any]:
    """An order of which no line is known, as it describes itself."""
    returned_at = by(until, order["returned_at"])
    return {
        "product": order["product"],
        "category": order["category"],
        "lines": 0,
        "quantity": order["items"],
        "net": order["net"],
        "discount": order["discount"],
        "returned_quantity": 0 if returned_at is None else None,
        "returned": returned_at is not None,
        "returned_at": returned_at,
        "return_reason": None if returned_at is None else order["return_reason"],
    }
