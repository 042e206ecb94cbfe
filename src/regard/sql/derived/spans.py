"""Steps that make the entitlement of customers whole."""

from __future__ import annotations

from regard.sql.derived.steps import FOREVER, Step
from regard.sql.derived.versions import of_grain


def entitled(grain: str | float, until: int) -> list[Step]:
    """Return the steps that make `whole`: pieces of entitlement, one for each version, with the whole they make.

    Columns: those of `version`, start_at, end_at (or FOREVER), since_at, left_at (or FOREVER), number.
    """
    return [
        Step(
            "piece",
            "the part of each version in which it was entitled to service",
            f"""
            SELECT
              *,
              GREATEST(from_at, served_from) AS start_at,
              LEAST(to_at, CASE WHEN served_to <= {until} THEN served_to ELSE {FOREVER} END) AS end_at
            FROM version
            WHERE served_from <= {until} AND {of_grain("version", grain)}
            """,
        ),
        Step(
            "follower",
            "pieces that lasted, with the end of the one before",
            """
            SELECT *, LAG(end_at) OVER (PARTITION BY party_id ORDER BY start_at) AS before_at
            FROM piece
            WHERE start_at < end_at
            """,
        ),
        Step(
            "stretch",
            "pieces that touch share a number",
            """
            SELECT
              *,
              CAST(SUM(CASE WHEN start_at = before_at THEN 0 ELSE 1 END) OVER (
                PARTITION BY party_id ORDER BY start_at ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS BIGINT) AS number
            FROM follower
            """,
        ),
        Step(
            "whole",
            "pieces with the whole they are cut from",
            """
            SELECT
              *,
              MIN(start_at) OVER (PARTITION BY party_id, number) AS since_at,
              MAX(end_at) OVER (PARTITION BY party_id, number) AS left_at
            FROM stretch
            """,
        ),
    ]
