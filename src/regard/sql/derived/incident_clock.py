"""SQL of `incident_clock`: the operator's clocks of each incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.incident_clock import CARRIED, CLOCKS
from regard.sql.derived.loss import ADDRESSED, incidents
from regard.sql.derived.steps import Step, columns, query

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    first_at = "loss.first_at" if arguments["clock"] == "customer" else "CAST(NULL AS BIGINT)"
    notice = "clock.planned AND clock.notice_at <= clock.impact_at"
    durations = ",\n      ".join(
        f"CASE WHEN clock.{at} <= {until} THEN GREATEST(0, clock.{at} - clock.impact_at) END AS {name}"
        for name, at in CLOCKS.items()
    )
    steps = [
        *incidents(),
        Step(
            "loss",
            "incidents with the earliest impact by then",
            f"""
            SELECT address.incident_no, MIN(impact.start_at) AS first_at
            FROM impact
            JOIN address ON {ADDRESSED}
            WHERE impact.start_at <= {until} AND address.incident_no IS NOT NULL
            GROUP BY address.incident_no
            """,
        ),
        Step(
            "clock",
            "incidents with the instant from which they are counted",
            f"""
            SELECT
              incident_label.*,
              COALESCE({first_at}, incident_label.started_at) AS impact_at,
              loss.first_at IS NOT NULL AS has_impact
            FROM incident_label
            LEFT JOIN loss ON loss.incident_no = incident_label.incident_no
            """,
        ),
    ]
    select = f"""
    SELECT
      {columns("clock", CARRIED)}, clock.owner_team AS team, clock.impact_at, clock.has_impact,
      CASE WHEN clock.planned THEN COALESCE({notice}, FALSE) END AS noticed,
      CASE WHEN {notice} THEN clock.impact_at - clock.notice_at END AS notice,
      {durations},
      COALESCE(clock.resolved_at <= {until}, FALSE) AS resolved
    FROM clock
    WHERE clock.impact_at <= {until}
    """
    return query(steps, select)
