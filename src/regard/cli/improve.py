"""`regard improve`: whether a number really got better, and what it is worth."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import as_json, first_day, last_day, read_settings, settings
from regard.present import effects, interruption

if TYPE_CHECKING:
    from datetime import date

CLAIM = re.compile(r"([+-]\d+(?:\.\d+)?)\s*%\Z")


@click.command("improve")
@click.argument("metric", metavar="METRIC")
@click.option("--before", required=True, metavar="A..B", help="The stretch before, such as 2025-01..2025-06.")
@click.option("--after", required=True, metavar="C..D", help="The stretch after.")
@click.option("--claim", metavar="PERCENT", help="What is claimed, such as -40% (relative, not points).")
@click.option("--where", default="", metavar="EXPR", help="Only these rows, such as \"segment = 'family'\".")
@settings
@as_json
@click.pass_context
def command(
    context: click.Context,
    metric: str,
    before: str,
    after: str,
    claim: str | None,
    where: str,
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Compare METRIC before and after as a ratio with its interval, and hold a claim against it.

    A claim is met where the whole interval is at least as good, and missed where the whole interval is worse;
    otherwise it is too close to call. Chance that comes in clumps is in the interval.
    """
    found = state(context)
    spans = (span(before, "--before"), span(after, "--after"))
    told = found.workspace().improve(
        metric, before=spans[0], after=spans[1], claim=ratio(claim), where=where, options=read_settings(chosen)
    )
    if as_json:
        found.terminal.json(interruption.as_document(told))
        return
    found.terminal.heading(told.title)
    for sentence in effects.improved_sentences(told):
        found.terminal.say(sentence)


def span(text: str, option: str) -> tuple[date, date]:
    """Read two days, months or years with .. between; the last of them is taken in whole, a day is left out.

    Raises:
        click.BadParameter: it is none, or its days are in the wrong order.
    """
    first, dots, last = text.partition("..")
    start, end = first_day(first, option), last_day(last)
    if not dots or start is None or end is None or start >= end:
        raise click.BadParameter(f"'{text}' is no stretch; write 2025-01..2025-06", param_hint=option)
    return start, end


def ratio(claim: str | None) -> float | None:
    """Read a relative change as the ratio that it claims: -40% is 0.6.

    Raises:
        click.BadParameter: it has no sign or no %, or claims that nothing or less than nothing is left.
    """
    if claim is None:
        return None
    read = CLAIM.match(claim.strip())
    found = 1 + float(read.group(1)) / 100 if read else 0.0
    if found <= 0 or found == 1:
        raise click.BadParameter(f"'{claim}' is no relative change; write -40% or +25%", param_hint="--claim")
    return found
