"""The data sheets: rows as they were loaded, as tables of values, for who wants to count or pivot themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Column, Sheet, Table, sheet_name
from regard.excel.layout import STANDING

if TYPE_CHECKING:
    from regard.excel.book import Book
    from regard.excel.material import Material
    from regard.excel.records import Loaded

ROWS = "Rows"
"""First word of the names of these sheets."""


def build(material: Material, book: Book) -> list[Sheet]:
    """Return a sheet for each table whose rows are shown."""
    del book
    return [_sheet(one) for one in material.records.loaded]


def _sheet(one: Loaded) -> Sheet:
    sheet = Sheet(
        name=sheet_name(f"{ROWS} {one.table}"),
        title=f"Rows of {one.table}",
        purpose=f"{one.means} One row is one {one.grain}. {one.left_out}".rstrip(),
        group="Data",
        gridlines=True,
        landscape=len(one.fields) > STANDING,
        widths={place: 18 for place, _ in enumerate(one.fields)},
    )
    top = sheet.head(back="Cover")
    columns = [Column(name=f.name, values=f.values, style=f.style, note=f.means) for f in one.fields]
    sheet.tables.append(Table(name=f"t_rows_{one.table}", columns=columns, row=top, filters=True))
    sheet.freeze, sheet.repeat = (top + 1, 0), (top, top)
    return sheet
