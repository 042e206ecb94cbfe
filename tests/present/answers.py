"""Answers made by hand, for the tests of how answers read."""

from __future__ import annotations

from datetime import date

from regard.expr import parse
from regard.model import Calendar, Choice, Good, Grain, Interval, Kind, Metric, RowSet, Status, Target
from regard.plan import Answer, AnswerCell, Estimate, Verdict

CALENDAR = Calendar(zone="Europe/Berlin")
AS_OF = 1_785_492_000_000_000  # 2026-07-31T10:00:00Z


def metric(**changes) -> Metric:
    """Return a small complete metric."""
    fields = {
        "id": "happy",
        "version": 2,
        "status": Status.SHIPPED,
        "kind": Kind.ORDINARY,
        "title": "Happy customers",
        "question": "Who is happy?",
        "rows": {"answers": RowSet(table="response", at="answered_at")},
        "leaves": {"n": parse("count(answers)", "leaf"), "yes": parse("sum(answers, score >= 4)", "leaf")},
        "value": parse("100 * yes / n", "cell"),
        "n": parse("n", "cell"),
        "unit": "percent",
        "good": Good.UP,
        "interval": Interval(method="proportion", of=("yes", "n")),
        "choices": (Choice(id="K22", options={"latest": {}, "every": {}}, default="latest"),),
        "citation": "somebody 2003",
        "hash": "abc123",
    }
    return Metric(**{**fields, **changes})


def months(first: date, count: int):
    """Return periods of months."""
    found = CALENDAR.periods(first, date(2030, 1, 1), Grain.MONTH)
    return found[:count]


def cell(period, value=87.31, *, dims=None, **changes) -> AnswerCell:
    """Return a cell with an interval of two units each way."""
    around = {} if value is None else {"lo": value - 2, "hi": value + 2}
    flags = changes.pop("flags", ("empty",) if value is None else ())
    n = changes.pop("n", 1204.0)
    found = Estimate(value=value, n=n, coverage=changes.pop("coverage", None), flags=flags, **around)
    return AnswerCell(period=period, dims=dims or {}, estimate=found, **changes)


TARGET = Target(metric="happy", lo=85, lo_incl=False, source="S2:10")
CHANGED = Verdict(word="changed", change=2.1, lo=0.3, hi=3.9, p=0.02, better=True)
STILL = Verdict(word="no detectable change", change=0.4, lo=-1.5, hi=2.3, p=0.7)


def answer(*cells: AnswerCell, **changes) -> Answer:
    """Return an answer of some cells."""
    fields = {"metric": metric(), "calendar": CALENDAR, "as_of": AS_OF, "until": AS_OF, "snapshot": "snap-1"}
    return Answer(cells=cells, **{**fields, **changes})
