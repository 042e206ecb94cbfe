"""The benchmark of pages runs: the server answers, nothing fails, and every figure with an aim is there."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from bench.pages import AIMS, Told


@pytest.mark.slow
def test_it_measures_what_it_says(tmp_path):
    """On a small company, all figures come out, and no request fails."""
    command = [sys.executable, "-m", "bench.pages", "--json", "--work", str(tmp_path), "--scale", "0.02"]
    short = ["--rate", "5", "--seconds", "2", "--soak", "2", "--reading", "2"]
    done = subprocess.run([*command, *short], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert set(AIMS) <= set(figures)
    assert "while the server reads its orders again" in done.stdout
    assert all("0 failed" in line for line in done.stdout.splitlines() if "failed" in line)
    assert figures["weight KB"] <= AIMS["weight KB"]
    assert figures["requests"] <= AIMS["requests"]


def test_shares_of_times():
    """The time within which a share of the answers came is that of the one at its place."""
    told = Told([float(n) for n in range(100, 0, -1)], 0)
    assert (told.at(0.5), told.at(0.95), told.at(1)) == (51, 96, 100)
