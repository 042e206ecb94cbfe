"""A workbook that comes back becomes a draft: what was edited, and its effect; the rest is refused (R112, X26)."""

from __future__ import annotations

import json

import openpyxl
import pytest
import yaml

from regard.errors import WorkbookError
from regard.excel import Book, Formula, Input, Sheet, write
from regard.excel.propose import proposal
from regard.excel.read import read
from regard.excel.seal import seal
from regard.workspace import Workspace
from regard.workspace.proposal import propose
from tests.excel.office import at_the_desk
from tests.workspace.outages import five

TARGETS = """targets:
  - {metric: cml_w, hi: 100, source: "board"}
  - {metric: cml_w, scope: {segment: b2b}, hi: 80, hi_incl: no, source: "board"}
"""
ROWS = [
    ("policy", "depth", "degraded", 0.5, 0, 1),
    ("policy", "depth", "workaround", 0.25, 0, 1),
    ("parameter", "cml", "planned_weight", 0.5, 0, 1),
    ("target", "cml_w", "hi", 100.0, None, None),
    ("target", "cml_w", "segment=b2b:hi", 80.0, None, None),
    ("choice", "K06", "", "depth", None, None),
    ("view", "segment", "", "All", None, None),
]
OPTIONS = {"K06": ("depth", "custom"), "K05": ("proportional", "first", "equal"), "segment": ("All", "b2b")}


def assumptions(path, rows=ROWS):
    """Write a workbook of assumptions about the five customers."""
    sheet = Sheet(name="Assumptions")
    book = Book(title="Five", sheets=[sheet])
    for row, (kind, subject, key, value, lo, hi) in enumerate(rows, 1):
        label = f"{subject} {key}".strip()
        sheet.line(row, 0, [label, value])
        sheet.put(row, 2, Formula(f'=IF(B{row + 1}="{value}","","CHANGED")', ""))
        options = OPTIONS.get(subject, ())
        book.inputs.append(
            Input(
                sheet="Assumptions", row=row, column=1, kind=kind, subject=subject, key=key,
                baseline=value, lo=lo, hi=hi, options=options, label=label,
            )
        )  # fmt: skip
    book.sheets.append(seal(book))
    write(book, path)
    return path


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Five customers and their incidents, with two targets."""
    folder = tmp_path_factory.mktemp("five")
    root = five(folder).load().root
    (root / "policies").mkdir(exist_ok=True)
    (root / "policies" / "targets.yaml").write_text(TARGETS)
    return Workspace.open(root)


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """Return the workbook, as it was sent out."""
    return assumptions(tmp_path_factory.mktemp("book") / "five.xlsx")


def edited(book, folder, **cells):
    """Return a copy edited in another program."""
    file = openpyxl.load_workbook(book)
    for cell, value in cells.items():
        file["Assumptions"][cell] = value
    file.save(folder / "back.xlsx")
    return folder / "back.xlsx"


def test_three_weights_and_a_target_edited_in_libreoffice(company, book, tmp_path):
    """As a person would: typed, saved, sent back. The draft has these four changes and their effect on history."""
    back = tmp_path / "Back from Ana.xlsx"
    typed = {"Assumptions!B2": "0.4", "Assumptions!B3": "0", "Assumptions!B4": "0.25", "Assumptions!B5": "60"}
    shown = at_the_desk(tmp_path, book, save=back, type_=typed, read=["Assumptions!C2"])
    assert shown == {"Assumptions!C2": "CHANGED"}
    draft = propose(company, back)
    assert [(one.input.key, one.input.baseline, one.value) for one in draft.edits] == [
        ("degraded", 0.5, 0.4), ("workaround", 0.25, 0), ("planned_weight", 0.5, 0.25), ("hi", 100, 60),
    ]  # fmt: skip
    assert sorted(draft.files) == ["metrics/cml.yaml", "policies/depth.yaml", "policies/targets.yaml"]

    # The effect is what the workspace gives once the files are its own; by hand: 113 full minutes, 70 degraded, 30 by
    # a workaround of which 10 lie within what is degraded anyway.
    effect = {(one.metric, one.period, tuple(one.dims.values())): one for one in draft.effects}
    one = effect["cml_w", "2026-03", ()]
    root = five(tmp_path / "again").load().root
    for name, text in draft.files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    adopted = Workspace.open(root)
    assert adopted.check() == []
    [after] = adopted.ask("cml_w", start="2026-03-01", end="2026-04-01")
    [before] = company.ask("cml_w", start="2026-03-01", end="2026-04-01")
    assert one.was == before.cells[0].estimate.value
    assert one.now == after.cells[0].estimate.value
    assert one.now < one.was
    assert (one.was_status, one.now_status) == (before.cells[0].status, after.cells[0].status)
    assert after.cells[0].target.hi == 60
    assert "cml" in draft.touched
    assert {metric for metric, _, _ in effect} <= set(draft.touched)


def test_the_draft_is_read_by_the_rules_of_the_workspace(company, book, tmp_path):
    """Its files say version, source and cell; other targets stay as they were."""
    draft = propose(company, edited(book, tmp_path, B2=0.4, B4=0.25, B6=70), name="ana")
    policy = yaml.safe_load(draft.files["policies/depth.yaml"])
    assert (policy["version"], policy["values"]["degraded"], policy["values"]["workaround"]) == (2, 0.4, 0.25)
    assert policy["sets"] == "max"
    metric = yaml.safe_load(draft.files["metrics/cml.yaml"])
    assert metric["parameters"] == {"planned_weight": {"value": 0.25}}
    assert "was 0.5; Assumptions!B4" in draft.files["metrics/cml.yaml"]
    first, second = yaml.safe_load(draft.files["policies/targets.yaml"])["targets"]
    assert first == {"metric": "cml_w", "hi": 100, "source": "board"}
    assert (second["hi"], second["hi_incl"], second["scope"]) == (70, False, {"segment": "b2b"})
    folder = draft.write(tmp_path)
    assert folder == tmp_path / "drafts" / "ana"
    assert "| was | would be |" in (folder / "README.md").read_text()
    with pytest.raises(WorkbookError, match="a draft 'ana' already"):
        draft.write(tmp_path)


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ({"C2": '=IF(B2="0.5","","")'}, r"Assumptions!C2: its formula now reads"),
        ({"A3": "depth of nothing"}, r"Assumptions!A3: it is no input, and now holds 'depth of nothing'"),
        ({"B2": 1.5}, r"Assumptions!B2: 1\.5 is above 1, the most it may be"),
        ({"B2": -1}, r"Assumptions!B2: -1 is below 0"),
        ({"B2": "half"}, r"Assumptions!B2: a number is needed, it holds 'half'"),
        ({"B2": None}, r"Assumptions!B2: it is empty; the engine used 0\.5"),
        ({"B2": "=1/2"}, r"Assumptions!B2: a value is needed here, not a formula"),
        ({"B7": "deep"}, r"Assumptions!B7: 'deep' is none of its options"),
        ({"B5": None}, r"target of cml_w would have neither end"),
        ({"B8": "b2b"}, "proposes nothing"),
        ({}, "proposes nothing"),
    ],
)
def test_what_is_no_proposal_is_refused_by_cell(company, book, tmp_path, cells, says):
    """A tampered formula, a label, a value out of bounds, a text for a number, nothing at all."""
    with pytest.raises(WorkbookError, match=says):
        propose(company, edited(book, tmp_path, **cells))


def test_edits_of_what_has_changed_since_are_refused(company, tmp_path):
    """Who judged 0.6 by what 0.3 gave did not judge it by what 0.5 gives."""
    old = assumptions(tmp_path / "old.xlsx", [("policy", "depth", "degraded", 0.3, 0, 1)])
    with pytest.raises(WorkbookError, match=r"B2: the workbook was made when this was 0\.3; here it is 0\.5 by now"):
        propose(company, edited(old, tmp_path, B2=0.6))


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (("policy", "deepth", "degraded", 0.5, 0, 1), "no policy 'deepth' here; did you mean 'depth'"),
        (("policy", "depth", "worse", 0.5, 0, 1), "has no value for 'worse' here"),
        (("parameter", "cml", "weight", 0.5, 0, 1), "cml has no parameter 'weight' here"),
        (("target", "cml", "hi", 0.5, 0, 1), "cml has no target here"),
    ],
)
def test_inputs_of_another_company_are_refused(company, tmp_path, row, says):
    """A workbook can be sent to the wrong workspace."""
    other = assumptions(tmp_path / "other.xlsx", [row])
    with pytest.raises(WorkbookError, match=says):
        propose(company, edited(other, tmp_path, B2=0.6))


def test_a_choice_becomes_an_option_of_each_metric_that_has_it(company, tmp_path):
    """And of no other."""
    path = assumptions(tmp_path / "k.xlsx", [("choice", "K05", "", "proportional", None, None)])
    file = openpyxl.load_workbook(path)
    file["Assumptions"]["B2"] = "first"
    file.save(path)
    found = proposal(read(path))
    assert [edit.value for edit in found.edits] == ["first"]
    draft = propose(company, path)
    assert draft.files
    for name, text in draft.files.items():
        metric = yaml.safe_load(text)
        assert metric["options"] == {"K05": "first"}
        assert company.catalogue.metric(metric["metric"], {"K05": "first"}).options_set
        assert name == f"metrics/{metric['metric']}.yaml"
    assert json.dumps(draft.note())
