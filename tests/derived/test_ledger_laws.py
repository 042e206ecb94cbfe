"""The laws of the ledger (MODEL.md 4.9), and a bitmap that knows nothing of intervals: one bit for each minute."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from datetime import date
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from regard.model import Calendar, Grain
from tests.derived import interruption as story
from tests.derived.interruption import BASE, SPAN, depth, length, lost, made, minute, planned, weighed
from tests.derived.worlds import MINUTE, by_engine, losses, untils

often = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
DAYS = [
    ((period.start_us - BASE) // MINUTE, (period.end_us - BASE) // MINUTE)
    for period in Calendar("Europe/Berlin").periods(date(2024, 3, 30), date(2024, 4, 1), Grain.DAY)
]
"""The local days of the story in minutes; the second has 23 hours."""


def check(tables, ledger, shares):
    """Check the bitmap: minutes by customer and day, by depth, parts of incidents, planned work."""
    minutes, work = story.bitmap(tables)
    for first, last in DAYS:
        by_party = Counter(party for party, at in minutes if first <= at < last)
        found = defaultdict(float)
        for piece in ledger:
            if not piece["planned_only"]:
                found[piece["party_id"]] += length(piece, first, min(last, SPAN))
        assert {party: n for party, n in found.items() if n} == by_party
    assert weighed(ledger) == sum(max(causes.values()) for causes in minutes.values())
    assert planned(ledger) == len(work)
    parts = defaultdict(float)
    for causes in minutes.values():
        for cause, deep in causes.items():
            parts[cause] += max(causes.values()) * deep / sum(causes.values())
    for cause in (None, "i1", "i2"):
        assert math.isclose(weighed(shares, incident_id=cause), parts[cause], abs_tol=1e-6)


@pytest.mark.slow
@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(story.stories())
def test_the_ledger_is_what_a_bitmap_says(tables):
    """Nested, touching, repeated, empty and open rows, planned work, over midnight and the change of clocks."""
    check(tables, made("ledger", tables), made("ledger_share", tables))


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(story.stories(tuple(range(1, 9)), 40, 50))
def test_the_sql_says_the_same_of_many_customers(tables):
    """Eight customers at once with half a dozen losses each, made by the SQL, are what the bitmap says (R001)."""
    ledger = by_engine("ledger", minute(SPAN), tables).to_pylist()
    check(tables, ledger, by_engine("ledger_share", minute(SPAN), tables).to_pylist())


@often
@given(st.data(), untils, losses(), st.sampled_from(["proportional", "first", "equal"]))
def test_shares_sum_to_one_in_every_piece(data, until, tables, sharing):
    """However pieces are shared, their parts make the whole, and there are shares of the pieces of the ledger alone."""
    arguments = {"lift": data.draw(st.sampled_from(["any", "share", "all"]))}
    whole = defaultdict(float)
    end = (until - BASE) / MINUTE
    for one in made("ledger_share", tables, end, sharing=sharing, **arguments):
        whole[one["party_id"], one["cohort"], one["start_at"]] += one["share"]

    pieces = {(each["party_id"], each["cohort"], each["start_at"]) for each in made("ledger", tables, end, **arguments)}
    assert set(whole) == pieces
    assert all(math.isclose(total, 1) for total in whole.values())


@often
@given(story.stories())
def test_attributed_minutes_sum_to_the_whole(tables):
    """Minutes by incident add up to all minutes lost, whatever the sharing (K05)."""
    for sharing in ("proportional", "first", "equal"):
        assert math.isclose(lost(made("ledger_share", tables, sharing=sharing)), lost(made("ledger", tables)))


@often
@given(story.stories())
def test_weighted_minutes_are_no_more_than_minutes(tables):
    """With weights of at most 1, depth only takes away; with all weights 1 and no depth of their own, nothing."""
    ledger = made("ledger", tables)

    assert weighed(ledger) <= lost(ledger)
    assert all(depth(piece, story.MOST) == 1 for piece in ledger if piece["kinds"])


@often
@given(story.stories(), st.lists(st.integers(1, SPAN - 1), max_size=4, unique=True))
def test_splitting_a_period_changes_nothing(tables, cuts):
    """Parts of a period have together the minutes of the whole."""
    ledger = made("ledger", tables)
    edges = [0, *sorted(cuts), SPAN]

    assert sum(lost(ledger, first, last) for first, last in pairwise(edges)) == lost(ledger)


@often
@given(story.stories(), st.integers(0, SPAN))
def test_splitting_a_row_changes_no_minute(tables, at):
    """A loss told in two stages is lost once."""
    halves = []
    for one in tables["impact"]:
        if one["start_at"] < minute(at) and (one["end_at"] is None or minute(at) < one["end_at"]):
            halves += [
                {**one, "end_at": minute(at)},
                {**one, "start_at": minute(at), "source_id": f"{one['source_id']} on"},
            ]
        else:
            halves.append(one)
    before, after = (made("ledger", {**tables, "impact": rows}) for rows in (tables["impact"], halves))

    assert (lost(before), weighed(before), planned(before)) == (lost(after), weighed(after), planned(after))


@often
@given(st.data(), untils, losses())
def test_a_row_that_comes_twice_changes_nothing(data, until, tables):
    """The same row under another key leaves every table as it is, counts and shares included (R002)."""
    if not tables["impact"]:
        return
    again = {**data.draw(st.sampled_from(tables["impact"])), "source_id": "twice", "impact_id": "twice"}
    more = {**tables, "impact": [*tables["impact"], again]}
    end = (until - BASE) / MINUTE

    for table in ("ledger", "ledger_share", "episode"):
        # An id that two sources use means the incident of the row's own source: the key's source stays.
        assert same(made(table, more, end), made(table, tables, end))


@often
@given(story.stories(), story.stages())
def test_another_incident_never_lowers_and_adds_at_most_its_own(tables, one):
    """A further loss, overlapping or not, adds between nothing and its own minutes; planned work adds none."""
    further = {**one, "source_id": "further"}
    if further["incident_id"] not in ("p1", "p2"):
        further["incident_id"] = "i9"
    own = length({**further})
    before = lost(made("ledger", tables))
    after = lost(made("ledger", {**tables, "impact": [*tables["impact"], further]}))

    assert before <= after <= before + (0 if further["incident_id"] in ("p1", "p2") else own)


@often
@given(story.stories())
def test_no_more_is_lost_than_was_served(tables):
    """Every customer loses at most the time it is entitled to service."""
    ledger, served = made("ledger", tables), made("served", tables)
    for party in {piece["party_id"] for piece in ledger}:
        entitled = sum(length(each) for each in served if each["party_id"] == party)
        assert lost([piece for piece in ledger if piece["party_id"] == party]) <= entitled


@often
@given(story.stories(), st.sampled_from([0, 10, 180]))
def test_episodes_hold_all_minutes_lost(tables, gap):
    """Interruptions divide the unplanned minutes among them; duration times frequency is minutes per customer."""
    episodes = made("episode", tables, gap_min=gap)
    minutes = [each["lost"] / MINUTE * each["size"] for each in episodes]
    assert sum(minutes) == lost(made("ledger", tables))

    sustained = [each for each in episodes if each["sustained"]]
    if sustained:
        served = len(tables["party"]) / 2
        saifi = sum(each["size"] for each in sustained) / served
        saidi = sum(length(piece) for piece in made("ledger", tables) if _within(piece, sustained)) / served
        caidi = sum(each["lost"] for each in sustained) / MINUTE / len(sustained)
        assert math.isclose(caidi * saifi, saidi)


def _within(piece, episodes):
    """Whether a piece belongs to one of some episodes."""
    return not piece["planned_only"] and any(
        each["party_id"] == piece["party_id"]
        and each["start_at"] <= piece["start_at"]
        and (each["end_at"] is None or piece["start_at"] < each["end_at"])
        for each in episodes
    )


@often
@given(story.stories())
def test_segments_sum_to_the_whole(tables):
    """Minutes by segment at the time add up to those of nobody's segment."""
    ledger = made("ledger", tables)
    parts = [lost([piece for piece in ledger if piece["segment"] == name]) for name in ("small", "large", None)]

    assert sum(parts) == lost(ledger) == lost(made("ledger", {**tables, "party": []}))


@often
@given(st.data(), untils, losses())
def test_any_order_of_rows_gives_the_same(data, until, tables):
    """The order in which rows are stored decides nothing, in no table and by neither maker."""
    mixed = {name: data.draw(st.permutations(rows)) for name, rows in tables.items()}
    end = (until - BASE) / MINUTE
    for table in ("ledger", "ledger_share", "episode"):
        assert same(made(table, mixed, end), made(table, tables, end))
    assert same(by_engine("episode", until, mixed).to_pylist(), by_engine("episode", until, tables).to_pylist())


def same(some, others):
    """Whether two tables hold the same rows."""
    return Counter(tuple(sorted(each.items(), key=str)) for each in some) == Counter(
        tuple(sorted(each.items(), key=str)) for each in others
    )
