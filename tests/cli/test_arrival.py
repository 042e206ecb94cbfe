"""The first hour at the command line: `init --from`, `preview`, `ready`, findings with their mend, `load --retry`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

BAKERY = Path(__file__).parents[1] / "docs" / "bakery"


@pytest.fixture
def arrived(run, tmp_path) -> Path:
    """Return a workspace made from the two files of a bakery, guesses taken."""
    folder = tmp_path / "bakery"
    told = run(
        "init", folder, "--yes", "--zone", "Europe/Berlin", "--from", BAKERY / "orders.csv", BAKERY / "survey.csv"
    )
    assert told.code == 0, told.err
    return folder


def test_files_become_a_workspace_that_loads(run, arrived):
    """From two files to a checked, loaded workspace; guesses are marked, zone and end of the story set."""
    config = (arrived / "regard.toml").read_text()
    assert 'zone = "Europe/Berlin"' in config
    assert 'until = "2026-04-01"' in config
    assert sorted(path.name for path in (arrived / "sources").iterdir()) == ["orders.yaml", "survey.yaml"]
    assert "# guessed" in (arrived / "sources" / "survey.yaml").read_text()
    assert run("-C", arrived, "check").code == 0
    assert run("-C", arrived, "load").code == 0


def test_what_a_file_cannot_tell_is_asked(run, tmp_path, monkeypatch):
    """Zone and direction of the scale are asked; an answer that will not do is asked again; answers are no guesses."""
    answers = iter(["yes", "Mars/North", "Europe/Berlin"])
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(answers))
    folder = tmp_path / "asked"
    told = run("init", folder, "--from", BAKERY / "survey.csv")
    assert told.code == 0, told.err
    text = (folder / "sources" / "survey.yaml").read_text()
    assert re.search(r"zone: Europe/Berlin +# as answered", text)
    assert re.search(r"polarity: \{const: high_good\} +# as answered", text)
    assert "'Mars/North' will not do." in told.err


def test_nothing_is_written_when_a_file_cannot_be_read(run, tmp_path):
    """A missing file is told in one line, and no folder is left behind."""
    told = run("init", tmp_path / "new", "--yes", "--from", tmp_path / "none.csv")
    assert told.code == 1
    assert "there is no file" in told.err
    assert not (tmp_path / "new").exists()


def test_a_file_of_which_nothing_is_loaded_says_what_it_lacks(run, tmp_path):
    """What it is most like and what no column says; `load` and `ask` say why there is nothing to count."""
    (tmp_path / "odd.csv").write_text("Ticket no,Status,Priority,Subject\n1,Open,high,a\n2,Closed,low,b\n")
    (tmp_path / "plain.csv").write_text("shelf,sku\nA,1\nB,2\n")
    told = run("init", tmp_path / "new", "--yes", "--from", tmp_path / "odd.csv", tmp_path / "plain.csv")
    assert told.code == 0
    assert (
        "odd: nothing is loaded from it yet: it is most like the table case, and no column of it says opened_at"
        in told.err
    )
    assert "plain: nothing is loaded from it yet: it is like no table" in told.err
    assert "Nothing had to be guessed" not in told.out
    told = run("-C", tmp_path / "new", "load")
    assert (told.code, "There is nothing to load" in told.out, "0 rows read" in told.out) == (0, True, False)
    assert "no mapping in new/sources is in use" in run("-C", tmp_path / "new", "ask", "csat_top2").err


def test_a_currency_that_nobody_says_is_told(run, tmp_path):
    """Amounts without a sign are shown in euros until somebody says otherwise, and that is said aloud."""
    (tmp_path / "plain.csv").write_text("order_id,email,ordered_at,total\n1,a@x.example,2026-01-05,5.00\n")
    (tmp_path / "said.csv").write_text("order_id,email,ordered_at,total\n1,a@x.example,2026-01-05,$5.00\n")
    told = run("init", tmp_path / "a", "--yes", "--from", tmp_path / "plain.csv")
    assert "No file says the currency of its amounts: they are shown in EUR" in told.err
    assert "No file says" not in run("init", tmp_path / "b", "--yes", "--from", tmp_path / "said.csv").err


def test_files_without_from_are_refused(run, tmp_path):
    """A file given without --from is a typing mistake, not silently left out."""
    told = run("init", tmp_path / "new", BAKERY / "survey.csv")
    assert told.code == 2
    assert "--from" in told.err


def test_a_preview_writes_nothing(run, arrived):
    """Rows before and after, and rejects by rule; the folder is as it was."""
    before = sorted(str(path) for path in arrived.rglob("*"))
    told = run("-C", arrived, "preview", "orders")
    assert told.code == 0, told.err
    for shown in ("05.01.2026 18:22", "2026-01-05T17:22:00Z", "not-a-number", "n. n.", "nothing was written"):
        assert shown in told.out
    seen = json.loads(run("-C", arrived, "preview", "orders", "--json").out)
    assert (seen["rows"], seen["refused"], seen["mapped"]["order"][0]) == (256, 2, 242)
    assert sorted(str(path) for path in arrived.rglob("*")) == before


def test_a_preview_of_what_is_not_there_suggests(run, arrived):
    """A misspelt source gets the one that was meant."""
    told = run("-C", arrived, "preview", "order")
    assert (told.code, "did you mean 'orders'?" in told.err) == (1, True)


def test_ready_says_what_every_metric_lacks(run, arrived):
    """A metric is ready, or needs a column or table that is named, or does not apply: returns need their column."""
    assert "nothing was loaded yet" in run("-C", arrived, "ready").err
    run("-C", arrived, "load")
    found = {one["metric"]: one for one in json.loads(run("-C", arrived, "ready", "--json").out)}
    assert found["on_time_delivery"]["state"] == "ready"
    assert (found["return_rate"]["state"], found["return_rate"]["why"]) == (
        "needs",
        "column returned_at of table order",
    )
    assert (found["conversion"]["state"], found["conversion"]["why"]) == ("needs", "table visit")
    assert found["nps"]["state"] == "not applicable"
    assert "question_kind = 'nps'" in found["nps"]["why"]
    assert "ready" in run("-C", arrived, "ready", "--only", "ready").out


def test_a_finding_shows_the_line_that_would_mend_it(run, arrived):
    """The proposed line is right as it stands: put in its place, a retry lets the rows in that were turned away."""
    path = arrived / "sources" / "orders.yaml"
    text = re.sub(r"channel: channel.*", "channel: {from: channel, values: {WEB: web, APP: app}}", path.read_text())
    path.write_text(text.replace('decimal: ","', 'decimal: "."'))
    assert run("-C", arrived, "load").code == 2
    found = {one["rule"]: one["mend"] for one in json.loads(run("-C", arrived, "findings", "--json").out)}
    assert found["unknown-value"]["line"] == 'channel: {from: channel, values: {WEB: web, APP: app, TEL: "?"}}'
    assert found["out-of-sequence"]["line"] == ""
    number = int(found["unknown-value"]["place"].rpartition(":")[2])
    lines = path.read_text().splitlines()
    lines[number - 1] = "      " + found["unknown-value"]["line"].replace('"?"', "phone")
    path.write_text("\n".join(lines).replace('decimal: "."', 'decimal: ","') + "\n")
    told = run("-C", arrived, "load", "--retry")
    assert told.code == 0, told.err
    assert "3 are left" in told.out
    assert {one["rule"] for one in json.loads(run("-C", arrived, "findings", "--json").out)} == {
        "not-a-number", "out-of-sequence", "out-of-scale",
    }  # fmt: skip


def test_a_retry_without_rejects_does_nothing(run, arrived):
    """Where no row waits, nothing is read."""
    assert "No rows wait in quarantine." in run("-C", arrived, "load", "--retry").out


def test_an_audit_imports_the_targets_of_a_sheet(run, arrived):
    """Targets of known figures become policies that pass the check; a bare one is read in the good direction."""
    sheet = arrived / "sheet.csv"
    sheet.write_text("name,value,target,trend\nNPS,52,>50,+3\nCustomer Lifetime Value,2680,2500,\nSmiles,5,>3,\n")
    told = run("-C", arrived, "audit", sheet, "--import-targets", "--from", "2026-01-01")
    assert told.code == 0, told.err
    assert "has no direction" in told.out
    assert "Smiles" in told.err
    text = (arrived / "policies" / "targets.yaml").read_text()
    assert '- {metric: nps, lo: 50, lo_incl: no, source: "sheet.csv:2", effective_from: 2026-01-01}' in text
    assert "metric: clv, lo: 2500" in text
    assert "assumed" in text
    assert run("-C", arrived, "check").code == 0


def test_an_audit_of_nothing_that_is_there(run, tmp_path):
    """A missing file is a typing mistake."""
    assert run("audit", tmp_path / "none.md").code == 2
    assert "KPI sheet" in run("audit", "--help").out


def test_a_proposed_pattern_reads_every_value_it_is_for(tmp_path):
    """The 22nd is no month: where values leave one order of day and month only, that one is proposed."""
    from regard.sources.mend import MENDS

    option, _ = MENDS["not-a-time"](["22/08/2025", "30/01/2026"])
    assert option == {"format": "%d/%m/%Y"}
    option, _ = MENDS["not-a-time"](["08/22/2025", "01/30/2026"])
    assert option == {"format": "%m/%d/%Y"}
    option, why = MENDS["not-a-time"](["22/08/2025", "08/22/2025"])
    assert (option, "two hands" in why) == ({}, True)


def test_the_zone_that_was_said_stands_in_a_mapping_that_nobody_knows(run, tmp_path):
    """A file that no recogniser knows is commented out; the zone of the command is in it all the same."""
    (tmp_path / "odd.csv").write_text("wibble,wobble\n1,22/08/2025 10:00\n2,23/08/2025 11:00\n")
    done = run("-C", tmp_path, "init", "acme", "--zone", "America/New_York", "--yes", "--from", "odd.csv")
    assert done.code == 0, done.err
    assert "# zone: America/New_York" in (tmp_path / "acme" / "sources" / "odd.yaml").read_text()


def test_a_currency_that_files_do_not_say_is_told(run, tmp_path):
    """Amounts with a sign set the reporting currency; without one the guess says so; a file without rows is told."""
    (tmp_path / "paid.csv").write_text("order_id,email,ordered_at,total\n1,a@x.example,2026-01-05,$5.00\n")
    (tmp_path / "bare.csv").write_text("order_id,email,ordered_at,total\n1,a@x.example,2026-01-05,5.00\n")
    (tmp_path / "none.csv").write_text("order_id,email,ordered_at,total\n")
    said = run("-C", tmp_path, "init", "said", "--yes", "--from", "paid.csv", "none.csv")
    assert said.code == 0, said.err
    assert "none: there is a header and no row" in said.err
    config = (tmp_path / "said" / "regard.toml").read_text()
    assert 'currency = "USD"          # guessed: as the amounts of paid say' in config
    run("-C", tmp_path, "init", "silent", "--yes", "--from", "bare.csv")
    config = (tmp_path / "silent" / "regard.toml").read_text()
    assert 'currency = "EUR"          # guessed: the amounts of bare do not say theirs; which is it?' in config
