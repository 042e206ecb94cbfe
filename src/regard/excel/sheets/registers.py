"""Lists as they are, and two definitions side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Chart, Formula, Range, Series, Sheet, address
from regard.excel.style import of_unit

if TYPE_CHECKING:
    from regard.excel.book import Book
    from regard.excel.material import Material
    from regard.excel.records import Register, Versus

GROUP = "Registers"
VERSUS = "A or B"
CHART_ROWS = 15


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the sheet of definitions side by side and the lists."""
    del book
    pairs = material.records.versus
    return [*([_versus(pairs)] if pairs else []), *(_register(one) for one in material.records.registers)]


def _register(register: Register) -> Sheet:
    sheet = Sheet(name=register.name, title=register.title, purpose=register.purpose, group=GROUP)
    top = sheet.head(back="Cover")
    sheet.line(top, 0, register.heads, "head")
    for row, cells in enumerate(register.rows, top + 1):
        for column, cell in enumerate(cells):
            look = "wrap" if isinstance(cell, str) else "whole" if cell is None or cell == int(cell) else "general"
            sheet.put(row, column, cell, look)
    if not register.rows:
        sheet.put(top + 1, 0, register.empty, "label")
    sheet.widths = dict(enumerate(register.widths))
    sheet.freeze, sheet.repeat = (top + 1, 0), (top, top)
    return sheet


def _versus(pairs: tuple[Versus, ...]) -> Sheet:
    sheet = Sheet(
        name=VERSUS,
        title="A or B: definitions that people take for each other",
        purpose="The same data by two definitions: how far apart they are, and whether they even move together.",
        group="Reports",
        landscape=False,
        tall=False,
    )
    top = sheet.head(back="Cover")
    for pair in pairs:
        look = of_unit(pair.unit)
        sheet.put(top, 0, pair.title, "heading")
        sheet.put(top + 1, 0, "period", "head")
        sheet.line(top + 1, 1, ("A", "B", "B less A", "in %"), "head right")
        sheet.put(top, 6, f"A: {pair.a}   B: {pair.b}", "label")
        for row, (period, (a, b)) in enumerate(zip(pair.periods, pair.values, strict=True), top + 2):
            sheet.put(row, 0, period, "bold")
            sheet.put(row, 1, "" if a is None else a, look)
            sheet.put(row, 2, "" if b is None else b, look)
            first, second = (address(row, column, fixed=False) for column in (1, 2))
            both = a is not None and b is not None
            change = (b or 0) - (a or 0) if both else ""
            sheet.put(row, 3, Formula(f'=IF(OR({first}="",{second}=""),"",{second}-{first})', change), "signed")
            part = 100 * ((b or 0) - (a or 0)) / a if both and a else ""
            sheet.put(
                row,
                4,
                Formula(f'=IFERROR(IF(OR({first}="",{second}=""),"",100*({second}-{first})/{first}),"")', part),
                "points",
            )
        last = top + 1 + len(pair.periods)
        periods = Range(VERSUS, top + 2, 0, last, 0)
        sheet.charts.append(
            Chart(
                kind="line",
                title=pair.title,
                series=[
                    Series(name=f"A: {pair.a}", categories=periods, values=Range(VERSUS, top + 2, 1, last, 1)),
                    Series(
                        name=f"B: {pair.b}", categories=periods, values=Range(VERSUS, top + 2, 2, last, 2), dashed=True
                    ),
                ],
                row=top + 1,
                column=6,
                width=500,
                height=270,
                unit=pair.unit,
            )
        )
        top += 3 + max(len(pair.periods), CHART_ROWS)
    sheet.widths = {0: 14, 1: 14, 2: 14, 3: 14, 4: 10, 5: 3}
    return sheet
