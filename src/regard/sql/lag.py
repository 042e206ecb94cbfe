"""SQL of series: what was measured of services, and customer minutes lost, both by steps of time.

For the embedded engine, over the tables of the ledger; values are bound by name.
"""

from __future__ import annotations

from regard.expr import MINUTE_US
from regard.sql.upkeep import quoted

KNOWN = """
SELECT service, series, COUNT(*) AS n, MIN("at") AS first_at, MAX("at") AS last_at
FROM service_metric
WHERE "at" < $until
GROUP BY service, series
ORDER BY service, series
"""
"""What was measured, from when to when."""

SPACING = """
SELECT MEDIAN(gap) AS gap FROM (
  SELECT "at" - LAG("at") OVER (ORDER BY "at") AS gap
  FROM service_metric
  WHERE service = $service AND series = $series AND "at" >= $start AND "at" < $end
)
WHERE gap > 0
"""
"""The usual time between two measurements."""

READINGS = """
SELECT ("at" - $start) // $step AS step, AVG(value) AS value
FROM service_metric
WHERE service = $service AND series = $series AND "at" >= $start AND "at" < $end
GROUP BY step
ORDER BY step
"""
"""The mean of each step that has a measurement."""


def lost(shares: str, test: str) -> str:
    """Return what turns on and off in each step: customers (`rate`), and customer minutes before they did (`missed`).

    Minutes lost in a step are the running total of `rate` to its end, times its length, less what the step's own
    `missed` says: exact, one row for each step in which something changes, however long the pieces are.

    Args:
        shares: relation of the attributed ledger.
        test: SQL that picks its rows.
    """
    return f"""
    SELECT step, SUM(rate) AS rate, SUM(rate * inside) / {MINUTE_US}.0 AS missed
    FROM (
      SELECT (turned_at - $start) // $step AS step, (turned_at - $start) % $step AS inside, rate
      FROM (
        SELECT GREATEST(start_at, $start) AS turned_at, share * size AS rate
        FROM {quoted(shares)} WHERE {test}
        UNION ALL
        SELECT COALESCE(end_at, $until), -share * size
        FROM {quoted(shares)} WHERE {test} AND COALESCE(end_at, $until) < $end
      )
    )
    GROUP BY step
    ORDER BY step
    """


PICKED = "NOT planned_only AND start_at < $end AND COALESCE(end_at, $until) > $start"
"""Pieces of a stretch that ends by `$until`; planned work stands apart (K11)."""
