from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

from regard.lake import Lake
from regard.store import Store
from tests.lake.load_once import ROWS, TABLES, main

KILLS = 10
LAST = 5
"""The newest generation of rows."""
SCRIPT = Path(__file__).with_name("load_once.py")
REPOSITORY = SCRIPT.parents[2]


def state(root):
    """What a reader sees: per table the number of rows and the generations that they are of."""
    with Store(root / "regard.db") as store:
        snapshot = store.snapshot()
    lake = Lake(root / "lake")
    with lake.connect(memory="500MB") as con:
        result = []
        for table in TABLES:
            lake.view(con, table, snapshot.tables[table.name])
            result += con.execute(f'SELECT count(*), min(size), max(size) FROM "{table.name}"').fetchall()
        return result


def start(root, generation):
    """Start a load in a process of its own, and wait until it begins."""
    command = [sys.executable, str(SCRIPT), str(root), str(generation)]
    paths = os.pathsep.join([".", *filter(None, [os.environ.get("PYTHONPATH")])])
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=REPOSITORY, env={"PYTHONPATH": paths})
    assert process.stdout.readline() == "ready\n"
    return process


def checksums(root):
    """Hash what the newest snapshot shows."""
    with Store(root / "regard.db") as store:
        tables = store.snapshot().tables
    lake = Lake(root / "lake")
    with lake.connect(memory="500MB") as con:
        return [lake.checksum(con, table, tables[table.name]) for table in TABLES]


def generation(root):
    """Return the one generation that both tables show, whole."""
    rows, _, newest = state(root)[0]
    assert state(root) == [(rows, newest, newest)] * 2
    assert rows == ROWS + 100 * newest
    return newest


def test_a_load_killed_ten_times_ends_as_one_that_was_not(tmp_path):
    """After each SIGKILL readers see the old state or the new, and at the end what an undisturbed load gives (R035)."""
    killed, quiet = tmp_path / "killed", tmp_path / "quiet"
    main(killed, 0)
    main(quiet, 0)
    began = time.monotonic()
    main(quiet, LAST)
    took = time.monotonic() - began
    draw = random.Random(20260131)
    alive = shown = 0
    for turn in range(KILLS):
        # Each generation is killed twice, so that the second time it resumes the first; then the next one follows.
        loading = 1 + turn * LAST // KILLS
        process = start(killed, loading)
        time.sleep(draw.uniform(0.05, 1) * took)
        process.kill()
        alive += process.wait() != 0
        process.stdout.close()
        assert shown <= generation(killed) <= loading
        shown = generation(killed)
    main(killed, LAST)

    assert alive >= 2
    assert generation(killed) == LAST
    assert checksums(killed) == checksums(quiet)
    assert list((killed / "lake/tmp").iterdir()) == []


def test_readers_see_whole_snapshots_while_a_load_runs(tmp_path):
    """Reading over and over while another process loads shows the old state, then the new one, and nothing between."""
    main(tmp_path, 0)
    process = start(tmp_path, 1)
    seen = []
    while process.poll() is None:
        seen.append(state(tmp_path))
    seen.append(state(tmp_path))
    process.stdout.close()

    old, new = ([(ROWS + 100 * generation, generation, generation)] * 2 for generation in (0, 1))
    assert process.returncode == 0
    assert seen[0] == old
    assert seen == sorted(seen)
    assert seen[-1] == new
    assert all(state in (old, new) for state in seen)
