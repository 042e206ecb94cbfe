"""Holds a workbook against an independent calculation: does every formula give what the file says it gives?

A file carries the engine's value beside each formula. LibreOffice calculates all of them anew (see `recalculate`); what
differs, what is an error and what names nothing is reported cell by cell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.excel.read import Failure, Kept, read, where
from regard.excel.recalculate import POISON, recalculated
from regard.excel.seal import SHEET, told, unsealed
from regard.excel.tokens import CONSTANTS, resolved, sheet_of, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from regard.excel.read import Contents

CLOSE = 1e-9
"""How far two calculations may lie apart, relative to the larger; below 1 as it is."""
OWN_NAMES = "_xlpm."
"""Begins the names that a formula gives to values of its own (LET and LAMBDA)."""
BUILT_IN = "_xlnm."
"""Begins names that programs give, such as of print areas."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A formula that does not give what its file says.

    Attributes:
        place: its cell, as people name it.
        formula: without `=`.
        said: what the file says.
        found: what was calculated.
    """

    place: str
    formula: str
    said: Kept
    found: Kept

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.place}: the file says {told(self.said)}, calculated {told(self.found)}  ={self.formula[:160]}"


@dataclass(slots=True, kw_only=True)
class Verified:
    """What a recalculation showed.

    Attributes:
        formulas: how many cells with a formula there are.
        differences: those that give something else than the file says.
        errors: those that give an error.
        unresolved: (cell or name, what it names that is not there).
        outside: addresses outside of the file that it reads from.
        edited: inputs that are not at their baseline: then a file says what the program that saved it calculated.
    """

    formulas: int = 0
    differences: list[Difference] = field(default_factory=list)
    errors: list[Difference] = field(default_factory=list)
    unresolved: list[tuple[str, str]] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)
    edited: list[str] = field(default_factory=list)

    @property
    def good(self) -> bool:
        """Whether nothing was found."""
        return not (self.differences or self.errors or self.unresolved or self.outside)


def verify(path: Path, close: float = CLOSE) -> Verified:
    """Recalculate a workbook with LibreOffice and compare.

    Args:
        path: the file, which stays as it is.
        close: relative difference that is none.

    Raises:
        SetupError: LibreOffice is not installed.
        WorkbookError: the file cannot be read, or not be calculated.
    """
    contents = read(path)
    return compared(contents, recalculated(path), close)


def compared(said: Contents, found: Contents, close: float = CLOSE) -> Verified:
    """Compare what a file says with what was calculated from it."""
    result = Verified(unresolved=list(unresolved(said)), outside=list(said.outside))
    for page, at, cell in said.formulas():
        result.formulas += 1
        calculated = found.pages[page.name].cells.get(at) if page.name in found.pages else None
        value = calculated.value if calculated else None
        one = Difference(place=where(page.name, at), formula=cell.formula, said=cell.value, found=value)
        if isinstance(value, Failure):
            result.errors.append(one)
        elif value == POISON or not same(cell.value, value, close):
            result.differences.append(one)
    if SHEET in said.pages:
        result.edited = [
            f"{one.label or where(one.sheet, (one.row, one.column))}"
            for one in unsealed(said).inputs
            if not same(one.baseline, value_at(said, one.sheet, (one.row, one.column)), close)
        ]
    return result


def value_at(contents: Contents, sheet: str, at: tuple[int, int]) -> Kept:
    """Return what a cell shows, None where there is none."""
    cell = contents.pages[sheet].cells.get(at) if sheet in contents.pages else None
    return cell.value if cell else None


def same(one: object, other: object, close: float = CLOSE) -> bool:
    """Return whether two values are the same: numbers nearly, texts exactly, blank as no text."""
    one, other = ("" if value is None else value for value in (one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=close, abs_tol=close)
    return one == other and isinstance(one, Failure) == isinstance(other, Failure)


def unresolved(contents: Contents) -> Iterator[tuple[str, str]]:
    """Yield what formulas and names refer to and that is not there: (who, what)."""
    names = {name.rsplit("!", 1)[-1].lower() for name in contents.names} | set(contents.tables)
    sheets = {name.lower() for name in contents.pages}
    known: dict[str, tuple[str, ...]] = {}

    def missing(formula: str) -> tuple[str, ...]:
        if formula not in known:
            known[formula] = tuple(_missing(formula, names, sheets, contents))
        return known[formula]

    for name, means in contents.names.items():
        if not name.rsplit("!", 1)[-1].lower().startswith(BUILT_IN):
            yield from ((f"name {name}", what) for what in missing(means))
    for page, at, cell in contents.formulas():
        yield from ((where(page.name, at), what) for what in missing(cell.formula))


def _missing(formula: str, names: set[str], sheets: set[str], contents: Contents) -> Iterator[str]:
    for token in tokens(formula):
        text = token.text
        if token.sort == "name":
            if text.lower() not in names and text.upper() not in CONSTANTS and not text.startswith(OWN_NAMES):
                yield f"no name '{text}'"
        elif token.sort == "sheet":
            if sheet_of(text).lower() not in sheets:
                yield f"no sheet '{sheet_of(text)}'"
        elif token.sort == "column":
            if not resolved(text, 0, contents.tables):
                yield f"no table column '{text}'"
        elif token.sort == "outside":
            yield f"another file: {text}"
        elif token.sort == "error" and text == "#REF!":
            yield "a cell that was deleted (#REF!)"
