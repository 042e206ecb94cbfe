"""`regard findings`: what somebody should look at, grouped, with examples of the rows."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import as_json
from regard.present import document, numbers, words
from regard.present.table import Cell, Column, Table
from regard.workspace.quality import mended, rejected

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.cli.terminal import Terminal
    from regard.sources import Mend
    from regard.store import Finding

TONES = {"error": words.BAD, "warning": words.UNSURE, "info": words.FAINT}
SIGNS = {"error": words.STATUS["missed"].sign, "warning": "!", "info": words.NO_WORD.sign}
ORDER = tuple(TONES)
SHOWN = 10
"""Findings of which examples are shown."""
LONGEST = 160
"""Characters of a raw row that are shown; `--json` has all."""


@click.command("findings")
@click.option("--kind", help="Only this kind: dq, anomaly, alert, reconcile or privacy.")
@click.option("--rule", help="Only this rule, such as out-of-range.")
@click.option("--source", help="Only of this source.")
@click.option("--status", default="open", show_default=True, help="open, ack, resolved, dismissed or all.")
@click.option("--examples", default=1, show_default=True, type=click.IntRange(0, 100), help="Raw rows to show of each.")
@as_json
@click.pass_context
def command(
    context: click.Context,
    kind: str | None,
    rule: str | None,
    source: str | None,
    status: str,
    examples: int,
    as_json: bool,
) -> None:
    """Show what somebody should look at: rows turned away, gaps, contradictions.

    Grouped by rule and source; of rows in quarantine, examples as they came.
    """
    found = state(context)
    workspace = found.workspace()
    wanted = {"kind": kind, "rule": rule, "status": None if status == "all" else status}
    chosen = [
        each
        for each in workspace.findings(**{name: value for name, value in wanted.items() if value})
        if source is None or each.scope.get("source") == source
    ]
    chosen.sort(key=lambda each: (ORDER.index(each.severity) if each.severity in ORDER else len(ORDER), -each.count))
    samples = {each.id: rejected(workspace, each, examples) for each in chosen if each.kind == "dq"} if examples else {}
    mends = {each.id: made for each in chosen if (made := mended(workspace, each)) is not None}
    if as_json:
        found.terminal.json([as_document(each, samples.get(each.id, []), mends.get(each.id)) for each in chosen])
        return
    if not chosen:
        found.terminal.say("No findings." if status == "all" else f"No {status} findings.")
        return
    found.terminal.table(of_findings(chosen))
    show_examples(found.terminal, chosen, samples)
    show_mends(found.terminal, mends)


def as_document(finding: Finding, samples: Sequence[dict[str, object]], made: Mend | None = None) -> dict[str, object]:
    """Return a finding as JSON, with examples of its rows and what would mend it."""
    told = asdict(finding)
    mend = None if made is None else asdict(made)
    return {"id": finding.id, **told, "at": document.instant(finding.at), "examples": list(samples), "mend": mend}


def of_findings(findings: Sequence[Finding]) -> Table:
    """Return a row for each finding, the gravest first."""
    columns = (
        Column("severity"),
        Column("rule"),
        Column("source"),
        Column("where", weight=2),
        Column("rows", right=True),
        Column("what", weight=1, wrap=True),
    )
    rows = tuple(
        (
            Cell(f"{SIGNS.get(each.severity, '!')} {each.severity}", TONES.get(each.severity, words.PLAIN)),
            Cell(each.rule),
            Cell(each.scope.get("source", each.kind)),
            Cell(".".join(part for part in (each.scope.get("table"), each.scope.get("field")) if part)),
            Cell(numbers.count(each.count)),
            Cell(each.message),
        )
        for each in findings
    )
    return Table("", columns, rows)


def show_examples(terminal: Terminal, findings: Sequence[Finding], samples: dict[str, list[dict[str, object]]]) -> None:
    """Write a few rows of each finding as they came."""
    if not any(samples.values()):
        return
    terminal.say()
    terminal.heading("Examples, as they came")
    having = [each for each in findings if samples.get(each.id)]
    for each in having[:SHOWN]:
        for row in samples[each.id]:
            raw = str(row["raw"])
            shown = raw if len(raw) <= LONGEST else f"{raw[:LONGEST]} ..."
            terminal.say(f"{each.rule} ({each.scope.get('source')}, {row['place']}): {row['reason']}")
            terminal.say(f"  {shown}", tone=words.FAINT)
    if len(having) > SHOWN:
        terminal.remark(f"Examples of {len(having) - SHOWN} more: `regard findings --rule RULE`, or `--json` for all.")


def show_mends(terminal: Terminal, mends: dict[str, Mend]) -> None:
    """Write what would mend the findings: the line of the mapping as it would have to be, or what helps instead."""
    if not mends:
        return
    terminal.say()
    terminal.heading("What would mend them")
    for one in dict.fromkeys(mends.values()):
        terminal.say(f"{one.place}: {one.why}" if one.place else one.why)
        if one.line:
            terminal.say(f"  {one.line}", tone=words.GOOD)
    terminal.remark("After a mend: `regard load --retry`.")
