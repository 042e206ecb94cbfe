"""Signing in with an account of the organisation, against a provider that runs here and may be hostile (R130)."""

from __future__ import annotations

import os
import sqlite3
import time
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from starlette.testclient import TestClient

from regard.access import Role, secret
from regard.access.openid import Provider as Known
from regard.catalog.config import GROUP
from regard.errors import SetupError, SourceError
from regard.store import Deed
from regard.web import Settings, first_link, make_app
from regard.web.openid import BACK, HELD
from regard.web.routes import account, admin, openid
from regard.workspace import Workspace
from tests.cli.conftest import plain
from tests.web.people import HOME
from tests.web.provider import CLIENT, SECRET, providing

AREAS = (account.AREA, admin.AREA, openid.AREA)
ADA = {"sub": "ada-1", "email": "Ada@example.com", "email_verified": True, "groups": ["Everybody", "CX North"]}
CONFIG = """
[oidc]
issuer = "{issuer}"
client = "{client}"
secret_env = "REGARD_TEST_SECRET"
title = "Acme account"
[[oidc.groups]]
group = "CX Admins"
role = "admin"
[[oidc.groups]]
group = "CX North"
role = "analyst"
scope = "region = north"
"""


@pytest.fixture(scope="module")
def running():
    """A provider that runs for all tests of this file."""
    with providing({}, [f"{HOME}{BACK}"]) as provider:
        yield provider


@pytest.fixture
def provider(running):
    """It, honest, with Ada at the keyboard."""
    running.claims, running.twist, running.sign = dict(ADA), dict, None
    return running


@pytest.fixture
def workspace(provider, tmp_path, monkeypatch):
    """A workspace whose people sign in there."""
    monkeypatch.setenv("REGARD_TEST_SECRET", SECRET)
    monkeypatch.setenv("AUTHLIB_INSECURE_TRANSPORT", "1")  # the provider of this test speaks HTTP, on this machine
    folder = plain(tmp_path / "tiny")
    config = folder / "regard.toml"
    config.write_text(config.read_text() + CONFIG.format(issuer=provider.issuer, client=CLIENT))
    return Workspace.open(folder)


@pytest.fixture
def app(workspace):
    """Its pages for people."""
    return make_app(workspace, Settings(), areas=AREAS)


def browser(app):
    """Return a browser that follows nothing by itself."""
    return TestClient(app, base_url=HOME, follow_redirects=False)


def led(client, **changed):
    """Go to the provider and come back to its answer, with some parameters changed; returns what we say to it."""
    there = client.get("/sign-in/openid?next=/me").headers["location"]
    back = httpx.get(there).headers["location"]
    answer = {name: values[0] for name, values in parse_qs(urlsplit(back).query).items()} | changed
    return client.get(BACK, params=answer)


def test_somebody_of_a_group_is_signed_in(provider, workspace, app):
    """The first sign-in makes the account with role and rows of the group; state, nonce and PKCE are asked for."""
    client = browser(app)
    assert 'href="/sign-in/openid?next=/me">Acme account' in client.get("/sign-in?next=/me").text
    answer = led(client)
    assert (answer.status_code, answer.headers["location"]) == (303, "/me")
    assert {"state", "nonce", "code_challenge"} <= provider.asked.keys()
    assert provider.asked["code_challenge_method"] == "S256"
    assert len({provider.asked[name] for name in ("state", "nonce", "code_challenge")}) == 3
    assert "ada@example.com" in client.get("/me").text
    made = workspace.store.people.account(name="ada@example.com")
    assert (made.role, made.scope, made.password) == ("analyst", "region = north", "")
    assert [one.deed.action for one in workspace.store.audit.entries()][:2] == ["session.begin", "person.add"]


def test_rights_follow_the_groups(provider, workspace, app):
    """Another group gives another role at the next sign-in, and ends the sessions that had the earlier one."""
    before = browser(app)
    led(before)
    provider.claims["groups"] = ["CX North", "CX Admins"]
    led(browser(app))
    made = workspace.store.people.account(name="ada@example.com")
    assert (made.role, made.scope) == ("admin", "")
    assert before.get("/me").status_code == 303
    assert first_link(workspace, Settings()) == ""
    provider.claims["groups"] = ["CX North"]
    refused = led(browser(app))
    assert (refused.status_code, "nobody would be left" in refused.text) == (403, True)


TWISTS = {
    "wrong issuer": lambda claims: claims | {"iss": "https://evil.example"},
    "wrong audience": lambda claims: claims | {"aud": "somebody-else"},
    "for several, not asked by us": lambda claims: claims | {"aud": [CLIENT, "other"], "azp": "other"},
    "expired": lambda claims: claims | {"exp": int(time.time()) - 120},
    "of the future": lambda claims: claims | {"iat": int(time.time()) + 3600, "nbf": int(time.time()) + 3600},
    "without end": lambda claims: {key: value for key, value in claims.items() if key != "exp"},
    "nonce of another sign-in": lambda claims: claims | {"nonce": "seen-before"},
    "without nonce": lambda claims: {key: value for key, value in claims.items() if key != "nonce"},
    "of no group": lambda claims: claims | {"groups": ["Everybody"]},
    "groups that are none": lambda claims: claims | {"groups": [{"CX Admins": 1}, None]},
    "without a name": lambda claims: {key: value for key, value in claims.items() if key != "email"},
    "an address that nobody verified": lambda claims: claims | {"email_verified": False},
}


@pytest.mark.parametrize("name", TWISTS)
def test_a_token_that_is_not_for_us_now_is_refused(provider, workspace, app, name):
    """Whatever is wrong with it, nobody is signed in, no account is made, and the audit log says why."""
    provider.twist = TWISTS[name]
    client = browser(app)
    answer = led(client)
    assert answer.status_code == 403, name
    assert 'role="alert"' in answer.text
    assert client.get("/me").status_code == 303
    assert workspace.store.people.accounts() == ()
    [entry] = workspace.store.audit.entries()
    assert (entry.deed.action, bool(entry.deed.reason)) == ("session.refuse", True)


FORGED = {
    "key of somebody else": lambda one: lambda claims: one.honest(claims, key=one.stranger),
    "key that there is not": lambda one: lambda claims: one.honest(claims, key=one.stranger, kid="two"),
    "public key as a secret": lambda one: one.secretly,
    "no signature": lambda one: lambda claims: one.honest(claims, alg="none"),
    "no token": lambda _: lambda _: "",
    "cut": lambda one: lambda claims: one.honest(claims)[:-8],
}


@pytest.mark.filterwarnings("ignore:JWS algorithm")
@pytest.mark.parametrize("name", FORGED)
def test_a_forged_token_is_refused(provider, workspace, app, name):
    """A signature counts by the provider's own keys and by a closed list of algorithms alone."""
    provider.sign = FORGED[name](provider)
    answer = led(browser(app))
    assert answer.status_code == 403, name
    assert workspace.store.people.accounts() == ()


def test_a_new_key_of_the_provider_is_looked_for(provider, app):
    """Providers change their keys: one that is not known is asked for once."""
    led(browser(app))
    before = provider.key
    provider.key = type(before).generate_key(2048, {"kid": "two", "alg": "RS256"}, private=True)
    provider.sign = lambda claims: provider.honest(claims, kid="two")
    try:
        assert led(browser(app)).status_code == 303
    finally:
        provider.key = before


def test_an_answer_counts_once_for_the_browser_that_asked(provider, app):
    """Not for a state of somebody else, not in another browser, not twice, not late, not from another provider."""
    client, other = browser(app), browser(app)
    assert led(client, state="guess").status_code == 403
    assert led(client, iss="https://evil.example").status_code == 403
    assert led(client, error="access_denied", code="").status_code == 403
    there = client.get("/sign-in/openid").headers["location"]
    back = httpx.get(there).headers["location"].removeprefix(HOME)
    cookies = dict(client.cookies)
    assert other.get(back).status_code == 403
    assert client.get(back).status_code == 303
    replayed = TestClient(app, base_url=HOME, cookies=cookies, follow_redirects=False)
    assert replayed.get(back).status_code == 403
    assert led(client, code="guess").status_code == 403


def test_a_sign_in_ends_at_another_worker_once(provider, workspace):
    """What one process began another ends, after a restart too; which of the two it was, it counts once."""
    client = browser(make_app(Workspace.open(workspace.root), Settings(), areas=AREAS))
    there = client.get("/sign-in/openid?next=/hello").headers["location"]
    back = httpx.get(there).headers["location"].removeprefix(HOME)
    other, third = (
        TestClient(
            make_app(Workspace.open(workspace.root), Settings(), areas=AREAS),
            base_url=HOME,
            cookies=dict(client.cookies),
            follow_redirects=False,
        )
        for _ in range(2)
    )
    answer = other.get(back)
    assert (answer.status_code, answer.headers["location"]) == (303, "/hello")
    assert third.get(back).status_code == 403
    assert client.get(back).status_code == 403


def test_of_a_sign_in_nothing_is_kept_that_could_end_it(provider, workspace, app):
    """The store holds a hash and two addresses: no secret of the browser, and none that the provider is shown."""
    client = browser(app)
    there = client.get("/sign-in/openid").headers["location"]
    sent = parse_qs(urlsplit(there).query)
    with sqlite3.connect(workspace.root / "regard.db") as database:
        [row] = database.execute("select * from begun").fetchall()
    told = " ".join(map(str, row))
    for one in (*client.cookies.values(), *sent["state"], *sent["nonce"], *sent["code_challenge"]):
        assert one not in told


def test_of_many_sign_ins_under_way_the_oldest_is_forgotten(workspace):
    """Whoever begins again and again fills no store, and what is over goes by itself."""
    people, now = workspace.store.people, [1_000]
    people._clock = lambda: now[0]
    for number in range(6):
        now[0] += 1
        people.begin(f"k{number}", "back", "/", 100, most=3)
    assert [people.begun(f"k{number}") is not None for number in range(6)] == [False] * 3 + [True] * 3
    people.begin("late", "back", "/", 100, most=3)
    now[0] += 100
    assert people.begun("late") is None


def test_a_sign_in_does_not_wait_for_ever(provider, workspace):
    """After ten minutes it is to be begun again."""
    app = make_app(workspace, Settings(), areas=AREAS)
    now = [workspace.store.people._clock()]
    workspace.store.people._clock = lambda: now[0]
    client = browser(app)
    there = client.get("/sign-in/openid").headers["location"]
    back = httpx.get(there).headers["location"]
    now[0] += HELD * 1_000_000
    assert "long ago" in client.get(back.removeprefix(HOME)).text


def test_an_account_with_a_password_is_not_taken_over(provider, workspace, app):
    """A provider that says somebody is `admin` does not become the admin of this server; a disabled one stays out."""
    people, deed = workspace.store.people, Deed(actor="test", action="person.change")
    ada = people.add("ada@example.com", "admin", "", deed)
    people.change(ada.id, deed, password="a hash")  # noqa: S106 - of a test
    assert "signs in here with a password" in led(browser(app)).text.replace("&#39;", "'")
    people.add("boss@example.com", "admin", "", deed)
    people.change(ada.id, deed, password="", disabled=True)
    assert "disabled here" in led(browser(app)).text


def test_after_signing_in_nobody_is_led_elsewhere(app):
    """`next` is a path of ours, or the overview."""
    client = browser(app)
    there = client.get("/sign-in/openid?next=https://evil.example/").headers["location"]
    answer = client.get(httpx.get(there).headers["location"].removeprefix(HOME))
    assert answer.headers["location"] == "/"


def test_a_provider_is_who_it_says_over_https(provider, workspace, monkeypatch):
    """Plain HTTP elsewhere, another's description, and no answer are told; a missing secret stops the start."""
    with pytest.raises(SourceError, match="no address of HTTPS"):
        Known("http://id.example.com", CLIENT, "")
    for issuer in (f"{provider.issuer}/other", "http://127.0.0.1:1"):
        with pytest.raises(SourceError, match="does not answer"):
            Known(issuer, CLIENT, "").begin(f"{HOME}{BACK}", "a secret")
    with pytest.raises(SourceError, match="does not describe that provider"):
        Known(provider.issuer.replace("127.0.0.1", "localhost"), CLIENT, "").begin(f"{HOME}{BACK}", "a secret")
    monkeypatch.delenv("REGARD_TEST_SECRET")
    with pytest.raises(SetupError, match="REGARD_TEST_SECRET"):
        make_app(workspace, Settings(), areas=AREAS)


def test_roles_of_groups_are_the_roles_there_are():
    """What `regard.toml` may say is what access knows; without [oidc] the routes are not there."""
    assert tuple(GROUP.fields["role"].choices) == tuple(Role)
    assert secret.same("a", "a")
    assert not secret.same("a", "b")


def test_without_a_provider_nobody_is_led_there(tmp_path):
    """No link, and no address."""
    client = browser(make_app(Workspace.open(plain(tmp_path / "tiny")), Settings(), areas=AREAS))
    assert "openid" not in client.get("/sign-in").text
    assert client.get("/sign-in/openid").status_code == client.get(BACK).status_code == 404
    assert "REGARD_TEST_SECRET" not in os.environ
