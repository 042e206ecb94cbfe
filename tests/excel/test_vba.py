"""The edition with functions: readable source, a sound file, and what the engine gives, in a spreadsheet (R114)."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import numpy as np
import pytest
from pyopenvba import check_file

from regard.cli import main
from regard.errors import SetupError, WorkbookError
from regard.excel import Book, Formula, Sheet, write
from regard.excel.editions import vba
from regard.excel.package import Package
from regard.excel.read import read
from regard.excel.seal import broken, unsealed
from regard.excel.verify import verify
from regard.stats import kaplan_meier, survival_quantile
from regard.workspace import Workspace, workbook as making
from tests.excel.books import written
from tests.excel.ecma import problems
from tests.excel.office import at_the_desk
from tests.workspace.outages import UNTIL, Outages, loss, minute, served

ROWS, DAYS = 400, 20
NAMES = ("A", "a", "Ünïcødé", "0012", "O'Neil & Co", "<b>", "zz", "Z z")
DAY = 46_082
"""Serial of 2026-03-01."""


def hostile(seed):
    """Return 400 stages of loss that touch, nest, repeat and cross, in no order."""
    draw = random.Random(seed)
    rows = []
    while len(rows) < ROWS:
        who, start, length = draw.choice(NAMES), draw.randrange(DAYS * 1440), draw.choice([1, 3, 17, 60, 240, 900])
        rows.append((who, start, start + length))
        if rows and draw.random() < 0.5:
            whose, begin, end = draw.choice(rows)
            rows += draw.sample(
                [(whose, begin, end), (whose, end, end + 7), (whose, begin + 1, max(begin + 2, end - 1)),
                 (whose, begin - 5, end + 5) if begin >= 5 else (whose, begin, end)],
                k=2,
            )  # fmt: skip
    draw.shuffle(rows)
    return rows[:ROWS]


@pytest.fixture(scope="module")
def rows():
    """Return the hostile rows."""
    return hostile(17)


@pytest.fixture(scope="module")
def engine(rows, tmp_path_factory):
    """Return minutes lost of everybody, and of each customer, as the engine computes them from files."""
    company = Outages(tmp_path_factory.mktemp("hostile"), until=UNTIL)
    people = [{"customer": name, "segment": f"s{i}"} for i, name in enumerate(NAMES)]
    losses = [
        loss(i, None, who, start, end) | {"start": minute(start, "2026-03-01"), "end": minute(end, "2026-03-01")}
        for i, (who, start, end) in enumerate(rows)
    ]
    root = company.has(customers=served(people), losses=losses).load().root
    asked = {"grain": "all", "start": "2026-03-01", "end": "2026-04-01"}
    [whole] = Workspace.open(root).ask("cml", **asked)
    [parts] = Workspace.open(root).ask("cml", by="segment", **asked)
    found = {cell.dims["segment"]: cell.estimate.value for cell in parts.cells}
    return whole.cells[0].estimate.value, {name: found[f"s{i}"] for i, name in enumerate(NAMES)}


@pytest.fixture(scope="module")
def spans():
    """Return 60 durations with ties, of which some were cut."""
    draw = random.Random(5)
    return [(float(draw.choice([1, 2, 2.5, 4, 8, 8, 13])), draw.random() < 0.6) for _ in range(60)]


@pytest.fixture(scope="module")
def book(rows, spans, tmp_path_factory):
    """Write a workbook with the rows, and functions over them."""
    raw, own = Sheet(name="Raw"), Sheet(name="Own")
    for row, (who, start, end) in enumerate(rows):
        raw.line(row, 0, [who, DAY + start / 1440, DAY + end / 1440])
    # What no engine takes: it ends before it starts, or has no end; it must not count.
    raw.line(ROWS, 0, ["A", DAY + 1.0, DAY + 0.5])
    raw.line(ROWS + 1, 0, ["A", DAY + 1.0, None])
    raw.line(ROWS + 2, 0, ["A", "soon", DAY + 9.0])
    for row, (length, done) in enumerate(spans):
        raw.line(row, 4, [length, done if row % 2 else int(done)])
    area = ",".join(f"Raw!{c}1:{c}{ROWS + 3}" for c in "ABC")
    own.put(0, 0, Formula(f"=CML_UNION({area})", 0))
    for row, name in enumerate(NAMES):
        own.put(row, 1, name)
        own.put(row, 2, Formula(f"=CML_UNION({area},B{row + 1})", 0))
    cut = "Raw!E1:E60,Raw!F1:F60"
    for row, moment in enumerate((0, 1, 2.5, 7, 8, 100)):
        own.put(row, 3, Formula(f"=KM_SURVIVAL({cut},{moment})", 0))
    for row, share in enumerate((0.1, 0.25, 0.5, 0.9)):
        own.put(row, 4, Formula(f"=KM_QUANTILE({cut},{share})", 0))
    own.put(0, 5, Formula("=CML_UNION(Raw!A1:A3,Raw!B1:B2,Raw!C1:C3)", 0))
    path = tmp_path_factory.mktemp("vba") / "functions.xlsm"
    write(Book(title="Functions", sheets=[raw, own]), path)
    vba.add_functions(path)
    return path


def test_functions_give_what_the_engine_gives(book, engine, spans, tmp_path):
    """LibreOffice with macros on: 400 hostile rows in all and by customer; the curve and its quantiles."""
    cells = [f"Own!{c}{row}" for c in "ACDEF" for row in range(1, 9)]
    shown = at_the_desk(tmp_path, book, read=cells, macros=True)
    whole, by_customer = engine
    assert shown["Own!A1"] == pytest.approx(whole, abs=1e-6)
    assert whole > 0
    assert {name: shown[f"Own!C{i}"] for i, name in enumerate(NAMES, 1)} == pytest.approx(by_customer, abs=1e-6)
    times, done = (np.array(column) for column in zip(*spans, strict=True))
    curve = kaplan_meier(times, done)
    for row, moment in enumerate((0, 1, 2.5, 7, 8, 100), 1):
        assert shown[f"Own!D{row}"] == pytest.approx(curve.at(moment), abs=1e-12)
    for row, share in enumerate((0.1, 0.25, 0.5, 0.9), 1):
        value = survival_quantile(times, done, share).value
        assert shown[f"Own!E{row}"] == ("" if value is None else pytest.approx(value))
    assert shown["Own!F1"] == "customers, starts and ends differ in length"


def test_the_source_in_the_file_is_the_source_in_the_repository(book):
    """Read back by a tool that looks for malware: the same text, nothing else, nothing that runs by itself."""
    code = sources(book)
    assert code.pop(f"{vba.MODULE}.bas").replace("\r\n", "\n") == vba.SOURCE.read_text().strip()
    assert set(code) == {"ThisWorkbook.cls", "Sheet1.cls", "Sheet2.cls"}
    assert not any(code.values())


def sources(path):
    """Return module -> its source as a tool that looks for malware reads it; nothing in it may run by itself."""
    command = [sys.executable, "-W", "ignore", "-m", "oletools.olevba", "--json", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    [found] = [part for part in json.loads(done.stdout) if "macros" in part]
    assert [one for one in found["analysis"] or () if one["type"] in ("AutoExec", "IOC")] == []
    return {one["vba_filename"]: one["code"].strip() for one in found["macros"]}


def test_the_file_is_sound(book):
    """By the checks of another program; and every part that was there before is there still."""
    assert check_file(book).ok
    assert "xl/vbaProject.bin" in Package(book).parts
    assert list(read(book).pages) == ["Raw", "Own"]


def test_no_figure_needs_the_functions(tmp_path):
    """The product's own workbook with functions: whole by its seal, and recalculated with macros off."""
    path = written(tmp_path, "small.xlsm")
    vba.add_functions(path)
    contents = read(path)
    assert broken(contents, unsealed(contents)) == []
    assert verify(path).good


@pytest.mark.slow
def test_the_command_writes_the_whole_workbook_with_functions(
    harbor, gathered, rows, engine, monkeypatch, tmp_path, capsys
):
    """`regard workbook --edition vba`: sound, its source the repository's, and its functions at work in it (R114)."""
    path = tmp_path / "harbor.xlsm"
    # What is asked is asked once for all tests; the rest is the command's own.
    monkeypatch.setattr(making, "gather", lambda *_, **__: gathered)
    with pytest.raises(SystemExit) as ended:
        main(["-C", str(harbor.root), "workbook", "--edition", "vba", str(path)])
    assert not ended.value.code, capsys.readouterr().err
    assert check_file(path).ok
    assert list(problems(path)) == []
    contents = read(path)
    assert broken(contents, unsealed(contents)) == []
    assert len(contents.pages) > 100
    code = sources(path)
    assert code.pop(f"{vba.MODULE}.bas").replace("\r\n", "\n") == vba.SOURCE.read_text().strip()
    assert len(code) == len(contents.pages) + 1
    assert not any(code.values())
    # A person puts rows beside the guide, in no order, and asks for the minutes lost.
    typed = {}
    for row, (who, start, end) in enumerate(rows, 1):
        own = ("'" + who, repr(DAY + start / 1440), repr(DAY + end / 1440))
        typed |= {f"Guide!{column}{row}": text for column, text in zip(("AA", "AB", "AC"), own, strict=True)}
    area = ";".join(f"{column}1:{column}{len(rows)}" for column in ("AA", "AB", "AC"))
    typed["Guide!AE1"] = f"=CML_UNION({area})"
    typed["Guide!AE2"] = f'=CML_UNION({area};"{NAMES[0]}")'
    shown = at_the_desk(tmp_path, path, type_=typed, read=["Guide!AE1", "Guide!AE2"], macros=True)
    whole, by_customer = engine
    assert shown["Guide!AE1"] == pytest.approx(whole, abs=1e-6)
    assert shown["Guide!AE2"] == pytest.approx(by_customer[NAMES[0]], abs=1e-6)


def test_it_must_be_called_what_it_is(tmp_path, monkeypatch):
    """Excel opens no .xlsx with macros; and who lacks the library is told how to get it."""
    with pytest.raises(WorkbookError, match=r"must be called \.xlsm, not small\.xlsx"):
        vba.add_functions(written(tmp_path))
    monkeypatch.setitem(__import__("sys").modules, "pyopenvba", None)
    with pytest.raises(SetupError, match=r"pip install 'regard\[query\]'"):
        vba.add_functions(written(tmp_path, "small.xlsm"))
