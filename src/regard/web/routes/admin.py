"""People, roles, sessions, tokens and the audit log, for those who look after them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException
from starlette.responses import Response

from regard.access import MEANS, PERMISSIONS, Permission, Role, Scope
from regard.errors import AuthorError, QuestionError
from regard.model import moment
from regard.present.document import csv
from regard.web.routing import Area
from regard.web.views import people as views

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.store import Account, Entry
    from regard.web.visit import Visit

AREA = Area("admin")
PAGE = 100
"""Entries of the audit log on one page."""
DIGITS = 18
"""Digits of a number that every database can hold."""
HEADS = ("number", "at", "actor", "address", "action", "object", "before", "after", "reason", "previous", "hash")


# --- people -----------------------------------------------------------------------------------------------------------


@AREA.page("/admin/people", needs=Permission.PEOPLE, menu="Admin", kept=False)
def people(visit: Visit) -> Response:
    """Show everybody who may sign in."""
    return _people(visit)


def _people(visit: Visit, *, link: str = "", whose: str = "", words: str = "", status: int = 200) -> Response:
    return visit.page(
        "admin/people.html",
        status=status,
        accounts=visit.workspace.store.people.accounts(),
        roles=MEANS,
        dimensions=sorted(visit.workspace.catalogue.dimensions),
        link=link,
        whose=whose,
        words=words,
    )


@AREA.form("/admin/people", needs=Permission.PEOPLE)
def add_person(visit: Visit) -> Response:
    """Make an account, and show the link with which its owner chooses a password."""
    name = visit.text("name")
    try:
        role, scope = _role(visit), _scope(visit)
    except QuestionError as error:
        return _people(visit, words=str(error), status=400)
    if not name or len(name) > PAGE or not name.isprintable():
        return _people(visit, words="A name is needed, such as ada@example.com.", status=400)
    account = visit.workspace.store.people.add(name, role, str(scope), visit.deed("person.add", name))
    if account is None:
        return _people(visit, words=f"There is somebody called {name} already.", status=400)
    return _people(visit, link=visit.signing.link(account, visit.deed("person.link", account.name)), whose=account.name)


@AREA.form("/admin/people/change", needs=Permission.PEOPLE)
def change_person(visit: Visit) -> Response:
    """Change role, scope, or whether somebody may sign in; ends their sessions."""
    account = _account(visit)
    try:
        changes = {"role": str(_role(visit)), "scope": str(_scope(visit)), "disabled": visit.text("disabled") == "yes"}
        deed = visit.deed("person.change", account.name, reason=visit.text("reason"))
        visit.workspace.store.people.change(account.id, deed, **changes)
    except (QuestionError, ValueError) as error:
        return _people(visit, words=f"Nothing was changed: {error}.", status=400)
    return visit.go("/admin/people")


@AREA.form("/admin/people/link", needs=Permission.PEOPLE)
def link_person(visit: Visit) -> Response:
    """Make a link with which somebody chooses a new password; their present one holds until then."""
    account = _account(visit)
    return _people(visit, link=visit.signing.link(account, visit.deed("person.link", account.name)), whose=account.name)


def _account(visit: Visit) -> Account:
    account = visit.workspace.store.people.account(id=visit.text("account") or "-")
    if account is None:
        raise HTTPException(404, "There is no such account.")
    return account


def _role(visit: Visit) -> Role:
    try:
        return Role(visit.text("role"))
    except ValueError:
        raise QuestionError(f"there is no role '{visit.text('role')}'; one of: {', '.join(Role)}") from None


def _scope(visit: Visit) -> Scope:
    """Return the scope that was posted, as one that this workspace can keep.

    Raises:
        QuestionError: it does not read as a scope, or names a dimension that there is not.
    """
    scope = Scope.read(visit.text("scope"))
    try:
        visit.workspace.within(scope.test)
    except AuthorError as error:
        raise QuestionError(error.mistakes[0].message) from None
    return scope


# --- roles, sessions, tokens ------------------------------------------------------------------------------------------


@AREA.page("/admin/roles", needs=Permission.PEOPLE)
def roles(visit: Visit) -> Response:
    """Show which role may do what."""
    return visit.page("admin/roles.html", roles=MEANS, permissions=PERMISSIONS, rows=visit.workspace.config.roles or {})


@AREA.page("/admin/sessions", needs=Permission.PEOPLE, kept=False)
def sessions(visit: Visit) -> Response:
    """Show every browser that is signed in."""
    return visit.page("admin/sessions.html", sessions=visit.workspace.store.people.sessions(), browser=views.browser)


@AREA.form("/admin/sessions/end", needs=Permission.PEOPLE)
def end_sessions(visit: Visit) -> Response:
    """End one session, or all of everybody."""
    key = visit.text("session")
    if not key and visit.text("all") != "yes":
        raise HTTPException(400, "Say which session, or that all are to end.")
    visit.workspace.store.people.sign_out(visit.deed("session.end", "one" if key else "all"), key=key)
    return visit.go("/admin/sessions")


@AREA.page("/admin/tokens", needs=Permission.PEOPLE, kept=False)
def tokens(visit: Visit) -> Response:
    """Show every token of everybody."""
    return visit.page("admin/tokens.html", tokens=visit.workspace.store.people.tokens())


@AREA.form("/admin/tokens/drop", needs=Permission.PEOPLE)
def drop_token(visit: Visit) -> Response:
    """Take back somebody's token."""
    token = visit.text("token")
    if not visit.workspace.store.people.drop_token(token, visit.deed("token.drop", token)):
        raise HTTPException(404, "There is no such token.")
    return visit.go("/admin/tokens")


# --- the audit log ----------------------------------------------------------------------------------------------------


@AREA.page("/admin/audit", needs=Permission.AUDIT, kept=False)
def audit(visit: Visit) -> Response:
    """Show who did what, newest first."""
    before = visit.query.get("before", "")
    found = _entries(
        visit, before=int(before) if before.isdecimal() and len(before) <= DIGITS else None, limit=PAGE + 1
    )
    return visit.page(
        "admin/audit.html",
        entries=found[:PAGE],
        more=found[PAGE - 1].number if len(found) > PAGE else 0,
        search=visit.query.get("q", ""),
        action=visit.query.get("action", ""),
        head=visit.workspace.store.audit.head(),
        changes=views.changes,
    )


@AREA.page("/admin/audit.csv", needs=Permission.AUDIT, kept=False)
def audit_csv(visit: Visit) -> Response:
    """Give the entries that the page shows, all of them, as CSV that no spreadsheet will run."""
    lines = (
        (entry.number, moment(entry.at).isoformat(), *_told(entry), entry.previous, entry.hash)
        for entry in _entries(visit)
    )
    headers = {"content-disposition": 'attachment; filename="audit.csv"'}
    return Response(csv(HEADS, lines), media_type="text/csv; charset=utf-8", headers=headers)


def _told(entry: Entry) -> tuple[str, ...]:
    """Return what an entry tells, in the order of the heads."""
    deed = entry.deed
    return deed.actor, deed.address, deed.action, deed.object, entry.before, entry.after, deed.reason


def _entries(visit: Visit, *, before: int | None = None, limit: int | None = None) -> Sequence[Entry]:
    return visit.workspace.store.audit.entries(
        search=visit.query.get("q", ""), action=visit.query.get("action", ""), before=before, limit=limit
    )
