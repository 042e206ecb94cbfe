"""Runs the benchmark: every measured step in a process of its own, competitors in turn, the best of some rounds."""

from __future__ import annotations

import argparse
import json
import math
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).parents[1]
TOLERANCE = 1e-9
GIB = "GiB"
PARTS = ("scorecard", "loss")


@dataclass
class Took:
    """What a step took, the best of its rounds, and the most memory in any."""

    wall: float = math.inf
    cpu: float = math.inf
    peak: float = 0.0
    numbers: dict[str, list[float]] = field(default_factory=dict)
    more: dict[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """A ratio.

    Attributes:
        what: what is compared.
        ours, theirs: what they took.
        aim: what the ratio should not exceed, or None.
    """

    what: str
    ours: Took
    theirs: Took
    aim: float | None

    @property
    def by_cpu(self) -> float:
        """Ratio of the seconds of all threads: what a busy machine disturbs least."""
        return self.ours.cpu / self.theirs.cpu

    @property
    def by_wall(self) -> float:
        """Ratio of the seconds that passed."""
        return self.ours.wall / self.theirs.wall


class Bench:
    """One run.

    Attributes:
        work: folder for the data.
        responses, cases: size of the company.
        stages: how many stages of loss its customers suffered.
        rounds: how often each step is measured.
        here: whether steps run in this process: quicker, but without a peak of memory of their own.
    """

    def __init__(self, work: Path, responses: int, cases: int, stages: int, rounds: int, *, here: bool = False) -> None:
        self.work = work
        self.responses = responses
        self.cases = cases
        self.stages = stages
        self.rounds = rounds
        self.here = here
        self.lines: list[Line] = []
        self.apart: dict[str, Took] = {}
        self.peaks: dict[str, Took] = {}
        self.compared: dict[str, int] = {}

    def step(self, folder: str, *words: str) -> Took:
        """Run a step, in a process of its own unless it is a trial."""
        said = json.loads(perform(self.work / folder, words) if self.here else self._apart(folder, words))
        took = Took(*(said.pop(name) for name in ("wall", "cpu", "peak", "numbers")), more=said)
        note(f"  {folder} {' '.join(words)}: {took.wall:.2f} s, CPU {took.cpu:.2f} s, {took.peak:.2f} {GIB}")
        return took

    def _apart(self, folder: str, words: Sequence[str]) -> str:
        command = [sys.executable, "-m", "bench", "--work", str(self.work / folder), "--step", *words]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}\n{done.stdout}\n{done.stderr}")
        return done.stdout.splitlines()[-1]

    def best(self, folder: str, *steps: tuple[str, ...]) -> list[Took]:
        """Run steps in turn, some rounds; the best of each."""
        found = [Took() for _ in steps]
        for _ in range(self.rounds):
            for best, words in zip(found, steps, strict=True):
                merge(best, self.step(folder, *words))
        return found

    def same(self, what: str, ours: Took, theirs: Took) -> None:
        """Insist that two gave equal numbers."""
        self.compared[what] = equal(what, ours.numbers, theirs.numbers)

    # --- the parts ----------------------------------------------------------------------------------------------------

    def made(self, folder: str, responses: int, cases: int) -> None:
        """Load the company and make the derived tables, where they are not there from an earlier run."""
        if not (self.work / folder / "regard.db").exists():
            self.apart[f"load, {folder}"] = self.step(folder, "load", str(responses), str(cases), "first")
        for table in ("response_seq", "case_clock"):
            self.apart[f"derive {table}, {folder}"] = self.step(folder, "derive", table)

    def scorecards(self) -> dict[str, Took]:
        """The whole scorecard from the facts against the same by hand."""
        names = {
            "plain": "latest answers, no intervals",
            "intervals": "latest answers, intervals (32 replicates of cases)",
            "every": "every answer, intervals (32 replicates of all)",
        }
        scans = {}
        for variant, words in names.items():
            ours, theirs = self.best("full", ("scan", variant), ("hand", variant, "whole"))
            self.same(f"(a) {variant}", ours, theirs)
            self.lines.append(Line(f"(a) scorecard, {words} / one query per table", ours, theirs, 0.4))
            scans[variant] = ours
        [theirs] = self.best("full", ("hand", "plain", "usual"))
        self.same("(a) usual", scans["plain"], theirs)
        self.lines.append(
            Line(f"(a) {names['plain']} / as usually written: FILTER, zone casts", scans["plain"], theirs, None)
        )
        for variant in ("plain", "intervals"):
            [theirs] = self.best("full", ("hand", variant, "apart"))
            self.same(f"(b) {variant}", scans[variant], theirs)
            self.lines.append(
                Line(f"(b) scorecard, {names[variant]} / one query per metric", scans[variant], theirs, 0.2)
            )
        [theirs] = self.best("full", ("pandas",))
        self.same("(c) pandas", scans["plain"], theirs)
        self.lines.append(Line("(c) scorecard, latest answers, no intervals / pandas", scans["plain"], theirs, 0.05))
        self.peaks |= {f"scorecard, {names[variant]}": took for variant, took in scans.items()}
        return scans

    def kept(self, scans: dict[str, Took]) -> None:
        """The same from kept cells."""
        for variant in ("plain", "intervals"):
            self.apart[f"keep cells, {variant}"] = self.step("full", "ask", variant, "first")
            [ours] = self.best("full", ("cells", variant))
            self.same(f"cells {variant}", ours, scans[variant])
            self.lines.append(
                Line(f"scorecard from kept cells, {variant} / from the facts", ours, scans[variant], 0.04)
            )
            self.peaks[f"scorecard from kept cells, {variant}"] = ours

    def refresh(self) -> None:
        """A day more: load it, ask again."""
        before = self.files()
        loaded = self.work / "full" / "day.loaded"
        if not loaded.exists():
            self.apart["load one day"] = self.step("full", "load", str(self.responses), str(self.cases), "day")
            loaded.touch()
        ours = Took()
        for _ in range(self.rounds):
            merge(ours, self.step("full", "ask", "intervals", "newest"))
            for path in self.files() - before:
                path.unlink()
        # Everything anew, as if nothing had been kept: the derived tables, then the scorecard.
        aside = [path.rename(path.with_name(f"{path.name}.aside")) for path in self.files()]
        full = self.step("full", "ask", "intervals", "newest")
        scan = self.step("full", "scan", "intervals", "newest")
        for path in self.files():
            path.unlink()
        for path in aside:
            path.rename(path.with_suffix(""))
        self.same("refresh", ours, full)
        self.lines.append(Line("one day more: mend tables and cells, roll up / all anew", ours, full, 0.05))
        self.lines.append(Line("one day more: mend tables and cells, roll up / the scan alone", ours, scan, None))
        self.peaks |= {"one day more": ours, "all anew": full}

    def files(self) -> set[Path]:
        """Return the kept results of the large company."""
        lake = self.work / "full" / "lake"
        places = {"derived": "*.parquet", "cells": "*.parquet", "texts": "*.json"}
        return {path for name, kind in places.items() for path in (lake / name).rglob(kind)}

    def tenfold(self, scans: dict[str, Took]) -> None:
        """A tenth of the rows."""
        self.made("tenth", self.responses // 10, self.cases // 10)
        for variant in ("plain", "intervals"):
            [small] = self.best("tenth", ("scan", variant))
            self.lines.append(Line(f"scorecard, {variant}: ten times the rows", scans[variant], small, 10.5))

    def interruption(self) -> None:
        """Customer minutes lost from stages of loss, against hand-written SQL, pandas and polars."""
        found = {}
        for folder, stages in (("loss tenth", self.stages // 10), ("loss", self.stages)):
            self.apart[f"generate {stages:,} stages"] = self.step(folder, "stages", str(stages))
            for table in ("ledger", "ledger_share"):
                self.apart[f"derive {table}, {folder}"] = self.step(folder, "pieces", table)
            for what, aim in (("total", 1.1), ("segment", 1.1), ("weighted", 1.5)):
                steps = [("cml", what, "kept"), ("cml", what, "made"), ("cml_hand", what)]
                kept, made, theirs = self.best(folder, *steps)
                self.same(f"cml {what}, {folder}", kept, theirs)
                self.same(f"cml {what} made, {folder}", made, theirs)
                rows = f"minutes lost, {what}, {stages:,} stages"
                self.lines.append(Line(f"{rows}: from the kept ledger / by hand from impact", kept, theirs, None))
                self.lines.append(Line(f"{rows}: from impact / by hand from impact", made, theirs, aim))
                found[folder, what] = made
            for other, aim in (("pandas", 0.6), ("polars", 0.3)):
                [theirs] = self.best(folder, (f"cml_{other}", "segment"))
                self.same(f"cml segment {other}, {folder}", found[folder, "segment"], theirs)
                rows = f"minutes lost, segment, {stages:,} stages"
                self.lines.append(Line(f"{rows}: from impact / {other}", found[folder, "segment"], theirs, aim))
        small, large = (found[folder, "segment"] for folder in ("loss tenth", "loss"))
        self.lines.append(Line("minutes lost, segment: ten times the stages", large, small, 10.5))

    def run(self, parts: Sequence[str]) -> None:
        """Measure everything, or some parts."""
        if "scorecard" in parts:
            self.made("full", self.responses, self.cases)
            scans = self.scorecards()
            self.kept(scans)
            self.tenfold(scans)
            self.refresh()
        if "loss" in parts:
            self.interruption()
        self.peaks |= {name: took for name, took in self.apart.items() if "tenth" not in name}

    # --- printing -----------------------------------------------------------------------------------------------------

    def told(self) -> dict[str, object]:
        """Return everything as plain values."""
        return {
            "responses": self.responses,
            "cases": self.cases,
            "stages": self.stages,
            "rounds": self.rounds,
            "ratios": [
                {
                    "what": line.what, "cpu": line.by_cpu, "wall": line.by_wall, "aim": line.aim,
                    "seconds": {"ours": [line.ours.cpu, line.ours.wall], "theirs": [line.theirs.cpu, line.theirs.wall]},
                }
                for line in self.lines
            ],
            "apart": {name: {"cpu": t.cpu, "wall": t.wall, "peak_gib": t.peak} for name, t in self.apart.items()},
            "peaks_gib": {name: took.peak for name, took in self.peaks.items()},
            "equal": self.compared,
        }  # fmt: skip

    def printed(self) -> str:
        """Return everything as a table."""
        out = [
            f"{self.responses:,} responses, {self.cases:,} cases, {self.stages:,} losses, best of {self.rounds}",
            "",
            "Apart: CPU s, wall s, GiB",
        ]
        out += [f"  {name:<66}{t.cpu:>9.2f}{t.wall:>9.2f}{t.peak:>7.2f}" for name, t in self.apart.items()]
        heads = ("CPU s", "against", "wall s", "against", "CPU", "wall", "aim")
        out += ["", f"{'Ratios':<82}" + "".join(f"{head:>9}" for head in heads)]
        for line in self.lines:
            seconds = (line.ours.cpu, line.theirs.cpu, line.ours.wall, line.theirs.wall)
            aim = "" if line.aim is None else f"{line.aim:>9g}  {'met' if line.by_cpu <= line.aim else 'MISSED'}"
            out.append(
                f"  {line.what:<80}"
                + "".join(f"{s:>9.2f}" for s in seconds)
                + f"{line.by_cpu:>9.3f}{line.by_wall:>9.3f}{aim}"
            )
        out += ["", "Peak memory of each step of regard, GiB (aim 4)"]
        for name, took in self.peaks.items():
            out.append(f"  {name:<80}{took.peak:>9.2f}  {'met' if took.peak < 4 else 'MISSED'}")
        out += ["", "Equal numbers: " + ", ".join(f"{what} ({count:,})" for what, count in self.compared.items())]
        return "\n".join(out)


def merge(best: Took, took: Took) -> None:
    """Keep the best of two rounds."""
    best.wall, best.cpu = min(best.wall, took.wall), min(best.cpu, took.cpu)
    best.peak = max(best.peak, took.peak)
    best.numbers, best.more = took.numbers, took.more


def equal(what: str, ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> int:
    """Return how many cells two competitors have in common; a cell of no row may be missing.

    Raises:
        SystemExit: for a number that differs by more than the rounding of sums.
    """
    both = 0
    for key in ours.keys() | theirs.keys():
        a, b = ours.get(key), theirs.get(key)
        if a is None or b is None:
            if (a or b or [0, 0])[1]:
                raise SystemExit(f"{what}: {key} is {a} here and {b} there")
            continue
        both += 1
        for x, y in zip(a, b, strict=False):
            if not (math.isclose(x, y, rel_tol=TOLERANCE, abs_tol=TOLERANCE) or (math.isnan(x) and math.isnan(y))):
                raise SystemExit(f"{what}: {key} is {a[:4]} here and {b[:4]} there")
    if not both:
        raise SystemExit(f"{what}: nothing to compare")
    return both


def perform(work: Path, words: Sequence[str]) -> str:
    """Run one step and return what it took, as JSON."""
    from bench import ledger, ours  # noqa: PLC0415 - the parent stays small: a child's peak memory begins with its own

    name, *rest = words
    clock = ours.Clock()
    (ours.STEPS | ledger.STEPS)[name](work, clock, *rest)
    return clock.told()


def note(text: str) -> None:
    """Say how far it is."""
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def main() -> None:
    """Run the benchmark, or one step of it."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("--responses", type=int, default=20_000_000)
    parser.add_argument("--cases", type=int, default=5_000_000)
    parser.add_argument("--stages", type=int, default=5_000_000, help="stages of loss")
    parser.add_argument("--only", choices=PARTS, action="append", help="measure this part alone")
    parser.add_argument("--rounds", type=int, default=3, help="how often each step is measured")
    parser.add_argument(
        "--small", action="store_true", help="20,000 responses, 5,000 cases and stages, one round: does it run?"
    )
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    parser.add_argument("--work", type=Path, default=ROOT / "bench" / "data", help="folder for the data")
    parser.add_argument("--keep", action="store_true", help="leave the data for the next run")
    parser.add_argument("--step", nargs="+", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.step:
        print(perform(chosen.work, chosen.step))
        return
    whole = (chosen.responses, chosen.cases, chosen.stages, chosen.rounds)
    size = (20_000, 5_000, 5_000, 1) if chosen.small else whole
    bench = Bench(chosen.work.resolve(), *size, here=chosen.small)
    try:
        bench.run(chosen.only or PARTS)
    finally:
        if not chosen.keep:
            shutil.rmtree(chosen.work, ignore_errors=True)
    print(json.dumps(bench.told(), indent=1) if chosen.json else bench.printed())


if __name__ == "__main__":
    main()
