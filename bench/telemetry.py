"""User-uptime of many requests: `python -m bench.telemetry --requests 100000000`, each step in a process of its own.

Requests lie in files in the order of time, as telemetry comes in; segments, uptime and worst windows are made from them
with the memory that a workspace gives its engine. The plain query that gives the same numbers, and nothing else, stands
beside.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

from bench.ours import Clock
from regard.lake import Lake
from regard.model import DAY_US
from regard.sql import minute_series
from regard.sql.derived import STATEMENTS
from regard.stats import minute_grid, worst_window

if TYPE_CHECKING:
    from regard.lake import Connection

ROOT = Path(__file__).parents[1]
START = 1_767_225_600_000_000
DAYS = 7
END = START + DAYS * DAY_US
FILE_ROWS = 10_000_000
EACH = 1000
"""Requests of a customer: one in ten minutes, so that one pause in twenty is longer than the cutoff of half an hour."""

WIDTHS = (1, 5, 60, 1440)
JOURNEYS = ("login", "search", "checkout", "upload")
ARGUMENTS = {"cutoff": "30 min", "label": "forward", "silence": "unknown"}
AIM_GIB = 8


def make(root: Path, clock: Clock, requests: int) -> None:
    """Write requests and customers; each request is a function of its number, one in 400 fails, and all of one hour."""
    shutil.rmtree(root, ignore_errors=True)
    (root / "given").mkdir(parents=True)
    parties = max(1, requests // EACH)
    connection = duckdb.connect(config={"memory_limit": "3GB"})
    outage = START + 3 * DAY_US
    with clock.running():
        for first in range(0, requests, FILE_ROWS):
            last = min(requests, first + FILE_ROWS)
            connection.execute(f"""
                COPY (
                    SELECT
                        'app' AS source, 'q' || lpad(i::VARCHAR, 12, '0') AS source_id, 'request' AS kind,
                        "at", party_id, party_id % 32 AS bucket, NULL::DOUBLE AS value,
                        hash(i + 3_000_000_000_000) % 400 > 0
                            AND NOT ("at" BETWEEN {outage} AND {outage + 3_600_000_000} AND party_id % 10 = 0) AS ok,
                        ([{", ".join(f"'{journey}'" for journey in JOURNEYS)}])
                            [1 + (hash(i + 4_000_000_000_000) % {len(JOURNEYS)})::INTEGER] AS journey,
                        'service ' || hash(i + 5_000_000_000_000) % 20 AS service, NULL::VARCHAR AS product
                    FROM (
                        SELECT
                            i, {START} + i * {(END - START) // requests} AS "at",
                            (hash(i + 1_000_000_000_000) % {parties})::BIGINT AS party_id
                        FROM range({first}, {last}) AS numbers(i)
                    )
                ) TO '{root}/given/event-{first // FILE_ROWS:04}.parquet' (FORMAT parquet, COMPRESSION zstd)
            """)
        connection.execute(f"""
            COPY (
                SELECT
                    'app' AS source, 'p' || i AS source_id, i AS party_id, 'user' AS kind, NULL::BIGINT AS parent_id,
                    {START} + (i % 10) * {DAY_US // 10} AS valid_from, NULL::BIGINT AS valid_to,
                    {START} AS served_from, NULL::BIGINT AS served_to, 1.0 AS criticality, 1 AS size,
                    NULL::DOUBLE AS value_amount, i % 32 AS bucket, NULL::VARCHAR AS traffic_source,
                    'segment ' || i % 3 AS segment, 'tier ' || i % 2 AS tier, 'region ' || i % 5 AS region,
                    NULL::VARCHAR AS plan, NULL::VARCHAR AS lifecycle
                FROM range({parties}) AS numbers(i)
            ) TO '{root}/given/party.parquet' (FORMAT parquet)
        """)


def opened(root: Path) -> tuple[Lake, Connection]:
    """Open the engine as a workspace does, with what is there."""
    lake = Lake(root)
    connection = lake.connect()
    lake.show(connection, "event", sorted((root / "given").glob("event-*.parquet")))
    lake.show(connection, "party", [root / "given" / "party.parquet"])
    for name in ("fixed", "p99"):
        if (path := lake.path("user_segment", name)) is not None:
            lake.show(connection, f"segment_{name}", [path])
    return lake, connection


def derive(root: Path, clock: Clock, cutoff: str) -> None:
    """Make the segments with a fixed cutoff or the percentile."""
    lake, connection = opened(root)
    arguments = ARGUMENTS if cutoff == "fixed" else {**ARGUMENTS, "cutoff": cutoff}
    with clock.running():
        path = lake.publish("user_segment", cutoff, connection, STATEMENTS["user_segment"](arguments, END))
    clock.more["bytes"] = path.stat().st_size


def uptime(root: Path, clock: Clock, cutoff: str) -> None:
    """Add up the segments by journey."""
    _, connection = opened(root)
    with clock.running():
        rows = connection.execute(f"""
            SELECT journey, sum((end_at - start_at) * up)::BIGINT, sum((end_at - start_at) * (1 - up))::BIGINT
            FROM segment_{cutoff} GROUP BY journey ORDER BY journey
        """).fetchall()
    clock.numbers = {journey: (up, down) for journey, up, down in rows}


def windows(root: Path, clock: Clock) -> None:
    """Make the minutes of each journey, and the worst window of each width."""
    _, connection = opened(root)
    shape = (len(JOURNEYS), DAYS * 1440)
    with clock.running():
        runs = connection.execute(minute_series("segment_fixed", START, END, ["journey"])).fetchnumpy()
        place = ([JOURNEYS.index(journey) for journey in runs["journey"]], runs["minute"])
        up, down = (minute_grid(place, runs["minutes"], runs[name], shape) for name in ("up", "down"))
        worst = {width: worst_window(up, down, width) for width in WIDTHS}
    clock.numbers = {journey: (int(up[g].sum()), int(down[g].sum())) for g, journey in enumerate(JOURNEYS)}
    clock.more["worst"] = {width: dict(zip(JOURNEYS, each.ratio, strict=True)) for width, each in worst.items()}


def hand(root: Path, clock: Clock) -> None:
    """Compute the uptime by journey in one plain query, without ties, versions, or anything kept."""
    _, connection = opened(root)
    with clock.running():
        rows = connection.execute(f"""
            SELECT journey, sum(CASE WHEN ok THEN pause ELSE 0 END)::BIGINT,
                sum(CASE WHEN ok THEN 0 ELSE pause END)::BIGINT
            FROM (
                SELECT journey, ok, lead("at") OVER (PARTITION BY party_id ORDER BY "at") - "at" AS pause FROM event
            )
            WHERE pause <= {30 * 60_000_000} GROUP BY journey ORDER BY journey
        """).fetchall()
    clock.numbers = {journey: (up, down) for journey, up, down in rows}


def step(root: Path, words: list[str]) -> dict[str, object]:
    """Run a step in a process of its own and return what it told."""
    command = [sys.executable, "-m", "bench.telemetry", "--work", str(root), "--step", *words]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(words)}\n{done.stdout}\n{done.stderr}")
    return dict(json.loads(done.stdout.splitlines()[-1]))


def perform(root: Path, words: list[str]) -> str:
    """Run a step here and return what it took, as JSON."""
    name, *rest = words
    clock = Clock()
    if name == "make":
        make(root, clock, int(rest[0]))
    else:
        {"derive": derive, "uptime": uptime, "windows": windows, "hand": hand}[name](root, clock, *rest)
    return clock.told()


def run(root: Path, requests: int) -> dict[str, dict[str, object]]:
    """Run every step and insist that all ways give one number.

    Raises:
        SystemExit: two ways differ.
    """
    steps = {
        f"make {requests:,} requests": ["make", str(requests)],
        "requests to segments": ["derive", "fixed"],
        "requests to segments, cutoff p99": ["derive", "p99"],
        "segments to uptime": ["uptime", "fixed"],
        "segments to uptime, cutoff p99": ["uptime", "p99"],
        "segments to minutes to worst windows": ["windows"],
        "requests to uptime by a plain query": ["hand"],
    }
    told = {}
    for name, words in steps.items():
        told[name] = step(root, words)
        line = "{wall:.1f} s, CPU {cpu:.1f} s, {peak:.2f} GiB".format(**told[name])
        print(f"  {name}: {line}", file=sys.stderr, flush=True)
    ways = [told[name]["numbers"] for name in steps if steps[name] in (["uptime", "fixed"], ["windows"], ["hand"])]
    if any(way != ways[0] for way in ways):
        raise SystemExit(f"the ways differ: {ways}")
    return told


def main() -> None:
    """Run the benchmark, or one step of it."""
    parser = argparse.ArgumentParser(prog="bench.telemetry", description=__doc__)
    parser.add_argument("--requests", type=int, default=100_000_000)
    parser.add_argument("--work", type=Path, default=ROOT / "bench" / "data" / "telemetry", help="folder for the data")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        print(perform(chosen.work, chosen.step))
        return
    root = chosen.work.resolve()
    try:
        told = run(root, chosen.requests)
    finally:
        shutil.rmtree(root, ignore_errors=True)
    if chosen.json:
        print(json.dumps(told, indent=1))
        return
    print(f"{chosen.requests:,} requests: wall s, CPU s, million requests a second, GiB (aim {AIM_GIB})")
    for name, each in told.items():
        wall, cpu, peak = (float(str(each[key])) for key in ("wall", "cpu", "peak"))
        print(f"  {name:<45}{wall:>9.1f}{cpu:>9.1f}{chosen.requests / wall / 1e6:>9.2f}{peak:>9.2f}")


if __name__ == "__main__":
    main()
