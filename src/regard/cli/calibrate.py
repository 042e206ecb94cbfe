"""`regard calibrate`: policies that data can check, and what they propose."""

from __future__ import annotations

from pathlib import Path

import click

from regard.cli.app import state
from regard.cli.options import as_json, chosen_words, first_day, last_day, read_settings, settings
from regard.errors import QuestionError
from regard.present import effects, interruption


@click.command("calibrate")
@click.argument("policy", type=click.Choice(["depth"]))
@click.option(
    "--from", "start", metavar="DAY", help="First day (or month, or year); where the data begin when not said."
)
@click.option("--to", "end", metavar="DAY", help="The day after the last, or the last month or year.")
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the proposal there and show how it came about; without it the proposal is printed.",
)
@settings
@as_json
@click.pass_context
def command(
    context: click.Context,
    policy: str,
    start: str | None,
    end: str | None,
    out: Path | None,
    chosen: tuple[str, ...],
    as_json: bool,
) -> None:
    """Propose the next version of POLICY from data; nothing is ever applied.

    depth: tickets, satisfaction and leaving are regressed on minutes of each kind of loss, and a weight is what a
    minute does beside one of full outage. Where data cannot tell, the weight in force is kept and it is said.
    """
    found = state(context)
    if out is not None:
        out = found.folder / out
        if out.exists():
            raise QuestionError(f"{out} is there already, and nothing is overwritten; choose another name")
    days = (first_day(start), last_day(end))
    workspace, options = found.workspace(), read_settings(chosen)
    told = workspace.calibrate(policy, start=days[0], end=days[1], options=options)
    if out is not None:
        out.write_text(effects.policy(told), encoding="utf-8")
        found.terminal.remark(f"written: {out}")
    if as_json:
        found.terminal.json(interruption.as_document(told))
        return
    found.terminal.table(effects.calibration_table(told), err=out is None)
    if options:
        found.terminal.remark(chosen_words(workspace, options))
    if out is None:
        found.terminal.raw(effects.policy(told))
