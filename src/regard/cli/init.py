"""`regard init`: a new workspace with commented files; with `--from`, with a mapping for each file that is there."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.errors import RegardError
from regard.present import numbers, words
from regard.present.table import Cell, Column, Table

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.resources.abc import Traversable

    from regard.cli.terminal import Terminal
    from regard.sources.arrival import Arrived, Filled, Line, Question

UNSAID = "?"
"""Stands in a mapping for what a person has to say."""
WHICH = "which is it?"
"""Ends the comment of a setting that is guessed and that no file says."""
NAME = "@name@"
"""Stands in the starter files for the name of the workspace."""
EXAMPLE = Path("sources") / "example.yaml"


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the company; the folder's when not said.")
@click.option(
    "--from",
    "sources",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file of yours: looked at, recognised, and given a mapping. May be said several times.",
)
@click.argument("more", metavar="[FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--zone",
    default="",
    help="Whose clock wrote the times that carry no zone, such as Europe/Berlin; also the zone of reports. A time that "
    "carries its zone keeps it.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: take the guesses, each marked `# guessed`.")
@click.pass_context
def command(
    context: click.Context,
    folder: Path,
    name: str | None,
    sources: tuple[Path, ...],
    more: tuple[Path, ...],
    zone: str,
    yes: bool,
) -> None:
    """Make a new workspace in DIR, with commented files.

    DIR must not hold anything yet: nothing is ever overwritten. With `--from FILE...` each file is looked at: types,
    zones, keys, scales, codes for "no answer", personal columns. Exports of common tools are recognised by their
    headers. What a file cannot tell is asked: whose clock, which end of a scale is good, what makes two rows the same
    customer.
    """
    found = state(context)
    terminal = found.terminal
    folder = found.folder / folder
    if more and not sources:
        raise click.UsageError("files are named after --from")
    named = name or folder.resolve().name
    if not sources:
        for path in make(folder, named):
            terminal.say(str(path))
        terminal.remark(
            f"Next: describe a source in {folder / 'sources'}, then `regard check` and `regard load` there."
        )
        return
    paths = [found.folder / path for path in (*sources, *more)]
    ask = _guess if yes else _asking(terminal)
    arrived = arrived_at(folder, named, paths, zone=zone, ask=ask)
    terminal.table(of_arrived(arrived))
    guesses = sum(one.guesses for one in arrived)
    for line in (*told(arrived), *_unsaid_money(folder)):
        terminal.remark(line)
    if guesses:
        marked = f"marked `# guessed` in {folder / 'sources'}: read {'it' if guesses == 1 else 'those'} first."
        count = "1 guess is" if guesses == 1 else f"{numbers.count(guesses)} guesses are"
        terminal.say(f"{count} {marked}")
    elif any(one.draft.tables for one in arrived):
        terminal.say("Nothing had to be guessed.")
    terminal.remark(f"Next: `regard -C {folder} check`, `regard -C {folder} preview SOURCE`, then `load` and `ready`.")


def arrived_at(
    folder: Path, name: str, paths: Sequence[Path], *, zone: str = "", ask: Callable[[Question], str | None]
) -> list[Arrived]:
    """Make a workspace with a mapping for each file; nothing is written when a file cannot be read.

    Raises:
        RegardError: the folder holds something already, there is no such zone, or a file cannot be read.
    """
    from regard.catalog import load  # noqa: PLC0415 - takes a second: not for `init` without files
    from regard.sources.arrival import arrive, currency, ends  # noqa: PLC0415 - as above
    from regard.sources.zones import known_zone  # noqa: PLC0415 - as above

    if zone and not known_zone(zone):
        raise RegardError(f"there is no zone '{zone}'; write an IANA name such as Europe/Berlin")
    empty(folder)
    tables = load().tables
    found = arrive(paths, folder, tables, ask=ask, zone=zone)
    money = _money(currency([one.draft for one in found], tables), ask)
    make(folder, name)
    (folder / EXAMPLE).unlink()
    for one in found:
        (folder / "sources" / f"{one.name}.yaml").write_text(one.text, encoding="utf-8")
    zones = [one.draft.zone.value for one in found if one.draft.zone is not None]
    reporting = zone or (str(max(zones, key=zones.count)) if zones else "")
    config = folder / "regard.toml"
    text = config.read_text(encoding="utf-8")
    if reporting and reporting != "UTC":
        said = "as said with --zone" if zone else "guessed: the zone of the files"
        text = re.sub(r'^zone = "UTC".*$', f'zone = "{reporting}"  # {said}', text, count=1, flags=re.MULTILINE)
    last = ends(found)
    # A day that lies ahead is a slip of the pen in the file, and no end of any story.
    if last is not None and last.date() <= datetime.now(UTC).date() + timedelta(days=1):
        why = "guessed: the day after the newest row; nobody could know of later days"
        line = f'until = "{last:%Y-%m-%d}"          # {why}'
        text = re.sub(r"^(currency = .*)$", rf"\1\n{line}", text, count=1, flags=re.MULTILINE)
    if money is not None:
        line = f'currency = "{money[0]}"          # {money[1]}'
        text = re.sub(r"^currency = .*$", lambda _: line, text, count=1, flags=re.MULTILINE)
    config.write_text(text, encoding="utf-8")
    return found


def _money(line: Line | None, ask: Callable[[Question], str | None]) -> tuple[str, str] | None:
    """Return the reporting currency and why, asked for where the files do not say theirs; None without amounts."""
    from regard.sources.arrival import Question  # noqa: PLC0415 - as above

    if line is None:
        return None
    if line.value:
        return str(line.value), line.why
    text = f"In which currency do amounts stand (such as EUR)? For {line.why}."
    said = ask(Question("regard.toml", text, (), "EUR", lambda one: re.fullmatch(r"[A-Z]{3}", one) is not None))
    return ("EUR", f"guessed: {line.why}; {WHICH}") if said is None else (said, "as answered")


def _unsaid_money(folder: Path) -> list[str]:
    """Return that amounts are shown in a currency which no file says."""
    found = re.search(
        rf'^currency = "(\w+)".*{re.escape(WHICH)}', (folder / "regard.toml").read_text("utf-8"), re.MULTILINE
    )
    return (
        [f"No file says the currency of its amounts: they are shown in {found[1]}; regard.toml says it."]
        if found
        else []
    )


def told(arrived: Sequence[Arrived]) -> list[str]:
    """Return what a person should hear at once: a file without rows, columns that cannot be read as what they are."""
    found = []
    for one in arrived:
        draft = one.draft
        if not draft.profile.rows:
            found.append(f"{one.name}: there is a header and no row; was the export cut off, or its filter too narrow?")
        lost = [
            f"'{name}'" + (f" for {ours}" if ours else "")
            for name, ours in draft.unread.items()
            if name not in draft.used
        ]
        if lost:
            found.append(f"{one.name}: not read: {', '.join(lost)}; why stands at the head of its mapping.")
        if draft.near is not None and draft.profile.rows:
            found.append(f"{one.name}: nothing is loaded from it yet: {_lacking(draft.near)}")
    return found


def _lacking(near: Filled) -> str:
    """Return what a person has to say of a file that nobody knows, before rows of it can be loaded."""
    if near.table == UNSAID:
        return "it is like no table. `regard show order`, `case`, `response` and `incident` tell what a row has to say."
    unsaid = [line.name for line in near.columns if line.value == UNSAID]
    said = f", and no column of it says {' and '.join(unsaid)}" if unsaid else ""
    return (
        f"it is most like the table {near.table}{said}. Its mapping is begun, commented out; take the `# ` away "
        "when it says what you mean."
    )


def of_arrived(arrived: Sequence[Arrived]) -> Table:
    """Return a row for each file: what it was taken for, which tables it feeds, how many guesses that took."""
    rows = []
    for one in arrived:
        draft = one.draft
        into = ", ".join(dict.fromkeys(table.table for table in draft.tables))
        why = draft.note or ", ".join(f"{table} needs {column}" for table, column in draft.lacking)
        known = draft.recogniser
        taken = f"{known.means} ({known.kind})" if known else "not recognised: its mapping is commented out"
        rows.append(
            (
                Cell(one.name),
                Cell(taken, words.GOOD if draft.tables else words.UNSURE),
                Cell(numbers.count(draft.profile.rows)),
                Cell(into or why or "(none)"),
                Cell(numbers.count(one.guesses)),
            )
        )
    columns = (
        Column("source"),
        Column("taken for", wrap=True),
        Column("rows", right=True),
        Column("tables", wrap=True),
        Column("guesses", right=True),
    )
    return Table("", columns, tuple(rows))


def _guess(question: Question) -> None:
    """Take the guess."""
    del question


def _asking(terminal: Terminal) -> Callable[[Question], str | None]:
    """Return what asks a person at the terminal, each question once."""
    answers: dict[tuple[str, str], str] = {}

    def ask(question: Question) -> str | None:
        key = (question.source, question.text)
        while key not in answers:
            shown = f"{question.source}: {question.text}"
            if question.choices:
                shown += f" [{', '.join(question.choices)}]"
            said = click.prompt(shown, default=question.guess, err=True).strip()
            if (said in question.choices or not question.choices) and question.valid(said):
                answers[key] = said
            else:
                terminal.remark(f"'{said}' will not do.")
        return answers[key]

    return ask


def make(folder: Path, name: str) -> list[Path]:
    """Write the files and return their paths.

    Raises:
        RegardError: the folder holds something already.
    """
    empty(folder)
    return _copy(files("regard.cli") / "starter", folder, name)


def empty(folder: Path) -> None:
    """Refuse a folder that holds something.

    Raises:
        RegardError: it does.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RegardError(f"{folder} is not empty, and nothing is overwritten; choose another folder")


def _copy(source: Traversable, target: Path, name: str) -> list[Path]:
    target.mkdir(parents=True, exist_ok=True)
    written = []
    for entry in sorted(source.iterdir(), key=lambda each: each.name):
        path = target / entry.name.replace("dot-", ".")
        if entry.is_dir():
            written += _copy(entry, path, name)
        else:
            path.write_text(entry.read_text(encoding="utf-8").replace(NAME, name.replace('"', "'")), encoding="utf-8")
            written.append(path)
    return written
