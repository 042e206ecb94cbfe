"""Worked examples in cells: each number by hand beside the formula that gives it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from regard.excel.book import Condition, Formula, Sheet, address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.catalog.examples import Example

GROUP = "Worked examples"
MENTION = re.compile(r"\{(\w+)(?:@(\d+))?\}")
"""`{name}` is the cells of a line, `{name@2}` the second of them."""
NEWER = re.compile(r"\b(NORM\.S\.INV|NORM\.S\.DIST|PERCENTILE\.INC|T\.INV\.2T)\(")
"""Functions of Excel 2010 and later, which files write with a prefix."""


def example_sheets(examples: Sequence[Example]) -> list[Sheet]:
    """Return a sheet for each example."""
    return [_sheet(example) for example in examples]


def _sheet(example: Example) -> Sheet:
    sheet = Sheet(
        name=example.id, title=f"{example.id}: {example.title}", purpose=example.says, group=GROUP, landscape=False
    )
    top = sheet.head(back="Cover")
    wide = max(len(line.cells) for line in example.lines)
    by_hand, agrees = wide + 1, wide + 2
    sheet.put(top - 1, 0, f"After {example.source}." if example.source else "", "label")
    sheet.line(top, 0, ["", "in cells", *([""] * (wide - 1)), "by hand", "agrees"], "head")
    places = {line.name: (row, len(line.cells)) for row, line in enumerate(example.lines, top + 1)}
    for row, line in enumerate(example.lines, top + 1):
        sheet.put(row, 0, line.label, "" if line.gives is None else "bold")
        for i, cell in enumerate(line.cells):
            if not isinstance(cell, str) or line.gives is None:
                sheet.put(row, 1 + i, cell, "general input")
                continue
            sheet.put(row, 1 + i, Formula(_resolved(cell, places), line.gives[i]), "general bold")
        if line.gives is not None and len(line.gives) == 1:
            sheet.put(row, by_hand, line.gives[0], "general stamped")
            cell, hand = address(row, 1, fixed=False), address(row, by_hand, fixed=False)
            sheet.put(
                row, agrees, Formula(f'=IF(ABS({cell}-{hand})<=0.000000001*MAX(1,ABS({hand})),"yes","NO")', "yes")
            )
    last = top + len(example.lines)
    letter = address(top + 1, agrees, fixed=False)
    sheet.conditions.append(
        Condition(top=top + 1, left=agrees, bottom=last, right=agrees, formula=f'={letter}="NO"', style="alarm")
    )
    sheet.widths = {0: 44, 1: 16, **dict.fromkeys(range(2, wide + 1), 9.0), by_hand: 18, agrees: 9}
    sheet.tall = False
    return sheet


def _resolved(text: str, places: Mapping[str, tuple[int, int]]) -> str:
    """Return a formula with addresses in place of names."""

    def cells(found: re.Match[str]) -> str:
        row, count = places[found[1]]
        if found[2]:
            return address(row, int(found[2]))
        first = address(row, 1)
        return first if count == 1 else f"{first}:{address(row, count)}"

    return NEWER.sub(r"_xlfn.\1(", MENTION.sub(cells, text))
