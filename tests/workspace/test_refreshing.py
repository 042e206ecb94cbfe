"""A workbook of a little company, refreshed from its workspace: it stays what it was asked to be (R113)."""

from __future__ import annotations

import pytest

from regard.errors import WorkbookError
from regard.excel.editions import EDITIONS
from regard.excel.read import read
from regard.excel.sheets import loaded, meta
from regard.workspace import Workspace
from regard.workspace.workbook import refreshed, workbook
from tests.excel.office import at_the_desk
from tests.workspace.outages import INCIDENTS, LOSSES, five, loss, minute

pytestmark = pytest.mark.slow  # each workbook takes some ten seconds


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """Return the company of five customers, loaded."""
    return five(tmp_path_factory.mktemp("five")).load()


def kept(path):
    """Return what a workbook says that it is: rows asked for, editions, data sheets."""
    contents = read(path)
    editions = [name for name, one in EDITIONS.items() if one.made(contents)]
    sheets = [name for name in contents.pages if name.startswith(f"{loaded.ROWS} ")]
    return meta.about(contents)["rows"], editions, sheets


@pytest.mark.parametrize(("rows", "edition", "suffix"), [(True, "query", ".xlsx"), (False, "vba", ".xlsm")])
def test_a_refresh_keeps_rows_and_edition(company, tmp_path, rows, edition, suffix):
    """Every column or few, with functions or a table that refreshes: as it was made."""
    workspace, path, out = Workspace.open(company.root), tmp_path / f"one{suffix}", tmp_path / f"two{suffix}"
    workbook(workspace, path, rows=rows, edition=edition)
    said, editions, sheets = kept(path)
    assert meta.ROWS[said] is rows
    assert editions == [edition]
    assert sheets
    assert refreshed(workspace, path, out) == 0
    assert kept(out) == (said, editions, sheets)


def test_a_new_kind_of_loss_is_named_and_how_to_go_on(tmp_path):
    """Somebody loses data for the first time, in a new incident: refused, with both and with what was typed."""
    grown = five(tmp_path / "grown").load()
    path, typed = tmp_path / "one.xlsx", tmp_path / "typed.xlsx"
    workbook(Workspace.open(grown.root), path)
    contents = read(path)
    at_the_desk(tmp_path, path, save=typed, type_={contents.names["w_depth_degraded"].replace("$", ""): "0.4"})
    more = {"incident": "I6", "service": "login", "started": minute(600), "resolved": minute(660)}
    grown.has(
        incidents=[*INCIDENTS, more],
        losses=[*LOSSES, loss(9, "I6", "C", 600, 660, kind="data_loss")],
    )
    workspace = Workspace.open(grown.load().root)
    with pytest.raises(WorkbookError, match="laid out otherwise") as told:
        refreshed(workspace, typed, tmp_path / "two.xlsx")
    said = str(told.value)
    assert "'kind: data_loss'" in said
    assert "regard workbook NEW.xlsx" in said
    assert "degraded: 0.4 (here Assumptions!" in said
    assert not (tmp_path / "two.xlsx").exists()
