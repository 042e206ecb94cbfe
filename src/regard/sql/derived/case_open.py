"""SQL of `case_open`: when cases stood open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.case_open import CARRIED
from regard.derived.versions import DIMENSIONS
from regard.sql.derived.cases import courses
from regard.sql.derived.steps import Step, columns, query
from regard.sql.derived.versions import cut, timeline, version

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:  # noqa: ARG001 - see `Statement`
    """Return the query; see `Statement`."""
    start, end, join = cut("span")
    steps = [
        *version(until),
        *timeline(),
        *courses(until),
        Step(
            "span",
            "whole open spans that lasted, with the key and customer of the root",
            """
            SELECT
              numbered.source, numbered.source_id, numbered.party_id, course.opened_at,
              open_span.number, open_span.start_at AS since_at, open_span.end_at AS left_at
            FROM open_span
            JOIN course ON course.root_no = open_span.root_no
            JOIN numbered ON numbered.case_no = open_span.root_no
            WHERE open_span.end_at IS NULL OR open_span.start_at < open_span.end_at
            """,
        ),
    ]
    select = f"""
    SELECT
      span.source, span.source_id, {columns("root", CARRIED)}, root.channel_first AS channel,
      span.opened_at, span.number, span.since_at, span.left_at,
      {start} AS start_at,
      {end} AS end_at,
      {columns("timeline", DIMENSIONS)}
    FROM span
    JOIN "case" AS root ON root.source = span.source AND root.source_id = span.source_id
    {join}
    """
    return query(steps, select, recursive=True)
