"""Metrics over the little company, planned and computed by the oracle: what the tests of single features share."""

from __future__ import annotations

from datetime import date
from typing import Any

from regard.engines import Oracle
from regard.expr import parse
from regard.model import Calendar, Grain, Kind, Metric, RowSet, Status
from regard.plan import Cells, Plan, Question, collect, plan
from tests.engines import company

Row = dict[str, Any]
ROWS = RowSet(table="span", over=("start_at", "end_at"), arguments=(("grain", "user"), ("sharing", "first")))


def metric(leaf: str, rows: RowSet = ROWS, **more: Any) -> Metric:
    """A metric of one leaf over spans."""
    return Metric(
        id="m",
        version=1,
        status=Status.LOCAL,
        kind=Kind.ORDINARY,
        title="m",
        rows={"r": rows},
        leaves={"leaf": parse(leaf, "leaf")},
        value=parse(more.pop("value", "leaf"), "cell"),
        **more,
    )


def planned(asked: Metric, *breakdowns: tuple[str, ...], where: str = "") -> Plan:
    """The plan of a metric over March and April."""
    question = Question(
        metrics=("m",),
        breakdowns=breakdowns,
        grain=Grain.MONTH,
        start=date(2026, 3, 1),
        end=date(2026, 5, 1),
        where=parse(where) if where else None,
    )
    return plan(
        question,
        [asked],
        calendar=Calendar(),
        until=company.LAST,
        tables=company.TABLES,
        dimensions=company.DIMENSIONS,
        policies=company.POLICIES,
    )


def cells(made: Plan, spans: list[Row], facts: list[Row] | None = None) -> list[Cells]:
    """The cells of a plan by the oracle."""
    tables = {"span": spans, "span_share": company.shares(spans), "fact": facts or []}
    return collect(made, Oracle(lambda table, _: tables[table]).run(made))
