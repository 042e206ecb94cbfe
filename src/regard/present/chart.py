"""Pictures of plain numbers as SVG: no script, no font to fetch, readable in the dark and to the colour-blind.

Lines and texts take the colour of the page (`currentColor`); the palette is Okabe and Ito's (2008). Every picture has a
title and a description that says the same in words.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from regard.present import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

LEFT, RIGHT, TOP, BOTTOM = 56, 12, 28, 24
TICKS = 4
"""Room for the texts around a picture, and about how many lines across it, in user units."""

STEPS = (1, 2, 5, 10)
HALF_BAR = 0.3
"""Half of a bar's thickness, in lines of the picture."""


@dataclass(frozen=True, slots=True)
class Point:
    """One number of a picture.

    Attributes:
        label: under or beside it.
        value: None leaves a gap.
        lo, hi: ends of its interval, or None.
    """

    label: str
    value: float | None
    lo: float | None = None
    hi: float | None = None


@dataclass(frozen=True, slots=True)
class _Scale:
    lo: float
    hi: float
    start: float
    end: float

    def __call__(self, number: float) -> float:
        part = (number - self.lo) / (self.hi - self.lo)
        return round(self.start + part * (self.end - self.start), 2)


def trend(
    points: Sequence[Point],
    *,
    title: str,
    description: str,
    unit: str = "",
    currency: str = "",
    target: tuple[float | None, float | None] = (None, None),
    width: int = 640,
    height: int = 220,
) -> str:
    """Return a line with its interval as a band and its target as a shaded stretch.

    Args:
        points: in order of time, evenly spaced.
        title: what it shows.
        description: the same in words, for whoever cannot see it.
        unit: name of the metric's unit.
        currency: ISO code, for money.
        target: lower and upper end of where the value should be, None for no end.
        width: in user units.
        height: likewise.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    across = _Scale(0, max(len(points) - 1, 1), LEFT, width - RIGHT)
    up, marks = _axis([*_numbers(points), *(end for end in target if end is not None)], height - BOTTOM, TOP)
    parts = [*_target(target, up, width), *_lines(marks, up, width, unit, currency)]
    for run in _runs(points):
        band = [(across(i), up(p.hi), up(p.lo)) for i, p in run if p.lo is not None and p.hi is not None]
        if len(band) > 1:
            edge = [f"{x},{high}" for x, high, _ in band] + [f"{x},{low}" for x, _, low in reversed(band)]
            parts.append(f'<polygon points="{" ".join(edge)}" fill="{BLUE}" fill-opacity="0.2"/>')
        line = [(across(i), up(p.value)) for i, p in run if p.value is not None]
        path = " ".join(f"{x},{y}" for x, y in line)
        parts.append(f'<polyline points="{path}" fill="none" stroke="{BLUE}" stroke-width="2"/>')
        parts += [f'<circle cx="{x}" cy="{y}" r="2.5" fill="{BLUE}"/>' for x, y in line]
    every = max(1, math.ceil(len(points) * 52 / (width - LEFT - RIGHT)))
    parts += [
        _text(across(i), height - 6, point.label, anchor="end" if i and i == len(points) - 1 else "middle")
        for i, point in enumerate(points)
        if (len(points) - 1 - i) % every == 0
    ]
    return _svg(parts, title=title, description=description, width=width, height=height)


def bars(
    points: Sequence[Point],
    *,
    title: str,
    description: str,
    unit: str = "",
    currency: str = "",
    target: tuple[float | None, float | None] = (None, None),
    width: int = 640,
    line: int = 26,
) -> str:
    """Return a bar for each number with its interval as a whisker, one below the other; a gap keeps its label.

    Args:
        points: in the order in which they are shown.
        title: what it shows.
        description: the same in words.
        unit: name of the metric's unit.
        currency: ISO code, for money.
        target: lower and upper end of where the values should be.
        width: in user units.
        line: height of a bar's line.

    Raises:
        ValueError: a number is NaN or infinite.
    """
    label = max([LEFT, *(7 * len(point.label) + 12 for point in points)])
    room = 96
    height = TOP + line * len(points) + 8
    ends = [end for end in target if end is not None]
    along, _ = _axis([0.0, *_numbers(points), *ends], label, width - room)
    parts = []
    for i, point in enumerate(points):
        middle = TOP + line * (i + 0.5)
        parts.append(_text(label - 8, middle + 4, point.label, anchor="end"))
        said = numbers.value(point.value, unit, lo=point.lo, hi=point.hi, currency=currency)
        parts.append(_text(width - room + 8, middle + 4, said, anchor="start"))
        if point.value is None:
            continue
        start, end = sorted((along(0.0), along(point.value)))
        parts.append(
            f'<rect x="{start}" y="{middle - HALF_BAR * line:.2f}" width="{end - start:.2f}" '
            f'height="{2 * HALF_BAR * line:.2f}" fill="{BLUE}" fill-opacity="0.75"/>'
        )
        if point.lo is not None and point.hi is not None:
            parts.append(_line(along(point.lo), middle, along(point.hi), middle, "currentColor", 1.5))
    parts.append(_line(along(0.0), TOP, along(0.0), height - 8, "currentColor", 1))
    parts += [_line(along(end), TOP - 4, along(end), height - 4, GREEN, 1.5, dashed=True) for end in ends]
    return _svg(parts, title=title, description=description, width=width, height=height)


def ticks(lo: float, hi: float) -> list[float]:
    """Return a few round numbers that enclose two: steps of 1, 2 or 5 times a power of ten."""
    if lo == hi:
        lo, hi = lo - (abs(lo) or 1) / 2, hi + (abs(hi) or 1) / 2
    rough = (hi - lo) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * each for each in STEPS if power * each >= rough * (1 - 1e-9))
    first, last = math.floor(lo / step + 1e-9), math.ceil(hi / step - 1e-9)
    return [i * step for i in range(first, last + 1)]


def _axis(found: Iterable[float], start: float, end: float) -> tuple[_Scale, list[float]]:
    known = list(found) or [0.0, 1.0]
    marks = ticks(min(known), max(known))
    return _Scale(marks[0], marks[-1], start, end), marks


def _numbers(points: Iterable[Point]) -> list[float]:
    found = [each for point in points for each in (point.value, point.lo, point.hi) if each is not None]
    for each in found:
        if not math.isfinite(each):
            raise ValueError(f"{each} cannot be drawn: a missing number is None")
    return found


def _runs(points: Sequence[Point]) -> list[list[tuple[int, Point]]]:
    """Return the stretches without a gap."""
    runs: list[list[tuple[int, Point]]] = [[]]
    for i, point in enumerate(points):
        if point.value is None:
            runs.append([])
        else:
            runs[-1].append((i, point))
    return [run for run in runs if run]


def _target(target: tuple[float | None, float | None], up: _Scale, width: int) -> list[str]:
    if target == (None, None):
        return []
    low = up(up.lo if target[0] is None else target[0])
    high = up(up.hi if target[1] is None else target[1])
    shade = (
        f'<rect x="{LEFT}" y="{high}" width="{width - LEFT - RIGHT}" height="{low - high:.2f}" '
        f'fill="{GREEN}" fill-opacity="0.12"/>'
    )
    ends = [up(end) for end in target if end is not None]
    return [shade, *(_line(LEFT, y, width - RIGHT, y, GREEN, 1, dashed=True) for y in ends)]


def _lines(marks: Sequence[float], up: _Scale, width: int, unit: str, currency: str) -> list[str]:
    step = marks[1] - marks[0]
    return [
        part
        for mark in marks
        for part in (
            _line(LEFT, up(mark), width - RIGHT, up(mark), "currentColor", 0.5, opacity=0.25),
            _text(LEFT - 6, up(mark) + 4, _mark(mark, step, unit, currency), anchor="end"),
        )
    ]


def _mark(mark: float, step: float, unit: str, currency: str) -> str:
    before = numbers.symbol(currency) if numbers.unit(unit).money else ""
    text = numbers.digits(mark, max(0, -math.floor(math.log10(step) + 1e-9)))
    return f"{'-' if text.startswith('-') else ''}{before}{text.removeprefix('-')}"


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, thick: float, *, dashed: bool = False, opacity: float = 1
) -> str:
    dash = ' stroke-dasharray="4 3"' if dashed else ""
    faint = f' stroke-opacity="{opacity}"' if opacity < 1 else ""
    return f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{colour}" stroke-width="{thick}"{dash}{faint}/>'


def _text(x: float, y: float, text: str, *, anchor: str) -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}" fill="currentColor">{escape(text)}</text>'


def _svg(parts: Sequence[str], *, title: str, description: str, width: int, height: int) -> str:
    inside = "\n".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img" '
        f'font-family="system-ui, sans-serif" font-size="12">\n'
        f"<title>{escape(title)}</title>\n<desc>{escape(description)}</desc>\n"
        f'<text x="{LEFT}" y="16" font-weight="600" fill="currentColor">{escape(title)}</text>\n{inside}\n</svg>\n'
    )
