"""`regard serve`: the pages and the API of a workspace."""

from __future__ import annotations

from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING

import click

from regard.cli.app import state
from regard.errors import RegardError, SetupError

if TYPE_CHECKING:
    from types import ModuleType

HOST, PORT = "127.0.0.1", 8765
LOOPBACK = ("127.0.0.1", "::1", "localhost")


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

    Sources that say how often (`every`) are read again at their cadence, by one of all processes that serve.
    """
    found = state(context)
    if no_sign_in and host not in LOOPBACK:
        raise RegardError(f"--no-sign-in would open everything to whoever reaches {host}; it goes with {HOST} only")
    web, server = library("regard.web"), library("uvicorn")
    settings = web.Settings(hosts=(*web.LOOPBACK, host, *allowed), sign_in=not no_sign_in, secure=https)
    workspace = found.workspace()
    app = web.make_app(workspace, settings)
    found.terminal.remark(f"Serving {found.folder} on http://{host}:{port} - Ctrl-C ends it.")
    with nullcontext() if no_refresh else web.refreshing(workspace):
        server.run(app, host=host, port=port, log_level="warning", server_header=False, proxy_headers=False)


def library(name: str) -> ModuleType:
    """Import what only serving needs.

    Raises:
        SetupError: it is not installed.
    """
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        raise SetupError(f"the pages need {error.name}; get it with: pip install 'regard[web]'") from None
