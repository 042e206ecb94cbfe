"""Metrics with a sheet of their own, gathered: a year of them with what their intervals and verdicts are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from regard.catalog.boards import boards
from regard.excel.records import Kpi, Part
from regard.model import Grain, Status
from regard.plan import Question
from regard.present import words
from regard.stats import METHODS
from regard.stats.bands import critical
from regard.workspace.estimates import USUAL_N

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from regard.model import Metric
    from regard.plan import Answer, AnswerCell
    from regard.workspace.asking import Asking


def kpis(asking: Asking, start: date, end: date) -> tuple[Kpi, ...]:
    """Return the metrics of the shipped list that this workspace can compute.

    Args:
        asking: the snapshot.
        start: first local day.
        end: the day after the last.
    """
    workspace = asking.workspace
    known = [(one, workspace.catalogue.metric(one.metric)) for one in boards().kpis]
    known = [(one, metric) for one, metric in known if metric.status is not Status.PLANNED]
    if not known:
        return ()
    answers = workspace.ask(*(metric.id for _, metric in known), start=start, end=end, until=asking.until)
    return tuple(
        _kpi(asking, answer, (start, end), one.sheet, one.source)
        for (one, _), answer in zip(known, answers, strict=True)
    )


def _kpi(asking: Asking, answer: Answer, days: tuple[date, date], sheet: str, source: str) -> Kpi:
    workspace, metric = asking.workspace, answer.metric
    periods = {cell.period.label: cell.period for cell in answer.cells}
    labels = tuple(sorted(periods, key=lambda label: periods[label].start))
    groups: dict[tuple[str | None, ...], dict[str, AnswerCell]] = {}
    for cell in answer.cells:
        groups.setdefault(tuple(cell.dims.values()), {})[cell.period.label] = cell
    leaves = _leaves(asking, metric, days)
    whole = [label for label in labels if workspace.calendar.midnight(periods[label].end) <= asking.until]
    parts, targets = [], []
    for group, cells in groups.items():
        mine = leaves.get(group, {})
        parts.append(
            Part(
                label=", ".join(value or "(none)" for value in group),
                cells=tuple(cells.get(label) for label in labels),
                leaves=tuple(mine.get(label, ()) for label in labels),
                quantiles=tuple(_quantile(cells.get(label)) for label in labels),
            )
        )
        aims = [cell.target for cell in cells.values() if cell.target is not None]
        targets.append(words.target(aims[-1], metric.unit, workspace.config.currency) if aims else "no target")
    method = METHODS.get(metric.interval.method, METHODS["none"])
    own = metric.show_from_n
    return Kpi(
        sheet=sheet,
        source=source,
        metric=metric,
        formula=workspace.catalogue.words(metric.value),
        targets=tuple(targets),
        compare=method.compare.value,
        roles=tuple(role.rstrip("?") for role in method.roles),
        periods=labels,
        chosen=whole[-1] if whole else labels[-1] if labels else "",
        needed=workspace.config.show_from_n if own == USUAL_N else own,
        parts=tuple(parts),
    )


def _quantile(cell: AnswerCell | None) -> float:
    df = None if cell is None else cell.estimate.df
    return float(critical(np.inf if df is None else df))


def _leaves(
    asking: Asking, metric: Metric, days: tuple[date, date]
) -> Mapping[tuple[str | None, ...], Mapping[str, tuple[float, ...]]]:
    """Return for each group and period the sums that the interval of a metric reads."""
    question = Question(
        metrics=(metric.id,), breakdowns=(metric.by_default,), grain=Grain.MONTH, start=days[0], end=days[1], compare=""
    )
    [cells], _ = asking.plain(question, metric)
    made = asking.plan(question, [metric])
    found: dict[tuple[str | None, ...], dict[str, tuple[float, ...]]] = {}
    of = list(cells.of)
    if metric.interval.method == "mean" and cells.squares is not None and len(of) == len(("sum", "n")):
        of.insert(1, cells.squares)
    for g, group in enumerate(cells.groups):
        for s, stretch in enumerate(made.stretches[: made.asked]):
            numbers = tuple(float(leaf[g, s]) for leaf in of)
            if numbers and all(np.isfinite(numbers)):
                found.setdefault(group, {})[stretch.period.label] = numbers
    return found
