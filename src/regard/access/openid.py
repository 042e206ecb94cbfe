"""Signing in with an account of the organisation: OpenID Connect 1.0, authorization code with PKCE (RFC 7636).

The only file that knows Authlib. It sends somebody to the provider, and checks what comes back; which account that
is, and what it may do, is decided by whoever asks. Signatures of a closed list of algorithms alone are read: none that
needs no key, and none whose key is a shared secret.
"""

from __future__ import annotations

import time
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpx2
from authlib.integrations.httpx_client import OAuth2Client, OAuthError
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from regard.access import secret
from regard.errors import AccessError, SourceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ALGORITHMS = ("RS256", "PS256", "ES256", "EdDSA")
SCOPE = "openid profile email"
LEEWAY, FRESH, PATIENCE = 60, 3600, 10
"""Seconds: that clocks may differ, that what a provider says of itself is kept, that it may take to answer."""
NEEDED = ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri")
HERE = ("localhost", "127.0.0.1", "::1")


STATE, NONCE, VERIFIER = "state", "nonce", "verifier"
"""What a sign-in carries, each made of the secret of the browser that began it, so that none has to be kept: what
stands in the answer, so that nobody is signed in by a link of somebody else; what stands in the token, so that none is
used twice; and what shows to the provider that who fetches the token began the sign-in."""


class Provider:
    """An OpenID provider."""

    def __init__(self, issuer: str, client: str, client_secret: str, *, clock: Callable[[], float] = time.time) -> None:
        """Know a provider; nothing is asked of it yet.

        Args:
            issuer: its name, an address of HTTPS (HTTP on this machine alone).
            client: what it calls us.
            client_secret: what we show to it, "" for a public client.
            clock: gives seconds since 1970.

        Raises:
            SourceError: the issuer is no such address.
        """
        self._issuer = _safe(issuer)
        self._client, self._secret, self._clock = client, client_secret, clock
        self._lock = Lock()
        self._known: tuple[float, Mapping[str, str], KeySet] | None = None

    def begin(self, redirect: str, made: str) -> str:
        """Return where a sign-in begins that leads back to an address of ours.

        Args:
            redirect: the address.
            made: the secret of the browser.

        Raises:
            SourceError: the provider does not answer, or is not who it should be.
        """
        described, _ = self._described()
        state, nonce, verifier = (secret.derived(made, use) for use in (STATE, NONCE, VERIFIER))
        with self._session(redirect) as session:
            url, _ = session.create_authorization_url(
                described["authorization_endpoint"], state=state, nonce=nonce, code_verifier=verifier
            )
        return str(url)

    def finish(self, redirect: str, made: str, answer: Mapping[str, str]) -> dict[str, Any]:
        """Return what the provider says of who signed in (its claims).

        Args:
            redirect: where it was to lead back to.
            made: the secret of the browser that began it.
            answer: the parameters with which the provider led back.

        Raises:
            AccessError: the answer is none to this sign-in, or the token is not one for us, of now, by the provider.
            SourceError: the provider does not answer.
        """
        if not secret.same(answer.get("state", ""), secret.derived(made, STATE)):
            raise AccessError("this answer belongs to no sign-in that was begun here; begin again")
        # RFC 9207: an answer that names another provider is one that was mixed up, or meant to be.
        if answer.get("iss", self._issuer) != self._issuer:
            raise AccessError("this answer is from another provider; begin again")
        if "error" in answer or not answer.get("code"):
            raise AccessError("the provider did not sign you in")
        described, keys = self._described()
        try:
            with self._session(redirect) as session:
                token = session.fetch_token(
                    described["token_endpoint"], code=answer["code"], code_verifier=secret.derived(made, VERIFIER)
                )
        except OAuthError as error:
            raise AccessError(f"the provider gives no token: {error.error}") from None
        except httpx2.HTTPError as error:
            raise SourceError(f"{self._issuer} does not answer: {error}") from None
        return self._checked(str(token.get("id_token", "")), secret.derived(made, NONCE), keys)

    def _checked(self, token: str, nonce: str, keys: KeySet) -> dict[str, Any]:
        options = {"iss": {"essential": True, "value": self._issuer}, "aud": {"essential": True, "value": self._client}}
        try:
            try:
                read = jwt.decode(token, keys, algorithms=list(ALGORITHMS))
            except InvalidKeyIdError:  # perhaps the key is new
                read = jwt.decode(token, self._described(anew=True)[1], algorithms=list(ALGORITHMS))
            claims = CodeIDToken(
                read.claims, read.header, options=options, params={"nonce": nonce, "client_id": self._client}
            )
            claims.validate(now=int(self._clock()), leeway=LEEWAY)
        except (JoseError, ValueError) as error:
            raise AccessError(f"the token of the provider is not valid: {error}") from None
        return dict(read.claims)

    def _session(self, redirect: str) -> OAuth2Client:
        return OAuth2Client(
            self._client,
            self._secret or None,
            scope=SCOPE,
            redirect_uri=redirect,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            timeout=PATIENCE,
        )

    def _described(self, *, anew: bool = False) -> tuple[Mapping[str, str], KeySet]:
        """Return what the provider says of itself, and its keys, kept for an hour.

        Raises:
            SourceError: it does not answer, or says that it is somebody else.
        """
        with self._lock:
            if self._known is not None and not anew and self._clock() - self._known[0] < FRESH:
                return self._known[1], self._known[2]
            said = self._fetched(f"{self._issuer.rstrip('/')}/.well-known/openid-configuration")
            if said.get("issuer") != self._issuer or any(not isinstance(said.get(name), str) for name in NEEDED):
                raise SourceError(f"what stands at {self._issuer} does not describe that provider")
            # The library checks what a stranger sent; its types ask for what is checked already.
            keys = KeySet.import_key_set(self._fetched(_safe(said["jwks_uri"])))  # type: ignore[arg-type]  # as said above
            described = {name: _safe(said[name]) if name != "issuer" else said[name] for name in NEEDED}
            self._known = (self._clock(), described, keys)
            return described, keys

    def _fetched(self, url: str) -> dict[str, Any]:
        try:
            shown = httpx2.get(url, timeout=PATIENCE, follow_redirects=False)
            shown.raise_for_status()
            found = shown.json()
        except (httpx2.HTTPError, ValueError) as error:
            raise SourceError(f"{url} does not answer as an OpenID provider: {error}") from None
        if not isinstance(found, dict):
            raise SourceError(f"{url} does not answer as an OpenID provider")
        return found


def _safe(url: str) -> str:
    """Return an address that nobody on the way can read or change.

    Raises:
        SourceError: it is none.
    """
    parts = urlsplit(url)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE):
        return url
    raise SourceError(f"'{url}' is no address of HTTPS; a provider is reached over nothing else")
