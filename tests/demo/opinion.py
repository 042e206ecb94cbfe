"""A second opinion on Harbor in pandas, straight from the raw files: which rows are good, and the twelve KPIs of S2."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pandas as pd

from regard.demo.story import ENDS_AT, ZONE

if TYPE_CHECKING:
    from pathlib import Path

END = pd.Timestamp(ENDS_AT)
MAY, JUNE, JULY = (pd.Timestamp(f"2026-0{month}-01", tz=ZONE) for month in (5, 6, 7))
PRINTED = {  # seed S2: current, and how much it had changed
    "csat": (87.3, 2.1),
    "nps": (52.4, 3.2),
    "ces": (2.3, -0.1),
    "first_response_h": (1.8, -0.2),
    "resolution_h": (18.5, -2.1),
    "clv": (2680, 120),
    "cac": (142, -8),
    "repeat": (63.2, 1.8),
    "churn": (4.2, -0.3),
    "returned": (6.8, -0.5),
}
CHANNELS = {"phone": 35, "email": 40, "chat": 20, "self_service": 5}


def instants(column: pd.Series) -> pd.Series:
    """Instants with a zone; text without one, and text that is no instant, become blank."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column
    zoned = column.where(column.astype("string").str.endswith("Z", na=False))
    return pd.to_datetime(zoned, utc=True, errors="coerce", format="ISO8601")


def lines(path: Path) -> pd.DataFrame:
    """Rows of a file of JSON lines, as they are written."""
    return pd.DataFrame([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])


class Raw:
    """The raw files, without the rows that break a rule; each rule is written here anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.orders = self._good_orders(pd.read_parquet(folder / "shop" / "orders.parquet"))
        self.tickets = self._good_tickets(pd.read_csv(folder / "desk" / "tickets.csv", low_memory=False))
        self.contacts = self._good_contacts(lines(folder / "desk" / "interactions.jsonl"))
        self.steps = lines(folder / "desk" / "status_changes.jsonl")
        self.steps["at"] = instants(self.steps["at"])
        self.purchase, self.support, self.relationship = (
            self._good_answers(pd.read_csv(folder / "survey" / f"{name}.csv", low_memory=False), question, low, high)
            for name, question, low, high in (
                ("post_purchase", "csat", 1, 5),
                ("post_support", "csat", 1, 5),
                ("relationship", "nps", 0, 10),
            )
        )
        self.costs = pd.read_excel(folder / "finance" / "costs.xlsx", engine="openpyxl")

    @staticmethod
    def _good_orders(orders: pd.DataFrame) -> pd.DataFrame:
        late = orders["delivered_at"] < orders["created_at"]
        known = orders["sales_channel"].isin(["web", "app", "phone"])
        return orders[orders["created_at"].notna() & (orders["created_at"] <= END) & ~late & known]

    @staticmethod
    def _good_tickets(tickets: pd.DataFrame) -> pd.DataFrame:
        for name in [column for column in tickets if column.endswith("_at")]:
            tickets[name] = instants(tickets[name])
        good = tickets["created_at"].notna() & (tickets["created_at"] <= END)
        good &= ~(tickets["resolved_at"] < tickets["created_at"]) & tickets["channel"].isin(CHANNELS)
        return tickets[good & pd.to_numeric(tickets["reopened"], errors="coerce").notna()]

    def _good_contacts(self, contacts: pd.DataFrame) -> pd.DataFrame:
        contacts["at"] = instants(contacts["at"])
        handled = contacts["handle_seconds"]
        number = pd.to_numeric(handled, errors="coerce")
        good = contacts["ticket_id"].isin(self.tickets["ticket_id"]) & contacts["channel"].isin(CHANNELS)
        return contacts[good & (number.isna() == handled.isna()) & ~(number < 0)]

    @staticmethod
    def _good_answers(answers: pd.DataFrame, question: str, low: int, high: int) -> pd.DataFrame:
        answers = answers[answers["answered_at"].notna()].copy()
        for name in ("invited_at", "delivered_at", "answered_at"):
            answers[name] = instants(answers[name])
        score = answers[question] = pd.to_numeric(answers[question], errors="coerce")
        good = score.between(low, high) & (answers["answered_at"] <= END)
        answers = answers[good & (answers["answered_at"] >= answers["delivered_at"])]
        return answers.sort_values("answered_at").drop_duplicates("invitation_id", keep="last")


def within(at: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    """Whether instants lie in [start, end)."""
    return (at >= start) & (at < end)


def _latest(answers: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    inside = answers[within(answers["answered_at"], start, end)]
    return inside.sort_values("answered_at").drop_duplicates("customer_id", keep="last")


def churn(orders: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Percent of the stretches without a gap of 90 days that held the start and ended before the end."""
    times = orders.sort_values(["customer_id", "created_at"])
    following = times.groupby("customer_id")["created_at"].shift(-1)
    gap = pd.Timedelta(days=90)
    broken = following.isna() | (following - times["created_at"] > gap)
    stretch = broken.groupby(times["customer_id"]).cumsum() - broken
    spans = times.groupby([times["customer_id"], stretch])["created_at"].agg(["min", "max"])
    stands = spans[(spans["min"] <= start) & (spans["max"] + gap > start)]
    return 100 * float((stands["max"] + gap < end).mean())


def _repeat(orders: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> float:
    times = orders.sort_values("created_at").groupby("customer_id")["created_at"]
    first, second = times.nth(0), times.nth(1)
    table = pd.DataFrame({"first": first.set_axis(orders.loc[first.index, "customer_id"])}).join(
        second.set_axis(orders.loc[second.index, "customer_id"]).rename("second")
    )
    ripe = table[within(table["first"] + pd.Timedelta(days=365), start, end)]
    return 100 * float((ripe["second"] - ripe["first"] <= pd.Timedelta(days=365)).mean())


def _first_response(raw: Raw, start: pd.Timestamp, end: pd.Timestamp) -> float:
    """Mean hours to the first public reply of a person, from the reopening where a bot had closed the ticket."""
    replies = raw.contacts[
        (raw.contacts["direction"] == "out") & (raw.contacts["author"] == "human") & raw.contacts["public"]
    ]
    reply = replies.groupby("ticket_id")["at"].min()
    steps = raw.steps.sort_values(["ticket_id", "at"], kind="stable")
    before = steps.groupby("ticket_id")[["status", "changed_by"]].shift(1)
    woken = (steps["status"] == "reopened") & (before["status"] == "resolved") & (before["changed_by"] == "bot")
    reopened = steps[woken]
    since = reopened.groupby("ticket_id")["at"].max()
    tickets = raw.tickets[raw.tickets["merged_into"].isna() & within(raw.tickets["created_at"], start, end)].set_index(
        "ticket_id"
    )
    begun = since.reindex(tickets.index).fillna(tickets["created_at"])
    took = reply.reindex(tickets.index) - begun
    return took.dropna().mean() / pd.Timedelta(hours=1)


def _resolution(raw: Raw, start: pd.Timestamp, end: pd.Timestamp) -> float:
    tickets = raw.tickets[raw.tickets["merged_into"].isna()]
    tickets = tickets[within(tickets["resolved_at"], start, end)]
    took = tickets["resolved_at"] - tickets["first_voiced_at"].fillna(tickets["created_at"])
    return took.mean() / pd.Timedelta(hours=1)


def kpis(raw: Raw, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, float]:
    """The figures of seed S2 for a month, by the definitions of the catalogue."""
    csat = pd.concat([_latest(raw.purchase, start, end)["csat"], _latest(raw.support, start, end)["csat"]])
    nps = _latest(raw.relationship, start, end)["nps"]
    ces = pd.to_numeric(_latest(raw.support, start, end)["ces"])
    sold = raw.orders[within(raw.orders["created_at"], start, end)]
    year = raw.orders[within(raw.orders["created_at"], end - pd.DateOffset(years=1), end)]
    lost = churn(raw.orders, start, end)
    frequency = len(year) / year["customer_id"].nunique()
    first = raw.orders.groupby("customer_id")["created_at"].min()
    spent = raw.costs[(raw.costs["kind"] == "marketing") & (raw.costs["from"] == start.tz_localize(None))][
        "amount"
    ].sum()
    cac = spent / within(first, start, end).sum()
    clv = sold["net_sales"].mean() * frequency / (12 * lost / 100)
    return {
        "csat": 100 * (csat >= 4).mean(),
        "nps": 100 * ((nps >= 9).mean() - (nps <= 6).mean()),
        "ces": ces.mean(),
        "first_response_h": _first_response(raw, start, end),
        "resolution_h": _resolution(raw, start, end),
        "clv": clv,
        "cac": cac,
        "clv_cac": clv / cac,
        "repeat": _repeat(raw.orders, start, end),
        "churn": lost,
        "returned": 100 * sold["returned_at"].notna().mean(),
    }


def channels(contacts: pd.DataFrame) -> dict[str, float]:
    """Percent of contacts by channel."""
    share = contacts["channel"].value_counts(normalize=True) * 100
    return {name: float(share.get(name, 0)) for name in CHANNELS}
