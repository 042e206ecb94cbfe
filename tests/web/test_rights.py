"""Every route x role x scope: what the table says, and nothing else (R130)."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from starlette.responses import PlainTextResponse

from regard.access import PERMISSIONS, Permission, Role
from regard.errors import AccessError
from regard.store import Account
from regard.web import Settings, make_app
from regard.web.api.declaring import ROOT
from regard.web.routes import AREAS
from regard.web.routes.odata import ROOT as FEED
from regard.web.routing import Area
from regard.web.signin import SignIn
from regard.web.visit import Visiting  # noqa: TC001 - the web framework reads it
from regard.workspace import Workspace
from tests.cli.conftest import plain
from tests.web.people import nobody, somebody

ROUTES = [route for area in AREAS for route in area.routes]
ROLES = list(Role)


def named(route):
    """Read a route as a person would."""
    return f"{route.method} {route.path}"


def stub(visit: Visiting):
    """Stand in for an endpoint: whoever gets here was let in."""
    return PlainTextResponse(f"let in: {visit.person.name if visit.person else 'nobody'}")


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A small workspace whose answers came by phone and by chat."""
    workspace = Workspace.open(plain(tmp_path_factory.mktemp("rights") / "tiny"))
    workspace.load()
    return workspace


@pytest.fixture(scope="module")
def gates(tiny):
    """The app with every route's guard and none of their endpoints: who is let in?"""
    area = Area("gates", [replace(r, endpoint=stub, kept=False, api=None if r.api is None else {}) for r in ROUTES])
    return make_app(tiny, Settings(), areas=[area])


@pytest.fixture(scope="module")
def everybody(tiny, gates):
    """One person of each role, and of each role within a scope."""
    return {(role, scope): somebody(tiny, gates, role, scope) for role in ROLES for scope in ("", "channel = chat")}


def concrete(route):
    """Return an address that a route matches: rights are decided before anybody looks whether the thing exists."""
    return re.sub(r"\{[^}]*\}", "x", route.path)


@pytest.mark.parametrize("route", ROUTES, ids=named)
def test_every_role_gets_what_the_table_says(route, gates, everybody):
    """A role that has the permission is let in, within a scope too; any other gets 403; nobody is led to sign in."""
    path = concrete(route)
    for (role, _), person in everybody.items():
        send = person.get if route.method == "GET" else person.post
        headers = {} if route.method == "GET" or route.api is None else {"x-csrf-token": person.forms}
        answer = send(path) if not headers else person.client.request(route.method, path, headers=headers)
        let_in = route.needs is None or route.needs in PERMISSIONS[role]
        assert answer.status_code == (200 if let_in else 403), (role, answer.text)
        assert ("let in" in answer.text) == let_in
    stranger = nobody(gates).request(route.method, path, follow_redirects=False)
    if route.needs is None:
        assert stranger.status_code == 200
    elif route.method == "GET" and route.api is None:
        assert (stranger.status_code, stranger.headers["location"].split("?")[0]) == (303, "/sign-in")
    else:
        assert stranger.status_code == 401, stranger.text


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method != "GET"], ids=named)
def test_a_form_that_is_not_from_this_session_is_refused(route, gates, everybody):
    """Without what the session's forms carry, with somebody else's, or from another site, nothing is done."""
    if route.needs is None:
        return  # there is no session yet; the origin is checked below
    admin, other = everybody[Role.ADMIN, ""], everybody[Role.VIEWER, ""]
    person = admin if route.needs is not Permission.APPROVE else everybody[Role.APPROVER, ""]
    for forms in ("", other.forms, person.forms[:-1]):
        headers = {"x-csrf-token": forms}
        assert person.client.request(route.method, concrete(route), headers=headers).status_code == 403


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method != "GET"], ids=named)
def test_another_site_can_post_nothing(route, gates, everybody):
    """A browser says where a request comes from; from elsewhere it is refused, whatever it carries."""
    person = everybody[Role.ADMIN, ""]
    elsewhere = (
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"origin": "http://evil.example"},
        {"origin": "null"},
    )
    for said in elsewhere:
        headers = said | {"x-csrf-token": person.forms}
        answer = person.client.request(route.method, concrete(route), headers=headers)
        assert (answer.status_code, "another site" in answer.text) == (403, True)


def test_every_permission_is_somebodys(gates):
    """No permission is held by nobody, no role both proposes and approves, and every role has its own account."""
    held = frozenset().union(*PERMISSIONS.values())
    assert held == frozenset(Permission)
    for role in ROLES:
        assert Permission.ACCOUNT in PERMISSIONS[role]
        assert not {Permission.DEFINE, Permission.APPROVE} <= PERMISSIONS[role]


# --- real pages within a scope ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def numbers():
    """A page and an API route of one number, and the page counted: how often was it made?"""
    area, made = Area("numbers"), []

    @area.page("/number", needs=Permission.VIEW)
    def number(visit):
        made.append(visit.person.name)
        [cell] = visit.workspace.ask("csat_top2", grain="all").cells
        return PlainTextResponse(f"n={cell.estimate.n:.0f}")

    return area, made


@pytest.fixture(scope="module")
def served(tiny, numbers):
    """The real app, with that page."""
    return make_app(tiny, Settings(), areas=[*AREAS, numbers[0]])


def test_two_scopes_never_share_a_page(tiny, served, numbers):
    """Who sees the same is given what was kept; who sees other rows is not, not even by its tag (R130)."""
    _, made = numbers
    chat, other = (somebody(tiny, served, "viewer", "channel = chat") for _ in range(2))
    phone, whole = somebody(tiny, served, "viewer", "channel = phone"), somebody(tiny, served, "viewer")
    seen = {name: who.get("/number") for name, who in (("chat", chat), ("phone", phone), ("whole", whole))}
    counts = {name: int(answer.text.removeprefix("n=")) for name, answer in seen.items()}
    assert 0 < counts["chat"] < counts["phone"] < counts["whole"]
    before = len(made)
    assert other.get("/number").text == seen["chat"].text
    assert len(made) == before
    tag = seen["chat"].headers["etag"]
    assert other.get("/number", **{"if-none-match": tag}).status_code == 304
    assert phone.get("/number", **{"if-none-match": tag}).text == seen["phone"].text
    assert seen["chat"].headers["cache-control"] == "private, no-cache"


def test_a_new_scope_holds_at_once(tiny, served):
    """Other rights end the sessions that had the old ones; the next page is within the new scope."""
    admin, person = somebody(tiny, served, "admin"), somebody(tiny, served, "viewer")
    whole = person.get("/number").text
    changed = admin.post("/admin/people/change", account=person.account.id, role="viewer", scope="channel = chat")
    assert changed.status_code == 303
    assert person.get("/number").status_code == 303
    assert tiny.store.people.account(id=person.account.id).scope == "channel = chat"
    assert somebody(tiny, served, "viewer", "channel = chat").get("/number").text != whole


def test_an_older_page_is_not_shown_after_a_load(tmp_path, numbers):
    """What was kept is not shown once there are new data (R111)."""
    workspace = Workspace.open(plain(tmp_path / "tiny"))
    workspace.load()
    app = make_app(workspace, Settings(sign_in=False), areas=[numbers[0]])
    client = nobody(app)
    before = client.get("/number").text
    with (tmp_path / "tiny" / "data" / "survey.csv").open("a") as file:
        file.write("A8-1,new@example.com,phone,02.03.2026 10:00,5\n")
    workspace.load()
    assert client.get("/number").text == f"n={int(before.removeprefix('n=')) + 1}"


@pytest.mark.parametrize("route", [r for r in ROUTES if r.method == "GET"], ids=named)
def test_every_page_within_a_scope_answers_or_refuses(route, tiny, served):
    """Within a scope a page shows what the scope allows, or says what it does not; it never breaks."""
    for scope in ("channel = chat", "segment = b2b"):  # a dimension of answers alone, and one of every customer
        person = somebody(tiny, served, "admin", scope)
        for path in route.paths(tiny):
            answer = person.get(path)
            assert answer.status_code in {200, 303, 403, 404}, (scope, path, answer.text)
            if answer.status_code == 403:
                assert "you see only" in answer.text


def test_a_metric_that_is_not_for_everybody_is_shown_to_its_role(tmp_path):
    """A metric says who sees its numbers, a role of the workspace says who its members are; others do not see it."""
    folder = plain(tmp_path / "tiny")
    (folder / "metrics" / "csat_top2.yaml").write_text("metric: csat_top2\nsensitivity: special\n")
    config = folder / "regard.toml"
    config.write_text(config.read_text() + '[roles.board]\nsensitivity = "special"\nmembers = ["Ada@example.com"]\n')
    workspace = Workspace.open(folder)
    assert workspace.check() == []
    workspace.load()
    app = make_app(workspace, Settings())
    account = Account(id="1", name="ada@example.com", role="viewer")
    ada, eve = (SignIn(workspace, Settings()).person(replace(account, name=name)) for name in (
        "ada@example.com", "eve@example.com"))  # fmt: skip
    assert (ada.upto, eve.upto, ada.sees != eve.sees) == ("special", "internal", True)
    analyst, admin = somebody(workspace, app, "analyst"), somebody(workspace, app, "admin")
    for path in ("/metric/csat_top2", "/metric/csat_top2/rows", "/metric/csat_top2/export.csv",
                 f"{ROOT}/ask?metric=csat_top2", f"{ROOT}/explain/csat_top2?period=2026-02"):  # fmt: skip
        refused = analyst.get(path)
        assert (refused.status_code, "is special" in refused.text) == (403, True), path
        assert admin.get(path).status_code == 200, path
    for path in (
        "/metrics?q=csat_top2",
        f"{ROOT}/metrics?q=csat_top2",
        f"{FEED}/Metrics?$filter=metric eq 'csat_top2'",
    ):
        assert "csat_top2</code>" not in analyst.get(path).text
        assert '"metric":"csat_top2"' not in analyst.get(path).text, path
        assert "csat_top2" in admin.get(path).text, path
    board = analyst.get("/")
    assert (board.status_code, "you see only metrics up to internal" in board.text) == (200, True)
    limited = workspace.within("", "internal")
    with pytest.raises(AccessError, match="special"):
        limited.ask("csat_top2")
    assert "csat_top2" not in {one.metric.id for one in limited.ready()}


def test_a_board_within_a_scope_says_which_numbers_it_leaves_out(tiny, served):
    """A number that cannot be limited has a tile that says so; the others are there: nobody loses the whole board."""
    board = somebody(tiny, served, "viewer", "channel = chat").get("/")
    assert board.status_code == 200
    assert "you see only rows with channel in (&#39;chat&#39;)" in board.text


def test_a_role_of_the_workspace_limits_its_members(tmp_path):
    """`regard.toml` says that members of a role see only some rows; it holds beside the scope of the account."""
    folder = plain(tmp_path / "tiny")
    config = folder / "regard.toml"
    role = """[roles.phones]\nrows = "channel = 'phone'"\nmembers = ["Ada@example.com"]\n"""
    config.write_text(config.read_text() + role)
    workspace = Workspace.open(folder)
    account = Account(id="1", name="ada@example.com", role="viewer", scope="channel = chat, phone")
    person = SignIn(workspace, Settings()).person(account)
    assert person.test == "(channel in ('chat', 'phone')) and ((channel = 'phone'))"
    other = SignIn(workspace, Settings()).person(replace(account, name="eve@example.com"))
    assert other.test == "channel in ('chat', 'phone')"
    assert person.sees != other.sees
