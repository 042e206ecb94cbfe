"""Elements of HTML that are escaped by construction, and neutral tables printed as such."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, NewType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from regard.present.table import Table

Html = NewType("Html", str)
"""A piece of HTML: nothing else may be put inside an element without being escaped."""

VOID = frozenset({"br", "hr", "meta"})
"""Elements without an end."""


def tag(name: str, /, *inside: Html, **attributes: str | None) -> Html:
    """Return an element; a `_` at the end of the name of an attribute is left out, one inside reads `-`."""
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Html(f"<{name}{given}>" if name in VOID else f"<{name}{given}>{''.join(inside)}</{name}>")


def said(text: str) -> Html:
    """Return a text as content."""
    return Html(escape(text, quote=False))


def joined(parts: Iterable[Html]) -> Html:
    """Return pieces one after another."""
    return Html("".join(parts))


def drawn(svg: str) -> Html:
    """Return a picture of `present.chart`, which escapes by construction too, within a figure."""
    return tag("figure", Html(svg))


def paragraph(text: str, look: str | None = None) -> Html:
    """Return a paragraph."""
    return tag("p", said(text), class_=look)


def table(made: Table, *, most: int | None = None) -> Html:
    """Return a neutral table; where it has more rows than `most`, the rest is counted below."""
    rows = made.rows if most is None else made.rows[:most]
    head = joined(
        tag("th", said(column.title), scope="col", class_="right" if column.right else None) for column in made.columns
    )
    body = joined(
        tag(
            "tr",
            *(
                tag(
                    "td",
                    said(cell.text),
                    class_=" ".join(
                        filter(None, ("right" if column.right else "", f"t-{cell.tone}" if cell.tone else ""))
                    )
                    or None,
                    title=cell.spoken or None,
                )
                for column, cell in zip(made.columns, row, strict=True)
            ),
        )
        for row in rows
    )
    left = len(made.rows) - len(rows)
    notes = [*made.notes, *([f"{left} more are not shown here."] if left > 0 else [])]
    caption = [tag("caption", said(made.title))] if made.title else []
    return joined(
        [
            tag("table", *caption, tag("thead", tag("tr", head)), tag("tbody", body)),
            *(paragraph(note, "note") for note in notes),
        ]
    )
