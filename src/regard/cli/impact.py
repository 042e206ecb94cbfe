"""`regard impact`: customer minutes by cause, and who was affected where nobody has recorded it yet."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regard.cli.app import State, state
from regard.cli.ask import GRAINS, titles
from regard.cli.options import as_json, chosen_words, first_day, last_day, names, read_settings, settings
from regard.errors import QuestionError
from regard.present import interruption, numbers, words
from regard.present.table import Cell, Column, Table

if TYPE_CHECKING:
    from regard.workspace import Addition

KINDS = ("outage", "degraded", "workaround", "data_loss", "cosmetic")
EVIDENCE = ("observed", "listed", "estimated", "assumed")


@click.group("impact", invoke_without_command=True)
@click.option("--by", default="cause", show_default=True, metavar="DIM,...", help="By these, such as cause,service.")
@click.option("--grain", type=click.Choice(GRAINS), default="all", show_default=True, help="Length of a period.")
@click.option("--from", "start", metavar="DAY", help="First day (or month, or year); where losses begin when not said.")
@click.option("--to", "end", metavar="DAY", help="The day after the last, or the last month or year.")
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@click.option("--until", metavar="TIME", help="Cut the story there: later events are left out.")
@settings
@as_json
@click.pass_context
def command(
    context: click.Context,
    by: str,
    grain: str,
    start: str | None,
    end: str | None,
    as_of: str | None,
    until: str | None,
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Show customer minutes by cause, service, team or any other dimension of the ledger.

    The parts add up to the whole: a minute that several incidents took is shared among them. Beside each stand its
    share, its interval by chance, and what it would be without its largest incident: one freak event is no trend.
    """
    if context.invoked_subcommand is not None:
        return
    found = state(context)
    days = (first_day(start), last_day(end))
    workspace = found.workspace()
    options = read_settings(chosen)
    report = workspace.impact(
        names(by), grain=grain, start=days[0], end=days[1], options=options, as_of=as_of, until=until
    )
    if as_json:
        found.terminal.json(interruption.as_document(report))
        return
    if not report.rows:
        found.terminal.say("No customer minutes lost are recorded in these days.")
        for note in interruption.impact_notes(report):
            found.terminal.say(note, tone=words.FAINT)
        return
    found.terminal.table(interruption.impact_table(report, titles(workspace)))
    if options:
        found.terminal.say(chosen_words(workspace, options), tone=words.FAINT)


@command.command("queue")
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@click.option("--until", metavar="TIME", help="Cut the story there: later events are left out.")
@settings
@as_json
@click.pass_context
def queue(context: click.Context, as_of: str | None, until: str | None, chosen: tuple[str, ...], as_json: bool) -> None:
    """Show open incidents, first what will cost customers most.

    Expected customer minutes: customers losing service now, times what was left on average of earlier incidents of like
    severity that had lasted as long.
    """
    found = state(context)
    workspace, options = found.workspace(), read_settings(chosen)
    running = workspace.queue(options=options, as_of=as_of, until=until)
    if as_json:
        found.terminal.json(interruption.as_document(running))
    elif running:
        found.terminal.table(interruption.queue_table(running))
        if options:
            found.terminal.say(chosen_words(workspace, options), tone=words.FAINT)
    else:
        found.terminal.say("No incident is open.")


@command.command("add")
@click.argument("incident", metavar="INCIDENT")
@click.option("--who", required=True, metavar="EXPR", help="Who was affected, such as \"segment = 'b2b'\".")
@click.option("--from", "start", required=True, metavar="TIME", help="When it began for them.")
@click.option("--to", "end", metavar="TIME", help="When it ended for them; while it goes on, nothing.")
@click.option("--kind", type=click.Choice(KINDS), default="outage", show_default=True, help="Kind of loss.")
@click.option("--evidence", type=click.Choice(EVIDENCE), default="listed", show_default=True, help="How we know.")
@click.option("--n", type=click.IntRange(1), metavar="N", help="How many of them, where not all were.")
@click.option("--share", type=click.FloatRange(0, 1, min_open=True), metavar="S", help="Which share of them, 0 to 1.")
@click.option("--yes", is_flag=True, help="Write without asking.")
@as_json
@click.pass_context
def add(
    context: click.Context,
    incident: str,
    who: str,
    start: str,
    end: str | None,
    kind: str,
    evidence: str,
    n: int | None,
    share: float | None,
    yes: bool,
    as_json: bool,
) -> None:
    """Record who was affected by INCIDENT ('' for a loss without one).

    EXPR is a test on customers as they were when it began (segment = 'b2b' and region in ('EU')), or on where they
    live in the system (resource = 'shard-7'). With --n or --share the members are unknown, and one row of a cohort is
    written. Who matches is shown first; rows go into data/impact/added.csv, which becomes a source of the workspace.
    """
    found = state(context)
    workspace = found.workspace()
    began = workspace.moment(start)
    assert began is not None  # noqa: S101 - a text is always some instant
    loss = import_module("regard.workspace").Loss(
        incident=incident,
        who=who,
        start_at=began,
        end_at=workspace.moment(end),
        kind=kind,
        evidence=evidence,
        n=n,
        share=share,
    )
    addition = workspace.propose_impact(loss)
    if as_json and not yes:
        found.terminal.json(interruption.as_document(addition))
        return
    if not as_json:
        _show(found, addition)
    if not addition.rows:
        found.terminal.remark("All of it is recorded already; nothing is written.")
        return
    if not yes and not click.confirm(_question(addition), err=True):
        found.terminal.remark("Nothing is written.")
        return
    written = workspace.add_impact(addition)
    if as_json:
        found.terminal.json({"added": interruption.as_document(addition), "written": [str(path) for path in written]})
        return
    for path in written:
        found.terminal.say(str(path))
    found.terminal.remark(f"Next: `regard load`, then `regard incident {incident}`.")


@command.command("template")
@click.argument("file", metavar="FILE.csv", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def template(context: click.Context, file: Path) -> None:
    """Write an empty file of impact to fill in by hand, and say what its columns hold.

    A file in data/impact is read by the source that `regard impact add` makes.
    """
    found = state(context)
    path = found.folder / file
    if path.exists():
        raise QuestionError(f"{path} is there already, and nothing is overwritten; choose another name")
    added = import_module("regard.workspace.added")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(added.text([]), encoding="utf-8")
    rows = tuple((Cell(name), Cell(means)) for name, means in added.COLUMNS.items() if means)
    found.terminal.table(Table(str(path), (Column("column"), Column("what it holds", wrap=True)), rows))


def _show(found: State, addition: Addition) -> None:
    """Draw who matches."""
    segments, shown = addition.segments, addition.names
    rows = tuple(
        (Cell(name or interruption.BLANK, words.PLAIN if name else words.FAINT), Cell(numbers.count(count)))
        for name, count in segments.items()
    )
    title = f"{interruption.many(addition.matched, 'customer')} match{'es' if addition.matched == 1 else ''}"
    found.terminal.table(Table(title, (Column("segment"), Column("customers", right=True)), rows))
    more = addition.parties - len(shown)
    found.terminal.say(f"{', '.join(shown)}{f' and {numbers.count(more)} more' if more else ''}")


def _question(addition: Addition) -> str:
    count = len(addition.rows)
    known = addition.known
    already = f" ({known} are there already)" if known else ""
    return f"Write {numbers.count(count)} row{'' if count == 1 else 's'} of impact{already}?"
