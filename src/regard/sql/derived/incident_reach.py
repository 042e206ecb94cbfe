"""SQL of `incident_reach`: incidents as most tools report them, their length times whom they reached."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.incident_reach import CARRIED
from regard.sql.derived.loss import losses
from regard.sql.derived.pieces import settled
from regard.sql.derived.steps import FOREVER, Step, columns, query

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    steps = [
        *losses(arguments, until),
        Step(
            "counted_loss",
            "stages of described incidents, with how many the bearer stands for and how many of them lost",
            """
            SELECT DISTINCT
              loss.incident_no, loss.bearer, loss.start_at, loss.end_at, loss.kind,
              COALESCE(loss.population, version.size, 1) AS people,
              COALESCE(loss.n_parties, loss.share * COALESCE(loss.population, version.size, 1)) AS n
            FROM loss
            LEFT JOIN version ON version.party_id = loss.bearer
              AND version.from_at <= loss.start_at AND loss.start_at < version.to_at
            WHERE loss.incident_no IS NOT NULL
            """,
        ),
        Step(
            "reached",
            "of each incident and bearer: all it stands for, or what its counts add up to",
            """
            SELECT
              incident_no, bearer, MIN(start_at) AS start_at, MAX(end_at) AS end_at,
              CASE WHEN COUNT(n) < COUNT(*) THEN MAX(people)
                ELSE LEAST(CAST(MAX(people) AS DOUBLE), CAST(SUM(n) AS DOUBLE)) END AS size
            FROM counted_loss
            GROUP BY incident_no, bearer
            """,
        ),
        Step(
            "reach",
            "the same, all bearers together",
            f"""
            SELECT
              incident_no, MIN(start_at) AS start_at, NULLIF(MAX(end_at), {FOREVER}) AS end_at,
              {settled("CAST(SUM(size) AS DOUBLE)")} AS size
            FROM reached
            GROUP BY incident_no
            """,
        ),
        Step(
            "numbered_incident",
            "incidents with their numbers",
            "SELECT ROW_NUMBER() OVER (ORDER BY source, source_id) AS incident_no, * FROM incident",
        ),
    ]
    select = f"""
    SELECT
      {columns("numbered_incident", CARRIED)}, numbered_incident.owner_team AS team,
      reach.start_at, reach.end_at, CAST(reach.size AS DOUBLE) AS size
    FROM reach
    JOIN numbered_incident ON numbered_incident.incident_no = reach.incident_no
    """
    return query(steps, select)
