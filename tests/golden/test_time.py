"""Time from files to numbers: zones, days of 23 and 25 hours, what was known when, where a story is cut."""

from __future__ import annotations

import pytest

from regard.errors import QuestionError
from tests.golden.company import BOTH, MAPPINGS, MARCH, Company, answers, at, nps, order

MINUTES = """metric: minutes
version: 1
status: local
title: Minutes of the period
question: How long is it?
kind: ordinary
rows: {answers: {table: response_seq, at: answered_at}}
leaves: {n: count(answers)}
value: length + 0 * n
n: n
unit: min
good: none
interval: {method: exact}
dims: [segment]
family: VOC
level: operational
decision: none, it shows what length is
owner: tests
citation: "METRICS.md 1: minutes of the period"
"""


def test_r040_an_answer_at_2330_in_new_york_on_the_31st(tmp_path):
    """R040: 23:30 New York on 31 January is January's in New York and February's in UTC, from one and the same file."""
    rows = answers("csat", {5: 1}, 1, 5, when="2025-01-31T23:30:00")
    mapping = (MAPPINGS / "survey.yaml").read_text(encoding="utf-8")
    counted = {}
    for zone in ("America/New_York", "UTC"):
        company = Company(tmp_path / zone.replace("/", "_"), zone=zone).has(survey=rows)
        company.write("sources/survey.yaml", mapping + "zone: America/New_York\n")
        cells = company.cells("csat_top2", start="2025-01-01", end="2025-03-01")
        counted[zone] = [cell.estimate.n for cell in cells]

    assert counted == {"America/New_York": [1, 0], "UTC": [0, 1]}


def test_r040_a_time_without_a_zone_is_turned_away(company):
    """R040: a time that names no zone, of a source that names none, is refused with its reason, and not guessed."""
    rows = answers("csat", {5: 1}, 1, 5, when="2025-01-31T23:30:00") + answers("csat", {4: 1}, 1, 5, first=2)
    company.has(survey=rows)

    assert company.cell("csat_top2", start="2025-01-01", end="2025-04-01", grain="all").estimate.n == 1
    assert company.refused() == ["naive-time"]


def test_r040_days_of_1380_and_1500_minutes(tmp_path):
    """R040: in New York 9 March 2025 has 1380 minutes, 2 November 1500, all others 1440."""
    company = Company(tmp_path, zone="America/New_York", until="2025-12-01T00:00:00Z")
    company.write("metrics/minutes.yaml", MINUTES)
    company.has(survey=answers("csat", {5: 1}, 1, 5))

    lengths = {
        cell.period.label: cell.estimate.value
        for start, end in (("2025-03-08", "2025-03-11"), ("2025-11-01", "2025-11-04"))
        for cell in company.cells("minutes", grain="day", start=start, end=end)
    }

    assert lengths == {
        "2025-03-08": 1440,
        "2025-03-09": 1380,
        "2025-03-10": 1440,
        "2025-11-01": 1440,
        "2025-11-02": 1500,
        "2025-11-03": 1440,
    }


def test_as_of_shows_what_was_known(company):
    """--as-of: after rows are corrected and loaded again, a question as of the first snapshot gives the old number."""
    company.has(survey=nps(50, 30, 20)).load()
    first = company.workspace.snapshot().at
    assert company.value("nps", **MARCH) == 30
    company.has(survey=nps(60, 30, 10)).load()

    assert company.value("nps", **MARCH) == 50
    assert company.value("nps", as_of=first, **MARCH) == 30
    with pytest.raises(QuestionError, match="nothing was loaded"):
        company.value("nps", as_of=first - 1, **MARCH)


def test_loading_the_same_files_again_changes_nothing(company):
    """R035: the second load of the same files makes no new version, and the numbers stand."""
    company.has(survey=nps(50, 30, 20)).load()
    before = company.workspace.snapshot().tables
    cell = company.cell("nps", **MARCH)
    company.load()

    assert company.workspace.snapshot().tables == before
    assert company.cell("nps", **MARCH) == cell


def test_until_leaves_out_what_came_later(company):
    """--until: answers, orders and returns after the cut are not there; the month that it cuts is flagged partial."""
    early = answers("csat", {5: 1}, 1, 5, when=at("2025-03-05"))
    late = answers("csat", {1: 3}, 1, 5, first=2, when=at("2025-03-20"))
    orders = [order(1, 1, "2025-03-01", returned=at("2025-03-25")), order(2, 2, "2025-03-20")]
    company.has(survey=early + late, orders=orders)
    cut = {"until": "2025-03-10", **MARCH}

    estimate = company.cell("csat_top2", **cut).estimate

    assert (estimate.value, estimate.n) == (100, 1)
    assert "partial" in estimate.flags
    assert company.value("csat_top2", **MARCH) == 25
    assert (company.value("new_customers", **cut), company.value("new_customers", **MARCH)) == (1, 2)
    by_return = [company.value("return_rate_by_return", **asked) for asked in (cut, MARCH)]
    assert by_return == [0, 50]


def test_k51_a_running_month_is_compared_with_the_same_part(company):
    """K51: until 11 March, ten days of March stand beside the first ten of February, not beside all of it."""
    rows = [
        row for day in range(1, 29) for row in answers("csat", {5: 1}, 1, 5, first=day, when=at(f"2025-02-{day:02}", 9))
    ]
    rows += [
        row
        for day in range(1, 11)
        for row in answers("csat", {5: 1}, 1, 5, wave="m", first=day, when=at(f"2025-03-{day:02}"))
    ]
    company.has(survey=rows)

    february, march = company.cells("csat_top2", until="2025-03-11", **BOTH)

    assert (february.estimate.n, march.estimate.n, march.previous.n) == (28, 10, 10)
