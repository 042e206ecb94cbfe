"""SQL of `incident_clock`: the operator's clocks of each incident."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.incident_clock import CARRIED, CLOCKS
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
        Step(
            "address",
            "what an incident's id means: how many sources use it, and the incident of each",
            """
            SELECT
              incident_id, source, MIN(source_id) AS source_id,
              COUNT(*) OVER (PARTITION BY incident_id) AS sources
            FROM incident
            GROUP BY incident_id, source
            """,
        ),
        Step(
            "loss",
            "incidents with the earliest impact by then",
            f"""
            SELECT address.source, address.source_id, MIN(impact.start_at) AS first_at
            FROM impact
            JOIN address ON address.incident_id = impact.incident_id
              AND (address.sources = 1 OR address.source = impact.source)
            WHERE impact.start_at <= {until}
            GROUP BY address.source, address.source_id
            """,
        ),
        Step(
            "clock",
            "incidents with the instant from which they are counted",
            f"""
            SELECT
              incident.*,
              COALESCE({first_at}, incident.started_at) AS impact_at,
              loss.first_at IS NOT NULL AS has_impact
            FROM incident
            LEFT JOIN loss ON loss.source = incident.source AND loss.source_id = incident.source_id
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
