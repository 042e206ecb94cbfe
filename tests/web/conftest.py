"""One demo company for all tests of pages, made and loaded once, and ways to look at it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from regard.demo import make
from regard.web import Settings, make_app
from regard.workspace import Workspace


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The example company, fifty times smaller, loaded once; tests only read it."""
    root = tmp_path_factory.mktemp("harbor")
    make(root, scale=0.02)
    workspace = Workspace.open(root)
    workspace.load(limit=1)
    return workspace


@pytest.fixture(scope="session")
def client(demo):
    """A client of the demo company's pages that need no signing in."""
    return TestClient(make_app(demo, Settings(sign_in=False, demo=True)), base_url="http://localhost")
