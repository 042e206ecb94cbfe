"""Every page of the route table answers, with the headers that keep it safe."""

from __future__ import annotations

import hashlib
from importlib.resources import files

from regard.web.routes import AREAS

HTMX = "a0abb04f2f45a1f89d1d4844023245537e5e6014c87b144553e0607b4cc32130"
"""SHA-256 of dist/htmx.min.js in the package htmx.org 4.0.1 of the npm registry."""


def test_every_page_answers(demo, client):
    """Every page answers 200 to whoever may do everything, with its headers and without anything inline."""
    for route in (route for area in AREAS for route in area.routes if route.method == "GET" and route.api is None):
        for path in route.paths(demo):
            shown = client.get(path)
            assert shown.status_code == 200, (path, shown.text)
            assert shown.headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
            assert shown.headers["x-content-type-options"] == "nosniff"
            assert " style=" not in shown.text
            assert " onclick=" not in shown.text


def test_what_is_not_declared_does_not_exist(client):
    """Another path is 404, another method 405, and both are pages that say so in words."""
    lost = client.get("/nowhere")
    assert (lost.status_code, "That did not work" in lost.text) == (404, True)
    assert client.post("/").status_code == 405
    assert client.get("/docs").status_code == client.get("/openapi.json").status_code == 404


def test_htmx_is_the_one_that_was_published():
    """The vendored script is byte for byte the published one."""
    assert hashlib.sha256((files("regard.web") / "static" / "htmx.min.js").read_bytes()).hexdigest() == HTMX
