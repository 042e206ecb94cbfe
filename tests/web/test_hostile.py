"""What somebody hostile sends or plants: refused or escaped, on every route that there is."""

from __future__ import annotations

import re

import pytest

from regard.web import Settings, make_app
from regard.web.routes import AREAS
from regard.workspace import Workspace
from tests.cli.conftest import plain
from tests.web.people import nobody

ROUTES = [route for area in AREAS for route in area.routes]
SCRIPT = "<script>alert(1)</script>"
FORMULA = "=HYPERLINK(1)"
ELSEWHERE = (
    "../../regard.toml", "..%2f..%2fregard.toml", "..%5c..%5cregard.toml", "%2e%2e/%2e%2e/regard.toml", "x%00y"
)  # fmt: skip
"""Ways to ask for a file that is none of ours."""
HIDDEN = 'currency = "EUR"'
"""What stands in a file that no address may reach."""


def named(route):
    """Read a route as a person would."""
    return f"{route.method} {route.path}"


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """A workspace into whose name and data somebody wrote scripts and formulas."""
    folder = plain(tmp_path_factory.mktemp("hostile") / "tiny")
    config, survey = folder / "regard.toml", folder / "data" / "survey.csv"
    config.write_text(config.read_text().replace('name = "Tiny"', f"name = 'Tiny {SCRIPT}'"))
    text = survey.read_text().replace(",chat,", f",{SCRIPT},").replace("c1@example.com", f"{SCRIPT}@example.com")
    survey.write_text(text.replace(",=cmd,", f",{FORMULA},"))
    workspace = Workspace.open(folder)
    workspace.load()
    return workspace


@pytest.fixture(scope="module")
def client(planted):
    """A browser of its pages."""
    client = nobody(make_app(planted, Settings(sign_in=False)))
    client.follow_redirects = False
    return client


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method == "GET"], ids=named)
def test_what_is_planted_in_data_is_only_text(route, planted, client):
    """A script in a name, a value or an address is shown as text; a formula in a file for spreadsheets cannot run."""
    for path in route.paths(planted):
        joined = f"{path}{'&' if '?' in path else '?'}q={SCRIPT}&by=channel&where={SCRIPT}"
        for address in (path, joined):
            shown = client.get(address)
            assert shown.status_code < 500, shown.text
            kind = shown.headers.get("content-type", "")
            if "html" in kind or "svg" in kind:
                assert "<script>alert" not in shown.text, address
            if "csv" in kind:
                assert not re.search(rf'(^|,)"?{re.escape(FORMULA)}', shown.text, re.MULTILINE), address


@pytest.mark.parametrize("route", [route for route in ROUTES if "{" in route.path], ids=named)
def test_no_address_leads_to_another_file(route, client):
    """A path that climbs out of its folder finds nothing, however it is written."""
    for name in ELSEWHERE:
        path = re.sub(r"\{[^}]*\}", lambda _, name=name: name, route.path)
        shown = client.request(route.method, path)
        assert shown.status_code < 500, (path, shown.text)
        assert HIDDEN not in shown.text


@pytest.mark.parametrize("name", ["regard.css/../../app.py", "../app.py", "..%2fapp.py", "nothing.css"])
def test_only_static_files_are_static(client, name):
    """Below /static there is what is shipped, in the version asked for, and nothing else."""
    assert client.get(f"/static/x/{name}").status_code == 404


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "localhost.evil.example",
        "evil.example:80",
        "localhost@evil.example",
        "localhost/admin?",
        "localhost#",
        "[::1",
        "",
        "127.0.0.1.nip.io",
    ],
)
def test_a_name_that_is_not_ours_is_refused(client, host):
    """A request under a name that was not allowed is refused before anybody looks at it (CVE-2026-48710)."""
    shown = client.get("/", headers={"host": host})
    assert (shown.status_code, "does not answer to that name" in shown.text) == (400, True)
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")


def test_what_a_proxy_might_say_is_not_believed(client):
    """Only whoever runs the server says its name: headers that a browser can send change no address on a page."""
    shown = client.get("/admin/people", headers={"x-forwarded-host": "evil.example", "forwarded": "host=evil.example"})
    assert shown.status_code == 200
    assert "evil.example" not in shown.text


def test_a_form_that_is_too_large_is_refused(client):
    """A form without files is small; more is refused without being read to its end."""
    shown = client.post("/sign-in", data={"name": "x" * 2_000_000, "password": "y"})
    assert shown.status_code == 413


def test_a_mistake_of_ours_tells_nothing(planted):
    """An error that nobody foresaw is told as ours, without what it was or where."""
    from regard.web.routing import PUBLIC, Area

    area = Area("broken")

    @area.page("/broken", needs=PUBLIC)
    def broken(visit):
        raise RuntimeError("the secret of " + visit.workspace.config.name)

    client = nobody(make_app(planted, Settings(sign_in=False), areas=[area]))
    client._transport.raise_server_exceptions = False
    shown = client.get("/broken")
    assert (shown.status_code, "a mistake of regard itself" in shown.text) == (500, True)
    assert "the secret of" not in shown.text
    assert shown.headers["content-security-policy"].startswith("default-src 'none'")
