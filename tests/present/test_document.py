from __future__ import annotations

import csv
import io
import json
import math
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, strategies as st

from regard.plan import Estimate
from regard.present import document
from tests.present.answers import CHANGED, TARGET, answer, cell, metric, months

MAY, JUNE = months(date(2026, 5, 1), 2)
EVIL = '=HYPERLINK("http://x")'


def test_the_document_is_the_contract():
    """Exactly the keys that are promised, and with them definition, snapshot and filters (R125)."""
    full = cell(
        JUNE, target=TARGET, status="met", verdict=CHANGED, previous=Estimate(value=85.2), dims={"channel": "phone"}
    )
    made = document.document(answer(full, by=("channel",), filters="tier = 'gold'"))
    assert [*made][:7] == ["metric", "version", "unit", "good", "as_of", "zone", "cells"]
    assert (made["metric"], made["as_of"], made["zone"]) == ("happy", "2026-07-31T10:00:00Z", "Europe/Berlin")
    assert made["cells"] == [
        {
            "period": "2026-06",
            "dims": {"channel": "phone"},
            "value": 87.31,
            "lo": 85.31,
            "hi": 89.31,
            "n": 1204.0,
            "n_eff": None,
            "coverage": None,
            "flags": [],
            "why": None,
            "target": {
                "lo": 85, "lo_incl": False, "hi": None, "hi_incl": True, "kind": "target", "source": "S2:10",
                "assumed": "",
            },
            "status": "met",
            "previous": 85.2,
            "change": 2.1,
            "change_verdict": "changed",
        }
    ]  # fmt: skip
    assert made["definition"]["value"] == "100 * yes / n"
    assert made["definition"]["options"] == {"K22": "latest"}
    assert (made["snapshot"], made["filters"]["where"]) == ("snap-1", "tier = 'gold'")
    assert json.loads(json.dumps(made, allow_nan=False)) == made


def test_an_option_set_is_told():
    """The document says which options of the choice register were in force."""
    made = document.document(answer(metric=metric(options_set=(("K22", "every"),))))
    assert made["definition"]["options"] == {"K22": "every"}
    assert made["filters"]["options"] == {"K22": "every"}


def test_a_missing_number_is_null_with_a_flag():
    """Null, never 0, and always with a flag that says why."""
    blank = cell(MAY, None, n=0.0)
    [told] = document.document(answer(blank))["cells"]
    assert (told["value"], told["flags"]) == (None, ["empty"])
    bare = replace(blank, estimate=Estimate(value=None))
    [told] = document.document(answer(bare))["cells"]
    assert told["flags"] == ["missing"]


@pytest.mark.parametrize("wrong", [math.nan, math.inf])
def test_nan_never_leaves(wrong):
    """A NaN in an answer is our mistake and stops the document, the lines and the table."""
    broken = answer(replace(cell(MAY), estimate=Estimate(value=wrong)))
    for make in (document.document, lambda a: document.to_csv([a]), lambda a: document.to_arrow([a])):
        with pytest.raises(ValueError, match="None"):
            make(broken)


@pytest.mark.parametrize("text", [EVIL, "+1", "-1", "@x", "\tx", "\rx"])
def test_a_text_cannot_run_in_a_spreadsheet(text):
    """What a customer or a source wrote is text in a spreadsheet too: an apostrophe stands before it."""
    lines = list(
        csv.DictReader(io.StringIO(document.to_csv([answer(cell(MAY, dims={"channel": text}), by=("channel",))])))
    )
    assert lines[0]["channel"] == f"'{text}"


def test_negative_numbers_stay_numbers_in_csv():
    """Only texts are made harmless: a negative number is a number."""
    [line] = csv.DictReader(io.StringIO(document.to_csv([answer(cell(MAY, -12.5))])))
    assert float(line["value"]) == -12.5


@given(st.text())
def test_no_text_begins_like_a_formula(text):
    """Whatever the text, what is written does not begin with a sign that starts a formula."""
    assert not str(document.harmless(text)).startswith(document.DANGEROUS)
    assert str(document.harmless(text)).removeprefix("'") == text.removeprefix("'")


def test_lines_of_several_answers_share_their_columns():
    """Each dimension that any answer is cut by has its column, blank where an answer is not cut by it."""
    made = document.to_csv([answer(cell(MAY)), answer(cell(MAY, dims={"tier": "gold"}), by=("tier",), filters="x = 1")])
    lines = list(csv.DictReader(io.StringIO(made)))
    assert [line["tier"] for line in lines] == ["", "gold"]
    assert [line["filters"] for line in lines] == ["", "x = 1"]
    assert {line["definition"] for line in lines} == {"abc123"}


def test_an_arrow_table_has_types():
    """Numbers are doubles, days are days, blanks are null, even when there is no row at all."""
    made = document.to_arrow([answer(cell(MAY, target=TARGET, verdict=CHANGED, dims={"tier": None}), by=("tier",))])
    assert made.num_rows == 1
    assert str(made.schema.field("start").type) == "date32[day]"
    row = made.to_pylist()[0]
    assert (row["value"], row["tier"], row["start"], row["change_hi"]) == (87.31, None, date(2026, 5, 1), 3.9)
    assert document.to_arrow([answer()]).schema == document.to_arrow([answer(cell(MAY))]).schema


def test_a_notebook_shows_a_table_in_which_nothing_runs():
    """Every text of the page is escaped, and the context stands below the numbers (R125)."""
    shown = document.html(
        [answer(cell(MAY, dims={"channel": "<script>alert(1)</script>"}), by=("channel",), filters="a < 1")]
    )
    assert "<script" not in shown
    assert "&lt;script&gt;" in shown
    assert "as of 2026-07-31T10:00:00Z, zone Europe/Berlin, snapshot snap-1, definition abc123, where a &lt; 1" in shown
