"""A workbook knows what of it may be changed, and which cell was changed that may not (R112, X26)."""

from __future__ import annotations

import shutil

import openpyxl
import pytest

from regard.errors import WorkbookError
from regard.excel import write
from regard.excel.package import Package
from regard.excel.read import read
from regard.excel.recalculate import calculated
from regard.excel.seal import FORM, broken, seal, unsealed
from tests.excel.books import small, written


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Return the small workbook."""
    return written(tmp_path_factory.mktemp("seal"))


def edited(book, folder, **cells):
    """Return a copy edited in another program, which writes every part anew: `sheet__A1=value`."""
    path = folder / "edited.xlsx"
    file = openpyxl.load_workbook(book)
    for name, value in cells.items():
        sheet, _, cell = name.partition("__")
        file[sheet.replace("_", " ")][cell] = value
    file.save(path)
    return path


def found(path):
    """Return the places that are not as they were made."""
    contents = read(path)
    return {one.place: one.what for one in broken(contents, unsealed(contents))}


def test_a_fresh_workbook_is_whole(book):
    """And says which cells may be changed, with all that is known of them."""
    contents = read(book)
    seal = unsealed(contents)
    assert found(book) == {}
    assert seal.inputs == small().inputs


def test_whoever_saves_it_changes_nothing(book, tmp_path):
    """Two other programs write the whole file anew; nothing that it says differs."""
    assert found(edited(book, tmp_path)) == {}
    with calculated(book) as made:
        assert found(shutil.copy(made, tmp_path / "office.xlsx")) == {}


def test_inputs_and_additions_are_free(book, tmp_path):
    """An assumption, a note beside the numbers, a sheet of one's own."""
    path = edited(book, tmp_path, Assumptions__B2=7, Assumptions__B5="phone", Figures__F3="why so low?")
    file = openpyxl.load_workbook(path)
    file.create_sheet("Mine")["A1"] = "=Figures!B2*2"
    file.save(path)
    assert found(path) == {}


@pytest.mark.parametrize(
    ("cell", "value", "place", "what"),
    [
        ("Figures__B2", "=SUMIFS(t_x[up],t_x[month],A2)+1", "Figures!B2", "its formula now reads =SUMIFS"),
        ("Figures__B2", 5, "Figures!B2", "it is no input, and now holds 5"),
        ("Figures__B2", None, "Figures!B2", "taken away"),
        ("The_data__B3", 10, "'The data'!B3", "it is no input, and now holds 10"),
        ("The_data__E4", "mine", "'The data'!E4", "something was written into table t_x"),
        ("The_data__C4", 1, "'The data'!C4", "it is no input, and now holds 1"),
        ("Assumptions__A2", "low from", "Assumptions!A2", "holds 'low from'"),
    ],
)
def test_any_other_change_is_named_by_cell(book, tmp_path, cell, value, place, what):
    """Formula, number, nothing, data, label: exactly the one cell."""
    said = found(edited(book, tmp_path, **{cell: value}))
    assert list(said) == [place]
    assert what in said[place]


def test_names_tables_and_sheets_are_watched(book, tmp_path):
    """A name that stands for another cell, a table with a row more, a sheet that is gone."""
    path = tmp_path / "edited.xlsx"
    file = openpyxl.load_workbook(book)
    file.defined_names["p_from"].attr_text = "Assumptions!$B$3"
    file["The data"].tables["t_x"].ref = "A1:E7"
    file["The data"]["B7"] = 4
    del file["Figures"]
    file.save(path)
    said = found(path)
    assert set(said) == {"name p_from", "table t_x", "sheet 'Figures'", "'The data'!B7"}
    assert said["table t_x"] == "it stood at 'The data'!A1:E6 and now stands at 'The data'!A1:E7"


def test_a_row_pushed_in_is_seen(book, tmp_path):
    """Cells that moved are not where they were."""
    path = tmp_path / "edited.xlsx"
    file = openpyxl.load_workbook(book)
    file["Figures"].insert_rows(2)
    file.save(path)
    assert "Figures!B2" in found(path)


def test_a_workbook_without_a_seal_is_told_apart(tmp_path):
    """Of whatever origin: nobody knows what of it may be changed."""
    openpyxl.Workbook().save(tmp_path / "own.xlsx")
    with pytest.raises(WorkbookError, match="has no hidden sheet _seal"):
        unsealed(read(tmp_path / "own.xlsx"))


def test_a_seal_of_another_form_is_told_apart(book, tmp_path):
    """Or one that somebody edited."""
    package = Package(book)
    part = read(book).pages["_seal"].part
    for was, now, says in (
        (b"<v>%d</v>" % FORM, b"<v>99</v>", "another version"),
        (b'r="A2"', b'r="AA2"', "changed in row 2"),
    ):
        path = tmp_path / "other.xlsx"
        package.rewritten(path, {part: package.read(part).replace(was, now, 1)})
        with pytest.raises(WorkbookError, match=says):
            unsealed(read(path))


def test_digests_of_many_names_survive_the_file(tmp_path):
    """Some digests begin with + or /, which a sheet must not take for a formula."""
    book = small()
    book.names |= {f"n_{i}": f"'Figures'!$B${i + 1}" for i in range(300)}
    book.sheets.append(seal(book))
    write(book, tmp_path / "names.xlsx")
    assert found(tmp_path / "names.xlsx") == {}


def test_a_text_of_no_letters_is_an_empty_cell(tmp_path):
    """In a table too, where some programs keep it and some do not."""
    book = small()
    book.sheet("The data").put(3, 4, "")
    book.sheets.append(seal(book))
    write(book, tmp_path / "empty.xlsx")
    assert found(tmp_path / "empty.xlsx") == {}
