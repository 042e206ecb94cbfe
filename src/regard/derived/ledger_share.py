"""Reference of `ledger_share`: each piece of the ledger shared among what is active in it."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.loss import Incidents, described, pieces, settled, told, weights

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.derived.loss import Incident, Loss, Piece
    from regard.derived.reference import Arguments, Inputs

Causes = dict["Incident | None", list["Loss"]]
"""What is behind rows -> the rows; losses that nobody declared are together one cause."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each piece, incident and journey; see `Reference`. Shares sum to 1 within a piece."""
    incidents = Incidents(inputs["incident"])
    table = []
    for mine in pieces(inputs, arguments, until).values():
        begun = {cause: min(loss.start for loss in losses) for cause, losses in _causes(mine).items()}
        for piece in mine:
            shares = _shares(piece, begun, arguments)
            for cause, losses in _causes([piece]).items():
                journeys = {loss.journey for loss in losses}
                for journey in journeys:
                    row = told(piece, arguments) | described(incidents.described(cause)) | {"journey": journey}
                    row |= {"incident_id": cause[0] if cause else None, "share": shares[cause] / len(journeys)}
                    table.append(row)
    return table


def _causes(mine: Sequence[Piece]) -> Causes:
    found: Causes = defaultdict(list)
    for piece in mine:
        for loss in piece.rows:
            found[loss.incident].append(loss)
    return found


def _shares(piece: Piece, begun: Mapping[Incident | None, int], arguments: Arguments) -> dict[Incident | None, float]:
    """Share a piece among its causes (K05)."""
    causes = _causes([piece])
    if arguments["sharing"] == "first":
        first = min(causes, key=lambda cause: (begun[cause], cause is None, cause or ("", 0)))
        return {cause: float(cause == first) for cause in causes}
    depths = dict.fromkeys(causes, 1.0)
    if arguments["sharing"] == "proportional":
        deep = weights(arguments["weights"])
        depths = {
            cause: max(loss.depth if loss.depth is not None else deep.get(loss.kind, 0.0) for loss in losses)
            for cause, losses in causes.items()
        }
    total = settled(sum(depths.values()))
    return {cause: depth / total if total else 1 / len(causes) for cause, depth in depths.items()}
