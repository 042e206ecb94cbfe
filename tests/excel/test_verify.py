"""A recalculation that owes nothing to the engine finds every formula that does not give what its file says (R112)."""

from __future__ import annotations

import re

import openpyxl
import pytest

from regard.errors import SetupError
from regard.excel.diff import diff, lines
from regard.excel.package import Package
from regard.excel.read import read
from regard.excel.recalculate import POISON, poisoned
from regard.excel.verify import unresolved, verify
from tests.excel.books import written


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Return the small workbook."""
    return written(tmp_path_factory.mktemp("verify"))


def test_a_sound_workbook_agrees(book):
    """All formulas, calculated anew by another program."""
    found = verify(book)
    assert found.good
    assert found.formulas == 16
    assert found.edited == []


def test_the_poison_reaches_every_formula(book, tmp_path):
    """So that no value which was not calculated can pass; what is no formula stays."""
    path = tmp_path / "poisoned.xlsx"
    poisoned(book, path)
    was, now = read(book), read(path)
    assert {cell.value for _, _, cell in now.formulas()} == {POISON}
    assert [(page.name, at, cell.formula) for page, at, cell in now.formulas()] == [
        (page.name, at, cell.formula) for page, at, cell in was.formulas()
    ]
    plain = {at: cell for at, cell in was.pages["Assumptions"].cells.items() if not cell.formula}
    assert {at: now.pages["Assumptions"].cells[at] for at in plain} == plain
    assert verify(path).differences  # the file now says what nobody calculates


def test_a_wrong_value_an_error_and_a_lost_name_are_found(book, tmp_path):
    """Each by its cell: the negative control of the parity tests."""
    package = Package(book)
    contents = read(book)
    figures, data = contents.pages["Figures"].part, contents.pages["The data"].part
    path = tmp_path / "wrong.xlsx"
    package.rewritten(
        path,
        {
            figures: package.read(figures)
            .replace(b"A2)</f><v>1</v>", b"A2)</f><v>1.0000001</v>", 1)
            .replace(b"p_target", b"p_gone"),
            data: package.read(data).replace(b"D2+", b"D2/0+", 1),
        },
    )
    found = verify(path)
    assert [str(one) for one in found.differences] == [
        "Figures!B2: the file says 1.0000001, calculated 1  =SUMIFS(t_x[up],t_x[month],A2)"
    ]
    assert {one.place for one in found.errors} == {"Figures!B9", *(f"'The data'!D{row}" for row in range(3, 7))}
    assert found.unresolved == [("Figures!B9", "no name 'p_gone'")]
    assert not found.good


def test_edited_inputs_are_said(book, tmp_path):
    """A file whose assumptions were changed says so, since then its values are not the engine's."""
    file = openpyxl.load_workbook(book)
    file["Assumptions"]["B2"] = 8
    file.save(tmp_path / "edited.xlsx")
    assert verify(tmp_path / "edited.xlsx").edited == ["high from"]


def test_what_names_nothing(tmp_path):
    """Sheets, names, columns of tables, other files, deleted cells."""
    file = openpyxl.Workbook()
    sheet = file.active
    for row, text in enumerate(["Gone!A1", "p_gone+1", "t_gone[a]", "[1]Other!A1", "#REF!+1", "SUM(A1)", "TRUE"], 1):
        sheet[f"B{row}"] = f"={text}"
    file.save(tmp_path / "lost.xlsx")
    assert dict(unresolved(read(tmp_path / "lost.xlsx"))) == {
        "Sheet!B1": "no sheet 'Gone'",
        "Sheet!B2": "no name 'p_gone'",
        "Sheet!B3": "no table column 't_gone[a]'",
        "Sheet!B4": "another file: [1]Other!",
        "Sheet!B5": "a cell that was deleted (#REF!)",
    }


def test_without_libreoffice_it_says_how_to_install_it(book, monkeypatch):
    """No traceback, no wrong answer."""
    monkeypatch.setenv("REGARD_SOFFICE", "no-such-office")
    with pytest.raises(SetupError, match=r"apt-get install --no-install-recommends libreoffice-calc-nogui"):
        verify(book)


# -- diff --------------------------------------------------------------------------------------------------------------


def test_one_changed_formula_is_one_line(book, tmp_path):
    """R115's own check; saving in another program alone is none."""
    path = tmp_path / "new.xlsx"
    file = openpyxl.load_workbook(book)
    file["Figures"]["B3"] = "=SUMIFS(t_x[up],t_x[month],A3)*2"
    file.save(path)
    changes = [one for one in diff(read(book), read(path)) if one.sort != "value"]
    assert [str(one) for one in changes] == [
        "formula Figures!B3: =SUMIFS(t_x[up],t_x[month],A3) -> =SUMIFS(t_x[up],t_x[month],A3)*2"
    ]


def test_a_formula_filled_down_is_one_line(book, tmp_path):
    """As a person sees it: one change, over a stretch of cells."""
    path = tmp_path / "new.xlsx"
    file = openpyxl.load_workbook(book)
    for row in range(3, 7):
        file["The data"][f"D{row}"] = f"=2*D{row - 1}"
    file.save(path)
    changes = [one for one in diff(read(book), read(path)) if one.sort == "formula"]
    assert [one.place for one in changes] == ["'The data'!D3:D6"]


def test_inputs_come_first_and_values_last(book, tmp_path):
    """What a reviewer looks for; long lists are cut and say so."""
    other = written(tmp_path, scores=(9, 6, 10, 3, 9), since=8.0)
    told = list(lines(diff(read(book), read(other)), most=2))
    assert told[0] == "input Assumptions!B2 (high from): 9 -> 8"
    assert told[-1] == "value: 4 more"
    assert diff(read(book), read(book)) == []
    assert all(re.match(r"(input|value)", line) for line in told)
