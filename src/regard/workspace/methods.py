"""Metrics by method: their cells and series are handed to a named method of statistics, which gives the numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from regard.model import Grain, Kind, day_number
from regard.stats import BY_METHOD, Observed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from numpy.typing import NDArray

    from regard.model import Metric, Series
    from regard.plan import Cells, Plan, Question, Stretch
    from regard.stats import Found

    Reader = Callable[[Question, Metric], tuple[Sequence[Cells], tuple[str, ...]]]
    """Asks a metric as if it were plain arithmetic, and gives its cells for each breakdown and what was run."""


@dataclass(frozen=True, slots=True)
class Elements:
    """A metric's arithmetic by element of its series.

    Attributes:
        first: day of the first element.
        cells: of one breakdown, a stretch for each element.
    """

    first: date
    cells: Cells


def found(plan: Plan, cells: Cells, elements: Elements | None) -> Found | None:
    """Return what the method of a metric gives for its cells; None where it has no method."""
    metric = cells.metric
    if metric.kind is not Kind.METHOD:
        return None
    settings = {name: setting.value for name, setting in metric.parameters.items()}
    observed = Observed(value=cells.value, parts=cells.parts, settings=settings)
    if elements is not None and metric.series is not None:
        places = [_places(plan, metric.series, stretch, elements.first) for stretch in plan.stretches]
        observed = replace(
            observed,
            series=_aligned(cells, elements.cells),
            own=np.array([own for own, _ in places], dtype=np.int64),
            before=np.array([before for _, before in places], dtype=np.int64),
        )
    return BY_METHOD[metric.method](observed)


def series(plan: Plan, metric: Metric, read: Reader) -> tuple[list[Elements | None], tuple[str, ...]]:
    """Return the series of a metric by method for each breakdown of a plan, and the statements that were run.

    A metric without a series has None for each.
    """
    if metric.series is None or not plan.stretches:
        return [None] * len(plan.question.breakdowns), ()
    first = min(_window(plan, metric.series, stretch)[0] for stretch in plan.stretches)
    question = replace(
        plan.question,
        metrics=(metric.id,),
        grain=metric.series.grain,
        start=first,
        end=max(stretch.period.end for stretch in plan.stretches),
        compare="",
        intervals=False,
    )
    cells, sql = read(question, metric)
    return [Elements(first, one) for one in cells], sql


def _window(plan: Plan, declared: Series, stretch: Stretch) -> tuple[date, date]:
    """Return the days [start, end) of the window before the year of a period; both are its start without a window."""
    period = stretch.period
    if declared.window is None:
        return period.start, period.start
    year = plan.calendar.period_of(period.start, Grain.YEAR)
    before = plan.calendar.window(replace(year, end=year.start), declared.window)
    return before.start, year.start


def _places(plan: Plan, declared: Series, stretch: Stretch, first: date) -> tuple[tuple[int, int], tuple[int, int]]:
    """Return where the elements of a period and those of its window stand in a series of days."""
    days = [day_number(day) - day_number(first) for day in (stretch.period.start, stretch.period.end)]
    window = [day_number(day) - day_number(first) for day in _window(plan, declared, stretch)]
    return (days[0], days[1]), (window[0], window[1])


def _aligned(cells: Cells, elements: Cells) -> NDArray[np.float64]:
    """Return the series of the groups of some cells, blank for one that it does not know."""
    known = {group: place for place, group in enumerate(elements.groups)}
    out = np.full((len(cells.groups), elements.value.shape[1]), np.nan)
    for place, group in enumerate(cells.groups):
        if group in known:
            out[place] = elements.value[known[group]]
    return out
