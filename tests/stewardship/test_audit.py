"""Audits of KPI sheets: a sheet with the usual contradictions, and a clean one."""

from __future__ import annotations

import openpyxl
import pytest

from regard.catalog import load
from regard.cli.audit import formulas, matched
from regard.errors import SourceError
from regard.sources.kpi_sheet import read_sheet
from regard.stewardship.audit import Audited, audit, audit_rules, bounds, stated

SHEET = """\
# Dashboard

## Primary

### Customer Satisfaction (CSAT)
- **Definition:** Percentage of customers rating "satisfied" or "very satisfied"
- **Target:** >85%
- **Current:** 87.3%
- **Trend:** +2.1% MoM
- **Calculation:** (Satisfied + very satisfied responses) / total responses

### Customer Effort Score (CES)
- **Target:** <2.5 (5-point scale)
- **Current:** 2.3
- **Calculation:** Average rating on "How easy was it to..." questions

## Channels
- **Chat:** 20% of contacts (Target: 20-30%)

## Money
- **Customer Lifetime Value (CLV):** Total revenue expected from a customer
  - Target: $2,500
  - Current: $2,680
- **Customer Acquisition Cost (CAC):** Cost of marketing for a new customer
  - Target: <$150
  - Current: $142

### CLV:CAC Ratio
- **Target:** >3:1
- **Current:** 3.2:1

### Churn Rate
- **Target:** <5%
- **Current:** 4.2%

## Features
- **Alert System:** Automatic notifications for metric deviations >10%
- **Historical Trends:** 12-month rolling data with seasonal adjustments
"""
CLEAN = """\
| Metric | Current | Target | Trend | Definition |
|---|---|---|---|---|
| Satisfied customers (top two boxes) | 87.3 % | at least 85 % | +2.1 pp | satisfied, of customers; latest answer |
| CLV:CAC | 18.9 | > 3 | | revenue over marketing cost |
| Cost per new customer | $142 | < $150 | -$8 | marketing spend over new customers |
| Monthly churn | 4.2 % | < 5 % | -0.3 pp | customers lost in the month over those at its start |
| Share of chat | 20 % | at least 20 % | | of contacts |
"""


@pytest.fixture(scope="module")
def catalogue():
    """Return the shipped definitions."""
    return load()


@pytest.fixture
def audited(tmp_path, catalogue):
    """Return a function that audits a sheet given as text."""

    def audited(text: str, name: str = "sheet.md"):
        path = tmp_path / name
        path.write_text(text)
        sheet = read_sheet(path)
        return audit(Audited(sheet.figures, sheet.notes, matched(sheet, catalogue), formulas(catalogue)))

    return audited


def test_the_usual_contradictions_are_found(audited):
    """Ratio against parts, direction of effort, per cent of per cent, boundary, unstated period, one year's season."""
    found = {(one.rule, one.name) for one in audited(SHEET)}
    assert found == {
        ("X1", "CLV:CAC Ratio"), ("X2", "Customer Satisfaction (CSAT)"), ("X3", "Customer Effort Score (CES)"),
        ("X6", "Customer Satisfaction (CSAT)"), ("X12", "Churn Rate"), ("X16", "Customer Lifetime Value (CLV)"),
        ("X17", "Alert System"), ("X18", "Historical Trends"), ("X23", "Chat"),
    }  # fmt: skip


def test_what_is_found_says_where_and_by_how_much(audited):
    """A remark names the line, the numbers of either reading, and what is done instead."""
    found = {one.rule: one for one in audited(SHEET)}
    assert "18.87" in found["X1"].message
    assert "85.2 or 85.5" in found["X2"].message
    assert "40.2 % a year" in found["X12"].message
    assert SHEET.splitlines()[found["X2"].line - 1] == "### Customer Satisfaction (CSAT)"
    assert all(one.use for one in found.values())


def test_a_clean_sheet_gives_nothing(audited):
    """Where units, periods, ends and parts are said, there is nothing to remark."""
    assert audited(CLEAN) == []


def test_the_same_figures_are_read_from_csv_and_excel(tmp_path):
    """Markdown, CSV with semicolons and Excel state the same figures."""
    rows = [
        ["KPI", "Actual", "Goal", "Change"],
        ["Churn rate", "4.2 %", "< 5 %", "-0.3 %"],
        ["NPS", 52.4, "> 50", "+3.2"],
    ]
    (tmp_path / "a.csv").write_text("\n".join(";".join(str(cell) for cell in row) for row in rows))
    (tmp_path / "a.md").write_text("\n".join("|" + "|".join(str(cell) for cell in row) + "|" for row in rows))
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    book.save(tmp_path / "a.xlsx")
    read = [
        [(one.name, one.said) for one in read_sheet(tmp_path / f"a.{end}").figures] for end in ("csv", "md", "xlsx")
    ]
    assert read[0] == read[1] == read[2]
    assert read[0][1] == ("NPS", {"value": "52.4", "target": "> 50", "trend": "+3.2"})


def test_a_file_without_figures_is_told(tmp_path):
    """A text that states nothing is not audited in silence."""
    (tmp_path / "a.md").write_text("# Hello\n\nNothing here.\n")
    with pytest.raises(SourceError, match="states no figure"):
        read_sheet(tmp_path / "a.md")


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        (">85%", (85, None, False, True, True)),
        ("at least 85", (85, None, True, True, True)),
        ("<$1,150", (None, 1150, True, False, True)),
        ("30-50%", (30, 50, True, True, True)),
        ("90 or more", (90, None, True, True, True)),
        ("$2,500", (2500, 2500, True, True, False)),
        (">3:1", (3, None, False, True, True)),
    ],
)
def test_targets_are_read_as_written(text, ends):
    """Ends are open only where `more than` or `less than` is said; a bare number has no direction."""
    found = bounds(text)
    assert found is not None
    assert (found.lo, found.hi, found.lo_incl, found.hi_incl, found.said) == ends


def test_no_number_is_no_target():
    """`as low as possible` is no target."""
    assert bounds("as low as possible") is None
    assert stated("n/a") is None


def test_rules_are_whole():
    """Every rule has a test: texts, a note, or something that computes."""
    assert all(rule.when or rule.note or rule.check for rule in audit_rules())
