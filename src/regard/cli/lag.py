"""`regard lag`: whether a technical series runs ahead of the minutes that customers lose."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from regard.cli.app import state
from regard.cli.options import as_json, chosen_words, first_day, last_day, read_settings, settings
from regard.present import interruption, lag, words

SEASONS = ("none", "day", "week")


@click.command("lag")
@click.argument("service", metavar="SERVICE")
@click.argument("series", metavar="METRIC")
@click.option("--from", "start", metavar="DAY", help="First day (or month, or year); where it was measured from.")
@click.option("--to", "end", metavar="DAY", help="The day after the last, or the last month or year.")
@click.option(
    "--step", type=click.IntRange(1), metavar="MIN", help="Minutes of a step; as it was measured if not said."
)
@click.option(
    "--ahead", default=60, show_default=True, type=click.IntRange(0), metavar="MIN", help="Longest lag, minutes."
)
@click.option("--season", type=click.Choice(SEASONS), default="none", show_default=True, help="What both repeat after.")
@click.option(
    "--alarm", type=float, metavar="VALUE", help="Beyond which value an alarm is raised; the rarest 1 % if not said."
)
@click.option("--where", metavar="EXPR", help="Whose minutes; those of the service if not said, '' for all.")
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@click.option("--until", metavar="TIME", help="Cut the story there: later events are left out.")
@settings
@as_json
@click.pass_context
def command(
    context: click.Context,
    service: str,
    series: str,
    start: str | None,
    end: str | None,
    step: int | None,
    ahead: int,
    season: str,
    alarm: float | None,
    where: str | None,
    as_of: str | None,
    until: str | None,
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show whether METRIC, a series measured of SERVICE, runs ahead of customer minutes lost.

    Both are compared step by step, at every lag up to the longest, drift and memory taken out. Beside it stands what an
    alarm on the series would have been worth: raised before, during or without any loss. An association, labelled so.
    """
    found = state(context)
    days = (first_day(start), last_day(end))
    workspace, options = found.workspace(), read_settings(chosen)
    told = workspace.lag(
        service,
        series,
        start=days[0],
        end=days[1],
        step=step,
        ahead=ahead,
        season=season,
        alarm=alarm,
        where=where,
        options=options,
        as_of=as_of,
        until=until,
    )
    if as_json:
        found.terminal.json(interruption.as_document(told))
        return
    found.terminal.table(lag.lag_table(told))
    for sentence in lag.lag_sentences(told, ZoneInfo(workspace.calendar.zone)):
        found.terminal.say(sentence)
    if options:
        found.terminal.say(chosen_words(workspace, options), tone=words.FAINT)
