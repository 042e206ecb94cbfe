"""`regard workbook`: the same definitions, alive in a spreadsheet; and what becomes of a file that comes back."""

from __future__ import annotations

import os
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regard.catalog.assertions import beside, read_assertions
from regard.cli.app import state
from regard.cli.options import as_json, first_day, last_day
from regard.excel.assertions import examine
from regard.excel.diff import diff, lines
from regard.excel.editions import EDITIONS
from regard.excel.read import read
from regard.excel.recalculate import recalculated
from regard.excel.seal import told
from regard.excel.verify import verify
from regard.present import numbers, words
from regard.workspace.proposal import propose

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from regard.cli.terminal import Terminal
    from regard.excel.verify import Verified
    from regard.workspace.proposal import Draft

EXISTING = click.Path(path_type=Path, exists=True, dir_okay=False)
SHOWN = 40
"""Lines of a sort that a report shows when nothing is said."""
GIT_DRIVER = (7, 9)
"""Arguments with which git calls a diff driver: path, old file, its hash and mode, new file, its hash and mode; of a
renamed file two more."""

EDITION_WORDS = "; ".join(f"{name} ({edition.means})" for name, edition in EDITIONS.items())


def every_line(command: Callable[..., object]) -> Callable[..., object]:
    """Add `--all`."""
    said = f"Show every line, not only the first {SHOWN} of each sort."
    return click.option("--all", "every", is_flag=True, help=said)(command)


class Workbooks(click.Group):
    """Workbooks: one is written when a file is named; what is done with one is a command of its own."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Take what is no command for the file to write."""
        return super().resolve_command(ctx, args if args[0] in self.commands else ["make", *args])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Let options of a workbook stand before its file."""
        plain = args and args[0] not in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, ["make", *args] if plain else args)


@click.group("workbook", cls=Workbooks)
def command() -> None:
    """Write the live workbook: `regard workbook FILE.xlsx`; check, compare, test and take back edited ones."""


@command.command("make")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--from", "start", metavar="DAY", help="First day (or month, or year); 13 months before the end when not said."
)
@click.option("--to", "end", metavar="DAY", help="The day after the last, or the last month or year.")
@click.option("--where", default="", metavar="EXPR", help="Only these rows, such as \"segment = 'family'\".")
@click.option("--edition", default="core", show_default=True, metavar="NAME", help=f"What it can do: {EDITION_WORDS}.")
@click.option(
    "--for",
    "audience",
    default="analyst",
    show_default=True,
    metavar="WHOM",
    help="analyst: everything; executive: at most six sheets, and no rows.",
)
@click.option(
    "--names", "named", is_flag=True, help="Show customers by their keys, and raw rows; else they are numbered."
)
@click.option(
    "--rows/--cube",
    "rows",
    default=None,
    help="Data sheets with every column that may leave, or with 16 columns in all, as by default where rows are many.",
)
@click.pass_context
def make_command(
    context: click.Context,
    file: Path,
    start: str | None,
    end: str | None,
    where: str,
    edition: str,
    audience: str,
    named: bool,
    rows: bool | None,
) -> None:
    """Write the live workbook to FILE: every metric as formulas over data, with what can be changed.

    `make` need not be said: `regard workbook FILE`.
    """
    found = state(context)
    days = (first_day(start), last_day(end))
    workspace = found.workspace()
    # The writer takes a while to import: not for `--help`.
    make = import_module("regard.workspace.workbook").workbook
    with found.terminal.progress() as tell:
        make(
            workspace,
            file,
            start=days[0],
            end=days[1],
            where=where,
            edition=edition,
            audience=audience,
            named=named,
            rows=rows,
            told=tell,
        )
    found.terminal.remark(f"wrote {file}")


@command.command("golden")
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path, dir_okay=False))
@click.pass_context
def golden_command(context: click.Context, file: Path) -> None:
    """Write the worked examples to FILE: each number by hand, beside the formula that gives it. Needs no workspace.

    Five customers go from the raw file to their minutes; the other examples are scores, intervals, rates and times.
    """
    import_module("regard.workspace.golden").golden(file)
    state(context).terminal.remark(f"wrote {file}")


@command.command("verify")
@click.argument("file", metavar="FILE", type=EXISTING)
@every_line
@as_json
@click.pass_context
def verify_command(context: click.Context, file: Path, every: bool, as_json: bool) -> None:
    """Recalculate FILE with LibreOffice and report each formula that does not give what the file says.

    Errors and names of nothing are reported too; exit code 1 when anything is. The file stays as it is.
    """
    terminal = state(context).terminal
    found = verify(file)
    if as_json:
        terminal.json({"file": str(file), "good": found.good, **asdict(found)})
    else:
        _say_verified(terminal, file, found, None if every else SHOWN)
    context.exit(0 if found.good else 1)


def _say_verified(terminal: Terminal, file: Path, found: Verified, most: int | None) -> None:
    said = {
        "give an error": [f"{one.place}: {told(one.found)}  ={one.formula}" for one in found.errors],
        "name what is not there": [f"{place}: {what}" for place, what in found.unresolved],
        "are read from outside": found.outside,
        "give something else than the file says": [str(one) for one in found.differences],
    }
    for what, these in said.items():
        if these:
            terminal.say(f"{len(these):,} {what}:", tone=words.BAD)
            _say_some(terminal, these, most)
    if found.edited:
        changed = ", ".join(found.edited[:SHOWN])
        terminal.say(f"{len(found.edited)} inputs are not what the engine used: {changed}", tone=words.UNSURE)
    if found.good:
        terminal.say(f"{file.name}: {found.formulas:,} formulas calculated anew, all give what the file says.")


def _say_some(terminal: Terminal, lines: Sequence[str], most: int | None) -> None:
    for line in lines[:most]:
        terminal.say(f"  {line}")
    if len(lines[:most]) < len(lines):
        terminal.say(f"  and {len(lines) - len(lines[:most]):,} more; --all shows them", tone=words.FAINT)


@command.command("diff")
@click.argument("files", metavar="OLD NEW", nargs=-1, required=True)
@every_line
@as_json
@click.pass_context
def diff_command(context: click.Context, files: tuple[str, ...], every: bool, as_json: bool) -> None:
    """Show what differs between two workbooks: sheets, inputs, names, tables, formulas, values; one line a change.

    Also a diff driver of git, which gives it more arguments: set `diff.workbook.command` to `regard workbook diff`, and
    write `*.xlsx diff=workbook` into .gitattributes.
    """
    terminal = state(context).terminal
    old, new = _two(files)
    if old is None or new is None:
        terminal.raw(f"workbook {files[0]}: {'new' if old is None else 'deleted'}\n")
        return
    changes = diff(read(old), read(new))
    if as_json:
        terminal.json([asdict(one) for one in changes])
        return
    if len(files) in GIT_DRIVER:
        terminal.raw(f"workbook {files[0]}\n")
    for line in lines(changes, len(changes) if every else SHOWN):
        terminal.raw(f"{line}\n")


def _two(files: tuple[str, ...]) -> tuple[Path | None, Path | None]:
    """Return the two files to compare; None for one that is not there on git's side.

    Raises:
        click.UsageError: they are not two, or one does not exist.
    """
    names = (files[1], files[4]) if len(files) in GIT_DRIVER else files
    if len(names) != 2:  # noqa: PLR2004 - old and new
        raise click.UsageError(f"two workbooks are compared, {len(names)} named: regard workbook diff OLD NEW")
    old, new = (None if name == os.devnull else Path(name) for name in names)
    for path in (old, new):
        if path is not None and not path.is_file():
            raise click.UsageError(f"there is no file {path}")
    return old, new


@command.command("propose")
@click.argument("file", metavar="EDITED", type=EXISTING)
@click.option("--name", default="", metavar="NAME", help="Name of the draft; that of the file when not said.")
@as_json
@click.pass_context
def propose_command(context: click.Context, file: Path, name: str, as_json: bool) -> None:
    """Turn the changed inputs of EDITED into a draft, and tell what it would have meant for the months past.

    The draft is a folder `drafts/NAME` with metrics, policies and targets as files. What is no input and was changed
    (a formula, data, a label) is refused with its cell named, and nothing is written.
    """
    found = state(context)
    workspace = found.workspace()
    draft = propose(workspace, file, name=name)
    folder = draft.write(workspace.root)
    if as_json:
        found.terminal.json(
            {
                "draft": str(folder),
                "edits": [
                    {
                        "cell": edit.place,
                        "kind": edit.input.kind,
                        "subject": edit.input.subject,
                        "key": edit.input.key,
                        "was": edit.input.baseline,
                        "now": edit.value,
                    }
                    for edit in draft.edits
                ],
                "files": list(draft.files),
                "touched": list(draft.touched),
                "effects": [asdict(effect) for effect in draft.effects],
            }
        )
        return
    _say_draft(found.terminal, draft, folder)


def _say_draft(terminal: Terminal, draft: Draft, folder: Path) -> None:
    for edit in draft.edits:
        terminal.say(str(edit))
    changed = {effect.metric: effect for effect in draft.effects}  # the last period of each
    terminal.heading(f"{len(draft.effects):,} numbers of {len(changed)} metrics would have been others")
    for effect in list(changed.values())[:SHOWN]:
        where = "".join(f", {value or '(none)'}" for value in effect.dims.values())
        was, now = (numbers.value(one, effect.unit) for one in (effect.was, effect.now))
        status = (
            "" if effect.was_status == effect.now_status else f"; target {effect.was_status} -> {effect.now_status}"
        )
        terminal.say(f"  {effect.title}{where}, {effect.period}: {was} -> {now}{status}")
    terminal.remark(f"wrote {folder}: {', '.join(draft.files)}; every number is in its README.md")


@command.command("test")
@click.argument("file", metavar="FILE", type=EXISTING)
@click.option("--tests", type=EXISTING, metavar="YAML", help="The tests; FILE's name with .tests.yaml when not said.")
@click.option("--saved", is_flag=True, help="Test the values as saved, instead of calculating them anew.")
@as_json
@click.pass_context
def test_command(context: click.Context, file: Path, tests: Path | None, saved: bool, as_json: bool) -> None:
    """Hold FILE against the tests written beside it, and those that every workbook must pass.

    It is recalculated with LibreOffice first. Exit code 1 when a test fails.
    """
    terminal = state(context).terminal
    path = tests or beside(file)
    assertions = read_assertions(path) if path.is_file() else ()
    results = examine(read(file), None if saved else recalculated(file), assertions)
    if as_json:
        terminal.json(
            {"file": str(file), "tests": str(path) if assertions else None, "results": list(map(asdict, results))}
        )
    else:
        for one in results:
            place = f"{path.name}:{one.line}: " if one.line else ""
            word, tone = ("passed", words.GOOD) if one.passed else ("FAILED", words.BAD)
            terminal.say(f"{word}  {place}{one.name}" + (f": {one.what}" if one.what else ""), tone=tone)
        if not assertions:
            terminal.remark(f"no tests of your own: there is no {path.name}")
    context.exit(0 if all(one.passed for one in results) else 1)


@command.command("refresh")
@click.argument("file", metavar="FILE", type=EXISTING)
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help="Write here, instead of into FILE."
)
@click.pass_context
def refresh_command(context: click.Context, file: Path, out: Path | None) -> None:
    """Bring today's numbers into FILE and leave everything else: your sheets, charts and notes keep their bytes.

    Edited inputs stay edited, and what the formulas then give is calculated with LibreOffice. A workbook that was
    changed elsewhere is refused, with the cells named.
    """
    found = state(context)
    bring = import_module("regard.workspace.workbook").refreshed
    with found.terminal.progress() as tell:
        count = bring(found.workspace(), file, out or file, told=tell)
    found.terminal.remark(f"{count:,} cells hold something new in {out or file}")
