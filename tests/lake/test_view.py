from __future__ import annotations

from unittest.mock import patch

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from regard.errors import LoadError, SetupError
from regard.lake import Lake, log, upsert as merging
from tests.lake.tables import VISIT, put, seen, table


def test_a_view_shows_whole_numbers_and_no_zone(tmp_path):
    """Instants are BIGINT and days INTEGER in every view, of a table with rows, without, and not there at all."""
    lake = Lake(tmp_path)
    put(lake, VISIT, [{"source": "a", "source_id": "1", "at": 5, "day": -1}])
    put(lake, table(name="other"), [])
    with lake.connect() as con:
        for of, version in ((VISIT, 0), (table(name="other"), 0), (table(name="third"), None)):
            lake.view(con, of, version)
            types = {name: kind for name, kind, *_ in con.execute(f"DESCRIBE {of.name}").fetchall()}
            assert list(types) == list(of.columns)
            assert (types["at"], types["loaded_at"], types["day"], types["took"]) == (
                *["BIGINT"] * 2,
                "INTEGER",
                "BIGINT",
            )
            assert (types["score"], types["good"], types["size"], types["note"]) == (
                "DOUBLE",
                "BOOLEAN",
                "BIGINT",
                "VARCHAR",
            )


def test_a_view_is_of_exactly_one_version(tmp_path):
    """A view made before a load shows after it what it showed before."""
    lake = Lake(tmp_path)
    row = {"source": "a", "source_id": "1", "size": 1}
    put(lake, VISIT, [row])
    with lake.connect() as con:
        lake.view(con, VISIT, 0)
        put(lake, VISIT, [row | {"size": 2}, row | {"source_id": "2"}])

        assert con.execute("SELECT size FROM visit").fetchall() == [(1,)]
        lake.view(con, VISIT, 1)
        assert con.execute("SELECT size FROM visit ORDER BY ALL").fetchall() == [(1,), (2,)]


def test_only_versions_read_last_are_at_hand(tmp_path, monkeypatch):
    """A server that loads each minute does not hold a thousand versions a day, and can go back to any of them."""
    monkeypatch.setattr(log, "SEEN", 3)
    lake = Lake(tmp_path)
    for size in range(7):
        put(lake, VISIT, [{"source": "a", "source_id": "1", "size": size}])
    for version in (0, 1, 2, 3, 4, 5, 6, 0):
        assert [row["size"] for row in seen(lake, VISIT, version)] == [version]
        assert len(lake._log("visit")._seen) <= 3


ENDS = st.integers(-5, 45)


@settings(max_examples=25)
@given(st.lists(st.none() | st.integers(0, 40), max_size=12), ENDS, ENDS)
def test_between_is_a_filter(tmp_path_factory, instants, lo, hi):
    """`between` shows the rows whose instant is in [lo, hi), whichever files they are in; blank ones are left out."""
    lake = Lake(tmp_path_factory.mktemp("lake"))
    with patch.object(merging, "CHUNK_ROWS", 4):
        put(lake, VISIT, [{"source": "a", "source_id": f"{key}", "at": at} for key, at in enumerate(instants)])

    found = sorted(row["at"] for row in seen(lake, VISIT, 0, between=("at", lo, hi)))
    assert found == sorted(at for at in instants if at is not None and lo <= at < hi)


def test_between_skips_files_and_row_groups(tmp_path):
    """A day out of a year is read from the row groups that hold it, whatever order the rows came in."""
    lake = Lake(tmp_path)
    count = 400_000
    keys = pa.array(range(count)).cast(pa.string())
    at = pa.array([(number * 7919) % count for number in range(count)])
    rows = pa.table({"source": pa.repeat("a", count), "source_id": keys, "at": at})
    lake.upsert(VISIT, rows, run_id="r")
    with lake.connect() as con:
        lake.view(con, VISIT, 0, between=("at", 1_000, 2_000))
        [(_, plan)] = con.execute("EXPLAIN ANALYZE SELECT count(*) FROM visit").fetchall()
        assert con.execute("SELECT count(*) FROM visit").fetchall() == [(1_000,)]
        assert "Row Groups Scanned: 1 / 4" in plan
        lake.view(con, VISIT, 0, between=("at", count, 2 * count))
        [(_, plan)] = con.execute("EXPLAIN SELECT count(*) FROM visit").fetchall()
        assert "READ_PARQUET" not in plan


def test_vacuum_keeps_what_is_named(tmp_path):
    """Vacuum removes files that neither a named version nor the newest needs; other versions then say they are gone."""
    lake = Lake(tmp_path)
    for size in range(4):
        put(lake, VISIT, [{"source": "a", "source_id": "1", "size": size}])
    (tmp_path / "tables/visit/fresh-of-a-killed-load.parquet").write_bytes(b"half a file")

    assert lake.vacuum({"visit": {1}}, dry_run=True).files == 3
    assert seen(lake, VISIT, 2)[0]["size"] == 2
    assert lake.vacuum({"visit": {1}}).files == 3
    assert [seen(lake, VISIT, version)[0]["size"] for version in (1, 3)] == [1, 3]
    with pytest.raises(LoadError, match="files of version 2 were vacuumed away"):
        seen(lake, VISIT, 2)
    assert len(lake.changes(VISIT, 1, 3)) == 2
    with pytest.raises(LoadError, match="visit has no version 9"):
        seen(lake, VISIT, 9)


def test_checksum_is_of_the_content(tmp_path):
    """The checksum is the same for the same rows in any order, files and run, and another for any other content."""
    rows = [{"source": "a", "source_id": f"{key}", "size": key, "loaded_at": 1} for key in range(7)]
    sums = {}
    for name, loads in {
        "at once": [rows],
        "by parts": [rows[4:], [row | {"loaded_at": 2} for row in rows[:5]]],
        "with another value": [[*rows[1:], rows[0] | {"size": 9}]],
        "with one less": [rows[1:]],
    }.items():
        lake = Lake(tmp_path / name)
        for load in loads:
            put(lake, VISIT, load, run_id=name)
        with lake.connect() as con:
            sums[name] = lake.checksum(con, VISIT, lake.version("visit"))

    assert sums.pop("by parts") == sums["at once"]
    assert len(set(sums.values())) == 3


@pytest.mark.parametrize("name", ["plain", "with space", "[a]*", "qu'ote", "ü漢", "100%", "#?"])
def test_a_lake_may_stand_in_any_folder(tmp_path, name):
    """Folders whose names hold quotes, patterns, spaces or foreign letters are as good as others."""
    lake = Lake(tmp_path / name)
    for size in (1, 2):
        put(lake, VISIT, [{"source": "a", "source_id": "1", "size": size}])

    assert [seen(lake, VISIT, version)[0]["size"] for version in (0, 1)] == [1, 2]
    assert lake.changes(VISIT, 0, 1).num_rows == 2
    assert lake.vacuum({}).files == 1


def test_a_folder_that_reads_as_encoded_is_refused(tmp_path):
    """A path with `%20` in it, of which the log's library would lose track, is refused when the lake is opened."""
    with pytest.raises(SetupError, match="percent-encoded"):
        Lake(tmp_path / "a%20b")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('{outside}')",
        "SELECT * FROM read_text('{inside}/../outside.csv')",
        "COPY (SELECT 1) TO '{outside}2'",
        "ATTACH '{outside}.db'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SELECT * FROM read_parquet('http://localhost:9/x.parquet')",
        "SET enable_external_access = true",
        "SET allowed_directories = ['/']",
        "SELECT * FROM secret",
    ],
)
def test_a_connection_sees_the_lake_and_nothing_else(tmp_path, sql):
    """Other files, the network, extensions and Python variables are out of SQL's reach, which SQL cannot change."""
    secret = pa.table({"password": ["x"]})
    outside = tmp_path / "outside.csv"
    outside.write_text("a\n1\n")
    lake = Lake(tmp_path / "lake")
    with lake.connect() as con, pytest.raises(duckdb.Error):
        con.execute(sql.format(outside=outside, inside=lake.root))
    assert secret.num_rows == 1


def test_a_connection_may_be_given_further_folders(tmp_path):
    """A source's folder is readable when it is named."""
    (tmp_path / "in").mkdir()
    (tmp_path / "in/rows.csv").write_text("a\n1\n")
    lake = Lake(tmp_path / "lake")
    with lake.connect(also=[tmp_path / "in"], threads=1) as con:
        assert con.execute(f"SELECT a FROM read_csv('{tmp_path}/in/rows.csv')").fetchall() == [(1,)]
        assert con.execute("SELECT current_setting('TimeZone'), current_setting('threads')").fetchall() == [("UTC", 1)]
