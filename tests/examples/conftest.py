"""The examples that ship, copied to where a load may write, and loaded once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from regard.workspace import Workspace

EXAMPLES = Path(__file__).parents[2] / "examples"


def _load(name, folder):
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("lake", "regard.db*"))
    workspace = Workspace.open(folder)
    return workspace, workspace.load()


@pytest.fixture(scope="session")
def retail(tmp_path_factory):
    """Online Retail and the report of its load."""
    return _load("retail", tmp_path_factory.mktemp("examples") / "retail")


@pytest.fixture(scope="session")
def airport(tmp_path_factory):
    """The passengers of SFO and the report of their load."""
    return _load("airport", tmp_path_factory.mktemp("examples") / "airport")
