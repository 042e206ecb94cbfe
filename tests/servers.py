"""Real servers for tests: started once a session on a free port, thrown away at its end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

INSTALLED = Path("/usr/lib/postgresql")
HINT = "PostgreSQL's programs are not installed: apt-get install postgresql"


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, the newest where there are several."""
    found = sorted(INSTALLED.glob("*/bin/initdb"), key=lambda path: float(path.parents[1].name))
    on_path = shutil.which("initdb")
    if not found and not on_path:
        pytest.fail(HINT)
    return found[-1].parent if found else Path(str(on_path)).parent


def free_port() -> int:
    """Return a port that nothing listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """A PostgreSQL server of our own; gives `postgresql://user@host:port` without a database."""
    folder = programs()
    # initdb refuses root: then the unprivileged user that comes with the package, or `nobody`, owns the cluster.
    user = ""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        import pwd

        user = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
    cluster = Path(tempfile.mkdtemp(prefix="regard-postgres-"))
    if user:
        shutil.chown(cluster, user)
    port = free_port()
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' -c fsync=off"

    def run(*command: str) -> None:
        subprocess.run(
            command, check=True, cwd=cluster, user=user or None, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    control = str(folder / "pg_ctl")
    data = str(cluster / "data")
    try:
        run(str(folder / "initdb"), "-D", data, "-U", "regard", "-A", "trust", "-E", "UTF8", "--locale=C", "-N")
        run(control, "-D", data, "-w", "-l", str(cluster / "log"), "-o", options, "start")
        yield f"postgresql://regard@127.0.0.1:{port}"
    finally:
        if (cluster / "data/postmaster.pid").exists():
            run(control, "-D", data, "-m", "immediate", "stop")
        shutil.rmtree(cluster, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """The url of a fresh, empty database."""
    import psycopg

    name = f"test_{os.getpid()}_{free_port()}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as admin:
        admin.execute(f'CREATE DATABASE "{name}"')
    yield f"{postgres_server}/{name}"
    with psycopg.connect(f"{postgres_server}/postgres", autocommit=True) as admin:
        admin.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
