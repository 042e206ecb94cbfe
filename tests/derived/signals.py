"""Random telemetry, incidents and impacts for the tests of what is derived from them, and bitmaps to judge it by."""

from __future__ import annotations

from hypothesis import strategies as st

from tests.derived.worlds import (
    HOUR,
    MINUTE,
    START,
    parties,
    row,
    rows_of,
    sources,
    texts,
    truths,
    whole_texts,
)

near = st.builds(
    lambda step, more: START + step * 10 * MINUTE + more, st.integers(0, 18), st.sampled_from([0, 0, 0, 0, -1, 1])
)
"""Instants of three hours, ten minutes apart, so that pauses of exactly the cutoff are common; and their neighbours."""
maybe_near = st.sampled_from([True, True, False]).flatmap(lambda known: near if known else st.none())
near_untils = st.sampled_from([START + minutes * MINUTE for minutes in (60, 95, 120, 180, 400)])

telemetry = rows_of(
    "event",
    24,
    at=near,
    party_id=parties,
    kind=st.sampled_from(["request", "request", "request", "request", "minute", "login"]),
    ok=st.sampled_from([True, True, False, False, None]),
    value=st.sampled_from([None, 0.0, 0.25, 1.0, 1.0, 1.5, -1.0]),
    journey=texts,
    service=texts,
    product=texts,
)
near_versions = rows_of(
    "party",
    6,
    party_id=st.sampled_from([1, 2, 3]),
    valid_from=near.map(lambda at: at - HOUR),
    valid_to=maybe_near,
    parent_id=st.sampled_from([None, None, 1, 2, 3, 4]),
    served_from=maybe_near.map(lambda at: None if at is None else at - HOUR),
    served_to=st.none() | maybe_near,
    segment=texts,
    tier=st.sampled_from([None, "a"]),
    size=st.integers(1, 3),
)
impacts = rows_of(
    "impact",
    6,
    incident_id=st.sampled_from([None, "i1", "i2", "i3"]),
    party_id=st.sampled_from([None, 1, 1, 2, 3, 4]),
    segment=texts,
    tier=st.sampled_from([None, None, "a"]),
    n_parties=st.sampled_from([None, None, None, 0, 1, 2, 5]),
    share=st.sampled_from([None, None, None, 0.5, 1.0]),
    start_at=near,
    end_at=maybe_near,
).map(lambda rows: [each for each in rows if each["end_at"] is None or each["start_at"] <= each["end_at"]])
incidents = rows_of(
    "incident",
    6,
    incident_id=st.sampled_from(["i1", "i2", "i3"]),
    planned=truths,
    notice_at=maybe_near,
    change_triggered=st.none() | truths,
    service=st.sampled_from([None, "a", "b"]),
    cause=texts,
    owner_team=texts,
    severity=whole_texts,
    started_at=near,
    detected_at=maybe_near,
    acknowledged_at=maybe_near,
    declared_at=maybe_near,
    status_posted_at=maybe_near,
    mitigated_at=maybe_near,
    resolved_at=maybe_near,
)
minute_requests = st.lists(
    st.builds(
        lambda party, minute, ok, source: row(
            "event", kind="request", at=START + minute * MINUTE, party_id=party, ok=ok, source=source
        ),
        st.sampled_from([1, 1, 2]),
        st.integers(0, 120),
        st.sampled_from([True, False, None]),
        sources,
    ),
    max_size=30,
)
"""Requests at whole minutes, for bitmaps of minutes."""
minute_impacts = st.lists(
    st.builds(
        lambda party, minute, lasted: row(
            "impact",
            party_id=party,
            start_at=START + minute * MINUTE,
            end_at=None if lasted is None else START + (minute + lasted) * MINUTE,
        ),
        st.sampled_from([1, 2]),
        st.integers(0, 120),
        st.sampled_from([None, 0, 5, 10, 40]),
    ),
    max_size=5,
)
minute_incidents = st.lists(
    st.builds(
        lambda service, minute, lasted, planned: row(
            "incident",
            service=service,
            planned=planned,
            started_at=START + minute * MINUTE,
            resolved_at=None if lasted is None else START + (minute + lasted) * MINUTE,
        ),
        st.sampled_from([None, "a", "a", "b"]),
        st.integers(0, 120),
        st.sampled_from([None, 0, 5, 10, 40]),
        truths,
    ),
    max_size=8,
)


def minutes_of(rows, start="start_at", end="end_at", last=200):
    """Return how many of the rows cover each minute since START, one number for each of `last` minutes."""
    covered = [0] * last
    for each in rows:
        stop = last if each[end] is None else min(last, (each[end] - START) // MINUTE)
        for minute in range((each[start] - START) // MINUTE, stop):
            covered[minute] += 1
    return covered
