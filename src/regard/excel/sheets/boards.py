"""A board for each family: every metric of the chosen period with its change, target, trend and what it rests on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.catalog.boards import family as known_as
from regard.excel.book import Condition, Formula, Link, Sheet, Sparkline, address
from regard.excel.sheets import policies, slicers
from regard.excel.style import of_unit

if TYPE_CHECKING:
    from regard.excel.book import Book, Value
    from regard.excel.material import Material
    from regard.model import Metric

HEADS = ("metric", "value", "unit", "change", "trend", "from", "to", "n", "target", "", "status", "is it real?", "how")
VALUE, UNIT, CHANGE, TREND, LO, HI, N, FROM, TO, STATUS, REAL, HOW = range(1, 13)
HOW_TO_READ = (
    "One line for each metric, for the chosen period and slices. The trend shows every period; from and to are the "
    "ends of the 95 % interval; live follows slicers and assumptions, stamped is the engine's number."
)
SHOWN = {
    VALUE: "value",
    CHANGE: "change",
    LO: "lo",
    HI: "hi",
    N: "n",
    FROM: "target lo",
    TO: "target hi",
    STATUS: "status",
}


def sheet_of(family: str) -> str:
    """Return the name of the board of a family."""
    return known_as(family).title


def build(material: Material, book: Book) -> list[Sheet]:
    """Return one board for each family."""
    return [_board(material, book, family) for family in material.families]


def _board(material: Material, book: Book, family: str) -> Sheet:
    sheet = Sheet(
        name=sheet_of(family),
        title=known_as(family).title,
        purpose=known_as(family).answers,
        group="Boards",
        widths={0: 40, VALUE: 12, UNIT: 17, CHANGE: 10, TREND: 18, LO: 10, HI: 10, N: 10, FROM: 9, TO: 9, STATUS: 16,
                REAL: 20, HOW: 10},
    )  # fmt: skip
    top = sheet.head(back="Cover")
    sheet.put(top, 0, HOW_TO_READ, "label")
    top += 2
    looked(material, book, sheet, top - 4, VALUE)
    sheet.line(top, 0, HEADS, "head")
    sheet.freeze, sheet.repeat = (top + 1, 1), (top, top)
    row = top + 1
    for metric in material.metrics:
        if metric.family == family:
            line(material, book, sheet, metric, row)
            row += 1
    for text, style in (("met", "good"), ("missed", "bad"), ("too close to call", "unsure")):
        sheet.conditions.append(
            Condition(
                top=top + 1, left=STATUS, bottom=row, right=STATUS,
                formula=f'={address(top + 1, STATUS, fixed=False)}="{text}"', style=style,
            )
        )  # fmt: skip
    return sheet


def looked(material: Material, book: Book, sheet: Sheet, row: int, column: int) -> None:
    """Say which period and slices a sheet shows, and link to where they are chosen."""
    del book
    parts = [f'"{dim}: "&slicer_{dim}' for dim in material.base_slicers]
    shown = slicers.newest(material)
    label = material.stretches[shown].period.label if material.stretches else ""
    text = '="Period "&slicer_period&" \N{MIDDLE DOT} "&' + '&" \N{MIDDLE DOT} "&'.join(parts)
    value = f"Period {label} \N{MIDDLE DOT} " + " \N{MIDDLE DOT} ".join(f"{dim}: All" for dim in material.base_slicers)
    sheet.put(row, column, Formula(text, value), "bold")
    sheet.put(row + 1, column, Link(slicers.NAME, "choose another period or slice"), "link")


def line(material: Material, book: Book, sheet: Sheet, metric: Metric, row: int) -> None:
    """Write the line of a metric on a board."""
    place = book.places["block", metric.id]
    look = of_unit(metric.unit)
    sheet.put(row, 0, Link(place.sheet, metric.title, address(place.top, 0, fixed=False)), "link")
    sheet.put(row, UNIT, metric.unit, "label")
    styles = {VALUE: f"bold {look}", CHANGE: "signed", N: "whole", STATUS: ""}
    for column, key in SHOWN.items():
        sheet.put(row, column, picked(material, book, key, metric.id), styles.get(column, f"label {look}"))
    sheet.put(row, REAL, picked(material, book, "engine verdict", metric.id), "label")
    sheet.put(row, HOW, policies.STAMPED if material.lowered[metric.id].why else policies.LIVE, "label")
    sheet.heights[row] = 20
    sheet.sparklines.append(Sparkline(row=row, column=TREND, of=book.places["value", metric.id]))


def picked(material: Material, book: Book, key: str, metric: str) -> Formula:
    """Return the formula that picks the chosen period from the cells of a metric."""
    of = book.places[key, metric]
    found = f"INDEX({of},period_number)"
    sheet = book.sheet(of.sheet)
    cell = sheet.cells.get((of.top + slicers.newest(material), of.left))
    value: Value = ""
    if cell is not None:
        inner = cell.value.value if isinstance(cell.value, Formula) else cell.value
        value = "" if isinstance(inner, Link) else inner
    return Formula(f'=IF({found}="","",{found})', "" if value is None else value)
