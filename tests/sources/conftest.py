"""Fixtures of the tests of sources."""

from __future__ import annotations

import pytest

from tests.servers import mariadb_url, postgres_server, postgres_url
from tests.sources.place import Place

__all__ = ["mariadb_url", "place", "postgres_server", "postgres_url"]


@pytest.fixture
def place(tmp_path):
    """An empty workspace."""
    return Place(tmp_path)
