"""Telemetry and the operator's clocks: SQL equals reference on random worlds, and both equal bitmaps of minutes."""

from __future__ import annotations

from collections import defaultdict

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from regard.derived import REFERENCES
from regard.derived.user_segment import limit
from regard.errors import AuthorError
from regard.sql.derived import STATEMENTS
from tests.derived import signals
from tests.derived.signals import minutes_of
from tests.derived.worlds import MINUTE, START, agree, row, world

often = settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))
labels = st.sampled_from(["forward", "backward", "split"])
cutoffs = st.sampled_from(["10 min", "30 min", "p50", "p90", "p99"])
LATE = START + 300 * MINUTE


def request(party, minute, ok, **more):
    """Return a request so many minutes after START."""
    return row("event", kind="request", at=START + minute * MINUTE, party_id=party, ok=ok, **more)


def minute_of(at):
    """Return an instant in minutes after START."""
    return (at - START) / MINUTE


# --- SQL equals reference ---------------------------------------------------------------------------------------------


@often
@given(
    signals.near_untils,
    signals.telemetry,
    signals.near_versions,
    cutoffs,
    labels,
    st.sampled_from(["unknown", "up", "down"]),
)
def test_user_segment(until, events, versions, cutoff, label, silence):
    """Requests at one instant or of unknown outcome, pauses of exactly the cutoff, minutes that come added up."""
    tables = {"event": events, "party": versions}
    agree("user_segment", until, tables, cutoff=cutoff, label=label, silence=silence)


@often
@given(signals.near_untils, signals.telemetry, signals.impacts, signals.near_versions, cutoffs, labels)
def test_unreported(until, events, impacts, versions, cutoff, label):
    """Impacts that touch, nest, are open, name a cohort, a part of it, or a customer to whom others belong."""
    tables = {"event": events, "impact": impacts, "party": versions}
    agree("unreported", until, tables, cutoff=cutoff, label=label)


@often
@given(signals.near_untils, signals.incidents, signals.impacts, st.sampled_from(["customer", "incident"]))
def test_incident_clock(until, incidents, impacts, clock):
    """Incidents without impact or before their record, ids that two sources use, deeds still to come (K08)."""
    agree("incident_clock", until, {"incident": incidents, "impact": impacts}, clock=clock)


@often
@given(signals.near_untils, signals.incidents)
def test_incident_span(until, incidents):
    """Incidents of one service or of none that touch, nest, begin at once, have no length or are open (K11)."""
    agree("incident_span", until, {"incident": incidents})


# --- by bitmaps -------------------------------------------------------------------------------------------------------


def bitmap(requests):
    """Return party -> minute -> up (True), down (False) or unknown (None): by hand, minute for minute, cutoff 30."""
    told = defaultdict(dict)
    for party in (1, 2):
        mine = sorted(
            (each for each in requests if each["party_id"] == party),
            key=lambda each: (each["at"], each["source"], each["source_id"]),
        )
        for minute in range(200):
            at = START + minute * MINUTE
            before = [each for each in mine if each["at"] <= at]
            after = [each for each in mine if each["at"] > at]
            known = before and after and after[0]["at"] - before[-1]["at"] <= 30 * MINUTE
            told[party][minute] = before[-1]["ok"] if known else None
    return told


@often
@given(signals.minute_requests)
def test_user_segment_covers_the_minutes_of_a_bitmap(requests):
    """Up and down minutes of each user are those that looking at each minute finds (R016)."""
    table = agree("user_segment", LATE, {"event": requests})
    told = bitmap(requests)
    for party in (1, 2):
        for up in (True, False):
            mine = [each for each in table if each["party_id"] == party and each["up"] == up]

            assert minutes_of(mine) == [int(told[party][minute] is up) for minute in range(200)]


@often
@given(signals.minute_requests, signals.minute_impacts)
def test_unreported_is_down_without_impact(requests, impacts):
    """Unreported minutes are the down minutes of the bitmap that no impact of the customer covers (INT-24)."""
    table = agree("unreported", LATE, {"event": requests, "impact": impacts})
    told = bitmap(requests)
    for party in (1, 2):
        reported = minutes_of([each for each in impacts if each["party_id"] == party])
        mine = minutes_of([each for each in table if each["party_id"] == party])

        assert mine == [int(told[party][minute] is False and not reported[minute]) for minute in range(200)]


@often
@given(signals.minute_incidents)
def test_incident_span_is_the_union_by_service(incidents):
    """Pieces are disjoint, cover each minute of each service that any incident covers, and count them (R015)."""
    table = agree("incident_span", LATE, {"incident": incidents})
    for service in (None, "a", "b"):
        mine = [each for each in table if each["service"] == service]
        theirs = [each for each in incidents if each["service"] == service]
        going = minutes_of(theirs, "started_at", "resolved_at")
        unplanned = minutes_of([each for each in theirs if not each["planned"]], "started_at", "resolved_at")

        assert minutes_of(mine) == [int(count > 0) for count in going]
        for piece in mine:
            minute = (piece["start_at"] - START) // MINUTE
            assert piece["incidents"] == going[minute]
            assert piece["planned_only"] == (unplanned[minute] == 0)


# --- worked cases -----------------------------------------------------------------------------------------------------

G7 = [
    *(
        request(1, minute, ok)
        for minute, ok in [(0, True), (10, False), (15, False), (20, True), (50, True), (200, True)]
    ),
    *(request(2, minute, True) for minute in (0, 20, 40, 60)),
]


def total(table, up):
    """Return the minutes of the segments that were up, or down."""
    return sum(each["end_at"] - each["start_at"] for each in table if each["up"] == up) / MINUTE


def test_g7_two_users():
    """G7: 100 minutes up, 10 down, 150 unknown; of 110 minutes 90.909 % were up."""
    table = agree("user_segment", LATE, {"event": G7})

    assert (total(table, 1), total(table, 0)) == (100, 10)


def test_i4_slots():
    """I-4: 240 slots of a minute, twelve of them down, are 0.95 up, whether requests or minutes tell."""
    bad = {*range(100, 110), 200, 201}
    requests = [request(1, minute, minute not in bad) for minute in range(241)]
    minutes = [
        row("event", kind="minute", at=START + minute * MINUTE, party_id=1, value=float(minute not in bad))
        for minute in range(240)
    ]
    for events in (requests, minutes):
        table = agree("user_segment", LATE, {"event": events})

        assert total(table, 1) / (total(table, 1) + total(table, 0)) == 0.95


@pytest.mark.parametrize(("label", "up", "down"), [("forward", 100, 10), ("backward", 95, 15), ("split", 97.5, 12.5)])
def test_g7_by_label(label, up, down):
    """K16: labelled by the second request G7 has 95 up and 15 down, split in the middle the mean of both."""
    table = agree("user_segment", LATE, {"event": G7}, label=label)

    assert (total(table, 1), total(table, 0)) == (up, down)


@pytest.mark.parametrize(("silence", "up", "down"), [("unknown", 100, 10), ("up", 250, 10), ("down", 100, 160)])
def test_silence(silence, up, down):
    """K15: the 150 minutes in which user 1 asked nothing are unknown, up or down, and said to be silence."""
    table = agree("user_segment", LATE, {"event": G7}, silence=silence)

    assert (total(table, 1), total(table, 0)) == (up, down)
    assert total([{**each, "up": 1} for each in table if each["silent"]], 1) == (0 if silence == "unknown" else 150)


def test_unknown_outcome_is_silence():
    """What a request of unknown outcome would label is unknown; the request before it labels on."""
    events = [request(1, 0, True), request(1, 10, None), request(1, 20, True)]

    assert total(agree("user_segment", LATE, {"event": events}), 1) == 10
    assert total(agree("user_segment", LATE, {"event": events}, label="split"), 1) == 10
    assert total(agree("user_segment", LATE, {"event": events}, silence="down"), 0) == 10


def test_p99_is_the_percentile_of_all_pauses():
    """`p99` of pauses 1 to 101 minutes is 100: one customer's pause of 101 alone is silence (Hauer et al. 2020)."""
    pauses = range(1, 102)
    events = [request(party, minute, True) for party in pauses for minute in (0, party)]
    table = agree("user_segment", LATE, {"event": events}, cutoff="p99")

    assert limit("p99", [pause * MINUTE for pause in pauses]) == 100 * 100 * MINUTE
    assert {each["party_id"] for each in table} == set(range(1, 101))


@pytest.mark.parametrize("cutoff", ["p0", "p100", "30", "1 + 1"])
def test_a_cutoff_is_a_duration_or_a_percentile(cutoff):
    """Anything else is refused by reference and SQL alike."""
    arguments = {"cutoff": cutoff, "label": "forward", "silence": "unknown"}
    for make in (
        lambda: REFERENCES["user_segment"](world("user_segment", {}), arguments, LATE),
        lambda: STATEMENTS["user_segment"](arguments, LATE),
    ):
        with pytest.raises((ValueError, AuthorError)):
            make()


def test_minutes_end_with_the_story():
    """A minute that comes added up says what share of it was up; it ends where the story is cut."""
    event = row("event", kind="minute", at=START, party_id=1, value=0.25, journey="a")
    [whole] = agree("user_segment", LATE, {"event": [event]})
    [part] = agree("user_segment", START + MINUTE // 3, {"event": [event]})

    assert (whole["up"], minute_of(whole["end_at"]), whole["journey"]) == (0.25, 1, "a")
    assert part["end_at"] == START + MINUTE // 3


def test_minutes_and_requests_of_one_customer_do_not_count_twice():
    """Customer 1 comes as requests and as minutes: ten minutes are ten, by the minutes; customer 2 by its requests."""
    requests = [request(party, minute, ok=True) for party in (1, 2) for minute in range(0, 11, 5)]
    minutes = [row("event", kind="minute", at=START + minute * MINUTE, party_id=1, value=0.5) for minute in range(10)]
    found = agree("user_segment", LATE, {"event": requests + minutes})
    lasted = {party: [s for s in found if s["party_id"] == party] for party in (1, 2)}
    assert {party: sum(s["end_at"] - s["start_at"] for s in mine) / MINUTE for party, mine in lasted.items()} == {
        1: 10,
        2: 10,
    }
    assert {s["up"] for s in lasted[1]} == {0.5}


def test_an_account_speaks_for_its_users():
    """An impact of all of an account covers its users, of some of it nobody in particular."""
    versions = [
        row("party", party_id=2, valid_from=START, parent_id=1, size=1),
        row("party", party_id=1, valid_from=START, size=10),
    ]
    events = [request(2, 0, False), request(2, 10, True)]

    def left(**impact):
        impacts = [row("impact", start_at=START, end_at=START + 4 * MINUTE, **impact)]
        table = agree("unreported", LATE, {"event": events, "impact": impacts, "party": versions})
        return sum(each["end_at"] - each["start_at"] for each in table) / MINUTE

    assert left(party_id=1) == 6
    assert left(party_id=1, n_parties=10) == 6
    assert left(party_id=1, n_parties=9) == 10
    assert left(party_id=2, share=0.5) == 6
    assert left(party_id=2, n_parties=0) == 10


def test_clocks_count_from_the_first_loss():
    """R013: customers lost from minute 10, the record begins at 12; notice must come before the beginning."""
    incident = row(
        "incident",
        incident_id="i",
        planned=True,
        started_at=START + 12 * MINUTE,
        notice_at=START + 3 * MINUTE,
        detected_at=START + 9 * MINUTE,
        mitigated_at=START + 40 * MINUTE,
    )
    impacts = [row("impact", incident_id="i", party_id=1, start_at=START + at * MINUTE) for at in (10, 30)]
    tables = {"incident": [incident], "impact": impacts}
    [customer] = agree("incident_clock", LATE, tables)
    [record] = agree("incident_clock", LATE, tables, clock="incident")
    [silent] = agree("incident_clock", LATE, {"incident": [incident]})

    assert (customer["detect"], customer["mitigate"] // MINUTE) == (0, 30)
    assert (customer["noticed"], customer["notice"] // MINUTE) == (True, 7)
    assert (record["mitigate"] // MINUTE, record["notice"] // MINUTE) == (28, 9)
    assert (customer["has_impact"], record["has_impact"], silent["has_impact"]) == (True, True, False)
    assert (customer["resolve"], customer["resolved"]) == (None, False)
