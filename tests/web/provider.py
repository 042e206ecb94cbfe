"""A small OpenID provider for tests of signing in: Authlib's server on Flask, which insists on PKCE and signs tokens.

Whoever reaches its page of consent is signed in as `Provider.claims` say. What it says can be made wrong, one thing at
a time (`Provider.twist`), as a provider that is hostile or broken would.
"""

from __future__ import annotations

import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc6749 import ClientMixin, grants
from authlib.oauth2.rfc6749.models import AuthorizationCodeMixin
from authlib.oauth2.rfc7636 import CodeChallenge
from flask import Flask, jsonify, request
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey
from werkzeug.serving import make_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CLIENT, SECRET = "regard", "s3cret-of-a-test"


class Client(ClientMixin):
    """The one program that may ask."""

    def __init__(self, redirects: list[str]) -> None:
        self.redirects = redirects

    def get_client_id(self):
        """Return its id."""
        return CLIENT

    def get_default_redirect_uri(self):
        """Return where it is led back to."""
        return self.redirects[0]

    def get_allowed_scope(self, scope):
        """Allow every scope."""
        return scope

    def check_redirect_uri(self, redirect_uri):
        """Whether it may be led back there."""
        return redirect_uri in self.redirects

    def check_client_secret(self, client_secret):
        """Whether this is its secret."""
        return client_secret == SECRET

    def check_endpoint_auth_method(self, method, endpoint):  # noqa: ARG002 - Authlib's
        """Whether it may show its secret so."""
        return method == "client_secret_basic"

    def check_response_type(self, response_type):
        """Whether it may ask for that."""
        return response_type == "code"

    def check_grant_type(self, grant_type):
        """Whether it may ask in that way."""
        return grant_type == "authorization_code"


@dataclass
class Code(AuthorizationCodeMixin):
    """A code that was given, once."""

    code: str
    redirect_uri: str
    scope: str
    nonce: str
    code_challenge: str
    code_challenge_method: str

    def get_redirect_uri(self):
        """Return where it leads back to."""
        return self.redirect_uri

    def get_scope(self):
        """Return what was asked for."""
        return self.scope


@dataclass
class Provider:
    """The provider.

    Attributes:
        claims: of whoever signs in.
        twist: changes the claims of a token before it is signed.
        sign: signs them, by default honestly.
        issuer: its address.
        redirects: addresses that it leads back to.
        asked: the parameters of the last request for a sign-in.
    """

    claims: dict[str, Any]
    redirects: list[str]
    issuer: str = ""
    twist: Callable[[dict[str, Any]], dict[str, Any]] = dict
    sign: Callable[[dict[str, Any]], str] | None = None
    asked: dict[str, str] = field(default_factory=dict)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one", "alg": "RS256"}, private=True))
    codes: dict[str, Code] = field(default_factory=dict)

    def honest(self, claims: dict[str, Any], *, key: Any = None, alg: str = "RS256", kid: str = "one") -> str:
        """Return claims, signed."""
        return jwt.encode({"alg": alg, "kid": kid}, claims, key or self.key, algorithms=[alg])

    def token(self, code: Code) -> str:
        """Return the token that says who somebody is."""
        now = int(time.time())
        told = {"iss": self.issuer, "aud": CLIENT, "iat": now, "exp": now + 300, "nonce": code.nonce, **self.claims}
        return (self.sign or self.honest)(self.twist(told))

    @property
    def stranger(self) -> RSAKey:
        """A key that the provider does not have, under the name of the one that it has."""
        return RSAKey.generate_key(2048, {"kid": "one"}, private=True)

    def secretly(self, claims: dict[str, Any]) -> str:
        """Return claims, signed with the public key taken for a shared secret: the old trick (RFC 8725, 2.1)."""
        parts = [_packed(json.dumps(part).encode()) for part in ({"alg": "HS256", "kid": "one"}, claims)]
        signed = hmac.new(self.key.as_pem(private=False), ".".join(parts).encode(), "sha256").digest()
        return ".".join([*parts, _packed(signed)])


def _packed(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def app_of(provider: Provider) -> Flask:
    """Return the provider's server."""
    app = Flask("provider")
    client = Client(provider.redirects)

    class Grant(grants.AuthorizationCodeGrant):
        TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic",)

        def save_authorization_code(self, code, request):
            asked = request.payload.data
            provider.codes[code] = Code(
                code, asked["redirect_uri"], asked["scope"], asked.get("nonce", ""), asked["code_challenge"],
                asked["code_challenge_method"],
            )  # fmt: skip

        def query_authorization_code(self, code, client):  # noqa: ARG002 - Authlib's
            return provider.codes.get(code)

        def delete_authorization_code(self, authorization_code):
            del provider.codes[authorization_code.code]

        def authenticate_user(self, authorization_code):
            provider.last = authorization_code
            return "somebody"

    server = AuthorizationServer(app, query_client=lambda _: client, save_token=lambda *_: None)
    server.register_grant(Grant, [CodeChallenge(required=True)])

    @app.get("/.well-known/openid-configuration")
    def described():
        at = provider.issuer
        return jsonify(
            issuer=at, authorization_endpoint=f"{at}/authorize", token_endpoint=f"{at}/token", jwks_uri=f"{at}/jwks"
        )

    @app.get("/jwks")
    def keys():
        return jsonify(KeySet([provider.key]).as_dict(private=False))

    @app.get("/authorize")
    def authorize():
        provider.asked = dict(request.args)
        grant = server.get_consent_grant(end_user="somebody")
        return server.create_authorization_response(request=None, grant_user="somebody", grant=grant)

    @app.post("/token")
    def token():
        made = server.create_token_response()
        if made.status_code == 200:
            return jsonify({**made.get_json(), "id_token": provider.token(provider.last)})
        return made

    return app


@contextmanager
def providing(claims: dict[str, Any], redirects: list[str]) -> Iterator[Provider]:
    """Run a provider on this machine."""
    provider = Provider(claims, redirects)
    server = make_server("127.0.0.1", 0, app_of(provider), threaded=True)
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        thread.join(10)
