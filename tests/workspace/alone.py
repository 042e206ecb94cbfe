"""Workspaces with one source each, as a newcomer maps it first: only what the export has."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from regard.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

DAYS, ROWS, CUSTOMERS = 600, 400, 120
MAPPING = """\
source: {name}
read: {{csv: data/{name}.csv}}
zone: UTC
tables:
  - table: {table}
    id: id
    {party}columns: {{{columns}}}
"""
CUSTOMER = "party: {system: crm, from: customer}\n    "
ANSWER = (
    "invite_id: id, question_id: {const: q}, question_kind: {const: csat}, survey_id: {const: s}, "
    "scale_min: {const: 1}, scale_max: {const: 5}, polarity: {const: high_good}, answered_at: start, score: score"
)
SOURCES = {
    "orders": ("order", CUSTOMER, "order_id: id, ordered_at: start, net: number, currency: {const: EUR}"),
    "survey": ("response", CUSTOMER, ANSWER),
    "cases": ("case", CUSTOMER, "case_id: id, opened_at: start, resolved_at: end"),
    "incidents": ("incident", "", "incident_id: id, started_at: start, resolved_at: end"),
}
"""Name -> (table, whose rows they are, columns)."""


HEAD = "id,customer,start,end,number,score,back"


def alone(root: Path, name: str, *, more: str = "", lines: Sequence[str] = (), columns: str = "") -> Workspace:
    """Return a loaded workspace that has one source.

    Args:
        root: an empty folder.
        name: which source.
        more: further columns of its mapping, such as `returned_at: back`.
        lines: the rows of its file, as `HEAD` says; by default four hundred of chance.
        columns: the columns of its mapping in the place of the usual ones.
    """
    table, party, usual = SOURCES[name]
    (root / "sources").mkdir(parents=True)
    (root / "data").mkdir()
    (root / "regard.toml").write_text('name = "Alone"\ncurrency = "EUR"\n', encoding="utf-8")
    told = ", ".join(part for part in (columns or usual, more) if part)
    mapping = MAPPING.format(name=name, table=table, party=party, columns=told)
    (root / "sources" / f"{name}.yaml").write_text(mapping, encoding="utf-8")
    (root / "data" / f"{name}.csv").write_text("\n".join([HEAD, *(lines or _lines())]) + "\n", encoding="utf-8")
    workspace = Workspace.open(root)
    workspace.load()
    return workspace


def _lines() -> Iterator[str]:
    dice, first = random.Random(7), datetime(2024, 1, 1)  # noqa: DTZ001 - the mapping says the zone
    for number in range(ROWS):
        start = first + timedelta(minutes=dice.randrange(DAYS * 1440))
        end = start + timedelta(minutes=dice.randrange(5, 4000))
        who = f"c{dice.randrange(CUSTOMERS)}"
        yield f"x{number},{who},{start.isoformat()},{end.isoformat()},{dice.randrange(5, 90)},{dice.randrange(1, 6)},"
