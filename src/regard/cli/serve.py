"""`regard serve`: the pages and the API of a workspace."""

from __future__ import annotations

import errno
import socket
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.errors import RegardError, SetupError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType

    from regard.cli.app import State

HOST, PORT = "127.0.0.1", 8765
PATIENCE_S = 0.1
"""How long a reader waits for the page of data that have just arrived; what waits longer is felt as waiting."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - told apart, not listened on unasked


@click.command("serve")
@click.option("--host", default=HOST, show_default=True, help="Address to listen on; 0.0.0.0 for every machine.")
@click.option("--port", type=click.IntRange(0, 65535), default=PORT, show_default=True, help="Port to listen on.")
@click.option(
    "--allow-host",
    "allowed",
    metavar="NAME",
    multiple=True,
    help="A name under which browsers reach the server, such as cx.example.com; may be given several times.",
)
@click.option("--https", is_flag=True, help="Browsers reach it over TLS, which a proxy before it ends.")
@click.option("--no-sign-in", is_flag=True, help="Nobody signs in; only where no other machine can reach it.")
@click.option("--no-refresh", is_flag=True, help="Leave reading sources at their cadence to cron: `regard load --due`.")
@click.pass_context
def command(
    context: click.Context,
    host: str,
    port: int,
    allowed: tuple[str, ...],
    https: bool,
    no_sign_in: bool,
    no_refresh: bool,
) -> None:
    """Serve the pages and the API of the workspace, until Ctrl-C.

    People sign in. The first start prints a link with which its reader becomes the first admin; others are added on the
    pages, or with `regard user add`.

    Sources that say how often (`every`) are read again at their cadence, by one of all processes that serve.
    """
    found = state(context)
    if no_sign_in and host not in LOOPBACK:
        raise RegardError(f"--no-sign-in would open everything to whoever reaches {host}; it goes with {HOST} only")
    run(found, host, port, allowed=allowed, https=https, sign_in=not no_sign_in, refresh=not no_refresh)


def run(
    found: State,
    host: str = HOST,
    port: int = PORT,
    *,
    allowed: Sequence[str] = (),
    https: bool = False,
    sign_in: bool = True,
    refresh: bool = True,
    demo: bool = False,
) -> None:
    """Serve until Ctrl-C.

    Raises:
        SetupError: what the pages need is not installed.
        RegardError: somebody else listens there.
    """
    web, server = library("regard.web"), library("uvicorn")
    settings = web.Settings(
        hosts=(*web.LOOPBACK, bracketed(host), *allowed),
        sign_in=sign_in,
        secure=https,
        demo=demo,
        patience_s=PATIENCE_S,
    )
    workspace = found.workspace()
    with listening(host, port) as listener:
        at = f"http://{bracketed('localhost' if host in EVERYWHERE else host)}:{listener.getsockname()[1]}"
        link = web.first_link(workspace, settings) if sign_in else ""
        if link:
            found.terminal.remark(f"Nobody can sign in yet. This link makes its reader the admin, once: {at}{link}")
        if not sign_in:
            found.terminal.remark("Nobody signs in: whoever uses this machine may see and change everything.")
        found.terminal.remark(f"Serving {workspace.config.name} on {at} until Ctrl-C.")
        # Behind a proxy that ends TLS, the proxy on this machine says who asks.
        config = server.Config(
            web.make_app(workspace, settings), log_level="warning", server_header=False, proxy_headers=https
        )
        with web.refreshing(workspace) if refresh else nullcontext(), web.warming(workspace):
            server.Server(config).run(sockets=[listener])


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        RegardError: somebody else does, or the address is not of this machine.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        made = socket.create_server((host, port), family=family)
    except OSError as error:
        hint = (
            "choose another with --port" if error.errno == errno.EADDRINUSE else "--host is an address of this machine"
        )
        raise RegardError(f"cannot listen on {host}, port {port}: {error.strerror or error}; {hint}") from None
    # asyncio sends at once only on sockets that name TCP. On others the body waits until the head of the answer was
    # acknowledged, which readers put off by 40 ms.
    return socket.socket(made.family, made.type, socket.IPPROTO_TCP, fileno=made.detach())


def bracketed(host: str) -> str:
    """Return a host as it is written in an address."""
    return f"[{host}]" if ":" in host else host


def library(name: str) -> ModuleType:
    """Import what only serving needs.

    Raises:
        SetupError: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise SetupError(f"the pages need {error.name}; get it with: pip install 'regard[web]'") from None
