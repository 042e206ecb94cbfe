"""`regard workbook`: the same definitions, alive in a spreadsheet."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from regard.cli.app import state
from regard.cli.options import first_day, last_day


@click.command("workbook")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--from", "start", metavar="DAY", help="First day (or month, or year); 13 months before the end when not said."
)
@click.option("--to", "end", metavar="DAY", help="The day after the last, or the last month or year.")
@click.option("--where", default="", metavar="EXPR", help="Only these rows, such as \"segment = 'family'\".")
@click.option("--edition", default="core", show_default=True, metavar="NAME", help="Edition of the file.")
@click.pass_context
def command(context: click.Context, file: Path, start: str | None, end: str | None, where: str, edition: str) -> None:
    """Write the live workbook to FILE: every metric as formulas over data, with what can be changed."""
    found = state(context)
    days = (first_day(start), last_day(end))
    workspace = found.workspace()
    # The writer takes a while to import: not for `--help`.
    make = import_module("regard.workspace.workbook").workbook
    with found.terminal.progress() as tell:
        make(workspace, file, start=days[0], end=days[1], where=where, edition=edition, told=tell)
    found.terminal.remark(f"wrote {file}")
