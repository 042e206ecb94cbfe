"""Metrics as sums over cubes: what a reader who has no engine needs to do the arithmetic, cut and edited as they like.

A cube holds the sums of one table, alike in time, by period, dimensions and hidden columns. What a measure is for any
choice of dimensions is the sum, over the rows chosen, of base x factor (`unfold`).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from regard.expr import Literal, Name, Node, Type, names, rewrite
from regard.plan.question import SUM, VARIETY, Measure, Scan
from regard.plan.unfold import Unfolded, unfold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from regard.model import Metric, Table
    from regard.plan.question import Plan, Results

ONE = Literal(1, Type.NUMBER)
HIDDEN = "column:"
"""Stands before the name of a hidden column where it is grouped by like a dimension."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lowered:
    """A metric as arithmetic over sums.

    Attributes:
        metric: the metric.
        dims: dimensions that it can be cut by here, of those offered.
        value: arithmetic over names of sums and `length`.
        n: likewise, or None.
        same: names of varieties; where one is above 1 the metric is blank.
        coverage: (have, all) likewise, or None.
        of: leaves that its interval reads, likewise.
        why: why it cannot be lowered, or "".
    """

    metric: Metric
    dims: tuple[str, ...]
    value: Node = ONE
    n: Node | None = None
    same: tuple[str, ...] = ()
    of: tuple[Node, ...] = ()
    why: str = ""

    @property
    def sums(self) -> tuple[str, ...]:
        """Names of the sums that it reads, in alphabetical order."""
        nodes = (self.value, *([self.n] if self.n else []), *self.of)
        return tuple(sorted({name for node in nodes for name in names(node)} | set(self.same)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cube:
    """What one table gives together.

    Attributes:
        table: its name.
        dims: dimensions it is cut by.
        hidden: columns it is cut by besides.
        bases: what is summed.
        names: the sums that are read from it.
        scan: how an engine is asked for it.
    """

    table: str
    dims: tuple[str, ...]
    hidden: tuple[str, ...]
    bases: tuple[Measure, ...]
    names: tuple[str, ...] = ()
    scan: Scan


@dataclass(frozen=True, slots=True, kw_only=True)
class CubeRows:
    """The rows of a cube, by column, in order of period, dimensions and hidden columns.

    Attributes:
        cube: whose.
        stretch: number of the period of each row.
        dims: dimension -> values.
        hidden: column -> values, as the column's type has them.
        sums: one for each base.
        withheld: (period, values of the dimensions) of groups that have no rows though a metric might be shown for
            them, since they would give another away: what else is read of such a group makes no number.
    """

    cube: Cube
    stretch: tuple[int, ...]
    dims: Mapping[str, tuple[str | None, ...]]
    hidden: Mapping[str, tuple[Any, ...]]
    sums: tuple[tuple[float, ...], ...]
    withheld: tuple[tuple[int, tuple[str | None, ...]], ...] = ()


class Sums:
    """Collects the sums of many metrics, each once.

    Attributes:
        known: measure, the dimensions that it is cut by, and the metric where its parameters are that metric's -> name.
        parts: name -> how it is unfolded; a variety has its columns hidden and counts rows.
        owners: name -> metric that asked for it first; its parameters are that metric's.
        dims: name -> dimensions that it is cut by.
        varieties: names of those that tell whether columns differ.
        fixed: names of those whose parameters cannot be changed, since their cube would be too large.
    """

    def __init__(self, tables: Mapping[str, Table]) -> None:
        self.tables = tables
        self.known: dict[tuple[Measure, tuple[str, ...], str], str] = {}
        self.parts: dict[str, Unfolded] = {}
        self.owners: dict[str, str] = {}
        self.dims: dict[str, tuple[str, ...]] = {}
        self.varieties: set[str] = set()
        self.fixed: set[str] = set()

    def lower(self, plan: Plan, metric: Metric, dims: tuple[str, ...]) -> Lowered:
        """Return a metric of a plan as arithmetic over sums, or why it is none."""
        if metric.method:
            return Lowered(metric=metric, dims=dims, why=f"it is computed by the method {metric.method}")
        extras = plan.extras[metric.id]
        same = [node for key, node in extras.items() if key.startswith("same.")]
        value, n = plan.values[metric.id], plan.counts.get(metric.id)
        of = [extras[f"of{i}"] for i in range(len(metric.interval.of))]
        used = {name for node in (value, n, *same, *of) if node is not None for name in names(node)}
        given: dict[str, str] = {}
        for name in sorted(used):
            measure = plan.measures[name]
            found = self._add(measure, tuple(dim for dim in dims if dim not in measure.whole), metric.id)
            if found is None:
                return Lowered(metric=metric, dims=dims, why=_why(measure))
            given[name] = found

        def told(node: Node) -> Node:
            return rewrite(node, lambda part: Name(given[part.name]) if isinstance(part, Name) else None)

        return Lowered(
            metric=metric,
            dims=dims,
            value=told(value),
            n=None if n is None else told(n),
            same=tuple(sorted(names(told(node)).pop() for node in same)),
            of=tuple(told(node) for node in of),
        )

    def _add(self, measure: Measure, dims: tuple[str, ...], metric: str) -> str | None:
        """Return the name of a sum; one with parameters is its metric's alone, whose parameters they are."""
        plain = replace(measure, whole=frozenset())
        key = (plain, dims, metric if measure.parameters else "")
        if key in self.known:
            return self.known[key]
        if measure.what == VARIETY:
            columns = tuple(sorted(name for node in measure.of for name in names(node)))
            part: Unfolded | None = Unfolded(replace(plain, what=SUM, of=(ONE,)), None, columns)
        else:
            part = unfold(plain, self.tables[measure.rows.table])
        if part is None:
            return None
        name = f"s{len(self.known)}"
        self.known[key] = name
        self.owners[name] = metric
        self.parts[name] = part
        self.dims[name] = dims
        if measure.what == VARIETY:
            self.varieties.add(name)
        return name

    def fix(self, cube: Cube) -> None:
        """Give up the hidden columns of a cube: its sums are asked with their parameters as they are."""
        for name, part in self.parts.items():
            if part.base in cube.bases and part.factor is not None:
                self.fixed.add(name)
        self._refold()

    def keep(self, sayable: Callable[[Node, Table], bool]) -> None:
        """Give up the factors that a reader cannot say."""
        for name, part in self.parts.items():
            if part.factor is not None and not sayable(part.factor, self.tables[part.base.rows.table]):
                self.fixed.add(name)
        self._refold()

    def _refold(self) -> None:
        for (measure, _, _), name in self.known.items():
            if name in self.fixed:
                self.parts[name] = Unfolded(measure)

    def cubes(self, wanted: Iterable[str], stretches: Sequence[int], order: Sequence[str]) -> list[Cube]:
        """Return the cubes that hold some sums: one for each table, way in time and set of hidden columns.

        Args:
            wanted: names of sums.
            stretches: numbers of the periods.
            order: dimensions, in the order in which cubes have them.
        """
        groups: dict[tuple[object, ...], dict[tuple[str, ...], list[str]]] = defaultdict(lambda: defaultdict(list))
        for name in wanted:
            part = self.parts[name]
            rows = part.base.rows
            key = (
                rows.table, rows.arguments, rows.at, rows.delay, rows.over, rows.standing, rows.span, rows.window,
                rows.shift,
            )  # fmt: skip
            groups[key][part.hidden].append(name)
        found = []
        for by_hidden in groups.values():
            for hidden, held in _merged(by_hidden).items():
                bases = tuple(dict.fromkeys(self.parts[name].base for name in held))
                used = {dim for name in held for dim in self.dims[name]}
                dims = tuple(dim for dim in order if dim in used)
                rows = bases[0].rows
                scan = Scan(
                    table=rows.table,
                    arguments=rows.arguments,
                    measures=bases,
                    sets=((*dims, *(HIDDEN + column for column in hidden)),),
                    stretches=tuple(stretches),
                )
                found.append(
                    Cube(table=rows.table, dims=dims, hidden=hidden, bases=bases, names=tuple(held), scan=scan)
                )
        return found


def by_kind(cube: Cube, table: Table) -> bool:
    """Whether a cube's hidden columns have few values each, so that its rows are of a few kinds."""
    return bool(cube.hidden) and all(table.columns[column].few for column in cube.hidden)


def cube_plan(plan: Plan, cube: Cube) -> Plan:
    """Return the plan that asks for a cube: its hidden columns stand as dimensions of its table."""
    own = plan.tables[cube.table]
    seen = {HIDDEN + column: column for column in cube.hidden}
    tables = {**plan.tables, own.name: replace(own, dims={**own.dims, **seen})}
    return replace(plan, tables=tables, scans=(cube.scan,))


def cube_rows(cube: Cube, results: Results, table: Table) -> CubeRows:
    """Return the rows of a cube from what an engine gave for its plan; rows that count nothing are left out."""
    [found] = results.tables
    wide = len(cube.dims) + len(cube.hidden)
    sums = [[value or 0.0 for value in found[f"m{i}"].to_pylist()] for i in range(len(cube.bases))]
    keys = [found["stretch"].to_pylist(), *(found[f"d{i}"].to_pylist() for i in range(wide))]
    rows = [i for i in range(found.num_rows) if any(column[i] for column in sums)]
    rows.sort(key=lambda i: tuple((key[i] is None, key[i] if key[i] is not None else "") for key in keys))
    columns = [tuple(column[i] for i in rows) for column in keys]
    hidden = {
        name: tuple(_typed(value, table.columns[name].type) for value in columns[1 + len(cube.dims) + i])
        for i, name in enumerate(cube.hidden)
    }
    return CubeRows(
        cube=cube,
        stretch=columns[0],
        dims=dict(zip(cube.dims, columns[1 : 1 + len(cube.dims)], strict=True)),
        hidden=hidden,
        sums=tuple(tuple(float(column[i]) for i in rows) for column in sums),
    )


def _merged(by_hidden: Mapping[tuple[str, ...], list[str]]) -> dict[tuple[str, ...], list[str]]:
    """Put sums whose hidden columns are all in a larger set there, so that there are fewer cubes; none stays apart."""
    found: dict[tuple[str, ...], list[str]] = {}
    for hidden in sorted(by_hidden, key=len, reverse=True):
        larger = [other for other in found if hidden and set(hidden) <= set(other)]
        found.setdefault(min(larger, key=len) if larger else hidden, []).extend(by_hidden[hidden])
    return found


def _why(measure: Measure) -> str:
    if measure.rows.per is not None:
        return "it counts customers one by one, which does not add up"
    return f"a {measure.what} does not add up" if measure.what != SUM else "a parameter of it reads a clock"


def _typed(value: str | None, kind: Type) -> Any:  # noqa: ANN401 - a value of the language
    """Return a value that an engine told as a text, as its type has it."""
    if value is None or kind is Type.TEXT:
        return value
    if kind is Type.TRUTH:
        return value == "true"
    number = float(value)
    return int(number) if kind is not Type.NUMBER or number.is_integer() else number
