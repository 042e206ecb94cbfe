"""Pictures of the pages of the example company, for the documentation: `python scripts/screenshots.py [WORKSPACE]`.

Serves a workspace (by default a small Harbor made for the occasion), opens every page of the route table that stands in
the menu or in PAGES in Chromium, in light colours, and writes docs/images/pages/NAME.png, few colours each.
"""

from __future__ import annotations

import argparse
import io
import shutil
import socket
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

import uvicorn
from PIL import Image
from playwright.sync_api import sync_playwright

from regard.demo import make
from regard.web import Settings, make_app
from regard.web.routes import AREAS
from regard.web.views import ledger
from regard.web.views.look import story_end
from regard.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

OUT = Path(__file__).parents[1] / "docs" / "images" / "pages"
WIDTH, HEIGHT = 1120, 780
TALLEST = 1250
"""Pixels of a picture from above; the rest of a long page is cut off."""
COLOURS = 40
SLOWEST_MS = 180_000
"""How long a page of a big workspace may take on a busy machine."""
FLAGS = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def pages(workspace: Workspace) -> dict[str, str]:
    """Return name of a picture -> path of the page: the menu, and one of each page with a parameter."""
    found = {
        route.path.strip("/").replace("/", "-") or "overview": route.path
        for a in AREAS
        for route in a.routes
        if route.menu
    }
    incident = next(iter(ledger.incident_ids(workspace, 1)), "")
    customer = next(iter(ledger.customer_ids(workspace, 1)), "")
    target = next(iter(workspace.catalogue.targets), None)
    known = {route.path for area in AREAS for route in area.routes}
    number = f"?metric={target.metric}&period={story_end(workspace):%Y}" if target else ""
    wanted = {
        "incident": ("/incident/{incident}", f"/incident/{quote(incident)}"),
        "impact": ("/incident/{incident}/impact", f"/incident/{quote(incident)}/impact"),
        "customer": ("/customer/{customer}", f"/customer/{customer}"),
        "metric": ("/metric/{metric}", f"/metric/{target.metric}" if target else "/metrics"),
        "notes": ("/metric/{metric}/notes", f"/metric/{target.metric}/notes" if target else "/metrics"),
        "findings": ("/findings", "/findings"),
        "ready": ("/ready", "/ready"),
        "explain": ("/explain", f"/explain{number}"),
    }
    return found | {name: path for name, (route, path) in wanted.items() if route in known}


@contextmanager
def serving(workspace: Workspace) -> Iterator[str]:
    """Serve a workspace on a free port of this machine; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = make_app(workspace, Settings(sign_in=False, demo=True))
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join(10)


def small(png: bytes) -> bytes:
    """Return a picture with few colours and no more height than a reader scrolls."""
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    picture = picture.crop((0, 0, picture.width, min(picture.height, TALLEST)))
    out = io.BytesIO()
    picture.quantize(COLOURS).save(out, "PNG", optimize=True)
    return out.getvalue()


def main() -> None:
    """Take the pictures."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("workspace", nargs="?", help="a loaded workspace; by default a small Harbor is made")
    options.add_argument("--out", type=Path, default=OUT)
    chosen = options.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        sys.exit("Chromium is not installed: apt-get install chromium (scripts/servers does)")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(chosen.workspace or folder)
        if not chosen.workspace:
            make(root, scale=0.3)
            Workspace.open(root).load(limit=1)
        workspace = Workspace.open(root)
        chosen.out.mkdir(parents=True, exist_ok=True)
        with serving(workspace) as home, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
            page = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
            for name, path in pages(workspace).items():
                page.goto(home + path, wait_until="load", timeout=SLOWEST_MS)
                file = chosen.out / f"{name}.png"
                file.write_bytes(small(page.screenshot(full_page=True)))
                print(f"{file.name}: {file.stat().st_size // 1000} KB, {path}")
            browser.close()


if __name__ == "__main__":
    main()
