"""Reference of `user_segment`: the time of users between their requests, up or down as the requests went."""

from __future__ import annotations

import re
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from regard.derived.versions import cut, stamp, versions
from regard.expr import MINUTE_US, Literal, Type, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from regard.derived.reference import Arguments, Inputs, Row

CARRIED = ("journey", "service", "product", "bucket")
"""What a segment takes from the request that labels it."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each piece of a segment; see `Reference`."""
    history = versions(inputs["party"], until)
    table = []
    for event, start, end, up, silent in _segments(inputs["event"], arguments, until):
        for since, left, version in cut(history, event["party_id"], start, end):
            row = {"party_id": event["party_id"], "start_at": since, "end_at": left, "up": up, "silent": silent}
            table.append(row | {name: event[name] for name in CARRIED} | stamp(version))
    return table


def percentile(cutoff: str | float) -> int | None:
    """Return 99 of a cutoff `p99`, None of a duration."""
    match = re.fullmatch(r"p([1-9][0-9]?)", str(cutoff))
    return int(match[1]) if match else None


def longest(cutoff: str | float) -> int:
    """Return a cutoff that is a duration, such as `30 min`, in microseconds.

    Raises:
        ValueError: it is neither a percentile nor a duration.
    """
    node = parse(str(cutoff), "row")
    if not isinstance(node, Literal) or node.type is not Type.DURATION:
        message = f"a cutoff is a duration or a percentile such as p99, not {cutoff}"
        raise ValueError(message)
    return int(node.value)


def limit(cutoff: str | float, pauses: list[int]) -> int:
    """Return the longest pause that is no silence, in hundredths of a microsecond so that a percentile is exact.

    A percentile lies between two of the pauses in order, as far along as its place among them (Hyndman and Fan 1996,
    definition 7).
    """
    percent = percentile(cutoff)
    if percent is None:
        return 100 * longest(cutoff)
    if not pauses:
        return 0
    ordered = sorted(pauses)
    place, part = divmod((len(ordered) - 1) * percent, 100)
    following = ordered[min(place + 1, len(ordered) - 1)]
    return 100 * ordered[place] + part * (following - ordered[place])


def _segments(events: Any, arguments: Arguments, until: int) -> Iterator[tuple[Row, int, int, float, bool]]:  # noqa: ANN401 - a stream of whatever table
    """Yield (event that labels it, start, end, share up, silent) of each segment, before versions cut it."""
    requests: dict[int, list[Row]] = defaultdict(list)
    summed: set[int] = set()
    for event in sorted(events, key=lambda row: (row["at"], row["source"], row["source_id"])):
        if event["party_id"] is None or event["at"] > until:
            continue
        if event["kind"] == "request":
            requests[event["party_id"]].append(event)
        elif event["kind"] == "minute" and event["value"] is not None and 0 <= event["value"] <= 1:
            end = min(event["at"] + MINUTE_US, until)
            if event["at"] < end:
                summed.add(event["party_id"])
                yield event, event["at"], end, event["value"], False
    # Who is measured both ways is measured by the minutes alone: the same time would count twice.
    pairs = [pair for party, mine in requests.items() if party not in summed for pair in pairwise(mine)]
    most = limit(arguments["cutoff"], [second["at"] - first["at"] for first, second in pairs])
    for first, second in pairs:
        pause = second["at"] - first["at"]
        for event, start, end in _parts(str(arguments["label"]), first, second):
            silent = 100 * pause > most or event["ok"] is None
            if start < end and not (silent and arguments["silence"] == "unknown"):
                up = arguments["silence"] == "up" if silent else event["ok"]
                yield event, start, end, float(up), silent


def _parts(label: str, first: Row, second: Row) -> list[tuple[Row, int, int]]:
    """Return (event that labels it, start, end) of the parts of the time between two requests (K16)."""
    start, end = first["at"], second["at"]
    middle = {"forward": end, "backward": start, "split": start + (end - start) // 2}[label]
    return [(first, start, middle), (second, middle, end)]
