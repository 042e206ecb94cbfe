"""Saving to a board: one line is added to a file that people can go on with, or nothing is changed (R116)."""

from __future__ import annotations

import pytest

from regard.catalog import load, named, save_section
from regard.errors import QuestionError

SECTION = {"show": "trend", "title": "How: we do", "metrics": ["nps"], "where": "segment = 'b2b'"}


@pytest.fixture
def home(tmp_path):
    """A workspace with nothing in it."""
    (tmp_path / "regard.toml").write_text('name = "Acme"\n')
    return tmp_path


def test_a_new_board_is_a_readable_file(home):
    """The file says what it is; read back, it has the section with its filter."""
    path = save_section(home, "weekly_service", "Weekly: service", "week", SECTION)
    assert path == home / "reports" / "weekly_service.yaml"
    known = load(home)
    assert known.mistakes == ()
    board = known.reports["weekly_service"]
    assert (board.title, board.grain.value, board.own) == ("Weekly: service", "week", True)
    [section] = board.sections
    assert (section.show, section.title, section.metrics) == ("trend", "How: we do", ("nps",))
    assert section.where == "segment = 'b2b'"


def test_what_was_written_stays(home):
    """A comment and an earlier section of an author are kept byte for byte."""
    path = save_section(home, "mine", "Mine", "month", SECTION)
    written = "# by hand\n" + path.read_text()
    path.write_text(written)
    save_section(home, "mine", "Mine", "month", {"show": "tiles", "metrics": ["churn"]})
    assert path.read_text().startswith(written)
    assert [one.show for one in load(home).reports["mine"].sections] == ["trend", "tiles"]


@pytest.mark.parametrize("section", [{"show": "tiles", "metrics": ["no_such"]}, {"show": "bars", "metrics": ["nps"]}])
def test_a_mistake_changes_nothing(home, section):
    """What would be a mistake is told, and the file is as it was; a new one is not there."""
    with pytest.raises(QuestionError, match="cannot be saved"):
        save_section(home, "mine", "Mine", "month", section)
    assert not (home / "reports" / "mine.yaml").exists()
    path = save_section(home, "mine", "Mine", "month", SECTION)
    before = path.read_bytes()
    with pytest.raises(QuestionError, match="cannot be saved"):
        save_section(home, "mine", "Mine", "month", section)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["../evil", "UPPER", "", "a/b", "x" * 80])
def test_a_name_leads_nowhere_else(home, name):
    """A name is letters, digits and _; no path can be made of it."""
    with pytest.raises(QuestionError, match="no name"):
        save_section(home, name, "t", "month", SECTION)
    assert not (home / "reports").exists()


def test_what_ships_is_not_overwritten(home):
    """A board that ships keeps its name."""
    with pytest.raises(QuestionError, match="ships"):
        save_section(home, "executive", "t", "month", SECTION)


def test_titles_become_names():
    """A title of any signs gives a name, or says that it cannot."""
    assert named("Weekly service: EMEA!") == "weekly_service_emea"
    assert named("2026 plan") == "board_2026_plan"
    with pytest.raises(QuestionError, match="no name"):
        named("???")
