"""The ledger by hand: worked examples G1, G2 and G26, outside numbers I-1 and I-2, cohorts, users of accounts."""

from __future__ import annotations

from collections import Counter, defaultdict

import pytest

from regard.derived.loss import weights
from tests.derived.interruption import (
    LEAST,
    MOST,
    WEIGHTS,
    cohort,
    customer,
    incident,
    length,
    loss,
    lost,
    minute,
    planned,
    weighed as weighed_to,
)
from tests.derived.worlds import MINUTE, agree

DAY = 1440
A, B, C, D, E = range(1, 6)
G1 = {
    "party": [customer(party, criticality=5.0 if party == A else 1.0) for party in (A, B, C, D, E)],
    "incident": [incident("I1"), incident("I2"), incident("I3", planned=True), incident("I4")],
    "impact": [
        loss(A, 100, 160, "I1", relief="restored"),
        loss(A, 200, 220, "I1", relief="restored"),
        loss(B, 100, 130, "I1", relief="workaround"),
        loss(B, 130, 160, "I1", "workaround", relief="restored"),
        loss(B, 150, 190, "I2", "degraded", relief="restored"),
        loss(C, 150, 190, "I2", "degraded", relief="restored"),
        loss(D, 300, 360, "I3"),
        loss(E, 400, 403, "I4"),
    ],
}
"""Five customers, four incidents (MODEL.md 4.1)."""


def table(name, tables, last=DAY, **arguments):
    """Return the rows that reference and SQL agree on."""
    return agree(name, minute(last), tables, **arguments)


def whole(rows, **by):
    """Return minutes lost of all the day, of rows that say something."""
    return lost([row for row in rows if all(row[name] == value for name, value in by.items())], 0, DAY)


def weighed(rows, weights=WEIGHTS, **by):
    """Return minutes of all the day by their depth."""
    return weighed_to(rows, weights, DAY, **by)


# ---------------------------------------------------------------------------------------------------------------------
# Worked examples


def test_g1_minutes_are_lost_once():
    """Minutes of five customers: 213 in all, 158 by depth, 60 planned apart, 478 with A five times as critical."""
    ledger = table("ledger", G1)

    assert whole(ledger) == 213
    assert weighed(ledger) == 158
    assert planned(ledger) == 60
    assert sum(weighed([piece]) * piece["criticality"] for piece in ledger) == 478
    assert [weighed(ledger, party_id=party) for party in (A, B, C, D, E)] == [80, 55, 20, 0, 3]


def test_g26_the_range_of_the_index():
    """Whatever a policy says, depth lies between only full outages and every loss in full: 113 and 213."""
    ledger = table("ledger", G1)

    assert weighed(ledger, LEAST) == 113
    assert weighed(ledger, MOST) == 213


@pytest.mark.parametrize(
    ("sharing", "expected"),
    [
        ("proportional", {"I1": 116 + 2 / 3, "I2": 38 + 1 / 3, "I4": 3}),
        ("first", {"I1": 120, "I2": 35, "I4": 3}),
        ("equal", {"I1": 117.5, "I2": 37.5, "I4": 3}),
    ],
)
def test_g1_minutes_by_incident_make_the_whole(sharing, expected):
    """B's ten minutes of two incidents are shared by depth, go to the earlier, or in halves; the sum is 158 (K05)."""
    shares = table("ledger_share", G1, sharing=sharing)
    found = {name: weighed(shares, incident_id=name) for name in ("I1", "I2", "I4")}

    assert found == pytest.approx(expected)
    assert sum(found.values()) == pytest.approx(158)


def test_g1_interruptions():
    """Three sustained and one momentary; A lost 80 minutes of 120; relief after 60, 30, 40 and 3 minutes."""
    episodes = table("episode", G1)
    sustained = [row for row in episodes if row["sustained"]]

    assert [row["party_id"] for row in sustained] == [A, B, C]
    assert [row["party_id"] for row in episodes if not row["sustained"]] == [E]
    assert sum(row["lost"] for row in sustained) / MINUTE == 210
    assert [row["lost"] / MINUTE for row in episodes] == [80, 90, 40, 3]
    assert [row["elapsed"] / MINUTE for row in episodes] == [120, 90, 40, 3]
    assert [row["relief"] / MINUTE for row in episodes] == [60, 30, 40, 3]
    assert [row["by_workaround"] for row in episodes] == [False, True, False, False]
    assert [row["reinterrupted"] for row in episodes] == [True, False, False, False]
    assert [row["incident_id"] for row in episodes] == ["I1", "I1", "I2", "I4"]


def test_g1_incident_clock_times_customers_is_more_than_they_lost():
    """Minutes of I1 by customers are 140 where the incident's 120 times two customers says 240."""
    assert whole(table("ledger", {**G1, "impact": [row for row in G1["impact"] if row["incident_id"] == "I1"]})) == 140


def test_g1_planned_work_included():
    """Included, planned work counts like any other loss (K11)."""
    assert whole(table("ledger", G1, planned="included")) == 273
    assert len(table("episode", G1, planned="included")) == 5


def test_g2_counts_have_bounds():
    """400 and 700 of 1,000 for an hour: from 42,000 to 60,000 minutes, 49,200 if independent, never 66,000 (R020)."""
    counted = [cohort(0, 60, "I1", region="EU", n_parties=400), cohort(0, 60, "I2", region="EU", n_parties=700)]
    tables = {"impact": counted, "party": [customer(1, region="EU", size=1000)]}
    [piece] = table("ledger", tables)

    assert [60 * piece[name] for name in ("size_lo", "size", "size_hi")] == [42_000, 49_200, 60_000]
    assert (piece["cohort"], piece["party_size"], piece["region"]) == ("region=EU", 1000, "EU")
    [episode] = table("episode", tables)
    assert [episode[name] for name in ("size_lo", "size", "size_hi")] == [700, 820, 1000]
    assert episode["lost"] == 60 * MINUTE


def test_i1_load_points():
    """Six load points: 3,100 interruptions, 6,600 customer hours, 2,200 customers (IEEE indices, TRUTH.md I-1)."""
    sizes = dict(enumerate((1000, 800, 600, 800, 500, 300), start=1))
    events = [(2, 3.0), (3, 3.0), (6, 2.0), (3, 1.0), (5, 1.5), (6, 1.5)]
    impact = [loss(party, 600 * n, 600 * n + 60 * hours, f"E{n}") for n, (party, hours) in enumerate(events)]
    tables = {"impact": impact, "party": [customer(party, size=size) for party, size in sizes.items()]}
    sustained = [row for row in table("episode", tables, 9000) if row["sustained"]]
    customers, interruptions = sum(sizes.values()), sum(row["size"] for row in sustained)
    hours = sum(row["size"] * row["lost"] for row in sustained) / MINUTE / 60
    distinct = sum(sizes[party] for party in {row["party_id"] for row in sustained})

    assert (interruptions, hours, distinct) == (3100, 6600, 2200)
    assert interruptions / customers == pytest.approx(0.775)
    assert interruptions / distinct == pytest.approx(1.4090909, abs=1e-7)
    assert hours / customers == pytest.approx(1.65)
    assert hours / interruptions == pytest.approx(2.1290323, abs=1e-7)
    assert 1 - hours / customers / 8760 == pytest.approx(0.9998116438, abs=1e-10)
    assert lost(table("ledger", tables, 9000), 0, 9000) == 6600 * 60


def test_i2_bitmap_of_ten_customers():
    """Ten customers of a week: 1,728 minutes where adding up says 1,858; every number of TRUTH.md I-2."""
    events = [
        ("E1", (1, 2, 3), 100, 160), ("E2", (2, 3, 4), 130, 200), ("E3", (1,), 110, 120), ("E4", (5,), 300, 303),
        ("E5", (6, 7), 400, 405), ("E6", (6,), 405, 430), ("E7", (8,), 600, 720), ("E7b", (8,), 700, 760),
        ("E8", (9,), 800, 860), ("E9", (9,), 1000, 1060), ("E10", range(1, 10), 2000, 2090),
        ("E10b", (1, 2, 3), 2090, 2150), ("E11", (10,), 5000, 5100), ("E12", (7,), 10_050, 10_200),
    ]  # fmt: skip
    window = 10_080
    people = [customer(party, served_from=minute(0)) for party in range(1, 10)]
    tables = {
        "impact": [loss(party, start, end, name) for name, parties, start, end in events for party in parties],
        "incident": [incident("E7", planned=True)],
        "party": [*people, customer(10, served_from=minute(5040))],
    }
    ledger = table("ledger", tables, window, planned="included")
    episodes = [row for row in table("episode", tables, window, planned="included", gap_min=0) if row["lost"]]
    served = sum(length(row, 0, window) for row in table("served", tables, window)) / window

    assert served == 9.5
    assert sum(length(piece, 0, window) for piece in ledger) == 1728
    assert sum(min(row["end_at"], minute(window)) - row["start_at"] for row in tables["impact"]) / MINUTE == 1858
    sustained = [row for row in episodes if row["sustained"]]
    assert (len(sustained), len(episodes) - len(sustained)) == (19, 2)
    counts = Counter(row["party_id"] for row in sustained)
    assert counts == Counter({1: 2, 2: 2, 3: 2, 4: 2, 5: 1, 6: 2, 7: 2, 8: 2, 9: 3, 10: 1})
    assert {row["party_id"] for row in episodes if not row["sustained"]} == {5, 7}
    minutes = defaultdict(int)
    for row in sustained:
        minutes[row["party_id"]] += row["lost"] // MINUTE
    assert [minutes[party] for party in range(1, 11)] == [210, 250, 250, 160, 90, 120, 120, 250, 210, 60]
    assert sum(minutes.values()) / served == pytest.approx(181.0526316, abs=1e-7)
    assert sum(minutes.values()) / len(sustained) == pytest.approx(90.5263158, abs=1e-7)
    apart = table("ledger", tables, window)
    assert sum(length(piece, 0, window) for piece in apart if piece["planned_only"]) == 100
    assert lost(apart, 0, window) == 1628


# ---------------------------------------------------------------------------------------------------------------------
# Cohorts and users


def test_a_cohort_that_lost_whole_is_its_members():
    """All of a region lost: each member loses, and a member that is listed too loses once."""
    people = [
        customer(1, region="EU"),
        customer(2, region="EU"),
        customer(3, region="US"),
        customer(4, 50, region="EU"),
    ]
    rows = [cohort(0, 60, "I1", region="EU"), loss(2, 30, 90, "I2")]
    ledger = table("ledger", {"impact": rows, "party": people})

    assert {piece["party_id"] for piece in ledger} == {1, 2}
    assert whole(ledger) == 60 + 90


def test_a_count_of_all_is_all():
    """A count that is no less than the members there were is all of them."""
    people = [customer(1, tier="free", size=3), customer(2, tier="free")]
    rows = [cohort(0, 60, tier="free", n_parties=4)]

    assert whole(table("ledger", {"impact": rows, "party": people})) == 240


def test_a_count_of_nobody_described_stands():
    """Where no member is described the count itself is what is known, with its bounds."""
    [piece] = table("ledger", {"impact": [cohort(0, 60, tier="free", n_parties=40, n_lo=30, n_hi=50)]})

    assert (piece["size_lo"], piece["size"], piece["size_hi"], piece["party_size"]) == (30, 40, 50, 50)


def test_bounds_without_a_count_are_no_loss_of_all():
    """R020: of 1,000 customers between 200 and 301 lost: the middle stands, 251, between its bounds."""
    people = [customer(1, region="EU", size=1000)]
    [piece] = table("ledger", {"impact": [cohort(0, 60, region="EU", n_lo=200, n_hi=301)], "party": people})
    assert (piece["size_lo"], piece["size"], piece["size_hi"]) == (200, 251, 301)


def test_a_share_of_a_customer_that_stands_for_many():
    """A quarter of a load point of 800 is 200, exactly; two rows of one incident add up, two incidents overlap."""
    people = [customer(1, size=800)]
    [one] = table("ledger", {"impact": [loss(1, 0, 60, "I1", share=0.25)], "party": people})
    assert (one["size_lo"], one["size"], one["size_hi"]) == (200, 200, 200)

    rows = [loss(1, 0, 60, "I1", share=0.25), loss(1, 0, 60, "I1", "degraded", n_parties=100)]
    [one] = table("ledger", {"impact": rows, "party": people})
    assert (one["size_lo"], one["size"], one["size_hi"]) == (300, 300, 300)

    [one] = table("ledger", {"impact": [*rows, loss(1, 0, 60, "I2", n_parties=400)], "party": people})
    assert (one["size_lo"], one["size"], one["size_hi"]) == (400, 550, 700)


def test_two_counts_stay_two_when_the_end_of_service_cuts_them_alike():
    """R020: ten of 100 and ten others, told with different ends after the customer left: 19 at once, not ten."""
    people = [customer(1, size=100, served_to=minute(80))]
    rows = [loss(1, 0, 100, n_parties=10), loss(1, 0, 90, n_parties=10)]
    [piece] = table("ledger", {"impact": rows, "party": people})

    assert (piece["end_at"], piece["size_lo"], piece["size"], piece["size_hi"]) == (minute(80), 10, 19, 20)


@pytest.mark.parametrize(
    ("lift", "expected"),
    [
        ("any", [(0, 30, 10), (30, 60, 10), (60, 90, 10)]),
        ("share", [(0, 30, 5), (30, 60, 10), (60, 90, 5)]),
        ("all", [(30, 60, 10)]),
    ],
)
def test_an_account_suffers_what_its_users_suffer(lift, expected):
    """An account of ten seats with two users suffers when any does, by their share, or when all do (K02)."""
    people = [customer(1, size=10), customer(2, kind="user", parent_id=1), customer(3, kind="user", parent_id=1)]
    rows = [loss(2, 0, 60, "I1"), loss(3, 30, 90, "I1")]
    ledger = table("ledger", {"impact": rows, "party": people}, lift=lift)

    found = [((p["start_at"] - minute(0)) // MINUTE, (p["end_at"] - minute(0)) // MINUTE, p["size"]) for p in ledger]
    assert found == expected
    assert {piece["party_id"] for piece in ledger} == {1}


def test_customers_of_a_grain():
    """Asked of users, an account's own losses are left out; asked of all, everybody bears what is recorded (K01)."""
    people = [customer(1, kind="account"), customer(2, kind="user", parent_id=1)]
    tables = {"impact": [loss(1, 0, 10), loss(2, 0, 60)], "party": people}

    assert [whole(table("ledger", tables, customer=grain)) for grain in ("user", "account", "all", "top")] == [
        60,
        10,
        70,
        60,
    ]


# ---------------------------------------------------------------------------------------------------------------------
# What a piece says


def test_what_is_active_in_a_piece():
    """A piece tells the kinds, the worst of them, the best evidence, the incidents, and mixed bases."""
    rows = [
        loss(1, 0, 60, "I1", "degraded", evidence="assumed", basis="active"),
        loss(1, 0, 60, "I2", "data_loss", evidence="listed"),
        loss(1, 0, 60, None, "outage", depth=0.25),
    ]
    [piece] = table("ledger", {"impact": rows})

    assert (piece["kinds"], piece["kind"], piece["own_depth"]) == ("data_loss+degraded", "outage", 0.25)
    assert (piece["evidence"], piece["basis"], piece["incidents"]) == ("listed", "mixed", 2)
    assert not piece["unreported"]


def test_depths_may_be_added_up():
    """With overlap: sum every incident lists its kinds, and own depths add up to at most 1 (K04)."""
    rows = [
        loss(1, 0, 60, "I1", "degraded"),
        loss(1, 0, 60, "I2", "degraded"),
        loss(1, 0, 60, "I1", "degraded", depth=0.75),
    ]
    [piece] = table("ledger", {"impact": [*rows, loss(1, 0, 60, "I2", depth=0.5)]}, overlap="sum")

    assert (piece["kinds"], piece["own_depth"]) == ("degraded+degraded", 1.0)


def test_a_loss_that_takes_nothing_makes_no_piece():
    """Cosmetic faults, losses of depth 0 and of no length are no interruption; a cosmetic one with a depth is."""
    rows = [loss(1, 0, 60, kind="cosmetic"), loss(1, 0, 60, depth=0.0), loss(1, 70, 70)]

    assert table("ledger", {"impact": rows}) == []
    [piece] = table("ledger", {"impact": [*rows, loss(1, 0, 60, kind="cosmetic", depth=0.5)]})
    assert (piece["kinds"], piece["own_depth"], piece["unreported"]) == ("", 0.5, True)


def test_a_loss_without_end_goes_on():
    """An open loss has no end; its interruption is sustained as soon as it has lasted so long."""
    for last, sustained in ((5, False), (6, True)):
        [episode] = table("episode", {"impact": [loss(1, 0, None)]}, last)
        assert (episode["end_at"], episode["done"], episode["relieved"]) == (None, False, False)
        assert (episode["sustained"], episode["lost"]) == (sustained, last * MINUTE)


@pytest.mark.parametrize(("at_limit", "sustained"), [("momentary", False), ("sustained", True)])
def test_a_loss_exactly_as_long_as_the_limit(at_limit, sustained):
    """Five minutes are not more than five minutes (IEEE 1366); three minutes or longer hold three (K09)."""
    [episode] = table("episode", {"impact": [loss(1, 0, 5)]}, at_limit=at_limit)

    assert episode["sustained"] is sustained


def test_pauses_up_to_the_gap_do_not_end_an_interruption():
    """A pause of exactly the gap joins, a minute more does not; without a gap only what touches is one (K10)."""
    rows = [loss(1, 0, 10), loss(1, 190, 200), loss(1, 381, 390), loss(1, 390, 400)]

    assert [row["pieces"] for row in table("episode", {"impact": rows})] == [2, 1]
    assert [row["pieces"] for row in table("episode", {"impact": rows}, gap_min=0)] == [1, 1, 1]


def test_time_to_know():
    """Customers know with the first word about the first incident: 0 where it came before, to now where none did."""
    incidents = [
        incident("I1", status_posted_at=minute(25)),
        incident("I2", status_posted_at=minute(0)),
        incident("I3", status_posted_at=minute(999)),
    ]
    rows = [loss(1, 10, 60, "I1"), loss(2, 10, 60, "I2"), loss(3, 10, 60, "I3"), loss(4, 10, 60)]
    episodes = table("episode", {"impact": rows, "incident": incidents}, 100)

    assert [(row["know"] // MINUTE, row["known"]) for row in episodes] == [
        (15, True),
        (0, True),
        (90, False),
        (90, False),
    ]


def test_weights_are_never_a_name():
    """A policy's name must have been put into numbers before a table is made."""
    assert weights("outage=1.0, degraded=0.5") == {"outage": 1.0, "degraded": 0.5}
    with pytest.raises(ValueError, match="policy depth"):
        weights("policy depth")
