"""What people wrote beside things, such as incidents: it comes in masked, and who wrote stands in the audit log too."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from regard.store.nouns import Comment
from regard.store.schema import COMMENT

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.store.audit import AuditLog
    from regard.store.database import Database
    from regard.store.nouns import Deed


class Comments:
    """The comments of a store."""

    def __init__(self, database: Database, audit: AuditLog, clock: Callable[[], int]) -> None:
        """Open the comments of a database; `clock` gives the instant in microseconds."""
        self._database = database
        self._audit = audit
        self._clock = clock

    def about(self, subject: str) -> tuple[Comment, ...]:
        """Return the comments on something, such as `incident:INC-7`, oldest first; withdrawn ones are left out."""
        query = select(COMMENT).where(COMMENT.c.subject == subject, COMMENT.c.withdrawn.is_(False))
        query = query.order_by(COMMENT.c.at, COMMENT.c.comment_id)
        with self._database.reading() as connection:
            return tuple(
                Comment(id=row.comment_id, subject=row.subject, author=row.author, at=row.at, text=row.text)
                for row in connection.execute(query)
            )

    def add(self, subject: str, text: str, deed: Deed) -> Comment:
        """Write a comment down; its author is who did the deed."""
        made = Comment(id=secrets.token_hex(8), subject=subject, author=deed.actor, at=self._clock(), text=text)
        with self._database.writing() as connection:
            connection.execute(
                insert(COMMENT).values(
                    comment_id=made.id, subject=subject, author=made.author, at=made.at, text=text, withdrawn=False
                )
            )
            self._audit.within(connection, deed, after={"comment": made.id})
        return made

    def change(self, comment: str, text: str, deed: Deed) -> bool:
        """Put other words in the place of a comment's; only its author may, and whether it was theirs is returned."""
        with self._database.writing() as connection:
            own = (COMMENT.c.comment_id == comment, COMMENT.c.author == deed.actor, COMMENT.c.withdrawn.is_(False))
            done = connection.execute(update(COMMENT).where(*own).values(text=text)).rowcount
            if done:
                self._audit.within(connection, deed, before={"comment": comment}, after={"comment": comment})
        return bool(done)

    def withdraw(self, comment: str, deed: Deed) -> bool:
        """Show a comment no more; only its author may, and whether it was theirs is returned."""
        with self._database.writing() as connection:
            own = (COMMENT.c.comment_id == comment, COMMENT.c.author == deed.actor, COMMENT.c.withdrawn.is_(False))
            # The words go too: a comment is often withdrawn because of what it says.
            done = connection.execute(update(COMMENT).where(*own).values(withdrawn=True, text="")).rowcount
            if done:
                self._audit.within(connection, deed, before={"comment": comment})
        return bool(done)
