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
              blamed.incident_no, loss.bearer, loss.start_at, loss.end_at, loss.kind,
              COALESCE(count_of.population, version.size, 1) AS people,
              COALESCE(count_of.n_parties, count_of.share * COALESCE(count_of.population, version.size, 1)) AS n
            FROM loss
            JOIN blamed ON blamed.incident_rank = loss.incident_rank
            LEFT JOIN count_of ON count_of.row_no = loss.row_no
            LEFT JOIN version ON version.party_id = loss.bearer
              AND version.from_at <= loss.start_at AND loss.start_at < version.to_at
            WHERE blamed.incident_no IS NOT NULL
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
    ]
    select = f"""
    SELECT
      {columns("incident_label", CARRIED)}, incident_label.owner_team AS team,
      reach.start_at, reach.end_at, CAST(reach.size AS DOUBLE) AS size
    FROM reach
    JOIN incident_label ON incident_label.incident_no = reach.incident_no
    """
    return query(steps, select)
