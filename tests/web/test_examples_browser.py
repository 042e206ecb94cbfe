"""The examples that ship, served: pages of companies that keep one thing only hold as those of the demo do."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from regard.web import Settings, make_app
from regard.workspace import Workspace
from tests.web.browser import Watched, serving

EXAMPLES = Path(__file__).parents[2] / "examples"
PAGES = ("/", "/boards", "/metrics", "/incidents", "/data-quality", "/ready", "/help")
OWN = {"airport": "/metric/csat_mean", "status": "/ledger"}
"""Example -> the page that its data are for."""


@pytest.mark.parametrize("name", OWN)
def test_pages_of_an_example_can_be_used(name, browser, tmp_path):
    """R111: empty states included, nothing breaks, and axe finds nothing, wide and on a phone."""
    root = tmp_path / name
    shutil.copytree(EXAMPLES / name, root, ignore=shutil.ignore_patterns("lake", "regard.db*"))
    workspace = Workspace.open(root)
    workspace.load()
    with serving(make_app(workspace, Settings(sign_in=False))) as home:
        page = browser.new_page()
        seen = Watched(page, home)
        for path in (*PAGES, OWN[name]):
            seen.look()
            seen.open(path)
            assert page.locator("h1").count() == 1, path
            assert seen.axe() == [], path
            seen.look(narrow=True)
            assert (seen.axe("target-size", "color-contrast"), max(seen.overflow(), 0)) == ([], 0), path
        page.close()
        assert seen.faults == []
