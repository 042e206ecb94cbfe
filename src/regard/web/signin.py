"""Signing in: from what a request carries to whose it is. Sessions of browsers by cookie, programs by token.

A cookie is never taken where a token is meant, nor a token by a page. Passwords are hashed two at a time, so that
signing in cannot take the machine's memory and time from those who are.
"""

from __future__ import annotations

import base64
import time
from contextlib import contextmanager
from dataclasses import dataclass
from threading import BoundedSemaphore
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from regard.access import LOCAL, Person, Role, Scope, Throttle, passwords, secret
from regard.model import SENSITIVITIES
from regard.store import Deed
from regard.web.addresses import address_of
from regard.web.openid import Organisation, provider_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from regard.store import Account
    from regard.web.settings import Settings
    from regard.workspace import Workspace

SECOND = 1_000_000
IDLE, ABSOLUTE = 30 * 60 * SECOND, 12 * 3600 * SECOND
"""Microseconds after which a session is over: without a request, and in any case."""
TOUCH = 60 * SECOND
"""Microseconds between two notes that a session is in use."""
HASHES, QUEUE = 2, 10.0
"""Passwords that are hashed at once, and seconds that one waits for its turn."""
PAIR, ADDRESS, ACCOUNT = 5, 30, 50
"""Failures that cost nothing: of one account from one address, from one address, of one account from anywhere."""
REFUSED = "The name or the password is wrong."


@dataclass(frozen=True, slots=True)
class Known:
    """Whose a request is.

    Attributes:
        person: who, None where nobody is signed in.
        forms: what their forms must carry, "" where a program asks with a token.
        session: key of the session, "" for none.
    """

    person: Person | None = None
    forms: str = ""
    session: str = ""


class SignIn:
    """Knows who is signed in."""

    def __init__(self, workspace: Workspace, settings: Settings, *, clock: Callable[[], int] | None = None) -> None:
        """Know the people of a workspace; `clock` gives the instant in microseconds, the machine's by default."""
        self._workspace = workspace
        self._settings = settings
        self._clock = clock or (lambda: time.time_ns() // 1000)
        self._forms = secret.new()
        self._turn = BoundedSemaphore(HASHES)
        self._pair, self._address, self._account = Throttle(free=PAIR), Throttle(free=ADDRESS), Throttle(free=ACCOUNT)
        self.organisation = _organisation(workspace, settings)
        # Only where browsers reach us over TLS can a cookie be bound to this host.
        self.cookie = "__Host-regard" if settings.secure else "regard"

    # --- whose is a request ------------------------------------------------------------------------------------------

    def browser(self, request: Request) -> Known:
        """Return whose request it is by its cookie."""
        if not self._settings.sign_in:
            return Known(LOCAL, self._forms)
        given = request.cookies.get(self.cookie, "")
        session = self._workspace.store.people.session(secret.key(given)) if given else None
        if session is None:
            return Known()
        now = self._clock()
        if now - session.seen_at > IDLE or now - session.created_at > ABSOLUTE:
            self._workspace.store.people.forget_sessions(now - IDLE, now - ABSOLUTE)
            return Known()
        if now - session.seen_at > TOUCH:
            self._workspace.store.people.seen(session.key)
        return Known(self.person(session.account), session.forms, session.key)

    def program(self, request: Request) -> Known:
        """Return whose request it is by its token; by its cookie where it carries none: a page of ours asks."""
        given = carried(request.headers.get("authorization", ""))
        if given is None:
            known = self.browser(request)
            # Without signing in there is no cookie that another site could make a browser send.
            return known if self._settings.sign_in else Known(known.person)
        token = self._workspace.store.people.token(secret.key(given))
        if token is None:
            raise HTTPException(401, "This token is unknown, expired or taken back.")
        if self._clock() - (token.used_at or 0) > TOUCH:
            self._workspace.store.people.used(token.id)
        return Known(self.person(token.account))

    def person(self, account: Account) -> Person:
        """Return an account as the person that pages know."""
        mine = [
            role
            for role in (self._workspace.config.roles or {}).values()
            if account.name in map(str.casefold, role.members)
        ]
        classes = ["internal", *(role.sensitivity for role in mine)]
        whole = account.role == Role.ADMIN
        return Person(
            id=account.id,
            name=account.name,
            role=Role(account.role),
            scope=Scope.read(account.scope),
            rows=tuple(role.rows for role in mine),
            upto=SENSITIVITIES[-1] if whole else max(classes, key=SENSITIVITIES.index),
        )

    # --- signing in --------------------------------------------------------------------------------------------------

    def enter(self, request: Request, name: str, password: str) -> str | None:
        """Sign somebody in.

        Returns:
            The secret of the new session, for the cookie; None where name or password are wrong.

        Raises:
            HTTPException: 429 after too many failures; 503 when too many sign in at once.
        """
        people, address = self._workspace.store.people, address_of(request)
        account = people.account(name=name)
        with self._tried(name, address):
            with self._hashing():
                right, old = passwords.verified(password, account.password if account else "")
            if account is None or not right or account.disabled:
                deed = Deed(actor=name[:200], action="session.refuse", address=address)
                self._workspace.store.audit.record(deed)
                return None
            if old:
                self.set_password(account, password, Deed(actor=account.name, action="person.rehash", address=address))
        made = self.open(request, account)
        self._pair.passed(f"{name.casefold()} {address}")
        self._address.undo(address)
        self._account.undo(name.casefold())
        return made

    def open(self, request: Request, account: Account, reason: str = "") -> str:
        """Open a session for somebody who has shown who they are; returns its secret, for the cookie."""
        made = secret.new()
        deed = Deed(
            actor=account.name,
            action="session.begin",
            object=account.name,
            address=address_of(request),
            reason=reason,
        )
        agent = request.headers.get("user-agent", "")
        self._workspace.store.people.sign_in(account, secret.key(made), secret.new(), deed, agent=agent)
        return made

    def check(self, request: Request, account: Account, password: str) -> bool:
        """Whether a password is that of an account, for somebody who is signed in and changes it."""
        address = address_of(request)
        with self._tried(account.name, address), self._hashing():
            right, _ = passwords.verified(password, account.password)
        if right:
            self._pair.passed(f"{account.name} {address}")
        return right

    def set_password(self, account: Account, password: str, deed: Deed) -> None:
        """Give an account a password; ends its sessions and links.

        Raises:
            QuestionError: the password is too easy to guess.
        """
        passwords.check_new(password, account.name)
        with self._hashing():
            made = passwords.hashed(password)
        self._workspace.store.people.change(account.id, deed, password=made)

    def link(self, account: Account, deed: Deed) -> str:
        """Return the path of a link with which somebody chooses a password, once, within a day."""
        made = secret.new()
        self._workspace.store.people.add_link(account, secret.key(made), self._clock() + secret.LINK, deed)
        return f"/welcome/{made}"

    def remember(self, response: Response, made: str) -> Response:
        """Give a browser the cookie of its session."""
        response.set_cookie(
            self.cookie, made, max_age=ABSOLUTE // SECOND, httponly=True, secure=self._settings.secure, samesite="lax"
        )
        return response

    def forget(self, response: Response) -> Response:
        """Take the cookie back."""
        response.delete_cookie(self.cookie, httponly=True, secure=self._settings.secure, samesite="lax")
        return response

    @contextmanager
    def _tried(self, name: str, address: str) -> Iterator[None]:
        """Count a try before its result is known, so that many at once are no way round; forget none that failed."""
        keys = (
            (self._pair, f"{name.casefold()} {address}"),
            (self._address, address),
            (self._account, name.casefold()),
        )
        wait = max(throttle.wait(key) for throttle, key in keys)
        if wait > 0:
            told = f"Too many tries. Wait {wait:.0f} seconds."
            raise HTTPException(429, told, headers={"Retry-After": f"{wait + 1:.0f}"})
        for throttle, key in keys:
            throttle.failed(key)
        yield

    @contextmanager
    def _hashing(self) -> Iterator[None]:
        if not self._turn.acquire(timeout=QUEUE):
            raise HTTPException(503, "Too many people sign in at once. Try again in a few seconds.")
        try:
            yield
        finally:
            self._turn.release()


def _organisation(workspace: Workspace, settings: Settings) -> Organisation | None:
    """Return where people of the organisation sign in, None where there is none.

    Raises:
        SetupError: what that needs is not there.
        QuestionError: a group's scope cannot be read.
    """
    config = workspace.config.oidc
    if config is None or not settings.sign_in:
        return None
    store = workspace.store
    return Organisation(
        config=config,
        provider=provider_of(config),
        people=store.people,
        refused=store.audit.record,
        settings=settings,
    )


def first_link(workspace: Workspace, settings: Settings) -> str:
    """Return the path with which the first admin chooses a password; "" where somebody has one, or an admin was here.

    Made anew at every start until it is used: who starts the server owns it.
    """
    people = workspace.store.people
    accounts = people.accounts()
    if any(account.password or (account.role == Role.ADMIN and account.signed_in_at) for account in accounts):
        return ""
    deed = Deed(actor=LOCAL.name, action="person.add", object="admin", reason="the first start")
    account = people.account(name="admin") or people.add("admin", Role.ADMIN, "", deed)
    if account is None:  # another process was quicker
        return ""
    deed = Deed(actor=LOCAL.name, action="person.link", object="admin", reason="the first start")
    return SignIn(workspace, settings).link(account, deed)


def carried(authorization: str) -> str | None:
    """Return the token that a header carries, None for none; spreadsheets, which know no tokens, send a password."""
    scheme, _, given = authorization.partition(" ")
    if scheme.lower() == "bearer":
        return given.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(given.strip(), validate=True).decode().partition(":")[2]
    except ValueError:
        return ""
