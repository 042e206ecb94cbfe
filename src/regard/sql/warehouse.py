"""The tables of the lake for a warehouse of somebody else: a script that makes them, and views that BI tools may see.

Views leave out what is personal and what only regard needs; every column says what it means, so
that a tool can show it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from sqlglot import Dialect, exp, parse_one

from regard.expr import Type

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from regard.model import Column, Table

DIALECTS = ("postgres", "snowflake", "bigquery", "redshift", "databricks", "duckdb")
"""Dialects that the script is printed for; PostgreSQL runs it in the tests."""
TYPES: dict[Type, str] = {
    Type.NUMBER: "DOUBLE PRECISION",
    Type.TEXT: "TEXT",
    Type.TRUTH: "BOOLEAN",
    Type.INSTANT: "TIMESTAMPTZ",
    Type.DAY: "DATE",
    Type.DURATION: "BIGINT",
}
PRIVATE = frozenset({"personal", "special"})
INNER = frozenset({"bucket", "run_id"})
"""Columns that only regard needs."""


def warehouse(tables: Iterable[Table], dialect: str, *, schema: str = "regard", views: str = "regard_bi") -> str:
    """Return a script that makes the tables and views; run again, it changes nothing.

    Args:
        tables: as declared; derived ones are left out.
        dialect: one of `DIALECTS`.
        schema: where the tables are to stand.
        views: where the views are to stand.

    Raises:
        KeyError: another dialect.
    """
    if dialect not in DIALECTS:
        raise KeyError(dialect)
    loaded = [table for table in tables if not table.derived]
    statements = [_schema(schema, dialect), _schema(views, dialect)]
    for table in loaded:
        statements += _made(table, dialect, schema, views)
    return "".join(f"{one};\n" for one in statements)


def _schema(name: str, dialect: str) -> str:
    return f"CREATE SCHEMA IF NOT EXISTS {_name(name, dialect)}"


def _made(table: Table, dialect: str, schema: str, views: str) -> Iterator[str]:
    stored = f"{_name(schema, dialect)}.{_name(table.name, dialect)}"
    shown = f"{_name(views, dialect)}.{_name(table.name, dialect)}"
    columns = ", ".join(f"{_name(column.name, dialect)} {_type(column, dialect)}" for column in table.columns.values())
    yield f"CREATE TABLE IF NOT EXISTS {stored} ({columns})"
    seen = [
        column for column in table.columns.values() if column.sensitivity not in PRIVATE and column.name not in INNER
    ]
    yield f"CREATE OR REPLACE VIEW {shown} AS SELECT {', '.join(_shown(one, dialect) for one in seen)} FROM {stored}"
    if dialect in ("postgres", "redshift"):
        yield f"COMMENT ON VIEW {shown} IS {_text(table.means, dialect)}"
        for column in seen:
            if column.means:
                yield f"COMMENT ON COLUMN {shown}.{_name(column.name, dialect)} IS {_text(column.means, dialect)}"


def _shown(column: Column, dialect: str) -> str:
    """Return a column as a view has it: durations in seconds."""
    name = _name(column.name, dialect)
    return f"{name} / 1000000.0 AS {_name(f'{column.name}_s', dialect)}" if column.type is Type.DURATION else name


def _type(column: Column, dialect: str) -> str:
    whole = column.type is Type.NUMBER and column.whole
    return _called("BIGINT" if whole else TYPES[column.type], dialect)


@cache
def _called(type_name: str, dialect: str) -> str:
    """Return how a dialect calls a type of PostgreSQL: few types, which stand in hundreds of columns."""
    made = parse_one(f"CAST(NULL AS {type_name})", read="postgres")
    return str(made.find(exp.DataType).sql(dialect=dialect))  # type: ignore[union-attr]  # a cast has a type


def _name(name: str, dialect: str) -> str:
    return exp.to_identifier(name, quoted=True).sql(dialect=Dialect.get_or_raise(dialect))


def _text(text: str, dialect: str) -> str:
    return exp.Literal.string(text).sql(dialect=dialect)
