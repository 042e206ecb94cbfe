"""The cubes as tables: sums that the engine gives as values, and what a parameter touches, as formulas.

A factor over columns that have few values (scores, kinds of loss) is worked out on a sheet of its own, once for each
period and kind of row, however many rows the cube has: the cube is summed up there under the slicers, by kind. A factor
over a column with many values (hours to a reply) stands beside each row of the cube. A sum of nothing is left empty.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regard.excel import formula
from regard.excel.book import THIS, Column, Range, Sheet, Table, numeric, sheet_name
from regard.excel.layout import STANDING
from regard.excel.sheets import policies, slicers
from regard.expr import Call, Literal, Name, Scope as Known, Type, evaluate, policy_name, words
from regard.plan.cube import by_kind
from regard.plan.margins import WHOLE

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.excel.book import Book, Value
    from regard.excel.material import Material
    from regard.plan import Measure
    from regard.plan.cube import CubeRows
    from regard.plan.unfold import Unfolded

TESTS = frozenset({"and", "or", "not", "in", "=", "!=", "<", "<=", ">", ">=", "is blank", "is not blank"})
"""Nodes that are true or false: a sum of them is a number of rows."""
HEAD = 4
"""Row of the heads: above them stand what the table is and what each sum is."""
CUBE, LIVE = "Cube", "Live"
"""First words of the names of the sheets of cubes, and of those where their sums meet the assumptions."""
WITHHELD, T_WITHHELD = "Left out", "t_withheld"
"""Sheet and table of the groups that have no rows since they would give others away."""
KIND = "kind of row"
"""Column of a cube that says which kind of row it is, by its number on the sheet of live sums."""


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the sheets of each cube that has rows, and say of each sum where it stands."""
    sheets: list[Sheet] = []
    codes: dict[str, dict[str | None, int]] = {
        dim: {**{value: i for i, value in enumerate(material.members[dim])}, WHOLE: slicers.UNCUT}
        for dim in material.slicers
    }
    for rows in material.cubes:
        if not rows.stretch:
            continue
        taken = [sheet.name for sheet in sheets]
        cube = _Cube(material, book, rows, sheet_name(f"{CUBE} {rows.cube.table}", taken), rows.hidden)
        kinds = list(zip(*rows.hidden.values(), strict=True)) if _by_kind(material, rows) else []
        sheets.append(cube.sheet(codes, kinds))
        if kinds:
            name = sheet_name(f"{LIVE} {rows.cube.table}", taken)
            sheets.append(_Live(material, book, rows, name, {}).sheet(cube, kinds))
    return [*sheets, *_withheld(material, book, codes)]


def _withheld(material: Material, book: Book, codes: Mapping[str, Mapping[str | None, int]]) -> list[Sheet]:
    """Return the sheet of the groups that are left out beside hidden ones, where any group may be hidden."""
    if material.privacy_min <= 1:
        return []
    found = [
        (number, at, dict(zip(rows.dims, values, strict=True)))
        for number, rows in enumerate(material.cubes)
        for at, values in rows.withheld
        if all(value in codes[dim] for dim, value in zip(rows.dims, values, strict=True))  # else nobody can choose it
    ]
    columns = [
        Column(name="cube", values=[number for number, _, _ in found], style="general"),
        Column(name="period", values=[material.stretches[at].period.start for _, at, _ in found], style="day"),
    ]
    for dim in material.slicers:
        values = [codes[dim][own.get(dim, WHOLE)] for _, _, own in found]
        columns.append(Column(name=dim, values=values, style="general"))
    sheet = Sheet(
        name=WITHHELD,
        title="Groups left out beside hidden ones",
        purpose="Groups of which a cube has no rows, since they would tell one of too few people. Do not type here.",
        group="Data",
        gridlines=True,
        repeat=(HEAD, HEAD),
        freeze=(HEAD + 1, 1),
    )
    sheet.head(back="Cover")
    sheet.tables.append(Table(name=T_WITHHELD, columns=columns, row=HEAD))
    book.places["withheld",] = Range(WITHHELD, HEAD + 1, 0, HEAD + max(1, len(found)), 0)
    return [sheet]


def withheld(material: Material, book: Book, names: Sequence[str], period: str) -> str:
    """Return how many groups under the slicers are left out of the cubes of some sums, as arithmetic; "" for never.

    Args:
        material: its material.
        book: with the sheets of the cubes.
        names: of the sums.
        period: cell that holds the first day of the period.
    """
    if ("withheld",) not in book.places:
        return ""
    counts = dict.fromkeys(
        f"COUNTIFS({T_WITHHELD}[cube],{number},{T_WITHHELD}[period],{period},"
        + ",".join(_cut(T_WITHHELD, dim, material.sums.dims[name]) for dim in material.slicers)
        + ")"
        for number, rows in enumerate(material.cubes)
        for name in names
        if name in rows.cube.names and material.sums.dims[name]
    )
    return "+".join(counts)


def _by_kind(material: Material, rows: CubeRows) -> bool:
    """Whether the factors of a cube are worked out by kind of row: they look at columns with few values alone."""
    live = any(material.sums.parts[name].factor is not None for name in rows.cube.names)
    return live and by_kind(rows.cube, material.tables[rows.cube.table])


@dataclass
class _Grid:
    """A table of sums, being written.

    Attributes:
        material, book: what is shown, and where.
        rows: the cube.
        name: of the sheet.
        hidden: column -> its value in each row of the table; factors read it.
        columns, words: of the table, and what stands above each.
    """

    material: Material
    book: Book
    rows: CubeRows
    name: str
    hidden: Mapping[str, tuple[Any, ...]]
    columns: list[Column] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def table(self) -> str:
        return "t_" + self.name.lower().replace(" ", "_")

    def framed(self, title: str, purpose: str) -> Sheet:
        """Return the sheet with the table as it is now."""
        sheet = Sheet(
            name=self.name,
            title=title,
            purpose=purpose,
            group="Data",
            freeze=(HEAD + 1, 1),
            gridlines=True,
            heights={HEAD - 1: 48},
            repeat=(HEAD, HEAD),
            landscape=len(self.columns) > STANDING,
            widths={0: 12},
        )
        sheet.head(back="Cover")
        for i, said in enumerate(self.words):
            sheet.put(HEAD - 1, i, said, "label small wrap")
        sheet.tables.append(Table(name=self.table, columns=self.columns, row=HEAD, filters=True))
        return sheet

    def add(self, name: str, values: list[Any], said: str, style: str = "general", text: str = "") -> None:
        if style == "general" and any(isinstance(value, float) and not value.is_integer() for value in values):
            style = "number"
        self.columns.append(Column(name=name, values=values, style=style, formula=text))
        self.words.append(said)

    def placed(self, name: str, column: str, key: str = "sum") -> None:
        at = [c.name for c in self.columns].index(column)
        self.book.places[key, name] = Range(self.name, HEAD + 1, at, HEAD + len(self.columns[at].values), at)

    def periods(self, stretches: tuple[int, ...]) -> None:
        self.add("period", [self.material.stretches[i].period.start for i in stretches], "first day", "day")

    def show_hidden(self) -> None:
        """Write the columns that factors read."""
        for column, values in self.hidden.items():
            kind = self.material.tables[self.rows.cube.table].columns[column].type
            shown = [int(value) if isinstance(value, bool) else value for value in values]
            self.add(self._head(column), shown, f"{kind.value} of the rows")

    def live(self, name: str, part: Unfolded, head: str, base: str, totals: list[float]) -> None:
        """Write the column `base` x factor as a formula, with what the engine's definitions give for it."""
        assert part.factor is not None  # noqa: S101 - for the type checker
        metric = self.material.sums.owners[name]
        settings = {key: setting.value for key, setting in self.material.lowered[metric].metric.parameters.items()}
        scope = formula.Scope(
            column=self._column, parameter=lambda key: policies.parameter(metric, key), lookup=self._lookup
        )
        text = f"={THIS}[{base}]*{formula.factor(part.factor, scope)}"
        known = Known(parameters=settings, policies=self.material.lookups)
        worth: dict[tuple[Any, ...], float] = {}
        values: list[Value] = []
        for key, total in zip(zip(*(self.hidden[column] for column in part.hidden), strict=True), totals, strict=True):
            if key not in worth:
                found = evaluate(part.factor, dict(zip(part.hidden, key, strict=True)), known)
                worth[key] = 0.0 if found is None or not math.isfinite(found) else float(found)
            values.append(total * worth[key])
        self.add(head, values, f"{base}, counted by: {words(part.factor)}", "general", text)
        self.placed(name, head)

    def _column(self, name: str) -> formula.Said:
        kind = self.material.tables[self.rows.cube.table].columns[name].type
        if kind is Type.TEXT:
            raise TypeError(name)
        if kind is Type.TRUTH:
            return formula.Said(f"({THIS}[{self._head(name)}]=1)", test=True)
        return formula.Said(f"{THIS}[{self._head(name)}]", blank=None in self.hidden[name])

    def _head(self, column: str) -> str:
        """Return the head of a hidden column, unlike that of any other."""
        return f"{column} itself" if column in (*self.material.slicers, "period", KIND) else column

    def _lookup(self, node: Call) -> formula.Said:
        """Return the cell of the lookup sheet that a row's keys stand in."""
        policy = policy_name(node)
        columns = tuple(arg.name for arg in node.args[1:] if isinstance(arg, Name))
        keys = list(zip(*(self.hidden[column] for column in columns), strict=True))
        made = policies.lookup(self.material, self.book, policy, columns, keys)
        head = f"row in {policy}"
        if head not in [column.name for column in self.columns]:
            self.add(head, [made.place[key] for key in keys], f"row on {policies.LOOKUPS} for its {', '.join(columns)}")
        return formula.Said(f"INDEX({made.name},{THIS}[{head}])", blank=made.blank)


class _Cube(_Grid):
    """The engine's sums, and the factors that are worked out row by row."""

    def sheet(self, codes: dict[str, dict[str | None, int]], kinds: list[tuple[Any, ...]]) -> Sheet:
        """Return the sheet; with `kinds`, one for each row, live sums are left to another."""
        rows, cube = self.rows, self.rows.cube
        self.periods(rows.stretch)
        for dim in cube.dims:
            numbers = [codes[dim][value] for value in rows.dims[dim]]
            self.add(dim, numbers, f"number in the list on Slicers; {slicers.UNCUT} where the row is of all of it")
        if kinds:
            places = _numbers(kinds)
            self.add(KIND, [places[kind] for kind in kinds], f"number of its {', '.join(cube.hidden)}")
        else:
            self.show_hidden()
        for place, base in enumerate(cube.bases):
            self.add(f"sum {place + 1}", [value or None for value in rows.sums[place]], described(base))
        live = 0
        for name in cube.names:
            part = self.material.sums.parts[name]
            place = cube.bases.index(part.base)
            if name in self.material.sums.varieties:
                self._variety(name, part)
            elif part.factor is None:
                self.placed(name, f"sum {place + 1}")
            elif not kinds:
                live += 1
                self.live(name, part, f"live {live}", f"sum {place + 1}", list(rows.sums[place]))
        return self.framed(
            f"Sums of {cube.table}",
            f"Sums by period, as a whole and by each choice of {', '.join(cube.dims) or 'nothing'}"
            f"{', for each value of ' + ', '.join(cube.hidden) if cube.hidden else ''}; of groups of too few "
            "people none. Formulas are what an assumption touches. Do not type here.",
        )

    def _variety(self, name: str, part: Unfolded) -> None:
        """Write what tells whether columns differ among rows: the number of the combination, and its moments."""
        keys = list(zip(*(self.hidden[column] for column in part.hidden), strict=True))
        number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
        count = self.rows.sums[self.rows.cube.bases.index(part.base)]
        sums = [[c * number[key] ** power or None for c, key in zip(count, keys, strict=True)] for power in (0, 1, 2)]
        for power, values in enumerate(sums):
            head = f"{name} moment {power}"
            self.add(head, values, f"rows x number of the combination of {', '.join(part.hidden)} to the power {power}")
            self.placed(name, head, "sum" if not power else f"sum {power}")


class _Live(_Grid):
    """The sums of a cube under the slicers, by period and kind of row, and beside them what an assumption touches."""

    def sheet(self, cube: _Cube, kinds: list[tuple[Any, ...]]) -> Sheet:
        """Return the sheet: a row for each kind in each period in which it occurs."""
        rows, numbers = self.rows, _numbers(kinds)
        found: dict[tuple[int, int], list[int]] = {}
        for i, (stretch, kind) in enumerate(zip(rows.stretch, kinds, strict=True)):
            found.setdefault((stretch, numbers[kind]), []).append(i)
        found = dict(sorted(found.items()))
        by_number = {number: kind for kind, number in numbers.items()}
        wide = [by_number[number] for _, number in found]
        self.hidden = dict(zip(rows.cube.hidden, zip(*wide, strict=True), strict=True))
        self.periods(tuple(stretch for stretch, _ in found))
        self.add(KIND, [number for _, number in found], f"kind of row in {cube.name}")
        self.show_hidden()
        bases: dict[tuple[int, tuple[str, ...]], tuple[str, list[float]]] = {}
        live = 0
        for name in rows.cube.names:
            part = self.material.sums.parts[name]
            if part.factor is None:
                continue
            key = rows.cube.bases.index(part.base), self.material.sums.dims[name]
            if key not in bases:
                bases[key] = self._summed(cube, *key, list(found.values()), again=key[0] in {one for one, _ in bases})
            live += 1
            self.live(name, part, f"live {live}", *bases[key])
        return self.framed(
            f"Sums of {rows.cube.table} that assumptions touch",
            f"{cube.name}, summed up under the slicers for each period and {', '.join(rows.cube.hidden)}; beside each "
            "sum what of it counts. Do not type here.",
        )

    def _summed(
        self, cube: _Cube, base: int, dims: tuple[str, ...], found: list[list[int]], *, again: bool
    ) -> tuple[str, list[float]]:
        """Write a base summed up under some slicers, and return its head and its values of the whole."""
        head = f"sum {base + 1}{' by ' + ', '.join(dims) if again else ''}"
        whole = _whole(self.rows.dims, len(self.rows.stretch))
        totals = [math.fsum(self.rows.sums[base][i] for i in places if whole[i]) for places in found]
        tests = [f"{cube.table}[{column}],{THIS}[{column}]" for column in ("period", KIND)]
        tests += [_cut(cube.table, dim, dims) for dim in self.rows.cube.dims]
        text = f"=SUMIFS({cube.table}[sum {base + 1}],{','.join(tests)})"
        self.add(head, list(totals), described(self.rows.cube.bases[base]), text=text)
        return head, totals


def _numbers(kinds: list[tuple[Any, ...]]) -> dict[tuple[Any, ...], int]:
    """Return kind -> its number from 1, in the order of their values."""
    ordered = sorted(
        set(kinds), key=lambda kind: [(value is None, value if value is not None else 0) for value in kind]
    )
    return {kind: number for number, kind in enumerate(ordered, 1)}


def _whole(dims: Mapping[str, Sequence[object]], length: int) -> list[bool]:
    """Return of each row whether it is cut by nothing."""
    return [all(value in (WHOLE, slicers.UNCUT) for value in row) for row in zip(*dims.values(), strict=True)] or (
        [True] * length
    )


def _cut(table: str, dim: str, own: Sequence[str]) -> str:
    """Return the criterion of a dimension: what is chosen, or not cut by it where a sum does not obey its slicer."""
    return f"{table}[{dim}],{slicers.crit(dim) if dim in own else slicers.UNCUT}"


def described(measure: Measure) -> str:
    """Return in plain words what is summed, and of which rows."""
    where = "" if measure.rows.where is None else f" where {words(measure.rows.where)}"
    of = measure.of[0]
    if isinstance(of, Literal):
        return f"how many{where}"
    test = isinstance(of, Call) and of.name in TESTS
    return f"{'how many with ' if test else 'sum of '}{words(of)}{where}"


def lookup(material: Material, book: Book, name: str, moment: str, period: str) -> str:
    """Return the formula of a sum in a period under the slicers.

    Args:
        material: its material.
        book: with the sheets of the cubes.
        name: of the sum.
        moment: `sum`, of a variety `sum 1` and `sum 2` too.
        period: cell that holds the first day of the period.
    """
    found = _column(book, name, moment)
    if found is None:
        return "=0"
    table, column = found
    tests = [f"{table.name}[period],{period}"]
    tests += [_cut(table.name, dim, material.sums.dims[name]) for dim in _dims(material, table)]
    return f"=SUMIFS({table.name}[{column.name}],{','.join(tests)})"


def totals(material: Material, book: Book, name: str, moment: str) -> list[float]:
    """Return what a sum is in each period, of the whole; arguments as those of `lookup`."""
    parts: list[list[float]] = [[] for _ in material.stretches]
    found = _column(book, name, moment)
    if found is not None:
        table, column = found
        periods: dict[object, int] = {stretch.period.start: i for i, stretch in enumerate(material.stretches)}
        by_name = {one.name: one.values for one in table.columns}
        whole = _whole({dim: by_name[dim] for dim in _dims(material, table)}, table.length)
        for begins, value, own in zip(by_name["period"], column.values, whole, strict=True):
            if own:
                parts[periods[begins]].append(numeric(value))
    return [math.fsum(part) for part in parts]


def _column(book: Book, name: str, moment: str) -> tuple[Table, Column] | None:
    """Return the column that holds a sum, with its table; None where its cube has no rows."""
    place = book.places.get((moment, name))
    if place is None:
        return None
    [table] = book.sheet(place.sheet).tables
    return table, table.columns[place.left]


def _dims(material: Material, table: Table) -> list[str]:
    """Return the dimensions of a table of sums; one by kind of row has none, being under the slicers already."""
    return [column.name for column in table.columns if column.name in material.slicers]
