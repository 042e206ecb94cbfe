"""Signing in: the first link, passwords, sessions, tokens, and what is tried against them."""

from __future__ import annotations

import re
import time

import pytest
from starlette.testclient import TestClient

from regard.access import passwords, secret
from regard.store import Deed
from regard.web import Settings, make_app
from regard.web.routes import account, admin
from regard.web.signin import ABSOLUTE, IDLE, SignIn, first_link
from regard.workspace import Workspace
from tests.cli.conftest import plain
from tests.web.people import HOME, nobody, somebody

AREAS = (account.AREA, admin.AREA)
PASSWORD = "a long sentence that nobody guesses"  # noqa: S105 - of a test
DEED = Deed(actor="test", action="person.change")


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Hash passwords quickly: how slow they are is tested apart."""
    from argon2 import PasswordHasher

    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture
def workspace(tmp_path):
    """A workspace with nobody in it."""
    return Workspace.open(plain(tmp_path / "tiny"))


@pytest.fixture
def app(workspace):
    """Its pages for people."""
    return make_app(workspace, Settings(), areas=AREAS)


def enter(client, name, password):
    """Type a name and a password."""
    return client.post("/sign-in", data={"name": name, "password": password, "next": "/me"}, follow_redirects=False)


def known(workspace, name="ada@example.com", role="viewer"):
    """Make an account with the password."""
    made = workspace.store.people.add(name, role, "", DEED)
    return workspace.store.people.change(made.id, DEED, password=passwords.hashed(PASSWORD))


def test_the_first_start_makes_one_admin_by_a_link_that_works_once(workspace, app):
    """Whoever starts the server gets a link to the first admin's password; used, it is over, and no other is made."""
    path = first_link(workspace, Settings())
    client = nobody(app)
    assert "You sign in as <strong>admin</strong>" in client.get(path).text
    weak = client.post(path, data={"password": "short"})
    assert (weak.status_code, "at least 12" in weak.text) == (400, True)
    done = client.post(path, data={"password": PASSWORD}, follow_redirects=False)
    assert (done.status_code, done.headers["location"]) == (303, "/")
    assert client.get("/admin/people").status_code == 200
    assert nobody(app).get(path).status_code == 404
    assert first_link(workspace, Settings()) == ""


def test_a_restart_makes_the_first_link_anew(workspace, app):
    """A link that nobody used is replaced at the next start, so a lost terminal locks nobody out."""
    lost, anew = first_link(workspace, Settings()), first_link(workspace, Settings())
    assert nobody(app).get(lost).status_code == 404
    assert nobody(app).get(anew).status_code == 200


def test_signing_in_and_out(workspace, app):
    """The right password opens a session under a cookie that scripts cannot read; signing out ends it on the server."""
    ada = known(workspace)
    client = nobody(app)
    wrong = enter(client, "ada@example.com", "wrong")
    unknown = enter(client, "nobody@example.com", "wrong")
    assert wrong.status_code == unknown.status_code == 403
    assert "The name or the password is wrong." in wrong.text
    right = enter(client, "ADA@example.com", PASSWORD)
    assert right.headers["location"] == "/me"
    cookie = right.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    me = client.get("/me")
    assert "ada@example.com" in me.text
    kept = dict(client.cookies)
    forms = re.search(r'name="csrf" value="([^"]+)"', me.text)[1]
    assert client.post("/sign-out", data={"csrf": forms}, follow_redirects=False).status_code == 303
    again = TestClient(app, base_url=HOME, cookies=kept)
    assert again.get("/me", follow_redirects=False).status_code == 303
    assert workspace.store.people.sessions(ada.id) == ()
    actions = [entry.deed.action for entry in workspace.store.audit.entries(action="session")]
    assert actions == ["session.end", "session.begin", "session.refuse", "session.refuse"]


def test_a_session_that_the_browser_brought_is_not_taken_over(workspace, app):
    """Signing in always makes a new session: one that somebody else planted stays worthless."""
    known(workspace)
    client = TestClient(app, base_url=HOME, cookies={"regard": "planted"})
    right = enter(client, "ada@example.com", PASSWORD)
    assert "planted" not in right.headers["set-cookie"]
    assert (
        TestClient(app, base_url=HOME, cookies={"regard": "planted"}).get("/me", follow_redirects=False).status_code
        == 303
    )


def test_failures_make_one_wait(workspace, app):
    """After a few wrong passwords the wait doubles, for the right one too; others from elsewhere are not kept out."""
    known(workspace)
    client = nobody(app)
    answers = [enter(client, "ada@example.com", "wrong").status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]
    blocked = enter(client, "ada@example.com", PASSWORD)
    assert (blocked.status_code, int(blocked.headers["retry-after"]) >= 1) == (429, True)
    known(workspace, "eve@example.com")
    assert enter(client, "eve@example.com", PASSWORD).status_code == 303


def test_a_session_ends_by_itself(workspace, app):
    """Half an hour without a request, or twelve hours in any case, ends a session."""
    ada = known(workspace)
    now = time.time_ns() // 1000
    workspace.store.people.sign_in(ada, secret.key("s"), "f", DEED)

    class Request:
        cookies = {"regard": "s"}  # noqa: RUF012 - a request as far as it is read
        headers = {}  # noqa: RUF012 - as above

    for later, there in ((IDLE - 10**6, True), (IDLE + 10**7, False)):
        found = SignIn(workspace, Settings(), clock=lambda later=later: now + later).browser(Request())
        assert (found.person is not None) is there
    workspace.store.people.sign_in(ada, secret.key("s"), "f", DEED)
    assert SignIn(workspace, Settings(), clock=lambda: now + ABSOLUTE + 10**7).browser(Request()).person is None


def test_a_token_is_for_programs_only(workspace, app):
    """A token is shown once, kept as a hash, and never lets anybody into a page; taken back, it is over."""
    person = somebody(workspace, app, "analyst")
    shown = person.post("/me/tokens", title="sheet", days="30").text
    token = re.search(r"rgd_[\w-]{43}", shown)[0]
    assert token not in person.get("/me").text
    bearer = {"authorization": f"Bearer {token}"}
    assert nobody(app).get("/me", headers=bearer, follow_redirects=False).status_code == 303
    signing = SignIn(workspace, Settings())

    class Request:
        cookies = {}  # noqa: RUF012 - a request as far as it is read
        headers = bearer

    assert signing.program(Request()).person.name == person.account.name
    [kept] = workspace.store.people.tokens(person.account.id)
    assert kept.starts == token[:8]
    person.post("/me/tokens/drop", token=kept.id)
    with pytest.raises(Exception, match="unknown, expired or taken back"):
        signing.program(Request())


@pytest.mark.parametrize("given", ["rgd_", "rgd_" + "A" * 43, "' or '1'='1", "rgd_\x00", "x" * 10_000])
def test_a_forged_token_is_refused(workspace, given):
    """Whatever is sent as a token that was not made here is nobody's."""

    class Request:
        cookies = {}  # noqa: RUF012 - a request as far as it is read
        headers = {"authorization": f"Bearer {given}"}  # noqa: RUF012 - as above

    with pytest.raises(Exception, match="unknown, expired or taken back"):
        SignIn(workspace, Settings()).program(Request())


@pytest.mark.parametrize(
    "path", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", ""]
)
def test_signing_in_leads_nowhere_else(workspace, app, path):
    """Where one goes on after signing in is always a page of ours."""
    known(workspace)
    client = nobody(app)
    done = client.post(
        "/sign-in", data={"name": "ada@example.com", "password": PASSWORD, "next": path}, follow_redirects=False
    )
    assert done.headers["location"] == "/"


def test_people_are_managed(workspace, app):
    """An admin adds somebody with a link, changes rights with a reason, and cannot leave nobody in charge."""
    root = somebody(workspace, app, "admin")
    added = root.post("/admin/people", name="Bo <b>", role="viewer", scope="channel = phone")
    assert "Bo <b>" not in added.text
    assert "bo &lt;b&gt;" in added.text
    link = re.search(r"/welcome/[\w-]+", added.text)[0]
    assert nobody(app).get(link).status_code == 200
    assert "There is somebody called" in root.post("/admin/people", name="bo <B>", role="viewer", scope="").text
    for wrong in ({"scope": "chanel = x"}, {"scope": "phone"}, {"role": "king"}):
        refused = root.post("/admin/people", **({"name": "c", "role": "viewer", "scope": ""} | wrong))
        assert refused.status_code == 400, refused.text
    last = root.post("/admin/people/change", account=root.account.id, role="viewer", scope="")
    assert "nobody would be left who may manage people" in last.text
    bo = workspace.store.people.account(name="bo <b>")
    root.post("/admin/people/change", account=bo.id, role="analyst", scope="", disabled="yes", reason="left us")
    assert nobody(app).get(link).status_code == 404
    newest = workspace.store.audit.entries()[0]
    assert (newest.deed.action, newest.deed.reason, newest.deed.actor) == (
        "person.change",
        "left us",
        root.account.name,
    )


def test_the_audit_log_is_searched_and_exported(workspace, app):
    """The log is searched and exported as CSV in which no spreadsheet runs what somebody wrote."""
    root = somebody(workspace, app, "admin")
    workspace.store.audit.record(Deed(actor="=HYPERLINK(1)", action="note.write", object="<script>alert(1)</script>"))
    page = root.get("/admin/audit?q=hyperlink").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;" in page
    told = root.get("/admin/audit.csv?action=note")
    assert "'=HYPERLINK(1)" in told.text
    assert len(told.text.splitlines()) == 2
    assert root.get("/admin/audit?before=" + "9" * 400).status_code == 200


def test_passwords_are_slow_and_long():
    """A password is hashed with argon2id as RFC 9106 says, and a short, repeating or own-name one is refused."""
    from argon2 import PasswordHasher

    today = PasswordHasher()
    assert (today.memory_cost, today.time_cost, today.parallelism) == (65536, 3, 4)
    assert passwords.hashed("x").startswith("$argon2id$")
    for weak in ("short", "aaaaaaaaaaaa", "ada@example.comada@example.com", "x" * 300):
        with pytest.raises(Exception, match=r"characters|repeats"):
            passwords.check_new(weak, "ada@example.com")
    assert passwords.verified("x", "") == (False, False)
