"""Pages of interruption: numbers are the ledger's, impact is recorded, comments are masked (R019 to R030, R119)."""

from __future__ import annotations

import re
import shutil

import pytest
from starlette.testclient import TestClient

from regard.model import moment
from regard.present import interruption
from regard.stewardship.masking import masked
from regard.web import Settings, make_app
from regard.web.views import ledger
from regard.workspace import Workspace
from tests.web.people import somebody


@pytest.fixture(scope="module")
def worst(demo):
    """The incident of the last days that took most."""
    return ledger.incident_ids(demo, 1)[0]


@pytest.fixture(scope="module")
def own(demo, tmp_path_factory):
    """A copy of the company that tests may write into, and a client of it."""
    demo.store.close()
    root = shutil.copytree(demo.root, tmp_path_factory.mktemp("own") / "harbor")
    workspace = Workspace.open(root)
    return workspace, TestClient(make_app(workspace, Settings(sign_in=False, demo=True)), base_url="http://localhost")


def token(page: str) -> str:
    """Return what the forms of a page carry."""
    return re.search(r'name="csrf" value="([^"]+)"', page)[1]


def said(page: str) -> str:
    """Return the text of a page."""
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def test_the_list_and_the_explorer_tell_the_same_whole(client, demo):
    """Customer minutes of some days are the metric's, on both pages (R030)."""
    [cell] = demo.ask("cml", grain="all", start="2026-06-01", end="2026-07-01").cells
    whole = interruption.minutes(cell.estimate.value)
    assert f"{whole} customer minutes were lost" in said(client.get("/incidents?from=2026-06&to=2026-06").text)
    for by in ("cause", "service&and=team", "segment"):
        page = said(client.get(f"/ledger?from=2026-06&to=2026-06&by={by}").text)
        assert f"{whole} customer minutes lost" in page


def test_a_scope_holds_on_the_pages_of_the_ledger(demo, worst):
    """Somebody limited to a segment sees its minutes, incidents and reports; to a channel, none of them (R130)."""
    app = make_app(demo, Settings())
    limited, chat = (somebody(demo, app, "analyst", scope) for scope in ("segment = family", "channel = chat"))
    segments = demo.impact("segment", start="2026-06-01", end="2026-07-01").rows
    whole = interruption.minutes(next(one.minutes.value for one in segments if one.dims["segment"] == "family"))
    assert f"{whole} customer minutes were lost" in said(limited.get("/incidents?from=2026-06&to=2026-06").text)
    assert f"{whole} customer minutes lost" in said(limited.get("/ledger?from=2026-06&to=2026-06").text)
    toll = demo.within("segment = 'family'").incident(worst).toll
    assert toll.minutes.value < demo.incident(worst).toll.minutes.value
    assert interruption.minutes(toll.minutes.value) in said(limited.get(f"/incident/{worst}").text)
    report = limited.get("/report/weekly/html")
    assert (report.status_code, "only rows with segment" in report.text) == (200, True)
    for path in ("/incidents", "/ledger", f"/incident/{worst}", f"/report/incident/html?incident={worst}"):
        refused = chat.get(path)
        assert (refused.status_code, "you see only rows with channel" in refused.text) == (403, True), path


def test_an_incident_page_shows_the_ledger(client, demo, worst):
    """Toll, phases and parts of the page are those of the ledger; the page leads to earlier ones like it (R119)."""
    page, shown = client.get(f"/incident/{worst}").text, demo.incident(worst)
    assert interruption.incident_headline(shown).replace("'", "&#39;") in page
    for phase in shown.phases:
        assert phase.minutes is None or interruption.minutes(phase.minutes) in said(page)
    for one in shown.similar:
        assert f'href="/incident/{one.incident}"' in page
    assert page.count("<svg") >= 2


def test_customers_who_lost_most_lead_to_their_own_ledger(client, demo):
    """The explorer names them to who may see rows, and each leads to what it lost and said."""
    [one] = ledger.customer_ids(demo, 1)
    assert f'href="/customer/{one}"' in client.get("/ledger").text
    found = demo.ledger(one)
    page = client.get(f"/customer/{one}").text
    assert interruption.customer_headline(found) in page
    assert (
        client.get(f"/customer?key={found.customer}", follow_redirects=False)
        .headers["location"]
        .endswith(found.customer)
    )


def test_what_is_typed_wrongly_is_told_in_place(client):
    """A day that is none, a customer and a ticket that nobody knows."""
    for path, words in (
        ("/incidents?from=soon", "write 2026-06-30 or 2026-06"),
        ("/incidents?from=2026-07&to=2026-06", "no day is left"),
        ("/ledger?by=colour", "minutes are not attributed by"),
        ("/customer/nobody-of-that-name", "no customer"),
        ("/incident/INC-9999x", "there is no incident"),
        ("/escalation?tickets=nope", "there is no ticket"),
        ("/report/weekly/docx", "There is no report"),
    ):
        answer = client.get(path)
        assert answer.status_code in {400, 404}, path
        assert words in said(answer.text).replace("&#39;", "'"), path


def test_an_escalation_counts_each_incident_once(client, demo):
    """Tickets of one incident add up to that incident (R029)."""
    customers = ledger.customer_ids(demo, 5)
    cases = [entry.note for one in customers for entry in demo.ledger(one).entries if entry.what == "ticket"][:3]
    assert cases
    page = client.get("/escalation", params={"tickets": " ".join(cases)})
    assert page.status_code == 200
    for case in cases:
        assert case in page.text
    assert "each once" in page.text or len(cases) == 1


def test_impact_is_recorded_after_it_was_seen(own, worst):
    """Wrong fields are told one by one; nothing is written before it is confirmed; then a load takes it in (R019)."""
    workspace, client = own
    path = f"/incident/{worst}/impact"
    csrf = token(client.get(path).text)
    wrong = client.post(path, data={"csrf": csrf, "who": "segmnt = 'family'", "from": "soon", "to": "", "n": "many"})
    assert wrong.status_code == 400
    for words in ("is no time", "is no number"):
        assert words in wrong.text
    typed = {"who": "segment = 'family'", "from": "2026-06-28T10:00", "to": "2026-06-28T10:30", "kind": "degraded"}
    typed |= {"evidence": "listed", "n": "", "share": "", "csrf": csrf}
    misspelt = client.post(path, data=typed | {"who": "segmnt = 'family'"})
    assert "segment" in said(misspelt.text).split("Kind of loss")[0].split("Who")[-1]
    added = workspace.root / "data" / "impact" / "added.csv"
    shown = client.post(path, data=typed)
    assert shown.status_code == 200
    assert "customers match" in shown.text
    assert not added.exists()
    done = client.post(path, data=typed | {"confirmed": "yes"})
    assert "written to the workspace" in done.text
    matched = int(re.search(r"([\d,]+) customers match", shown.text)[1].replace(",", ""))
    assert len(added.read_text().splitlines()) == matched + 1
    [entry] = workspace.store.audit.entries(action="impact.add")
    assert entry.deed.object == f"incident:{worst}"


def test_comments_are_kept_without_personal_data(own, worst):
    """What is written is masked before it is kept; only its author takes it back, words and all."""
    workspace, client = own
    csrf = token(client.get(f"/incident/{worst}").text)
    text = "Call ann@example.com or +49 30 1234567 about <b>4111 1111 1111 1111</b>, since 2026-06-04 13:05."
    answer = client.post(f"/incident/{worst}/comments", data={"csrf": csrf, "text": text})
    assert answer.status_code == 200
    assert "[email] or [telephone] about &lt;b&gt;[card]&lt;/b&gt;, since 2026-06-04 13:05." in answer.text
    [kept] = workspace.store.comments.about(f"incident:{worst}")
    assert "example.com" not in kept.text
    blank = client.post(f"/incident/{worst}/comments", data={"csrf": csrf, "text": " "})
    assert (blank.status_code, "Write something." in blank.text) == (400, True)
    taken = client.post(f"/incident/{worst}/comments/withdraw", data={"csrf": csrf, "comment": kept.id})
    assert kept.text not in taken.text
    assert workspace.store.comments.about(f"incident:{worst}") == ()
    forged = client.post(f"/incident/{worst}/comments", data={"csrf": "guess", "text": "hello"})
    assert forged.status_code == 403


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("DE89 3704 0044 0532 0130 00 was charged", "[account] was charged"),
        ("ticket AB12 1234 1234 is no account", None),
        ("from 203.0.113.7 at 14:20", "from [network address] at 14:20"),
        ("4111 1111 1111 1112 fails the check", "4111 1111 1111 1112 fails the check"),
        ("INC-0121 took 421,275 customer minutes, 6.0 h from 2026-06-04", None),
        ("(030) 123 4567", "[telephone]"),
    ],
)
def test_what_has_the_form_of_personal_data_is_masked(text, left):
    """Accounts and cards by their check digits, addresses and telephones by form; numbers of ours stay."""
    assert masked(text).text == (text if left is None else left)


def test_pages_of_interruption_work_in_a_browser(watched, worst):
    """Pictures are drawn, keyboards reach the forms, and nothing is wider than a telephone."""
    page = watched.open(f"/incident/{worst}")
    assert page.locator("svg[role=img]").count() >= 2
    assert page.locator("h1").inner_text().startswith("Incident")
    watched.look(narrow=True)
    assert watched.overflow() == 0
    page = watched.open("/ledger")
    page.select_option("select[name=by]", "service")
    page.keyboard.press("Tab")
    page.click("button:has-text('Show')")
    page.wait_for_url("**/ledger?*by=service*")
    assert "Service" in page.locator("thead").first.inner_text()
    assert watched.overflow() == 0
    assert watched.axe() == []


def test_an_open_incident_stands_in_the_queue_with_its_burn(demo, tmp_path):
    """Cut in its middle, an incident is open: what is lost each minute, and what is still to come (R023, R026)."""
    for entry in demo.root.iterdir():
        if entry.name != "regard.toml":
            (tmp_path / entry.name).symlink_to(entry)
    listed = [one for one in demo.stretch("2026-06-01", "2026-07-01").incidents if not one.record.planned]
    longest = max(listed, key=lambda one: one.lasted or 0)
    until = moment(longest.at + int((longest.lasted or 0) * 30_000_000)).isoformat()
    config = (demo.root / "regard.toml").read_text()
    (tmp_path / "regard.toml").write_text(re.sub(r"(?m)^until = .*$", f'until = "{until}"', config))
    cut = Workspace.open(tmp_path)
    running = next(one for one in cut.queue() if one.record.incident == longest.record.incident)
    page = said(TestClient(make_app(cut, Settings(sign_in=False)), base_url="http://localhost").get("/incidents").text)
    assert running.burn
    assert f"{interruption.minutes(running.burn)} / min" in page
    assert interruption.minutes(running.expected) in page
    assert interruption.queue_reason(running) in page.replace("&#39;", "'")
    assert cut.incident(longest.record.incident).record.status is None
