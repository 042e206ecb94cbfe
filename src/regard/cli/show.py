"""`regard show`: a metric opened, as written and as it is computed, side by side; tables, choices and sources too."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import as_json, complete, metric_ids, read_settings, settings
from regard.cli.terminal import beside
from regard.errors import QuestionError, did_you_mean
from regard.present import describe, document
from regard.sources import statements

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from regard.cli.terminal import Terminal
    from regard.workspace import Shown, Workspace

WIDE = 140
"""From this width on, what is written and what it means stand side by side."""
LINE = 100
"""Characters of a line that is easy to read."""


@click.command("show")
@click.argument("name", metavar="[METRIC]", required=False, shell_complete=complete(metric_ids))
@settings
@click.option("--sql/--no-sql", "with_sql", default=True, help="Whether to print the SQL that it runs.")
@as_json
@click.pass_context
def command(context: click.Context, name: str | None, chosen: tuple[str, ...], with_sql: bool, as_json: bool) -> None:
    """Open METRIC: file, formula, plain words, options, interval, target, citation, SQL.

    All of it is printed from the object that computes. METRIC may also be a table, a dimension, a choice such as K22,
    or a source of the workspace. Without a name, all metrics are listed by family.
    """
    found = state(context)
    workspace = found.workspace()
    if name is None:
        listed(found.terminal, workspace, as_json=as_json)
        return
    other = _others(workspace).get(name)
    if other is not None and name not in workspace.catalogue.definitions:
        sections = other()
        if as_json:
            found.terminal.json({"name": name, **dict(sections)})
        else:
            stacked(found.terminal, [(head, lines.splitlines()) for head, lines in sections])
        return
    try:
        opened = workspace.show(name, read_settings(chosen))
    except QuestionError as error:
        if (
            chosen
            or (known := did_you_mean(name, _others(workspace))) == ""
            or not str(error).startswith("there is no metric")
        ):
            raise
        raise QuestionError(f"{error}; among tables, dimensions, choices and sources: {known}") from None
    if as_json:
        found.terminal.json(as_document(opened))
    else:
        draw(found.terminal, opened, workspace, with_sql=with_sql)


def as_document(opened: Shown) -> dict[str, object]:
    """Return an opened metric as JSON."""
    questions = {name: choice.question for name, choice in opened.choices.items()}
    return document.opened(opened.metric, text=opened.text, said=opened.words, questions=questions, sql=opened.sql)


def draw(terminal: Terminal, opened: Shown, workspace: Workspace, *, with_sql: bool) -> None:
    """Draw an opened metric: what is written on the left, what it means on the right; stacked where it is narrow."""
    metric = opened.metric
    terminal.heading(f"{metric.title} ({metric.id}, version {metric.version}, {metric.status.value})")
    written = [f"# {_place(metric.file, workspace)}:{metric.line}", *opened.text.rstrip().splitlines()]
    terminal.say()
    if terminal.width >= WIDE:
        half = terminal.width // 2
        meant = flowing(describe.metric(metric, opened.words, workspace.catalogue), terminal.width - half)
        for line in beside(flow(written, half - 3), meant, terminal.width):
            terminal.say(line)
    else:
        stacked(terminal, describe.metric(metric, opened.words, workspace.catalogue))
        terminal.say()
        terminal.heading("as written")
        for line in written:
            terminal.say(f"  {line}")
    if with_sql and opened.sql:
        terminal.say()
        terminal.heading("SQL for one month")
        for sql in opened.sql:
            terminal.say(sql.rstrip() + ";\n")


def listed(terminal: Terminal, workspace: Workspace, *, as_json: bool) -> None:
    """List every metric by family: id, title, and whether it is only planned."""
    metrics = [workspace.catalogue.metric(name) for name in workspace.catalogue.metrics]
    if as_json:
        terminal.json(
            [{"metric": m.id, "title": m.title, "family": m.family, "status": m.status.value} for m in metrics]
        )
        return
    for family in dict.fromkeys(metric.family for metric in metrics):
        own = [metric for metric in metrics if metric.family == family]
        wide = max(len(metric.id) for metric in own)
        terminal.heading(family)
        for metric in own:
            planned = " (planned)" if metric.status.value == "planned" else ""
            terminal.say(f"  {metric.id:<{wide}}  {metric.title}{planned}")


def stacked(terminal: Terminal, sections: Sequence[tuple[str, Sequence[str]]]) -> None:
    """Draw parts one below the other."""
    for place, (head, lines) in enumerate(sections):
        if place:
            terminal.say()
        terminal.heading(head)
        for line in flow(lines, min(terminal.width, LINE) - 2):
            terminal.say(f"  {line}".rstrip())


def flowing(sections: Sequence[tuple[str, Sequence[str]]], width: int) -> list[str]:
    """Return parts as lines of a width."""
    found: list[str] = []
    for head, lines in sections:
        found += ["", head] if found else [head]
        found += [f"  {line}".rstrip() for line in flow(lines, width - 2)]
    return found


def flow(lines: Sequence[str], width: int) -> list[str]:
    """Return lines no longer than a width; what goes on in the next line is indented below where the line began."""
    found: list[str] = []
    for line in lines:
        indent = line[: len(line) - len(line.lstrip())]
        wrapped = textwrap.wrap(line.strip(), max(width - len(indent), 20), subsequent_indent="  ")
        found += [indent + each for each in wrapped] or [""]
    return found


def _place(file: str, workspace: Workspace) -> str:
    return describe.place(file).removeprefix(f"{workspace.root}/")


def _others(workspace: Workspace) -> Mapping[str, Callable[[], list[tuple[str, str]]]]:
    """Return what can be shown besides metrics: name -> its parts (head, text)."""
    catalogue = workspace.catalogue
    found: dict[str, Callable[[], list[tuple[str, str]]]] = {}
    for source in workspace.sources:
        found[source.name] = lambda source=source: [  # type: ignore[misc]  # a default binds the loop's value
            (f"{source.name}: {source.means}", source.text.rstrip()),
            *((f"SQL for {table}", sql) for table, sql in statements(source, catalogue.tables)),
        ]
    for name, dimension in catalogue.dimensions.items():
        found[name] = lambda dimension=dimension: describe.dimension(dimension, catalogue)  # type: ignore[misc]  # a default binds the loop's value
    for name, choice in catalogue.choices.items():
        found[name] = found[name.lower()] = lambda choice=choice: describe.choice(choice, catalogue)  # type: ignore[misc]  # a default binds the loop's value
    for name, table in catalogue.tables.items():
        found[name] = lambda table=table: describe.table(table)  # type: ignore[misc]  # a default binds the loop's value
    return found
