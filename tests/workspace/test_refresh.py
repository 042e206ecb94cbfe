"""Sources are read at their own cadence, by one process, and a broken one holds up no other (R111, X19)."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING

import pytest

from regard.cli import main
from regard.errors import AccessError, LoadError
from regard.lake import Lake
from regard.workspace import Refresher, Workspace

if TYPE_CHECKING:
    from pathlib import Path

MINUTE = 60_000_000
HEAD = "order,when,amount\n"
SOURCE = """\
source: {name}
read: {{csv: data/{name}.csv}}
zone: UTC
{more}
tables:
  - table: order
    id: order
    columns: {{order_id: order, ordered_at: when, net: amount, currency: {{const: EUR}}}}
"""


@pytest.fixture
def root(tmp_path):
    """A workspace with a source read each quarter of an hour, one read each day, and one that only a person reads."""
    (tmp_path / "regard.toml").write_text('name = "Tiny"\ncurrency = "EUR"\n', encoding="utf-8")
    (tmp_path / "sources").mkdir()
    (tmp_path / "data").mkdir()
    for name, more in (("shop", "every: 15 min"), ("till", "every: 24 h"), ("old", "")):
        write(tmp_path, name, [f"{name}-1,2026-03-01T10:00:00,10"])
        (tmp_path / "sources" / f"{name}.yaml").write_text(SOURCE.format(name=name, more=more), encoding="utf-8")
    return tmp_path


def write(root: Path, name: str, lines: list[str]) -> None:
    """Write the export of a source."""
    (root / "data" / f"{name}.csv").write_text(HEAD + "".join(f"{line}\n" for line in lines), encoding="utf-8")


class Clock:
    """A clock on the wall that a test turns."""

    def __init__(self, workspace: Workspace) -> None:
        runs = workspace.store.runs(kind="load")
        self.now = max((run.ended_at or 0 for run in runs), default=0) or 1_800_000_000 * 1_000_000

    def __call__(self) -> int:
        """Tell the time."""
        return self.now


def orders(workspace: Workspace) -> float | None:
    """Return how many orders there are."""
    (cell,) = workspace.ask("aov", grain="all", compare="", intervals=False).cells
    return cell.estimate.n


def test_each_source_is_read_at_its_own_cadence(root):
    """What is due is read as one snapshot; the day's source rests while the quarter's is read again."""
    workspace = Workspace.open(root)
    refresher = Refresher(lambda: workspace, clock=Clock(workspace))
    first = refresher.look()
    assert first.loaded == ("shop", "till")
    assert len(first.snapshots) == 1
    assert orders(workspace) == 2
    clock = Clock(workspace)
    refresher = Refresher(lambda: workspace, clock=clock)
    assert refresher.look().loaded == ()
    clock.now += 15 * MINUTE
    write(root, "shop", ["shop-1,2026-03-01T10:00:00,10", "shop-2,2026-03-02T10:00:00,10"])
    again = refresher.look()
    assert (again.loaded, len(again.snapshots)) == (("shop",), 1)
    assert orders(workspace) == 3
    clock.now += 24 * 60 * MINUTE
    assert refresher.look().loaded == ("shop", "till")


def test_what_did_not_change_makes_no_version(root):
    """A reading without news leaves the version of the data as it was: an open page has nothing to fetch."""
    workspace = Workspace.open(root)
    clock = Clock(workspace)
    refresher = Refresher(lambda: workspace, clock=clock)
    before = refresher.look().snapshots
    clock.now = Clock(workspace).now + 16 * MINUTE
    again = refresher.look()
    assert again.loaded == ("shop",)
    assert again.snapshots == ()
    assert workspace.snapshot().id == before[0]


def test_a_source_that_cannot_be_read_holds_up_no_other(root):
    """It is a finding with its reason, tried again later and less often, and resolved when it can be read."""
    (root / "data" / "shop.csv").unlink()
    workspace = Workspace.open(root)
    clock = Clock(workspace)
    refresher = Refresher(lambda: workspace, clock=clock)
    done = refresher.look()
    assert done.loaded == ("till",)
    assert "shop.csv" in done.failed["shop"]
    (found,) = workspace.findings(rule="unreadable-source", status="open")
    assert found.scope == {"source": "shop"}
    assert refresher.look().failed == {}
    for failures in (1, 2):
        clock.now += 15 * MINUTE * 2 ** (failures - 1)
        assert set(refresher.look().failed) == {"shop"}
    clock.now += 15 * MINUTE
    assert refresher.look().failed == {}
    write(root, "shop", ["shop-1,2026-03-01T10:00:00,10"])
    clock.now += 60 * MINUTE
    assert "shop" in refresher.look().loaded
    assert workspace.findings(rule="unreadable-source", status="open") == ()


def test_only_one_process_runs_the_schedule(root):
    """A second one stands by, and takes over when the first is gone."""
    one, two = Workspace.open(root), Workspace.open(root)
    stop = threading.Event()
    with one.lake.scheduling() as mine:
        assert mine
        with two.lake.scheduling() as other:
            assert not other
        waiting = threading.Thread(target=Refresher(lambda: two, look_s=0.02).run, args=(stop,))
        waiting.start()
        assert not waiting.join(0.2)
        assert two.snapshot() is None
    for _ in range(500):
        if two.snapshot() is not None:
            break
        waiting.join(0.02)
    stop.set()
    waiting.join(10)
    assert not waiting.is_alive()
    assert orders(one) == 2


def test_another_load_is_waited_for(root):
    """While somebody loads by hand, the schedule says so and tries again at its next look."""
    one, two = Workspace.open(root), Workspace.open(root)
    with one.lake.writing("by hand"):
        assert "being written" in Refresher(lambda: two, clock=Clock(two)).look().waited
    assert Refresher(lambda: two, clock=Clock(two)).look().loaded == ("shop", "till")


def test_cron_reads_what_is_due(root, capsys):
    """`regard load --due` does one look from outside and leaves the rest alone."""
    for code, expected in ((0, {"shop", "till"}), (0, set())):
        with pytest.raises(SystemExit) as ended:
            main(["-C", str(root), "load", "--due", "--json"])
        assert ended.value.code == code
        assert {one["source"] for one in json.loads(capsys.readouterr().out)["sources"]} == expected


def test_a_cadence_has_its_limits(root):
    """A source cannot be read again sooner than the schedule looks; the mistake names file, line and value."""
    (root / "sources" / "shop.yaml").write_text(SOURCE.format(name="shop", more="every: 5 s"), encoding="utf-8")
    (mistake,) = Workspace.open(root).check()
    assert (mistake.field, mistake.line, mistake.rule) == ("every", 4, "bad-length")
    assert "5 s" in mistake.message


def test_how_old_tables_are(root):
    """A table is as old as the source of it that was read longest ago, and names the metrics it bears (K56)."""
    workspace = Workspace.open(root)
    (table,) = workspace.freshness().tables
    assert (table.table, table.state, table.read_at) == ("order", "never read", None)
    workspace.load()
    found = workspace.freshness(newest=True)
    (table,) = found.tables
    assert (table.state, table.allowed) == ("fresh", 15 * MINUTE)
    assert "aov" in table.metrics
    assert found.stale == ()
    assert {one.source.name: one.state for one in found.sources} == dict.fromkeys(("old", "shop", "till"), "fresh")
    assert {one.newest for one in found.sources} == {workspace.moment("2026-03-01T10:00:00")}


def test_the_newest_rows_are_looked_for_once(root, monkeypatch):
    """A version of a table is read once for them; a new row is seen, and one that lies ahead of the story is not."""
    workspace = Workspace.open(root)
    workspace.load()
    before = workspace.freshness(newest=True)
    with monkeypatch.context() as patched:
        patched.setattr(Lake, "connect", lambda *_, **__: pytest.fail("they are known"))
        assert Workspace.open(root).freshness(newest=True).sources == before.sources
    write(root, "shop", ["shop-1,2026-03-01T10:00:00,10", "shop-2,2026-03-02T10:00:00,10"])
    workspace.load()
    for until, newest in (("", "2026-03-02T10:00:00"), ('until = "2026-03-02"', "2026-03-01T10:00:00")):
        (root / "regard.toml").write_text(f'name = "Tiny"\ncurrency = "EUR"\n{until}\n', encoding="utf-8")
        for asked in (Workspace.open(root), Workspace.open(root)):
            found = {one.source.name: one.newest for one in asked.freshness(newest=True).sources}
            assert (found["shop"], found["till"]) == (asked.moment(newest), asked.moment("2026-03-01T10:00:00"))


def test_who_sees_some_rows_is_not_told_of_the_newest(root):
    """The newest row of a source may be anybody's, also where it is known already (R125)."""
    workspace = Workspace.open(root)
    workspace.load()
    workspace.freshness(newest=True)
    with pytest.raises(AccessError, match="newest row"):
        workspace.within("channel = 'web'").freshness(newest=True)


def test_a_row_that_is_too_old_makes_its_source_stale(root):
    """`fresh` is about the newest row, not about the reading: an export that stands still is found out."""
    path = root / "sources" / "shop.yaml"
    path.write_text(SOURCE.format(name="shop", more="fresh: 26 h"), encoding="utf-8")
    workspace = Workspace.open(root)
    workspace.load()
    states = {one.source.name: (one.state, one.why) for one in workspace.freshness(newest=True).sources}
    assert states["shop"] == ("stale", "its newest row is older than it says it may be")
    assert states["till"][0] == "fresh"


def test_a_busy_lake_is_told_to_people(root):
    """Whoever loads while another does is told who does."""
    one, two = Workspace.open(root), Workspace.open(root)
    with one.lake.writing("by hand"), pytest.raises(LoadError, match="by hand"):
        two.load()
