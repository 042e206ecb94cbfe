"""DuckDB, embedded: the engine of every workspace that names no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.plan import Results
from regard.sql import Facts, scan_statement

if TYPE_CHECKING:
    from collections.abc import Callable

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
    """

    connection: Connection
    relation: Callable[[str, tuple[tuple[str, str | float], ...]], str]
    kept: Callable[[Plan, Scan], tuple[str, Steps] | None] = lambda _plan, _scan: None

    def run(self, plan: Plan) -> Results:
        """Run one statement for each scan."""
        statements = [self._statement(plan, scan) for scan in plan.scans]
        tables = tuple(self.connection.sql(sql).to_arrow_table() for sql in statements)
        return Results(tables, tuple(statements))

    def _statement(self, plan: Plan, scan: Scan) -> str:
        kept = self.kept(plan, scan)
        if kept is None:
            if Facts(plan, scan, scan.table).joined:
                # The statement reads it beside the scan's own table: its view must be there.
                self.relation("party", ())
            return scan_statement(plan, scan, self.relation(scan.table, scan.arguments))
        relation, steps = kept
        return steps.over(relation)
