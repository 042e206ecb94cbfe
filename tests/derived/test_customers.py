"""Customers by hand: answers, invitations, orders, visits, entitlement, activity, beginnings, contracts, logins."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from regard.model.time import DAY_US, instant
from tests.derived.worlds import HOUR, START, agree, row

YEAR = 365 * DAY_US
UNTIL = START + 2 * YEAR


def day(number):
    """Return an instant so many days after the start."""
    return None if number is None else START + round(number * DAY_US)


def version(party, since=0, until=None, served=(0, None), **values):
    """Return a version of a party, by days."""
    span = {
        "valid_from": day(since),
        "valid_to": day(until),
        "served_from": day(served[0]),
        "served_to": day(served[1]),
    }
    return row("party", party_id=party, **span, **values)


def answer(at, score, party=1, **values):
    """Return an answer to a question from 0 to 10."""
    scale = {"scale_min": 0.0, "scale_max": 10.0, "polarity": "high_good", "question_kind": "nps", "question_id": "q"}
    return row("response", answered_at=day(at), score=score, party_id=party, **(scale | values))


# ---------------------------------------------------------------------------------------------------------------------
# Answers and invitations


def latest(table, start, end):
    """Keep the latest answer of each customer in a period: the ordinary filter of K22."""
    inside = [each for each in table if start <= each["answered_at"] < end]
    return [each["score"] for each in inside if each["next_at"] is None or each["next_at"] >= end]


def test_three_answers_of_one_customer_in_a_period_count_one():
    """Of three answers the latest counts; a double submission never does; each month has its own latest (R042, K22)."""
    answers = [answer(1, 3.0), answer(2, 9.0), answer(3, 7.0), answer(40, 2.0), answer(3, 8.0, duplicate_of="r")]
    table = agree("response_seq", UNTIL, {"response": answers})

    assert latest(table, day(0), day(31)) == [7.0]
    assert latest(table, day(31), day(60)) == [2.0]
    assert latest(table, day(0), day(60)) == [2.0]


def test_of_two_answers_at_one_instant_the_last_by_key_counts():
    """Ties are decided by the key of the row, so every engine keeps the same one."""
    answers = [answer(1, 3.0, source_id="b"), answer(1, 9.0, source_id="a"), answer(1, 5.0, source_id="z", source="r")]

    assert latest(agree("response_seq", UNTIL, {"response": answers}), day(0), day(31)) == [3.0]


def test_anonymous_answers_are_their_own_respondents():
    """Two answers of nobody both count."""
    table = agree("response_seq", UNTIL, {"response": [answer(1, 3.0, party=None), answer(2, 9.0, party=None)]})

    assert sorted(latest(table, day(0), day(31))) == [3.0, 9.0]


def test_other_surveys_and_questions_are_other_sequences():
    """An answer to one survey does not replace that to another."""
    answers = [
        answer(1, 3.0, survey_id="x"),
        answer(2, 9.0, survey_id="y"),
        answer(2, 8.0, survey_id="x", question_id="p"),
    ]

    assert sorted(latest(agree("response_seq", UNTIL, {"response": answers}), day(0), day(31))) == [3.0, 8.0, 9.0]


@pytest.mark.parametrize(
    ("low", "high", "polarity", "score", "expected"),
    [
        (0.0, 10.0, "high_good", 9.0, (0.9, 11, 1.0, 9.0)),
        (1.0, 5.0, "high_good", 4.0, (0.75, 5, 1.0, 3.0)),
        (1.0, 5.0, "low_good", 2.0, (0.75, 5, 1.0, 3.0)),
        (1.0, 5.0, None, 2.0, (None, 5, None, None)),
        (None, 5.0, "high_good", 2.0, (None, None, None, None)),
        (5.0, 5.0, "high_good", 5.0, (None, None, None, None)),
        (0.5, 5.0, "high_good", 5.0, (1.0, None, 0.0, 4.5)),
    ],
)
def test_scores_stand_on_one_footing(low, high, polarity, score, expected):
    """A score is seen from both ends of its scale, by its polarity; what the scale does not say stays blank (X4)."""
    answers = [answer(1, score, scale_min=low, scale_max=high, polarity=polarity)]
    made = agree("response_seq", UNTIL, {"response": answers})[0]

    assert tuple(made[name] for name in ("score01", "points", "from_top", "from_bottom")) == expected


def test_dimensions_are_those_of_the_time():
    """An answer at the very instant of a change has the new segment, before it the old, before all versions none."""
    versions = [version(1, 1, 5, segment="small", region="de"), version(1, 5, 9, segment="large")]
    answers = [answer(at, 9.0) for at in (0.5, 1, 4.9, 5, 9)]
    table = sorted(
        agree("response_seq", UNTIL, {"response": answers, "party": versions}), key=lambda each: each["answered_at"]
    )

    assert [each["segment"] for each in table] == [None, "small", "small", "large", None]
    assert table[1]["region"] == "de"


def test_a_later_version_replaces_the_earlier_for_good():
    """A version that begins within another ends it; of two that begin at once, the last by source and key holds."""
    versions = [
        version(1, 0, segment="first"),
        version(1, 2, 4, segment="by key", source="r", source_id="z"),
        version(1, 2, 4, segment="by source", source="s", source_id="a"),
    ]
    table = agree("response_seq", UNTIL, {"response": [answer(at, 9.0) for at in (1, 3, 5)], "party": versions})

    assert [each["segment"] for each in sorted(table, key=lambda each: each["answered_at"])] == [
        "first",
        "by source",
        None,
    ]


def test_response_rate_counts_what_arrived():
    """1000 sent, 950 delivered, 190 answered: 20 %; a hundredth of it here, two questions each (R060)."""
    questions = [
        row(
            "response",
            invite_id=f"i{n}",
            question_id=question,
            invited_at=day(0),
            delivered_at=day(1) if n < 95 else None,
            answered_at=day(2) if n < 19 else None,
            party_id=n,
        )
        for n in range(100)
        for question in ("q1", "q2")
    ]
    table = agree("invite_seq", UNTIL, {"response": questions})

    assert (len(table), sum(each["answered"] for each in table)) == (95, 19)
    assert {each["delay"] for each in table} == {DAY_US, None}
    assert sum(each["answered"] for each in agree("invite_seq", day(1.5), {"response": questions})) == 0


def test_invitations_press():
    """Of four invitations 30 days apart, the later ones see those of the 90 days before them (R063, VOC-10)."""
    sent = [
        row("response", invite_id=f"i{n}", delivered_at=day(at), party_id=1)
        for n, at in enumerate((0, 30, 60, 90, 180.5))
    ]
    strangers = [row("response", invite_id="j", delivered_at=day(1), party_id=None)]
    table = agree("invite_seq", UNTIL, {"response": sent + strangers})

    assert [each["earlier"] for each in table] == [0, 1, 2, 3, 0, None]


# ---------------------------------------------------------------------------------------------------------------------
# Orders and visits


def order(at, party, **values):
    """Return an order so many days after the start."""
    values = {name: day(value) if name.endswith("_at") else value for name, value in values.items()}
    return row("order", ordered_at=day(at), party_id=party, **values)


def test_repeat_rate_is_asked_of_ripe_cohorts():
    """January: 320 of 500 order again; December: 60 of 500 so far: pooled 38 %, ripe 64 % (G31, K45). At a tenth."""
    orders = [order(5, n) for n in range(50)] + [order(100, n) for n in range(32)]
    orders += [order(340, 100 + n) for n in range(50)] + [order(380, 100 + n) for n in range(6)]
    until = day(400)
    firsts = [each for each in agree("order_seq", until, {"order": orders}) if each["first"]]
    ripe = [each for each in firsts if each["ordered_at"] + YEAR <= until]

    def again(table):
        return sum(each["next_at"] is not None and each["next_at"] < each["ordered_at"] + YEAR for each in table)

    assert (100 * again(firsts) / len(firsts), 100 * again(ripe) / len(ripe)) == (38, 64)


def test_a_credit_note_is_no_order_and_a_cancelled_one_none_any_more():
    """They have no number and nothing follows them; before its cancellation an order stands."""
    orders = [
        order(1, 1, channel="shop"),
        order(2, 1, cancelled_at=10),
        order(3, 1, is_credit=True),
        order(4, 1, channel="web"),
    ]
    table = agree("order_seq", UNTIL, {"order": orders})
    before = agree("order_seq", day(9), {"order": orders})

    assert [each["number"] for each in table] == [1, None, None, 2]
    assert [each["number"] for each in before] == [1, 2, None, 3]
    assert [each["first_channel"] for each in table] == ["shop", None, None, "shop"]
    assert table[0]["next_at"] == day(4)


def test_returns_come_when_they_come():
    """A return after until has not happened; its amount is 0 till then (R087, K46)."""
    orders = [order(1, 1, returned_at=20, returned_net=5.0, return_reason="late")]
    names = ("returned", "returned_at", "returned_net", "return_reason")
    before, after = (agree("order_seq", day(at), {"order": orders})[0] for at in (19, 20))

    assert [before[name] for name in names] == [False, None, 0, None]
    assert [after[name] for name in names] == [True, day(20), 5.0, "late"]


def test_a_promise_is_kept_or_broken_only_by_shipping():
    """Shipped at the promise is on time; unshipped or unpromised is neither (COM-06)."""
    orders = [order(1, 1, promised_at=3, shipped_at=at) for at in (3, 3.1, None)] + [order(1, 1, shipped_at=2)]

    assert [each["on_time"] for each in agree("order_seq", UNTIL, {"order": orders})] == [True, False, None, None]


def test_lines_of_one_product_are_one_row():
    """Two lines of tea and one of cups are two rows; an order without lines is one, as it describes itself."""
    orders = [
        order(1, 1, order_id="o1", net=10.0),
        order(1, 1, order_id="o2", product="pot", net=7.0, items=1, returned_at=3),
    ]
    lines = [
        row("order_line", order_id="o1", product="tea", quantity=2.0, net=4.0),
        row(
            "order_line", order_id="o1", product="tea", quantity=1.0, net=2.0, returned_quantity=1.0, returned_at=day(2)
        ),
        row("order_line", order_id="o1", product="cup", quantity=1.0, net=4.0, returned_at=day(900)),
        row("order_line", order_id="lost", product="tea", quantity=9.0),
    ]
    table = agree("order_product", UNTIL, {"order": orders, "order_line": lines})
    names = ("product", "lines", "quantity", "net", "returned", "returned_quantity")
    made = sorted(tuple(each[name] for name in names) for each in table)

    assert made == [
        ("cup", 1, 1, 4, False, 0),
        ("pot", 0, 1, 7, True, None),
        ("tea", 2, 3, 6, True, 1),
    ]


def test_the_funnel_of_the_golden_numbers():
    """1000 carts, 400 checkouts, 260 orders: cart 74 %, checkout 35 % abandoned (G30, K47). At a tenth."""
    visits = [
        row(
            "visit",
            visitor_id=f"v{n}",
            started_at=day(1),
            cart_at=day(1) + HOUR,
            checkout_at=day(1) + 2 * HOUR if n < 40 else None,
            bought_at=day(1) + 3 * HOUR if n < 26 else None,
        )
        for n in range(100)
    ]
    table = agree("visit_step", UNTIL, {"visit": visits})
    reached = {
        step: sum(each["step"] == step for each in table)
        for step in ("landing", "product", "cart", "checkout", "order")
    }

    assert reached == {"landing": 100, "product": 100, "cart": 100, "checkout": 40, "order": 26}
    assert [100 * (1 - reached["order"] / reached[step]) for step in ("cart", "checkout")] == [74, 35]


def test_step_losses_multiply_to_the_total():
    """Steps that nobody stamped are implied by later ones, so the losses of the steps give that of the visit (R081)."""
    visits = [
        row("visit", visitor_id="v", started_at=day(1), checkout_at=day(2)),
        row("visit", visitor_id="v", started_at=day(1), order_id="o"),
        row("visit", visitor_id="v", started_at=day(1), cart_at=day(2), bought_at=day(3)),
        row("visit", visitor_id="v", started_at=day(1)),
    ]
    table = agree("visit_step", UNTIL, {"visit": visits})
    counts = [sum(each["step_number"] == number for each in table) for number in range(1, 7)]
    share = 1.0
    for before, after in pairwise(counts):
        share *= after / before

    assert counts == [4, 3, 3, 3, 2, 2]
    assert share == 0.5


def test_an_order_named_without_a_time_was_placed():
    """An order id alone is an order; one whose time is still to come is not yet."""
    visits = [
        row("visit", visitor_id="v", started_at=day(1), order_id="o", bought_at=at) for at in (None, day(3), day(9))
    ]
    made = {each["source_id"]: each["ordered"] for each in agree("visit_step", day(5), {"visit": visits})}

    assert list(made.values()) == [True, True, False]


def test_machines_are_out_and_slow_means_slower():
    """A bot has no steps unless asked for (K48); exactly the threshold is not slow; unmeasured is neither."""
    visits = [row("visit", visitor_id="v", started_at=day(1), p75_load_ms=load) for load in (2500.0, 2501.0, None)]
    visits.append(row("visit", visitor_id="v", started_at=day(1), is_bot=True))

    assert [each["slow"] for each in agree("visit_step", UNTIL, {"visit": visits})] == [False, True, None]
    assert len(agree("visit_step", UNTIL, {"visit": visits}, bots="in")) == 4


# ---------------------------------------------------------------------------------------------------------------------
# Entitlement and activity


def test_retention_of_the_golden_numbers():
    """1000 served, 140 leave; 230 come new, 40 of them leave again; 30 come back: 86, 82, 86 and 89 % (G12, K40).

    At a tenth: cohort, seed formula with gross new, with new still present, with those who came back in E.
    """
    spans = [(0, None)] * 86 + [(0, 40)] * 14 + [(35, None)] * 19 + [(35, 45)] * 4
    parties = [version(n, served=span) for n, span in enumerate(spans)]
    back = [version(900 + n, 0, 32, served=(0, 20)) for n in range(3)] + [
        version(900 + n, 32, served=(50, None)) for n in range(3)
    ]
    start, end = day(31), day(59)

    def standing(table, at):
        return [each for each in table if each["start_at"] <= at and (each["end_at"] is None or each["end_at"] > at)]

    table = agree("served", UNTIL, {"party": parties})
    cohort = standing(table, start)
    stayed = sum(each["left_at"] is None or each["left_at"] >= end for each in cohort)
    new = [each for each in table if each["number"] == 1 and start <= each["since_at"] < end]
    present = sum(each["left_at"] is None for each in new)
    e = len(standing(table, end))
    with_back = len(standing(agree("served", UNTIL, {"party": parties + back}), end))

    assert (len(cohort), len(new), present, e, with_back) == (100, 23, 19, 105, 108)
    assert [stayed, e - len(new), e - present, with_back - present] == [86, 82, 86, 89]


def test_a_change_of_segment_is_no_farewell():
    """Two versions of one entitlement are two pieces of one whole: who changes segment has not left."""
    versions = [
        version(1, 0, 10, segment="small"),
        version(1, 10, segment="large", served=(0, 30)),
        version(1, 50, served=(50, None)),
    ]
    table = agree("served", UNTIL, {"party": versions})

    assert [(each["segment"], each["start_at"], each["end_at"]) for each in table] == [
        ("small", day(0), day(10)),
        ("large", day(10), day(30)),
        (None, day(50), None),
    ]
    assert [(each["left_at"], each["number"]) for each in table] == [(day(30), 1), (day(30), 1), (None, 2)]


def test_an_end_to_come_is_no_end_yet():
    """A contract that ends next year is running today."""
    assert agree("served", day(5), {"party": [version(1, served=(0, 30))]})[0]["left_at"] is None
    assert agree("served", day(30), {"party": [version(1, served=(0, 30))]})[0]["left_at"] == day(30)


def test_users_stand_behind_their_accounts():
    """The customer is the account, or the user who has none; every grain can be asked for (K01)."""
    versions = [version(1, kind="account"), version(2, kind="user", parent_id=1), version(3, kind="user")]
    served = {grain: [each["party_id"] for each in agree("served", UNTIL, {"party": versions}, grain=grain)]
              for grain in ("top", "account", "user", "all")}  # fmt: skip

    assert served == {"top": [1, 3], "account": [1], "user": [2, 3], "all": [1, 2, 3]}


def test_activity_ends_a_gap_after_the_last_deed():
    """Orders at 0, 90 and 181 with a gap of 90 days: one stretch to 180, a second one that still runs (K41, R085)."""
    orders = [order(at, 1) for at in (0, 90, 181)]
    table = agree("active_span", day(200), {"order": orders})
    stretches = [(each["number"], each["since_at"], each["last_at"], each["left_at"]) for each in table]

    assert stretches == [(1, day(0), day(90), day(180)), (2, day(181), day(181), None)]
    assert [each["left_at"] for each in agree("active_span", day(179), {"order": orders})] == [None]


def test_what_counts_as_activity_is_asked():
    """A login keeps a customer active unless only orders are asked; what others do to the customer never does."""
    tables = {
        "order": [order(0, 1)],
        "event": [
            row("event", at=day(80), party_id=1, kind="login"),
            row("event", at=day(160), party_id=1, kind="touch"),
        ],
        "visit": [row("visit", visitor_id="v", started_at=day(165), party_id=1, is_bot=True)],
    }

    assert agree("active_span", UNTIL, tables)[0]["left_at"] == day(170)
    assert agree("active_span", UNTIL, tables, activity="order")[0]["left_at"] == day(90)


def test_stretches_are_cut_where_the_customer_changes():
    """Before, in and after a version: three pieces of one stretch, blank where nobody describes the customer."""
    table = agree("active_span", UNTIL, {"order": [order(0, 1)], "party": [version(1, 10, 20, tier="gold", size=800)]})

    assert [(each["start_at"], each["end_at"], each["tier"], each["size"]) for each in table] == [
        (day(0), day(10), None, 1),
        (day(10), day(20), "gold", 800),
        (day(20), day(90), None, 1),
    ]


# ---------------------------------------------------------------------------------------------------------------------
# Beginnings, contracts, logins


def test_who_comes_back_is_not_new():
    """The beginning is the first ever, whatever came between (R083)."""
    versions = [
        version(1, 0, 30, served=(0, 30), traffic_source="ads"),
        version(1, 700, served=(700, None), traffic_source="mail"),
    ]
    table = agree("party_first", UNTIL, {"party": versions, "order": [order(5, 1, channel="web"), order(705, 1)]})

    assert [(each["start_at"], each["first_order_at"], each["traffic_source"]) for each in table] == [
        (day(0), day(5), "ads")
    ]
    assert (table[0]["time_to_order"], table[0]["channel"]) == (5 * DAY_US, "web")


def test_a_buyer_whom_nobody_describes_is_a_customer():
    """A shop that loads orders alone has its customers all the same; a party that never began is none."""
    tables = {"party": [version(2, served=(None, None))], "order": [order(3, 1, first_traffic_source="ads")]}
    table = agree("party_first", UNTIL, tables)

    assert [(each["party_id"], each["start_at"], each["traffic_source"]) for each in table] == [(1, day(3), "ads")]


def test_time_to_value_runs_on_where_none_came():
    """Activated after 4 days; activated in the trial before: 0; never: to until, or to the end of service (R092)."""
    versions = [version(n, served=(0, 50 if n == 4 else None)) for n in (1, 2, 3, 4)]
    events = [row("event", at=day(at), party_id=n, kind="activation") for n, at in ((1, 4), (1, 9), (2, -1))]
    events.append(row("event", at=day(6), party_id=3, kind="feature"))
    table = agree("party_first", day(100), {"party": versions, "event": events})

    assert [each["valued"] for each in table] == [True, True, False, False]
    assert [each["value_elapsed"] // DAY_US for each in table] == [4, 0, 100, 50]

    registered = [row("code", dimension="event_kind", code="feature", value_event=True)]
    again = agree("party_first", day(100), {"party": versions, "event": events, "code": registered})

    assert again[2]["time_to_value"] == 6 * DAY_US


def test_a_renewal_belongs_to_the_term_it_renews():
    """Renewed early, renewed within the grace, renewed too late (that is the next term's), and cancelled (FIN-07)."""

    def event(at, kind, contract):
        return row("event", at=day(at), party_id=1, kind=kind, ref_id=contract)

    events = [event(at, "term_due", "k") for at in (100, 200, 300)] + [event(100, "term_due", "other")]
    events += [event(60, "renew", "k"), event(230, "renew", "k"), event(331, "renew", "k"), event(110, "upsell", "k")]
    events += [event(90, "cancel", "other")]
    table = sorted(
        agree("contract_term", UNTIL, {"event": events}), key=lambda each: (each["contract_id"], each["due_at"])
    )
    names = ("contract_id", "renewed", "upsold", "cancelled", "eligible")

    assert [tuple(each[name] for name in names) for each in table] == [
        ("k", True, True, False, True),
        ("k", True, False, False, True),
        ("k", False, False, False, True),
        ("other", False, False, True, False),
    ]


def test_the_last_instant_of_the_grace_still_counts():
    """Renewed at the end of the grace is renewed; who cancels at the end of the term could have been sold to."""
    events = [
        row("event", at=day(100), party_id=1, kind="term_due"),
        row("event", at=day(400), party_id=1, kind="term_due"),
    ]
    events += [
        row("event", at=day(130), party_id=1, kind="renew"),
        row("event", at=day(100), party_id=1, kind="cancel"),
    ]
    table = agree("contract_term", UNTIL, {"event": events})

    assert [(each["renewed"], each["cancelled"], each["eligible"]) for each in table] == [
        (True, True, True),
        (False, False, True),
    ]


def test_contracts_of_nobody_about_nothing_share_nothing():
    """A renewal without customer and contract does not renew a stranger's term."""
    events = [row("event", at=day(at), kind=kind) for at, kind in ((10, "renew"), (20, "term_due"))]

    assert [each["renewed"] for each in agree("contract_term", UNTIL, {"event": events})] == [False]


def monday(week):
    """Return the beginning of a week of 2024 in UTC."""
    return instant(datetime.fromisocalendar(2024, week, 1).replace(tzinfo=UTC))


def test_silence_is_a_decline():
    """Four weeks of five logins, then two, then none: declining from the sixth week on, till nothing is left (R094)."""
    times = [monday(week) + n * HOUR for week in (2, 3, 4, 5, 6) for n in range(5)] + [monday(7)] * 2
    events = [row("event", at=at, party_id=1, kind="login") for at in times]
    table = agree("party_week", monday(20), {"event": events})

    assert [(each["logins"], each["baseline"], each["declining"]) for each in table] == [
        *[(5, None, None)] * 4,
        (5, 5.0, False),
        (2, 5.0, True),
        (0, 4.25, True),
        (0, 3.0, True),
        (0, 1.75, True),
        (0, 0.5, False),
    ]


def test_a_week_that_is_not_over_has_no_row():
    """Half a week compared with whole ones would always be a decline."""
    events = [row("event", at=monday(2), party_id=1, kind="login")]

    assert len(agree("party_week", monday(3), {"event": events})) == 1
    assert agree("party_week", monday(3) - 1, {"event": events}) == []


def test_weeks_begin_on_the_wall():
    """Sunday 23:30 in New York is Monday in UTC and Sunday there; a week in which the clock goes forward has 167 h."""
    sunday = instant(datetime(2024, 3, 11, 3, 30, tzinfo=UTC))
    events = [row("event", at=sunday, party_id=1, kind="login")]
    table = agree("party_week", monday(30), {"event": events}, zone="America/New_York")

    assert table[0]["end_at"] - table[0]["start_at"] == 167 * HOUR
    assert table[0]["week"] == monday(10) // DAY_US
    assert agree("party_week", monday(30), {"event": events})[0]["week"] == monday(11) // DAY_US
