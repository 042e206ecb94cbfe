"""A book becomes a file. The only place that knows the library which writes them.

Nothing is calculated here and nothing is decided: what a cell holds, and what its formula gives, is said by the book.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from regard.errors import RegardError
from regard.excel.book import (
    MOST_COLUMNS,
    MOST_ROWS,
    Cell,
    Formula,
    Link,
    Range,
    address,
    quoted,
)
from regard.excel.style import BASE, DEFAULT_WIDTH, PALETTE, RULE, properties

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from xlsxwriter.format import Format

    from regard.excel.book import Book, Chart, Column, Condition, Sheet, Table, Validation, Value

LONGEST_TEXT = 32_767
"""Characters that a cell can hold."""
UNPRINTABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffe\uffff]")
"""Characters that XML, or a reader of the sheet, cannot bear."""
RUNNABLE = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A text that begins so may be run as a formula once somebody edits or copies it (CWE-1236)."""
STATES: dict[str, Callable[[Worksheet], None]] = {
    "visible": lambda _sheet: None,
    "hidden": Worksheet.hide,
    "very hidden": Worksheet.very_hidden,
}
A4 = 9
LINE: dict[str, Any] = {
    "weight": 1.25, "markers": True, "markers_color": PALETTE[0], "last_point": True, "last_color": PALETTE[1],
}  # fmt: skip
"""Look of a line in a cell. LibreOffice 7.4 leaves the line out of a printed page; the points it prints."""


def safe(text: str) -> str:
    """Return a text from data as it may stand in a cell.

    Characters that no sheet can hold are left out; what could be taken for a formula gets an apostrophe before it.
    """
    clean = UNPRINTABLE.sub("", text)[: LONGEST_TEXT - 1]
    return f"'{clean}" if clean.startswith(RUNNABLE) else clean


class _Place(Worksheet):  # type: ignore[misc] # the library has no types
    """A sheet being written."""

    def _prepare_formula(self, formula: str, expand_future_functions: bool = False) -> str:
        """Return a formula as it stands in the file: the book writes it so already.

        The library looks for thirty functions in each formula, which took most of the time of a large book.
        """
        del expand_future_functions
        return formula.removeprefix("{").removeprefix("=").removesuffix("}")

    def framed(self, row: int, column: int, last_row: int, last_column: int, said: dict[str, Any]) -> None:
        """Lay a table over cells, its columns' formulas said in its description alone.

        The library would write each of them into every cell too, only for the cells of the book to be written over it.
        """
        formulas = [head.pop("formula", "") for head in said["columns"]]
        self.add_table(row, column, last_row, last_column, said)
        for head, text in zip(self.tables[-1]["columns"], formulas, strict=True):
            head["formula"] = self._prepare_formula(text)

    def number(self, row: int, column: int, value: float, look: Format) -> None:
        """Write a number: the library's own way, without asking first whether the place is an address."""
        self._write_number(row, column, value, look)

    def formula(self, row: int, column: int, text: str, look: Format, value: Any) -> None:  # noqa: ANN401 - as it takes
        """Write a formula, likewise."""
        self._write_formula(row, column, text, look, value)


def write(
    book: Book, path: Path, *, told: Callable[[int, int], None] = lambda _done, _all: None, poison: bool = False
) -> None:
    """Write a workbook.

    Args:
        book: what it holds.
        path: the file, which is overwritten.
        told: hears how many sheets are done, of how many.
        poison: write 0 as the cached value of every formula instead of the engine's, so that a test sees what was
            really calculated.

    Raises:
        RegardError: a sheet holds more than a sheet can, or the file cannot be written.
    """
    for sheet in book.sheets:
        _fits(sheet)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "nan_inf_to_errors": False,
    }
    file = xlsxwriter.Workbook(str(path), {**options})
    file.set_properties(
        {
            "title": book.title,
            "subject": book.subject,
            "author": book.author,
            "comments": book.comments,
            "created": datetime.fromtimestamp(book.made / 1e6, tz=UTC).replace(tzinfo=None),
        }
    )
    file.set_calc_mode("auto")
    writer = _Writer(file, poison=poison)
    places = [file.add_worksheet(sheet.name, worksheet_class=_Place) for sheet in book.sheets]
    for name, means in book.names.items():
        file.define_name(name, f"={means}")
    for done, (sheet, place) in enumerate(zip(book.sheets, places, strict=True)):
        told(done, len(book.sheets))
        writer.sheet(sheet, place)
    try:
        file.close()
    except (OSError, xlsxwriter.exceptions.XlsxWriterException) as error:
        raise RegardError(f"{path} cannot be written: {error}") from error
    told(len(book.sheets), len(book.sheets))


def _fits(sheet: Sheet) -> None:
    """Refuse a sheet that holds more than a sheet can."""
    rows = [row for row, _ in sheet.cells] + [table.row + table.length for table in sheet.tables]
    columns = [column for _, column in sheet.cells] + [t.column + len(t.columns) - 1 for t in sheet.tables]
    if max(rows, default=0) >= MOST_ROWS or max(columns, default=0) >= MOST_COLUMNS:
        raise RegardError(
            f"sheet '{sheet.name}' would have {max(rows) + 1:,} rows and {max(columns) + 1:,} columns; a sheet holds "
            f"{MOST_ROWS:,} and {MOST_COLUMNS:,}: ask for fewer periods, or for the cube instead of rows"
        )


@dataclass
class _Writer:
    """Writes sheets into an open file."""

    file: xlsxwriter.Workbook
    poison: bool
    formats: dict[str, Format] = field(default_factory=dict)

    def format(self, style: str) -> Format:
        """Return the library's object for a style, made once."""
        if style not in self.formats:
            self.formats[style] = self.file.add_format(properties(style))
        return self.formats[style]

    def sheet(self, sheet: Sheet, place: _Place) -> None:
        """Write one sheet."""
        self.sizes(sheet, place)
        for top, left, bottom, right in sheet.merges:
            first = sheet.cells.get((top, left), Cell(None))
            place.merge_range(top, left, bottom, right, "", self.format(first.style))
        for table in sheet.tables:
            self.table(table, place)
        for (row, column), cell in sheet.cells.items():
            self.cell(place, row, column, cell.value, self.format(cell.style))
            if cell.note:
                place.write_comment(row, column, cell.note, {"x_scale": 2, "y_scale": 1.5})
        for validation in sheet.validations:
            self.validation(validation, place)
        for condition in sheet.conditions:
            self.condition(condition, place)
        for line in sheet.sparklines:
            look = {"range": str(line.of), "type": line.kind, "series_color": PALETTE[0]}
            more: dict[str, Any] = LINE if line.kind == "line" else {}
            place.add_sparkline(line.row, line.column, {**look, **more})
        for chart in sheet.charts:
            self.chart(chart, place)
        self.page(sheet, place)

    def sizes(self, sheet: Sheet, place: _Place) -> None:
        """Set widths, heights and folded rows."""
        place.set_default_row(15)
        charted = (_under(sheet, chart) for chart in sheet.charts)
        last = max([*sheet.widths, *(column for _, column in sheet.cells), *charted, 0])
        for column in range(last + 1):
            place.set_column(column, column, sheet.widths.get(column, DEFAULT_WIDTH), self.format(""))
        for row in sorted({*sheet.heights, *sheet.outline}):
            level = sheet.outline.get(row, 0)
            place.set_row(row, sheet.heights.get(row), None, {"level": level, "hidden": bool(level)} if level else {})

    def cell(self, place: _Place, row: int, column: int, value: Value | Formula | Link, look: Format) -> None:
        """Write one cell."""
        if type(value) in (float, int):  # most cells by far; no truth, which is an int as well
            place.number(row, column, value, look)  # type: ignore[arg-type] # as just asked
        elif isinstance(value, Formula):
            cached: Any = 0 if self.poison else cached_value(value.value)
            if value.array:
                place.write_array_formula(row, column, row, column, value.text, look, cached)
            else:
                place.formula(row, column, value.text, look, cached)
        elif isinstance(value, Link):
            place.write_url(row, column, f"internal:{quoted(value.sheet)}!{value.cell}", look, safe(value.text))
        elif value is None:
            place.write_blank(row, column, None, look)
        elif isinstance(value, bool):
            place.write_boolean(row, column, value, look)
        elif isinstance(value, str):
            place.write_string(row, column, safe(value), look)
        elif isinstance(value, (int, float)):  # such as one of numpy's
            place.number(row, column, value, look)
        elif isinstance(value, date):
            place.write_datetime(row, column, _naive(value), look)
        else:
            raise TypeError(value)

    def table(self, table: Table, place: _Place) -> None:
        """Write a table: its frame by the library, its cells one by one."""
        rows = max(1, table.length)
        heads = [{"header": column.name, "header_format": self.format(column.head)} for column in table.columns]
        for head, column in zip(heads, table.columns, strict=True):
            if column.formula and not re.search(r"\{(row|above)\}", column.formula):
                head["formula"] = _in_table(column.formula, table)
        place.framed(
            table.row,
            table.column,
            table.row + rows,
            table.column + len(table.columns) - 1,
            {"name": table.name, "columns": heads, "style": table.look or None, "autofilter": table.filters},
        )
        for i, column in enumerate(table.columns):
            self.column(table, column, table.column + i, place)

    def column(self, table: Table, column: Column, at: int, place: _Place) -> None:
        """Write the cells of a table's column."""
        look = self.format(column.style)
        if column.note:
            place.write_comment(table.row, at, column.note)
        for row, value in filled(table, column):
            if value is not None:
                self.cell(place, row, at, value, look)

    def validation(self, validation: Validation, place: _Place) -> None:
        """Write what may be typed into cells."""
        said: dict[str, Any] = {"input_title": validation.title[:32], "input_message": validation.message[:255]}
        said |= {"error_message": validation.error[:255]} if validation.error else {}
        if validation.choices is not None:
            source = validation.choices if isinstance(validation.choices, (str, Range)) else list(validation.choices)
            said |= {"validate": "list", "source": f"={source}" if isinstance(source, Range) else source}
        elif validation.lo is not None and validation.hi is not None:
            said |= {"validate": "decimal", "criteria": "between", "minimum": validation.lo, "maximum": validation.hi}
        elif validation.lo is not None or validation.hi is not None:
            low = validation.lo is not None
            said |= {
                "validate": "decimal",
                "criteria": ">=" if low else "<=",
                "value": validation.lo if low else validation.hi,
            }
        else:
            said |= {"validate": "any"}
        place.data_validation(validation.top, validation.left, validation.bottom, validation.right, said)

    def condition(self, condition: Condition, place: _Place) -> None:
        """Write a look that depends on what cells hold."""
        look: dict[str, Any]
        if condition.bar:
            look = {"type": "data_bar", "bar_color": condition.bar, "bar_solid": True}
        else:
            own = {
                k: v
                for k, v in properties(condition.style).items()
                if BASE.get(k) != v and k not in ("font_name", "font_size", "valign")
            }
            look = {"type": "formula", "criteria": condition.formula, "format": self.file.add_format(own)}
        place.conditional_format(condition.top, condition.left, condition.bottom, condition.right, look)

    def chart(self, chart: Chart, place: _Place) -> None:
        """Draw a chart."""
        kinds = {series.kind or chart.kind: None for series in chart.series}
        made: dict[str, Any] = {}
        for kind in kinds:
            stacked = {"subtype": "stacked"} if chart.stacked and kind in ("column", "bar", "area") else {}
            if kind == "scatter":
                stacked = {"subtype": "straight_with_markers"}
            made[kind] = self.file.add_chart({"type": kind, **stacked})
        for i, series in enumerate(chart.series):
            kind = series.kind or chart.kind
            colour = series.colour or PALETTE[i % len(PALETTE)]
            line = {"color": colour, "width": 2.0, "dash_type": "dash" if series.dashed else "solid"}
            drawn = {"line": line} if kind in ("line", "scatter") else {"fill": {"color": colour}, "gap": 60}
            if kind == "pie":
                drawn = {}
            made[kind].add_series(
                {
                    "name": series.name,
                    "categories": f"={series.categories}",
                    "values": f"={series.values}",
                    "y2_axis": series.secondary,
                    **drawn,
                }
            )
        first, *others = made.values()
        for other in others:
            first.combine(other)
        font = {"name": BASE["font_name"], "size": 9}
        first.set_title(
            {"name": chart.title, "name_font": {"name": BASE["font_name"], "size": 11, "bold": True}, "overlay": False}
        )
        axis: dict[str, Any] = {"num_font": font, "line": {"color": RULE}}
        values: dict[str, Any] = {
            **axis,
            "major_gridlines": {"visible": True, "line": {"color": RULE, "width": 0.5}},
            "name": chart.unit,
            "name_font": {**font, "bold": False},
        }
        if chart.number:
            values["num_format"] = chart.number
        if chart.floor is not None:
            values["min"] = chart.floor
        first.set_x_axis({**axis, "label_position": "low", "major_gridlines": {"visible": False}})
        first.set_y_axis(values)
        first.set_legend({"none": True} if len(chart.series) == 1 else {"position": "bottom", "font": font})
        first.set_size({"width": chart.width, "height": chart.height})
        first.set_chartarea({"border": {"color": RULE}})
        place.insert_chart(
            chart.row, chart.column, first, {"description": chart.described or chart.title, "object_position": 1}
        )

    @staticmethod
    def page(sheet: Sheet, place: _Place) -> None:
        """Set how the sheet is looked at and printed."""
        place.set_paper(A4)
        if sheet.landscape:
            place.set_landscape()
        place.fit_to_pages(sheet.across, 0 if sheet.tall else 1)
        if sheet.across > 1:
            place.repeat_columns(0, max(0, sheet.freeze[1] - 1))
        place.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
        place.set_footer("&L&8&A&R&8page &P of &N")
        if sheet.breaks:
            place.set_h_pagebreaks(sheet.breaks)
        if sheet.repeat:
            place.repeat_rows(*sheet.repeat)
        if sheet.freeze != (0, 0):
            place.freeze_panes(*sheet.freeze)
        if not sheet.gridlines:
            place.hide_gridlines(2)
        rows = [row for row, _ in sheet.cells] + [t.row + max(1, t.length) for t in sheet.tables]
        columns = [column for _, column in sheet.cells] + [t.column + len(t.columns) - 1 for t in sheet.tables]
        columns += [right for _, _, _, right in sheet.merges]
        rows += [chart.row + chart.height // 20 for chart in sheet.charts]
        charted = [_under(sheet, chart) for chart in sheet.charts]
        if rows and (columns or charted):
            wide = max([*(columns if sheet.printed is None else [sheet.printed]), *charted])
            place.print_area(0, 0, max(rows), wide)
        if sheet.tab:
            place.set_tab_color(sheet.tab)
        STATES[sheet.state](place)


def _under(sheet: Sheet, chart: Chart) -> int:
    """Return the last column that a chart covers: a character is 7 pixels, a cell has 5 more."""
    at, left = chart.column, float(chart.width)
    while (left := left - 7 * sheet.widths.get(at, DEFAULT_WIDTH) - 5) > 0:
        at += 1
    return at


def filled(table: Table, column: Column) -> Iterator[tuple[int, Value | Formula]]:
    """Yield the cells of a table's column below its head, as (row, what is written into it)."""
    first = table.row + 1
    if not column.formula:
        yield from enumerate(column.values, first)
        return
    text = _in_table(column.formula, table)
    for row, value in enumerate(column.values, first):
        own = _in_table(column.first, table) if row == first and column.first else text
        yield row, Formula(own.replace("{row}", str(row + 1)).replace("{above}", str(row)), value)


def written(sheet: Sheet) -> Iterator[tuple[tuple[int, int], Value | Formula | Link]]:
    """Yield every cell of a sheet, those of its tables first, as ((row, column), what is written into it)."""
    for table in sheet.tables:
        for at, column in enumerate(table.columns, table.column):
            yield (table.row, at), column.name
            yield from (((row, at), value) for row, value in filled(table, column))
    yield from ((at, cell.value) for at, cell in sheet.cells.items())


def cached_value(value: Value) -> Any:  # noqa: ANN401 - what the library takes
    """Return what the file keeps as the result of a formula."""
    if value is None:
        return ""
    if isinstance(value, str):
        return UNPRINTABLE.sub("", value)
    if isinstance(value, date):
        return (_naive(value) - datetime(1899, 12, 30)).total_seconds() / 86400  # noqa: DTZ001 - as Excel counts
    return value


def _in_table(text: str, table: Table) -> str:
    """Return a column's formula with the table's own name; the short form of the library is not valid in files."""
    return re.sub(r"\{this\}\[([^\]]+)\]", lambda found: f"{table.name}[[#This Row],[{found[1]}]]", text)


def _naive(value: date) -> datetime:
    """Return a date as the library takes it: an instant in UTC, without its zone."""
    if isinstance(value, datetime):
        return value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return datetime(value.year, value.month, value.day)  # noqa: DTZ001 - as above


def where(cell: tuple[int, int], sheet: str) -> str:
    """Return how people name a cell in a message: `Sheet!B4`."""
    return f"{sheet}!{address(*cell, fixed=False)}"
