"""What a workbook is made of, gathered by the workspace: nouns only, so that sheets ask for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from regard.excel.records import Records
from regard.plan.margins import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.catalog import RegisteredChoice
    from regard.expr import Lookup
    from regard.model import Calendar, Dimension, Metric, Period, Policy, Table, Target
    from regard.plan import Answer, Stretch
    from regard.plan.cube import CubeRows, Lowered, Sums


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything that the sheets of a workbook show.

    Attributes:
        company: its name.
        currency: of money, or "".
        calendar: whose days.
        grain: length of a period.
        stretches: the periods, oldest first; the last may still run.
        as_of: instant of the snapshot that was read.
        until: instant at which the story is cut.
        snapshot: id of the snapshot.
        version: of the program.
        scope: the test on dimensions that every number was asked with, or "".
        named: whether customers bear their keys.
        metrics: those that can be computed, resolved, in the order of the catalogue.
        left: metric -> why it is not here: not built yet, or not to be filtered by the scope.
        answers: metric -> its answer by period, of the whole.
        cuts: metric that no sums give -> its answer by period for each value of each of its dimensions.
        quantiles: metric -> period -> the t or z that its interval is so many standard errors wide.
        lowered: metric -> the metric as arithmetic over sums, or why it is none.
        sums, cubes: the sums, and the rows that they are made of.
        privacy_min: a part of the whole with fewer people than this is not shown.
        base_slicers: dimensions that every sheet is cut by.
        slicers: all dimensions that can be chosen: those, and what single metrics are always cut by.
        targets: the workspace's own.
        choices: the choice register.
        policies, lookups: published constants that definitions look up, as written and as expressions read them.
        dimensions, tables: as declared.
        records: everything besides metrics.
    """

    company: str
    currency: str
    calendar: Calendar
    grain: str
    stretches: tuple[Stretch, ...]
    as_of: int
    until: int
    snapshot: str
    version: str
    scope: str = ""
    named: bool = False
    metrics: tuple[Metric, ...]
    left: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer]
    cuts: Mapping[str, Answer] = field(default_factory=dict)
    quantiles: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    lowered: Mapping[str, Lowered]
    sums: Sums
    cubes: tuple[CubeRows, ...] = ()
    privacy_min: int = 0
    base_slicers: tuple[str, ...] = ()
    slicers: tuple[str, ...] = ()
    targets: Sequence[Target] = ()
    choices: Mapping[str, RegisteredChoice] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    lookups: Mapping[str, Lookup] = field(default_factory=dict)
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    records: Records = field(default_factory=Records)

    @cached_property
    def members(self) -> dict[str, tuple[str | None, ...]]:
        """Dimension -> its values in the order of their numbers; None stands last, where rows have none."""
        found: dict[str, set[str | None]] = {dim: set() for dim in self.slicers}
        for dim, seen in found.items():
            for rows in self.cubes:
                seen.update(rows.dims.get(dim, ()))
            for answer in self.cuts.values():
                seen.update(cell.dims[dim] for cell in answer.cells if dim in cell.dims)
        return {
            dim: tuple(sorted(seen - {WHOLE}, key=lambda value: (value is None, value or "")))
            for dim, seen in found.items()
        }

    @property
    def periods(self) -> tuple[Period, ...]:
        """The periods, oldest first."""
        return tuple(stretch.period for stretch in self.stretches)

    @property
    def families(self) -> tuple[str, ...]:
        """Families that have a metric here, in the order of the catalogue."""
        return tuple(dict.fromkeys(metric.family for metric in self.metrics))
