"""Harbor for Merchants: counted from its raw files in pandas, and asked of the product."""

from __future__ import annotations

import hashlib
import json
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from regard.demo.harbor import MERCHANTS
from regard.demo.merchants import generate
from regard.workspace import Workspace

SCALE, SEED = 0.1, 11
"""Of the company that all these tests share."""
LIMIT = 120
END = pd.Timestamp("2026-07-31T10:00:00Z")
FIRST, LAST = (pd.Timestamp(day, tz="America/New_York") for day in ("2025-07-01", "2026-07-01"))
EPOCH, SECOND = pd.Timestamp(0, tz="UTC"), pd.Timedelta(seconds=1)
MINUTE, YEAR = pd.Timedelta(minutes=1), pd.Timedelta(days=365)


class Exports:
    """The raw files of the merchants, read by pandas."""

    def __init__(self, folder):
        self.folder = folder
        self.accounts, self.users, self.impacts, self.tickets, self.answers = (
            self.read(name) for name in ("crm/accounts", "crm/users", "ops/impacts", "desk/tickets", "survey/merchants")
        )
        lines = (folder / "billing" / "contracts.jsonl").read_text(encoding="utf-8").splitlines()
        self.history = pd.json_normalize([json.loads(line) for line in lines], "history", ["account_id"])
        self.history["at"] = pd.to_datetime(self.history["at"], utc=True)
        self.incidents = pd.read_json(folder / "ops" / "incidents.jsonl", lines=True).set_index("incident")

    def read(self, name):
        """Read a file, its times as instants."""
        table = pd.read_csv(self.folder / f"{name}.csv")
        for column in [each for each in table if each.endswith("_at") or each in {"from", "to"}]:
            table[column] = pd.to_datetime(table[column], utc=True)
        return table

    def terms(self):
        """Terms that fell due in the twelve months to June 2026, with minutes lost and whether they were renewed.

        A minute in which several users of an account lost something is one: minutes are put into a set.
        """
        due = self.history[
            (self.history["what"] == "term_due") & self.history["at"].between(FIRST, LAST, "left")
        ].copy()
        renewed = self.history[self.history["what"] == "renew"].groupby("account_id")["at"].apply(list)
        losses = self.impacts.merge(self.users[["user_id", "account_id"]], on="user_id")
        seconds = losses.assign(**{name: (losses[name] - EPOCH) // SECOND for name in ("from", "to")})
        spans = {who: list(zip(rows["from"], rows["to"], strict=True)) for who, rows in seconds.groupby("account_id")}
        lost, kept = [], []
        for row in due.itertuples():
            since, until = ((at - EPOCH) // SECOND for at in (row.at - YEAR, row.at))
            mine = ((max(start, since), min(end, until)) for start, end in spans.get(row.account_id, []))
            lost.append(len({at for start, end in mine for at in range(start, end)}) / 60)
            later = renewed.get(row.account_id, [])
            kept.append(any(row.at < at < row.at + pd.Timedelta(days=30) for at in later))
        return due.assign(lost=lost, renewed=kept)


@pytest.fixture(scope="module")
def exports(home):
    """The raw files."""
    return Exports(home / MERCHANTS / "data")


@pytest.fixture(scope="module")
def loaded(home):
    """The workspace after its first load, and the report of that load."""
    workspace = Workspace.open(home / MERCHANTS)
    return workspace, workspace.load()


def test_there_are_as_many_as_planned(exports):
    """900 accounts with 7,000 users at scale 1 when the story ends; nobody is there longer than the account."""
    assert exports.accounts["closed_at"].isna().sum() == 900 * SCALE
    here = exports.users[exports.users["removed_at"].isna()]
    assert len(here) == 7_000 * SCALE
    both = exports.users.merge(exports.accounts, on="account_id")
    assert (both["added_at"] >= both["signed_at"]).all()
    assert (both["removed_at"].fillna(END) <= both["closed_at"].fillna(END)).all()
    assert set(here["account_id"]) == set(exports.accounts.loc[exports.accounts["closed_at"].isna(), "account_id"])


def test_contracts_are_yearly_and_end_where_they_are_not_renewed(exports):
    """Each term falls due a year after the one before; an account closes when its last term was due and not renewed."""
    due = exports.history[exports.history["what"] == "term_due"].groupby("account_id")["at"]
    signed = exports.accounts.set_index("account_id")["signed_at"]
    closed = exports.accounts.set_index("account_id")["closed_at"].dropna()
    for account, moments in due:
        assert [(at - signed[account]) % YEAR for at in moments] == [pd.Timedelta(0)] * len(moments)
        assert moments.is_unique
    assert (due.max().reindex(closed.index) == closed).all()
    assert (exports.history["at"] < END).all()


def test_whom_failures_hit_was_there(exports):
    """A listed user of the named edition had been added and was not removed; no two failures overlap."""
    rows = exports.impacts.merge(exports.users, on="user_id").merge(exports.accounts, on="account_id")
    assert ((rows["added_at"] <= rows["from"]) & (rows["removed_at"].fillna(END) >= rows["to"])).all()
    assert (rows["closed_at"].fillna(END) >= rows["to"]).all()
    titled = rows["incident"].map(exports.incidents["title"]).str.contains("Classic")
    assert set(rows.loc[titled, "portal"]) == {"classic"}
    spans = rows.groupby("incident").agg({"from": "min", "to": "max"}).sort_values("from")
    assert (spans["from"].iloc[1:].to_numpy() > spans["to"].iloc[:-1].to_numpy()).all()


def test_merchants_who_lost_two_hours_renew_less(exports):
    """Terms due in twelve months: 71 % renewed after more than 120 minutes lost, 90 % of the others; their value."""
    terms = exports.terms()
    much = terms["lost"] > LIMIT
    planted = json.loads((exports.folder / "planted.json").read_text())
    for rows, name, share in ((terms[much], "lost_more", 0.71), (terms[~much], "lost_less", 0.90)):
        assert planted[name] == {"due": len(rows), "renewed": rows["renewed"].sum()}
        assert rows["renewed"].mean() == pytest.approx(share, abs=0.501 / len(rows))
        assert len(rows) > 20
    assert terms.loc[much, "value"].sum() == pytest.approx(1_100_000 * SCALE, rel=1e-3)


def test_the_product_counts_as_pandas_does(loaded, exports):
    """Everything is loaded; renewals by minutes of the year before, and their value, are those of the raw files."""
    workspace, report = loaded
    assert workspace.check() == []
    assert report.refused == 0
    terms = exports.terms()
    found = workspace.dose("renewal", over="year", bands=[LIMIT])
    ends = [-1, LIMIT, np.inf]
    groups = [terms[(terms["lost"] > low) & (terms["lost"] <= high)] for low, high in pairwise(ends)]
    assert [one.n for one in found.response.raw] == [len(rows) for rows in groups]
    assert [one.value for one in found.response.raw] == pytest.approx(
        [100 * rows["renewed"].mean() if len(rows) else None for rows in groups]
    )
    assert list(found.due) == pytest.approx([rows["value"].sum() for rows in groups])
    assert found.strata == 3


def test_an_account_loses_a_minute_when_a_user_does(loaded, exports):
    """K01, K02: by users every user's minutes, by accounts the time in which any user lost something."""
    workspace, _ = loaded
    june = {"start": "2026-06-01", "end": "2026-07-01"}
    rows = exports.impacts[exports.impacts["from"] >= LAST - pd.DateOffset(months=1)].merge(exports.users, on="user_id")
    rows = rows[rows["from"] < LAST]
    [by_user] = workspace.ask("cml", options={"K01": "user"}, **june).cells
    [by_account] = workspace.ask("cml", **june).cells
    assert by_user.estimate.value == pytest.approx(((rows["to"] - rows["from"]) / MINUTE).sum())
    # Failures end for all at once, so an account's loss runs from its first user's.
    spans = rows.groupby(["incident", "account_id"]).agg({"from": "min", "to": "max"})
    assert by_account.estimate.value == pytest.approx(((spans["to"] - spans["from"]) / MINUTE).sum())
    assert by_account.estimate.value < by_user.estimate.value


def test_those_who_lost_much_recommend_less(whole):
    """The survey, the tickets: owners who lost an hour in the year before are less pleased; tickets follow failures."""
    exports = Exports(whole.root / MERCHANTS / "data")
    answers = exports.answers.dropna(subset=["recommend"]).merge(exports.users, on="user_id")
    classic = answers["account_id"].map(exports.accounts.set_index("account_id")["portal"]) == "classic"
    late = answers["invited_at"] > FIRST
    assert answers.loc[late & ~classic, "recommend"].mean() - answers.loc[late & classic, "recommend"].mean() > 1
    about = exports.tickets[exports.tickets["incident"].notna()]
    assert 0.2 < len(about) / len(exports.tickets) < 0.8
    felt = exports.impacts.groupby("incident")["from"].min()
    assert about["created_at"].gt(about["incident"].map(felt)).all()


def test_the_same_seed_gives_the_same_files(exports, tmp_path):
    """Bytes are the same for seed and scale; another seed gives other merchants."""

    def bytes_of(folder):
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        return {path.relative_to(folder): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    for name, seed in (("again", SEED), ("other", SEED + 1)):
        generate(tmp_path / name, scale=SCALE, seed=seed)
    assert bytes_of(tmp_path / "again") == bytes_of(exports.folder)
    assert bytes_of(tmp_path / "other") != bytes_of(exports.folder)
