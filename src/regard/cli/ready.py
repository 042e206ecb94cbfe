"""`regard ready`: which metrics the data can answer, and what the others lack."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import as_json
from regard.present import numbers, words
from regard.present.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.workspace.ready import Ready

TONES = {"ready": words.GOOD, "needs": words.UNSURE, "not applicable": words.FAINT}


@click.command("ready")
@click.option("--only", type=click.Choice(list(TONES)), help="Only metrics in this state.")
@as_json
@click.pass_context
def command(context: click.Context, only: str | None, as_json: bool) -> None:
    """Say of every metric: ready, needs a column or table, or not applicable.

    Found by asking every metric, not by its definition: `not applicable` says which test no row passes.
    """
    found = state(context)
    every = found.workspace().ready()
    chosen = [one for one in every if only is None or one.state == only]
    if as_json:
        found.terminal.json(
            [{"metric": one.metric.id, "state": one.state, "why": one.why, "n": one.n} for one in chosen]
        )
        return
    found.terminal.table(of_ready(chosen))
    counts = {name: sum(one.state == name for one in every) for name in TONES}
    found.terminal.say(", ".join(f"{numbers.count(count)} {name}" for name, count in counts.items()) + ".")


def of_ready(every: Sequence[Ready]) -> Table:
    """Return a row for each metric, those that are ready first."""
    ordered = sorted(every, key=lambda one: list(TONES).index(one.state))
    rows = tuple(
        (
            Cell(one.metric.id),
            Cell(one.state, TONES[one.state]),
            Cell("" if one.n is None else numbers.count(round(one.n))),
            Cell(one.why),
        )
        for one in ordered
    )
    heads = (Column("metric"), Column("state"), Column("n", right=True), Column("what is lacking", weight=1, wrap=True))
    return Table("", heads, rows)
