"""SQL of `active_span`: stretches in which a customer was active."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.versions import DIMENSIONS
from regard.model.time import DAY_US
from regard.sql.derived.steps import Step, columns, named, query
from regard.sql.derived.versions import cut, timeline, version

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    gap = round(float(arguments["gap_days"]) * DAY_US)
    done = ["""SELECT party_id, bucket, ordered_at AS "at" FROM "order" WHERE NOT is_credit"""]
    if arguments["activity"] == "any":
        done.append("SELECT party_id, bucket, started_at FROM visit WHERE NOT is_bot")
        done.append(f'SELECT party_id, bucket, "at" FROM event WHERE kind IN ({named(arguments["kinds"])})')
    start, end, join = cut("whole")
    steps = [
        *version(until),
        *timeline(),
        Step("deed", "what customers did themselves", "\nUNION ALL\n".join(done)),
        Step(
            "activity",
            "the same by then, of known customers, with the one before",
            f"""
            SELECT party_id, bucket, "at", LAG("at") OVER (PARTITION BY party_id ORDER BY "at") AS before_at
            FROM deed
            WHERE party_id IS NOT NULL AND "at" <= {until}
            """,
        ),
        Step(
            "numbered",
            "activities without a pause over the gap share a number",
            f"""
            SELECT
              party_id, bucket, "at",
              CAST(SUM(CASE WHEN "at" - before_at <= {gap} THEN 0 ELSE 1 END) OVER (
                PARTITION BY party_id ORDER BY "at" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS BIGINT) AS number
            FROM activity
            """,
        ),
        Step(
            "whole",
            "stretches; one ends a gap after its last activity, if that time has come",
            f"""
            SELECT
              party_id, number, MIN(bucket) AS bucket, COUNT(*) AS activities,
              MIN("at") AS since_at, MAX("at") AS last_at,
              CASE WHEN MAX("at") + {gap} <= {until} THEN MAX("at") + {gap} END AS left_at
            FROM numbered
            GROUP BY party_id, number
            """,
        ),
    ]
    select = f"""
    SELECT
      whole.party_id, whole.bucket, whole.number, whole.since_at, whole.last_at, whole.left_at, whole.activities,
      {start} AS start_at,
      {end} AS end_at,
      COALESCE(timeline.size, 1) AS size,
      {columns("timeline", DIMENSIONS)}
    FROM whole
    {join}
    """
    return query(steps, select)
