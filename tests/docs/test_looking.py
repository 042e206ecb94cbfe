"""The page on looking at numbers shows the file that saving writes."""

from __future__ import annotations

from pathlib import Path

from regard.catalog import load, save_section

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "look-and-drill.md"


def test_the_board_on_the_page_is_the_one_that_is_written(tmp_path):
    """The YAML of the page is, byte for byte, what *Save to a board* makes of its section."""
    (tmp_path / "regard.toml").write_text('name = "Acme"\n')
    section = {"show": "trend", "title": "Families", "metrics": ["csat_top2"], "where": "segment = 'family'"}
    path = save_section(tmp_path, "weekly_service", "Weekly service", "week", section)
    [shown] = [part.split("```")[0] for part in PAGE.read_text().split("```yaml\n")[1:]]
    assert path.read_text() == shown
    assert load(tmp_path).mistakes == ()
