"""Hostile questions and hostile data: nothing crashes, hangs, or reaches the terminal as an order to it (R034)."""

from __future__ import annotations

import io
import json

import pytest
from rich.console import Console

from regard.cli.terminal import Terminal
from regard.errors import Mistake
from regard.present.table import Cell, Column, Table

HOSTILE = "\x1b[31mred\x1b]0;title\x07 \x9b2J \u202eabc"


@pytest.mark.parametrize(
    "days",
    [
        ("--from", "0001"),
        ("--from", "0001-01-01", "--to", "9999-12-30", "--grain", "all"),
        ("--from", "9000-01-02", "--to", "9001"),
        ("--to", "9999"),
        ("--to", "9999-12-31"),
        ("--until", "0001-01-01"),
        ("--from", "1500-01-01", "--grain", "day"),
    ],
)
def test_days_that_nobody_means_are_refused(run, loaded, days):
    """A year at the end of the calendar, or centuries day by day, is an answer in words and not a crash or a hang."""
    done = run("-C", loaded, "ask", "csat_top2", *days)
    assert done.code in (1, 2)
    assert any(said in done.err for said in ("is no time of ours", "last day that there is", "periods"))


@pytest.mark.parametrize("option", ["--until", "--as-of"])
@pytest.mark.parametrize("when", ["9999-12-31", "9999-12-31T23:59:59-12:00"])
def test_the_end_of_time_is_now(run, loaded, option, when):
    """A cut at the end of the calendar leaves out nothing."""
    plain = run("-C", loaded, "ask", "csat_top2", "--grain", "all", "--to", "2026-04-01", "--json")
    late = run("-C", loaded, "ask", "csat_top2", "--grain", "all", "--to", "2026-04-01", option, when, "--json")
    assert late.code == 0
    values = [json.loads(done.out)["cells"][0]["value"] for done in (plain, late)]
    assert values[0] == values[1]


@pytest.mark.parametrize("cut", [("--by", "segment"), ("--where", "segment = 'family'")])
def test_what_customers_are_is_known_where_no_cells_are_kept(run, loaded, cut):
    """A distinct count, whose cells are not kept, can be the first question of all and be cut by the customers."""
    done = run("-C", loaded, "ask", "unique_visitors", *cut, "--grain", "all", "--no-intervals")
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("number", ["1e400 > 1", "1e300 h > 1 h"])
def test_a_number_beyond_all_numbers_is_a_mistake(run, loaded, number):
    """What a double or 64 bits cannot hold is refused where it is written."""
    done = run("-C", loaded, "ask", "csat_top2", "--where", number)
    assert (done.code, "too-large" in done.err) == (1, True)


@pytest.mark.parametrize(("line", "rule"), [("reject_limit = nan", "out-of-range"), ("x = " + "[" * 3000, "too-deep")])
def test_a_configuration_that_cannot_be_meant_is_a_mistake(run, unloaded, line, rule):
    """Neither a limit that nothing exceeds nor endless brackets pass, and neither breaks the reader."""
    (unloaded / "regard.toml").write_text(f'name = "t"\n{line}\n')
    done = run("-C", unloaded, "check")
    assert (done.code, rule in done.out + done.err) == (1, True)


def test_a_terminal_never_obeys_the_data():
    """Escape sequences and signs that turn text round are shown, not sent, wherever text of the data is written."""
    sink = io.StringIO()
    console = Console(file=sink, force_terminal=True, color_system=None, width=200, legacy_windows=False)
    terminal = Terminal(out=console, err=console)
    terminal.table(Table(HOSTILE, (Column(HOSTILE),), ((Cell(HOSTILE),),), (HOSTILE,)))
    terminal.say(HOSTILE)
    terminal.error(HOSTILE)
    terminal.mistakes([Mistake(rule="r", message=HOSTILE, file=HOSTILE, field=HOSTILE, value="\x1b[0m", hint=HOSTILE)])
    terminal.raw(HOSTILE)
    terminal.json({"value": HOSTILE})
    written = sink.getvalue()
    assert not set(written) & {"\x1b", "\x07", "\x9b", "\u202e"}
    assert "\\u001b[31mred" in written


def test_json_says_control_signs_as_escapes(capsys):
    """A JSON document holds the same text, but no sign that a terminal would obey when it is shown there."""
    Terminal.standard().json({"value": HOSTILE})
    out = capsys.readouterr().out
    assert json.loads(out) == {"value": HOSTILE}
    assert not set(out) & {"\x1b", "\x07", "\x9b", "\u202e"}


def test_a_text_that_no_terminal_can_write_is_written_as_its_code():
    """Where an encoding lacks a sign, its code stands there instead of a crash."""
    sink = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    console = Console(file=sink, width=80)
    Terminal(out=console, err=console).say("caf\u00e9 \ud800")
    sink.flush()
    assert sink.buffer.getvalue().strip() == b"caf\\xe9 \\ud800"


@pytest.mark.parametrize("deep", ["[" * 100_000, '{"a":' * 100_000, "[" * 3000 + "]" * 3000])
def test_endless_brackets_in_a_file_are_told_at_once(run, unloaded, deep):
    """A line of brackets without end is refused in a moment, in a short message."""
    mapping = (unloaded / "sources" / "example.yaml").read_text()
    (unloaded / "sources" / "example.yaml").write_text(mapping.replace("csv: data/survey.csv", "jsonl: data/s.jsonl"))
    row = {"answer": "1", "email": "a", "channel": "phone", "at": "01.03.2026 10:00", "stars": "4"}
    (unloaded / "data" / "s.jsonl").write_text(json.dumps(row) + "\n" + json.dumps(row)[:-1] + f', "x": {deep}}}\n')
    done = run("-C", unloaded, "load")
    assert (done.code, len(done.err) < 500) == (1, True)
    assert "data/s.jsonl" in done.err
