"""`regard ask`: numbers with their interval, target, change and whether it is real."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from regard.cli.app import state
from regard.cli.options import (
    PERIODS,
    as_json,
    complete,
    dimension_names,
    first_day,
    last_day,
    metric_ids,
    names,
    read_period,
    read_settings,
    settings,
)
from regard.model import Grain
from regard.present import describe, document, sparkline, table, words

if TYPE_CHECKING:
    from regard.cli.terminal import Terminal
    from regard.plan import Answer
    from regard.workspace import Workspace

GRAINS = [grain.value for grain in Grain]
COMPARE = {"previous": "previous", "year": "year", "none": ""}
TREND_FROM = 3
"""Fewer periods are no trend."""
TRENDS = 12
"""More lines than these are read by nobody."""


@click.command("ask")
@click.argument("metrics", nargs=-1, required=True, metavar="METRIC...", shell_complete=complete(metric_ids))
@click.option(
    "--by",
    default="",
    metavar="DIM,...",
    help="Cut by these dimensions, such as channel,segment.",
    shell_complete=complete(dimension_names),
)
@click.option("--grain", type=click.Choice(GRAINS), default="month", show_default=True, help="Length of a period.")
@click.option(
    "--from", "start", metavar="DAY", help="First day (or month, or year); where the data begin when not said."
)
@click.option(
    "--to",
    "end",
    metavar="DAY",
    help="The day after the last, or the last month or year (2026-06 takes all of June in).",
)
@click.option("--period", metavar="P", help=f"Only this period: {PERIODS}")
@click.option("--where", default="", metavar="EXPR", help="Only these rows, such as \"segment = 'family'\".")
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@click.option("--until", metavar="TIME", help="Cut the story there: later events are left out.")
@settings
@click.option(
    "--compare",
    type=click.Choice(list(COMPARE)),
    default="previous",
    show_default=True,
    help="With the period before, with the same one a year before, or with none.",
)
@click.option("--as-now", is_flag=True, help="Cut by what customers are today, not by what they were at the time.")
@click.option("--no-intervals", is_flag=True, help="Leave intervals out; verdicts then cannot be given.")
@as_json
@click.option("--csv", "as_csv", is_flag=True, help="Print one line for each number on stdout.")
@click.pass_context
def command(
    context: click.Context,
    metrics: tuple[str, ...],
    by: str,
    grain: str,
    start: str | None,
    end: str | None,
    period: str | None,
    where: str,
    as_of: str | None,
    until: str | None,
    chosen: tuple[str, ...],
    compare: str,
    as_now: bool,
    no_intervals: bool,
    as_json: bool,
    as_csv: bool,
) -> None:
    """Answer a question: METRIC by dimension and period.

    Every number comes with its 95 % interval, with n, with its target and status, and with its change and the verdict
    whether that change is real. A number that is missing says why.
    """
    if as_json and as_csv:
        raise click.UsageError("--json and --csv cannot both be printed")
    found = state(context)
    wanted = [name for text in metrics for name in names(text)]
    options = read_settings(chosen)
    workspace = found.workspace()
    first, after = first_day(start), last_day(end)
    if period is not None:
        if start or end or context.get_parameter_source("grain") is not ParameterSource.DEFAULT:
            raise click.UsageError("--period says first day, last day and grain: leave out --from, --to and --grain")
        first, after, length = read_period(period, workspace)
        grain = length.value
    answers = workspace.ask(
        *wanted,
        by=names(by),
        grain=grain,
        start=first,
        end=after,
        where=where,
        options=options,
        as_of=as_of,
        until=until,
        as_now=as_now,
        compare=COMPARE[compare],
        intervals=not no_intervals,
    )
    if as_json:
        documents = [document.document(answer) for answer in answers]
        found.terminal.json(documents[0] if len(documents) == 1 else documents)
    elif as_csv:
        found.terminal.raw(document.to_csv(answers))
    else:
        for place, answer in enumerate(answers):
            if place:
                found.terminal.say()
            show(found.terminal, answer, workspace)


def show(terminal: Terminal, answer: Answer, workspace: Workspace) -> None:
    """Draw an answer: its question, its cells, its trends and what it hangs on."""
    made = table.of_answer(answer, titles=titles(workspace))
    terminal.heading(made.title)
    if answer.metric.question:
        terminal.say(answer.metric.question, tone=words.FAINT)
    if not answer.cells:
        terminal.say("There is nothing to show: no rows in these periods.")
        for note in answer.notes:
            terminal.say(note, tone=words.FAINT)
    else:
        terminal.table(table.Table("", made.columns, made.rows, made.notes))
        trends(terminal, answer)
    for line in describe.reading(answer.metric):
        terminal.say(line, tone=words.FAINT)
    if counting := describe.counting(answer.metric, workspace.catalogue.tables):
        terminal.say(counting, tone=words.FAINT)
    terminal.say(document.context(answer), tone=words.FAINT)


def trends(terminal: Terminal, answer: Answer) -> None:
    """Draw the trend of each group in a line, where there are not too many."""
    groups = [cells for cells in table.groups(answer).values() if len(cells) >= TREND_FROM]
    if not 0 < len(groups) <= TRENDS:
        return
    for cells in groups:
        values = [cell.estimate.value for cell in cells][-table.PERIODS :]
        labels = [cell.period.label for cell in cells][-table.PERIODS :]
        told = sparkline.spoken(labels, values, answer.metric.unit, answer.currency)
        group = words.group(cells[0].dims)
        terminal.say(f"{sparkline.sparkline(values)}  {group + ': ' if group else ''}{told}")


def titles(workspace: Workspace) -> dict[str, str]:
    """Return how people call each dimension."""
    return {name: dimension.title for name, dimension in workspace.catalogue.dimensions.items()}
