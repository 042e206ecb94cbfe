"""The example company: a second opinion in pandas, straight from the raw files, on every figure it claims."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from regard.demo import generate
from regard.demo.story import ENDS_AT, ZONE

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


def _instants(column: pd.Series) -> pd.Series:
    """Instants with a zone; text without one, and text that is no instant, become blank."""
    if isinstance(column.dtype, pd.DatetimeTZDtype):
        return column
    zoned = column.where(column.astype("string").str.endswith("Z", na=False))
    return pd.to_datetime(zoned, utc=True, errors="coerce", format="ISO8601")


def _lines(path: Path) -> pd.DataFrame:
    return pd.DataFrame([json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()])


class Raw:
    """The raw files, without the rows that break a rule; each rule is written here anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.orders = self._good_orders(pd.read_parquet(folder / "shop" / "orders.parquet"))
        self.tickets = self._good_tickets(pd.read_csv(folder / "desk" / "tickets.csv", low_memory=False))
        self.contacts = self._good_contacts(_lines(folder / "desk" / "interactions.jsonl"))
        self.steps = _lines(folder / "desk" / "status_changes.jsonl")
        self.steps["at"] = _instants(self.steps["at"])
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
            tickets[name] = _instants(tickets[name])
        good = tickets["created_at"].notna() & (tickets["created_at"] <= END)
        good &= ~(tickets["resolved_at"] < tickets["created_at"]) & tickets["channel"].isin(CHANNELS)
        return tickets[good & pd.to_numeric(tickets["reopened"], errors="coerce").notna()]

    def _good_contacts(self, contacts: pd.DataFrame) -> pd.DataFrame:
        contacts["at"] = _instants(contacts["at"])
        handled = contacts["handle_seconds"]
        number = pd.to_numeric(handled, errors="coerce")
        good = contacts["ticket_id"].isin(self.tickets["ticket_id"]) & contacts["channel"].isin(CHANNELS)
        return contacts[good & (number.isna() == handled.isna()) & ~(number < 0)]

    @staticmethod
    def _good_answers(answers: pd.DataFrame, question: str, low: int, high: int) -> pd.DataFrame:
        answers = answers[answers["answered_at"].notna()].copy()
        for name in ("invited_at", "delivered_at", "answered_at"):
            answers[name] = _instants(answers[name])
        score = answers[question] = pd.to_numeric(answers[question], errors="coerce")
        good = score.between(low, high) & (answers["answered_at"] <= END)
        answers = answers[good & (answers["answered_at"] >= answers["delivered_at"])]
        return answers.sort_values("answered_at").drop_duplicates("invitation_id", keep="last")


def _within(instants: pd.Series, start: pd.Timestamp, end: pd.Timestamp) -> pd.Series:
    return (instants >= start) & (instants < end)


def _latest(answers: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> pd.DataFrame:
    inside = answers[_within(answers["answered_at"], start, end)]
    return inside.sort_values("answered_at").drop_duplicates("customer_id", keep="last")


def _churn(orders: pd.DataFrame, start: pd.Timestamp, end: pd.Timestamp) -> float:
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
    ripe = table[_within(table["first"] + pd.Timedelta(days=365), start, end)]
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
    tickets = raw.tickets[raw.tickets["merged_into"].isna() & _within(raw.tickets["created_at"], start, end)].set_index(
        "ticket_id"
    )
    begun = since.reindex(tickets.index).fillna(tickets["created_at"])
    took = reply.reindex(tickets.index) - begun
    return took.dropna().mean() / pd.Timedelta(hours=1)


def _resolution(raw: Raw, start: pd.Timestamp, end: pd.Timestamp) -> float:
    tickets = raw.tickets[raw.tickets["merged_into"].isna()]
    tickets = tickets[_within(tickets["resolved_at"], start, end)]
    took = tickets["resolved_at"] - tickets["first_voiced_at"].fillna(tickets["created_at"])
    return took.mean() / pd.Timedelta(hours=1)


def kpis(raw: Raw, start: pd.Timestamp, end: pd.Timestamp) -> dict[str, float]:
    """The figures of seed S2 for a month, by the definitions of the catalogue."""
    csat = pd.concat([_latest(raw.purchase, start, end)["csat"], _latest(raw.support, start, end)["csat"]])
    nps = _latest(raw.relationship, start, end)["nps"]
    ces = pd.to_numeric(_latest(raw.support, start, end)["ces"])
    sold = raw.orders[_within(raw.orders["created_at"], start, end)]
    year = raw.orders[_within(raw.orders["created_at"], end - pd.DateOffset(years=1), end)]
    churn = _churn(raw.orders, start, end)
    frequency = len(year) / year["customer_id"].nunique()
    first = raw.orders.groupby("customer_id")["created_at"].min()
    spent = raw.costs[(raw.costs["kind"] == "marketing") & (raw.costs["from"] == start.tz_localize(None))][
        "amount"
    ].sum()
    cac = spent / _within(first, start, end).sum()
    clv = sold["net_sales"].mean() * frequency / (12 * churn / 100)
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
        "churn": churn,
        "returned": 100 * sold["returned_at"].notna().mean(),
    }


def _channels(contacts: pd.DataFrame) -> dict[str, float]:
    share = contacts["channel"].value_counts(normalize=True) * 100
    return {name: float(share.get(name, 0)) for name in CHANNELS}


@pytest.fixture(scope="module")
def small(tmp_path_factory) -> Raw:
    """Harbor at a tenth of its size."""
    folder = tmp_path_factory.mktemp("harbor")
    generate(folder, scale=0.1, seed=11)
    return Raw(folder)


def test_every_figure_of_the_dashboard_comes_from_the_rows(small):
    """The twelve KPIs of S2, counted from the raw files of a small Harbor, lie within 2 % of what S2 prints."""
    june, may = kpis(small, JUNE, JULY), kpis(small, MAY, JUNE)
    for name, (printed, change) in PRINTED.items():
        assert june[name] == pytest.approx(printed, rel=0.02), name
        assert may[name] == pytest.approx(printed - change, rel=0.02), name


def test_clv_over_cac_is_not_what_the_kpi_sheet_says(small):
    """X1: the company's own sheet says 3.2:1; its CLV over its CAC is 18.9."""
    sheet = pd.read_csv(small.folder / "finance" / "kpi_sheet.csv").set_index("name")
    assert sheet.loc["CLV:CAC Ratio", "value"] == "3.2:1"
    assert kpis(small, JUNE, JULY)["clv_cac"] == pytest.approx(18.87, rel=0.02)


def test_contacts_have_their_shares_whichever_of_them_count(small):
    """S2:42-46: 35, 40, 20 and 5 % of the contacts of June, of all, of the public, and of those from customers."""
    june = small.contacts[_within(small.contacts["at"], JUNE, JULY)]
    for some in (june, june[june["public"]], june[june["direction"] == "in"]):
        one = 100 / len(some)  # each group rounds by less than one contact
        for name, share in _channels(some).items():
            assert share == pytest.approx(CHANNELS[name], abs=2 * one), name


def test_being_served_and_being_active_are_one_thing(small):
    """K41: the CRM closes accounts after 90 days without an order, so churn by contract and by inactivity agree."""
    crm = pd.read_csv(small.folder / "crm" / "customers.csv")
    for name in ("valid_from", "valid_to", "open_from", "open_to"):
        crm[name] = pd.to_datetime(crm[name], utc=True)
    end = crm[["valid_to", "open_to"]].min(axis=1)
    holds = crm[(crm["valid_from"] <= JUNE) & (crm["open_from"] <= JUNE) & (end.isna() | (end > JUNE))]
    left = crm[_within(crm["open_to"], JUNE, JULY)]["customer_id"].nunique()
    assert holds["customer_id"].is_unique
    assert 100 * left / len(holds) == pytest.approx(_churn(small.orders, JUNE, JULY), abs=1e-9)


def test_no_login_or_named_visit_outlives_the_last_order(small):
    """Activity of any kind and orders alone give the same stretches: logins and named visits lie between orders."""
    times = small.orders.sort_values("created_at").groupby("customer_id")["created_at"]
    first, last = times.min(), times.max()
    events = pd.read_parquet(small.folder / "app" / "events.parquet")
    visits = _lines(small.folder / "web" / "visits.jsonl")
    named = visits[visits["customer_id"].notna()]
    at = pd.concat([events["happened_at"], _instants(named["started"])], ignore_index=True)
    who = pd.concat([events["customer_id"], named["customer_id"]], ignore_index=True)
    assert len(at) > 1000
    assert (at <= who.map(last) + pd.Timedelta(hours=2)).all()
    assert (at > who.map(first) - pd.Timedelta(hours=2)).all()


def test_bad_rows_are_as_many_as_the_truth_says_and_all_extra(small):
    """R041: `planted.json` names every bad row; each stands in its file once, and no good row was spoiled."""
    truth = json.loads((small.folder / "planted.json").read_text())
    dirty = pd.DataFrame(truth["dirty"])
    assert {
        "duplicate_response",
        "out_of_sequence",
        "naive_time",
        "future_time",
        "unknown_code",
        "out_of_range",
    } <= set(dirty["kind"])
    assert {"missing_reference", "bad_type", "blank_required"} <= set(dirty["kind"])
    readers = {"csv": pd.read_csv, "jsonl": _lines, "parquet": pd.read_parquet}
    for (file, key), rows in dirty.groupby(["file", "key"]):
        found = readers[file.rsplit(".", 1)[1]](small.folder / file)[key]
        assert found.is_unique
        assert rows["id"].isin(found).all()
        assert found.str.match(r"[A-Z]+-90").sum() == len(rows)


def test_the_same_seed_gives_the_same_files(tmp_path):
    """Two runs with one seed write the same bytes; another seed does not."""
    prints = []
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        made = generate(tmp_path / name, scale=0.02, seed=seed)
        files = sorted(path for path in made.folder.rglob("*") if path.is_file() and path.suffix != ".sqlite")
        prints.append(
            {str(path.relative_to(made.folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
        )
    assert prints[0] == prints[1]
    assert prints[0]["shop/orders.parquet"] != prints[2]["shop/orders.parquet"]


def test_every_month_has_its_figures_not_only_the_last(small):
    """Satisfaction, recommendation, effort and times follow the plot in each of the 36 complete months."""
    truth = json.loads((small.folder / "planted.json").read_text())["months"]
    plot = pd.read_csv(Path(__file__).parents[2] / "src/regard/demo/data/story.csv").set_index("month")
    told = [label for label, found in truth.items() if "satisfied_of" in found]
    assert len(told) == 37
    for label in told:
        found, goal = truth[label], plot.loc[label]
        assert 100 * found["satisfied"] / found["satisfied_of"] == pytest.approx(
            goal["satisfied"], abs=60 / found["satisfied_of"]
        )
        assert found["resolution_s"] / 3600 == pytest.approx(goal["resolved_h"], rel=0.02)
        assert found["first_reply_s"] / 3600 == pytest.approx(goal["first_reply_h"], rel=0.02)


def test_terms_of_the_membership_fall_due_and_end_one_way(small):
    """The billing database: every term that fell due was renewed or ended, or is younger than three days."""
    with sqlite3.connect(small.folder / "billing" / "billing.sqlite") as base:
        events = pd.read_sql("select kind, count(*) n from membership_event group by kind", base).set_index("kind")["n"]
    assert events["term_due"] == pytest.approx(events["renew"] + events["cancel"], abs=3)
    assert events["start"] > 100


def test_a_scale_too_small_is_refused(tmp_path):
    """Below 0.02 a month has too few answers to place a figure."""
    with pytest.raises(ValueError, match=r"below 0\.02"):
        generate(tmp_path, scale=0.001)
