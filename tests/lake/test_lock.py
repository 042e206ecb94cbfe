from __future__ import annotations

import signal
import subprocess
import sys
import threading

import pytest

from regard.errors import LoadError
from regard.lake import Lake
from tests.lake.tables import VISIT, put, seen

HOLD = """
import sys, time
from pathlib import Path
from regard.lake import Lake
with Lake(Path(sys.argv[1])).writing("run-of-another"):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    """Another process that holds the lake's lock."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        yield process
        process.kill()


def test_a_second_writer_is_told_who_writes(tmp_path, holder):
    """While one process writes, another gets an error that names the process and its run; readers are not held up."""
    lake = Lake(tmp_path)
    with pytest.raises(LoadError, match=rf"written by process {holder.pid} on .+ \(run run-of-another\)"):
        put(lake, VISIT, [])

    assert lake.version("visit") is None
    assert seen(lake, VISIT, None) == []


def test_a_killed_writer_is_taken_over(tmp_path, holder):
    """The lock of a process that was killed with SIGKILL is free at once, and what it left on the way is swept up."""
    (tmp_path / "tmp/load-of-the-dead").mkdir()
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    assert (tmp_path / "writer.json").exists()
    lake = Lake(tmp_path)

    assert put(lake, VISIT, [{"source": "a", "source_id": "1"}]).inserted == 1
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not (tmp_path / "writer.json").exists()


def test_the_lock_may_be_entered_again_by_its_thread_only(tmp_path):
    """Upserts run inside `writing`; another thread, even with the same lake object, is refused."""
    lake = Lake(tmp_path)
    refused = []

    def other(of):
        try:
            put(of, VISIT, [])
        except LoadError as error:
            refused.append(str(error))

    with lake.writing("r"):
        put(lake, VISIT, [])
        for of in (lake, Lake(tmp_path)):
            thread = threading.Thread(target=other, args=[of])
            thread.start()
            thread.join()
    assert len(refused) == 2
    assert put(Lake(tmp_path), VISIT, [{"source": "a", "source_id": "1"}]).inserted == 1


def test_a_commit_past_the_lock_is_refused(tmp_path):
    """A writer that goes round the lock cannot overwrite another's commit: the log itself refuses the second."""
    lake = Lake(tmp_path)
    row = {"source": "a", "source_id": "1"}
    put(lake, VISIT, [row])
    log = lake._log("visit")
    file = log.version(0).files[0]
    put(lake, VISIT, [row | {"size": 2}])
    for removed in ([file], []):
        with pytest.raises(LoadError, match="did another writer commit"):
            log.commit(0, lake.schema(VISIT), [], removed, about={})
    with pytest.raises(LoadError, match="did another writer commit"):
        log.commit(None, lake.schema(VISIT), [], about={})

    assert lake.version("visit") == 1
    assert [row["size"] for row in seen(lake, VISIT, lake.version("visit"))] == [2]


def test_a_failed_load_lets_go(tmp_path):
    """A load that raises leaves no lock, no files on the way and no new version."""
    lake = Lake(tmp_path)
    with pytest.raises(LoadError):
        put(lake, VISIT, [{"source": "a", "source_id": None}])

    assert list((tmp_path / "tmp").iterdir()) == []
    assert put(Lake(tmp_path), VISIT, []).version == 0
