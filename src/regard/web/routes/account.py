"""One's own account: signing in and out, the first password, sessions and tokens."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from regard.access import Permission, secret
from regard.errors import QuestionError
from regard.web.routing import PUBLIC, Area
from regard.web.signin import REFUSED, SECOND
from regard.web.views.paths import back, nowhere
from regard.web.views.people import browser

if TYPE_CHECKING:
    from starlette.responses import Response

    from regard.store import Account
    from regard.web.visit import Visit

AREA = Area("account")
DAYS = {"30": "30 days", "90": "90 days", "365": "a year"}
"""How long a token may hold."""
DAY = 24 * 3600 * SECOND


# --- signing in and out -----------------------------------------------------------------------------------------------


@AREA.page("/sign-in", needs=PUBLIC, kept=False)
def sign_in(visit: Visit) -> Response:
    """Show where one signs in."""
    if visit.person is not None:
        return visit.go(back(visit.query.get("next", "")))
    return visit.page("account/sign_in.html", next=back(visit.query.get("next", "")), name="", words="")


@AREA.form("/sign-in", needs=PUBLIC)
def signed_in(visit: Visit) -> Response:
    """Sign somebody in, under a new session whatever the browser brought."""
    if visit.person is not None:
        return visit.go("/")
    name, then = visit.text("name"), back(visit.text("next"))
    password = visit.form.get("password", "")
    made = visit.signing.enter(visit.request, name, password) if isinstance(password, str) else None
    if made is None:
        return visit.page("account/sign_in.html", status=403, next=then, name=name, words=REFUSED)
    return visit.signing.remember(visit.go(then), made)


@AREA.form("/sign-out", needs=Permission.ACCOUNT)
def signed_out(visit: Visit) -> Response:
    """End the session."""
    if visit.session:
        visit.workspace.store.people.sign_out(visit.deed("session.end"), key=visit.session)
    return visit.signing.forget(visit.go("/sign-in"))


@AREA.page("/welcome/{secret}", needs=PUBLIC, kept=False, examples=nowhere)
def welcome(visit: Visit) -> Response:
    """Let somebody who holds a one-time link choose a password."""
    account = _linked(visit)
    return visit.page("account/welcome.html", account=account, words="", secret=visit.path["secret"])


@AREA.form("/welcome/{secret}", needs=PUBLIC, examples=nowhere)
def welcomed(visit: Visit) -> Response:
    """Set the password; the link is used up."""
    account = _linked(visit)
    password = visit.form.get("password", "")
    try:
        deed = replace(visit.deed("person.password", account.name, reason="a one-time link"), actor=account.name)
        visit.signing.set_password(account, str(password), deed)
    except QuestionError as error:
        return visit.page(
            "account/welcome.html", status=400, account=account, words=str(error), secret=visit.path["secret"]
        )
    made = visit.signing.enter(visit.request, account.name, str(password))
    return visit.signing.remember(visit.go("/"), made) if made else visit.go("/sign-in")


def _linked(visit: Visit) -> Account:
    account = visit.workspace.store.people.link(secret.key(visit.path["secret"]))
    if account is None:
        raise HTTPException(404, "This link was used or is over. An admin can make another one.")
    return account


# --- me ---------------------------------------------------------------------------------------------------------------


@AREA.page("/me", needs=Permission.ACCOUNT, menu="Me", kept=False)
def me(visit: Visit) -> Response:
    """Show who is signed in, from where, with which tokens."""
    return _me(visit)


def _me(visit: Visit, *, made: str = "", words: str = "", status: int = 200) -> Response:
    people, own = visit.workspace.store.people, visit.person
    account = people.account(id=own.id) if own and own.id else None
    return visit.page(
        "account/me.html",
        status=status,
        person=own,
        account=account,
        sessions=people.sessions(account.id) if account else (),
        tokens=people.tokens(account.id) if account else (),
        days=DAYS,
        browser=browser,
        made=made,
        words=words,
    )


@AREA.form("/me/password", needs=Permission.ACCOUNT)
def change_password(visit: Visit) -> Response:
    """Change one's password, which ends every session of one's own."""
    account = _own(visit)
    old, new = str(visit.form.get("old", "")), str(visit.form.get("new", ""))
    if not visit.signing.check(visit.request, account, old):
        return _me(visit, words="The present password is wrong; nothing was changed.", status=403)
    try:
        visit.signing.set_password(account, new, visit.deed("person.password", account.name))
    except QuestionError as error:
        return _me(visit, words=f"Nothing was changed: {error}.", status=400)
    made = visit.signing.enter(visit.request, account.name, new)
    return visit.signing.remember(visit.go("/me"), made) if made else visit.go("/sign-in")


@AREA.form("/me/sessions/end", needs=Permission.ACCOUNT)
def end_session(visit: Visit) -> Response:
    """End one of one's sessions, or all."""
    account, key = _own(visit), visit.text("session")
    people = visit.workspace.store.people
    if key and key not in {session.key for session in people.sessions(account.id)}:
        raise HTTPException(404, "There is no such session; perhaps it has ended.")
    people.sign_out(visit.deed("session.end", account.name), key=key, account=account.id)
    return visit.go("/me")


@AREA.form("/me/tokens", needs=Permission.ACCOUNT)
def make_token(visit: Visit) -> Response:
    """Make a token and show it, this once."""
    account, title, days = _own(visit), visit.text("title"), visit.text("days")
    if not title or days not in DAYS:
        return _me(visit, words="Say what the token is for, and how long it holds.", status=400)
    made = secret.new(secret.TOKEN)
    expires = time.time_ns() // 1000 + int(days) * DAY
    deed = visit.deed("token.make", account.name)
    visit.workspace.store.people.add_token(account, title[:100], secret.key(made), made[: secret.SHOWN], expires, deed)
    return _me(visit, made=made)


@AREA.form("/me/tokens/drop", needs=Permission.ACCOUNT)
def drop_token(visit: Visit) -> Response:
    """Take back one of one's tokens."""
    account, token = _own(visit), visit.text("token")
    if not visit.workspace.store.people.drop_token(token, visit.deed("token.drop", token), account=account.id):
        raise HTTPException(404, "There is no such token of yours.")
    return visit.go("/me")


def _own(visit: Visit) -> Account:
    """Return the account of whoever is signed in; on a machine where nobody signs in there is none."""
    account = visit.workspace.store.people.account(id=visit.person.id) if visit.person and visit.person.id else None
    if account is None:
        raise HTTPException(404, "Nobody signs in here, so there is no account.")
    return account
