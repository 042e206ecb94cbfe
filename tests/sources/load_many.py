"""A load of several sources in small chunks, started and killed by test_kill."""

from __future__ import annotations

from pathlib import Path

from tests.sources.place import Place, builtin

ROWS = 6_000
SHOP = """
source: shop
read: {csv: "orders*.csv"}
zone: Europe/Berlin
tables:
  - table: order
    id: id
    party: {system: email, from: mail, normalise: email}
    columns: {ordered_at: at, net: net, channel: channel}
"""
TILL = """
source: till
read: {csv: lines.csv}
zone: UTC
fields:
  price: {from: price, cast: number}
  at: {from: at, cast: instant}
tables:
  - table: order
    collapse: {by: [receipt], columns: {net: sum(price), ordered_at: min(at), items: count()}}
  - table: order_line
    id: [receipt, $line]
    columns: {order_id: receipt, line_id: {join: [$line]}, ordered_at: at, unit_price: price, quantity: {const: 1}}
"""
DESK = """
source: desk
read: {sql: "sqlite:///desk.db", table: tickets}
zone: UTC
tables:
  - table: case
    id: id
    party: {system: email, from: mail}
    columns: {opened_at: opened, resolved_at: resolved}
"""


def prepare(root: Path) -> None:
    """Write files and mappings: good rows, and bad ones of several kinds."""
    import sqlite3

    place = Place(root)
    for name, text in (("shop", SHOP), ("till", TILL), ("desk", DESK)):
        place.mapping(text, name)
    for part in (1, 2):
        lines = ["id,mail,at,net,channel"]
        for n in range(ROWS // 2):
            net = "x" if n % 97 == 0 else n / 8
            lines.append(f"{part}-{n if n % 50 else 7},c{n % 400}@x.org,2026-0{1 + n % 9}-01 10:{n % 60:02},{net},web")
        place.write(f"orders{part}.csv", "\n".join(lines))
    lines = ["receipt,at,price"]
    lines += [f"{n // 3},2026-02-01T00:{n % 60:02}:00,{'?' if n % 301 == 0 else (n % 13) / 10}" for n in range(ROWS)]
    place.write("lines.csv", "\n".join(lines))
    with sqlite3.connect(root / "desk.db") as connection:
        connection.execute("create table tickets (id, mail, opened, resolved)")
        rows = [(n, f"c{n % 300}@x.org", f"2026-03-0{1 + n % 9}", f"2026-03-0{1 + n % 8}") for n in range(ROWS // 2)]
        connection.executemany("insert into tickets values (?, ?, ?, ?)", rows)


def main(root: str) -> None:
    """Load everything, or go on with a load that was killed."""
    Place(Path(root)).load(chunk_rows=500)


builtin()  # read once, by the process that the loads are forked from
