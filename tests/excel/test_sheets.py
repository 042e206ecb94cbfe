"""The look and the completeness of workbooks: sheets that stand, boards that read, pages that print."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections import Counter

import pytest
from pypdf import PdfReader

from regard.catalog import load as catalogue
from regard.catalog.boards import boards
from regard.cli import main
from regard.excel.book import Formula, Link
from regard.excel.compile import GROUPS
from regard.excel.layout import clipped
from regard.excel.read import Failure, read
from regard.excel.recalculate import calculated
from regard.excel.style import properties
from regard.excel.write import write
from regard.workspace.golden import golden_book
from tests.excel.recalculation import differing, named, recalculate

TWELVE = 12
PAGES = {
    "Start": 1, "Reports": 1, "Key figures": 1, "Boards": 2, "Settings": 4, "Ledger in plain formulas": 40,
    "Calculation": 40, "Control": 8, "Registers": 8, "Data": 150,
}  # fmt: skip
"""Group of sheets -> the most pages that one of them takes; ledger, calculation and data have a row for each thing."""
OWN_PAGES = {"Board data": 15, "Incident data": 5, "KPI channels": 2, "Choices": 4, "Stamped": 150}
"""Sheet -> the most pages that it takes, where that is not its group's."""


@pytest.fixture(scope="module")
def golden(tmp_path_factory):
    """The golden workbook, its file, and what LibreOffice makes of it."""
    book = golden_book()
    path = tmp_path_factory.mktemp("golden") / "golden.xlsx"
    contents = recalculate(book, path)
    return book, path, contents


def test_boards_name_metrics_that_there_are():
    """Every metric of the shipped boards, figures and pairs is shipped; the key figures are twelve."""
    known, shown = catalogue(), boards()
    named_there = [one.metric for one in shown.kpis] + [pair for one in shown.versus for pair in (one.a, one.b)]
    named_there += [name for board in shown.boards for name in (*board.metrics, *board.charts)]
    assert [name for name in (*named_there, *shown.ledger.values()) if name not in known.metrics] == []
    assert len(shown.kpis) == TWELVE


def test_more_than_fifty_sheets_stand(compiled):
    """MODEL.md 9: boards, key figures, ledger, calculation, registers; each with a title, a purpose and a way back."""
    visible = [sheet for sheet in compiled.sheets if sheet.state == "visible"]
    assert len(visible) > 50
    groups = Counter(sheet.group for sheet in visible)
    assert set(groups) <= set(GROUPS)
    assert groups["Key figures"] == TWELVE
    for sheet in visible:
        if sheet.group not in ("Data", "Start"):
            assert sheet.title, sheet.name
            assert sheet.purpose, sheet.name
            assert any(isinstance(cell.value, Link) and cell.value.sheet == "Cover" for cell in sheet.cells.values())


def test_the_map_of_sheets_is_there(gathered, compiled):
    """MODEL.md 9, sheet by sheet; a family's board is there as soon as one of its metrics can be computed."""
    names = {sheet.name for sheet in compiled.sheets if sheet.state == "visible"}
    assert names >= {
        *("Cover", "Guide", "Choices", "Targets", "Calendar", "Codes"),
        *("Notes", "Findings", "Run log", "Lineage", "Definitions"),
        *("Episodes", "Union", "Attribution", "Recovery", "User uptime", "Worst window"),
        *("Executive", "Weekly", "Monthly", "Incident", "QBR", "A or B", "Checks"),
        *(kpi.sheet for kpi in boards().kpis),
    }
    families = {metric.family for metric in gathered.metrics}
    for code, family in boards().families.items():
        assert (family.title in names) == (code in families), code
    assert set(boards().families) == set(catalogue().terms.families)


def test_links_lead_somewhere(compiled):
    """Every link of every sheet leads to a sheet of the book."""
    names = {sheet.name for sheet in compiled.sheets}
    links = [c.value.sheet for s in compiled.sheets for c in s.cells.values() if isinstance(c.value, Link)]
    assert len(links) > 100
    assert set(links) <= names


def test_boards_have_native_charts_and_sparklines(compiled):
    """R111: charts of Excel's own, described for those who cannot see them, and a small line beside each number."""
    for name in ("Executive", "Weekly", "Monthly", "QBR"):
        sheet = compiled.sheet(name)
        assert len(sheet.charts) >= 3
        assert len(sheet.sparklines) >= 8
        assert all(chart.described for chart in sheet.charts)
        assert any(validation.choices for validation in sheet.validations)


def test_every_style_is_known(compiled):
    """No cell has a style that the table of styles lacks."""
    for style in {cell.style for sheet in compiled.sheets for cell in sheet.cells.values()}:
        assert properties(style)


def test_key_figures_are_formulas_where_they_can_be(compiled):
    """Interval and verdict of shares and net shares stand in cells as formulas, month by month."""
    for name in ("KPI satisfaction", "KPI recommendation", "KPI repeat purchase"):
        cells = compiled.sheet(name).cells.values()
        formulas = [cell.value.text for cell in cells if isinstance(cell.value, Formula)]
        assert sum("SQRT" in text for text in formulas) > 30, name
        assert sum("no detectable change" in text for text in formulas) > 5, name


def test_the_golden_workbook_is_right_in_every_cell(golden):
    """R049: every formula, recalculated, gives what it is said to give; none gives an error."""
    book, _, contents = golden
    assert differing(book, contents) == []
    assert [
        cell for page in contents.pages.values() for cell in page.cells.values() if isinstance(cell.value, Failure)
    ] == []
    assert (named(contents, "f_minutes"), named(contents, "f_index")) == (213, 158)
    assert {"Raw rows", "Mapping checks", "Each id once", "Union"} <= set(contents.pages)


def test_every_sheet_prints_on_its_page(golden):
    """Each visible sheet has a print area, is as wide as its page, and comes out of the printer under its name."""
    book, path, _ = golden
    visible = [sheet for sheet in book.sheets if sheet.state == "visible"]
    areas = read(path).names
    assert [
        sheet.name for sheet in visible if not any(sheet.name in name for name in areas if "Print_Area" in name)
    ] == []
    with calculated(path, to="pdf") as made:
        pages = [page.extract_text() for page in PdfReader(made).pages]
    printed = Counter(re.findall(r"([^\n]*?)\s*page \d+ of", text)[-1] for text in pages)
    assert [sheet.name for sheet in visible if not printed[sheet.name]] == []
    assert [sheet.name for sheet in visible if not sheet.tall and printed[sheet.name] > 1] == []


def test_nothing_is_cut_off(compiled, golden):
    """No number shows as ####, no text runs under a neighbour or out of its row, on any sheet."""
    cut = [(s.name, *one) for book in (compiled, golden[0]) for s in book.sheets if s.title for one in clipped(s)]
    assert cut == []


def test_every_sheet_says_how_to_read_it_in_words(compiled):
    """R112: sheets are called as people call things; no heading is a code, or a name with underscores."""
    visible = [sheet for sheet in compiled.sheets if sheet.state == "visible" and sheet.group != "Data"]
    assert [
        sheet.name for sheet in visible if re.search(r"_|\b(INT|AVL|VOC|SUP|COM|FIN|LEAD|GOV)\b", sheet.title)
    ] == []
    purposes = Counter(sheet.purpose for sheet in visible)
    assert [purpose for purpose, count in purposes.items() if count > 1] == []
    for sheet in visible:
        if sheet.group == "Calculation":
            heads = [c.value for c in sheet.cells.values() if "head" in c.style.split() and isinstance(c.value, str)]
            # What stands in quotes is a value of the data.
            assert [head for head in heads if re.search(r"[_$]", re.sub(r"'[^']*'", "", head))] == []


@pytest.mark.slow
def test_every_sheet_of_a_company_prints_on_its_page(compiled, tmp_path):
    """Each visible sheet comes out of the printer, on no more pages than the table says."""
    reader = shutil.which("pdftotext")
    assert reader, "pdftotext is not installed: apt-get install poppler-utils"
    write(compiled, tmp_path / "harbor.xlsx")
    with calculated(tmp_path / "harbor.xlsx", to="pdf") as made:
        text = subprocess.run([reader, "-layout", str(made), "-"], capture_output=True, text=True, check=True).stdout
    feet = re.findall(r"^ *(\S.*?) {2,}page \d+ of \d+ *$", text, re.MULTILINE)
    printed = Counter(feet)
    visible = [sheet for sheet in compiled.sheets if sheet.state == "visible"]
    most = {sheet.name: OWN_PAGES.get(sheet.name, PAGES[sheet.group]) for sheet in visible}
    assert {name: printed[name] for name in most if not 0 < printed[name] <= most[name]} == {}


def test_the_command_writes_the_golden_workbook(tmp_path, capsys):
    """`regard workbook golden FILE` needs no workspace."""
    with pytest.raises(SystemExit) as ended:
        main(["workbook", "golden", str(tmp_path / "golden.xlsx")])
    assert not ended.value.code
    assert "G8" in read(tmp_path / "golden.xlsx").pages
