"""Every page of the route table, opened in a real browser: quiet, within its policy, accessible, in every colour."""

from __future__ import annotations

import pytest

from regard.web.routes import AREAS

PAGES = [
    route for area in AREAS for route in area.routes if route.method == "GET" and route.api is None and not route.file
]


@pytest.mark.parametrize("route", PAGES, ids=lambda route: route.path)
def test_every_page_can_be_used(route, demo, client, watched):
    """No error, no broken policy, no other host, nothing that axe finds; nothing is wider than 320 pixels."""
    for path in route.paths(demo):
        if not client.get(path).headers["content-type"].startswith("text/html"):
            continue  # a file to keep: nothing to look at
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
