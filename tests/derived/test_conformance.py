"""Every derived table: its SQL on DuckDB makes what its reference makes, on random worlds full of ties and blanks."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from regard.derived import REFERENCES
from regard.model.time import DAY_US
from regard.sql.derived import STATEMENTS
from tests.derived import worlds
from tests.derived.worlds import agree, by_engine, declared, types

often = settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))


def test_every_declared_table_has_both_makers():
    """Each derived table of the catalogue has a reference and a statement, and nothing else has."""
    names = {path.stem for path in worlds.TABLES.glob("*.yaml") if "from" in declared(path.stem)}

    assert set(REFERENCES) == set(STATEMENTS)
    assert set(REFERENCES) <= names


@pytest.mark.parametrize("table", sorted(STATEMENTS))
def test_types_are_as_declared(table):
    """On empty inputs the SQL still gives each declared column, in its declared type."""
    made = by_engine(table, worlds.START, {}).schema

    assert {field.name: field.type for field in made} == {n: worlds.ARROW[kind] for n, kind in types(table).items()}


@often
@given(st.data(), worlds.untils, st.sampled_from(["calendar", "business"]), st.sampled_from(["human", "any", "bot"]))
def test_case_clock(data, until, clock, reply):
    """Linked, reopened, bot-closed, unanswered cases on either clock, with any meaning of a reply (K30, K31)."""
    tables = {
        "case": data.draw(worlds.cases),
        "case_step": data.draw(worlds.case_steps),
        "contact": data.draw(worlds.contacts),
        "code": data.draw(worlds.codes),
        "party": data.draw(worlds.versions),
    }
    agree("case_clock", until, tables, clock=clock, reply=reply)


@often
@given(worlds.untils, worlds.cases, worlds.case_steps, worlds.versions)
def test_case_open(until, cases, steps, versions):
    """Spans of linked and reopened cases, cut where the customer changes."""
    agree("case_open", until, {"case": cases, "case_step": steps, "party": versions})


@often
@given(worlds.untils, worlds.responses, worlds.versions)
def test_response_seq(until, responses, versions):
    """Answers at one instant, anonymous answers, scales without ends or polarity, double submissions (R042, K22)."""
    agree("response_seq", until, {"response": responses, "party": versions})


@often
@given(worlds.untils, worlds.responses, worlds.versions, st.sampled_from([1, 2, 90]))
def test_invite_seq(until, responses, versions, days):
    """Invitations with several questions, undelivered ones, several on one day (R060, R063)."""
    agree("invite_seq", until, {"response": responses, "party": versions}, pressure_days=days)


@often
@given(worlds.untils, worlds.orders, worlds.versions)
def test_order_seq(until, orders, versions):
    """Orders at one instant, credit notes, cancellations and returns to come (K45, K46)."""
    agree("order_seq", until, {"order": orders, "party": versions})


@often
@given(worlds.untils, worlds.orders, worlds.order_lines, worlds.versions)
def test_order_product(until, orders, lines, versions):
    """Several lines of one product, orders without lines, lines without orders, ids that two sources use."""
    agree("order_product", until, {"order": orders, "order_line": lines, "party": versions})


@often
@given(st.data(), worlds.untils, st.sampled_from([0.25, 1, 2, 90]), st.sampled_from(["any", "order"]))
def test_active_span(data, until, gap, activity):
    """Pauses of exactly the gap, stretches that end at until, versions that change within (K41)."""
    tables = {
        "order": data.draw(worlds.orders),
        "visit": data.draw(worlds.visits),
        "event": data.draw(worlds.events),
        "party": data.draw(worlds.versions),
    }
    agree("active_span", until, tables, gap_days=gap, activity=activity)


@often
@given(worlds.untils, worlds.versions, st.sampled_from(["top", "account", "user", "all"]))
def test_served(until, versions, grain):
    """Versions that overlap, leave gaps or begin at once; customers who leave and come back (K01, R084)."""
    agree("served", until, {"party": versions}, grain=grain)


@often
@given(worlds.untils, worlds.visits, worlds.versions, st.sampled_from(["out", "in"]))
def test_visit_step(until, visits, versions, bots):
    """Steps skipped, out of order, or still to come (R080, R081, K48)."""
    agree("visit_step", until, {"visit": visits, "party": versions}, bots=bots)


@often
@given(worlds.untils, worlds.events, worlds.versions, st.sampled_from([0, 1, 30]))
def test_contract_term(until, events, versions, grace):
    """Late renewals, several terms at once, contracts without a number."""
    agree("contract_term", until, {"event": events, "party": versions}, grace_days=grace)


@often
@given(st.data(), worlds.untils, st.sampled_from(["top", "account", "all"]))
def test_party_first(data, until, grain):
    """Customers known by description, by orders, by both or not yet (R083, R092)."""
    tables = {
        "order": data.draw(worlds.orders),
        "event": data.draw(worlds.events),
        "party": data.draw(worlds.versions),
        "code": data.draw(worlds.codes),
    }
    agree("party_first", until, tables, grain=grain)


@often
@given(
    worlds.logins,
    worlds.versions,
    st.integers(20, 80).map(lambda day: worlds.START + day * DAY_US),
    st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
def test_party_week(logins, versions, until, zone):
    """Weeks of 167 hours, logins at midnight of Sunday, weeks that are not over (R094)."""
    agree("party_week", until, {"event": logins, "party": versions}, zone=zone, floor=2)


whose = st.sampled_from(["top", "top", "top", "all", "account"])
lifts = st.sampled_from(["any", "any", "share", "all"])
plans = st.sampled_from(["apart", "apart", "included"])
overlaps = st.sampled_from(["max", "max", "sum"])
bases = st.sampled_from(["all", "all", "all", "active"])
harmless = st.sampled_from(["cosmetic", "cosmetic", "", "cosmetic, workaround"])


def chosen(data):
    """Draw the arguments that all three tables of interruption share."""
    drawn = {
        "customer": whose,
        "lift": lifts,
        "planned": plans,
        "overlap": overlaps,
        "basis": bases,
        "harmless": harmless,
    }
    return {name: data.draw(values) for name, values in drawn.items()}


@often
@given(st.data(), worlds.untils, worlds.losses())
def test_ledger(data, until, tables):
    """Rows that nest, touch, repeat or go on; counts, cohorts, users of accounts, planned work (K01 to K11)."""
    agree("ledger", until, tables, **chosen(data))


more = {
    "ledger_share": {
        "sharing": st.sampled_from(["proportional", "first", "equal"]),
        "weights": st.sampled_from(
            [worlds.WEIGHTS, "cosmetic=0.0, data_loss=0.0, degraded=0.0, outage=0.0, workaround=0.0"]
        ),
    },
    "episode": {
        "gap_min": st.sampled_from([0, 180, 360, 720]),
        "sustained_min": st.sampled_from([5, 360, 720]),
        "at_limit": st.sampled_from(["momentary", "sustained"]),
    },
}


@often
@given(st.data(), worlds.untils, worlds.losses())
def test_ledger_share(data, until, tables):
    """Several incidents and journeys at once, losses that nobody declared, weights of nothing (K05)."""
    arguments = chosen(data) | {name: data.draw(values) for name, values in more["ledger_share"].items()}
    agree("ledger_share", until, tables, **arguments)


@often
@given(st.data(), worlds.untils, worlds.losses())
def test_episode(data, until, tables):
    """Pauses of exactly the gap, losses as long as the limit, relief at one instant, ids of two sources (K09, K10)."""
    arguments = chosen(data) | {name: data.draw(values) for name, values in more["episode"].items()}
    agree("episode", until, tables, **arguments)


@often
@given(st.data(), worlds.untils, worlds.losses())
def test_incident_reach(data, until, tables):
    """Customers hit twice by one incident, counts beside lists, cohorts, incidents that are open (K08)."""
    arguments = {name: value for name, value in chosen(data).items() if name != "planned"}
    agree("incident_reach", until, tables, **arguments)


@often
@given(st.data(), worlds.untils, worlds.losses())
def test_service_span(data, until, tables):
    """Services that are registered, named by incidents only, retired, or both at once (R015)."""
    day = st.none() | st.integers(worlds.START // DAY_US - 3, worlds.START // DAY_US + 3)
    codes = [
        worlds.row("code", dimension=kind, code=code, valid_from=data.draw(day), valid_to=data.draw(day))
        for kind, code in data.draw(
            st.lists(st.sampled_from([("service", "web"), ("service", "api"), ("team", "web")]))
        )
    ]
    agree("service_span", until, {"incident": tables["incident"], "code": codes})
