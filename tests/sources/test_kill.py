from __future__ import annotations

import multiprocessing
import random
import shutil
import signal
import time

import pytest

from tests.sources import load_many
from tests.sources.load_many import prepare
from tests.sources.place import Place

KILLS = 10
PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["tests.sources.load_many"])


def start(root):
    """Start a load in a process of its own; what it needs is imported already, so that it is soon at work."""
    process = PROCESSES.Process(target=load_many.main, args=(str(root),))
    process.start()
    return process


def chunks_done(root):
    """How many chunks the unfinished load has written down."""
    with Place(root).store as store:
        runs = [run for run in store.runs(kind="load") if run.status == "running"]
        return sum(said["chunk"] for run in runs for key, said in run.positions.items() if key.startswith("at "))


def test_a_load_killed_ten_times_ends_as_one_that_was_not(tmp_path):
    """SIGKILL at ten random moments, then one load to the end: tables, rejects and findings of a quiet one (R035)."""
    quiet, killed = tmp_path / "quiet", tmp_path / "killed"
    prepare(quiet)
    shutil.copytree(quiet, killed)
    began = time.monotonic()
    process = start(quiet)
    process.join()
    assert process.exitcode == 0
    took = time.monotonic() - began
    draw = random.Random(20260427)
    alive, progress = 0, [0]
    for turn in range(KILLS):
        process = start(killed)
        # Short lives first, so that the load is not over before the tenth.
        time.sleep(draw.uniform(0, took) * (turn + 2) / (2 * KILLS))
        process.kill()
        process.join()
        alive += process.exitcode == -signal.SIGKILL
        progress.append(chunks_done(killed))
    process = start(killed)
    process.join()

    one, other = Place(quiet), Place(killed)
    assert process.exitcode == 0
    assert alive >= KILLS // 2
    assert max(progress) > 0
    assert other.checksums() == one.checksums()
    assert other.rules() == one.rules()
    assert len(one.rules()) > 100
    counted = [sorted((f.rule, str(f.scope), f.count) for f in place.store.findings()) for place in (one, other)]
    assert counted[0] == counted[1]
    assert list((killed / "lake/staging").iterdir()) == []


def test_a_load_goes_on_where_it_stopped(tmp_path):
    """After a stop in the middle what was put aside is not read again, and the clock is that of the start."""
    prepare(tmp_path)
    place = Place(tmp_path)
    heard = []

    def interrupt(source, done, total):
        heard.append((source, done))
        if source == "shop" and done >= 2_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        place.load(chunk_rows=500, progress=interrupt)
    [run] = place.store.runs()
    assert (run.status, run.positions["at shop"]["rows"]) == ("stopped", heard[-1][1])

    again = []
    report = place.load(clock=1_900_000_000_000_000, chunk_rows=500, progress=lambda *said: again.append(said))
    assert report.resumed
    assert report.run_id == run.id
    assert report.clock == run.positions["clock"] != 1_900_000_000_000_000
    shop = [done for source, done, _ in again if source == "shop"]
    assert shop[0] == heard[-1][1]
    assert shop[-1] == 6_000
    assert {one.name: one.rows for one in report.sources} == {"desk": 3_000, "shop": 6_000, "till": 6_000}
