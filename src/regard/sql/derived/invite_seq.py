"""SQL of `invite_seq`: invitations that arrived, and how many came shortly before."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.invite_seq import SHARED
from regard.model.time import DAY_US
from regard.sql.derived.steps import Step, query
from regard.sql.derived.versions import STAMP, stamped, version

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    window = int(arguments["pressure_days"]) * DAY_US
    shared = ", ".join(f"MIN({name}) AS {name}" for name in SHARED)
    steps = [
        *version(until),
        Step(
            "invitation",
            "invitations that arrived by then, their questions added up",
            f"""
            SELECT
              source, invite_id, {shared},
              MIN(delivered_at) AS delivered_at,
              MIN(CASE WHEN answered_at <= {until} THEN answered_at END) AS answered_at,
              COUNT(*) AS questions,
              COUNT(CASE WHEN answered_at <= {until} THEN 1 END) AS answers
            FROM response
            WHERE delivered_at <= {until} AND duplicate_of IS NULL
            GROUP BY source, invite_id
            """,
        ),
        Step(
            "pressed",
            "the same with how many reached the customer shortly before; nobody knows that of an anonymous one",
            f"""
            SELECT
              *,
              COUNT(*) OVER (
                PARTITION BY party_id ORDER BY delivered_at RANGE BETWEEN {window} PRECEDING AND 1 PRECEDING
              ) AS earlier
            FROM invitation
            WHERE party_id IS NOT NULL
            UNION ALL
            SELECT *, NULL FROM invitation WHERE party_id IS NULL
            """,
        ),
    ]
    select = f"""
    SELECT
      pressed.*,
      pressed.answers > 0 AS answered,
      pressed.answered_at - pressed.delivered_at AS delay,
      {STAMP}
    FROM pressed
    {stamped("pressed", "delivered_at")}
    """
    return query(steps, select)
