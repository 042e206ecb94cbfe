"""What grows for ever is dropped: results that nobody reads, snapshots that need not stay, and their files (R035)."""

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta

import pytest
from click.testing import CliRunner

from regard.cli.app import app
from regard.errors import LoadError, QuestionError
from regard.lake import DAY_S
from regard.model import Calendar
from regard.store import Snapshot, Store
from regard.workspace import Refresher, Workspace
from regard.workspace.tidying import GRACE_US, STAMP, given_up, tidy, tidy_daily

SOURCE = """\
source: shop
read: {csv: data/shop.csv}
zone: UTC
every: 15 min
tables:
  - table: order
    id: order
    columns: {order_id: order, ordered_at: when, net: amount, currency: {const: EUR}}
"""
DAY_US = DAY_S * 1_000_000


class Clock:
    """A clock that a test turns."""

    def __init__(self, now: int) -> None:
        self.now = now

    def __call__(self) -> int:
        """Tell the time in microseconds."""
        return self.now


def now() -> int:
    """Return the time on the wall in microseconds."""
    return time.time_ns() // 1000


def sold(workspace, amount):
    """Load one order of some amount, which takes the place of the one before."""
    (workspace.root / "data/shop.csv").write_text(f"order,when,amount\no-1,2026-03-01T10:00:00,{amount}\n")
    workspace.load()


def value(workspace, as_of=None):
    """Return what the one order was worth, as known then."""
    (cell,) = workspace.ask("aov", grain="all", compare="", intervals=False, as_of=as_of).cells
    return cell.estimate.value


@pytest.fixture
def workspace(tmp_path):
    """Ten snapshots of one order, one a month for six months and then one a day, the last of them today."""
    (tmp_path / "regard.toml").write_text('name = "Tiny"\ncurrency = "EUR"\nkeep_versions = 2\nprivacy_min = 1\n')
    for folder in ("sources", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "sources/shop.yaml").write_text(SOURCE)
    opened = Workspace.open(tmp_path)
    clock = Clock(0)
    opened.__dict__["store"] = Store(tmp_path / "regard.db", clock=clock)
    for amount in range(10):
        clock.now = now() - (9 - amount) * 10 * DAY_US
        sold(opened, amount)
    clock.now = now()
    return opened


def stay(newest_first, calendar, days, newest):
    """Return the numbers of the snapshots that stay, told on the day of the newest."""
    going = {one.id for one in given_up(newest_first, calendar, days, newest, newest_first[0].at)}
    return sorted(int(one.id) for one in newest_first if one.id not in going)


def test_of_old_snapshots_the_last_of_each_month_stays():
    """Young ones stay, the newest ones, and of each month the last by the workspace's own days."""
    begins = datetime(2026, 1, 1, tzinfo=UTC)
    every = [
        Snapshot(id=f"{day}", at=int((begins + timedelta(days=day)).timestamp() * 1e6) + 1, tables={}, run_id="r")
        for day in range(100)
    ]
    newest_first = every[::-1]
    assert stay(newest_first, Calendar(), 10, 3) == [30, 58, *range(89, 100)]
    assert stay(newest_first, Calendar(), 0, 3) == [30, 58, 89, 97, 98, 99]
    # In Samoa it is still the day before: the first rows of each month are of the one before.
    assert stay(newest_first, Calendar(zone="Pacific/Pago_Pago"), 0, 1) == [0, 31, 59, 90, 99]
    assert given_up((), Calendar(), 0, 1, now()) == ()


def test_a_snapshot_that_was_given_up_says_so_and_its_files_go_later(workspace):
    """Nobody is answered from another time; who began to read may end; what stays is readable and exact."""
    every = workspace.store.snapshots()
    told = tidy(workspace, days=30, dry_run=True)
    assert {one.id for one in workspace.store.snapshots()} == {one.id for one in every}
    done = tidy(workspace, days=30)
    assert done.snapshots == told.snapshots
    assert done.snapshots
    # Who holds a snapshot that is given up reads on: its files are there for the time of grace.
    assert done.versions.files == 0
    left = workspace.store.snapshots()
    assert len(left) == len(every) - len(done.snapshots)
    for one in done.snapshots:
        with pytest.raises(QuestionError, match=r"what was known then was tidied away; ask for \d{4}-"):
            value(workspace, as_of=one.at)
    workspace.store._clock.now += 2 * GRACE_US
    assert tidy(workspace, days=30).versions.files == told.versions.files == len(done.snapshots)
    places = {one.id: 9 - place for place, one in enumerate(every)}
    assert [value(workspace, as_of=one.at) for one in left] == [places[one.id] for one in left]
    sold(workspace, 77)
    assert value(workspace) == 77


def test_a_tidying_waits_for_no_load_and_a_load_for_none(workspace):
    """While a load runs nothing is tidied, and the load's own daily tidying is no failure."""
    with Workspace.open(workspace.root).lake.writing("another"):
        with pytest.raises(LoadError, match="being written"):
            tidy(workspace)
        assert tidy_daily(workspace) is None
    assert len(workspace.store.snapshots()) == 10


def test_it_is_tidied_once_a_day_by_the_schedule_and_by_a_load(workspace):
    """The schedule tidies after it has read something, unless that was done within a day."""
    value(workspace)
    [kept] = (workspace.lake.root / "cells").glob("*.parquet")
    old = time.time() - 365 * DAY_S

    def read_again(amount):
        (workspace.root / "data/shop.csv").write_text(f"order,when,amount\no-1,2026-03-01T10:00:00,{amount}\n")
        os.utime(kept, (old, old))
        CliRunner().invoke(app, ["-C", str(workspace.root), "load"], catch_exceptions=False)

    read_again(20)
    assert not kept.exists()
    stamp = workspace.lake.root / STAMP
    kept.write_bytes(b"PAR1PAR1")
    read_again(21)
    assert kept.exists()
    os.utime(stamp, (old, old))
    clock = Clock(now() + DAY_US)
    refresher = Refresher(lambda: Workspace.open(workspace.root), clock=clock, look_s=0)
    refresher.run(Once())
    assert not kept.exists()


class Once:
    """Says to stop after one look."""

    def __init__(self) -> None:
        self.looked = 0

    def is_set(self) -> bool:
        """Tell whether one look was made."""
        return self.looked > 0

    def wait(self, seconds: float) -> None:
        """Count a look."""
        del seconds
        self.looked += 1


def test_the_command_tells_what_went(workspace):
    """`regard tidy` says files and bytes, as JSON too; a dry run removes nothing."""
    value(workspace)
    for path in (workspace.lake.root / "cells").glob("*.parquet"):
        os.utime(path, (0, 0))

    def run(*more):
        ran = CliRunner().invoke(app, ["-C", str(workspace.root), "tidy", *more], catch_exceptions=False)
        assert ran.exit_code == 0
        return ran.output

    would = json.loads(run("--dry-run", "--json"))
    assert would["dry_run"]
    assert would["results"]["files"] >= 1
    assert would == json.loads(run("--dry-run", "--json"))
    assert "Nothing was removed; this would go." in run("--dry-run", "--days", "30")
    did = json.loads(run("--json"))
    assert (did["results"], did["snapshots"]) == (would["results"], would["snapshots"])
    assert json.loads(run("--json", "--days", "5"))["results"]["files"] == 0
