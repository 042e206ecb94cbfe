"""The documentation becomes a site without a warning, and the site fetches nothing from elsewhere."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FETCHED = re.compile(r"""<(?:script|link|img)[^>]+(?:src|href)=["'](?:https?:)?//""")


@pytest.mark.slow
def test_the_site_builds_and_needs_no_network(tmp_path):
    """R124: each page is in the navigation, each link leads somewhere, each picture and script comes with the site."""
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", "docs", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    pages = {path.relative_to(ROOT / "docs").with_suffix(".html") for path in (ROOT / "docs").rglob("*.md")}
    assert [page for page in pages if not (tmp_path / page).exists()] == []
    fetching = [page for page in sorted(tmp_path.rglob("*.html")) if FETCHED.search(page.read_text(encoding="utf-8"))]
    assert fetching == []
    assert "Customer Minutes Lost" in (tmp_path / "explanation/customer-minutes-lost.html").read_text().title()
