"""The rows that a number counts, as they stand in a table: the same steps as the scan that counted them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regard.sql import expression as e
from regard.sql.facts import Facts
from regard.sql.grain import own_tests, placed, row_inputs
from regard.sql.scan import stretches

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.plan import Measure, Plan, Scan

ALL = "rows_in_all"
"""Column that says how many rows there are, however few are given."""


def rows_statement(plan: Plan, scan: Scan, measure: Measure, relation: str, columns: Sequence[str], most: int) -> str:
    """Return the statement that gives rows of a measure in a stretch, at most so many, in the order of the columns.

    Args:
        plan: of one period and no breakdown.
        scan: in which the measure is.
        measure: whose rows.
        relation: the view or table to read.
        columns: of the table, in order; then comes `ALL`.
        most: rows given.
    """
    facts = Facts(plan, replace(scan, measures=(measure,), replicate="", sets=((),)), relation)
    given = {f"c{i}": e.text(e.column(name, "f")) for i, name in enumerate(columns)}
    chosen = {alias: f"f.{alias}" for alias in given}
    steps = [
        facts.step(row_inputs(facts, measure) | given),
        stretches(facts, set()),
        placed(facts, chosen, own_tests(facts, measure), "placed", "the rows that count"),
    ]
    heads = ", ".join(f"{alias} as {e.text(e.column(name))}" for alias, name in zip(given, columns, strict=True))
    order = ", ".join(str(i + 1) for i in range(len(columns)))
    return (
        "with\n" + ",\n".join(steps) + f"\nselect {heads}, count(*) over () as {ALL}\nfrom placed\norder by {order}\n"
        f"limit {most}"
    )
