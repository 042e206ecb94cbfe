"""`regard audit FILE`: what in a KPI sheet contradicts itself or can be read in two ways; takes its targets."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regard.catalog import load
from regard.cli.app import state
from regard.cli.options import as_json, first_day
from regard.errors import QuestionError
from regard.expr import parse
from regard.model import Good
from regard.present import words
from regard.sources.kpi_sheet import read_sheet
from regard.stewardship.audit import Audited, audit, bounds

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from regard.catalog import Catalogue
    from regard.cli.terminal import Terminal
    from regard.expr import Node
    from regard.sources.kpi_sheet import Figure, Sheet
    from regard.stewardship.audit import Remark

TARGETS = Path("policies") / "targets.yaml"
TONES = {"contradiction": words.BAD, "ambiguity": words.UNSURE}


class Audits(click.Group):
    """Audits: of a KPI sheet when a file is named; other things to audit are commands of their own."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no command for the file of a sheet."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["sheet", *args])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let options of a sheet stand before its file."""
        plain = args and args[0] not in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, ["sheet", *args] if plain else args)


@click.group("audit", cls=Audits)
def command() -> None:
    """Audit a KPI sheet: `regard audit FILE`; or the log of who did what: `regard audit verify`.

    FILE is Markdown, CSV or Excel with a name, value, target and trend for each figure. Says what contradicts itself
    and what two honest people would read differently, each with what regard does instead.
    """


@command.command("sheet")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--import-targets", is_flag=True, help="Write the sheet's targets into policies/targets.yaml.")
@click.option("--from", "start", metavar="DAY", help="Day from which imported targets hold.")
@as_json
@click.pass_context
def sheet_command(context: click.Context, file: Path, import_targets: bool, start: str | None, as_json: bool) -> None:
    """Audit the KPI sheet in FILE (Markdown, CSV or Excel); exit code 1 when it contradicts itself."""
    found = state(context)
    sheet = read_sheet(file)
    workspace = found.workspace() if import_targets else None
    catalogue = workspace.catalogue if workspace else load()
    metrics = matched(sheet, catalogue)
    remarks = audit(Audited(sheet.figures, sheet.notes, metrics, formulas(catalogue)))
    targets = imported(sheet, metrics, catalogue, first_day(start)) if import_targets else Imported([], [])
    if workspace and targets.lines:
        write_targets(workspace.root / TARGETS, targets.lines)
    if as_json:
        told = {"figures": len(sheet.figures), "remarks": [asdict(one) for one in remarks], "targets": targets.lines}
        found.terminal.json(told)
    else:
        show(found.terminal, sheet, remarks)
        if import_targets:
            show_imported(found.terminal, targets)
    context.exit(1 if any(one.sort == "contradiction" for one in remarks) else 0)


@command.command("verify")
@click.option("--expect", metavar="NUMBER:HASH", help="An entry noted earlier, which must still be there unchanged.")
@as_json
@click.pass_context
def verify_command(context: click.Context, expect: str | None, as_json: bool) -> None:
    """Check that no entry of the audit log was changed, taken out or put in; exit code 1 when one was.

    Every entry is sealed with the one before. An end that was cut off leaves no trace in what is left: note what this
    prints elsewhere, and give it to --expect another time.
    """
    found = state(context)
    log = found.workspace().store.audit
    number, seal = log.head()
    wrong = list(log.broken())
    if expect:
        noted, _, was = expect.partition(":")
        if not noted.isdecimal() or not was:
            raise click.BadParameter(f"'{expect}' is not NUMBER:HASH, as this command prints it", param_hint="--expect")
        entry = next(iter(log.entries(before=int(noted) + 1, limit=1)), None)
        if entry is None or (entry.number, entry.hash) != (int(noted), was):
            wrong.append(f"entry {noted} is not there any more, or is another one")
    if as_json:
        found.terminal.json({"entries": number, "head": seal, "broken": wrong})
    else:
        for each in wrong:
            found.terminal.say(f"! {each}", tone=words.BAD)
        told = f"{number} entries, none changed" if not wrong else f"{number} entries, the chain is broken"
        found.terminal.say(f"{told}; note this elsewhere: {number}:{seal}" if number else "The log has no entries yet.")
    context.exit(1 if wrong else 0)


def matched(sheet: Sheet, catalogue: Catalogue) -> dict[int, str]:
    """Return figure (its place) -> metric, for those whose name is one's id, alias or title."""
    titles = {catalogue.metric(name).title.casefold(): name for name in catalogue.metrics}
    found = {}
    for place, figure in enumerate(sheet.figures):
        outside, _, inside = figure.name.partition("(")
        for name in (figure.name, outside, inside.rstrip(") ")):
            clean = name.strip().removesuffix(" Ratio").removesuffix(" ratio")
            if clean.casefold() in titles:
                found[place] = titles[clean.casefold()]
                break
            try:
                found[place] = catalogue.find(clean)
            except QuestionError:
                continue
            break
    return found


def formulas(catalogue: Catalogue) -> dict[str, Node]:
    """Return metric -> its value as its author wrote it, where it is made of other metrics."""
    trees = {name: catalogue.definitions[name].tree.mapping.get("value") for name in catalogue.metrics}
    return {name: parse(tree.text, "cell") for name, tree in trees.items() if tree is not None and "@" in tree.text}


def show(terminal: Terminal, sheet: Sheet, remarks: Sequence[Remark]) -> None:
    """Write the remarks, figure by figure."""
    if not remarks:
        terminal.say(f"{sheet.name}: {len(sheet.figures)} figures, nothing contradicts itself, nothing is left open.")
        return
    for one in remarks:
        terminal.say(
            f"{sheet.name}:{one.line}: {one.name}: {one.message} [{one.sort} {one.rule}]", tone=TONES[one.sort]
        )
        terminal.say(f"  here: {one.use}", tone=words.FAINT)
    counts = {sort: sum(one.sort == sort for one in remarks) for sort in TONES}
    terminal.say(
        f"{len(sheet.figures)} figures; " + ", ".join(f"{count} of sort {sort}" for sort, count in counts.items())
    )


# -- targets ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Imported:
    """Targets of a sheet: as lines of policies/targets.yaml, and figures that no metric was found for."""

    lines: list[str]
    left: list[str]


def imported(sheet: Sheet, metrics: dict[int, str], catalogue: Catalogue, start: date | None) -> Imported:
    """Return the sheet's targets as lines of a policy file."""
    lines, left = [], []
    for place, figure in enumerate(sheet.figures):
        text = figure.said.get("target", "")
        if not text:
            continue
        made = _target(figure, metrics.get(place, ""), catalogue, sheet.name, start)
        if made:
            lines.append(made)
        else:
            left.append(figure.name)
    return Imported(lines, left)


def _target(figure: Figure, metric: str, catalogue: Catalogue, sheet: str, start: date | None) -> str:
    target = bounds(figure.said["target"])
    if target is None or not metric:
        return ""
    parts = [f"metric: {metric}"]
    assumed = ""
    lo, hi = target.lo, target.hi
    if not target.said:  # a bare number is read in the good direction
        up = catalogue.metric(metric).good is Good.UP
        lo, hi = (lo, None) if up else (None, hi)
        assumed = f"read as at {'least' if up else 'most'}: the sheet says no direction"
    parts += [f"lo: {lo:g}"] if lo is not None else []
    parts += ["lo_incl: no"] if lo is not None and not target.lo_incl else []
    parts += [f"hi: {hi:g}"] if hi is not None else []
    parts += ["hi_incl: no"] if hi is not None and not target.hi_incl else []
    parts += [f'source: "{sheet}:{figure.line}"']
    parts += [f'assumed: "{assumed}"'] if assumed else []
    parts += [f"effective_from: {start.isoformat()}"] if start else []
    return "  - {" + ", ".join(parts) + "}"


def write_targets(path: Path, lines: Sequence[str]) -> None:
    """Add targets to the policy file, below those that stand there."""
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    head = "" if any(line.startswith("targets:") for line in text.splitlines()) else "targets:\n"
    path.parent.mkdir(exist_ok=True)
    path.write_text((text.rstrip("\n") + "\n" if text else "") + head + "\n".join(lines) + "\n", encoding="utf-8")


def show_imported(terminal: Terminal, targets: Imported) -> None:
    """Say what was imported, and what was not."""
    terminal.say()
    terminal.heading(f"{len(targets.lines)} targets written to {TARGETS.as_posix()}")
    for line in targets.lines:
        terminal.say(f"  {line.strip()}")
    if targets.left:
        terminal.remark(f"No metric is called so: {', '.join(targets.left)}; their targets were left.")
