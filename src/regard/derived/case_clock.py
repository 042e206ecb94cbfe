"""Reference of `case_clock`: how long each case took, on the clock chosen."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import TYPE_CHECKING, Any

from regard.derived.calendar import business_time, team_calendars
from regard.derived.cases import Course, courses, first_written, key, restarts
from regard.derived.reference import by, earliest, total
from regard.derived.versions import stamp, version_at, versions

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs, Row

REPLIERS = {"human": ("human",), "bot": ("human", "bot"), "any": ("human", "bot", "system", "customer")}
"""Whose public outgoing contact is a reply (K30)."""

WRITTEN = {
    "human": ("first_human_reply_at",),
    "bot": ("first_human_reply_at", "first_reply_at"),
    "any": ("first_human_reply_at", "first_reply_at"),
}
"""Columns of the case itself that say when it was first answered (K30)."""

CARRIED = (
    *("kind", "party_id", "product", "category", "cause", "service", "journey", "touchpoint", "team", "priority"),
    *("language", "outcome", "incident_id", "response_id", "metric_id", "due_at", "bucket"),
)
"""What a row takes from its root case as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each root case; see `Reference`. Business clocks read the table `calendar_day`."""
    found, roots, register = courses(inputs, until)
    history = versions(inputs["party"], until)
    talks = defaultdict(list)
    incoming = defaultdict(list)
    for contact in inputs["contact"]:
        if contact["at"] > until:
            continue
        case = register.find(contact["source"], contact["case_id"])
        root = roots[case] if case else None
        if root:
            talks[root].append(contact)
        # The customer of a contact is its own, else that of its case, else the case itself.
        whose = contact["party_id"] if contact["party_id"] is not None or not root else _customer(found[root])
        if contact["direction"] == "in" and whose is not None:
            incoming[whose].append(contact["at"])
    table = []
    for root, course in found.items():
        row = {"source": root[0], "source_id": root[1], "case_id": course.root["case_id"]}
        row |= {name: course.root[name] for name in CARRIED}
        row |= _times(course, talks[root], str(arguments["reply"]), until)
        row |= _contacts(course, talks[root])
        resolved_at = course.resolved_at
        later = [at for at in incoming[_customer(course)] if resolved_at is not None and at > resolved_at]
        row |= {"next_contact_at": earliest(later)}
        row |= _durations(row, inputs, arguments, until)
        row |= stamp(version_at(history, row["party_id"], row["opened_at"]))
        table.append(row)
    return table


def _customer(course: Course) -> object:
    return course.root["party_id"] if course.root["party_id"] is not None else key(course.root)


def _times(course: Course, talk: list[Row], reply: str, until: int) -> dict[str, Any]:
    """When it was voiced, answered and resolved."""
    written = first_written(course, WRITTEN[reply], until)
    replies = [
        contact["at"]
        for contact in talk
        if contact["direction"] == "out"
        and contact["public"]
        and contact["actor"] in REPLIERS[reply]
        and contact["at"] >= course.opened_at
    ]
    first_reply_at = earliest([written, *replies])
    again = [at for at in restarts(course) if first_reply_at is None or at <= first_reply_at]
    voiced = [by(until, member["first_voiced_at"]) for member in course.members]
    heard = [contact["at"] for contact in talk if _seen(contact) and contact["direction"] == "in"]
    return {
        "opened_at": course.opened_at,
        "first_voiced_at": earliest([course.opened_at, *voiced, *heard]),
        "reply_from": max([course.opened_at, *again]),
        "first_reply_at": first_reply_at,
        "resolved_at": course.resolved_at,
        "escalated_at": earliest([by(until, member["escalated_at"]) for member in course.members]),
        "replied": first_reply_at is not None,
        "resolved": course.resolved_at is not None,
        "reopened": max([len(course.spans) - 1, *(member["reopened_count"] or 0 for member in course.members)]),
        "cases": len(course.members),
    }


def _seen(contact: Row) -> bool:
    """Whether it was a contact to the customer: not an internal note, not a system's."""
    return bool(contact["public"]) and contact["actor"] != "system"


def _contacts(course: Course, talk: list[Row]) -> dict[str, Any]:
    """What passed between customer and company."""
    seen = [contact for contact in talk if _seen(contact)]
    heard = [contact["at"] for contact in seen if contact["direction"] == "in"]
    channels = {contact["channel"] for contact in seen if contact["channel"] is not None}
    by_time = sorted((contact["at"], contact["channel"]) for contact in seen if contact["channel"] is not None)
    carried = [contact["context_carried"] for contact in seen if contact["context_carried"] is not None]
    spent = [_microseconds(contact[name]) for contact in talk for name in ("handle_s", "wait_s")]
    reopened = len(course.spans) > 1 or any(member["reopened_count"] for member in course.members)
    one_contact = None
    if course.resolved_at is not None and seen:
        one_contact = not reopened and sum(at <= course.resolved_at for at in heard) <= 1
    channel = course.root["channel_first"]
    return {
        "customer_time": total(spent),
        "contacts": len(seen),
        "in_contacts": len(heard),
        "channels": len(channels),
        "cross_channel": len(channels) > 1,
        "context_carried": all(carried) if carried else None,
        "one_contact": one_contact,
        "channel": by_time[0][1] if channel is None and by_time else channel,
    }


def _microseconds(seconds: float | None) -> int | None:
    return None if seconds is None else math.floor(seconds * 1_000_000 + 0.5)


def _durations(row: dict[str, Any], inputs: Inputs, arguments: Arguments, until: int) -> dict[str, Any]:
    """The times on the clock chosen (K31)."""
    teams = team_calendars(inputs["code"], until)
    calendar = teams.get(row["team"], str(arguments["calendar"]))

    def lasted(start: int, end: int | None) -> int | None:
        if end is None:
            return None
        if arguments["clock"] == "calendar":
            return end - start
        return business_time(inputs["calendar_day"], calendar, start, end)

    replied, resolved = row["first_reply_at"], row["resolved_at"]
    stopped = until if resolved is None else resolved
    return {
        "first_reply": lasted(row["reply_from"], replied),
        "reply_elapsed": lasted(row["reply_from"], stopped if replied is None else replied),
        "resolution": lasted(row["first_voiced_at"], resolved),
        "resolution_elapsed": lasted(row["first_voiced_at"], stopped),
        "recontact": None if resolved is None else lasted(resolved, row["next_contact_at"]),
    }
