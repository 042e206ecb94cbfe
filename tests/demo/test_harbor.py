"""The example company: a second opinion in pandas, straight from the raw files, on every figure it claims."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from regard.demo import generate
from tests.demo.opinion import CHANNELS, JULY, JUNE, MAY, PRINTED, Raw, channels, churn, instants, kpis, lines, within


def test_every_figure_of_the_dashboard_comes_from_the_rows(small):
    """The twelve KPIs of S2, counted from the raw files of a small Harbor, lie within 2 % of what S2 prints."""
    june, may = kpis(small, JUNE, JULY), kpis(small, MAY, JUNE)
    for name, (printed, change) in PRINTED.items():
        assert june[name] == pytest.approx(printed, rel=0.02), name
        assert may[name] == pytest.approx(printed - change, rel=0.02), name


@pytest.mark.slow
def test_at_its_full_size_harbor_shows_what_was_printed(whole):
    """At scale 1 and the seed of `regard demo`, each KPI of S2 and its change come out to the digit printed."""
    raw = Raw(whole.root / "data")
    june, may = kpis(raw, JUNE, JULY), kpis(raw, MAY, JUNE)
    for name, (printed, change) in PRINTED.items():
        digits = 0 if isinstance(printed, int) else 1
        assert round(float(june[name]), digits) == printed, name
        assert round(float(june[name] - may[name]), digits) == change, name
    came = raw.contacts[within(raw.contacts["at"], JUNE, JULY) & (raw.contacts["direction"] == "in")]
    assert {name: round(share, 6) for name, share in channels(came).items()} == CHANNELS


def test_clv_over_cac_is_not_what_the_kpi_sheet_says(small):
    """X1: the company's own sheet says 3.2:1; its CLV over its CAC is 18.9."""
    sheet = pd.read_csv(small.folder / "finance" / "kpi_sheet.csv").set_index("name")
    assert sheet.loc["CLV:CAC Ratio", "value"] == "3.2:1"
    assert kpis(small, JUNE, JULY)["clv_cac"] == pytest.approx(18.87, rel=0.02)


def test_contacts_have_their_shares_whichever_of_them_count(small):
    """S2:42-46: 35, 40, 20 and 5 % of the contacts of June, of all, of the public, and of those from customers."""
    june = small.contacts[within(small.contacts["at"], JUNE, JULY)]
    for some in (june, june[june["public"]], june[june["direction"] == "in"]):
        one = 100 / len(some)  # each group rounds by less than one contact
        for name, share in channels(some).items():
            assert share == pytest.approx(CHANNELS[name], abs=2 * one), name


def test_being_served_and_being_active_are_one_thing(small):
    """K41: the CRM closes accounts after 90 days without an order, so churn by contract and by inactivity agree."""
    crm = pd.read_csv(small.folder / "crm" / "customers.csv")
    for name in ("valid_from", "valid_to", "open_from", "open_to"):
        crm[name] = pd.to_datetime(crm[name], utc=True)
    end = crm[["valid_to", "open_to"]].min(axis=1)
    holds = crm[(crm["valid_from"] <= JUNE) & (crm["open_from"] <= JUNE) & (end.isna() | (end > JUNE))]
    left = crm[within(crm["open_to"], JUNE, JULY)]["customer_id"].nunique()
    assert holds["customer_id"].is_unique
    assert 100 * left / len(holds) == pytest.approx(churn(small.orders, JUNE, JULY), abs=1e-9)


def test_no_login_or_named_visit_outlives_the_last_order(small):
    """Activity of any kind and orders alone give the same stretches: logins and named visits lie between orders."""
    times = small.orders.sort_values("created_at").groupby("customer_id")["created_at"]
    first, last = times.min(), times.max()
    events = pd.read_parquet(small.folder / "app" / "events.parquet")
    visits = lines(small.folder / "web" / "visits.jsonl")
    named = visits[visits["customer_id"].notna()]
    at = pd.concat([events["happened_at"], instants(named["started"])], ignore_index=True)
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
    readers = {"csv": pd.read_csv, "jsonl": lines, "parquet": pd.read_parquet}
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
        files = sorted(path for path in made.folder.rglob("*") if path.is_file())
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
