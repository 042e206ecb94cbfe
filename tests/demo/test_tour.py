"""The tour tells what was planted, with numbers that the product finds and the commands that find them."""

from __future__ import annotations

import shlex
import xml.etree.ElementTree as ET

import pytest

from regard.cli import main
from regard.demo.tour import draw, tour

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


def test_its_commands_run(told, whole, capsys):
    """The command under each truth is one that a reader can type."""
    for truth in told:
        with pytest.raises(SystemExit) as ended:
            main(["-C", str(whole.root / truth.place), *shlex.split(truth.find)])
        assert (truth.find, ended.value.code) == (truth.find, 0)
        assert capsys.readouterr().out.strip()
