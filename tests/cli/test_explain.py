"""One number, opened; and which registered variant gives what somebody else states."""

from __future__ import annotations

import json

import pytest

from regard.workspace import Workspace


@pytest.fixture(scope="module")
def opened(loaded):
    """Return satisfaction in March of the small workspace, opened with the value that every answer would give."""
    workspace = Workspace.open(loaded)
    [cell] = workspace.ask("csat_top2", start="2026-03-01", end="2026-04-01", options={"K22": "every"}).cells
    return cell.estimate


def test_a_number_is_opened(run, loaded):
    """Leaves add up to the value; rows, choices, version, snapshot and the hash of the file are named."""
    told = json.loads(run("-C", loaded, "explain", "csat_top2", "--period", "2026-03", "--json").out)
    leaves = {one["name"]: one["value"] for one in told["leaves"]}
    [cell] = told["answer"]["cells"]
    assert cell["value"] == pytest.approx(100 * leaves["satisfied"] / leaves["n"])
    assert told["rows"]["answers"] == {"table": "response_seq", "rows": leaves["n"], "made_of": ["response", "party"]}
    [origin] = told["origins"]
    assert (origin["table"], origin["source"], list(origin["files"])) == ("response", "survey", ["data/survey.csv"])
    assert told["run"].startswith("run-")


def test_the_words_say_the_same(run, loaded):
    """In the terminal: the number with its interval, the option in force of every choice, where the rows came from."""
    told = run("-C", loaded, "explain", "csat_top2", "--period", "2026-03", "--set", "K22=every")
    assert told.code == 0, told.err
    for shown in ("Leaves", "satisfied", "K22", "every", "data/survey.csv", "definition", "snapshot"):
        assert shown in told.out


def test_what_others_state_is_found_among_the_variants(run, loaded, opened):
    """A value that every answer gives is told as that choice, nearest first, as far as it was written."""
    expected = f"{opened.value:.1f} %"
    told = run("-C", loaded, "explain", "csat_top2", "--period", "2026-03", "--expected", expected)
    assert f"Your {expected} = csat_top2 (" in told.out
    found = json.loads(
        run("-C", loaded, "explain", "csat_top2", "--period", "2026-03", "--expected", expected, "--json").out
    )["variants"]
    assert {"K22": "every"} in [one["options"] for one in found if one["same"]]
    sizes = [abs(one["off"]) for one in found if one["off"] is not None]
    assert sizes == sorted(sizes)
    assert {"csat_index", "csat_mean", "csat_net"} <= {one["metric"] for one in found}


def test_a_value_that_no_variant_gives_is_told(run, loaded):
    """Where nothing registered gives the value, the nearest is named, and what else could be."""
    told = run("-C", loaded, "explain", "csat_top2", "--period", "2026-03", "--expected", "12345")
    assert "No registered variant gives 12345; the nearest" in told.out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--period", "March"), "is no day, month or year"),
        (("--period", "2026-03", "--expected", "many"), "holds no number"),
    ],
)
def test_what_was_typed_wrong_is_told(run, loaded, arguments, said):
    """A period or value that is none is a typing mistake."""
    told = run("-C", loaded, "explain", "csat_top2", *arguments)
    assert told.code == 2
    assert said in told.err


@pytest.mark.parametrize(
    ("period", "label"),
    [("2026", "2026"), ("2026-Q1", "2026-Q1"), ("2026-03", "2026-03"), ("2026-03-05", "2026-03-05")],
)
def test_periods_are_years_quarters_months_and_days(run, loaded, period, label):
    """A period is typed as it is shown."""
    told = run("-C", loaded, "explain", "csat_top2", "--period", period)
    assert f", {label}\n" in told.out
