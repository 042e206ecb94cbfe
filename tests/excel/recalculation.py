"""What tests of sheets share: a book written with poisoned values, recalculated, and held to what it says it gives."""

from __future__ import annotations

import math
from datetime import date, datetime

from regard.excel.book import Formula
from regard.excel.recalculate import recalculated
from regard.excel.write import write

EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - as sheets count


def formulas(book):
    """Yield (sheet, row, column, formula, what it is said to give) of every formula of a book."""
    for sheet in book.sheets:
        for (row, column), cell in sheet.cells.items():
            if isinstance(cell.value, Formula):
                yield sheet.name, row, column, cell.value.text, cell.value.value
        for table in sheet.tables:
            for place, column in enumerate(table.columns):
                if column.formula:
                    for i, value in enumerate(column.values):
                        yield sheet.name, table.row + 1 + i, table.column + place, column.formula, value


def recalculate(book, path):
    """Write a book, every cached value poisoned, and return what LibreOffice makes of it."""
    write(book, path, poison=True)
    return recalculated(path)


def found(contents, sheet, row, column):
    """Return the value of a cell, "" where it is empty."""
    cell = contents.pages[sheet].cells.get((row, column))
    value = "" if cell is None or cell.value is None else cell.value
    return int(value) if isinstance(value, bool) else value


def differing(book, contents):
    """Return the formulas that give something else than their twin in Python says."""
    return [
        (sheet, row + 1, column + 1, text, said, got)
        for sheet, row, column, text, said in formulas(book)
        if not alike(said, got := found(contents, sheet, row, column))
    ]


def alike(said, got):
    """Whether a cell shows what it should, numbers up to rounding."""
    if isinstance(said, date):
        said = (said - EPOCH).total_seconds() / 86400
    if isinstance(got, date):
        got = (datetime.fromisoformat(got.isoformat()) - EPOCH).total_seconds() / 86400
    said = "" if said is None else int(said) if isinstance(said, bool) else said
    if isinstance(said, (int, float)) and isinstance(got, (int, float)):
        return math.isclose(said, got, rel_tol=1e-9, abs_tol=1e-7)
    return said == got


def named(contents, name):
    """Return the value of a cell that has a name."""
    page, cells = contents.names[name].rsplit("!", 1)
    letters, row = cells.replace("$", " ").split()
    column = 0
    for letter in letters:
        column = 26 * column + ord(letter) - ord("A") + 1
    return found(contents, page.strip("'"), int(row) - 1, column - 1)
