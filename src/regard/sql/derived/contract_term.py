"""SQL of `contract_term`: terms that fell due, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.contract_term import CARRIED, DUE, OUTCOMES
from regard.model.time import DAY_US
from regard.sql.derived.steps import Step, columns, listed, query, text
from regard.sql.derived.versions import STAMP, stamped, version

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    grace = round(float(arguments["grace_days"]) * DAY_US)
    firsts = ", ".join(f'MIN(CASE WHEN kind = {text(kind)} THEN "at" END) AS {name}' for name, kind in OUTCOMES.items())
    somebody = "(party_id IS NOT NULL OR ref_id IS NOT NULL)"
    steps = [
        *version(until),
        Step(
            "mark",
            "what happened to contracts by then, and when each term is over for good: its end and the grace",
            f"""
            SELECT party_id, ref_id, kind, "at", CAST(NULL AS BIGINT) AS due_at, "at" AS place FROM event
            WHERE kind IN ({listed(OUTCOMES.values())}) AND "at" <= {until} AND {somebody}
            UNION ALL
            SELECT party_id, ref_id, kind, "at", "at", "at" + {grace} FROM event
            WHERE kind = {text(DUE)} AND "at" <= {until} AND {somebody}
            """,
        ),
        Step(
            "assigned",
            "the same, back in time: each belongs to the first term that is not over",
            """
            SELECT
              party_id, ref_id, kind, "at",
              MIN(due_at) OVER (
                PARTITION BY party_id, ref_id ORDER BY place DESC, COALESCE(due_at, 0) DESC
                ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
              ) AS due_at
            FROM mark
            """,
        ),
        Step(
            "outcome",
            "what became of each term",
            f"SELECT party_id, ref_id, due_at, {firsts} FROM assigned GROUP BY party_id, ref_id, due_at",
        ),
        Step("term", "terms due by then", f'SELECT * FROM event WHERE kind = {text(DUE)} AND "at" <= {until}'),
    ]
    flags = ", ".join(f"outcome.{name} IS NOT NULL AS {name.removesuffix('_at')}" for name in OUTCOMES)
    select = f"""
    SELECT
      {columns("term", CARRIED)}, term.ref_id AS contract_id, term."at" AS due_at, term.value AS amount,
      {columns("outcome", OUTCOMES)}, {flags},
      outcome.upsold_at IS NOT NULL OR COALESCE(outcome.cancelled_at >= term."at", TRUE) AS eligible,
      {STAMP}
    FROM term
    LEFT JOIN outcome ON outcome.due_at = term."at"
      AND COALESCE(outcome.party_id, -1) = COALESCE(term.party_id, -1)
      AND COALESCE(outcome.ref_id, '') = COALESCE(term.ref_id, '')
    {stamped("term", "at")}
    """
    return query(steps, select)
