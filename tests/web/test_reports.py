"""Reports of the example company: one file, right numbers, pages as they should lie (R111, R116 to R119, R124)."""

from __future__ import annotations

import io
import re
from datetime import date
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from pypdf import PdfReader

from regard import reports
from regard.cli import main
from regard.errors import QuestionError, SetupError
from regard.plan import Verdict
from regard.present import numbers, summary
from regard.reports import printing
from regard.workspace import Workspace
from regard.workspace.reporting import AMONG_MANY, together
from tests.present import answers as made

PERIODS = ("executive", "weekly", "monthly", "qbr")
OWN = """\
report: chat
title: How chat does
grain: month
sections:
  - {show: text, text: "For the Monday round of the <chat> team."}
  - {show: summary, metrics: [NPS, FRT]}
  - {show: tiles, metrics: [csat_top2, frt], where: "channel = 'chat'"}
  - {show: bars, metrics: [csat_top2], by: [channel]}
"""


class Reader(HTMLParser):
    """Reads a document: its elements, their attributes and its text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag, attrs):
        """Take an element down."""
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data):
        """Take a text down."""
        self.text.append(data)

    @property
    def said(self) -> str:
        """All text, as it is read."""
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def worst(demo):
    """The id of the incident that took most."""
    listed = demo.stretch("2025-08-01", "2026-07-31").incidents
    return listed[0].record.incident


@pytest.fixture(scope="module")
def written(demo, worst):
    """Every shipped report as HTML, by name."""
    made = {name: reports.html(demo.report(name)) for name in PERIODS}
    return made | {"incident": reports.html(demo.report("incident", incident=worst))}


def test_a_report_is_one_file_that_fetches_and_runs_nothing(written):
    """No script, no reference outside, and a policy that would forbid both."""
    for document in written.values():
        read = Reader(document)
        names = {name for name, _ in read.elements}
        assert names.isdisjoint({"script", "link", "img", "iframe", "object", "form"})
        targets = [value for _, given in read.elements for key, value in given.items() if key in {"href", "src"}]
        assert all(value and value.startswith("#") for value in targets)
        assert not any(key.startswith("on") or key == "style" for _, given in read.elements for key in given)
        ids = {given["id"] for _, given in read.elements if "id" in given}
        assert {value.removeprefix("#") for value in targets} <= ids
        policies = [given["content"] for _, given in read.elements if "http-equiv" in given]
        assert [policy.split(";")[0] for policy in policies] == ["default-src 'none'"]
        assert "url(" not in document


def test_pictures_of_reports_are_vectors_with_words(written):
    """Each picture is well-formed SVG with a title and a description."""
    found = [svg for document in written.values() for svg in re.findall(r"<svg.*?</svg>", document, re.DOTALL)]
    assert len(found) > 40
    for svg in found:
        root = ET.fromstring(svg)  # noqa: S314 - drawn by ourselves
        assert root[0].text
        assert root[1].text


@pytest.mark.parametrize("engine", list(printing.ENGINES))
def test_the_executive_report_is_two_landscape_pages(written, engine, demo):
    """Printed by either program, it is two pages of A4 on their side, with vectors and the numbers as text (R111)."""
    read = PdfReader(io.BytesIO(reports.pdf(written["executive"], engine)))
    assert [tuple(round(float(side)) for side in page.mediabox[2:]) for page in read.pages] == [(842, 595)] * 2
    assert not any(page.images for page in read.pages)
    text = " ".join(" ".join(page.extract_text() for page in read.pages).split())
    for answer in demo.ask("csat_top2", "clv", "churn", start="2026-06-01", end="2026-07-01"):
        [cell] = answer.cells
        found = cell.estimate
        said = numbers.value(found.value, answer.metric.unit, lo=found.lo, hi=found.hi, currency="USD")
        assert said in text
    assert "1 of 2" in text


def test_a_tile_says_what_ask_says(written, demo):
    """Value, interval, n and status of every tile are those of the question itself."""
    said = Reader(written["executive"]).said
    tiles = next(one for one in demo.catalogue.reports["executive"].sections if one.show == "tiles")
    for answer in demo.ask(*tiles.metrics, start="2026-06-01", end="2026-07-01"):
        for cell in answer.cells:
            found, unit = cell.estimate, answer.metric.unit
            assert summary.name(answer.metric, cell) in said
            if found.value is None:
                continue
            wanted = numbers.value(found.value, unit, lo=found.lo, hi=found.hi, currency="USD")
            band = numbers.interval(found.lo, found.hi, unit, number=found.value, currency="USD")
            assert wanted in said.replace("  ", " ")
            assert band == numbers.MISSING or band in said
            assert f"n {numbers.count(found.n)}" in said


def test_changes_of_a_report_are_real_among_all_of_them():
    """Of twenty numbers one that looks changed alone may be chance; one that is far beyond it stays real."""
    june = made.months(date(2026, 6, 1), 1)[0]
    chance, sure = Verdict(word="changed", change=2.0, p=0.03), Verdict(word="changed", change=9.0, p=1e-6)
    still = [Verdict(word="no detectable change", change=0.1, p=0.5)] * 18
    counted = Verdict(word="changed", change=3.0)
    judged = together(
        [made.answer(made.cell(june, verdict=one)) for one in (chance, sure, counted, *still)], june.label
    )
    found = [one.cells[0].verdict.word for one in judged[:4]]
    assert found == [AMONG_MANY, "changed", "changed", "no detectable change"]


def test_the_weeks_of_the_ledger_tie_to_the_question(demo):
    """Causes, phases, incidents and the metric of a week are one number (R117)."""
    report = demo.report("weekly", day="2026-06-10")
    shown = {filled.section.show: filled for filled in report.sections if filled.section.show != "causes"}
    causes = [filled for filled in report.sections if filled.section.show == "causes"]
    stretch = shown["phases"].stretch
    asked = demo.ask("cml", grain="week", start=report.period.start, end=report.period.end)
    [cell] = asked.cells
    whole = sum(phase.minutes for phase in stretch.phases) + stretch.unnamed
    assert cell.estimate.value > 0
    assert whole == pytest.approx(cell.estimate.value)
    for filled in causes:
        assert sum(filled.impact.totals.values()) == pytest.approx(whole)
    named = sum(one.minutes for one in stretch.incidents if one.minutes and not one.record.planned)
    assert named + stretch.unnamed == pytest.approx(whole)


def test_the_worst_served_are_told_by_their_own_ledgers(demo):
    """What a customer is said to have lost in all days is what its own ledger sums to (R014, R117)."""
    worst = demo.stretch("2020-01-01", "2026-07-31", worst=3).worst
    assert len(worst) == 3
    for each in worst:
        ledger = demo.ledger(str(each.party_id))
        assert ledger.minutes == pytest.approx(each.minutes)
        assert each.times == ledger.interruptions


def test_an_incident_report_shows_the_ledger(written, demo, worst):
    """Its toll is the ledger's, and the area of its picture is that toll (R119)."""
    page, course = demo.incident(worst), demo.course(worst)
    said = Reader(written["incident"]).said
    assert f"{numbers.count(round(page.toll.minutes.value))} customer minutes lost" in said
    ends = [*(level.at for level in course[1:]), page.until]
    area = sum(
        sum(level.kinds.values()) * (end - level.at) / 60_000_000 for level, end in zip(course, ends, strict=True)
    )
    assert area == pytest.approx(page.toll.minutes.value)


def test_a_report_is_built_from_a_short_file(demo, tmp_path):
    """Ten lines of text make a report, without code (R116, R124)."""
    for name in ("regard.toml", "regard.db", "metrics", "policies", "sources", "lake"):
        if (demo.root / name).exists():
            (tmp_path / name).symlink_to(demo.root / name)
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "chat.yaml").write_text(OWN)
    own = Workspace.open(tmp_path)
    assert own.check() == []
    document = reports.html(own.report("chat", day="2026-06-15"))
    read = Reader(document)
    assert "For the Monday round of the <chat> team." in read.said
    assert "<chat>" not in document
    [cell] = own.ask("csat_top2", where="channel = 'chat'", start="2026-06-01", end="2026-07-01").cells
    found = cell.estimate
    assert numbers.value(found.value, "percent", lo=found.lo, hi=found.hi) in read.said


def test_what_is_asked_wrongly_is_told(demo, monkeypatch):
    """Each mistake says what would do."""
    for arguments, words in (
        ({"name": "weakly"}, "did you mean 'weekly'"),
        ({"name": "incident"}, "name its id"),
        ({"name": "weekly", "incident": "INC-1"}, "not about an incident"),
    ):
        with pytest.raises(QuestionError, match=words):
            demo.report(**arguments)
    monkeypatch.setattr(printing, "ENGINES", {"chromium": (lambda: False, lambda _: b"")})
    with pytest.raises(SetupError, match="pip install"):
        reports.pdf("<p>")


def test_the_command_writes_a_file_or_says_why_not(demo, tmp_path, capsys):
    """`regard report` writes HTML where it is told to, and refuses what is neither HTML nor PDF."""
    for name, code in (("out.html", 0), ("out.docx", 1)):
        with pytest.raises(SystemExit) as ended:
            main(["-C", str(demo.root), "report", "weekly", "--period", "2026-W24", "--out", str(tmp_path / name)])
        assert int(ended.value.code or 0) == code
    document = (tmp_path / "out.html").read_text()
    assert document.startswith("<!doctype html>")
    # What stands at its foot makes the same file again (R125).
    again = re.search(r"<code>regard (report weekly [^<]*) --out FILE</code>", document)[1].split()
    with pytest.raises(SystemExit):
        main(["-C", str(demo.root), *again, "--out", str(tmp_path / "again.html")])
    assert (tmp_path / "again.html").read_text() == document
    assert "neither HTML nor PDF" in capsys.readouterr().err
