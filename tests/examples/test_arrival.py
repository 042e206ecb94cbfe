"""Raw files of the examples arrive by `regard init --from`, with few edits, and give the published numbers (R116).

The table of edits and numbers is that of `python -m bench.arrival DATA`, which tries the raw files of all sets.
"""

from __future__ import annotations

import pytest

from bench.arrival import MOST, Trial, compared, sets, tried
from tests.examples.conftest import EXAMPLES

SHIPPED = {one["set"]: one for one in sets("shipped")}


@pytest.mark.parametrize("name", SHIPPED)
def test_raw_files_of_an_example_arrive(name, tmp_path):
    """`init`, `check`, at most five edited lines, `load`, and each number to its published digits."""
    one = SHIPPED[name]
    trial = tried(one, one["shipped"], EXAMPLES.parent, tmp_path)
    assert trial.off == []
    assert {told.ask: told.got for told in trial.told if told.wrong} == {}
    assert len(trial.told) == sum(len(step["questions"]) for step in one["steps"]) > 0
    assert trial.lines <= MOST


def test_a_trial_that_goes_wrong_is_told(tmp_path):
    """Another number, a line or files that are not there, too many edits: each is off, with its reason."""
    one = SHIPPED["US power outages"]
    lost = tried(one, ["examples/nowhere/*.csv"], EXAMPLES.parent, tmp_path / "lost")
    assert not lost.good
    assert "there is no examples/nowhere/*.csv" in lost.off[0]

    question = {"ask": "incident_count --grain all", "value": "1526", "says": "nobody"}
    comment = "\n".join("# a comment" for _ in range(MOST + 1))
    edit = {"in": "regard.toml", "after": 'name = "workspace"', "put": comment}
    wrong = {"set": "wrong", "steps": [{"edits": [edit], "questions": [question]}]}
    (tmp_path / "wrong").mkdir()
    trial = tried(wrong, one["shipped"], EXAMPLES.parent, tmp_path / "wrong")
    assert [(told.got, told.wrong) for told in trial.told] == [("1525", "another number")]
    assert trial.off == [f"{MOST + 1} edited lines, and {MOST} may be"]
    assert not trial.good

    edit["after"] = "no such line"
    (tmp_path / "edit").mkdir()
    trial = tried(wrong, one["shipped"], EXAMPLES.parent, tmp_path / "edit")
    assert trial.off == ["regard.toml has 0 lines 'no such line', and one is to be edited"]
    assert not Trial("nothing asked").good


def test_edited_lines_are_counted_by_comparison():
    """A line changed, one added and one taken out are three; a file that was not there counts whole."""
    before = {"a": ["1", "2", "3", "4"], "b": ["1"]}
    after = {"a": ["1", "two", "3", "3b", "4"], "b": [], "c": ["x", "y"]}
    assert compared(before, after) == {"a": 2, "b": 1, "c": 2}
