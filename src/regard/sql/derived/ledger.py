"""SQL of `ledger`: disjoint pieces of loss of each customer, with all that is active in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.sql.derived.pieces import ledger_columns, pieces
from regard.sql.derived.steps import query

if TYPE_CHECKING:
    from regard.derived import Arguments


def statement(arguments: Arguments, until: int) -> str:
    """Return the query; see `Statement`."""
    select = f"SELECT{ledger_columns()}\nFROM piece"
    return query(pieces(arguments, until), select)
