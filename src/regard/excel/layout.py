"""Makes room for what cells hold: the last thing done to a sheet, so that nothing on it is cut off or runs together.

Builders say what stands where; how wide that is when it is shown is known here alone. Widths and heights only grow:
what a builder asked for is its least.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from datetime import date, datetime
from functools import cache
from operator import itemgetter
from typing import TYPE_CHECKING, TypeAlias

from regard.excel.book import Cell, Formula, Link
from regard.excel.style import DEFAULT_WIDTH, properties as properties_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from regard.excel.book import Column, Sheet, Value

DIGIT, LETTER = 1.14, 1.0
"""Width of a digit and of a letter on average, in units of column width: a reader without the font gets a wider one."""
BOLD = 1.08
PADDING = 1.2
"""Characters that a cell needs besides what it shows."""
LINE_HEIGHT, ONE_LINE = 13.0, 18.0
"""Points of a line of the usual size, and of a row of one line at most."""
WIDEST = 60.0
"""Characters beyond which text is wrapped, not given more room."""
BROADEST, UPRIGHT = 160.0, 110.0
"""Characters on a page that lies, and on one that stands, beyond which a text that nothing stops is wrapped: it would
make everything else small."""
STANDING = 6
"""Columns of a table that a standing page has room for."""
TALLEST = 400.0
"""Points of a row; a spreadsheet takes 409."""
USUAL = 10.0
SIGNS = tuple("+-.<>")
FREE = float("inf")
"""Nothing stands between a text and the edge of the sheet."""
Merged: TypeAlias = "Mapping[tuple[int, int], tuple[int, int]]"
"""First cell of what is one -> the last."""
ALIGNED = frozenset({"right", "left", "center", "indent"})
BREAKS = re.compile(r"[\s-]+")


@cache
def properties(style: str) -> Mapping[str, object]:
    """Return everything that a style sets; there are few styles and many cells."""
    return properties_of(style)


def lay_out(sheet: Sheet) -> None:
    """Align heads with what they head, widen columns to their numbers, wrap texts that would be cut off.

    A text that nothing stands in the way of runs over the empty cells to its right; the printed page goes as far as it.
    """
    if sheet.state != "visible":
        return
    _tables(sheet)
    _heads(sheet)
    _widen(sheet)
    _fold(sheet)
    _wrap(sheet)


def clipped(sheet: Sheet) -> Iterator[tuple[int, int, str]]:
    """Yield (row, column, what) of each cell that does not show all that it holds."""
    merged = {(top, left): (bottom, right) for top, left, bottom, right in sheet.merges}
    last = _last(sheet)
    for (row, column), cell in sheet.cells.items():
        wide = _room(sheet, row, column, merged)
        text, look = shown(_value(cell.value), cell.style), properties(cell.style)
        if (_is_number(cell) or isinstance(_value(cell.value), date)) and breadth(text, cell.style) > wide:
            yield row, column, f"number {text}"
        elif look.get("text_wrap"):
            need = lines(text, wide, cell.style) * _line(look)
            if need > sheet.heights.get(row, 15.0) + 2.0:
                yield row, column, f"lines of {text[:40]}"
        elif text and breadth(text, cell.style) > wide + _free(sheet, row, column + 1, last):
            yield row, column, f"text {text[:40]}"


def shown(value: Value, style: str) -> str:
    """Return what a cell shows, about as wide as a spreadsheet makes it."""
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return str(value).upper()
    pattern = str(properties(style).get("num_format", "General"))
    if isinstance(value, date) or "yyyy" in pattern:  # a day may be a number that looks like one
        return "2026-12-31 23:59" if "hh" in pattern else "Mmm 2026" if "mmm" in pattern else "2026-12-31"
    if pattern in ("General", "@"):
        # General rounds to what fits; only the digits before the point must.
        return f"{value:.10g}" if len(f"{value:.10g}") < DEFAULT_WIDTH - PADDING else f"{value:.0f}"
    if "E+" in pattern:
        return f"{value:.1E}"
    first = pattern.split(";", maxsplit=1)[0]
    literal = "".join(re.findall(r'"([^"]*)"', first))
    digits = re.sub(r'"[^"]*"', "", first)
    decimals = len(digits.partition(".")[2].rstrip(") "))
    sign = "+" if digits.startswith("+") else ""
    return f"{sign}{value:{',' if ',' in digits else ''}.{decimals}f}{literal}"


def breadth(text: str, style: str) -> float:
    """Return how many characters of the usual font a text takes, on one line."""
    look = properties(style)
    size = float(str(look["font_size"])) / USUAL
    longest = max((len(line) for line in text.split("\n")), default=0)
    own = DIGIT if text[:1].isdigit() or text[:1] in SIGNS else LETTER
    return longest * own * size * (BOLD if look.get("bold") else 1.0) + PADDING + 1.5 * bool(look.get("indent"))


def lines(text: str, wide: float, style: str) -> int:
    """Return how many lines a text takes when it is wrapped."""
    count = 0
    for part in text.split("\n"):
        at = 0.0
        count += 1
        for word in part.split(" "):
            own = breadth(word + " ", style) - PADDING
            if at and at + own > wide - PADDING + 1:
                count += 1
                at = 0.0
            at += own
    return count


# -- the rules ---------------------------------------------------------------------------------------------------------


def _tables(sheet: Sheet) -> None:
    """Give tables heads that stand over their numbers, and columns that are wide enough."""
    for place, table in enumerate(sheet.tables):
        columns: list[Column] = []
        tall = 1
        for at, column in enumerate(table.columns, table.column):
            numbers = _numbers(column)
            after = bool(columns) and _numbers(columns[-1]) and not numbers
            head = column.head + (" right" if numbers else " indent" if after else "")
            style = column.style + " indent" if after and not ALIGNED & set(column.style.split()) else column.style
            columns.append(replace(column, head=head, style=style))
            cells = [shown(value, style) for value in _extremes(column)]
            wide = max((breadth(text, style) for text in cells), default=0.0)
            words = max(breadth(word, head) for word in BREAKS.split(column.name))
            least = sheet.widths.get(at, DEFAULT_WIDTH)
            sheet.widths[at] = max(least, wide, words)
            tall = max(tall, lines(column.name, sheet.widths[at], head))
        sheet.tables[place] = replace(table, columns=columns)
        if tall > 1:
            sheet.heights[table.row] = max(sheet.heights.get(table.row, 0.0), 3.0 + LINE_HEIGHT * tall)


def _heads(sheet: Sheet) -> None:
    """Put heads over numbers to the right, and keep texts off the numbers before them."""
    for (row, column), cell in sorted(sheet.cells.items(), key=itemgetter(0)):
        if not isinstance(_value(cell.value), str):
            continue
        words = set(cell.style.split())
        if ALIGNED & words:
            continue
        before = sheet.cells.get((row, column - 1))
        if "head" in words:
            below = next((c for k in range(1, 4) if (c := sheet.cells.get((row + k, column))) is not None), None)
            if below is not None and _to_the_right(below):
                sheet.cells[row, column] = replace(cell, style=f"{cell.style} right")
            elif before is not None and "right" in before.style.split():
                sheet.cells[row, column] = replace(cell, style=f"{cell.style} indent")
        elif before is not None and (_shows_number(before) or "right" in before.style.split()):
            sheet.cells[row, column] = replace(cell, style=f"{cell.style} indent")


def _widen(sheet: Sheet) -> None:
    """Widen columns until no number shows as ####, and no word of a head breaks."""
    apart = {(row, column) for row, column, _, _ in sheet.merges}
    for at, cell in sheet.cells.items():
        column = at[1]
        if at in apart:
            continue
        least = sheet.widths.get(column, DEFAULT_WIDTH)
        text = shown(_value(cell.value), cell.style)
        if _is_number(cell) or isinstance(_value(cell.value), date):
            least = max(least, breadth(text, cell.style))
        elif "head" in cell.style.split() and text:
            least = max(least, *(breadth(word, cell.style) for word in BREAKS.split(text)))
        if least > sheet.widths.get(column, DEFAULT_WIDTH):
            sheet.widths[column] = least


def _fold(sheet: Sheet) -> None:
    """Fold the texts that reach much farther than all else on the sheet: a page as wide as they are shows it small."""
    beyond = 1 + max([_last(sheet), *(table.column + len(table.columns) - 1 for table in sheet.tables)])
    room = max(BROADEST if sheet.landscape else UPRIGHT, _edge(sheet, beyond, 0.0))
    first = [(row, cell) for (row, column), cell in sheet.cells.items() if column == 0]
    for row, cell in first:
        text = _value(cell.value)
        if not isinstance(text, str) or breadth(text, cell.style) <= room or _free(sheet, row, 1, beyond) != FREE:
            continue
        end = 0
        while _edge(sheet, end + 2, 0.0) <= room:
            end += 1
        if end:
            sheet.merges.append((row, 0, row, end))
            sheet.cells[row, 0] = replace(cell, style=f"{cell.style} wrapped")


def _wrap(sheet: Sheet) -> None:
    """Wrap texts that a neighbour cuts off, and make rows as tall as their texts."""
    merged = {(top, left): (bottom, right) for top, left, bottom, right in sheet.merges}
    tall: dict[int, float] = defaultdict(float)
    last, reach = _last(sheet), (0, 0.0)
    for at, cell in list(sheet.cells.items()):
        value = _value(cell.value)
        if not isinstance(value, str) or not value:
            continue
        if not properties(cell.style).get("text_wrap"):
            need, free = breadth(value, cell.style), _free(sheet, at[0], at[1] + 1, last)
            if free == FREE:
                reach = max(reach, (at[1], need), key=lambda one: _edge(sheet, *one))
            if need <= _room(sheet, *at, merged) + free or _widened(sheet, at, need, merged):
                continue
            _folded(sheet, at, free, merged)
        style = sheet.cells[at].style
        told = lines(value, _room(sheet, *at, merged), style) * _line(properties(style)) + 2.0
        tall[at[0]] = max(tall[at[0]], told)
    _reach(sheet, *reach)
    for row, need in tall.items():
        if need > ONE_LINE:
            sheet.heights[row] = min(TALLEST, max(sheet.heights.get(row, 0.0), need))
    for at, cell in list(sheet.cells.items()):
        if tall.get(at[0], 0.0) > ONE_LINE and "head" not in cell.style.split():
            sheet.cells[at] = replace(cell, style=f"{cell.style} top")


def _widened(sheet: Sheet, at: tuple[int, int], need: float, merged: Merged) -> bool:
    """Widen a column to a text that is not too wide for that, and return whether it was done."""
    wide = _room(sheet, *at, merged)
    if at in merged or need > max(WIDEST, wide * 1.1):
        return False
    sheet.widths[at[1]] = max(wide, need)
    return True


def _folded(sheet: Sheet, at: tuple[int, int], free: float, merged: dict[tuple[int, int], tuple[int, int]]) -> None:
    """Wrap a text, over the empty cells beside it where there are any."""
    cell = sheet.cells[at]
    sheet.cells[at] = replace(cell, style=f"{cell.style} wrapped")
    if free > 0 and at not in merged:
        row, end = at[0], at[1] + 1
        while sheet.cells.get((row, end + 1)) is None:
            end += 1
        sheet.merges.append((*at, row, end))
        merged[at] = (row, end)


def _reach(sheet: Sheet, column: int, wide: float) -> None:
    """Print as many columns as the text that reaches farthest runs over."""
    if sheet.printed is not None:
        return
    last = max([_last(sheet), *(table.column + len(table.columns) - 1 for table in sheet.tables)])
    at, need = last, _edge(sheet, column, wide)
    while _edge(sheet, at + 1, 0.0) < need:
        at += 1
    if at > last:
        sheet.printed = at


# -- what cells hold ---------------------------------------------------------------------------------------------------


def _value(value: Value | Formula | Link) -> Value:
    if isinstance(value, Formula):
        return value.value
    return value.text if isinstance(value, Link) else value


def _is_number(cell: Cell) -> bool:
    """Whether a cell holds a number, or is a formula that is blank for now and looks like one."""
    value = _value(cell.value)
    if isinstance(value, str) and value:
        return False
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return True
    look = properties(cell.style)
    return not isinstance(value, date) and look.get("num_format", "@") != "@" and look.get("align") != "left"


def _to_the_right(cell: Cell) -> bool:
    """Whether a cell shows a number at its right edge."""
    return _is_number(cell) and not {"left", "indent", "center"} & set(cell.style.split())


def _shows_number(cell: Cell) -> bool:
    """Whether a number stands at the right edge of a cell just now."""
    return _to_the_right(cell) and _value(cell.value) not in (None, "")


def _numbers(column: Column) -> bool:
    """Whether a column of a table holds numbers at its right edge."""
    if properties(column.style).get("align") == "left":
        return False
    found = [value for value in column.values[:50] if value is not None and value != ""]
    return bool(found) and all(isinstance(value, (int, float)) for value in found)


def _extremes(column: Column) -> list[Value]:
    """Return the widest numbers of a column, or of other columns its first value."""
    numbers = [v for v in column.values if isinstance(v, (int, float)) and not isinstance(v, bool)]
    if numbers:
        return [min(numbers), max(numbers)]
    return [next((v for v in column.values if isinstance(v, datetime | date)), None)]


def _line(look: Mapping[str, object]) -> float:
    return LINE_HEIGHT * float(str(look["font_size"])) / USUAL


def _room(sheet: Sheet, row: int, column: int, merged: Merged) -> float:
    """Return the width of a cell, in characters."""
    last = merged.get((row, column), (row, column))[1]
    return sum(sheet.widths.get(at, DEFAULT_WIDTH) for at in range(column, last + 1))


def _last(sheet: Sheet) -> int:
    """Return the last column in which something stands."""
    return max((at for _, at in sheet.cells), default=0)


def _edge(sheet: Sheet, column: int, wide: float) -> float:
    """Return how far from the left a text ends."""
    return sum(sheet.widths.get(at, DEFAULT_WIDTH) for at in range(column)) + wide


def _free(sheet: Sheet, row: int, column: int, last: int) -> float:
    """Return the width of the empty cells that a text may run over."""
    free = 0.0
    if column > last:
        return FREE
    for at in range(column, last + 1):
        cell = sheet.cells.get((row, at))
        if cell is not None and _value(cell.value) not in (None, ""):
            return free
        free += sheet.widths.get(at, DEFAULT_WIDTH)
    return FREE
