"""Checks: every metric against what the engine said when the workbook was made, and that nothing broke since."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Condition, Formula, Link, Range, Sheet, address, letters, numeric
from regard.excel.sheets import slicers

if TYPE_CHECKING:
    from regard.excel.book import Book
    from regard.excel.material import Material

NAME = "Checks"
HEADS = ("check", "what", "found", "wrong", "verdict")


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the sheet of checks."""
    sheet = Sheet(
        name=NAME,
        title="Checks",
        purpose="Red is wrong. Figures are compared while slicers stand on All and nothing is changed.",
        group="Control",
        widths={0: 34, 1: 52, 2: 14, 3: 10, 4: 16},
    )
    top = sheet.head(back="Cover")
    total = top
    sheet.line(top + 2, 0, HEADS, "head")
    sheet.freeze, sheet.repeat = (top + 3, 1), (top + 2, top + 2)
    row = first = top + 3
    row = _names(book, sheet, row)
    row = _cubes(material, book, sheet, row)
    row = _metrics(material, book, sheet, row)
    wrong = f"SUM({address(first, 3)}:{address(row - 1, 3)})"
    sheet.put(total, 0, "All checks", "bold")
    everything = sheet.put(total, 3, Formula(f"={wrong}", 0), "bold general")
    sheet.put(total, 4, Formula(f'=IF({everything}=0,"all good","something is wrong")', "all good"), "bold")
    sheet.put(
        total, 1, Formula('=IF(changes>0,changes&" assumptions are changed: their figures are not compared","")', "")
    )
    book.names["checks_wrong"] = str(Range(NAME, total, 3, total, 3))
    for at in (total, *range(first, row)):
        sheet.conditions.append(
            Condition(top=at, left=3, bottom=at, right=4, formula=f"={address(at, 3)}<>0", style="alarm")
        )
    return [sheet]


def _line(sheet: Sheet, row: int, what: tuple[str | Link, str], found: Formula, wrong: str) -> int:
    sheet.put(row, 0, what[0], "link" if isinstance(what[0], Link) else "")
    sheet.put(row, 1, what[1], "label")
    sheet.put(row, 2, found, "general")
    sheet.put(row, 3, Formula(wrong, 0), "general")
    sheet.put(row, 4, Formula(f'=IF(D{row + 1}=0,"good","wrong")', "good"))
    return row + 1


def _to(place: Range, text: str) -> Link:
    return Link(place.sheet, text, address(place.top, 0, fixed=False))


def _names(book: Book, sheet: Sheet, row: int) -> int:
    """Say whether every name of an assumption, policy or slicer still stands for a number or text."""
    for start, words in (("p_", "parameters"), ("w_", "policy values"), ("crit_", "slicers")):
        names = sorted(name for name in book.names if name.startswith(start))
        if not names:
            continue
        for place in range(0, len(names), 40):
            some = names[place : place + 40]
            broken = "+".join(f'IF(ISERROR({name}),1,IF({name}="",1,0))' for name in some)
            row = _line(
                sheet, row, (f"Names of {words}", f"{some[0]} to {some[-1]}: each stands for something"),
                Formula(f"={len(some)}", len(some)), f"={broken}",
            )  # fmt: skip
    return row


def _cubes(material: Material, book: Book, sheet: Sheet, row: int) -> int:
    """Say whether each cube still holds the rows and sums that the engine gave."""
    for made in book.sheets:
        if made.group != "Data" or not made.tables or not made.name.startswith("Cube "):
            continue
        [table] = made.tables
        rows = table.length
        sums = [column for column in table.columns if column.name.startswith("sum ")]
        total = sum(numeric(value) for column in sums for value in column.values)
        text = "+".join(f"SUM({table.name}[{column.name}])" for column in sums)
        row = _line(
            sheet, row, (Link(made.name, made.name), "as many rows and the same sums as the engine gave"),
            Formula(f"=ROWS({table.name}[period])", rows),
            f"=IF(ROWS({table.name}[period])={rows},IF(ABS({text}-{total!r})<=1E-9*MAX(1,{abs(total)!r}),0,1),1)",
        )  # fmt: skip
        # Formulas of a row read that row alone, so another order changes nothing; a gap in the periods would.
        first, last = table.row + 2, table.row + 1 + rows
        column = letters(table.column)
        cells = f"'{made.name}'!${column}${first}:${column}${last}"
        begins = book.places["periods", "begins"]
        row = _line(
            sheet, row, (Link(made.name, f"{made.name}: periods"), "every row stands in a period of this workbook"),
            Formula(f"=COUNT({cells})", rows), f"={rows}-SUMPRODUCT(COUNTIF({cells},{begins}))",
        )  # fmt: skip
    del material
    return row


def _metrics(material: Material, book: Book, sheet: Sheet, row: int) -> int:
    """Compare each metric, in every period, with what the engine said."""
    for metric in material.metrics:
        place, of = book.places["block", metric.id], book.places["difference", metric.id]
        newest = book.places["value", metric.id]
        cell = f"INDEX({newest},{slicers.newest(material) + 1})"
        known = book.sheet(newest.sheet).cells.get((newest.top + slicers.newest(material), newest.left))
        value = known.value.value if known is not None and isinstance(known.value, Formula) else ""
        row = _line(
            sheet, row,
            (_to(place, metric.title), f"{metric.id}: each period is the engine's"),
            Formula(f'=IF({cell}="","",{cell})', value), f'=ROWS({of})-COUNTIF({of},0)-COUNTIF({of},"")',
        )  # fmt: skip
    return row
