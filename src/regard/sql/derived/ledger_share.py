"""SQL of `ledger_share`: each piece of the ledger shared among what is active in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.loss import KINDS, weights
from regard.sql.derived.loss import same
from regard.sql.derived.pieces import chosen, ledger_columns, pieces, settled
from regard.sql.derived.steps import Step, columns, double, query

if TYPE_CHECKING:
    from regard.derived import Arguments

PIECE = ("bearer", "since_at")
"""What tells stretches apart."""

INCIDENT = ("incident_rank",)
"""What tells incidents apart."""


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    select = f"""
    SELECT{ledger_columns()},
      CAST(labelled.share AS DOUBLE) AS share, labelled.incident_id, labelled.service, labelled.cause, labelled.journey,
      labelled.team, labelled.severity
    FROM piece
    JOIN labelled ON labelled.bearer = piece.bearer AND labelled.since_at = piece.since_at
    """
    return query([*pieces(arguments, until), chosen(arguments), *_shares(arguments)], select)


def _shares(arguments: Arguments) -> list[Step]:
    """Return the steps that make `labelled`: the share of each incident and journey in each stretch (K05)."""
    piece = ", ".join(PIECE)
    whole = f"PARTITION BY {piece}"
    share = {
        "first": "CASE WHEN place = 1 THEN 1.0 ELSE 0.0 END",
        "equal": "1.0 / causes",
        "proportional": "CASE WHEN depths > 0 THEN depth / depths ELSE 1.0 / causes END",
    }[str(arguments["sharing"])]
    return [
        Step(
            "counting",
            "rows of stages that overlap others, once for each stretch in which they count",
            f"SELECT bearer, start_at AS since_at, incident_rank, journey, {_depth(arguments)} AS depth FROM chosen",
        ),
        Step(
            "by_journey",
            "what is active in each stretch, by incident and journey; losses that nobody declared are one incident",
            f"""
            SELECT {piece}, incident_rank, journey, MAX(depth) AS depth
            FROM counting
            GROUP BY {piece}, incident_rank, journey
            """,
        ),
        Step(
            "by_cause",
            "the same by incident",
            f"""
            SELECT {piece}, incident_rank, MAX(depth) AS depth, COUNT(*) AS journeys
            FROM by_journey
            GROUP BY {piece}, incident_rank
            """,
        ),
        Step(
            "beginning",
            "when each bearer first lost something to each incident",
            """
            SELECT bearer, incident_rank, MIN(begun_at) AS begun_at FROM (
              SELECT bearer, incident_rank, row_start_at AS begun_at FROM chosen
              UNION ALL
              SELECT bearer, incident_rank, row_start_at FROM clear WHERE bearer IN (SELECT bearer FROM chosen)
            ) AS t
            GROUP BY bearer, incident_rank
            """,
        ),
        Step(
            "weighed",
            "incidents of each stretch with what they are shared by",
            f"""
            SELECT
              by_cause.*,
              COUNT(*) OVER ({whole}) AS causes,
              {settled(f"SUM(depth) OVER ({whole})")} AS depths,
              ROW_NUMBER() OVER (
                PARTITION BY {columns("by_cause", PIECE)}
                ORDER BY beginning.begun_at, CASE WHEN by_cause.incident_rank IS NULL THEN 1 ELSE 0 END,
                  by_cause.incident_rank
              ) AS place
            FROM by_cause
            JOIN beginning ON beginning.bearer = by_cause.bearer AND {same("beginning", "by_cause", INCIDENT)}
            """.replace(f"({whole})", f"(PARTITION BY {columns('by_cause', PIECE)})"),
        ),
        Step(
            "cause_share",
            "the share of each incident",
            f"SELECT {piece}, incident_rank, {share} / journeys AS share FROM weighed",
        ),
        Step(
            "shared",
            "the share of each incident and journey; a stage that is the only one has the whole of its piece",
            f"""
            SELECT {columns("by_journey", PIECE)}, by_journey.incident_rank, by_journey.journey, cause_share.share
            FROM by_journey
            JOIN cause_share ON {" AND ".join(f"cause_share.{name} = by_journey.{name}" for name in PIECE)}
              AND {same("cause_share", "by_journey", INCIDENT)}
            UNION ALL
            SELECT bearer, start_at, incident_rank, journey, 1.0 FROM clear
            """,
        ),
        Step(
            "labelled",
            "the same with what is known of the incident: here, while rows are narrow",
            """
            SELECT shared.*, blamed.incident_id, blamed.service, blamed.cause, blamed.team, blamed.severity
            FROM shared
            LEFT JOIN blamed ON blamed.incident_rank = shared.incident_rank
            """,
        ),
    ]


def _depth(arguments: Arguments) -> str:
    """Return SQL of how deep a row is: by itself, or by its kind."""
    deep = weights(arguments["weights"]) if arguments["sharing"] == "proportional" else {}
    whens = " ".join(f"WHEN {n} THEN {double(deep[kind])}" for n, kind in enumerate(KINDS) if kind in deep)
    return f"COALESCE(depth, {f'CASE kind {whens} ELSE 0.0 END' if whens else double(0)})"
