"""The rest of the six families, counted out by hand."""

from __future__ import annotations

import pytest

from tests.catalog.asking import DAY, HOUR, Company, answers, instant, order, parties, party
from tests.derived import worlds

MARCH = ("2026-03-01", "2026-04-01")
LATER = instant("2026-06-01")


def asked(**tables):
    """Return a company of which these rows are known, long after March 2026."""
    return Company(tables, LATER)


def near(value):
    """Return a number up to rounding."""
    return pytest.approx(value, rel=1e-9)


def event(number, kind, at="2026-03-10", **values):
    """Return an event of a party."""
    return worlds.row("event", party_id=number, kind=kind, at=instant(at), **values)


def invitation(number, delivered, answered=None, **values):
    """Return an invitation of one question."""
    at = instant(delivered) if delivered else None
    done = None if answered is None else at + answered
    return worlds.row(
        "response",
        **{
            "invite_id": f"i{next(worlds.numbers)}",
            "question_id": "q",
            "question_kind": "csat",
            "party_id": number,
            "invited_at": at or instant("2026-03-01"),
            "delivered_at": at,
            "answered_at": done,
            "score": None if done is None else 5.0,
            "scale_min": 1,
            "scale_max": 5,
            "polarity": "high_good",
            **values,
        },
    )


def test_response_rate_is_of_those_reached():
    """1000 sent, 950 delivered, 190 answered are 20 % (R060)."""
    rows = [invitation(n, None) for n in range(50)]
    rows += [invitation(n, "2026-03-05", answered=HOUR if n < 190 else None) for n in range(950)]

    assert asked(response=rows).one("response_rate", *MARCH) == near(20)


def test_a_young_invitation_may_still_be_answered():
    """Who was asked less than 14 days before the end of the story is in neither part of the rate (R060)."""
    rows = [invitation(1, "2026-03-05", answered=HOUR), invitation(2, "2026-03-25")]

    assert Company({"response": rows}, instant("2026-04-01")).one("response_rate", *MARCH) == near(100)


def test_contact_pressure_counts_ninety_days_and_all_surveys():
    """Three invitations of one customer and one of another in 90 days are two on average, half over the cap (R063)."""
    days = ["2026-01-15", "2026-02-10", "2026-03-10"]
    rows = [invitation(1, day) for day in days] + [invitation(2, "2026-03-11"), invitation(1, "2025-12-01")]
    company = asked(response=rows)

    assert company.one("contact_pressure", *MARCH) == near(2)
    assert company.one("contact_pressure_over", *MARCH) == near(50)


def test_loyalty_is_the_mean_of_rescaled_items():
    """Equal weights: 5 of 1-5 and 8 of 0-10 of one customer are 100 and 80, together 90 (R065)."""
    first = answers("loyalty", {5: 1}, 1, 5, "high_good", question_id="stay")
    second = answers("loyalty", {8: 1}, 0, 10, "high_good", question_id="prefer", invite_id="x")

    assert asked(response=first + second).one("loyalty_index", *MARCH) == near(90)


def test_drivers_are_cut_by_driver():
    """Each driver has its own share of top answers and its own mean (S4:16)."""
    rows = answers("driver", {5: 3, 1: 1}, 1, 5, "high_good", driver="shipping", question_id="a")
    rows += answers("driver", {3: 4}, 1, 5, "high_good", driver="price", question_id="b")
    company = asked(response=rows)

    assert company.ask("driver_score", *MARCH) == {("price",): [near(0)], ("shipping",): [near(75)]}
    assert company.ask("driver_score_mean", *MARCH) == {("price",): [near(50)], ("shipping",): [near(75)]}


def test_published_weights_are_used_as_they_are():
    """Weights 3 and 1 make 75 % of one satisfied and one dissatisfied answer; one without weight is left out."""
    rows = answers("csat", {5: 1, 1: 2}, 1, 5, "high_good")
    for row, weight in zip(rows, (3.0, 1.0, None), strict=True):
        row["weight"] = weight
    company = asked(response=rows)

    assert company.one("csat_top2_weighted", *MARCH) == near(75)
    assert company.one("csat_index", *MARCH, options={"K26": "weights"}) == near(75)
    assert company.one("csat_mean", *MARCH, options={"K26": "weights"}) == near(4)
    assert company.one("csat_top2", *MARCH) == near(100 / 3)


def test_a_net_score_can_be_weighted():
    """A promoter of weight 2 against a detractor of weight 1 and a passive of weight 1 is a net 25."""
    rows = answers("nps", {10: 1, 6: 1, 8: 1}, 0, 10, "high_good")
    for row, weight in zip(rows, (2.0, 1.0, 1.0), strict=True):
        row["weight"] = weight

    assert asked(response=rows).one("nps_weighted", *MARCH) == near(25)


def test_themes_add_up_to_all_comments():
    """Shares of themes add up to 100, comments without a theme included (R066)."""
    rows = answers("verbatim", {1: 4}, 1, 5, "high_good")
    for row, theme in zip(rows, ("price", "price", "delivery", None), strict=True):
        row |= {"text": "words", "score": None, "theme": theme}
    company = asked(response=rows)

    assert company.ask("theme_share", *MARCH) == {
        ("delivery",): [near(25)],
        ("price",): [near(50)],
        (None,): [near(25)],
    }
    assert company.one("verbatim_volume", *MARCH) == near(4)


def test_ticket_rate_is_per_thousand_served():
    """50 cases of 10,000 customers are 5; by product the whole denominator stands beside each (R077)."""
    cases = [worlds.row("case", party_id=1, opened_at=instant("2026-03-10"), kind="support", product=p) for p in "aab"]
    cases.append(worlds.row("case", party_id=1, opened_at=instant("2026-03-10"), kind="followup", product="a"))
    cohort = party(1, "2025-01-01", size=600)
    company = asked(case=cases, party=[cohort])

    assert company.one("ticket_rate", *MARCH) == near(5)
    assert company.ask("ticket_rate", *MARCH, by=["product"]) == {("a",): [near(10 / 3)], ("b",): [near(5 / 3)]}


def test_ticket_rate_divides_by_the_average_served():
    """Customers served half of the month count half; at its start or end is an option (K13)."""
    cases = [worlds.row("case", party_id=1, opened_at=instant("2026-04-10"), kind="support")]
    company = asked(case=cases, party=[party(1, "2026-01-01"), party(2, "2026-04-16")])
    april = ("2026-04-01", "2026-05-01")

    assert company.one("ticket_rate", *april) == near(1000 / 1.5)
    assert company.one("ticket_rate", *april, options={"K13": "start"}) == near(1000)
    assert company.one("ticket_rate", *april, options={"K13": "end"}) == near(500)


def test_backlog_stands_at_the_end():
    """Two cases are open when March ends, 6 and 10 days old; one of them was closed in April (SUP-12)."""
    opened = [("2026-03-22", None), ("2026-03-26", "2026-04-02"), ("2026-03-01", "2026-03-20")]
    cases = [
        worlds.row("case", party_id=n, kind="support", opened_at=instant(a), resolved_at=instant(b) if b else None)
        for n, (a, b) in enumerate(opened)
    ]
    company = asked(case=cases)

    assert company.one("backlog", *MARCH) == near(2)
    assert company.one("backlog_age", *MARCH) == near(24 * 8)


def test_the_age_of_a_running_month_ends_with_the_story():
    """In a month that still runs, open cases are as old as they are, not as they will be (SUP-12)."""
    cases = [worlds.row("case", party_id=1, kind="support", opened_at=instant("2026-03-10"))]

    assert Company({"case": cases}, instant("2026-03-12")).one("backlog_age", *MARCH) == near(48)


def test_channels_settle_what_they_settle():
    """Resolutions by channel, and the share of contacts whose outcome is on record (R073)."""
    rows = [
        worlds.row(
            "contact",
            party_id=n,
            at=instant("2026-03-10"),
            channel=channel,
            direction="in",
            actor="customer",
            public=True,
            resolved_here=done,
        )
        for n, (channel, done) in enumerate([("chat", True), ("chat", False), ("phone", True), ("phone", None)])
    ]
    company = asked(contact=rows)

    assert company.ask("channel_resolutions", *MARCH) == {("chat",): [near(1)], ("phone",): [near(1)]}
    assert company.ask("channel_resolution_rate", *MARCH) == {("chat",): [near(50)], ("phone",): [near(100)]}


def test_usage_is_per_active_customer():
    """Three contacts by chat of four active customers are 0.75 for each of them, whatever the others use (R074)."""
    rows = [
        worlds.row(
            "contact",
            party_id=n,
            at=instant("2026-03-10"),
            channel=channel,
            direction="in",
            actor="customer",
            public=True,
        )
        for n, channel in [(1, "chat"), (1, "chat"), (2, "chat"), (3, "phone")]
    ]
    company = asked(contact=rows, order=[order(n, "2026-03-05") for n in range(1, 5)])

    assert company.ask("channel_usage", *MARCH) == {("chat",): [near(0.75)], ("phone",): [near(0.25)]}


def test_context_is_asked_of_cases_that_changed_the_channel():
    """Of two cases over two channels the context followed in one; a case in one channel is not asked (R075)."""
    tables = {"case": [], "contact": []}
    for n, second in enumerate([("chat", True), ("chat", False), ("phone", None)]):
        at = instant("2026-03-10")
        tables["case"].append(
            worlds.row("case", case_id=f"c{n}", party_id=n, kind="support", opened_at=at, resolved_at=at + DAY)
        )
        for step, (channel, carried) in enumerate([("phone", None), second]):
            tables["contact"].append(
                worlds.row(
                    "contact",
                    case_id=f"c{n}",
                    party_id=n,
                    at=at + step * HOUR,
                    channel=channel,
                    direction="in",
                    actor="customer",
                    public=True,
                    context_carried=carried,
                )
            )

    assert asked(**tables).one("context_carried", *MARCH) == near(50)


def test_visits_and_visitors_are_two_numbers():
    """100 visits of 80 visitors with 4 orders: 4 % by visit, 5 % by visitor; machines are left out (R078, K48)."""
    at = instant("2026-03-10")
    rows = [
        worlds.row(
            "visit",
            visitor_id=f"v{n % 80}",
            started_at=at,
            ended_at=at + 60_000_000,
            pages=3,
            is_bot=False,
            order_id=f"o{n}" if n < 4 else None,
            traffic_source="search" if n < 75 else "email",
        )
        for n in range(100)
    ]
    rows.append(worlds.row("visit", visitor_id="robot", started_at=at, pages=900, is_bot=True))
    company = asked(visit=rows)

    assert company.one("visits", *MARCH) == near(100)
    assert company.one("visits", *MARCH, options={"K48": "all"}) == near(101)
    assert company.one("unique_visitors", *MARCH) == near(80)
    assert company.one("conversion", *MARCH) == near(4)
    assert company.one("conversion_visitor", *MARCH) == near(5)
    assert company.one("time_on_site", *MARCH) == near(60)
    assert company.one("pages_per_visit", *MARCH) == near(3)
    assert company.ask("source_share", *MARCH) == {("email",): [near(25)], ("search",): [near(75)]}


def test_slowness_is_judged_where_it_was_measured():
    """Of two visits measured one is over 2.5 s; the third was not measured (R081)."""
    at = instant("2026-03-10")
    rows = [
        worlds.row("visit", visitor_id="v", started_at=at, is_bot=False, p75_load_ms=ms)
        for ms in (2400.0, 2600.0, None)
    ]

    assert asked(visit=rows).one("slow_share", *MARCH) == near(50)


def test_return_rate_waits_thirty_days():
    """68 of 1000 orders came back: 6.8 %; a young order is not ripe; by value or by day of return differ (R087)."""
    rows = [
        order(n, "2026-03-10", returned_at=instant("2026-04-05") if n < 68 else None, returned_net=50.0)
        for n in range(1000)
    ]
    rows.append(order(1, "2026-03-30"))
    company = Company({"order": rows}, instant("2026-04-15"))

    assert company.one("return_rate", *MARCH) == near(6.8)
    assert company.one("return_rate_value", *MARCH) == near(3.4)
    assert company.one("return_rate_by_return", *MARCH) == near(0)
    assert company.one("return_rate", *MARCH, options={"K46": "return"}) == near(0)


def test_promises_are_those_to_the_customer():
    """Shipped, arrived and express, each of the shipments that say so (R109)."""
    at = instant("2026-03-10")
    rows = [
        order(
            1,
            "2026-03-08",
            shipped_at=at,
            promised_at=at,
            delivered_at=at + DAY,
            delivery_promised_at=at,
            expedited=True,
        ),
        order(
            2,
            "2026-03-08",
            shipped_at=at,
            promised_at=at - 1,
            delivered_at=at,
            delivery_promised_at=at,
            expedited=False,
        ),
        order(3, "2026-03-08", shipped_at=at),
        order(4, "2026-03-08"),
    ]
    company = asked(order=rows)

    assert company.one("on_time_ship", *MARCH) == near(50)
    assert company.one("on_time_delivery", *MARCH) == near(50)
    assert company.one("expedited_share", *MARCH) == near(50)


def test_lifespan_of_a_year_is_exposure_over_losses():
    """Twelve customers served for a year, of whom one left when it ended, have lived twelve years for each loss."""
    people = [party(n, "2025-04-01", "2026-03-31 23:59" if n == 1 else None) for n in range(1, 13)]

    assert asked(party=people).one("lifespan_12m", *MARCH) == pytest.approx(12, rel=1e-3)


def term(number, contract, due, **steps):
    """Return the events of a contract's term."""
    rows = [event(number, "term_due", due, ref_id=contract)]
    return rows + [event(number, kind, at, ref_id=contract) for kind, at in steps.items()]


def test_renewals_are_of_terms_that_fell_due():
    """Of three terms due one is renewed, within the grace; of two that stayed one is upsold (FIN-07, FIN-08)."""
    rows = term(1, "a", "2026-03-10", renew="2026-03-20", upsell="2026-03-21")
    rows += term(2, "b", "2026-03-10") + term(3, "c", "2026-03-10", cancel="2026-03-01")
    company = asked(event=rows)

    assert company.one("renewal_rate", *MARCH) == near(100 / 3)
    assert company.one("upsell_rate", *MARCH) == near(50)


def test_adoption_is_of_all_who_could():
    """One of four served customers used the search and two the export, however often (R092)."""
    uses = [event(1, "feature", feature="search")] * 3
    uses += [event(1, "feature", feature="export"), event(2, "feature", feature="export")]
    company = asked(event=uses, party=parties(4, "2025-01-01"))

    assert company.ask("adoption", *MARCH) == {("export",): [near(50)], ("search",): [near(25)]}
    assert company.one("adoption", *MARCH) == near(50)


def test_time_to_value_counts_those_who_never_got_there():
    """Values after 1, 2 and 3 days and two customers who never got there: the median is 3 days, not 2 (R092)."""
    people = [party(n, "2026-03-01") for n in range(1, 6)]
    moments = [event(n, "activation", f"2026-03-0{n + 1}") for n in (1, 2, 3)]

    assert asked(party=people, event=moments).one("ttfv", *MARCH) == near(3)


def test_login_trend_is_a_rate_over_a_rate():
    """One login a day for three weeks and two a day in the fourth: 2 over 35 / 28 (S1:13)."""
    rows = []
    for day in range(28):
        at = f"2026-03-{day + 2:02} 12:00"
        rows += [event(1, "login", at)] * (2 if day >= 21 else 1)

    assert asked(event=rows).one("login_trend", "2026-03-23", "2026-03-30") == near(2 / (35 / 28))


def test_decline_is_each_customers_own():
    """A customer who halves declines although another grows; the trend of their own pasts says how far (S1:11)."""
    rows = []
    for day in range(35):
        at = f"2026-{'03' if day < 30 else '04'}-{day + 2 if day < 30 else day - 29:02} 12:00"
        rows += [event(1, "login", at)] * (2 if day < 28 else 0)
        rows += [event(2, "login", at)] * (1 if day < 28 else 3)
    company = asked(event=rows, party=parties(2, "2025-01-01"))
    week = ("2026-03-30", "2026-04-06")

    assert company.one("engagement_decline", *week) == near(50)
    assert company.one("engagement_decline_n", *week) == near(1)
    assert company.one("login_trend_own", *week) == near(21 / 21)


def test_touches_are_per_account_and_month():
    """Ten touches of five accounts in a month of 30.4 days are two; information is counted apart (R109)."""
    touches = [event(1, "touch", "2026-03-10")] * 10 + [event(1, "information", "2026-03-10")] * 5
    company = asked(event=touches, party=parties(5, "2025-01-01"))
    month = 31 * 1440

    assert company.one("am_contact", *MARCH) == near(2 * 43800 / month)
    assert company.one("info_share", *MARCH) == near(43800 / month)
