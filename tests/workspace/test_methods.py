"""Metrics by method, from rows to answers: the series is asked as plain arithmetic, the method gives the numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import duckdb
import numpy as np
import pytest

from regard.catalog import load
from regard.engines import Duck
from regard.expr import parse
from regard.model import (
    DAY_US,
    Calendar,
    Grain,
    Interval,
    Kind,
    Metric,
    RowSet,
    Series,
    Setting,
    Status,
    Window,
    day_number,
)
from regard.plan import Plan, Question, collect, plan
from regard.stats import BY_METHOD
from regard.workspace import methods
from regard.workspace.estimates import Terms, answer_cells
from tests.engines import company

FIRST = date(2021, 1, 1)
SAIDI = [0 if i % 13 == 0 else {400: 60, 900: 85, 1500: 30}.get(i, (1 + 37 * i % 101) / 20) for i in range(1, 1827)]
"""TRUTH I-3: the daily minutes of 2021 to 2025."""


def rows(days: list[float], first: date = FIRST, tier: str = "gold") -> list[dict[str, Any]]:
    """A span that begins at noon of each day and costs that day's minutes."""
    return [
        {
            "party_id": 1, "start_at": (at := day_number(first + timedelta(days=i)) * DAY_US + DAY_US // 2),
            "end_at": at + 1, "size": 1, "rate": float(minutes), "tier": tier, "bucket": 1, "kinds": "",
            "parts": company.PARTS[0],
        }
        for i, minutes in enumerate(days)
    ]  # fmt: skip


def asked(metric: Metric, question: Question) -> Plan:
    """The plan of a question, the story told to the end of 2026."""
    until = day_number(date(2027, 1, 1)) * DAY_US
    return plan(
        question,
        [metric],
        calendar=Calendar(),
        until=until,
        tables=company.TABLES,
        dimensions=company.DIMENSIONS,
        policies=company.POLICIES,
    )


def answers(metric: Metric, spans: list[dict[str, Any]], question: Question) -> dict[tuple[str, ...], Any]:
    """Period and dimensions -> estimate."""
    connection = duckdb.connect()
    connection.register("span", company.arrow(company.SPAN, spans))
    connection.register("span_share", company.arrow(company.SPAN_SHARE, company.shares(spans)))
    duck = Duck(connection, lambda table, _: table)

    def read(inner: Question, one: Metric) -> Any:
        made = asked(one, inner)
        results = duck.run(made)
        return collect(made, results), results.sql

    made = asked(metric, question)
    series, _ = methods.series(made, metric, read)
    return {
        (cell.period.label, *(str(value) for value in cell.dims.values())): cell.estimate
        for part, elements in zip(collect(made, duck.run(made)), series, strict=True)
        for cell in answer_cells(made, part, Terms(), found=methods.found(made, part, elements))
    }


def days(gives: str, spans: list[dict[str, Any]], start: date, *, by: tuple[str, ...] = (), grain: str = "year") -> Any:
    """What `major_days` gives of daily minutes, from a day to the end of 2026."""
    metric = Metric(
        id="m",
        version=1,
        status=Status.LOCAL,
        kind=Kind.METHOD,
        title="m",
        rows={"r": RowSet(table="span", at="start_at")},
        leaves={"lost": parse("sum(r, rate)", "leaf")},
        value=parse("lost", "cell"),
        parameters={"gives": Setting(value=gives)},
        method="major_days",
        series=Series(grain="day", window=Window(60, "month")),
    )
    question = Question(
        metrics=("m",), breakdowns=(by,), grain=Grain(grain), start=start, end=date(2027, 1, 1), compare=""
    )
    return answers(metric, spans, question)


def test_five_years_of_days_judge_the_sixth() -> None:
    """TRUTH I-3 from rows: the threshold of 2026 is that of 2021 to 2025, and months take it from the same years."""
    spans = rows([*SAIDI, 1, 25, 19])
    year = days("threshold", spans, date(2026, 1, 1))[("2026",)]
    months = days("without", spans, date(2026, 1, 1), grain="month")

    assert year.value == pytest.approx(19.95442585, abs=1e-7)
    assert year.flags == ()
    assert months[("2026-01",)].value == pytest.approx(20)
    assert months[("2026-02",)].value == 0


def test_years_with_less_before_them_are_provisional() -> None:
    """The first year is judged by itself, the others by what is there, and each says so."""
    found = days("days", rows(SAIDI), date(2021, 1, 1))

    assert [found[(str(year),)].flags for year in range(2021, 2027)] == [("provisional",)] * 5 + [()]
    assert sum(found[(str(year),)].value for year in range(2021, 2026)) == 3


def test_each_group_has_days_of_its_own() -> None:
    """By tier each group is judged by its own days; a group without days in the window is provisional."""
    spans = rows(SAIDI) + rows([4.0], date(2026, 3, 1)) + rows([5.0, 2.0], date(2026, 5, 1), tier="free")
    found = days("without", spans, date(2026, 1, 1), by=("tier",))

    assert (found[("2026", "gold")].value, found[("2026", "gold")].flags) == (4, ())
    assert (found[("2026", "free")].value, found[("2026", "free")].flags) == (7, ("provisional",))


def test_causes_are_drawn_to_their_mean() -> None:
    """By cause, what single incidents made large is drawn in, and the worst incident can be left out."""
    begin = day_number(date(2026, 3, 1)) * DAY_US
    causes = {"dns": [1, 1, 1, 1, 1, 1, 1], "deploy": [90], "power": [4, 3, 5, 4, 4], "cable": [2, 2]}
    spans = [
        {
            "party_id": 1, "start_at": begin + i, "end_at": begin + i + 1, "size": size, "rate": 1.0, "tier": None,
            "bucket": 1, "kinds": "", "parts": [(1.0, f"{cause} {i}", cause)],
        }
        for cause, sizes in causes.items() for i, size in enumerate(sizes)
    ]  # fmt: skip
    metric = Metric(
        id="m",
        version=1,
        status=Status.LOCAL,
        kind=Kind.METHOD,
        title="m",
        rows={"r": RowSet(table="span", at="start_at")},
        leaves={"lost": parse("sum(r, size)", "leaf")},
        value=parse("10 * lost", "cell"),
        interval=Interval(method="compound_poisson_rate", of=("lost",), replicate="incident"),
        method="shrinkage",
    )
    question = Question(
        metrics=("m",), breakdowns=(("cause",),), grain=Grain.YEAR, start=date(2026, 1, 1), end=date(2027, 1, 1),
        compare="", intervals=False,
    )  # fmt: skip
    shrunk = answers(metric, spans, question)
    left = answers(replace(metric, parameters={"gives": Setting(value="without_largest")}), spans, question)

    assert 200 < shrunk[("2026", "deploy")].value < 900
    assert 70 < shrunk[("2026", "dns")].value < 100
    assert all(one.lo < one.value < one.hi for one in shrunk.values())
    assert {key[1]: one.value for key, one in left.items()} == {"cable": 20, "deploy": 0, "dns": 60, "power": 150}


def test_what_is_open_is_projected_from_what_is_past() -> None:
    """From rows to burn and remaining minutes at the end of a month, by tier: old and new ones of different depth."""
    begin = day_number(date(2026, 3, 31)) * DAY_US
    hour = DAY_US // 24
    base = {"party_id": 1, "rate": 1.0, "bucket": 1, "kinds": "", "parts": company.PARTS[0]}
    past = [(10, "gold"), (30, "gold"), (100, "gold")]
    spans = [
        {**base, "start_at": begin, "end_at": begin + minutes * hour // 60, "size": 1, "tier": tier}
        for minutes, tier in past
    ]
    spans += [
        {**base, "start_at": begin + 20 * hour, "end_at": None, "size": 2, "tier": "gold"},
        {**base, "start_at": begin + 24 * hour - 1, "end_at": None, "size": 5, "tier": "gold"},
        {**base, "start_at": begin + 24 * hour - 1, "end_at": None, "size": 1, "tier": "free"},
    ]
    age, lasted = "(period.end - start_at) / 1 h", "(end_at - start_at) / 1 min"
    leaves = {
        "burn": "sum(now, size)",
        "open_0": f"sum(now, if({age} < 1, size, 0))",
        "open_60": f"sum(now, if({age} >= 1, size, 0))",
        "lasting_0": "count(past)",
        "beyond_0": f"sum(past, {lasted})",
        "lasting_60": f"sum(past, {lasted} > 60)",
        "beyond_60": f"sum(past, if({lasted} > 60, {lasted} - 60, 0))",
    }
    metric = Metric(
        id="m",
        version=1,
        status=Status.LOCAL,
        kind=Kind.METHOD,
        title="m",
        rows={
            "now": RowSet(table="span", standing="end", span=("start_at", "end_at"), where=parse("end_at is blank")),
            "past": RowSet(table="span", at="start_at", where=parse("end_at is not blank"), window=Window(12, "month")),
        },
        leaves={name: parse(text, "leaf") for name, text in leaves.items()},
        value=parse("burn", "cell"),
        parameters={"gives": Setting(value="remaining")},
        method="projection",
    )
    question = Question(
        metrics=("m",), breakdowns=((), ("tier",)), start=date(2026, 3, 1), end=date(2026, 4, 1), compare=""
    )
    remaining = answers(metric, spans, question)
    burn = answers(replace(metric, parameters={"gives": Setting(value="burn")}), spans, question)

    assert burn[("2026-03",)].value == 60 * 8
    assert remaining[("2026-03", "gold")].value == pytest.approx(5 * 140 / 3 + 2 * 40)
    assert remaining[("2026-03", "free")].value is None
    assert remaining[("2026-03",)].value == pytest.approx(6 * 140 / 3 + 2 * 40)


SEGMENT = replace(
    company.SPAN,
    name="segment",
    columns={**company.SPAN.columns, "up": replace(company.SPAN.columns["rate"], name="up")},
    finer=None,
)


@pytest.mark.parametrize(
    ("width", "worst"), [(1, 0), (5, 0), (10, 0), (20, 50), (60, 250 / 3), (120, 90), (240, 95), (241, None)]
)
def test_the_worst_window_from_segments(width: int, worst: float | None) -> None:
    """TRUTH I-4: of four hours, down in minutes 100 to 109 and 200 to 201, by width, through filter and breakdown."""
    begin = day_number(date(2026, 3, 1)) * DAY_US
    bounds = [0, 100, 110, 200, 202, 240]
    minute = 60_000_000
    segments = [
        {
            "party_id": 1, "start_at": begin + start * minute, "end_at": begin + end * minute, "size": 1, "rate": 1.0,
            "tier": tier, "kinds": "", "bucket": 1, "up": float(place % 2 == 0) if tier == "gold" else 0.0,
        }
        for tier in ("gold", "free") for place, (start, end) in enumerate(pairwise(bounds))
    ]  # fmt: skip
    metric = Metric(
        id="m",
        version=1,
        status=Status.LOCAL,
        kind=Kind.METHOD,
        title="m",
        rows={"r": RowSet(table="segment", over=("start_at", "end_at"), where=parse("tier = 'gold'"))},
        leaves={"up_min": parse("sum(r, overlap * up)", "leaf"), "all_min": parse("sum(r, overlap)", "leaf")},
        value=parse("100 * up_min / all_min", "cell"),
        parameters={"width": Setting(value=width)},
        method="worst_window",
        series=Series(grain="minute"),
    )
    day = date(2026, 3, 1)
    question = Question(
        metrics=("m",), breakdowns=((), ("tier",)), grain=Grain.ALL, start=day, end=day + timedelta(days=1), compare=""
    )
    connection = duckdb.connect()
    connection.register("segment", company.arrow(SEGMENT, segments))
    made = plan(
        question,
        [metric],
        calendar=Calendar(),
        until=begin + 240 * minute,
        tables={"segment": SEGMENT},
        dimensions=company.DIMENSIONS,
        policies={},
    )
    series, sql = methods.minutes(made, connection, "segment")
    cells = collect(made, Duck(connection, lambda table, _: table).run(made))
    found = [methods.found(made, part, elements) for part, elements in zip(cells, series, strict=True)]

    assert [part.groups for part in cells] == [[()], [("gold",)]]
    assert all(one is not None and one.n[0, 0] == 240 for one in found)
    values = [one.value[0, 0] for one in found if one is not None]
    assert values == pytest.approx([np.nan if worst is None else worst] * 2, nan_ok=True)
    assert len(sql) == 3


def test_the_catalogue_knows_what_is_built() -> None:
    """A method of the closed list gives something exactly when statistics has it."""
    assert {name for name, gives in load().terms.methods.items() if gives} == set(BY_METHOD)
