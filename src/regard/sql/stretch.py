"""SQL of stretches of time over the ledger: incidents, where their minutes went, who lost most, how many at once.

Bound by name: `$start`, `$end`, `$until`, `$incidents`. Planned work is left out of phases and of customers, as out of
all minutes (K11).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.expr import MINUTE_US
from regard.sql.derived.steps import Step, query
from regard.sql.upkeep import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence


def _cut(shares: str, test: str) -> Step:
    return Step(
        "piece",
        "attributed pieces, cut at the edges of the stretch and at the end of the story",
        f"""
        SELECT
          *, GREATEST(start_at, $start) AS from_at, LEAST(COALESCE(end_at, $until), $end, $until) AS to_at
        FROM {quoted(shares)}
        WHERE start_at < LEAST($end, $until) AND COALESCE(end_at, $until) > $start AND {test}
        """,
    )


def incidents(shares: str) -> str:
    """Return incidents that began in a stretch or took minutes in it: id, minutes and customers of the stretch."""
    return query(
        [
            _cut(shares, "incident_id IS NOT NULL"),
            Step(
                "taken",
                "what each took within the stretch",
                f"""
                SELECT
                  incident_id, SUM(minutes) AS minutes, SUM(n) AS customers
                FROM (
                  SELECT
                    incident_id, SUM(share * size * (to_at - from_at)) / {MINUTE_US}.0 AS minutes, MAX(size) AS n
                  FROM piece GROUP BY incident_id, party_id, cohort
                )
                GROUP BY incident_id
                """,
            ),
        ],
        """
        SELECT incident_id, taken.minutes, taken.customers
        FROM (SELECT DISTINCT incident_id FROM incident WHERE started_at >= $start AND started_at < LEAST($end, $until))
        FULL JOIN taken USING (incident_id)
        ORDER BY taken.minutes DESC NULLS LAST, incident_id
        """,
    )


def phases(shares: str, moments: Sequence[str]) -> str:
    """Return minutes before the first moment of the record, between each and the next, after the last, and unnamed.

    A moment that is not recorded ends no phase: its minutes are in the next one. One out of order makes a phase of
    nothing. Columns: `phase_0`, ..., and `unnamed` for losses that nobody declared an incident for.

    Args:
        shares: the relation of attributed pieces.
        moments: columns of the record, in the order of the story.
    """
    edges = ["edge_0"]
    known = ["0 AS edge_0"]
    for i, name in enumerate(moments):
        known.append(f"GREATEST({edges[-1]}, CASE WHEN {name} <= $until THEN {name} ELSE 0 END) AS edge_{i + 1}")
        edges.append(f"edge_{i + 1}")
    columns = []
    for i, edge in enumerate(edges):
        end = f"LEAST(to_at, {edges[i + 1]})" if i + 1 < len(edges) else "to_at"
        columns.append(
            f"COALESCE(SUM(share * size * GREATEST({end} - GREATEST(from_at, {edge}), 0))"
            f" FILTER (WHERE edge_0 IS NOT NULL), 0) / {MINUTE_US}.0 AS phase_{i}"
        )
    return query(
        [
            _cut(shares, "NOT planned_only"),
            Step(
                "clock",
                "moments of each incident, each not before the one before it",
                f"""
                SELECT incident_id, {", ".join(known)}
                FROM (
                  SELECT *, ROW_NUMBER() OVER (PARTITION BY incident_id ORDER BY source, source_id) AS number
                  FROM incident
                )
                WHERE number = 1
                """,
            ),
        ],
        f"""
        SELECT
          {", ".join(columns)},
          COALESCE(SUM(share * size * (to_at - from_at)) FILTER (WHERE edge_0 IS NULL), 0) / {MINUTE_US}.0 AS unnamed
        FROM piece LEFT JOIN clock USING (incident_id)
        """,
    )


def worst_served(shares: str, episodes: str) -> str:
    """Return named customers by minutes lost in a stretch, with their interruptions in it and since `$year`.

    Bound besides: `$year` (an instant), `$most` (rows).
    """
    return query(
        [
            _cut(shares, "NOT planned_only AND party_id IS NOT NULL"),
            Step(
                "lost",
                "minutes of each customer",
                f"""
                SELECT
                  party_id, SUM(share * size * (to_at - from_at)) / {MINUTE_US}.0 AS minutes,
                  ARG_MAX(segment, start_at) AS segment, ARG_MAX(tier, start_at) AS tier,
                  ARG_MAX(value_amount, start_at) AS value_amount
                FROM piece GROUP BY party_id
                """,
            ),
            Step(
                "times",
                "interruptions of each customer",
                f"""
                SELECT
                  party_id, COUNT(*) FILTER (WHERE start_at >= $start) AS times, COUNT(*) AS times_year
                FROM {quoted(episodes)}
                WHERE start_at >= $year AND start_at < LEAST($end, $until)
                GROUP BY party_id
                """,
            ),
            Step(
                "named",
                "the key of each customer as its source writes it",
                "SELECT party_id, ARG_MAX(source_party, valid_from) AS source_party FROM party GROUP BY party_id",
            ),
        ],
        """
        SELECT
          lost.*, named.source_party, COALESCE(times.times, 0) AS times, COALESCE(times.times_year, 0) AS times_year
        FROM lost LEFT JOIN named USING (party_id) LEFT JOIN times USING (party_id)
        ORDER BY lost.minutes DESC, lost.party_id
        LIMIT $most
        """,
    )


def course(shares: str) -> str:
    """Return how many customers began (above 0) or ceased (below 0) to lose service to incidents, by instant and kind.

    Each customer counts by the share that is attributed, so the area under the running sum is the customer minutes.
    """
    return query(
        [
            Step(
                "piece",
                "pieces of the incidents asked",
                f"""
                SELECT start_at, CASE WHEN end_at <= $until THEN end_at END AS end_at, kind, share * size AS weight
                FROM {quoted(shares)}
                WHERE start_at < $until AND incident_id IN (SELECT UNNEST($incidents))
                """,
            )
        ],
        """
        SELECT edge_at, kind, SUM(weight) AS step
        FROM (
          SELECT start_at AS edge_at, kind, weight FROM piece
          UNION ALL
          SELECT end_at, kind, -weight FROM piece WHERE end_at IS NOT NULL
        )
        GROUP BY edge_at, kind
        ORDER BY edge_at, kind
        """,
    )


def newest(table: str, at: str) -> str:
    """Return how many rows a table has, and the time `at` of the newest before the story ends; "" for no time."""
    latest = f"MAX({quoted(at)}) FILTER (WHERE {quoted(at)} < $until)" if at else "NULL"
    return f"SELECT COUNT(*) AS rows, {latest} AS newest FROM {quoted(table)}"
