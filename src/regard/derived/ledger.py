"""Reference of `ledger`: disjoint pieces of loss of each customer, with all that is active in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.loss import pieces, told

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each piece; see `Reference`."""
    return [told(piece, arguments) for mine in pieces(inputs, arguments, until).values() for piece in mine]
