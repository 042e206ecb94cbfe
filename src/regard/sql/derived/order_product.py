"""SQL of `order_product`: what orders were made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.order_product import CARRIED
from regard.sql.derived.orders import stands
from regard.sql.derived.steps import Step, columns, come, query
from regard.sql.derived.versions import STAMP, stamped, version

if TYPE_CHECKING:
    from regard.derived import Arguments

SUMS = (
    *("category", "lines", "quantity", "net", "discount"),
    *("returned_quantity", "returned", "returned_at", "return_reason"),
)
"""Columns that are added up over lines."""


def statement(arguments: Arguments, until: int) -> str:  # noqa: ARG001 - see `Statement`
    """Return the query; see `Statement`."""
    steps = [
        *version(until),
        Step(
            "placed",
            "orders by then",
            f"""
            SELECT
              {", ".join(CARRIED)}, {stands(until)} AS counted, product, category, items, net, discount, return_reason,
              {come("returned_at", until)} AS returned_at
            FROM "order"
            WHERE ordered_at <= {until}
            """,
        ),
        Step(
            "address",
            "what an order id means: how many sources use it, and the order of each",
            """
            SELECT order_id, source, MIN(source_id) AS source_id, COUNT(*) OVER (PARTITION BY order_id) AS sources
            FROM placed
            GROUP BY order_id, source
            """,
        ),
        Step(
            "line",
            "lines with the key of their order, and whether they came back",
            f"""
            SELECT
              address.source, address.source_id, order_line.product, order_line.category, order_line.quantity,
              order_line.net, order_line.discount, order_line.returned_quantity, order_line.returned_at,
              order_line.return_reason,
              COALESCE(order_line.returned_at <= {until}, COALESCE(order_line.returned_quantity, 0) > 0) AS came_back
            FROM order_line
            JOIN address ON address.order_id = order_line.order_id
              AND (address.sources = 1 OR address.source = order_line.source)
            """,
        ),
        Step(
            "summed",
            "lines added up by order and product",
            """
            SELECT
              source, source_id, product,
              MIN(category) AS category,
              COUNT(*) AS lines,
              SUM(quantity) AS quantity,
              SUM(net) AS net,
              SUM(discount) AS discount,
              CASE WHEN COUNT(CASE WHEN came_back THEN 1 END) = 0 THEN 0
                ELSE SUM(CASE WHEN came_back THEN returned_quantity END) END AS returned_quantity,
              COUNT(CASE WHEN came_back THEN 1 END) > 0 AS returned,
              MIN(CASE WHEN came_back THEN returned_at END) AS returned_at,
              MIN(CASE WHEN came_back THEN return_reason END) AS return_reason
            FROM line
            GROUP BY source, source_id, product
            """,
        ),
        Step(
            "part",
            "products of orders; an order of which no line is known is one row, as it describes itself",
            f"""
            SELECT {columns("placed", CARRIED)}, placed.counted, summed.product, {columns("summed", SUMS)}
            FROM placed
            JOIN summed ON summed.source = placed.source AND summed.source_id = placed.source_id
            UNION ALL
            SELECT
              {columns("placed", CARRIED)}, placed.counted, placed.product, placed.category,
              0, placed.items, placed.net, placed.discount,
              CASE WHEN placed.returned_at IS NULL THEN 0 END,
              placed.returned_at IS NOT NULL,
              placed.returned_at,
              CASE WHEN placed.returned_at IS NOT NULL THEN placed.return_reason END
            FROM placed
            LEFT JOIN summed ON summed.source = placed.source AND summed.source_id = placed.source_id
            WHERE summed.source IS NULL
            """,
        ),
    ]
    return query(steps, f"SELECT part.*, {STAMP} FROM part\n{stamped('part', 'ordered_at')}")
