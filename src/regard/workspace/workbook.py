"""The live workbook: what it shows is asked here, and handed to the room that writes it."""

from __future__ import annotations

from importlib.metadata import version
from typing import TYPE_CHECKING

from regard.errors import QuestionError, did_you_mean
from regard.excel import write
from regard.excel.compile import compile_book
from regard.excel.editions.vba import add_functions
from regard.excel.material import Material
from regard.model import Status, add_months
from regard.workspace.records import gathered

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date
    from pathlib import Path

    from regard.workspace.workspace import Workspace

SLICERS = ("channel", "product", "segment", "region")
"""Dimensions that can be chosen in the workbook."""
PERIODS = 13
"""A year and the month before it, so that each month has the same month of the year before."""

EDITIONS: dict[str, Callable[[Path], None]] = {"core": lambda _path: None, "vba": add_functions}
"""Edition -> what is done to the file once it is written."""


def workbook(
    workspace: Workspace,
    path: Path,
    *,
    start: date | None = None,
    end: date | None = None,
    where: str = "",
    edition: str = "core",
    told: Callable[[str, int, int], None] = lambda _what, _done, _all: None,
) -> Path:
    """Write the workbook of a workspace.

    Args:
        workspace: whose.
        path: the file, which is overwritten.
        start: first local day, by default that of the 13th month before the end.
        end: the local day after the last, by default where the story ends.
        where: test on dimensions that every number is asked with.
        edition: one of `EDITIONS`.
        told: hears what is being done, and how far it is.

    Raises:
        QuestionError: nothing was loaded, or there is no such edition.
        RegardError: the file cannot be written.
    """
    if edition not in EDITIONS:
        raise QuestionError(f"there is no edition '{edition}'; {did_you_mean(edition, EDITIONS)}".rstrip("; "))
    material = gather(workspace, start=start, end=end, where=where, told=told)
    book = compile_book(material)
    write(book, path, told=lambda done, every: told("writing sheets", done, every))
    EDITIONS[edition](path)
    return path


def gather(
    workspace: Workspace,
    *,
    start: date | None = None,
    end: date | None = None,
    where: str = "",
    told: Callable[[str, int, int], None] = lambda _what, _done, _all: None,
) -> Material:
    """Ask everything that a workbook shows.

    Raises:
        QuestionError: nothing was loaded yet.
    """
    snapshot = workspace.snapshot()
    if snapshot is None:
        raise QuestionError(f"nothing was loaded yet; `regard load` loads the sources of {workspace.root.name}")
    until = min(workspace.moment(workspace.config.until or None) or snapshot.at, snapshot.at)
    known = workspace.catalogue
    last = workspace.calendar.day_of(until - 1)
    end = end or add_months(last.replace(day=1), 1)
    start = start or add_months(end.replace(day=1), -PERIODS)
    resolved = [known.metric(name) for name in known.metrics]
    metrics = tuple(metric for metric in resolved if metric.status is not Status.PLANNED)
    answers = {}
    for done, metric in enumerate(metrics):
        told("asking metrics", done, len(metrics))
        [answers[metric.id]] = workspace.ask(metric.id, start=start, end=end, where=where)
    periods = tuple(dict.fromkeys(cell.period for answer in answers.values() for cell in answer.cells))
    return Material(
        company=workspace.config.name,
        currency=workspace.config.currency,
        calendar=workspace.calendar,
        grain="month",
        periods=tuple(sorted(periods, key=lambda period: period.start)),
        as_of=snapshot.at,
        until=until,
        snapshot=snapshot.id,
        version=version("regard"),
        scope=where,
        metrics=metrics,
        planned={metric.id: metric.pending for metric in resolved if metric.status is Status.PLANNED},
        answers=answers,
        slicers=SLICERS,
        targets=known.targets,
        choices=known.choices,
        policies=known.policies,
        dimensions=known.dimensions,
        tables=known.tables,
        records=gathered(workspace, told),
    )
