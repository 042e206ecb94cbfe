"""Steps about the versions of parties: which held when, and what lies between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.versions import DIMENSIONS
from regard.sql.derived.steps import FOREVER, Step, columns, text

if TYPE_CHECKING:
    from collections.abc import Sequence

STAMP = columns("version", DIMENSIONS)
"""The dimensions of the version that `stamped` joined."""


def version(until: int) -> list[Step]:
    """Return the steps that make `version`: disjoint versions of parties with `from_at` and `to_at` (or FOREVER).

    Most parties have one version, marked `is_only`: they are not sorted to find the next.
    """
    end = f"CASE WHEN valid_to <= {until} THEN valid_to ELSE {FOREVER} END"
    told = f"""
              party.party_id, kind, parent_id, served_from, served_to, criticality, size, value_amount, bucket,
              traffic_source, {", ".join(DIMENSIONS)},
              valid_from AS from_at"""
    return [
        Step(
            "changing",
            "parties with several versions known by then",
            f"SELECT party_id FROM party WHERE valid_from <= {until} GROUP BY party_id HAVING COUNT(*) > 1",
        ),
        Step(
            "written_version",
            "versions of parties known by then, each held until it ends or a later one begins",
            f"""
            SELECT{told}, {end} AS to_at, TRUE AS is_only
            FROM party
            LEFT JOIN changing ON changing.party_id = party.party_id
            WHERE valid_from <= {until} AND changing.party_id IS NULL
            UNION ALL
            SELECT{told},
              LEAST(
                {end},
                COALESCE(
                  LEAD(valid_from) OVER (PARTITION BY party.party_id ORDER BY valid_from, source, source_id), {FOREVER}
                )
              ) AS to_at,
              FALSE
            FROM party
            JOIN changing ON changing.party_id = party.party_id
            WHERE valid_from <= {until}
            """,
        ),
        Step("version", "those of them that held at all", "SELECT * FROM written_version WHERE from_at < to_at"),
    ]


def stamped(rows: str, at: str) -> str:
    """Return the join that finds the version in force at an instant of each row."""
    return (
        f"LEFT JOIN version ON version.party_id = {rows}.party_id"
        f" AND version.from_at <= {rows}.{at} AND {rows}.{at} < version.to_at"
    )


def timeline(versions: str = "version", more: Sequence[str] = ()) -> list[Step]:
    """Return the steps that make `timeline`: of each party with versions, all of time in disjoint pieces.

    Columns: party_id, from_at, to_at, size (blank in a gap between versions), the dimensions and more columns asked.

    Args:
        versions: step that holds the versions.
        more: further columns of them, which are numbers.
    """
    carried = ", ".join([*DIMENSIONS, *more])
    blank = ", ".join(["CAST(NULL AS VARCHAR)"] * len(DIMENSIONS) + ["NULL"] * len(more))
    return [
        Step(
            "version_neighbour",
            "versions with the end of the one before and the beginning of the next",
            f"""
            SELECT
              *,
              LAG(to_at) OVER (PARTITION BY party_id ORDER BY from_at) AS before_at,
              LEAD(from_at) OVER (PARTITION BY party_id ORDER BY from_at) AS after_at
            FROM {versions}
            """,
        ),
        Step(
            "timeline",
            "all of time for each party that has versions: before them, in them and between them",
            f"""
            SELECT party_id, from_at, to_at, size, {carried} FROM version_neighbour
            UNION ALL
            SELECT party_id, {-FOREVER}, from_at, NULL, {blank} FROM version_neighbour WHERE before_at IS NULL
            UNION ALL
            SELECT party_id, to_at, COALESCE(after_at, {FOREVER}), NULL, {blank} FROM version_neighbour
            WHERE to_at < COALESCE(after_at, {FOREVER})
            """,
        ),
    ]


def cut(spans: str) -> tuple[str, str, str]:
    """Return (start, end, join) that cut spans with columns party_id, since_at and left_at along the timeline."""
    end = f"COALESCE({spans}.left_at, {FOREVER})"
    join = (
        f"LEFT JOIN timeline ON timeline.party_id = {spans}.party_id"
        f" AND timeline.from_at < {end} AND timeline.to_at > {spans}.since_at"
    )
    start = f"GREATEST({spans}.since_at, COALESCE(timeline.from_at, {spans}.since_at))"
    return start, f"NULLIF(LEAST({end}, COALESCE(timeline.to_at, {FOREVER})), {FOREVER})", join


def of_grain(table: str, grain: str | float) -> str:
    """Return the test whether a version is a customer of the grain asked (K01)."""
    if grain == "all":
        return "TRUE"
    return f"{table}.parent_id IS NULL" if grain == "top" else f"COALESCE({table}.kind = {text(str(grain))}, FALSE)"
