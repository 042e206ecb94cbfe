"""A workbook that comes back is read without trust (R112, R115): what is hostile or broken is refused by name."""

from __future__ import annotations

import zipfile

import openpyxl
import pytest

from regard.errors import WorkbookError
from regard.excel.package import WORKBOOK, Limits, Package
from regard.excel.read import Failure, cells_of, read
from regard.excel.tokens import canonical, moved, tokens
from tests.excel.books import written

SHEET = "xl/worksheets/sheet1.xml"


@pytest.fixture(scope="session")
def book(tmp_path_factory):
    """Return the small workbook."""
    return written(tmp_path_factory.mktemp("read"))


def changed(book, folder, part, change):
    """Return a copy in which one part is another one."""
    path = folder / "changed.xlsx"
    package = Package(book)
    package.rewritten(path, {part: change(package.read(part))})
    return path


def test_what_is_read_is_what_was_written(book):
    """Values, formulas, names, tables; texts that begin like formulas stay texts."""
    found = read(book)
    assert list(found.pages) == ["Assumptions", "The data", "Figures", "_seal"]
    assert found.pages["_seal"].state == "veryHidden"
    assert found.pages["Assumptions"].cells[1, 1].value == 9
    data = found.pages["The data"].cells
    assert (data[1, 2].formula, data[1, 2].value) == ("IF(t_x[[#This Row],[score]]>=p_from,1,0)", 1)
    assert data[1, 4].value == "'=cmd|'/c calc'!A1"
    assert not data[1, 4].formula
    assert data[2, 4].value == "Ünï\ncode"
    assert found.names["p_from"] == "'Assumptions'!$B$2"
    assert found.tables["t_x"].columns == ("month", "score", "up", "so far", "said")


def test_another_writer_is_read_too(tmp_path):
    """What another library writes: true and false, errors, dates, texts in the cell, several looks in one text."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "It's 2"
    for row in ([True, "#DIV/0!", 1.5], ["_x000D_", " blank ", None], ["=A1+1", None, "=1/0"]):
        sheet.append(row)
    book.save(tmp_path / "other.xlsx")
    cells = read(tmp_path / "other.xlsx").pages["It's 2"].cells
    assert cells[0, 0].value is True
    assert cells[0, 1].value == Failure("#DIV/0!")
    assert cells[1, 1].value == " blank "
    assert cells[2, 2].formula == "1/0"
    assert (1, 2) not in cells


def test_shared_formulas_are_filled_in(book, tmp_path):
    """Excel writes a formula that was filled down once; each cell has its own."""
    part = Package(book).read(SHEET).decode()
    start = part.index("<sheetData>")
    end = part.index("</sheetData>")
    rows = "".join(
        f'<row r="{row}"><c r="B{row}"><f t="shared" {"ref=" + chr(34) + "B1:B3" + chr(34) if row == 1 else ""} '
        f'si="0">{"A1+$A$1*2" if row == 1 else ""}</f><v>{row}</v></c></row>'
        for row in (1, 2, 3)
    )
    path = changed(book, tmp_path, SHEET, lambda _: (part[: start + 11] + rows + part[end:]).encode())
    cells = read(path).pages["Assumptions"].cells
    assert [cells[row, 1].formula for row in range(3)] == ["A1+$A$1*2", "A2+$A$1*2", "A3+$A$1*2"]


def bomb(folder):
    """Return a workbook with a part that unpacks to a thousand times its size."""
    path = folder / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(WORKBOOK, b" " * (8 << 20))
    return path


def twice(folder):
    """Return a file with two parts of one name."""
    path = folder / "twice.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr(WORKBOOK, "<workbook/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr(WORKBOOK, "<workbook/>")
    return path


def bare(name, content):
    """Return what writes a file of some bytes."""

    def write(folder):
        path = folder / name
        path.write_bytes(content)
        return path

    return write


def word(folder):
    """Return a document of another program."""
    path = folder / "letter.xlsx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("word/document.xml", "<document/>")
    return path


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (bomb, "would unpack to"),
        (twice, "two parts called"),
        (word, "a Word or PowerPoint file"),
        (bare("a.xlsx", b"not a zip"), "no readable workbook"),
        (bare("a.xlsx", b""), "no readable workbook"),
        (bare("a.xlsx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 512), "password"),
        (lambda folder: folder / "nowhere.xlsx", "cannot be read"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path, make, says):
    """Each by its reason, before anything is unpacked."""
    with pytest.raises(WorkbookError, match=says):
        read(make(tmp_path))


BILLION = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'


@pytest.mark.parametrize("declared", [BILLION, OUTSIDE])
@pytest.mark.parametrize("part", [WORKBOOK, SHEET, "xl/sharedStrings.xml", "xl/tables/table1.xml"])
def test_no_part_may_declare_entities(book, tmp_path, declared, part):
    """Neither those that grow nor those that read files."""
    path = changed(book, tmp_path, part, lambda data: data.replace(b"?>", b"?>" + declared, 1))
    with pytest.raises(WorkbookError, match=f"{part} declares a document type"):
        read(path)


@pytest.mark.parametrize(
    ("part", "was", "now", "says"),
    [
        (SHEET, b'r="B2"', b'r="ZZZZ2"', "a cell called 'ZZZZ2'"),
        (SHEET, b'r="B2"', b'r="A9999999"', "a cell called 'A9999999'"),
        (SHEET, b"<v>9</v>", b"<v>nine</v>", r"Assumptions!B2 holds 'nine'"),
        (SHEET, b"</sheetData>", b"", "is damaged"),
        (WORKBOOK, b'r:id="rId1"', b'r:id="rId77"', "sheet 'Assumptions' has no part"),
        ("xl/tables/table1.xml", b'ref="A1:E6"', b'ref="nowhere"', "table 't_x' stands at 'nowhere'"),
        ("xl/sharedStrings.xml", b"<si>", b"<sj>", "is damaged"),
    ],
)
def test_damage_is_named(book, tmp_path, part, was, now, says):
    """The part, and the cell where there is one."""
    path = changed(book, tmp_path, part, lambda data: data.replace(was, now))
    with pytest.raises(WorkbookError, match=says):
        read(path)


def test_sizes_are_bounded(book):
    """Bytes, parts and cells."""
    for limits, says in (
        (Limits(file=1000), "MiB"),
        (Limits(parts=3), "parts"),
        (Limits(unpacked=1000), "unpack"),
        (Limits(cells=10), "more cells"),
    ):
        with pytest.raises(WorkbookError, match=says):
            read(book, limits)


def test_a_cut_file_is_damaged(book, tmp_path):
    """A download that stopped."""
    path = tmp_path / "cut.xlsx"
    path.write_bytes(book.read_bytes()[:-400])
    with pytest.raises(WorkbookError, match="no readable workbook"):
        read(path)


def test_parts_that_nobody_changes_keep_their_bytes(book, tmp_path):
    """A copy with one part changed differs in that part alone; one may come, one may go."""
    path = tmp_path / "copy.xlsx"
    package = Package(book)
    package.rewritten(path, {"docProps/core.xml": b"<x/>", "docProps/app.xml": None, "custom/note.xml": b"<y/>"})
    copy = Package(path)
    assert set(copy.parts) == ({*package.parts} - {"docProps/app.xml"}) | {"custom/note.xml"}
    for part in {*package.parts} - {"docProps/app.xml", "docProps/core.xml"}:
        assert copy.read(part) == package.read(part)


def test_people_name_cells(book):
    """By address, by name, by column of a table; a wrong one is told what is near."""
    found = read(book)
    assert cells_of("Figures!B2:C3", found)[1] == [(1, 1), (1, 2), (2, 1), (2, 2)]
    assert cells_of("'The data'!$A$1", found)[1] == [(0, 0)]
    assert cells_of("p_from", found)[1] == [(1, 1)]
    assert cells_of("t_x[up]", found)[1] == [(row, 2) for row in range(1, 6)]
    for wrong, says in (("Figure!A1", "did you mean 'Figures'"), ("p_form", "p_from"), ("Figures!1", "no address")):
        with pytest.raises(WorkbookError, match=says):
            cells_of(wrong, found)


SAME = [
    ("A1 + 'Data x'!$B$3*2.50", "A1+'Data x'!$B$3*2.5"),
    ("sum(a1:B2)", "SUM(A1:B2)"),
    ("Here!A1+1", "A1+1"),
    ("Here!A1:Here!B2", "A1:B2"),
    ("_xlfn.STDEV.S(t_x[a])", "STDEV.S(T_X[A])"),
    ("TRUE()", "TRUE"),
    ("P_from*1E3", "p_from*1000"),
]
OTHER = [
    ("A1", "A2"),
    ("A1", "Other!A1"),
    ('"a b"', '"ab"'),
    ('"A"', '"a"'),
    ("t_x[a]", "t_x[b]"),
    ("A1+B1", "A1-B1"),
    ("1", "2"),
    ("p_from", "p_to"),
    ("'a b'!A1", "'ab'!A1"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_formulas_that_say_the_same(one, other):
    """Whatever program wrote them."""
    assert canonical(one, "Here") == canonical(other, "Here")


@pytest.mark.parametrize(("one", "other"), OTHER)
def test_formulas_that_do_not(one, other):
    """A changed cell, sheet, text, column, sign, number or name shows."""
    assert canonical(one, "Here") != canonical(other, "Here")


def test_formulas_move():
    """What is not fixed moves along; names, texts and functions that look like cells stay."""
    assert moved('LOG10(A1)+$A1+A$1+"A1"+p_a1+B:B+2:2+t_x[A1]', 2, 1) == 'LOG10(B3)+$A3+B$1+"A1"+p_a1+C:C+4:4+t_x[A1]'
    text = "IFERROR('It''s [1]'!A1#,1)"
    assert "".join(token.text for token in tokens(text)) == text
