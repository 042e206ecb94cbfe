"""Reference of `party_week`: logins of each active customer by week, against its own four weeks before."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from regard.derived.reference import words
from regard.derived.versions import stamp, version_at, versions
from regard.model.time import EPOCH_DAY, Calendar

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs

BEFORE = 4
"""Weeks that make the baseline."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each customer and week with a login in it or in the four before; see `Reference`."""
    history = versions(inputs["party"], until)
    calendar = Calendar(zone=str(arguments["zone"]))
    kinds = words(arguments["kinds"])
    logins: dict[tuple[int, int], Counter[int]] = defaultdict(Counter)
    for row in inputs["event"]:
        if row["kind"] in kinds and row["party_id"] is not None and row["at"] <= until:
            logins[row["party_id"], row["bucket"]][_monday(calendar, row["at"])] += 1
    table = []
    for (party, bucket), counts in logins.items():
        for week in sorted({monday + 7 * later for monday in counts for later in range(BEFORE + 1)}):
            start_at, end_at = _midnight(calendar, week), _midnight(calendar, week + 7)
            if end_at > until:
                continue
            before = sum(counts[week - 7 * earlier] for earlier in range(1, BEFORE + 1))
            known = week - min(counts) >= 7 * BEFORE
            row = {"party_id": party, "bucket": bucket, "week": week, "start_at": start_at, "end_at": end_at}
            row |= {"logins": counts[week], "before": before, "baseline": before / BEFORE if known else None}
            limit = (1 - float(arguments["drop"])) * before / BEFORE
            fell = before >= float(arguments["floor"]) and counts[week] < limit
            row |= {"declining": fell if known else None}
            table.append(row | stamp(version_at(history, party, end_at - 1)))
    return table


def _monday(calendar: Calendar, at: int) -> int:
    day = calendar.day_of(at)
    return (day - timedelta(days=day.weekday()) - EPOCH_DAY).days


def _midnight(calendar: Calendar, day: int) -> int:
    return calendar.midnight(EPOCH_DAY + timedelta(days=day))
