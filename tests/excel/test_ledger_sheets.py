"""The ledger in plain formulas, recalculated by LibreOffice and held to the engine and to numbers worked by hand."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from regard.excel.book import Book, Cell
from regard.excel.sheets.ledger import ledger_sheets
from regard.workspace import Workspace
from regard.workspace.records import gathered
from tests.excel.recalculation import differing, named, recalculate

GOLDEN = Path(__file__).parents[2] / "examples" / "golden"
DAY = (date(2025, 3, 10), date(2025, 3, 11))


def near(value):
    """Return a number up to rounding."""
    return pytest.approx(value, rel=1e-9)


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """The shipped example of five customers, loaded."""
    root = tmp_path_factory.mktemp("golden") / "golden"
    shutil.copytree(GOLDEN, root)
    opened = Workspace.open(root)
    opened.load(limit=0)
    return opened


@pytest.fixture(scope="module")
def records(workspace):
    """Its rows of one day."""
    return gathered(workspace, span=DAY, named=True)


def book_of(records, **settings):
    """Return the ledger's sheets as a book, some settings changed."""
    book = Book(title="ledger")
    book.sheets = ledger_sheets(records, book)
    for name, value in settings.items():
        place = book.names[name].rsplit("!", 1)[1].replace("$", " ").split()
        sheet = book.sheet("Ledger settings")
        at = (int(place[1]) - 1, ord(place[0]) - ord("A"))
        sheet.cells[at] = Cell(value, sheet.cells[at].style)
    return book


@pytest.fixture(scope="module")
def calculated(records, tmp_path_factory):
    """The book and what LibreOffice makes of it."""
    book = book_of(records)
    return book, recalculate(book, tmp_path_factory.mktemp("book") / "ledger.xlsx")


def test_every_formula_gives_what_it_is_said_to_give(calculated):
    """Each formula of the ledger and of uptime, recalculated, equals its twin in Python."""
    book, contents = calculated
    assert differing(book, contents) == []


def test_g1_the_nine_numbers_in_cells(calculated):
    """G1, G26, R001 to R014: minutes, index and its range, planned, frequency, durations, scope, availability."""
    _, contents = calculated
    by_hand = {
        "minutes": 213,
        "index": 158,
        "index_lo": 113,
        "index_hi": 213,
        "planned": 60,
        "critical": 478,
        "frequency": 3 / 5,
        "momentary": 1 / 5,
        "duration": 70,
        "sustained_per_customer": 42,
        "per_customer": 42.6,
        "affected": 4,
        "affected_share": 80,
        "sustained_share": 60,
        "long_share": 40,
        "availability": 100 * 0.9704166666666667,
    }
    assert {key: named(contents, f"f_{key}") for key in by_hand} == {key: near(x) for key, x in by_hand.items()}


def test_g1_cells_and_engine_agree(calculated):
    """R049: no figure, customer or incident differs from the engine, and the rows are in order."""
    book, _ = calculated
    for sheet, table in ((s, t) for s in book.sheets for t in s.tables):
        for column in table.columns:
            if column.name == "differs":
                assert list(column.values) == [0] * table.length, sheet.name
    figures = book.sheet("Ledger figures")
    differences = [
        cell.value.value for (_, column), cell in figures.cells.items() if column == 3 and cell.style == "signed"
    ]
    assert len(differences) == 16
    assert differences == [near(0)] * 16


def test_g1_attribution_in_cells(calculated):
    """G1, K05: 116.667, 38.333 and 3 of 158 by incident."""
    book, contents = calculated
    sheet, table = book.table("t_by_incident")
    cells = contents.pages[sheet.name].cells
    shown = {cells[table.row + i, 0].value: cells[table.row + i, 2].value for i in (1, 2, 3)}
    assert shown == {"I1": near(116 + 2 / 3), "I2": near(38 + 1 / 3), "I4": near(3)}


@pytest.mark.parametrize(
    ("settings", "options", "figures"),
    [
        ({"l_gap": 0}, {"K10": "none"}, ("frequency", "duration", "momentary")),
        (
            {"l_limit": 3, "l_at_limit": "sustained"},
            {"K09": "3_min"},
            ("frequency", "duration", "sustained_per_customer"),
        ),
    ],
)
def test_a_changed_setting_gives_what_the_engine_gives_with_that_option(
    workspace, records, tmp_path, settings, options, figures
):
    """K09, K10: the formulas follow a setting to the number of the engine with the option that says the same."""
    from regard.catalog.boards import boards

    contents = recalculate(book_of(records, **settings), tmp_path / "changed.xlsx")
    for figure in figures:
        [answer] = workspace.ask(
            boards().ledger[figure], grain="all", start=DAY[0], end=DAY[1], options=options, compare=""
        )
        assert named(contents, f"f_{figure}") == near(answer.cells[0].estimate.value), figure


def test_equal_shares_in_cells(workspace, records, tmp_path):
    """K05: shared equally, the parts are the engine's with that option."""
    book = book_of(records, l_sharing="equal")
    contents = recalculate(book, tmp_path / "equal.xlsx")
    sheet, table = book.table("t_by_incident")
    cells = contents.pages[sheet.name].cells
    [answer] = workspace.ask(
        "cml", by=["incident"], grain="all", start=DAY[0], end=DAY[1], options={"K05": "equal"}, compare=""
    )
    engine = {cell.dims["incident"]: cell.estimate.value for cell in answer.cells}
    shown = {cells[table.row + i, 0].value: cells[table.row + i, 1].value for i in (1, 2, 3)}
    assert shown == {name: near(value) for name, value in engine.items() if value}


def test_rows_out_of_order_are_told(records, tmp_path):
    """Two rows of a customer that stand the wrong way round are counted by the check of the order."""
    lost = records.ledger
    first, second, *rest = lost.stages
    wrong = replace(records, seen=None, ledger=replace(lost, stages=(second, first, *rest)))
    book = book_of(wrong)
    contents = recalculate(book, tmp_path / "wrong.xlsx")
    sheet = book.sheet("Union")
    [row] = [row for (row, _), cell in sheet.cells.items() if cell.value == "Rows out of order (must be 0)"]
    assert contents.pages["Union"].cells[row, 1].value == 1
