"""SQL of `user_segment`: the time of users between their requests, up or down as the requests went."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.user_segment import CARRIED, longest, percentile
from regard.derived.versions import DIMENSIONS
from regard.expr import MINUTE_US
from regard.sql.derived.steps import FOREVER, Step, columns, query
from regard.sql.derived.versions import cut, timeline, version

if TYPE_CHECKING:
    from regard.derived import Arguments

SECOND_US = 1_000_000

MINUTES = "kind = 'minute' AND value BETWEEN 0 AND 1 AND \"at\" < {until} AND party_id IS NOT NULL"
"""Minutes that come added up, by then."""


def measured_twice(relation: str) -> str:
    """Return (source, requests, customers) of requests that `user_segment` leaves out, for rows of `event`."""
    return f"""
    SELECT source, COUNT(*) AS requests, COUNT(DISTINCT party_id) AS customers
    FROM {relation}
    WHERE kind = 'request'
      AND party_id IN (SELECT party_id FROM {relation} WHERE {MINUTES.format(until=FOREVER)})
    GROUP BY source
    ORDER BY source
    """


PARTS = {
    "forward": [("", '"at"', "next_at")],
    "backward": [("next_", '"at"', "next_at")],
    "split": [("", '"at"', '"at" + (next_at - "at") // 2'), ("next_", '"at" + (next_at - "at") // 2', "next_at")],
}
"""Label (K16) -> parts of the time between two requests: whose columns label it, start, end."""


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    names = ("party_id", "start_at", "end_at", "up", "silent", *CARRIED, *DIMENSIONS)
    return query(segments(arguments, until), f"SELECT {', '.join(names)} FROM segment")


def segments(arguments: Arguments, until: int) -> list[Step]:
    """Return the steps that make `segment`: the columns of the table, and `size`."""
    start, end, join = cut("stretch")
    steps = [*version(until), *timeline(), _pairs(str(arguments["label"]), until)]
    percent = percentile(arguments["cutoff"])
    if percent is None:
        silent = f"pause > {longest(arguments['cutoff'])}"
    else:
        steps += _limit(percent)
        silent = "100 * pause > (SELECT most FROM longest)"
    return [
        *steps,
        _parts(str(arguments["label"]), str(arguments["silence"]), silent),
        Step(
            "stretch",
            "parts of the time between requests, and minutes that come added up",
            f"""
            SELECT * FROM part
            UNION ALL
            SELECT
              party_id, "at", LEAST("at" + {MINUTE_US}, {until}), value, FALSE, {", ".join(CARRIED)}
            FROM event
            WHERE {MINUTES.format(until=until)}
            """,
        ),
        Step(
            "segment",
            "the same, cut where the version of the customer changes",
            f"""
            SELECT
              stretch.party_id, stretch.up, stretch.silent, {columns("stretch", CARRIED)},
              {start} AS start_at,
              {end} AS end_at,
              COALESCE(timeline.size, 1) AS size,
              {columns("timeline", DIMENSIONS)}
            FROM stretch
            {join}
            """,
        ),
    ]


def _pairs(label: str, until: int) -> Step:
    """Return the step of requests with the one after; of that only what labels are taken from, the sort being large."""
    order = 'PARTITION BY party_id ORDER BY "at", source, source_id'
    names = ("ok", *CARRIED)
    own = [name for name in names if any(prefix == "" for prefix, _, _ in PARTS[label])]
    after = [name for name in names if any(prefix == "next_" for prefix, _, _ in PARTS[label])]
    carried = own + [f"LEAD({name}) OVER ({order}) AS next_{name}" for name in after]
    return Step(
        "request",
        "requests by then, with the next of the customer; of those whose minutes come added up none: both would count",
        f"""
        SELECT party_id, "at", LEAD("at") OVER ({order}) AS next_at, {", ".join(carried)}
        FROM event
        WHERE kind = 'request' AND party_id IS NOT NULL AND "at" <= {until}
          AND party_id NOT IN (SELECT party_id FROM event WHERE {MINUTES.format(until=until)})
        """,
    )


def _limit(percent: int) -> list[Step]:
    """Return the steps that make `longest`: the percentile of all pauses, in hundredths of a microsecond, exactly.

    Pauses are counted by whole seconds first, so that only those of the seconds that hold the percentile are sorted.
    """
    return [
        Step(
            "second",
            "pauses by whole seconds, with how many are shorter and how many there are",
            f"""
            SELECT
              second, pauses,
              CAST(SUM(pauses) OVER (ORDER BY second) AS BIGINT) - pauses AS shorter,
              CAST(SUM(pauses) OVER () AS BIGINT) AS all_pauses
            FROM (
              SELECT (next_at - "at") // {SECOND_US} AS second, COUNT(*) AS pauses
              FROM request
              WHERE next_at IS NOT NULL
              GROUP BY 1
            ) AS counted
            """,
        ),
        Step(
            "wanted",
            "the seconds that hold the pauses on both sides of the percentile, and its place between them",
            f"""
            SELECT
              second, shorter,
              (all_pauses - 1) * {percent} // 100 AS place,
              (all_pauses - 1) * {percent} % 100 AS part
            FROM second
            WHERE shorter <= (all_pauses - 1) * {percent} // 100 + 1
              AND shorter + pauses > (all_pauses - 1) * {percent} // 100
            """,
        ),
        Step(
            "ranked",
            "their pauses in order, counted from 0 among all",
            f"""
            SELECT
              request.next_at - request."at" AS pause, wanted.place, wanted.part,
              wanted.shorter - 1 + ROW_NUMBER() OVER (
                PARTITION BY wanted.second ORDER BY request.next_at - request."at"
              ) AS number
            FROM request
            JOIN wanted ON wanted.second = (request.next_at - request."at") // {SECOND_US}
            """,
        ),
        Step(
            "longest",
            "the percentile",
            """
            SELECT 100 * MIN(pause) + MIN(part) * (MAX(pause) - MIN(pause)) AS most
            FROM ranked
            WHERE number = place OR number = place + 1
            """,
        ),
    ]


def _parts(label: str, silence: str, silent: str) -> Step:
    """Return the step of segments, labelled; what nobody labels is silence (K15)."""
    parts = [
        f"""
        SELECT
          party_id, {start} AS since_at, {end} AS left_at, next_at - "at" AS pause,
          {", ".join(f"{prefix}{name} AS {name}" for name in ("ok", *CARRIED))}
        FROM request
        WHERE {start} < {end}"""
        for prefix, start, end in PARTS[label]
    ]
    rows = "\n        UNION ALL".join(parts)
    if silence == "unknown":
        up, told, known = "CASE WHEN ok THEN 1 ELSE 0 END", "FALSE", f"WHERE ok IS NOT NULL AND NOT {silent}"
    else:
        told, known = f"(ok IS NULL OR {silent})", ""
        up = f"CASE WHEN {told} THEN {int(silence == 'up')} WHEN ok THEN 1 ELSE 0 END"
    return Step(
        "part",
        "the time between two requests, up or down by the request that labels it",
        f"""
        SELECT
          party_id, since_at, left_at, CAST({up} AS DOUBLE) AS up, {told} AS silent, {", ".join(CARRIED)}
        FROM ({rows}
        ) AS labelled
        {known}
        """,
    )
