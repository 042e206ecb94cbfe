"""Where the seeds contradict themselves or the standards: each such definition, settled and counted out."""

from __future__ import annotations

import pytest

from tests.catalog.asking import DAY, HOUR, Company, answers, catalogue, instant, order, parties, party
from tests.derived import worlds

MARCH = ("2026-03-01", "2026-04-01")
LATER = instant("2026-06-01")
LIKERT = {1: 20, 2: 20, 3: 60, 4: 200, 5: 200}
"""G9: five hundred answers on a scale of 1 to 5."""


def asked(**tables):
    """Return a company of which these rows are known, long after March 2026."""
    return Company(tables, LATER)


def near(value):
    """Return a number up to rounding."""
    return pytest.approx(value, rel=1e-9)


def test_x3_effort_is_three_numbers_with_three_names():
    """G10: native mean 2.2, ease 70 and net ease 55 of one set; only the net one can be negative (X3, K25)."""
    effort = answers("ces", {1: 30, 2: 40, 3: 15, 4: 10, 5: 5}, 1, 5, "low_good")

    company = asked(response=effort)

    assert company.one("ces_mean", *MARCH) == near(2.2)
    assert company.one("ces_ease", *MARCH) == near(70)
    assert company.one("ces_net", *MARCH) == near(55)
    assert company.one("ces_mean_high", *MARCH) is None


def test_x3_effort_without_polarity_is_refused():
    """Nobody guesses which end is good: answers whose question does not say are in no score of effort (X3, K25)."""
    company = asked(response=answers("ces", {1: 30, 2: 40}, 1, 5, None))

    assert [company.one(name, *MARCH) for name in ("ces_mean", "ces_mean_high", "ces_ease", "ces_net")] == [None] * 4


def test_x3_both_scales_of_effort_meet_in_ease_only():
    """1-5 low-good and 1-7 high-good give one ease; their native means stay two metrics (X3)."""
    old = answers("ces", {2: 10}, 1, 5, "low_good")
    new = answers("ces", {4: 10}, 1, 7, "high_good", survey_id="s2")

    company = asked(response=old + new)

    assert company.one("ces_ease", *MARCH) == near((75 + 50) / 2)
    assert company.one("ces_mean", *MARCH) == near(2)
    assert company.one("ces_mean_high", *MARCH) == near(4)


def test_x3_two_scales_are_never_averaged():
    """A native mean over 1-5 and 1-7 of the same direction is blank, and says why (X3)."""
    company = asked(
        response=answers("csat", {4: 10}, 1, 5, "high_good")
        + answers("csat", {4: 10}, 1, 7, "high_good", survey_id="s2", question_id="other")
    )

    assert company.one("csat_mean", *MARCH) is None
    assert company.ask("csat_mean", *MARCH, by=["survey"]) == {("s1",): [near(4)], ("s2",): [near(4)]}


def test_x4_satisfaction_is_named_by_its_formula():
    """G9: 80 by top boxes, 77 as an index, 72 net, 4.08 on the scale, from the same 500 answers (X4, K20, K21)."""
    company = asked(response=answers("csat", LIKERT, 1, 5, "high_good"))

    assert company.one("csat_top2", *MARCH) == near(80)
    assert company.one("csat_index", *MARCH) == near(77)
    assert company.one("csat_net", *MARCH) == near(72)
    assert company.one("csat_mean", *MARCH) == near(4.08)
    assert company.one("csat_top2", *MARCH, options={"K20": "index"}) == near(77)
    assert "csat" not in catalogue().metrics


@pytest.mark.parametrize(("points", "top"), [(3, 1), (4, 2), (5, 2), (6, 2), (7, 2), (10, 3), (11, 3)])
def test_x4_top_boxes_depend_on_the_scale(points, top):
    """With one answer at each point, as many are satisfied as the scale has top boxes (K21)."""
    company = asked(response=answers("csat", dict.fromkeys(range(1, points + 1), 1), 1, points, "high_good"))

    assert company.one("csat_top2", *MARCH) == near(100 * top / points)


def test_x4_a_scale_without_a_rule_is_not_counted():
    """Of a scale for which nobody says what its top is, no answer is called dissatisfied either (K21)."""
    company = asked(response=answers("csat", dict.fromkeys(range(101), 1), 0, 100, "high_good"))

    assert company.one("csat_top2", *MARCH) is None
    assert company.one("csat_index", *MARCH) == near(50)


def test_x5_passives_are_not_subtracted():
    """G8: 316, 130 and 54 of 500 are 52.4, not 26.4; 310, 104 and 86 are 44.8 (X5, K23)."""
    first = asked(response=answers("nps", {10: 316, 8: 130, 6: 54}, 0, 10, "high_good"))
    second = asked(response=answers("nps", {9: 310, 7: 104, 0: 86}, 0, 10, "high_good"))

    assert first.one("nps", *MARCH) == near(52.4)
    assert second.one("nps", *MARCH) == near(44.8)


def test_x5_only_what_was_asked_as_nps_is_nps():
    """Another question on 0 to 10 never enters the score (R054)."""
    company = asked(response=answers("other", {10: 50}, 0, 10, "high_good"))

    assert company.one("nps", *MARCH) is None


def test_x6_one_customer_one_answer():
    """K22: the latest answer of a customer to a survey counts in a period; every answer is an option (X6)."""
    early = answers("csat", {1: 4}, 1, 5, "high_good", answered_at=instant("2026-03-02"))
    late = answers("csat", {5: 1}, 1, 5, "high_good", answered_at=instant("2026-03-20"), invite_id="again")

    company = asked(response=early + late)

    assert company.one("csat_top2", *MARCH) == near(25)
    assert company.one("csat_top2", *MARCH, options={"K22": "every"}) == near(20)


def test_x6_a_month_is_not_made_of_its_days():
    """Who answers twice in a month counts once in it, and once in each of the two days (K22)."""
    early = answers("csat", {1: 1}, 1, 5, "high_good", answered_at=instant("2026-03-02"))
    late = answers("csat", {5: 1}, 1, 5, "high_good", answered_at=instant("2026-03-03"), invite_id="again")
    company = asked(response=early + late)

    assert company.one("csat_top2", "2026-03-02", "2026-03-04") == near(100)
    days = company.ask("csat_top2", "2026-03-02", "2026-03-04", by=(), grain="day")[()]
    assert days == [near(0), near(100)]


def case(number, opened, *, replied=None, resolved=None, contacts=1, channel="email", party_id=None):
    """Return rows of one case: case, contacts, steps; hours are counted from the opening."""
    start = instant(opened)
    owner = number if party_id is None else party_id
    done = None if resolved is None else start + round(resolved * HOUR)
    answered = None if replied is None else start + round(replied * HOUR)
    rows = {
        "case": [
            worlds.row(
                "case",
                case_id=f"c{number}",
                source_id=f"c{number}",
                party_id=owner,
                opened_at=start,
                resolved_at=done,
                first_human_reply_at=answered,
                first_reply_at=answered,
                channel_first=channel,
            )
        ],
        "contact": [
            worlds.row(
                "contact",
                case_id=f"c{number}",
                party_id=owner,
                at=start + step * 1_000_000,
                channel=channel,
                direction="in",
                actor="customer",
                public=True,
            )
            for step in range(contacts)
        ],
    }
    if answered is not None:
        rows["contact"].append(
            worlds.row(
                "contact",
                case_id=f"c{number}",
                party_id=owner,
                at=answered,
                channel=channel,
                direction="out",
                actor="human",
                public=True,
            )
        )
    return rows


def together(listed):
    """Return the tables of several cases as one company's."""
    return {name: [row for one in listed for row in one[name]] for name in ("case", "contact")}


def test_x7_the_mean_never_stands_alone():
    """G14: one case of a day in ten: mean 3.2 h, median 0.9 h, p90 4.2 h, 90 % in time (X7, K32)."""
    times = [0.2, 0.3, 0.5, 0.5, 0.8, 1, 1.2, 1.5, 2, 24]
    company = asked(**together([case(i, "2026-03-02", replied=t, resolved=30) for i, t in enumerate(times, 1)]))

    assert company.one("frt", *MARCH) == near(3.2)
    assert company.one("frt_median", *MARCH) == near(0.9)
    assert company.one("frt_p90", *MARCH) == near(4.2)
    assert company.one("frt_in_target", *MARCH) == near(90)
    assert company.one("frt", *MARCH, options={"K32": "median"}) == near(0.9)


def test_x7_who_waits_too_long_is_not_in_time():
    """A customer who still waits after the target has missed it; one who has just come is not yet counted (X7, K34)."""
    cases = [case(1, "2026-03-31 20:00", replied=1), case(2, "2026-03-31 10:00"), case(3, "2026-03-31 23:30")]
    company = Company(together(cases), instant("2026-04-01"))

    assert company.one("frt_in_target", *MARCH) == near(50)


def test_x7_open_cases_are_censored_not_dropped():
    """G14: six resolved and two still open after 30 h have a median of 8 h; the resolved alone say 7 h (K34)."""
    times = [2, 4, 6, 8, 10, 12, None, None]
    company = Company(
        together([case(i, "2026-03-02", resolved=t) for i, t in enumerate(times, 1)]), instant("2026-03-02") + 30 * HOUR
    )

    assert company.one("resolution_time_km", "2026-03-02", "2026-03-04") == near(8)
    assert company.one("resolution_time_median", "2026-03-02", "2026-03-04") == near(7)


def test_x9_elapsed_time_is_not_the_customers_time():
    """A call of 10 minutes, 25 on hold and 5 of chat are the customer's 40 minutes, whatever passed (X9, R070)."""
    tables = case(1, "2026-03-02", resolved=20, channel="phone")
    start = instant("2026-03-02")
    tables["contact"] = [
        worlds.row(
            "contact",
            case_id="c1",
            party_id=1,
            at=start,
            direction="in",
            actor="customer",
            public=True,
            channel="phone",
            handle_s=600,
            wait_s=1500,
        ),
        worlds.row(
            "contact",
            case_id="c1",
            party_id=1,
            at=start + HOUR,
            direction="in",
            actor="customer",
            public=True,
            channel="chat",
            handle_s=300,
            wait_s=0,
        ),
    ]
    company = asked(**tables)

    assert company.one("customer_time", *MARCH) == near(40 / 60)
    assert company.one("resolution_time", *MARCH) == near(20)


def test_x10_first_contact_resolution_is_four_numbers():
    """G13: 75, 63.75, 60 and 62.5 % on one set of 480 cases, of which 400 were resolved (X10, K33)."""
    cases = []
    for number in range(1, 481):
        if number > 400:
            cases.append(case(number, "2026-03-02"))
        elif number > 300:
            cases.append(case(number, "2026-03-02", resolved=10, contacts=2))
        else:
            cases.append(case(number, "2026-03-02", resolved=10))
    tables = together(cases)
    resolved = instant("2026-03-02") + 10 * HOUR
    for number in range(1, 61):
        after = 3 if number <= 45 else 20
        tables["contact"].append(
            worlds.row(
                "contact",
                party_id=number,
                at=resolved + after * DAY,
                channel="phone",
                direction="in",
                actor="customer",
                public=True,
            )
        )
    company = asked(**tables)

    assert company.one("fcr_seed", *MARCH) == near(75)
    assert company.one("fcr", *MARCH) == near(63.75)
    assert company.one("fcr_30d", *MARCH) == near(60)
    assert company.one("fcr_of_all", *MARCH) == near(62.5)
    assert company.one("fcr", *MARCH, options={"K33": "0_d"}) == near(75)


def test_x11_retention_is_a_cohort():
    """G12: 860 of 1000 stay: 86; (E - N)/S reads 82 with 40 who came and left, 89 with 30 who came back (X11, K40)."""
    people = [party(n, "2025-01-01", "2026-03-15" if n <= 140 else None) for n in range(1, 1001)]
    came = [party(n, "2026-03-05", "2026-03-25" if n <= 2040 else None) for n in range(2001, 2231)]
    stayed = [party(n, "2026-03-05") for n in range(2041, 2231)]
    back = [
        one
        for n in range(3001, 3031)
        for one in (
            {**party(n, "2025-01-01", "2025-06-01"), "valid_to": instant("2026-03-10")},
            party(n, "2026-03-10"),
        )
    ]

    gross = asked(party=people + came)
    returned = asked(party=people + stayed + back)

    assert gross.one("retention", *MARCH) == near(86)
    assert gross.one("retention_seed", *MARCH) == near(82)
    assert gross.one("retention_gap", *MARCH) == near(-4)
    assert returned.one("retention", *MARCH) == near(86)
    assert returned.one("retention_seed", *MARCH) == near(89)
    assert returned.one("reactivations", *MARCH, options={"K41": "contract"}) == near(30)
    assert gross.one("churn", *MARCH) + gross.one("retention", *MARCH) == near(100)


def test_x12_churn_says_its_month():
    """4.2 % a month is 40.2 % a year; the target of the seed is read as a month's, and says so (X12)."""
    company = asked(party=[party(n, "2025-01-01", "2026-03-15" if n <= 42 else None) for n in range(1, 1001)])

    assert company.one("churn", *MARCH, grain="month") == near(4.2)
    assert company.one("churn_annual", *MARCH, grain="month") == near(100 * (1 - 0.958**12))
    assert company.one("lifespan", *MARCH, grain="month") == near(1 / (12 * 0.042))
    assert "a month" in catalogue().metric("churn").target[0].assumed


def test_x12_a_month_of_churn_stays_a_month():
    """Over a quarter, the yearly figure and the lifespan still stand on the quarter's last month (X12)."""
    company = asked(party=[party(n, "2025-01-01", "2026-03-15" if n <= 42 else None) for n in range(1, 1001)])

    assert company.one("churn_annual", "2026-01-01", "2026-04-01") == near(100 * (1 - 0.958**12))
    assert company.one("lifespan", "2026-01-01", "2026-04-01") == near(1 / (12 * 0.042))


def test_x12_a_shop_has_no_cancellation():
    """Without contracts a customer is lost 90 days after the last order, by option or by name (X12, K41)."""
    people = parties(4, None, valid_from=instant("2025-01-01"))
    orders = [order(1, "2025-12-10"), order(2, "2026-02-20"), order(3, "2026-03-05"), order(4, "2025-12-20")]
    company = asked(party=people, order=orders)

    assert company.one("churn", *MARCH) is None
    assert company.one("churn_inactive", *MARCH) == near(100 * 2 / 3)
    assert company.one("churn", *MARCH, options={"K41": "inactivity_90"}) == near(100 * 2 / 3)
    assert company.one("reactivations", *MARCH) == near(0)


def visits(carts, checkouts, orders):
    """Return visits of a funnel, each by another visitor."""
    at = instant("2026-03-10")
    return [
        worlds.row(
            "visit",
            visitor_id=f"v{n}",
            started_at=at,
            is_bot=False,
            cart_at=at + HOUR,
            checkout_at=at + 2 * HOUR if n < checkouts else None,
            order_id=f"o{n}" if n < orders else None,
        )
        for n in range(carts)
    ]


def test_x13_carts_are_not_checkouts():
    """G30: 1000 carts, 400 checkouts and 260 orders lose 74 % of carts and 35 % of checkouts (X13, K47)."""
    company = asked(visit=visits(1000, 400, 260))

    assert company.one("cart_abandonment", *MARCH) == near(74)
    assert company.one("checkout_abandonment", *MARCH) == near(35)


def test_x13_the_benchmark_is_that_of_carts():
    """The 60 to 70 percent that one seed quotes for checkouts stand at carts and nowhere else (X13)."""
    (target,) = catalogue().metric("cart_abandonment").target

    assert target.hi == 70
    assert target.source == "S3:95"
    assert catalogue().metric("checkout_abandonment").target == ()


def test_x13_step_losses_multiply_to_the_total():
    """What each step keeps, multiplied, is what the whole funnel keeps (R081)."""
    company = asked(visit=visits(1000, 400, 260))

    losses = company.ask("step_loss", *MARCH)
    kept = 1.0
    for (loss,) in losses.values():
        kept *= 1 - loss / 100

    assert set(losses) == {("landing",), ("product",), ("cart",), ("checkout",), ("payment",)}
    assert 100 * kept == near(company.one("conversion", *MARCH))


def test_x14_only_cohorts_that_had_their_year_count():
    """G31: pooled 38 % of 1000 buyers came back; of those who had a year, 64 % (X14, K45)."""
    orders = []
    for number in range(1, 501):
        orders.append(order(number, "2024-01-15"))
        orders += [order(number, "2024-06-15")] if number <= 320 else []
    for number in range(501, 1001):
        orders.append(order(number, "2024-12-15"))
        orders += [order(number, "2025-01-15")] if number <= 560 else []
    company = Company({"order": orders}, instant("2025-02-01"))

    assert company.one("repeat_rate", "2024-01-01", "2025-02-01") == near(64)
    assert company.one("repeat_rate_ever", "2024-01-01", "2025-02-01") == near(38)


def test_x14_the_year_is_counted_when_it_is_over():
    """A first order of January 2024 is judged in January 2025; a second order after 366 days came too late (X14)."""
    orders = [order(1, "2024-01-15"), order(1, "2025-01-14"), order(2, "2024-01-15"), order(2, "2025-01-15")]
    company = asked(order=orders)

    assert company.one("repeat_rate", "2024-01-01", "2024-12-31") is None
    assert company.one("repeat_rate", "2025-01-01", "2025-02-01") == near(50)


def spending():
    """Return a company with 1000 new customers and costs of a month."""
    begin, end = instant("2026-03-01"), instant("2026-04-01")
    costs = [
        worlds.row("cost", kind=kind, period_start=begin, period_end=end, amount=amount, channel="search")
        for kind, amount in (("marketing", 142_000.0), ("sales", 60_000.0), ("support", 9_000.0))
    ]
    return asked(cost=costs, party=parties(1000, "2026-03-10", traffic_source="search"))


def test_x15_acquisition_cost_names_its_basis():
    """142,000 of marketing over 1000 new customers are 142; with sales 202; support is no acquisition (X15, K43)."""
    company = spending()

    assert company.one("cac", *MARCH) == near(142)
    assert company.one("cac_loaded", *MARCH) == near(202)
    assert company.one("cac", *MARCH, options={"K43": "marketing_sales"}) == near(202)
    assert company.ask("cac", *MARCH, by=["traffic_source"]) == {("search",): [near(142)]}


def test_x15_spend_may_precede_customers():
    """With a lag of 30 days, the spend of March belongs to the customers of April, but for its last day (X15, K43)."""
    company = spending()

    assert company.one("cac", *MARCH, options={"K43": "lag_30"}) == near(142 / 31)


def test_x16_value_is_revenue_and_says_so():
    """80 x 6.7 x 5 = 2680: revenue as seeded, margin as a variant, and "$2,500" is read as at least (X16, K42)."""
    company = worth()
    clv = company.one("clv", *MARCH, grain="month")

    parts = [company.one(name, *MARCH, grain="month") for name in ("aov", "purchase_freq", "lifespan")]
    assert parts == [near(80), near(6.7), near(5)]
    assert clv == near(2680)
    assert company.one("gross_margin", *MARCH) == near(25)
    assert company.one("clv_margin", *MARCH, grain="month") == near(670)
    (target,) = catalogue().metric("clv").target
    assert (target.lo, target.lo_incl, target.hi) == (2500, True, None)
    assert target.assumed


def worth():
    """Return 60 customers, 1 of whom leaves in March, with 402 orders of 80 in the year, and what they cost."""
    people = [party(n, "2025-03-01", "2026-03-15" if n == 1 else None) for n in range(1, 61)]
    orders = [order(n % 60 + 1, "2026-03-05", net=80.0, cost=60.0) for n in range(402)]
    spend = worlds.row(
        "cost", kind="marketing", amount=142.0, period_start=instant("2026-03-01"), period_end=instant("2026-04-01")
    )
    new = worlds.row(
        "party", party_id=99, source_party="p99", valid_from=instant("2026-03-20"), served_from=instant("2026-03-20")
    )
    return asked(party=[*people, new], order=orders, cost=[spend])


def test_x1_the_ratio_is_what_its_parts_give():
    """2680 over 142 is 18.87, not 3.2: the ratio is computed from the rows of its parts (X1, K44)."""
    company = worth()

    assert company.one("clv_cac", *MARCH, grain="month") == near(2680 / 142)
    assert company.one("clv_cac_margin", *MARCH, grain="month") == near(670 / 142)


def contact(number, channel):
    """Return a contact from a customer."""
    return worlds.row(
        "contact",
        party_id=number,
        at=instant("2026-03-10"),
        channel=channel,
        direction="in",
        actor="customer",
        public=True,
    )


def test_x23_the_boundary_belongs_to_the_band():
    """G20: chat at exactly 20 % is within 20 to 30; self-service at 5 % misses more than 10 (X23, K55)."""
    mix = {"phone": 350, "email": 400, "chat": 200, "self_service": 50}
    company = asked(contact=[contact(n, name) for name, count in mix.items() for n in range(count)])

    shares = {group[0]: values[0] for group, values in company.ask("channel_share", *MARCH).items()}
    targets = {dict(one.scope)["channel"]: one for one in catalogue().metric("channel_share").target}

    assert shares == {name: near(count / 10) for name, count in mix.items()}
    assert (targets["chat"].lo, targets["chat"].lo_incl) == (20, True)
    assert (targets["self_service"].lo, targets["self_service"].lo_incl) == (10, False)


def test_x24_a_rate_and_a_number_are_two_metrics():
    """Ten customers are gained where five hundred orderers stood: a count of 10, a rate of 2 % (X24)."""
    old = [order(n, "2026-02-20") for n in range(1, 501)]
    new = [order(n, "2026-03-10") for n in range(501, 511)]
    again = [order(1, "2026-03-11")]
    company = asked(order=old + new + again)

    assert company.one("new_customers", *MARCH) == near(10)
    assert company.one("acquisition_rate", *MARCH) == near(2)


def test_x24_who_comes_back_is_not_new():
    """A return after two years is a reactivation, not an acquisition (R083)."""
    company = asked(order=[order(1, "2024-01-10"), order(1, "2026-03-10"), order(2, "2026-03-12")])

    assert company.one("new_customers", *MARCH) == near(1)
    assert company.one("reactivations", *MARCH) == near(1)
