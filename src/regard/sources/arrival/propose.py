"""What the data suggest and only a person may decide: when a customer counts as lost, who is a machine, office hours.

Each proposal is a comment below a mapping: it changes no number until somebody takes it up.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from datetime import datetime

    from regard.sources.arrival.nouns import Draft, Filled
    from regard.sources.arrival.profile import Column

GAPS = 30
"""Fewer gaps between orders propose nothing."""
TEN = 10
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
BUSY = 200
"""Fewer times show no office hours."""
SHARE = 0.25
"""A day or hour with less than this share of the busiest one's is outside office hours."""
BOTS = re.compile(r"bot\b|crawl|spider|headless|monitor|slurp|curl|python-requests|pingdom", re.IGNORECASE)
AGENT = re.compile(r"user.?agent|browser|^device|author|actor|assignee|replied by", re.IGNORECASE)


def proposals(draft: Draft) -> list[str]:
    """Return what is proposed for a draft, line by line, without the `#`."""
    found: list[str] = []
    for one in draft.tables:
        for propose in BY_TABLE.get(one.table, ()):
            found += list(propose(draft, one))
    return found


def _gap(draft: Draft, one: Filled) -> Iterator[str]:
    """Propose the gap after which a customer is lost, from gaps between the orders of one customer."""
    party, column = _raw(draft, one.party), _timed(draft, one, "ordered_at")
    if party is None or column is None:
        return
    times: dict[str, list[datetime]] = defaultdict(list)
    for who, when in zip(draft.profile.texts(party), draft.profile.texts(column.name), strict=True):
        moment = column.read(when) if when else None
        if who and moment:
            times[who.strip().lower()].append(moment)
    days = sorted(
        (later - earlier).total_seconds() / 86_400
        for seen in times.values()
        for earlier, later in zip(sorted(seen), sorted(seen)[1:], strict=False)
        if later > earlier
    )
    if len(days) < GAPS:
        yield f"When is a customer lost? {len(days)} gaps between orders of one customer are too few to say."
        return
    middle, most = days[len(days) // 2], days[int(0.9 * len(days))]
    gap = max(30, int(-(-most // 30) * 30))
    yield "When is a customer lost? Of the gaps between two orders of one customer, half are under"
    yield f"{middle:.0f} days and nine in ten under {most:.0f}: after {gap} days without an order few come back."
    yield "To count so, write a metric of your own beside those that wait 90 days: metrics/lost.yaml with"
    yield f"`rows.customers.arguments.gap_days: {gap}` (`regard show K41` tells the choices)."


def _bots(draft: Draft, one: Filled) -> Iterator[str]:
    """Propose the rule by which machines are left out."""
    target = "is_bot" if one.table == "visit" else "actor"
    for column in draft.profile.columns.values():
        if not AGENT.search(column.name) or column.kind != "text":
            continue
        machines = [(text, count) for text, count in column.top if BOTS.search(text)]
        if machines:
            seen = ", ".join(f"{text[:40]} ({count})" for text, count in machines[:3])
            yield f"Machines: '{column.name}' names {seen}. To leave them out, add under columns:"
            yield f"  {target}: {{from: {column.name}, values: {{...}}, unknown: blank}}"
            return
    yield f"Machines: nothing in the file tells them; `{target}` stays at its default (K48)."


def _hours(draft: Draft, one: Filled) -> Iterator[str]:
    """Propose a business calendar, from the hours in which people answered or resolved."""
    column = _timed(draft, one, "first_human_reply_at", "first_reply_at", "resolved_at", "closed_at")
    if column is None:
        return
    moments = [moment for text in draft.profile.texts(column.name) if text and (moment := column.read(text))]
    if len(moments) < BUSY:
        return
    days = Counter(moment.weekday() for moment in moments)
    hours = Counter(moment.hour for moment in moments)
    open_days = [day for day in range(7) if days[day] >= SHARE * max(days.values())]
    open_hours = [hour for hour in range(24) if hours[hour] >= SHARE * max(hours.values())]
    span = f"{open_hours[0]:02d}:00-{open_hours[-1] + 1:02d}:00"
    yield f"Office hours: by '{column.name}', people work at these, on the file's own clock. To measure"
    yield "business time by them, write policies/calendar.yaml (K31):"
    yield "  calendar: standard"
    yield "  zone: reporting"
    yield "  hours: {" + ", ".join(f'{DAYS[day]}: "{span}"' for day in open_days) + "}"


def _raw(draft: Draft, name: str) -> str | None:
    """Return the raw column behind a name, through a field that only reads it."""
    if name in draft.profile.columns:
        return name
    for line in draft.fields:
        if line.name == name and isinstance(line.value, dict) and "lookup" not in line.value:
            source = str(line.value.get("from"))
            return source if source in draft.profile.columns else None
    return None


def _timed(draft: Draft, one: Filled, *names: str) -> Column | None:
    """Return the column of times that fills the first of several columns of a table."""
    filled = {line.name: line.value for line in one.columns}
    for name in names:
        value = filled.get(name)
        raw = _raw(draft, str(value.get("from") if isinstance(value, dict) else value))
        if raw is not None and draft.profile.columns[raw].timed:
            return draft.profile.columns[raw]
    return None


BY_TABLE: dict[str, Sequence[Callable[[Draft, Filled], Iterator[str]]]] = {
    "order": (_gap,),
    "visit": (_bots,),
    "contact": (_bots,),
    "case": (_hours,),
}
"""Table -> what may be proposed for it."""
