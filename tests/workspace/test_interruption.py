"""Deciding with the ledger: pages, parts that add up, the queue, one customer, tickets (R019, R026 to R030, R119)."""

from __future__ import annotations

import csv
import random
from dataclasses import asdict

import pytest

from regard.errors import AuthorError, QuestionError
from regard.workspace import Asking, Loss
from regard.workspace.interruption import expected_rest
from tests.golden.company import at
from tests.workspace.outages import (
    CUSTOMERS,
    INCIDENTS,
    UNTIL,
    Outages,
    five,
    loss,
    minute,
    served,
)

SEGMENTS, KINDS = ("b2b", "b2c", None), ("outage", "degraded", "workaround", "data_loss")


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """The company of golden G1, loaded."""
    return five(tmp_path_factory.mktemp("five")).load()


@pytest.fixture(scope="module")
def messy(tmp_path_factory):
    """Forty customers and twelve incidents that overlap, some known as counts only, some planned, some open."""
    rng = random.Random(7)
    incidents, losses = [], []
    for i in range(12):
        start = rng.randrange(0, 3000)
        clocks = sorted(rng.randrange(0, 200) for _ in range(3))
        names = [name for name in ("detected", "acknowledged", "mitigated") if rng.random() < 0.8]
        incidents.append(
            {
                "incident": f"X{i}",
                "cause": rng.choice(["deploy", "capacity", None]),
                "service": rng.choice(["login", "search"]),
                "planned": "yes" if i % 6 == 5 else "no",
                "started": minute(start),
                "resolved": minute(start + 400),
                **{name: minute(start + clock) for name, clock in zip(names, clocks, strict=False)},
            }
        )
        for _ in range(rng.randrange(2, 14)):
            begin = start + rng.randrange(0, 120)
            end = None if i == 3 else begin + rng.randrange(1, 300)
            values = {"kind": rng.choice(KINDS), "evidence": rng.choice(["observed", "listed"])}
            who = f"c{rng.randrange(40)}"
            if rng.random() < 0.2:
                who, values = None, values | {"segment": "b2b", "count": rng.randrange(1, 5), "evidence": "estimated"}
            losses.append(loss(len(losses), rng.choice([f"X{i}", f"X{i}", f"X{i}", None]), who, begin, end, **values))
    people = [{"customer": f"c{n}", "segment": SEGMENTS[n % 3], "value": 10 * n} for n in range(40)]
    return Outages(tmp_path_factory.mktemp("messy"), until=UNTIL).has(
        customers=served(people), incidents=incidents, losses=losses
    ).load()  # fmt: skip


def whole(workspace, test="NOT planned_only", table="ledger"):
    """Return the customer minutes of the ledger itself, for a test."""
    asking = Asking(workspace)
    name = asking.relations.name(table)
    share = "share * " if table == "ledger_share" else ""
    [row] = asking.rows(
        f"SELECT SUM({share}size * (COALESCE(end_at, $until) - start_at)) / 60000000.0 AS minutes"
        f" FROM {name} WHERE {test}",
        until=asking.until,
    )
    return row["minutes"]


# ----------------------------------------------------------------------------------------------------------------------
# An incident


def test_the_page_of_an_incident_by_hand(company):
    """Who, when, how deep and where the minutes went are as worked by hand for golden G1."""
    page = company.workspace.incident("I1")
    # B loses 150 to 160 to two incidents, a workaround (0.25) and degraded (0.5): a third of it is I1's.
    assert page.toll.minutes.value == pytest.approx(130 + 10 / 3)
    assert (page.toll.customers.value, page.toll.customers.exact) == (2, True)
    assert page.kinds == pytest.approx({"outage": 110, "workaround": 20, "degraded": 10 / 3})
    assert [page.index.value, page.index.lo, page.index.hi] == pytest.approx([350 / 3, 110, 400 / 3])
    assert [phase.minutes for phase in page.phases] == pytest.approx([20, 20, 40, 160 / 3])
    assert page.untold == pytest.approx(50)
    assert page.evidence == pytest.approx({"listed": 400 / 3})
    marks = {mark.name: mark.after for mark in page.marks}
    assert marks["first impact"] == 0
    assert marks["recorded beginning"] == 5
    assert marks["last restoration"] == 120
    assert marks["declared"] is None
    parts = {(part.by, part.name): (part.customers.value, part.minutes) for part in page.parts}
    assert parts["segment", "b2b"] == pytest.approx((2, 400 / 3))
    assert parts["region", "EU"] == pytest.approx((1, 80))


def test_indexes_of_incidents_are_the_published_attribution(company):
    """Weighted by depth the three incidents took 116.667, 38.333 and 3 of 158 (MODEL.md 4.1)."""
    indexes = [company.workspace.incident(name).index.value for name in ("I1", "I2", "I4")]
    assert indexes == pytest.approx([116.667, 38.333, 3.0], abs=1e-3)
    assert sum(indexes) == pytest.approx(158)


def test_what_was_said_stands_on_the_page(company):
    """Tickets named and matched, answers before and after, and money, each affected customer once."""
    page = company.workspace.incident("I1")
    # t1 names it; t2 came from B meanwhile; t5 of B, 13 days before, makes a ticket in 28 days usual.
    assert (page.tickets.linked, page.tickets.matched) == (1, 1)
    assert page.tickets.usual == pytest.approx((90 + 1440) / (28 * 1440) * 1, rel=0.05)
    assert page.tickets.confidence == pytest.approx(1 - page.tickets.usual)
    assert (page.scores.before, page.scores.after, page.scores.change) == pytest.approx((87.5, 37.5, -50))
    assert page.scores.lo < -50 < page.scores.hi
    assert (page.toll.money.amount, page.toll.money.known) == (1500, 2)
    waits = {wait.name: wait for wait in page.waits}
    assert (waits["relief"].median, waits["relief"].reached) == (45, 2)
    assert waits["a first word"].median == 25


def test_earlier_incidents_like_it(company):
    """The most alike come first, with what they took; planned work is not like an incident."""
    found = company.workspace.incident("I5").similar
    assert [(one.incident, one.alike) for one in found] == [("I1", "service, cause"), ("I4", "cause")]
    assert [one.lasted for one in found] == [120, 3]
    assert found[1].minutes == pytest.approx(3)


def test_an_incident_without_impact_is_unknown(company):
    """Where nobody recorded who was affected nothing is zero: there is no toll, and no phase."""
    page = company.workspace.incident("I5")
    assert (page.toll, page.index, page.phases, page.kinds) == (None, None, (), {})
    assert company.workspace.impact("incident").blind == ("I5",)


def test_the_page_cut_in_the_middle(company):
    """Cut at 02:30 the incident runs: later clocks are not known, minutes go to then, one customer is losing."""
    page = company.workspace.incident("I1", until="2026-03-05T02:30:00Z")
    assert page.toll.minutes.value == pytest.approx(100)
    assert page.toll.running == 1
    assert {mark.name for mark in page.marks if mark.at is None} == {"declared", "resolved", "last restoration"}


def test_no_such_incident(company):
    """An unknown id is refused with a suggestion."""
    with pytest.raises(QuestionError, match=r"no incident 'i1'; did you mean 'I1'\?"):
        company.workspace.incident("i1")


def test_page_totals_are_the_ledgers(messy):
    """On overlapping incidents all pages and the losses nobody declared sum to the ledger (R119)."""
    pages = [messy.workspace.incident(f"X{i}") for i in range(12)]
    tolls = [page for page in pages if page.toll and not page.record.planned]
    undeclared = whole(messy.workspace, "incident_id IS NULL AND NOT planned_only", "ledger_share")
    total = sum(page.toll.minutes.value for page in tolls) + undeclared
    assert total == pytest.approx(whole(messy.workspace), rel=1e-9)
    for page in pages:
        if page.toll:
            assert sum(phase.minutes or 0 for phase in page.phases) == pytest.approx(page.toll.minutes.value)
            assert sum(page.kinds.values()) == pytest.approx(page.toll.minutes.value)
            assert sum(page.evidence.values()) == pytest.approx(page.toll.minutes.value)
            assert page.toll.minutes.lo <= page.toll.minutes.value <= page.toll.minutes.hi
            assert page.index.lo <= page.index.value <= page.index.hi
            for by in ("segment", "region", "tier"):
                parts = [part.minutes for part in page.parts if part.by == by]
                assert sum(parts) == pytest.approx(page.toll.minutes.value)


def test_few_people_are_hidden(tmp_path):
    """Parts with fewer customers than privacy_min are hidden, and answers of so few (K24)."""
    company = five(tmp_path, settings="privacy_min = 2\n").load()
    page = company.workspace.incident("I1")
    shown = {(part.by, part.name): part.customers for part in page.parts}
    assert shown["region", "EU"] is None
    assert shown["segment", "b2b"].value == 2
    assert page.scores.hidden is False
    assert company.workspace.incident("I3").scores.hidden is True
    [row] = [row for row in company.workspace.impact("incident").rows if row.dims["incident"] == "I4"]
    assert row.customers is None


# ----------------------------------------------------------------------------------------------------------------------
# Minutes by cause


@pytest.mark.parametrize("by", ["incident", "cause", "service,segment", "loss_kind,evidence", ""])
def test_parts_add_up_to_the_whole(messy, by):
    """Attributed minutes by any dimension add up to the ledger, shares to 1, planned work apart (R030)."""
    report = messy.workspace.impact(by)
    total = whole(messy.workspace)
    assert sum(row.minutes.value for row in report.rows) == pytest.approx(total)
    assert report.totals == pytest.approx({"all": total})
    assert sum(row.share for row in report.rows) == pytest.approx(1)
    assert report.rows[-1].running == pytest.approx(1)
    assert report.planned == pytest.approx(whole(messy.workspace, "planned_only"))
    ordered = [row.minutes.value for row in report.rows]
    assert ordered == sorted(ordered, reverse=True)


def test_periods_add_up_to_the_whole(messy):
    """Cut into days or weeks the minutes stay the same minutes."""
    for grain in ("day", "week", "month"):
        report = messy.workspace.impact("cause", grain=grain)
        assert sum(report.totals.values()) == pytest.approx(whole(messy.workspace)), grain


def test_the_top_cause_taken_away(messy):
    """Without its largest incident a cause is smaller by just what that incident took (R027)."""
    by_incident = {
        (row.dims["cause"], row.dims["incident"]): row.minutes.value
        for row in messy.workspace.impact("cause,incident").rows
    }
    for row in messy.workspace.impact("cause").rows:
        own = [value for (cause, name), value in by_incident.items() if cause == row.dims["cause"] and name]
        if row.dims["cause"] is not None:
            assert row.without_largest == pytest.approx(row.minutes.value - max(own))
            assert row.incidents == len(own)
            assert (row.lo is None) == (len(own) < 3)


def test_customers_of_a_cause_are_counted_once(company):
    """B lost to two incidents of different causes: once in each, and once in the whole."""
    workspace = company.workspace
    assert {row.dims["cause"]: row.customers for row in workspace.impact("cause").rows} == {"deploy": 3, "capacity": 2}
    [row] = workspace.impact("").rows
    assert row.customers == 4


def test_counts_are_those_of_the_incident_asked(tmp_path):
    """Of two counted incidents that overlap, each page and each row of the report counts its own, not their union."""
    company = Outages(tmp_path, until=UNTIL).has(
        customers=served([{"customer": f"c{n}", "region": "EU"} for n in range(10)]),
        incidents=INCIDENTS,
        losses=[
            loss(1, "I1", None, 100, 160, region="EU", count=4, evidence="estimated"),
            loss(2, "I2", None, 130, 200, region="EU", count=7, evidence="estimated"),
        ],
    )
    workspace = company.load().workspace
    assert [workspace.incident(name).toll.customers.value for name in ("I1", "I2")] == [4, 7]
    assert {row.dims["incident"]: row.customers for row in workspace.impact("incident").rows} == {"I1": 4, "I2": 7}
    together = workspace.incident("I1").toll.minutes.value + workspace.incident("I2").toll.minutes.value
    # 30 min of 4, 30 of 10 (1 - 0.6 x 0.3) = 8.2, 40 of 7 (golden G2's independence).
    assert together == pytest.approx(30 * 4 + 30 * 8.2 + 40 * 7)


def test_incidents_of_which_nobody_recorded_the_impact(tmp_path):
    """With incidents and no impact at all nothing was lost that is known: every incident is named as blind."""
    company = Outages(tmp_path, until=UNTIL).has(customers=served(CUSTOMERS), incidents=INCIDENTS)
    report = company.load().workspace.impact("cause")
    assert (report.rows, report.blind) == ((), ("I1", "I2", "I4", "I5"))


def test_impact_of_days_without_losses(company):
    """Days without any loss have no rows; a dimension that the ledger lacks and days turned round are refused."""
    report = company.workspace.impact("cause", start="2026-01-01", end="2026-02-01")
    assert (report.rows, report.totals) == ((), {"all": 0.0})
    with pytest.raises(QuestionError, match="not attributed by 'colour'"):
        company.workspace.impact("colour")
    with pytest.raises(QuestionError, match="no day is left"):
        company.workspace.impact("cause", start="2026-03-02", end="2026-03-01")


# ----------------------------------------------------------------------------------------------------------------------
# The queue


def test_the_queue_is_ranked_as_by_hand(tmp_path):
    """Five open incidents stand in the order of customers losing now times what is left, not of severity (R026)."""
    until = 3000
    past = [
        {"incident": f"P{n}", "severity": severity, "started": at(f"2026-01-{n + 1:02d}"),
         "resolved": at(f"2026-01-{n + 1:02d}", length / 60)}
        for n, (severity, length) in enumerate([("high", 60)] * 3 + [("high", 120)] * 3 + [("low", 600)] * 5)
    ]  # fmt: skip
    live = [("critical", "Q1", 10, 1), ("high", "Q2", 30, 2), ("low", "Q3", 30, 1), ("low", "Q4", 300, 3)]
    incidents = [
        {"incident": name, "severity": severity, "started": minute(until - age)} for severity, name, age, _ in live
    ]
    incidents.append({"incident": "Q5", "severity": "critical", "started": minute(until - 5)})
    people = [{"customer": f"c{n}"} for n in range(7)]
    losses, seen = [], 0
    for _, name, age, count in live:
        for _ in range(count):
            losses.append(loss(len(losses), name, f"c{seen}", until - age, None))
            seen += 1
    company = Outages(tmp_path, until=minute(until)).has(
        customers=served(people), incidents=[*past, *incidents], losses=losses
    ).load()  # fmt: skip
    queue = company.workspace.queue()
    # Left of the past: Q4 (low, 300 min) 600 - 300; Q3 (low, 30) 600 - 30; Q2 (high, 30) mean of 30 x 3 and 90 x 3;
    # Q1 (none of its severity, so all, 10 min) mean of 50 x 3, 110 x 3, 590 x 5.
    by_hand = {"Q4": 3 * 300, "Q3": 1 * 570, "Q1": 1 * (150 + 330 + 2950) / 11, "Q2": 2 * 60}
    assert [one.record.incident for one in queue] == [*by_hand, "Q5"]
    assert [one.expected for one in queue[:-1]] == pytest.approx(list(by_hand.values()))
    assert (queue[-1].burn, queue[-1].expected) == (None, None)
    assert queue[0].so_far == pytest.approx(900)
    assert "5 of 5 earlier incidents of severity low lasted longer" in queue[0].basis


def test_weighted_burn_knows_depth_and_criticality(tmp_path):
    """A customer of weight 5 who is degraded burns 2.5 weighted minutes a minute, and 1 as it is."""
    company = Outages(tmp_path, until=minute(100)).has(
        customers=served(CUSTOMERS),
        incidents=[{"incident": "O", "started": minute(10)}],
        losses=[loss(1, "O", "A", 10, None, kind="degraded")],
    )
    [one] = company.load().workspace.queue()
    assert (one.burn, one.weighted, one.so_far) == (1, 2.5, 90)
    assert company.workspace.incident("O").toll.running == 1


def test_what_is_left_where_nothing_lasted_so_long():
    """Older than every earlier one it is taken to last as long again, and that is said."""
    assert expected_rest(100, [(50, None)], None)[0] == 100
    assert "as long again" in expected_rest(100, [], "high")[1]
    assert expected_rest(10, [(30, "high")] * 5 + [(500, "low")], "high")[0] == 20


# ----------------------------------------------------------------------------------------------------------------------
# One customer, tickets


def test_a_customers_own_ledger(company):
    """B's pieces, incidents, kinds and minutes in order of time, with tickets and answers between."""
    found = company.workspace.ledger("B")
    assert (found.minutes, found.interruptions, found.sustained) == (90, 1, 1)
    losses = [(entry.kind, entry.minutes, entry.incidents) for entry in found.entries if entry.what == "loss"]
    assert losses == [
        ("outage", 30, ("I1",)),
        ("workaround", 20, ("I1",)),
        ("degraded", 10, ("I1", "I2")),
        ("degraded", 30, ("I2",)),
    ]
    assert [entry.what for entry in found.entries][:3] == ["ticket", "answer", "interruption"]
    assert [entry.at for entry in found.entries] == sorted(entry.at for entry in found.entries)
    assert company.workspace.ledger(str(found.party_id)) == found
    planned = company.workspace.ledger("D")
    assert (planned.minutes, planned.planned, planned.interruptions) == (0, 60, 0)


def test_a_user_is_shown_as_its_customer(tmp_path):
    """The ledger of a user is that of the account it belongs to, with what its users said."""
    company = Outages(tmp_path, until=UNTIL).has(
        customers=served([{"customer": "acc"}, {"customer": "u1", "parent": "acc", "kind": "user"}]),
        incidents=INCIDENTS,
        losses=[loss(1, "I1", "u1", 100, 130)],
        tickets=[{"ticket": "t1", "customer": "u1", "opened": minute(110)}],
    )
    company.load()
    found = company.workspace.ledger("u1")
    assert found.party_id == company.workspace.ledger("acc").party_id
    assert [entry.what for entry in found.entries] == ["interruption", "loss", "ticket"]
    assert company.workspace.incident("I1").tickets.matched == 1
    with pytest.raises(QuestionError, match="no customer 'zed'"):
        company.workspace.ledger("zed")


def test_escalations_count_an_incident_once(tmp_path):
    """37 tickets of one incident of 212 customers: each card shows 212, and so does the total (R029)."""
    people = [{"customer": f"c{n}", "value": 100} for n in range(212)]
    company = Outages(tmp_path, until=UNTIL).has(
        customers=served(people),
        incidents=INCIDENTS[:1],
        losses=[loss(n, "I1", f"c{n}", 100, 110) for n in range(212)],
        tickets=[
            {"ticket": f"t{n}", "customer": f"c{n}", "opened": minute(105), "incident": "I1" if n % 2 else None}
            for n in range(37)
        ],
    )
    company.load()
    found = company.workspace.escalation([f"t{n}" for n in range(37)])
    assert {card.toll.customers.value for card in found.cards} == {212}
    assert found.incidents == ("I1",)
    assert (found.total.customers.value, found.total.minutes.value) == pytest.approx((212, 2120))
    assert found.total.money.amount == 21_200
    assert [card.how for card in found.cards[:2]] == ["likely", "linked"]


def test_how_sure_an_escalation_is(company):
    """A ticket that names nothing is likely or possibly of what took from its customer, or of nothing."""
    found = company.workspace.escalation(["t1", "t2", "t3", "t4"])
    assert [(card.incident, card.how) for card in found.cards] == [
        ("I1", "linked"),
        ("I1", "likely"),
        ("I2", "possible"),
        (None, ""),
    ]
    # B lost to both, and is one customer of three.
    assert found.total.customers.value == 3
    assert found.total.money.amount == 1550
    with pytest.raises(QuestionError, match="no ticket 'zed'"):
        company.workspace.escalation("zed")


# ----------------------------------------------------------------------------------------------------------------------
# Who was affected


def proposal(incident="I5", who="segment = 'b2b'", start=500, end=520, **values):
    """Return a loss of whoever matches, in minutes of the day."""
    company = {"kind": "outage", "evidence": "listed", **values}
    day = 1_772_668_800_000_000  # 2026-03-05
    ends = None if end is None else day + end * 60_000_000
    return Loss(incident=incident, who=who, start_at=day + start * 60_000_000, end_at=ends, **company)


@pytest.mark.parametrize(
    ("who", "names"),
    [
        ("segment = 'b2b'", ("A", "B")),
        ("region in ('EU') and segment = 'b2c'", ("C", "E")),
        ("resource = 'shard-7'", ("A",)),
        ("resource = 'shard-8' or resource = 'shard-7'", ("A", "C")),
        ("value_amount > 400 and not (region = 'US')", ("A",)),
    ],
)
def test_who_matches(company, who, names):
    """A test on customers or on where they live finds them as they were when it began (R019)."""
    found = company.workspace.propose_impact(proposal(who=who))
    assert found.names == names
    assert (found.matched, found.parties, len(found.rows)) == (len(names),) * 3


def test_added_impact_is_loaded_and_added_once(tmp_path):
    """Rows go into a file with a mapping of its own; a load takes them in; a second time there is nothing to add."""
    company = five(tmp_path).load()
    workspace = company.workspace
    addition = workspace.propose_impact(proposal())
    assert addition.segments == {"b2b": 2}
    written = workspace.add_impact(addition)
    assert [path.name for path in written] == ["added.csv", "impact_added.yaml"]
    company.load()
    assert company.refused() == []
    assert company.workspace.check() == []
    page = company.workspace.incident("I5")
    assert (page.toll.customers.value, page.toll.minutes.value) == (2, 40)
    again = company.workspace.propose_impact(proposal())
    assert (again.rows, again.known) == ((), 2)
    more = company.workspace.propose_impact(proposal(who="region = 'EU'"))
    assert (len(more.rows), more.known) == (2, 1)
    assert [path.name for path in company.workspace.add_impact(more)] == ["added.csv"]
    with (tmp_path / "data/impact/added.csv").open() as file:
        assert [row["customer"] for row in csv.DictReader(file)] == ["A", "B", "C", "E"]


def test_a_counted_cohort_is_one_row_with_bounds(tmp_path):
    """With a share the members are unknown: one row of a cohort, counted on the page as such."""
    company = five(tmp_path).load()
    addition = company.workspace.propose_impact(proposal(who="region = 'EU'", share=0.4, evidence="estimated"))
    assert [row["region"] for row in addition.rows] == ["EU"]
    company.workspace.add_impact(addition)
    page = company.load().workspace.incident("I5")
    assert page.toll.customers.value == pytest.approx(1.2)
    assert page.toll.minutes.value == pytest.approx(24)


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ({"incident": "I9"}, "no incident 'I9'"),
        ({"who": "segment = 'b2g'"}, "no customer served"),
        ({"end": 500}, "ends before it begins"),
        ({"n": 2, "share": 0.5}, "not both"),
        ({"n": 3}, "3 cannot be affected of the 2"),
        ({"who": "value_amount > 1", "n": 1}, "a count can only be of a cohort"),
        ({"kind": "outrage"}, "did you mean 'outage'"),
        ({"evidence": "guess"}, "is no evidence"),
    ],
)
def test_impact_that_makes_no_sense_is_refused(company, values, told):
    """What cannot be is refused with what would do, and nothing is written."""
    with pytest.raises(QuestionError, match=told):
        company.workspace.propose_impact(proposal(**values))
    assert not (company.root / "data/impact").exists()


def test_a_wrong_test_is_a_mistake_of_its_author(company):
    """A test on what nobody knows of customers says where it is wrong."""
    with pytest.raises(AuthorError) as error:
        company.workspace.propose_impact(proposal(who="sgment = 'b2b'"))
    assert asdict(error.value.mistakes[0])["hint"] == "did you mean 'segment'?"


# ----------------------------------------------------------------------------------------------------------------------
# One definition, one number


def test_pages_say_what_the_metrics_say(company):
    """The toll, the index and the causes of the pages are the numbers of the metrics, asked by incident and cause."""
    asked = {"start": "2026-03-01", "end": "2026-04-01", "compare": ""}
    workspace = company.workspace
    for name in ("I1", "I2", "I4"):
        page = workspace.incident(name)
        minutes, weighted = (
            answer.cells[0].estimate.value
            for answer in workspace.ask("cml", "cml_w", where=f"incident = '{name}'", **asked)
        )
        assert minutes == pytest.approx(page.toll.minutes.value)
        assert weighted == pytest.approx(page.index.value)
    by_cause = {cell.dims["cause"]: cell.estimate.value for cell in workspace.ask("cml", by="cause", **asked).cells}
    assert by_cause == pytest.approx({row.dims["cause"]: row.minutes.value for row in workspace.impact("cause").rows})
