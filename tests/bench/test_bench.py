"""The benchmark runs, compares what it says it compares, and all competitors agree."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RATIOS = [
    *("(a)", "(a)", "(a)", "usually", "(b)", "(b)", "(c)", "kept", "kept", "ten", "ten", "day", "day"),
    *(["kept ledger", "from impact"] * 3 + ["pandas", "polars"]) * 2,
    "ten times the stages",
]


def test_every_ratio_is_printed_and_all_numbers_are_equal(tmp_path: Path) -> None:
    """On a small company each ratio is there, and hand-written SQL and pandas gave what regard gave (rtol 1e-9)."""
    command = [sys.executable, "-m", "bench", "--small", "--json", "--work", str(tmp_path / "data")]
    # Unequal numbers end the run with an error that names the cell.
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)

    whats = [ratio["what"] for ratio in told["ratios"]]
    assert all(word in what for word, what in zip(RATIOS, whats, strict=True))
    assert all(ratio["cpu"] > 0 and ratio["wall"] > 0 for ratio in told["ratios"])
    competitors = (
        "(a) plain",
        "(a) intervals",
        "(a) every",
        "(a) usual",
        "(b) plain",
        "(b) intervals",
        "(c) pandas",
        "refresh",
    )
    assert all(told["equal"][name] > 1_000 for name in competitors)
    # 24 months of four segments.
    assert all(told["equal"][f"cml segment{name}, loss"] == 96 for name in ("", " made", " pandas", " polars"))
