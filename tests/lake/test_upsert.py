from __future__ import annotations

import tempfile
from pathlib import Path
from unittest.mock import patch

import pyarrow as pa
import pytest
from hypothesis import given, settings, strategies as st

from regard.errors import LoadError
from regard.expr import Type
from regard.lake import Lake, upsert as merging
from regard.model import Column
from tests.lake.tables import VISIT, batch, put, seen, table

STAMPS = ("loaded_at", "run_id")
YEARS = st.integers(-30_000_000_000_000_000, 200_000_000_000_000_000)
TEXTS = st.one_of(
    st.text(max_size=8), st.sampled_from(["", "'", '"', "Ünïcödé ☕ 漢字", "\0", "a" * 70_000, "NaN", "NULL", "%s{}"])
)
ROWS = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["crm", "shop", "é'"]),
        "source_id": st.sampled_from([f"{number}" for number in range(6)]),
        "loaded_at": YEARS,
        "note": st.none() | TEXTS,
        "size": st.none() | st.integers(-(2**63), 2**63 - 1),
        "score": st.none() | st.floats(allow_nan=False, allow_infinity=False),
        "good": st.none() | st.booleans(),
        "day": st.none() | st.integers(-700_000, 2_000_000),
        "took": st.none() | st.integers(-(2**62), 2**62),
        "at": st.none() | YEARS,
        "bucket": st.none() | st.integers(0, 31),
    }
)


def own(row):
    """What a row says, without when it came."""
    return {name: value for name, value in row.items() if name not in STAMPS}


def keyed(rows):
    """Rows by key."""
    return {(row["source"], row["source_id"]): row for row in rows}


@settings(max_examples=25)
@given(st.lists(st.tuples(st.lists(ROWS, max_size=9), st.booleans()), min_size=1, max_size=5))
def test_upserts_are_what_a_dict_would_be(loads):
    """After any sequence of loads each version holds the last row of each key, and `changes` tells any two apart."""
    with (
        tempfile.TemporaryDirectory() as folder,
        patch.object(merging, "CHUNK_ROWS", 3),
        patch.object(merging, "SMALL_FILES", 3),
    ):
        lake = Lake(Path(folder))
        truth = {}
        versions = {}
        for number, (rows, whole) in enumerate(loads):
            run_id = f"run-{number}"
            new = keyed(rows)
            updated = {key for key in new if key in truth and own(truth[key]) != own(new[key])}
            inserted = set(new) - set(truth)
            pieces = [batch(lake, VISIT, rows)] if whole else [batch(lake, VISIT, [row]) for row in rows]
            empty = [batch(lake, VISIT, [])]
            before = lake.version("visit")
            commit = lake.upsert(VISIT, [piece.drop_columns("run_id") for piece in empty + pieces], run_id=run_id)
            truth = truth | {key: new[key] | {"run_id": run_id} for key in updated | inserted}

            counts = (commit.inserted, commit.updated, commit.unchanged, commit.repeated)
            expected = (len(inserted), len(updated), len(new) - len(inserted) - len(updated), len(rows) - len(new))
            assert counts == expected
            assert commit.version == lake.version("visit")
            assert (commit.version != before) == bool(inserted or updated or number == 0)
            versions[commit.version] = truth
        for version, rows in versions.items():
            found = seen(lake, VISIT, version)
            assert len(found) == len(rows)
            assert keyed(found) == rows
        newest = max(versions)
        for after in (None, *versions):
            for upto in {newest, 0}:
                assert_changes(lake, versions.get(after, {}), versions[upto], after, upto)


def assert_changes(lake, old, new, after, upto):
    """`changes` gives exactly the images of the rows that differ between two dicts."""
    differ = {
        key for key in old.keys() | new.keys() if key not in old or key not in new or own(old[key]) != own(new[key])
    }
    found = lake.changes(VISIT, after, upto).to_pylist()
    for side, rows in (("old", old), ("new", new)):
        images = [{name: row[name] for name in row if name != "_change"} for row in found if row["_change"] == side]
        assert len(images) == len(differ & rows.keys())
        assert keyed(images) == {key: rows[key] for key in differ & rows.keys()}


def test_the_same_rows_twice_make_no_second_version(tmp_path):
    """A load that brings nothing new leaves version, files and the first load's run as they are (R035)."""
    lake = Lake(tmp_path)
    rows = [{"source": "crm", "source_id": f"{number}", "note": "x", "loaded_at": 1} for number in range(5)]
    first = put(lake, VISIT, rows)
    files = sorted((tmp_path / "tables").rglob("*"))
    again = put(lake, VISIT, [row | {"loaded_at": 2} for row in rows], run_id="run-2")

    assert (first.version, first.inserted) == (0, 5)
    assert (again.version, again.unchanged) == (0, 5)
    assert sorted((tmp_path / "tables").rglob("*")) == files
    assert {row["loaded_at"] for row in seen(lake, VISIT, 0)} == {1}


def test_only_files_with_changed_rows_are_rewritten(tmp_path):
    """A change of one row leaves the files alone that hold only other rows."""
    lake = Lake(tmp_path)
    rows = [{"source": "crm", "source_id": f"{number}", "at": number} for number in range(9)]
    with patch.object(merging, "CHUNK_ROWS", 3):
        put(lake, VISIT, rows)
    before = set((tmp_path / "tables/visit").glob("*.parquet"))
    put(lake, VISIT, [rows[4] | {"note": "changed"}])
    new = {file.path for file in lake._log("visit").version(1).files}

    assert len(before) == 3
    assert len(before & new) == 2


def test_small_files_are_joined(tmp_path):
    """Many small loads do not leave many small files, and nothing is lost by it."""
    lake = Lake(tmp_path)
    for number in range(20):
        put(lake, VISIT, [{"source": "crm", "source_id": f"{number}", "at": number}])
    version = lake.version("visit")

    assert len(lake._log("visit").version(version).files) <= merging.SMALL_FILES
    assert sorted(row["at"] for row in seen(lake, VISIT, version)) == list(range(20))
    assert lake.changes(VISIT, 3, version).num_rows == 16


def test_the_last_row_of_a_key_wins_across_chunks(tmp_path):
    """Of rows with one key in one input the last counts, however far apart they are and whatever their time."""
    lake = Lake(tmp_path)
    rows = [{"source": "crm", "source_id": f"{number % 4}", "at": 100 - number, "size": number} for number in range(11)]
    with patch.object(merging, "CHUNK_ROWS", 3):
        commit = put(lake, VISIT, rows)

    assert (commit.inserted, commit.repeated) == (4, 7)
    assert {row["source_id"]: row["size"] for row in seen(lake, VISIT, 0)} == {"0": 8, "1": 9, "2": 10, "3": 7}


def test_schema_grows_and_forgets_nothing(tmp_path):
    """A new column is blank in old rows; a column no longer declared keeps its values, even of rows that change."""
    lake = Lake(tmp_path)
    old = table("source", "source_id", "note", "at")
    new = table("source", "source_id", "at", also=[Column(name="mood", type=Type.TEXT)])
    ids = [{"source": "crm", "source_id": "1"}, {"source": "crm", "source_id": "2"}]
    put(lake, old, [ids[0] | {"note": "one", "at": 1}, ids[1] | {"note": "two", "at": 2}])
    put(lake, new, [ids[0] | {"mood": "glad", "at": 1}])
    version = lake.version("visit")

    assert keyed(seen(lake, new, 0)) == keyed(
        [row | {"at": at, "mood": None} for row, at in zip(ids, (1, 2), strict=True)]
    )
    both = table("source", "source_id", "note", also=[Column(name="mood", type=Type.TEXT)])
    expected = [ids[0] | {"note": "one", "mood": "glad"}, ids[1] | {"note": "two", "mood": None}]
    assert keyed(seen(lake, both, version)) == keyed(expected)
    assert sorted(row["_change"] for row in lake.changes(new, 0, version).to_pylist()) == ["new", "old"]


def test_a_new_column_without_new_rows_is_blank(tmp_path):
    """A column that was declared since reads as blank before any load has brought it."""
    lake = Lake(tmp_path)
    put(lake, table("source", "source_id"), [{"source": "a", "source_id": "1"}])

    assert seen(lake, table("source", "source_id", "day"), 0) == [{"source": "a", "source_id": "1", "day": None}]


@pytest.mark.parametrize(
    ("column", "values", "says"),
    [
        ("score", pa.array([1.0, float("nan")]), "visit.score: 1 values are not finite numbers, first nan"),
        ("score", pa.array([float("-inf"), None]), "first -inf at source 's', source_id '0'"),
        ("at", pa.array([0, 1], pa.timestamp("us")), "visit.at: timestamps without a zone"),
        ("source_id", pa.array(["1", None]), "visit.source_id: 1 rows lack this key"),
        ("size", pa.array(["x", "2"]), "visit.size: string does not fit int64"),
        ("size", pa.array([0.5, 2.0]), "visit.size: double does not fit int64"),
        ("colour", pa.array(["red", "blue"]), "columns that the table has not: colour"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path, column, values, says):
    """NaN, naive times, blank keys, wrong types and unknown columns stop the load before anything is written (R040)."""
    lake = Lake(tmp_path)
    columns = {"source": pa.array(["s", "s"]), "source_id": pa.array(["0", "1"])} | {column: values}
    with pytest.raises(LoadError, match=says.replace("(", r"\(")):
        lake.upsert(VISIT, [pa.RecordBatch.from_pydict(columns)], run_id="r")

    assert lake.version("visit") is None


def test_a_column_keeps_its_type(tmp_path):
    """Declaring a stored column anew with another type is refused, naming both."""
    lake = Lake(tmp_path)
    put(lake, table("source", "source_id", "size"), [{"source": "a", "source_id": "1", "size": 1}])
    changed = table("source", "source_id", also=[Column(name="size", type=Type.TEXT)])
    with pytest.raises(LoadError, match=r"visit\.size is stored as int64 and declared as string"):
        put(lake, changed, [{"source": "a", "source_id": "1", "size": "1"}])


def test_instants_and_days_may_come_in_any_honest_form(tmp_path):
    """Instants come as whole microseconds or aware timestamps of any zone and unit, days as dates or whole numbers."""
    lake = Lake(tmp_path)
    for number, (at, day) in enumerate(
        [
            (pa.array([7_000_000]), pa.array([3])),
            (pa.array([7], pa.timestamp("s", "Europe/Berlin")), pa.array([3], pa.date32())),
            (pa.array([7_000_000_000], pa.timestamp("ns", "UTC")), pa.array([3], pa.int16())),
        ]
    ):
        columns = {"source": pa.array(["s"]), "source_id": pa.array([f"{number}"]), "at": at, "day": day}
        lake.upsert(VISIT, pa.table(columns), run_id="r")

    assert {(row["at"], row["day"]) for row in seen(lake, VISIT, lake.version("visit"))} == {(7_000_000, 3)}


def test_an_empty_load_makes_an_empty_table(tmp_path):
    """The first load makes the table even when it brings no rows, so that a snapshot can name it; the next does not."""
    lake = Lake(tmp_path)

    assert lake.upsert(VISIT, [], run_id="r").version == 0
    assert lake.upsert(VISIT, [], run_id="r").version == 0
    assert seen(lake, VISIT, 0) == []
    assert put(lake, VISIT, [{"source": "a", "source_id": "1"}]).version == 1
