from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pytest

from regard.lake import DAY_S, Lake


def test_what_is_kept_is_kept_under_its_hash(tmp_path):
    """A published query is a Parquet file under name and key; the same key again leaves it and runs nothing."""
    lake = Lake(tmp_path)
    with lake.connect() as con:
        assert lake.path("served", "k1") is None
        path = lake.publish("served", "k1", con, "SELECT 1 AS a")
        assert (
            path == lake.derived("served", "k1") == lake.path("served", "k1") == tmp_path / "derived/served/k1.parquet"
        )
        assert lake.publish("served", "k1", con, "SELECT error('not run again')") == path
        assert lake.publish("cells", "c1", con, "SELECT 2 AS b") == tmp_path / "cells/c1.parquet"
        lake.show(con, "pair", [path, lake.derived("cells", "c1")])
        assert con.execute("SELECT a, b FROM pair ORDER BY ALL").fetchall() == [(1, None), (None, 2)]


def test_a_query_that_fails_leaves_nothing(tmp_path):
    """Half a file is never seen, not even as rubbish."""
    lake = Lake(tmp_path)
    with lake.connect() as con, pytest.raises(duckdb.Error):
        lake.publish("served", "k", con, "SELECT error('broken') FROM range(9)")

    assert [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "writer.lock"] == []


def test_many_may_publish_one_key(tmp_path):
    """Writers of the same key at the same time end with one whole file."""
    lake = Lake(tmp_path)

    def publish(_):
        with lake.connect(memory="200MB", threads=1) as con:
            return lake.publish("served", "k", con, "SELECT range AS a FROM range(1000)")

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(publish, range(12)))) == 1
    assert [path.name for path in (tmp_path / "derived/served").iterdir()] == ["k.parquet"]


def aged(path, days):
    """Make a file look as if it had been read for the last time some days ago."""
    os.utime(path, (time.time() - days * DAY_S,) * 2)


def test_what_nobody_reads_is_dropped(tmp_path):
    """What was not read for some days and one more goes, of every kind; whatever was looked at in between stays."""
    lake = Lake(tmp_path)
    with lake.connect() as con:
        for name in ("served", "ledger", "cells"):
            for key in ("a", "b", "c"):
                aged(lake.publish(name, key, con, "SELECT 1 AS x"), 9.5 if key == "c" else 11.5)
    for key in ("a", "b"):
        lake.keep("answers", key, key)
        aged(tmp_path / f"texts/answers/{key}.json", 11.5)
    aged(tmp_path / "cells/c.parquet", 12)
    half = tmp_path / "cells/.half.rough"
    half.write_bytes(b"half")
    aged(half, 2)
    with lake.connect() as con:
        assert lake.publish("served", "a", con, "SELECT error('not run again')") == lake.path("served", "a")
    assert lake.path("ledger", "b") is not None
    assert lake.has("answers", "a")

    told = lake.drop_unread(10, dry_run=True)
    assert told.files == 7
    assert half.exists()
    assert lake.drop_unread(10) == told
    assert lake.drop_unread(10).files == 0
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*") if "lock" not in path.name)
    assert left == [
        "derived/ledger/b.parquet",
        "derived/ledger/c.parquet",
        "derived/served/a.parquet",
        "derived/served/c.parquet",
        "texts/answers/a.json",
    ]


READS = """
import sys
from pathlib import Path
from regard.lake import Lake
lake = Lake(Path(sys.argv[1]))
with lake.connect(memory="200MB", threads=1) as con:
    found = [key for key in range(300) if lake.path("served", f"k{key}") is not None]
    print(len(found), flush=True)
    sys.stdin.readline()  # the question goes on while somebody tidies
    for key in found:
        lake.show(con, "one", [lake.derived("served", f"k{key}")])
        assert con.execute("SELECT x FROM one").fetchall() == [(1,)]
print("read", flush=True)
"""
TIDIES = """
import sys
from pathlib import Path
from regard.lake import Lake
print("ready", flush=True)
print(Lake(Path(sys.argv[1])).drop_unread(3).files)
"""


def shelved(root, days):
    """A lake with 300 results that were read long ago."""
    lake = Lake(root)
    with lake.connect() as con:
        first = lake.publish("served", "k0", con, "SELECT 1 AS x")
    for key in range(300):
        path = first.with_name(f"k{key}.parquet")
        path.write_bytes(first.read_bytes())
        aged(path, days)
    return lake


def start(script, root):
    """Start a program on a lake."""
    command = [sys.executable, "-c", script, str(root)]
    return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def test_no_file_goes_under_a_question_of_another_process(tmp_path):
    """What another process found on the shelf can be read to its end, whoever tidies meanwhile."""
    shelved(tmp_path, 9)
    with start(READS, tmp_path) as reader, start(TIDIES, tmp_path) as tidier:
        dropped = int(tidier.communicate()[0].split()[-1])
        found = int(reader.stdout.readline())
        assert Lake(tmp_path).drop_unread(3).files == 0
        assert reader.communicate("go on\n")[0] == "read\n"

    assert reader.returncode == tidier.returncode == 0
    assert found + dropped == 300


def test_a_tidying_that_is_killed_leaves_whole_files_and_is_done_by_the_next(tmp_path):
    """Killed at any moment, it leaves files that are whole, and nothing that holds up whoever tidies next."""
    lake = shelved(tmp_path, 9)
    draw = random.Random(20261128)
    for _ in range(4):
        tidier = start(TIDIES, tmp_path)
        assert tidier.stdout.readline() == "ready\n"
        time.sleep(draw.uniform(0, 0.01))
        tidier.kill()
        tidier.communicate()
        for path in (tmp_path / "derived/served").iterdir():
            with lake.connect(memory="200MB", threads=1) as con:
                lake.show(con, "one", [path])
                assert con.execute("SELECT x FROM one").fetchall() == [(1,)]
    lake.drop_unread(3)
    assert [*(tmp_path / "derived/served").iterdir()] == []


def test_staged_chunks_come_back_in_order(tmp_path):
    """Chunks are read by number, a chunk put twice counts once, and half-written files are not chunks."""
    staging = Lake(tmp_path).staging("run-2026.01")
    for number, value in ((10, "x"), (2, "b"), (1, "a"), (2, "c")):
        staging.put("visit", number, pa.table({"v": [value]}))
    staging.put("party", 0, pa.RecordBatch.from_pydict({"v": [1]}))
    (tmp_path / "staging/run-2026.01/visit/.half.rough").write_bytes(b"PAR1")

    assert staging.tables() == ("party", "visit")
    assert staging.numbers("visit") == (1, 2, 10)
    assert [batch.to_pydict()["v"] for batch in staging.read("visit")] == [["a"], ["c"], ["x"]]
    staging.clear()
    assert staging.tables() == ()


@pytest.mark.parametrize("name", ["", "..", "a/b", "a\\b", ".hidden", "c:x"])
def test_names_that_are_paths_are_refused(tmp_path, name):
    """Names become file names, so what is not a plain one is refused."""
    lake = Lake(tmp_path)
    with pytest.raises(ValueError, match="not a name for a file"):
        lake.derived("served", name)
    with pytest.raises(ValueError, match="not a name for a file"):
        lake.staging(name)


def test_values_are_kept_whole_or_not_at_all(tmp_path):
    """What JSON can say comes back exactly; one that was cut short is none."""
    lake = Lake(tmp_path)
    value = {"numbers": [0.1 + 0.2, 1e-300, None, -0.0], "text": "ü|\n"}
    assert (lake.has("answers", "k"), lake.told("answers", "k")) == (False, None)
    lake.keep("answers", "k", value)
    assert lake.has("answers", "k")
    assert lake.told("answers", "k") == value
    [path] = (tmp_path / "texts/answers").iterdir()
    path.write_text(path.read_text()[:-3])
    assert lake.told("answers", "k") is None
    assert not lake.has("answers", "k")
    lake.keep("answers", "a", [1])
    lake.keep("answers", "b", [2])
    assert (lake.told("answers", "a"), lake.told("answers", "b")) == ([1], [2])
