"""Which orders stand, and which come first."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.derived.reference import Row


def stands(order: Row, until: int) -> bool:
    """Return whether it is an order at all: no credit note, and not cancelled by `until`."""
    return not order["is_credit"] and (order["cancelled_at"] is None or order["cancelled_at"] > until)


def standing_orders(orders: Sequence[Row], until: int) -> dict[int, list[Row]]:
    """Return party -> its standing orders placed by `until`, in their order."""
    mine = defaultdict(list)
    for order in orders:
        if order["party_id"] is not None and order["ordered_at"] <= until and stands(order, until):
            mine[order["party_id"]].append(order)
    for sequence in mine.values():
        sequence.sort(key=lambda order: (order["ordered_at"], order["source"], order["source_id"]))
    return dict(mine)
