"""`regard worth`: what avoiding customer minutes costs, and when it pays."""

from __future__ import annotations

import click

from regard.cli.app import state
from regard.cli.options import as_json
from regard.errors import QuestionError, RegardError
from regard.present import effects, interruption
from regard.stats import business_case


@click.command("worth")
@click.option("--cost", required=True, type=click.FloatRange(0), metavar="MONEY", help="What the improvement costs.")
@click.option(
    "--minutes",
    required=True,
    type=click.FloatRange(0, min_open=True),
    metavar="N",
    help="Customer minutes that it avoids.",
)
@click.option(
    "--months", default=12.0, show_default=True, type=click.FloatRange(0, min_open=True), help="In this time."
)
@click.option("--worth", type=click.FloatRange(0, min_open=True), metavar="MONEY", help="Worth of a customer minute.")
@click.option("--range", "ends", metavar="LOW..HIGH", help="Least and most that a minute may be worth.")
@as_json
@click.pass_context
def command(
    context: click.Context,
    cost: float,
    minutes: float,
    months: float,
    worth: float | None,
    ends: str | None,
    as_json: bool,
) -> None:
    """Show the cost of an avoided customer minute, and the months until it is paid back.

    What a minute is worth is policy, so it has to be said; its range gives the range of the payback.
    """
    if ends and worth is None:
        raise click.UsageError("--range is around --worth; say that too")
    found = state(context)
    worth_range = read_range(ends) if ends else None
    try:
        case = business_case(cost, minutes, months=months, worth=worth, worth_range=worth_range)
    except ValueError as error:
        raise QuestionError(str(error)) from None
    if as_json:
        found.terminal.json(interruption.as_document(case))
        return
    try:
        currency = found.workspace().config.currency
    except RegardError:
        # The arithmetic needs no workspace; with one, money bears its currency.
        currency = ""
    for sentence in effects.case_sentences(case, minutes=minutes, months=months, currency=currency):
        found.terminal.say(sentence)


def read_range(text: str) -> tuple[float, float]:
    """Read two numbers with .. between.

    Raises:
        click.BadParameter: it is none, or its ends are in the wrong order.
    """
    try:
        low, high = (float(part) for part in text.split(".."))
    except ValueError:
        low, high = 1.0, 0.0
    if not 0 < low <= high:
        raise click.BadParameter(f"'{text}' is no range; write 0.2..1", param_hint="--range")
    return low, high
