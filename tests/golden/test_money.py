"""Customers, orders, visits and money from files to numbers."""

from __future__ import annotations

import pytest

from regard.present import words
from tests.golden.company import BOTH, MARCH, Company, at, customers, order


def near(value):
    """Return a number up to rounding."""
    return pytest.approx(value, rel=1e-9)


# -- who comes and who stays -------------------------------------------------------------------------------------------


def test_x11_g12_retention_is_a_cohort(company):
    """X11, G12, K40, R084: 860 of 1000 stay: 86; (E - N)/S reads 82 when 40 of 230 new ones left again."""
    people = customers(860) + customers(140, first=861, left="2025-03-15")
    people += customers(190, first=2001, since="2025-03-05")
    people += customers(40, first=2191, since="2025-03-05", left="2025-03-25")
    company.has(customers=people)

    read = company.values("retention", "retention_seed", "retention_gap", "churn", "new_customers", **MARCH)

    assert read == [near(86), near(82), near(-4), near(14), 230]
    assert company.value("retention", options={"K40": "seed"}, **MARCH) == near(82)


def test_x11_g12_who_comes_back_lifts_the_formula(company):
    """X11, G12, K40: with 30 who had left and came back the formula reads 89 where 86 stayed; they are not new."""
    people = customers(860) + customers(140, first=861, left="2025-03-15")
    people += customers(190, first=2001, since="2025-03-05")
    people += customers(30, first=3001, left="2024-06-01", to=at("2025-03-10"))
    people += customers(30, first=3001, since="2025-03-10")
    company.has(customers=people)

    assert company.values("retention", "retention_seed", "retention_gap", **MARCH) == [near(86), near(89), near(3)]
    assert company.value("new_customers", **MARCH) == 190
    assert company.value("reactivations", options={"K41": "contract"}, **MARCH) == 30


def test_x12_r085_churn_says_its_month(company):
    """X12, R085: 42 of 1000 in March are 4.2 % a month, 40.2 % a year, 23.8 months of life; with retention 100."""
    company.write(
        "policies/targets.yaml",
        'targets:\n  - {metric: churn, hi: 5, hi_incl: false, source: "S2:79", assumed: "a month"}\n',
    )
    company.has(customers=customers(958) + customers(42, first=959, left="2025-03-15"))

    churn, annual, lifespan, retention = company.values("churn", "churn_annual", "lifespan", "retention", **MARCH)

    assert churn == near(4.2)
    assert annual == near(40.243368393300105)
    assert 12 * lifespan == near(23.809523809523807)
    assert churn + retention == near(100)
    cell = company.cell("churn", **MARCH)
    assert (cell.target.assumed, cell.status) == ("a month", "too close to call")


def test_x12_k41_a_shop_has_no_cancellation(company):
    """X12, K41: without contracts who does not order for 90 days is lost: 2 of the 3 who were active in March."""
    company.has(
        orders=[
            order(1, 1, "2024-12-10"),
            order(2, 2, "2025-02-20"),
            order(3, 3, "2025-03-05"),
            order(4, 4, "2024-12-20"),
        ]
    )

    lost = near(200 / 3)
    assert company.values("churn", "churn_inactive", options={"K41": "inactivity_90"}, **MARCH) == [lost, lost]
    assert company.value("churn", **MARCH) is None


def test_x24_acquisition_is_a_number_and_a_rate_against_last_year(company):
    """X24: 10 new customers for 500 active are a count of 10 and a rate of 2 %; a year before they were 8 and 4 %."""
    orders = [order(f"a{n}", f"a{n}", "2024-02-20") for n in range(200)]
    orders += [order(f"b{n}", f"b{n}", "2024-03-10") for n in range(8)]
    orders += [order(f"c{n}", f"c{n}", "2025-02-20") for n in range(500)]
    orders += [order(f"d{n}", f"d{n}", "2025-03-10") for n in range(10)]
    company.has(orders=orders)

    number = company.cell("new_customers", compare="year", **MARCH)
    rate = company.cell("acquisition_rate", compare="year", **MARCH)

    assert (number.estimate.value, number.previous.value, number.verdict.change) == (10, 8, 2)
    assert (rate.estimate.value, rate.previous.value) == (near(2), near(4))


def test_r083_who_returns_after_two_years_is_reactivated(company):
    """R083: an order two years after the last one is a reactivation, the first ever is a new customer."""
    company.has(orders=[order(1, 1, "2023-03-01"), order(2, 1, "2025-03-10"), order(3, 2, "2025-03-12")])

    assert company.values("new_customers", "reactivations", **MARCH) == [1, 1]


# -- orders ------------------------------------------------------------------------------------------------------------


def test_x14_g31_only_cohorts_that_had_their_year_count(company):
    """X14, G31, K45: 320 of the 500 of January and 60 of the 500 of December came back: pooled 38 %, mature 64 %."""
    orders = [order(f"1-{n}", n, "2024-01-15" if n <= 500 else "2024-12-15") for n in range(1, 1001)]
    orders += [order(f"2-{n}", n, "2024-06-15") for n in range(1, 321)]
    orders += [order(f"2-{n}", n, "2025-01-10") for n in range(501, 561)]
    company.has(orders=orders)
    asked = {"start": "2024-01-01", "end": "2025-02-01", "grain": "all", "until": "2025-02-01"}

    mature, pooled = (company.cell(name, **asked).estimate for name in ("repeat_rate", "repeat_rate_ever"))

    assert (mature.value, mature.n) == (near(64), 500)
    assert (pooled.value, pooled.n) == (near(38), 1000)
    assert company.value("repeat_rate", options={"K45": "lifetime"}, **asked) == near(38)


def test_x14_the_year_is_counted_when_it_is_over(company):
    """X14, R086: a first order of January 2024 is judged in January 2025; a second one after 366 days came too late."""
    company.has(
        orders=[
            order(1, 1, "2024-01-15"),
            order(2, 1, "2025-01-14"),
            order(3, 2, "2024-01-15"),
            order(4, 2, "2025-01-16"),
        ]
    )

    assert company.value("repeat_rate", start="2024-01-01", end="2024-12-31", grain="all") is None
    assert company.cell("repeat_rate", start="2025-01-01", end="2025-02-01").estimate.value == near(50)


def test_r087_68_of_1000_orders_came_back(company):
    """R087: 68 of 1000 are 6.8 %, after 7.3: -0.5 points (-6.8 % only if relative); a part that came back counts."""
    orders = [returned_or_not(n, "2025-02-10", n <= 73) for n in range(1, 1001)]
    orders += [returned_or_not(n, "2025-03-10", n <= 1068) for n in range(1001, 2001)]
    company.has(orders=orders)

    before, now = company.cells("return_rate", **BOTH)

    assert (before.estimate.value, now.estimate.value) == (near(7.3), near(6.8))
    assert now.verdict.change == near(-0.5)
    assert company.value("return_rate_value", **MARCH) == near(3.4)


def test_r087_orders_of_the_last_30_days_are_not_judged(company):
    """R087, K46: a return may still come for 30 days; younger orders are left out and the number is flagged."""
    company.has(orders=[returned_or_not(1, "2025-03-02", back=True), returned_or_not(2, "2025-03-20", back=False)])

    estimate = company.cell("return_rate", until="2025-04-02", **MARCH).estimate

    assert (estimate.value, estimate.n) == (near(100), 1)
    assert "immature" in estimate.flags


def returned_or_not(number, day, back):
    """Return an order of which a half came back, or nothing."""
    more = {"returned": at(day, 12 + 24 * 9), "refunded": 50} if back else {}
    return order(number, number, day, **more)


def test_g27_x2_8_to_6_8_percent_is_1_2_points(company):
    """G27, X2, K50: 8 to 6.8 % is -1.2 pp, not -15 %."""
    orders = [returned_or_not(n, "2025-02-10", n <= 80) for n in range(1, 1001)]
    orders += [returned_or_not(n, "2025-03-10", n <= 1068) for n in range(1001, 2001)]
    answer = company.has(orders=orders).answer("return_rate", **MARCH)

    [cell] = answer.cells
    assert (cell.previous.value, cell.estimate.value) == (near(8), near(6.8))
    assert cell.verdict.change == near(-1.2)
    assert "-1.2 pp" in words.summary(answer, cell).replace("\N{MINUS SIGN}", "-")


# -- visits ------------------------------------------------------------------------------------------------------------


def visits(day, total, bought, **reached):
    """Return visits of a day, each of its own visitor: how many reached a step, how many bought."""
    start = at(day, 10)
    rows = []
    for n in range(total):
        row = {"visit": f"{day}-{n}", "visitor": f"{day}-{n}", "started": start}
        row |= {step: at(day, 10.1 + i / 10) for i, step in enumerate(("cart", "checkout")) if n < reached.get(step, 0)}
        rows.append(row | ({"bought": at(day, 11)} if n < bought else {}))
    return rows


def test_x13_g30_carts_are_not_checkouts(company):
    """X13, G30, K47: 1000 carts, 400 checkouts, 260 orders: carts lose 74 %, checkouts 35 %; steps multiply."""
    company.has(visits=visits("2025-03-10", 1000, 260, cart=1000, checkout=400))

    read = company.values("cart_abandonment", "checkout_abandonment", "conversion", **MARCH)

    assert read == [near(74), near(35), near(26)]
    assert company.value("checkout_abandonment", options={"K47": "cart"}, **MARCH) == near(74)
    kept = 100.0
    for cell in company.by("step_loss", "step", **MARCH).values():
        kept *= 1 - cell.estimate.value / 100
    assert kept == near(26)


def test_g28_a_total_is_the_ratio_of_sums(company):
    """G28: 9 of 10 on one day and 10 of 100 on the next are 17.27 % together, not the 50 % of the mean of days."""
    company.has(visits=visits("2025-03-10", 10, 9) + visits("2025-03-11", 100, 10))
    both = {"start": "2025-03-10", "end": "2025-03-12"}

    assert [cell.estimate.value for cell in company.cells("conversion", grain="day", **both)] == [near(90), near(10)]
    assert company.value("conversion", grain="all", **both) == near(17.272727272727273)


def test_r078_by_visit_4_percent_by_visitor_5(company):
    """R078: 100 visits of 80 visitors with 4 orders convert at 4.0 % of visits and 5.0 % of visitors."""
    rows = visits("2025-03-10", 80, 4)
    company.has(visits=rows + [row | {"visit": f"again-{n}", "bought": None} for n, row in enumerate(rows[:20])])

    read = company.values("visits", "unique_visitors", "conversion", "conversion_visitor", **MARCH)

    assert read == [100, 80, near(4), near(5)]


# -- what a customer is worth, and costs -------------------------------------------------------------------------------


def worth(company: Company, goods: float) -> Company:
    """60 customers of whom one leaves in March, 402 orders of 80 in the year, one new customer for 142 of marketing."""
    people = customers(59, first=2, since="2024-03-01") + customers(1, since="2024-03-01", left="2025-03-15")
    people += customers(1, first=99, since="2025-03-20")
    orders = [order(n, n % 60 + 1, "2025-03-05", net=80, goods=goods) for n in range(402)]
    return company.has(customers=people, orders=orders, costs=[cost("marketing", 142)])


def cost(kind, amount):
    """Return what was spent in March."""
    return {"booking": kind, "from": at("2025-03-01"), "until": at("2025-04-01"), "kind": kind, "amount": amount}


def test_x16_r088_value_is_revenue_and_read_as_at_least(company):
    """X16, R088, K42: 80 x 6.7 x 5 = 2680 of revenue; margin is a variant; "$2,500" is a floor and says it assumed."""
    company.write(
        "policies/targets.yaml", 'targets:\n  - {metric: clv, lo: 2500, source: "S2:52", assumed: "at least"}\n'
    )
    worth(company, goods=60)

    parts = company.values("aov", "purchase_freq", "lifespan", "clv", "gross_margin", "clv_margin", **MARCH)

    assert parts == [near(80), near(6.7), near(5), near(2680), near(25), near(670)]
    assert company.value("clv", options={"K42": "margin"}, **MARCH) == near(670)
    target = company.cell("clv", **MARCH).target
    assert (target.lo, target.lo_incl, target.hi, target.assumed) == (2500, True, None, "at least")


def test_x1_g11_the_ratio_is_what_its_parts_give(company):
    """G11, X1, K44: 2680 / 142 is 18.87, not 3.2; 3.2 comes out at the margin of 16.955 % that G11 computes."""
    margin = 0.16955223880597017
    worth(company, goods=80 * (1 - margin))

    clv, cac, ratio, by_margin = company.values("clv", "cac", "clv_cac", "clv_cac_margin", **MARCH)

    assert ratio == near(18.87323943661972)
    assert ratio == near(clv / cac)
    assert by_margin == near(3.2)


def test_x15_r089_acquisition_cost_names_its_basis(company):
    """X15, R089, K43: 142,000 of marketing for 1000 new customers are 142; with sales 202; support is not in it."""
    people = customers(1000, since="2025-03-10", came_from="search")
    spent = [cost("marketing", 142_000), cost("sales", 60_000), cost("support", 9_000)]
    company.has(customers=people, costs=spent)

    assert company.values("cac", "cac_loaded", **MARCH) == [near(142), near(202)]
    assert company.value("cac", options={"K43": "marketing_sales"}, **MARCH) == near(202)
    assert company.value("cac", options={"K43": "lag_30"}, **MARCH) == near(142 / 31)


def test_a_window_that_begins_before_the_data_is_flagged(company):
    """A trailing 12 months that the data do not fill says so, and its growth is never called a change."""
    rows = [order(f"{month}-{n}", n, f"2025-{month:02d}-05") for month in (1, 2, 3) for n in range(60)]
    company.has(orders=rows)
    (cell,) = company.cells("purchase_freq", **MARCH)

    assert "short_window" in cell.estimate.flags
    assert cell.verdict.word == "cannot say"
