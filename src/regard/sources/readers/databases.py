"""Databases: one query, its rows as they stream. Passwords come from the environment and are never printed."""

from __future__ import annotations

import hashlib
import re
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, unquote, urlsplit

import pyarrow as pa

from regard.errors import SetupError, SourceError
from regard.sources.readers.parquet import plain, sort_of
from regard.sources.readers.parts import bracketed, counted, distinct, framed, hidden, texts, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from regard.model.sources import Read
    from regard.sources.readers.parts import Part, Room

VARIABLE = re.compile(r"\$\{(\w+)\}|\$(\w+)")


def database(read: Read, room: Room, environment: Mapping[str, str]) -> Part:
    """Return the one part of a database source.

    Raises:
        SourceError: an environment variable that is not set, or a database that does not answer.
        SetupError: a driver that is not installed.
    """
    url, secrets = filled(read.place, environment)
    scheme = urlsplit(url).scheme
    options = {name: str(value) for name, value in read.options.items()}
    name = hidden(url, secrets)
    if scheme == "sqlite":
        return Sqlite.open(url, name, options, room)
    if scheme in ("postgresql", "postgres"):
        return Postgres.open(url, name, options, secrets, room.rows)
    if scheme in ("mysql", "mariadb"):
        return MySql.open(url, name, options, secrets, room.rows)
    raise SourceError(f"{name.split(':', 1)[0]} is not a database that is read: sqlite, postgresql, mysql, mariadb")


def filled(place: str, environment: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return a url with its environment variables filled in, and the values that must not be shown."""
    secrets: list[str] = []

    def value(found: re.Match[str]) -> str:
        name = found[1] or found[2]
        if name not in environment:
            raise SourceError(f"the environment variable {name} is not set")
        text = environment[name]
        if found[0] == place:
            # The whole url: what stands there may be a secret all through when it is no url.
            try:
                scheme, password = urlsplit(text).scheme, urlsplit(text).password
            except ValueError:
                scheme, password = "", None
            if not scheme or "://" not in text:
                raise SourceError(
                    f"the environment variable {name} is not the url of a database: kind://user@host/name"
                )
            secrets.append(unquote(password or ""))
            return text
        secrets.append(text)
        # A password may hold characters that mean something in a url.
        return quote(text, safe="")

    url = VARIABLE.sub(value, place)
    return url, tuple(secrets)


def statement(options: Mapping[str, str], mark: str) -> str:
    """Return the query of a source; a table's name is quoted, part by part."""
    if "query" in options:
        return options["query"].strip().rstrip(";")
    parts = options["table"].split(".")
    return "select * from " + ".".join(mark + part.replace(mark, mark * 2) + mark for part in parts)  # noqa: S608 - quoted


def stamp(options: Mapping[str, str], query: str, mark: str) -> str:
    """Return the query whose answer stands still as long as the source does: count and watermark."""
    if "watermark" not in options:
        return ""
    column = mark + options["watermark"].replace(mark, mark * 2) + mark
    return f"select count(*), max({column}) from ({query}) as counted"  # noqa: S608 - quoted; the author's own query


def digest(url: str, query: str, found: Sequence[object] | None) -> str:
    """Return a hash of what a query says about itself, "" without a watermark."""
    if found is None:
        return ""
    text = "\n".join((url.rsplit("@", maxsplit=1)[-1], query, *(str(value) for value in found)))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


@dataclass(frozen=True, slots=True)
class Sqlite:
    """A SQLite file, read by the standard library: its columns may hold any type in any row."""

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int | None
    path: Path
    query: str
    batch: int
    lasting: bool = False

    @classmethod
    def open(cls, url: str, name: str, options: Mapping[str, str], room: Room) -> Sqlite:
        """Ask for the columns and the count."""
        place = url.removeprefix("sqlite:///")
        path = Path(place) if Path(place).is_absolute() else room.root / place
        if not path.is_file():
            raise SourceError(f"there is no database {place}")
        query = statement(options, '"')
        with told(name), closing(_sqlite(path)) as connection:
            cursor = connection.execute(f"select * from ({query}) limit 0")  # noqa: S608 - the author's own query
            names = distinct([one[0] for one in cursor.description])
            [(rows,)] = connection.execute(f"select count(*) from ({query})").fetchall()  # noqa: S608 - the query of the mapping, which its author may write
            marked = stamp(options, query, '"')
            found = connection.execute(marked).fetchone() if marked else None
        return cls(name, digest(url, query, found), dict.fromkeys(names, "text"), rows, path, query, room.rows)

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`."""
        names = [*self.columns, *(name for name in wanted if name not in self.columns)]
        rest: list[str | None] = [None] * (len(names) - len(self.columns))
        with told(self.name), closing(_sqlite(self.path)) as connection:
            cursor = connection.execute(self.query)
            row = 0
            while batch := cursor.fetchmany(self.batch):
                said = [[_said(value) for value in cells] + rest for cells in batch]
                before, row = row, row + len(said)
                if row > skip:
                    chunk = texts(said, names, before, range(before + 1, row + 1))
                    yield chunk.slice(max(0, skip - before))


def _sqlite(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(f"file:{quote(path.as_posix())}?mode=ro", uri=True)
    connection.text_factory = lambda data: data.decode("utf-8", "strict")
    return connection


def _said(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.hex()
    return repr(value) if isinstance(value, float) else str(value)


@dataclass(frozen=True, slots=True)
class Postgres:
    """A query to PostgreSQL, through ADBC."""

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int | None
    url: str
    query: str
    secrets: tuple[str, ...]
    batch: int
    lasting: bool = False

    @classmethod
    def open(cls, url: str, name: str, options: Mapping[str, str], secrets: tuple[str, ...], batch: int) -> Postgres:
        """Ask for the columns and the count; what has no type of ours is read as text."""
        query = statement(options, '"')
        marked = stamp(options, query, '"')
        with told(name, secrets), closing(_postgres(url)) as connection, connection.cursor() as cursor:
            cursor.execute(f"select * from ({query}) as asked limit 0")  # noqa: S608 - the author's own query
            schema = cursor.fetch_arrow_table().schema
            cursor.execute(f"select count(*) from ({query}) as asked")  # noqa: S608 - the query of the mapping, which its author may write
            [(rows,)] = cursor.fetchall()
            found = None
            if marked:
                cursor.execute(marked)
                found = cursor.fetchall()[0]
        said = []
        sorts: dict[str, str] = {}
        for own, field in zip(distinct(schema.names), schema, strict=True):
            column = '"' + field.name.replace('"', '""') + '"'
            sort = "text" if _opaque(field.type) else sort_of(field.type)
            kind = "double precision" if _decimal(field.type) else "text"
            sort = "number" if _decimal(field.type) else sort
            said.append(f"cast({column} as {kind}) as {column}" if _opaque(field.type) else column)
            sorts[own] = sort
        asked = f"select {', '.join(said)} from ({query}) as asked"  # noqa: S608 - the query of the mapping, which its author may write
        return cls(name, digest(url, query, found), sorts, rows, url, asked, secrets, batch)

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`."""
        with told(self.name, self.secrets), closing(_postgres(self.url)) as connection, connection.cursor() as cursor:
            cursor.execute(self.query)
            yield from _framed(cursor.fetch_record_batch(), self.columns, wanted, skip, self.batch)


def _opaque(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.BaseExtensionType) or pa.types.is_nested(kind) or pa.types.is_interval(kind)


def _decimal(kind: pa.DataType) -> bool:
    return isinstance(kind, pa.BaseExtensionType) and "numeric" in str(getattr(kind, "type_name", ""))


def _postgres(url: str) -> Any:  # noqa: ANN401 - a DB-API connection
    try:
        from adbc_driver_postgresql import dbapi  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SetupError("to read PostgreSQL: pip install 'regard[postgres]'") from error
    return dbapi.connect(url.replace("postgres://", "postgresql://", 1))


@dataclass(frozen=True, slots=True)
class MySql:
    """A query to MySQL or MariaDB, through connectorx. A TIMESTAMP comes without its zone: the source must say one."""

    name: str
    digest: str
    columns: Mapping[str, str]
    rows: int | None
    url: str
    query: str
    secrets: tuple[str, ...]
    batch: int
    lasting: bool = False

    @classmethod
    def open(cls, url: str, name: str, options: Mapping[str, str], secrets: tuple[str, ...], batch: int) -> MySql:
        """Ask for the columns and the count."""
        url = re.sub(r"^mariadb:", "mysql:", url)
        query = statement(options, "`")
        marked = stamp(options, query, "`")
        with told(name, secrets):
            schema = _mysql(url, f"select * from ({query}) as asked limit 1").schema  # noqa: S608 - the author's query
            found_rows = _mysql(url, f"select count(*) as n from ({query}) as asked")  # noqa: S608 - the query of the mapping, which its author may write
            rows = int(found_rows.column(0)[0].as_py())
            found = list(_mysql(url, marked).to_pylist()[0].values()) if marked else None
        sorts = {own: sort_of(field.type) for own, field in zip(distinct(schema.names), schema, strict=True)}
        return cls(name, digest(url, query, found), sorts, rows, url, query, secrets, batch)

    def chunks(self, wanted: Sequence[str], skip: int) -> Iterator[pa.Table]:
        """Yield rows; see `Part`."""
        with told(self.name, self.secrets):
            reader = _connectorx().read_sql(self.url, self.query, return_type="arrow_stream", batch_size=self.batch)
            yield from _framed(cast("pa.RecordBatchReader", reader), self.columns, wanted, skip, self.batch)


def _connectorx() -> Any:  # noqa: ANN401 - a module
    try:
        import connectorx  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise SetupError("to read MySQL or MariaDB: pip install 'regard[mysql]'") from error
    return connectorx


def _mysql(url: str, query: str) -> pa.Table:
    return _connectorx().read_sql(url, query, return_type="arrow")


def _framed(
    reader: pa.RecordBatchReader, columns: Mapping[str, str], wanted: Sequence[str], skip: int, size: int
) -> Iterator[pa.Table]:
    """Yield batches as chunks of bounded size."""
    lacking = [name for name in wanted if name not in columns]
    row = 0
    for batch in reader:
        for start in range(0, batch.num_rows, size):
            piece = batch.slice(start, size)
            before, row = row, row + piece.num_rows
            if row <= skip:
                continue
            arrays = {
                bracketed(name): plain(piece.column(place), sort) for place, (name, sort) in enumerate(columns.items())
            }
            arrays |= {bracketed(name): pa.nulls(piece.num_rows, pa.string()) for name in lacking}
            table = framed(arrays, before, counted(before + 1, row + 1))
            yield table.slice(skip - before) if before < skip else table
