"""Hostile inputs of a load: links, times beyond the calendar, huge whole numbers, urls that are none (R035, R041)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regard.errors import SourceError
from regard.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = 'name = "t"\nzone = "UTC"\nuntil = "2026-06-30"\nreject_limit = 100\n'
MAPPING = """\
source: shop
read: READ
zone: Europe/Berlin
tables:
  - table: order
    id: id
    columns: {ordered_at: at, net: net, currency: {const: EUR}}
"""
LINES = "id,at,net\n1,2026-01-05 10:00,10\n"
GOOD = {"id": [1, 2], "at": [datetime(2026, 1, 5), datetime(2026, 1, 6)], "net": [1.0, 2.0]}  # noqa: DTZ001 - a clock


def workspace(root: Path, read: str) -> Workspace:
    """Write a workspace with one source."""
    (root / "sources").mkdir(parents=True)
    (root / "regard.toml").write_text(CONFIG)
    (root / "sources" / "shop.yaml").write_text(MAPPING.replace("READ", read))
    return Workspace.open(root)


def orders(made: Workspace) -> list[tuple[str, float | None]]:
    """Return id and net of all orders that are stored."""
    lake = made.lake
    with lake.connect() as con:
        lake.view(con, made.catalogue.tables["order"], lake.version("order"))
        return con.execute('SELECT source_id, net FROM "order" ORDER BY ALL').fetchall()


@pytest.mark.parametrize("whole", [True, False])
def test_a_link_is_read_where_it_leads(tmp_path, whole):
    """A file, or the whole folder of files, may be a link to somewhere outside the workspace."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "o.csv").write_text(LINES)
    made = workspace(tmp_path / "ws", "{csv: data/o.csv}")
    if whole:
        (tmp_path / "ws" / "data").symlink_to(tmp_path / "out")
    else:
        (tmp_path / "ws" / "data").mkdir()
        (tmp_path / "ws" / "data" / "o.csv").symlink_to(tmp_path / "out" / "o.csv")
    made.load()
    assert orders(made) == [("1", 10.0)]


@pytest.mark.parametrize(
    "far", [pa.array([506_804_601_600_000_000, 0], pa.timestamp("us")), pa.array([99_999_999, 0], pa.date32())]
)
def test_a_time_beyond_the_calendar_is_a_row_turned_away(tmp_path, far):
    """A time of the year 18029 in a typed file is told with its row, and the other rows are in."""
    made = workspace(tmp_path / "ws", "{parquet: data/o.parquet}")
    (tmp_path / "ws" / "data").mkdir()
    pq.write_table(pa.table(GOOD | {"at": far}), tmp_path / "ws" / "data" / "o.parquet")
    report = made.load()
    assert (report.refused, orders(made)) == (1, [("2", 2.0)])


def test_a_whole_number_beyond_doubles_is_the_nearest_double(tmp_path):
    """Numbers of 64 bits without a sign are read, not a reason to refuse the whole file."""
    made = workspace(tmp_path / "ws", "{parquet: data/o.parquet}")
    (tmp_path / "ws" / "data").mkdir()
    pq.write_table(
        pa.table(GOOD | {"net": pa.array([2**53 + 1, 2**64 - 1], pa.uint64())}), tmp_path / "ws/data/o.parquet"
    )
    made.load()
    assert orders(made) == [("1", 2.0**53), ("2", 2.0**64)]


@pytest.mark.parametrize(
    "url", ["hunter2", "user:hunter2@host/db", "postgresql://u:hunter2@[bad/db", "mysql:u:hunter2@h"]
)
def test_what_is_no_url_is_not_shown(tmp_path, monkeypatch, url):
    """An environment variable that holds no url of a database is named, and its value, perhaps a secret, is not."""
    monkeypatch.setenv("SHOP_URL", url)
    made = workspace(tmp_path / "ws", "{sql: $SHOP_URL, table: o}")
    with pytest.raises(SourceError, match="SHOP_URL is not the url of a database") as told:
        made.load()
    assert "hunter2" not in str(told.value)
