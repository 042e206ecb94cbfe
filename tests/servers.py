"""Real servers for tests: started once a session on a free port, thrown away at its end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
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


MARIADB = ("/usr/sbin", "/usr/libexec", "/usr/bin")
MARIADB_HINT = "MariaDB's programs are not installed: apt-get install mariadb-server"


def mariadb_program(name: str) -> str:
    """Return a program of MariaDB."""
    found = shutil.which(name) or next((f"{folder}/{name}" for folder in MARIADB if Path(folder, name).exists()), "")
    if not found:
        pytest.fail(MARIADB_HINT)
    return found


@pytest.fixture(scope="session")
def mariadb_url() -> Iterator[str]:
    """A MariaDB server of our own with the database `shop`; its user has the password `se:cr@t`."""
    user = "nobody" if hasattr(os, "geteuid") and os.geteuid() == 0 else ""
    folder = Path(tempfile.mkdtemp(prefix="regard-mariadb-"))
    if user:
        shutil.chown(folder, user)
    port, data, pipe = free_port(), folder / "data", folder / "m.sock"
    quiet = {"cwd": folder, "user": user or None, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    server = None
    try:
        install = [mariadb_program("mariadb-install-db"), "--no-defaults", f"--datadir={data}", "--skip-test-db"]
        subprocess.run([*install, "--auth-root-authentication-method=normal"], check=True, **quiet)
        options = (
            f"--datadir={data}",
            f"--socket={pipe}",
            f"--port={port}",
            "--bind-address=127.0.0.1",
            "--skip-name-resolve",
        )
        command = [mariadb_program("mariadbd"), "--no-defaults", *options, "--innodb-flush-log-at-trx-commit=0"]
        server = subprocess.Popen(command, **quiet)
        setup = "CREATE DATABASE shop; CREATE USER shop@'127.0.0.1' IDENTIFIED BY 'se:cr@t'; GRANT ALL ON *.* TO shop@'127.0.0.1';"  # noqa: E501
        for _ in range(200):
            if mariadb_run(pipe, setup, database=""):
                break
            if server.poll() is not None:
                pytest.fail("MariaDB did not start")
            time.sleep(0.1)
        os.environ["REGARD_TEST_MARIADB_SOCKET"] = str(pipe)
        yield f"mysql://shop:${{SHOP_PASSWORD}}@127.0.0.1:{port}/shop"
    finally:
        if server is not None:
            server.kill()
            server.wait()
        shutil.rmtree(folder, ignore_errors=True)


def mariadb_run(pipe: Path | str, statements: str, database: str = "shop") -> bool:
    """Run statements as root; whether they ran."""
    command = [
        mariadb_program("mariadb"),
        "--no-defaults",
        f"--socket={pipe}",
        "-uroot",
        *([database] if database else []),
    ]
    return subprocess.run(command, input=statements, text=True, capture_output=True, check=False).returncode == 0
