"""Reference of `invite_seq`: invitations that arrived, and how many came shortly before."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.reference import by, earliest
from regard.derived.versions import stamp, version_at, versions
from regard.model.time import DAY_US

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs

SHARED = (
    *("survey_id", "party_id", "invited_at", "sampled_p", "trigger", "channel", "product", "journey", "touchpoint"),
    *("team", "language", "bucket"),
)
"""What the questions of one invitation share; where a source lets them differ, the smallest value stands."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each invitation that arrived; see `Reference`."""
    history = versions(inputs["party"], until)
    questions = defaultdict(list)
    for row in inputs["response"]:
        if row["duplicate_of"] is None and row["delivered_at"] is not None and row["delivered_at"] <= until:
            questions[row["source"], row["invite_id"]].append(row)
    table = []
    for (source, invite), asked in questions.items():
        row = {name: earliest([question[name] for question in asked]) for name in SHARED}
        delivered_at = earliest([question["delivered_at"] for question in asked])
        answers = [at for question in asked if (at := by(until, question["answered_at"])) is not None]
        answered_at = earliest(answers)
        row |= {
            "source": source,
            "invite_id": invite,
            "delivered_at": delivered_at,
            "answered_at": answered_at,
            "answered": bool(answers),
            "delay": None if answered_at is None else answered_at - delivered_at,
            "questions": len(asked),
            "answers": len(answers),
        }
        table.append(row | stamp(version_at(history, row["party_id"], delivered_at)))
    window = int(arguments["pressure_days"]) * DAY_US
    for row in table:
        row["earlier"] = None
        if row["party_id"] is not None:
            same = [other["delivered_at"] for other in table if other["party_id"] == row["party_id"]]
            row["earlier"] = sum(row["delivered_at"] - window <= at < row["delivered_at"] for at in same)
    return table
