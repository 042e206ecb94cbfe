"""Reports are described in files: the shipped ones are right, a workspace's own take their place (R116, R124)."""

from __future__ import annotations

from regard.catalog import check, load
from regard.catalog.reports import INCIDENT_PARTS, SHOWS
from regard.model.reports import INCIDENT
from regard.reports.sections import PARTS, PRINTERS
from regard.workspace.reporting import _Filling


def test_shipped_reports_are_right():
    """The shipped reports have no mistakes, and every kind of section stands in one of them or in a test."""
    known = load()
    assert known.mistakes == ()
    assert set(known.reports) == {
        "executive",
        "weekly",
        "monthly",
        "qbr",
        "incident",
        "board",
        "dashboard",
        "categories",
    }
    shown = {section.show for report in known.reports.values() for section in report.sections}
    assert shown | {"text"} == set(SHOWS)
    assert [name for name, report in known.reports.items() if report.of == INCIDENT] == ["incident"]


def test_every_kind_of_section_is_filled_and_printed():
    """The closed list of the catalogue, what is asked for each, and how each looks are one list."""
    assert set(PRINTERS) == set(_Filling._fillers) == set(SHOWS)
    assert set(PARTS) == set(INCIDENT_PARTS)


def test_a_workspace_replaces_a_shipped_report_and_adds_its_own(tmp_path):
    """A file of the same id takes the place of the shipped one; twice in the workspace is a mistake."""
    (tmp_path / "regard.toml").write_text('name = "Tiny"\n')
    (tmp_path / "reports").mkdir()
    text = "report: {name}\ntitle: Ours\nsections:\n  - {{show: tiles, metrics: [NPS]}}\n"
    for file, name in (("a", "weekly"), ("b", "ours"), ("c", "ours")):
        (tmp_path / "reports" / f"{file}.yaml").write_text(text.format(name=name))
    known = load(tmp_path)
    assert (known.reports["weekly"].title, known.reports["weekly"].own) == ("Ours", True)
    assert [(one.rule, one.value) for one in check(tmp_path)] == [("twice", "ours")]


def test_a_broken_report_stops_no_load(tmp_path):
    """A load does not hang on how reports are described."""
    (tmp_path / "regard.toml").write_text('name = "Tiny"\n')
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "a.yaml").write_text("report: a\ntitle: A\nsections: [{show: nothing}]\n")
    known = load(tmp_path)
    assert known.reading == []
    assert [one.rule for one in known.mistakes] == ["bad-choice"]
