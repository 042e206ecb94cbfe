"""The workbook, calculated by programs that know nothing of the engine, gives what the engine gives (R112, R113)."""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from regard.cli import main
from regard.excel.compile import compile_book
from regard.excel.sheets import calc, policies
from regard.excel.sheets.loaded import ROWS
from regard.expr import parameters
from regard.web import Settings, make_app
from regard.web.api.declaring import ROOT
from regard.web.views import tiles
from regard.web.views.look import Look
from regard.workspace.records import gathered as records_of
from regard.workspace.workbook import gather
from tests.excel.parity import Edits, differences, edited, engine, intervals, live, random_edits, same, shown
from tests.excel.recalculation import differing, found, recalculate

BASE = Edits({}, {}, {})
MOST = 20
"""Metrics that one request to the API may ask."""


@pytest.fixture(scope="session")
def base(compiled, tmp_path_factory):
    """The workbook of Harbor as LibreOffice calculates it."""
    return recalculate(compiled, tmp_path_factory.mktemp("base") / "harbor.xlsx")


@pytest.fixture(scope="session")
def asked(harbor, gathered):
    """What the engine gives, asked anew."""
    return engine(harbor, gathered, BASE)


def test_every_formula_gives_what_the_engine_gave(compiled, base):
    """Values of the engine are the cached values of all formulas, and LibreOffice finds each of them."""
    assert differing(compiled, base) == []


def test_every_metric_is_the_engines(gathered, compiled, base, asked):
    """Asked anew, metric by metric and month by month."""
    given = shown(gathered, compiled, base)
    assert len(asked) > 1500
    assert differences(gathered, BASE, asked, given) == []


@pytest.mark.slow
def test_with_every_row_it_is_the_engines_too(harbor, gathered, asked, tmp_path):
    """`--rows`: data sheets with every column that may leave, and all of the ledger in formulas."""
    days = gathered.periods[0].start, gathered.periods[-1].end
    material = replace(gathered, records=records_of(harbor, shown=days, rows=True))
    book = compile_book(material)
    columns = [
        sum(len(table.columns) for sheet in one.sheets if sheet.name.startswith(ROWS) for table in sheet.tables)
        for one in (book, compile_book(gathered))
    ]
    assert columns[0] > 3 * columns[1]
    contents = recalculate(book, tmp_path / "rows.xlsx")
    assert differing(book, contents) == []
    assert differences(material, BASE, asked, shown(material, book, contents)) == []


@pytest.mark.slow
def test_tile_api_command_line_and_workbook_tell_the_same(harbor, gathered, compiled, base, capsys):
    """One month of every metric, to nine figures: a number has one value wherever it is read (DESIGN 8)."""
    month, names = gathered.periods[-2], list(gathered.lowered)
    book = shown(gathered, compiled, base)
    with pytest.raises(SystemExit):
        main(["-C", str(harbor.root), "ask", *names, "--from", month.label, "--to", month.label, "--json"])
    line = {one["metric"]: one["cells"] for one in json.loads(capsys.readouterr().out)}
    client = TestClient(make_app(harbor, Settings(sign_in=False)), base_url="http://localhost")
    api = {}
    for chunk in range(0, len(names), MOST):
        asked = [("metric", name) for name in names[chunk : chunk + MOST]] + [
            ("from", month.label),
            ("to", month.label),
        ]
        api |= {one["metric"]: one["cells"] for one in client.get(f"{ROOT}/ask", params=asked).json()}
    look = Look(start=month.label, end=month.label)
    answers = tiles.ask_each(harbor, names, look.asked(harbor))
    wholes = 0
    for name in names:
        assert near(api[name], line[name]), name
        shown_tiles = tiles.tiles(answers[name], look)
        assert near([one.number for one in shown_tiles], [cell["value"] for cell in api[name]]), name
        if any(cell["dims"] for cell in api[name]):
            continue  # cut by its definition: the workbook shows its parts on a sheet of their own
        value, n = book[name, len(gathered.periods) - 2]
        [cell] = api[name] or [{"value": None, "n": None}]
        assert near((value, n), tuple("" if cell[key] is None else cell[key] for key in ("value", "n"))), name
        wholes += cell["value"] is not None
    assert wholes > 120


def near(one, other):
    """Whether two readings are the same, numbers to nine figures."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(near(value, other[key]) for key, value in one.items())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(near, one, other))
    if isinstance(one, (int, float)) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    return one == other


@pytest.mark.parametrize("seed", [1, pytest.param(2, marks=pytest.mark.slow)])
def test_edited_assumptions_and_slices_are_the_engines(harbor, gathered, compiled, asked, seed, tmp_path):
    """Every live parameter and policy is changed at random, perhaps a slice is chosen; the engine is asked the same."""
    edits = random_edits(gathered, compiled, seed, slices=seed - 1)
    assert len(edits.parameters) > 3
    assert len(edits.policies) > 10
    with edited(gathered, compiled, edits):
        contents = recalculate(compiled, tmp_path / "edited.xlsx")
    given = shown(gathered, compiled, contents)
    assert differences(gathered, edits, engine(harbor, gathered, edits), given) == []
    told = intervals(harbor, gathered, edits)
    ends = shown(gathered, compiled, contents, ("lo", "hi"))
    assert len(told) > 10
    seen = {at: pair for at, pair in told.items() if ends[at] != ("", "")}
    assert [(at, pair, ends[at]) for at, pair in seen.items() if not all(map(same, pair, ends[at]))] == []
    assert edits.chosen or seen == {at: pair for at, pair in told.items() if pair != ("", "")}
    # The same figures held against the engine as it was must not pass, or this test would see nothing.
    unedited = engine(harbor, gathered, Edits({}, {}, edits.chosen)) if edits.chosen else asked
    assert len(differences(gathered, edits, unedited, given)) > 20


@pytest.mark.slow
@pytest.mark.parametrize("name", ["retail", "airport"])
def test_examples_are_the_engines(example, name, tmp_path):
    """Companies that are real: Online Retail, and the passengers of SFO."""
    workspace = example(name)
    material = gather(workspace)
    book = compile_book(material)
    contents = recalculate(book, tmp_path / "base.xlsx")
    assert differing(book, contents) == []
    assert differences(material, BASE, engine(workspace, material, BASE), shown(material, book, contents)) == []
    edits = random_edits(material, book, 3, slices=1)
    with edited(material, book, edits):
        contents = recalculate(book, tmp_path / "edited.xlsx")
    assert differences(material, edits, engine(workspace, material, edits), shown(material, book, contents)) == []


def test_intervals_are_formulas_where_sums_tell_them(gathered, compiled, base):
    """Wilson and adjusted Wald stand in cells, for each share; what is the engine's is in italics and says so."""
    kinds = Counter(calc.alive(gathered, one) for one in gathered.lowered.values())
    assert kinds["all"] >= 5
    assert kinds["whole"] >= 30
    live = stamped = 0
    for metric, one in gathered.lowered.items():
        place = compiled.places["lo", metric]
        cells = compiled.sheet(place.sheet).cells
        told = {cell.period.label: cell.estimate for cell in gathered.answers[metric].cells if not cell.dims}
        for s, period in enumerate(gathered.periods):
            cell = cells[place.top + s, place.left]
            formula = "SQRT" in cell.value.text
            live, stamped = live + formula, stamped + (not formula)
            assert formula or "stamped" in cell.style
            if told.get(period.label) is not None and not one.why:
                lo = told[period.label].lo
                assert same(found(base, place.sheet, place.top + s, place.left), "" if lo is None else lo)
    assert live > 300
    assert stamped > 300


def test_no_error_and_every_name_resolves(compiled, base):
    """No cell shows an error; every defined name stands for cells of the book."""
    sheets = {sheet.name for sheet in compiled.sheets}
    assert len(sheets) >= 50
    for name, means in compiled.names.items():
        assert means.rsplit("!", 1)[0].strip("'").replace("''", "'") in sheets or "!" not in means, name
    errors = [
        (page, at) for page, one in base.pages.items() for at, cell in one.cells.items()
        if type(cell.value).__name__ == "Failure"
    ]  # fmt: skip
    assert errors == []


def test_metrics_that_do_not_add_up_say_so(gathered, compiled):
    """A stamped metric says why; what its parameters are is no input that figures would follow."""
    for metric, one in gathered.lowered.items():
        block = compiled.places["block", metric]
        text = compiled.sheet(block.sheet).cells[block.top, 12].value
        assert text == (f"stamped: {one.why}" if one.why else "live")
    stamped = [one for one in compiled.inputs if one.kind == "parameter" and not live(compiled, one)]
    metrics = {metric.id: metric for metric in gathered.metrics}
    read = {
        name: {each for node in (metric.value, *metric.leaves.values()) for each in parameters(node)}
        for name, metric in metrics.items()
    }
    # A parameter that only another option of a choice would read is no input either.
    assert [one for one in stamped if not gathered.lowered[one.subject].why and one.key in read[one.subject]] == []
    assert any(gathered.lowered[one.subject].why for one in stamped)
    assert policies.STAMPED in {cell.value for cell in compiled.sheet(policies.NAME).cells.values()}
