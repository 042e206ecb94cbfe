"""Tests of a workbook: those that its author wrote beside it, and those that every workbook must pass.

Each gives a result that says what was looked at and what was found, the good ones too.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.errors import WorkbookError
from regard.excel.propose import proposal
from regard.excel.read import Failure, cells_of, where
from regard.excel.seal import SHEET, told
from regard.excel.verify import compared, same
from regard.expr import Call, evaluate, names, show

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from regard.catalog.assertions import Assertion
    from regard.excel.read import Contents, Kept

NAMED = 3
"""Cells that a failure names; the rest it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What became of a test.

    Attributes:
        name: of the test, in a sentence.
        passed: whether it holds.
        what: what was looked at, or what is wrong.
        line: where it is written, 0 for one that every workbook must pass.
    """

    name: str
    passed: bool
    what: str = ""
    line: int = 0


def examine(said: Contents, calculated: Contents | None, assertions: Sequence[Assertion]) -> list[Result]:
    """Hold a workbook against the tests of its author and those of all workbooks.

    Args:
        said: the file.
        calculated: the file, calculated anew; None to trust the values that it says.
        assertions: of its author.
    """
    found = list(_built_in(said, calculated))
    for one in assertions:
        try:
            wrong = list(_invariant(one, calculated or said) if one.invariant else _cells(one, calculated or said))
        except WorkbookError as error:
            wrong = [str(error)]
        more = f"; and {len(wrong) - NAMED:,} more" if len(wrong) > NAMED else ""
        found.append(Result(name=one.name, passed=not wrong, what="; ".join(wrong[:NAMED]) + more, line=one.line))
    return found


def _built_in(said: Contents, calculated: Contents | None) -> Iterator[Result]:
    verified = compared(said, calculated or said)
    wrong: dict[str, list[str]] = {
        "no cell shows an error": [f"{one.place}: {one.found}" for one in verified.errors],
        "every name, sheet and table column that a formula reads is there": [
            f"{place}: {what}" for place, what in verified.unresolved
        ],
        "nothing is read from outside": verified.outside,
    }
    if calculated is not None:
        wrong["every formula gives what the file says"] = [str(one) for one in verified.differences]
    if SHEET in said.pages:
        wrong["nothing but inputs was changed, and each holds what it may"] = [
            f"{one.place}: {one.what}" for one in proposal(said).refused
        ]
    for name, places in wrong.items():
        more = f"; and {len(places) - NAMED:,} more" if len(places) > NAMED else ""
        what = "; ".join(places[:NAMED]) + more if places else f"{verified.formulas:,} formulas"
        yield Result(name=name, passed=not places, what=what)


def _cells(one: Assertion, contents: Contents) -> Iterator[str]:
    page, places = cells_of(one.cells, contents)
    if len(places) > 1 and not one.each:
        yield f"{one.cells} is {len(places)} cells: write `range` instead of `cell`"
        return
    for at in places:
        cell = page.cells.get(at)
        value = cell.value if cell else None
        for wrong in _complaints(one, value):
            yield f"{where(page.name, at)} {wrong}"


def _complaints(one: Assertion, value: Kept) -> Iterator[str]:
    blank = value is None or value == ""
    if isinstance(value, Failure):
        yield f"shows {value}"
    elif blank:
        if one.blank is False or (one.equals not in (None, "") and one.blank is None):
            yield "is blank"
    elif one.blank:
        yield f"is {told(value)}, blank was expected"
    elif one.equals is not None and not _equal(value, one.equals, one.within):
        yield f"is {told(value)}, {told(_plain(one.equals))} was expected"
    elif one.least is not None or one.most is not None:
        if not isinstance(value, (int, float)):
            yield f"is {told(value)}, a number was expected"
        elif one.least is not None and value < one.least:
            yield f"is {told(value)}, at least {one.least:g} was expected"
        elif one.most is not None and value > one.most:
            yield f"is {told(value)}, at most {one.most:g} was expected"


def _invariant(one: Assertion, contents: Contents) -> Iterator[str]:
    """Yield what is wrong with a test between cells; equality is told with the usual tolerance, or the author's."""
    node = one.invariant
    if node is None:
        return
    used = names(node)
    values = {name: _sum(cells, contents) for name, cells in one.where.items() if name in used}
    if isinstance(node, Call) and node.name == "=":
        left, right = (evaluate(arg, values) for arg in node.args)
        holds = left is not None and right is not None and _equal(left, right, one.within)
        found = f"{told(_plain(left))} = {told(_plain(right))}"
    else:
        holds, found = bool(evaluate(node, values)), show(node)
    if not holds:
        yield f"{found} does not hold: " + ", ".join(f"{name} is {told(value)}" for name, value in values.items())


def _sum(cells: str, contents: Contents) -> float | None:
    """Return the number of a cell, or of several the sum as a spreadsheet adds: texts and blanks count nothing.

    Raises:
        WorkbookError: there are no such cells, or one shows an error.
    """
    page, places = cells_of(cells, contents)
    values = [page.cells[at].value for at in places if at in page.cells]
    for at in places:
        if at in page.cells and isinstance(page.cells[at].value, Failure):
            raise WorkbookError(f"{where(page.name, at)} shows {page.cells[at].value}")
    numbers = [value for value in values if isinstance(value, (int, float)) and not isinstance(value, bool)]
    return None if len(places) == 1 and not numbers else math.fsum(numbers)


def _equal(one: object, other: object, within: float | None) -> bool:
    if within is None or not isinstance(one, (int, float)) or not isinstance(other, (int, float)):
        return same(one, other)
    return abs(one - other) <= within * (1 + 1e-12)


def _plain(value: object) -> float | str | bool | None:
    return value if value is None or isinstance(value, (str, bool)) else float(str(value))
