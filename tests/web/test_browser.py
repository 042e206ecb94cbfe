"""Every page of the route table, opened in a real browser: quiet, within its policy, accessible, in every colour."""

from __future__ import annotations

import pytest

from regard.web import Settings, first_link, make_app
from regard.web.routes import AREAS
from regard.workspace import Workspace
from tests.cli.conftest import plain
from tests.web.browser import Watched, serving

PAGES = [
    route for area in AREAS for route in area.routes if route.method == "GET" and route.api is None and not route.file
]


PARTS = {"/live"}
"""Parts that a script puts into a page; they are looked at there, and are no pages."""


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.path)
def test_every_page_can_be_used(route, demo, client, watched):
    """No error, no broken policy, no other host, nothing that axe finds; nothing is wider than 320 pixels."""
    for path in route.paths(demo):
        shown = client.get(path)
        if not shown.headers["content-type"].startswith("text/html"):
            continue  # a file to keep: nothing to look at
        if route.path in PARTS:
            assert not shown.text.lstrip().startswith("<!doctype"), path
            continue
        watched.look()
        watched.open(path)
        assert watched.axe() == [], path
        watched.look(dark=True)
        assert watched.axe("color-contrast", "link-in-text-block") == [], f"{path} in the dark"
        watched.look(forced=True)
        assert watched.axe("color-contrast") == [], f"{path} in forced colours"
        watched.look(narrow=True)
        assert watched.axe("target-size", "color-contrast", "scrollable-region-focusable") == [], f"{path} on a phone"
        assert watched.overflow() <= 0, f"{path} is wider than 320 pixels"


def test_somebody_signs_in_and_is_managed(browser, tmp_path):
    """From the first link to a token and another person, in a browser: quiet, and nothing that axe finds."""
    workspace = Workspace.open(plain(tmp_path / "tiny"))
    app = make_app(workspace, Settings())
    with serving(app) as home:
        page = browser.new_page()
        seen = Watched(page, home)
        seen.open("/")
        assert (page.title(), seen.axe()) == ("Sign in · Tiny", [])
        seen.open(first_link(workspace, Settings()))
        assert seen.axe() == []
        page.fill("input[name=password]", "a long sentence that nobody guesses")
        page.keyboard.press("Enter")
        page.wait_for_url(f"{home}/")
        seen.open("/me")
        page.fill("input[name=title]", "a sheet")
        page.keyboard.press("Enter")
        page.wait_for_selector("code.secret")
        assert seen.axe() == []
        seen.open("/admin/people")
        page.fill("form.stack input[name=name]", "ada@example.com")
        page.fill("form.stack input[name=scope]", "channel = chat")
        page.keyboard.press("Enter")
        page.wait_for_selector("code.secret")
        assert "ada@example.com" in page.text_content("main")
        assert seen.axe() == []
        for path in ("/admin/sessions", "/admin/tokens", "/admin/audit"):
            seen.open(path)
            assert seen.axe() == [], path
            seen.look(dark=True, narrow=True)
            assert (seen.axe("color-contrast", "target-size"), max(seen.overflow(), 0)) == ([], 0), path
            seen.look()
        page.close()
        assert seen.faults == []
