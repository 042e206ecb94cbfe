"""A metric, opened: its file, formula, words, choices and SQL, all printed from the object that computes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from regard.errors import AccessError
from regard.model import Status
from regard.plan import Question
from regard.sql import scan_statement

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard import catalog
    from regard.model import Metric
    from regard.workspace.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A metric, opened.

    Attributes:
        metric: the resolved definition.
        text: its YAML as written, with what the workspace overrides.
        words: its value, n and leaves in plain words, name -> words.
        choices: the register's question and options for each choice that touches it.
        sql: the statements it runs, for one month.
    """

    metric: Metric
    text: str
    words: Mapping[str, str]
    choices: Mapping[str, catalog.RegisteredChoice]
    sql: tuple[str, ...]


def shown(workspace: Workspace, metric: Metric) -> Shown:
    """Open a resolved metric."""
    names = {"value": metric.value, **({"n": metric.n} if metric.n else {}), **metric.leaves}
    known = workspace.catalogue
    return Shown(
        metric=metric,
        text=known.source_text(metric.id),
        words={key: known.words(node) for key, node in names.items()},
        choices={choice.id: known.choices[choice.id] for choice in metric.choices},
        sql=() if metric.status is Status.PLANNED else _sql(workspace, metric),
    )


def _sql(workspace: Workspace, metric: Metric) -> tuple[str, ...]:
    question = Question(
        metrics=(metric.id,),
        breakdowns=(metric.by_default,),
        start=date(2026, 1, 1),
        end=date(2026, 2, 1),
        compare="",
        intervals=False,
    )
    try:
        made = workspace.plan(question, [metric], until=workspace.calendar.midnight(date(2026, 2, 1)))
    except AccessError:  # a definition may be read by those who may not see its numbers
        return ()
    return tuple(scan_statement(made, scan, scan.table) for scan in made.scans)
