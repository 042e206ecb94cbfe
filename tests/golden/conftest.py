from __future__ import annotations

import pytest

from regard.demo.harbor import make
from regard.workspace import Workspace
from tests.golden.company import Company


@pytest.fixture
def company(tmp_path):
    """An empty workspace."""
    return Company(tmp_path)


@pytest.fixture(scope="session")
def harbor(tmp_path_factory):
    """The example company, fifty times smaller, dirt and all, loaded once."""
    root = tmp_path_factory.mktemp("harbor")
    make(root, scale=0.02)
    workspace = Workspace.open(root)
    workspace.load(limit=1)
    return workspace
