"""`regard ledger`: what one customer lost and said, line by line."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from regard.cli.app import state
from regard.cli.options import as_json, chosen_words, read_settings, settings
from regard.present import interruption, words


@click.command("ledger")
@click.argument("customer", metavar="CUSTOMER")
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@click.option("--until", metavar="TIME", help="Cut the story there: later events are left out.")
@settings
@as_json
@click.pass_context
def command(
    context: click.Context,
    customer: str,
    as_of: str | None,
    until: str | None,
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show a customer's own ledger: losses, interruptions, tickets and answers in order of time.

    CUSTOMER is the key as its source writes it, or the surrogate. A user is shown as the customer it belongs to.
    """
    found = state(context)
    workspace = found.workspace()
    options = read_settings(chosen)
    ledger = workspace.ledger(customer, options=options, as_of=as_of, until=until)
    if as_json:
        found.terminal.json(interruption.as_document(ledger))
        return
    found.terminal.heading(interruption.customer_title(ledger))
    found.terminal.say(interruption.customer_headline(ledger))
    if ledger.entries:
        found.terminal.table(interruption.customer_table(ledger, ZoneInfo(workspace.calendar.zone)))
    if options:
        found.terminal.say(chosen_words(workspace, options), tone=words.FAINT)
