"""The scorecard: every metric of the whole, now, before, against its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Sheet
from regard.excel.style import of_unit

if TYPE_CHECKING:
    from regard.excel.book import Book
    from regard.excel.material import Material

HEADS = ("metric", "unit", "value", "from", "to", "n", "previous", "change", "target", "status")


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the scorecard of the newest whole period."""
    del book
    sheet = Sheet(
        name="Scorecard",
        title=f"{material.company}: scorecard",
        purpose="Every metric of the newest period, with its interval, what it rests on, and its change.",
        group="Boards",
    )
    top = sheet.head()
    sheet.line(top, 0, HEADS, "head")
    for place, metric in enumerate(material.metrics, top + 1):
        cells = [cell for cell in material.answers[metric.id].cells if not any(cell.dims.values())]
        sheet.put(place, 0, metric.title)
        sheet.put(place, 1, metric.unit, "label")
        if not cells:
            continue
        cell, look = cells[-1], of_unit(metric.unit)
        found = cell.estimate
        for column, number in enumerate((found.value, found.lo, found.hi), 2):
            sheet.put(place, column, number, look)
        sheet.put(place, 5, found.n, "whole")
        sheet.put(place, 6, cell.previous.value if cell.previous else None, look)
        sheet.put(place, 7, cell.verdict.change if cell.verdict else None, "signed")
        sheet.put(place, 9, cell.status or "")
    sheet.widths = {0: 40, 1: 12}
    sheet.freeze = (top + 1, 1)
    sheet.repeat = (top, top)
    return [sheet]
