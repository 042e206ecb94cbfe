"""An open page shows new numbers without being loaded again and says so; nobody waits for a reading (R111)."""

from __future__ import annotations

import base64
import threading
import time

import pytest
from starlette.testclient import TestClient

from regard.web import Settings, make_app, refreshing, warming
from regard.web.signin import carried
from regard.web.views import boards
from regard.workspace import Asking, Workspace
from tests.web.browser import Watched, serving

SOURCE = """\
source: shop
means: Orders of the shop
read: {csv: data/shop.csv}
zone: UTC
every: 1 min
tables:
  - table: order
    id: order
    columns: {order_id: order, ordered_at: when, net: amount, currency: {const: EUR}}
"""


@pytest.fixture
def root(tmp_path):
    """A workspace of one source with a cadence."""
    (tmp_path / "regard.toml").write_text('name = "Tiny"\ncurrency = "EUR"\nprivacy_min = 1\n', encoding="utf-8")
    for folder in ("sources", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sources" / "shop.yaml").write_text(SOURCE, encoding="utf-8")
    write(tmp_path, 40)
    return tmp_path


def write(root, orders):
    """Write an export of so many orders."""
    lines = "".join(f"s{n},2026-03-{1 + n % 28:02d}T10:00:00,{n}\n" for n in range(orders))
    (root / "data" / "shop.csv").write_text(f"order,when,amount\n{lines}", encoding="utf-8")


def test_an_open_page_takes_new_numbers_in(browser, root):
    """The page that is open changes by itself: no reload, focus and fields stay, and a sentence says what happened."""
    workspace = Workspace.open(root)
    workspace.load()
    with serving(make_app(workspace, Settings(sign_in=False, look_s=1))) as home:
        seen = Watched(browser.new_page(), home)
        page = seen.open("/data-quality")
        assert page.locator("td.number", has_text="40").count() == 1
        page.evaluate("window.notReloaded = true")
        page.locator("summary").first.focus()
        write(root, 55)
        workspace.load()
        page.wait_for_selector("#live p", timeout=15_000)
        page.locator("td.number", has_text="55").first.wait_for(timeout=15_000)
        assert "New data arrived" in page.locator("#live").inner_text()
        assert page.evaluate("window.notReloaded") is True
        assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
        assert page.locator("#main").count() == page.locator("#live").count() == 1
        assert seen.axe() == []
        page.wait_for_timeout(1500)
        assert page.locator("#live p").count() == 1
        page.close()
        assert seen.faults == []


def test_nothing_new_is_nothing(root):
    """Asked for what the page shows, the server says 204; for an older version, a fragment that fetches the page."""
    workspace = Workspace.open(root)
    client = TestClient(make_app(workspace, Settings(sign_in=False)), base_url="http://localhost")
    assert client.get("/live?have=").status_code == 204
    workspace.load()
    have = workspace.snapshot().id
    assert client.get(f"/live?have={have}").status_code == 204
    page = client.get("/data-quality").text
    assert f'hx-get="/live?have={have}"' in page
    told = client.get("/live?have=older", headers={"hx-current-url": "https://evil.example//a/b?x=1&y=<"})
    assert 'hx-get="/a/b?x=1&amp;y=&lt;"' in told.text
    assert f"/live?have={have}" in told.text


def test_the_server_reads_what_is_due(root):
    """While it serves, a source is read when its time has come, and whoever asks meanwhile is answered."""
    workspace = Workspace.open(root)
    client = TestClient(make_app(workspace, Settings(sign_in=False)), base_url="http://localhost")
    with refreshing(workspace, look_s=0.05):
        longest, end = 0.0, time.monotonic() + 60
        while workspace.snapshot() is None and time.monotonic() < end:
            begun = time.monotonic()
            assert client.get("/live?have=x").status_code in (200, 204)
            longest = max(longest, time.monotonic() - begun)
        assert workspace.snapshot() is not None
    assert client.get("/api/v1/freshness").json()["sources"][0]["state"] == "fresh"
    print(f"slowest answer while the source was read: {1000 * longest:.0f} ms")


def test_spreadsheets_send_the_token_as_a_password():
    """Basic sign-in carries the token in place of the password; what is no such header carries none."""
    basic = base64.b64encode(b"anybody:rgd_secret:x").decode()
    assert carried(f"Basic {basic}") == "rgd_secret:x"
    assert carried("bearer  rgd_secret ") == "rgd_secret"
    assert carried("Basic !!!") == ""
    assert carried("") is None
    assert carried("Digest a=b") is None


def test_numbers_are_made_before_readers_ask(root, monkeypatch):
    """Numbers of boards are computed after every load, whoever loads: the first reader computes none (R111)."""
    workspace = Workspace.open(root)
    workspace.load()
    every = boards.boards
    monkeypatch.setattr(boards, "boards", lambda opened: [one for one in every(opened) if one.id == boards.FIRST])
    asked = []
    computed = Asking._computed

    def noted(self, question, metrics):
        asked.append(threading.current_thread().name)
        return computed(self, question, metrics)

    monkeypatch.setattr(Asking, "_computed", noted)
    with warming(workspace, look_s=0.02) as warmer:
        for orders in (40, 60):
            write(root, orders)
            Workspace.open(root).load()  # by another process
            newest, end = workspace.snapshot().id, time.monotonic() + 60
            while warmer.done != newest and time.monotonic() < end:
                time.sleep(0.02)
            assert warmer.done == newest
    before = len(asked)
    client = TestClient(make_app(Workspace.open(root), Settings(sign_in=False)), base_url="http://localhost")
    assert client.get("/").status_code == 200
    assert asked[before:] == []
    assert set(asked) == {"warm"}
