"""Files of the lake that were cut short or lost: what can be made again is, the rest says what to do."""

from __future__ import annotations

import pytest

from regard.errors import LoadError
from regard.lake import Lake
from tests.lake.tables import VISIT, put, seen

ROWS = [{"source": "a", "source_id": str(key), "size": key} for key in range(9)]


@pytest.mark.parametrize("left", [0, 3, 50])
def test_what_is_kept_and_cut_short_is_made_again(tmp_path, left):
    """Kept results are thrown away when they are not whole: the next question computes them."""
    lake = Lake(tmp_path)
    with lake.connect() as con:
        path = lake.publish("served", "k", con, "SELECT 1 AS a")
        path.write_bytes(path.read_bytes()[:left])
        assert lake.path("served", "k") is None
        lake.publish("served", "k", con, "SELECT 2 AS a")
        lake.show(con, "served", [path])
        assert con.execute("SELECT a FROM served").fetchall() == [(2,)]


@pytest.mark.parametrize(("left", "said"), [(None, "or lost: put back a backup"), (0, "is broken"), (50, "is broken")])
def test_a_stored_file_that_is_lost_or_cut_short_says_what_to_do(tmp_path, left, said):
    """Rows that cannot be read are never left out silently, and loading again after moving the table away mends it."""
    lake = Lake(tmp_path)
    put(lake, VISIT, ROWS)
    [path] = (tmp_path / "tables/visit").glob("*.parquet")
    if left is None:
        path.unlink()
    else:
        path.write_bytes(path.read_bytes()[:left])
    with pytest.raises(LoadError, match=said):
        seen(lake, VISIT, 0)

    (tmp_path / "tables/visit").rename(tmp_path / "away")
    again = Lake(tmp_path)
    put(again, VISIT, ROWS)
    assert len(seen(again, VISIT, 0)) == len(ROWS)
