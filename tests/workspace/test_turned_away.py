"""A source of which too much was turned away fails the load by name, and says so beside every number that it bears."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from regard.cli import main
from regard.present import document, table
from regard.sources import RejectsError
from regard.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

SHOP = """\
source: shop
read: {csv: shop.csv}
zone: UTC
tables:
  - table: order
    id: id
    columns: {order_id: id, ordered_at: at, net: net, currency: {const: EUR}}
"""
DESK = """\
source: desk
read: {csv: desk.csv}
zone: UTC
tables:
  - table: case
    id: id
    columns: {case_id: id, opened_at: at, resolved_at: done}
"""
SAID = "Source desk: 2 of 4 rows (50 %) were turned away, more than 5 %; `regard findings` says why."


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Ninety-six good orders, and four cases of which two have no time that can be read: 2 % of all rows."""
    (tmp_path / "regard.toml").write_text('name = "T"\ncurrency = "EUR"\n', encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "shop.yaml").write_text(SHOP, encoding="utf-8")
    (tmp_path / "sources" / "desk.yaml").write_text(DESK, encoding="utf-8")
    orders = "".join(f"{i},2026-03-01T10:00:00,10\n" for i in range(96))
    (tmp_path / "shop.csv").write_text(f"id,at,net\n{orders}", encoding="utf-8")
    desk(tmp_path, "soon")
    return tmp_path


def desk(root: Path, at: str) -> None:
    """Write the export of the desk, two rows of which have a given time of opening."""
    good = "1,2026-03-01T10:00:00,2026-03-01T12:00:00\n2,2026-03-02T10:00:00,2026-03-02T12:00:00\n"
    (root / "desk.csv").write_text(f"id,at,done\n{good}3,{at},\n4,{at},\n", encoding="utf-8")


def test_a_source_has_a_limit_of_its_own(root, capsys):
    """Two of a hundred rows are few; two of the four of the desk are not. The others are in, and it stays said."""
    workspace = Workspace.open(root)
    with pytest.raises(RejectsError, match=r"source desk: 2 of 4 rows were turned away \(50.00 %\), more than 5 %"):
        workspace.load()
    with pytest.raises(RejectsError, match="source desk"):
        workspace.load()  # nothing changed: nothing is read, and nothing is better
    bad, good = workspace.ask("resolution_time", "aov", grain="all", compare="")
    assert (bad.notes, good.notes) == ((SAID,), ())
    assert ("rejects" in bad.cells[0].estimate.flags, "rejects" in good.cells[0].estimate.flags) == (True, False)
    assert document.document(bad)["notes"] == [SAID]
    assert SAID in table.scorecard([bad, good]).notes
    with pytest.raises(SystemExit, match=r"^2$"):
        main(["-C", str(root), "load", "--again"])
    assert "source desk" in capsys.readouterr().err


def test_what_was_good_before_stays_until_the_source_is_mended(root):
    """A bad export does not take away the rows of the last good one, and a mended one takes the remark away."""
    desk(root, "2026-03-03T10:00:00")
    workspace = Workspace.open(root)
    workspace.load()
    [before] = workspace.ask("backlog", grain="all", compare="").cells
    desk(root, "soon")
    with pytest.raises(RejectsError):
        workspace.load()
    [after] = workspace.ask("backlog", grain="all", compare="").cells
    assert after.estimate.value == before.estimate.value == 2
    assert "rejects" in after.estimate.flags
    desk(root, "2026-03-03T10:00:00")
    workspace.load()
    [mended] = workspace.ask("backlog", grain="all", compare="").cells
    assert "rejects" not in mended.estimate.flags


def test_the_mapping_may_say_its_own_limit(root):
    """A desk whose export is known to hold half-written rows is believed from there on."""
    (root / "sources" / "desk.yaml").write_text(DESK.replace("zone:", "reject_limit: 50\nzone:"), encoding="utf-8")
    workspace = Workspace.open(root)
    assert workspace.load().refused == 2
    [answer] = workspace.ask("resolution_time", grain="all", compare="")
    assert answer.notes == ()
    with pytest.raises(RejectsError):
        workspace.load(limit=0.1)
