"""The nouns of a workbook: sheets of cells, tables, names, charts. Pure data; nothing here knows a file format.

Rows and columns count from 0, as (row, column). A formula always carries the value that the engine gives, since a file
that was downloaded shows those values before anything is calculated.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

Value: TypeAlias = "float | int | str | bool | date | None"
"""What a cell holds; None is an empty cell."""

MOST_ROWS, MOST_COLUMNS = 1_048_576, 16_384
"""What a sheet can hold."""
LONGEST_NAME = 31
"""Characters of a sheet's name."""
FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
"""Characters that no sheet's name may have."""
THIS = "{this}"
"""Stands in a table column's formula for the table's name with `[#This Row]`: `{this}[score]`, see `Column`."""


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula and what it gives.

    Attributes:
        text: begins with `=`; functions that Excel learned after 2010 are written with their `_xlfn.` prefix.
        value: what the engine gives for it, which the file keeps as its cached value; "" where it shows a blank.
        array: whether it must be entered as an array formula (`{=...}`).
    """

    text: str
    value: Value = ""
    array: bool = False


@dataclass(frozen=True, slots=True)
class Link:
    """A link to a cell of this workbook.

    Attributes:
        sheet: name of the sheet.
        text: what is read.
        cell: A1 address in it.
    """

    sheet: str
    text: str
    cell: str = "A1"


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in a cell and how it looks.

    Attributes:
        value: a value, a formula or a link.
        style: words of `style.STYLES`, separated by spaces, later ones winning.
        note: a remark that opens when the pointer rests on it, or "".
    """

    value: Value | Formula | Link
    style: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """A rectangle of cells of a sheet, both corners in it."""

    sheet: str
    top: int
    left: int
    bottom: int
    right: int

    def __str__(self) -> str:
        """Read as Excel says it, fixed and with its sheet."""
        first = address(self.top, self.left, sheet=self.sheet)
        one = (self.top, self.left) == (self.bottom, self.right)
        return first if one else f"{first}:{address(self.bottom, self.right)}"

    @property
    def local(self) -> str:
        """The range without its sheet."""
        return str(self).rsplit("!", 1)[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table.

    Attributes:
        name: its head; unique in the table.
        values: one for each row; of a formula column what the engine gives.
        formula: text of a formula that stands in every row, or "". In it `{this}[name]` is another column of the same
            row, `{row}` the row's number as Excel counts and `{above}` the number of the row before.
        first: formula of the first row where it differs (there is no row above), or "".
        style: of its cells.
        note: what it holds, shown at its head.
        head: style of its head.
    """

    name: str
    values: Sequence[Value]
    formula: str = ""
    first: str = ""
    style: str = ""
    note: str = ""
    head: str = "head"


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """An Excel table; formulas name its columns `name[column]`.

    Attributes:
        name: unique in the book, begins with `t_` so that it reads as no cell.
        columns: of equal length; a table without rows is written with one empty row, as Excel demands.
        row, column: where its head stands.
        look: name of a table look of Excel, or "" for none.
        filters: whether its heads have filter buttons.
    """

    name: str
    columns: Sequence[Column]
    row: int = 0
    column: int = 0
    look: str = "Table Style Light 1"
    filters: bool = False

    @property
    def length(self) -> int:
        """How many rows of data it has."""
        return len(self.columns[0].values) if self.columns else 0

    def range(self, sheet: str, column: str) -> Range:
        """Return the cells of one of its columns, without the head."""
        place = self.column + [c.name for c in self.columns].index(column)
        return Range(sheet, self.row + 1, place, self.row + max(1, self.length), place)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series of a chart: what it is called, over what, and where its numbers are.

    Attributes:
        name: its name.
        categories, values: cells.
        colour: `#RRGGBB`, "" for the next of the palette.
        dashed: whether its line is dashed, as a target's.
        secondary: whether it is read on the right axis.
        kind: of a chart that mixes kinds its own, "" for the chart's.
    """

    name: str
    categories: Range
    values: Range
    colour: str = ""
    dashed: bool = False
    secondary: bool = False
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart of Excel's own.

    Attributes:
        kind: line, column, bar, area, scatter or pie.
        title: what it shows.
        series: its series.
        row, column: its upper left corner.
        width, height: pixels.
        unit: title of the value axis.
        number: number format of the value axis, "" for the cells'.
        stacked: whether series stand on each other.
        floor: where the value axis begins, None for where the library thinks right.
        described: what it shows, for readers who cannot see it.
    """

    kind: str
    title: str
    series: Sequence[Series]
    row: int
    column: int
    width: int = 560
    height: int = 280
    unit: str = ""
    number: str = ""
    stacked: bool = False
    floor: float | None = None
    described: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sparkline:
    """A small line in a cell.

    Attributes:
        row, column: its cell.
        of: a row or column of cells.
        kind: line, column or win_loss.
    """

    row: int
    column: int
    of: Range
    kind: str = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Validation:
    """What may be typed into cells.

    Attributes:
        top, left, bottom, right: the cells.
        choices: texts to choose from, or the cells or the name that hold them (`=slicer_channel`).
        lo, hi: ends of the numbers allowed, None for none.
        title, message: what is said when the cell is chosen.
        error: what is said when something else is typed.
    """

    top: int
    left: int
    bottom: int
    right: int
    choices: Sequence[str] | Range | str | None = None
    lo: float | None = None
    hi: float | None = None
    title: str = ""
    message: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """A look that depends on what cells hold.

    Attributes:
        top, left, bottom, right: the cells.
        formula: test of the upper left cell (references move along), begins with `=`; "" with `bar`.
        style: look where it holds.
        bar: colour of a bar in the cell as long as its number, or "".
    """

    top: int
    left: int
    bottom: int
    right: int
    formula: str = ""
    style: str = ""
    bar: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """A cell that a person may change, and what a change of it would mean.

    Attributes:
        sheet, row, column: the cell.
        kind: parameter, policy, target, choice, or view (such as a drop-down that only chooses what is shown).
        subject: metric, policy or choice that it is about; of a view what it chooses.
        key: parameter of the metric; keys of the policy's value, joined by commas; end (`lo` or `hi`) of the target,
            after the scope as `dimension=value,...:` where it has one.
        baseline: what the engine used.
        lo, hi: ends of the numbers allowed, None for none.
        options: texts allowed, () for any.
        label: how people call it.
    """

    sheet: str
    row: int
    column: int
    kind: str
    subject: str
    key: str = ""
    baseline: Value = None
    lo: float | None = None
    hi: float | None = None
    options: tuple[str, ...] = ()
    label: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """A table that is asked anew from a server; only the edition that refreshes has it.

    Attributes:
        name: of query and table.
        sheet: an empty sheet of the book, where it stands from the first cell.
        query: in M, the language of Power Query.
        columns: their names.
        rows: what is known when the workbook is made.
        means: what it gives.
    """

    name: str
    sheet: str
    query: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[Value]]
    means: str = ""


@dataclass(slots=True, kw_only=True)
class Sheet:
    """A sheet, being filled.

    Attributes:
        name: at most 31 characters, unique in the book whatever its case.
        title: what stands large at its top; "" when it has no head, as a data sheet.
        purpose: one sentence below the title: what the sheet is for.
        cells: (row, column) -> cell. Set by `put`.
        tables, charts, sparklines, validations, conditions: what lies over the cells.
        widths: column -> width in characters.
        heights: row -> height in points.
        merges: (top, left, bottom, right) of cells that are one.
        freeze: (row, column) of the first cell that moves; (0, 0) for none.
        landscape: whether it prints wide.
        tall: whether it prints on as many pages as its rows need (fit to width only), instead of on one.
        gridlines: whether lines are drawn between cells.
        repeat: rows (first, last) that stand on every printed page, or None.
        printed: the last column that is printed, None for all: working columns to its right stay on the screen.
        across: how many pages it is wide when printed; its first column then stands on each.
        state: visible, hidden or very hidden (only a program shows it again).
        tab: colour of its tab, or "".
        group: heading under which the cover lists it; "" for none.
        breaks: rows that begin a new printed page.
        outline: rows that are folded away at first: row -> level.
    """

    name: str
    title: str = ""
    purpose: str = ""
    cells: dict[tuple[int, int], Cell] = field(default_factory=dict)
    tables: list[Table] = field(default_factory=list)
    charts: list[Chart] = field(default_factory=list)
    sparklines: list[Sparkline] = field(default_factory=list)
    validations: list[Validation] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    merges: list[tuple[int, int, int, int]] = field(default_factory=list)
    freeze: tuple[int, int] = (0, 0)
    landscape: bool = True
    tall: bool = True
    gridlines: bool = False
    repeat: tuple[int, int] | None = None
    printed: int | None = None
    across: int = 1
    state: str = "visible"
    tab: str = ""
    group: str = ""
    breaks: list[int] = field(default_factory=list)
    outline: dict[int, int] = field(default_factory=dict)

    def put(self, row: int, column: int, value: Value | Formula | Link, style: str = "", note: str = "") -> str:
        """Set a cell and return how formulas of other sheets name it."""
        self.cells[row, column] = Cell(value, style, note)
        return address(row, column, sheet=self.name)

    def line(self, row: int, column: int, values: Sequence[Value | Formula | Link], style: str = "") -> None:
        """Set cells from left to right, all in one style."""
        for place, value in enumerate(values):
            self.put(row, column + place, value, style)

    def head(self, *, back: str = "") -> int:
        """Write title, purpose and the link back, and return the first row that is free below them."""
        self.put(0, 0, self.title, "title")
        self.put(1, 0, self.purpose, "purpose")
        self.heights.setdefault(0, 28)
        if back:
            self.put(2, 0, Link(back, f"\N{LEFTWARDS ARROW} {back}"), "link")
        return 4


@dataclass(slots=True, kw_only=True)
class Book:
    """A workbook.

    Attributes:
        title: what it is called in its properties.
        sheets: in the order of their tabs.
        names: defined name -> what it stands for, a reference or a constant, without `=`.
        author, subject, comments: properties of the file.
        made: instant for its properties, in microseconds; the same book is the same file to the byte.
        inputs: the cells that a person may change; every other one is sealed (see `seal`).
        places: where other sheets find what a builder wrote: a key such as ("value", metric) -> cells.
        feeds: tables that are asked anew from a server.
    """

    title: str
    sheets: list[Sheet] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)
    author: str = "regard"
    subject: str = ""
    comments: str = ""
    made: int = 0
    inputs: list[Input] = field(default_factory=list)
    places: dict[tuple[str, ...], Range] = field(default_factory=dict)
    feeds: list[Feed] = field(default_factory=list)

    def sheet(self, name: str) -> Sheet:
        """Return a sheet by its name.

        Raises:
            KeyError: there is none.
        """
        for sheet in self.sheets:
            if sheet.name == name:
                return sheet
        raise KeyError(name)

    def table(self, name: str) -> tuple[Sheet, Table]:
        """Return a table by its name, with its sheet.

        Raises:
            KeyError: there is none.
        """
        for sheet in self.sheets:
            for table in sheet.tables:
                if table.name == name:
                    return sheet, table
        raise KeyError(name)

    def replaced(self, keep: Mapping[str, Sheet]) -> Book:
        """Return the book with only some of its sheets, in their order."""
        return Book(
            title=self.title,
            sheets=[sheet for sheet in self.sheets if sheet.name in keep],
            names=dict(self.names),
            author=self.author,
            subject=self.subject,
            comments=self.comments,
            made=self.made,
            inputs=[one for one in self.inputs if one.sheet in keep],
            places=dict(self.places),
        )


def numeric(value: Value) -> float:
    """Return a cell's value as a number; nothing is 0.

    Raises:
        TypeError: it is a text or a day.
    """
    if value is None:
        return 0.0
    if not isinstance(value, (int, float)):
        raise TypeError(value)
    return float(value)


def letters(column: int) -> str:
    """Return a column as Excel names it: 0 is A, 26 is AA."""
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(ord("A") + rest) + text
    return text


def address(row: int, column: int, *, sheet: str = "", fixed: bool = True) -> str:
    """Return the A1 address of a cell, with its sheet where one is said."""
    dollar = "$" if fixed else ""
    local = f"{dollar}{letters(column)}{dollar}{row + 1}"
    return f"{quoted(sheet)}!{local}" if sheet else local


def quoted(sheet: str) -> str:
    """Return a sheet's name as formulas write it."""
    return "'" + sheet.replace("'", "''") + "'"


def sheet_name(text: str, taken: Sequence[str] = ()) -> str:
    """Return a name that a sheet may have, made from a text, unlike those that are taken."""
    base = FORBIDDEN.sub(" ", text).strip("' ")[:LONGEST_NAME] or "Sheet"
    known = {name.lower() for name in taken}
    name, count = base, 1
    while name.lower() in known:
        count += 1
        name = f"{base[: LONGEST_NAME - len(str(count)) - 1]} {count}"
    return name
