"""What was planted about interruptions, counted from Harbor's raw files in pandas."""

from __future__ import annotations

import sqlite3

import pandas as pd
import pytest

from tests.demo.opinion import END, JULY, JUNE, instants, lines, within

MINUTE = pd.Timedelta(minutes=1)
YEAR = pd.Timedelta(days=365)
SEV3, SEV1 = "INC-0121", "INC-0122"


class Losses:
    """Losses by customer, straight from the files of the platform team and of the CRM.

    Attributes:
        incidents: good lines of the tracker, by number.
        listed: good lines of the list that name a customer.
        each: one row for each customer and incident, groups taken apart into their members, counts left out.
    """

    def __init__(self, folder):
        tracker = lines(folder / "ops" / "incidents.jsonl")
        tracker = tracker[tracker["started_at"].astype("string").str.endswith("Z", na=False)]
        tracker = tracker[tracker["severity"] != "sev9"]
        for name in [column for column in tracker if column.endswith("_at")]:
            tracker[name] = instants(tracker[name])
        self.incidents = tracker[~(tracker["detected_at"] < tracker["started_at"])].set_index("incident")
        impacts = pd.read_csv(folder / "ops" / "impacts.csv", low_memory=False)
        for name in ("from", "to"):
            impacts[name] = instants(impacts[name])
        good = impacts["from"].notna() & ~(impacts["to"] < impacts["from"]) & (impacts["kind"] != "gone")
        impacts = impacts[good & impacts["incident"].isin(self.incidents.index)]
        self.crm = pd.read_csv(folder / "crm" / "customers.csv", low_memory=False)
        for name in ("valid_from", "valid_to", "open_from", "open_to"):
            self.crm[name] = pd.to_datetime(self.crm[name], utc=True)
        self.listed = impacts[impacts["customer_id"].notna()]
        groups = impacts[impacts["customer_id"].isna() & impacts["affected"].isna()]
        members = [self.members(group) for group in groups.to_dict("records")]
        rows = pd.concat([self.listed, *members])[["incident", "customer_id", "from", "to"]]
        self.each = rows.groupby(["incident", "customer_id"]).agg({"from": "min", "to": "max"}).reset_index()
        self.each["minutes"] = (self.each["to"] - self.each["from"]) / MINUTE
        self.each = self.each[~self.each["incident"].map(self.incidents["planned"])]

    def served(self, at):
        """Customers served at an instant, in the version of then."""
        crm = self.crm
        holds = (crm["valid_from"] <= at) & ~(crm["valid_to"] <= at)
        return crm[holds & (crm["open_from"] <= at) & ~(crm["open_to"] <= at)]

    def members(self, group):
        """Members of a group, each with what the group lost."""
        served = self.served(group["from"])
        here = served if pd.isna(group["region"]) else served[served["region"] == group["region"]]
        return pd.DataFrame({"customer_id": here["customer_id"]}).assign(
            **{name: group[name] for name in ("incident", "from", "to")}
        )


@pytest.fixture(scope="module")
def losses(small):
    """What customers lost."""
    return Losses(small.folder)


def test_an_incident_feared_least_cost_most(losses):
    """Of the minutes lost in June, slow checkout (SEV3) took about 60 %; the shop being down (SEV1), about 2 %."""
    june = losses.each[within(losses.each["from"], JUNE, JULY)]
    share = june.groupby("incident")["minutes"].sum() / june["minutes"].sum()
    assert losses.incidents.loc[[SEV3, SEV1], "severity"].tolist() == ["sev3", "sev1"]
    assert share[SEV3] == pytest.approx(0.60, abs=0.04)
    assert share[SEV1] == pytest.approx(0.02, abs=0.005)


def test_customers_felt_it_47_minutes_before_it_was_declared(losses):
    """The tracker has slow checkout begin 38 minutes late: it was declared 9 minutes after that, and felt 47 before."""
    felt = losses.each.groupby("incident")["from"].min()[SEV3]
    told = losses.incidents.loc[SEV3]
    assert told["declared_at"] - felt == 47 * MINUTE
    assert told["declared_at"] - told["started_at"] == 9 * MINUTE


def test_a_quarter_of_99_95_percent_had_customers_who_could_not_sign_in_three_times(losses):
    """By the operator's record the first quarter of 2026 had 65 minutes of incidents: 99.95 % of its time had none."""
    start, end = pd.Timestamp("2026-01-01", tz=JUNE.tz), pd.Timestamp("2026-04-01", tz=JUNE.tz)
    told = losses.incidents[within(losses.incidents["started_at"], start, end)]
    minutes = ((told["resolved_at"] - told["started_at"]) / MINUTE).sum()
    assert not told["planned"].any()
    assert round(100 * (1 - minutes / ((end - start) / MINUTE)), 2) == 99.95
    times = losses.each[within(losses.each["from"], start, end)].groupby("customer_id").size()
    assert times.value_counts()[3] > 200


def test_the_same_customers_were_interrupted_ten_times_in_the_year(losses):
    """2,100 customers at scale 1 could not sign in on ten evenings between August and May."""
    failures = losses.incidents[
        losses.incidents["title"].str.startswith("Sign-in") & (losses.incidents["cause"] == "capacity")
    ]
    times = losses.each[losses.each["incident"].isin(failures.index)].groupby("customer_id").size()
    assert len(failures) == 10
    assert (times == 10).sum() == 210
    assert times.max() == 10


def test_planned_work_was_announced(losses):
    """One window of planned work, told to customers nine days ahead, two hours long."""
    [planned] = losses.incidents[losses.incidents["planned"]].to_dict("records")
    assert planned["started_at"] - planned["announced_at"] == pd.Timedelta(days=9)
    assert planned["resolved_at"] - planned["started_at"] == pd.Timedelta(hours=2)


def test_search_failed_in_the_west_and_nobody_wrote_it_down(losses, small):
    """Of the requests that failed, those in the west on 18 June are in no incident and no list: 38 minutes."""
    requests = pd.read_parquet(small.folder / "ops" / "telemetry.parquet")
    dark = pd.Timestamp("2026-06-18 20:10", tz=JUNE.tz)
    evening = requests[within(requests["happened_at"], dark, dark + 38 * MINUTE) & (requests["journey"] == "search")]
    failed = evening[~evening["ok"]]
    assert failed["customer_id"].nunique() >= 5
    where = losses.served(dark).set_index("customer_id")["region"]
    assert set(failed["customer_id"].map(where)) == {"west"}
    listed = losses.each[(losses.each["from"] < dark + 38 * MINUTE) & (losses.each["to"] > dark)]
    told = losses.incidents[
        (losses.incidents["started_at"] < dark + 38 * MINUTE) & (losses.incidents["resolved_at"] > dark)
    ]
    assert len(listed) == len(told) == 0


def test_telemetry_shows_what_the_list_says(losses, small):
    """Requests of listed customers fail while they are listed, and hardly any other request does."""
    requests = pd.read_parquet(small.folder / "ops" / "telemetry.parquet")
    requests = requests[requests["happened_at"].notna() & (requests["happened_at"] <= END)]
    both = requests.merge(losses.each[losses.each["incident"].isin([SEV3, "INC-0125"])], on="customer_id")
    inside = both[(both["happened_at"] >= both["from"]) & (both["happened_at"] < both["to"])]
    tried = inside[inside["journey"].isin(["checkout", "sign_in"])]
    assert len(tried) > 500
    assert tried["ok"].mean() < 0.1
    outside = requests[~requests["request_id"].isin(inside["request_id"])]
    assert outside["ok"].mean() > 0.99


def test_tickets_follow_incidents(losses, small):
    """Tickets about an incident were opened within 36 hours of its beginning by customers whom it hit."""
    tickets = small.tickets[small.tickets["incident"].notna()]
    felt = losses.each.groupby("incident")["from"].min()
    after = tickets["created_at"] - tickets["incident"].map(felt)
    assert ((after >= pd.Timedelta(0)) & (after < pd.Timedelta(hours=36))).all()
    hit = set(zip(losses.each["incident"], losses.each["customer_id"], strict=True))
    asked = list(zip(tickets["incident"], tickets["customer_id"], strict=True))
    assert sum(pair in hit for pair in asked) >= 0.99 * len(asked)
    rates = {True: [0, 0], False: [0, 0]}
    for incident in ("INC-0111", SEV3, "INC-0125"):
        own, at = losses.each[losses.each["incident"] == incident], felt[incident]
        soon = small.tickets[within(small.tickets["created_at"], at, at + pd.Timedelta(hours=36))]
        wrote = losses.served(at)["customer_id"].isin(soon["customer_id"])
        for hit, some in wrote.groupby(losses.served(at)["customer_id"].isin(own["customer_id"])):
            rates[hit] = [rates[hit][0] + some.sum(), rates[hit][1] + len(some)]
    assert rates[True][0] >= 8
    assert rates[True][0] / rates[True][1] > 3 * rates[False][0] / rates[False][1]


def test_interrupted_customers_are_less_satisfied(losses, small):
    """Asked within three weeks of an interruption of 15 minutes or more, fewer are satisfied than of the others."""
    answers = pd.concat([small.purchase, small.support])
    answers = answers[within(answers["answered_at"], JUNE, JULY)]
    long = losses.each[losses.each["minutes"] >= 15]
    both = answers.merge(long, on="customer_id")
    since = both["invited_at"] - both["to"]
    hurt = answers["invitation_id"].isin(
        both[(since >= pd.Timedelta(0)) & (since < pd.Timedelta(days=21))]["invitation_id"]
    )
    assert hurt.sum() > 15
    satisfied = 100 * (answers["csat"] >= 4).groupby(hurt).mean()
    assert satisfied[False] - satisfied[True] > 10


def test_members_who_lost_two_hours_renew_less(losses, small):
    """Of the terms due, about 90 % are renewed; of members who lost over 120 minutes in the year before, about 71 %."""
    with sqlite3.connect(small.folder / "billing" / "billing.sqlite") as base:
        events = pd.read_sql("select membership_id, customer_id, kind, at from membership_event", base)
    events["at"] = pd.to_datetime(events["at"], utc=True)
    due = events[events["kind"] == "term_due"].reset_index(drop=True)
    renewals = due.merge(events[events["kind"] == "renew"], on="membership_id", suffixes=("", "_renewed"))
    late = renewals["at_renewed"] - renewals["at"]
    kept = renewals[(late > pd.Timedelta(0)) & (late < pd.Timedelta(days=4))]
    due["renewed"] = due.set_index(["membership_id", "at"]).index.isin(kept.set_index(["membership_id", "at"]).index)
    both = due.reset_index().merge(losses.each, on="customer_id")
    before = both[(both["to"] <= both["at"]) & (both["to"] > both["at"] - YEAR)]
    due["lost"] = before.groupby("index")["minutes"].sum().reindex(due.index).fillna(0)
    settled = due[due["at"] < END - pd.Timedelta(days=4)]
    renewed = settled["renewed"].groupby(settled["lost"] > 120).agg(["mean", "size"])
    assert renewed.loc[True, "size"] >= 10
    assert renewed.loc[True, "mean"] == pytest.approx(0.71, abs=0.07)
    assert renewed.loc[False, "mean"] == pytest.approx(0.90, abs=0.01)
