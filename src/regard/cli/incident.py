"""`regard incident`: who lost how much and when, where the minutes went, and what came of it."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from regard.cli.app import state
from regard.cli.options import as_json, chosen_words, read_settings, settings
from regard.present import interruption, words

FORMATS = ("text", "md")


@click.command("incident")
@click.argument("incident", metavar="ID")
@click.option(
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default="text",
    show_default=True,
    help="md prints the section of a post-mortem.",
)
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@click.option("--until", metavar="TIME", help="Cut the story there: later events are left out.")
@settings
@as_json
@click.pass_context
def command(
    context: click.Context,
    incident: str,
    form: str,
    as_of: str | None,
    until: str | None,
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Open an incident: who, when, how deep, and what came of it.

    Customer minutes are those of the ledger: a minute that several incidents took is shared among them. Where no impact
    is recorded they are unknown, and the command that records it is shown.
    """
    found = state(context)
    workspace = found.workspace()
    options = read_settings(chosen)
    page = workspace.incident(incident, options=options, as_of=as_of, until=until)
    zone = ZoneInfo(workspace.calendar.zone)
    if as_json:
        found.terminal.json(interruption.as_document(page))
        return
    if form == "md":
        found.terminal.raw(interruption.postmortem(page, zone))
        return
    found.terminal.heading(interruption.incident_title(page.record))
    found.terminal.say(interruption.incident_facts(page.record), tone=words.FAINT)
    found.terminal.say(interruption.incident_headline(page))
    for table in interruption.incident_tables(page, zone):
        found.terminal.say()
        found.terminal.table(table)
    found.terminal.say()
    for sentence in interruption.incident_sentences(page):
        found.terminal.say(sentence)
    if options:
        found.terminal.say(chosen_words(workspace, options), tone=words.FAINT)
