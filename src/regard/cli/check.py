"""`regard check`: every mistake of every author at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.cli.options import as_json
from regard.errors import AuthorError

if TYPE_CHECKING:
    from regard.catalog import Catalogue
    from regard.errors import Mistake
    from regard.workspace import Workspace


@click.command("check")
@as_json
@click.pass_context
def command(context: click.Context, as_json: bool) -> None:
    """Find every mistake in the workspace's files.

    Says of each the file and line, what is wrong, the rule and what to write instead. Exit code 1 when there is one.
    """
    terminal = state(context).terminal
    try:
        workspace = state(context).workspace()
        mistakes = workspace.check()
        said = _summary(workspace.catalogue, workspace)
    except AuthorError as error:
        mistakes, said = list(error.mistakes), ""
    if as_json:
        terminal.json([asdict(each) for each in mistakes])
    elif mistakes:
        terminal.mistakes(mistakes, err=False)
        terminal.error(counted(mistakes))
    else:
        terminal.say(said)
    context.exit(1 if mistakes else 0)


def counted(mistakes: list[Mistake]) -> str:
    """Return how many mistakes there are, and in how many files."""
    files = len({each.file for each in mistakes})
    return f"{len(mistakes)} mistake{_s(len(mistakes))} in {files} file{_s(files)}"


def _summary(catalogue: Catalogue, workspace: Workspace) -> str:
    sources = len(workspace.sources)
    return (
        f"No mistakes: {len(catalogue.metrics)} metrics, {len(catalogue.tables)} tables, "
        f"{sources} source{_s(sources)} of {workspace.config.name}."
    )


def _s(count: int) -> str:
    return "" if count == 1 else "s"
