"""People for tests of pages: signed in without a password, so that no test waits for a slow hash."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.testclient import TestClient

from regard.access import secret
from regard.store import Deed

if TYPE_CHECKING:
    from regard.store import Account
    from regard.workspace import Workspace

HOME = "http://localhost"


@dataclass
class Somebody:
    """A person with a browser.

    Attributes:
        account: in the store.
        client: their browser, signed in.
        forms: what their forms carry.
    """

    account: Account
    client: TestClient
    forms: str

    def post(self, path: str, **fields: str) -> Any:
        """Post a form of the present session."""
        return self.client.post(path, data={"csrf": self.forms, **fields}, follow_redirects=False)

    def get(self, path: str, **headers: str) -> Any:
        """Get a page, following nothing."""
        return self.client.get(path, headers=headers, follow_redirects=False)


def somebody(workspace: Workspace, app: Any, role: str, scope: str = "") -> Somebody:
    """Return a new person of a role and scope, signed in."""
    store = workspace.store
    deed = Deed(actor="test", action="person.add")
    account = store.people.add(f"{role}-{secrets.token_hex(4)}@example.com", role, scope, deed)
    made, forms = secret.new(), secret.new()
    store.people.sign_in(account, secret.key(made), forms, Deed(actor=account.name, action="session.begin"))
    return Somebody(account, TestClient(app, base_url=HOME, cookies={"regard": made}), forms)


def nobody(app: Any) -> TestClient:
    """Return a browser that is not signed in."""
    return TestClient(app, base_url=HOME)
