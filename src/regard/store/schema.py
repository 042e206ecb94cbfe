"""The store's tables, and how an older store becomes this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    insert,
    inspect,
    select,
    text,
    update,
)

from regard.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

VERSION = 1
UPGRADES: Mapping[int, Sequence[str]] = {}
"""Number of an older schema -> the statements that make the next one of it, the same for every database."""

METADATA = MetaData()

SCHEMA = Table("regard_schema", METADATA, Column("version", Integer, nullable=False))

RUN = Table(
    "run",
    METADATA,
    Column("run_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("started_at", BigInteger, nullable=False, unique=True),
    Column("ended_at", BigInteger),
    Column("rows_in", BigInteger, nullable=False),
    Column("rows_rejected", BigInteger, nullable=False),
    Column("code_version", Text, nullable=False),
    Column("config_hash", Text, nullable=False),
    Column("input_hashes", Text, nullable=False),  # JSON, written one way only: compared as text
)

POSITION = Table(
    "run_position",
    METADATA,
    Column("run_id", Text, ForeignKey("run.run_id"), primary_key=True),
    Column("key", Text, primary_key=True),
    Column("position", Text, nullable=False),  # JSON
)

SNAPSHOT = Table(
    "snapshot",
    METADATA,
    Column("snapshot_id", Text, primary_key=True),
    Column("at", BigInteger, nullable=False, unique=True),
    Column("run_id", Text, nullable=False),
)

SNAPSHOT_TABLE = Table(
    "snapshot_table",
    METADATA,
    Column("snapshot_id", Text, ForeignKey("snapshot.snapshot_id"), primary_key=True),
    Column("table_name", Text, primary_key=True),
    Column("version", BigInteger, nullable=False),
)

FINDING = Table(
    "finding",
    METADATA,
    Column("finding_id", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("scope", Text, nullable=False),  # JSON
    Column("row", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("observed", Text, nullable=False),
    Column("expected", Text, nullable=False),
    Column("message", Text, nullable=False),
    Column("severity", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("run_id", Text, nullable=False),
    Column("true_positive", Boolean),
    Column("case_id", Text, nullable=False),
    Index("finding_by_rule", "kind", "rule", "status"),
)

# A load that resumes reports some of its parts twice; each part counts once.
FINDING_PART = Table(
    "finding_part",
    METADATA,
    Column("finding_id", Text, ForeignKey("finding.finding_id"), primary_key=True),
    Column("run_id", Text, primary_key=True),
    Column("part", Text, primary_key=True),
    Column("count", BigInteger, nullable=False),
)


def found(connection: Connection) -> int:
    """Return the number of the schema a database has, 0 when it has none."""
    if not inspect(connection).has_table(SCHEMA.name):
        return 0
    return int(connection.execute(select(SCHEMA.c.version)).scalar_one())


def prepare(connection: Connection, upgrades: Mapping[int, Sequence[str]] = UPGRADES, version: int = VERSION) -> None:
    """Make the tables, or bring older ones up to date; inside the caller's writing transaction.

    Raises:
        SetupError: the store was made by a newer regard.
    """
    have = found(connection)
    refuse_newer(have, version)
    if have == 0:
        METADATA.create_all(connection)
        connection.execute(insert(SCHEMA).values(version=version))
        return
    for number in range(have, version):
        for statement in upgrades[number]:
            connection.execute(text(statement))
        connection.execute(update(SCHEMA).values(version=number + 1))


def refuse_newer(have: int, version: int = VERSION) -> None:
    """Refuse a store whose tables this program does not know.

    Raises:
        SetupError: the store was made by a newer regard.
    """
    if have > version:
        raise SetupError(f"the store has schema {have}, this regard knows {version}: pip install --upgrade regard")
