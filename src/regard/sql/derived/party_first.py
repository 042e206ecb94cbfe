"""SQL of `party_first`: how each customer began."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.sql.derived.orders import stands
from regard.sql.derived.spans import entitled
from regard.sql.derived.steps import FOREVER, Step, come, named, query, sooner
from regard.sql.derived.versions import STAMP, of_grain, stamped, version

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    begun = sooner("served_from", "first_order_at")
    steps = [
        *version(until),
        *entitled("all", until),
        Step(
            "oldest",
            "versions of each party, the oldest first, and the oldest that says where the party came from",
            """
            SELECT
              *,
              ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY from_at) AS place,
              FIRST_VALUE(traffic_source) OVER (
                PARTITION BY party_id ORDER BY CASE WHEN traffic_source IS NULL THEN 1 ELSE 0 END, from_at
              ) AS came_from
            FROM version
            """,
        ),
        Step(
            "described",
            "parties as their oldest version describes them",
            f"""
            SELECT
              party_id,
              MIN({come("served_from", until)}) AS served_from,
              MIN(came_from) AS came_from,
              MIN(bucket) AS bucket,
              MAX(CASE WHEN place = 1 AND {of_grain("oldest", arguments["grain"])} THEN 1 ELSE 0 END) AS asked
            FROM oldest
            GROUP BY party_id
            """,
        ),
        Step(
            "gone",
            "the end of each party's last entitlement",
            "SELECT party_id, MAX(left_at) AS left_at FROM whole GROUP BY party_id",
        ),
        Step(
            "bought",
            "standing orders of known customers, the first one first",
            f"""
            SELECT
              party_id, bucket, ordered_at, channel, product, first_traffic_source,
              ROW_NUMBER() OVER (PARTITION BY party_id ORDER BY ordered_at, source, source_id) AS place
            FROM "order"
            WHERE party_id IS NOT NULL AND ordered_at <= {until} AND {stands(until)}
            """,
        ),
        Step("first_order", "the first order of each customer", "SELECT * FROM bought WHERE place = 1"),
        Step(
            "moment",
            "the first moment of value of each customer",
            f"""
            SELECT party_id, MIN("at") AS first_value_at
            FROM event
            WHERE "at" <= {until} AND (
              kind IN ({named(arguments["value_kinds"])})
              OR kind IN (SELECT code FROM code WHERE dimension = 'event_kind' AND value_event)
            )
            GROUP BY party_id
            """,
        ),
        Step(
            "met",
            "customers who are described, or who bought though nobody describes them",
            """
            SELECT
              COALESCE(described.party_id, first_order.party_id) AS party_id,
              COALESCE(described.bucket, first_order.bucket) AS bucket,
              described.served_from,
              COALESCE(described.came_from, first_order.first_traffic_source) AS traffic_source,
              first_order.ordered_at AS first_order_at, first_order.channel, first_order.product,
              COALESCE(described.asked, {0}) AS asked
            FROM described
            FULL JOIN first_order ON first_order.party_id = described.party_id
            """.replace("{0}", "1" if arguments["grain"] in {"top", "all"} else "0"),
        ),
        Step(
            "beginner",
            "customers of the grain asked that have begun",
            f"""
            SELECT
              met.*, {begun} AS start_at, moment.first_value_at,
              NULLIF(gone.left_at, {FOREVER}) AS left_at,
              GREATEST({begun}, COALESCE(NULLIF(gone.left_at, {FOREVER}), {until})) AS stopped
            FROM met
            LEFT JOIN gone ON gone.party_id = met.party_id
            LEFT JOIN moment ON moment.party_id = met.party_id
            WHERE met.asked = 1 AND COALESCE(met.served_from, met.first_order_at) IS NOT NULL
            """,
        ),
    ]
    select = f"""
    SELECT
      beginner.party_id, beginner.bucket, beginner.start_at, beginner.served_from, beginner.left_at,
      beginner.first_order_at, beginner.first_value_at, beginner.traffic_source, beginner.channel, beginner.product,
      beginner.first_order_at IS NOT NULL AS ordered,
      beginner.first_value_at IS NOT NULL AS valued,
      beginner.first_order_at - beginner.start_at AS time_to_order,
      CASE WHEN beginner.first_value_at < beginner.start_at THEN 0
        ELSE beginner.first_value_at - beginner.start_at END AS time_to_value,
      COALESCE(beginner.first_order_at, beginner.stopped) - beginner.start_at AS order_elapsed,
      GREATEST(0, COALESCE(beginner.first_value_at, beginner.stopped) - beginner.start_at) AS value_elapsed,
      COALESCE(version.size, 1) AS size,
      {STAMP}
    FROM beginner
    {stamped("beginner", "start_at")}
    """
    return query(steps, select)
