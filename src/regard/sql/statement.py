"""The statement of a scan, whichever way its measures are got."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.sql import grain, scan as additive

if TYPE_CHECKING:
    from regard.plan import Plan, Scan


def scan_statement(plan: Plan, scan: Scan, relation: str) -> str:
    """Return one SQL statement for a scan over a relation, giving the columns that `plan.Results` says."""
    return additive.statement(plan, scan, relation) if scan.merges else grain.statement(plan, scan, relation)
