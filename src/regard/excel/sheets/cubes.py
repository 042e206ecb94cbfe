"""The cubes as tables: sums that the engine gives as values, and beside them what a parameter touches, as formulas."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from regard.excel import formula
from regard.excel.book import THIS, Column, Range, Sheet, Table, sheet_name
from regard.excel.sheets import policies, slicers
from regard.expr import Call, Literal, Name, Scope as Known, Type, evaluate, policy_name, words
from regard.plan.margins import WHOLE

if TYPE_CHECKING:
    from regard.excel.book import Book, Value
    from regard.excel.material import Material
    from regard.plan import Measure
    from regard.plan.cube import CubeRows
    from regard.plan.unfold import Unfolded

TESTS = frozenset({"and", "or", "not", "in", "=", "!=", "<", "<=", ">", ">=", "is blank", "is not blank"})
"""Nodes that are true or false: a sum of them is a number of rows."""
HEAD = 4
"""Row of the heads: above them stand what the table is and what each sum is."""


def build(material: Material, book: Book) -> list[Sheet]:
    """Return a sheet for each cube that has rows, and say of each sum where it stands."""
    sheets: list[Sheet] = []
    codes: dict[str, dict[str | None, int]] = {
        dim: {**{value: i for i, value in enumerate(slicers.values(material, dim))}, WHOLE: slicers.UNCUT}
        for dim in material.slicers
    }
    for rows in material.cubes:
        if not rows.stretch:
            continue
        name = sheet_name(f"Cube {rows.cube.table}", [sheet.name for sheet in sheets])
        sheets.append(_Made(material, book, rows, codes, name).sheet())
    return sheets


@dataclass
class _Made:
    """One cube, being written."""

    material: Material
    book: Book
    rows: CubeRows
    codes: dict[str, dict[str | None, int]]
    name: str
    columns: list[Column] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def table(self) -> str:
        return "t_" + self.name.lower().replace(" ", "_")

    def sheet(self) -> Sheet:
        rows, cube = self.rows, self.rows.cube
        self._add("period", [self.material.stretches[i].period.start for i in rows.stretch], "first day", "day")
        for dim in cube.dims:
            self._add(
                dim,
                [self.codes[dim][value] for value in rows.dims[dim]],
                f"number in the list on Slicers; {slicers.UNCUT} where the row is of all of it",
            )
        for column in cube.hidden:
            self._hidden(column)
        for place, base in enumerate(cube.bases):
            self._add(f"sum {place + 1}", list(rows.sums[place]), described(base))
        live = 0
        for name in cube.names:
            part = self.material.sums.parts[name]
            if name in self.material.sums.varieties:
                self._variety(name, part)
            elif part.factor is None:
                self._placed(name, f"sum {cube.bases.index(part.base) + 1}")
            else:
                live += 1
                self._live(name, part, f"live {live}")
        sheet = Sheet(
            name=self.name,
            title=f"Sums of {cube.table}",
            purpose=(
                f"Sums by period, as a whole and by each choice of {', '.join(cube.dims) or 'nothing'}"
                f"{', for each value of ' + ', '.join(cube.hidden) if cube.hidden else ''}; of groups of too few "
                "people none. Formulas are what an assumption touches. Do not type here."
            ),
            group="Data",
            freeze=(HEAD + 1, 1),
            gridlines=True,
            heights={HEAD - 1: 48},
            repeat=(HEAD, HEAD),
            widths={0: 12},
        )
        sheet.head(back="Cover")
        for i, said in enumerate(self.words):
            sheet.put(HEAD - 1, i, said, "label small wrap")
        sheet.tables.append(Table(name=self.table, columns=self.columns, row=HEAD, filters=True))
        return sheet

    def _add(self, name: str, values: list[Any], words: str, style: str = "general", text: str = "") -> None:
        self.columns.append(Column(name=name, values=values, style=style, formula=text))
        self.words.append(words)

    def _placed(self, name: str, column: str, key: str = "sum") -> None:
        at = [c.name for c in self.columns].index(column)
        self.book.places[key, name] = Range(self.name, HEAD + 1, at, HEAD + len(self.rows.stretch), at)

    # -- what is hidden ----------------------------------------------------------------------------------------------

    def _hidden(self, column: str) -> None:
        kind = self.material.tables[self.rows.cube.table].columns[column].type
        values = self.rows.hidden[column]
        if kind is Type.TRUTH:
            values = tuple(None if value is None else int(value) for value in values)
        self._add(self._head(column), list(values), f"{kind.value} of the rows")

    def _variety(self, name: str, part: Unfolded) -> None:
        """Write what tells whether columns differ among rows: the number of the combination, and its moments."""
        keys = [tuple(self.rows.hidden[column][i] for column in part.hidden) for i in range(len(self.rows.stretch))]
        number = {key: i for i, key in enumerate(dict.fromkeys(keys))}
        count = self.rows.sums[self.rows.cube.bases.index(part.base)]
        sums = [[c * number[key] ** power for c, key in zip(count, keys, strict=True)] for power in (0, 1, 2)]
        for power, values in enumerate(sums):
            head = f"{name} moment {power}"
            self._add(
                head, values, f"rows x number of the combination of {', '.join(part.hidden)} to the power {power}"
            )
            self._placed(name, head, "sum" if not power else f"sum {power}")

    def _live(self, name: str, part: Unfolded, head: str) -> None:
        """Write base x factor as a formula, with what the engine's definitions give for it."""
        assert part.factor is not None  # noqa: S101 - for the type checker
        base = self.rows.cube.bases.index(part.base)
        metric = self.material.sums.owners[name]
        settings = {key: setting.value for key, setting in self.material.lowered[metric].metric.parameters.items()}
        scope = formula.Scope(
            column=self._column, parameter=lambda key: policies.parameter(metric, key), lookup=self._lookup
        )
        text = f"={THIS}[sum {base + 1}]*{formula.factor(part.factor, scope)}"
        known = Known(parameters=settings, policies=self.material.lookups)
        values: list[Value] = []
        for i, total in enumerate(self.rows.sums[base]):
            row = {column: self.rows.hidden[column][i] for column in part.hidden}
            found = evaluate(part.factor, row, known)
            values.append(0.0 if found is None or not math.isfinite(found) else total * float(found))
        self._add(head, values, f"sum {base + 1}, counted by: {words(part.factor)}", "general", text)
        self._placed(name, head)

    def _column(self, name: str) -> formula.Said:
        kind = self.material.tables[self.rows.cube.table].columns[name].type
        if kind is Type.TEXT:
            raise TypeError(name)
        if kind is Type.TRUTH:
            return formula.Said(f"({THIS}[{self._head(name)}]=1)", test=True)
        return formula.Said(f"{THIS}[{self._head(name)}]", blank=None in self.rows.hidden[name])

    def _head(self, column: str) -> str:
        """Return the head of a hidden column, unlike that of a dimension of its name."""
        return f"{column} itself" if column in self.rows.cube.dims or column == "period" else column

    def _lookup(self, node: Call) -> formula.Said:
        """Return the cell of the lookup sheet that a row's keys stand in."""
        policy = policy_name(node)
        columns = tuple(arg.name for arg in node.args[1:] if isinstance(arg, Name))
        keys = [tuple(self.rows.hidden[column][i] for column in columns) for i in range(len(self.rows.stretch))]
        made = policies.lookup(self.material, self.book, policy, columns, keys)
        head = f"row in {policy}"
        if head not in [column.name for column in self.columns]:
            self._add(
                head, [made.place[key] for key in keys], f"row on {policies.LOOKUPS} for its {', '.join(columns)}"
            )
        return formula.Said(f"INDEX({made.name},{THIS}[{head}])", blank=made.blank)


def described(measure: Measure) -> str:
    """Return in plain words what is summed, and of which rows."""
    where = "" if measure.rows.where is None else f" where {words(measure.rows.where)}"
    of = measure.of[0]
    if isinstance(of, Literal):
        return f"how many{where}"
    test = isinstance(of, Call) and of.name in TESTS
    return f"{'how many with ' if test else 'sum of '}{words(of)}{where}"


def column_of(book: Book, name: str, key: str = "sum") -> str:
    """Return how formulas name the column of a sum, "" where its cube has no rows."""
    place = book.places.get((key, name))
    if place is None:
        return ""
    [table] = book.sheet(place.sheet).tables
    return f"{table.name}[{table.columns[place.left].name}]"


def criteria(book: Book, name: str, column: str) -> str:
    """Return the name of the table's column on which a criterion of a sum is put."""
    [table] = book.sheet(book.places["sum", name].sheet).tables
    return f"{table.name}[{column}]"
