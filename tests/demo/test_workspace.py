"""Harbor through the product: loaded by its mappings, asked by its metrics, against the second opinion in pandas."""

from __future__ import annotations

import json

import pytest

from tests.demo.opinion import CHANNELS, JULY, JUNE, MAY, channels, kpis, within

RULES = {
    "duplicate_response": {"duplicate-response"},
    "out_of_sequence": {"out-of-sequence"},
    "naive_time": {"naive-time"},
    "future_time": {"future-time"},
    "unknown_code": {"unknown-code"},
    "out_of_range": {"out-of-range", "out-of-scale"},
    "missing_reference": {"missing-reference"},
    "bad_type": {"not-a-number"},
    "blank_required": {"blank"},
}
ASKED = {
    "csat_top2": "csat",
    "nps": "nps",
    "ces_mean": "ces",
    "frt": "first_response_h",
    "resolution_time": "resolution_h",
    "clv": "clv",
    "cac": "cac",
    "clv_cac": "clv_cac",
    "repeat_rate": "repeat",
    "churn": "churn",
    "return_rate": "returned",
}


def test_its_text_holds_no_mistake(loaded):
    """`regard check` finds nothing to say about Harbor's mappings, targets and settings."""
    workspace, _ = loaded
    assert [str(mistake) for mistake in workspace.check()] == []


def test_every_bad_row_is_turned_away_for_its_reason_and_no_good_one(loaded, home):
    """R040-R043: the quarantine holds exactly the rows that `planted.json` names, each under the rule it breaks."""
    workspace, report = loaded
    table = workspace.catalogue.tables["quarantine"]
    connection = workspace.lake.connect()
    workspace.lake.view(connection, table, workspace.lake.version(table.name))
    rows = connection.execute("select place, rule, raw from quarantine").fetchall()
    planted = {
        (each["file"], each["id"]): (each["key"], RULES[each["kind"]])
        for each in json.loads((home / "data" / "planted.json").read_text())["dirty"]
    }
    keys = {file: key for (file, _), (key, _) in planted.items()}
    found = {}
    for place, rule, raw in rows:
        file = place.removeprefix("data/").rsplit(":", 1)[0]
        found.setdefault((file, json.loads(raw)[keys[file]]), set()).add(rule)
    assert set(found) == set(planted)
    assert {one: rules for one, rules in found.items() if not rules <= planted[one][1]} == {}
    assert sum(source.rows for source in report.sources) > 100_000


def test_the_dashboard_of_the_product_is_that_of_pandas(loaded, small):
    """The twelve KPIs of S2, asked of the product for May and June, equal those counted in pandas."""
    workspace, _ = loaded
    answers = workspace.ask(*ASKED, start="2026-05-01", end="2026-07-01", intervals=False)
    by_hand = [kpis(small, MAY, JUNE), kpis(small, JUNE, JULY)]
    for answer, name in zip(answers, ASKED.values(), strict=True):
        got = [cell.estimate.value for cell in answer.cells]
        assert got == pytest.approx([each[name] for each in by_hand], rel=1e-9), name


def test_channels_of_the_product_are_those_of_pandas(loaded, small):
    """S2:42-46 and X23: contacts of customers by channel, and chat at exactly 20 % is in its band of 20 to 30."""
    workspace, _ = loaded
    (answer,) = workspace.ask("channel_share", start="2026-06-01", end="2026-07-01")
    got = {cell.dims["channel"]: cell for cell in answer.cells}
    june = small.contacts[within(small.contacts["at"], JUNE, JULY) & (small.contacts["direction"] == "in")]
    assert {name: cell.estimate.value for name, cell in got.items()} == pytest.approx(channels(june))
    assert set(got) == set(CHANNELS)
    assert got["chat"].estimate.value == pytest.approx(20, abs=1e-9)
    band = got["chat"].target
    assert (band.lo, band.lo_incl) == (20, True)
    assert got["chat"].status != "missed"


def test_loading_twice_changes_nothing(loaded):
    """R036: a second load writes no row anew, and the snapshot stands."""
    workspace, first = loaded
    again = workspace.load()
    assert not [
        (commit.table, commit.inserted, commit.updated) for commit in again.commits if commit.inserted or commit.updated
    ]
    assert again.snapshot == first.snapshot
