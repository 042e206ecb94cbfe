"""Reference of `active_span`: stretches in which a customer was active."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.reference import by, words
from regard.derived.versions import cut, stamp, versions
from regard.model.time import DAY_US

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each piece of a stretch; see `Reference`."""
    history = versions(inputs["party"], until)
    gap = round(float(arguments["gap_days"]) * DAY_US)
    table = []
    for (party, bucket), times in _activities(inputs, arguments, until).items():
        for number, stretch in enumerate(_stretches(sorted(times), gap), start=1):
            left_at = by(until, stretch[-1] + gap)
            for start, end, version in cut(history, party, stretch[0], left_at):
                row = {"party_id": party, "bucket": bucket, "start_at": start, "end_at": end, "number": number}
                row |= {"since_at": stretch[0], "last_at": stretch[-1], "left_at": left_at}
                row |= {"activities": len(stretch), "size": version["size"] if version else 1}
                table.append(row | stamp(version))
    return table


def _activities(inputs: Inputs, arguments: Arguments, until: int) -> dict[tuple[int, int], list[int]]:
    """(party, bucket) -> when it ordered and, unless only orders are asked, visited or did something itself."""
    kinds = words(arguments["kinds"])
    done = [(row, row["ordered_at"]) for row in inputs["order"] if not row["is_credit"]]
    if arguments["activity"] == "any":
        done += [(row, row["started_at"]) for row in inputs["visit"] if not row["is_bot"]]
        done += [(row, row["at"]) for row in inputs["event"] if row["kind"] in kinds]
    times = defaultdict(list)
    for row, at in done:
        if row["party_id"] is not None and at <= until:
            times[row["party_id"], row["bucket"]].append(at)
    return dict(times)


def _stretches(times: list[int], gap: int) -> list[list[int]]:
    stretches: list[list[int]] = []
    for at in times:
        if stretches and at - stretches[-1][-1] <= gap:
            stretches[-1].append(at)
        else:
            stretches.append([at])
    return stretches
