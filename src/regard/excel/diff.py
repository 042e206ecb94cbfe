"""What differs between two workbooks, as text: inputs, names, tables, formulas, values. One change is one line.

Formulas are compared in their canonical form, so that a file which another program saved differs only where somebody
changed it; a formula that was filled down and changed everywhere is one line for the whole stretch of cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from regard.excel.book import letters
from regard.excel.read import Found, Page, where
from regard.excel.seal import SHEET, told, unsealed
from regard.excel.tokens import canonical, moved
from regard.excel.verify import CLOSE, same

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from regard.excel.read import Contents

At: TypeAlias = tuple[int, int]
INPUT, NAME, TABLE, SHEETS, FORMULA, VALUE = "input", "name", "table", "sheet", "formula", "value"
SORTS = (SHEETS, INPUT, NAME, TABLE, FORMULA, VALUE)
"""What may differ, in the order in which it is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that differs.

    Attributes:
        sort: one of `SORTS`.
        place: where, as people name it.
        was, now: as text; "" where there is nothing.
    """

    sort: str
    place: str
    was: str
    now: str

    def __str__(self) -> str:
        """Read as one line."""
        return f"{self.sort} {self.place}: {self.was or 'nothing'} -> {self.now or 'nothing'}"


def diff(old: Contents, new: Contents, close: float = CLOSE) -> list[Change]:
    """Return what differs between two workbooks, sort by sort and in the order of the sheets."""
    inputs = _inputs(new) | _inputs(old)
    found = [*_named(SHEETS, _sheets(old), _sheets(new)), *_named(NAME, old.names, new.names)]
    found += _named(TABLE, _tables(old), _tables(new))
    for name, page in new.pages.items():
        if name in old.pages and name != SHEET:
            found += _cells(old.pages[name], page, inputs, close)
    return sorted(found, key=lambda one: SORTS.index(one.sort))


def lines(changes: Sequence[Change], most: int) -> Iterator[str]:
    """Yield the changes as text; of each sort at most so many, then how many more there are."""
    for sort in SORTS:
        own = [one for one in changes if one.sort == sort]
        yield from (str(one) for one in own[:most])
        if len(own) > most:
            yield f"{sort}: {len(own) - most:,} more"


def _inputs(contents: Contents) -> dict[tuple[str, At], str]:
    """Return the cells that may be changed, with how people call them."""
    if SHEET not in contents.pages:
        return {}
    return {(one.sheet, (one.row, one.column)): one.label for one in unsealed(contents).inputs}


def _sheets(contents: Contents) -> dict[str, str]:
    # Not every program knows how to hide a sheet so that only a program shows it again.
    shown = {True: "visible", False: "hidden"}
    return {name: shown[page.state == "visible"] for name, page in contents.pages.items() if name != SHEET}


def _tables(contents: Contents) -> dict[str, str]:
    return {
        frame.name: f"{where(frame.sheet, (frame.top, frame.left))}:{letters(frame.right)}{frame.bottom + 1}"
        for frame in contents.tables.values()
    }


def _named(sort: str, old: dict[str, str], new: dict[str, str]) -> Iterator[Change]:
    for name in dict.fromkeys((*old, *new)):
        was, now = old.get(name, ""), new.get(name, "")
        if canonical(was, "") != canonical(now, ""):
            yield Change(sort=sort, place=name, was=was, now=now)


def _cells(old: Page, new: Page, inputs: dict[tuple[str, At], str], close: float) -> Iterator[Change]:
    changed: dict[int, list[tuple[int, Found, Found]]] = {}
    for at in sorted({*old.cells, *new.cells}):
        was, now = old.cells.get(at, Found(None)), new.cells.get(at, Found(None))
        place = where(new.name, at)
        if (new.name, at) in inputs:
            if not same(was.value, now.value, close):
                label = inputs[new.name, at]
                yield Change(
                    sort=INPUT, place=f"{place} ({label})" if label else place, was=told(was.value), now=told(now.value)
                )
        elif was.formula or now.formula:
            if canonical(was.formula, new.name) != canonical(now.formula, new.name):
                changed.setdefault(at[1], []).append((at[0], was, now))
            elif not same(was.value, now.value, close):
                yield Change(sort=VALUE, place=place, was=told(was.value), now=told(now.value))
        elif not same(was.value, now.value, close):
            yield Change(sort=VALUE, place=place, was=told(was.value), now=told(now.value))
    for column, cells in changed.items():
        yield from _stretches(new.name, column, cells)


def _stretches(sheet: str, column: int, cells: list[tuple[int, Found, Found]]) -> Iterator[Change]:
    """Yield changed formulas of a column; what was filled down counts as one."""
    first = 0
    for place in range(1, len(cells) + 1):
        if place < len(cells) and _goes_on(cells[place - 1], cells[place]):
            continue
        (top, was, now), bottom = cells[first], cells[place - 1][0]
        here = where(sheet, (top, column)) + (f":{letters(column)}{bottom + 1}" if bottom > top else "")
        yield Change(sort=FORMULA, place=here, was=_text(was), now=_text(now))
        first = place


def _goes_on(above: tuple[int, Found, Found], below: tuple[int, Found, Found]) -> bool:
    """Return whether the cell below is the one above, filled down, before and after."""
    return below[0] == above[0] + 1 and all(
        bool(a.formula) and moved(a.formula, 1, 0) == b.formula for a, b in zip(above[1:], below[1:], strict=True)
    )


def _text(cell: Found) -> str:
    return f"={cell.formula}" if cell.formula else told(cell.value)
