"""SQL of `response_seq`: answers, scored on one footing, in their order."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.derived.response_seq import CARRIED
from regard.sql.derived.steps import Step, columns, query
from regard.sql.derived.versions import STAMP, stamped, version

if TYPE_CHECKING:
    from regard.derived import Arguments

ORDER = "PARTITION BY party_id, survey_id, question_id ORDER BY answered_at, source, source_id"
SCALED = "answer.scale_min < answer.scale_max"
UP, DOWN = "answer.score - answer.scale_min", "answer.scale_max - answer.score"
WHOLE = "answer.scale_min = FLOOR(answer.scale_min) AND answer.scale_max = FLOOR(answer.scale_max)"
BOTTOM = f"CASE answer.polarity WHEN 'high_good' THEN {UP} ELSE {DOWN} END"
TOP = f"CASE answer.polarity WHEN 'high_good' THEN {DOWN} ELSE {UP} END"


WORKED = {
    "score01": f"""CASE WHEN {SCALED} AND answer.polarity IS NOT NULL
        THEN ({BOTTOM}) / (answer.scale_max - answer.scale_min) END""",
    "from_top": f"CASE WHEN {SCALED} AND answer.polarity IS NOT NULL THEN {TOP} END",
    "from_bottom": f"CASE WHEN {SCALED} AND answer.polarity IS NOT NULL THEN {BOTTOM} END",
    "points": f"""CASE WHEN {SCALED} AND {WHOLE}
        THEN CAST(answer.scale_max - answer.scale_min AS BIGINT) + 1 END""",
}
"""Columns that follow from the score and its scale; whoever has those need not read them."""


def statement(arguments: Arguments, until: int) -> str:  # noqa: ARG001 - see `Statement`
    """Return the query; see `Statement`."""
    given = f"answered_at <= {until} AND duplicate_of IS NULL AND (score IS NOT NULL OR text IS NOT NULL)"
    steps = [
        *version(until),
        Step(
            "neighbour",
            "answers of known customers with those before and after; keys and times only, to keep the sort narrow",
            f"""
            SELECT
              source, source_id,
              LAG(answered_at) OVER ({ORDER}) AS prev_at,
              LEAD(answered_at) OVER ({ORDER}) AS next_at
            FROM response
            WHERE party_id IS NOT NULL AND {given}
            """,
        ),
        Step("answer", "answers by then, without double submissions", f"SELECT * FROM response WHERE {given}"),
    ]
    worked = ",\n      ".join(f"{sql} AS {name}" for name, sql in WORKED.items())
    select = f"""
    SELECT
      {columns("answer", CARRIED)}, answer.text IS NOT NULL AS has_text,
      neighbour.prev_at, neighbour.next_at,
      {worked},
      {STAMP}
    FROM answer
    LEFT JOIN neighbour ON neighbour.source_id = answer.source_id AND neighbour.source = answer.source
    {stamped("answer", "answered_at")}
    """
    return query(steps, select)
