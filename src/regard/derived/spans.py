"""Stretches of a customer: pieces that touch made whole again, and numbered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.versions import of_grain

if TYPE_CHECKING:
    from regard.derived.versions import History


def entitled(history: History, grain: str | float, until: int) -> list[dict[str, Any]]:
    """Return the pieces of entitlement of every customer of a grain, one for each version, with the whole they make.

    A piece: `version`, `start_at`, `end_at`, and `since_at`, `left_at`, `number` of the whole span; a blank end runs.
    """
    pieces = []
    for party, mine in history.items():
        whole: list[dict[str, Any]] = []
        number = 0
        for version in mine:
            start, end = _overlap(version, until)
            if start is None or (end is not None and start >= end) or not of_grain(version, grain):
                continue
            if not whole or whole[-1]["end_at"] != start:
                whole = []
                number += 1
            piece = {"party_id": party, "version": version, "start_at": start, "end_at": end, "number": number}
            whole.append(piece)
            pieces.append(piece)
            for each in whole:
                each |= {"since_at": whole[0]["start_at"], "left_at": end}
    return pieces


def _overlap(version: dict[str, Any], until: int) -> tuple[int | None, int | None]:
    """The part of a version in which it was entitled to service, as far as it has come by `until`."""
    if version["served_from"] is None or version["served_from"] > until:
        return None, None
    ends = [end for end in (version["to_at"], version["served_to"]) if end is not None and end <= until]
    return max(version["from_at"], version["served_from"]), min(ends, default=None)
