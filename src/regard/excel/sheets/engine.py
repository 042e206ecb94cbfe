"""What the engine says: of every metric the whole, and of metrics that do not add up every single slice, as values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Range, Sheet
from regard.excel.sheets import slicers
from regard.excel.style import of_unit

if TYPE_CHECKING:
    from regard.excel.book import Book
    from regard.excel.material import Material
    from regard.plan import AnswerCell

NAME, STAMPED = "Engine", "Stamped"
COLUMNS_A_PAGE = 20
HEADS = (
    "metric",
    "period",
    "value",
    "from",
    "to",
    "n",
    "previous",
    "change",
    "is it real?",
    "status",
    "read with care",
)


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the sheet of the whole and the sheet of slices."""
    return [_whole(material, book), _slices(material, book)]


def whole_cells(material: Material, metric: str) -> dict[str, AnswerCell]:
    """Return period -> the engine's cell of the whole."""
    return {cell.period.label: cell for cell in material.answers[metric].cells if not cell.dims}


def _whole(material: Material, book: Book) -> Sheet:
    sheet = Sheet(
        name=NAME,
        title="What the engine says",
        purpose="Every metric of the whole by period, as of when this workbook was made: what Checks compares with.",
        group="Data",
        widths={0: 34, 1: 12, 8: 22, 9: 18, 10: 24},
        freeze=(5, 2),
        gridlines=True,
        repeat=(4, 4),
    )
    top = sheet.head(back="Cover")
    sheet.line(top, 0, HEADS, "head")
    row = top + 1
    for metric in material.metrics:
        found, look = whole_cells(material, metric.id), of_unit(metric.unit)
        first = row
        for period in material.periods:
            cell = found.get(period.label)
            sheet.put(row, 0, metric.id, "small")
            sheet.put(row, 1, period.label, "as_text")
            if cell is not None:
                estimate, verdict = cell.estimate, cell.verdict
                for column, number in enumerate((estimate.value, estimate.lo, estimate.hi), 2):
                    sheet.put(row, column, number, look)
                sheet.put(row, 5, estimate.n, "whole")
                sheet.put(row, 6, cell.previous.value if cell.previous else None, look)
                sheet.put(row, 7, verdict.change if verdict else None, "signed")
                sheet.put(row, 8, verdict.word if verdict else None)
                sheet.put(row, 9, cell.status)
                sheet.put(row, 10, ", ".join(estimate.flags) or None, "label")
            row += 1
        for key, column in (("value", 2), ("lo", 3), ("hi", 4), ("n", 5), ("verdict", 8), ("flags", 10)):
            book.places[f"engine {key}", metric.id] = Range(NAME, first, column, row - 1, column)
    return sheet


def _slices(material: Material, book: Book) -> Sheet:
    sheet = Sheet(
        name=STAMPED,
        title="Slices of what does not add up",
        purpose=(
            "Medians, distinct customers, and methods cannot be made of sums: their values for the whole "
            "and for each single slice. A combination of slices is blank, never a wrong number."
        ),
        group="Data",
        widths={0: 34, 1: 12},
        freeze=(5, 2),
        gridlines=True,
        repeat=(4, 4),
        across=1 + 2 * sum(len(material.members[dim]) for dim in material.slicers) // COLUMNS_A_PAGE,
    )
    top = sheet.head(back="Cover")
    slices = [(dim, value) for dim in material.slicers for value in material.members[dim]]
    names = [label for dim in material.slicers for label in slicers.labels(material.members[dim])]
    wide = len(slices) + 1
    sheet.line(top, 0, ("metric", "period", "All", *names), "head")
    sheet.line(top, 2 + wide, ("n: All", *(f"n: {name}" for name in names)), "head")
    row = top + 1
    for metric, one in material.lowered.items():
        if not one.why:
            continue
        whole = whole_cells(material, metric)
        cut = {
            (cell.period.label, *cell.dims.items()): cell
            for cell in (material.cuts[metric].cells if metric in material.cuts else ())
        }
        look, first = of_unit(one.metric.unit), row
        for period in material.periods:
            sheet.put(row, 0, metric, "small")
            sheet.put(row, 1, period.label, "as_text")
            found = [whole.get(period.label), *(cut.get((period.label, pair)) for pair in slices)]
            for place, cell in enumerate(found):
                if cell is not None and cell.estimate.value is not None:
                    sheet.put(row, 2 + place, cell.estimate.value, look)
                if cell is not None and cell.estimate.n is not None:
                    sheet.put(row, 2 + wide + place, cell.estimate.n, "whole")
            row += 1
        book.places["slices", metric] = Range(STAMPED, first, 2, row - 1, 1 + wide)
        book.places["slices n", metric] = Range(STAMPED, first, 2 + wide, row - 1, 1 + 2 * wide)
    return sheet


def offsets(material: Material) -> dict[str, int]:
    """Return dimension -> how many slices stand before its own."""
    found, before = {}, 0
    for dim in material.slicers:
        found[dim] = before
        before += len(material.members[dim])
    return found
