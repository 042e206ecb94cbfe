"""PDF of the same HTML: printed by Chromium where there is one, else by WeasyPrint where it is installed (ADR 0013)."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from regard.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

BROWSERS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
"""Programs that print HTML as PDF, as they are called on PATH."""

OPTIONS = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
    # Nothing is fetched: the document has everything inside, and a name that it must not ask for leads nowhere.
    "--host-resolver-rules=MAP * ~NOTFOUND",
)
"""A quiet print: no window, no network, no header of the browser's own, an outline from the headings."""

WAIT_S = 120
INSTALL = "install Chromium (apt install chromium), or WeasyPrint: pip install 'regard[pdf]'; HTML needs neither"


def pdf(document: str, engine: str = "") -> bytes:
    """Return an HTML document as PDF, with its charts as vectors.

    Args:
        document: the HTML.
        engine: `chromium` or `weasyprint`; by default the first that is there.

    Raises:
        SetupError: neither is installed, the one asked is not, or it fails.
    """
    if engine and engine not in ENGINES:
        raise SetupError(f"'{engine}' makes no PDF; one of: {', '.join(ENGINES)}")
    for name, (there, print_) in ENGINES.items():
        if engine in ("", name) and there():
            return print_(document)
    raise SetupError(f"{engine or 'nothing that makes a PDF'} is not installed: {INSTALL}")


def _browser() -> str | None:
    return next((found for name in BROWSERS if (found := shutil.which(name))), None)


def _chromium(document: str) -> bytes:
    browser = _browser()
    if browser is None:
        raise SetupError(f"chromium is not installed: {INSTALL}")
    with tempfile.TemporaryDirectory(prefix="regard-") as folder:
        page, out = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_text(document, encoding="utf-8")
        # The sandbox cannot be set up by root (a container); the document is ours, with no script in it.
        alone = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
        command = [
            browser,
            *OPTIONS,
            *alone,
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={out}",
            page.as_uri(),
        ]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=WAIT_S, check=False)  # noqa: S603 - a browser found on PATH, arguments of our own
        except subprocess.TimeoutExpired:
            raise SetupError(f"{browser} did not print within {WAIT_S} s") from None
        if not out.is_file():
            last = (done.stderr.strip().splitlines() or ["nothing said"])[-1]
            raise SetupError(f"{browser} printed nothing (exit code {done.returncode}): {last}")
        return out.read_bytes()


def _weasyprint(document: str) -> bytes:
    from weasyprint import HTML, URLFetcher  # noqa: PLC0415 - an extra: most have a browser

    # Everything is inside the document; whatever it asked for outside would be a mistake or an attack.
    made: bytes = HTML(string=document, url_fetcher=URLFetcher(allowed_protocols=("data",))).write_pdf()
    return made


ENGINES: Mapping[str, tuple[Callable[[], bool], Callable[[str], bytes]]] = {
    "chromium": (lambda: _browser() is not None, _chromium),
    "weasyprint": (lambda: find_spec("weasyprint") is not None, _weasyprint),
}
"""What makes a PDF, in the order of preference: whether it is there, and how it prints."""
