"""The benchmark of telemetry runs, and segments, minutes and the plain query give one number."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_all_ways_give_one_uptime(tmp_path: Path) -> None:
    """On few requests every step tells what it took; the hour in which a tenth failed is the worst of its width."""
    command = [
        sys.executable,
        "-m",
        "bench.telemetry",
        "--requests",
        "200000",
        "--json",
        "--work",
        str(tmp_path / "data"),
    ]
    # Ways that differ end the run with an error that shows them.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)

    assert all(step["wall"] > 0 and 0 < step["peak"] < 8 for step in told.values())
    worst = told["segments to minutes to worst windows"]["worst"]
    assert all(0.8 < ratio < 0.97 for ratio in worst["60"].values())
    assert all(ratio > 0.98 for ratio in worst["1440"].values())
