"""Metrics by method: their cells and series are handed to a named method of statistics, which gives the numbers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from regard.expr import MINUTE_US
from regard.model import Grain, Kind, day_number
from regard.sql import SEGMENTS, asked_segments, minute_series
from regard.stats import BY_METHOD, Observed, minute_grid

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from regard.lake import Connection
    from regard.model import Metric, Series
    from regard.plan import Cells, Group, Plan, Question, Stretch
    from regard.stats import Found

    Reader = Callable[[Question, Metric], tuple[Sequence[Cells], tuple[str, ...]]]
    """Asks a metric as if it were plain arithmetic, and gives its cells for each breakdown and what was run."""


MINUTE = "minute"
"""Grain of a series that is read from spans; every other is a grain of periods."""


@dataclass(frozen=True, slots=True)
class Elements:
    """A metric's numbers by element of its series, of one breakdown.

    Attributes:
        groups: values of the breakdown's dimensions.
        numbers: name -> G x T: the metric's leaves, and its arithmetic as `value`.
        place: from the bound of a period to the number of the element that begins there.
    """

    groups: Sequence[Group]
    numbers: Mapping[str, NDArray[np.float64]]
    place: Callable[[int], int]


def found(plan: Plan, cells: Cells, elements: Elements | None) -> Found | None:
    """Return what the method of a metric gives for its cells; None where it has no method."""
    metric = cells.metric
    if metric.kind is not Kind.METHOD:
        return None
    settings = {name: setting.value for name, setting in metric.parameters.items()}
    observed = Observed(value=cells.value, parts=cells.parts, leaves=cells.leaves, settings=settings)
    if elements is not None and metric.series is not None:
        periods = [(stretch.period.start_us, stretch.period.end_us) for stretch in plan.stretches]
        windows = [_window(plan, metric.series, stretch) for stretch in plan.stretches]
        observed = replace(
            observed,
            series={name: _aligned(cells, elements, numbers) for name, numbers in elements.numbers.items()},
            own=_places(elements, periods),
            before=_places(elements, windows),
        )
    return BY_METHOD[metric.method](observed)


def series(plan: Plan, metric: Metric, read: Reader) -> tuple[list[Elements | None], tuple[str, ...]]:
    """Return the series of a metric by method for each breakdown of a plan, and the statements that were run.

    A metric without a series has None for each.
    """
    if metric.series is None or not plan.stretches:
        return [None] * len(plan.question.breakdowns), ()
    calendar = plan.calendar
    first = calendar.day_of(min(_window(plan, metric.series, stretch)[0] for stretch in plan.stretches))
    question = replace(
        plan.question,
        metrics=(metric.id,),
        grain=Grain(metric.series.grain),
        start=first,
        end=max(stretch.period.end for stretch in plan.stretches),
        compare="",
        intervals=False,
    )

    def place(bound: int) -> int:
        # A period that is cut within a day takes in the whole of it.
        return day_number(calendar.day_of(bound - 1)) + 1 - day_number(first)

    cells, sql = read(question, metric)
    return [Elements(one.groups, {**one.leaves, "value": one.value}, place) for one in cells], sql


def minutes(plan: Plan, connection: Connection, relation: str) -> tuple[list[Elements | None], tuple[str, ...]]:
    """Return the minutes of spans for each breakdown of a plan: how long users were up and down, with what was run.

    Args:
        plan: of one metric that reads one row set, over spans with a share `up`.
        connection: has the view.
        relation: name of the view of its table.
    """
    start = min(stretch.period.start_us for stretch in plan.stretches)
    end = max(start, min(max(stretch.period.end_us for stretch in plan.stretches), plan.until))
    length = -(-(end - start) // MINUTE_US)
    segments, dimensions = asked_segments(plan, plan.scans[0], relation)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW {SEGMENTS} AS {segments}")

    def place(bound: int) -> int:
        return -(-(bound - start) // MINUTE_US)

    found: list[Elements | None] = []
    ran = [segments]
    for breakdown in plan.question.breakdowns:
        columns = [f"d{dimensions.index(name)}" for name in breakdown]
        ran.append(minute_series(SEGMENTS, start, end, columns))
        table = connection.sql(ran[-1]).to_arrow_table()
        keys = list(zip(*(table[name].to_pylist() for name in columns), strict=True)) or [()] * table.num_rows
        groups = {group: number for number, group in enumerate(dict.fromkeys(keys))}
        at = np.array([groups[key] for key in keys], dtype=np.int64), table["minute"].to_numpy()
        numbers = {
            name: minute_grid(at, table["minutes"].to_numpy(), table[name].to_numpy(), (len(groups), length)).astype(
                float
            )
            for name in ("up", "down")
        }
        found.append(Elements(list(groups), numbers, place))
    return found, tuple(ran)


def _window(plan: Plan, declared: Series, stretch: Stretch) -> tuple[int, int]:
    """Return the bounds of the window before the year of a period; both are its start without a window."""
    period = stretch.period
    if declared.window is None:
        return period.start_us, period.start_us
    year = plan.calendar.period_of(period.start, Grain.YEAR)
    before = plan.calendar.window(replace(year, end=year.start), declared.window)
    return before.start_us, year.start_us


def _places(elements: Elements, bounds: Sequence[tuple[int, int]]) -> NDArray[np.int64]:
    return np.array([[elements.place(bound) for bound in pair] for pair in bounds], dtype=np.int64)


def _aligned(cells: Cells, elements: Elements, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the series of the groups of some cells, blank for one that it does not know."""
    known = {group: place for place, group in enumerate(elements.groups)}
    out = np.full((len(cells.groups), numbers.shape[1]), np.nan)
    for place, group in enumerate(cells.groups):
        if group in known:
            out[place] = numbers[known[group]]
    return out
