"""`regard explain METRIC --period P`: one number, opened; and which variant gives what somebody else states."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import PERIODS, as_json, read_period, read_settings, settings
from regard.present import numbers, words
from regard.present.table import Cell, Column, Table
from regard.stewardship.audit import stated

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.cli.terminal import Terminal
    from regard.workspace import Workspace
    from regard.workspace.explain import Explained, Variant

SHORT = 12
SHOWN = 10
"""Variants that are shown; `--json` has all."""


@click.command("explain")
@click.argument("metric")
@click.option("--period", required=True, metavar="P", help=PERIODS)
@click.option("--expected", metavar="VALUE", help="What somebody else states, such as 1.9: which variant gives it?")
@settings
@as_json
@click.pass_context
def command(
    context: click.Context, metric: str, period: str, expected: str | None, chosen: tuple[str, ...], as_json: bool
) -> None:
    """Open one number: its leaves, rows, choices, version, and the files that its rows came from.

    With --expected every registered variant is computed, and those nearest to the value are shown: a number that
    differs from another's is mostly an honest answer to another question.
    """
    found = state(context)
    aim = stated(expected) if expected else None
    if expected and aim is None:
        raise click.BadParameter(f"'{expected}' holds no number", param_hint="--expected")
    workspace = found.workspace()
    start, end, grain = read_period(period, workspace)
    options = read_settings(chosen)
    opened = workspace.explain(
        metric, start, end, grain, options=options, expected=None if aim is None else (aim.value, aim.step)
    )
    if as_json:
        found.terminal.json(opened.document())
        return
    show(found.terminal, workspace, opened)
    if aim is not None:
        show_variants(found.terminal, opened, aim.text)


def show(terminal: Terminal, workspace: Workspace, opened: Explained) -> None:
    """Draw a number, its leaves, rows, choices and origins."""
    metric, cell, answer = opened.answer.metric, opened.cell, opened.answer
    terminal.heading(f"{metric.title} ({metric.id}, version {metric.version}), {cell.period.label}")
    terminal.say(words.estimate(cell.estimate, metric.unit, answer.currency) or words.why_missing(cell.estimate))
    for made in (of_leaves(opened), of_rows(opened), of_choices(opened, workspace), of_origins(opened)):
        if made.rows:
            terminal.say()
            terminal.table(made)
    terminal.say()
    terminal.say(f"definition {metric.hash[:SHORT]}, snapshot {answer.snapshot}, run {opened.run}", tone=words.FAINT)


def of_leaves(opened: Explained) -> Table:
    """Return a row for each leaf: what it is, and what it came to."""
    rows = tuple((Cell(one.name), Cell(_number(one.value)), Cell(one.words)) for one in opened.leaves)
    heads = (Column("leaf"), Column("value", right=True), Column("what it is", weight=1, wrap=True))
    return Table("Leaves", heads, rows)


def of_rows(opened: Explained) -> Table:
    """Return a row for each row set: how many rows count, and what its table is made of."""
    rows = tuple(
        (Cell(name), Cell(_number(count)), Cell(table), Cell(", ".join(inputs)))
        for name, (table, count, inputs) in opened.rows.items()
    )
    heads = (Column("row set"), Column("rows", right=True), Column("table"), Column("made of", weight=1, wrap=True))
    return Table("Rows that count", heads, rows)


def of_choices(opened: Explained, workspace: Workspace) -> Table:
    """Return a row for each choice, with the option in force."""
    metric, register = opened.answer.metric, workspace.catalogue.choices
    chosen = dict(metric.options_set)
    rows = tuple(
        (Cell(one.id), Cell(chosen.get(one.id, one.default)), Cell(register[one.id].question)) for one in metric.choices
    )
    return Table("Choices", (Column("choice"), Column("in force"), Column("question", weight=1, wrap=True)), rows)


def of_origins(opened: Explained) -> Table:
    """Return a row for each source that gave rows, with its files."""
    rows = tuple(
        (Cell(one.table), Cell(one.source), Cell(numbers.count(one.rows)), Cell(_files(one.files)))
        for one in opened.origins
    )
    heads = (Column("table"), Column("source"), Column("rows", right=True), Column("files, with their hash", wrap=True))
    return Table("Where its rows came from", heads, rows)


def show_variants(terminal: Terminal, opened: Explained, expected: str) -> None:
    """Draw the variants nearest to what was expected, and say in a sentence what the nearest one is."""
    rows = tuple(
        (
            Cell(one.metric, words.GOOD if one.same else words.PLAIN),
            Cell(_told(one)),
            Cell(_number(one.value)),
            Cell("as stated" if one.same else _number(one.off)),
        )
        for one in opened.variants[:SHOWN]
    )
    heads = (Column("metric"), Column("choices", wrap=True), Column("gives", right=True), Column("off by", right=True))
    terminal.say()
    terminal.table(Table(f"Variants nearest to {expected}", heads, rows))
    terminal.say(sentence(opened.variants, expected))


def sentence(variants: Sequence[Variant], expected: str) -> str:
    """Return what the nearest variant says about what was expected."""
    same = [one for one in variants if one.same]
    if not same:
        nearest = next((one for one in variants if one.value is not None), None)
        near = (
            ""
            if nearest is None
            else f"; the nearest, {nearest.metric} ({_told(nearest)}), gives {_number(nearest.value)}"
        )
        return f"No registered variant gives {expected}{near}: other rows, or another period?"
    more = f" {len(same) - 1} more give it too." if len(same) > 1 else ""
    return f"Your {expected} = {same[0].metric} ({_told(same[0])}).{more}"


def _told(one: Variant) -> str:
    return ", ".join(f"{choice}={option}" for choice, option in one.options.items()) or "as defined"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:,.10g}" if abs(value) >= 1 else f"{value:.6g}"


def _files(found: object) -> str:
    pairs = found.items() if isinstance(found, dict) else ()
    return ", ".join(f"{file} ({digest[:SHORT]})" for file, digest in pairs)
