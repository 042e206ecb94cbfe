from __future__ import annotations

import pytest

from tests.golden.company import Company
from tests.harbor import copied


@pytest.fixture
def company(tmp_path):
    """An empty workspace."""
    return Company(tmp_path)


@pytest.fixture(scope="session")
def harbor(tmp_path_factory):
    """The example company, fifty times smaller, dirt and all, loaded once."""
    return copied(tmp_path_factory)
