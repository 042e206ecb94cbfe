"""SQL of deciding: what incidents took, from whom and in which phase, over the tables of the ledger.

For the embedded engine. Values are bound by name (`$incidents`, `$until`, ...); relations are told by name, since a
derived table with other arguments has another. Customer minutes are `share * size` times the length of a piece.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from regard.expr import MINUTE_US
from regard.model import DAY_US
from regard.sql.derived.steps import Step, query
from regard.sql.upkeep import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlglot import exp

PARTS = ("segment", "region", "tier")
"""What the affected are told apart by."""

LEVELS = 5
"""A parent is sought over so many levels."""

AFTER = DAY_US
"""So long after a customer's last loss a ticket may still be about it."""

USUAL_DAYS = 28
"""Days before that say how many tickets customers open usually."""

SCORE_DAYS = 30
"""Days before and after whose answers are compared."""


def _piece(shares: str, test: str) -> Step:
    """Return the step of attributed pieces, cut at the end of the story."""
    return Step(
        "piece",
        "pieces of loss with the part that is attributed to each incident",
        f"""
        SELECT
          *, COALESCE(CAST(party_id AS VARCHAR), cohort) AS bearer,
          COALESCE(end_at, $until) AS stop_at, end_at IS NULL AS running,
          (COALESCE(end_at, $until) - start_at) / {MINUTE_US}.0 AS long
        FROM {quoted(shares)}
        WHERE start_at < $until AND {test}
        """,
    )


ALONE = "own > 0.999999"
"""Whether a piece is wholly of the incidents asked, so that its size is theirs and not that of others too."""

OF_INCIDENTS = "incident_id IN (SELECT UNNEST($incidents))"

BEARER = Step(
    "bearer",
    "each customer or cohort once; where a count is only known together with other incidents, it is at most that",
    f"""
    SELECT
      bearer, MIN(party_id) AS party_id,
      COALESCE(MAX(size) FILTER (WHERE {ALONE}), MAX(size)) AS n,
      COALESCE(
        MAX(size_lo) FILTER (WHERE {ALONE}),
        CASE WHEN MAX(size_lo) >= MAX(party_size) THEN MAX(size_lo) ELSE 0 END
      ) AS n_lo,
      COALESCE(MAX(size_hi) FILTER (WHERE {ALONE}), MAX(size_hi)) AS n_hi,
      SUM(share * size * long) AS minutes,
      SUM(share * size_lo * long) AS minutes_lo,
      SUM(share * size_hi * long) AS minutes_hi,
      SUM(CASE WHEN running THEN share * size ELSE 0 END) AS burning,
      ARG_MIN(value_amount, start_at) AS value_amount,
      MIN(start_at) AS start_at, MAX(stop_at) AS stop_at,
      ARG_MIN(segment, start_at) AS segment, ARG_MIN(region, start_at) AS region, ARG_MIN(tier, start_at) AS tier
    FROM (SELECT *, SUM(share) OVER (PARTITION BY bearer, start_at) AS own FROM piece)
    GROUP BY bearer
    """,
)


def root() -> list[Step]:
    """Return the steps that make `root`: of each party the one at the top of its newest chain of parents."""
    return [
        Step(
            "newest",
            "newest version of each party",
            "SELECT party_id, ARG_MAX(parent_id, valid_from) AS parent_id FROM party GROUP BY party_id",
        ),
        Step(
            "climb",
            "from each party upwards",
            f"""
            SELECT party_id, party_id AS top, 0 AS steps FROM newest
            UNION ALL
            SELECT climb.party_id, newest.parent_id, climb.steps + 1
            FROM climb JOIN newest ON newest.party_id = climb.top
            WHERE newest.parent_id IS NOT NULL AND climb.steps < {LEVELS}
            """,
        ),
        Step("root", "the end of the way", "SELECT party_id, ARG_MAX(top, steps) AS top FROM climb GROUP BY party_id"),
    ]


def record() -> str:
    """Return the operator's record of incidents: every column, one row each, the first source first."""
    return (
        "SELECT * FROM incident WHERE incident_id IN (SELECT UNNEST($incidents))"
        " ORDER BY incident_id, source, source_id"
    )


def toll(shares: str) -> str:
    """Return what incidents took: one row in all, and one for each part; `by` names what the part is of."""
    sets = ", ".join(f"({name})" for name in PARTS)
    by = " ".join(f"WHEN GROUPING({name}) = 0 THEN '{name}'" for name in PARTS)
    part = " ".join(f"WHEN GROUPING({name}) = 0 THEN {name}" for name in PARTS)
    return query(
        [_piece(shares, OF_INCIDENTS), BEARER],
        f"""
        SELECT
          CASE {by} ELSE '' END AS by, CASE {part} END AS name,
          SUM(n) AS n, SUM(n_lo) AS n_lo, SUM(n_hi) AS n_hi,
          SUM(minutes) AS minutes, SUM(minutes_lo) AS minutes_lo, SUM(minutes_hi) AS minutes_hi,
          SUM(burning) AS burning, SUM(value_amount) AS amount, COUNT(value_amount) AS known,
          MIN(start_at) AS start_at, MAX(stop_at) AS stop_at
        FROM bearer
        GROUP BY GROUPING SETS ((), {sets})
        HAVING COUNT(*) > 0
        ORDER BY 1, minutes DESC, 2
        """,
    )


def depths(shares: str) -> str:
    """Return minutes of incidents by what decides their depth."""
    return query(
        [_piece(shares, OF_INCIDENTS)],
        """
        SELECT kind, kinds, own_depth, evidence, SUM(share * size * long) AS minutes
        FROM piece
        GROUP BY kind, kinds, own_depth, evidence
        ORDER BY kind, kinds, own_depth, evidence
        """,
    )


def phases(shares: str, bounds: Sequence[int]) -> str:
    """Return minutes of incidents before the first bound, between each and the next, and after the last."""
    edges = [None, *bounds, None]
    columns = []
    for i, (start, end) in enumerate(pairwise(edges)):
        begins = "start_at" if start is None else f"GREATEST(start_at, {int(start)})"
        ends = "stop_at" if end is None else f"LEAST(stop_at, {int(end)})"
        columns.append(f"SUM(share * size * GREATEST({ends} - {begins}, 0)) / {MINUTE_US}.0 AS phase_{i}")
    return query([_piece(shares, OF_INCIDENTS)], f"SELECT {', '.join(columns)} FROM piece")


def waits(episodes: str) -> str:
    """Return how long customers waited for relief and for a word, in the interruptions that incidents began."""

    def of(name: str, came: str) -> str:
        value = f"{name} / {MINUTE_US}.0"
        return (
            f"QUANTILE_CONT({value}, 0.5) FILTER (WHERE {came}) AS {name}_median, "
            f"QUANTILE_CONT({value}, 0.9) FILTER (WHERE {came}) AS {name}_p90, "
            f"COUNT(*) FILTER (WHERE {came}) AS {name}_came"
        )

    return (
        f"SELECT {of('relief', 'relieved')}, {of('know', 'known')}, COUNT(*) AS n"
        f" FROM {quoted(episodes)} WHERE {OF_INCIDENTS}"
    )


def _affected(shares: str) -> list[Step]:
    return [
        _piece(shares, f"party_id IS NOT NULL AND {OF_INCIDENTS}"),
        Step(
            "affected",
            "each customer with its first and last loss",
            "SELECT party_id, MIN(start_at) AS start_at, MAX(stop_at) AS stop_at FROM piece GROUP BY party_id",
        ),
        *root(),
    ]


def tickets(shares: str) -> str:
    """Return how many tickets name incidents, how many others fit, and how many of those are usual."""
    return query(
        [
            *_affected(shares),
            Step(
                "ticket",
                "tickets that no incident is named for, by the customer they are owed to at the top",
                f"""
                SELECT "case".opened_at, affected.start_at, affected.stop_at
                FROM "case"
                JOIN root ON root.party_id = "case".party_id
                JOIN affected ON affected.party_id = root.top
                WHERE "case".incident_id IS NULL AND "case".opened_at < $until
                  AND "case".opened_at >= affected.start_at - {USUAL_DAYS * DAY_US}
                """,
            ),
        ],
        f"""
        SELECT
          (SELECT COUNT(*) FROM "case" WHERE {OF_INCIDENTS} AND opened_at < $until) AS linked,
          COUNT(*) FILTER (WHERE opened_at >= start_at AND opened_at <= stop_at + {AFTER}) AS matched,
          COALESCE(SUM(
            CASE WHEN opened_at < start_at
              THEN (LEAST(stop_at + {AFTER}, $until) - start_at) / {USUAL_DAYS * DAY_US}.0 ELSE 0 END
          ), 0) AS usual
        FROM ticket
        """,
        recursive=True,
    )


def scores(shares: str) -> str:
    """Return answers about satisfaction of affected customers: moments by side (`before`, `after`)."""
    points = "100.0 * (response.score - response.scale_min) / NULLIF(response.scale_max - response.scale_min, 0)"
    return query(
        [
            *_affected(shares),
            Step(
                "answer",
                "answers before the first and after the last loss of each customer, 0 worst to 100 best",
                f"""
                SELECT
                  CASE WHEN response.answered_at < affected.start_at THEN 'before' ELSE 'after' END AS side,
                  CASE WHEN response.polarity = 'low_good' THEN 100 - {points} ELSE {points} END AS points,
                  affected.party_id
                FROM response
                JOIN root ON root.party_id = response.party_id
                JOIN affected ON affected.party_id = root.top
                WHERE response.question_kind = $question AND response.score IS NOT NULL
                  AND response.duplicate_of IS NULL AND response.answered_at < $until
                  AND (
                    (response.answered_at < affected.start_at
                      AND response.answered_at >= affected.start_at - {SCORE_DAYS * DAY_US})
                    OR (response.answered_at >= affected.stop_at
                      AND response.answered_at < affected.stop_at + {SCORE_DAYS * DAY_US})
                  )
                """,
            ),
        ],
        """
        SELECT
          side, COUNT(points) AS n, SUM(points) AS total, SUM(points * points) AS squares,
          COUNT(DISTINCT party_id) AS people
        FROM answer
        WHERE points IS NOT NULL
        GROUP BY side
        """,
        recursive=True,
    )


def spans(shares: str) -> str:
    """Return each incident with its first and last impact, minutes, and what is lost now: the whole history.

    Columns: those of the record, and first_at, last_at, minutes, burn, criticality (mean over the burning), running.
    """
    return query(
        [
            _piece(shares, "incident_id IS NOT NULL"),
            Step(
                "taken",
                "what each incident took",
                """
                SELECT
                  incident_id, MIN(start_at) AS first_at, MAX(stop_at) AS last_at, BOOL_OR(running) AS running,
                  SUM(share * size * long) AS minutes,
                  SUM(CASE WHEN running THEN share * size ELSE 0 END) AS burn
                FROM piece
                GROUP BY incident_id
                """,
            ),
            Step(
                "described",
                "the record of each, of the first source that has it",
                """
                SELECT
                  *, ROW_NUMBER() OVER (PARTITION BY incident_id ORDER BY source, source_id) AS number
                FROM incident
                WHERE started_at < $until
                """,
            ),
        ],
        """
        SELECT
          described.* EXCLUDE (number, resolved_at),
          CASE WHEN described.resolved_at <= $until THEN described.resolved_at END AS resolved_at,
          taken.first_at, taken.last_at, taken.minutes, taken.burn, COALESCE(taken.running, FALSE) AS running
        FROM described LEFT JOIN taken USING (incident_id)
        WHERE described.number = 1
        ORDER BY described.started_at DESC, incident_id
        """,
    )


def burning(shares: str) -> str:
    """Return what is lost now by incident and depth: customers, and the same weighted by criticality."""
    return query(
        [_piece(shares, "incident_id IS NOT NULL AND end_at IS NULL")],
        """
        SELECT
          incident_id, kind, kinds, own_depth,
          SUM(share * size) AS burn, SUM(share * size * criticality) AS critical
        FROM piece
        GROUP BY incident_id, kind, kinds, own_depth
        ORDER BY incident_id, kind, kinds, own_depth
        """,
    )


def attributed(shares: str, by: Sequence[str], bounds: Sequence[int]) -> str:
    """Return minutes by period, dimensions and incident, and customers by period and dimensions.

    Args:
        shares: the relation of attributed pieces.
        by: columns.
        bounds: instants at which the periods begin, and the end of the last.

    Returns:
        A query of `period` (from 0), `event`, `named`, the columns, minutes with bounds, and planned minutes; and for
        each group a row with `whole` and its customers. An event is an incident, or losses without one that begin at
        one instant.
    """
    values = ", ".join(f"({i}, {int(a)}, {int(b)})" for i, (a, b) in enumerate(pairwise(bounds)))
    names = [quoted(name) for name in by]
    dims = "".join(f", {name}" for name in names)
    own = "".join(f", piece.{name}" for name in names)
    return query(
        [
            _piece(shares, f"start_at < {int(bounds[-1])}"),
            Step("period", "the periods asked", f"SELECT * FROM (VALUES {values}) AS p (period, from_at, to_at)"),
            Step(
                "cut",
                "pieces cut at the edges of periods",
                f"""
                SELECT
                  period.period, piece.bearer, piece.planned_only, piece.size,
                  SUM(piece.share) OVER (PARTITION BY period.period, piece.bearer, piece.start_at{own}) AS own,
                  COALESCE(piece.incident_id, 'at ' || piece.start_at) AS event,
                  piece.incident_id IS NOT NULL AS named{own},
                  piece.share * piece.size * lasted AS minutes,
                  piece.share * piece.size_lo * lasted AS minutes_lo,
                  piece.share * piece.size_hi * lasted AS minutes_hi
                FROM piece
                JOIN period ON piece.start_at < period.to_at AND piece.stop_at > period.from_at
                CROSS JOIN LATERAL (
                  SELECT
                    (LEAST(piece.stop_at, period.to_at) - GREATEST(piece.start_at, period.from_at)) / {MINUTE_US}.0
                      AS lasted
                )
                """,
            ),
            Step(
                "borne",
                "customers of each group, each once",
                f"""
                SELECT period{dims}, bearer, COALESCE(MAX(size) FILTER (WHERE {ALONE}), MAX(size)) AS n
                FROM cut WHERE NOT planned_only GROUP BY period{dims}, bearer
                """,
            ),
        ],
        f"""
        SELECT
          period, event, FALSE AS whole, BOOL_OR(named) AS named{dims},
          SUM(minutes) FILTER (WHERE NOT planned_only) AS minutes,
          SUM(minutes_lo) FILTER (WHERE NOT planned_only) AS minutes_lo,
          SUM(minutes_hi) FILTER (WHERE NOT planned_only) AS minutes_hi,
          SUM(minutes) FILTER (WHERE planned_only) AS planned,
          NULL AS customers
        FROM cut GROUP BY period, event{dims}
        UNION ALL
        SELECT period, NULL, TRUE, NULL{dims}, NULL, NULL, NULL, NULL, SUM(n) FROM borne GROUP BY period{dims}
        """,
    )


def blind(shares: str) -> str:
    """Return incidents of a stretch without any recorded impact, planned work left out.

    The pieces are asked too: within a scope a cohort's impact cannot be told by its customers, its pieces can.
    """
    return (
        "SELECT DISTINCT incident_id FROM incident WHERE NOT planned AND started_at >= $start AND started_at < $end"
        " AND started_at < $until AND incident_id NOT IN (SELECT incident_id FROM impact WHERE incident_id IS NOT NULL"
        " AND start_at < $until) AND incident_id NOT IN"
        f" (SELECT incident_id FROM {quoted(shares)} WHERE incident_id IS NOT NULL AND start_at < $until)"
        " ORDER BY incident_id"
    )


# ----------------------------------------------------------------------------------------------------------------------
# One customer, one ticket


def found(surrogate: bool) -> str:
    """Return the parties that a text names: by the key as written, or by their surrogate; newest version, and top."""
    test = "party.party_id = $party" if surrogate else "party.source_party = $name"
    return query(
        root(),
        f"""
        SELECT
          party.party_id, ANY_VALUE(root.top) AS top,
          ARG_MAX(party.source_party, party.valid_from) AS source_party,
          ARG_MAX(party.kind, party.valid_from) AS kind,
          ARG_MAX(party.segment, party.valid_from) AS segment, ARG_MAX(party.tier, party.valid_from) AS tier,
          ARG_MAX(party.region, party.valid_from) AS region, ARG_MAX(party.plan, party.valid_from) AS plan,
          ARG_MAX(party.lifecycle, party.valid_from) AS lifecycle
        FROM party JOIN root ON root.party_id = party.party_id
        WHERE {test} AND party.valid_from < $until
        GROUP BY party.party_id
        ORDER BY party.party_id
        """,
        recursive=True,
    )


def losses(pieces: str, shares: str) -> str:
    """Return the pieces of a customer with the incidents active in each."""
    return query(
        [
            Step(
                "named",
                "incidents of each piece",
                f"""
                SELECT start_at, LIST(DISTINCT incident_id ORDER BY incident_id) AS incidents
                FROM {quoted(shares)} WHERE party_id = $party AND incident_id IS NOT NULL GROUP BY start_at
                """,
            )
        ],
        f"""
        SELECT
          p.start_at, p.end_at, p.kind, p.kinds, p.own_depth, p.planned_only, p.evidence,
          p.size * (COALESCE(p.end_at, $until) - p.start_at) / {MINUTE_US}.0 AS minutes,
          COALESCE(named.incidents, []) AS incidents
        FROM {quoted(pieces)} AS p LEFT JOIN named USING (start_at)
        WHERE p.party_id = $party AND p.start_at < $until
        ORDER BY p.start_at
        """,
    )


def interruptions(episodes: str) -> str:
    """Return the interruptions of a customer."""
    return (
        "SELECT start_at, end_at, sustained, done, kind, pieces, incident_id, relieved, by_workaround,"
        f" lost / {MINUTE_US}.0 AS lost, elapsed / {MINUTE_US}.0 AS elapsed, relief / {MINUTE_US}.0 AS relief"
        f" FROM {quoted(episodes)} WHERE party_id = $party ORDER BY start_at"
    )


def said() -> str:
    """Return tickets and answers of a customer and of everybody below it."""
    return query(
        root(),
        """
        SELECT 'ticket' AS what, opened_at, resolved_at AS end_at, "case".kind, case_id AS name, incident_id,
          NULL AS score, NULL AS scale_min, NULL AS scale_max
        FROM "case" JOIN root USING (party_id)
        WHERE root.top = $party AND opened_at < $until
        UNION ALL
        SELECT 'answer', answered_at, NULL, question_kind, question_id, NULL, score, scale_min, scale_max
        FROM response JOIN root USING (party_id)
        WHERE root.top = $party AND answered_at < $until AND duplicate_of IS NULL
        ORDER BY opened_at, what, name
        """,
        recursive=True,
    )


def case_incident(shares: str) -> str:
    """Return tickets with the incident they name, or the one that was taking from their customer when they came."""
    near = f"{quoted(shares)}.start_at <= ticket.opened_at AND ticket.opened_at < "
    stop = f"COALESCE({quoted(shares)}.end_at, $until)"
    return query(
        [
            *root(),
            Step(
                "ticket",
                "the tickets asked, with the customer at the top",
                """
                SELECT case_id, opened_at, incident_id, COALESCE(root.top, "case".party_id) AS party_id
                FROM "case" LEFT JOIN root ON root.party_id = "case".party_id
                WHERE case_id IN (SELECT UNNEST($cases)) AND opened_at < $until
                """,
            ),
            Step(
                "fit",
                "incidents that were taking from the customer, or had ended within a day",
                f"""
                SELECT
                  ticket.case_id, {quoted(shares)}.incident_id,
                  ({near}{stop}) AS during, {stop} AS stop_at
                FROM ticket JOIN {quoted(shares)} ON {quoted(shares)}.party_id = ticket.party_id
                WHERE ticket.incident_id IS NULL AND {quoted(shares)}.incident_id IS NOT NULL AND {near}{stop} + {AFTER}
                """,
            ),
            Step(
                "nearest",
                "of each ticket the likeliest: still running, then ended last",
                """
                SELECT *, ROW_NUMBER() OVER (
                  PARTITION BY case_id ORDER BY during DESC, stop_at DESC, incident_id) AS place
                FROM fit
                """,
            ),
        ],
        """
        SELECT
          ticket.case_id, ticket.opened_at, COALESCE(ticket.incident_id, nearest.incident_id) AS incident_id,
          CASE
            WHEN ticket.incident_id IS NOT NULL THEN 'linked'
            WHEN nearest.during THEN 'likely'
            WHEN nearest.incident_id IS NOT NULL THEN 'possible'
            ELSE ''
          END AS how
        FROM ticket LEFT JOIN nearest ON nearest.case_id = ticket.case_id AND nearest.place = 1
        ORDER BY ticket.case_id
        """,
        recursive=True,
    )


# ----------------------------------------------------------------------------------------------------------------------
# Who matches


def systems() -> str:
    """Return the systems in which customers have keys."""
    return "SELECT DISTINCT source_system FROM identity ORDER BY source_system"


def matching(test: exp.Expression, *, placed: bool) -> str:
    """Return the customers for whom a test held at an instant, with their system and key.

    Args:
        test: over columns of `party` (as `p`) and, where `placed`, of `placement` (as `l`).
        placed: whether the test asks where customers live.
    """
    join = (
        "JOIN placement AS l ON l.party_id = p.party_id AND l.from_at <= $at AND (l.to_at IS NULL OR $at < l.to_at)"
        if placed
        else ""
    )
    return query(
        [
            Step(
                "p",
                "the version of each customer at the time",
                """
                SELECT * EXCLUDE (place) FROM (
                  SELECT *, ROW_NUMBER() OVER (
                    PARTITION BY party_id ORDER BY valid_from DESC, source DESC, source_id DESC) AS place
                  FROM party
                  WHERE valid_from <= $at
                )
                WHERE place = 1 AND (valid_to IS NULL OR $at < valid_to)
                  AND served_from <= $at AND (served_to IS NULL OR $at < served_to)
                """,
            ),
            Step(
                "key",
                "the system of each customer's key",
                """
                SELECT party_id, source_key, MIN(source_system) AS source_system
                FROM identity GROUP BY party_id, source_key
                """,
            ),
        ],
        f"""
        SELECT DISTINCT p.party_id, p.source_party, key.source_system, p.segment, p.size
        FROM p {join} LEFT JOIN key ON key.party_id = p.party_id AND key.source_key = p.source_party
        WHERE {test.sql(dialect="duckdb")}
        ORDER BY p.source_party, p.party_id
        """,
    )
