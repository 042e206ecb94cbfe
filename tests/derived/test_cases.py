"""Cases by hand: replies, reopenings, bots, linked cases, contacts. Each world is checked on both makers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from regard.model.time import instant
from tests.derived.worlds import HOUR, MINUTE, START, agree, row

UNTIL = START + 1000 * HOUR


def case(number, opened, **values):
    """Return a case opened so many hours after the start."""
    values = {name: START + at * HOUR if name.endswith("_at") else at for name, at in values.items()}
    return row("case", source_id=f"c{number}", opened_at=START + opened * HOUR, **values)


def step(number, at, status, actor="human"):
    """Return a change of status so many hours after the start."""
    return row("case_step", case_id=f"c{number}", at=START + at * HOUR, status=status, actor=actor)


def contact(number, at, direction="in", actor=None, **values):
    """Return a contact so many hours after the start."""
    actor = actor or ("customer" if direction == "in" else "human")
    where = {} if number is None else {"case_id": f"c{number}"}
    return row("contact", at=START + round(at * HOUR), direction=direction, actor=actor, **where, **values)


def clock(cases, contacts=(), steps=(), until=UNTIL, tables=None, **arguments):
    """Return the rows of `case_clock`, on which reference and SQL agree."""
    given = {"case": cases, "contact": contacts, "case_step": steps} | (tables or {})
    return agree("case_clock", until, given, **arguments)


def test_first_response_times_of_the_seed():
    """Ten first replies have mean 3.2 h, median 0.9 h, 90 % within 2 h (G14, R068)."""
    hours = [0.2, 0.3, 0.5, 0.5, 0.8, 1, 1.2, 1.5, 2, 24]
    table = clock([case(n, 0) for n in range(10)], [contact(n, h, "out") for n, h in enumerate(hours)])
    times = sorted(each["first_reply"] / HOUR for each in table)

    assert times == hours
    assert sum(times) / 10 == pytest.approx(3.2)
    assert (times[4] + times[5]) / 2 == pytest.approx(0.9)
    assert sum(time <= 2 for time in times) == 9


def test_open_cases_run_on_for_survival():
    """Six resolved and two open at 30 h: the open ones stand with their time so far, not resolved (G14, K34)."""
    table = clock([case(n, 0, resolved_at=h) for n, h in enumerate([2, 4, 6, 8, 10, 12])] + [case(6, 0), case(7, 0)],
                  until=START + 30 * HOUR)  # fmt: skip
    times = [(each["resolution_elapsed"] // HOUR, each["resolved"]) for each in table]

    assert times == [(2, True), (4, True), (6, True), (8, True), (10, True), (12, True), (30, False), (30, False)]
    assert [each["resolution"] for each in table[6:]] == [None, None]


def test_first_contact_resolution_of_the_seed():
    """One contact 75 %, none again within 7 d 63.75, within 30 d 60, of all opened 62.5 (G13, K33, R071).

    480 opened, 400 resolved, 300 in one contact, of whom 45 and 60 come again; here a fifth of each.
    """
    cases, contacts = [], []
    for n in range(96):
        cases.append(case(n, 0, party_id=n, **({"resolved_at": 10} if n < 80 else {})))
        contacts.append(contact(n, 0, party_id=n))
        if n >= 60:
            contacts.append(contact(n, 5, party_id=n))
        if n < 12:
            # Again in another matter, through any channel: nine within the week, three later.
            contacts.append(contact(None, 10 + 24 * (3 if n < 9 else 20), party_id=n))
    table = clock(cases, contacts)
    resolved = [each for each in table if each["resolved"]]
    once = [each for each in resolved if each["one_contact"]]

    def quiet(days):
        return sum(each["recontact"] is None or each["recontact"] > days * 24 * HOUR for each in once)

    assert (len(table), len(resolved)) == (96, 80)
    assert [100 * n / 80 for n in (len(once), quiet(7), quiet(30))] == [75, 63.75, 60]
    assert 100 * len(once) / 96 == 62.5


def test_who_may_reply():
    """A note, a bot, an automatic mail and a person: K30 says which is the first reply."""
    contacts = [
        contact(0, 1, "out", "human", public=False),
        contact(0, 2, "out", "system"),
        contact(0, 3, "out", "bot"),
        contact(0, 4, "out", "human"),
    ]
    first = {reply: clock([case(0, 0)], contacts, reply=reply)[0]["first_reply"] for reply in ("human", "any", "bot")}

    assert first == {"human": 4 * HOUR, "any": 2 * HOUR, "bot": 3 * HOUR}


def test_a_reply_that_only_the_case_writes_counts():
    """Where contacts are not loaded, the first reply that the helpdesk wrote on the case stands."""
    cases = [case(0, 0, first_reply_at=1, first_human_reply_at=5)]

    assert clock(cases)[0]["first_reply"] == 5 * HOUR
    assert clock(cases, reply="bot")[0]["first_reply"] == 1 * HOUR


def test_the_clock_restarts_when_a_machine_closed_an_unanswered_case():
    """Closed by a bot at 2, reopened at 50, answered at 51: an hour; had a person answered at 1, that would stand."""
    steps = [step(0, 2, "resolved", "bot"), step(0, 50, "reopened", "customer")]
    late = clock([case(0, 0)], [contact(0, 51, "out")], steps)[0]
    early = clock([case(0, 0)], [contact(0, 1, "out"), contact(0, 51, "out")], steps)[0]
    by_hand = clock([case(0, 0)], [contact(0, 51, "out")], [step(0, 2, "resolved"), step(0, 50, "reopened")])[0]

    assert (late["first_reply"], early["first_reply"], by_hand["first_reply"]) == (HOUR, HOUR, 51 * HOUR)
    assert (late["reply_from"], early["reply_from"]) == (START + 50 * HOUR, START)


def test_a_machine_that_finishes_together_with_a_person_made_the_end():
    """The helpdesk writes the resolution on the case and the bot's step at the same instant: it was the bot."""
    steps = [step(0, 2, "resolved", "bot"), step(0, 50, "reopened", "customer")]

    assert clock([case(0, 0, resolved_at=2)], [], steps)[0]["reply_from"] == START + 50 * HOUR


def test_an_answer_at_the_opening_is_an_answer():
    """A reply at the very instant of opening takes no time; one before it is about something else."""
    assert clock([case(0, 1)], [contact(0, 1, "out")])[0]["first_reply"] == 0
    assert clock([case(0, 1)], [contact(0, 0.5, "out")])[0]["first_reply"] is None


def test_resolution_is_the_last_one():
    """Resolved at 5, reopened at 8, resolved at 20 and closed at 90: 20 hours and one reopening (R069, SUP-11)."""
    steps = [step(0, 5, "resolved"), step(0, 8, "reopened"), step(0, 20, "resolved"), step(0, 90, "closed")]
    table = clock([case(0, 0)], [], steps)
    before = clock([case(0, 0)], [], steps, until=START + 10 * HOUR)

    assert [(each["resolution"], each["reopened"]) for each in table] == [(20 * HOUR, 1)]
    assert [(each["resolution"], each["resolved"], each["reopened"]) for each in before] == [(None, False, 1)]


def test_what_happened_later_does_not_exist():
    """Cut before the resolution, the case is open and its replies and contacts are those of that time."""
    cases = [case(0, 0, resolved_at=20, escalated_at=15), case(1, 30)]
    table = clock(cases, [contact(0, 3), contact(0, 12, "out")], until=START + 10 * HOUR)

    assert len(table) == 1
    assert [table[0][name] for name in ("resolved_at", "first_reply_at", "escalated_at", "contacts")] == [
        None,
        None,
        None,
        1,
    ]
    assert table[0]["reply_elapsed"] == 10 * HOUR


def test_linked_cases_are_one():
    """A chain of three, each resolved, is one case from the first voice to the last resolution (SUP-02)."""
    cases = [
        case(0, 5, resolved_at=10, party_id=1),
        case(1, 8, resolved_at=12, party_id=1, parent_case_id="c0"),
        case(2, 30, resolved_at=31, party_id=1, parent_case_id="c1", first_voiced_at=4),
    ]
    table = clock(cases, [contact(1, 2), contact(0, 6, "out")])

    assert [(each["case_id"], each["cases"], each["reopened"]) for each in table] == [("c0", 3, 1)]
    assert (table[0]["opened_at"], table[0]["first_voiced_at"]) == (START + 5 * HOUR, START + 2 * HOUR)
    assert (table[0]["resolution"], table[0]["first_reply"]) == (29 * HOUR, HOUR)


def test_linked_cases_that_touch_stood_open_once():
    """Resolved at the very instant at which the linked one is opened: no reopening; an hour between: one."""
    for gap, reopened in ((0, 0), (1, 1)):
        cases = [case(0, 0, resolved_at=10), case(1, 10 + gap, resolved_at=20, parent_case_id="c0")]

        assert clock(cases)[0]["reopened"] == reopened


def test_a_parent_is_looked_for_in_the_own_helpdesk():
    """Two helpdesks use one id: a case follows the one of its own source, or none."""
    cases = [
        case(0, 0),
        case(0, 0, source="t"),
        case(1, 1, parent_case_id="c0"),
        case(2, 1, source="u", parent_case_id="c0"),
    ]

    assert [(each["source"], each["cases"]) for each in clock(cases)] == [("s", 2), ("t", 1), ("u", 1)]


def test_links_join_one_customers_cases_of_one_kind():
    """A problem record does not swallow the tickets of a hundred customers, nor a complaint a support case."""
    cases = [
        case(0, 0, party_id=1),
        case(1, 0, party_id=2, parent_case_id="c0"),
        case(2, 0, party_id=1, parent_case_id="c0", kind="complaint"),
    ]

    assert [each["cases"] for each in clock(cases)] == [1, 1, 1]


def test_a_chain_that_bites_its_tail_links_nothing():
    """Two cases that name each other, and one that names itself, stand alone."""
    cases = [case(0, 0, parent_case_id="c1"), case(1, 0, parent_case_id="c0"), case(2, 0, parent_case_id="c2")]

    assert [each["case_id"] for each in clock(cases)] == ["c0", "c1", "c2"]


def test_a_long_chain_links_up_to_its_limit():
    """The case 32 links below the root joins it; the one below that cannot reach it and stands alone."""
    cases = [case(n, n, **({"parent_case_id": f"c{n - 1}"} if n else {})) for n in range(34)]

    assert sorted(each["cases"] for each in clock(cases)) == [1, 33]


def test_the_same_id_in_two_helpdesks_is_two_cases():
    """A contact means the case of its own source; an id that one source alone uses may be meant from anywhere."""
    cases = [case(0, 0), case(0, 0, source="t"), case(1, 0)]
    table = clock(
        cases, [contact(0, 1), contact(0, 2, source="t"), contact(0, 3, source="u"), contact(1, 4, source="u")]
    )

    assert [(each["source"], each["case_id"], each["contacts"]) for each in table] == [
        ("s", "c0", 1),
        ("s", "c1", 1),
        ("t", "c0", 1),
    ]


def test_customer_time_adds_up_service_and_waiting():
    """Ten minutes of call after 25 on hold, and five of chat: 40 minutes; an e-mail without times adds none (R070)."""
    contacts = [
        contact(0, 1, channel="phone", handle_s=600.0, wait_s=1500.0),
        contact(0, 2, channel="chat", handle_s=300.0),
        contact(0, 3, channel="email"),
    ]
    table = clock([case(0, 0), case(1, 0)], contacts)

    assert [each["customer_time"] for each in table] == [40 * MINUTE, None]
    assert (table[0]["channels"], table[0]["cross_channel"], table[0]["channel"]) == (3, True, "phone")


def test_context_must_follow_every_time():
    """One contact without the context breaks it; where nobody recorded it, nobody knows (R075)."""
    contacts = [contact(0, 1), contact(1, 1), contact(2, 1), contact(1, 2, context_carried=True)]
    contacts += [contact(0, 2, context_carried=True, channel="a"), contact(0, 3, context_carried=False, channel="b")]

    assert [each["context_carried"] for each in clock([case(n, 0) for n in range(3)], contacts)] == [False, True, None]


def test_the_next_contact_is_strictly_after_the_resolution():
    """A contact at the instant of the resolution is part of it; an anonymous case knows only its own contacts."""
    cases = [case(0, 0, resolved_at=10, party_id=1), case(1, 0, resolved_at=10)]
    contacts = [contact(0, 10, party_id=1), contact(None, 30, party_id=1), contact(None, 20), contact(1, 40)]

    assert [each["next_contact_at"] for each in clock(cases, contacts)] == [START + 30 * HOUR, START + 40 * HOUR]


def test_a_contact_without_a_name_is_its_cases_customers():
    """A call that names no customer but belongs to his other case is his next contact."""
    cases = [case(0, 0, resolved_at=10, party_id=1), case(1, 15, party_id=1)]

    assert clock(cases, [contact(1, 20)])[0]["next_contact_at"] == START + 20 * HOUR


def test_notes_and_automatic_mails_are_no_contacts():
    """What the customer does not see, and what a system sends, is not counted."""
    contacts = [
        contact(0, 1),
        contact(0, 2, "out", "system"),
        contact(0, 3, "out", public=False),
        contact(0, 4, "out", "bot"),
    ]
    table = clock([case(0, 0)], contacts)

    assert (table[0]["contacts"], table[0]["in_contacts"]) == (2, 1)


def test_thanks_after_the_resolution_are_a_later_contact():
    """One contact was enough to resolve it; that the customer wrote again is for the window of K33 to judge."""
    table = clock([case(0, 0, resolved_at=10, party_id=1)], [contact(0, 1, party_id=1), contact(0, 11, party_id=1)])

    assert (table[0]["one_contact"], table[0]["recontact"]) == (True, HOUR)


def test_without_contacts_nobody_knows_whether_one_was_enough():
    """A resolved case without a contact on record is neither first-contact resolution nor not."""
    assert clock([case(0, 0, resolved_at=1)])[0]["one_contact"] is None


def test_business_hours_of_the_team():
    """Voiced Friday 16:00, resolved Monday 10:00: 66 h by the calendar, 2 h by office hours (K31, R076)."""
    friday, monday = (instant(datetime(2024, 4, day, hour, tzinfo=UTC)) for day, hour in ((5, 16), (8, 10)))
    cases = [row("case", source_id="c0", opened_at=friday, resolved_at=monday)]

    assert clock(cases)[0]["resolution"] == 66 * HOUR
    assert clock(cases, clock="business")[0]["resolution"] == 2 * HOUR


def test_a_team_works_by_its_own_calendar():
    """A team with late hours is measured by them; a team whose calendar nobody wrote has no business times."""
    friday, monday = (instant(datetime(2024, 4, day, hour, tzinfo=UTC)) for day, hour in ((5, 16), (8, 10)))
    codes = [
        row("code", dimension="team", code="night", calendar="late"),
        row("code", dimension="team", code="lost", calendar="?"),
    ]
    cases = [row("case", source_id=team, opened_at=friday, resolved_at=monday, team=team) for team in ("lost", "night")]
    table = clock(cases, tables={"code": codes}, clock="business")

    # Berlin is two hours ahead: 18:00 to 24:00, twice 14.5 hours, and on Monday 0:00 to 2:30 and none from 12:00.
    assert [each["resolution"] for each in table] == [None, round(37.5 * HOUR)]


def test_open_spans_follow_the_customer():
    """A case reopened once stands open twice, cut at the very instant at which the customer's segment changes."""
    versions = [
        row("party", party_id=1, valid_from=START, valid_to=START + 15 * HOUR, segment="small", size=1),
        row("party", party_id=1, valid_from=START + 15 * HOUR, segment="large", size=1),
    ]
    steps = [step(0, 5, "resolved"), step(0, 10, "reopened"), step(0, 20, "resolved")]
    table = agree("case_open", UNTIL, {"case": [case(0, 0, party_id=1)], "case_step": steps, "party": versions})
    spans = [
        (each["number"], (each["start_at"] - START) // HOUR, (each["end_at"] - START) // HOUR, each["segment"])
        for each in sorted(table, key=lambda each: each["start_at"])
    ]

    assert spans == [(1, 0, 5, "small"), (2, 10, 15, "small"), (2, 15, 20, "large")]
    assert {each["left_at"] for each in table if each["number"] == 2} == {START + 20 * HOUR}


def test_an_open_case_has_no_end():
    """Until its resolution the span is open, also when it comes later than until."""
    table = agree("case_open", START + 3 * HOUR, {"case": [case(0, 0, resolved_at=5)]})

    assert [(each["start_at"], each["end_at"], each["left_at"]) for each in table] == [(START, None, None)]
