"""SQL of `party_week`: logins of each active customer by week, against its own four weeks before."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from regard.derived.party_week import BEFORE
from regard.model.time import DAY_US, EPOCH_DAY, Calendar, offsets
from regard.sql.derived.steps import Step, double, named, query
from regard.sql.derived.versions import STAMP, stamped, version

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.derived import Arguments

MONDAY = 4
"""The first Monday, as days since 1970-01-01."""

YEAR = 366 * DAY_US


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    zone = str(arguments["zone"])
    # Rounded up, so that the steps of the zone are looked up once a year, and past the week that holds `until`.
    horizon = (until // YEAR + 1) * YEAR + 8 * DAY_US
    later = " UNION ALL ".join(f"SELECT {number} AS later" for number in range(BEFORE + 1))
    weeks, floor, rest = double(BEFORE), double(arguments["floor"]), double(1 - float(arguments["drop"]))
    fell = f"before >= {floor} AND logins < {rest} * before / {weeks}"
    steps = [
        *version(until),
        Step(
            "login",
            "logins with their local day",
            f"""
            SELECT party_id, bucket, ("at" + {_choose('"at"', offsets(zone, 0, horizon))}) // {DAY_US} AS day
            FROM event
            WHERE kind IN ({named(arguments["kinds"])}) AND party_id IS NOT NULL AND "at" <= {until}
            """,
        ),
        Step(
            "counted",
            "logins by the Monday of their week",
            """
            SELECT party_id, MIN(bucket) AS bucket, day - (day + 3) % 7 AS monday, COUNT(*) AS logins
            FROM login
            GROUP BY party_id, day - (day + 3) % 7
            """,
        ),
        Step(
            "known",
            "the same with the customer's first week",
            "SELECT *, MIN(monday) OVER (PARTITION BY party_id) AS first_monday FROM counted",
        ),
        Step("ahead", f"a week counts in itself and in the {BEFORE} that follow", later),
        Step(
            "spread",
            "weeks with a login in them or in those before",
            """
            SELECT
              known.party_id, known.monday + 7 * ahead.later AS week,
              MIN(known.bucket) AS bucket,
              MIN(known.first_monday) AS first_monday,
              CAST(SUM(CASE WHEN ahead.later = 0 THEN known.logins ELSE 0 END) AS BIGINT) AS logins,
              CAST(SUM(CASE WHEN ahead.later > 0 THEN known.logins ELSE 0 END) AS BIGINT) AS before
            FROM known
            CROSS JOIN ahead
            GROUP BY known.party_id, known.monday + 7 * ahead.later
            """,
        ),
        Step(
            "week",
            "weeks with the instants of their midnights",
            f"""
            SELECT
              *,
              week * {DAY_US} - {_choose("week", _leads(zone, horizon))} AS start_at,
              (week + 7) * {DAY_US} - {_choose("week + 7", _leads(zone, horizon))} AS end_at
            FROM spread
            """,
        ),
        Step(
            "finished",
            "weeks that are over, with their last instant",
            f"""
            SELECT
              *, end_at - 1 AS last_at,
              CASE WHEN week - first_monday >= {7 * BEFORE} THEN before / {weeks} END AS baseline,
              CASE WHEN week - first_monday >= {7 * BEFORE} THEN {fell} END AS declining
            FROM week
            WHERE end_at <= {until}
            """,
        ),
    ]
    select = f"""
    SELECT
      finished.party_id, finished.bucket, CAST(finished.week AS INTEGER) AS week, finished.start_at, finished.end_at,
      finished.logins, finished.before, finished.baseline, finished.declining, {STAMP}
    FROM finished
    {stamped("finished", "last_at")}
    """
    return query(steps, select)


def _choose(value: str, steps: Sequence[tuple[int, int]]) -> str:
    """Return the entry of the last step that is not after a value; the latest steps are asked first."""
    tests = " ".join(f"WHEN {value} >= {since} THEN {entry}" for since, entry in reversed(steps[1:]))
    return f"CASE {tests} ELSE {steps[0][1]} END" if tests else str(steps[0][1])


@lru_cache(maxsize=64)
def _leads(zone: str, horizon: int) -> tuple[tuple[int, int], ...]:
    """Return by how much midnight of a Monday is ahead of midnight in UTC, as steps (from this day, microseconds)."""
    calendar = Calendar(zone=zone)
    steps: list[tuple[int, int]] = []
    for day in range(MONDAY, horizon // DAY_US, 7):
        lead = day * DAY_US - calendar.midnight(EPOCH_DAY + timedelta(days=day))
        if not steps or steps[-1][1] != lead:
            steps.append((day, lead))
    return tuple(steps)
