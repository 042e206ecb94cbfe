"""The versions of a party: which one held when, and how a span is cut where they change."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.derived.reference import Row

DIMENSIONS = ("segment", "tier", "region", "plan", "lifecycle")
"""What a row takes from the version of its party that held at its time."""

History = dict[int, list[dict[str, Any]]]
"""Party -> its versions in order of time, disjoint: the columns of the row and `from_at`, `to_at` (blank: holds)."""


def versions(parties: Sequence[Row], until: int) -> History:
    """Return the versions known at an instant.

    A version holds from `valid_from` to `valid_to`, or until a later version begins, which replaces it for good. Of two
    that begin at once, the last by (source, source_id) holds.
    """
    rows = defaultdict(list)
    for row in parties:
        if row["valid_from"] <= until:
            rows[row["party_id"]].append(row)
    history: History = {}
    for party, mine in rows.items():
        mine.sort(key=lambda row: (row["valid_from"], row["source"], row["source_id"]))
        history[party] = []
        for row, following in zip(mine, [*mine[1:], None], strict=True):
            ends = [following["valid_from"]] if following else []
            if row["valid_to"] is not None and row["valid_to"] <= until:
                ends.append(row["valid_to"])
            to_at = min(ends, default=None)
            if to_at is None or row["valid_from"] < to_at:
                history[party].append({**row, "from_at": row["valid_from"], "to_at": to_at})
    return history


def version_at(history: History, party: int | None, at: int) -> Row | None:
    """Return the version of a party that holds at an instant, or None."""
    for version in history.get(party, []) if party is not None else []:
        if version["from_at"] <= at and (version["to_at"] is None or at < version["to_at"]):
            return version
    return None


def stamp(version: Row | None) -> dict[str, Any]:
    """Return the dimensions of a version; blanks where there is none."""
    return {name: version[name] if version else None for name in DIMENSIONS}


def cut(history: History, party: int | None, start: int, end: int | None) -> list[tuple[int, int | None, Row | None]]:
    """Return the pieces (start, end, version) of a span, cut where the party's version changes; a blank end is open."""
    mine = history.get(party, []) if party is not None else []
    edges = {version["from_at"] for version in mine} | {version["to_at"] for version in mine}
    inner = sorted(edge for edge in edges if edge is not None and edge > start and (end is None or edge < end))
    starts: list[int] = [start, *inner]
    ends: list[int | None] = [*inner, end]
    return [(s, e, version_at(history, party, s)) for s, e in zip(starts, ends, strict=True)]


def of_grain(version: Mapping[str, Any] | None, grain: str | float) -> bool:
    """Return whether a version is a customer of the grain asked (K01); a party nobody describes belongs to no other."""
    if grain == "all":
        return True
    if grain == "top":
        return version is None or version["parent_id"] is None
    return version is not None and version["kind"] == grain
