from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

from regard.catalog import BUILTIN
from regard.cli.options import first_day, last_day, read_settings
from regard.cli.terminal import Terminal
from regard.present import words
from tests.cli.conftest import WRITE

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.txt"))
CELL = {
    "period": str, "dims": dict, "value": float | None, "lo": float | None, "hi": float | None, "n": float | None,
    "n_eff": float | None, "coverage": float | None, "flags": list, "why": str | None, "target": dict | None,
    "status": str | None, "previous": float | None, "change": float | None, "change_verdict": str | None,
}  # fmt: skip
ANSWER = {
    "metric": str, "version": int, "unit": str, "good": str, "as_of": str, "zone": str, "cells": list,
    "definition": dict, "snapshot": str, "filters": dict, "currency": str, "notes": list,
}  # fmt: skip


def scrubbed(text):
    """Return a text without what differs from run to run: times of the load, and hashes."""
    text = re.sub(r"snap-\S+Z", "snap-*", text)
    text = re.sub(r"as of \S+Z", "as of *", text)
    return re.sub(r"(definition|hash) [0-9a-f]{12}", r"\1 *", text)


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_golden(file, run, loaded, monkeypatch, request):
    """A command line and what it prints, in one file that people read; `REGARD_GOLDEN=write` writes it anew."""
    typed, _, expected = file.read_text().partition("\n")
    width, _, arguments = typed.removeprefix("# ").partition(" columns: regard ")
    monkeypatch.setenv("COLUMNS", width)
    told = run("-C", loaded, *re.findall(r'"[^"]+"|\S+', arguments.replace('"', "")))
    got = "\n".join(line.rstrip() for line in scrubbed(told.out).splitlines()) + "\n"
    if request.config.stash[WRITE]:
        file.write_text(f"{typed}\n{got}")
    assert got == expected


def fits(document, schema):
    """Whether a JSON object has exactly the keys of a schema, each of its type."""
    assert [*document] == [*schema]
    for name, kind in schema.items():
        value = float(document[name]) if isinstance(document[name], int) and kind is not int else document[name]
        assert isinstance(value, kind), (name, document[name])
    return True


def test_json_is_one_document_of_the_contract(run, loaded):
    """`--json` prints one object for one metric, exactly as promised, and nothing else on stdout."""
    told = run("-C", loaded, "ask", "csat_top2", "--by", "channel", "--json")
    found = json.loads(told.out)
    assert fits(found, ANSWER)
    assert all(fits(cell, CELL) for cell in found["cells"])
    assert {cell["period"] for cell in found["cells"]} == {"2026-01", "2026-02", "2026-03"}


def test_json_of_several_metrics_is_a_list(run, loaded):
    """Several metrics give a list in the order asked."""
    found = json.loads(run("-C", loaded, "ask", "csat_index", "csat_top2", "--json", "--grain", "all").out)
    assert [each["metric"] for each in found] == ["csat_index", "csat_top2"]


def test_the_numbers_are_those_of_the_file(run, loaded):
    """What `ask` says is what counting the file by hand gives; the two bad rows are not in it."""
    lines = list(csv.DictReader((loaded / "data" / "survey.csv").open()))
    march = [int(line["stars"]) for line in lines if ".03.2026" in line["at"] and line["answer"] != "A9-1"]
    found = json.loads(run("-C", loaded, "ask", "csat_top2", "--from", "2026-03", "--to", "2026-03", "--json").out)
    [cell] = found["cells"]
    assert cell["n"] == len(march) == 150
    assert cell["value"] == pytest.approx(100 * sum(stars >= 4 for stars in march) / len(march))
    assert (cell["status"], cell["change_verdict"]) == ("met", "changed")


def test_options_of_the_register_are_set_and_told(run, loaded):
    """`--set k22=every` changes the definition that is used, and the answer says so (R125)."""
    plain = json.loads(run("-C", loaded, "ask", "csat_top2", "--json").out)
    every = json.loads(run("-C", loaded, "ask", "csat_top2", "--set", "k22=every", "--json").out)
    assert every["filters"]["options"] == {"K22": "every"}
    assert every["definition"]["hash"] != plain["definition"]["hash"]


def test_csv_is_harmless(run, loaded):
    """A channel that is called `=cmd` arrives in a spreadsheet as a text."""
    lines = list(csv.DictReader(io.StringIO(run("-C", loaded, "ask", "csat_top2", "--by", "channel", "--csv").out)))
    assert {line["channel"] for line in lines} == {"phone", "chat", "'=cmd"}
    assert {line["filters"] for line in lines} == {""}


def test_nothing_compared_nothing_told(run, loaded):
    """`--compare none` leaves change and verdict out."""
    told = run("-C", loaded, "ask", "csat_top2", "--compare", "none")
    assert "is it real?" not in told.out
    assert "2026-03" in told.out


def test_a_question_that_cannot_be_answered_says_what_would(run, loaded):
    """A wrong dimension, day, choice or metric is one sentence on stderr, code 1 or 2, and stdout stays empty."""
    for arguments, hint in (
        (("csat_top3",), "csat_top2"),
        (("csat_top2", "--by", "chanel"), "channel"),
        (("csat_top2", "--from", "someday"), "2026-06-30"),
        (("csat_top2", "--set", "K22"), "K22=every"),
        (("csat_top2", "--set", "K22=some"), "latest"),
        (("csat_top2", "--where", "chanel = 'x'"), "channel"),
        (("csat_top2", "--json", "--csv"), "--json"),
    ):
        told = run("-C", loaded, "ask", *arguments)
        assert told.code in {1, 2}
        assert told.out == ""
        assert hint in told.err
        assert "Traceback" not in told.err


def test_days_months_and_years():
    """A day ends before it, a month or year is taken in whole."""
    assert [str(first_day(text)) for text in ("2026-06-30", "2026-06", "2026")] == [
        "2026-06-30",
        "2026-06-01",
        "2026-01-01",
    ]
    assert [str(last_day(text)) for text in ("2026-06-30", "2026-06", "2026")] == [
        "2026-06-30",
        "2026-07-01",
        "2027-01-01",
    ]
    assert first_day(None) is last_day(None) is None
    assert read_settings([" k22 = every ", "K22=every"]) == {"K22": "every"}


def test_load_says_what_was_turned_away(run, unloaded):
    """A first load shows each source and each rule; a second one finds nothing new."""
    first = run("-C", unloaded, "load")
    assert first.code == 0
    assert re.search(r"survey +response +score +out-of-scale +1\n", first.out)
    assert re.search(r"survey +response +answered_at +not-a-time +1\n", first.out)
    assert "452 rows read, 2 turned away" in first.out
    assert "regard findings" in first.err
    second = json.loads(run("-C", unloaded, "load", "--json").out)
    assert [source["skipped"] for source in second["sources"]] == [True]
    assert second["commits"] == []


def test_too_many_bad_rows_exit_with_two(run, unloaded):
    """Above the limit the code is 2, the report is printed all the same, and the good rows are in."""
    told = run("-C", unloaded, "load", "--limit", "0.1")
    assert told.code == 2
    assert "2 turned away" in told.out
    assert told.err.startswith("error: ")
    assert run("-C", unloaded, "ask", "csat_top2").code == 0


def test_an_unknown_source_gets_a_suggestion(run, unloaded):
    """A source that is not there is refused before anything is read."""
    told = run("-C", unloaded, "load", "servey")
    assert told.code == 1
    assert "did you mean 'survey'?" in told.err


def test_findings_show_the_row(run, loaded):
    """Each finding has its rule, its source and an example as it came."""
    told = run("-C", loaded, "findings")
    assert told.code == 0
    assert "out-of-scale" in told.out
    assert '"email": "x@example.com"' in told.out
    found = json.loads(run("-C", loaded, "findings", "--rule", "not-a-time", "--json").out)
    assert [(each["rule"], each["count"], each["examples"][0]["value"]) for each in found] == [
        ("not-a-time", 1, "soon")
    ]


def test_no_findings_is_said(run, loaded):
    """A filter that leaves nothing says so."""
    assert run("-C", loaded, "findings", "--kind", "privacy").out == "No open findings.\n"
    assert run("-C", loaded, "findings", "--kind", "privacy", "--json").out == "[]\n"


def test_check_is_silent_about_what_is_right(run, loaded):
    """A workspace without mistakes exits with 0 and says how much was looked at."""
    told = run("-C", loaded, "check")
    assert told.code == 0
    assert told.out.startswith("No mistakes: ")
    assert run("-C", loaded, "check", "--json").out == "[]\n"


def test_check_tells_every_mistake_with_its_place(run, copied):
    """Mistakes of metrics, targets, sources and regard.toml come together, each with file, line, rule and hint."""
    (copied / "metrics" / "own.yaml").write_text("metric: own\nlike: csat_top2\ntitel: Own\n")
    (copied / "policies" / "targets.yaml").write_text("targets:\n  - {metric: csat_top3, lo: 1, source: me}\n")
    source = copied / "sources" / "example.yaml"
    source.write_text(source.read_text().replace("score: stars", "skore: stars"))
    told = run("-C", copied, "check")
    assert told.code == 1
    assert re.search(
        r"metrics/own\.yaml:3(:\d+)?: titel\n.*\[unknown-field\]\n(.*\n)?.*did you mean 'title'\?", told.out
    )
    assert re.search(r"targets\.yaml:2.*\n.*csat_top3.*\n.*did you mean 'csat_top2'\?", told.out)
    assert re.search(r"example\.yaml:19.*\n.*skore", told.out)
    assert re.fullmatch(r"error: \d+ mistakes in 3 files\n", told.err)
    found = json.loads(run("-C", copied, "check", "--json").out)
    assert {"rule", "message", "file", "line", "column", "field", "value", "hint"} == set(found[0])


def test_check_of_a_broken_configuration(run, copied):
    """A mistake in regard.toml is told like any other."""
    (copied / "regard.toml").write_text('name = "Tiny"\nzone = "Europe/Berlim"\n')
    told = run("-C", copied, "check")
    assert told.code == 1
    assert re.search(r"regard\.toml:2.*\n.*Europe/Berlim", told.out)


def test_show_opens_more_than_metrics(run, loaded):
    """Tables, dimensions, choices and sources are shown too; a source with the SQL that it is."""
    assert "never blank" in run("-C", loaded, "show", "response").out
    assert "Channel" in run("-C", loaded, "show", "channel").out
    assert "every answer" in run("-C", loaded, "show", "k22").out
    survey = run("-C", loaded, "show", "survey_id")
    assert survey.code == 1
    source = run("-C", loaded, "show", "response", "--json")
    assert json.loads(source.out)["name"] == "response"


def test_show_json_holds_formula_words_and_sql(run, loaded):
    """`show --json` has all that the page shows."""
    found = json.loads(run("-C", loaded, "show", "csat_top2", "--json").out)
    assert found["definition"]["value"] == "100 * satisfied / n"
    assert found["words"]["value"] == "100 times satisfied divided by n"
    assert "metric: csat_top2" in found["text"]
    assert "response_seq" in "".join(found["sql"])
    assert found["choices"]["K22"]["in_force"] == "latest"


def test_show_stands_side_by_side_where_there_is_room(run, loaded, monkeypatch):
    """On a wide terminal what is written and what it means share lines; on a narrow one nothing is cut."""
    monkeypatch.setenv("COLUMNS", "180")
    wide = run("-C", loaded, "show", "csat_top2", "--no-sql").out
    assert re.search(r"^metric: csat_top2 .* {3,}What share of customers were satisfied\?$", wide, re.MULTILINE)
    monkeypatch.setenv("COLUMNS", "60")
    narrow = run("-C", loaded, "show", "csat_top2", "--no-sql").out
    told, _, written = narrow.partition("as written\n")
    assert max(len(line) for line in told.splitlines()[1:]) <= 60
    text = (BUILTIN / "metrics" / "voc" / "csat.yaml").read_text().partition("\n---")[0]
    assert [line[2:] for line in written.splitlines()[1:]] == text[text.index("metric:") :].splitlines()


def test_colours_only_where_they_are_wanted(run, loaded, monkeypatch):
    """Colours come on a terminal, never with NO_COLOR; every status has its mark without them."""
    assert "\x1b[" not in run("-C", loaded, "ask", "csat_top2").out
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[32m" in run("-C", loaded, "ask", "csat_top2").out
    monkeypatch.setenv("NO_COLOR", "1")
    plain = run("-C", loaded, "ask", "csat_top2").out
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]m", plain)
    assert words.STATUS["met"].sign in plain


def test_json_has_no_colour_on_a_terminal(run, loaded, monkeypatch):
    """`--json` is a document even where colours are forced."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert json.loads(run("-C", loaded, "ask", "csat_top2", "--json").out)["metric"] == "csat_top2"


def test_a_pipe_loses_no_column(run, loaded, monkeypatch):
    """Where nobody said how wide lines are, none is left out."""
    monkeypatch.delenv("COLUMNS")
    assert "is it real?" in run("-C", loaded, "ask", "csat_top2").out
    monkeypatch.setenv("COLUMNS", "60")
    narrow = run("-C", loaded, "ask", "csat_top2").out
    assert "is it real?" not in narrow
    assert words.LEGEND.split(",")[0] in narrow


def test_a_terminal_that_knows_only_ascii():
    """Marks and sparklines have plain stand-ins."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    terminal = Terminal.standard()
    terminal.out.file = out
    terminal.say(words.LEGEND)
    out.seek(0)
    assert "+ met, x missed, ~ too close to call" in out.read()
