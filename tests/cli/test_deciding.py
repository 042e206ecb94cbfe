"""The commands that decide: incident, impact, ledger, escalation, improve, worth, dose, calibrate."""

from __future__ import annotations

import json

import pytest

from regard.cli.improve import ratio, span
from tests.workspace.outages import UNTIL, Outages, five, loss, measured, minute, served


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return the folder of a company with incidents, loaded; tests only read it."""
    company = five(tmp_path_factory.mktemp("deciding")).has(monitoring=measured()).load()
    return company.root


@pytest.fixture
def own(tmp_path):
    """Return the folder of the same company, which a test may change."""
    return five(tmp_path).load().root


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("incident", "I1"),
            ["Incident I1: Login down", "133 customer minutes lost by 2 customers.", "before detection"],
        ),
        (("incident", "I5"), ["unknown, not zero", 'regard impact add I5 --who "segment']),
        (("incident", "I3"), ["planned work, which stands apart"]),
        (("impact", "--by", "cause,service"), ["deploy", "63 %", "213", "without any recorded impact (I5)"]),
        (("impact", "--by", "cause", "--to", "2026-01"), ["No customer minutes lost are recorded"]),
        (("impact", "queue"), ["No incident is open."]),
        (
            ("incident", "I1", "--set", "K05=first"),
            ["140 customer minutes lost by 2 customers.", "Chosen: K05=first (the earlier incident)."],
        ),
        (("impact", "--by", "cause", "--set", "K05=first"), ["143", "70", "K05=first"]),
        (("ledger", "B", "--set", "K10=none"), ["Chosen: K10=none (every one counts)."]),
        (("escalation", "t1", "--set", "K05=first"), ["140", "K05=first"]),
        (("ledger", "B"), ["90 minutes lost in 1 interruption: 1 sustained, 0 momentary.", "I1, I2"]),
        (("escalation", "t1", "t3"), ["the ticket names it", "2 incidents, each once"]),
        (
            ("lag", "login", "p99_ms", "--ahead", 15, "--alarm", 500),
            [
                "133 customer minutes lost where service = 'login'",
                "3 min ahead",
                "raised 2 times",
                "not proof of cause",
            ],
        ),
        (("worth", "--cost", 120000, "--minutes", 600000), ["$0.20 for each of 600,000", "say it with --worth"]),
    ],
)
def test_commands_answer_in_words(run, place, arguments, told):
    """Each command says what it found in words that a reader needs no manual for."""
    done = run("-C", place, *arguments)
    assert done.code == 0
    assert [words for words in told if words not in done.out] == []


@pytest.mark.parametrize(
    ("arguments", "keys"),
    [
        (("incident", "I1"), {"record", "toll", "phases", "index", "until"}),
        (("impact",), {"by", "rows", "totals", "planned", "blind"}),
        (("ledger", "A"), {"party_id", "entries", "minutes"}),
        (("escalation", "t1"), {"cards", "total", "incidents"}),
        (("worth", "--cost", 1, "--minutes", 10), {"per_minute", "payback"}),
        (("dose", "tickets"), {"bands", "response", "strata"}),
        (("lag", "login", "p99_ms", "--ahead", 5), {"best", "correlation", "start_at", "false_lo"}),
        (("calibrate", "depth"), {"proposed", "evidence", "now"}),
        (
            ("improve", "ticket_rate", "--before", "2026-02..2026-02", "--after", "2026-03..2026-03"),
            {"before", "after", "improvement"},
        ),
    ],
)
def test_commands_print_one_document(run, place, arguments, keys):
    """With --json there is one JSON document on stdout and nothing else, instants as ISO text."""
    done = run("-C", place, *arguments, "--json")
    assert (done.code, done.err) == (0, "")
    assert keys <= set(json.loads(done.out))


def test_the_document_of_an_incident(run, place):
    """The document has the numbers of the page unrounded, and its moments in UTC."""
    told = json.loads(run("-C", place, "incident", "I1", "--json").out)
    assert told["toll"]["minutes"]["value"] == pytest.approx(400 / 3)
    assert told["until"] == "2026-04-10T00:00:00Z"
    assert told["marks"][0] == {
        "name": "first impact",
        "clock": "customers",
        "at": "2026-03-05T01:40:00Z",
        "after": 0.0,
    }


def test_the_section_of_a_post_mortem(run, place):
    """The Markdown has a head, tables and sentences, and nothing of a terminal."""
    told = run("-C", place, "incident", "I1", "--format", "md").out
    assert told.startswith("## Impact on customers: Incident I1: Login down\n")
    assert "| before detection | 20 | 15 % |" in told
    assert "\n* Weighted by depth: 117 (110 if only full outages count, 133 if all losses do).\n" in told


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("incident", "I7"), 1, "there is no incident 'I7'"),
        (("impact", "--by", "couse"), 1, "did you mean 'cause'?"),
        (("ledger", "zed"), 1, "no customer 'zed' is known"),
        (("escalation", "t9"), 1, "there is no ticket 't9'"),
        (("impact", "add", "I5", "--who", "sgment = 'b2b'", "--from", "2026-03-05"), 1, "did you mean 'segment'?"),
        (("impact", "add", "I5", "--who", "segment = 'b2b'", "--from", "noon"), 1, "'noon' is no time"),
        (("improve", "ticket_rate", "--before", "2025", "--after", "2026-01..2026-02"), 2, "is no stretch"),
        (("worth", "--cost", 1, "--minutes", 10, "--range", "1..2"), 2, "--range is around --worth"),
        (("worth", "--cost", 1, "--minutes", 10, "--worth", 5, "--range", "1..2"), 1, "ranges must hold their number"),
        (("lag", "login", "p98_ms"), 1, "did you mean 'p99_ms'?"),
        (("impact", "--set", "K22=every"), 1, "not made by the choice 'K22'; choices: K01, K02, K03, K05"),
        (("incident", "I1", "--set", "K05=frist"), 1, "did you mean 'first'?"),
        (("dose", "tickets", "--bands", "ten"), 2, "is not minutes such as 10,60,120"),
        (("dose", "renewal"), 1, "no whole month is over"),
        (("dose", "tickets", "--set", "K01=user"), 1, "outcomes are those of customers at the top"),
        (("lag", "login", "p99_ms", "--set", "K22=every"), 1, "not made by the choice 'K22'"),
        (("calibrate", "depth", "--set", "K03=activ"), 1, "did you mean 'active'?"),
    ],
)
def test_what_cannot_be_answered_says_why(run, place, arguments, code, told):
    """A mistake has its exit code and a sentence on stderr that says what would do; stdout stays empty."""
    done = run("-C", place, *arguments)
    assert (done.code, done.out) == (code, "")
    assert told in done.err


def test_choices_make_the_ledger_that_outcomes_and_series_are_held_against(run, place):
    """K05, K03: B's minutes of two incidents are login's alone; of the active nobody lost; what was chosen is said."""

    def told(*arguments):
        return json.loads(run("-C", place, *arguments, "--json").out)

    lag, dose = ("lag", "login", "p99_ms"), ("dose", "tickets")
    assert told(*lag)["minutes"] == pytest.approx(400 / 3)
    assert told(*lag, "--set", "K05=first")["minutes"] == pytest.approx(140)
    assert told(*dose) != told(*dose, "--set", "K03=active")
    for command, choice in ((lag, "K05=first"), (dose, "K03=active"), (("calibrate", "depth"), "K03=active")):
        done = run("-C", place, *command, "--set", choice)
        assert f"Chosen: {choice}" in done.out + done.err


def test_impact_is_written_when_it_is_meant(run, own, monkeypatch):
    """Who matches is shown and asked; no writes nothing, --yes writes, and a load takes it in."""
    arguments = ("-C", own, "impact", "add", "I5", "--who", "resource = 'shard-7'", "--from", minute(500))
    monkeypatch.setattr("click.confirm", lambda *_, **__: False)
    asked = run(*arguments, "--to", minute(530))
    assert "1 customer matches" in asked.out
    assert "Nothing is written." in asked.err
    assert not (own / "data/impact").exists()
    proposed = json.loads(run(*arguments, "--to", minute(530), "--json").out)
    assert [row["customer"] for row in proposed["rows"]] == ["A"]
    assert not (own / "data/impact").exists()
    assert "impact_added.yaml" in run(*arguments, "--to", minute(530), "--yes").out
    assert "recorded already" in run(*arguments, "--to", minute(530), "--yes").err
    assert run("-C", own, "load").code == 0
    assert "30 customer minutes lost by 1 customer." in run("-C", own, "incident", "I5").out


def test_a_template_that_is_filled_in_is_loaded(run, own):
    """A file from the template, filled in by hand and put beside, is read by the same source."""
    run("-C", own, "impact", "add", "I5", "--who", "region = 'US'", "--from", minute(500), "--to", minute(510), "--yes")
    told = run("-C", own, "impact", "template", own / "data/impact/mine.csv")
    assert (told.code, "what makes the row itself" in told.out) == (0, True)
    path = own / "data/impact/mine.csv"
    head = path.read_text().strip()
    row = dict.fromkeys(head.split(","), "") | {"row": "r1", "incident": "I5", "system": "crm", "customer": "C"}
    row |= {"from": minute(500), "to": minute(540)}
    path.write_text(f"{head}\n{','.join(row.values())}\n")
    assert run("-C", own, "load").code == 0
    page = json.loads(run("-C", own, "incident", "I5", "--json").out)
    assert page["toll"]["minutes"]["value"] == pytest.approx(10 + 10 + 40)
    assert run("-C", own, "impact", "template", path).code == 1


def test_a_proposal_is_printed_or_written(run, tmp_path):
    """Without --out the policy is on stdout and the reasons on stderr; with it the file is there, once."""
    company = Outages(tmp_path, until=UNTIL).has(
        customers=served([{"customer": f"c{n}"} for n in range(30)]),
        losses=[loss(n, None, f"c{n}", 10, 40) for n in range(10)],
    )
    company.load()
    printed = run("-C", tmp_path, "calibrate", "depth")
    assert printed.out.startswith("# Proposed by")
    assert "Weights of depth" in printed.err
    assert run("-C", tmp_path, "calibrate", "depth", "--out", "next.yaml").code == 0
    assert (tmp_path / "next.yaml").read_text() == printed.out
    assert run("-C", tmp_path, "calibrate", "depth", "--out", "next.yaml").code == 1


def test_stretches_and_claims_are_read():
    """A month at the end is taken in whole; a claim needs its sign and its percent."""
    start, end = span("2025-01..2025-06", "--before")
    assert (start.isoformat(), end.isoformat()) == ("2025-01-01", "2025-07-01")
    assert [ratio("-40%"), ratio("+25 %"), ratio(None)] == [0.6, 1.25, None]
    for wrong in ("40%", "-40", "-100%", "+0%"):
        with pytest.raises(Exception, match="no relative change"):
            ratio(wrong)
