"""SQL of `service_span`: services that the company answers for, and since when."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.model.time import DAY_US
from regard.sql.derived.steps import FOREVER, Step, query

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:  # noqa: ARG001 - see `Statement`
    """Return the query; see `Statement`."""
    # Days in the register are days of UTC: a service has no zone.
    ends = f"CAST(valid_to AS BIGINT) * {DAY_US}"
    steps = [
        Step(
            "first_incident",
            "when the first incident of any service began",
            f"SELECT MIN(started_at) AS first_at FROM incident WHERE started_at <= {until}",
        ),
        Step(
            "registered",
            "services of the register",
            f"""
            SELECT
              code AS service, CAST(valid_from AS BIGINT) * {DAY_US} AS start_at,
              CASE WHEN {ends} <= {until} THEN {ends} ELSE {FOREVER} END AS end_at
            FROM code
            WHERE dimension = 'service'
            """,
        ),
        Step(
            "named",
            "services that only incidents name",
            f"""
            SELECT DISTINCT service, CAST(NULL AS BIGINT) AS start_at, {FOREVER} AS end_at
            FROM incident
            WHERE started_at <= {until} AND service IS NOT NULL
              AND service NOT IN (SELECT service FROM registered)
            """,
        ),
        Step(
            "known",
            "all of them, each with its first and last day",
            """
            SELECT service, MIN(COALESCE(start_at, first_at)) AS start_at, MAX(end_at) AS end_at,
              COUNT(COALESCE(start_at, first_at)) AS begun, COUNT(*) AS entries
            FROM (SELECT * FROM registered UNION ALL SELECT * FROM named) AS every
            CROSS JOIN first_incident
            GROUP BY service
            """,
        ),
    ]
    select = f"""
    SELECT service, start_at, NULLIF(end_at, {FOREVER}) AS end_at
    FROM known
    WHERE begun = entries AND start_at <= {until} AND start_at < end_at
    """
    return query(steps, select)
