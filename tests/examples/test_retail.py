"""`examples/retail`: what the product says of Online Retail against pandas on the published file."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.examples.conftest import EXAMPLES

ZONE = "Europe/London"


@pytest.fixture(scope="module")
def lines() -> pd.DataFrame:
    """The published invoice lines, with their amounts and their instants."""
    table = pd.read_parquet(EXAMPLES / "retail" / "data" / "online_retail.parquet")
    table["amount"] = table["Quantity"] * table["UnitPrice"]
    table["at"] = table["InvoiceDate"].dt.tz_localize(ZONE)
    return table


@pytest.fixture(scope="module")
def orders(lines) -> pd.DataFrame:
    """One row for each invoice that asks for money: a plain number and an amount above zero."""
    invoices = lines.groupby("InvoiceNo").agg(
        at=("at", "min"), net=("amount", "sum"), items=("Quantity", "sum"), customer=("CustomerID", "min")
    )
    return invoices[invoices.index.str.isdigit() & (invoices["net"] > 0)]


def values(workspace, *metrics, **question):
    """Values of metrics by the start of their periods."""
    answers = workspace.ask(*metrics, intervals=False, **question)
    return [{str(cell.period.start): cell.estimate.value for cell in answer.cells} for answer in answers]


def test_every_row_of_the_publisher_arrives(retail, lines):
    """541,909 lines, 25,900 invoices, 4,372 customers, none turned away; and `regard check` is silent."""
    workspace, report = retail
    assert workspace.check() == []
    assert report.refused == 0
    assert report.sources[0].loaded == {
        "order": lines["InvoiceNo"].nunique(),
        "order_line": len(lines),
        "party": lines["CustomerID"].nunique(),
    }


def test_the_published_totals_come_out(retail):
    """TRUTH: the total is GBP 9,747,747.93, and 9,288 lines are cancellations."""
    workspace, _ = retail
    total, cancelled = values(workspace, "net_total", "cancellation_lines", grain="all")
    assert [round(value, 2) for value in total.values()] == [9747747.93]
    assert list(cancelled.values()) == [9288]


def test_orders_by_month_are_those_of_pandas(retail, lines, orders):
    """Order value, orders a customer and year, and new customers of each month, against pandas."""
    workspace, _ = retail
    value, new, total = values(workspace, "aov", "new_customers", "net_total", grain="month")
    month = orders["at"].dt.strftime("%Y-%m-01")
    assert value == pytest.approx(orders.groupby(month)["net"].mean().to_dict(), rel=1e-9)
    first = lines.dropna(subset="CustomerID").groupby("CustomerID")["at"].min()
    assert new == first.dt.strftime("%Y-%m-01").value_counts().to_dict()
    assert total == pytest.approx(
        lines.groupby(lines["at"].dt.strftime("%Y-%m-01"))["amount"].sum().to_dict(), rel=1e-9
    )
    (frequency,) = values(workspace, "purchase_freq", start="2011-11-01", end="2011-12-01")
    year = orders[
        (orders["at"] >= pd.Timestamp("2010-12-01", tz=ZONE)) & (orders["at"] < pd.Timestamp("2011-12-01", tz=ZONE))
    ]
    named = year.dropna(subset="customer")
    assert frequency["2011-11-01"] == pytest.approx(len(named) / named["customer"].nunique(), rel=1e-12)


def test_repeat_purchase_counts_ripe_first_orders_only(retail, orders):
    """X14, R086: first orders whose 365 days end in the month, with a second order inside them."""
    workspace, _ = retail
    (rate,) = values(workspace, "repeat_rate", start="2011-12-01", end="2012-01-01", grain="month")
    named = orders.dropna(subset="customer").sort_values("at")
    first = named.groupby("customer")["at"].nth(0).set_axis(named.groupby("customer").nth(0)["customer"])
    second = named.groupby("customer")["at"].nth(1).set_axis(named.groupby("customer").nth(1)["customer"])
    year = pd.Timedelta(days=365)
    ripe = first[first + year < pd.Timestamp("2011-12-10", tz=ZONE)]
    again = (second.reindex(ripe.index) - ripe) <= year
    assert rate["2011-12-01"] == pytest.approx(100 * again.mean(), rel=1e-12)
    assert len(ripe) > 500


def test_anonymous_orders_are_in_the_value_and_not_in_the_customers(retail, orders):
    """One order in fourteen names no customer: the mean order has them, no customer does."""
    workspace, _ = retail
    (value,) = workspace.ask("aov", grain="all")
    (frequency,) = workspace.ask("purchase_freq", grain="month", start="2011-11-01", end="2011-12-01")
    assert value.cells[0].estimate.n == len(orders)
    assert (len(orders), orders["customer"].isna().sum()) == (19959, 1427)
    assert frequency.cells[0].estimate.n < orders["customer"].nunique()
