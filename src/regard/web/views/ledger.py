"""What the pages of interruption show: incidents, one incident, causes, customers, the queue, tickets; plain data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from regard.errors import QuestionError
from regard.model import Grain, add_months
from regard.present import interruption
from regard.present.incident_chart import causes_chart, course_chart, ledger_chart, phases_chart, similar_chart
from regard.present.table import Table, without_empty
from regard.web.views.drawing import drawing

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from regard.model.interruption import CustomerLedger
    from regard.workspace import Workspace

SHOWN = 90
"""Days that are shown where nobody asks for others."""
WORST, CAUSES = 25, 12
"""Customers, and groups of a picture, that a page shows."""
BY = ("cause", "service", "team", "severity", "segment", "region", "tier", "journey", "loss_kind", "evidence")
"""Dimensions that the explorer offers, those that engineers ask first in front."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days that a page is about.

    Attributes:
        start: the first.
        end: the day after the last.
        asked: `from` and `to` as they were asked, for the form.
        near: other days that people ask for: their name and the part of an address that asks for them.
    """

    start: date
    end: date
    asked: tuple[str, str] = ("", "")
    near: tuple[tuple[str, str], ...] = ()

    @property
    def last(self) -> date:
        """The last day."""
        return self.end - timedelta(days=1)

    @property
    def query(self) -> str:
        """The part of an address that asks for them again."""
        return f"from={self.start}&to={self.end}"


@dataclass(frozen=True, slots=True)
class Linked:
    """A table whose first cells lead somewhere.

    Attributes:
        table: the table.
        links: for each row an address, or "".
    """

    table: Table
    links: tuple[str, ...]


def days(workspace: Workspace, asked: Mapping[str, str]) -> Days:
    """Read `from` and `to` of an address: a day, or a month, which is taken in whole; by default the last 90 days.

    Raises:
        QuestionError: one of them is no day, or they leave no day.
    """
    snapshot = workspace.snapshot()
    if snapshot is None:
        raise QuestionError("nothing was loaded yet; `regard load` loads the sources")
    cut = workspace.moment(workspace.config.until or None)
    until = min(cut, snapshot.at) if cut is not None else snapshot.at
    start, end = asked.get("from", "").strip(), asked.get("to", "").strip()
    today = workspace.calendar.day_of(until - 1)
    last = _day(end, whole=True) or today + timedelta(days=1)
    first = _day(start, whole=False) or last - timedelta(days=SHOWN)
    if first >= last:
        raise QuestionError(f"from {first} to {last}: no day is left; `to` is the day after the last, or a whole month")
    return Days(first, last, (start, end), tuple(_near(workspace, today)))


def _near(workspace: Workspace, today: date) -> Iterator[tuple[str, str]]:
    """Yield the days that people ask for most, seen from where the story ends."""
    calendar = workspace.calendar
    yield "yesterday", f"from={today - timedelta(days=1)}&to={today}"
    yield "the last 7 days", f"from={today - timedelta(days=6)}&to={today + timedelta(days=1)}"
    for name, steps in (("this month", 0), ("last month", -1)):
        month = calendar.shift(calendar.period_of(today, Grain.MONTH), Grain.MONTH, steps)
        yield name, f"from={month.start}&to={month.end}"
    yield "a year", f"from={add_months(today, -12)}&to={today + timedelta(days=1)}"


def _day(text: str, *, whole: bool) -> date | None:
    if not text:
        return None
    month = len(text) == len("2026-06")
    try:
        found = date.fromisoformat(f"{text}-01" if month else text)
    except ValueError:
        raise QuestionError(f"'{text}' is no day or month; write 2026-06-30 or 2026-06") from None
    return add_months(found, 1) if month and whole else found


# ----------------------------------------------------------------------------------------------------------------------


def incidents(workspace: Workspace, shown: Days) -> dict[str, Any]:
    """Return the incidents of some days and what is open now."""
    stretch = workspace.stretch(shown.start, shown.end)
    table = interruption.listed_table(stretch.incidents, zone(workspace))
    return {
        "days": shown,
        "incidents": Linked(_untitled(table), tuple(_incident(one.record.incident) for one in stretch.incidents)),
        "minutes": interruption.minutes(sum(phase.minutes or 0 for phase in stretch.phases) + stretch.unnamed),
        "unnamed": interruption.minutes(stretch.unnamed) if stretch.unnamed else "",
        "unknown": sum(one.minutes is None for one in stretch.incidents),
        "queue": queue(workspace),
    }


def queue(workspace: Workspace) -> Linked:
    """Return what is open, first what will cost customers most (R023, R026)."""
    found = workspace.queue()
    return Linked(_untitled(interruption.queue_table(found)), tuple(_incident(one.record.incident) for one in found))


def incident(workspace: Workspace, name: str) -> dict[str, Any]:
    """Return an incident opened: who, when, how deep, and what came of it (R119)."""
    page, clock = workspace.incident(name), zone(workspace)
    course = workspace.course(name) if page.toll is not None else ()
    similar = interruption.similar_table(page, clock)
    return {
        "page": page,
        "title": interruption.incident_title(page.record),
        "facts": interruption.incident_facts(page.record),
        "headline": interruption.incident_headline(page),
        "course": drawing(lambda width: course_chart(page, course, clock, width=width)),
        "marks": _untitled(interruption.marks_table(page, clock)),
        "phases_picture": drawing(
            lambda width: phases_chart(page.phases, headed=False, width=width) if page.phases else ""
        ),
        "phases": _untitled(interruption.phases_table(page.phases)),
        "who": _untitled(interruption.parts_table(page)),
        "depth": _untitled(interruption.kinds_table(page)),
        "said": interruption.incident_sentences(page),
        "similar_picture": drawing(lambda width: similar_chart(page, width=width)),
        "similar": Linked(_untitled(similar), tuple(_incident(one.incident) for one in page.similar)),
        "cut": interruption.when(page.until, clock),
    }


def explorer(workspace: Workspace, by: Sequence[str], shown: Days, *, customers: bool) -> dict[str, Any]:
    """Return customer minutes of some days by dimensions, by phase, and of whom; all adding up to one whole (R030).

    Args:
        workspace: whose.
        by: dimensions, one or two.
        shown: the days.
        customers: whether single customers may be named.
    """
    titles = {name: dimension.title for name, dimension in workspace.catalogue.dimensions.items()}
    impact = workspace.impact(by, start=shown.start, end=shown.end)
    stretch = workspace.stretch(shown.start, shown.end, worst=WORST if customers else 0)
    whole = sum(impact.totals.values())
    worst = interruption.worst_table(stretch.worst, stretch.currency)
    offered = workspace.catalogue.tables["ledger_share"].dims
    return {
        "days": shown,
        "by": tuple(by),
        "offered": [(name, titles.get(name, name)) for name in BY if name in offered],
        "whole": interruption.minutes(whole),
        "picture": drawing(
            lambda width: causes_chart(impact, titles, most=CAUSES, width=width, headed=False) if impact.rows else ""
        ),
        "causes": _without_period(interruption.impact_table(impact, titles)),
        "phases_picture": drawing(
            lambda width: (
                phases_chart(stretch.phases, unnamed=stretch.unnamed, headed=False, width=width) if whole else ""
            )
        ),
        "phases": _untitled(interruption.phases_table(stretch.phases, stretch.unnamed)),
        "worst": Linked(_untitled(worst), tuple(f"/customer/{one.party_id}" for one in stretch.worst)),
        "customers": customers,
    }


def customer(workspace: Workspace, name: str) -> dict[str, Any]:
    """Return what one customer lost and said, in order of time."""
    found, clock = workspace.ledger(name), zone(workspace)
    return {
        "title": f"Customer {found.customer}",
        "facts": ", ".join(
            [*(f"{name} {value}" for name, value in found.dims.items() if value), f"surrogate {found.party_id}"]
        ),
        "headline": interruption.customer_headline(found),
        "picture": drawing(lambda width: ledger_chart(found, clock, width=width)),
        "entries": _entries(found, clock),
    }


def escalation(workspace: Workspace, cases: Sequence[str]) -> dict[str, Any]:
    """Return what stands behind tickets, each and together (R029)."""
    found = workspace.escalation(cases)
    links = tuple(_incident(card.incident) if card.incident else "" for card in found.cards)
    table = interruption.escalation_table(found)
    # The line of all together leads nowhere.
    return {"cards": Linked(table, links + ("",) * (len(table.rows) - len(links))), "found": found}


def incident_ids(workspace: Workspace, most: int = 2) -> list[str]:
    """Return some incidents that there are, those of the last days that took most."""
    if workspace.snapshot() is None:
        return []
    return [one.record.incident for one in workspace.stretch(*_last(workspace)).incidents[:most]]


def customer_ids(workspace: Workspace, most: int = 1) -> list[str]:
    """Return some customers who lost minutes."""
    if workspace.snapshot() is None:
        return []
    return [str(one.party_id) for one in workspace.stretch(*_last(workspace), worst=most).worst]


def _last(workspace: Workspace) -> tuple[date, date]:
    shown = days(workspace, {})
    return shown.start, shown.end


def _entries(found: CustomerLedger, clock: ZoneInfo) -> Linked:
    made = interruption.customer_table(found, clock)
    links = tuple(_incident(entry.incidents[0]) if entry.incidents else "" for entry in found.entries)
    return Linked(without_empty(made), links)


def _incident(name: str) -> str:
    return f"/incident/{quote(name, safe='')}"


def zone(workspace: Workspace) -> ZoneInfo:
    """Return the zone of a workspace's clocks."""
    return ZoneInfo(workspace.calendar.zone)


def _untitled(table: Table) -> Table:
    """Return a table without its title: the page has it as a heading."""
    return Table("", table.columns, table.rows, table.notes)


def _without_period(table: Table) -> Table:
    """Return a table without its period: the page is about one stretch of days."""
    keep = [place for place, column in enumerate(table.columns) if column.title != "period"]
    return Table(
        "",
        tuple(table.columns[place] for place in keep),
        tuple(tuple(row[place] for place in keep) for row in table.rows),
        table.notes,
    )
