"""A real browser for tests of pages: Chromium, watched, with axe at hand.

A page opened here may not write an error to the console, break its content security policy, or ask another host.
"""

from __future__ import annotations

import hashlib
import shutil
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import uvicorn

from tests.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

AXE = Path(__file__).with_name("axe.min.js")
AXE_HASH = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
"""SHA-256 of axe.min.js in the package axe-core 4.14.1 of the npm registry."""
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
"""What keeps a browser quiet, and lets it run as root in a container."""
WIDE, NARROW = {"width": 1280, "height": 900}, {"width": 320, "height": 640}


def chromium() -> str:
    """Return the path of Chromium."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        pytest.fail("Chromium is not installed: apt-get install chromium (scripts/servers does)")
    return found


@contextmanager
def browsing() -> Iterator[Browser]:
    """Run a browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an app on a free port of this machine; gives its address."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning", lifespan="on"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    for _ in range(200):
        if server.started:
            break
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


class Watched:
    """A page of the browser whose faults are collected.

    Attributes:
        page: of Playwright.
        home: address of the server.
        faults: what the console, the policy or the network said.
    """

    def __init__(self, page: Page, home: str) -> None:
        self.page, self.home = page, home
        self.faults: list[str] = []
        page.on("console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.faults.append(str(error)))
        page.on("request", self._asked)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.home, "data:")):
            self.faults.append(f"asked {request.url}")

    def open(self, path: str) -> Page:
        """Open a page of the server, and wait until nothing is on its way."""
        self.page.goto(self.home + path, wait_until="networkidle")
        return self.page

    def look(self, *, dark: bool = False, forced: bool = False, narrow: bool = False) -> None:
        """Look at the page that is open in other colours, or on a phone."""
        self.page.set_viewport_size(NARROW if narrow else WIDE)
        self.page.emulate_media(color_scheme="dark" if dark else "light", forced_colors="active" if forced else "none")

    def axe(self, *rules: str) -> list[str]:
        """Return what axe finds wrong with the page, of all rules or of some."""
        assert hashlib.sha256(AXE.read_bytes()).hexdigest() == AXE_HASH
        # Past the policy of the page, as a browser's own tools are.
        if not self.page.evaluate("typeof window.axe === 'object'"):
            self.page.evaluate(AXE.read_text(encoding="utf-8"))
        only = {"type": "rule", "values": list(rules)} if rules else {"type": "tag", "values": list(RULES)}
        found = self.page.evaluate("only => axe.run(document, {runOnly: only, resultTypes: ['violations']})", only)
        return [
            f"{each['id']}: {node['target']} {node.get('failureSummary', '')}"
            for each in found["violations"]
            for node in each["nodes"]
        ]

    def overflow(self) -> int:
        """Return by how many pixels the page is wider than its window."""
        wide: int = self.page.evaluate("document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
        return wide
