"""A little company that loses service: five customers, three incidents and planned work, worked by hand (golden G1)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.golden.company import Company, at

if TYPE_CHECKING:
    from collections.abc import Iterable

DAY = "2026-03-05"
UNTIL = "2026-04-10T00:00:00Z"


class Outages(Company):
    """A workspace whose files tell of incidents."""

    mappings = Path(__file__).with_name("sources")


def minute(number: float, day: str = DAY) -> str:
    """Return so many minutes after the midnight of a day."""
    return at(day, number / 60)


def loss(number: int, incident: str | None, who: str | None, start: float, end: float | None, **values: Any) -> Any:
    """Return a stage of loss, in minutes of the day."""
    ends = None if end is None else minute(end)
    return {"loss": f"L{number}", "incident": incident, "customer": who, "start": minute(start), "end": ends, **values}


CUSTOMERS = [
    {"customer": "A", "segment": "b2b", "region": "EU", "value": 1000, "weight": 5},
    {"customer": "B", "segment": "b2b", "region": "US", "value": 500, "weight": 1},
    {"customer": "C", "segment": "b2c", "region": "EU", "value": 50, "weight": 1},
    {"customer": "D", "segment": "b2c", "region": "US", "value": 50, "weight": 1},
    {"customer": "E", "segment": "b2c", "region": "EU", "value": None, "weight": 1},
]
INCIDENTS = [
    {
        "incident": "I1",
        "title": "Login down",
        "severity": "high",
        "cause": "deploy",
        "service": "login",
        "team": "identity",
        "started": minute(105),
        "detected": minute(110),
        "acknowledged": minute(120),
        "posted": minute(125),
        "mitigated": minute(140),
        "resolved": minute(220),
    },
    {
        "incident": "I2",
        "severity": "low",
        "cause": "capacity",
        "service": "search",
        "team": "search",
        "started": minute(150),
        "resolved": minute(190),
    },
    {"incident": "I3", "planned": "yes", "service": "login", "started": minute(300), "resolved": minute(360)},
    {"incident": "I4", "cause": "deploy", "service": "search", "started": minute(400), "resolved": minute(403)},
    {"incident": "I5", "service": "login", "cause": "deploy", "started": minute(500), "resolved": minute(520)},
]
LOSSES = [
    loss(1, "I1", "A", 100, 160, relief="restored"),
    loss(2, "I1", "A", 200, 220, relief="restored"),
    loss(3, "I1", "B", 100, 130, relief="workaround"),
    loss(4, "I1", "B", 130, 160, kind="workaround", relief="restored"),
    loss(5, "I2", "B", 150, 190, kind="degraded"),
    loss(6, "I2", "C", 150, 190, kind="degraded"),
    loss(7, "I3", "D", 300, 360),
    loss(8, "I4", "E", 400, 403),
]
TICKETS = [
    {"ticket": "t1", "customer": "A", "opened": minute(120), "incident": "I1"},
    {"ticket": "t2", "customer": "B", "opened": minute(125), "incident": None},
    {"ticket": "t3", "customer": "C", "opened": minute(600), "incident": None},
    {"ticket": "t4", "customer": "D", "opened": at("2026-02-01"), "incident": None},
    {"ticket": "t5", "customer": "B", "opened": at("2026-02-20"), "incident": None},
]
ANSWERS = [
    {"answer": "a1", "customer": "A", "answered": at("2026-02-20"), "score": 5},
    {"answer": "a2", "customer": "B", "answered": at("2026-02-25"), "score": 4},
    {"answer": "a3", "customer": "A", "answered": at("2026-03-20"), "score": 2},
    {"answer": "a4", "customer": "B", "answered": at("2026-03-21"), "score": 3},
    {"answer": "a5", "customer": "D", "answered": at("2026-03-21"), "score": 1},
]
PLACES = [
    {"customer": "A", "shard": "shard-7", "from": at("2025-01-01"), "to": None},
    {"customer": "C", "shard": "shard-7", "from": at("2025-01-01"), "to": at("2026-03-01")},
    {"customer": "C", "shard": "shard-8", "from": at("2026-03-01"), "to": None},
]

MEASURED = (
    (97, 147, 900), (147, 157, 620), (197, 217, 560),
)  # fmt: skip
"""Minutes in which the slowest requests of login were so slow (ms), three ahead of its customers."""


def measured() -> list[dict[str, Any]]:
    """Return the slowest requests of login, minute by minute until eight."""
    slow = {at: value for start, end, value in MEASURED for at in range(start, end)}
    return [
        {"service": "login", "series": "p99_ms", "at": minute(at), "value": slow.get(at, 200) + at * 37 % 19}
        for at in range(480)
    ]


def served(rows: Iterable[dict[str, Any]], since: str = "2025-01-01") -> list[dict[str, Any]]:
    """Return customers served since a day."""
    return [{"from": at(since), "since": at(since), **row} for row in rows]


def five(root: Path, **settings: Any) -> Outages:
    """Return the company of five customers, on disk."""
    company = Outages(root, until=settings.pop("until", UNTIL), **settings)
    return company.has(
        customers=served(CUSTOMERS),
        incidents=INCIDENTS,
        losses=LOSSES,
        tickets=TICKETS,
        answers=ANSWERS,
        places=PLACES,
    )
