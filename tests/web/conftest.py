"""One demo company for all tests of pages, made and loaded once, and ways to look at it."""

from __future__ import annotations

import pytest
from starlette.testclient import TestClient

from regard.web import Settings, make_app
from tests.harbor import copied
from tests.web.browser import Watched, browsing, serving


@pytest.fixture(scope="session")
def demo(tmp_path_factory):
    """The example company, fifty times smaller, loaded once; tests only read it."""
    return copied(tmp_path_factory)


@pytest.fixture(scope="session")
def app(demo):
    """The demo company's app, where nobody signs in."""
    return make_app(demo, Settings(sign_in=False, demo=True))


@pytest.fixture(scope="session")
def client(app):
    """A client of it."""
    return TestClient(app, base_url="http://localhost")


@pytest.fixture(scope="session")
def browser():
    """A real browser."""
    with browsing() as running:
        yield running


@pytest.fixture(scope="session")
def home(app):
    """The address under which the demo company is served."""
    with serving(app) as address:
        yield address


@pytest.fixture
def watched(browser, home):
    """A watched page of the browser: `watched.open("/")`; the test fails on what it did wrong."""
    page = browser.new_page()
    seen = Watched(page, home)
    yield seen
    page.close()
    assert seen.faults == []
