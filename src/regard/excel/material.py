"""What a workbook is made of, gathered by the workspace: nouns only, so that sheets ask for nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.excel.records import Records

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.catalog import RegisteredChoice
    from regard.model import Calendar, Dimension, Metric, Period, Policy, Table, Target
    from regard.plan import Answer


@dataclass(frozen=True, kw_only=True)
class Material:
    """Everything that the sheets of a workbook show.

    Attributes:
        company: its name.
        currency: of money, or "".
        calendar: whose days.
        grain: length of a period.
        periods: the periods, oldest first; the last may still run.
        as_of: instant of the snapshot that was read.
        until: instant at which the story is cut.
        snapshot: id of the snapshot.
        version: of the program.
        scope: the test on dimensions that every number was asked with, or "".
        metrics: those that can be computed, resolved, in the order of the catalogue.
        planned: metric -> why it cannot be computed yet.
        answers: metric -> its answer by period, of the whole and of each value of each slicer.
        slicers: dimensions that can be chosen, in order.
        targets: the workspace's own.
        choices: the choice register.
        policies: published constants that definitions look up.
        dimensions, tables: as declared.
        records: everything besides metrics.
    """

    company: str
    currency: str
    calendar: Calendar
    grain: str
    periods: tuple[Period, ...]
    as_of: int
    until: int
    snapshot: str
    version: str
    scope: str = ""
    metrics: tuple[Metric, ...]
    planned: Mapping[str, str] = field(default_factory=dict)
    answers: Mapping[str, Answer]
    slicers: tuple[str, ...] = ()
    targets: Sequence[Target] = ()
    choices: Mapping[str, RegisteredChoice] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    dimensions: Mapping[str, Dimension] = field(default_factory=dict)
    tables: Mapping[str, Table] = field(default_factory=dict)
    records: Records = field(default_factory=Records)

    @property
    def families(self) -> tuple[str, ...]:
        """Families that have a metric here, in the order of the catalogue."""
        return tuple(dict.fromkeys(metric.family for metric in self.metrics))
