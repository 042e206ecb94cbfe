"""Every test of the store runs on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest

from tests.servers import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url", "url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request, tmp_path):
    """The url of an empty store."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/regard.db"
    return request.getfixturevalue("postgres_url")
