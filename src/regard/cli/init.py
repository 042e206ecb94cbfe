"""`regard init`: a new workspace with commented files."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.errors import RegardError

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

NAME = "@name@"
"""Stands in the starter files for the name of the workspace."""


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--name", help="Name of the company; the folder's when not said.")
@click.pass_context
def command(context: click.Context, folder: Path, name: str | None) -> None:
    """Make a new workspace in DIR, with commented files.

    DIR must not hold anything yet: nothing is ever overwritten.
    """
    terminal = state(context).terminal
    folder = state(context).folder / folder
    written = make(folder, name or folder.resolve().name)
    for path in written:
        terminal.say(str(path))
    terminal.remark(f"Next: describe a source in {folder / 'sources'}, then `regard check` and `regard load` there.")


def make(folder: Path, name: str) -> list[Path]:
    """Write the files and return their paths.

    Raises:
        RegardError: the folder holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise RegardError(f"{folder} is not empty, and nothing is overwritten; choose another folder")
    return _copy(files("regard.cli") / "starter", folder, name)


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
