"""Workspaces that workbooks are made of, and the workbooks, each made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from regard.demo import make
from regard.excel.compile import compile_book
from regard.workspace import Workspace
from regard.workspace.workbook import gather

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture(scope="session")
def harbor(tmp_path_factory):
    """Harbor at a fiftieth of its size."""
    folder = tmp_path_factory.mktemp("harbor")
    make(folder, scale=0.02, seed=5)
    workspace = Workspace.open(folder)
    workspace.load()
    return workspace


@pytest.fixture(scope="session")
def gathered(harbor):
    """What its workbook is made of."""
    return gather(harbor)


@pytest.fixture(scope="session")
def compiled(gathered):
    """Its workbook."""
    return compile_book(gathered)


@pytest.fixture(scope="session")
def example(tmp_path_factory):
    """A shipped example by its name, loaded."""
    made: dict[str, Workspace] = {}

    def open_(name):
        if name not in made:
            folder = tmp_path_factory.mktemp("examples") / name
            shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("lake", "regard.db*"))
            made[name] = Workspace.open(folder)
            made[name].load()
        return made[name]

    return open_
