"""What the page on spreadsheets and BI tools says is done here: Delta by version, and the script in PostgreSQL."""

from __future__ import annotations

import re
from pathlib import Path

import psycopg
import pytest
from starlette.testclient import TestClient

from regard.expr import Type
from regard.web import Settings, make_app
from regard.workspace import Workspace
from tests.servers import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "connect-spreadsheets-and-bi-tools.md"
SOURCE = """\
source: shop
read: {csv: data/shop.csv}
zone: UTC
tables:
  - table: order
    id: order
    party: {system: email, from: mail, normalise: email}
    columns: {order_id: order, ordered_at: when, net: amount, currency: {const: EUR}}
"""


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """A workspace in the folder that the page speaks of, loaded twice."""
    root = tmp_path / "acme"
    for folder in ("sources", "data"):
        (root / folder).mkdir(parents=True)
    (root / "regard.toml").write_text('name = "Acme"\ncurrency = "EUR"\nprivacy_min = 1\n', encoding="utf-8")
    (root / "sources" / "shop.yaml").write_text(SOURCE, encoding="utf-8")
    for orders in (10, 12):
        rows = "".join(f"s{n},2026-03-{1 + n:02d}T10:00:00,{n * 1.5},c{n % 4}@example.com\n" for n in range(orders))
        (root / "data" / "shop.csv").write_text(f"order,when,amount,mail\n{rows}", encoding="utf-8")
        Workspace.open(root).load()
    monkeypatch.chdir(tmp_path)
    return Workspace.open(root)


def blocks(language: str) -> list[str]:
    """Return the code of the page in a language."""
    return re.findall(rf"```{language}\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_lake_is_read_by_version(acme):
    """The Python of the page reads exactly the rows of a snapshot, the newest and an older one."""
    client = TestClient(make_app(acme, Settings(sign_in=False)), base_url="http://localhost")
    snapshots = client.get("/api/v1/snapshots").json()["items"]
    assert len(snapshots) == 2
    for snapshot, rows in zip(snapshots, (12, 10), strict=True):
        known = {"versions": snapshot["tables"]}
        (code,) = blocks("python")
        exec(code, known)  # noqa: S102 - the page's own code
        assert known["orders"].num_rows == rows


@pytest.mark.slow
def test_the_script_makes_views_that_say_the_same(acme, postgres_url):
    """Run twice in PostgreSQL and filled from the lake, the views give the metric's number, and nothing personal."""
    client = TestClient(make_app(acme, Settings(sign_in=False)), base_url="http://localhost")
    script = client.get("/api/v1/warehouse.sql?dialect=postgres").text
    known = {"versions": client.get("/api/v1/snapshots").json()["items"][0]["tables"]}
    exec(blocks("python")[0], known)  # noqa: S102 - the page's own code
    orders = known["orders"]
    table = acme.catalogue.tables["order"]
    with psycopg.connect(postgres_url, autocommit=True) as database:
        database.execute(script)
        database.execute(script)
        names = ", ".join(f'"{name}"' for name in orders.column_names)
        marks = ", ".join(["%s"] * orders.num_columns)
        with database.cursor() as cursor:
            rows = [tuple(row.values()) for row in orders.to_pylist()]
            cursor.executemany(f'INSERT INTO regard."order" ({names}) VALUES ({marks})', rows)
        database.execute("DROP ROLE IF EXISTS bi")
        database.execute("CREATE ROLE bi")
        for statement in blocks("sql"):
            database.execute(statement)
        database.execute("SET ROLE bi")
        (count, mean) = database.execute('SELECT count(*), avg(net) FROM regard_bi."order"').fetchone()
        (cell,) = acme.ask("aov", grain="all", compare="", intervals=False).cells
        assert (count, mean) == (cell.estimate.n, pytest.approx(cell.estimate.value))
        seen = database.execute('SELECT * FROM regard_bi."order" LIMIT 0').description
        shown = {column.name for column in seen}
        private = {name for name, column in table.columns.items() if column.sensitivity in ("personal", "special")}
        assert private
        assert not private & shown
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            database.execute('SELECT * FROM regard."order"')
        database.execute("RESET ROLE")
        said = database.execute("SELECT obj_description('regard_bi.\"order\"'::regclass)").fetchone()
        assert said == (table.means,)
        database.execute("DROP OWNED BY bi")
        database.execute("DROP ROLE bi")


def test_every_dialect_prints(acme):
    """The script is printed for every dialect, with each table once, and durations in seconds."""
    client = TestClient(make_app(acme, Settings(sign_in=False)), base_url="http://localhost")
    loaded = [table for table in acme.catalogue.tables.values() if not table.derived]
    assert any(column.type is Type.DURATION for table in loaded for column in table.columns.values()) or loaded
    for dialect in ("postgres", "snowflake", "bigquery", "redshift", "databricks", "duckdb"):
        script = client.get(f"/api/v1/warehouse.sql?dialect={dialect}").text
        assert script.count("CREATE TABLE IF NOT EXISTS") == script.count("CREATE OR REPLACE VIEW") == len(loaded)
    assert client.get("/api/v1/warehouse.sql?dialect=oracle").status_code == 422
