"""The cover with its reading guide, and the guide. Made last, since they list what the book holds; they stand first."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from regard.catalog.boards import guide_text
from regard.excel.book import Link, Sheet

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.excel.book import Book
    from regard.excel.material import Material

COVER, GUIDE = "Cover", "Guide"
DATA = "Data"
"""The group of which the cover names the first sheet only."""
LINE = 105
"""Characters of a line of the cover and the guide."""


def front(material: Material, book: Book) -> list[Sheet]:
    """Return cover and guide of a book that is otherwise complete."""
    until = datetime.fromtimestamp(material.until / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    known = datetime.fromtimestamp(material.as_of / 1_000_000, UTC).strftime("%Y-%m-%d %H:%M UTC")
    facts = (
        ("Company", material.company),
        ("Periods", f"{material.periods[0].label} to {material.periods[-1].label}" if material.periods else "none"),
        ("Told until", until),
        ("Known since", known),
        ("Zone", material.calendar.zone),
        ("Only rows where", material.scope or "all rows"),
        ("Made by", f"regard {material.version}, snapshot {material.snapshot}"),
    )
    return cover_of(f"{material.company}: customer experience", facts, book)


def cover_of(title: str, facts: Sequence[tuple[str, str]], book: Book) -> list[Sheet]:
    """Return cover and guide with some facts."""
    cover = Sheet(
        name=COVER,
        title=title,
        purpose="What customers felt, lost and did next: one definition of each number, alive in formulas.",
        landscape=False,
        tall=False,
        tab="#0072B2",
        group="Start",
    )
    cover.head()
    row = 3
    for label, text in facts:
        cover.put(row, 0, label, "label")
        cover.put(row, 1, text, "bold")
        row += 1
    cover.put(row + 1, 0, "How to read it", "heading")
    cover.put(row + 1, 1, "", "heading")
    row += 2
    for label, text in guide_text()["reading"].items():
        cover.put(row, 0, label, "bold")
        cover.put(row, 1, text, "wrap")
        cover.heights[row] = 15.0 * (1 + len(text) // LINE)
        row += 1
    groups: dict[str, list[Sheet]] = {}
    for sheet in book.sheets:
        if sheet.group and sheet.state == "visible":
            groups.setdefault(sheet.group, []).append(sheet)
    for group, sheets in groups.items():
        row += 1
        cover.put(row, 0, group, "heading")
        cover.put(row, 1, "", "heading")
        row += 1
        for sheet in sheets[: 1 if group == DATA else None]:
            cover.put(row, 0, Link(sheet.name, sheet.name), "link")
            cover.put(row, 1, sheet.purpose, "small")
            row += 1
        if group == DATA:
            cover.put(
                row,
                1,
                f"and {len(sheets) - 1} more sheets of sums and lookups, to the right of all others",
                "small label",
            )
            row += 1
    cover.put(row + 1, 0, Link(GUIDE, "Guide: colours, words, blanks"), "link")
    cover.widths = {0: 28, 1: 104}
    guide = Sheet(
        name=GUIDE,
        title="Guide",
        purpose="What the words and colours of this book mean.",
        landscape=False,
        tall=False,
        group="Start",
    )
    top = guide.head(back=COVER)
    for at, (label, text) in enumerate(guide_text()["words"].items(), top):
        guide.put(at, 0, label, "bold")
        guide.put(at, 1, text, "wrap")
        guide.heights[at] = 15.0 * (1 + len(text) // LINE) + 4
    guide.widths = {0: 20, 1: 104}
    return [cover, guide]
