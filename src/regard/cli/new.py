"""`regard new metric ID --like OTHER`: a metric of your own, begun with another's file and shown on your history."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import complete, metric_ids
from regard.errors import AuthorError, RegardError
from regard.expr import show
from regard.model import add_months
from regard.present import document, words
from regard.present.table import PERIODS, Cell, Column, Table, without_empty

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from regard.model import Metric
    from regard.plan import Answer
    from regard.workspace import Workspace

ID = re.compile(r"[a-z][a-z0-9_]*")
METRICS = "metrics"
"""Folder of a workspace's own metrics."""


@click.group("new")
def command() -> None:
    """Begin a file of your own with one that is there."""


@command.command("metric")
@click.argument("name", metavar="ID")
@click.option(
    "--like", required=True, metavar="METRIC", help="The metric to begin with.", shell_complete=complete(metric_ids)
)
@click.option("--title", help="How people call it; the other's, with its id, when not said.")
@click.option("--owner", help="Who answers for it; the other's owner when not said.")
@click.option(
    "--parameter", "given", metavar="NAME=VALUE", multiple=True, help="Another value of a $parameter. Repeatable."
)
@click.option("--where", metavar="EXPR", help="Only rows for which this holds as well, such as \"channel = 'app'\".")
@click.option("--dry-run", is_flag=True, help="Show what would be written and what it gives; write nothing.")
@click.pass_context
def metric(
    context: click.Context,
    name: str,
    like: str,
    title: str | None,
    owner: str | None,
    given: tuple[str, ...],
    where: str | None,
    dry_run: bool,
) -> None:
    """Write metrics/ID.yaml, like METRIC but for what you say, and show both on the last twelve months.

    A file with a mistake is not kept: what is wrong with it is told, and nothing has changed.
    """
    found = state(context)
    workspace = found.workspace()
    other = workspace.metric(like)
    path = place(workspace, name)
    text = written(name, other, title=title, owner=owner, parameters=_parameters(given, other), where=where)
    made = tried(workspace, path, text)
    try:
        answers = history(made, name, other.id)
    finally:
        if dry_run:
            path.unlink()
    found.terminal.say(text.rstrip())
    found.terminal.say()
    if answers is None:
        found.terminal.remark("Nothing was loaded yet: `regard load`, then `regard ask` shows what it gives.")
    else:
        found.terminal.table(side_by_side(*answers))
        found.terminal.say(document.context(answers[0]), tone=words.FAINT)
    told = "nothing was written" if dry_run else f"written to {path}"
    found.terminal.remark(f"{told}. Read it back in plain words with `regard show {name}`.")


def place(workspace: Workspace, name: str) -> Path:
    """Return where the file of a new metric belongs.

    Raises:
        RegardError: the id is none, or is taken.
    """
    if not ID.fullmatch(name):
        raise RegardError(f"'{name}' is no id: small letters, digits and _, beginning with a letter")
    if name in workspace.catalogue.definitions or name in workspace.catalogue.aliases:
        raise RegardError(f"there is a metric '{name}' already; choose another id, or edit its file")
    path = workspace.root / METRICS / f"{name}.yaml"
    if path.exists():
        raise RegardError(f"{path} is there already, and nothing is overwritten")
    return path


def written(
    name: str,
    other: Metric,
    *,
    title: str | None,
    owner: str | None,
    parameters: Mapping[str, str],
    where: str | None,
) -> str:
    """Return the text of the file: what differs, and as comments what else could."""
    lines = [
        f"# Like {other.id}, but for what stands here. `regard show {other.id}` prints the whole of it.",
        f"metric: {name}",
        "version: 1",
        "status: local",
        f"like: {other.id}",
        f"title: {_quoted(title or f'{other.title} ({name})')}",
    ]
    lines += [f"owner: {_quoted(owner)}"] if owner else []
    if other.parameters:
        lines.append("parameters:" if parameters else "# parameters:")
    for key, setting in other.parameters.items():
        between = "" if setting.lo is None and setting.hi is None else f"    # {setting.lo} to {setting.hi}"
        mark = "" if key in parameters else "# "
        lines.append(f"{mark}  {key}: {parameters.get(key, setting.value)}{between}")
    if where:
        lines.append("rows:")
        lines += [f"  {key}: {{where: {_quoted(_both(other, key, where))}}}" for key in other.rows]
    return "\n".join(lines) + "\n"


def tried(workspace: Workspace, path: Path, text: str) -> Workspace:
    """Write the file and open the workspace with it; where it has mistakes it is taken away again.

    Raises:
        AuthorError: its mistakes.
    """
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    made = type(workspace)(workspace.root)
    file = path.relative_to(workspace.root).as_posix()
    mistakes = [one for one in made.check() if one.file.endswith(file)]
    if mistakes:
        path.unlink()
        raise AuthorError(mistakes)
    return made


def history(workspace: Workspace, *names: str) -> tuple[Answer, ...] | None:
    """Return answers by month over the last twelve that are complete; None before the first load."""
    snapshot = workspace.snapshot()
    if snapshot is None:
        return None
    until = workspace.moment(workspace.config.until or None) or snapshot.at
    end = workspace.calendar.day_of(until).replace(day=1)
    return tuple(workspace.ask(*names, grain="month", start=add_months(end, -PERIODS), end=end, compare=""))


def side_by_side(new: Answer, old: Answer) -> Table:
    """Return a row for each month: what the new one gives and what the other gave, each with its interval and n."""
    before = {(cell.period.label, *cell.dims.values()): cell.estimate for cell in old.cells}
    rows = []
    for cell in new.cells:
        was = before.get((cell.period.label, *cell.dims.values()))
        rows.append(
            (
                Cell(cell.period.label),
                Cell(words.group(cell.dims)),
                Cell(words.estimate(cell.estimate, new.metric.unit, new.currency)),
                Cell(words.estimate(was, old.metric.unit, old.currency) if was else ""),
            )
        )
    columns = (
        Column("period"),
        Column("part"),
        Column(new.metric.id, right=True),
        Column(old.metric.id, right=True),
    )
    return without_empty(Table("On your history", columns, tuple(rows)))


def _parameters(given: tuple[str, ...], other: Metric) -> dict[str, str]:
    found = {}
    for text in given:
        name, equals, value = (part.strip() for part in text.partition("="))
        if not (equals and value) or name not in other.parameters:
            known = ", ".join(other.parameters) or "none"
            raise click.BadParameter(
                f"'{text}' is not NAME=VALUE of {other.id}, which has {known}", param_hint="--parameter"
            )
        found[name] = value
    return found


def _both(other: Metric, key: str, where: str) -> str:
    own = other.rows[key].where
    return where if own is None else f"({show(own)}) and ({where})"


def _quoted(text: str) -> str:
    """Return a text as YAML that reads back the same."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'
