"""`regard escalation`: what stands behind a ticket."""

from __future__ import annotations

import click

from regard.cli.app import state
from regard.cli.options import as_json, chosen_words, read_settings, settings
from regard.present import interruption, words


@click.command("escalation")
@click.argument("cases", nargs=-1, required=True, metavar="TICKET...")
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@click.option("--until", metavar="TIME", help="Cut the story there: later events are left out.")
@settings
@as_json
@click.pass_context
def command(
    context: click.Context,
    cases: tuple[str, ...],
    as_of: str | None,
    until: str | None,
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show customers, minutes and money behind a ticket, through its incident.

    A ticket that names no incident is brought to the one that was taking from its customer when it came, and how sure
    that is stands beside it. Of several tickets the total counts each incident and customer once.
    """
    found = state(context)
    workspace, options = found.workspace(), read_settings(chosen)
    told = workspace.escalation(cases, options=options, as_of=as_of, until=until)
    if as_json:
        found.terminal.json(interruption.as_document(told))
        return
    found.terminal.table(interruption.escalation_table(told))
    if options:
        found.terminal.say(chosen_words(workspace, options), tone=words.FAINT)
