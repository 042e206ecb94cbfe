"""Reference of `response_seq`: answers, scored on one footing, in their order."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.versions import stamp, version_at, versions

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs, Row

CARRIED = (
    *("source", "source_id", "invite_id", "question_id", "survey_id", "survey_version", "question_kind", "party_id"),
    *("answered_at", "score", "scale_min", "scale_max", "polarity", "driver", "theme", "weight", "trigger", "channel"),
    *("product", "journey", "touchpoint", "team", "language", "ref_id", "invited_at", "delivered_at", "bucket"),
)
"""What a row takes from the answer as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:  # noqa: ARG001 - see `Reference`
    """Return one row for each answer that is no double submission; see `Reference`."""
    history = versions(inputs["party"], until)
    answers = [row for row in inputs["response"] if _answered(row, until)]
    sequences = defaultdict(list)
    for row in answers:
        # Nobody knows whether two anonymous answers are one person's: each is its own respondent.
        who = row["party_id"] if row["party_id"] is not None else (row["source"], row["source_id"])
        sequences[who, row["survey_id"], row["question_id"]].append(row)
    table = []
    for sequence in sequences.values():
        sequence.sort(key=lambda row: (row["answered_at"], row["source"], row["source_id"]))
        for before, row, after in zip([None, *sequence], sequence, [*sequence[1:], None], strict=False):
            neighbours = {
                "prev_at": before["answered_at"] if before else None,
                "next_at": after["answered_at"] if after else None,
            }
            carried = {name: row[name] for name in CARRIED}
            dimensions = stamp(version_at(history, row["party_id"], row["answered_at"]))
            table.append(carried | neighbours | _footing(row) | dimensions | {"has_text": row["text"] is not None})
    return table


def _answered(row: Row, until: int) -> bool:
    said = row["score"] is not None or row["text"] is not None
    return row["duplicate_of"] is None and said and row["answered_at"] is not None and row["answered_at"] <= until


def _footing(row: Row) -> dict[str, Any]:
    """The score seen from the good and from the bad end of its scale."""
    score, low, high, polarity = row["score"], row["scale_min"], row["scale_max"], row["polarity"]
    footing: dict[str, Any] = dict.fromkeys(("score01", "points", "from_top", "from_bottom"))
    if low is None or high is None or low >= high:
        return footing
    if low % 1 == 0 and high % 1 == 0:
        footing["points"] = int(high - low) + 1
    if score is not None and polarity is not None:
        steps = (score - low, high - score)
        footing["from_bottom"], footing["from_top"] = steps if polarity == "high_good" else steps[::-1]
        footing["score01"] = footing["from_bottom"] / (high - low)
    return footing
