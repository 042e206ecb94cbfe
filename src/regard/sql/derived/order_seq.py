"""SQL of `order_seq`: orders with their place in the customer's life."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.order_seq import CARRIED
from regard.sql.derived.orders import stands
from regard.sql.derived.steps import Step, columns, come, query
from regard.sql.derived.versions import STAMP, stamped, version

if TYPE_CHECKING:
    from regard.derived import Arguments

LIFE = "PARTITION BY party_id ORDER BY ordered_at, source, source_id"
FIRST = {
    "first_at": "ordered_at",
    "first_product": "product",
    "first_channel": "channel",
    "first_source": "first_traffic_source",
}
"""Column -> what it repeats of the customer's first order."""


def statement(arguments: Arguments, until: int) -> str:  # noqa: ARG001 - see `Statement`
    """Return the query; see `Statement`."""
    first = ", ".join(f"FIRST_VALUE({column}) OVER ({LIFE}) AS {name}" for name, column in FIRST.items())
    steps = [
        *version(until),
        Step(
            "placed",
            "orders by then, with what had happened to them by then",
            f"""
            SELECT
              {", ".join(CARRIED)}, first_traffic_source, return_reason, returned_net,
              {stands(until)} AS counted,
              {come("cancelled_at", until)} AS cancelled_at,
              {come("returned_at", until)} AS returned_at,
              {come("shipped_at", until)} AS shipped_at,
              {come("delivered_at", until)} AS delivered_at
            FROM "order"
            WHERE ordered_at <= {until}
            """,
        ),
        Step(
            "sequenced",
            "standing orders of known customers in their order; the rest has no place",
            f"""
            SELECT
              *,
              ROW_NUMBER() OVER ({LIFE}) AS number,
              LAG(ordered_at) OVER ({LIFE}) AS prev_at,
              LEAD(ordered_at) OVER ({LIFE}) AS next_at,
              {first}
            FROM placed
            WHERE counted AND party_id IS NOT NULL
            UNION ALL
            SELECT *, NULL, NULL, NULL, {", ".join("NULL" for _ in FIRST)}
            FROM placed
            WHERE NOT counted OR party_id IS NULL
            """,
        ),
    ]
    select = f"""
    SELECT
      {columns("sequenced", CARRIED)},
      sequenced.counted, sequenced.cancelled_at, sequenced.number, sequenced.prev_at, sequenced.next_at,
      sequenced.number = 1 AS first,
      sequenced.first_at, sequenced.first_product, sequenced.first_channel,
      COALESCE(sequenced.first_source, sequenced.first_traffic_source) AS first_traffic_source,
      sequenced.returned_at,
      sequenced.returned_at IS NOT NULL AS returned,
      CASE WHEN sequenced.returned_at IS NULL THEN 0 ELSE sequenced.returned_net END AS returned_net,
      CASE WHEN sequenced.returned_at IS NOT NULL THEN sequenced.return_reason END AS return_reason,
      sequenced.shipped_at, sequenced.delivered_at,
      sequenced.shipped_at IS NOT NULL AS shipped,
      sequenced.shipped_at <= sequenced.promised_at AS on_time,
      sequenced.delivered_at <= sequenced.delivery_promised_at AS arrived_on_time,
      {STAMP}
    FROM sequenced
    {stamped("sequenced", "ordered_at")}
    """
    return query(steps, select)
