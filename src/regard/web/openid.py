"""People of the organisation: from an OpenID sign-in to an account here, with the role and rows of a group.

Accounts are made at the first sign-in and follow the provider's groups at each. An account that has a password is never
signed in this way: a provider cannot take over the people who were added here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from regard.access import Scope, secret
from regard.errors import AccessError, SetupError
from regard.store import Deed
from regard.web.addresses import address_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from regard.access.openid import Provider
    from regard.catalog.config import Group, OpenId
    from regard.store import Account, People
    from regard.web.settings import Settings

BACK = "/sign-in/openid/back"
"""Where a provider leads back to; it must know this address of ours."""
HELD, MOST = 600, 10_000
"""Seconds that a sign-in may take, and how many may be under way at once: beyond, the oldest is forgotten."""


def provider_of(config: OpenId) -> Provider:
    """Return the provider that a configuration names.

    Raises:
        SetupError: what it needs is not installed, or its secret is not in the environment.
    """
    try:
        access = import_module("regard.access.openid")
    except ModuleNotFoundError as error:
        raise SetupError(f"[oidc] needs {error.name}; get it with: pip install 'regard[oidc]'") from None
    kept = os.environ.get(config.secret_env, "") if config.secret_env else ""
    if config.secret_env and not kept:
        raise SetupError(f"[oidc]: the environment has no variable '{config.secret_env}' with the client's secret")
    for group in config.groups:
        Scope.read(group.scope)
    found: Provider = access.Provider(config.issuer, config.client, kept)
    return found


@dataclass
class Organisation:
    """Signs people of the organisation in.

    Attributes:
        config: what `regard.toml` says.
        provider: that it names.
        people: of the store.
        refused: writes down that somebody was refused, and why.
        settings: how the pages are served.
    """

    config: OpenId
    provider: Provider
    people: People
    refused: Callable[[Deed], object]
    settings: Settings

    def begin(self, request: Request, then: str) -> tuple[str, str]:
        """Return where to send a browser, and the secret by which it is known again.

        Raises:
            SourceError: the provider does not answer.
        """
        scheme = "https" if self.settings.secure else "http"
        redirect, made = f"{scheme}://{request.headers['host']}{BACK}", secret.new()
        url = self.provider.begin(redirect, made)
        self.people.begin(secret.key(made), redirect, then, HELD * 1_000_000, most=MOST)
        return url, made

    def finish(self, request: Request, made: str) -> tuple[Account, str]:
        """Return the account of somebody whom the provider led back, and where they wanted to go.

        Args:
            request: the answer of the provider, carried by the browser.
            made: the secret of the browser.

        Raises:
            AccessError: they may not sign in; the text says why.
            SourceError: the provider does not answer.
        """
        address = address_of(request)
        try:
            redirect, then = self._taken(made)
            return self._account(self.provider.finish(redirect, made, request.query_params), address), then
        except AccessError as error:
            self.refused(Deed(actor="nobody", action="session.refuse", address=address, reason=str(error)[:200]))
            raise

    def _taken(self, made: str) -> tuple[str, str]:
        """Return the sign-in of a browser, which counts once: it is taken out before anything is looked at."""
        begun = self.people.begun(secret.key(made))
        if begun is None:
            raise AccessError("this sign-in was not begun by this browser, or long ago; begin again")
        return begun

    def _account(self, claims: Mapping[str, Any], address: str) -> Account:
        name, group = self._named(claims), self._group(claims)
        deed = Deed(
            actor=self.config.issuer, action="person.add", object=name, address=address, reason="signed in there"
        )
        known = self.people.account(name=name) or self.people.add(name, group.role, group.scope, deed)
        if known is None:  # another sign-in of the same person was quicker
            return self._account(claims, address)
        if known.disabled:
            raise AccessError("this account is disabled here")
        if known.password:
            raise AccessError(f"'{name}' signs in here with a password, not with an account of the organisation")
        if (known.role, known.scope) == (group.role, group.scope):
            return known
        deed = Deed(actor=self.config.issuer, action="person.change", object=name, address=address, reason=group.group)
        try:
            return self.people.change(known.id, deed, role=group.role, scope=group.scope) or known
        except ValueError as error:
            raise AccessError(f"your groups changed, but {error}") from None

    def _named(self, claims: Mapping[str, Any]) -> str:
        name = claims.get(self.config.name_claim)
        if not isinstance(name, str) or not name.strip():
            raise AccessError(
                f"the provider does not tell who you are: the claim '{self.config.name_claim}' is missing"
            )
        if self.config.name_claim == "email" and claims.get("email_verified", True) is not True:
            raise AccessError("the provider has not verified your e-mail address")
        return name.strip()

    def _group(self, claims: Mapping[str, Any]) -> Group:
        given = claims.get(self.config.group_claim, ())
        member = {given} if isinstance(given, str) else {one for one in given if isinstance(one, str)}
        for group in self.config.groups:
            if group.group in member:
                return group
        raise AccessError("none of your groups may sign in here; whoever manages people here knows which may")
