"""`regard report`: a report as one HTML file or as PDF."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

import click

from regard.cli.app import state
from regard.cli.options import complete, read_period
from regard.errors import RegardError
from regard.present import words

FORMS = (".html", ".pdf")


@click.command("report")
@click.argument("name", metavar="[NAME]", required=False, shell_complete=complete(lambda catalogue: catalogue.reports))
@click.argument("incident", metavar="[INCIDENT]", required=False, default="")
@click.option(
    "--out",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write: FILE.html (one file, nothing to fetch) or FILE.pdf.",
)
@click.option(
    "--period",
    metavar="PERIOD",
    help="A day, week (2026-W25), month, quarter or year in it; the last that is over when not said.",
)
@click.option("--as-of", metavar="TIME", help="What we knew then: the last snapshot at or before.")
@click.option("--until", metavar="TIME", help="Cut the story there: later events are left out.")
@click.option("--engine", default="", metavar="NAME", help="What prints the PDF: chromium or weasyprint.")
@click.pass_context
def command(
    context: click.Context,
    name: str | None,
    incident: str,
    path: Path | None,
    period: str | None,
    as_of: str | None,
    until: str | None,
    engine: str,
) -> None:
    """Write a report: executive, weekly, monthly, qbr, incident ID, or one of your own.

    What a report shows is a file in reports/; without NAME the reports are listed. The sentences at its head are made
    of the verdicts that stand beside the numbers.
    """
    found = state(context)
    workspace = found.workspace()
    if name is None:
        for each in workspace.catalogue.reports.values():
            found.terminal.say(f"{each.id}: {each.title}, {each.grain.value if each.of == 'period' else each.of}")
            found.terminal.say(f"  {each.means}", tone=words.FAINT)
        return
    if path is None:
        raise click.UsageError("say where to write it: --out FILE.html or --out FILE.pdf")
    form = path.suffix.lower()
    if form not in FORMS:
        raise RegardError(f"'{path.name}' says neither HTML nor PDF; end it with {' or '.join(FORMS)}")
    day = None if period is None else read_period(period, workspace)[0]
    filled = workspace.report(name, incident=incident, day=day, as_of=as_of, until=until)
    reports = import_module("regard.reports")
    text = reports.html(filled)
    content = text.encode() if form == ".html" else reports.pdf(text, engine)
    path = found.folder / path
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(content)
    beside.replace(path)
    found.terminal.say(str(path))
