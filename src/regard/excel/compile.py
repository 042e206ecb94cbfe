"""Material becomes a book: one builder after another. A new kind of sheet is a builder and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from regard.excel.book import Book
from regard.excel.layout import lay_out
from regard.excel.seal import seal
from regard.excel.sheets import (
    boards,
    calc,
    checks,
    cubes,
    engine,
    incident,
    kpi,
    ledger,
    loaded,
    meta,
    pages,
    policies,
    registers,
    settings,
    slicers,
)
from regard.excel.sheets.front import front

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from regard.excel.book import Sheet
    from regard.excel.material import Material

Builder: TypeAlias = "Callable[[Material, Book], list[Sheet]]"

BUILDERS: tuple[Builder, ...] = (
    slicers.build,
    policies.build,
    settings.build,
    cubes.build,
    engine.build,
    calc.build,
    boards.build,
    ledger.build,
    kpi.build,
    pages.build,
    incident.build,
    registers.build,
    loaded.build,
    checks.build,
    meta.build,
)
"""Each gets the book so far, so that it can refer to what stands there (`Book.places`), and may add names."""

GROUPS = (
    *("Start", "Reports", "Key figures", "Boards", "Settings", "From raw rows to numbers", "Ledger in plain formulas"),
    *("Worked examples", "Calculation", "Control", "Registers", "Data", ""),
)
"""Groups of sheets, in the order of the tabs."""


def compile_book(material: Material, more: Sequence[Builder] = ()) -> Book:
    """Return the workbook of some material, with the sheets of `more` builders."""
    book = Book(
        title=f"{material.company}: customer experience",
        subject=f"{material.periods[0].label} to {material.periods[-1].label}" if material.periods else "",
        comments=f"Made by regard {material.version} from snapshot {material.snapshot}",
        made=material.as_of,
    )
    for build in (*BUILDERS, *more):
        book.sheets.extend(build(material, book))
    book.sheets.sort(key=lambda sheet: GROUPS.index(sheet.group))
    book.sheets[:0] = front(material, book)
    for sheet in book.sheets:
        lay_out(sheet)
    book.sheets.append(seal(book))
    return book
