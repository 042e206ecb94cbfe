"""Pictures of the ledger: causes, phases, the course of an incident, and those like it; from nouns to `chart`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.expr import MINUTE_US
from regard.model import add_months, instant, moment
from regard.present import chart, interruption, numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from regard.model.interruption import CustomerLedger, ImpactReport, IncidentPage, Level, Phase

UNIT = "min"
MARKS = (1, 2, 5, 10, 15, 30, 60, 120, 180, 360, 720, 1440, 2880, 10080)
"""Minutes between two texts of an axis of time."""
MOST_MARKS, ROOM = 8, 85.0
DAY_MINUTES = 1440
AROUND = 0.04
"""Part of an incident's length that is shown before and after it."""
REST = "the rest"
LANES = ("interruption", "loss", "planned work", "ticket", "answer")
"""What a customer's timeline shows, from above."""
GOES_ON = frozenset({"interruption", "loss", "planned work", "ticket"})
"""What goes on while it has no end; an answer is a moment."""


def causes_chart(
    report: ImpactReport, titles: Mapping[str, str], *, most: int = 10, width: float = 680, headed: bool = True
) -> str:
    """Return customer minutes by group, the greatest first, with the running share (Pareto).

    Groups after the `most` greatest stand together as the rest, so that the shares are of the whole.
    """
    rows = sorted(report.rows, key=lambda row: -row.minutes.value)
    points = [chart.Point(_name(row.dims), row.minutes.value) for row in rows[:most]]
    if len(rows) > most:
        points.append(chart.Point(REST, sum(row.minutes.value for row in rows[most:])))
    by = " and ".join(titles.get(name, name).lower() for name in report.by) or "all"
    total = sum(row.minutes.value for row in rows)
    told = "; ".join(
        f"{point.label} {interruption.minutes(point.value)} ({numbers.share(point.value / total if total else None)})"
        for point in points
        if point.value is not None
    )
    return chart.pareto(
        points,
        chart.Frame(
            title=f"Customer minutes lost by {by}",
            description=f"{interruption.minutes(total)} customer minutes: {told}",
            unit=UNIT,
            width=width,
            headed=headed,
        ),
    )


def phases_chart(phases: Sequence[Phase], *, unnamed: float = 0.0, width: float = 680, headed: bool = True) -> str:
    """Return where customer minutes went as a waterfall: phase upon phase, to the whole (R013)."""
    steps = [chart.Step(phase.name, phase.minutes) for phase in phases if phase.minutes is not None]
    steps += [chart.Step("no incident declared", unnamed)] if unnamed else []
    total = sum(step.value for step in steps)
    told = "; ".join(f"{step.label} {interruption.minutes(step.value)}" for step in steps)
    return chart.waterfall(
        [*steps, chart.Step("all", total, total=True)],
        chart.Frame(
            title="Customer minutes by phase",
            description=f"{told}; {interruption.minutes(total)} in all",
            unit=UNIT,
            width=width,
            headed=headed,
        ),
    )


def course_chart(page: IncidentPage, course: Sequence[Level], zone: ZoneInfo, *, width: float = 720) -> str:
    """Return how many customers were losing service when, by kind of loss, with the moments of the record (R119).

    The area is the customer minutes. "" where no impact is recorded.
    """
    if not course:
        return ""
    last = course[-1]
    running = any(last.kinds.values())
    first_at, last_at = course[0].at, page.until if running else last.at
    known = [mark.at for mark in page.marks if mark.at is not None and mark.at <= last_at + (last_at - first_at)]
    start, end = min([first_at, *known]), max([last_at, *known])
    room = max(int((end - start) * AROUND), MINUTE_US)
    start, end = start - room, min(end + room, max(page.until, end))
    kinds = {kind: interruption.KINDS.get(kind, kind) for level in course for kind in level.kinds}
    most = max(sum(level.kinds.values()) for level in course)
    return chart.course(
        [(level.at, {kinds[kind]: many for kind, many in level.kinds.items()}) for level in course],
        chart.Frame(
            title="Customers losing service",
            description=f"From {interruption.when(first_at, zone)} "
            f"{'until now' if running else 'to ' + interruption.when(last_at, zone)}, at most "
            f"{numbers.count(round(most, 1))} customers at once; the area is the customer minutes lost.",
            width=width,
        ),
        start=start,
        end=end,
        moments=[
            chart.Moment(mark.at, mark.name) for mark in page.marks if mark.at is not None and start <= mark.at <= end
        ],
        marks=times(start, end, zone, width),
    )


def similar_chart(page: IncidentPage, *, width: float = 680) -> str:
    """Return this incident beside earlier ones like it, by customer minutes; "" where nothing is known to compare."""
    points = [chart.Point(one.incident, one.minutes) for one in page.similar if one.minutes is not None]
    if not points or page.toll is None:
        return ""
    own = page.toll.minutes
    points.insert(0, chart.Point(f"{page.record.incident} (this)", own.value, own.lo, own.hi))
    told = "; ".join(f"{point.label} {interruption.minutes(point.value)}" for point in points)
    return chart.bars(
        points,
        chart.Frame(
            title="Customer minutes, this one and earlier ones like it", description=told, unit=UNIT, width=width
        ),
    )


def times(start: int, end: int, zone: ZoneInfo, width: float = ROOM * MOST_MARKS) -> list[tuple[float, str]]:
    """Return round times between two instants and how they read on a wall clock; over months the first of each."""
    most = max(2, min(MOST_MARKS, int(width / ROOM)))
    long = (end - start) / MINUTE_US
    if long > MARKS[-1] * most:
        return _months(start, end, zone, most)
    step = next(each for each in MARKS if long / each <= most)
    offset = moment(start).astimezone(zone).utcoffset()
    ahead = int(offset.total_seconds() // 60) if offset else 0
    first = -(-(start // MINUTE_US + ahead) // step) * step - ahead
    found: list[tuple[float, str]] = []
    day = ""
    for minute in range(first, end // MINUTE_US + 1, step):
        at = moment(minute * MINUTE_US).astimezone(zone)
        today, clock = at.strftime("%d %b"), at.strftime("%H:%M")
        said = today if step >= DAY_MINUTES else clock if today == day else f"{today} {clock}"
        found.append((float(minute * MINUTE_US), said))
        day = today
    return found


def _months(start: int, end: int, zone: ZoneInfo, most: int) -> list[tuple[float, str]]:
    first, last = (moment(at).astimezone(zone) for at in (start, end))
    count = (last.year - first.year) * 12 + last.month - first.month
    found = []
    for step in range(1, count + 1, max(1, -(-count // most))):
        day = add_months(first.date().replace(day=1), step)
        at = first.replace(year=day.year, month=day.month, day=1, hour=0, minute=0, second=0, microsecond=0)
        found.append((float(instant(at)), day.strftime("%b %Y")))
    return found


def _name(dims: Mapping[str, str | None]) -> str:
    return ", ".join(interruption.BLANK if value is None else value for value in dims.values()) or "all"


def ledger_chart(found: CustomerLedger, zone: ZoneInfo, *, width: float = 720) -> str:
    """Return a customer's own timeline: losses, interruptions, tickets and answers in lanes; "" of nobody's."""
    if not found.entries:
        return ""
    start = min(entry.at for entry in found.entries)
    end = max(
        found.until if entry.end_at is None and entry.what in GOES_ON else entry.end_at or entry.at
        for entry in found.entries
    )
    room = max(int((end - start) * AROUND), MINUTE_US)
    lanes = [lane for lane in LANES if any(entry.what == lane for entry in found.entries)]
    spans = [
        chart.Span(
            entry.what,
            entry.at,
            entry.at if entry.end_at is None and entry.what not in GOES_ON else entry.end_at,
            f"{interruption.when(entry.at, zone)}: {interruption.KINDS.get(entry.kind, entry.kind)}"
            f"{', ' + entry.note if entry.note else ''}",
            kind=lanes.index(lane),
        )
        for lane in lanes
        for entry in found.entries
        if entry.what == lane
    ]
    counts = ", ".join(interruption.many(sum(entry.what == lane for entry in found.entries), lane) for lane in lanes)
    return chart.timeline(
        spans,
        chart.Frame(
            title="What this customer lost and said",
            description=f"From {interruption.when(start, zone)} to {interruption.when(end, zone)}: {counts}.",
            width=width,
        ),
        start=start - room,
        end=end + room,
        marks=times(start - room, end + room, zone, width),
    )
