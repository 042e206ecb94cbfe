"""DuckDB, embedded: the engine of every workspace that names no other."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.plan import Results
from regard.sql import Facts, scan_statement

if TYPE_CHECKING:
    from collections.abc import Callable

    from pyarrow import Table

    from regard.lake import Connection
    from regard.plan import Plan, Scan
    from regard.sql import Steps


@dataclass(frozen=True)
class Duck:
    """Runs a plan over views of one connection.

    Attributes:
        connection: an open connection.
        relation: (table, arguments) -> name of the view or table that holds it.
        kept: (plan, scan) -> a relation with the scan's histogram and its steps, or None where none is kept.
        known: statement -> what it gave before, of the same connection and relations; what is run is added to it.
    """

    connection: Connection
    relation: Callable[[str, tuple[tuple[str, str | float], ...]], str]
    kept: Callable[[Plan, Scan], tuple[str, Steps] | None] = lambda _plan, _scan: None
    known: dict[str, Table] = field(default_factory=dict)

    def run(self, plan: Plan) -> Results:
        """Run one statement for each scan."""
        statements = [self._statement(plan, scan) for scan in plan.scans]
        return Results(tuple(self._given(sql) for sql in statements), tuple(statements))

    def _given(self, statement: str) -> Table:
        found = self.known.get(statement)
        if found is None:
            found = self.known[statement] = self.connection.sql(statement).to_arrow_table()
        return found

    def _statement(self, plan: Plan, scan: Scan) -> str:
        kept = self.kept(plan, scan)
        if kept is None:
            if Facts(plan, scan, scan.table).joined:
                # The statement reads it beside the scan's own table: its view must be there.
                self.relation("party", ())
            return scan_statement(plan, scan, self.relation(scan.table, scan.arguments))
        relation, steps = kept
        return steps.over(relation)
