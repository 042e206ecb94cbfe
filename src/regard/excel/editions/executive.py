"""The workbook for who reads one page a month: a few sheets, no rows, nothing that can be edited by accident.

What a formula reads from sheets that are left out becomes the number that it gives; charts keep their lines. So the
file holds what is shown and nothing behind it: it can be forwarded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from regard.excel.book import Book, Cell, Formula, Link, Range, Sheet
from regard.excel.tokens import sheet_of, tokens
from regard.excel.write import written

if TYPE_CHECKING:
    from regard.excel.book import Chart, Sparkline, Validation, Value

GROUPS = ("Reports", "Boards")
"""Groups of sheets that may be taken, the first ones first: the boards, and the numbers by period that they show."""
MOST = 5
"""Sheets that are taken; with the one behind the charts a file has at most six."""
NUMBERS = "_numbers"
"""Hidden sheet with the numbers that charts draw."""


def executive(book: Book) -> Book:
    """Return the book for an executive: at most six sheets, none with rows, all numbers as they are."""
    offered = [sheet for group in GROUPS for sheet in book.sheets if sheet.group == group and not sheet.tables]
    kept = {sheet.name for sheet in offered[:MOST]}
    short = _Short(book, kept)
    sheets = [short.sheet(sheet) for sheet in book.sheets if sheet.name in kept]
    return Book(
        title=book.title,
        sheets=[*sheets, short.numbers] if short.numbers.cells else sheets,
        names={name: means for name, means in book.names.items() if short.stays(means)},
        author=book.author,
        subject=book.subject,
        comments=book.comments,
        made=book.made,
    )


@dataclass(slots=True)
class _Short:
    """Makes sheets that need no others.

    Attributes:
        book: the whole book.
        kept: names of the sheets that stay.
        numbers: the hidden sheet, being filled.
        values: sheet -> cell -> what it shows, of sheets that charts draw from.
    """

    book: Book
    kept: set[str]
    numbers: Sheet = field(default_factory=lambda: Sheet(name=NUMBERS, state="hidden", gridlines=True))
    values: dict[str, dict[tuple[int, int], Value]] = field(default_factory=dict)
    moved: dict[Range, Range] = field(default_factory=dict)

    def sheet(self, sheet: Sheet) -> Sheet:
        """Return a sheet that reads from nothing that is left out."""
        return replace(
            sheet,
            cells={at: self.cell(cell) for at, cell in sheet.cells.items()},
            charts=[self.chart(chart) for chart in sheet.charts],
            sparklines=[self.sparkline(line) for line in sheet.sparklines],
            validations=[one for one in sheet.validations if self.valid(one)],
            conditions=[one for one in sheet.conditions if self.stays(one.formula)],
        )

    def cell(self, cell: Cell) -> Cell:
        """Return a cell whose formula stays if all that it reads stays, and else is the number that it gives."""
        if isinstance(cell.value, Formula) and not self.stays(cell.value.text):
            return replace(cell, value=cell.value.value if cell.value.value != "" else None)
        if isinstance(cell.value, Link) and cell.value.sheet not in self.kept:
            return replace(cell, value=None if cell.value.text.startswith("\N{LEFTWARDS ARROW}") else cell.value.text)
        return cell

    def stays(self, formula: str) -> bool:
        """Return whether a formula reads only what stays: no other sheets, no tables, no names of them."""
        for token in tokens(formula):
            if token.sort in ("column", "outside") or (token.sort == "sheet" and sheet_of(token.text) not in self.kept):
                return False
            if token.sort == "name" and token.text in self.book.names and not self.stays(self.book.names[token.text]):
                return False
        return True

    def chart(self, chart: Chart) -> Chart:
        """Return a chart that draws the same numbers."""
        return replace(
            chart,
            series=[
                replace(one, categories=self.range(one.categories), values=self.range(one.values))
                for one in chart.series
            ],
        )

    def sparkline(self, line: Sparkline) -> Sparkline:
        """Return a small line that draws the same numbers."""
        return replace(line, of=self.range(line.of))

    def valid(self, one: Validation) -> bool:
        """Return whether what may be typed can still be looked up."""
        if isinstance(one.choices, Range):
            return one.choices.sheet in self.kept
        return not isinstance(one.choices, str) or self.stays(one.choices)

    def range(self, cells: Range) -> Range:
        """Return where the numbers of some cells stand: where they are, or put down anew."""
        if cells.sheet in self.kept:
            return cells
        if cells not in self.moved:
            left = 1 + max((column for _, column in self.numbers.cells), default=-1)
            shown = self._shown(cells.sheet)
            for row in range(cells.top, cells.bottom + 1):
                for column in range(cells.left, cells.right + 1):
                    value = shown.get((row, column))
                    self.numbers.put(row - cells.top, left + column - cells.left, value)
            bottom, right = cells.bottom - cells.top, left + cells.right - cells.left
            self.moved[cells] = Range(NUMBERS, 0, left, bottom, right)
        return self.moved[cells]

    def _shown(self, name: str) -> dict[tuple[int, int], Value]:
        if name not in self.values:
            self.values[name] = {
                at: value.value if isinstance(value, Formula) else value.text if isinstance(value, Link) else value
                for at, value in written(self.book.sheet(name))
            }
        return self.values[name]
