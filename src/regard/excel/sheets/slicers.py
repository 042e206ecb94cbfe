"""What is looked at: drop-downs for dimensions and the period, which every calculation and board obeys.

Dimensions stand in the cubes as numbers, since a text as a criterion is read with wildcards and without case.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Formula, Input, Range, Sheet, Validation
from regard.excel.write import safe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.excel.book import Book
    from regard.excel.material import Material

NAME = "Slicers"
ALL, NONE = "All", "(none)"
UNCUT = -1
"""Number of a dimension in the rows that are not cut by it."""
WILD = str.maketrans({"*": "\N{ASTERISK OPERATOR}", "?": "\N{FULLWIDTH QUESTION MARK}", "~": "\N{TILDE OPERATOR}"})
"""Characters that a search in a list reads as wildcards."""
FIRST = 5
"""Row of the first slicer."""
MANY = 4
"""More metrics than these are counted, not named."""
LISTS = 14
"""Column in which the lists begin."""


def labels(found: Sequence[str | None]) -> list[str]:
    """Return what is read for each value, no two alike whatever their case."""
    taken: set[str] = {ALL.casefold()}
    said = []
    for value in found:
        base = NONE if value is None else safe(value).translate(WILD).strip() or "(blank)"
        label, count = base, 1
        while label.casefold() in taken:
            count += 1
            label = f"{base} ({count})"
        taken.add(label.casefold())
        said.append(label)
    return said


def crit(dim: str) -> str:
    """Return the name of the criterion of a dimension."""
    return f"crit_{dim}"


def whole(dim: str) -> str:
    """Return the name of the cell that says whether all values of a dimension are chosen."""
    return f"all_{dim}"


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the sheet of the slicers, with the names and lists that others read."""
    sheet = Sheet(
        name=NAME,
        title="What you look at",
        purpose="Choose a value in one or two yellow cells: boards and calculations follow, or are blank.",
        group="Settings",
        widths={0: 18, 1: 24, 2: 11, 3: 9, 4: 12, 5: 52},
        freeze=(FIRST, 0),
        printed=5,
    )
    sheet.head(back="Cover")
    sheet.line(FIRST - 1, 0, ("slicer", "chosen", "criterion", "all?", "number", "what it cuts"), "head")
    row = FIRST
    for place, dim in enumerate(material.slicers):
        _slicer(material, book, sheet, dim, row, LISTS + place)
        row += 1
    _period(material, book, sheet, row + 1)
    return [sheet]


def _slicer(material: Material, book: Book, sheet: Sheet, dim: str, row: int, at: int) -> None:
    said = labels(material.members[dim])
    sheet.put(FIRST - 1, at, dim, "head")
    for i, label in enumerate([ALL, *said]):
        sheet.put(FIRST + i, at, label)
    listed = Range(NAME, FIRST, at, FIRST + len(said), at)
    known = material.dimensions.get(dim)
    sheet.put(row, 0, known.title if known else dim, "bold")
    chosen = sheet.put(row, 1, ALL, "input")
    sheet.validations.append(
        Validation(
            top=row, left=1, bottom=row, right=1, choices=listed, title=dim, message="Choose one value, or All.",
            error="Choose a value of the list.",
        )
    )  # fmt: skip
    own = f"MATCH({chosen},{listed},0)-2"
    sheet.put(row, 2, Formula(f'=IF({chosen}="{ALL}",{UNCUT},{own})', UNCUT), "label general")
    sheet.put(row, 3, Formula(f'=IF({chosen}="{ALL}",1,0)', 1), "label")
    sheet.put(row, 4, Formula(f'=IF({chosen}="{ALL}",0,{own}+1)', 0), "label")
    book.inputs.append(
        Input(sheet=NAME, row=row, column=1, kind="view", subject=dim, baseline=ALL, options=(ALL, *said), label=dim)
    )
    users = [one.metric.title for one in material.lowered.values() if dim in one.dims]
    shown = f"{len(users)} metrics" if len(users) > MANY else f"only {', '.join(users) or 'numbers that are stamped'}"
    sheet.put(row, 5, shown, "label")
    for name, column in ((f"slicer_{dim}", 1), (crit(dim), 2), (whole(dim), 3), (f"number_{dim}", 4)):
        book.names[name] = str(Range(NAME, row, column, row, column))
    book.places["slicer", dim] = Range(NAME, row, 1, row, 1)
    book.places["slicer values", dim] = listed


def _period(material: Material, book: Book, sheet: Sheet, row: int) -> None:
    """Write the period of the boards, and the list of periods with their lengths."""
    at = LISTS + len(material.slicers) + 1
    sheet.line(FIRST - 1, at, ("period", "begins", "minutes", "running"), "head")
    for i, stretch in enumerate(material.stretches):
        sheet.put(FIRST + i, at, stretch.period.label)
        sheet.put(FIRST + i, at + 1, stretch.period.start, "day")
        sheet.put(FIRST + i, at + 2, stretch.length, "general")
        sheet.put(FIRST + i, at + 3, "still running" if stretch.running else "", "label")
    last = FIRST + max(1, len(material.stretches)) - 1
    listed = Range(NAME, FIRST, at, last, at)
    for key, column in (("period", at), ("begins", at + 1), ("minutes", at + 2)):
        book.places["periods", key] = Range(NAME, FIRST, column, last, column)
    shown = newest(material)
    sheet.put(row, 0, "Period", "bold")
    label = material.stretches[shown].period.label if material.stretches else ""
    chosen = sheet.put(row, 1, label, "input as_text")
    sheet.validations.append(
        Validation(
            top=row, left=1, bottom=row, right=1, choices=listed, title="Period", message="What the boards show.",
            error="Choose a period of the list.",
        )
    )  # fmt: skip
    sheet.put(row, 4, Formula(f"=MATCH({chosen},{listed},0)", shown + 1), "label")
    sheet.put(row, 5, "what the boards show; the calculations show every period", "label")
    book.inputs.append(
        Input(sheet=NAME, row=row, column=1, kind="view", subject="period", baseline=label, label="Period")
    )
    book.names["slicer_period"] = str(Range(NAME, row, 1, row, 1))
    book.names["period_number"] = str(Range(NAME, row, 4, row, 4))
    book.places["slicer", "period"] = Range(NAME, row, 1, row, 1)


def newest(material: Material) -> int:
    """Return the number of the newest period that is over, or of the last where none is."""
    over = [i for i, stretch in enumerate(material.stretches) if not stretch.running]
    return over[-1] if over else max(0, len(material.stretches) - 1)
