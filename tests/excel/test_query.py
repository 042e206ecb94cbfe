"""The edition that refreshes: well-formed by independent readers, and its query gives the server's numbers (R113).

No Excel is needed: the query runs in an evaluator of its language against a real server on this machine.
"""

from __future__ import annotations

import base64
import io
import re
import struct
import urllib.parse
import urllib.request
import zipfile
from datetime import date

import openpyxl
import pytest
from pyopenvba import PowerQueryWorkbook, check_file
from pyopenvba.mlang import Table, evaluate_query
from pyopenvba.mlang._values import Builtin
from python_calamine import CalamineWorkbook

from regard.cli import main
from regard.excel import Book, Sheet, write
from regard.excel.editions.query import add_queries
from regard.excel.material import Material
from regard.excel.package import Package
from regard.excel.read import read
from regard.excel.recalculate import recalculated
from regard.excel.refresh import refresh
from regard.excel.seal import broken, seal, unsealed
from regard.excel.sheets import feed
from regard.excel.verify import verify
from regard.model import Status
from regard.plan import Stretch
from regard.plan.cube import Sums
from regard.web import Settings, make_app
from regard.workspace import Workspace, workbook as making
from tests.excel.ecma import problems
from tests.web.browser import serving
from tests.workspace.outages import five


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Five customers and their incidents."""
    return Workspace.open(five(tmp_path_factory.mktemp("five")).load().root)


@pytest.fixture(scope="module")
def material(company):
    """What a workbook of theirs is made of: more metrics than the server answers in one question."""
    known = [company.catalogue.metric(name) for name in company.catalogue.metrics]
    asked_for = [one for one in known if one.family == "INT" and one.status is not Status.PLANNED]
    metrics = tuple(one for one in asked_for if not one.by_default)[: feed.AT_ONCE + 4]
    answers = company.ask(*(one.id for one in metrics), start="2026-02-01", end="2026-05-01")
    return Material(
        company="Five",
        currency="",
        calendar=company.calendar,
        grain="month",
        stretches=tuple(Stretch(period=cell.period, length=0.0, running=False) for cell in answers[0].cells),
        as_of=answers[0].as_of,
        until=answers[0].until,
        snapshot=answers[0].snapshot,
        version="0",
        metrics=metrics,
        answers=dict(zip((one.id for one in metrics), answers, strict=True)),
        lowered={},
        sums=Sums(company.catalogue.tables),
    )


def made(material, path):
    """Write a workbook with a sheet of its own and the edition's two."""
    own = Sheet(name="Own")
    own.line(0, 0, ["a", 1])
    book = Book(title="Five", sheets=[own])
    book.sheets += feed.build(material, book)
    book.sheets.append(seal(book))
    write(book, path)
    add_queries(path, book.feeds)
    return path


@pytest.fixture(scope="module")
def book(material, tmp_path_factory):
    """Return the workbook."""
    return made(material, tmp_path_factory.mktemp("query") / "query.xlsx")


def asked(path, base):
    """Run the query of a workbook as Excel would, its address being that of a server here."""

    def contents(address, options):
        query = options["Query"]
        pairs = [
            (name, value)
            for name in query.names
            for value in (query[name] if isinstance(query[name], list) else [query[name]])
        ]
        url = f"{address}/{options['RelativePath']}?{urllib.parse.urlencode(pairs)}"
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - a server of this test
            return answer.read()

    here = Table(["Name", "Content"], [[feed.BASE, Table(["Column1"], [[base]])]])
    names = {
        "Excel.CurrentWorkbook": Builtin(name="Excel.CurrentWorkbook", call=lambda: here, minimum=0, maximum=0),
        "Web.Contents": Builtin(name="Web.Contents", call=contents, minimum=1, maximum=2),
    }
    with PowerQueryWorkbook(path) as file:
        assert file.query_names() == [feed.TABLE]
        return evaluate_query(file.query(feed.TABLE).formula, names)


def shown(path):
    """Return the rows of the table as the file has them."""
    contents = read(path)
    frame = contents.tables[feed.TABLE]
    page = contents.pages[feed.NUMBERS]
    return [
        [cell.value if (cell := page.cells.get((row, column))) else None for column in range(len(feed.COLUMNS))]
        for row in range(frame.top + 1, frame.bottom + 1)
    ]


def serial(value):
    """Return a value of the evaluator as a cell holds it."""
    return float((value - date(1899, 12, 30)).days) if isinstance(value, date) else value


def test_the_query_gives_what_the_workbook_was_filled_with(company, book):
    """Asked from the real server in portions: the same rows, typed; so the first refresh changes nothing."""
    with serving(make_app(company, Settings(sign_in=False, demo=True))) as base:
        answer = asked(book, base.rstrip("/"))
    assert answer.columns == list(feed.COLUMNS)
    got = [[serial(value) for value in row] for row in answer.rows]
    prefilled = shown(book)
    assert len(prefilled) == 3 * (feed.AT_ONCE + 4)
    assert len(got) == len(prefilled)
    for one, other in zip(got, prefilled, strict=True):
        assert one[:4] == other[:4]
        assert one[4:8] == pytest.approx(other[4:8], nan_ok=True)
        assert one[8:] == other[8:]


@pytest.mark.slow
def test_the_command_writes_the_whole_workbook_with_a_query(harbor, gathered, monkeypatch, tmp_path, capsys):
    """`regard workbook --edition query`: Excel's rules hold, two readers open it, its M gives its rows."""
    path = tmp_path / "harbor.xlsx"
    # What is asked is asked once for all tests; the rest is the command's own.
    monkeypatch.setattr(making, "gather", lambda *_, **__: gathered)
    with pytest.raises(SystemExit) as ended:
        main(["-C", str(harbor.root), "workbook", "--edition", "query", str(path)])
    assert not ended.value.code, capsys.readouterr().err
    assert check_file(path).ok
    assert list(problems(path)) == []
    contents = read(path)
    assert broken(contents, unsealed(contents)) == []
    assert CalamineWorkbook.from_path(str(path)).sheet_names == list(contents.pages)
    assert openpyxl.load_workbook(path, read_only=True).sheetnames == list(contents.pages)
    prefilled = shown(path)
    told = [metric for metric in gathered.metrics if not metric.by_default]
    assert len(prefilled) == len(told) * len(gathered.periods)
    with serving(make_app(harbor, Settings(sign_in=False, demo=True))) as base:
        answer = asked(path, base.rstrip("/"))
    got = [[serial(value) for value in row] for row in answer.rows]
    assert len(got) == len(prefilled)
    for one, other in zip(got, prefilled, strict=True):
        assert one[:4] == other[:4]
        assert one[4:8] == pytest.approx(other[4:8], nan_ok=True)
        assert one[8:] == other[8:]


def test_readers_that_know_nothing_of_each_other_find_it_well_formed(book, tmp_path):
    """Checked by the library that wrote it, opened by another, calculated by a third, its mashup read by its bytes."""
    assert check_file(book).ok
    sheet = openpyxl.load_workbook(book)[feed.NUMBERS]
    assert list(sheet.tables) == [feed.TABLE]
    assert [cell.value for cell in sheet[1]] == list(feed.COLUMNS)
    assert verify(book).good  # LibreOffice

    # [MS-QDEFF]: version 0, then the length of a package that holds the query as text.
    part = next(name for name in Package(book).parts if re.fullmatch(r"customXml/item\d+\.xml", name))
    blob = base64.b64decode(
        re.search(r">([A-Za-z0-9+/=\s]+)</DataMashup>", Package(book).read(part).decode("utf-16"))[1]
    )
    version, length = struct.unpack("<II", blob[:8])
    with zipfile.ZipFile(io.BytesIO(blob[8 : 8 + length])) as package:
        section = package.read("Formulas/Section1.m").decode()
    assert version == 0
    assert section.startswith("section Section1;")
    assert f"shared {feed.TABLE} = let" in section

    # The chain by which Excel finds it: table, query table, connection, query.
    parts = Package(book)
    table = read(book).tables[feed.TABLE]
    [relation] = parts.relations(table.part).values()
    assert relation.kind == "queryTable"
    connection = re.search(rb'connectionId="(\d+)"', parts.read(relation.target))[1]
    text = parts.read("xl/connections.xml")
    assert b'<connection id="%s"' % connection in text
    assert b"t_now" in text
    assert b'refreshOnLoad="1"' not in text


def test_the_address_is_a_cell_that_may_be_changed(book):
    """And nothing else of what the product wrote; what a refresh will bring is not sealed."""
    contents = read(book)
    assert contents.names[feed.BASE].replace("'", "") == f"{feed.NAME}!$B$5"
    sealed = unsealed(contents)
    assert [one.subject for one in sealed.inputs] == [feed.BASE]
    assert broken(contents, sealed) == []
    assert feed.NUMBERS not in sealed.digests
    page = contents.pages[feed.NAME]
    assert "as new as the table" in {cell.value for cell in page.cells.values()}


def test_a_workbook_that_fell_behind_says_so(book, tmp_path):
    """The table has numbers of another snapshot: calculated, the sheet says stale."""
    package = Package(book)
    contents = read(book)
    page = contents.pages[feed.NUMBERS]
    last = list(feed.COLUMNS).index("snapshot")
    stamped = page.cells[1, last].value
    path = tmp_path / "behind.xlsx"
    package.rewritten(path, {page.part: package.read(page.part).replace(stamped.encode(), b"another")})
    said = {cell.value for cell in recalculated(path).pages[feed.NAME].cells.values()}
    assert "STALE: newer data were loaded since" in said


def test_its_own_table_is_left_alone_by_a_refresh_of_the_rest(material, book, tmp_path):
    """What Power Query brought stays; the sheets of the product are brought up to date beside it."""
    again = made(material, tmp_path / "again.xlsx")
    assert refresh(book, again, tmp_path / "out.xlsx") == 0
    assert shown(tmp_path / "out.xlsx") == shown(book)
