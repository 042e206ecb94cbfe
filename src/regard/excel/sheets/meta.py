"""What this workbook was made of, for programs: hidden. What of it may be changed stands on the seal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Sheet

if TYPE_CHECKING:
    from regard.excel.book import Book
    from regard.excel.material import Material
    from regard.excel.read import Contents

NAME = "_meta"

NAMED = "named"
"""What the sheet says of customers who bear their keys."""
ROWS = {"every column": True, "few columns": False, "": None}
"""What the sheet says of the data sheets -> how they are asked for again."""


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the hidden sheet of (kind, name, value) lines: the question asked, and every definition's hash."""
    del book
    sheet = Sheet(name=NAME, state="very hidden", gridlines=True, widths={0: 14, 1: 40, 2: 60})
    about = {
        "regard": material.version,
        "company": material.company,
        "snapshot": material.snapshot,
        "as_of": str(material.as_of),
        "until": str(material.until),
        "zone": material.calendar.zone,
        "currency": material.currency,
        "scope": material.scope,
        "customers": NAMED if material.named else "numbered",
        "rows": next(said for said, means in ROWS.items() if means is material.records.every_column),
        "grain": material.grain,
        "start": material.periods[0].start.isoformat() if material.periods else "",
        "end": material.periods[-1].end.isoformat() if material.periods else "",
    }
    lines = [("about", name, value) for name, value in about.items()]
    lines += [("metric", metric.id, f"{metric.version} {metric.hash}") for metric in material.metrics]
    lines += [("left out", name, why) for name, why in material.left.items()]
    for row, line in enumerate([("kind", "name", "value"), *lines]):
        for column, text in enumerate(line):
            sheet.put(row, column, text, "as_text" if row else "head")
    return [sheet]


def about(contents: Contents) -> dict[str, str]:
    """Return what a file says that it was asked for, by name; nothing where it does not say."""
    page = contents.pages.get(NAME)
    cells = {at: str(cell.value) for at, cell in page.cells.items() if cell.value is not None} if page else {}
    rows = {row for (row, column), kind in cells.items() if column == 0 and kind == "about"}
    return {cells[row, 1]: cells.get((row, 2), "") for row in sorted(rows)}
