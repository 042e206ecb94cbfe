"""How sheets look: one table of styles. A cell's style is a few words of it, put one over another.

Colours are the Okabe-Ito palette, which people with any colour vision tell apart, and never carry meaning alone: what
is missed says "missed". Text on its ground has a contrast of at least 4.5.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

INK, FAINT, RULE, PAPER, BAND = "#1F2933", "#52606D", "#CBD2D9", "#FFFFFF", "#F3F5F7"
BLUE, ORANGE, GREEN, VERMILION, PURPLE, SKY, YELLOW, BLACK = (
    "#0072B2", "#E69F00", "#009E73", "#D55E00", "#CC79A7", "#56B4E9", "#F0E442", "#000000",
)  # fmt: skip
PALETTE = (BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY, BLACK, YELLOW)
"""Series of a chart, in order."""
INPUT = "#FFF8E1"
"""Ground of cells that a person may change."""

FONT = "Calibri"

BASE: Mapping[str, object] = {"font_name": FONT, "font_size": 10, "font_color": INK, "valign": "vcenter"}

STYLES: Mapping[str, Mapping[str, object]] = {
    "title": {"font_size": 18, "bold": True, "font_color": BLUE},
    "purpose": {"font_size": 11, "italic": True, "font_color": FAINT},
    "heading": {"font_size": 13, "bold": True, "font_color": BLUE, "bottom": 1, "bottom_color": RULE},
    "subheading": {"bold": True, "font_size": 11},
    "head": {"bold": True, "bg_color": BAND, "bottom": 1, "bottom_color": FAINT, "text_wrap": True},
    "label": {"font_color": FAINT},
    "text": {},
    "wrap": {"text_wrap": True, "valign": "top"},
    "wrapped": {"text_wrap": True},
    "top": {"valign": "top"},
    "small": {"font_size": 9},
    "faint": {"font_color": FAINT},
    "bold": {"bold": True},
    "italic": {"italic": True},
    "right": {"align": "right"},
    "left": {"align": "left"},
    "indent": {"align": "left", "indent": 1},
    "center": {"align": "center"},
    "link": {"font_color": BLUE, "underline": 1},
    "shrink": {"shrink": True},
    "big": {"font_size": 20, "bold": True},
    "total": {"bold": True, "top": 1, "top_color": FAINT},
    "box": {"border": 1, "border_color": RULE},
    "input": {"bg_color": INPUT, "border": 1, "border_color": ORANGE, "locked": False},
    "stamped": {"font_color": FAINT, "italic": True},
    "good": {"font_color": "#00543D", "bg_color": "#DDF3EC"},
    "bad": {"font_color": "#7A3600", "bg_color": "#FBE6DA"},
    "unsure": {"font_color": "#5C4300", "bg_color": "#FFF3D6"},
    "alarm": {"font_color": PAPER, "bg_color": "#B34700", "bold": True},
    "quiet": {"font_color": FAINT, "bg_color": BAND},
    # Numbers, by unit or by what they are.
    "number": {"num_format": "#,##0.00"},
    "whole": {"num_format": "#,##0"},
    "one": {"num_format": "#,##0.0"},
    "percent": {"num_format": '0.0" %"'},
    "points": {"num_format": "+0.0;-0.0;0.0"},
    "plain": {"num_format": "0.0"},
    "score": {"num_format": "0.00"},
    "ratio": {"num_format": '0.00" : 1"'},
    "money": {"num_format": "#,##0.00"},
    "days": {"num_format": '#,##0.0" days"'},
    "hours": {"num_format": '#,##0.0" h"'},
    "minutes": {"num_format": '#,##0.0" min"'},
    "seconds": {"num_format": '#,##0.0" s"'},
    "milliseconds": {"num_format": '#,##0" ms"'},
    "signed": {"num_format": "+#,##0.00;-#,##0.00;0.00"},
    "general": {"num_format": "General"},
    "exact": {"num_format": "0.000000"},
    "scientific": {"num_format": "0.0E+00;-0.0E+00;0"},
    "day": {"num_format": "yyyy-mm-dd", "align": "left"},
    "instant": {"num_format": "yyyy-mm-dd hh:mm", "align": "left"},
    "month": {"num_format": "mmm yyyy", "align": "left"},
    "as_text": {"num_format": "@"},
}
"""Word -> what it sets. Numbers are never rounded in a cell: only how they are shown."""

UNITS: Mapping[str, str] = {
    "percent": "percent", "points": "plain", "index": "plain", "score": "score", "ratio": "ratio", "count": "whole",
    "money": "money", "money per minute": "money", "days": "days", "h": "hours", "min": "minutes", "s": "seconds",
    "ms": "milliseconds",
}  # fmt: skip
"""Unit of a metric -> style of its numbers; `number` for any other."""

DEFAULT_WIDTH = 11.0


def of_unit(unit: str) -> str:
    """Return the style of numbers of a unit."""
    return UNITS.get(unit, "number")


def properties(style: str) -> dict[str, object]:
    """Return everything that a style sets.

    Raises:
        KeyError: a word that the table does not have.
    """
    found = dict(BASE)
    for word in style.split():
        found.update(STYLES[word])
    return found
