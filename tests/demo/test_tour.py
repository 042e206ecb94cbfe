"""The tour tells what was planted, with numbers that the product finds and the commands that find them."""

from __future__ import annotations

import shlex
import xml.etree.ElementTree as ET

import pytest

from regard.cli import main
from regard.demo import make
from regard.demo.harbor import MERCHANTS
from regard.demo.tour import draw, tour
from regard.workspace import Workspace

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def told(whole):
    """The tour of Harbor at its full size."""
    return list(tour(whole))


def test_every_planted_truth_is_found(told):
    """X1 and the story of the demo: each number comes out as it was planted, as near as chance leaves it."""
    assert len(told) == 9
    off = {
        (truth.id, name): truth.found[name]
        for truth in told
        for name, (value, within) in truth.expected.items()
        if truth.found[name] is None or abs(truth.found[name] - value) > within
    }
    assert off == {}
    assert all(truth.expected for truth in told)


def test_a_wrong_number_would_be_noticed(told):
    """No expectation is so wide that any number would do."""
    assert all(within < max(1, abs(value)) for truth in told for value, within in truth.expected.values())


def test_each_is_one_sentence_with_its_numbers_and_a_picture(told, tmp_path):
    """No placeholder is left; each picture is a drawing with a title, and says in words what it shows."""
    for truth, path in zip(told, draw(told, tmp_path / "tour"), strict=True):
        assert "{" not in truth.sentence
        assert any(sign.isdigit() for sign in truth.sentence)
        drawn = ET.parse(path).getroot()  # noqa: S314 - what the product itself drew
        texts = {child.tag.rpartition("}")[2]: child.text for child in drawn}
        assert texts["title"] == truth.picture.title
        assert texts["desc"] == truth.sentence
        assert len(truth.picture.points) >= 2


def test_a_group_that_nobody_answered_for_is_left_out_of_its_sentence(told, tmp_path):
    """In a twentieth of the company no club answers in June: the tour goes on, and says no number of it."""
    make(tmp_path, scale=0.05)
    company = Workspace.open(tmp_path)
    company.load()
    Workspace.open(tmp_path / MERCHANTS).load()
    found = {truth.id: truth for truth in tour(company)}
    assert list(found) == [truth.id for truth in told]
    assert found["silence"].found["clubs"] is None
    assert "are not (-)" in found["silence"].sentence


def test_its_commands_run(told, whole, capsys):
    """The command under each truth is one that a reader can type."""
    for truth in told:
        with pytest.raises(SystemExit) as ended:
            main(["-C", str(whole.root / truth.place), *shlex.split(truth.find)])
        assert (truth.find, ended.value.code) == (truth.find, 0)
        assert capsys.readouterr().out.strip()
