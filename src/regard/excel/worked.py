"""Tables whose formulas are worked out beside them: each column's formula and the same step in Python, in one place.

A formula's cached value must be right before anything is calculated, so every formula that a sheet writes has a twin.
The tests recalculate the file and hold each cell to its twin.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from regard.excel.book import Column, Formula, Range, Table, letters

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from regard.excel.book import Sheet, Value

Row: TypeAlias = "dict[str, Any]"
"""Column -> value."""
Twin: TypeAlias = "Callable[[list[Row], int], Value]"
"""Works out a cell from the rows so far and the number of its own; columns to the left are there in every row."""

OWN = re.compile(r"(?<![\w\]])\[(\w[\w ]*)\]")
"""`[name]`: another column of the same row. `t_table[name]` is a whole column and stays."""
BESIDE = re.compile(r"\{(up|down)\.(\w[\w ]*)\}")
"""`{up.name}`: that column in the row above; `{down.name}` in the row below."""


@dataclass(slots=True, kw_only=True)
class Worked:
    """A table being made, column by column from left to right.

    Attributes:
        name: of the table, begins with `t_`.
        row, column: where its head stands.
        rows: what its cells give.
        columns: (name, formula, formula of the first row, style, note).
    """

    name: str
    row: int
    column: int = 0
    rows: list[Row] = field(default_factory=list)
    columns: list[tuple[str, str, str, str, str]] = field(default_factory=list)

    def given(self, name: str, values: Sequence[Value], style: str = "", note: str = "") -> None:
        """Add a column of plain values.

        Raises:
            ValueError: it has another length than the columns before.
        """
        if not self.columns:
            self.rows = [{} for _ in values]
        if len(values) != len(self.rows):
            message = f"{name} has {len(values)} values where {self.name} has {len(self.rows)} rows"
            raise ValueError(message)
        for row, value in zip(self.rows, values, strict=True):
            row[name] = value
        self.columns.append((name, "", "", style, note))

    def formula(self, name: str, text: str, twin: Twin, style: str = "", *, first: str = "", note: str = "") -> None:
        """Add a column of formulas.

        Args:
            name: its head.
            text: with `[other]` for the same row, `{up.other}` and `{down.other}` for its neighbours.
            twin: the same in Python.
            style: of its cells.
            first: formula of the first row, where it differs because nothing stands above.
            note: what it holds.
        """
        self.columns.append((name, text, first, style, note))
        for place in range(len(self.rows)):
            self.rows[place][name] = twin(self.rows, place)

    def add_to(self, sheet: Sheet) -> Table:
        """Put the table on a sheet.

        Formulas that look at a neighbouring row stand in cells; the rest stand in the table, so that they follow when
        somebody adds a row.
        """
        plain = []
        for place, (name, text, first, style, note) in enumerate(self.columns):
            values = [row[name] for row in self.rows]
            formula = OWN.sub(r"{this}[\1]", text)
            if text and (BESIDE.search(text) or first):
                for i, value in enumerate(values):
                    own = first if i == 0 and first else text
                    at = self.row + 1 + i
                    sheet.put(at, self.column + place, Formula(self._at(own, at), value), style)
                values, formula = [None] * len(values), ""
            plain.append(Column(name=name, values=values, formula=formula, style=style, note=note))
        table = Table(name=self.name, columns=plain, row=self.row, column=self.column)
        sheet.tables.append(table)
        return table

    def _at(self, text: str, row: int) -> str:
        """Return a formula for a row of the sheet, every reference an address."""
        rows = {"up": row, "down": row + 2}
        text = BESIDE.sub(lambda found: f"{self.letter(found[2])}{rows[found[1]]}", text)
        return OWN.sub(lambda found: f"{self.letter(found[1])}{row + 1}", text)

    def letter(self, name: str) -> str:
        """Return the letters of a column's place on the sheet, fixed."""
        names = [column[0] for column in self.columns]
        return f"${letters(self.column + names.index(name))}"

    def cells(self, sheet: str, name: str) -> Range:
        """Return the cells of a column, without the head."""
        place = self.column + [column[0] for column in self.columns].index(name)
        return Range(sheet, self.row + 1, place, self.row + max(1, len(self.rows)), place)

    def total(self, name: str) -> float:
        """Return the sum of a column's numbers."""
        return float(sum(row[name] for row in self.rows if isinstance(row[name], (int, float))))
