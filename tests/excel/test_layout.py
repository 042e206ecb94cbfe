"""What a sheet holds has room: heads over what they head, columns as wide as numbers, rows as tall as texts (R112)."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from regard.excel.book import Column, Formula, Link, Sheet, Table
from regard.excel.layout import breadth, clipped, lay_out, lines, shown


def laid(*rows, style="", widths=None):
    """Return a sheet of some rows, laid out."""
    sheet = Sheet(name="One", title="One", widths=dict(widths or {}))
    for row, values in enumerate(rows):
        sheet.line(row, 0, values, style)
    lay_out(sheet)
    return sheet


def test_heads_stand_over_their_numbers():
    """To the right over numbers; a text after a number keeps off it."""
    sheet = Sheet(name="One")
    sheet.line(0, 0, ("metric", "value", "status"), "head")
    sheet.line(1, 0, ("a", Formula("=1", 1.5), "met"))
    lay_out(sheet)
    assert [sheet.cells[0, column].style for column in range(3)] == ["head", "head right", "head indent"]
    assert [sheet.cells[1, column].style for column in range(3)] == ["", "", " indent"]


@pytest.mark.parametrize("value", [123_456_789_012.0, -1e15, date(2026, 3, 31)])
def test_no_number_shows_as_hashes(value):
    """A column is as wide as the widest number as it is shown."""
    sheet = Sheet(name="One", widths={0: 3.0})
    sheet.put(0, 0, value, "day" if isinstance(value, date) else "number")
    assert list(clipped(sheet))
    lay_out(sheet)
    assert list(clipped(sheet)) == []
    assert sheet.widths[0] > 10


def test_a_text_runs_over_empty_cells_and_no_farther():
    """Free to the edge: as it is, and printed in full. A neighbour near: a wider column; far: merged and wrapped."""
    long = "word " * 30
    free = laid((long,))
    assert free.cells[0, 0].style == ""
    assert free.printed >= 10
    near = laid(("twenty characters ok", "x"))
    assert near.widths[0] >= breadth("twenty characters ok", "")
    sheet = Sheet(name="One")
    sheet.put(0, 0, long)
    sheet.put(0, 3, "x")
    lay_out(sheet)
    assert sheet.merges == [(0, 0, 0, 2)]
    assert sheet.heights[0] > 50
    assert list(clipped(sheet)) == []


def test_tables_have_room_too():
    """Heads of columns and their cells; words of a head never break."""
    columns = [Column(name="a_long_word_without_breaks", values=[1]), Column(name="said", values=["x"])]
    sheet = Sheet(name="One", tables=[Table(name="t_x", columns=columns)])
    lay_out(sheet)
    assert [column.head for column in sheet.tables[0].columns] == ["head right", "head indent"]
    assert sheet.widths[0] > 26


def test_a_table_keeps_times_apart_from_numbers():
    """Times given as numbers stand at the left, off the number before them, and have room, blanks or not."""
    columns = [
        Column(name="customer", values=[1390]),
        Column(name="at", values=[46000.9], style="instant"),
        Column(name="end", values=["", datetime(2026, 6, 4, 17, 5, tzinfo=UTC)], style="instant"),
    ]
    sheet = Sheet(name="One", tables=[Table(name="t_x", columns=columns)])
    lay_out(sheet)
    assert [column.style for column in sheet.tables[0].columns] == ["", "instant indent", "instant"]
    assert sheet.widths[1] > breadth("2026-06-04 17:05", "instant") <= sheet.widths[2]


def test_a_sentence_makes_no_page_wide():
    """A purpose of three hundred characters is folded, unless all else on the sheet is as wide."""
    long = "word " * 60
    sheet = Sheet(name="One", title="One", purpose=long)
    sheet.head()
    sheet.put(5, 1, 1)
    lay_out(sheet)
    [(top, left, bottom, right)] = sheet.merges
    assert (top, left, bottom) == (1, 0, 1)
    assert 10 < right < 15
    assert sheet.printed is None
    assert sheet.heights[1] > 30
    assert list(clipped(sheet)) == []
    wide = Sheet(name="One", purpose=long)
    wide.head()
    wide.put(5, 60, 1)
    lay_out(wide)
    assert wide.merges == []


def test_what_is_shown_is_about_what_a_spreadsheet_shows():
    """Each look of the table of styles, and texts."""
    assert shown(1234.5, "number") == "1,234.50"
    assert shown(12.345, "percent") == "12.3 %"
    assert shown(2, "signed") == "+2.00"
    assert shown(1 / 3, "general") == "0"
    assert shown(3.2, "ratio") == "3.20 : 1"
    assert shown(7, "hours") == "7.0 h"
    assert shown(None, "") == ""
    assert shown(True, "") == "TRUE"
    assert lines("one two three", 6, "") == 3
    assert lines("one\ntwo", 60, "") == 2


def test_links_are_texts():
    """A link is as wide as what is read."""
    sheet = Sheet(name="One", widths={0: 5.0})
    sheet.line(0, 0, (Link("One", "to somewhere else"), 1))
    lay_out(sheet)
    assert list(clipped(sheet)) == []
