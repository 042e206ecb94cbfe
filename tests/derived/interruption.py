"""Interruption for the tests: rows by the minute, what the metrics do with the tables, and the minute bitmap."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

from hypothesis import strategies as st

from regard.model.time import instant
from tests.derived.worlds import MINUTE, by_reference, row

BASE = instant(datetime(2024, 3, 30, 22, tzinfo=UTC))
"""An hour before the local midnight of Berlin, three hours before its clocks go forward."""

SPAN = 360
"""Minutes of the story of the bitmap."""

WEIGHTS = {"outage": 1.0, "data_loss": 1.0, "degraded": 0.5, "workaround": 0.25, "cosmetic": 0.0}
LEAST = {**dict.fromkeys(WEIGHTS, 0.0), "outage": 1.0}
MOST = dict.fromkeys(WEIGHTS, 1.0)


def minute(number):
    """Return an instant so many minutes after the base; of a blank a blank."""
    return None if number is None else BASE + number * MINUTE


def loss(party, start, end, incident=None, kind="outage", **values):
    """Return a row of `impact`, by minutes."""
    times = {"start_at": minute(start), "end_at": minute(end)}
    return row("impact", party_id=party, incident_id=incident, kind=kind, **times, **values)


def cohort(start, end, incident=None, **values):
    """Return a row of `impact` about customers who are counted, by minutes."""
    return loss(None, start, end, incident, **values)


def incident(incident_id, **values):
    """Return an incident that begins with the story."""
    return row("incident", incident_id=incident_id, started_at=BASE, **values)


def customer(party, since=-100_000, until=None, **values):
    """Return a version of a customer, entitled while it holds unless told otherwise; by minutes."""
    span = {"valid_from": minute(since), "valid_to": minute(until)}
    served = {"served_from": minute(-100_000), "served_to": None}
    return row("party", party_id=party, **span, **(served | values))


def depth(piece, weights=WEIGHTS):
    """Return how deep a piece is: the deepest kind in it, or deeper by itself."""
    kinds = [weights[kind] for kind in piece["kinds"].split("+") if kind]
    return max([piece["own_depth"], *kinds])


def length(piece, first=0, last=SPAN):
    """Return the minutes of a piece within some minutes."""
    end = minute(last) if piece["end_at"] is None else min(piece["end_at"], minute(last))
    return max(0, end - max(piece["start_at"], minute(first))) / MINUTE


def lost(table, first=0, last=SPAN, size="size"):
    """Return customer minutes lost: of a table of shares, those of its incidents."""
    return sum(
        length(piece, first, last) * piece[size] * piece.get("share", 1) for piece in table if not piece["planned_only"]
    )


def weighed(table, weights=WEIGHTS, last=SPAN, **by):
    """Return the same with depth, of all pieces or of those that say something."""
    return sum(
        length(piece, 0, last) * piece["size"] * piece.get("share", 1) * depth(piece, weights)
        for piece in table
        if not piece["planned_only"] and all(piece[name] == value for name, value in by.items())
    )


def planned(table):
    """Return customer minutes lost to nothing but planned work."""
    return sum(length(piece) * piece["size"] for piece in table if piece["planned_only"])


def made(table, tables, until=SPAN, **arguments):
    """Return the rows that the reference makes of a story by minutes."""
    return by_reference(table, minute(until), tables, **arguments)


# ---------------------------------------------------------------------------------------------------------------------
# Random stories

INCIDENTS = [
    incident("i1", service="a"),
    incident("i2", service="b"),
    incident("p1", planned=True),
    incident("p2", planned=True),
]

edges = st.sampled_from([0, 59, 60, 61, 179, 180, 181, 240, 360]) | st.integers(0, SPAN)
"""Minutes, those about the local midnight and the hour that does not exist more often."""


@st.composite
def stages(draw, parties=(1, 2, 3)):
    """Draw a row: it may last no time, go on, or be planned work."""
    start, more = draw(edges), draw(st.none() | st.just(0) | st.integers(0, 120) | edges)
    return loss(
        draw(st.sampled_from(parties)),
        start,
        None if more is None else start + more,
        draw(st.sampled_from([None, "i1", "i1", "i2", "p1", "p2"])),
        draw(st.sampled_from(list(WEIGHTS))),
        depth=draw(st.sampled_from([None, None, None, 0.0, 0.125, 0.75])),
        journey=draw(st.sampled_from([None, "login", "upload"])),
    )


@st.composite
def stories(draw, parties=(1, 2, 3), least=0, most=9):
    """Draw a story: rows of some customers, some of them twice, and customers that change."""
    rows = draw(st.lists(stages(parties), min_size=least, max_size=most))
    again = [{**one, "source_id": f"{one['source_id']} again"} for one in rows if draw(st.integers(0, 5)) == 0]
    people = []
    for party in parties:
        change = draw(edges)
        people += [customer(party, -9, change, segment="small"), customer(party, change, segment="large")]
    return {"impact": [*rows, *again], "incident": INCIDENTS, "party": people}


def bitmap(tables):
    """Return the story minute by minute: (customer, minute) -> depths of unplanned rows by incident; or planned work.

    Knows nothing of intervals: each minute of each customer is asked which rows hold it.
    """
    lost, work = {}, set()
    for one in tables["impact"]:
        deep = one["depth"] if one["depth"] is not None else WEIGHTS[one["kind"]]
        if not deep:
            continue
        end = SPAN if one["end_at"] is None else (one["end_at"] - BASE) // MINUTE
        for at in range((one["start_at"] - BASE) // MINUTE, min(end, SPAN)):
            if (one["incident_id"] or "").startswith("p"):
                work.add((one["party_id"], at))
            else:
                causes = lost.setdefault((one["party_id"], at), defaultdict(float))
                causes[one["incident_id"]] = max(causes[one["incident_id"]], deep)
    return lost, work - set(lost)
