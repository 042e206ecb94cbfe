"""Opens SQLite or PostgreSQL so that both behave alike: one writer at a time, readers never wait."""

from __future__ import annotations

import sqlite3
import time
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar, cast

from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DatabaseError, NoSuchModuleError, OperationalError

from regard.errors import SetupError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Connection, Engine

T = TypeVar("T")
WAIT_MS = 30_000
"""How long a writer waits for another before it gives up: what the store writes takes milliseconds."""
BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")
"""What SQLite says of a file that is no database, or no longer."""
KNOWN = 64
"""Answers of the database that are at hand until something is written; asked once more, they are read once more."""
ADVISORY = 0x7265676172640001
"""PostgreSQL's advisory lock of the store's writers: `regard` in ASCII, and 1."""


class Database:
    """A database by url, or a SQLite file by path."""

    def __init__(self, url: str | Path) -> None:
        """Open it; nothing is read yet."""
        self._engine = _engine(url)
        self._postgres = self._engine.dialect.name == "postgresql"
        self._watch: sqlite3.Connection | None = None
        self._watching = Lock()
        self._known: dict[str, tuple[int, object]] = {}

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Read in one transaction, from one state.

        Raises:
            SetupError: the database cannot be opened.
        """
        with self._opened() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Read and write in one transaction, alone.

        Raises:
            SetupError: the database cannot be opened.
        """
        with self._opened() as connection:
            connection.execution_options(regard_writes=True)
            if self._postgres:
                # Not one state for the whole transaction: that would be the state from before the wait for the lock.
                connection.execution_options(isolation_level="READ COMMITTED")
            with connection.begin():
                if self._postgres:
                    connection.execute(text(f"SELECT pg_advisory_xact_lock({ADVISORY})"))
                yield connection

    def unchanged(self, name: str, ask: Callable[[], T]) -> T:
        """Return what is read under a name, asked again only when anything was written since, by whatever process.

        A page reads some things many times over. Of a database that cannot tell, it is asked each time.
        """
        version = self._version()
        if version is None:
            return ask()
        known = self._known.get(name)
        if known is None or known[0] != version:
            if len(self._known) >= KNOWN:
                self._known.clear()
            # What is written while we ask makes another version, so it is asked again.
            known = self._known[name] = (version, ask())
        return cast("T", known[1])

    def _version(self) -> int | None:
        """Return a number that differs after every write; None where the database has none."""
        file = self._engine.url.database
        if self._postgres or not file:
            return None
        with self._watching:
            if self._watch is None:
                # On its own: SQLite tells a connection only of what others wrote.
                self._watch = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
            return int(self._watch.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        """Close all connections."""
        with self._watching:
            if self._watch is not None:
                self._watch.close()
                self._watch = None
        self._engine.dispose()

    @contextmanager
    def _opened(self) -> Iterator[Connection]:
        try:
            connection = self._engine.connect()
        except OperationalError as error:
            message = f"the store {self._engine.url.render_as_string()} cannot be opened: {error.orig}"
            raise SetupError(message) from error
        except DatabaseError as error:
            raise self._broken(error) from error
        with connection:
            try:
                yield connection
            except DatabaseError as error:
                if getattr(error.orig, "sqlite_errorname", "") not in BROKEN:
                    raise
                raise self._broken(error) from error

    def _broken(self, error: DatabaseError) -> SetupError:
        where = self._engine.url.render_as_string()
        return SetupError(
            f"the store {where} is broken ({error.orig}): put a backup in its place, or move it away and load again; "
            "the data are in the lake, only the record of runs, snapshots and findings begins anew"
        )


def _engine(url: str | Path) -> Engine:
    if isinstance(url, Path) or "://" not in url:
        file = Path(url)
        file.parent.mkdir(parents=True, exist_ok=True)
        url = "sqlite:///" + file.resolve().as_posix()
    try:
        parsed = make_url(url)
        if parsed.drivername in ("postgresql", "postgres"):
            parsed = parsed.set(drivername="postgresql+psycopg")
        if parsed.get_backend_name() == "sqlite":
            return _sqlite(create_engine(parsed))
        return create_engine(parsed, isolation_level="REPEATABLE READ")
    except ModuleNotFoundError as error:
        raise SetupError(f"the store needs {error.name}: pip install 'regard[postgres]'") from error
    except (ArgumentError, NoSuchModuleError) as error:
        raise SetupError(f"not the url of a store: {error}; one of: sqlite:///file, postgresql://host/db") from error


def _sqlite(engine: Engine) -> Engine:
    @event.listens_for(engine, "connect")
    def _connected(connection: Any, _record: object) -> None:  # noqa: ANN401 - sqlite3's own type is not in the API
        # Transactions begin where they are said to begin, below, and not at the first statement that writes.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {WAIT_MS}")
        _journal(connection)
        for pragma in ("synchronous = FULL", "foreign_keys = ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begun(connection: Connection) -> None:
        writes = connection.get_execution_options().get("regard_writes")
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _journal(connection: Any) -> None:  # noqa: ANN401 - sqlite3's own type is not in the API
    """Write ahead; where another process is just making the file, SQLite refuses at once, so wait here."""
    until = time.monotonic() + WAIT_MS / 1000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
