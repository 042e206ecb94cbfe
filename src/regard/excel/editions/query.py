"""The edition that refreshes: tables of a workbook that Power Query asks anew from a running server.

The parts that Excel wants (queries, connections, query tables) are written by a library that does so without Excel; the
rows with which the workbook was made are put in afterwards, so that it says something before anybody refreshes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.excel.book import letters
from regard.excel.editions.vba import library
from regard.excel.read import Found, read
from regard.excel.refresh import REF, added
from regard.excel.write import cached_value, safe

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from regard.excel.book import Feed, Value
    from regard.excel.read import Kept


def add_queries(path: Path, feeds: Sequence[Feed]) -> None:
    """Give a workbook its queries, each with a table on an empty sheet, filled with the rows that are known.

    Raises:
        SetupError: the library is not installed.
    """
    office: Any = library()
    with office.PowerQueryWorkbook(path) as book:
        for feed in feeds:
            query = book.add_query(feed.name, feed.query, description=feed.means or None)
            query.load_to_sheet(list(feed.columns), sheet=feed.sheet, table_name=feed.name)
            query.refresh.on_open = False  # nobody's workbook calls a server before they say so
            query.refresh.background = True
        book.save(path)
    contents = read(path)
    changed: dict[str, bytes | None] = {}
    for feed in feeds:
        page, frame = contents.pages[feed.sheet], contents.tables[feed.name.lower()]
        cells = {
            (row, column): (Found(kept), b"")
            for row, values in enumerate(feed.rows, 1)
            for column, value in enumerate(values)
            if (kept := _kept(value)) is not None
        }
        changed[page.part] = added(contents.package.read(page.part), cells)
        ref = f"A1:{letters(len(feed.columns) - 1)}{1 + max(1, len(feed.rows))}"
        changed[frame.part] = REF.sub(rf"\g<1>\g<2>{ref}\g<2>".encode(), contents.package.read(frame.part))
    contents.package.rewritten(path, changed)


def _kept(value: Value) -> Kept:
    """Return a value as a cell of a file has it."""
    if isinstance(value, str):
        return safe(value) or None
    if value is None or isinstance(value, bool):
        return value
    return float(cached_value(value))
