from __future__ import annotations

import os
import sqlite3

import pytest

from regard.errors import SourceError
from tests.servers import mariadb_run

MAPPING = """
source: shop
read: {{sql: "{url}", {what}}}
{zone}
tables:
  - table: order
    id: id
    columns:
      ordered_at: ordered
      promised_at: promised
      net: net
      items: items
      new_customer: fresh
      channel: channel
"""
ZONE = "zone: Europe/Berlin"
ORDERED, PROMISED = 1_782_900_000_000_000, 1_785_578_400_000_000
"""2026-07-01 12:00 and 2026-08-01 12:00 in Berlin."""


def shop(place, url, what="table: orders", zone=ZONE, **options):
    """Load the shop's orders."""
    place.mapping(MAPPING.format(url=url, what=what, zone=zone))
    return place.load(**options)


def as_expected(place):
    """Whether both rows are what was put in."""
    first, second = place.rows("order")
    assert (first["ordered_at"], first["promised_at"], first["net"]) == (ORDERED, PROMISED, 12.5)
    assert (first["items"], first["new_customer"], first["channel"]) == (3, True, "wéb'; --")
    assert set(second) == {"source_id", "order_id", "ordered_at", "is_credit"}
    assert place.rejects() == []


def test_sqlite_with_a_type_in_each_row(place):
    """A SQLite file is read whatever its rows hold; a value that is no number is a reject, not a broken load."""
    with sqlite3.connect(place.root / "shop.db") as connection:
        connection.execute('create table "my orders" (id, ordered, promised, net, items, fresh, channel)')
        rows = [
            (1, "2026-07-01 12:00:00", "2026-08-01T10:00:00Z", 12.5, 3, 1, "wéb'; --"),
            (2, "2026-07-01 12:00:00", None, None, None, None, None),
            ("x", "2026-07-01 12:00:00", None, "n/a", 4.5, None, b"\x00\x01"),
        ]
        connection.executemany('insert into "my orders" values (?, ?, ?, ?, ?, ?, ?)', rows)
    shop(place, "sqlite:///shop.db", "table: my orders", chunk_rows=2)

    assert place.rules() == [(3, "not-a-number", "net"), (3, "not-whole", "items")]
    place.store.set_status(place.store.findings()[0].id, "ack")
    shop(place, "sqlite:///shop.db", 'query: select * from "my orders" where id < 9;')
    as_expected(place)


def test_rows_of_a_database_collapse(place):
    """Lines of a database are put aside once and collapse to orders like those of a file."""
    with sqlite3.connect(place.root / "shop.db") as connection:
        connection.execute("create table lines (receipt, at, price)")
        rows = [(n // 3, f"2026-02-01T00:00:0{n % 3}Z", n / 4) for n in range(9)]
        connection.executemany("insert into lines values (?, ?, ?)", rows)
    place.mapping("""
source: till
read: {sql: "sqlite:///shop.db", table: lines}
fields:
  price: {from: price, cast: number}
  at: {from: at, cast: instant}
tables:
  - table: order
    collapse: {by: receipt, columns: {net: sum(price), ordered_at: min(at), items: count()}}
""")
    report = place.load(chunk_rows=2)

    assert place.column("order", "net") == [0.75, 3.0, 5.25]
    assert place.column("order", "items") == [3, 3, 3]
    assert report.sources[0].rows == 9


def test_postgres_types_and_secrets(place, postgres_url):
    """Numbers, decimals, truths, times and other types arrive; the url comes from the environment."""
    import psycopg

    with psycopg.connect(postgres_url) as connection:
        connection.execute("create type way as enum ('wéb''; --')")
        connection.execute(
            "create table orders (id uuid, ordered timestamp, promised timestamptz, net numeric(10, 2), items int, "
            "fresh boolean, channel way)"
        )
        connection.execute(
            "insert into orders values ('00000000-0000-0000-0000-000000000001', '2026-07-01 12:00', '2026-08-01 12:00+02', "  # noqa: E501
            "12.5, 3, true, 'wéb''; --'), ('00000000-0000-0000-0000-000000000002', '2026-07-01 12:00', null, null, null, null, null)"  # noqa: E501
        )
    place.environment = {"SHOP_URL": postgres_url}
    shop(place, "$SHOP_URL", "query: select * from orders order by id")

    as_expected(place)
    assert place.column("order", "source_id")[0] == "00000000-0000-0000-0000-000000000001"
    [run] = place.store.runs()
    assert next(iter(run.input_hashes)).startswith("shop:postgresql://")

    shop(place, "$SHOP_URL", zone="", again=True)
    assert [rule for _, rule, _, _ in place.rejects()] == ["naive-time", "naive-time"]


def test_a_watermark_lets_a_load_skip(place, postgres_url):
    """A database is read again when its count or watermark moved, and left alone when neither did."""
    import psycopg

    place.environment = {"SHOP_URL": postgres_url}
    columns = "id int, ordered timestamptz, promised timestamptz, net float8, items int, fresh boolean, channel text"
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(f"create table orders ({columns})")
        connection.execute("insert into orders values (1, '2026-07-01 12:00+02', null, 1, 1, true, 'web')")
        what = "table: public.orders, watermark: ordered"
        assert not shop(place, "$SHOP_URL", what).sources[0].skipped
        assert shop(place, "$SHOP_URL", what).sources[0].skipped
        connection.execute("insert into orders values (2, '2026-07-02 12:00+02', null, 1, 1, true, 'web')")
        assert not shop(place, "$SHOP_URL", what).sources[0].skipped
    assert place.column("order", "source_id") == ["1", "2"]


def test_mariadb_types_and_secrets(place, mariadb_url):
    """MariaDB's columns arrive; its times carry no zone, so the source states one; the password is never printed."""
    place.environment = {"SHOP_PASSWORD": "se:cr@t"}
    made = mariadb_run(
        os.environ["REGARD_TEST_MARIADB_SOCKET"],
        "create table orders (id bigint, ordered datetime, promised datetime(6), net decimal(10, 2), items int, "
        "fresh tinyint(1), channel varchar(50)) character set utf8mb4; insert into orders values "
        "(1, '2026-07-01 12:00', '2026-08-01 12:00', 12.5, 3, 1, 'wéb\\'; --'), (2, '2026-07-01 12:00', null, null, null, null, null);",  # noqa: E501
    )
    assert made
    shop(place, mariadb_url, "query: select * from orders order by id")
    as_expected(place)

    place.environment = {"SHOP_PASSWORD": "wrong:se@cret"}
    with pytest.raises(SourceError) as caught:
        shop(place, mariadb_url, again=True)
    assert "wrong" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "127.0.0.1" in str(caught.value)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("$NOWHERE", "the environment variable NOWHERE is not set"),
        ("sqlite:///none.db", "there is no database none.db"),
        ("postgresql://u:${PASSWORD}@127.0.0.1:1/db", r"postgresql://u:\*\*\*@127.0.0.1:1/db: .*[Cc]onnection"),
    ],
)
def test_a_database_that_does_not_answer_is_one_clear_error(place, url, said):
    """A variable that is not set, a missing file and a closed port are said in one sentence, without the password."""
    place.environment = {"PASSWORD": "hunter2"}
    with pytest.raises(SourceError, match=said) as caught:
        shop(place, url)
    assert "hunter2" not in str(caught.value)
