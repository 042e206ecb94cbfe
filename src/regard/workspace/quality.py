"""What is wrong with the data, opened: rows that were turned away, and the line of a mapping that would mend them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from regard.sources import mend

if TYPE_CHECKING:
    from regard.sources import Mend
    from regard.store import Finding
    from regard.workspace.workspace import Workspace

VALUES = 200
"""Rows of a finding whose values are looked at for a mend."""


def mended(workspace: Workspace, finding: Finding) -> Mend | None:
    """Return what would mend a finding about rows that were turned away; None for any other."""
    source = next((one for one in workspace.sources if one.name == finding.scope.get("source")), None)
    if source is None or finding.kind != "dq" or finding.severity != "error":
        return None
    scope = finding.scope
    values = dict.fromkeys(str(row["value"]) for row in rejected(workspace, finding, VALUES) if row["value"])
    made = mend(
        source, scope.get("table", ""), finding.rule, scope.get("field", ""), list(values), workspace.catalogue.tables
    )
    root = f"{workspace.root}/"
    return None if made is None else replace(made, place=made.place.removeprefix(root))


def rejected(workspace: Workspace, finding: Finding, limit: int) -> list[dict[str, object]]:
    """Return rows in quarantine that a finding is about, from the newest snapshot, in order of their ids."""
    declared = workspace.catalogue.tables["quarantine"]
    snapshot = workspace.snapshot()
    version = snapshot.tables.get(declared.name) if snapshot else None
    if version is None:
        return []
    connection = workspace.lake.connect()
    workspace.lake.view(connection, declared, version)
    scope = finding.scope
    rows = connection.execute(
        "select source_id, place, reason, field, value, raw from quarantine"
        " where mended_at is null and source = ? and target = ? and coalesce(field, '') = ? and rule = ?"
        " order by source_id limit ?",
        [scope.get("source"), scope.get("table"), scope.get("field", ""), finding.rule, limit],
    ).fetchall()
    return [dict(zip(("id", "place", "reason", "field", "value", "raw"), row, strict=True)) for row in rows]
