"""What was planted about interruptions, asked of the product (R001, R013, R015)."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.demo.opinion import JULY, JUNE, within
from tests.demo.test_trouble import MINUTE, SEV1, SEV3, Losses

QUARTER = (pd.Timestamp("2026-01-01", tz=JUNE.tz), pd.Timestamp("2026-04-01", tz=JUNE.tz))


@pytest.fixture(scope="module")
def losses(small):
    """What customers lost, counted in pandas."""
    return Losses(small.folder)


@pytest.fixture(scope="module")
def june(losses):
    """Losses of June, one row for each customer and incident; no two of them overlap."""
    return losses.each[within(losses.each["from"], JUNE, JULY)]


def served(losses, start, end):
    """Customers served on average over a span of time, by the accounts of the CRM."""
    crm = losses.crm
    since = crm[["valid_from", "open_from"]].max(axis=1).clip(lower=start)
    until = crm[["valid_to", "open_to"]].min(axis=1).fillna(end).clip(upper=end)
    return (until - since).clip(lower=pd.Timedelta(0)).sum() / (end - start)


def value(workspace, metric, start="2026-06-01", end="2026-07-01", **question):
    """The value of a metric for one span of time."""
    (answer,) = workspace.ask(metric, start=start, end=end, intervals=False, **question)
    [cell] = answer.cells
    return cell.estimate.value


def values(workspace, metric, dimension, start="2026-06-01", end="2026-07-01", **question):
    """The values of a metric for one span of time by a dimension; blank ones are left out."""
    (answer,) = workspace.ask(metric, by=[dimension], start=start, end=end, intervals=False, **question)
    return {cell.dims[dimension]: cell.estimate.value for cell in answer.cells if cell.estimate.value}


def test_minutes_lost_are_those_of_pandas_by_incident(loaded, june):
    """R001, R003: the minutes of June, altogether and of each incident; the least feared of them took about 60 %."""
    workspace, _ = loaded
    expected = june.groupby("incident")["minutes"].sum().to_dict()
    got = values(workspace, "cml", "incident")
    assert got == pytest.approx(expected, rel=1e-9)
    whole = value(workspace, "cml")
    assert whole == pytest.approx(sum(expected.values()), rel=1e-9)
    assert got[SEV3] / whole == pytest.approx(0.60, abs=0.04)
    assert got[SEV1] / whole == pytest.approx(0.02, abs=0.005)


def test_minutes_and_interruptions_per_customer(loaded, losses, june):
    """R005, R006: over the customers served on average. Four minutes without the shop are no sustained interruption."""
    workspace, _ = loaded
    customers = served(losses, JUNE, JULY)
    assert value(workspace, "cml_per_customer") == pytest.approx(june["minutes"].sum() / customers, rel=1e-9)
    assert value(workspace, "int_freq") == pytest.approx((june["minutes"] > 5).sum() / customers, rel=1e-9)


def test_customers_interrupted_many_times(loaded, losses):
    """Customers with three interruptions or more within a year: most of them are those of the ten evenings."""
    workspace, _ = loaded
    year = losses.each[within(losses.each["from"], JULY - pd.DateOffset(years=1), JULY) & (losses.each["minutes"] > 5)]
    times = year.groupby("customer_id").size()
    (answer,) = workspace.ask("cemi", start="2026-06-01", end="2026-07-01", intervals=False)
    [cell] = answer.cells
    assert cell.estimate.value / 100 * cell.estimate.n == pytest.approx((times >= 3).sum(), rel=1e-9)
    assert (times >= 10).sum() >= 210


def test_uptime_by_the_operators_record_is_99_95_percent(loaded, losses):
    """R015: sign-in was fine, says the record of the first quarter. Some customers could not sign in three times."""
    workspace, _ = loaded
    start, end = QUARTER
    told = losses.incidents[within(losses.incidents["started_at"], start, end)]
    minutes = ((told["resolved_at"] - told["started_at"]) / pd.Timedelta(minutes=1)).sum()
    got = values(workspace, "incident_uptime", "service", "2026-01-01", "2026-04-01", grain="quarter")
    assert got["accounts"] == pytest.approx(100 * (1 - minutes / ((end - start) / pd.Timedelta(minutes=1))), rel=1e-9)
    assert round(got["accounts"], 2) == 99.95


def test_detection_is_counted_from_what_customers_felt(loaded, losses):
    """R013, K08: slow checkout was detected 3 minutes into the record, and 41 after customers began to feel it."""
    workspace, _ = loaded
    told = losses.incidents.loc[SEV3]
    assert told["detected_at"] - told["started_at"] == pd.Timedelta(minutes=3)
    assert values(workspace, "time_to_detect", "service")["payments"] == pytest.approx(41)
    by_record = values(workspace, "time_to_detect", "service", options={"K08": "incident"})
    assert by_record["payments"] == pytest.approx(3)


def test_the_slowest_requests_ran_three_minutes_ahead_of_customers(loaded, losses):
    """R018: p99 of payments leads lost minutes by the planted 3; an alarm on it comes before customers feel it."""
    workspace, _ = loaded
    found = workspace.lag("payments", "p99_ms", ahead=15, alarm=400)
    felt = losses.each.groupby("incident")["from"].min()[SEV3]
    assert (found.best, found.clear, found.false) == (3, True, 0)
    assert 0 < found.lo[3] < found.correlation[3]
    first = pd.Timestamp(found.raised_at[0], unit="us", tz="UTC")
    assert felt - 3 * MINUTE <= first < felt
    assert losses.incidents.loc[SEV3, "declared_at"] - first > 47 * MINUTE


def test_busy_processors_say_nothing_of_lost_minutes(loaded):
    """R018: the other series has a daily rhythm and no part in the story; no lag of it is believed."""
    workspace, _ = loaded
    assert not workspace.lag("payments", "cpu_percent", ahead=15).clear
