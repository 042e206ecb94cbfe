"""SQL of `incident_span`: when each service had an incident by the operator's record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.sql.derived.steps import Step, query

if TYPE_CHECKING:
    from regard.derived import Arguments

RUNNING = 'OVER (PARTITION BY service ORDER BY "at" ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)'


def statement(arguments: Arguments, until: int) -> str:  # noqa: ARG001 - see `Statement`
    """Return the query; see `Statement`."""
    steps = [
        Step(
            "span",
            "incidents by then that lasted",
            f"""
            SELECT service, started_at, resolved_at, CASE WHEN planned THEN 0 ELSE 1 END AS unplanned
            FROM incident
            WHERE started_at <= {until} AND NOT COALESCE(resolved_at <= LEAST(started_at, {until}), FALSE)
            """,
        ),
        Step(
            "change",
            "how many more are going on from an instant",
            f"""
            SELECT service, started_at AS "at", 1 AS more, unplanned AS more_unplanned FROM span
            UNION ALL
            SELECT service, resolved_at, -1, -unplanned FROM span WHERE resolved_at <= {until}
            """,
        ),
        Step(
            "edge",
            "the same, one for each instant",
            """
            SELECT service, "at", SUM(more) AS more, SUM(more_unplanned) AS more_unplanned
            FROM change
            GROUP BY service, "at"
            """,
        ),
        Step(
            "piece",
            "time from each instant to the next, with how many are going on",
            f"""
            SELECT
              service, "at" AS start_at, LEAD("at") OVER (PARTITION BY service ORDER BY "at") AS end_at,
              CAST(SUM(more) {RUNNING} AS BIGINT) AS incidents,
              CAST(SUM(more_unplanned) {RUNNING} AS BIGINT) AS unplanned
            FROM edge
            """,
        ),
    ]
    select = """
    SELECT service, start_at, end_at, unplanned = 0 AS planned_only, incidents
    FROM piece
    WHERE incidents > 0
    """
    return query(steps, select)
