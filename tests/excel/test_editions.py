"""What an executive gets: few sheets, no rows, the same numbers, nothing that leads nowhere (R112)."""

from __future__ import annotations

import pytest

from regard.excel import Chart, Formula, Link, Range, Series, Sparkline, write
from regard.excel.editions import AUDIENCES, EDITIONS
from regard.excel.read import read
from regard.excel.seal import broken, seal, unsealed
from regard.excel.verify import unresolved, verify
from tests.excel.books import small


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Write the small workbook for an executive: its figures are a report, with a chart of other sheets' cells."""
    book = small()
    figures = book.sheet("Figures")
    figures.group = "Reports"
    figures.put(12, 0, Link("The data", "rows"))
    figures.put(12, 1, Link("The data", "\N{LEFTWARDS ARROW} back"))
    figures.put(13, 0, Formula("=B2+B3", 2))
    other = Range("The data", 1, 1, 5, 1)
    own = Range("Figures", 1, 1, 2, 1)
    series = [Series(name="scores", categories=other, values=other), Series(name="high", categories=own, values=own)]
    figures.charts.append(Chart(kind="line", title="Scores", series=series, row=15, column=0))
    figures.sparklines.append(Sparkline(row=14, column=0, of=other))
    path = tmp_path_factory.mktemp("short") / "board.xlsx"
    made = AUDIENCES["executive"](book)
    write(made, path)
    return made, read(path)


def test_few_sheets_and_no_rows(short):
    """The report and what its chart draws; neither tables nor inputs nor names of what is gone."""
    _, found = short
    assert list(found.pages) == ["Figures", "_numbers"]
    assert found.pages["_numbers"].state == "hidden"
    assert found.tables == {}
    assert [name for name in found.names if not name.endswith("!_xlnm.Print_Area")] == []
    assert list(unresolved(found)) == []
    assert verify(found.package.path).good


def test_numbers_are_the_same(short):
    """What read from elsewhere is the number it gave; what reads from the sheet itself stays a formula."""
    _, found = short
    cells = found.pages["Figures"].cells
    assert [cells[row, column].value for row in (1, 2) for column in (1, 2)] == [1, 50, 1, pytest.approx(100 / 3)]
    assert not cells[1, 1].formula
    assert (cells[13, 0].formula, cells[13, 0].value) == ("B2+B3", 2)
    assert cells[8, 1].value == "missed"


def test_charts_draw_the_same_numbers(short):
    """From a hidden sheet where their own is gone; links to what is gone are texts, links back are none."""
    made, found = short
    [chart] = made.sheet("Figures").charts
    assert str(chart.series[0].values) == "'_numbers'!$A$1:$A$5"
    assert str(chart.series[1].values) == "'Figures'!$B$2:$B$3"
    assert [found.pages["_numbers"].cells[row, 0].value for row in range(5)] == [9, 6, 10, 3, 8]
    assert made.sheet("Figures").sparklines[0].of.sheet == "_numbers"
    assert found.pages["Figures"].cells[12, 0].value == "rows"
    assert (12, 1) not in found.pages["Figures"].cells


def test_an_analyst_gets_everything():
    """And each edition says what it can do."""
    book = small()
    assert AUDIENCES["analyst"](book) is book
    assert all(edition.means for edition in EDITIONS.values())


def test_editions_are_told_from_files(tmp_path):
    """A refresh makes the fresh workbook of the edition that the file is of."""
    book = small()
    book.sheets.append(seal(book))
    plain = tmp_path / "a.xlsx"
    write(book, plain)
    macros = tmp_path / "a.xlsm"
    write(book, macros)
    EDITIONS["vba"].finish(macros, book)
    for path, edition in ((plain, None), (macros, "vba")):
        contents = read(path)
        assert next((name for name, one in EDITIONS.items() if one.made(contents)), None) == edition
        assert broken(contents, unsealed(contents)) == []
