"""The audit log: who did what, written in the transaction that did it, each entry sealed with the one before.

Entries are only ever added. A database that can refuses to change or delete them; whoever gets round that breaks the
chain, which `broken` tells.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, insert, or_, select

from regard.store.nouns import Deed, Entry, written
from regard.store.schema import AUDIT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from sqlalchemy import ColumnElement, Connection

    from regard.store.database import Database

COMINGS = "session"
"""Noun of the actions of signing in and out."""
READ = 1000
"""Entries read at a time."""


class AuditLog:
    """The audit log of a store."""

    def __init__(self, database: Database, clock: Callable[[], int]) -> None:
        """Open the log of a database; `clock` gives the instant in microseconds."""
        self._database = database
        self._clock = clock

    def record(
        self, deed: Deed, *, before: Mapping[str, object] | None = None, after: Mapping[str, object] | None = None
    ) -> Entry:
        """Write down something that was done, in a transaction of its own."""
        with self._database.writing() as connection:
            return self.within(connection, deed, before=before, after=after)

    def within(
        self,
        connection: Connection,
        deed: Deed,
        *,
        before: Mapping[str, object] | None = None,
        after: Mapping[str, object] | None = None,
    ) -> Entry:
        """Write down something that is done in a transaction that writes: both are kept, or neither."""
        number, previous = _head(connection)
        entry = Entry(
            number=number + 1,
            at=self._clock(),
            deed=deed,
            before=written(dict(before)) if before else "",
            after=written(dict(after)) if after else "",
            previous=previous,
        )
        entry = replace(entry, hash=entry.sealed())
        connection.execute(
            insert(AUDIT).values(
                number=entry.number,
                at=entry.at,
                actor=deed.actor,
                address=deed.address,
                action=deed.action,
                object=deed.object,
                reason=deed.reason,
                before=entry.before,
                after=entry.after,
                previous=entry.previous,
                hash=entry.hash,
            )
        )
        return entry

    def head(self) -> tuple[int, str]:
        """Return number and hash of the newest entry, (0, "") before the first; note it elsewhere to tell a cut end."""
        with self._database.reading() as connection:
            return _head(connection)

    def changed(self) -> int:
        """Return the number of the newest entry that tells of a change, not only of somebody who came or went."""
        query = select(AUDIT.c.number).where(AUDIT.c.action.not_like(f"{COMINGS}.%"))
        with self._database.reading() as connection:
            return connection.execute(query.order_by(AUDIT.c.number.desc()).limit(1)).scalar() or 0

    def entries(
        self, *, search: str = "", action: str = "", before: int | None = None, limit: int | None = None
    ) -> tuple[Entry, ...]:
        """Return entries, newest first.

        Args:
            search: text that actor, action, object, reason or what changed holds, in any case.
            action: exactly this, or the noun of it.
            before: only those with a smaller number: the next page.
            limit: how many at most.
        """
        query = select(AUDIT).order_by(AUDIT.c.number.desc()).limit(limit)
        if search:
            columns = (AUDIT.c.actor, AUDIT.c.action, AUDIT.c.object, AUDIT.c.reason, AUDIT.c.before, AUDIT.c.after)
            query = query.where(or_(*(_holds(column, search) for column in columns)))
        if action:
            query = query.where(or_(AUDIT.c.action == action, AUDIT.c.action.startswith(f"{action}.", autoescape=True)))
        if before is not None:
            query = query.where(AUDIT.c.number < before)
        with self._database.reading() as connection:
            return tuple(_entry(row) for row in connection.execute(query).mappings())

    def broken(self) -> tuple[str, ...]:
        """Return what is wrong with the chain, in order: an entry that is missing, changed, or out of place."""
        found: list[str] = []
        number, previous = 0, ""
        for entry in self._all():
            if entry.number != number + 1:
                found.append(f"entries {number + 1} to {entry.number - 1} are missing")
            elif entry.previous != previous:
                found.append(f"entry {entry.number} does not follow entry {number}: one of them was changed or put in")
            if entry.hash != entry.sealed():
                found.append(f"entry {entry.number} was changed after it was written")
            number, previous = entry.number, entry.hash
        return tuple(found)

    def _all(self) -> Iterator[Entry]:
        number = 0
        while True:
            query = select(AUDIT).where(AUDIT.c.number > number).order_by(AUDIT.c.number).limit(READ)
            with self._database.reading() as connection:
                rows = [_entry(row) for row in connection.execute(query).mappings()]
            yield from rows
            if len(rows) < READ:
                return
            number = rows[-1].number


def _head(connection: Connection) -> tuple[int, str]:
    row = connection.execute(select(AUDIT.c.number, AUDIT.c.hash).order_by(AUDIT.c.number.desc()).limit(1)).first()
    return (0, "") if row is None else (int(row[0]), str(row[1]))


def _holds(column: ColumnElement[str], search: str) -> ColumnElement[bool]:
    return func.lower(column).contains(search.lower(), autoescape=True)


def _entry(row: Mapping[Any, Any]) -> Entry:
    values = dict(row)
    deed = Deed(**{name: values.pop(name) for name in ("actor", "address", "action", "object", "reason")})
    return Entry(deed=deed, **values)
