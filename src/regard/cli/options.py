"""Options that several commands have, read in one way."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from regard import model
from regard.errors import QuestionError, RegardError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date

    from regard.catalog import Catalogue
    from regard.model import Grain
    from regard.workspace import Workspace

T = TypeVar("T")


def as_json(command: Callable[..., object]) -> Callable[..., object]:
    """Add `--json`."""
    said = "Print one JSON document on stdout and nothing else there."
    return click.option("--json", "as_json", is_flag=True, help=said)(command)


def settings(command: Callable[..., object]) -> Callable[..., object]:
    """Add `--set`."""
    said = "Pick an option of the choice register, such as K22=every; may be given several times."
    return click.option(
        "--set", "chosen", metavar="CHOICE=OPTION", multiple=True, help=said, shell_complete=complete(_options)
    )(command)


def chosen_words(workspace: Workspace, options: Mapping[str, str]) -> str:
    """Return what was chosen, in the register's words; "" where nothing was."""
    register = workspace.catalogue.choices
    told = [f"{choice}={option} ({register[choice].options[option]})" for choice, option in options.items()]
    return f"Chosen: {'; '.join(told)}." if told else ""


def read_settings(chosen: Sequence[str]) -> dict[str, str]:
    """Return choice -> option.

    Raises:
        click.BadParameter: one is not written as CHOICE=OPTION, or a choice stands twice.
    """
    found: dict[str, str] = {}
    for text in chosen:
        choice, equals, option = (part.strip() for part in text.partition("="))
        if not (choice and equals and option):
            raise click.BadParameter(f"'{text}' is not CHOICE=OPTION, such as K22=every", param_hint="--set")
        if found.setdefault(choice.upper(), option) != option:
            raise click.BadParameter(f"{choice} is set twice", param_hint="--set")
    return found


def first_day(text: str | None, option: str = "--from") -> date | None:
    """Read a day, or the first day of a month or year.

    Raises:
        click.BadParameter: the text is none of these.
    """
    return None if not text else _read(model.first_day, text, option)


def last_day(text: str | None) -> date | None:
    """Read the day before which a question ends: a day is left out, a month or year is taken in whole.

    Raises:
        click.BadParameter: as `first_day`.
    """
    return None if not text else _read(model.last_day, text, "--to")


PERIODS = "2026-03, 2026-Q1, 2026, FY2027-Q1, 2026-W10 or 2026-03-05."
"""How `--period` is written."""


def read_period(text: str, workspace: Workspace) -> tuple[date, date, Grain]:
    """Read a day, week, month, quarter or year: its first day, the day after its last, and its length.

    A fiscal year (FY2027, FY2027-Q1) begins when the workspace says.

    Raises:
        click.BadParameter: it is none of these.
    """
    return _read(lambda said: model.period(said, workspace.calendar), text, "--period")


def _read(reader: Callable[[str], T], text: str, option: str) -> T:
    try:
        return reader(text)
    except QuestionError as error:
        raise click.BadParameter(str(error), param_hint=option) from None


def names(text: str) -> tuple[str, ...]:
    """Return names that are separated by commas."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


# --- what a shell offers when somebody presses Tab --------------------------------------------------------------------


def metric_ids(catalogue: Catalogue) -> Iterable[str]:
    """Name every metric."""
    return catalogue.definitions


def dimension_names(catalogue: Catalogue) -> Iterable[str]:
    """Name every dimension."""
    return catalogue.dimensions


def _options(catalogue: Catalogue) -> Iterable[str]:
    return (f"{choice.id}={option}" for choice in catalogue.choices.values() for option in choice.options)


def complete(
    offered: Callable[[Catalogue], Iterable[str]],
) -> Callable[[click.Context, click.Parameter, str], list[str]]:
    """Return what completes a word, or the last of words joined by commas, from the catalogue of the workspace.

    Outside a workspace, or in one with mistakes, nothing is offered: a shell is no place for errors.
    """

    def found(context: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
        del parameter
        folder = context.find_root().params.get("folder") or Path()
        try:
            workspace = import_module("regard.workspace").Workspace.open(folder)
            known = sorted(offered(workspace.catalogue))
        except RegardError:
            return []
        before, comma, last = incomplete.rpartition(",")
        return [f"{before}{comma}{name}" for name in known if name.startswith(last)]

    return found
