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
BOTTOM = "CASE answer.polarity WHEN 'high_good' THEN answer.score - answer.scale_min ELSE answer.scale_max - answer.score END"
TOP = "CASE answer.polarity WHEN 'high_good' THEN answer.scale_max - answer.score ELSE answer.score - answer.scale_min END"


def statement(arguments: Arguments, until: int) -> str:  # noqa: ARG001 - see `Statement`
    """Return the query; see `Statement`."""
    steps = [
        *version(until),
        Step(
            "given",
            "answers by then, without double submissions",
            f"""
            SELECT {", ".join(CARRIED)}, text IS NOT NULL AS has_text
            FROM response
            WHERE answered_at <= {until} AND duplicate_of IS NULL AND (score IS NOT NULL OR text IS NOT NULL)
            """,
        ),
        Step(
            "answer",
            "answers with their neighbours; an anonymous one is its own respondent",
            f"""
            SELECT *, LAG(answered_at) OVER ({ORDER}) AS prev_at, LEAD(answered_at) OVER ({ORDER}) AS next_at
            FROM given
            WHERE party_id IS NOT NULL
            UNION ALL
            SELECT *, NULL, NULL FROM given WHERE party_id IS NULL
            """,
        ),
    ]
    select = f"""
    SELECT
      {columns("answer", CARRIED)}, answer.has_text, answer.prev_at, answer.next_at,
      CASE WHEN {SCALED} AND answer.polarity IS NOT NULL
        THEN ({BOTTOM}) / (answer.scale_max - answer.scale_min) END AS score01,
      CASE WHEN {SCALED} AND answer.polarity IS NOT NULL THEN {TOP} END AS from_top,
      CASE WHEN {SCALED} AND answer.polarity IS NOT NULL THEN {BOTTOM} END AS from_bottom,
      CASE WHEN {SCALED} AND answer.scale_min = FLOOR(answer.scale_min) AND answer.scale_max = FLOOR(answer.scale_max)
        THEN CAST(answer.scale_max - answer.scale_min AS BIGINT) + 1 END AS points,
      {STAMP}
    FROM answer
    {stamped("answer", "answered_at")}
    """
    return query(steps, select)
