"""`regard dose`: whether customers who lose more minutes say or do something else."""

from __future__ import annotations

import click

from regard.cli.app import state
from regard.cli.options import as_json, chosen_words, first_day, last_day, read_settings, settings
from regard.present import effects, interruption, words
from regard.workspace.effects import EDGES


@click.command("dose")
@click.argument("outcome", type=click.Choice(list(effects.OUTCOMES)))
@click.option(
    "--from", "start", metavar="DAY", help="First day (or month, or year); where the data begin when not said."
)
@click.option("--to", "end", metavar="DAY", help="The day after the last, or the last month or year.")
@click.option(
    "--over",
    type=click.Choice(list(effects.OVER)),
    default="month",
    show_default=True,
    help="Whose minutes count: those of the month, or of the year to its end; of contracts, to the day they were due.",
)
@click.option("--bands", metavar="MIN,..", help="Where bands of minutes end, the last apart; 0,10,60,120 if not said.")
@click.option("--where", default="", metavar="EXPR", help="Which customers, by what they were then; all if not said.")
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@settings
@as_json
@click.pass_context
def command(
    context: click.Context,
    outcome: str,
    start: str | None,
    end: str | None,
    over: str,
    bands: str | None,
    where: str,
    as_of: str | None,
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show OUTCOME by minutes lost in a month, or in a year: satisfaction, leaving, renewal or tickets.

    Customers are compared month by month, those served all the while; raw, and within thirds of like activity. An
    association, labelled as one. Of contracts the value that fell due stands beside the share renewed.
    """
    found = state(context)
    days = (first_day(start), last_day(end))
    workspace, options = found.workspace(), read_settings(chosen)
    told = workspace.dose(
        outcome,
        start=days[0],
        end=days[1],
        over=over,
        bands=EDGES if bands is None else _minutes(bands),
        where=where,
        options=options,
        as_of=as_of,
    )
    if as_json:
        found.terminal.json(interruption.as_document(told))
        return
    found.terminal.table(effects.dose_table(told))
    for sentence in effects.dose_sentences(told):
        found.terminal.say(sentence)
    if options:
        found.terminal.say(chosen_words(workspace, options), tone=words.FAINT)


def _minutes(text: str) -> list[float]:
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise click.BadParameter(f"'{text}' is not minutes such as 10,60,120", param_hint="--bands") from None
