"""`regard docs`: the reference pages, written from the objects that compute and from the commands themselves."""

from __future__ import annotations

from pathlib import Path

import click

from regard.cli.app import state
from regard.cli.pages import pages


@click.command("docs")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False))
@click.option("--check", is_flag=True, help="Write nothing; exit code 1 when a page is not current.")
@click.pass_context
def command(context: click.Context, folder: Path, check: bool) -> None:
    """Write the reference into DIR: metrics, tables, dimensions, choices, files, commands.

    Every page is printed from what computes and runs (R034); `make docs` writes them into docs/reference.
    """
    terminal = state(context).terminal
    folder = state(context).folder / folder
    stale = []
    for name, text in pages().items():
        path = folder / name
        if path.is_file() and path.read_text(encoding="utf-8") == text:
            continue
        stale.append(path)
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    for path in stale:
        terminal.say(f"{'not current' if check else 'written'}: {path}")
    context.exit(1 if check and stale else 0)
