"""The store's tables, and how an older store becomes this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import (
    DDL,
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
    event,
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
    from sqlalchemy.schema import ExecutableDDLElement

VERSION = 5
UPGRADES: Mapping[int, Sequence[str]] = {1: (), 2: (), 3: ("ALTER TABLE snapshot ADD COLUMN gone_at BIGINT",), 4: ()}
"""Number of an older schema -> the statements that make the next one of it, the same for every database.

Tables that are new need none: they are made as below.
"""

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
    Column("gone_at", BigInteger),  # when its data were given up
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

# --- people: accounts, what they are signed in with, and what was done ------------------------------------------------

ACCOUNT = Table(
    "account",
    METADATA,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("role", Text, nullable=False),
    Column("scope", Text, nullable=False),  # as people write it
    Column("password", Text, nullable=False),  # a slow hash, "" while there is none
    Column("disabled", Boolean, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("signed_in_at", BigInteger),
)

# Of every secret only the hash is kept: who reads the database can sign in as nobody.
SESSION = Table(
    "session",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.account_id"), nullable=False, index=True),
    Column("forms", Text, nullable=False),  # what the forms of the session carry
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Column("address", Text, nullable=False),
    Column("agent", Text, nullable=False),
)

TOKEN = Table(
    "token",
    METADATA,
    Column("token_id", Text, primary_key=True),
    Column("key", Text, nullable=False, unique=True),
    Column("account_id", Text, ForeignKey("account.account_id"), nullable=False, index=True),
    Column("title", Text, nullable=False),
    Column("starts", Text, nullable=False),  # the first characters, to tell tokens apart
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_at", BigInteger),
)

LINK = Table(
    "link",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("account_id", Text, ForeignKey("account.account_id"), nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

# Of browsers that went to an organisation's provider and are not back yet.
BEGUN = Table(
    "begun",
    METADATA,
    Column("key", Text, primary_key=True),
    Column("redirect", Text, nullable=False),  # where the provider leads back to
    Column("path", Text, nullable=False),  # where they wanted to go
    Column("expires_at", BigInteger, nullable=False, index=True),
)

AUDIT = Table(
    "audit",
    METADATA,
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("at", BigInteger, nullable=False),
    Column("actor", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("action", Text, nullable=False, index=True),
    Column("object", Text, nullable=False),
    Column("before", Text, nullable=False),  # JSON
    Column("after", Text, nullable=False),  # JSON
    Column("reason", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("hash", Text, nullable=False),
)

COMMENT = Table(
    "comment",
    METADATA,
    Column("comment_id", Text, primary_key=True),
    Column("subject", Text, nullable=False, index=True),  # what it is about, such as incident:INC-7
    Column("author", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("text", Text, nullable=False),  # masked before it comes here; "" once it is withdrawn
    Column("withdrawn", Boolean, nullable=False),
)

# The log only grows, whoever asks. What a database superuser does nevertheless, the chain of hashes tells.
REFUSES = "CREATE TRIGGER audit_{0} BEFORE {0} ON audit BEGIN SELECT RAISE(ABORT, 'the log only grows'); END"
FUNCTION = """CREATE FUNCTION audit_grows() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'the log only grows'; END $$"""
TRIGGER = "CREATE TRIGGER audit_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit EXECUTE FUNCTION audit_grows()"
GROWS = (
    ("sqlite", REFUSES.format("update")),
    ("sqlite", REFUSES.format("delete")),
    ("postgresql", FUNCTION),
    ("postgresql", TRIGGER),
)
for _dialect, _statement in GROWS:
    _made: ExecutableDDLElement = DDL(_statement)  # type: ignore[no-untyped-call]  # not typed by its library
    event.listen(AUDIT, "after_create", _made.execute_if(dialect=_dialect))


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
    METADATA.create_all(connection)


def refuse_newer(have: int, version: int = VERSION) -> None:
    """Refuse a store whose tables this program does not know.

    Raises:
        SetupError: the store was made by a newer regard.
    """
    if have > version:
        raise SetupError(f"the store has schema {have}, this regard knows {version}: pip install --upgrade regard")
