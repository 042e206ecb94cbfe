"""Reference of `episode`: interruptions as customers lived them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from regard.derived.loss import (
    EVIDENCE,
    KINDS,
    RELIEFS,
    Counts,
    Incidents,
    affected,
    bearer,
    described,
    one_of,
    pieces,
    tally,
    together,
    whole,
)
from regard.derived.reference import by
from regard.expr import MINUTE_US

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.derived.loss import Loss, Piece
    from regard.derived.reference import Arguments, Inputs


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each interruption; see `Reference`."""
    incidents = Incidents(inputs["incident"])
    gap = round(float(arguments["gap_min"]) * MINUTE_US)
    table = []
    for mine in pieces(inputs, arguments, until).values():
        unplanned = [piece for piece in mine if not piece.planned_only]
        for number, joined in enumerate(_joined(unplanned, gap), start=1):
            table.append(_told(joined, incidents, arguments, until) | {"number": number})
    return table


def _joined(mine: Sequence[Piece], gap: int) -> list[list[Piece]]:
    """Join pieces with a pause of at most the gap."""
    found: list[list[Piece]] = []
    for piece in sorted(mine, key=lambda piece: piece.start):
        before = found[-1][-1].end if found else None
        if before is not None and piece.start - before <= gap:
            found[-1].append(piece)
        else:
            found.append([piece])
    return found


def _told(joined: Sequence[Piece], incidents: Incidents, arguments: Arguments, until: int) -> dict[str, Any]:
    losses = {loss for piece in joined for loss in piece.rows}
    start, end = joined[0].start, joined[-1].end
    first = min(losses, key=_order)
    incident = incidents.described(first.incident)
    counts = _counts(joined)
    lost = _lost(joined, counts.size, until)
    limit = round(float(arguments["sustained_min"]) * MINUTE_US)
    relief_at, relief = _relief(losses, end)
    posted = by(until, incident["status_posted_at"]) if incident else None
    stretches = len(_joined(joined, 0))
    return (
        bearer(joined[0])
        | described(incident)
        | {
            "start_at": start,
            "end_at": end,
            "done": end is not None,
            "lost": lost,
            "elapsed": (until if end is None else end) - start,
            "relief": (until if relief_at is None else relief_at) - start,
            "relieved": relief_at is not None,
            "by_workaround": relief == "workaround",
            "know": max(0, (until if posted is None else posted) - start),
            "known": posted is not None,
            "sustained": lost > limit or (lost == limit and arguments["at_limit"] == "sustained"),
            "reinterrupted": stretches > 1,
            "pieces": stretches,
            "kind": min((loss.kind for loss in losses), key=KINDS.index),
            "evidence": min((loss.evidence for loss in losses), key=EVIDENCE.index),
            "basis": one_of(loss.basis for loss in losses),
            "size": counts.size,
            "size_lo": counts.lo,
            "size_hi": counts.hi,
            "incident_id": first.incident[0] if first.incident else None,
            "journey": first.journey,
        }
    )


def _order(loss: Loss) -> tuple[object, ...]:
    """Earliest first; at one instant by incident and journey, blanks last."""
    return loss.start, loss.incident is None, loss.incident or ("", 0), loss.journey is None, loss.journey or ""


def _counts(joined: Sequence[Piece]) -> Counts:
    """Return how many are interrupted: all if ever all are, else of each incident the most at any time, together."""
    people = joined[0].people
    most: dict[object, Counts] = {}
    for piece in joined:
        if whole(piece):
            return Counts(people, people, people)
        for mark, counts in tally(piece).items():
            before = most.get(mark, Counts(0, 0, 0))
            pairs = zip((before.size, before.lo, before.hi), (counts.size, counts.lo, counts.hi), strict=True)
            most[mark] = Counts(*(min(people, max(pair)) for pair in pairs))
    return together(most.values(), people)


def _lost(joined: Sequence[Piece], size: float, until: int) -> int:
    """Return the time lost; of counts the average of those affected."""
    lengths = [(until if piece.end is None else piece.end) - piece.start for piece in joined]
    if all(whole(piece) for piece in joined) or not size:
        return sum(lengths)
    people = joined[0].people
    weighed = sum(
        length * (affected(piece).size * people / piece.people) for length, piece in zip(lengths, joined, strict=True)
    )
    return math.floor(weighed / size + 0.5)


def _relief(losses: set[Loss], end: int | None) -> tuple[int | None, str]:
    """Return when relief first came and how; where no row says so, the end is the relief."""
    told = [(loss.end, loss.relief) for loss in losses if loss.end is not None and loss.relief != "none"]
    return min(told, key=lambda pair: (pair[0], RELIEFS.index(pair[1])), default=(end, "none"))
