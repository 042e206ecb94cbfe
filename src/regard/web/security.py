"""What holds for every response and every request, whatever its route: headers, the names we answer to, no forgery.

Pure ASGI, outside the app: nothing that the app does or fails to do can leave it out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from regard.web.settings import Settings

CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "font-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
"""Nothing inline, nothing from elsewhere, nothing framed."""
HEADERS = {
    "content-security-policy": CSP,
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"
"""Told only where the server is reached over TLS."""
MOST, MOST_FIELDS = 512 * 1024 * 1024, 1024 * 1024
"""Bytes of a request's body: with files, and of a form without."""
FIELDS = "application/x-www-form-urlencoded"
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing."""


class Security:
    """Wraps the app."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        """Wrap an app."""
        self._app = app
        self._settings = settings
        self._hosts = frozenset(host.lower() for host in settings.hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Refuse a request that cannot be honest; add the headers to every response."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers[name] = value
                if self._settings.secure:
                    headers["strict-transport-security"] = HSTS
                headers.setdefault("cache-control", "no-store")
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal:
            await PlainTextResponse(refusal[1] + "\n", refusal[0])(scope, receive, dressed)
            return
        await self._app(scope, _limited(receive, Headers(scope=scope)), dressed)

    def _refusal(self, method: str, headers: Headers) -> tuple[int, str] | None:
        """Return status and reason where a request is refused before anybody looks at it."""
        hosts = headers.getlist("host")
        host = hosts[0].lower() if len(hosts) == 1 else ""
        name = host.rpartition(":")[0] if ":" in host.rpartition("]")[2] else host
        if name not in self._hosts and "*" not in self._hosts:
            return 400, "This server does not answer to that name; `regard serve --allow-host NAME` lets it."
        if method not in SAFE and not same_origin(headers, host, secure=self._settings.secure):
            return 403, "This request came from another site, so it was refused."
        return None


def _limited(receive: Receive, headers: Headers) -> Receive:
    """Return what gives the body of a request, no more of it than is allowed, whatever length it says it has."""
    most = MOST_FIELDS if headers.get("content-type", "").startswith(FIELDS) else MOST
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > most:
            raise HTTPException(413, f"This is more than {most} bytes.")
        return message

    return counted


def same_origin(headers: Headers, host: str, *, secure: bool) -> bool:
    """Whether a request that changes something came from our own pages, or from a program that is no browser.

    Browsers say so in `Sec-Fetch-Site`, older ones in `Origin`; a program says neither, and has no cookie to abuse.
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site == "same-origin"
    return origin is None or origin == f"{'https' if secure else 'http'}://{host}"
