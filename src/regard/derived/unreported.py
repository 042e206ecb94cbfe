"""Reference of `unreported`: time that telemetry shows down and that no impact row covers."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived import user_segment
from regard.derived.loss import SCOPE, counted
from regard.derived.versions import version_at, versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.derived.reference import Arguments, Inputs, Row
    from regard.derived.versions import History

STEPS = 5
"""So many parents are climbed, as where customers are lifted (K01)."""

FOREVER = 1 << 62


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each piece of down time outside every impact; see `Reference`."""
    history = versions(inputs["party"], until)
    covered = _covered(inputs["impact"], history, until)
    table = []
    for segment in user_segment.rows(inputs, {**arguments, "silence": "unknown"}, until):
        if segment["up"] == 1:
            continue
        carried = {name: value for name, value in segment.items() if name not in ("up", "silent")}
        version = version_at(history, segment["party_id"], segment["start_at"])
        carried |= {"down": 1 - segment["up"], "size": version["size"] if version else 1}
        for start, end in _outside(segment["start_at"], segment["end_at"], covered[segment["party_id"]]):
            table.append(carried | {"start_at": start, "end_at": end})
    return table


def _covered(impacts: Sequence[Row], history: History, until: int) -> dict[int, list[tuple[int, int]]]:
    """Party -> spans in which an impact row says that it, or all of what it belongs to, lost something; in order."""
    spans = defaultdict(list)
    for impact in impacts:
        end = FOREVER if impact["end_at"] is None or impact["end_at"] > until else impact["end_at"]
        if impact["start_at"] <= until and impact["start_at"] < end:
            for party in _bearers(impact, history):
                spans[party].append((impact["start_at"], end))
    return defaultdict(list, {party: sorted(mine) for party, mine in spans.items()})


def _bearers(impact: Row, history: History) -> set[int]:
    """Return the parties that a row means for certain: its customer, or all of a cohort or a customer when all lost."""
    count = counted(impact)
    if count == 0 or (count is None and impact["share"] == 0):
        return set()
    at = impact["start_at"]
    now = {party: version for party in history if (version := version_at(history, party, at))}
    named = {impact["party_id"]} - {None}
    if not named:
        named = {party for party, version in now.items() if _served(version, at) and _belongs(version, impact)}
        size: float = sum(now[party]["size"] for party in named)
    else:
        size = sum(now[party]["size"] if party in now else 1 for party in named)
    everybody = count is None and impact["share"] is None
    everybody |= count is not None and count >= size
    everybody |= count is None and impact["share"] is not None and impact["share"] >= 1
    if not everybody:
        return {impact["party_id"]} - {None}
    for _ in range(STEPS):
        named |= {party for party, version in now.items() if version["parent_id"] in named}
    return named


def _served(version: Row, at: int) -> bool:
    since, left = version["served_from"], version["served_to"]
    return since is not None and since <= at and (left is None or at < left)


def _belongs(version: Row, impact: Row) -> bool:
    return all(impact[name] is None or impact[name] == version[name] for name in SCOPE)


def _outside(start: int, end: int, spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return what is left of [start, end) without the spans, which are in order."""
    left = []
    for since, till in spans:
        if start < min(since, end):
            left.append((start, min(since, end)))
        start = max(start, till)
    return [*left, (start, end)] if start < end else left
