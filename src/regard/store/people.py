"""Who may sign in, and what they are signed in with: accounts, sessions, tokens, one-time links.

Secrets come in as hashes. Everything that changes somebody's rights says who did it, and is written into the audit log
in the same transaction.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from regard.store.nouns import Account, Session, Token
from regard.store.schema import ACCOUNT, BEGUN, LINK, SESSION, TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection, Select

    from regard.store.audit import AuditLog
    from regard.store.database import Database
    from regard.store.nouns import Deed

MANAGES = "admin"
"""The role that manages people: somebody must always have it."""
TOLD = ("name", "role", "scope", "disabled")
"""Of an account, what the audit log tells; a password never, only that it was changed."""


class People:
    """The people of a store."""

    def __init__(self, database: Database, audit: AuditLog, clock: Callable[[], int]) -> None:
        """Open the people of a database; `clock` gives the instant in microseconds."""
        self._database = database
        self._audit = audit
        self._clock = clock

    # --- accounts ----------------------------------------------------------------------------------------------------

    def accounts(self) -> tuple[Account, ...]:
        """Return every account, by name."""
        with self._database.reading() as connection:
            return tuple(
                _account(row) for row in connection.execute(select(ACCOUNT).order_by(ACCOUNT.c.name)).mappings()
            )

    def account(self, *, id: str = "", name: str = "") -> Account | None:  # noqa: A002 - the noun's own field
        """Return an account by id or by name, in any case; None where there is none."""
        query = select(ACCOUNT).where(ACCOUNT.c.account_id == id if id else ACCOUNT.c.name == known_as(name))
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
            return None if row is None else _account(row)

    def add(self, name: str, role: str, scope: str, deed: Deed) -> Account | None:
        """Make an account; None where the name is taken."""
        made = Account(id=secrets.token_hex(8), name=known_as(name), role=role, scope=scope, created_at=self._clock())
        with self._database.writing() as connection:
            if connection.execute(select(ACCOUNT.c.name).where(ACCOUNT.c.name == made.name)).first():
                return None
            connection.execute(insert(ACCOUNT).values(**_columns(made)))
            self._audit.within(connection, deed, after=_told(made))
        return made

    def change(self, account: str, deed: Deed, **values: object) -> Account | None:
        """Change role, scope, password or `disabled`; other rights end every session of theirs.

        Returns:
            The account as it is now; None where there is none.

        Raises:
            ValueError: it would leave nobody who may manage people.
        """
        with self._database.writing() as connection:
            row = connection.execute(select(ACCOUNT).where(ACCOUNT.c.account_id == account)).mappings().first()
            if row is None:
                return None
            before = _account(row)
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.account_id == account).values(**values))
            after = _account(
                connection.execute(select(ACCOUNT).where(ACCOUNT.c.account_id == account)).mappings().one()
            )
            if not self._managed(connection, before):
                raise ValueError("nobody would be left who may manage people")
            if _told(before) != _told(after) or before.password != after.password:
                connection.execute(delete(SESSION).where(SESSION.c.account_id == account))
                connection.execute(delete(LINK).where(LINK.c.account_id == account))
            told = {} if before.password == after.password else {"password": "changed"}
            self._audit.within(connection, deed, before=_told(before), after=_told(after) | told)
        return after

    def _managed(self, connection: Connection, before: Account) -> bool:
        """Whether there is still an account of the role that the changed one had, if that was the managing one."""
        manages = (ACCOUNT.c.role == MANAGES, ACCOUNT.c.disabled.is_(False))
        left = connection.execute(select(func.count()).select_from(ACCOUNT).where(*manages)).scalar_one()
        return bool(left) or before.role != MANAGES or before.disabled

    # --- sessions ----------------------------------------------------------------------------------------------------

    def sign_in(self, account: Account, key: str, forms: str, deed: Deed, *, agent: str = "") -> None:
        """Open a session."""
        now = self._clock()
        with self._database.writing() as connection:
            connection.execute(
                insert(SESSION).values(
                    key=key,
                    account_id=account.id,
                    forms=forms,
                    created_at=now,
                    seen_at=now,
                    address=deed.address,
                    agent=agent[:200],
                )
            )
            connection.execute(update(ACCOUNT).where(ACCOUNT.c.account_id == account.id).values(signed_in_at=now))
            self._audit.within(connection, deed)

    def session(self, key: str) -> Session | None:
        """Return the session of a key, whose account is not disabled, or None."""
        with self._database.reading() as connection:
            row = connection.execute(_sessions().where(SESSION.c.key == key)).mappings().first()
            return None if row is None or row["disabled"] else _session(row)

    def sessions(self, account: str = "") -> tuple[Session, ...]:
        """Return the sessions of somebody, or of all, the one seen last first."""
        query = _sessions().order_by(SESSION.c.seen_at.desc())
        query = query.where(SESSION.c.account_id == account) if account else query
        with self._database.reading() as connection:
            return tuple(_session(row) for row in connection.execute(query).mappings())

    def seen(self, key: str) -> None:
        """Write down that a session is in use."""
        with self._database.writing() as connection:
            connection.execute(update(SESSION).where(SESSION.c.key == key).values(seen_at=self._clock()))

    def sign_out(self, deed: Deed, *, key: str = "", account: str = "") -> int:
        """End a session, those of somebody, or with neither all; returns how many."""
        query = delete(SESSION)
        query = query.where(SESSION.c.key == key) if key else query
        query = query.where(SESSION.c.account_id == account) if account else query
        with self._database.writing() as connection:
            ended = connection.execute(query).rowcount
            self._audit.within(connection, deed, after={"sessions ended": ended})
        return ended

    def forget_sessions(self, seen_before: int, created_before: int) -> None:
        """Take away sessions that are over."""
        with self._database.writing() as connection:
            over = (SESSION.c.seen_at < seen_before) | (SESSION.c.created_at < created_before)
            connection.execute(delete(SESSION).where(over))

    # --- tokens ------------------------------------------------------------------------------------------------------

    def add_token(self, account: Account, title: str, key: str, starts: str, expires_at: int, deed: Deed) -> Token:
        """Keep the hash of a token."""
        made = Token(
            id=secrets.token_hex(8),
            account=account,
            title=title,
            starts=starts,
            created_at=self._clock(),
            expires_at=expires_at,
        )
        with self._database.writing() as connection:
            connection.execute(
                insert(TOKEN).values(
                    token_id=made.id,
                    key=key,
                    account_id=account.id,
                    title=title,
                    starts=starts,
                    created_at=made.created_at,
                    expires_at=expires_at,
                )
            )
            self._audit.within(connection, deed, after={"title": title, "starts": starts, "expires_at": expires_at})
        return made

    def token(self, key: str) -> Token | None:
        """Return the token of a key, not expired and of an account that is not disabled, or None."""
        query = _tokens().where(TOKEN.c.key == key)
        with self._database.reading() as connection:
            row = connection.execute(query).mappings().first()
            return None if row is None or row["disabled"] or row["expires_at"] <= self._clock() else _token(row)

    def tokens(self, account: str = "") -> tuple[Token, ...]:
        """Return the tokens of somebody, or of all, the newest first."""
        query = _tokens().order_by(TOKEN.c.created_at.desc())
        query = query.where(TOKEN.c.account_id == account) if account else query
        with self._database.reading() as connection:
            return tuple(_token(row) for row in connection.execute(query).mappings())

    def used(self, token: str) -> None:
        """Write down that a token is in use."""
        with self._database.writing() as connection:
            connection.execute(update(TOKEN).where(TOKEN.c.token_id == token).values(used_at=self._clock()))

    def drop_token(self, token: str, deed: Deed, *, account: str = "") -> bool:
        """Take a token away, of somebody where that is said; whether there was one."""
        query = delete(TOKEN).where(TOKEN.c.token_id == token)
        query = query.where(TOKEN.c.account_id == account) if account else query
        with self._database.writing() as connection:
            dropped = bool(connection.execute(query).rowcount)
            if dropped:
                self._audit.within(connection, deed)
        return dropped

    # --- one-time links ----------------------------------------------------------------------------------------------

    def add_link(self, account: Account, key: str, expires_at: int, deed: Deed) -> None:
        """Keep the hash of a link with which somebody chooses a password; earlier ones of theirs end."""
        with self._database.writing() as connection:
            connection.execute(delete(LINK).where(LINK.c.account_id == account.id))
            connection.execute(insert(LINK).values(key=key, account_id=account.id, expires_at=expires_at))
            self._audit.within(connection, deed)

    def link(self, key: str) -> Account | None:
        """Return whose link it is, or None where it was used or is over."""
        query = select(ACCOUNT).join(LINK, LINK.c.account_id == ACCOUNT.c.account_id)
        with self._database.reading() as connection:
            row = (
                connection.execute(query.where(LINK.c.key == key, LINK.c.expires_at > self._clock())).mappings().first()
            )
            return None if row is None or row["disabled"] else _account(row)

    # --- sign-ins elsewhere ------------------------------------------------------------------------------------------

    def begin(self, key: str, redirect: str, path: str, lasts: int, *, most: int) -> None:
        """Keep that a browser went to sign in elsewhere.

        Args:
            key: hash of the browser's secret.
            redirect: where it is led back to.
            path: where it wanted to go.
            lasts: microseconds for which it may come back.
            most: how many may be under way; beyond, the oldest is forgotten.
        """
        now = self._clock()
        with self._database.writing() as connection:
            connection.execute(delete(BEGUN).where(BEGUN.c.expires_at <= now))
            connection.execute(insert(BEGUN).values(key=key, redirect=redirect, path=path, expires_at=now + lasts))
            over = select(BEGUN.c.expires_at).order_by(BEGUN.c.expires_at.desc()).offset(most).limit(1)
            if (oldest := connection.execute(over).scalar()) is not None:
                connection.execute(delete(BEGUN).where(BEGUN.c.expires_at <= oldest))

    def begun(self, key: str) -> tuple[str, str] | None:
        """Return where a browser was to be led back to and wanted to go, once; None where it did not begin in time."""
        with self._database.writing() as connection:
            there = select(BEGUN.c.redirect, BEGUN.c.path).where(BEGUN.c.key == key, BEGUN.c.expires_at > self._clock())
            row = connection.execute(there).first()
            connection.execute(delete(BEGUN).where(BEGUN.c.key == key))
            return None if row is None else (row.redirect, row.path)


def known_as(name: str) -> str:
    """Return a name as it is kept: in one case, without space around it."""
    return name.strip().casefold()


def _told(account: Account) -> dict[str, object]:
    return {name: getattr(account, name) for name in TOLD}


def _columns(account: Account) -> dict[str, object]:
    values = {name: getattr(account, name) for name in (*TOLD, "password", "created_at", "signed_in_at")}
    return {"account_id": account.id, **values}


def _sessions() -> Select[Any]:
    own = [column.label(f"session_{column.name}") for column in SESSION.c]
    return select(*own, *ACCOUNT.c).join(ACCOUNT, SESSION.c.account_id == ACCOUNT.c.account_id)


def _tokens() -> Select[Any]:
    own = [column for column in TOKEN.c if column.name not in ("key", "account_id", "created_at")]
    made = TOKEN.c.created_at.label("token_created_at")
    return select(*own, made, *ACCOUNT.c).join(ACCOUNT, TOKEN.c.account_id == ACCOUNT.c.account_id)


def _account(row: Mapping[Any, Any]) -> Account:
    values = {name: row[name] for name in (*TOLD, "password", "created_at", "signed_in_at")}
    return Account(id=row["account_id"], **values)


def _session(row: Mapping[Any, Any]) -> Session:
    names = ("key", "forms", "created_at", "seen_at", "address", "agent")
    return Session(account=_account(row), **{name: row[f"session_{name}"] for name in names})


def _token(row: Mapping[Any, Any]) -> Token:
    return Token(
        id=row["token_id"],
        account=_account(row),
        title=row["title"],
        starts=row["starts"],
        created_at=row["token_created_at"],
        expires_at=row["expires_at"],
        used_at=row["used_at"],
    )
