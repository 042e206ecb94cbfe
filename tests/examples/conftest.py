"""The examples that ship, copied to where a load may write, and loaded once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from regard.workspace import Workspace
from regard.workspace.asking import Asking

EXAMPLES = Path(__file__).parents[2] / "examples"


def _load(name, folder):
    shutil.copytree(EXAMPLES / name, folder, ignore=shutil.ignore_patterns("lake", "regard.db*"))
    workspace = Workspace.open(folder)
    return workspace, workspace.load()


def rows_of(workspace, tables, query):
    """Rows that a query over loaded tables (their names, with commas between) gives."""
    connection = workspace.lake.connect()
    for name in tables.split(","):
        workspace.lake.view(connection, workspace.catalogue.tables[name], workspace.lake.version(name))
    return connection.execute(query).fetchall()


def derived_rows(workspace, name, query, **arguments):
    """Rows that a query over one derived table gives; the table is called `rows`."""
    asking = Asking(workspace)
    given = workspace.catalogue.tables[name].arguments | arguments
    relation = asking.relations.name(name, tuple(sorted(given.items())))
    return asking.relations.connection.execute(query.replace("from rows", f'from "{relation}" as rows')).fetchall()


@pytest.fixture(scope="session")
def retail(tmp_path_factory):
    """Online Retail and the report of its load."""
    return _load("retail", tmp_path_factory.mktemp("examples") / "retail")


@pytest.fixture(scope="session")
def airport(tmp_path_factory):
    """The passengers of SFO and the report of their load."""
    return _load("airport", tmp_path_factory.mktemp("examples") / "airport")


@pytest.fixture(scope="session")
def grid(tmp_path_factory):
    """Power outages of the United States and the report of their load."""
    return _load("grid", tmp_path_factory.mktemp("examples") / "grid")


@pytest.fixture(scope="session")
def status(tmp_path_factory):
    """GitHub's status page and the report of its load."""
    return _load("status", tmp_path_factory.mktemp("examples") / "status")


@pytest.fixture(scope="session")
def assumed(tmp_path_factory):
    """GitHub's status page with the assumption switched on."""
    folder = tmp_path_factory.mktemp("examples") / "assumed"
    shutil.copytree(EXAMPLES / "status", folder, ignore=shutil.ignore_patterns("lake", "regard.db*"))
    (folder / "sources" / "assumed.yaml.off").rename(folder / "sources" / "assumed.yaml")
    workspace = Workspace.open(folder)
    return workspace, workspace.load()
