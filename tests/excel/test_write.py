"""A book as a file: read back by another library."""

from __future__ import annotations

import zipfile
from datetime import date

import openpyxl
import pytest

from regard.errors import RegardError
from regard.excel import Book, Column, Formula, Link, Range, Series, Sheet, Sparkline, Table, Validation, write
from regard.excel.book import Chart, Condition, address, letters, sheet_name


def book() -> Book:
    """A small book with one of everything."""
    sheet = Sheet(name="Some sheet", title="A title", purpose="What it is for.")
    top = sheet.head()
    sheet.put(top, 0, 1.5, "number")
    sheet.put(top, 1, "=1+1", note="as data have it")
    sheet.put(top, 2, date(2026, 3, 31), "day")
    sheet.put(top, 3, Formula("=A5*2", 3.0))
    sheet.put(top, 4, Link("Data", "to the data"))
    sheet.put(top, 5, True)
    data = Sheet(name="Data", gridlines=True)
    data.tables.append(
        Table(
            name="t_data",
            columns=[
                Column(name="score", values=[9, 4, None]),
                Column(name="above 6", values=[1, 0, 0], formula="=IF({this}[score]>6,1,0)"),
                Column(name="running", values=[9, 13, 13], formula="=C{above}+A{row}", first="=A{row}"),
            ],
        )
    )
    sheet.sparklines.append(Sparkline(row=top, column=6, of=Range("Data", 1, 0, 3, 0)))
    sheet.validations.append(Validation(top=top, left=0, bottom=top, right=0, lo=0, hi=10, error="0 to 10"))
    sheet.conditions.append(Condition(top=top, left=0, bottom=top, right=0, formula="=A5>1", style="bad"))
    sheet.charts.append(
        Chart(
            kind="line",
            title="Scores",
            series=[Series(name="score", categories=Range("Data", 1, 0, 3, 0), values=Range("Data", 1, 1, 3, 1))],
            row=top + 2,
            column=0,
        )
    )
    return Book(title="Test", sheets=[sheet, data], names={"p_from": "'Some sheet'!$A$5"})


@pytest.mark.parametrize("value", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_text_that_could_run_is_neutralised(tmp_path, value):
    """An apostrophe stands before it, and unprintable characters are gone (CWE-1236)."""
    sheet = Sheet(name="One")
    sheet.put(0, 0, value)
    sheet.put(1, 0, "bell\x07 and \x00null")
    write(Book(title="x", sheets=[sheet]), tmp_path / "x.xlsx")
    read = openpyxl.load_workbook(tmp_path / "x.xlsx")["One"]
    assert read["A1"].data_type == "s"
    assert read["A1"].value.replace("_x000D_", "\r") == f"'{value}"
    assert read["A2"].value == "bell and null"


def test_formulas_carry_the_value_of_the_engine_unless_poisoned(tmp_path):
    """Protected View shows cached values; a parity build must not be able to pass on them."""
    for poison, expected in ((False, [3.0, 1, 9, 13]), (True, [0, 0, 0, 0])):
        write(book(), tmp_path / "x.xlsx", poison=poison)
        read = openpyxl.load_workbook(tmp_path / "x.xlsx", data_only=True)
        data = read["Data"]
        assert [read["Some sheet"]["D5"].value, data["B2"].value, data["C2"].value, data["C3"].value] == expected


def test_table_formulas_name_their_table_in_full(tmp_path):
    """The short `[@column]` is no valid file syntax."""
    write(book(), tmp_path / "x.xlsx")
    read = openpyxl.load_workbook(tmp_path / "x.xlsx")["Data"]
    assert read["B3"].value == "=IF(t_data[[#This Row],[score]]>6,1,0)"
    assert [read["C2"].value, read["C3"].value] == ["=A2", "=C2+A3"]
    with zipfile.ZipFile(tmp_path / "x.xlsx") as parts:
        assert b"[[#This Row],[score]]" in parts.read("xl/tables/table1.xml")


def test_the_same_book_is_the_same_file(tmp_path):
    """To the byte, so that it can be compared."""
    for name in ("a", "b"):
        write(book(), tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_a_sheet_that_holds_too_much_is_refused_before_anything_is_written(tmp_path):
    """With what would fit instead."""
    sheet = Sheet(name="One")
    sheet.put(1_048_576, 0, 1)
    with pytest.raises(RegardError, match=r"'One' would have 1,048,577 rows"):
        write(Book(title="x", sheets=[sheet]), tmp_path / "x.xlsx")
    assert not (tmp_path / "x.xlsx").exists()


def test_addresses_and_names():
    """As Excel counts and allows."""
    assert [letters(i) for i in (0, 25, 26, 701, 702)] == ["A", "Z", "AA", "ZZ", "AAA"]
    assert address(4, 1, sheet="It's") == "'It''s'!$B$5"
    assert sheet_name("a/b: " + "x" * 40) == "a b  " + "x" * 26
    assert sheet_name("Data", ["data"]) == "Data 2"
