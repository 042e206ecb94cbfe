"""The tutorial and the how-to work as they are shown: files written, commands run, output compared."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import regard
from regard.errors import QuestionError

ROOT = Path(__file__).parents[2]
BAKERY = Path(__file__).parent / "bakery"
TUTORIAL = ROOT / "docs/tutorials/first-hour.md"
HOW_TO = ROOT / "docs/how-to/add-a-metric.md"
pytestmark = pytest.mark.slow  # some thirty commands, each in a process of its own, as a reader types them
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


class Reader:
    """Somebody who types everything that a page shows, in one shell that remembers where it is."""

    def __init__(self, home: Path) -> None:
        """Sit down before an empty folder; the clone is in ~/regard, as the pages say."""
        home.mkdir()
        (home / "regard").symlink_to(ROOT)
        self.here = home
        self.code = 0
        self.environment = {
            "HOME": str(home),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "COLUMNS": "120",
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT / "src"),  # the commands of this clone, whichever is installed
        }

    def follow(self, page: Path) -> list[str]:
        """Do what the page says, in order; return each line that it shows and that did not come."""
        missing = []
        for kind, text in BLOCK.findall(page.read_text()):
            if kind == "console":
                for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                    missing += self.type(step)
            else:
                (self.here / text.split("\n", 1)[0].removeprefix("# ")).write_text(text)
        return missing

    def type(self, step: str) -> list[str]:
        """Type one command; return the lines shown under it that are not in what it prints, in that order."""
        command, *shown = step.strip().splitlines()
        ran = subprocess.run(
            ["bash", "-c", f"(exit {self.code}); {command}; code=$?; echo; pwd; exit $code"],
            cwd=self.here,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        *printed, self.here = [*ran.stdout.splitlines()[:-1], Path(ran.stdout.splitlines()[-1])]
        self.code = ran.returncode
        told = iter(" ".join(line.split()) for line in [*printed, *ran.stderr.splitlines()])
        return [f"{command}: {line}" for line in shown if not any(" ".join(line.split()) in each for each in told)]


@pytest.fixture(scope="module")
def followed(tmp_path_factory) -> tuple[Path, list[str]]:
    """Return the workspace as it is after the tutorial, and what the tutorial promised in vain; tests copy it."""
    reader = Reader(tmp_path_factory.mktemp("hour") / "home")
    missing = reader.follow(TUTORIAL)
    return reader.here, missing


def test_the_first_hour_goes_as_shown(followed):
    """A reader who types the tutorial sees what it shows, line by line and in its order."""
    folder, missing = followed
    assert missing == []
    assert folder.name == "bakery"


def test_its_numbers_are_those_of_the_files(followed):
    """The tutorial's shares of March are what counting the two files by hand gives."""
    answers = regard.open(followed[0]).ask("csat_top2", "on_time_delivery", start="2026-03-01", end="2026-04-01")
    satisfied, arrived = (answer.cells[-1].estimate for answer in answers)
    with (BAKERY / "survey.csv").open(newline="") as file:
        latest = {
            row["email"].lower(): int(row["stars"])
            for row in sorted(csv.DictReader(file), key=lambda row: row["answered"])
            if row["answered"].startswith("2026-03") and 1 <= int(row["stars"]) <= 5
        }
    assert satisfied.n == len(latest)
    assert satisfied.value == pytest.approx(100 * sum(stars >= 4 for stars in latest.values()) / len(latest))
    with (BAKERY / "orders.csv").open(newline="") as file:
        march = [row for row in csv.DictReader(file, delimiter=";") if row["arrived"][3:10] == "03.2026"]
    kept = [
        [*reversed(row["arrived"][:10].split("."))] <= [*reversed(row["promised"].split("."))]
        for row in march
        if row["status"] == "done"
    ]
    assert arrived.n == len(kept)
    assert arrived.value == pytest.approx(100 * sum(kept) / len(kept))


def test_a_metric_is_added_as_shown(followed, tmp_path):
    """A reader who goes on with the how-to sees what it shows, the two mistakes included."""
    reader = Reader(tmp_path / "home")
    reader.here = Path(shutil.copytree(followed[0], tmp_path / "home" / "bakery"))
    assert reader.follow(HOW_TO) == []


def test_python_takes_what_the_command_takes(followed):
    """Dimensions may be one text as after --by; the beginning of a metric's id is met with the ids that begin so."""
    workspace = regard.open(followed[0])
    text, listed = (workspace.ask("aov", by=by, grain="quarter", intervals=False) for by in ("channel", ["channel"]))
    assert [cell.dims for cell in text[0].cells] == [cell.dims for cell in listed[0].cells] != []
    assert repr(workspace) == f"Workspace('Bakery', '{followed[0]}')"
    with pytest.raises(QuestionError, match=r"no metric 'csat'; there are csat_\w+, csat_"):
        workspace.ask("csat")
