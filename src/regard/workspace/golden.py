"""The golden workbook: worked examples in cells, and the shipped example of five customers from raw rows to figures."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from regard.catalog.examples import examples
from regard.errors import RegardError
from regard.excel import write
from regard.excel.book import Book
from regard.excel.layout import lay_out
from regard.excel.seal import seal
from regard.excel.sheets.examples import example_sheets
from regard.excel.sheets.front import cover_of
from regard.excel.sheets.ledger import ledger_sheets
from regard.workspace.records import gathered
from regard.workspace.workspace import Workspace

if TYPE_CHECKING:
    from regard.excel.records import Records

NAME = "golden"
PLACES = (Path(__file__).parents[1] / "examples", Path(__file__).parents[3] / "examples")
"""Where the examples are: in the package, or in the repository."""
DAY = (date(2025, 3, 10), date(2025, 3, 11))
"""The day of the example."""


def golden(path: Path) -> Path:
    """Write the golden workbook; the example is loaded in a folder of its own that is gone afterwards.

    Raises:
        RegardError: the examples are not installed, or the file cannot be written.
    """
    write(golden_book(), path)
    return path


def golden_book() -> Book:
    """Return the golden workbook.

    Raises:
        RegardError: the examples are not installed.
    """
    records = example_records()
    book = Book(title="Worked examples", comments=f"Made by regard {version('regard')}")
    book.sheets = [*ledger_sheets(records, book), *example_sheets(examples())]
    facts = (
        ("What", "numbers small enough to check by hand, each beside the formula that gives it"),
        ("Five customers", "one day, eight stages of loss, from the raw file to the figures"),
        ("Made by", f"regard {version('regard')}"),
    )
    book.sheets[:0] = cover_of("Worked examples", facts, book)
    for sheet in book.sheets:
        lay_out(sheet)
    book.sheets.append(seal(book))
    return book


def example_records() -> Records:
    """Load the example of five customers and return its rows.

    Raises:
        RegardError: the examples are not installed.
    """
    source = next((place / NAME for place in PLACES if (place / NAME / "regard.toml").is_file()), None)
    if source is None:
        raise RegardError(f"the example '{NAME}' is not installed: it comes with the package, in examples/")
    with tempfile.TemporaryDirectory() as spare:
        root = Path(spare) / NAME
        shutil.copytree(source, root, ignore=shutil.ignore_patterns("lake", "regard.db*"))
        workspace = Workspace.open(root)
        workspace.load()
        return gathered(workspace, span=DAY, named=True)
