"""From a question and resolved metrics to a plan: which measures, over which stretches, in how few scans."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING

from regard.errors import QuestionError, did_you_mean
from regard.expr import UNITS_US, Call, Literal, Name, Node, Parameter, Type, names, parameters, rewrite, show, walk
from regard.model import DAY_US, Grain, Period, Window, has_dimension, table_for
from regard.plan.finer import read_from, weighed_leaf
from regard.plan.question import (
    DAY,
    DISTINCT,
    INCIDENT,
    PARTY,
    QUANTILE,
    ROWS,
    SUM,
    SURVIVAL,
    VARIETY,
    Measure,
    Plan,
    Question,
    Scan,
    Stretch,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.expr import Lookup
    from regard.model import Calendar, Dimension, Metric, RowSet, Table

ONE = Literal(1, Type.NUMBER)
EARLIEST, LATEST = date(1000, 1, 1), date(9000, 1, 1)
"""A question must lie between them, so that windows and comparisons before and after it still have dates."""
MOST_PERIODS = 10_000
"""More periods are asked by mistake (a row with a wrong year decides where the data begin), and take minutes."""
DAYS = {Grain.DAY: 1, Grain.WEEK: 7, Grain.MONTH: 28, Grain.QUARTER: 90, Grain.YEAR: 365}
"""The least days of a period."""
LEAVES = ("count", "sum", "share", "mean", "distinct", "quantile", "median", "survival")
MOMENTS = frozenset({"mean"})
"""Interval methods that read the second moment of their first leaf."""

PARTS = frozenset({"compound_poisson_rate"})
"""Interval methods that read nothing of a replicate but what it adds to their first leaf."""


def plan(
    question: Question,
    metrics: Sequence[Metric],
    *,
    calendar: Calendar,
    until: int,
    whole: bool = False,
    by_party: bool = False,
    tables: Mapping[str, Table],
    dimensions: Mapping[str, Dimension],
    policies: Mapping[str, Lookup],
    seen: Mapping[str, int] | None = None,
) -> Plan:
    """Return the plan of a question whose `start` and `end` are set; periods that begin after `until` are left out.

    `seen` says for a table how far its rows go, where that is not as far as `until` (see `Plan`).

    Raises:
        QuestionError: for a dimension that a metric cannot be cut or filtered by, naming table and dimension; for days
            or a number of periods that nobody means.
    """
    if question.start is None or question.end is None:
        raise TypeError(question)
    stretches, asked, previous = _stretches(question, calendar, until)
    maker = _Maker(question, tables, dimensions, by_party=by_party)
    values: dict[str, Node] = {}
    counts: dict[str, Node] = {}
    extras: dict[str, Mapping[str, Node]] = {}
    for metric in metrics:
        values[metric.id], counts_of, extras[metric.id] = maker.metric(metric)
        if counts_of is not None:
            counts[metric.id] = counts_of
    return Plan(
        question=question,
        metrics=tuple(metrics),
        values=values,
        counts=counts,
        extras=extras,
        measures=maker.measures,
        scans=maker.scans(stretches),
        calendar=calendar,
        stretches=stretches,
        asked=asked,
        previous=previous,
        until=until,
        whole=whole,
        by_party=by_party,
        tables=tables,
        dimensions=dimensions,
        policies=policies,
        seen=seen or {},
    )


def replicates(metric: Metric, tables: Mapping[str, Table], *, by_party: bool = False) -> str:
    """Return the replicate a metric's interval needs, "" when its rows are independent by themselves.

    `by_party` asks for one replicate a party where buckets of parties would do for larger cells.
    """
    replicate = metric.interval.replicate
    if replicate != PARTY:
        return replicate
    used = {first.name for node in metric.leaves.values() for call in walk(node) for first in _row_set(call)}
    sets = [rows for name, rows in metric.rows.items() if name in used]
    alone = sets and all(_one_per_party(rows, tables[rows.table]) for rows in sets)
    if alone and metric.interval.method in ("proportion", "net_share", "mean"):
        return ""
    return ROWS if by_party else PARTY


def _row_set(node: Node) -> tuple[Name, ...]:
    first = node.args[0] if isinstance(node, Call) and node.name in LEAVES else None
    return (first,) if isinstance(first, Name) else ()


def _one_per_party(rows: RowSet, table: Table) -> bool:
    if rows.keep is not None:
        return table.party in rows.keep.per
    if rows.per is not None:
        return rows.per.keys[:1] == (table.party,)
    return bool(table.party) and tuple(table.keys) == (table.party,)


def _stretches(
    question: Question, calendar: Calendar, until: int
) -> tuple[tuple[Stretch, ...], int, tuple[int | None, ...]]:
    """Return the stretches to compute, how many were asked, and what each of those is compared with."""
    if question.start is None or question.end is None:
        raise TypeError(question)
    start, end = question.start, question.end
    if start < EARLIEST or end > LATEST:
        raise QuestionError(f"{start} to {end} is no time of ours: ask from {EARLIEST} to {LATEST} at most")
    if question.grain is not Grain.ALL:
        # What begins after the cut is left out below; walking there would take long.
        end = min(end, calendar.day_of(until) + timedelta(days=1))
        count = (end - start).days // DAYS[question.grain]
        if count > MOST_PERIODS:
            raise QuestionError(
                f"{start} to {end} by {question.grain.value} is more than {MOST_PERIODS} periods: "
                "begin later (say from when), or take longer periods"
            )
    asked = [period for period in calendar.periods(start, end, question.grain) if period.start_us < until]
    every = [_stretch(period, until) for period in asked]
    place = {(s.period.start_us, s.period.end_us): i for i, s in enumerate(every)}
    previous: list[int | None] = []
    for period in asked:
        before = _before(period, question, calendar, until)
        if before is None:
            previous.append(None)
            continue
        key = (before.start_us, before.end_us)
        if key not in place:
            place[key] = len(every)
            every.append(replace(_stretch(before, until), part=calendar.midnight(before.end) != before.end_us))
        previous.append(place[key])
    return tuple(every), len(asked), tuple(previous)


def _stretch(period: Period, until: int) -> Stretch:
    end = min(period.end_us, until)
    return Stretch(period=period, length=max(0, end - period.start_us) / 60e6, running=period.end_us > until)


def _before(period: Period, question: Question, calendar: Calendar, until: int) -> Period | None:
    """Return what a period is compared with (K51); a running period with the same elapsed part."""
    if not question.compare or (question.grain is Grain.ALL and question.compare != "year"):
        return None
    step = calendar.year_before if question.compare == "year" else lambda p, g: calendar.shift(p, g, -1)
    before = step(period, question.grain)
    if period.end_us <= until:
        return before
    days = -(-(until - period.start_us) // DAY_US)
    length = (period.end - period.start).days
    if days >= length:
        return before
    elapsed = until - period.start_us
    if elapsed <= 0:
        return None
    end = min(before.end_us, before.start_us + elapsed)
    following = calendar.day_of(end - 1) + timedelta(days=1)
    return replace(before, label=f"{before.label} (same part)", end=following, end_us=end)


def stretch_of(plan: Plan, rows: RowSet, index: int) -> Period:
    """Return what a row set sees of a stretch: the period, or the window that ends with it.

    The window of a period that still runs ends with the day of `until`, so that it is as long as any other.
    """
    stretch = plan.stretches[index]
    period = stretch.period
    if rows.window is None:
        return period
    if stretch.running and period.start_us < plan.until:
        end = plan.calendar.day_of(plan.until - 1) + timedelta(days=1)
        period = replace(period, end=end, end_us=plan.calendar.midnight(end))
    wide = plan.calendar.window(period, rows.window)
    return replace(wide, end_us=period.end_us)


class _Maker:
    """Collects the measures of several metrics, each once."""

    def __init__(
        self,
        question: Question,
        tables: Mapping[str, Table],
        dimensions: Mapping[str, Dimension],
        *,
        by_party: bool,
    ) -> None:
        self.by_party = by_party
        self.question = question
        self.tables = tables
        self.dimensions = dimensions
        self.asked = frozenset(dimension for breakdown in question.breakdowns for dimension in breakdown)
        self.filtered = names(question.where) if question.where is not None else set()
        self.measures: dict[str, Measure] = {}
        self.known: dict[Measure, str] = {}
        self.wanted: dict[str, set[str]] = defaultdict(set)

    def metric(self, metric: Metric) -> tuple[Node, Node | None, Mapping[str, Node]]:
        """Return value, n and what else its interval and flags need, all over measures' names."""
        self._answerable(metric)
        replicate = (
            replicates(metric, self.tables, by_party=self.by_party) if self.question.intervals or metric.method else ""
        )
        lower = _Lower(self, metric, "" if metric.interval.method in PARTS else replicate)
        value = lower.cell(metric.value)
        count = None if metric.n is None else lower.cell(metric.n)
        extras: dict[str, Node] = {}
        for place, leaf in enumerate(metric.interval.of):
            extras[f"of{place}"] = lower.cell(Name(leaf))
        if metric.interval.method in PARTS and replicate:
            extras["parts"] = _Lower(self, metric, replicate).cell(Name(metric.interval.of[0]))
        if metric.interval.method in MOMENTS and not replicate and self.question.intervals:
            extras["squares"] = lower.squares(metric.leaves[metric.interval.of[0]])
        if metric.coverage is not None:
            extras["covered"], extras["coverable"] = (lower.cell(node) for node in metric.coverage)
        if metric.method:
            extras |= {f"leaf.{name}": lower.cell(Name(name)) for name in metric.leaves}
        extras |= {f"flag.{name}": lower.cell(node) for name, node in metric.flags.items()}
        for name, rows in metric.rows.items():
            if rows.same:
                extras[f"same.{name}"] = lower.measure(name, VARIETY, tuple(Name(column) for column in rows.same))
            if rows.matures:
                extras[f"ripe.{name}"] = lower.measure(name, SUM, (ONE,))
                extras[f"all.{name}"] = lower.measure(name, SUM, (ONE,), ripe=False)
        return value, count, extras

    def _answerable(self, metric: Metric) -> None:
        for breakdown in self.question.breakdowns:
            for dimension in breakdown:
                if dimension not in self.dimensions:
                    hint = did_you_mean(dimension, metric.dims or self.dimensions)
                    hint = hint or f"{metric.id} can be cut by {', '.join(metric.dims) or 'none'}"
                    raise QuestionError(f"there is no dimension '{dimension}'; {hint}".rstrip("; "))

    def cut(self, metric: Metric, row_set: str) -> frozenset[str]:
        """Return the asked dimensions that a row set is not cut by, or refuse."""
        rows = metric.rows[row_set]
        table = self.tables[rows.table]
        whole = set()
        for dimension in sorted(self.asked | self.filtered):
            if has_dimension(table_for(table, (dimension,), self.tables, self.dimensions), dimension, self.dimensions):
                continue
            if dimension in metric.repeat.get(row_set, ()):
                whole.add(dimension)
                continue
            offered = [d for d in metric.dims if d != dimension]
            raise QuestionError(
                f"{metric.id} cannot be {'cut' if dimension in self.asked else 'filtered'} by {dimension}: "
                f"table {table.name} has no such dimension; it can be cut by {', '.join(offered) or 'none'}"
            )
        return frozenset(whole)

    def add(self, measure: Measure, replicate: str) -> Name:
        """Return the name under which a measure is computed."""
        if measure not in self.known:
            self.known[measure] = f"m{len(self.known)}"
            self.measures[self.known[measure]] = measure
        name = self.known[measure]
        self.wanted[name].add(replicate)
        return Name(name)

    def scans(self, stretches: Sequence[Stretch]) -> tuple[Scan, ...]:
        """Return one scan for all measures that are alike in table, way in time and replicate (parts apart)."""
        periods = tuple(i for i, stretch in enumerate(stretches) if not stretch.part)
        parts = tuple(i for i, stretch in enumerate(stretches) if stretch.part)
        groups: dict[tuple[object, ...], list[Measure]] = defaultdict(list)
        for name, measure in self.measures.items():
            rows = measure.rows
            alone = _alone(measure)
            way = (rows.at, rows.delay, rows.over, rows.standing, rows.span, rows.window, rows.shift)
            for replicate in self._replicates(name, measure):
                groups[(rows.table, rows.arguments, way, alone, replicate)].append(measure)
        return tuple(
            Scan(
                table=str(key[0]),
                arguments=measures[0].rows.arguments,
                measures=tuple(measures),
                sets=self._sets(measures),
                stretches=chosen,
                replicate=str(key[-1]),
            )
            for key, measures in groups.items()
            for chosen in (periods, parts)
            if chosen
        )

    def _sets(self, measures: Sequence[Measure]) -> tuple[tuple[str, ...], ...]:
        wholes = dict.fromkeys(measure.whole for measure in measures)
        return tuple(dict.fromkeys(uncut(b, whole) for b in self.question.breakdowns for whole in wholes))

    def _replicates(self, name: str, measure: Measure) -> set[str]:
        """Return the replicates to compute a measure with; one that is asked with any needs no plain scan."""
        wanted = self.wanted[name]
        party = self.tables[measure.rows.table].party
        if measure.what == DISTINCT and measure.of != (Name(party),):
            return {""}
        if measure.what in (QUANTILE, SURVIVAL):
            return {""}
        told = {
            DAY: bool(measure.rows.at) and measure.rows.per is None,
            PARTY: bool(party),
            ROWS: bool(party),
            INCIDENT: INCIDENT in self.tables[measure.rows.table].dims
            and measure.rows.per is None
            and measure.what != DISTINCT,
        }
        found = {replicate for replicate in wanted if told.get(replicate, False)}
        return found or {""}


def _alone(measure: Measure) -> tuple[object, ...]:
    """Return what must be alike for two measures to be computed together: nothing, unless they do not merge."""
    rows = measure.rows
    if rows.per is not None:
        # The rows are tested before they are reduced: alike in words is not enough where a test has a parameter.
        tested = parameters(rows.where) if rows.where else ()
        return (rows.per, rows.where, tuple(one for one in measure.parameters if one[0] in tested), rows.keep)
    if measure.what in (SUM, VARIETY):
        return ()
    return (measure.what,) if measure.what == DISTINCT else (measure.what, measure.of, rows.where, measure.parameters)


def uncut(breakdown: tuple[str, ...], whole: frozenset[str]) -> tuple[str, ...]:
    """Return a breakdown without the dimensions over which a measure stays whole."""
    return tuple(dimension for dimension in breakdown if dimension not in whole)


class _Lower:
    """Turns the leaves of one metric into measures."""

    def __init__(self, maker: _Maker, metric: Metric, replicate: str) -> None:
        self.maker = maker
        self.metric = metric
        self.replicate = replicate
        self.values = {name: setting.value for name, setting in metric.parameters.items()}

    def cell(self, node: Node) -> Node:
        """Return a cell expression over measures' names."""
        return rewrite(node, self._change)

    def _change(self, node: Node) -> Node | None:
        if isinstance(node, Name) and node.name in self.metric.leaves:
            return self.cell(self.metric.leaves[node.name])
        if isinstance(node, Call) and node.name in LEAVES:
            return self.leaf(node)
        if isinstance(node, Call) and node.name in ("total", "trailing"):
            return self._changed(node)
        if isinstance(node, Parameter):
            # In the rows a parameter is the engine's to bind; in a formula over cells it is a number like any other.
            return Literal(self.values[node.name], Type.NUMBER, at=node.at)
        return None

    def _changed(self, node: Call) -> Node:
        """Return the leaf of `total(leaf, dimension)` or `trailing(leaf, stretch)`, computed the other way."""
        leaf = node.args[0]
        if isinstance(leaf, Name):
            leaf = self.metric.leaves[leaf.name]
        if not isinstance(leaf, Call):
            raise TypeError(node)
        second = node.args[1]
        if node.name == "total" and isinstance(second, Name):
            return self.leaf(leaf, whole=frozenset({second.name}))
        if isinstance(second, Literal):
            return self.leaf(leaf, window=window(second))
        raise TypeError(node)

    def leaf(self, node: Call, *, whole: frozenset[str] = frozenset(), window: Window | None = None) -> Node:
        """Return a leaf function as arithmetic over measures."""
        rows, rest = _row_set(node)[0].name, node.args[1:]

        def make(what: str, *of: Node) -> Node:
            return self.measure(rows, what, of, whole=whole, window=window)

        if node.name in ("share", "mean"):
            below = ONE if node.name == "share" else Call("is not blank", (rest[0],))
            return Call("/", (make(SUM, rest[0]), make(SUM, below)))
        what, added = {
            "count": (SUM, (ONE,)),
            "sum": (SUM, ()),
            "distinct": (DISTINCT, ()),
            "median": (QUANTILE, (Literal(0.5, Type.NUMBER),)),
            "quantile": (QUANTILE, ()),
            "survival": (SURVIVAL, ()),
        }[node.name]
        return make(what, *rest, *added)

    def squares(self, node: Node) -> Node:
        """Return the sum of the squares of what a leaf sums, in floating point since squares of times are large."""
        if not (isinstance(node, Call) and node.name in ("sum", "mean")):
            raise QuestionError(f"{self.metric.id}: interval by mean needs a sum, found {show(node)}")
        x = node.args[1]
        square = Call("*", (Call("/", (x, Literal(1.0, Type.NUMBER))), x))
        return self.measure(_row_set(node)[0].name, SUM, (square,))

    def measure(
        self,
        row_set: str,
        what: str,
        of: tuple[Node, ...],
        *,
        whole: frozenset[str] = frozenset(),
        window: Window | None = None,
        ripe: bool = True,
    ) -> Node:
        """Return the name of the measure of a leaf."""
        rows = self.metric.rows[row_set]
        if window is not None:
            rows = replace(rows, window=window)
        if not ripe:
            rows = replace(rows, matures=0)
        maker = self.maker
        whole = maker.cut(self.metric, row_set) | (whole & maker.asked)
        own = maker.tables[rows.table]
        needed = (maker.asked - whole) | maker.filtered | ({INCIDENT} if self.replicate == INCIDENT else set())
        table = table_for(own, needed, maker.tables, maker.dimensions)
        rows = read_from(rows, own, table)
        if table is not own and rows.per is None:
            of = weighed_leaf(what, of, own)
        used = {name for node in (*of, *((rows.where,) if rows.where else ())) for name in parameters(node)}
        measure = Measure(
            rows=rows,
            what=what,
            of=of,
            whole=whole,
            parameters=tuple(sorted((name, self.values[name]) for name in used)),
        )
        return self.maker.add(measure, self.replicate)


def window(node: Literal) -> Window:
    """Return the window that `28 d` or `12 months` says."""
    if node.type is Type.TEXT:
        return Window(int(str(node.value).split()[0]), "month")
    return Window(int(node.value) // UNITS_US["d"], "day")
