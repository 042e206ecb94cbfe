"""One engine for the room, closed at its end."""

from __future__ import annotations

import pytest

from tests.derived.worlds import Engine


@pytest.fixture(scope="session", autouse=True)
def engine():
    """Close the connection when the tests are over."""
    yield
    Engine.close()
