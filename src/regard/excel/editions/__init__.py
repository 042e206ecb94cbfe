"""Editions: what a workbook can do beyond its formulas. A new one is a line in `EDITIONS`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.excel.editions.executive import executive
from regard.excel.editions.query import add_queries
from regard.excel.editions.vba import PROJECT, add_functions
from regard.excel.sheets import feed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from regard.excel.book import Book, Sheet
    from regard.excel.material import Material
    from regard.excel.read import Contents


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """A kind of workbook.

    Attributes:
        means: what it can do.
        builders: sheets that it has besides those of every workbook.
        finish: what is done to the file once it is written.
        made: whether a file is of this edition.
    """

    means: str
    builders: tuple[Callable[[Material, Book], list[Sheet]], ...] = ()
    finish: Callable[[Path, Book], None] = lambda _path, _book: None
    made: Callable[[Contents], bool] = lambda _contents: False


EDITIONS: Mapping[str, Edition] = {
    "core": Edition(means="formulas only, which every program runs"),
    "vba": Edition(
        means="with functions for sheets of your own; named .xlsm",
        finish=lambda path, _book: add_functions(path),
        made=lambda contents: PROJECT in contents.package.parts,
    ),
    "query": Edition(
        means="with a table of headline numbers that refreshes from `regard serve`",
        builders=(feed.build,),
        finish=lambda path, book: add_queries(path, book.feeds),
        made=lambda contents: feed.NAME in contents.pages,
    ),
}
"""Edition -> what it is."""

AUDIENCES: Mapping[str, Callable[[Book], Book]] = {"analyst": lambda book: book, "executive": executive}
"""For whom a workbook is -> what of it they get."""
