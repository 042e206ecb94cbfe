"""The sheets with mathematics of their own: ledger and uptime in plain formulas, the engine's numbers beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.sheets.attribution import Attribution
from regard.excel.sheets.episodes import Episodes, numbered, recovery
from regard.excel.sheets.etl import Etl
from regard.excel.sheets.figures import figures
from regard.excel.sheets.union import Union, settings
from regard.excel.sheets.uptime import Uptime, worst

if TYPE_CHECKING:
    from regard.excel.book import Book, Sheet
    from regard.excel.material import Material
    from regard.excel.records import Records


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the sheets of the ledger and of uptime of some material."""
    return ledger_sheets(material.records, book)


def ledger_sheets(records: Records, book: Book) -> list[Sheet]:
    """Return the sheets of the ledger and of uptime, where there is anything to show; their names go into the book."""
    sheets: list[Sheet] = []
    lost, seen = records.ledger, records.seen
    if lost is not None:
        etl = None if records.raw is None else Etl(records.raw, lost)
        linked = None if etl is None else etl.linked()
        if etl is not None and linked is not None:
            sheets += etl.sheets
        sheets.append(settings(lost, book))
        union = Union(lost, numbered, linked=linked)
        union.name_levels(book)
        episodes = Episodes(union)
        sheets += [
            figures(union, episodes, book),
            union.sheet,
            episodes.sheet,
            Attribution(union).sheet,
            recovery(episodes),
        ]
    if seen is not None:
        uptime = Uptime(seen, book)
        sheets += [uptime.sheet, worst(uptime, book)]
    return sheets
