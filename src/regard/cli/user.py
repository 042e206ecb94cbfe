"""`regard user`: who may sign in to the pages, in which role, on which rows."""

from __future__ import annotations

import getpass
import time
from typing import TYPE_CHECKING

import click

from regard.access import MEANS, Role, Scope, secret
from regard.cli.app import state
from regard.cli.options import as_json
from regard.cli.serve import HOST, PORT
from regard.errors import QuestionError, did_you_mean
from regard.model import moment
from regard.present.table import Cell, Column, Table
from regard.store import Deed

if TYPE_CHECKING:
    from regard.cli.app import State
    from regard.store import Account
    from regard.workspace import Workspace

ROLES = click.Choice([str(role) for role in Role])


@click.group("user")
def command() -> None:
    """Say who may sign in to the pages that `regard serve` shows."""


def address(function: click.decorators.FC) -> click.decorators.FC:
    """Add `--url`."""
    said = "Where the pages are served, for the link."
    return click.option("--url", default=f"http://{HOST}:{PORT}", show_default=True, help=said)(function)


@command.command("add")
@click.argument("name")
@click.option("--role", type=ROLES, default=str(Role.VIEWER), show_default=True, help="What they may do.")
@click.option("--scope", default="", metavar="SCOPE", help='Which rows they see, such as "channel = phone, chat".')
@address
@click.pass_context
def add_command(context: click.Context, name: str, role: str, scope: str, url: str) -> None:
    """Add somebody, and print a link with which they choose a password, once, within a day."""
    found = state(context)
    workspace = found.workspace()
    limit = _scope(workspace, scope)
    account = workspace.store.people.add(name, role, str(limit), _deed("person.add", name))
    if account is None:
        raise QuestionError(f"there is somebody called '{name}' already; `regard user change` changes their rights")
    _link(found, workspace, account, url)


@command.command("list")
@as_json
@click.pass_context
def list_command(context: click.Context, as_json: bool) -> None:
    """List everybody who may sign in."""
    found = state(context)
    accounts = found.workspace().store.people.accounts()
    if as_json:
        found.terminal.json(
            [
                {
                    "name": one.name,
                    "role": one.role,
                    "scope": one.scope,
                    "disabled": one.disabled,
                    "password": bool(one.password),
                    "signed_in_at": None if one.signed_in_at is None else moment(one.signed_in_at).isoformat(),
                }
                for one in accounts
            ]
        )
        return
    rows = tuple(
        tuple(Cell(text) for text in (one.name, one.role, one.scope or "all rows", _stands(one))) for one in accounts
    )
    found.terminal.table(Table("", (Column("name"), Column("role"), Column("sees"), Column("")), rows))
    if not accounts:
        found.terminal.remark("Nobody may sign in yet; `regard serve` makes the first admin.")


@command.command("change")
@click.argument("name")
@click.option("--role", type=ROLES, help="What they may do from now on.")
@click.option("--scope", metavar="SCOPE", help='Which rows they see from now on; "" for all.')
@click.option("--disable/--enable", "disabled", default=None, help="Whether they may sign in.")
@click.option("--reason", default="", help="Why, for the audit log.")
@click.pass_context
def change_command(
    context: click.Context, name: str, role: str | None, scope: str | None, disabled: bool | None, reason: str
) -> None:
    """Change somebody's role, scope, or whether they may sign in; ends their sessions."""
    found = state(context)
    workspace = found.workspace()
    account = _account(workspace, name)
    changes: dict[str, object] = {} if role is None else {"role": role}
    changes |= {} if scope is None else {"scope": str(_scope(workspace, scope))}
    changes |= {} if disabled is None else {"disabled": disabled}
    if not changes:
        raise QuestionError("nothing was said to change: --role, --scope, --disable or --enable")
    try:
        workspace.store.people.change(account.id, _deed("person.change", account.name, reason), **changes)
    except ValueError as error:
        raise QuestionError(f"nothing was changed: {error}") from None
    told = ", ".join(f"{field} {value if value != '' else 'all rows'}" for field, value in changes.items())
    found.terminal.say(f"{account.name}: {told}")


@command.command("link")
@click.argument("name")
@address
@click.pass_context
def link_command(context: click.Context, name: str, url: str) -> None:
    """Print a link with which somebody chooses a new password, once, within a day."""
    found = state(context)
    workspace = found.workspace()
    _link(found, workspace, _account(workspace, name), url)


def _link(found: State, workspace: Workspace, account: Account, url: str) -> None:
    made = secret.new()
    until = time.time_ns() // 1000 + secret.LINK
    workspace.store.people.add_link(account, secret.key(made), until, _deed("person.link", account.name))
    found.terminal.remark(f"{account.name}, {account.role} ({MEANS[Role(account.role)]}), chooses a password with:")
    found.terminal.say(f"{url.rstrip('/')}/welcome/{made}")


def _account(workspace: Workspace, name: str) -> Account:
    account = workspace.store.people.account(name=name)
    if account is None:
        known = [one.name for one in workspace.store.people.accounts()]
        raise QuestionError(f"there is nobody called '{name}'; {did_you_mean(name, known)}".rstrip("; "))
    return account


def _scope(workspace: Workspace, text: str) -> Scope:
    """Return a scope whose dimensions there are.

    Raises:
        QuestionError: it does not read as a scope.
        AuthorError: it names a dimension that there is not.
    """
    scope = Scope.read(text)
    workspace.within(scope.test)
    return scope


def _deed(action: str, object: str, reason: str = "") -> Deed:  # noqa: A002 - the noun's own field
    return Deed(actor=f"{getpass.getuser()} (command line)", action=action, object=object, reason=reason)


def _stands(account: Account) -> str:
    if account.disabled:
        return "may not sign in"
    return "" if account.password else "no password yet"
