"""The pen: elements of SVG that are escaped by construction, scales, axes and the look of every mark.

Each mark bears a class and, as attributes, the look it has where no style sheet is near (a saved file, a mail). A page
changes the look by class alone, so a chart follows light, dark and forced colours without a second drawing.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, NewType

from regard.present import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Svg = NewType("Svg", str)
"""A piece of SVG: nothing else may be put inside an element."""

BLUE, ORANGE, GREEN, VERMILION, SKY, PURPLE, YELLOW = (
    "#0072B2",
    "#E69F00",
    "#009E73",
    "#D55E00",
    "#56B4E9",
    "#CC79A7",
    "#F0E442",
)
"""Okabe and Ito, Color Universal Design (2008); told apart with every common kind of colour vision."""

LOOKS: Mapping[str, Mapping[str, str]] = {
    "axis": {"stroke": "currentColor", "stroke-width": "1"},
    "grid": {"stroke": "currentColor", "stroke-width": "0.5", "stroke-opacity": "0.25"},
    "tick": {"fill": "currentColor"},
    "label": {"fill": "currentColor"},
    "head": {"fill": "currentColor", "font-weight": "600"},
    "line": {"fill": "none", "stroke": BLUE, "stroke-width": "2", "stroke-linejoin": "round"},
    "open": {"fill": "none", "stroke": BLUE, "stroke-width": "2", "stroke-dasharray": "3 3"},
    "dot": {"fill": BLUE},
    "ring": {"fill": "none", "stroke": BLUE, "stroke-width": "1.5"},
    "band": {"fill": BLUE, "fill-opacity": "0.18"},
    "bar": {"fill": BLUE, "fill-opacity": "0.75"},
    "whisker": {"stroke": "currentColor", "stroke-width": "1.5"},
    "aim": {"fill": GREEN, "fill-opacity": "0.12"},
    "target": {"stroke": GREEN, "stroke-width": "1.5", "stroke-dasharray": "5 3", "fill": "none"},
    "shade": {"fill": ORANGE, "fill-opacity": "0.28"},
    "version": {"stroke": PURPLE, "stroke-width": "1.5", "stroke-dasharray": "1.5 2.5"},
    "track": {"fill": "currentColor", "fill-opacity": "0.1"},
    "more": {"fill": VERMILION, "fill-opacity": "0.8"},
    "less": {"fill": BLUE, "fill-opacity": "0.75"},
    "total": {"fill": "currentColor", "fill-opacity": "0.55"},
    "hit": {"fill": "none", "pointer-events": "all"},
    **{
        f"part{i}": {"fill": colour, "fill-opacity": "0.85"}
        for i, colour in enumerate((BLUE, ORANGE, GREEN, PURPLE, SKY, VERMILION), start=1)
    },
}
"""Class (after `c-`) -> the look it has by itself."""

PARTS = 6
"""Kinds that are told apart by colour; more are told apart by their texts alone."""

TICKS = 4
"""About how many lines cross a picture."""

STEPS = (1, 2, 5, 10)
LARGEST, SMALLEST = 1e200, 1e-200
"""Beyond these nothing can be drawn; nothing that is measured is there."""
ALIKE = 1e-9
"""Numbers whose distance is a smaller part of them stand at one place."""

SIGN = 7.0
"""Width of a sign of the texts, in user units; a little more than the mean of common fonts at 12."""

UNSPEAKABLE = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids even when escaped."""

SCALES = ((1e12, " tn"), (1e9, " bn"), (1e6, " M"), (1e3, " k"))
LONG = 10_000
"""From this size on the marks of an axis are written with k, M, bn."""
SHORT_UNIT = 4
"""A unit no longer than this stands behind each mark; a longer one stands once above the axis."""


def said(text: str) -> Svg:
    """Return a text as content of an element: escaped, and without signs that XML forbids."""
    return Svg(escape(UNSPEAKABLE.sub("\N{REPLACEMENT CHARACTER}", text)))


def tag(name: str, *inside: Svg, **attributes: str | float | None) -> Svg:
    """Return an element; `_` in the name of an attribute reads `-`, one that is None is left out.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    given = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{said(value) if isinstance(value, str) else place(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    return Svg(f"<{name}{given}>{''.join(inside)}</{name}>" if inside else f"<{name}{given}/>")


def mark(name: str, look: str, *inside: Svg, **attributes: str | float | None) -> Svg:
    """Return an element with one of the `LOOKS`."""
    own = {key.replace("-", "_"): value for key, value in LOOKS[look].items()}
    return tag(name, *inside, class_=f"c-{look}", **attributes, **own)


def text(x: float, y: float, words: str, *, anchor: str = "start", look: str = "label") -> Svg:
    """Return a text whose start, middle or end stands at a place."""
    return mark("text", look, said(words), x=x, y=y, text_anchor=None if anchor == "start" else anchor)


def line(x1: float, y1: float, x2: float, y2: float, look: str) -> Svg:
    """Return a straight line."""
    return mark("line", look, x1=x1, y1=y1, x2=x2, y2=y2)


def box(x: float, y: float, width: float, height: float, look: str, *inside: Svg) -> Svg:
    """Return a rectangle; one of no or negative size is drawn as nothing."""
    return mark("rect", look, *inside, x=x, y=y, width=max(width, 0.0), height=max(height, 0.0))


def path(look: str, name: str, points: Iterable[tuple[float, float]]) -> Svg:
    """Return a polyline or polygon through points."""
    return mark(name, look, points=" ".join(f"{place(x)},{place(y)}" for x, y in points))


def tip(words: str) -> Svg:
    """Return what a pointer reads on the element that it stands in."""
    return tag("title", said(words))


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What every chart is told besides its numbers.

    Attributes:
        title: what it shows; also above it where it is headed.
        description: the same in words, for whoever cannot see it.
        unit: name of the metric's unit.
        currency: ISO code, for money.
        width: in user units; the chart's own when it is None.
        height: likewise; a chart of lines one below the other is as high as they are.
        headed: whether the title is drawn; not where a page has it already.
    """

    title: str
    description: str
    unit: str = ""
    currency: str = ""
    width: float | None = None
    height: float | None = None
    headed: bool = True


def picture(parts: Sequence[Svg], frame: Frame, width: float, height: float, *, headed: bool = True) -> str:
    """Return the whole picture.

    Args:
        parts: in drawing order.
        frame: its title and words.
        width: in user units.
        height: likewise.
        headed: whether there is room for the title, if it is to be drawn.
    """
    head = [text(0, 14, frame.title, look="head")] if headed and frame.headed else []
    return tag(
        "svg",
        tag("title", said(frame.title)),
        tag("desc", said(frame.description)),
        *head,
        *parts,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {place(width)} {place(height)}",
        role="img",
        class_="chart",
        font_family="system-ui, sans-serif",
        font_size="12",
    )


def place(number: float) -> str:
    """Return a coordinate: at most two decimals, the same bytes for the same number on every machine.

    Raises:
        ValueError: it is NaN or infinite.
    """
    if not math.isfinite(number):
        raise ValueError(f"{number} is no place in a picture")
    shown = f"{number:.2f}".rstrip("0").rstrip(".")
    return "0" if shown == "-0" else shown


def drawable(found: Iterable[float | None]) -> list[float]:
    """Return the numbers that are there.

    Raises:
        ValueError: one is NaN, infinite, or too large to be drawn.
    """
    known = [each for each in found if each is not None]
    for each in known:
        if not math.isfinite(each) or abs(each) > LARGEST:
            raise ValueError(f"{each} cannot be drawn: a missing number is None")
    return known


@dataclass(frozen=True, slots=True)
class Scale:
    """Where numbers stand: `lo` at `start`, `hi` at `end`."""

    lo: float
    hi: float
    start: float
    end: float

    def __call__(self, number: float) -> float:
        """Return the place of a number; what lies outside stands at the edge."""
        if self.hi <= self.lo:
            return (self.start + self.end) / 2
        part = (number - self.lo) / (self.hi - self.lo)
        return self.start + min(max(part, 0.0), 1.0) * (self.end - self.start)


@dataclass(frozen=True, slots=True)
class Axis:
    """A scale with round marks and their texts.

    Attributes:
        scale: where numbers stand.
        marks: the round numbers.
        texts: one for each mark.
        above: the unit, where it is too long to stand behind each mark.
    """

    scale: Scale
    marks: tuple[float, ...]
    texts: tuple[str, ...]
    above: str = ""

    @property
    def room(self) -> float:
        """Width that the texts need, with a gap."""
        return max(len(each) for each in self.texts) * SIGN + 10


def axis(found: Iterable[float], start: float, end: float, *, unit: str = "", currency: str = "") -> Axis:
    """Return an axis that holds numbers; from 0 to 1 where there are none."""
    known = list(found) or [0.0, 1.0]
    marks = ticks(min(known), max(known))
    texts, above = _texts(marks, unit, currency)
    return Axis(Scale(marks[0], marks[-1], start, end), tuple(marks), tuple(texts), above)


def moved(axis_: Axis, start: float, end: float) -> Axis:
    """Return an axis at another place: how much room it leaves is known only when its texts are."""
    return Axis(Scale(axis_.scale.lo, axis_.scale.hi, start, end), axis_.marks, axis_.texts, axis_.above)


def ticks(lo: float, hi: float) -> list[float]:
    """Return a few round numbers that enclose two: steps of 1, 2 or 5 times a power of ten."""
    lo, hi = (0.0 if abs(end) < SMALLEST else end for end in (lo, hi))
    if hi - lo <= ALIKE * max(abs(lo), abs(hi)):
        lo, hi = lo - (abs(lo) or 1) / 2, hi + (abs(hi) or 1) / 2
    rough = (hi - lo) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in STEPS if power * each >= rough * (1 - 1e-9))
    first, last = math.floor(lo / step + 1e-9), math.ceil(hi / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def _texts(marks: Sequence[float], unit: str, currency: str) -> tuple[list[str], str]:
    how = numbers.unit(unit)
    size = max(abs(marks[0]), abs(marks[-1]))
    by, suffix = next(((by, suffix) for by, suffix in SCALES if size >= max(by, LONG)), (1.0, ""))
    step = (marks[1] - marks[0]) / by
    places = max(0, -math.floor(math.log10(step) + 1e-9))
    before = numbers.symbol(currency) if how.money else ""
    after = how.after if len(how.after) <= SHORT_UNIT else ""
    found = []
    for each in marks:
        digits = numbers.digits(each / by, places)
        sign = "-" if digits.startswith("-") else ""
        found.append(f"{sign}{before}{digits.removeprefix('-')}{suffix if each else ''}{after}")
    return found, "" if after else how.after.strip()
