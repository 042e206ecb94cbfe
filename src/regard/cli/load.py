"""`regard load`: fetch, map, test, resolve, commit; and say what was turned away."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from regard.cli.app import State, state
from regard.cli.options import as_json
from regard.present import numbers, words
from regard.present.table import Cell, Column, Table
from regard.sources import RejectsError, Report
from regard.workspace.tidying import tidy_daily

if TYPE_CHECKING:
    from regard.cli.terminal import Terminal
    from regard.workspace import Workspace


@click.command("load")
@click.argument("sources", nargs=-1, metavar="[SOURCE]...")
@click.option(
    "--limit",
    type=click.FloatRange(0, 100),
    metavar="PERCENT",
    help="Percent of the rows of a source that may be turned away; its reject_limit when not said.",
)
@click.option("--again", is_flag=True, help="Read even what has not changed since its last load.")
@click.option("--retry", is_flag=True, help="Read again the sources that have rows in quarantine, after a mend.")
@click.option("--due", is_flag=True, help="Only sources whose cadence (`every`) is over: for cron.")
@as_json
@click.pass_context
def command(
    context: click.Context,
    sources: tuple[str, ...],
    limit: float | None,
    again: bool,
    retry: bool,
    due: bool,
    as_json: bool,
) -> None:
    """Load sources: fetch, map, test, resolve, commit.

    Without a name all sources are loaded. Rows that break a rule are put into quarantine with the rule, the reason and
    the raw row; when they are more of a source than its limit, the good rows are in all the same and the exit code is
    2. A load that was interrupted goes on where it was. `--due` reads what its cadence says, as `regard serve` does.
    """
    found = state(context)
    workspace = found.workspace()
    problem = ""
    if due:
        sources = tuple(name for name in workspace.due() if not sources or name in sources)
        if not sources:
            if as_json:
                found.terminal.json(document(Report(run_id="", clock=0)))
            else:
                found.terminal.say("No source is due.")
            return
    before = waiting(workspace, sources) if retry else {}
    if retry and not before:
        found.terminal.say("No rows wait in quarantine.")
        return
    try:
        report = run(found, workspace, tuple(before) or sources, limit=limit, again=again or retry)
    except RejectsError as error:
        report, problem = error.report, str(error)
    if as_json:
        found.terminal.json(document(report))
    else:
        show(found.terminal, report)
        if retry:
            left, was = sum(waiting(workspace, tuple(before)).values()), sum(before.values())
            found.terminal.say(f"Of {numbers.count(was)} rejects that waited, {numbers.count(left)} are left.")
    if problem:
        found.terminal.error(f"{problem}. Numbers that rest on it say so")
    elif report.sources and not as_json:
        found.terminal.remark(
            "Next: `regard findings` shows what was turned away, `regard ask METRIC` answers questions."
        )
    tidy_daily(workspace)
    context.exit(RejectsError.exit_code if problem else 0)


def waiting(workspace: Workspace, sources: tuple[str, ...] = ()) -> dict[str, int]:
    """Return source -> rejects that wait in quarantine, of these sources or of all that still have a mapping."""
    known = {source.name for source in workspace.sources}
    found: dict[str, int] = {}
    for one in workspace.findings(kind="dq", status="open"):
        name = one.scope.get("source", "")
        if one.severity == "error" and name in known and (not sources or name in sources):
            found[name] = found.get(name, 0) + one.count
    return found


def run(
    found: State,
    workspace: Workspace,
    sources: tuple[str, ...] = (),
    *,
    limit: float | None = None,
    again: bool = False,
) -> Report:
    """Load with a bar for each source.

    Raises:
        RegardError: as `Workspace.load`.
    """
    with found.terminal.progress() as tell:
        share = None if limit is None else limit / 100
        return workspace.load(sources, progress=tell, limit=share, again=again)


def show(terminal: Terminal, report: Report) -> None:
    """Draw what became of each source, and what was turned away by which rule."""
    if not report.sources:
        terminal.say("There is nothing to load: no mapping in sources/ is in use.")
        terminal.say("One that is commented out was begun for a file that was not recognised: it says what it lacks.")
        return
    if report.resumed:
        terminal.remark("This load went on where an interrupted one had stopped.")
    terminal.table(of_sources(report))
    if turned_away := of_rules(report):
        terminal.say()
        terminal.table(turned_away)
    fresh = f"snapshot {report.snapshot}" if report.snapshot else "nothing new, so no new snapshot"
    terminal.say(f"{numbers.count(report.rows)} rows read, {numbers.count(report.refused)} turned away; {fresh}.")


def of_sources(report: Report) -> Table:
    """Return a row for each source."""
    rows = []
    for one in report.sources:
        mark = words.STATUS["missed" if one.refused else "met"]
        state_of = "unchanged" if one.skipped else f"{mark.sign} {'some turned away' if one.refused else 'loaded'}"
        into = ", ".join(f"{table} {numbers.count(rows)}" for table, rows in one.loaded.items())
        tone = words.FAINT if one.skipped else words.UNSURE if one.refused else words.GOOD
        counts = (numbers.count(one.rows), numbers.count(one.refused))
        rows.append((Cell(one.name), Cell(state_of, tone), *(Cell(count) for count in counts), Cell(into)))
    columns = (
        Column("source"),
        Column("state"),
        Column("rows read", right=True),
        Column("turned away", right=True),
        Column("good rows by table", weight=1, wrap=True),
    )
    return Table("", columns, tuple(rows))


def of_rules(report: Report) -> Table | None:
    """Return a row for each rule that turned rows away, the most frequent first; None when there is none."""
    rows = [
        (count, (Cell(one.name), Cell(table), Cell(field or "(row)"), Cell(rule), Cell(numbers.count(count))))
        for one in report.sources
        for (table, rule, field), count in one.rejected.items()
    ]
    if not rows:
        return None
    columns = (Column("source"), Column("table"), Column("column"), Column("rule"), Column("rows", right=True))
    ordered = sorted(rows, key=lambda row: (-row[0], *(cell.text for cell in row[1])))
    return Table("Turned away (in quarantine)", columns, tuple(row for _, row in ordered))


def document(report: Report) -> dict[str, object]:
    """Return the report as JSON."""
    return {
        "run": report.run_id,
        "resumed": report.resumed,
        "snapshot": report.snapshot,
        "rows": report.rows,
        "refused": report.refused,
        "commits": [asdict(commit) for commit in report.commits],
        "sources": [
            {
                "source": one.name,
                "skipped": one.skipped,
                "rows": one.rows,
                "refused": one.refused,
                "loaded": dict(one.loaded),
                "rejected": _counts(one.rejected),
                "notes": _counts(one.notes),
                "inputs": dict(one.inputs),
            }
            for one in report.sources
        ],
    }


def _counts(found: object) -> list[dict[str, object]]:
    assert isinstance(found, dict)  # noqa: S101 - a mapping of the report
    return [{"table": t, "rule": r, "field": f, "rows": n} for (t, r, f), n in sorted(found.items())]
