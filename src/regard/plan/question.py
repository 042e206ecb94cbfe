"""What is asked and what must be computed for it: Question, Measure, Scan, Plan. All frozen; nothing runs here."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from regard.model import Grain

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    import pyarrow as pa

    from regard.expr import Lookup, Node
    from regard.model import Calendar, Dimension, Metric, Period, RowSet, Table

SUM, DISTINCT, VARIETY, QUANTILE, SURVIVAL = "sum", "distinct", "variety", "quantile", "survival"
"""What a measure computes. Sums merge; a distinct count merges only over disjoint keys; the rest never merges."""

PARTY, DAY, ROWS, INCIDENT = "party", "day", "rows", "incident"
"""Replicates: 32 buckets of parties, local days, one replicate for each party (small cells), or incidents.

Rows without an incident that begin at one instant are one event, and count as one.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question as asked.

    Attributes:
        metrics: ids.
        breakdowns: each a tuple of dimensions; () is the whole.
        grain: length of the periods.
        start, end: local days [start, end); None lets the data decide.
        where: test on dimensions, or None.
        options: choice -> option, such as K22 -> every.
        as_now: cut by what parties are today instead of what they were at the time of the row.
        compare: `previous`, `year` or "" (K51).
        intervals: whether intervals are wanted; without them no replicates are computed.
    """

    metrics: tuple[str, ...]
    breakdowns: tuple[tuple[str, ...], ...] = ((),)
    grain: Grain = Grain.MONTH
    start: date | None = None
    end: date | None = None
    where: Node | None = None
    where_text: str = ""
    options: Mapping[str, str] = field(default_factory=dict)
    as_now: bool = False
    compare: str = "previous"
    intervals: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A resolved leaf: what an engine computes for every cell.

    Attributes:
        rows: the row set.
        what: one of `SUM`, `DISTINCT`, `VARIETY`, `QUANTILE`, `SURVIVAL`.
        of: row expressions. SUM: the number or test. DISTINCT and VARIETY: the columns. QUANTILE: value, q and
            perhaps weight. SURVIVAL: time, done, q.
        whole: dimensions it is not cut by; its cell stands beside each group of them.
        parameters: values of the `$parameters` in `of` and in the row set's test.
    """

    rows: RowSet
    what: str
    of: tuple[Node, ...]
    whole: frozenset[str] = frozenset()
    parameters: tuple[tuple[str, float | str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """A period that is computed, clipped at `until`.

    Attributes:
        period: the period.
        length: minutes in it, to `until` if it still runs.
        running: whether it ends after `until`.
        part: whether it is part of a period, to compare a running one with.
    """

    period: Period
    length: float
    running: bool
    part: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Scan:
    """Measures that one pass over one table can give together.

    Attributes:
        table: its name, with the derived table's arguments.
        measures: alike in table, arguments, way in time and window.
        sets: what to group by: the breakdowns asked, each without the dimensions over which a measure stays whole.
        stretches: indices of the plan's stretches that it is for. Whole periods and parts of periods are scanned
            apart, since the cells of whole periods can be kept and those of a part that grows daily cannot.
        replicate: hidden grouping to add, or "".
    """

    table: str
    arguments: tuple[tuple[str, str | float], ...]
    measures: tuple[Measure, ...]
    sets: tuple[tuple[str, ...], ...]
    stretches: tuple[int, ...]
    replicate: str = ""

    @property
    def merges(self) -> bool:
        """Whether the cells of all its measures merge by addition over elements of time."""
        return all(measure.what in (SUM, VARIETY) and measure.rows.per is None for measure in self.measures)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything an engine needs, and everything that is needed to make answers of its cells.

    Attributes:
        question: what was asked.
        metrics: the resolved definitions.
        values: metric id -> its value, arithmetic over measures' names.
        counts: metric id -> its n, likewise, or absent.
        measures: name -> measure, shared by all metrics.
        scans: what to compute.
        calendar: whose days.
        stretches: the periods to compute: those asked, then those they are compared with.
        asked: how many of the stretches were asked.
        previous: for each asked stretch the index of the one it is compared with, or None.
        until: instant at which the story is cut.
        seen: table -> instant of the newest of the rows that it is made of, where that is earlier than `until`: what
            came after it is not known, so nothing that waits for it can be counted.
        by_party: whether parties are replicates one by one instead of in buckets (small cells).
        whole: whether that is where what we know ends: then no row has to be left out for being later.
        tables: the tables in use, by name.
        dimensions: the conformed dimensions.
        policies: what `lookup` reads, by name.
    """

    question: Question
    metrics: tuple[Metric, ...]
    values: Mapping[str, Node]
    counts: Mapping[str, Node]
    extras: Mapping[str, Mapping[str, Node]]
    measures: Mapping[str, Measure]
    scans: tuple[Scan, ...]
    calendar: Calendar
    stretches: tuple[Stretch, ...]
    asked: int
    previous: tuple[int | None, ...]
    until: int
    whole: bool
    by_party: bool
    tables: Mapping[str, Table]
    dimensions: Mapping[str, Dimension]
    policies: Mapping[str, Lookup]
    seen: Mapping[str, int] = field(default_factory=dict)

    def horizon(self, rows: RowSet) -> int:
        """Return the last instant at which what a row set waits for is known (`delay`, `matures`)."""
        return min(self.until, self.seen.get(rows.table, self.until))


class Engine(Protocol):
    """Runs a plan. The oracle, DuckDB and every other engine give the same cells."""

    def run(self, plan: Plan) -> Results:
        """Compute every scan of the plan."""


@dataclass(frozen=True, slots=True)
class Results:
    """What an engine gives back, long form.

    Attributes:
        tables: for each scan of the plan one Arrow table with the columns `grouping` (index into the scan's sets),
            `stretch` (index into the plan's), `d0`, `d1`, ... (the set's dimensions in order, text, null where the
            row had none or the set has fewer), `replicate` (bucket, party or day number, of incidents a text; null on
            the row of the whole) and `m0`, `m1`, ... (the scan's measures; of a quantile or survival also `m0_lo`,
            `m0_hi`, `m0_n`).
        sql: the statements that were run, in order.
    """

    tables: tuple[pa.Table, ...]
    sql: tuple[str, ...] = ()
