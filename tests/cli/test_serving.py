"""Serving, people and the audit log from the command line, as whoever runs the server would."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from regard.cli.serve import listening
from regard.store import Deed
from regard.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def server(folder, *options, command=("serve",)) -> Iterator[tuple[str, list[str]]]:
    """Run a command that serves, as a process of its own; gives its address and what it said until then."""
    command = [sys.executable, "-m", "regard", "-C", str(folder), *command, "--port", "0", *options]
    running = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ | {"COLUMNS": "300"}
    )
    said: list[str] = []
    try:
        for line in running.stderr:
            said.append(line)
            if found := re.search(r"Serving .* on (http://\S+) until", line):
                yield found[1], said
                break
        else:
            pytest.fail("".join(said))
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(20)
        running.stderr.close()


def got(url):
    """Return status and text of a page."""
    try:
        with urllib.request.urlopen(url) as answer:  # noqa: S310 - of this machine
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def test_the_first_start_prints_a_link_to_become_the_admin(copied):
    """A server without people says how its reader becomes the first admin; its pages ask to sign in."""
    with server(copied) as (home, said):
        link = re.search(r"http://\S+/welcome/\S+", "".join(said))[0]
        assert link.startswith(home)
        status, page = got(link)
        assert (status, "Choose a password" in page) == (200, True)
        assert "<h1>Sign in</h1>" in got(f"{home}/")[1]


def test_without_signing_in_everything_is_open_and_said(copied):
    """On this machine alone nobody needs to sign in; the server and every page say so."""
    with server(copied, "--no-sign-in") as (home, said):
        assert "Nobody signs in" in "".join(said)
        status, page = got(f"{home}/")
        assert (status, "Nobody signs in here" in page) == (200, True)


def test_what_cannot_be_served_is_told(run, copied):
    """Open pages for other machines are refused, and so is a port that somebody else has."""
    open_to_all = run("-C", copied, "serve", "--host", "0.0.0.0", "--no-sign-in")  # noqa: S104 - refused
    assert (open_to_all.code, "--no-sign-in would open everything" in open_to_all.err) == (1, True)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        busy = run("-C", copied, "serve", "--port", port)
    assert (busy.code, "choose another with --port" in busy.err) == (1, True)


def test_people_are_added_changed_and_listed(run, copied):
    """Somebody is added with a link, limited to some rows, and shut out; each is in the audit log with its reason."""
    added = run("-C", copied, "user", "add", "Ada@example.com", "--role", "admin", "--url", "https://cx.example.com/")
    assert re.fullmatch(r"https://cx\.example\.com/welcome/[\w-]{43}\n", added.out)
    assert run("-C", copied, "user", "add", "ada@EXAMPLE.com").code == 1
    assert run("-C", copied, "user", "add", "bo", "--scope", "channel = chat, phone").code == 0
    unknown = run("-C", copied, "user", "add", "cy", "--scope", "chanel = chat")
    assert (unknown.code, "did you mean 'channel'" in unknown.err) == (1, True)
    assert (
        run("-C", copied, "user", "change", "bo", "--role", "analyst", "--scope", "", "--reason", "new desk").code == 0
    )
    assert "nobody would be left" in run("-C", copied, "user", "change", "ada@example.com", "--disable").err
    assert "did you mean 'ada@example.com'" in run("-C", copied, "user", "link", "ada@example.co").err
    listed = json.loads(run("-C", copied, "user", "list", "--json").out)
    assert [(one["name"], one["role"], one["scope"]) for one in listed] == [
        ("ada@example.com", "admin", ""),
        ("bo", "analyst", ""),
    ]
    assert "no password yet" in run("-C", copied, "user", "list").out
    newest = Workspace.open(copied).store.audit.entries()[0]
    assert (newest.deed.action, newest.deed.reason) == ("person.change", "new desk")
    assert newest.deed.actor.endswith("(command line)")


def test_the_audit_log_is_verified(run, copied):
    """A whole chain is told with its head, an entry noted earlier must still be there, a broken one is exit code 1."""
    assert "no entries yet" in run("-C", copied, "audit", "verify").out
    log = Workspace.open(copied).store.audit
    entries = [log.record(Deed(actor="ada", action="note.write", object=str(i))) for i in range(3)]
    told = json.loads(run("-C", copied, "audit", "verify", "--json").out)
    assert told == {"entries": 3, "head": entries[2].hash, "broken": []}
    noted = f"2:{entries[1].hash}"
    assert run("-C", copied, "audit", "verify", "--expect", noted).code == 0
    assert run("-C", copied, "audit", "verify", "--expect", "two").code == 2
    import sqlite3

    with sqlite3.connect(copied / "regard.db") as store:
        store.execute("DROP TRIGGER audit_delete")
        store.execute("DELETE FROM audit WHERE number > 1")
    assert run("-C", copied, "audit", "verify").code == 0
    cut = run("-C", copied, "audit", "verify", "--expect", noted)
    assert (cut.code, "entry 2 is not there any more" in cut.out) == (1, True)
    with sqlite3.connect(copied / "regard.db") as store:
        store.execute("DROP TRIGGER audit_update")
        store.execute("UPDATE audit SET actor = 'eve'")
    broken = run("-C", copied, "audit", "verify")
    assert (broken.code, "entry 1 was changed" in broken.out) == (1, True)


def test_an_answer_is_sent_at_once() -> None:
    """Asyncio leaves the body of an answer waiting for the reader's acknowledgement on sockets that do not name TCP."""

    async def told() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def met(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            met_at: socket.socket = writer.get_extra_info("socket")
            found.set_result(met_at.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        with listening("127.0.0.1", 0) as listener:
            async with await asyncio.start_server(met, sock=listener):
                _, writer = await asyncio.open_connection(*listener.getsockname())
                answer = await found
                writer.close()
                return answer

    assert asyncio.run(told())
