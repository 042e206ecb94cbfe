"""A mapping as the SQL that it is, for people who want to see it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.sources.bind import bind, wanted
from regard.sources.lookups import keys, relation
from regard.sql.mapping import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.model import Table
    from regard.model.sources import Source


def statements(
    source: Source, tables: Mapping[str, Table], *, raw: Mapping[str, str] | None = None, clock: int = 0
) -> tuple[tuple[str, str], ...]:
    """Return (table, SQL) for each table that a source feeds.

    Args:
        source: the mapping.
        tables: tables by name.
        raw: raw columns with their sort; all text when not given.
        clock: instant of the load.
    """
    columns = dict(raw) if raw is not None else dict.fromkeys(wanted(source), "text")
    bound, _ = bind(source, columns, tables)
    lookups = {key: relation(key) for key in keys(bound)}
    return tuple(
        (mapping.table, build(bound, mapping, tables[mapping.table], columns, lookups=lookups, clock=clock).sql)
        for mapping in bound.mappings
    )
