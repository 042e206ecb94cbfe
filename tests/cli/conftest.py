"""A small real workspace, loaded once, and the command line run on it."""

from __future__ import annotations

import os
import random
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from regard.cli import main
from regard.cli.init import make
from regard.workspace import Workspace

if TYPE_CHECKING:
    from pathlib import Path

CONFIG = """\
name = "Tiny"
zone = "Europe/Berlin"
currency = "EUR"
until = "2026-04-01"
reject_limit = 5.0
privacy_min = 1
"""
SOURCE = """\
source: survey
means: Answers to the satisfaction survey
read: {csv: data/survey.csv}
zone: Europe/Berlin
tables:
  - table: response
    id: answer
    party: {system: email, from: email, normalise: email}
    columns:
      invite_id: answer
      question_id: {const: satisfaction}
      question_kind: {const: csat}
      survey_id: {const: after_purchase}
      scale_min: {const: 1}
      scale_max: {const: 5}
      polarity: {const: high_good}
      channel: channel
      answered_at: {from: at, format: "%d.%m.%Y %H:%M"}
      score: stars
"""
TARGETS = """\
targets:
  - {metric: csat_top2, lo: 70, lo_incl: false, source: "board, 2026"}
"""
CHANNELS = ("phone", "chat", "=cmd")


@dataclass
class Ran:
    """What a command did."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session")
def loaded(tmp_path_factory) -> Path:
    """Return the folder of a workspace with a year's first quarter of answers, loaded; tests only read it."""
    folder = tmp_path_factory.mktemp("tiny") / "tiny"
    plain(folder)
    Workspace.open(folder).load()
    return folder


@pytest.fixture
def unloaded(tmp_path) -> Path:
    """Return the folder of the same workspace before its first load."""
    return plain(tmp_path / "tiny")


def plain(folder: Path) -> Path:
    """Write the workspace."""
    make(folder, "Tiny")
    (folder / "regard.toml").write_text(CONFIG)
    (folder / "sources" / "example.yaml").write_text(SOURCE)
    (folder / "policies" / "targets.yaml").write_text(TARGETS)
    (folder / "data").mkdir()
    draw = random.Random(7)
    lines = ["answer,email,channel,at,stars"]
    for month, happy in ((1, 0.6), (2, 0.62), (3, 0.9)):
        for i in range(150):
            stars = draw.choice((4, 5)) if draw.random() < happy else draw.choice((1, 2, 3))
            day, hour = draw.randint(1, 28), draw.randint(0, 23)
            channel = CHANNELS[0 if i % 5 else 1] if i else CHANNELS[2]
            lines.append(f"A{month}-{i},c{i}@example.com,{channel},{day:02d}.{month:02d}.2026 {hour:02d}:15,{stars}")
    lines += ["A9-1,x@example.com,phone,01.03.2026 10:00,9", "A9-2,y@example.com,phone,soon,4"]
    (folder / "data" / "survey.csv").write_text("\n".join(lines) + "\n")
    return folder


@pytest.fixture
def run(capsys, monkeypatch):
    """Return a function that runs a command line as a user would, and returns its code and what it printed."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.delenv("FORCE_COLOR", raising=False)

    def ran(*arguments: object) -> Ran:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(each) for each in arguments])
        told = capsys.readouterr()
        return Ran(int(ended.value.code or 0), told.out, told.err)

    return ran


@pytest.fixture
def copied(loaded, tmp_path) -> Path:
    """Return a copy of the loaded workspace that a test may change."""
    return shutil.copytree(loaded, tmp_path / "copy")


def pytest_configure(config):
    """Say where golden files are rewritten: REGARD_GOLDEN=write."""
    config.stash.setdefault(WRITE, os.environ.get("REGARD_GOLDEN") == "write")


WRITE = pytest.StashKey[bool]()
