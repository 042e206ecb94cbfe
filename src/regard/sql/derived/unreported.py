"""SQL of `unreported`: time that telemetry shows down and that no impact row covers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.loss import SCOPE
from regard.derived.unreported import STEPS
from regard.derived.user_segment import CARRIED
from regard.derived.versions import DIMENSIONS
from regard.sql.derived.loss import cohort_name, cohorts, counted
from regard.sql.derived.steps import FOREVER, Step, columns, query
from regard.sql.derived.user_segment import segments

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    names = (*CARRIED, *DIMENSIONS)
    steps = [
        *segments({**arguments, "silence": "unknown"}, until),
        Step(
            "loss",
            "segments that were down",
            f"""
            SELECT party_id, start_at, end_at, 1 - up AS down, size, {", ".join(names)}
            FROM segment
            WHERE up < 1
            """,
        ),
        *_covered(until),
    ]
    select = f"""
    SELECT loss.*
    FROM loss
    WHERE NOT EXISTS (SELECT 1 FROM reach WHERE reach.party_id = loss.party_id)
    UNION ALL
    SELECT
      loss.party_id, GREATEST(loss.start_at, clear.from_at), LEAST(loss.end_at, clear.to_at),
      loss.down, loss.size, {columns("loss", names)}
    FROM loss
    JOIN clear ON clear.party_id = loss.party_id AND clear.from_at < loss.end_at AND loss.start_at < clear.to_at
    """
    return query(steps, select, recursive=True)


def _covered(until: int) -> list[Step]:
    """Return the steps that make `reach`, spans of impact of each party, and `clear`, the time between them."""
    end = f"CASE WHEN impact.end_at <= {until} THEN impact.end_at ELSE {FOREVER} END"
    lasted = f"impact.start_at <= {until} AND impact.start_at < {end}"
    return [
        Step(
            "cohort_stage",
            "impact rows by then of cohorts that lasted",
            f"""
            SELECT
              {cohort_name()} AS cohort, {", ".join(SCOPE)}, impact.start_at, {end} AS end_at,
              {counted("impact")} AS n_parties, impact.share
            FROM impact
            WHERE impact.party_id IS NULL AND {lasted}
            """,
        ),
        *cohorts("all"),
        Step(
            "named",
            "impact rows by then of parties that lasted and affected somebody, with how many those stand for",
            f"""
            SELECT
              impact.party_id, impact.start_at, {end} AS end_at, {counted("impact")} AS n_parties, impact.share,
              COALESCE(version.size, 1) AS members
            FROM impact
            LEFT JOIN version ON version.party_id = impact.party_id
              AND version.from_at <= impact.start_at AND impact.start_at < version.to_at
            WHERE impact.party_id IS NOT NULL AND {lasted} AND COALESCE({counted("impact")}, impact.share, 1) > 0
            """,
        ),
        Step(
            "hit",
            "the customers that they mean, with whether all of each were affected; of a cohort only then",
            """
            SELECT party_id, start_at, end_at, COALESCE(n_parties >= members, share >= 1, TRUE) AS everybody FROM named
            UNION ALL
            SELECT member_id, start_at, end_at, TRUE FROM befallen
            """,
        ),
        Step(
            "bearer",
            "the same and, where all of a customer were affected, those that belong to it",
            f"""
            SELECT party_id, start_at, end_at, everybody, 0 AS hops FROM hit
            UNION ALL
            SELECT version.party_id, bearer.start_at, bearer.end_at, TRUE, bearer.hops + 1
            FROM bearer
            JOIN version ON version.parent_id = bearer.party_id
              AND version.from_at <= bearer.start_at AND bearer.start_at < version.to_at
            WHERE bearer.everybody AND bearer.hops < {STEPS}
            """,
        ),
        Step(
            "reach",
            "their spans, with how far those reach that begin before",
            """
            SELECT
              party_id, start_at, end_at,
              MAX(end_at) OVER (
                PARTITION BY party_id ORDER BY start_at, end_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING
              ) AS before_at
            FROM (SELECT DISTINCT party_id, start_at, end_at FROM bearer) AS span
            """,
        ),
        Step(
            "clear",
            "the time of each of these parties outside all of them",
            f"""
            SELECT party_id, COALESCE(before_at, {-FOREVER}) AS from_at, start_at AS to_at
            FROM reach
            WHERE COALESCE(before_at, {-FOREVER}) < start_at
            UNION ALL
            SELECT party_id, MAX(end_at), {FOREVER} FROM reach GROUP BY party_id HAVING MAX(end_at) < {FOREVER}
            """,
        ),
    ]
