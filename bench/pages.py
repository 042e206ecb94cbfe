"""Pages under load: `python -m bench.pages`, the server in a process of its own, on the example company.

With `--responses 20000000` it is the company of the scorecard's benchmark, which has answers, cases and contacts only.

Requests are sent when their time has come, whether earlier ones are answered or not, and their time counts from then: a
server that stalls is not spared by a client that waits for it. What is measured: what it costs to make boards ready,
then the board kept and made anew, CPU and weight of a page, CPU of every route of the API, answers while sources are
read, and memory over a while.
"""

from __future__ import annotations

import argparse
import asyncio
import gzip
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.data import END
from regard.web.routes import AREAS
from regard.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[1]
BOARD = "/"
PAGES = (BOARD, "/metrics", "/data-quality", "/findings", "/ready", "/api")
CONNECTIONS = 32
LOOK_S, REST_MS = 2.0, 60.0
"""A server is at rest when it takes less CPU than this between two looks."""
AGAIN_MS = 300.0
"""CPU of a request from which it is measured twice more and not ten times: ticks of the clock are coarse."""
TICKS = os.sysconf("SC_CLK_TCK")
AIMS = {
    "kept p95 ms": 10.0,
    "kept CPU ms": 1.0,
    "anew p95 ms": 100.0,
    "anew CPU ms": 10.0,
    "weight KB": 60.0,
    "requests": 8.0,
    "growth MB": 64.0,
    "reading p95 ms": 100.0,
}
"""What each figure should not exceed; weight and requests are those of a first visit, packed."""


@dataclass
class Told:
    """What a run of requests was like: milliseconds of each answer, CPU milliseconds of the server for each."""

    times: list[float]
    cpu: float
    failed: int = 0

    def at(self, share: float) -> float:
        """Return the time within which a share of the answers came."""
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else float("nan")

    def __str__(self) -> str:
        """Read as one line."""
        shares = ", ".join(f"p{round(100 * one)} {self.at(one):,.1f} ms" for one in (0.5, 0.95, 0.99))
        longest = max(self.times, default=float("nan"))
        told = f"{shares}, longest {longest:,.0f} ms, {self.cpu:.1f} CPU ms each"
        return f"{len(self.times)} answers, {told}, {self.failed} failed"


class Server:
    """A server in a process of its own.

    Attributes:
        port: it listens on this machine.
        process: its process.
    """

    def __init__(self, root: Path, *, refresh: bool) -> None:
        """Start it, and wait until it answers."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, "-m", "regard", "-C", str(root), "serve", "--no-sign-in", "--port", str(self.port)]
        command += [] if refresh else ["--no-refresh"]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(2400):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.1)
        else:
            raise SystemExit("the server did not start")

    @property
    def cpu(self) -> float:
        """Milliseconds of CPU that it has taken."""
        told = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        return 1000 * (int(told[11]) + int(told[12])) / TICKS

    @property
    def memory(self) -> float:
        """MB that it holds."""
        told = Path(f"/proc/{self.process.pid}/status").read_text(encoding="utf-8")
        lines = dict(line.split(":", 1) for line in told.splitlines())
        return int(lines["VmRSS"].split()[0]) / 1024

    def settle(self) -> float:
        """Wait until it is at rest, its boards ready; return the CPU milliseconds that it had taken by then."""
        before = -REST_MS
        while (now := self.cpu) - before > REST_MS:
            before = now
            time.sleep(LOOK_S)
        return now

    def stop(self) -> None:
        """End it."""
        self.process.terminate()
        self.process.wait(60)


@contextmanager
def serving(root: Path, *, refresh: bool = False) -> Iterator[Server]:
    """Serve for a while."""
    server = Server(root, refresh=refresh)
    try:
        yield server
    finally:
        server.stop()


Streams = list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]


async def get(server: Server, path: str, streams: Streams) -> bytes:
    """Return the body of an address, as it is sent; a connection is used again, unless the server closed it."""
    while True:
        used = bool(streams)
        reader, writer = streams.pop() if used else await asyncio.open_connection("127.0.0.1", server.port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAccept-Encoding: gzip\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        except (asyncio.IncompleteReadError, ConnectionError):
            if not used:
                raise
            continue
        length = re.search(r"content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1])) if length else b""
        streams.append((reader, writer))
        if not head.startswith(("http/1.1 200", "http/1.1 204")):
            raise OSError(head.splitlines()[0])
        return body


async def sent(server: Server, paths: Callable[[int], str], rate: float, count: int) -> Told:
    """Send requests at a rate, each at its time."""
    streams: Streams = []
    gate = asyncio.Semaphore(CONNECTIONS)
    begun, cpu = time.perf_counter(), server.cpu
    found = Told([], 0)

    async def one(number: int) -> None:
        due = begun + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            async with gate:
                await get(server, paths(number), streams)
            found.times.append(1000 * (time.perf_counter() - due))
        except OSError:
            found.failed += 1

    await asyncio.gather(*(one(number) for number in range(count)))
    for _, writer in streams:
        writer.close()
    found.cpu = (server.cpu - cpu) / max(count, 1)
    return found


def run(server: Server, paths: Callable[[int], str], rate: float, count: int) -> Told:
    """Send requests at a rate."""
    return asyncio.run(sent(server, paths, rate, count))


def anew(path: str) -> Callable[[int], str]:
    """Return addresses of a page that nothing is kept of: each stands alone."""
    return lambda number: f"{path}?again={number}-{time.time_ns()}"


def mixed(number: int) -> str:
    """Return one page after another, every tenth made anew."""
    path = PAGES[number // 10 % len(PAGES)] if number % 10 == 0 else PAGES[number % len(PAGES)]
    return path if number % 10 else anew(path)(number)


def weight(server: Server, path: str) -> tuple[float, int]:
    """Return KB and requests of a first visit, packed as they are sent."""

    async def visited() -> list[int]:
        streams: Streams = []
        page = await get(server, path, streams)
        text = gzip.decompress(page).decode() if page[:2] == b"\x1f\x8b" else page.decode()
        parts = dict.fromkeys(re.findall(r'(?:src|href)="(/static/[^"]+)"', text))
        return [len(page), *[len(await get(server, part, streams)) for part in parts]]

    sizes = asyncio.run(visited())
    return sum(sizes) / 1024, len(sizes)


def routed(root: Path) -> list[str]:
    """Return an address of every route of the API that gives something, as the routes themselves name them."""
    workspace = Workspace.open(root)
    routes = [route for area in AREAS for route in area.routes if route.api is not None and route.method == "GET"]
    return [path for route in routes for path in route.paths(workspace)[:1]]


def programs(server: Server, root: Path) -> None:
    """Print what each route of the API costs: the first time, and again."""
    for path in routed(root):
        first = run(server, lambda _, path=path: path, 10, 1)  # type: ignore[misc]  # a default binds the loop's value
        again = run(server, lambda _, path=path: path, 10, 2 if first.cpu > AGAIN_MS else 10)  # type: ignore[misc]  # as above
        told = f"first {first.cpu:>7,.0f} CPU ms, again {again.cpu:>7,.1f} CPU ms"
        print(f"{path:<72} {told}{f', {again.failed} failed' if again.failed else ''}")


def prepared(work: Path, scale: float) -> Path:
    """Make the example company, where it is not there from an earlier run; one source of it is due again and again."""
    root = work / f"harbor-{scale:g}"
    if not (root / "regard.db").exists():
        command = [sys.executable, "-m", "regard", "demo", str(root), "--scale", str(scale), "--no-serve"]
        subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    return root


def answered(work: Path, responses: int) -> Path:
    """Make the company of the scorecard's benchmark, where it is not there; its story ends where its data do."""
    root = work / "full"
    steps = [
        ["load", str(responses), str(responses // 4), "first"],
        ["derive", "response_seq"],
        ["derive", "case_clock"],
    ]
    if not (root / "regard.db").exists():
        for step in steps:
            command = [sys.executable, "-m", "bench", "--work", str(root), "--step", *step]
            subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
    config = root / "regard.toml"
    text = config.read_text(encoding="utf-8")
    if "until" not in text:
        config.write_text(f'{text}until = "{END.isoformat()}"\n', encoding="utf-8")
    return root


def soaked(server: Server, seconds: float) -> float:
    """Send mixed requests, tell the memory each minute, and return by how many MB it grew after the first."""
    held = []
    minutes, rest = divmod(int(seconds), 60)
    for length in [*[60] * minutes, *([rest] if rest else [])]:
        told = run(server, mixed, 10, 10 * length)
        held.append(server.memory)
        print(f"mixed, 10 a second, every tenth anew: {told}; {held[-1]:.0f} MB")
    return held[-1] - held[0]


def refreshed(root: Path, rate: float, seconds: float) -> Told:
    """Return what readers notice while the server reads its largest source again."""
    mapping = root / "sources" / "orders.yaml"
    text = mapping.read_text(encoding="utf-8")
    # A remark makes another mapping of it, so that every row is read and not only looked for.
    mapping.write_text(f"{text}every: 1 min\n# read again: {time.time_ns()}\n", encoding="utf-8")
    try:
        with serving(root, refresh=True) as server:
            asyncio.run(get(server, BOARD, []))
            return run(server, lambda _: BOARD, rate, int(seconds * rate))
    finally:
        mapping.write_text(text, encoding="utf-8")


def measured(root: Path, rate: float, seconds: float, soak: float, reading: float) -> dict[str, float]:
    """Measure, print, and return the figures that have an aim."""
    figures: dict[str, float] = {}
    with serving(root) as server:
        first = run(server, lambda _: BOARD, 1, 1)
        print(f"the first board of a new server: {first.at(1):,.0f} ms")
        print(f"all boards and the list of what can be answered ready: {server.settle():,.0f} CPU ms since the start")
        kept = run(server, lambda _: BOARD, rate, int(rate * seconds))
        print(f"board, kept, {rate:g} a second: {kept}")
        alone = run(server, anew(BOARD), rate, int(rate * seconds))
        print(f"board, made anew each time, {rate:g} a second: {alone}")
        mark = time.time_ns()
        busy = run(server, lambda number: f"{BOARD}?again={mark}-{int(number / rate / 5)}", rate, int(rate * seconds))
        print(f"board, new data each 5 s, {rate:g} a second: {busy}")
        figures |= {"kept p95 ms": kept.at(0.95), "kept CPU ms": kept.cpu}
        figures |= {"anew p95 ms": alone.at(0.95), "anew CPU ms": alone.cpu}
        for path in PAGES:
            told = run(server, anew(path), 0.5, 3)
            size, requests = weight(server, path)
            took = f"anew {told.at(0.5):>8,.0f} ms, {told.cpu:>7.0f} CPU ms"
            print(f"{path:<16} {took}; {size:>5.1f} KB in {requests} requests")
            figures["weight KB"] = max(figures.get("weight KB", 0), size)
            figures["requests"] = max(figures.get("requests", 0), requests)
        programs(server, root)
        figures["growth MB"] = soaked(server, soak)
    if (root / "sources").exists():
        told = refreshed(root, min(rate, 50), reading)
        print(f"board, kept, while the server reads its orders again: {told}")
        figures["reading p95 ms"] = told.at(0.95)
    return figures


def main() -> None:
    """Run the benchmark of the pages."""
    parser = argparse.ArgumentParser(prog="bench.pages", description=__doc__)
    parser.add_argument("--work", type=Path, default=ROOT / "bench" / "data")
    parser.add_argument("--scale", type=float, default=1.0, help="size of the example company")
    parser.add_argument("--responses", type=int, default=0, help="so many answers instead of the example company")
    parser.add_argument("--rate", type=float, default=100.0, help="requests a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--soak", type=float, default=60.0, help="seconds of mixed requests")
    parser.add_argument("--reading", type=float, default=30.0, help="seconds of requests while sources are read")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    root = answered(given.work, given.responses) if given.responses else prepared(given.work, given.scale)
    figures = measured(root, given.rate, given.seconds, given.soak, given.reading)
    if given.json:
        print(json.dumps(figures))
        return
    for name, aim in AIMS.items():
        if name not in figures:
            continue
        print(f"  {name:<16}{figures[name]:>10,.1f}   aim {aim:>8,.0f}  {'met' if figures[name] <= aim else 'MISSED'}")


if __name__ == "__main__":
    main()
