"""SQL of `visit_step`: how far visits came."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.visit_step import CARRIED, STEPS
from regard.sql.derived.steps import Step, columns, come, double, query, text
from regard.sql.derived.versions import STAMP, stamped, version

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    last = len(STEPS)
    depth = " ".join(
        f"WHEN {column} <= {until} THEN {number}" for number, column in reversed([*enumerate(STEPS.values(), start=1)])
    )
    names = " UNION ALL ".join(
        f"SELECT CAST({number} AS BIGINT) AS step_number, {text(step)} AS step"
        for number, step in enumerate(STEPS, start=1)
    )
    known = 'reached."at" <= reached.next_at'
    steps = [
        *version(until),
        Step("step", "the steps of the funnel", names),
        Step(
            "deep",
            "visits by then with the last step reached; an order counts when it is named, though nobody says when",
            f"""
            SELECT
              *,
              CASE WHEN bought_at IS NULL AND order_id IS NOT NULL THEN {last} {depth} END AS depth
            FROM visit
            WHERE started_at <= {until} {"AND NOT is_bot" if arguments["bots"] == "out" else ""}
            """,
        ),
        Step(
            "reached",
            "one row for each step reached, with its time and that of the next",
            f"""
            SELECT
              deep.*, step.step, step.step_number,
              {_time(until, 0)} AS "at",
              {_time(until, 1)} AS next_at
            FROM deep
            JOIN step ON step.step_number <= deep.depth
            """,
        ),
    ]
    select = f"""
    SELECT
      {columns("reached", CARRIED)}, reached.step, reached.step_number, reached."at",
      reached.step_number < reached.depth AS next_reached,
      reached.depth = {last} AS ordered,
      CASE WHEN {known} THEN (reached.next_at - reached."at") / {double(1_000_000)} END AS seconds,
      reached.p75_load_ms > {double(arguments["slow_ms"])} AS slow,
      {STAMP}
    FROM reached
    {stamped("reached", "started_at")}
    """
    return query(steps, select)


def _time(until: int, later: int) -> str:
    """Return when the step so much later was reached, as far as it has come by then."""
    times = [
        f"WHEN {number - later} THEN {come(column, until)}" for number, column in enumerate(STEPS.values(), start=1)
    ]
    return f"CASE step.step_number {' '.join(times[later:])} END"
