"""Cells: measures on a grid of groups and stretches, merged by addition, with the arithmetic done last and once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from regard.expr import Call, Clock, Literal, Name, Node, names
from regard.model import BUCKETS, day_number
from regard.plan.build import PARTS, replicates, stretch_of, uncut
from regard.plan.question import DAY, INCIDENT, PARTY, QUANTILE, ROWS, SUM, SURVIVAL, VARIETY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from regard.model import Metric
    from regard.plan.question import Measure, Plan, Results, Scan

    Numbers = NDArray[np.float64]
    Truths = NDArray[np.bool_]

Group = tuple[str | None, ...]
"""Values of a breakdown's dimensions, in order."""

ROUNDING = 1e-12
"""Part of a sum that is a trace of rounding."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """One metric on one breakdown: C groups by S stretches, blanks as NaN.

    Attributes:
        metric: the metric.
        breakdown: the dimensions.
        groups: C tuples of their values.
        value: C x S.
        n: C x S, NaN where the metric counts nothing.
        of: the leaves its interval reads, each C x S.
        squares: the second moment of the first of them, or None.
        without: C x S x R: the value without replicate r, what is left weighed up to the whole, or None.
        present: C x S x R: whether replicate r has rows in the cell, or None.
        parts: C x S x R: what each replicate adds to the first of the leaves its interval reads, or None.
        lo, hi: ends from order statistics, or None.
        coverage: C x S share of the rows that could be used, NaN where none is stated.
        mixed: C x S, whether columns that must be the same differ.
        unripe: C x S number of rows that are not ripe.
        leaves: of a metric by method its leaves, each C x S.
        flags: flag of the metric -> C x S, whether the cell bears it.
        tree: the value as arithmetic over measures.
        amounts: what each measure of the tree is, C x S, and `length`.
        shares: what each replicate adds to those that are replicated, C x S x R.
    """

    metric: Metric
    breakdown: tuple[str, ...]
    groups: Sequence[Group]
    value: Numbers
    n: Numbers
    of: Sequence[Numbers]
    squares: Numbers | None
    without: Numbers | None
    present: Truths | None
    parts: Numbers | None
    lo: Numbers | None
    hi: Numbers | None
    coverage: Numbers
    mixed: Truths
    unripe: Numbers
    leaves: Mapping[str, Numbers]
    flags: Mapping[str, Truths]
    tree: Node
    amounts: Mapping[str, Numbers]
    shares: Mapping[str, Numbers]

    def value_of(self, group: int, stretch: int, sums: Mapping[str, Numbers]) -> Numbers:
        """Return the value of a cell with other sums of its replicated measures, arrays of any one shape."""
        fixed = {name: numbers[group, stretch] for name, numbers in self.amounts.items() if name not in sums}
        return arithmetic(self.tree, {**fixed, **sums})


@dataclass(frozen=True, slots=True)
class _Grid:
    """What one scan gave for one set: the groups seen, and each measure's numbers on them."""

    groups: dict[Group, int]
    numbers: Mapping[str, Numbers]
    """Measure column (`m0`, `m0_lo`, ...) -> K x S."""
    parts: Mapping[str, Numbers]
    """Measure column -> K x S x R."""


Grids = dict[tuple["Measure", str, tuple[str, ...]], list[tuple[_Grid, str]]]
"""Where the numbers of a measure stand: a grid for each scan it was in, blank where another has its stretches."""


def collect(plan: Plan, results: Results) -> list[Cells]:
    """Return the cells of every metric and breakdown of a plan.

    Groups are those seen in any stretch by any measure that is cut by the whole breakdown, in order of their values.
    """
    if not plan.stretches:
        return []
    grids = _grids(plan, results, _Incidents(plan))
    return [
        _Arithmetic(plan, grids, metric, breakdown).cells()
        for metric in plan.metrics
        for breakdown in plan.question.breakdowns
    ]


def ran(plan: Plan, results: Results, metric: Metric) -> tuple[str, ...]:
    """Return the statements that the numbers of a metric of a plan are from, in order."""
    nodes = [plan.values[metric.id], *plan.extras[metric.id].values()]
    nodes += [plan.counts[metric.id]] if metric.id in plan.counts else []
    read = {plan.measures[name] for node in nodes for name in names(node)}
    return tuple(sql for scan, sql in zip(plan.scans, results.sql, strict=True) if read & set(scan.measures))


def collect_rest(plan: Plan, results: Results) -> Cells | None:
    """Return for each group of a plan's last breakdown the cell of all that is not in the group: the whole less it.

    The first breakdown must be (), for that is the whole, and the plan be of one metric.

    Returns:
        None where a group cannot be taken away from the whole: a median, distinct customers, one row per customer.
    """
    used = [plan.measures[name] for scan in plan.scans for name, m in plan.measures.items() if m in scan.measures]
    if not plan.stretches or any(one.what not in (SUM, VARIETY) or one.rows.per is not None for one in used):
        return None
    whole, breakdown = plan.question.breakdowns[0], plan.question.breakdowns[-1]
    grids = _grids(plan, results, _Incidents(plan, alike=True))
    groups = {
        group: None
        for (_, _, labels), found in grids.items()
        if labels == breakdown
        for grid, _ in found
        for group in grid.groups
    }
    places = {group: i for i, group in enumerate(groups)}
    less: Grids = dict(grids)
    for (measure, replicate, labels), found in grids.items():
        if labels == breakdown and measure.what == SUM:
            beside = grids[(measure, replicate, whole)]
            less[(measure, replicate, labels)] = [
                (_less(grid, all_of_it, places), column)
                for (grid, column), (all_of_it, _) in zip(found, beside, strict=True)
            ]
    [metric] = plan.metrics
    return _Arithmetic(plan, less, metric, breakdown).cells()


def _less(grid: _Grid, whole: _Grid, places: dict[Group, int]) -> _Grid:
    """Return a grid of the whole less each group."""

    def taken(of_all: Numbers, of_group: Numbers) -> Numbers:
        left = np.repeat(of_all, len(places), axis=0)
        for group, row in grid.groups.items():
            left[places[group]] -= of_group[row]
        # Sums of money or minutes leave a trace of rounding where nothing is left.
        left[np.abs(left) <= ROUNDING * np.abs(of_all)] = 0
        return left

    return _Grid(
        places,
        {name: taken(whole.numbers[name], numbers) for name, numbers in grid.numbers.items()},
        {
            name: taken(whole.parts[name], _padded(part, whole.parts[name].shape[2]))
            for name, part in grid.parts.items()
        },
    )


def _grids(plan: Plan, results: Results, incidents: _Incidents) -> Grids:
    grids: Grids = defaultdict(list)
    parties = _parties(plan, results)
    for scan, table in zip(plan.scans, results.tables, strict=True):
        for place, labels in enumerate(scan.sets):
            grid = _grid(plan, scan, place, table, parties, incidents)
            for column, measure in enumerate(scan.measures):
                grids[(measure, scan.replicate, labels)].append((grid, f"m{column}"))
    return grids


def _grid(
    plan: Plan, scan: Scan, place: int, table: pa.Table, parties: NDArray[np.int64], incidents: _Incidents
) -> _Grid:
    chosen = table.filter(pc.equal(table["grouping"], place))
    wide = len(scan.sets[place])
    groups, row_group = _groups([chosen[f"d{i}"] for i in range(wide)], chosen.num_rows)
    stretch = chosen["stretch"].to_numpy().astype(np.int64)
    whole: Truths = chosen["replicate"].is_null().to_numpy()
    if scan.replicate == INCIDENT:
        replicate = incidents.numbers(scan.sets[place], list(groups), row_group, stretch, chosen["replicate"])
    else:
        replicate = chosen["replicate"].fill_null(0).to_numpy().astype(np.int64)
    shape = (len(groups), len(plan.stretches))
    numbers, parts = {}, {}
    width = len(parties) if scan.replicate == ROWS else _width(plan, scan)
    if scan.replicate == INCIDENT:
        width = int(replicate.max(initial=0)) + 1
    for name in table.column_names:
        if not name.startswith("m"):
            continue
        column = chosen[name].cast("float64").to_numpy() if chosen.num_rows else np.empty(0)
        measure = scan.measures[int(name[1:].split("_")[0])]
        filled = np.full(shape, np.nan if measure.what in (QUANTILE, SURVIVAL) else 0.0)
        filled[row_group[whole], stretch[whole]] = column[whole]
        numbers[name] = filled
        if scan.replicate:
            part = np.zeros((*shape, width))
            r = replicate[~whole]
            if scan.replicate == ROWS:
                r = np.searchsorted(parties, r)
            if scan.replicate == DAY:
                starts = np.array([_first_day(plan, measure, s) for s in range(shape[1])], dtype=np.int64)
                r = r - starts[stretch[~whole]]
            part[row_group[~whole], stretch[~whole], r] = np.nan_to_num(column[~whole])
            parts[name] = part
    return _Grid(groups, numbers, parts)


class _Incidents:
    """Numbers incidents within each cell, since there are many and each is in few cells; alike for all measures."""

    def __init__(self, plan: Plan, *, alike: bool = False) -> None:
        scans = [scan for scan in plan.scans if scan.replicate == INCIDENT]
        # Where a measure stands whole beside the groups of another, the two must number alike across groups.
        self.apart = not alike and not any(measure.whole for scan in scans for measure in scan.measures)
        self.known: dict[tuple[object, ...], dict[str, int]] = defaultdict(dict)

    def numbers(
        self,
        labels: tuple[str, ...],
        groups: Sequence[Group],
        row_group: NDArray[np.int64],
        stretch: NDArray[np.int64],
        ids: pa.ChunkedArray,
    ) -> NDArray[np.int64]:
        """Return the number of the incident of each row within its cell, 0 for a row that is the whole."""
        out = np.zeros(len(stretch), dtype=np.int64)
        # In the order of their ids, so that every engine numbers them alike.
        named = sorted((one, row) for row, one in enumerate(ids.to_pylist()) if one is not None)
        for one, row in named:
            place = stretch[row]
            own = self.known[(labels, groups[row_group[row]], place) if self.apart else (place,)]
            out[row] = own.setdefault(one, len(own))
        return out


def _parties(plan: Plan, results: Results) -> NDArray[np.int64]:
    """Return every party that is a replicate of its own, in order."""
    columns = [
        table["replicate"].drop_null().to_numpy()
        for scan, table in zip(plan.scans, results.tables, strict=True)
        if scan.replicate == ROWS
    ]
    return np.unique(np.concatenate(columns)).astype(np.int64) if columns else np.empty(0, dtype=np.int64)


def _width(plan: Plan, scan: Scan) -> int:
    """Return how many replicates a scan has at most in one cell."""
    if scan.replicate != DAY:
        return BUCKETS
    measure = scan.measures[0]
    return max(
        (day_number(s.period.end) - _first_day(plan, measure, i) + 1 for i, s in enumerate(plan.stretches)), default=1
    )


def _first_day(plan: Plan, measure: Measure, stretch: int) -> int:
    return day_number(stretch_of(plan, measure.rows, stretch).start)


def _groups(columns: Sequence[pa.ChunkedArray], rows: int) -> tuple[dict[Group, int], NDArray[np.int64]]:
    """Return the distinct tuples of some text columns and for each row the number of its tuple."""
    if not columns:
        return {(): 0}, np.zeros(rows, dtype=np.int64)
    codes = np.zeros(rows, dtype=np.int64)
    for column in columns:
        encoded = column.combine_chunks().dictionary_encode() if rows else None
        size = 1 if encoded is None else len(encoded.dictionary) + 1
        own = np.zeros(rows, np.int64) if encoded is None else encoded.indices.fill_null(size - 1).to_numpy()
        codes = codes * size + own
    _, first, group = np.unique(codes, return_index=True, return_inverse=True)
    values = [[column[int(i)].as_py() for i in first] for column in columns]
    return {key: i for i, key in enumerate(zip(*values, strict=True))}, group.astype(np.int64)


class _Arithmetic:
    """The values of one metric on one breakdown."""

    def __init__(
        self,
        plan: Plan,
        grids: Grids,
        metric: Metric,
        breakdown: tuple[str, ...],
    ) -> None:
        self.plan = plan
        self.grids = grids
        self.metric = metric
        self.breakdown = breakdown
        intervals = plan.question.intervals or bool(metric.method)
        self.replicate = replicates(metric, plan.tables, by_party=plan.by_party) if intervals else ""
        used = self._measures(
            plan.values[metric.id],
            *([plan.counts[metric.id]] if metric.id in plan.counts else []),
            *plan.extras[metric.id].values(),
        )
        seen: dict[Group, None] = {}
        for name in used:
            if not plan.measures[name].whole & set(breakdown):
                for grid, column in self._grids(name):
                    # An engine may tell of a group none of whose rows counts in the end; it is not a group then.
                    counted = np.count_nonzero(np.nan_to_num(grid.numbers[column]), axis=1)
                    seen.update((group, None) for group, place in grid.groups.items() if counted[place])
        if not breakdown:
            seen = {(): None}
        self.groups = sorted(seen, key=lambda group: [(value is None, value or "") for value in group])
        self.lengths = np.array([stretch.length for stretch in plan.stretches])
        self.known: dict[tuple[str, str], tuple[Numbers, Numbers | None]] = {}

    def _measures(self, *nodes: Node) -> list[str]:
        return sorted({name for node in nodes for name in names(node)})

    def _grids(self, name: str) -> list[tuple[_Grid, str]]:
        """Return where a measure's numbers stand, with the metric's own replicates where it was computed with them."""
        measure = self.plan.measures[name]
        labels = uncut(self.breakdown, measure.whole)
        for replicate in (self.replicate, "", PARTY, ROWS, DAY, INCIDENT):
            if (measure, replicate, labels) in self.grids:
                return self.grids[(measure, replicate, labels)]
        raise KeyError(name)

    def aligned(self, name: str, suffix: str = "") -> tuple[Numbers, Numbers | None]:
        """Return a measure on the groups of the breakdown, made once: value, n, interval and coverage all read it."""
        if (name, suffix) not in self.known:
            self.known[name, suffix] = self._align(name, suffix)
        return self.known[name, suffix]

    def _align(self, name: str, suffix: str) -> tuple[Numbers, Numbers | None]:
        """Return its numbers, C x S, and where it was replicated its parts, C x S x R."""
        measure = self.plan.measures[name]
        blank = measure.what in (QUANTILE, SURVIVAL)
        kept = [i for i, dimension in enumerate(self.breakdown) if dimension not in measure.whole]
        shape = (len(self.groups), len(self.plan.stretches))
        out = np.full(shape, np.nan) if blank else np.zeros(shape)
        more: Numbers | None = None
        for grid, column in self._grids(name):
            places = np.array(
                [grid.groups.get(tuple(group[i] for i in kept), -1) for group in self.groups], dtype=np.int64
            )
            here = places >= 0
            numbers = grid.numbers[column + suffix][places[here]]
            out[here] = np.where(np.isnan(out[here]), numbers, out[here]) if blank else out[here] + numbers
            parts = grid.parts.get(column + suffix)
            if parts is not None and self.replicate:
                wide = np.zeros((*shape, parts.shape[2]))
                wide[here] = parts[places[here]]
                more = wide if more is None else _padded(more, wide.shape[2]) + _padded(wide, more.shape[2])
        return out, more

    def cells(self) -> Cells:
        plan, metric = self.plan, self.metric
        extras = plan.extras[metric.id]
        value_tree = plan.values[metric.id]
        shape = (len(self.groups), len(plan.stretches))
        used = {name: self.aligned(name) for name in self._measures(value_tree)}
        env = {name: numbers for name, (numbers, _) in used.items()}
        value = self._evaluate(value_tree, env, shape)
        without: Numbers | None = None
        present: Truths | None = None
        parts = {name: part for name, (_, part) in used.items() if part is not None}
        if metric.interval.method in PARTS:
            parts = {}
        if parts:
            width = max(part.shape[2] for part in parts.values())
            present = _any([_padded(part, width) != 0 for part in parts.values()])
            # What is left is made as large as the whole again: a sum that no replicate shares in (what was spent)
            # stands beside it, and a count is not smaller for having lost a part.
            count = present.sum(axis=2, keepdims=True)
            enlarge = np.where(count > 1, count / np.maximum(count - 1, 1), 1.0)
            less = {
                name: (numbers[:, :, None] - _padded(parts[name], width)) * enlarge
                if name in parts
                else numbers[:, :, None]
                for name, numbers in env.items()
            }
            without = self._evaluate(value_tree, less, (*shape, width))
        lo, hi = self._ends(value_tree, value, env)
        return Cells(
            metric=metric,
            breakdown=self.breakdown,
            groups=self.groups,
            value=value,
            n=self._extra(plan.counts.get(metric.id), shape),
            of=[self._extra(extras[f"of{i}"], shape) for i in range(len(metric.interval.of))],
            squares=self._extra(extras["squares"], shape) if "squares" in extras else None,
            without=without,
            present=present,
            parts=self._first_parts(extras),
            lo=lo,
            hi=hi,
            coverage=self._share(extras, shape),
            tree=value_tree,
            amounts=env | {LENGTH: np.broadcast_to(self.lengths, shape)},
            shares=parts,
            mixed=np.any(
                [self._extra(e, shape) > 1 for k, e in extras.items() if k.startswith("same.")]
                or [np.zeros(shape, bool)],
                axis=0,
            ),
            unripe=np.sum(
                [
                    self._extra(extras["all." + k[5:]], shape) - self._extra(e, shape)
                    for k, e in extras.items()
                    if k.startswith("ripe.")
                ]
                or [np.zeros(shape)],
                axis=0,
            ),
            leaves={name[5:]: self._extra(e, shape) for name, e in extras.items() if name.startswith("leaf.")},
            flags=self._raised(extras, shape),
        )

    def _raised(self, extras: Mapping[str, Node], shape: tuple[int, int]) -> dict[str, Truths]:
        flags = {name[5:]: node for name, node in extras.items() if name.startswith("flag.")}
        return {name: self._extra(node, shape) > 0 for name, node in flags.items()}

    def _first_parts(self, extras: Mapping[str, Node]) -> Numbers | None:
        first = extras.get("parts", extras.get("of0"))
        return self.aligned(first.name)[1] if isinstance(first, Name) else None

    def _share(self, extras: Mapping[str, Node], shape: tuple[int, int]) -> Numbers:
        if "covered" not in extras:
            return np.full(shape, np.nan)
        return _divide(self._extra(extras["covered"], shape), self._extra(extras["coverable"], shape))

    def _extra(self, node: Node | None, shape: tuple[int, ...]) -> Numbers:
        if node is None:
            return np.full(shape, np.nan)
        return self._evaluate(node, {name: self.aligned(name)[0] for name in names(node)}, shape)

    def _ends(self, tree: Node, value: Numbers, env: Mapping[str, Numbers]) -> tuple[Numbers | None, Numbers | None]:
        """Return the ends of an interval that came with a quantile or survival time, through the same arithmetic."""
        second = [n for n in names(tree) if self.plan.measures[n].what in (QUANTILE, SURVIVAL)]
        if len(second) != 1:
            return None, None
        ends = [
            self._evaluate(tree, {**env, second[0]: self.aligned(second[0], side)[0]}, value.shape)
            for side in ("_lo", "_hi")
        ]
        # A falling arithmetic (such as 1 - x) turns the ends round; an end that does not exist stays where it is.
        both = ~np.isnan(ends[0]) & ~np.isnan(ends[1])
        return np.where(both, np.fmin(*ends), ends[0]), np.where(both, np.fmax(*ends), ends[1])

    def _evaluate(self, node: Node, env: Mapping[str, Numbers], shape: tuple[int, ...]) -> Numbers:
        lengths = self.lengths if len(shape) == 2 else self.lengths[:, None]  # noqa: PLR2004 - or by replicate
        return np.array(np.broadcast_to(arithmetic(node, {**env, LENGTH: lengths}), shape))


def _any(truths: Sequence[Truths]) -> Truths:
    found = truths[0]
    for other in truths[1:]:
        found = found | other
    return found


def _padded(part: Numbers, width: int) -> Numbers:
    missing = width - part.shape[2]
    return np.pad(part, ((0, 0), (0, 0), (0, missing))) if missing > 0 else part


def arithmetic(node: Node, env: Mapping[str, Numbers]) -> Numbers:
    """Evaluate a cell expression on arrays, a blank being NaN; `length` stands among the names."""
    if isinstance(node, (Name, Clock)):
        return env[node.name]
    if isinstance(node, Literal):
        return np.asarray(node.value, dtype=np.float64)
    if not isinstance(node, Call):
        raise TypeError(node)
    return OPERATIONS[node.name](*(arithmetic(arg, env) for arg in node.args))


LENGTH = "length"


def _divide(a: Numbers, b: Numbers) -> Numbers:
    with np.errstate(divide="ignore", invalid="ignore"):
        result: Numbers = np.where(b == 0, np.nan, np.true_divide(a, b))
    return result


OPERATIONS: Mapping[str, Callable[..., Numbers]] = {
    "+": np.add,
    "-": np.subtract,
    "*": np.multiply,
    "/": _divide,
    "min": np.minimum,
    "max": np.maximum,
    "negate": np.negative,
}
