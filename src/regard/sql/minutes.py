"""The minutes of `user_segment`: how long users were up and down in each minute, for the worst windows (R017)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.expr import MINUTE_US
from regard.sql.derived.steps import Step, query
from regard.sql.facts import Facts
from regard.sql.upkeep import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.plan import Plan, Scan


SEGMENTS = "asked_segments"


def asked_segments(plan: Plan, scan: Scan, relation: str) -> tuple[str, tuple[str, ...]]:
    """Return the query of the segments that a question asks for, and the dimensions that its columns d0, d1, ... are.

    Args:
        plan: of the question.
        scan: its scan of spans with a share `up`.
        relation: name of the view or table of its rows.
    """
    facts = Facts(plan, scan, relation)
    start, end = facts.span
    extra = {"start_at": start, "end_at": end, "up": 'f."up"'}
    return f"WITH {facts.step(extra)}\nSELECT * FROM facts", facts.dimensions


def minute_series(relation: str, start: int, end: int, dims: Sequence[str] = ()) -> str:
    """Return the query of the time up and down in each minute of [start, end), summed over customers.

    A segment only says where it begins and where it ends, whatever its length: what a minute holds follows from the
    running total. So there are never more rows than minutes, and no more memory than those take. Sums are of whole
    numbers, so that they are the same in any order of the rows.

    Args:
        relation: a table or view of segments: start_at, end_at, up (share) and the dimensions.
        start: instant at which minute 0 begins.
        end: instant at which the series ends.
        dims: columns by which to divide.

    Returns:
        A query that gives the dimensions, `minute`, `minutes` (so many from there on are alike), and `up` and `down` in
        whole microseconds of each of them. Minutes without either are left out.
    """
    by = "".join(f"{quoted(name)}, " for name in dims)
    group = f"{by}minute"
    running = f"OVER ({f'PARTITION BY {by[:-2]} ' if dims else ''}ORDER BY minute"
    so_far = f"{running} ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    rest = f"({MINUTE_US} - since % {MINUTE_US})"
    steps = [
        Step(
            "inside",
            f"segments within the period; up in parts of {MINUTE_US}, so that a share of a minute is whole",
            f"""
            SELECT
              {by}CAST(ROUND(up * {MINUTE_US}) AS BIGINT) AS parts,
              GREATEST(start_at, {start}) - {start} AS begun,
              LEAST(end_at, {end}) - {start} AS ended
            FROM {quoted(relation)}
            WHERE start_at < {end} AND end_at > {start}
            """,
        ),
        Step(
            "turn",
            "how many more users there are from an instant on, and how many more parts of them are up",
            f"""
            SELECT {by}begun AS since, 1 AS more, parts AS more_up FROM inside
            UNION ALL
            SELECT {by}ended, -1, -parts FROM inside
            """,
        ),
        Step(
            "turned",
            "the same by minute, with the time that it makes in the minute itself",
            f"""
            SELECT
              {by}since // {MINUTE_US} AS minute,
              SUM(more) AS more, SUM(more_up) AS more_up,
              SUM(more * {rest}) AS here, SUM(more_up * {rest}) AS here_up
            FROM turn
            GROUP BY {by}since // {MINUTE_US}
            """,
        ),
        Step(
            "reached",
            "the same with the next such minute, and how many there are at the end of this one",
            f"""
            SELECT
              {group}, here - more * {MINUTE_US} AS here, here_up - more_up * {MINUTE_US} AS here_up,
              LEAD(minute) {running}) AS next_minute,
              SUM(more) {so_far} * {MINUTE_US} AS after, SUM(more_up) {so_far} * {MINUTE_US} AS after_up
            FROM turned
            """,
        ),
        Step(
            "stretch",
            "minutes that turn, and stretches of minutes between them",
            f"""
            SELECT {group}, 1 AS minutes, here + after AS used, here_up + after_up AS used_up FROM reached
            UNION ALL
            SELECT {by}minute + 1, next_minute - minute - 1, after, after_up FROM reached
            WHERE next_minute > minute + 1
            """,
        ),
        Step(
            "rounded",
            "the same in whole microseconds",
            f"""
            SELECT
              {group}, minutes, CAST(used AS BIGINT) AS used,
              CAST((used_up + {MINUTE_US // 2}) // {MINUTE_US} AS BIGINT) AS up
            FROM stretch
            WHERE used > 0
            """,
        ),
    ]
    return query(steps, f"SELECT {group}, minutes, up, used - up AS down FROM rounded ORDER BY {group}")
