"""SQL of a table within a scope: the rows of it that pass tests on dimensions, as they were at the time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.expr import names
from regard.sql import expression as e
from regard.sql.facts import party_at
from regard.sql.upkeep import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.expr import Lookup, Node
    from regard.model import Table


def within(
    relation: str,
    table: Table,
    tests: Sequence[Node],
    *,
    policies: Mapping[str, Lookup],
    party: str,
    led: tuple[str, str, str] | None = None,
) -> str:
    """Return the rows of a table that pass.

    Args:
        relation: the whole table, as SQL.
        table: what it is.
        tests: on dimensions that the table has, or that its parties have.
        policies: what the tests may look up.
        party: the versions of all parties, as SQL, for dimensions that only those have.
        led: (relation as SQL, its column, ours): rows that no test can tell pass where a row of another leads to them.
    """
    joined = sorted({name for test in tests for name in names(test)} - set(table.dims))
    scope = e.Scope(
        name=lambda name: e.column(name, "p") if name in joined else e.column(table.dims[name], "f"), policies=policies
    )
    passing = [f"({e.text(e.row(test, scope))})" for test in tests]
    if led:
        other, theirs, ours = led
        passing.append(f"f.{quoted(ours)} in (select {quoted(theirs)} from {other})")
    versions, then = "", ""
    if joined:
        at = f"f.{quoted(table.at or (table.over or (table.party,))[0])}"
        versions = f"with {party_at(joined, party)}\n"
        then = (
            f"\nleft join party_at as p on p.party_id = f.{quoted(table.party)}"
            f"\n  and p.valid_from <= {at} and {at} < p.valid_to"
        )
    return f"{versions}select f.* from {relation} as f{then}\nwhere {' and '.join(passing)}"
