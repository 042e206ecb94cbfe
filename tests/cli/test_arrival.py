"""The first hour at the command line: `init --from`, `preview`, `ready`, findings with their mend, `load --retry`."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

BAKERY = Path(__file__).parents[1] / "docs" / "bakery"


@pytest.fixture
def arrived(run, tmp_path) -> Path:
    """Return a workspace made from the two files of a bakery, guesses taken."""
    folder = tmp_path / "bakery"
    told = run(
        "init", folder, "--yes", "--zone", "Europe/Berlin", "--from", BAKERY / "orders.csv", BAKERY / "survey.csv"
    )
    assert told.code == 0, told.err
    return folder


def test_files_become_a_workspace_that_loads(run, arrived):
    """From two files to a checked, loaded workspace; guesses are marked, zone and end of the story set."""
    config = (arrived / "regard.toml").read_text()
    assert 'zone = "Europe/Berlin"' in config
    assert 'until = "2026-04-01"' in config
    assert sorted(path.name for path in (arrived / "sources").iterdir()) == ["orders.yaml", "survey.yaml"]
    assert "# guessed" in (arrived / "sources" / "survey.yaml").read_text()
    assert run("-C", arrived, "check").code == 0
    assert run("-C", arrived, "load").code == 0


def test_what_a_file_cannot_tell_is_asked(run, tmp_path, monkeypatch):
    """Zone and direction of the scale are asked; an answer that will not do is asked again; answers are no guesses."""
    answers = iter(["yes", "Mars/North", "Europe/Berlin"])
    monkeypatch.setattr("click.termui.visible_prompt_func", lambda _: next(answers))
    folder = tmp_path / "asked"
    told = run("init", folder, "--from", BAKERY / "survey.csv")
    assert told.code == 0, told.err
    text = (folder / "sources" / "survey.yaml").read_text()
    assert re.search(r"zone: Europe/Berlin +# as answered", text)
    assert re.search(r"polarity: \{const: high_good\} +# as answered", text)
    assert "'Mars/North' will not do." in told.err


def test_nothing_is_written_when_a_file_cannot_be_read(run, tmp_path):
    """A missing file is told in one line, and no folder is left behind."""
    told = run("init", tmp_path / "new", "--yes", "--from", tmp_path / "none.csv")
    assert told.code == 1
    assert "there is no file" in told.err
    assert not (tmp_path / "new").exists()


def test_files_without_from_are_refused(run, tmp_path):
    """A file given without --from is a typing mistake, not silently left out."""
    told = run("init", tmp_path / "new", BAKERY / "survey.csv")
    assert told.code == 2
    assert "--from" in told.err
