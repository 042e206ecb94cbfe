"""`regard preview`: rows as they come, rows as they would be, and what would be turned away; writes nothing."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import as_json
from regard.expr import Type
from regard.model import moment
from regard.present import numbers, words
from regard.present.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.cli.terminal import Terminal
    from regard.model import Table as Declared
    from regard.sources import Preview

WIDE = 40
"""Characters of a cell that are shown."""


@click.command("preview")
@click.argument("source")
@click.option("--rows", default=3, show_default=True, type=click.IntRange(1, 20), help="Rows to show of each sort.")
@as_json
@click.pass_context
def command(context: click.Context, source: str, rows: int, as_json: bool) -> None:
    """Show what a load would make of SOURCE, writing nothing.

    The first rows as they come, what they become in each table, and what would be turned away by which rule. Rows are
    tested one by one; doubled ids and references to other tables show only in a load.
    """
    found = state(context)
    workspace = found.workspace()
    seen = workspace.preview(source, shown=rows)
    if as_json:
        found.terminal.json(asdict(seen))
        return
    show(found.terminal, seen, workspace.catalogue.tables)


def show(terminal: Terminal, seen: Preview, tables: Mapping[str, Declared]) -> None:
    """Draw raw rows, mapped rows and rejects."""
    terminal.heading("As they come")
    upright(terminal, seen.raw)
    for name, (count, rows) in seen.mapped.items():
        terminal.say()
        terminal.heading(f"As they would be in {name} ({numbers.count(count)} good rows)")
        upright(terminal, [_said(row, tables[name]) for row in rows])
    terminal.say()
    if seen.rejected:
        terminal.table(of_rejected(seen))
    refused = f"{numbers.count(seen.rows)} rows looked at, {numbers.count(seen.refused)} would be turned away"
    terminal.say(f"{refused}; nothing was written.")


def upright(terminal: Terminal, rows: Sequence[Mapping[str, object]]) -> None:
    """Draw a few rows with their columns below each other."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    if not names:
        terminal.say("(no rows)", tone=words.FAINT)
        return
    heads = (Column("column"), *(Column(f"row {place}", weight=place) for place in range(1, len(rows) + 1)))
    lines = tuple((Cell(name), *(Cell(_short(row.get(name))) for row in rows)) for name in names)
    terminal.table(Table("", heads, lines))


def of_rejected(seen: Preview) -> Table:
    """Return a row for each rule that would turn rows away."""
    rows = tuple(
        (
            Cell(one.table),
            Cell(one.field or "(row)"),
            Cell(one.rule),
            Cell(numbers.count(one.count)),
            Cell(one.place),
            Cell(one.reason),
        )
        for one in seen.rejected
    )
    heads = (
        Column("table"),
        Column("column"),
        Column("rule"),
        Column("rows", right=True),
        Column("first at"),
        Column("why", weight=1, wrap=True),
    )
    return Table("Would be turned away", heads, rows)


def _said(row: Mapping[str, object], table: Declared) -> dict[str, object]:
    """Return a mapped row with its times as people write them."""
    said = {}
    for name, value in row.items():
        column = table.columns.get(name)
        instant = column is not None and column.type is Type.INSTANT and isinstance(value, int)
        said[name] = moment(value).isoformat().replace("+00:00", "Z") if instant else value  # type: ignore[arg-type]  # an instant is a whole number
    return said


def _short(value: object) -> str:
    said = "" if value is None else str(value)
    return said if len(said) <= WIDE else f"{said[:WIDE]} ..."
