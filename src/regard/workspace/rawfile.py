"""The file behind the ledger, row by row, where a sheet can take the same steps as the load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.records import Raw, RawRow
from regard.model.sources import Cell, PartyKey
from regard.sources.raw import raw_rows
from regard.sql import records as sql

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.model.sources import Source, TableMap
    from regard.workspace.asking import Asking

LEDGER = "impact"
"""The table that the ledger is made of."""
NEEDED = ("impact_id", "start_at", "end_at")
SHOWN = ("impact_id", "incident_id", "start_at", "end_at", "kind", "depth", "relief")
"""Fields that the sheets check; the customer comes beside them."""
MOST_ROWS = 2_500
"""Raw rows that are shown."""


def raw_file(asking: Asking) -> Raw | None:
    """Return the rows behind the ledger with what became of them.

    None where the sheets could not do the same: several sources, cells that are translated, zones, cohorts, too many
    rows.
    """
    workspace = asking.workspace
    found = [(one, m) for one in workspace.sources for m in one.mappings if m.table == LEDGER]
    if len(found) != 1:
        return None
    [(source, mapping)] = found
    fields = _plain(source, mapping)
    if fields is None:
        return None
    rows = raw_rows(source, workspace.root, most=MOST_ROWS)
    if rows is None:
        return None
    for name in ("quarantine", "incident"):
        asking.relations.name(name)
    rejected = asking.rows(sql.REJECTED, source=source.name, target=LEDGER)
    rules = {row["place"]: row["rule"] for row in reversed(rejected)}
    columns = workspace.catalogue.tables[LEDGER].columns
    return Raw(
        source=source.name,
        path=source.read.place,
        fields=fields,
        rows=tuple(
            RawRow(
                line=line,
                cells={field: cells.get(column, "").strip() for field, column in fields.items()},
                rule=rules.get(f"{file}{':' if file else ''}{line}", ""),
            )
            for file, line, cells in rows
        ),
        kinds=tuple(columns["kind"].choices),
        blank_kind=str(columns["kind"].default),
        reliefs=tuple(columns["relief"].choices),
        blank_relief=str(columns["relief"].default),
        incidents={row["incident_id"]: bool(row["planned"]) for row in asking.rows(sql.INCIDENTS)},
    )


def _plain(source: Source, mapping: TableMap) -> Mapping[str, str] | None:
    """Return field -> column where every field that matters is a column as it stands."""
    rules = dict(mapping.columns)
    plain = {name: rule.name for name, rule in rules.items() if isinstance(rule, Cell) and rule == Cell(name=rule.name)}
    party = rules.get("party_id")
    shaped = mapping.where or mapping.unpivot or mapping.collapse or source.fields
    if shaped or source.zone or source.missing or source.read.kind != "csv":
        return None
    if not isinstance(party, PartyKey) or len(party.cells) != 1:
        return None
    if any(name in rules and name not in plain for name in SHOWN) or not all(name in plain for name in NEEDED):
        return None
    fields = {name: plain[name] for name in SHOWN if name in plain}
    return {"customer": party.cells[0].name, **fields}
