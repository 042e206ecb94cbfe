"""`regard tidy`: drop what nobody reads any more, and versions that nobody can ask for."""

from __future__ import annotations

from dataclasses import asdict
from importlib import import_module
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import as_json
from regard.present import numbers
from regard.present.table import Cell, Column, Table

if TYPE_CHECKING:
    from regard.workspace.tidying import Tidied

MB = 1_000_000


@click.command("tidy")
@click.option(
    "--days",
    type=click.IntRange(0),
    metavar="N",
    help="Days for which results stay that nobody reads, and every snapshot; keep_days of regard.toml when not said.",
)
@click.option("--dry-run", is_flag=True, help="Remove nothing; say what would go.")
@as_json
@click.pass_context
def command(context: click.Context, days: int | None, dry_run: bool, as_json: bool) -> None:
    """Drop results that nobody reads any more, and versions of tables that nobody can ask for.

    `regard load` and `regard serve` do this once a day. Of snapshots stay all that are young, the newest
    (`keep_versions`) however old, and the last of each month; `--as-of` says so of a time that was given up. Files of
    snapshots that are given up now go an hour later at the earliest, since somebody may still be reading them.
    """
    found = state(context)
    done: Tidied = import_module("regard.workspace.tidying").tidy(found.workspace(), days=days, dry_run=dry_run)
    if as_json:
        found.terminal.json(document(done, dry_run=dry_run))
        return
    found.terminal.table(of_tidied(done))
    said = f"Snapshots given up: {numbers.count(len(done.snapshots))}."
    found.terminal.say(f"Nothing was removed; this would go. {said}" if dry_run else said)


def of_tidied(done: Tidied) -> Table:
    """Return a row for each kind of thing that went."""
    kinds = {"results that nobody reads": done.results, "versions that no snapshot needs": done.versions}
    rows = tuple(
        (Cell(name), Cell(numbers.count(gone.files)), Cell(f"{gone.size / MB:,.1f}")) for name, gone in kinds.items()
    )
    return Table("", (Column("what"), Column("files", right=True), Column("MB", right=True)), rows)


def document(done: Tidied, *, dry_run: bool) -> dict[str, object]:
    """Return what went as JSON; sizes are bytes."""
    return {
        "dry_run": dry_run,
        "results": asdict(done.results),
        "versions": asdict(done.versions),
        "snapshots": [{"id": one.id, "at": one.at} for one in done.snapshots],
    }
