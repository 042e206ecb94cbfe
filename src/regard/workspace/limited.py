"""The tables of a snapshot as somebody sees them who may see only some rows: each limited, or refused.

What is not a question (the ledger's pages, the sections of a report) reads tables by statements of its own. It reads
them here. Within a scope the statement runs on a connection that knows only the limited tables, so one that forgets to
ask for its table by name fails, and never shows the whole.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from regard.errors import AccessError
from regard.expr import conjuncts, names, parse
from regard.lake import APART, WHOLE, apart
from regard.model import has_dimension
from regard.sql import column, text, within

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.lake import Connection
    from regard.workspace.relations import Arguments, Relations

PARAMETER = re.compile(r"\$(\w+)")
"""A value that a statement has bound by name."""

LED: Mapping[str, tuple[str, str]] = {
    "incident": ("ledger_share", "incident_id"),
    "impact": ("incident", "incident_id"),
}
"""Table -> the table through which its rows are seen, and the column that both have.

An incident has no customers of its own: somebody sees those that took from customers within the scope.
"""


@dataclass
class Limited:
    """The tables of a snapshot, limited to a scope.

    Attributes:
        relations: the whole tables.
        scope: test on dimensions, "" for all rows.
    """

    relations: Relations
    scope: str
    _made: set[str] = field(default_factory=set)

    @cached_property
    def _connection(self) -> Connection:
        return apart(self.relations.connection) if self.scope else self.relations.connection

    def name(self, table: str, arguments: Arguments = ()) -> str:
        """Return the name under which statements read a table.

        Raises:
            AccessError: nobody can tell which of its rows are within the scope.
        """
        view = self.relations.name(table, arguments)
        if self.scope and view not in self._made:
            self._limit(table, view)
            self._made.add(view)
        return view

    def rows(self, statement: str, **bound: object) -> list[dict[str, Any]]:
        """Run a statement over tables named before; of the values only those that it mentions are bound."""
        named = set(PARAMETER.findall(statement))
        cursor = self._connection.execute(statement, {name: value for name, value in bound.items() if name in named})
        heads = [head[0] for head in cursor.description or ()]
        return [dict(zip(heads, row, strict=True)) for row in cursor.fetchall()]

    def _limit(self, table: str, view: str) -> None:
        catalogue = self.relations.catalogue
        declared = catalogue.tables[table]
        tests = conjuncts(parse(self.scope))
        told = [test for test in tests if all(has_dimension(declared, n, catalogue.dimensions) for n in names(test))]
        led = None
        if len(told) < len(tests):
            if table not in LED:
                lacking = sorted({name for test in tests if test not in told for name in names(test)})
                raise AccessError(
                    f"this reads the table '{table}', whose rows have no {' or '.join(lacking)}; "
                    f"you see only rows with {self.scope}"
                )
            other, by = LED[table]
            led = (f"{APART}.{_said(self.name(other))}", by, by)
        self.relations.name("party")
        rows = within(
            f"{WHOLE}.{_said(view)}",
            declared,
            told,
            policies=catalogue.lookups(),
            party=f"{WHOLE}.party",
            led=led,
        )
        self._connection.execute(f"create view {_said(view)} as {rows}")


def _said(name: str) -> str:
    return text(column(name))
