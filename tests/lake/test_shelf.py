from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import duckdb
import pyarrow as pa
import pytest

from regard.lake import Lake


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


def test_unused_results_are_dropped(tmp_path):
    """Only kept keys stay, each under its own name."""
    lake = Lake(tmp_path)
    with lake.connect() as con:
        for name in ("served", "ledger", "cells"):
            for key in ("a", "b"):
                lake.publish(name, key, con, "SELECT 1 AS x")

    assert lake.drop_unused({"served": {"a"}, "cells": {"b"}}) == 4
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.parquet"))
    assert left == ["cells/b.parquet", "derived/served/a.parquet"]


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
    """What JSON can say comes back exactly; one that was cut short is none, and goes with what is unused."""
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
    assert lake.drop_unused({"answers": {"b"}}) == 1
    assert lake.told("answers", "b") == [2]
