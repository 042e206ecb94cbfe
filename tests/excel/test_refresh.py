"""New numbers come into a workbook that somebody made their own; all that is theirs stays byte for byte (R113)."""

from __future__ import annotations

import re
import shutil

import pytest
import xlsxwriter

from regard.errors import WorkbookError
from regard.excel.package import Package
from regard.excel.read import read
from regard.excel.recalculate import calculated, recalculated
from regard.excel.refresh import edited, refresh, revalued
from regard.excel.seal import broken, unsealed
from regard.excel.verify import verify
from tests.excel.books import small, written
from tests.excel.office import at_the_desk

GROWN = {
    "scores": (9, 6, 10, 3, 8, 10, 9, 1),
    "months": ("2026-01", "2026-01", "2026-02", "2026-02", "2026-02", "2026-02", "2026-02", "2026-02"),
}
SHRUNK = {"scores": (9, 2, 10), "months": ("2026-01", "2026-01", "2026-02")}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a workbook as it was sent out, one with more rows and one with fewer."""
    folder = tmp_path_factory.mktemp("refresh")
    return written(folder), written(folder, "grown.xlsx", **GROWN), written(folder, "shrunk.xlsx", **SHRUNK)


def with_own(path, folder):
    """Return a copy with a person's own sheet, chart and note: parts that the product has never seen."""
    own = folder / "own.xlsx"
    book = xlsxwriter.Workbook(own)
    sheet = book.add_worksheet("Mine")
    sheet.write_column("A1", [3, 1, 2])
    sheet.write_comment("A1", "ask Ana")
    chart = book.add_chart({"type": "line"})
    chart.add_series({"values": "=Mine!$A$1:$A$3"})
    sheet.insert_chart("C2", chart)
    book.close()
    theirs, package = Package(own), Package(path)
    parts = {
        re.sub(r"(sheet|drawing|chart|comments|vmlDrawing)1\.", r"\g<1>91.", name): theirs.read(name)
        for name in theirs.parts
        if re.search(r"worksheets|drawings|charts|comments", name)
    }
    parts = {
        name: re.sub(rb"(sheet|drawing|chart|comments|vmlDrawing)1\.", rb"\g<1>91.", data)
        if name.endswith(".rels")
        else data
        for name, data in parts.items()
    }
    types = package.read("[Content_Types].xml").decode()
    more = "".join(
        f'<Override PartName="/xl/{part}" ContentType="application/vnd.openxmlformats-officedocument.{kind}+xml"/>'
        for part, kind in (
            ("worksheets/sheet91.xml", "spreadsheetml.worksheet"),
            ("drawings/drawing91.xml", "drawing"),
            ("charts/chart91.xml", "drawingml.chart"),
            ("comments91.xml", "spreadsheetml.comments"),
        )
    )
    vml = '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
    rels = package.read("xl/_rels/workbook.xml.rels").decode()
    relation = (
        '<Relationship Id="rId91" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"'
        ' Target="worksheets/sheet91.xml"/>'
    )
    workbook = package.read("xl/workbook.xml").decode()
    out = folder / "theirs.xlsx"
    package.rewritten(
        out,
        {
            **parts,
            "[Content_Types].xml": types.replace("<Override", vml + "<Override", 1)
            .replace("</Types>", more + "</Types>")
            .encode(),
            "xl/_rels/workbook.xml.rels": rels.replace("</Relationships>", relation + "</Relationships>").encode(),
            "xl/workbook.xml": workbook.replace(
                "</sheets>", '<sheet name="Mine" sheetId="91" r:id="rId91"/></sheets>'
            ).encode(),
        },
    )
    return out, sorted(parts)


@pytest.mark.parametrize("which", [1, 2])
def test_numbers_change_and_what_is_theirs_does_not(made, tmp_path, which):
    """More rows and fewer: the product's cells are as in the fresh workbook; sheet, chart and note keep their bytes."""
    theirs, own = with_own(made[0], tmp_path)
    out = tmp_path / "out.xlsx"
    assert refresh(theirs, made[which], out) > 0
    before, after = Package(theirs), Package(out)
    assert len(own) >= 5
    for part in own:
        assert after.read(part) == before.read(part)
    for part in ("xl/styles.xml", "xl/sharedStrings.xml", "xl/theme/theme1.xml", "[Content_Types].xml"):
        assert after.read(part) == before.read(part)
    got, fresh = read(out), read(made[which])
    for name, page in fresh.pages.items():
        assert got.pages[name].cells == page.cells, name
    assert {name: (f.top, f.bottom) for name, f in got.tables.items()} == {
        name: (f.top, f.bottom) for name, f in fresh.tables.items()
    }
    assert broken(got, unsealed(got)) == []
    assert verify(out).good


def test_the_same_numbers_are_the_same_bytes(made, tmp_path):
    """Nothing new: not a single part is written anew."""
    out = tmp_path / "out.xlsx"
    assert refresh(made[0], made[0], out) == 0
    before, after = Package(made[0]), Package(out)
    assert {part: after.read(part) for part in after.parts} == {part: before.read(part) for part in before.parts}


def test_looks_of_new_rows_are_those_of_the_table(made, tmp_path):
    """A row that comes looks like the last one."""
    out = tmp_path / "out.xlsx"
    refresh(made[0], made[1], out)
    part = read(out).pages["The data"].part
    text = Package(out).read(part).decode()
    last, new = (re.search(rf'<c r="{cell}"([^>]*)', text)[1].split() for cell in ("D6", "D9"))
    assert [word for word in last if word.startswith("s=")] == [word for word in new if word.startswith("s=")]


def test_whoever_saved_it_last(made, tmp_path):
    """A workbook that another program saved anew, with an assumption edited: it stays edited."""
    saved, out = tmp_path / "saved.xlsx", tmp_path / "out.xlsx"
    at_the_desk(tmp_path, made[0], save=saved, type_={"Assumptions!B2": "8", "Figures!F2": "mine"})
    assert edited(read(saved))
    refresh(saved, made[1], out)
    got = read(out)
    assert got.pages["Assumptions"].cells[1, 1].value == 8
    assert got.pages["Figures"].cells[1, 5].value == "mine"
    assert broken(got, unsealed(got)) == []
    assert not verify(out).good  # what it says is what the engine gives for 9

    # So that it says what the edited assumption gives, it is calculated and told so.
    revalued(out, recalculated(out), out)
    assert verify(out).good
    assert read(out).pages["Figures"].cells[2, 1].value == sum(
        score >= 8 for score, month in zip(GROWN["scores"], GROWN["months"], strict=True) if month == "2026-02"
    )
    assert not edited(read(made[1]))


def test_tampered_workbooks_are_refused(made, tmp_path):
    """A refresh would write over what somebody did, so it says where."""
    path = tmp_path / "tampered.xlsx"
    at_the_desk(tmp_path, made[0], save=path, type_={"Figures!B2": "=1+1"})
    with pytest.raises(WorkbookError, match=r"(?s)changed in 1 places.*Figures!B2: its formula now reads =1\+1"):
        refresh(path, made[1], tmp_path / "out.xlsx")


def test_what_is_theirs_is_not_written_over(made, tmp_path):
    """A note below the table, where new rows would come."""
    path = tmp_path / "note.xlsx"
    at_the_desk(tmp_path, made[0], save=path, type_={"'The data'!B8": "mine"})
    with pytest.raises(WorkbookError, match=r"'The data'!B8 of note.xlsx is yours, and new rows belong there"):
        refresh(path, made[1], tmp_path / "out.xlsx")


def test_another_layout_is_refused(made, tmp_path):
    """A sheet, a table or a formula that the product writes otherwise by now."""
    from regard.excel import Formula, write
    from regard.excel.seal import seal

    book = small()
    book.sheet("Figures").put(1, 1, Formula("=SUMIFS(t_x[up],t_x[month],A2)*1", 1))
    book.sheets.append(seal(book))
    write(book, tmp_path / "new.xlsx")
    with pytest.raises(WorkbookError, match=r"calculated otherwise than today's workbook \(Figures!B2"):
        refresh(made[0], tmp_path / "new.xlsx", tmp_path / "out.xlsx")
    book = small()
    book.sheets.pop()
    book.sheets.append(seal(book))
    write(book, tmp_path / "fewer.xlsx")
    with pytest.raises(WorkbookError, match=r"laid out otherwise than today's workbook \(sheet 'Figures'"):
        refresh(made[0], tmp_path / "fewer.xlsx", tmp_path / "out.xlsx")


def test_a_file_of_another_program_is_refreshed_as_it_is(made, tmp_path):
    """Formulas that stand once for many cells, and a list of the order of calculation, as Excel writes them."""
    saved, out = tmp_path / "saved.xlsx", tmp_path / "out.xlsx"
    with calculated(made[0]) as path:
        shutil.copy(path, saved)
    package = Package(saved)
    part = read(saved).pages["Figures"].part
    text = package.read(part).decode()
    first, second = (re.search(rf'<c r="B{row}"[^>]*>(<f[^>]*>)[^<]*</f>', text) for row in (2, 3))
    text = text.replace(
        second[0], second[0].replace(second[1], '<f t="shared" si="0">').replace("A3", "").split("SUMIFS")[0] + "</f>"
    )
    text = text.replace(first[0], first[0].replace(first[1], '<f t="shared" ref="B2:B3" si="0">'))
    chain = (
        b'<calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><c r="B2" i="3"/></calcChain>'
    )
    rels = package.read("xl/_rels/workbook.xml.rels").replace(
        b"</Relationships>",
        b'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"'
        b' Target="calcChain.xml"/></Relationships>',
    )
    package.rewritten(saved, {part: text.encode(), "xl/calcChain.xml": chain, "xl/_rels/workbook.xml.rels": rels})
    refresh(saved, made[1], out)
    got = Package(out)
    assert "xl/calcChain.xml" not in got.parts
    assert b"calcChain" not in got.read("xl/_rels/workbook.xml.rels")
    assert read(out).pages["Figures"].cells == read(made[1]).pages["Figures"].cells
    assert verify(out).good
