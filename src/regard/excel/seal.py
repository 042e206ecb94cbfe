"""What of a workbook may be changed, and how to tell that anything else was.

A workbook that travels comes back changed, by people and by the programs that save it. So it carries, on a hidden
sheet, which cells are *inputs* (with the value that each had) and a digest of every other cell, of the names and of the
tables. `broken` compares a file with its own seal and names each cell that is not as it was made. This finds mistakes,
not forgers: who edits the hidden sheet too is not found out, which is harmless, since of a returned workbook nothing
but its inputs is ever used.

What a person adds stays theirs: sheets of their own, and notes in cells that were empty outside of tables.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, TypeAlias

from regard.errors import WorkbookError
from regard.excel.book import Formula, Input, Link, Sheet, letters
from regard.excel.read import Failure, Kept, where
from regard.excel.tokens import canonical, number
from regard.excel.write import cached_value, safe, written

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from regard.excel.book import Book, Value
    from regard.excel.read import Contents, Found

SHEET = "_seal"
FORM = 2
"""Version of the sheet's form, in its first cell."""
NOTHING = (None, "")
"""What an empty cell holds."""
WIDTH = 4
"""Letters of a digest: 24 bits, so that one change in 16 million goes unseen."""
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
PAIRS = [first + second for first in LETTERS for second in LETTERS]
"""Each two letters of a digest, by their twelve bits."""
EXACT = 1e12
"""Whole numbers below are told in all their digits."""
FENCE = "|"
MOST = 7_500
"""Digests in one cell, which holds 32,767 letters."""
At: TypeAlias = tuple[int, int]
HEADS = ("sort", "sheet", "column", "row", "digests")
INPUT = ("sort", "sheet", "column", "row", "kind", "subject", "key", "baseline", "lo", "hi", "options", "label")


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A place that is not as it was made.

    Attributes:
        place: the cell, name, table or sheet, as people name it.
        what: what happened to it, in one sentence.
    """

    place: str
    what: str


@dataclass(slots=True)
class Seal:
    """What a file says of itself.

    Attributes:
        inputs: cells that may be changed.
        digests: sheet -> (row, column) -> digest of what stands there.
        names: defined name -> digest of what it stands for.
        tables: name -> its sheet and cells as text.
    """

    inputs: list[Input] = field(default_factory=list)
    digests: dict[str, dict[At, str]] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)


def seal(book: Book) -> Sheet:
    """Return the hidden sheet that says what of a book may be changed, and what all the rest was."""
    sheet = Sheet(name=SHEET, state="very hidden", gridlines=True)
    free = {(one.sheet, one.row, one.column) for one in book.inputs}
    row = 0
    sheet.line(row, 0, ["regard", FORM])
    for row, line in enumerate(_lines(book, free), 1):
        sheet.line(row, 0, line)
    return sheet


def _lines(book: Book, free: set[tuple[str, int, int]]) -> Iterator[Sequence[Value]]:
    for one in book.inputs:
        place = (one.sheet, letters(one.column), one.row + 1)
        options = "\n".join(one.options)
        yield ("input", *place, one.kind, one.subject, one.key, one.baseline, one.lo, one.hi, options, one.label)
    for name, means in book.names.items():
        yield ("name", name, None, None, _fenced(_digest("=" + canonical(means, ""))))
    for sheet in book.sheets:
        for table in sheet.tables:
            last = table.row + max(1, table.length), table.column + len(table.columns) - 1
            yield ("table", table.name, None, None, _frame(sheet.name, (table.row, table.column), last))
        columns: defaultdict[int, dict[int, str]] = defaultdict(dict)
        for (row, column), value in written(sheet):
            if value not in NOTHING and (sheet.name, row, column) not in free:
                columns[column][row] = _sealed(value, sheet.name)
        for column, cells in columns.items():
            yield from _packed(sheet.name, column, cells)


def _packed(sheet: str, column: int, cells: dict[int, str]) -> Iterator[Sequence[Value]]:
    """Yield lines with the digests of a column, each stretch of its rows in one text."""
    gap = " " * WIDTH
    first, last = min(cells), max(cells)
    for top in range(first, last + 1, MOST):
        digests = "".join(cells.get(row, gap) for row in range(top, min(top + MOST, last + 1)))
        if digests.strip():
            yield ("cells", sheet, letters(column), top + 1, _fenced(digests))


def _fenced(digests: str) -> str:
    """Return digests as a cell holds them: no program may take blanks from their ends, or a first + for a formula."""
    return f"{FENCE}{digests}{FENCE}"


def unsealed(contents: Contents) -> Seal:
    """Return what a file says of itself.

    Raises:
        WorkbookError: it has no seal, or one of another version.
    """
    name = contents.package.path.name
    page = contents.pages.get(SHEET)
    cells = page.cells if page else {}
    if page is None or _text(cells, 0, 0) != "regard":
        raise WorkbookError(
            f"{name} does not say what of it may be changed: it has no hidden sheet {SHEET}; "
            "a workbook that `regard workbook` made has one, unless it was made `--for executive`: make that anew"
        )
    form = cells.get((0, 1))
    if form is None or form.value != FORM:
        raise WorkbookError(f"{name} was made by another version of regard: make it again with `regard workbook`")
    found = Seal()
    for row in sorted({row for row, _ in cells if row}):
        line = [cells[row, column].value if (row, column) in cells else None for column in range(len(INPUT))]
        try:
            _LINES[str(line[0])](found, line)
        except (KeyError, TypeError, ValueError, AttributeError):
            raise WorkbookError(f"{name}: the hidden sheet {SHEET} was changed in row {row + 1}") from None
    return found


def _input(found: Seal, line: Sequence[Kept]) -> None:
    _, sheet, column, row, kind, subject, key, baseline, lo, hi, options, label = line
    found.inputs.append(
        Input(
            sheet=str(sheet),
            row=_whole(row) - 1,
            column=number(str(column)),
            kind=str(kind),
            subject=str(subject),
            key=str(key) if key is not None else "",
            baseline=baseline,
            lo=None if lo is None else float(lo),
            hi=None if hi is None else float(hi),
            options=tuple(str(options).split("\n")) if options else (),
            label=str(label or ""),
        )
    )


def _name(found: Seal, line: Sequence[Kept]) -> None:
    found.names[str(line[1])] = str(line[4]).strip(FENCE)


def _table(found: Seal, line: Sequence[Kept]) -> None:
    found.tables[str(line[1])] = str(line[4])


def _column(found: Seal, line: Sequence[Kept]) -> None:
    column, top = number(str(line[2])), _whole(line[3]) - 1
    digests = str(line[4]).strip(FENCE)
    cells = found.digests.setdefault(str(line[1]), {})
    for place in range(0, len(digests), WIDTH):
        if digest := digests[place : place + WIDTH].strip():
            cells[top + place // WIDTH, column] = digest


_LINES = {"input": _input, "name": _name, "table": _table, "cells": _column}
"""First word of a line -> what it tells."""


def broken(contents: Contents, seal: Seal) -> list[Broken]:
    """Return every place of a file that is neither an input nor as it was made, in the order of its sheets."""
    found = list(_framework(contents, seal))
    free = {(one.sheet, one.row, one.column) for one in seal.inputs}
    for sheet, digests in seal.digests.items():
        page = contents.pages.get(sheet)
        if page is None:
            continue  # said by the framework
        for at, digest in digests.items():
            cell = page.cells.get(at)
            if cell is None:
                found.append(Broken(place=where(sheet, at), what="what stood here was taken away"))
            elif _digest(_kept(cell, sheet)) != digest:
                found.append(Broken(place=where(sheet, at), what=_changed(cell)))
        for frame in contents.tables.values():
            if frame.sheet == sheet:
                inside = (
                    (row, column)
                    for row in range(frame.top, frame.bottom + 1)
                    for column in range(frame.left, frame.right + 1)
                )
                found += [
                    Broken(place=where(sheet, at), what=f"something was written into table {frame.name}")
                    for at in inside
                    if at in page.cells and at not in digests and (sheet, *at) not in free
                ]
    return found


def _framework(contents: Contents, seal: Seal) -> Iterator[Broken]:
    """Yield sheets, tables and names that are gone or stand for something else."""
    for sheet in seal.digests:
        if sheet not in contents.pages:
            yield Broken(place=f"sheet '{sheet}'", what="it was taken away or renamed")
    for name, frame in seal.tables.items():
        now = contents.tables.get(name.lower())
        if now is None:
            yield Broken(place=f"table {name}", what="it was taken away or renamed")
        elif (said := _frame(now.sheet, (now.top, now.left), (now.bottom, now.right))) != frame:
            yield Broken(place=f"table {name}", what=f"it stood at {frame} and now stands at {said}")
    known = {name.lower(): means for name, means in contents.names.items()}
    for name, digest in seal.names.items():
        if name.lower() not in known:
            yield Broken(place=f"name {name}", what="it was taken away")
        elif _digest("=" + canonical(known[name.lower()], "")) != digest:
            yield Broken(place=f"name {name}", what=f"it now stands for {known[name.lower()]}")


def _changed(cell: Found) -> str:
    if cell.formula:
        return f"its formula now reads ={cell.formula[:200]}"
    return f"it is no input, and now holds {told(cell.value)}"


def told(value: Kept) -> str:
    """Return a value as a report says it."""
    if value is None or value == "":
        return "nothing"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, float):
        return f"{value:.12g}"
    return str(value) if isinstance(value, Failure) else f"'{value[:80]}'"


def _sealed(value: Value | Formula | Link, sheet: str) -> str:
    """Return the digest of what a cell of a book says."""
    if isinstance(value, Formula):
        return _digest(_formula(value.text.strip("{}"), sheet))
    return _fixed(value.text if isinstance(value, Link) else value)


@lru_cache(maxsize=65_536, typed=True)
def _fixed(value: Value) -> str:
    """Return the digest of a constant; the same ones stand in most cells of a large book."""
    return _digest(_constant(safe(value) if isinstance(value, str) else cached_value(value)))


def _kept(cell: Found, sheet: str) -> str:
    """Return what a cell of a file says, as a digest is taken of it."""
    return _formula(cell.formula, sheet) if cell.formula else _constant(cell.value)


def _formula(text: str, sheet: str) -> str:
    return "=" + canonical(text, sheet)


def _constant(value: object) -> str:
    """Return a constant: programs keep 15 digits of a number, and ends of lines as they like."""
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, float)):
        if -EXACT < value < EXACT and value == (whole := int(value)):
            return str(whole)
        return f"{float(f'{value:.15g}') + 0.0:.12g}"
    return "'" + str(value).replace("\r\n", "\n").replace("\r", "\n")


def _digest(text: str) -> str:
    """Return a checksum: mistakes are looked for here, not forgers, and a large book has a million cells."""
    bits = zlib.crc32(text.encode())
    return PAIRS[bits >> 12 & 0xFFF] + PAIRS[bits & 0xFFF]


def _frame(sheet: str, first: At, last: At) -> str:
    return f"{where(sheet, first)}:{letters(last[1])}{last[0] + 1}"


def _text(cells: dict[At, Found], row: int, column: int) -> str:
    found = cells.get((row, column))
    return str(found.value) if found else ""


def _whole(value: Kept) -> int:
    return int(float(str(value)))
