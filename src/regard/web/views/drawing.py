"""Charts drawn twice, for a wide place and for a telephone, so that their texts stay readable on both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from markupsafe import Markup

if TYPE_CHECKING:
    from collections.abc import Callable

WIDE, HALF, NARROW = 860, 560, 340
"""Widths of drawings for a screen, for half of one and for a telephone."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One chart, drawn for a wide and for a narrow place."""

    wide: Markup
    narrow: Markup
    said: str = ""


def drawing(draw: Callable[[float], str], said: str = "", width: float = WIDE) -> Drawing | None:
    """Draw twice; what `present.chart` draws is escaped by it. None where there is nothing to draw."""
    wide = draw(width)
    return Drawing(Markup(wide), Markup(draw(NARROW)), said) if wide else None  # noqa: S704 - drawn here, its texts escaped
