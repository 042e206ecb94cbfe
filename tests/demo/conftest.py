"""Harbor at a tenth of its size, made once: its raw files, and the workspace that has loaded them."""

from __future__ import annotations

import pytest

from regard.demo import make
from regard.demo.harbor import MERCHANTS
from regard.workspace import Workspace
from tests.demo.opinion import Raw


@pytest.fixture(scope="session")
def home(tmp_path_factory):
    """The workspace's folder, with its raw files."""
    folder = tmp_path_factory.mktemp("harbor")
    make(folder, scale=0.1, seed=11)
    return folder


@pytest.fixture(scope="session")
def small(home):
    """The raw files, read by pandas."""
    return Raw(home / "data")


@pytest.fixture(scope="session")
def loaded(home):
    """The workspace after its first load, and the report of that load."""
    workspace = Workspace.open(home)
    return workspace, workspace.load()


@pytest.fixture(scope="session")
def whole(tmp_path_factory):
    """Harbor at its full size, loaded: chance is small enough there for every planted number to show."""
    folder = tmp_path_factory.mktemp("whole")
    make(folder)
    workspace = Workspace.open(folder)
    workspace.load()
    Workspace.open(folder / MERCHANTS).load()
    return workspace
