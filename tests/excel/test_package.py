"""The file itself, for readers that cannot be run here: Excel's rules, and two readers that share no code (R112)."""

from __future__ import annotations

import zipfile
from datetime import date, datetime

import openpyxl
import pytest
from python_calamine import CalamineWorkbook

from regard.excel.read import read
from regard.excel.write import write
from tests.excel.ecma import problems

SHEETS = ("Executive", "KPI recommendation", "Interruption", "Assumptions", "Checks")
"""Sheets of every kind, which the slow reader is asked for."""


@pytest.fixture(scope="module")
def path(compiled, tmp_path_factory):
    """The workbook as a file."""
    made = tmp_path_factory.mktemp("package") / "harbor.xlsx"
    write(compiled, made)
    return made


def test_excel_would_open_it_without_repair(path):
    """ECMA-376 and the limits of Excel 2016: names, parts, formulas, lengths, overlaps."""
    assert list(problems(path)) == []


@pytest.mark.parametrize(
    ("part", "was", "now", "said"),
    [
        ("xl/workbook.xml", b'name="Guide"', b'name="Cover"', "two sheets 'cover'"),
        ("xl/workbook.xml", b'name="changes"', b'name="checks_wrong"', "is defined 2 times"),
        ("xl/worksheets/sheet3.xml", b"<f>IFERROR(", b"<f>XLOOKUP(", "function XLOOKUP"),
        ("xl/worksheets/sheet3.xml", b"'Board data'!", b"'Bored data'!", "there is no sheet 'Bored data'"),
        ("xl/worksheets/sheet3.xml", b'ht="27.75"', b'ht="500"', "row 1 is 500 points tall"),
        ("xl/worksheets/sheet3.xml", b'<mergeCell ref="', b'<mergeCell ref="A1:Z99"/><mergeCell ref="', "overlap"),
        ("xl/tables/table1.xml", b' id="1"', b' id="2"', "tables have the id 2"),
    ],
)  # fmt: skip
def test_the_look_sees_what_is_broken(path, tmp_path, part, was, now, said):
    """Each rule that matters, broken in a copy, is named: what finds nothing would find something."""
    broken = tmp_path / "broken.xlsx"
    with zipfile.ZipFile(path) as good, zipfile.ZipFile(broken, "w") as bad:
        for name in good.namelist():
            data = good.read(name)
            if name == part:
                assert was in data
                data = data.replace(was, now, 1)
            bad.writestr(name, data)
    assert any(said in one for one in problems(broken))


def test_two_other_readers_see_the_same(path):
    """One in Rust, one in Python: each value that the file keeps for a cell is what they give."""
    contents = read(path)
    fast = CalamineWorkbook.from_path(str(path))
    assert fast.sheet_names == list(contents.pages)
    slow = openpyxl.load_workbook(path, read_only=True, data_only=True)
    assert slow.sheetnames == list(contents.pages)
    counted = 0
    for name in SHEETS:
        rows = fast.get_sheet_by_name(name).to_python(skip_empty_area=False)
        own = list(slow[name].iter_rows(values_only=True))
        for (row, column), cell in contents.pages[name].cells.items():
            if cell.value in (None, ""):
                continue
            counted += 1
            told = {_plain(rows[row][column]), _plain(own[row][column]), _plain(cell.value)}
            assert len(told) == 1, (name, row, column, told)
    assert counted > 2000


def _plain(value):
    """Return a value as all readers write it: days as serial numbers, numbers as floats."""
    if isinstance(value, date):
        at = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)  # noqa: DTZ001
        return round((at - datetime(1899, 12, 30)).total_seconds() / 86400, 6)  # noqa: DTZ001 - as sheets count
    return round(float(value), 6) if isinstance(value, (int, float)) else value
